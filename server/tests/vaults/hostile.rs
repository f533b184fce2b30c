//! Requests that no phone of ours would send. Each is refused by what it is, and work goes on.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, StatusCode, header};
use ed25519_dalek::SigningKey;
use http_body_util::channel::Channel;
use rundan_model::{Role, UnitId, VaultId};
use rundan_server::{enrol, http, sync};
use rundan_sync::statement::{HEADER, STATEMENT_BYTES_MAX, Statement, body_hash, sign};
use rundan_sync::{EnrolAnswer, ProblemCode, StreamState, wire};
use tower::ServiceExt;

use crate::phone::{Phone, enrolment, problem};
use crate::world::World;

/// A body signed by this phone, whatever is in it.
fn signed(world: &World, phone: &Phone, counter: u64, body: &[u8]) -> String {
    let statement = Statement {
        server: Some(world.server.keys.server()),
        method: "POST".into(),
        path: sync::PATH.into(),
        counter,
        body: body_hash(body),
        pushed: None,
    };
    sign(&phone.key, Some(phone.vault), &statement).unwrap()
}

fn framed(plain: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(plain, 3).unwrap()
}

#[tokio::test]
async fn what_is_no_message_is_malformed_and_the_next_request_is_answered() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let half = wire::encode(&alice.request(alice.stream())).unwrap();
    let twice = [half.clone(), half.clone()].concat();
    for (what, body) in [
        ("nothing", Vec::new()),
        ("half a frame", half[..half.len() / 2].to_vec()),
        ("two frames", twice),
        ("JSON", framed(br#"{"v":1,"v":2,"s":NaN}"#)),
        ("a number that is none", framed(b"\xa1\x61v\xf9\x7e\x00")),
        ("a field twice", framed(b"\xa3\x61v\x01\x61v\x02\x61s\x80")),
        ("a list without end", framed(b"\xa2\x61v\x01\x61s\x9f\xff")),
        ("a thousand lists in each other", framed(&[0x81; 1_000])),
        ("a million empty values", framed(&vec![0x40; 1_000_000])),
        ("text that is not UTF-8", framed(b"\xa1\x63\xff\xfe\xfd\x01")),
        ("gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec()),
    ] {
        alice.counter += 1;
        let header = signed(&world, &alice, alice.counter, &body);
        let (status, answer) = world.post(sync::PATH, &header, body).await;
        assert_eq!((status, problem(&answer).code), (StatusCode::BAD_REQUEST, ProblemCode::Malformed), "{what}");
    }
    alice.sync(&world).await;
}

#[tokio::test]
async fn nobodys_body_is_read_before_it_is_known_whose_it_is() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let garbage = b"garbage".to_vec();
    let header = signed(&world, &alice, 1, &garbage);
    assert_eq!(world.post(sync::PATH, &header, garbage.clone()).await.0, StatusCode::BAD_REQUEST);
    alice.key = SigningKey::from_bytes(&[77; 32]);
    let header = signed(&world, &alice, 2, &garbage);
    assert_eq!(world.post(sync::PATH, &header, garbage.clone()).await.0, StatusCode::UNAUTHORIZED);
    alice.vault = VaultId([77; 8]);
    let header = signed(&world, &alice, 3, &garbage);
    assert_eq!(world.post(sync::PATH, &header, garbage.clone()).await.0, StatusCode::UNAUTHORIZED);
    let long = "A".repeat(STATEMENT_BYTES_MAX + 1);
    assert_eq!(world.post(sync::PATH, &long, garbage).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_body_of_another_kind_or_coding_is_malformed() {
    let world = World::new().await;
    let alice = world.phone("Alice", Role::Carer).await;
    let (statement, body) = alice.sign(&world, 1, &alice.request(alice.stream()));
    let router = http::router(std::sync::Arc::clone(&world.server));
    for (kind, coding) in
        [(Some("application/json"), None), (None, None), (Some(wire::CONTENT_TYPE), Some("gzip")), (Some(""), None)]
    {
        let mut request = Request::post(sync::PATH).header(HEADER, &statement);
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if let Some(coding) = coding {
            request = request.header(header::CONTENT_ENCODING, coding);
        }
        let answer = router.clone().oneshot(request.body(Body::from(body.clone())).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{kind:?} {coding:?}");
    }
    let (status, _) = world.post(sync::PATH, &statement, body).await;
    assert_eq!(status, StatusCode::OK, "nothing of it was counted");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_given_up() {
    let world = World::new().await;
    let (_sender, never) = Channel::<Bytes, std::convert::Infallible>::new(1);
    let request = Request::post(sync::PATH)
        .header(HEADER, "x")
        .header(header::CONTENT_TYPE, wire::CONTENT_TYPE)
        .body(Body::new(never));
    let router = http::router(std::sync::Arc::clone(&world.server));
    let answer = router.oneshot(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(problem(&to_bytes(answer.into_body(), 1_024).await.unwrap()).code, ProblemCode::Malformed);
}

#[tokio::test]
async fn every_id_that_is_not_hers_is_answered_as_one_that_does_not_exist() {
    let world = World::new().await;
    let alice = world.phone("Alice", Role::Carer).await;
    let router = http::router(std::sync::Arc::clone(&world.server));
    let long = "a".repeat(300);
    for token in ["unknown", "..%2f..%2fetc%2fpasswd", "%00", "CON", "%F0%9F%94%91", &long] {
        let request = Request::get(format!("/v1/hint/{token}")).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::GONE, "{token}");
        assert!(to_bytes(answer.into_body(), 1_024).await.unwrap().is_empty());
    }
    for path in ["/v1", "/v1/", "/v1/sync/", "/v2/sync", "//v1/sync", "/v1/hint/", "/admin", "/export"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let elsewhere = rundan_model::UnitId([9; 16]);
    let mut answers = Vec::new();
    for (counter, unit) in [(1, elsewhere), (2, another_unit(&world).await)] {
        let mut stream = alice.stream();
        stream.unit = unit;
        stream.cursor = None;
        let (header, body) = alice.sign(&world, counter, &alice.request(stream));
        let (status, body) = world.post(sync::PATH, &header, body).await;
        assert_eq!(status, StatusCode::OK);
        let mut answer: rundan_sync::SyncAnswer = wire::decode(&body, wire::ANSWER_BYTES_MAX).unwrap();
        assert_eq!(answer.streams[0].unit, unit);
        answer.streams[0].unit = elsewhere;
        answers.push(answer.streams);
    }
    assert_eq!(answers[0][0].state, StreamState::Closed);
    assert_eq!(answers[0], answers[1]);
}

/// A unit that is there and that nobody of this world works in.
async fn another_unit(world: &World) -> UnitId {
    let document = world.plan_in_another_unit().await;
    let find = move |tx: &rusqlite::Connection| {
        let unit: [u8; 16] =
            tx.query_row("SELECT unit FROM document WHERE document = ?1", [&document.0[..]], |row| row.get(0))?;
        Ok(UnitId(unit))
    };
    world.server.db.read(find).await.unwrap()
}

#[tokio::test]
async fn of_two_phones_that_use_one_code_at_once_one_is_enrolled() {
    let world = World::new().await;
    let person = world.person("Alice", Role::Carer).await;
    let code = world.code(person).await;
    let attempts = [[1; 32], [2; 32]].map(|key| {
        let (header, body) = enrolment(&SigningKey::from_bytes(&key), &code);
        let world = &world;
        async move { world.post(enrol::PATH, &header, body).await }
    });
    let [first, second] = attempts;
    let answers = tokio::join!(first, second);
    let mut words = [answers.0, answers.1].map(|(status, body)| {
        let enrolled = wire::decode::<EnrolAnswer>(&body, wire::ANSWER_BYTES_MAX).is_ok();
        (status, enrolled)
    });
    words.sort_by_key(|(status, _)| *status);
    assert_eq!(words, [(StatusCode::OK, true), (StatusCode::FORBIDDEN, false)]);
}

#[tokio::test]
async fn no_guessed_code_is_good_and_the_guesses_change_nothing() {
    let world = World::new().await;
    let person = world.person("Alice", Role::Carer).await;
    let code = world.code(person).await;
    let key = SigningKey::from_bytes(&[3; 32]);
    let long = "A".repeat(10_000);
    for guess in ["", "0", "0000-0000-0000-0", "' OR 1=1 --", "%", "\u{202e}AAAA", long.as_str()] {
        let (header, body) = enrolment(&key, guess);
        let (status, answer) = world.post(enrol::PATH, &header, body).await;
        assert_eq!((status, problem(&answer).code), (StatusCode::FORBIDDEN, ProblemCode::Code), "{guess:?}");
    }
    let (header, body) = enrolment(&key, &code);
    assert_eq!(world.post(enrol::PATH, &header, body).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_request_for_another_server_or_path_is_refused() {
    let world = World::new().await;
    let alice = world.phone("Alice", Role::Carer).await;
    let body = wire::encode(&alice.request(alice.stream())).unwrap();
    let right = Statement {
        server: Some(world.server.keys.server()),
        method: "POST".into(),
        path: sync::PATH.into(),
        counter: 1,
        body: body_hash(&body),
        pushed: None,
    };
    for wrong in [
        Statement { server: Some(rundan_model::ServerId([9; 32])), ..right.clone() },
        Statement { server: None, ..right.clone() },
        Statement { path: enrol::PATH.into(), ..right.clone() },
        Statement { method: "GET".into(), ..right.clone() },
        Statement { body: body_hash(b"another"), ..right.clone() },
        Statement { pushed: Some(body_hash(b"what it does not push")), ..right.clone() },
    ] {
        let header = sign(&alice.key, Some(alice.vault), &wrong).unwrap();
        let (status, answer) = world.post(sync::PATH, &header, body.clone()).await;
        assert_eq!((status, problem(&answer).code), (StatusCode::UNAUTHORIZED, ProblemCode::Statement), "{wrong:?}");
    }
    let header = sign(&alice.key, Some(alice.vault), &right).unwrap();
    assert_eq!(world.post(sync::PATH, &header, body).await.0, StatusCode::OK);
}
