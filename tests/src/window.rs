//! The app in its real window, opened through WebKit's own driver. It needs a display.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// How long something may take to come, on a busy machine, before it counts as missing.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A driver whose environment the app inherits: one for each device.
#[derive(Debug)]
pub struct Driver {
    /// Its process; it ends when this is dropped.
    pub process: Child,
    address: SocketAddr,
}

impl Driver {
    /// Starts a driver for a device whose files lie in `directory`, with a window such as `390x844`.
    ///
    /// # Errors
    /// When WebKit's driver is not installed, or does not listen in time.
    pub async fn start(directory: &Path, clock_offset: i64, size: &str) -> Result<Self> {
        let address = free_address()?;
        let process = Command::new("WebKitWebDriver")
            .args([format!("--port={}", address.port()), format!("--host={}", address.ip())])
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("RUNDAN_DATA_DIR", directory)
            .env("RUNDAN_KEY_STORE", "file")
            .env("RUNDAN_CLOCK_OFFSET", clock_offset.to_string())
            .env("RUNDAN_WINDOW", size)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("Could not start WebKitWebDriver")?;
        accepts(address).await?;
        Ok(Self { process, address })
    }

    /// Has it open the app.
    ///
    /// # Errors
    /// When the app does not open.
    pub async fn open(&self, app: &Path) -> Result<Client> {
        let options = json!({ "binary": app, "args": [] });
        let capabilities = [("webkitgtk:browserOptions".to_owned(), options)].into_iter().collect();
        let mut connecting = ClientBuilder::new(HttpConnector::new());
        let opening = connecting.capabilities(capabilities);
        opening.connect(&format!("http://{}", self.address)).await.context("Could not open the app")
    }
}

/// An address of this machine that nobody uses.
///
/// # Errors
/// When the system gives none.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("Could not find a free port")?;
    Ok(listener.local_addr()?)
}

/// Waits until something listens there.
///
/// # Errors
/// When nothing does in time.
pub async fn accepts(address: SocketAddr) -> Result<()> {
    let trying = async {
        while TcpStream::connect(address).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, trying).await.with_context(|| format!("Nothing listens at {address}"))
}
