//! Where this machine keeps the vaults' keys.
//!
//! What was chosen at the first start holds ever after: a store of secrets that does not answer today is an
//! error to show, never a reason to look for the keys elsewhere.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use rundan_device::FileKeys;
use rundan_device::api::{ApiError, ErrorCode};
use rundan_device::seams::KeyStore;

use crate::settings::KeyStoreChoice;

/// Names the store that the first start chose.
const CHOICE_FILE: &str = "key-store";

/// Why there is no store of keys.
#[derive(Debug)]
pub(crate) enum KeysError {
    /// What the first start chose cannot be read or noted.
    Choice(io::Error),
    /// The store that holds the keys does not answer.
    Silent(anyhow::Error),
}

impl From<io::Error> for KeysError {
    fn from(error: io::Error) -> Self {
        Self::Choice(error)
    }
}

impl From<KeysError> for ApiError {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Choice(error) => Self::from_io(&error),
            KeysError::Silent(error) => {
                tracing::error!(
                    error = format!("{error:#}"),
                    "the store of secrets that holds the keys does not answer"
                );
                Self::new(ErrorCode::KeyStore)
            }
        }
    }
}

/// Opens the store of keys for the vaults in `directory`.
pub(crate) fn open(directory: &Path, choice: KeyStoreChoice) -> Result<Arc<dyn KeyStore>, KeysError> {
    let files = || Arc::new(FileKeys::new(directory.join("keys")));
    if choice == KeyStoreChoice::File {
        return Ok(files());
    }
    match read_choice(directory)?.as_deref() {
        Some("file") => Ok(files()),
        Some(_) => system::open().map_err(KeysError::Silent),
        None => {
            let keys: Arc<dyn KeyStore> = match system::open() {
                Ok(keys) => keys,
                Err(error) => {
                    tracing::info!(error = format!("{error:#}"), "no store of secrets answers; keys go to files");
                    files()
                }
            };
            fs::create_dir_all(directory)?;
            fs::write(directory.join(CHOICE_FILE), keys.kind())?;
            Ok(keys)
        }
    }
}

fn read_choice(directory: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(directory.join(CHOICE_FILE)) {
        Ok(choice) => Ok(Some(choice)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(target_os = "linux")]
mod system {
    //! The desktop's store of secrets, over D-Bus.

    use std::sync::Arc;

    use anyhow::{Context, Result};
    use keyring_core::api::CredentialStoreApi;
    use keyring_core::{Entry, Error};
    use rundan_device::seams::{KeyError, KeyStore};
    use rundan_model::VaultId;
    use zbus_secret_service_keyring_store::Store;

    /// What the keys are filed under.
    const SERVICE: &str = "se.rundan.app";

    struct SystemKeys {
        store: Arc<Store>,
    }

    /// Opens the store, and asks it for a key that is not there to see that it answers.
    pub(super) fn open() -> Result<Arc<dyn KeyStore>> {
        let keys = SystemKeys { store: Store::new().context("Could not reach a store of secrets")? };
        match keys.read(VaultId([0; VaultId::BYTES])) {
            Ok(_) | Err(KeyError::Missing) => Ok(Arc::new(keys)),
            Err(error) => Err(error).context("The store of secrets does not answer"),
        }
    }

    impl SystemKeys {
        fn entry(&self, vault: VaultId) -> Result<Entry, KeyError> {
            self.store.build(SERVICE, &vault.to_string(), None).map_err(store_error)
        }
    }

    impl KeyStore for SystemKeys {
        fn read(&self, vault: VaultId) -> Result<[u8; 32], KeyError> {
            let secret = self.entry(vault)?.get_secret().map_err(store_error)?;
            secret.as_slice().try_into().map_err(|wrong| KeyError::Store(Box::new(wrong)))
        }

        fn write(&self, vault: VaultId, key: &[u8; 32]) -> Result<(), KeyError> {
            self.entry(vault)?.set_secret(key).map_err(store_error)
        }

        fn remove(&self, vault: VaultId) -> Result<(), KeyError> {
            match self.entry(vault)?.delete_credential().map_err(store_error) {
                Err(KeyError::Missing) => Ok(()),
                outcome => outcome,
            }
        }

        fn kind(&self) -> &'static str {
            "system"
        }
    }

    fn store_error(error: Error) -> KeyError {
        match error {
            Error::NoEntry => KeyError::Missing,
            other => KeyError::Store(Box::new(other)),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    //! No store of secrets is connected on this platform yet.

    use std::sync::Arc;

    use anyhow::{Result, bail};
    use rundan_device::seams::KeyStore;

    pub(super) fn open() -> Result<Arc<dyn KeyStore>> {
        bail!("no store of secrets is connected on this platform")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_hold_the_keys_where_they_were_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let keys = open(directory.path(), KeyStoreChoice::File).unwrap();
        assert_eq!(keys.kind(), "file");
        assert_eq!(read_choice(directory.path()).unwrap(), None);
    }

    /// Which part of a story the process plays; none in the test's own process.
    #[cfg(target_os = "linux")]
    const PART: &str = "RUNDAN_TEST_PART";
    #[cfg(target_os = "linux")]
    const VAULT: rundan_model::VaultId = rundan_model::VaultId([7; 8]);

    /// Plays a part of this test in a process of its own, with a home of its own.
    #[cfg(target_os = "linux")]
    fn play(part: &str, home: &Path, before: &[&str]) {
        let own = std::env::current_exe().unwrap();
        let test = "keys::tests::the_desktops_store_of_secrets_keeps_the_keys";
        let line: Vec<&str> = before.iter().copied().chain([own.to_str().unwrap(), "--exact", test]).collect();
        let status = std::process::Command::new(line[0])
            .args(&line[1..])
            .env(PART, part)
            .env("HOME", home)
            .env("XDG_DATA_HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
            .env_remove("DISPLAY")
            .status();
        assert!(status.unwrap().success(), "{part}");
    }

    /// Runs against a real daemon where one is installed, as `cargo xtask test` sees to.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_desktops_store_of_secrets_keeps_the_keys() {
        let home = || std::path::PathBuf::from(std::env::var("HOME").unwrap());
        let best = |directory: &str| open(&home().join(directory), KeyStoreChoice::Best);
        match std::env::var(PART).as_deref() {
            Ok("first start") => {
                let keys = best("app").unwrap();
                assert_eq!(keys.kind(), "system");
                assert!(matches!(keys.read(VAULT), Err(rundan_device::seams::KeyError::Missing)));
                keys.write(VAULT, &[3; 32]).unwrap();
                keys.write(VAULT, &[5; 32]).unwrap();
                assert!(!home().join("app/keys").exists(), "no key lies in a file");
            }
            Ok("second start") => {
                let keys = best("app").unwrap();
                assert_eq!((keys.kind(), keys.read(VAULT).unwrap()), ("system", [5; 32]));
                keys.remove(VAULT).unwrap();
                keys.remove(VAULT).unwrap();
                assert!(matches!(keys.read(VAULT), Err(rundan_device::seams::KeyError::Missing)));
            }
            Ok(_) => {
                let Err(error) = best("app") else {
                    panic!("a store that holds the keys and does not answer is an error")
                };
                assert_eq!(ApiError::from(error).code, ErrorCode::KeyStore);
                let keys = best("other").unwrap();
                assert_eq!(keys.kind(), "file");
                keys.write(VAULT, &[9; 32]).unwrap();
                assert_eq!(best("other").unwrap().read(VAULT).unwrap(), [9; 32]);
            }
            Err(_) => {
                let is_there = |program: &&str| std::process::Command::new(program).arg("--version").output().is_ok();
                if !["dbus-run-session", "gnome-keyring-daemon"].iter().all(is_there) {
                    println!("no store of secrets is installed");
                    return;
                }
                let home = tempfile::tempdir().unwrap();
                let unlocked = "printf %s password | gnome-keyring-daemon --unlock --components=secrets && exec \"$@\"";
                let desktop = ["dbus-run-session", "--", "sh", "-c", unlocked, "sh"];
                play("first start", home.path(), &desktop);
                play("second start", home.path(), &desktop);
                play("without a desktop", home.path(), &[]);
            }
        }
    }

    #[test]
    fn a_directory_that_is_none_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        let Err(error) = open(&file.join("app"), KeyStoreChoice::Best) else { panic!("there is no such directory") };
        assert_eq!(ApiError::from(error).code, ErrorCode::Directory);
    }

    #[test]
    fn a_choice_once_made_holds() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(CHOICE_FILE), "file").unwrap();
        assert_eq!(open(directory.path(), KeyStoreChoice::Best).unwrap().kind(), "file");
    }
}
