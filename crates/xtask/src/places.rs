//! Where things lie: the clone, the cache outside it, the build.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::setup::Machine;

/// The directories that the commands work in.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// The clone.
    pub(crate) root: PathBuf,
    /// What outlives the clone: Node where the system's is too old, and the build.
    pub(crate) cache: PathBuf,
    /// Cargo's target directory.
    pub(crate) target: PathBuf,
}

impl Places {
    /// Finds them from the environment; the build lies in the cache unless `CARGO_TARGET_DIR` says otherwise.
    pub(crate) fn find() -> Result<Self> {
        let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&package).join("../..").canonicalize().context("Could not find the clone")?;
        let cache =
            cache_home(env::var_os("XDG_CACHE_HOME"), env::var_os("HOME")).unwrap_or_else(|| root.join("target"));
        let cache = cache.join("rundan");
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(chosen) => root.join(chosen),
            None => cache.join("target"),
        };
        Ok(Self { root, cache, target })
    }

    /// Cargo, in the clone, building where [`Places::target`] says.
    pub(crate) fn cargo(&self, machine: &Machine) -> Command {
        let mut cargo = machine.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        cargo
    }

    /// A binary that was built for development.
    pub(crate) fn built(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }
}

fn cache_home(xdg: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let xdg = xdg.map(PathBuf::from).filter(|path| path.is_absolute());
    xdg.or_else(|| home.map(|home| PathBuf::from(home).join(".cache")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_lies_where_the_desktop_says_else_at_home() {
        assert_eq!(cache_home(Some("/x".into()), Some("/home/a".into())), Some("/x".into()));
        assert_eq!(cache_home(Some("".into()), Some("/home/a".into())), Some("/home/a/.cache".into()));
        assert_eq!(cache_home(None, None), None);
    }
}
