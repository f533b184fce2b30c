//! What the environment says about how the app is run; a demonstration and the tests use it.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// How the app is run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// `RUNDAN_DATA_DIR`: where the vaults lie, if not where the platform puts an app's data.
    pub(crate) directory: Option<PathBuf>,
    /// `RUNDAN_KEY_STORE`: `file` keeps away from the user's own key store.
    pub(crate) key_store: KeyStoreChoice,
    /// `RUNDAN_CLOCK_OFFSET`: seconds by which the app's clock is ahead of the system's.
    pub(crate) clock_offset_seconds: i64,
    /// `RUNDAN_WINDOW`: the window's size, such as `390x844`.
    pub(crate) window: WindowSize,
    /// `RUNDAN_TITLE`: what stands above the window.
    pub(crate) title: String,
    /// `RUNDAN_INPUT`: `end` ends the app with its standard input, and so with whoever started it.
    pub(crate) ends_with_input: bool,
}

/// Which store of keys is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyStoreChoice {
    /// The operating system's where there is one, else files.
    Best,
    /// Files, whatever there is.
    File,
}

/// The inner size of a window, in pixels of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WindowSize {
    pub(crate) width: f64,
    pub(crate) height: f64,
}

const WINDOW: WindowSize = WindowSize { width: 1360.0, height: 860.0 };

impl Settings {
    /// Reads the environment.
    pub(crate) fn from_environment() -> Result<Self> {
        Self::from_variables(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let key_store = match variable("RUNDAN_KEY_STORE").as_deref() {
            None => KeyStoreChoice::Best,
            Some("file") => KeyStoreChoice::File,
            Some(other) => bail!("RUNDAN_KEY_STORE may be `file`, not `{other}`"),
        };
        let clock_offset_seconds = match variable("RUNDAN_CLOCK_OFFSET") {
            None => 0,
            Some(offset) => offset.parse().context("RUNDAN_CLOCK_OFFSET is a number of seconds")?,
        };
        let window = match variable("RUNDAN_WINDOW") {
            None => WINDOW,
            Some(size) => parse_window(&size).context("RUNDAN_WINDOW is a size such as 390x844")?,
        };
        let title = variable("RUNDAN_TITLE").unwrap_or_else(|| "Rundan".into());
        let directory = variable("RUNDAN_DATA_DIR").map(PathBuf::from);
        let ends_with_input = match variable("RUNDAN_INPUT").as_deref() {
            None => false,
            Some("end") => true,
            Some(other) => bail!("RUNDAN_INPUT may be `end`, not `{other}`"),
        };
        Ok(Self { directory, key_store, clock_offset_seconds, window, title, ends_with_input })
    }
}

fn parse_window(size: &str) -> Option<WindowSize> {
    let (width, height) = size.split_once('x')?;
    let (width, height): (u16, u16) = (width.parse().ok()?, height.parse().ok()?);
    Some(WindowSize { width: width.into(), height: height.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings> {
        Settings::from_variables(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_is_the_app_as_installed() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.key_store, KeyStoreChoice::Best);
        assert_eq!(settings.directory, None);
        assert_eq!(settings.window, WINDOW);
        assert!(!settings.ends_with_input);
    }

    #[test]
    fn a_demonstration_sets_size_clock_and_keys() {
        let settings = read(&[
            ("RUNDAN_WINDOW", "390x844"),
            ("RUNDAN_CLOCK_OFFSET", "-3600"),
            ("RUNDAN_KEY_STORE", "file"),
            ("RUNDAN_DATA_DIR", "/tmp/a"),
            ("RUNDAN_INPUT", "end"),
        ])
        .unwrap();
        assert_eq!(settings.window, WindowSize { width: 390.0, height: 844.0 });
        assert_eq!(settings.clock_offset_seconds, -3600);
        assert_eq!(settings.key_store, KeyStoreChoice::File);
        assert_eq!(settings.directory, Some("/tmp/a".into()));
        assert!(settings.ends_with_input);
    }

    #[test]
    fn what_makes_no_sense_is_refused_rather_than_guessed() {
        for wrong in [("RUNDAN_WINDOW", "wide"), ("RUNDAN_CLOCK_OFFSET", "noon"), ("RUNDAN_KEY_STORE", "none")] {
            assert!(read(&[wrong]).is_err(), "{wrong:?}");
        }
    }
}
