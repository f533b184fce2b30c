//! Xvfb, for windows on a machine without a screen.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context, Result};

use crate::setup::Machine;

/// A display that nobody looks at. It closes when it is dropped.
pub(crate) struct Display {
    /// What `DISPLAY` is to say.
    pub(crate) name: String,
    server: Child,
}

impl Display {
    /// Opens one.
    pub(crate) fn open(machine: &Machine) -> Result<Self> {
        let mut command = machine.command("Xvfb");
        // It chooses a free number itself, and writes it when it is ready.
        command.args(["-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = command.spawn().context("Could not start Xvfb")?;
        let mut number = String::new();
        let said = server.stdout.take().context("Could not read from Xvfb")?;
        BufReader::new(said).read_line(&mut number).context("Could not read from Xvfb")?;
        Ok(Self { name: format!(":{}", number.trim()), server })
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // Nothing is left to do for it if it has ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
