//! A phone: its vaults, one of them open, and the one door that a screen comes through.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::broadcast;

use crate::api::{ApiError, Command, ErrorCode, Event};
use crate::seams::{Clock, Http, KeyStore, Random};

/// What a phone needs.
#[derive(Clone)]
pub struct PhoneConfig {
    /// Where the vaults' files lie; made if absent, readable by this user alone.
    pub directory: PathBuf,
    /// Where the keys lie.
    pub keys: Arc<dyn KeyStore>,
    #[allow(missing_docs)]
    pub clock: Arc<dyn Clock>,
    #[allow(missing_docs)]
    pub random: Arc<dyn Random>,
    #[allow(missing_docs)]
    pub http: Arc<dyn Http>,
}

/// Why a phone's files cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be made or read.
    #[error("Could not open {path}")]
    Directory {
        #[allow(missing_docs)]
        path: PathBuf,
        #[allow(missing_docs)]
        source: std::io::Error,
    },
}

/// A phone with its vaults. Cheap to clone.
#[derive(Clone)]
pub struct Phone {
    events: broadcast::Sender<Event>,
    _config: PhoneConfig,
}

impl Phone {
    /// Opens the phone's directory; the vault last used is open after it. Syncing does not begin by itself:
    /// the shell spawns [`Phone::run`].
    pub async fn open(config: PhoneConfig) -> Result<Self, OpenError> {
        Ok(Self { events: broadcast::channel(64).0, _config: config })
    }

    /// Answers a command of the page, as JSON of the type that `generated.ts` names.
    pub async fn call(&self, _command: Command) -> Result<Value, ApiError> {
        Err(ApiError { code: ErrorCode::NotEnrolled, detail: None })
    }

    /// What the page is told unasked.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Syncs in the background until dropped: at once, after each action, on the server's hint, and on a
    /// back-off with jitter.
    pub async fn run(&self) {}
}
