//! `cargo xtask test`: everything that must hold before a change lands, in the order that fails soonest.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::android;
use crate::display::Display;
use crate::places::Places;
use crate::setup::{self, Machine, Purpose};
use crate::steps::{self, Step};

/// What every build of these steps selects: another selection would unite other features of the crates below ours,
/// and compile those once more.
pub(crate) const ALL: &[&str] = &["--workspace", "--features=rundan-tests/window", "--locked"];

/// How many new seeds of the simulated world are played.
const SEEDS: &str = "1000";

/// Checks and tests everything.
pub(crate) fn everything(places: &Places) -> Result<()> {
    let machine = setup::prepare(places, Purpose::Test)?;
    let display = Display::open(&machine)?;
    steps::run(steps(places, &machine, &display))
}

fn steps(places: &Places, machine: &Machine, display: &Display) -> Vec<Step> {
    let cargo = |arguments: &[&str]| {
        let mut cargo = places.cargo(machine);
        cargo.args(arguments).args(ALL);
        cargo
    };
    let npm = |folder: &str, script: &str| {
        let mut npm = machine.command("npm");
        npm.args(["run", "--silent", script]).current_dir(places.root.join(folder));
        npm
    };
    let page = |script: &str| npm("app-ui", script);
    let mut formatting = places.cargo(machine);
    formatting.args(["fmt", "--all", "--check"]);
    let mut lints = cargo(&["clippy", "--all-targets"]);
    lints.args(["--", "-D", "warnings"]);
    let mut documentation = cargo(&["doc", "--no-deps", "--document-private-items"]);
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    let mut generated = machine.command(places.built("world"));
    generated.current_dir(&places.root).args(["generate", "--check"]);

    let mut demo = npm("tests/browser", "demo");
    demo.env("RUNDAN_WORLD", places.built("world"));

    let mut steps = vec![
        Step::new("formatting", formatting),
        Step::new("the page: types", page("check")),
        Step::new("the page: lints", page("lint")),
        Step::new("the page: tests", page("test")),
        // Before the shell is compiled, which takes the built page in.
        Step::new("the page: build", page("build")),
        Step::new("lints", lints),
        Step::new("documentation", documentation),
        // With the targets of tests, or the binaries alone would unite other features too.
        Step::new("the app, the server and the tests: build", cargo(&["build", "--all-targets"])),
        Step::new("generated files", generated),
        Step::new("tests", tests(places, machine)),
        Step::new("the page for browser tests", npm("tests/browser", "build:page")),
        Step::new("browser tests", npm("tests/browser", "test")),
        Step::new("the demo, played", demo),
        Step::new("window tests", window_tests(places, machine, display)),
    ];
    steps.extend(android::check(places, machine).map(|check| Step::new("types on Android", check)));
    steps
}

/// The tests of all crates but those in the real window, by nextest where it is installed.
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
    tests.args(["--workspace", "--locked"]).env("RUNDAN_SEEDS", SEEDS).envs(first_seed(places));
    tests
}

/// Where the new seeds begin, by the files of the last commit: each commit plays others, and a run of one is repeated
/// exactly, so that what failed once fails again.
fn first_seed(places: &Places) -> Option<(&'static str, String)> {
    let mut git = Command::new("git");
    let output = git.arg("-C").arg(&places.root).args(["rev-parse", "HEAD^{tree}"]).output().ok()?;
    let seed = u64::from_str_radix(str::from_utf8(&output.stdout).ok()?.get(..10)?, 16).ok()?;
    Some(("RUNDAN_FIRST_SEED", seed.to_string()))
}

/// The tests in the real window, on a display of their own.
fn window_tests(places: &Places, machine: &Machine, display: &Display) -> Command {
    let mut tests = places.cargo(machine);
    tests.args(["test", "--test=window"]).args(ALL);
    tests.env("DISPLAY", &display.name);
    tests.env("RUNDAN_APP", places.built("rundan-app")).env("RUNDAN_SERVER", places.built("rundan-server"));
    tests
}
