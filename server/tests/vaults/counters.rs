//! What an operator's monitoring asks.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use rundan_model::{FactBody, Role};
use rundan_server::sync;
use serde_json::json;
use tower::ServiceExt;

use crate::world::{MONDAY, World, at};

async fn get(world: &World, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let answer = world.router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 1_000_000).await.unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn requests_and_changes_are_counted_and_nobody_is_named() {
    let world = World::new().await;
    let mut anna = world.phone("Anna", Role::Carer).await;
    let recipient = world.plan_recipient().await;
    let visit = world.plan_visit(recipient, at(MONDAY, "08:00"), anna.person).await;
    anna.sync(&world).await;
    anna.state(&world, visit, FactBody::Started);
    anna.put(&world, visit, "when", json!({ "start": at(MONDAY, "09:00"), "minutes": 30 }));
    anna.sync(&world).await;
    let (status, text) = get(&world, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    for line in [
        "rundan_requests_total{path=\"/v1/sync\",status=\"200\"}",
        "rundan_pushed_changes_total{result=\"accepted\"} 1",
        "rundan_pushed_changes_total{result=\"not_allowed\"} 1",
        &format!("rundan_log_entries{{unit=\"{}\"}}", world.unit),
        "rundan_request_seconds_bucket",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    for secret in ["Anna", "Test", &anna.person.to_string(), &anna.vault.to_string(), &visit.to_string()] {
        assert!(!text.contains(secret), "{secret} is told in\n{text}");
    }
}

#[tokio::test]
async fn a_phone_that_was_copied_is_counted() {
    let world = World::new().await;
    let mut anna = world.phone("Anna", Role::Carer).await;
    anna.sync(&world).await;
    assert!(get(&world, "/metrics").await.1.contains("rundan_stale_requests_total 0"));
    let (header, body) = anna.sign(&world, anna.counter, &anna.request(anna.stream()));
    assert_eq!(world.post(sync::PATH, &header, body).await.0, StatusCode::CONFLICT);
    anna.sync(&world).await;
    assert!(get(&world, "/metrics").await.1.contains("rundan_stale_requests_total 1"));
}

#[tokio::test]
async fn a_server_that_stops_is_ready_for_nobody() {
    let world = World::new().await;
    assert_eq!(get(&world, "/readyz").await, (StatusCode::OK, "ready\n".into()));
    world.server.bell.close();
    assert_eq!(get(&world, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(get(&world, "/healthz").await.0, StatusCode::OK);
}
