//! The one place where an error becomes what a screen can act on.

use serde::Serialize;
use ts_rs::TS;

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
    /// There is no such thing on this phone (any more).
    NotFound,
    /// The request makes no sense: a time in a clock change's gap, an empty text.
    BadInput,
    /// This person may not do that.
    NotAllowed,
    /// The phone's storage is full; nothing was saved.
    DiskFull,
    /// The store is of a newer version of the app.
    NewerStore,
    /// The key to the store is missing or does not fit.
    KeyMissing,
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
