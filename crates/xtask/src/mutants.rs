//! `cargo xtask mutants`: breaks the engine on purpose, one way at a time, and shows that the tests notice.
//!
//! Works on a copy of the last commit, see `copy.rs`. Start reading at [`run`], then [`list`].

mod list;

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::args::MutantsArgs;
use crate::copy::Copy;
use crate::places::Places;
use crate::setup::Machine;
use list::{MUTANTS, Mutant};

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Caught,
    Survived,
}

/// Applies each mutant, runs the tests that should notice it, and fails when one lives.
pub(crate) fn run(places: &Places, machine: &Machine, args: &MutantsArgs) -> Result<()> {
    let chosen: Vec<&Mutant> =
        MUTANTS.iter().filter(|mutant| args.only.as_ref().is_none_or(|only| mutant.name.contains(only))).collect();
    ensure!(!chosen.is_empty(), "no mutant of that name");
    let copy = Patient(Copy::of(places, "mutants", "HEAD")?);
    println!("building the tests of the unbroken engine");
    let mut targets: Vec<&str> = chosen.iter().map(|mutant| mutant.tests).collect();
    targets.sort_unstable();
    targets.dedup();
    for target in targets {
        let built = copy.cargo(places, machine, target).arg("--no-run").status().context("Could not run cargo")?;
        ensure!(built.success(), "the unbroken engine does not build");
    }
    println!("running what should notice on the unbroken engine");
    let noticing: BTreeSet<(&str, &str)> = chosen.iter().map(|mutant| (mutant.tests, mutant.noticed_by)).collect();
    for (tests, noticed_by) in noticing {
        let passed = copy.passed(places, machine, tests, noticed_by)?;
        ensure!(passed.is_some_and(|passed| passed > 0), "{tests} {noticed_by}: no test passes on the unbroken engine");
    }
    let mut alive = Vec::new();
    for (n, mutant) in chosen.iter().enumerate() {
        let from = Instant::now();
        let fate = copy.try_out(places, machine, mutant)?;
        let word = if fate == Fate::Caught { "caught  " } else { "SURVIVED" };
        println!("{:2} of {}  {word}  {:4} s  {}", n + 1, chosen.len(), from.elapsed().as_secs(), mutant.name);
        if fate == Fate::Survived {
            alive.push(mutant.name);
        }
    }
    if alive.is_empty() {
        println!("all {} mutants were caught", chosen.len());
        return Ok(());
    }
    bail!("no test noticed: {}", alive.join(", "))
}

/// The copy that is broken.
struct Patient(Copy);

impl Patient {
    /// Cargo's tests of one target, with the selection that everything else is built with.
    fn cargo(&self, places: &Places, machine: &Machine, tests: &str) -> Command {
        let mut cargo = self.0.cargo(places, machine);
        cargo.args(["test", "--quiet", "--workspace", "--locked"]);
        match tests {
            "lib" => cargo.arg("--lib"),
            target => cargo.args(["--test", target]),
        };
        cargo
    }

    fn try_out(&self, places: &Places, machine: &Machine, mutant: &Mutant) -> Result<Fate> {
        let path = self.0.root.join(mutant.file);
        let whole = fs::read_to_string(&path).with_context(|| format!("Could not read {}", mutant.file))?;
        fs::write(&path, mutant.applied(&whole)?).context("Could not write the mutant")?;
        let builds = self.cargo(places, machine, mutant.tests).arg("--no-run").stderr(Stdio::null()).status();
        ensure!(builds.context("Could not run cargo")?.success(), "{}: the mutant does not build", mutant.name);
        let passed = self.passed(places, machine, mutant.tests, mutant.noticed_by)?;
        fs::write(&path, whole).context("Could not mend the mutant")?;
        Ok(if passed.is_some() { Fate::Survived } else { Fate::Caught })
    }

    /// Runs the tests of a target whose names contain something; how many passed, or none where one did not.
    fn passed(&self, places: &Places, machine: &Machine, tests: &str, noticed_by: &str) -> Result<Option<u64>> {
        let mut cargo = self.cargo(places, machine, tests);
        let ran = cargo.args(["--", noticed_by]).stderr(Stdio::null()).output().context("Could not run cargo")?;
        let said = String::from_utf8_lossy(&ran.stdout);
        let passed = said
            .lines()
            .filter_map(|line| line.strip_prefix("test result: ok. ")?.split_once(" passed")?.0.parse::<u64>().ok());
        Ok(ran.status.success().then(|| passed.sum()))
    }
}

impl Mutant {
    /// The file's text, broken. The place must be there, and once.
    fn applied(&self, whole: &str) -> Result<String> {
        ensure!(whole.matches(self.find).count() == 1, "{}: its place in {} is not there once", self.name, self.file);
        Ok(whole.replacen(self.find, self.put, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mutants that no longer find their place.
    fn stale() -> Vec<&'static str> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let is_stale = |mutant: &&Mutant| {
            fs::read_to_string(root.join(mutant.file)).map_or(true, |whole| mutant.applied(&whole).is_err())
        };
        MUTANTS.iter().filter(is_stale).map(|mutant| mutant.name).collect()
    }

    #[test]
    fn every_mutant_finds_its_place_and_has_a_name_of_its_own() {
        assert_eq!(stale(), Vec::<&str>::new());
        let mut names: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), MUTANTS.len());
    }
}
