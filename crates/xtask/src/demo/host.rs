//! Shows a device in a browser: the page, its calls and what the device tells, on loopback only.
//!
//! For demonstrations and tests, never shipped. Whoever holds the link's secret is the device's user, so every
//! call must carry it, and a page of another origin or by another name is refused even with it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http_body_util::Channel;
use rundan_device::Phone;
use rundan_device::api::{ApiError, Command, ErrorCode, Event};
use rundan_device::seams::Random;
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;

/// The longest call: an incident's two texts of 10,000 characters, with room.
const CALL_BYTES_MAX: usize = 256 * 1024;
/// How many events may wait for a slow page.
const EVENTS_WAITING_MAX: usize = 64;

const TOKEN_HEADER: &str = "x-rundan-token";
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
    img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The built page, in memory: no request can name a file outside it.
#[derive(Debug, Default)]
pub(crate) struct Page {
    files: BTreeMap<String, (&'static str, Bytes)>,
}

impl Page {
    /// Reads the built page.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let mut page = Self::default();
        page.read_folder(folder, "").with_context(|| format!("Could not read the page in {}", folder.display()))?;
        Ok(page)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                self.read_folder(&entry.path(), &name)?;
            } else {
                let kind = media_type(&name);
                self.files.insert(name, (kind, std::fs::read(entry.path())?.into()));
            }
        }
        Ok(())
    }

    fn file(&self, path: &str) -> Option<&(&'static str, Bytes)> {
        self.files.get(if path == "/" { "/index.html" } else { path })
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

/// A device shown on loopback.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The link with its secret.
    pub(crate) link: String,
}

struct Host {
    phone: Phone,
    page: Arc<Page>,
    token: String,
    address: SocketAddr,
}

/// Serves a device on a free port of this machine until the process ends.
pub(crate) async fn show(phone: Phone, page: Arc<Page>, random: &dyn Random) -> Result<Shown> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("Could not open a port for the page")?;
    let address = listener.local_addr().context("Could not open a port for the page")?;
    let token = secret(random);
    let link = format!("http://{address}/#token={token}");
    let routes = routes(Arc::new(Host { phone, page, token, address }));
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes).await {
            eprintln!("The page is no longer served: {error}");
        }
    });
    Ok(Shown { link })
}

fn secret(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn routes(host: Arc<Host>) -> Router {
    Router::new()
        .route("/rpc", post(call))
        .route("/events", get(events))
        .route_layer(middleware::from_fn_with_state(host.clone(), with_token))
        .fallback(file)
        .layer(DefaultBodyLimit::max(CALL_BYTES_MAX))
        .layer(middleware::from_fn_with_state(host.clone(), from_this_page))
        .with_state(host)
}

async fn call(State(host): State<Arc<Host>>, body: Bytes) -> Response {
    let command: Command = match serde_json::from_slice(&body) {
        Ok(command) => command,
        Err(error) => return failure(ApiError { code: ErrorCode::BadInput, detail: Some(error.to_string()) }),
    };
    match host.phone.call(command).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => failure(error),
    }
}

fn failure(error: ApiError) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(error)).into_response()
}

/// What the device tells, a line of JSON for each, until the page goes away.
async fn events(State(host): State<Arc<Host>>) -> Response {
    let (mut lines, body) = Channel::<Bytes>::new(EVENTS_WAITING_MAX);
    let mut told = host.phone.events();
    tokio::spawn(async move {
        loop {
            let event = match told.recv().await {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => Event::Changed,
                Err(RecvError::Closed) => return,
            };
            let Ok(line) = serde_json::to_string(&event) else { continue };
            if lines.send_data(Bytes::from(line + "\n")).await.is_err() {
                return;
            }
        }
    });
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::new(body)).into_response()
}

async fn file(State(host): State<Arc<Host>>, uri: Uri) -> Response {
    match host.page.file(uri.path()) {
        Some((kind, bytes)) => ([(header::CONTENT_TYPE, *kind)], bytes.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn with_token(State(host): State<Arc<Host>>, request: Request, next: Next) -> Response {
    let given = request.headers().get(TOKEN_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
    if !is_same(given, host.token.as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    next.run(request).await
}

/// Refuses what another site's page sends, and a name that another machine made point here.
async fn from_this_page(State(host): State<Arc<Host>>, request: Request, next: Next) -> Response {
    if !is_from_this_page(request.headers(), host.address) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn is_from_this_page(headers: &HeaderMap, address: SocketAddr) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host_is_right = text(header::HOST) == Some(address.to_string().as_str());
    let origin_is_right = text(header::ORIGIN).is_none_or(|origin| origin == format!("http://{address}"));
    host_is_right && origin_is_right
}

/// Compares in a time that does not tell how much of a guess is right.
fn is_same(given: &[u8], wanted: &[u8]) -> bool {
    let differing = given.iter().zip(wanted).fold(0, |differing, (a, b)| differing | (a ^ b));
    given.len() == wanted.len() && differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    fn address() -> SocketAddr {
        "127.0.0.1:4000".parse().unwrap()
    }

    #[test]
    fn only_the_page_itself_may_call() {
        let own = (header::HOST, "127.0.0.1:4000");
        assert!(is_from_this_page(&headers(std::slice::from_ref(&own)), address()));
        assert!(is_from_this_page(&headers(&[own.clone(), (header::ORIGIN, "http://127.0.0.1:4000")]), address()));
        assert!(!is_from_this_page(&headers(&[own, (header::ORIGIN, "https://elsewhere.example")]), address()));
        assert!(!is_from_this_page(&headers(&[(header::HOST, "rebound.example:4000")]), address()));
        assert!(!is_from_this_page(&headers(&[]), address()));
    }

    #[test]
    fn a_token_must_be_the_whole_token() {
        assert!(is_same(b"abc", b"abc"));
        for wrong in [b"".as_slice(), b"ab", b"abd", b"abcd"] {
            assert!(!is_same(wrong, b"abc"));
        }
    }
}
