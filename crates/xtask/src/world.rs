//! The half of `cargo xtask` that knows the other crates; `xtask` builds and starts it when all it needs is there.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod args;
mod bench;
mod demo;
mod generate;
mod torture;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;

use args::{Cli, Command};

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Bench(args) => bench::run(&root()?, &args),
        Command::Demo(args) => demo::run(&root()?, &args),
        Command::Generate(args) => generate::run(&root()?, &args),
        Command::Torture(args) => torture::run(&args),
        Command::Test | Command::Older(_) | Command::Mutants(_) => bail!("Run this through `cargo xtask`"),
    }
}

/// The clone that this was built from.
fn root() -> Result<PathBuf> {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().context("Could not find the clone")
}
