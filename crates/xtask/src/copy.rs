//! Copies of a commit beside the clone, each with a build of its own.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::places::Places;
use crate::setup::Machine;

/// A copy of a commit, gone when this is dropped; its build stays, for the next one.
///
/// The build is its own, as cargo cannot tell the crates of two copies apart and would take those of the one for those
/// of the other.
pub(crate) struct Copy {
    /// Where its files are.
    pub(crate) root: PathBuf,
    target: PathBuf,
    of: PathBuf,
}

impl Copy {
    /// Makes it.
    ///
    /// # Errors
    /// Where there is no such commit, or no room.
    pub(crate) fn of(places: &Places, name: &str, commit: &str) -> Result<Self> {
        let beside = places.target.join(name);
        let copy = Self { root: beside.join("tree"), target: beside.join("target"), of: places.root.clone() };
        copy.remove();
        let status = copy.git(&["worktree", "add", "--quiet", "--detach"]).arg(&copy.root).arg(commit).status();
        ensure!(status.context("Could not run git")?.success(), "{commit} could not be copied");
        // The shell takes the built page in; which page makes no difference here.
        let page = copy.root.join("app-ui/dist");
        fs::create_dir_all(&page).context("Could not make a place for the page")?;
        fs::write(page.join("index.html"), "").context("Could not write a page")?;
        Ok(copy)
    }

    /// Cargo, in the copy and its build.
    pub(crate) fn cargo(&self, places: &Places, machine: &Machine) -> Command {
        let mut cargo = places.cargo(machine);
        cargo.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        cargo
    }

    /// A binary that was built in it.
    pub(crate) fn built(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    fn git(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.of).args(arguments);
        git
    }

    fn remove(&self) {
        // None is there the first time.
        let _ = self.git(&["worktree", "remove", "--force"]).arg(&self.root).stderr(Stdio::null()).status();
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.remove();
    }
}
