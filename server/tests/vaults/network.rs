//! Real connections on loopback: plain, TLS, hints.

use std::io::{Read, Write};
use std::sync::Arc;

use rundan_model::{Kind, Role};
use rundan_server::serve::{Certificate, serve};
use rundan_server::store::Db;
use rundan_server::sync;
use rundan_sync::statement::HEADER;
use rundan_sync::wire;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::phone::Phone;
use crate::world::{MONDAY, World, at};

async fn get(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_hint_comes_over_the_network_when_the_plan_changes() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let folder = tempfile::tempdir().unwrap();
    let (told, address) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let database = folder.path().join("rundan.db");
    let serving = tokio::spawn(serve(
        Arc::clone(&world.server),
        Box::leak(database.into_boxed_path()),
        "127.0.0.1:0".parse().unwrap(),
        None,
        |address| told.send(address).unwrap(),
        async { drop(stopped.await) },
    ));
    let address = address.await.unwrap();
    assert!(get(address, "/v1/hint/unknown").await.starts_with("HTTP/1.1 410"));
    let request = alice.request(alice.stream());
    let token = alice.ask(&world, &request).await.hint.to_text();
    let waiting = tokio::spawn(async move { get(address, &format!("/v1/hint/{token}")).await });
    world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), alice.person).await;
    assert!(waiting.await.unwrap().starts_with("HTTP/1.1 204"));
    let request = alice.request(alice.stream());
    let token = alice.ask(&world, &request).await.hint.to_text();
    let held = tokio::spawn(async move { get(address, &format!("/v1/hint/{token}")).await });
    tokio::task::yield_now().await;
    world.plan(Kind::Decision, vec![("minutes", json!(1))]).await;
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    // What concerns others is no news; the stop answers the question that was held, or closes it.
    assert!(!held.await.unwrap_or_default().starts_with("HTTP/1.1 204"));
}

/// A server that listens on loopback, with its folder; it ends with the test.
async fn listening(world: &World, certificate: Option<Certificate>) -> (std::net::SocketAddr, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (told, address) = oneshot::channel();
    let (server, database) = (Arc::clone(&world.server), folder.path().join("rundan.db"));
    tokio::spawn(async move {
        let anywhere = "127.0.0.1:0".parse().unwrap();
        serve(server, &database, anywhere, certificate, |address| told.send(address).unwrap(), std::future::pending())
            .await
    });
    (address.await.unwrap(), folder)
}

#[tokio::test]
async fn a_hundred_thousand_headers_are_not_read_to_their_end() {
    let world = World::new().await;
    let (address, _folder) = listening(&world, None).await;
    for headers in ["x: y\r\n".repeat(100_000), format!("x: {}\r\n", "y".repeat(1_000_000))] {
        let (mut input, mut output) = TcpStream::connect(address).await.unwrap().into_split();
        let reading = tokio::spawn(async move {
            let mut answer = vec![0; 64];
            let length = input.read(&mut answer).await.unwrap_or(0);
            answer.truncate(length);
            answer
        });
        output.write_all(b"POST /v1/sync HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        let mut sent = 0;
        for piece in headers.as_bytes().chunks(512) {
            if reading.is_finished() || output.write_all(piece).await.is_err() {
                break;
            }
            sent += piece.len();
            tokio::task::yield_now().await;
        }
        let answer = reading.await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 431"), "{answer:?} after {sent}");
        assert!(sent < headers.len(), "all of it was taken");
    }
}

/// How many read what they are answered slowly or not at all.
const SLOW_READERS: usize = 10;
/// How often each of them asks for a first page at once: for more than lies on the way.
const QUESTIONS: u64 = 100;
/// So much of names that nothing compresses makes a page long.
const LONG_NAMES: usize = 24;
/// As long as the server lets an answer take.
const ANSWER_SECONDS: u64 = 120;

/// A phone that asks for much, with little room for what it is answered.
async fn asks_for_much(world: &World, phone: &Phone, address: std::net::SocketAddr) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let mut questions = Vec::new();
    for counter in 1..=QUESTIONS {
        let (statement, body) = phone.sign(world, counter, &phone.request(phone.stream()));
        let (kind, length) = (wire::CONTENT_TYPE, body.len());
        let head = format!("host: x\r\n{HEADER}: {statement}\r\ncontent-type: {kind}\r\ncontent-length: {length}");
        questions.extend_from_slice(format!("POST {} HTTP/1.1\r\n{head}\r\n\r\n", sync::PATH).as_bytes());
        questions.extend(body);
    }
    stream.write_all(&questions).await.unwrap();
    stream
}

/// Whether the other side has gone, which who does not read learns by writing.
fn is_left(stream: &TcpStream) -> bool {
    stream.try_write(b"G").is_err_and(|error| error.kind() != std::io::ErrorKind::WouldBlock)
}

#[tokio::test]
async fn slow_readers_hold_up_nobody_and_are_left_when_an_answer_takes_too_long() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(Db::threads(&folder.path().join("rundan.db")).unwrap()).await;
    for _ in 0..LONG_NAMES {
        let name = hex::encode(world.random_bytes::<6_000>());
        world.plan(Kind::Staff, vec![("name", json!({ "given": name, "family": "Exempel" }))]).await;
    }
    let (address, _folder) = listening(&world, None).await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let mut slow = Vec::new();
    for n in 0..SLOW_READERS {
        let phone = world.phone(&format!("Bob{n}"), Role::Carer).await;
        slow.push(asks_for_much(&world, &phone, address).await);
    }
    // They have their answers before them; meanwhile what others ask and write is answered as ever.
    for n in 0..20 {
        world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), alice.person).await;
        let draft = alice.begin(&world, Kind::Draft);
        assert_eq!(alice.sync(&world).await.len(), 1, "round {n}");
        assert!(alice.held.contains_key(&draft));
        assert!(get(address, "/readyz").await.starts_with("HTTP/1.1 200"));
    }
    assert!(!slow.iter().any(is_left), "the server waits for who may only have a bad network");
    // Every other one reads byte by byte, the rest nothing at all.
    tokio::time::pause();
    let mut seconds = 0;
    while !slow.iter().all(is_left) {
        // Who had still room on the way when the clock was taken in hand has its time from then on.
        assert!(seconds <= 2 * ANSWER_SECONDS, "the server waits for ever");
        for reader in slow.iter_mut().step_by(2) {
            let _ = reader.try_read(&mut [0]);
        }
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        seconds += 1;
    }
    tokio::time::resume();
    assert!(get(address, "/readyz").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn http_2_is_not_spoken_where_nothing_bounds_it() {
    let world = World::new().await;
    let (address, _folder) = listening(&world, None).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{answer:?}");
}

/// A certificate made for these tests alone, for `localhost`; whoever asks trusts it and nothing else.
fn self_made(folder: &std::path::Path) -> (Certificate, Arc<RootCertStore>) {
    let files = Certificate { certificate: folder.join("self-made.pem"), key: folder.join("self-made.key") };
    std::fs::write(&files.certificate, include_str!("self-made.pem")).unwrap();
    std::fs::write(&files.key, include_str!("self-made.key")).unwrap();
    let mut trusted = RootCertStore::empty();
    trusted.add(CertificateDer::from_pem_slice(include_bytes!("self-made.pem")).unwrap()).unwrap();
    (files, Arc::new(trusted))
}

/// What a TLS client that offers these protocols is answered, and which protocol was chosen.
fn ask_over_tls(
    address: std::net::SocketAddr,
    trusted: Arc<RootCertStore>,
    offers: &[&[u8]],
    request: &[u8],
) -> std::io::Result<(Vec<u8>, Option<Vec<u8>>)> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(trusted).with_no_client_auth();
    config.alpn_protocols = offers.iter().map(|offer| offer.to_vec()).collect();
    let name = "localhost".try_into().unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, std::net::TcpStream::connect(address)?);
    stream.write_all(request)?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => return Err(error),
        _ => {}
    }
    Ok((answer, stream.conn.alpn_protocol().map(<[u8]>::to_vec)))
}

#[tokio::test]
async fn tls_is_served_with_a_certificate_and_offers_http_1_alone() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let (files, trusted) = self_made(folder.path());
    let (address, _folder) = listening(&world, Some(files)).await;
    let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let asked = tokio::task::spawn_blocking(move || {
        let both = ask_over_tls(address, Arc::clone(&trusted), &[b"h2", b"http/1.1"], request);
        let only_two = ask_over_tls(address, Arc::clone(&trusted), &[b"h2"], preface);
        let unasked = ask_over_tls(address, trusted, &[], preface);
        let stranger = ask_over_tls(address, Arc::new(RootCertStore::empty()), &[], request);
        (both, only_two, unasked, stranger)
    });
    let (both, only_two, unasked, stranger) = asked.await.unwrap();
    let (answer, chosen) = both.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(b"ok\n"), "{answer:?}");
    assert_eq!(chosen.as_deref(), Some(b"http/1.1".as_slice()));
    assert!(only_two.is_err(), "{only_two:?}");
    assert!(
        unasked.is_err() || unasked.is_ok_and(|(answer, _)| answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"))
    );
    assert!(stranger.is_err(), "who does not trust the certificate asks nothing");
}

#[tokio::test]
async fn plain_http_is_refused_on_any_address_but_loopback() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("rundan.db");
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let outcome =
        serve(Arc::clone(&world.server), &database, everywhere, None, |_| panic!("it listens"), std::future::pending())
            .await;
    assert!(outcome.unwrap_err().to_string().contains("--certificate"));
    let missing = Certificate { certificate: folder.path().join("no.pem"), key: folder.path().join("no.key") };
    let outcome =
        serve(Arc::clone(&world.server), &database, everywhere, Some(missing), |_| {}, std::future::pending()).await;
    assert!(outcome.unwrap_err().to_string().contains("no.pem"));
}
