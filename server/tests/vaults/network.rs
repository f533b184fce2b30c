//! Real connections on loopback: plain, TLS, hints.

use std::sync::Arc;

use rundan_model::{Kind, Role};
use rundan_server::serve::{Certificate, serve};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

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
