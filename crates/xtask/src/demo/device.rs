//! One device of the play, in this process.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use rundan_device::api::{ApiError, Command, Intent};
use rundan_device::seams::{Clock, Http};
use rundan_device::{FileKeys, Phone, PhoneConfig, SystemRandom};
use serde_json::Value;

/// Opens a device's files. Its keys lie beside them, never in the user's own key store.
pub(crate) async fn open(directory: PathBuf, clock: Arc<dyn Clock>, http: Arc<dyn Http>) -> Result<Phone> {
    let config = PhoneConfig {
        keys: Arc::new(FileKeys::new(directory.join("keys"))),
        downloads: directory.join("downloads"),
        directory,
        clock,
        random: Arc::new(SystemRandom),
        http,
    };
    Phone::open(config).await.context("Could not open a device")
}

/// Calls a device.
pub(crate) async fn call(phone: &Phone, command: Command) -> Result<Value> {
    phone.call(command).await.map_err(told)
}

/// Syncs a device until nothing more is to be asked.
pub(crate) async fn sync(phone: &Phone) -> Result<()> {
    phone.sync().await.map_err(told)
}

/// Asks a device to do something.
pub(crate) async fn act(phone: &Phone, intent: Intent) -> Result<Value> {
    call(phone, Command::Act { intent }).await
}

fn told(error: ApiError) -> anyhow::Error {
    anyhow!(
        "the device answered {:?}{}",
        error.code,
        error.detail.map(|detail| format!(" ({detail})")).unwrap_or_default()
    )
}
