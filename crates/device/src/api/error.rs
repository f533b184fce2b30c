//! The one place where an error becomes what a screen can act on.

use serde::Serialize;
use ts_rs::TS;

use crate::act::ActError;
use crate::phone::OpenError;
use crate::seams::KeyError;
use crate::store::StoreError;
use crate::vault::{EnrolError, VaultError};

/// What the page does differently for; anything else is [`ErrorCode::Internal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// No vault is enrolled on this phone.
    NotEnrolled,
    /// The code was used, is too old or was never given out.
    CodeRefused,
    /// The server cannot be reached now.
    Offline,
    /// The server answered with something that is not its protocol.
    ServerTrouble,
    /// Too many codes were refused where this phone is: a minute later the server hears it again.
    TooManyAttempts,
    /// There is no such thing on this phone (any more).
    NotFound,
    /// The request makes no sense: a time in a clock change's gap, an empty text.
    BadInput,
    /// This person may not do that.
    NotAllowed,
    /// There is no run sheet of hers on the phone to record it on.
    NoRunSheet,
    /// The phone's storage is full; nothing was saved.
    DiskFull,
    /// The store is of a newer version of the app.
    NewerStore,
    /// The key to the store is missing or does not fit.
    KeyMissing,
    /// The store's file is damaged so that it cannot be read whose it is. It stays where it is, and only a new code
    /// makes the phone hers again.
    Damaged,
    /// The office's server does not know this kind of thing yet; nothing was saved.
    ServerOlder,
    /// Someone has changed it since, so it cannot be undone.
    ChangedSince,
    /// The machine's store of secrets, which holds the keys, does not answer.
    KeyStore,
    /// The directory of the phone's files cannot be read or written.
    Directory,
    /// The device failed in a way that the page cannot help with.
    Internal,
}

/// An error as the page gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ApiError {
    /// What happened.
    pub code: ErrorCode,
    /// A field or a detail that helps to choose words; never a cause chain, never personal data.
    pub detail: Option<String>,
}

impl ApiError {
    /// An error without a detail.
    pub fn new(code: ErrorCode) -> Self {
        Self { code, detail: None }
    }

    /// A file could not be read or written: a full disk and a closed directory are something a person can help.
    pub fn from_io(error: &std::io::Error) -> Self {
        tracing::error!(error = error as &dyn std::error::Error, "a file could not be read or written");
        Self::new(if error.kind() == std::io::ErrorKind::StorageFull {
            ErrorCode::DiskFull
        } else {
            ErrorCode::Directory
        })
    }
}

impl From<OpenError> for ApiError {
    fn from(OpenError::Directory { source, .. }: OpenError) -> Self {
        Self::from_io(&source)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Newer { .. } => ErrorCode::NewerStore,
            StoreError::Key => ErrorCode::KeyMissing,
            _ if error.is_disk_full() => ErrorCode::DiskFull,
            _ if error.is_damaged() => ErrorCode::Damaged,
            _ => ErrorCode::Internal,
        };
        tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
        Self::new(code)
    }
}

impl From<ActError> for ApiError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::NotFound => Self::new(ErrorCode::NotFound),
            ActError::ChangedSince => Self::new(ErrorCode::ChangedSince),
            ActError::NotAllowed => Self::new(ErrorCode::NotAllowed),
            ActError::ServerOlder => Self::new(ErrorCode::ServerOlder),
            ActError::NoRunSheet => Self::new(ErrorCode::NoRunSheet),
            ActError::BadInput(part) => Self { code: ErrorCode::BadInput, detail: Some(part.to_owned()) },
            ActError::Store(error) => error.into(),
        }
    }
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            VaultError::Key(KeyError::Store(ref error))
                if let Some(error) = error.downcast_ref::<std::io::Error>()
                    && error.kind() == std::io::ErrorKind::StorageFull =>
            {
                Self::from_io(error)
            }
            VaultError::Key(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the key could not be had");
                Self::new(ErrorCode::KeyMissing)
            }
        }
    }
}

impl From<EnrolError> for ApiError {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::Refused(code) => Self::new(code),
            EnrolError::Vault(error) => error.into(),
        }
    }
}
