//! Codes, keys, statements and counters.

use axum::http::StatusCode;
use ed25519_dalek::SigningKey;
use rundan_model::{FactBody, Role};
use rundan_server::admin::{self, Answer, Command, Whose};
use rundan_server::bell::Hint;
use rundan_server::store::vaults;
use rundan_server::{enrol, sync};
use rundan_sync::{EnrolAnswer, ProblemCode, wire};

use crate::phone::{enrolment, problem};
use crate::world::{MONDAY, World, at};

#[tokio::test]
async fn a_code_makes_one_vault_and_repeats_its_answer_to_the_same_key() {
    let world = World::new().await;
    let alice = world.person("Alice", Role::Carer).await;
    let code = world.code(alice).await;
    let key = SigningKey::from_bytes(&[1; 32]);
    let mut vaults = Vec::new();
    for _ in 0..2 {
        let (header, body) = enrolment(&key, &code);
        let (status, body) = world.post(enrol::PATH, &header, body).await;
        assert_eq!(status, StatusCode::OK);
        let answer: EnrolAnswer = wire::decode(&body, wire::ANSWER_BYTES_MAX).unwrap();
        assert_eq!((answer.person, answer.units[0].roles.as_slice()), (alice, &[Role::Carer][..]));
        vaults.push(answer.vault);
    }
    assert_eq!(vaults[0], vaults[1]);
    let (header, body) = enrolment(&SigningKey::from_bytes(&[2; 32]), &code);
    let (status, body) = world.post(enrol::PATH, &header, body).await;
    assert_eq!((status, problem(&body).code), (StatusCode::FORBIDDEN, ProblemCode::Code));
}

#[tokio::test]
async fn a_code_used_too_late_is_refused() {
    let world = World::new().await;
    let alice = world.person("Alice", Role::Carer).await;
    let code = world.code(alice).await;
    world.pass_seconds(enrol::CODE_SECONDS + 1);
    let (header, body) = enrolment(&SigningKey::from_bytes(&[1; 32]), &code);
    let (status, body) = world.post(enrol::PATH, &header, body).await;
    assert_eq!((status, problem(&body).code), (StatusCode::FORBIDDEN, ProblemCode::Code));
}

#[tokio::test]
async fn an_enrolment_signed_by_another_key_is_refused() {
    let world = World::new().await;
    let alice = world.person("Alice", Role::Carer).await;
    let code = world.code(alice).await;
    let (_, body) = enrolment(&SigningKey::from_bytes(&[1; 32]), &code);
    let (header, _) = enrolment(&SigningKey::from_bytes(&[2; 32]), &code);
    let (status, body) = world.post(enrol::PATH, &header, body).await;
    assert_eq!((status, problem(&body).code), (StatusCode::UNAUTHORIZED, ProblemCode::Statement));
}

#[tokio::test]
async fn a_replayed_request_is_stale_and_says_the_highest_counter() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    alice.sync(&world).await;
    alice.counter = 41;
    alice.sync(&world).await;
    let (header, body) = alice.sign(&world, 42, &alice.request(alice.stream()));
    let (status, _) = world.post(sync::PATH, &header, body.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (_, answer) = world.post(sync::PATH, &header, body).await;
    assert_eq!(problem(&answer).counter, Some(42));
}

#[tokio::test]
async fn a_counter_that_leaps_is_refused_and_the_phone_it_was_copied_from_goes_on() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    alice.sync(&world).await;
    for counter in [1 << 62, i64::MAX as u64, alice.counter + sync::COUNTER_STEP_MAX + 1] {
        let (header, body) = alice.sign(&world, counter, &alice.request(alice.stream()));
        let (status, answer) = world.post(sync::PATH, &header, body).await;
        assert_eq!((status, problem(&answer).code), (StatusCode::CONFLICT, ProblemCode::Stale), "{counter}");
        assert_eq!(problem(&answer).counter, Some(alice.counter), "who was driven up comes down to it");
    }
    alice.sync(&world).await;
    // A server that was restored may be behind by all that was asked since.
    alice.counter += sync::COUNTER_STEP_MAX - 1;
    alice.sync(&world).await;
}

#[tokio::test]
async fn an_altered_body_another_vault_or_no_statement_is_refused_alike() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let bob = world.phone("Bob", Role::Carer).await;
    let request = alice.request(alice.stream());
    let (header, body) = alice.sign(&world, 1, &request);
    let mut altered = body.clone();
    *altered.last_mut().unwrap() ^= 1;
    alice.vault = bob.vault;
    let (stolen, _) = alice.sign(&world, 1, &request);
    alice.vault = rundan_model::VaultId([9; 8]);
    let (unknown, _) = alice.sign(&world, 1, &request);
    for (header, body) in [
        (header.as_str(), altered),
        (stolen.as_str(), body.clone()),
        (unknown.as_str(), body.clone()),
        ("", body.clone()),
        ("not a statement", body),
    ] {
        let (status, answer) = world.post(sync::PATH, header, body).await;
        assert_eq!((status, problem(&answer).code), (StatusCode::UNAUTHORIZED, ProblemCode::Statement));
    }
}

#[tokio::test]
async fn a_revoked_vault_is_refused_at_once() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    alice.sync(&world).await;
    let visit = world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    alice.state(&world, visit, FactBody::Started);
    let (vault, now) = (alice.vault, rundan_model::Timestamp(0));
    world.server.db.write(move |tx| vaults::revoke(tx, vault, now)).await.unwrap();
    let (header, body) = alice.sign(&world, alice.counter + 1, &alice.request(alice.stream()));
    let (status, body) = world.post(sync::PATH, &header, body).await;
    assert_eq!((status, problem(&body).code), (StatusCode::FORBIDDEN, ProblemCode::Revoked));
    let unit = world.unit;
    let kept = world.server.db.read(move |tx| rundan_server::store::documents::load(tx, unit, visit)).await.unwrap();
    assert!(kept.unwrap().content().facts.is_empty(), "nothing of it was taken");
}

#[tokio::test(start_paused = true)]
async fn what_a_revoked_vault_waits_for_ends_and_its_token_is_worth_nothing() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let request = alice.request(alice.stream());
    let token = alice.ask(&world, &request).await.hint;
    let waiting = tokio::spawn({
        let server = std::sync::Arc::clone(&world.server);
        async move { server.bell.wait(token).await }
    });
    tokio::task::yield_now().await;
    let revoke = Command::Revoke(Whose::Vault(alice.vault.to_string()));
    assert_eq!(admin::run(&world.server, revoke).await, Answer::Revoked(vec![alice.vault.to_string()]));
    assert_eq!(waiting.await.unwrap(), Hint::Unknown);
    world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), alice.person).await;
    let ask = axum::http::Request::get(format!("/v1/hint/{}", token.to_text())).body(axum::body::Body::empty());
    assert_eq!(world.send(ask.unwrap()).await, (StatusCode::GONE, Vec::new()));
}

#[tokio::test]
async fn garbage_and_bodies_too_long_are_answered_in_kind() {
    let world = World::new().await;
    let alice = world.phone("Alice", Role::Carer).await;
    let sign = |body: &[u8]| {
        let statement = rundan_sync::statement::Statement {
            server: Some(world.server.keys.server()),
            method: "POST".into(),
            path: sync::PATH.into(),
            counter: 1,
            body: rundan_sync::statement::body_hash(body),
            pushed: None,
        };
        rundan_sync::statement::sign(&alice.key, Some(alice.vault), &statement).unwrap()
    };
    let inflated = wire::to_cbor(&serde_bytes::ByteBuf::from(vec![0; wire::INFLATED_BYTES_MAX + 1])).unwrap();
    let bomb = zstd::bulk::compress(&inflated, 3).unwrap();
    for (body, status) in [
        (b"garbage".to_vec(), StatusCode::BAD_REQUEST),
        (wire::encode(&"not a request").unwrap(), StatusCode::BAD_REQUEST),
        (bomb, StatusCode::PAYLOAD_TOO_LARGE),
        (vec![0; 2 * wire::REQUEST_BYTES_MAX + 1], StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let (answered, _) = world.post(sync::PATH, &sign(&body), body).await;
        assert_eq!(answered, status);
    }
}
