//! Who tries in vain: codes and signatures that are guessed, from an address that others ask from too.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{Request, StatusCode};
use ed25519_dalek::SigningKey;
use rundan_model::Role;
use rundan_server::attempts::FAILURES_MAX;
use rundan_server::{enrol, sync};
use rundan_sync::statement::HEADER;
use rundan_sync::{ProblemCode, wire};
use tokio::time::Duration;
use tower::ServiceExt;

use crate::phone::{enrolment, problem};
use crate::world::World;

/// The address that an office of many phones shares.
const OFFICE: [u8; 4] = [192, 0, 2, 1];

fn request(path: &str, from: [u8; 4], (statement, body): (String, Vec<u8>)) -> Request<Body> {
    let mut request = Request::post(path)
        .header(HEADER, statement)
        .header(CONTENT_TYPE, wire::CONTENT_TYPE)
        .body(Body::from(body))
        .unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((from, 4711))));
    request
}

fn guess() -> (String, Vec<u8>) {
    enrolment(&SigningKey::from_bytes(&[3; 32]), "0000-0000-0000-0")
}

#[tokio::test(start_paused = true)]
async fn who_guesses_codes_is_put_off_and_phones_that_are_enrolled_are_not() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let bob = world.person("Bob", Role::Carer).await;
    let code = world.code(bob).await;
    for _ in 0..FAILURES_MAX {
        let (status, answer) = world.send(request(enrol::PATH, OFFICE, guess())).await;
        assert_eq!((status, problem(&answer).code), (StatusCode::FORBIDDEN, ProblemCode::Code));
    }
    // Some typos keep nobody out: it takes one more.
    let (status, answer) = world.send(request(enrol::PATH, OFFICE, guess())).await;
    assert_eq!((status, problem(&answer).code), (StatusCode::TOO_MANY_REQUESTS, ProblemCode::TooMany));
    let right = || enrolment(&SigningKey::from_bytes(&[4; 32]), &code);
    let told = world.router.clone().oneshot(request(enrol::PATH, OFFICE, right())).await.unwrap();
    assert_eq!(told.status(), StatusCode::TOO_MANY_REQUESTS, "no code is looked at now");
    let wait: u64 = told.headers()[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    // A phone with a key of its own is heard from the same address.
    alice.counter += 1;
    let asked = alice.sign(&world, alice.counter, &alice.request(alice.stream()));
    assert_eq!(world.send(request(sync::PATH, OFFICE, asked)).await.0, StatusCode::OK);
    assert_eq!(world.send(request(enrol::PATH, [192, 0, 2, 2], guess())).await.0, StatusCode::FORBIDDEN);
    tokio::time::advance(Duration::from_secs(wait)).await;
    assert_eq!(world.send(request(enrol::PATH, OFFICE, right())).await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn forged_signatures_are_put_off_and_counted() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let right = alice.sign(&world, 1, &alice.request(alice.stream()));
    alice.key = SigningKey::from_bytes(&[9; 32]);
    let forged = alice.sign(&world, 1, &alice.request(alice.stream()));
    let mut answers = Vec::new();
    for _ in 0..FAILURES_MAX + 3 {
        answers.push(world.send(request(sync::PATH, OFFICE, forged.clone())).await.0);
    }
    let (first, rest) = answers.split_at(FAILURES_MAX as usize);
    assert!(first.iter().all(|status| *status == StatusCode::UNAUTHORIZED));
    assert!(rest.iter().all(|status| *status == StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(world.send(request(sync::PATH, OFFICE, right)).await.0, StatusCode::OK, "she is who she is");
    let metrics = world.send(Request::get("/metrics").body(Body::empty()).unwrap()).await.1;
    let metrics = String::from_utf8(metrics).unwrap();
    assert!(metrics.contains("rundan_refused_attempts_total{reason=\"statement\"} 63"), "{metrics}");
}

#[tokio::test(start_paused = true)]
async fn behind_a_proxy_an_address_is_what_the_proxy_says_last() {
    let world = World::new().await;
    let through = |said: &str| {
        let mut request = request(enrol::PATH, [127, 0, 0, 1], guess());
        request.headers_mut().insert("x-forwarded-for", said.parse().unwrap());
        request
    };
    for n in 0..=FAILURES_MAX {
        // What comes before the proxy's own word is whatever the asker wrote.
        world.send(through(&format!("203.0.113.{n}, 192.0.2.1"))).await;
    }
    assert_eq!(world.send(through("203.0.113.99, 192.0.2.1")).await.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(world.send(through("192.0.2.2")).await.0, StatusCode::FORBIDDEN);
    // Who is no proxy says nothing of herself.
    let mut direct = request(enrol::PATH, [192, 0, 2, 1], guess());
    direct.headers_mut().insert("x-forwarded-for", "192.0.2.3".parse().unwrap());
    assert_eq!(world.send(direct).await.0, StatusCode::TOO_MANY_REQUESTS);
}
