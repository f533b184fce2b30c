//! `cargo xtask older`: phones and a server of an older commit, killed again and again beside those of today.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::args::OlderArgs;
use crate::copy::Copy;
use crate::places::Places;
use crate::setup::Machine;
use crate::verify::ALL;

/// The tests that play a phone in a process of its own.
const TESTS: &str = "processes";
/// Where they lie. Those of today are put into the older commit: what is older is what they play with.
const HARNESS: &str = "tests/tests/processes";

/// Builds the older commit, and plays it against this one.
pub(crate) fn run(places: &Places, machine: &Machine, args: &OlderArgs) -> Result<()> {
    let copy = Copy::of(places, "older", &args.commit)?;
    replace(&places.root.join(HARNESS), &copy.root.join(HARNESS))?;
    println!("building {}", args.commit);
    let phone = built_tests(&copy, places, machine)?;
    let server = copy.built("rundan-server");
    println!("building what is here");
    let mut build = places.cargo(machine);
    build.args(["build", "--all-targets"]).args(ALL);
    ensure!(build.status().context("Could not run cargo")?.success(), "the clone does not build");
    for (who, name, program) in [
        ("an older phone and today's server", "RUNDAN_OLDER_PHONE", &phone),
        ("today's phone and an older server", "RUNDAN_OLDER_SERVER", &server),
    ] {
        for time in 1..=args.times {
            println!("{who}, {time} of {}", args.times);
            let mut tests = places.cargo(machine);
            tests.args(["test", "--test", TESTS]).args(ALL).args(["--", "killed"]).env(name, program);
            ensure!(tests.status().context("Could not run cargo")?.success(), "{who}: work was lost, or it failed");
        }
    }
    Ok(())
}

/// The tests of the copy, as a program; its server is built beside it.
fn built_tests(copy: &Copy, places: &Places, machine: &Machine) -> Result<PathBuf> {
    let mut build = copy.cargo(places, machine);
    build.args(["build", "--bin=rundan-server", "--test=processes", "--message-format=json"]).args(ALL);
    let output = build.stderr(Stdio::inherit()).output().context("Could not run cargo")?;
    ensure!(output.status.success(), "the older commit does not build with the tests of today");
    let said = String::from_utf8_lossy(&output.stdout);
    let built = said.lines().filter_map(|line| serde_json::from_str::<Built>(line).ok());
    let mut ours = built.filter(|built| built.target.name == TESTS && built.profile.test);
    ours.next().and_then(|built| built.executable).context("Its tests were not built")
}

/// What cargo says of a thing that it has built.
#[derive(Deserialize)]
struct Built {
    target: Target,
    profile: Profile,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// Puts one folder of files in the place of another.
fn replace(from: &Path, to: &Path) -> Result<()> {
    fs::remove_dir_all(to).context("Could not take the older tests away")?;
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        fs::copy(file.path(), to.join(file.file_name())).context("Could not copy a test")?;
    }
    Ok(())
}
