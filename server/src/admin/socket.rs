//! Admin commands go to the running server over a local socket; without one they take the file's lock.

use std::fs::{File, Permissions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rundan_sync::wire;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use super::{Answer, Command, run};
use crate::error::{Error, Result};
use crate::server::Server;

/// The longest command: a few words and a path.
const COMMAND_BYTES_MAX: u64 = 64 * 1024;
/// The longest path that a socket can have.
const SOCKET_PATH_BYTES_MAX: usize = 100;

/// The right to work on a database: one process has it at a time.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File);

impl Lock {
    /// Takes the lock; none where another process has it.
    pub fn take(database: &Path) -> Result<Option<Self>> {
        let path = with_suffix(database, "lock");
        let failed = |source| Error::File { path: path.clone(), source };
        let file = File::create(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

fn with_suffix(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Where the running server of a database listens: beside it, or, where that path is too long, among temporary files.
fn socket_path(database: &Path) -> PathBuf {
    let beside = with_suffix(database, "sock");
    if beside.as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
        return beside;
    }
    let whole = std::path::absolute(&beside).unwrap_or(beside);
    let hash = Sha256::digest(whole.as_os_str().as_encoded_bytes());
    let short = hash.get(..8).map(hex::encode).unwrap_or_default();
    std::env::temp_dir().join(format!("rundan-{short}.sock"))
}

/// Hands a command to the running server and waits for its answer.
pub fn ask_running(database: &Path, command: &Command) -> Result<Answer> {
    let path = socket_path(database);
    let failed = |source| Error::File { path: path.clone(), source };
    let mut stream = UnixStream::connect(&path).map_err(failed)?;
    stream.write_all(&wire::to_cbor(command)?).map_err(failed)?;
    stream.shutdown(std::net::Shutdown::Write).map_err(failed)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(failed)?;
    Ok(wire::from_cbor(&answer)?)
}

/// The local socket of a running server.
#[derive(Debug)]
pub struct AdminSocket {
    path: PathBuf,
    listener: UnixListener,
}

impl AdminSocket {
    /// Takes the socket beside a database: from now on commands wait for an answer. Only the owner of the database may
    /// ask.
    ///
    /// # Errors
    /// When it cannot be made there.
    pub fn bind(database: &Path) -> Result<Self> {
        let path = socket_path(database);
        let failed = |source| Error::File { path: path.clone(), source };
        // What an earlier process left: whoever holds the lock is alone.
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).map_err(failed)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Self { path, listener })
    }
}

/// Answers admin commands for as long as the server runs.
pub async fn listen(server: Arc<Server>, socket: AdminSocket) -> Result<()> {
    loop {
        let failed = |source| Error::File { path: socket.path.clone(), source };
        let (stream, _) = socket.listener.accept().await.map_err(failed)?;
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            if let Err(error) = answer(&server, stream).await {
                tracing::warn!(error = %error, "an admin command was not answered");
            }
        });
    }
}

async fn answer(server: &Arc<Server>, mut stream: tokio::net::UnixStream) -> std::io::Result<()> {
    let mut asked = Vec::new();
    (&mut stream).take(COMMAND_BYTES_MAX).read_to_end(&mut asked).await?;
    let answer = match wire::from_cbor::<Command>(&asked) {
        Ok(command) => run_apart(Arc::clone(server), command).await,
        Err(error) => Answer::Failed(format!("{error}: is the server of the same version as the command?")),
    };
    stream.write_all(&wire::to_cbor(&answer).map_err(std::io::Error::other)?).await?;
    stream.shutdown().await
}

/// Does a command on a thread of its own: one that waits for a disk holds up nobody who syncs.
async fn run_apart(server: Arc<Server>, command: Command) -> Answer {
    let runtime = tokio::runtime::Handle::current();
    let running = tokio::task::spawn_blocking(move || runtime.block_on(run(&server, command)));
    running.await.unwrap_or_else(|_| Answer::Failed(Error::Panic.told()))
}
