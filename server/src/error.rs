//! What can go wrong inside the server.

use std::io::ErrorKind;

use rundan_model::{DocumentId, UnitId};
use rundan_sync::{Problem, ProblemCode};

/// An error of the server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is answered with this problem.
    #[error("The request is refused: {:?}", .0.code)]
    Problem(Problem),
    /// Too many attempts were refused: come again after so long.
    #[error("Too many attempts were refused")]
    TooMany(std::time::Duration),
    /// The database failed.
    #[error("The database failed")]
    Database(#[from] rusqlite::Error),
    /// A stored document cannot be read.
    #[error("Document {document} cannot be read")]
    Load {
        /// Which.
        document: DocumentId,
        /// Why.
        source: Box<rundan_documents::LoadError>,
    },
    /// The server's own vault could not write.
    #[error("The server's own vault could not write")]
    Write(#[source] Box<rundan_documents::WriteError>),
    /// There is no such unit.
    #[error("There is no unit {0}")]
    NoUnit(UnitId),
    /// There is no such document in the unit.
    #[error("There is no document {0}")]
    NoDocument(DocumentId),
    /// What was asked for is not there, or is not clear; the text says what to do.
    #[error("{0}")]
    Ask(String),
    /// A message could not be written.
    #[error("The message could not be written")]
    Wire(#[from] rundan_sync::wire::WireError),
    /// A ledger could not be made.
    #[error("The ledger could not be made")]
    Ledger(#[from] rundan_ledger::LedgerError),
    /// A file beside the database failed.
    #[error("File {path} failed")]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Nobody can be answered at an address.
    #[error("Could not listen on {address}")]
    Listen {
        /// Where.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Work on the database panicked; its transaction was rolled back.
    #[error("Work on the database panicked")]
    Panic,
    /// Too much waits for the database: come again in a moment.
    #[error("Too much waits for the database")]
    Busy,
    /// The database's thread is gone, or it could not commit.
    #[error("The database cannot be written now")]
    Unavailable,
}

impl From<rundan_documents::WriteError> for Error {
    fn from(source: rundan_documents::WriteError) -> Self {
        Self::Write(Box::new(source))
    }
}

impl From<ProblemCode> for Error {
    fn from(code: ProblemCode) -> Self {
        Self::Problem(Problem { code, counter: None })
    }
}

/// A result of the server.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// What an operator can do about it, where that is known.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Database(rusqlite::Error::SqliteFailure(failure, _)) => advice_on_database(failure.code),
            Self::File { source, .. } => match source.kind() {
                ErrorKind::StorageFull => Some(MAKE_ROOM),
                ErrorKind::PermissionDenied => Some("See to it that the user of rundan-server may read and write it"),
                ErrorKind::NotFound => Some("Check the path"),
                _ => None,
            },
            Self::Listen { source, .. } => match source.kind() {
                ErrorKind::AddrInUse => {
                    Some("Another program listens there: stop it, or choose another address with --listen")
                }
                ErrorKind::AddrNotAvailable => {
                    Some("This machine has no such address: choose one that it has with --listen")
                }
                ErrorKind::PermissionDenied => {
                    Some("A port below 1024 takes more rights: choose another with --listen, or put a proxy before it")
                }
                _ => None,
            },
            Self::Unavailable => Some("Look for the cause in the log of rundan-server, and start it again"),
            _ => None,
        }
    }

    /// The error with all that caused it, and what to do: for an operator.
    pub fn told(&self) -> String {
        match self.advice() {
            Some(advice) => format!("{}. {advice}", self.chain()),
            None => self.chain(),
        }
    }

    /// The error with all that caused it, in one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        text
    }
}

const MAKE_ROOM: &str = "Make room on the disk that the database lies on, then try again; nothing was done by halves";

fn advice_on_database(code: rusqlite::ErrorCode) -> Option<&'static str> {
    match code {
        rusqlite::ErrorCode::DiskFull => Some(MAKE_ROOM),
        rusqlite::ErrorCode::ReadOnly | rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::PermissionDenied => {
            Some("See to it that the user of rundan-server may read and write the database and the folder it lies in")
        }
        rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked => {
            Some("Another program has the database open: close it, then try again")
        }
        rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase => {
            Some("Stop the server, and put the newest backup in its place with `rundan-server restore`")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operator_can_help_says_how() {
        let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
        let told = Error::Database(rusqlite::Error::SqliteFailure(full, None)).told();
        assert!(told.starts_with("The database failed: ") && told.contains("Make room on the disk"), "{told}");
        let address = "127.0.0.1:8470".parse().unwrap();
        let told = Error::Listen { address, source: ErrorKind::AddrInUse.into() }.told();
        assert!(told.starts_with("Could not listen on 127.0.0.1:8470: "), "{told}");
        assert!(told.ends_with("choose another address with --listen"), "{told}");
        let path = "export".into();
        assert!(Error::File { path, source: ErrorKind::NotFound.into() }.told().ends_with(". Check the path"));
        assert_eq!(Error::Panic.told(), Error::Panic.chain());
    }
}
