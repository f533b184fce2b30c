//! What the device takes from outside, so that a simulated world can stand in for it: the clock, randomness,
//! the network, and where a store's key is kept.

use std::future::Future;
use std::pin::Pin;

use rundan_model::{Timestamp, VaultId};

/// The phone's clock. It may be wrong; nothing is ordered by it.
pub trait Clock: Send + Sync {
    /// Seconds since 1970 UTC, as the phone believes.
    fn now(&self) -> Timestamp;
    /// Milliseconds that only grow, from any beginning: for durations and waiting.
    fn monotonic_ms(&self) -> u64;
}

/// Randomness for actors, ids, keys and jitter.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// An answer over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status, such as 200.
    pub status: u16,
    /// The body, at most the limit that was asked for.
    pub body: Vec<u8>,
}

/// A request over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Scheme, host and path.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for `GET`.
    pub body: Vec<u8>,
    /// How long the whole exchange may take, milliseconds.
    pub timeout_ms: u64,
    /// How many bytes of an answer are read before it is refused.
    pub answer_bytes_max: usize,
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection, or it broke, or nothing came in time.
    #[error("The server cannot be reached")]
    Unreachable,
    /// The answer was longer than allowed.
    #[error("The server's answer is too long")]
    TooLong,
}

/// The network.
pub trait Http: Send + Sync {
    /// Sends a request and reads the whole answer.
    fn send(&self, request: HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpAnswer, HttpError>> + Send + '_>>;
}

/// Why a key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no key under that name.
    #[error("There is no key for this vault")]
    Missing,
    /// The store of keys failed.
    #[error("The key store failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Where the keys to the vaults' stores are kept: 32 bytes for each vault.
///
/// A later version wraps them by a PIN; nothing else of the device ever sees where they lie.
pub trait KeyStore: Send + Sync {
    /// Reads the key of a vault.
    fn read(&self, vault: VaultId) -> Result<[u8; 32], KeyError>;
    /// Keeps the key of a vault, replacing an older one.
    fn write(&self, vault: VaultId, key: &[u8; 32]) -> Result<(), KeyError>;
    /// Forgets the key of a vault.
    fn remove(&self, vault: VaultId) -> Result<(), KeyError>;
    /// `system` or `file`, for the screen *Mer*.
    fn kind(&self) -> &'static str;
}
