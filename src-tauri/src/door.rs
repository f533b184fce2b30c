//! The door to the device: opened at the start, and tried again by whoever knocks while it is shut.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rundan_device::api::{ApiError, ErrorCode};
use rundan_device::{Phone, PhoneConfig, SystemClock, SystemHttp, SystemRandom};
use tokio::sync::Mutex;

use crate::keys;
use crate::settings::{KeyStoreChoice, Settings};

/// The device, and how it is opened.
pub(crate) struct Door {
    directory: PathBuf,
    downloads: PathBuf,
    key_store: KeyStoreChoice,
    clock_offset_seconds: i64,
    opened: OnceLock<Phone>,
    /// Held by the one who opens: two openings of one file would be two devices.
    opening: Mutex<()>,
}

impl Door {
    /// A door to the files in `directory`, shut. What is written for the person herself goes into `downloads`.
    pub(crate) fn new(directory: PathBuf, downloads: PathBuf, settings: &Settings) -> Self {
        Self {
            directory,
            downloads,
            key_store: settings.key_store,
            clock_offset_seconds: settings.clock_offset_seconds,
            opened: OnceLock::new(),
            opening: Mutex::new(()),
        }
    }

    /// The device, if it is open.
    pub(crate) fn opened(&self) -> Option<Phone> {
        self.opened.get().cloned()
    }

    /// The device, opened now if it is not yet; `at_first` is called with it once.
    pub(crate) async fn open(&self, at_first: impl FnOnce(&Phone)) -> Result<&Phone, ApiError> {
        let _one = self.opening.lock().await;
        if let Some(phone) = self.opened.get() {
            return Ok(phone);
        }
        let phone = self.try_open().await?;
        at_first(&phone);
        Ok(self.opened.get_or_init(|| phone))
    }

    async fn try_open(&self) -> Result<Phone, ApiError> {
        let (directory, key_store) = (self.directory.clone(), self.key_store);
        // The desktop is asked on a thread that may wait for it.
        let keys = tokio::task::spawn_blocking(move || keys::open(&directory, key_store)).await;
        let keys = keys.map_err(|error| internal(&error))??;
        let config = PhoneConfig {
            keys,
            directory: self.directory.clone(),
            downloads: self.downloads.clone(),
            clock: Arc::new(SystemClock::with_offset(self.clock_offset_seconds)),
            random: Arc::new(SystemRandom),
            http: Arc::new(SystemHttp::new().map_err(|error| internal(&error))?),
        };
        Ok(Phone::open(config).await?)
    }
}

fn internal(error: &(dyn std::error::Error + 'static)) -> ApiError {
    tracing::error!(error, "the device could not be opened");
    ApiError::new(ErrorCode::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_device_that_could_not_be_opened_says_why_and_opens_at_the_next_try() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("in the way");
        std::fs::write(&file, "").unwrap();
        let window = crate::settings::WindowSize { width: 390.0, height: 844.0 };
        let settings = Settings {
            directory: None,
            key_store: KeyStoreChoice::File,
            clock_offset_seconds: 0,
            window,
            title: String::new(),
            ends_with_input: false,
        };
        let door = Door::new(file.join("app"), file.join("downloads"), &settings);
        for _ in 0..2 {
            let outcome = door.open(|_| panic!("it is shut")).await;
            assert_eq!(outcome.err().map(|error| error.code), Some(ErrorCode::Directory));
        }
        std::fs::remove_file(&file).unwrap();
        let mut attended = 0;
        for _ in 0..2 {
            door.open(|_| attended += 1).await.unwrap();
        }
        assert_eq!((attended, door.opened().is_some()), (1, true));
    }
}
