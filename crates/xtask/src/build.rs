//! Builds what a command needs and hands over to it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;
use std::{fs, io};

use anyhow::{Context, Result, bail};

use crate::display::Display;
use crate::places::Places;
use crate::setup::{Machine, Purpose};

/// What the page is made of, in `app-ui`.
const PAGE_SOURCES: &[&str] =
    &["src", "public", "index.html", "package-lock.json", "vite.config.ts", "svelte.config.js"];

/// Builds everything that is played: the page, the server, the app where windows are shown.
pub(crate) fn demo(places: &Places, machine: &Machine, purpose: Purpose) -> Result<()> {
    page(places, machine)?;
    println!("build: the server and the devices (some minutes the first time)");
    let mut cargo = places.cargo(machine);
    cargo.args([
        "build",
        "--package",
        "xtask",
        "--bin",
        "world",
        "--package",
        "rundan-server",
        "--bin",
        "rundan-server",
    ]);
    if purpose == Purpose::DemoInWindows {
        cargo.args(["--package", "rundan-app", "--bin", "rundan-app"]);
    }
    run(&mut cargo, "cargo build")
}

/// Builds the binary that knows the other crates.
pub(crate) fn world(places: &Places, machine: &Machine) -> Result<()> {
    run(places.cargo(machine).args(["build", "--quiet", "--package", "xtask", "--bin", "world"]), "cargo build")
}

/// Hands this command, as it was typed, to the binary that knows the other crates.
///
/// Where it can it takes this process's place, so that whoever ends `cargo xtask` ends the command itself.
pub(crate) fn become_world(places: &Places, machine: &Machine) -> Result<()> {
    let mut world = machine.command(places.built("world"));
    world.current_dir(&places.root).args(std::env::args_os().skip(1));
    #[cfg(unix)]
    let result = Err(std::os::unix::process::CommandExt::exec(&mut world)).context("Could not start the command");
    #[cfg(not(unix))]
    let result = run(&mut world, "the command");
    result
}

/// Runs this command, as it was typed, in the binary that knows the other crates, with its windows on a display.
pub(crate) fn run_world(places: &Places, machine: &Machine, display: &Display) -> Result<()> {
    let mut world = machine.command(places.built("world"));
    world.current_dir(&places.root).args(std::env::args_os().skip(1)).env("DISPLAY", &display.name);
    run(&mut world, "the command")
}

/// Builds the page unless it is newer than everything it is made of.
fn page(places: &Places, machine: &Machine) -> Result<()> {
    let folder = places.root.join("app-ui");
    let built = fs::metadata(folder.join("dist/index.html")).and_then(|index| index.modified()).ok();
    let mut newest = None;
    for source in PAGE_SOURCES {
        newest =
            newest.max(newest_in(&folder.join(source)).with_context(|| format!("Could not read app-ui/{source}"))?);
    }
    if built > newest {
        return Ok(());
    }
    println!("build: the page");
    let mut npm = machine.command("npm");
    npm.args(["run", "--silent", "build"]).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    run(&mut npm, "npm run build")
}

fn newest_in(path: &Path) -> io::Result<Option<SystemTime>> {
    let about = fs::metadata(path)?;
    let mut newest = Some(about.modified()?);
    if about.is_dir() {
        for entry in fs::read_dir(path)? {
            newest = newest.max(newest_in(&entry?.path())?);
        }
    }
    Ok(newest)
}

fn run(process: &mut Command, name: &str) -> Result<()> {
    let status = process.status().with_context(|| format!("Could not start {name}"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}
