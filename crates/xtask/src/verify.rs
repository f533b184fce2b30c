//! `cargo xtask test`: everything that must hold before a change lands, in the order that fails soonest.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::places::Places;
use crate::setup::{self, Machine, Purpose};
use crate::steps::{self, Step};

/// Checks and tests everything.
pub(crate) fn everything(places: &Places) -> Result<()> {
    let machine = setup::prepare(places, Purpose::Test)?;
    steps::run(steps(places, &machine))
}

fn steps(places: &Places, machine: &Machine) -> Vec<Step> {
    let cargo = |arguments: &[&str]| {
        let mut cargo = places.cargo(machine);
        cargo.args(arguments);
        cargo
    };
    let npm = |folder: &str, script: &str| {
        let mut npm = machine.command("npm");
        npm.args(["run", "--silent", script]).current_dir(places.root.join(folder));
        npm
    };
    let page = |script: &str| npm("app-ui", script);
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    vec![
        Step::new("formatting", cargo(&["fmt", "--all", "--check"])),
        Step::new("the page: types", page("check")),
        Step::new("the page: lints", page("lint")),
        Step::new("the page: tests", page("test")),
        // Before the shell is compiled, which takes the built page in.
        Step::new("the page: build", page("build")),
        Step::new("lints", cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])),
        Step::new("documentation", doc),
        Step::new("tests", tests(places, machine)),
        Step::new(
            "the page's types",
            cargo(&["run", "--quiet", "--package", "xtask", "--bin", "world", "--", "types", "--check"]),
        ),
        Step::new("the page for browser tests", npm("tests/browser", "build:page")),
        Step::new("browser tests", npm("tests/browser", "test")),
    ]
}

/// The tests of all crates, by nextest where it is installed.
fn tests(places: &Places, machine: &Machine) -> Command {
    let mut probe = places.cargo(machine);
    probe.args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    let has_nextest = probe.status().is_ok_and(|status| status.success());
    let mut tests = places.cargo(machine);
    if has_nextest {
        tests.args(["nextest", "run"]);
    } else {
        tests.arg("test");
    }
    tests.args(["--workspace", "--locked"]);
    tests
}
