//! The server's secrets, in files beside the database that only their owner reads.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use ed25519_dalek::SigningKey;
use rundan_model::ServerId;
use rundan_sync::PublicKey;
use rundan_sync::receipt::ReceiptKey;

use crate::error::{Error, Result};
use crate::files::folder_of;
use crate::seams::{Random, random_bytes};

/// The file with the server's own signing key.
const SERVER_KEY: &str = "server.key";
/// The file with the key that seals receipts; backed up apart from the database.
const RECEIPT_KEY: &str = "receipts.key";

/// What must be kept apart from every backup, beside the database.
pub(crate) const KEY_FILES: [&str; 2] = [SERVER_KEY, RECEIPT_KEY];

/// The server's secrets.
#[derive(Clone)]
pub struct Keys {
    /// Whose hash names the server.
    pub signing: SigningKey,
    /// Seals receipts.
    pub receipts: ReceiptKey,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys of server {}", self.server())
    }
}

impl Keys {
    /// Makes new secrets.
    pub fn new(random: &dyn Random) -> Self {
        Self { signing: SigningKey::from_bytes(&random_bytes(random)), receipts: ReceiptKey(random_bytes(random)) }
    }

    /// Reads the secrets beside a database, making those that are missing.
    ///
    /// # Errors
    /// When a database has no signing key beside it: with a new one it would be another server's.
    pub fn open(database: &Path, random: &dyn Random) -> Result<Self> {
        let folder = folder_of(database);
        let signing = folder.join(SERVER_KEY);
        if database.exists() && !signing.exists() {
            let (database, signing) = (database.display(), signing.display());
            return Err(Error::Ask(format!(
                "{database} has no {signing} beside it: put that file back from its backup"
            )));
        }
        Ok(Self {
            signing: SigningKey::from_bytes(&open_secret(&folder.join(SERVER_KEY), random)?),
            receipts: ReceiptKey(open_secret(&folder.join(RECEIPT_KEY), random)?),
        })
    }

    /// The server's public key.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.signing.verifying_key().to_bytes())
    }

    /// The server's name: the hash of its public key.
    pub fn server(&self) -> ServerId {
        self.public().server()
    }
}

fn open_secret(path: &Path, random: &dyn Random) -> Result<[u8; 32]> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    match fs::read_to_string(path) {
        Ok(text) => {
            let mut secret = [0; 32];
            hex::decode_to_slice(text.trim(), &mut secret).map_err(|_| {
                Error::Ask(format!("{} holds no key: put back the file from its backup", path.display()))
            })?;
            Ok(secret)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let secret = random_bytes(random);
            let mut file =
                fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
            file.write_all(format!("{}\n", hex::encode(secret)).as_bytes()).map_err(failed)?;
            file.sync_all().map_err(failed)?;
            Ok(secret)
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seams::SystemRandom;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn secrets_stay_the_same_and_only_their_owner_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("rundan.db");
        let first = Keys::open(&database, &SystemRandom).unwrap();
        fs::write(&database, "").unwrap();
        let again = Keys::open(&database, &SystemRandom).unwrap();
        assert_eq!(first.server(), again.server());
        assert_eq!(first.receipts.0, again.receipts.0);
        for file in [SERVER_KEY, RECEIPT_KEY] {
            let mode = fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_broken_key_file_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(SERVER_KEY), "not a key").unwrap();
        let opened = Keys::open(&folder.path().join("rundan.db"), &SystemRandom);
        assert!(matches!(opened, Err(Error::Ask(_))));
        assert_eq!(fs::read_to_string(folder.path().join(SERVER_KEY)).unwrap(), "not a key");
    }

    #[test]
    fn a_database_whose_key_is_gone_gets_no_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("rundan.db");
        fs::write(&database, "").unwrap();
        let told = Keys::open(&database, &SystemRandom).unwrap_err().to_string();
        assert!(told.contains("server.key") && told.contains("put that file back"), "{told}");
        assert!(!folder.path().join(SERVER_KEY).exists());
    }
}
