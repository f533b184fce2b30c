//! What the databases of one thread do to their files, as a hash: by name, deed, offset and length, never by bytes.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{Request, shim};

/// Watches this thread's files below a folder until it is dropped.
#[derive(Debug)]
pub struct Witness(());

struct Watched {
    folder: PathBuf,
    hash: Sha256,
    count: u64,
}

thread_local! {
    static WATCHED: RefCell<Option<Watched>> = const { RefCell::new(None) };
}

impl Witness {
    /// Watches from now on; databases that are open already are not seen.
    pub fn of(folder: &Path) -> Self {
        shim::install();
        let folder = folder.canonicalize().expect("the folder is there");
        WATCHED.set(Some(Watched { folder, hash: Sha256::new(), count: 0 }));
        Self(())
    }

    /// How many operations there were, and the beginning of the hash over them.
    pub fn said(&self) -> String {
        WATCHED.with_borrow(|watched| {
            let Some(Watched { hash, count, .. }) = watched else { return String::new() };
            let hash: [u8; 32] = hash.clone().finalize().into();
            hash.iter().take(8).fold(format!("{count} operations, "), |mut said, byte| {
                let _ = write!(said, "{byte:02x}");
                said
            })
        })
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        WATCHED.set(None);
    }
}

/// Takes down an operation on a file, if this thread's are watched.
pub(super) fn note(path: &Path, request: Request<'_>) {
    let said = match request {
        Request::Open { .. } | Request::Read => return,
        Request::Write { offset, bytes } => format!("write {offset} {}", bytes.len()),
        Request::Truncate(bytes) => format!("truncate {bytes}"),
        Request::Sync => "sync".to_owned(),
        Request::Delete { is_synced } => format!("delete {is_synced}"),
    };
    WATCHED.with_borrow_mut(|watched| {
        let Some(watched) = watched else { return };
        let Ok(file) = path.strip_prefix(&watched.folder) else { return };
        watched.count += 1;
        watched.hash.update(file.as_os_str().as_encoded_bytes());
        watched.hash.update(said.as_bytes());
    });
}
