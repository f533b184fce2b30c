//! Keys in files that only the user can read, where the operating system has no store of secrets.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rundan_model::VaultId;
use zeroize::Zeroizing;

use crate::seams::{KeyError, KeyStore};

/// One file for each vault's key, in a directory that nobody else may enter.
#[derive(Debug, Clone)]
pub struct FileKeys {
    directory: PathBuf,
}

impl FileKeys {
    /// Keeps the keys in `directory`, which is made when the first key is written.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    fn path(&self, vault: VaultId) -> PathBuf {
        self.directory.join(format!("{vault}.key"))
    }
}

impl KeyStore for FileKeys {
    fn read(&self, vault: VaultId) -> Result<[u8; 32], KeyError> {
        let mut file = match File::open(self.path(vault)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(KeyError::Missing),
            Err(error) => return Err(store(error)),
        };
        let mut key = [0; 32];
        file.read_exact(&mut key).map_err(store)?;
        Ok(key)
    }

    fn write(&self, vault: VaultId, key: &[u8; 32]) -> Result<(), KeyError> {
        make_private_directory(&self.directory).map_err(store)?;
        // Written aside and renamed, so that a crash leaves the old key or the new one, never half of one.
        let aside = self.directory.join(format!("{vault}.key.new"));
        write_private_file(&aside, key).map_err(store)?;
        fs::rename(&aside, self.path(vault)).map_err(store)?;
        sync_directory(&self.directory).map_err(store)
    }

    fn remove(&self, vault: VaultId) -> Result<(), KeyError> {
        match fs::remove_file(self.path(vault)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(store(error)),
            _ => Ok(()),
        }
    }

    fn kind(&self) -> &'static str {
        "file"
    }
}

fn store(error: io::Error) -> KeyError {
    KeyError::Store(Box::new(error))
}

/// Makes a directory that this user alone may enter.
pub(crate) fn make_private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn write_private_file(path: &Path, bytes: &[u8; 32]) -> io::Result<()> {
    let bytes = Zeroizing::new(*bytes);
    // What a crash left may have other rights: the file is always made anew.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes.as_ref())?;
    file.sync_all()
}

/// Makes durable which files a directory has.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    // Elsewhere a directory cannot be opened as a file, and the rename is durable by itself.
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAULT: VaultId = VaultId([7; 8]);

    fn keys() -> (tempfile::TempDir, FileKeys) {
        let directory = tempfile::tempdir().unwrap();
        let keys = FileKeys::new(directory.path().join("keys"));
        (directory, keys)
    }

    #[test]
    fn a_key_that_was_written_is_read_again() {
        let (_directory, keys) = keys();
        keys.write(VAULT, &[1; 32]).unwrap();
        keys.write(VAULT, &[2; 32]).unwrap();
        assert_eq!(keys.read(VAULT).unwrap(), [2; 32]);
    }

    #[test]
    fn a_key_that_was_removed_is_missing() {
        let (_directory, keys) = keys();
        keys.write(VAULT, &[1; 32]).unwrap();
        keys.remove(VAULT).unwrap();
        keys.remove(VAULT).unwrap();
        assert!(matches!(keys.read(VAULT), Err(KeyError::Missing)));
    }

    #[test]
    fn half_a_key_is_an_error_and_not_a_key() {
        let (_directory, keys) = keys();
        keys.write(VAULT, &[1; 32]).unwrap();
        fs::write(keys.path(VAULT), [1; 16]).unwrap();
        assert!(matches!(keys.read(VAULT), Err(KeyError::Store(_))));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_a_key() {
        use std::os::unix::fs::PermissionsExt;
        let (_directory, keys) = keys();
        keys.write(VAULT, &[1; 32]).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&keys.path(VAULT)), 0o600);
        assert_eq!(mode(&keys.directory), 0o700);
    }
}
