//! HTTP: a path a function, each of which hands over to what is not HTTP.

mod error;
mod peer;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{MatchedPath, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use rundan_sync::statement::{HEADER, STATEMENT_BYTES_MAX};
use rundan_sync::{HintToken, ProblemCode, wire};

pub use error::ApiError;

use self::peer::Peer;
use crate::bell::Hint;
use crate::copies::Backlog;
use crate::error::Error;
use crate::metrics::{self, Standings};
use crate::server::Server;
use crate::{enrol, ledger, sync};

/// How long a body may take to come: a slow network is served, a connection held open for its own sake is not.
const BODY_SECONDS_MAX: u64 = 60;

/// The server's paths.
pub fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route(sync::PATH, post(answer_sync))
        .route(ledger::PATH, post(answer_ledger))
        .route(enrol::PATH, post(answer_enrol))
        .route("/v1/hint/{token}", get(answer_hint))
        .route("/healthz", get(answer_health))
        .route("/readyz", get(answer_ready))
        .route("/metrics", get(answer_metrics))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&server), note))
        .with_state(server)
}

/// Logs and counts each request by its path's template: neither tokens nor contents are in it.
async fn note(State(server): State<Arc<Server>>, path: MatchedPath, request: Request, next: Next) -> Response {
    let begun = tokio::time::Instant::now();
    let answer = next.run(request).await;
    let (path, status) = (path.as_str(), answer.status().as_u16());
    let took = begun.elapsed();
    server.metrics.answered(path, status, took);
    tracing::debug!(path, status, milliseconds = took.as_millis() as u64, "answered");
    answer
}

/// A vault that is proven is answered, whoever else tries in vain from where it asks.
async fn answer_sync(
    State(server): State<Arc<Server>>,
    peer: Peer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let answer = async {
        let statement = statement(&headers)?;
        let bytes_max = sync::bytes_max(&server, statement, body.size_hint().exact()).await;
        let body = read(&headers, body, bytes_max).await?;
        sync::answer(&server, statement, body).await
    };
    Ok(message(peer.note(&server, sync::PATH, answer.await)?))
}

/// A ledger of keys is answered as the file that it is.
async fn answer_ledger(
    State(server): State<Arc<Server>>,
    peer: Peer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let answer = async {
        let statement = statement(&headers)?;
        let body = read(&headers, body, wire::REQUEST_BYTES_MAX).await?;
        ledger::answer(&server, statement, body).await
    };
    let file = peer.note(&server, ledger::PATH, answer.await)?;
    Ok(([(header::CONTENT_TYPE, ledger::CONTENT_TYPE)], file).into_response())
}

/// A code is not looked at for who has tried too often.
async fn answer_enrol(
    State(server): State<Arc<Server>>,
    peer: Peer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    peer.is_heard(&server)?;
    let answer = async {
        let statement = statement(&headers)?;
        let body = read(&headers, body, wire::REQUEST_BYTES_MAX).await?;
        enrol::answer(&server, statement, body).await
    };
    Ok(message(peer.note(&server, enrol::PATH, answer.await)?))
}

/// 204: something is new. 304: nothing came; ask again. 410: the token is unknown; a sync gives another.
async fn answer_hint(State(server): State<Arc<Server>>, Path(token): Path<String>) -> StatusCode {
    let Some(token) = HintToken::parse(&token) else { return StatusCode::GONE };
    match server.bell.wait(token).await {
        Hint::New => StatusCode::NO_CONTENT,
        Hint::Nothing => StatusCode::NOT_MODIFIED,
        Hint::Unknown => StatusCode::GONE,
    }
}

async fn answer_health(State(server): State<Arc<Server>>) -> Result<&'static str, ApiError> {
    server.db.read(|tx| Ok(tx.query_row("SELECT 1", [], |_| Ok(()))?)).await?;
    Ok("ok\n")
}

/// Whether a vault would be served now: whoever writes to the database answers, and nobody has asked the server to stop.
/// A disk without room is told by the answers to those who write. One for backups that does not answer is told of, but
/// keeps nobody from being served.
async fn answer_ready(State(server): State<Arc<Server>>) -> Result<String, ApiError> {
    if server.bell.is_closed() {
        return Err(Error::Unavailable.into());
    }
    server.db.write(|_| Ok(())).await?;
    let backlog = server.remembered.backlog();
    let Backlog { bytes, seconds } = backlog;
    let late = format!("a folder with backups has lacked what is remembered for {seconds} s, {bytes} bytes\n");
    Ok(format!("ready\n{}", if backlog.is_late() { &late } else { "" }))
}

/// Counters. They name nobody; a proxy should not pass this path on.
async fn answer_metrics(State(server): State<Arc<Server>>) -> Result<Response, ApiError> {
    let standings = server.db.read(Standings::read).await?;
    let text = server.metrics.text(&standings, server.remembered.backlog());
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}

fn statement(headers: &HeaderMap) -> Result<&str, Error> {
    let value = headers.get(HEADER).and_then(|value| value.to_str().ok());
    Ok(value.filter(|value| value.len() <= STATEMENT_BYTES_MAX).ok_or(ProblemCode::Statement)?)
}

async fn read(headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Vec<u8>, Error> {
    let is_plain = !headers.contains_key(header::CONTENT_ENCODING);
    if !is_plain || headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != wire::CONTENT_TYPE) {
        return Err(ProblemCode::Malformed.into());
    }
    let whole = to_bytes(body, bytes_max);
    let whole = tokio::time::timeout(Duration::from_secs(BODY_SECONDS_MAX), whole).await;
    match whole {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(error)) if is_too_long(&error) => Err(ProblemCode::TooLong.into()),
        Ok(Err(_)) | Err(_) => Err(ProblemCode::Malformed.into()),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}

fn message(body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, wire::CONTENT_TYPE)], body).into_response()
}
