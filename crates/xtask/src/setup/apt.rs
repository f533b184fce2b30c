//! System packages of Debian and Ubuntu.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{find, output, runs};

/// Installs packages, or says how to and stops.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    let line = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if find("apt-get").is_none() {
        bail!("This machine has no apt-get. Install what Debian calls: {}", packages.join(" "));
    }
    let Some(rights) = rights() else {
        bail!(
            "Some system packages are missing. Run this, then try again:\n\n    sudo apt-get update && sudo {line}\n"
        );
    };
    println!("  {line}");
    apt_get(rights, &["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(packages);
    apt_get(rights, &arguments)
}

/// The version that would be installed, as far as this machine's lists know.
pub(super) fn candidate(package: &str) -> Option<String> {
    let policy = output("apt-cache", &["policy", package])?;
    let version = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    (version != "(none)").then(|| version.to_owned())
}

/// Reads the package lists anew where that is allowed.
pub(super) fn update() -> Result<()> {
    match rights().filter(|_| find("apt-get").is_some()) {
        Some(rights) => apt_get(rights, &["update", "-qq"]),
        None => Ok(()),
    }
}

/// Whether packages may be installed without asking anyone.
pub(super) fn may_install() -> bool {
    find("apt-get").is_some() && rights().is_some()
}

/// How packages may be installed without asking anyone.
#[derive(Debug, Clone, Copy)]
enum Rights {
    Root,
    Sudo,
}

fn rights() -> Option<Rights> {
    if output("id", &["-u"]).as_deref() == Some("0") {
        return Some(Rights::Root);
    }
    runs("sudo", &["-n", "true"]).then_some(Rights::Sudo)
}

fn apt_get(rights: Rights, arguments: &[&str]) -> Result<()> {
    let mut command = match rights {
        Rights::Root => Command::new("env"),
        Rights::Sudo => {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "env"]);
            sudo
        }
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(arguments);
    // What apt-get unpacks is of no interest; what goes wrong comes on the error stream.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().context("Could not start apt-get")?;
    if !status.success() {
        bail!("apt-get {} failed ({status})", arguments.join(" "));
    }
    Ok(())
}
