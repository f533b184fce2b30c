//! A server that listens: TLS or loopback, limits on connections, a graceful stop.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use rundan_model::Zone;
use tokio::signal::unix::{SignalKind, signal};

use crate::admin::AdminSocket;
use crate::deadline::WithDeadline;
use crate::error::{Error, Result};
use crate::server::Server;
use crate::{admin, http};

/// How long a stop waits for requests under way.
const STOP_SECONDS_MAX: u64 = 10;
/// How long a connection may take to send its headers.
const HEADER_SECONDS_MAX: u64 = 15;
/// The most that headers may take: the statement is the longest, at a few hundred bytes.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// How often the server looks whether a new day has come.
const DAY_CHECK_SECONDS: u64 = 20;
/// How often the server looks whether folders with backups have what is remembered.
const COPY_CHECK_SECONDS: u64 = 20;

/// Certificate and key, as PEM files.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate with its chain.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Serves until `stop` is done. `ready` is told the address once connections are taken.
pub async fn serve(
    server: Arc<Server>,
    database: &Path,
    listen: SocketAddr,
    certificate: Option<Certificate>,
    ready: impl FnOnce(SocketAddr) + Send,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    if certificate.is_none() && !listen.ip().is_loopback() {
        return Err(Error::Ask(format!("Plain HTTP is for loopback only, not {listen}: give --certificate and --key")));
    }
    let failed = |source| Error::Listen { address: listen, source };
    let listener = TcpListener::bind(listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    // Before anyone is told that the server is there: the first who is may be its operator.
    let admin = AdminSocket::bind(database);
    server.open_day().await?;
    let handle = Handle::new();
    let beside = [
        tokio::spawn(open_days(Arc::clone(&server))),
        tokio::spawn(watch_copies(Arc::clone(&server))),
        tokio::spawn(answer_admin(Arc::clone(&server), admin)),
        tokio::spawn(stop_with(Arc::clone(&server), handle.clone(), stop)),
    ];
    let service = http::router(Arc::clone(&server)).into_make_service_with_connect_info::<SocketAddr>();
    ready(address);
    tracing::info!(address = %address, tls = certificate.is_some(), "the server listens");
    let served = match certificate {
        Some(files) => {
            // A second installation changes nothing: the process has one provider.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let config = RustlsConfig::from_pem_file(&files.certificate, &files.key)
                .await
                .map_err(|source| Error::File { path: files.certificate.clone(), source })?;
            offer_http1(&config);
            let tls = axum_server::from_tcp_rustls(listener, config).map_err(failed)?.handle(handle);
            let mut tls = tls.map(|tls| tls.acceptor(WithDeadline)).http1_only();
            limit(tls.http_builder());
            tls.serve(service).await
        }
        None => {
            let plain = axum_server::from_tcp(listener).map_err(failed)?.handle(handle);
            let mut plain = plain.acceptor(WithDeadline).http1_only();
            limit(plain.http_builder());
            plain.serve(service).await
        }
    };
    for task in beside {
        task.abort();
    }
    tracing::info!("the server has stopped");
    served.map_err(failed)
}

/// Offers HTTP/1.1 alone: each vault asks one thing at a time, and what bounds a connection bounds that version.
fn offer_http1(config: &RustlsConfig) {
    let mut offered = (*config.get_inner()).clone();
    offered.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.reload_from_config(Arc::new(offered));
}

fn limit(builder: &mut hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEADER_SECONDS_MAX))
        .max_buf_size(HEADER_BYTES_MAX);
}

async fn stop_with(server: Arc<Server>, handle: Handle<SocketAddr>, stop: impl Future<Output = ()>) {
    stop.await;
    tracing::info!("the server stops");
    // Held questions are answered, so that a stop does not wait for them.
    server.bell.close();
    handle.graceful_shutdown(Some(Duration::from_secs(STOP_SECONDS_MAX)));
}

async fn answer_admin(server: Arc<Server>, socket: Result<AdminSocket>) {
    let answered = async { admin::listen(server, socket?).await };
    if let Err(error) = answered.await {
        tracing::error!(error = %error.chain(), "admin commands cannot be taken");
    }
}

/// Opens each day soon after local midnight, so that windows move though nobody asks.
async fn open_days(server: Arc<Server>) {
    let mut open = Zone.day(server.clock.now());
    loop {
        tokio::time::sleep(Duration::from_secs(DAY_CHECK_SECONDS)).await;
        let today = Zone.day(server.clock.now());
        if today == open {
            continue;
        }
        match server.open_day().await {
            Ok(()) => open = today,
            Err(error) => tracing::error!(error = %error.chain(), "the day cannot be opened"),
        }
    }
}

/// Says when a folder with backups does not take what is remembered, and when it does again: a disk that hangs says
/// nothing by itself.
async fn watch_copies(server: Arc<Server>) {
    let mut was_late = false;
    loop {
        tokio::time::sleep(Duration::from_secs(COPY_CHECK_SECONDS)).await;
        let backlog = server.remembered.backlog();
        match (was_late, backlog.is_late()) {
            (false, true) => {
                let (bytes, seconds) = (backlog.bytes, backlog.seconds);
                tracing::error!(bytes, seconds, "a folder with backups lacks what is remembered: look at its disk");
            }
            (true, false) => tracing::info!("every folder with backups has what is remembered"),
            _ => {}
        }
        was_late = backlog.is_late();
    }
}

/// Done when the operator asks the process to stop. Listens from the call on, so that no signal is missed.
///
/// # Errors
/// When the system lets nobody listen for signals.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            biased;
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
