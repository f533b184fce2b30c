//! What can go wrong inside the server.

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
    /// A file beside the database failed.
    #[error("File {path} failed")]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Work on the database panicked; its transaction was rolled back.
    #[error("Work on the database panicked")]
    Panic,
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
