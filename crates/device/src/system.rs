//! The seams of a real phone: its clock, its randomness and its network.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Method, Url};
use rundan_model::Timestamp;

use crate::seams::{Clock, Http, HttpAnswer, HttpError, HttpRequest, Random};

/// How long a connection may take to open before the server counts as out of reach.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The operating system's clock, shifted by a constant where a demonstration plays another hour.
#[derive(Debug)]
pub struct SystemClock {
    offset_seconds: i64,
    started: Instant,
}

impl SystemClock {
    /// A clock that shows the system's time plus `offset_seconds`.
    pub fn with_offset(offset_seconds: i64) -> Self {
        Self { offset_seconds, started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::with_offset(0)
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
        };
        Timestamp(seconds.saturating_add(self.offset_seconds)).in_calendar()
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The operating system's randomness.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::expect_used, reason = "a key or an id made without randomness would be worse than stopping")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives randomness");
    }
}

/// Why the network cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[error("Could not set up the network")]
pub struct NetworkError(#[from] reqwest::Error);

/// HTTP over the phone's network: TLS to anywhere, plain only to this machine itself.
///
/// Redirects are not followed, since a signed request names its server; proxies are not used.
#[derive(Debug, Clone)]
pub struct SystemHttp {
    client: Client,
}

impl SystemHttp {
    /// Sets up TLS with the certificates that the operating system trusts.
    pub fn new() -> Result<Self, NetworkError> {
        // A second installation is refused and changes nothing: the first one is the same provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { client })
    }
}

impl Http for SystemHttp {
    fn send(&self, request: HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpAnswer, HttpError>> + Send + '_>> {
        Box::pin(exchange(&self.client, request))
    }
}

/// Whether a vault may speak to a server at this address: over TLS, or plain to this machine itself.
pub fn is_allowed_address(address: &str) -> bool {
    allowed(address).is_some()
}

fn allowed(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let is_allowed = match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host_str().is_some_and(is_loopback),
        _ => false,
    };
    is_allowed.then_some(url)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

async fn exchange(client: &Client, request: HttpRequest) -> Result<HttpAnswer, HttpError> {
    let Some(url) = allowed(&request.url) else {
        tracing::warn!("refused to send over a connection that others can read");
        return Err(HttpError::Unreachable);
    };
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| HttpError::Unreachable)?;
    let mut outgoing = client.request(method, url).timeout(Duration::from_millis(request.timeout_ms));
    for (name, value) in request.headers {
        let value = HeaderValue::from_str(&value).map_err(|_| HttpError::Unreachable)?;
        outgoing = outgoing.header(HeaderName::from_static(name), value);
    }
    let mut answer = outgoing.body(request.body).send().await.map_err(unreachable)?;
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(unreachable)? {
        if body.len().saturating_add(part.len()) > request.answer_bytes_max {
            return Err(HttpError::TooLong);
        }
        body.extend_from_slice(&part);
    }
    Ok(HttpAnswer { status, body })
}

/// Logs what the network said; the address stays out of it, since a hint's address holds a token.
fn unreachable(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    tracing::debug!(error = &error as &dyn std::error::Error, "no answer");
    HttpError::Unreachable
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn answering_once(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = Vec::new();
            let mut part = [0; 256];
            while !seen.windows(4).any(|four| four == b"\r\n\r\n") {
                let read = stream.read(&mut part).await.unwrap();
                seen.extend_from_slice(&part[..read]);
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        format!("http://{address}/")
    }

    fn get(url: String, answer_bytes_max: usize) -> HttpRequest {
        HttpRequest {
            method: "GET",
            url,
            headers: vec![("x-rundan", "1".into())],
            body: Vec::new(),
            timeout_ms: 5_000,
            answer_bytes_max,
        }
    }

    #[tokio::test]
    async fn an_answer_comes_back_with_its_status() {
        let url = answering_once("HTTP/1.1 503 Busy\r\ncontent-length: 5\r\n\r\nlater").await;
        let answer = SystemHttp::new().unwrap().send(get(url, 5)).await;
        assert_eq!(answer, Ok(HttpAnswer { status: 503, body: b"later".to_vec() }));
    }

    #[tokio::test]
    async fn an_answer_longer_than_asked_for_is_refused() {
        let url = answering_once("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nlater").await;
        let answer = SystemHttp::new().unwrap().send(get(url, 4)).await;
        assert_eq!(answer, Err(HttpError::TooLong));
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_counts_as_no_answer() {
        let url = answering_once("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nlater").await;
        let answer = SystemHttp::new().unwrap().send(get(url, 100)).await;
        assert_eq!(answer, Err(HttpError::Unreachable));
    }

    #[test]
    fn plain_http_is_allowed_to_this_machine_only() {
        for allowed in ["https://rundan.example", "http://127.0.0.1:8080", "http://localhost:1/x", "http://[::1]:9"] {
            assert!(is_allowed_address(allowed), "{allowed}");
        }
        for refused in ["http://rundan.example", "http://10.0.0.1", "ftp://localhost", "localhost:80", ""] {
            assert!(!is_allowed_address(refused), "{refused}");
        }
    }

    #[test]
    fn a_shifted_clock_shows_another_hour() {
        let real = SystemClock::default().now();
        let shifted = SystemClock::with_offset(3_600).now();
        assert!((3_600..3_660).contains(&shifted.seconds_since(real)));
    }
}
