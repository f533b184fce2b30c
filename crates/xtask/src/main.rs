//! `cargo xtask`: sets up what a command needs, then runs it.
//!
//! It must build on a machine with nothing but Rust and a C compiler, so it knows none of the other crates;
//! what needs them is the binary `world` of this package. Start reading at [`args`], then [`setup`].

mod args;
mod places;
mod setup;
mod steps;
mod verify;

use std::process::{Command as Process, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Parser;

use args::{Cli, Command};
use places::Places;
use setup::{Machine, Purpose};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let cli = Cli::parse();
    let places = Places::find()?;
    match cli.command {
        Command::Test => verify::everything(&places),
        Command::Types(_) => {
            let machine = setup::prepare(&places, Purpose::Types)?;
            world(&places, &machine)
        }
    }
}

/// Builds the binary that knows the other crates, and hands it this command as it was typed.
fn world(places: &Places, machine: &Machine) -> Result<()> {
    let mut build = places.cargo(machine);
    build.args(["build", "--quiet", "--package", "xtask", "--bin", "world"]);
    expect_success(&mut build, "cargo build")?;
    let mut world = machine.command(places.built("world"));
    world.current_dir(&places.root).args(std::env::args_os().skip(1));
    expect_success(&mut world, "the command")
}

fn expect_success(process: &mut Process, name: &str) -> Result<()> {
    let status = process.status().with_context(|| format!("Could not start {name}"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}
