//! Finds out what a command needs that this machine lacks, and installs it.
//!
//! System packages come by `apt-get` where it may be used without asking; otherwise the one line to run is
//! printed and the command stops. What is there already is left as it is.

mod apt;
mod browser;
mod node;
mod rust;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::places::Places;

/// What the machine is prepared for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// All checks and tests.
    Test,
    /// The demonstration, in windows of the real app.
    DemoInWindows,
    /// The demonstration, in a browser that is there already.
    DemoInBrowser,
    /// Measurements, in the real window too.
    Bench,
    /// Making files from Rust, or playing seeds.
    Generate,
}

/// The prepared machine: how its programs are started.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    path: OsString,
    /// The browser that the tests drive, where it was asked for.
    pub(crate) chromium: Option<PathBuf>,
}

impl Machine {
    /// A program of this machine, found where set-up put it.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("PATH", &self.path);
        if let Some(chromium) = &self.chromium {
            command.env("RUNDAN_CHROMIUM", chromium);
        }
        command
    }
}

/// Something that may have to be installed.
struct Tool {
    /// Debian's and Ubuntu's package.
    package: &'static str,
    is_there: fn() -> bool,
}

const LIBRARIES: &[Tool] = &[
    Tool { package: "pkg-config", is_there: || runs("pkg-config", &["--version"]) },
    Tool { package: "libssl-dev", is_there: || runs("pkg-config", &["--exists", "openssl"]) },
];
const WINDOW: &[Tool] =
    &[Tool { package: "libwebkit2gtk-4.1-dev", is_there: || runs("pkg-config", &["--exists", "webkit2gtk-4.1"]) }];
const WINDOW_TESTS: &[Tool] = &[
    Tool { package: "webkit2gtk-driver", is_there: || find("WebKitWebDriver").is_some() },
    Tool { package: "xvfb", is_there: || find("Xvfb").is_some() },
];
const KEY_TESTS: &[Tool] = &[
    Tool { package: "dbus", is_there: || find("dbus-run-session").is_some() },
    Tool { package: "gnome-keyring", is_there: || find("gnome-keyring-daemon").is_some() },
];

/// The folders whose npm packages a purpose needs.
fn npm_folders(purpose: Purpose) -> &'static [&'static str] {
    match purpose {
        Purpose::Test => &["app-ui", "tests/browser"],
        Purpose::DemoInWindows | Purpose::DemoInBrowser | Purpose::Bench => &["app-ui"],
        Purpose::Generate => &[],
    }
}

/// Prepares the machine, saying what is done; quick when nothing is missing.
pub(crate) fn prepare(places: &Places, purpose: Purpose) -> Result<Machine> {
    let folders = npm_folders(purpose);
    let is_test = purpose == Purpose::Test;
    let of_tests = if is_test { 2 } else { 0 };
    let mut progress = Progress::new(1 + of_tests + if folders.is_empty() { 0 } else { 1 + folders.len() });

    if is_test {
        progress.step("Rust's formatter and lints", rust::prepare)?;
    }
    progress.step("system packages", || install_packages(purpose))?;
    let mut path = env::var_os("PATH").unwrap_or_default();
    if !folders.is_empty() {
        path = progress.step("Node", || node::prepare(&places.cache, path))?;
    }
    let mut machine = Machine { path, chromium: None };
    for folder in folders {
        progress.step(&format!("npm packages of {folder}"), || npm_ci(&machine, &places.root.join(folder)))?;
    }
    if is_test {
        let playwright = places.root.join("tests/browser");
        machine.chromium = Some(progress.step("a browser", || browser::prepare(&machine, &playwright))?);
    }
    Ok(machine)
}

fn install_packages(purpose: Purpose) -> Result<(Outcome, ())> {
    let needed: &[&[Tool]] = match purpose {
        Purpose::Test => &[LIBRARIES, WINDOW, WINDOW_TESTS, KEY_TESTS],
        Purpose::DemoInWindows => &[LIBRARIES, WINDOW],
        Purpose::Bench => &[LIBRARIES, WINDOW, WINDOW_TESTS],
        Purpose::DemoInBrowser | Purpose::Generate => &[LIBRARIES],
    };
    let tools = needed.iter().flat_map(|tools| tools.iter());
    let mut missing: Vec<&str> = tools.filter(|tool| !(tool.is_there)()).map(|tool| tool.package).collect();
    if purpose == Purpose::Test {
        missing.extend(browser::package()?);
    }
    if missing.is_empty() {
        return Ok((Outcome::WasThere, ()));
    }
    // Whether OpenSSL is there cannot be asked without pkg-config; installing it again does no harm.
    missing.dedup();
    apt::install(&missing)?;
    Ok((Outcome::Installed, ()))
}

/// Installs a folder's packages as its lock file says, unless that was done already.
fn npm_ci(machine: &Machine, folder: &Path) -> Result<(Outcome, ())> {
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("Could not read {}", lock.display()))?;
    // A copy of the lock file beside what it made: gone with it, and different as soon as the lock file is.
    let stamp = folder.join("node_modules/.rundan-installed.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok((Outcome::WasThere, ()));
    }
    let mut npm = machine.command("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder).stdin(Stdio::null());
    let status = npm.status().context("Could not start npm")?;
    if !status.success() {
        bail!("npm ci failed in {} ({status})", folder.display());
    }
    fs::write(&stamp, wanted).with_context(|| format!("Could not write {}", stamp.display()))?;
    Ok((Outcome::Installed, ()))
}

/// Whether a step had anything to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    WasThere,
    Installed,
}

/// Tells how far set-up has come.
struct Progress {
    done: usize,
    all: usize,
}

impl Progress {
    fn new(all: usize) -> Self {
        Self { done: 0, all }
    }

    fn step<T>(&mut self, what: &str, work: impl FnOnce() -> Result<(Outcome, T)>) -> Result<T> {
        self.done += 1;
        let started = Instant::now();
        println!("set-up {} of {}: {what}", self.done, self.all);
        let (outcome, result) = work()?;
        if outcome == Outcome::Installed {
            println!("  installed in {} s", started.elapsed().as_secs());
        }
        Ok(result)
    }
}

fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

fn runs(program: impl AsRef<OsStr>, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What a program prints, without the ends; nothing when it cannot be run.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let answer = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    answer.status.success().then(|| String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}
