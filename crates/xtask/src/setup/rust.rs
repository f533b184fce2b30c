//! The parts of Rust that the checks call, and that a minimal toolchain lacks.

use std::env;
use std::ffi::OsString;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{Outcome, find, runs};

/// rustup's name of a part, and Cargo's of the command that it brings.
const PARTS: &[(&str, &str)] = &[("rustfmt", "fmt"), ("clippy", "clippy")];

/// Adds what is missing by rustup, or says how to and stops.
pub(super) fn prepare() -> Result<(Outcome, ())> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let missing = missing(|command| runs(&cargo, &[command, "--version"]));
    if missing.is_empty() {
        return Ok((Outcome::WasThere, ()));
    }
    let parts = missing.join(" ");
    if find("rustup").is_none() {
        bail!(
            "This Rust lacks: {parts}. Add them as it was installed, then try again; a Rust of Debian or Ubuntu has \
             them by\n\n    sudo apt-get install -y rustfmt rust-clippy\n"
        );
    }
    println!("  rustup component add {parts}");
    let mut rustup = Command::new("rustup");
    let status = rustup.args(["component", "add"]).args(&missing).stdin(Stdio::null()).status();
    let status = status.context("Could not start rustup")?;
    if !status.success() {
        bail!("rustup component add {parts} failed ({status})");
    }
    Ok((Outcome::Installed, ()))
}

fn missing(has: impl Fn(&str) -> bool) -> Vec<&'static str> {
    PARTS.iter().filter(|(_, command)| !has(command)).map(|(part, _)| *part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_minimal_toolchain_lacks_is_named_as_rustup_names_it() {
        assert_eq!(missing(|_| false), ["rustfmt", "clippy"]);
        assert_eq!(missing(|command| command == "fmt"), ["clippy"]);
        assert!(missing(|_| true).is_empty());
    }
}
