//! `cargo xtask`: sets up what a command needs, then runs it.
//!
//! It must build on a machine with nothing but Rust and a C compiler, so it knows none of the other crates;
//! what needs them is the binary `world` of this package. Start reading at [`args`], then [`setup`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod android;
mod args;
mod build;
mod copy;
mod display;
mod mutants;
mod older;
mod places;
mod setup;
mod steps;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use args::{Cli, Command};
use display::Display;
use places::Places;
use setup::Purpose;

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
        Command::Demo(demo) => {
            let purpose = if demo.in_browser() { Purpose::DemoInBrowser } else { Purpose::DemoInWindows };
            let machine = setup::prepare(&places, purpose)?;
            build::demo(&places, &machine, purpose)?;
            build::become_world(&places, &machine)
        }
        Command::Bench(_) => {
            let machine = setup::prepare(&places, Purpose::Bench)?;
            build::demo(&places, &machine, Purpose::DemoInWindows)?;
            build::run_world(&places, &machine, &Display::open(&machine)?)
        }
        Command::Older(older) => {
            let machine = setup::prepare(&places, Purpose::Generate)?;
            older::run(&places, &machine, &older)
        }
        Command::Mutants(mutants) => {
            let machine = setup::prepare(&places, Purpose::Generate)?;
            mutants::run(&places, &machine, &mutants)
        }
        Command::Generate(_) | Command::Torture(_) => {
            let machine = setup::prepare(&places, Purpose::Generate)?;
            build::world(&places, &machine)?;
            build::become_world(&places, &machine)
        }
    }
}
