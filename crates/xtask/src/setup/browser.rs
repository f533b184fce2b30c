//! The browser that the tests drive: the system's Chromium, or Playwright's own where the system has it only as a snap.
//!
//! Ubuntu's package `chromium-browser` is a script that starts a snap. A snap sees another `/tmp` than Playwright does,
//! and there is none in a container.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::apt;
use super::{Machine, Outcome, find, runs};

/// Debian's package.
const PACKAGE: &str = "chromium";
/// The names that Debian, Ubuntu and others give it.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// Where snaps are started from.
const SNAPS: &str = "/snap/";
/// Asks Playwright where its own lies.
const WHERE: &str =
    "import('@playwright/test').then(({ chromium }) => process.stdout.write(chromium.executablePath()))";

/// The system's browser.
pub(super) fn system() -> Option<PathBuf> {
    NAMES.into_iter().filter_map(find).find(|path| !is_snap(path))
}

/// The package to install, where the system has none yet and one that is no snap is to be had.
pub(super) fn package() -> Result<Option<&'static str>> {
    if system().is_some() {
        return Ok(None);
    }
    if apt::candidate(PACKAGE).is_none() {
        apt::update()?;
    }
    Ok(is_browser(apt::candidate(PACKAGE).as_deref()).then_some(PACKAGE))
}

/// Finds the browser, or fetches Playwright's; `folder` has Playwright among its packages.
pub(super) fn prepare(machine: &Machine, folder: &Path) -> Result<(Outcome, PathBuf)> {
    if let Some(browser) = system() {
        return Ok((Outcome::WasThere, browser));
    }
    if let Some(browser) = playwrights(machine, folder).filter(|browser| runs(browser, &["--version"])) {
        return Ok((Outcome::WasThere, browser));
    }
    println!("  this system has Chromium only as a snap: Playwright fetches its own");
    let with_libraries: &[&str] = if apt::may_install() { &["--with-deps"] } else { &[] };
    let mut playwright = machine.command("npx");
    playwright.args(["playwright", "install", "--no-shell"]).args(with_libraries).arg("chromium");
    let status = playwright.current_dir(folder).stdin(Stdio::null()).status().context("Could not start npx")?;
    if !status.success() {
        bail!(
            "Playwright could not fetch its browser ({status}). Put a Chromium or Google Chrome that is no snap on the \
             search path, then try again"
        );
    }
    let browser = playwrights(machine, folder).context("Playwright does not say where its browser lies")?;
    if !runs(&browser, &["--version"]) {
        bail!(
            "{} lacks system libraries. Run this, then try again:\n\n    {}\n",
            browser.display(),
            libraries(machine, folder)
        );
    }
    Ok((Outcome::Installed, browser))
}

/// Where Playwright's own browser lies.
fn playwrights(machine: &Machine, folder: &Path) -> Option<PathBuf> {
    let mut node = machine.command("node");
    let answer = node.args(["-e", WHERE]).current_dir(folder).stdin(Stdio::null()).output().ok()?;
    let browser = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
    browser.is_file().then_some(browser)
}

/// The line that installs what Playwright's browser needs, as Playwright knows it.
fn libraries(machine: &Machine, folder: &Path) -> String {
    let mut playwright = machine.command("npx");
    playwright.args(["playwright", "install-deps", "--dry-run", "chromium"]).current_dir(folder).stdin(Stdio::null());
    let answer = playwright.output().map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned());
    let missing = missing_packages(&answer.unwrap_or_default());
    if missing.is_empty() {
        return format!("cd {} && sudo npx playwright install-deps chromium", folder.display());
    }
    let packages = missing.join(" ");
    format!("sudo apt-get update && sudo apt-get install -y --no-install-recommends {packages}")
}

/// Playwright lists what is missing under a heading, indented.
fn missing_packages(said: &str) -> Vec<String> {
    let indented = said.lines().filter_map(|line| line.strip_prefix("  ")).map(str::trim);
    indented.filter(|name| !name.is_empty() && !name.contains(' ')).map(str::to_owned).collect()
}

/// Whether a package's candidate is the browser itself: Ubuntu names snaps in the version.
fn is_browser(candidate: Option<&str>) -> bool {
    candidate.is_some_and(|version| !version.contains("snap"))
}

/// Whether a program lies in a snap, or is a script that starts one.
fn is_snap(path: &Path) -> bool {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    // Snaps' programs are all links to one program that starts them.
    let is_starter = path.starts_with(SNAPS) || target.starts_with(SNAPS) || target.ends_with("bin/snap");
    let is_script = || fs::read(&target).is_ok_and(|text| text.starts_with(b"#!") && holds(&text, SNAPS.as_bytes()));
    is_starter || is_script()
}

fn holds(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_is_a_snap_is_no_browser() {
        assert!(is_browser(Some("156.0.8078.79-1~deb12u1")));
        assert!(!is_browser(Some("2:1snap1-0ubuntu2")));
        assert!(!is_browser(None));
    }

    #[test]
    fn the_packages_that_playwright_misses_are_read_from_its_list() {
        let said = "Missing system dependencies (2):\n  libnss3\n  libcups2\n";
        assert_eq!(missing_packages(said), ["libnss3", "libcups2"]);
        assert!(missing_packages("").is_empty());
    }

    #[test]
    fn a_script_that_starts_a_snap_is_told_from_one_that_starts_the_browser() {
        let folder = std::env::temp_dir().join(format!("rundan-browser-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let script = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let shim = "#!/bin/sh\nif ! [ -x /snap/bin/chromium ]; then\n  exit 1\nfi\nexec /snap/bin/chromium \"$@\"\n";
        assert!(is_snap(&script("chromium-browser", shim)));
        assert!(!is_snap(&script("chromium", "#!/bin/sh\nexec /usr/lib/chromium/chromium \"$@\"\n")));
        assert!(is_snap(Path::new("/snap/bin/chromium")));
        fs::remove_dir_all(&folder).unwrap();
    }
}
