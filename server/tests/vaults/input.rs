//! Bad input by the list of `docs/reliability.md`: each is answered in kind, at a cost that is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use http_body_util::channel::Channel;
use rundan_documents::{Change, Document};
use rundan_model::{ActionId, ActorId, DocumentId, FactBody, FactId, PersonId, Role, Timestamp};
use rundan_server::admin::{self, Answer, Command, Whose};
use rundan_server::sync;
use rundan_sync::statement::{HEADER, Statement, body_hash, sign};
use rundan_sync::{ProblemCode, PushResult, wire};
use serde_json::{Value as Json, json};

use crate::phone::{Phone, problem};
use crate::world::{MONDAY, World, at};

/// What is sent at once of an endless body.
const PIECE: usize = 64 * 1024;

fn refused(result: &PushResult) -> &str {
    match result {
        PushResult::Refused(reason) => reason,
        other => panic!("{other:?}"),
    }
}

/// A fact whose text is whatever is given, under an honest id.
fn fact_of(phone: &Phone, document: &Document, session: [u8; 8], text: &str) -> Change {
    let actor = ActorId::new(phone.vault, session);
    let fact = rundan_model::Fact::stated(
        phone.person,
        Timestamp(5),
        ActionId([1; 8]),
        FactBody::Note { text: "0".repeat(text.len()) },
    );
    let honest = rundan_documents::Edit { facts: vec![(FactId { actor, n: 1 }, fact.clone())], puts: Vec::new() };
    let change = document.clone().write(actor, Timestamp(5), &honest).unwrap();
    resealed(&change, fact.to_text().as_bytes(), text.as_bytes())
}

/// Puts other bytes in the place of a value: its length is written in bits 4 and up of one number.
fn resealed(change: &Change, was: &[u8], is: &[u8]) -> Change {
    use sha2::{Digest, Sha256};
    let bytes = &change.bytes;
    let at = bytes.windows(was.len()).position(|window| window == was).unwrap();
    assert!(is.len() <= was.len());
    // The value keeps its length: JSON lets blanks follow.
    let mut sealed = bytes.clone();
    sealed[at..at + was.len()].fill(b' ');
    sealed[at..at + is.len()].copy_from_slice(is);
    let hash: [u8; 32] = Sha256::digest(&sealed[8..]).into();
    sealed[4..8].copy_from_slice(&hash[..4]);
    Change { hash: rundan_model::ChangeHash(hash), bytes: sealed }
}

async fn at_a_visit(world: &World) -> (Phone, DocumentId) {
    let mut alice = world.phone("Alice", Role::Carer).await;
    let visit = world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(world).await;
    (alice, visit)
}

async fn count(world: &World, table: &'static str) -> i64 {
    let count = move |tx: &rusqlite::Connection| {
        Ok(tx.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?)
    };
    world.server.db.read(count).await.unwrap()
}

#[tokio::test]
async fn a_hundred_thousand_orphans_leave_nothing_behind() {
    let world = World::new().await;
    let (mut alice, visit) = at_a_visit(&world).await;
    let mut ahead = alice.held[&visit].clone();
    let first = alice.fact(&world, FactBody::Started);
    let actor = first.0.actor;
    let edit = |fact| rundan_documents::Edit { facts: vec![fact], puts: Vec::new() };
    let missing = ahead.write(actor, Timestamp(1), &edit(first)).unwrap();
    let orphan = ahead.write(actor, Timestamp(2), &edit(alice.fact(&world, FactBody::Ended))).unwrap();
    let at_first = (count(&world, "change").await, count(&world, "log").await, count(&world, "document").await);
    let (mut tried, mut looked_at) = (0, 0);
    while tried < 100_000 {
        alice.outbox = vec![(visit, orphan.clone()); 4_000];
        let request = alice.request(alice.stream());
        let results = alice.ask(&world, &request).await.streams.remove(0).results.concat();
        assert_eq!(results.len(), 4_000);
        for result in &results {
            let PushResult::Later(reason) = result else { panic!("{result:?}") };
            looked_at += u64::from(reason == "dependency");
            assert!(reason == "dependency" || reason == "load", "{reason}");
        }
        tried += results.len();
    }
    assert!(looked_at > 0 && looked_at <= sync::CHANGES_PER_DAY_MAX, "{looked_at}");
    assert_eq!((count(&world, "change").await, count(&world, "log").await, count(&world, "document").await), at_first);
    // The day after, what they waited for comes, and they are work like any other.
    world.set_time(at("2026-11-24", "06:00"));
    alice.outbox = vec![(visit, missing), (visit, orphan)];
    assert!(matches!(alice.sync(&world).await[..], [PushResult::Accepted(..), PushResult::Accepted(..)]));
}

#[tokio::test]
async fn json_too_deep_too_wide_or_with_ids_in_another_spelling_is_no_fact() {
    let world = World::new().await;
    let (mut alice, visit) = at_a_visit(&world).await;
    let by = alice.person.to_string();
    let spelled =
        |by: &str, action: &str| json!({ "kind": "started", "by": by, "at": 5, "action": action }).to_string();
    let action = "0a".repeat(8);
    let deep = format!(
        r#"{{"kind":"started","by":"{by}","at":5,"action":"{action}","x":{}1{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let keys: serde_json::Map<String, Json> = (0..100_000).map(|n| (n.to_string(), json!(0))).collect();
    let wide = Json::Object(keys).to_string();
    let upper = PersonId([0xab; 8]).to_string().to_uppercase();
    let bad = [
        deep,
        spelled(&format!("{{{by}}}"), &action),
        spelled(&format!("urn:uuid:{by}"), &action),
        spelled(&upper, &action),
        spelled(&by, &action.to_uppercase()),
        format!(r#"{{"kind":"started","by":"{by}","at":NaN,"action":"{action}"}}"#),
    ];
    for (n, text) in bad.iter().enumerate() {
        let change = fact_of(&alice, &alice.held[&visit], [u8::try_from(n).unwrap() + 1; 8], text);
        alice.outbox = vec![(visit, change)];
        let results = alice.sync(&world).await;
        assert!(matches!(refused(&results[0]), "shape" | "not_allowed"), "{n}: {results:?}");
    }
    let change = {
        let session = alice.held[&visit].clone();
        let long = serde_json::from_str::<Json>(&wide).unwrap();
        let actor = ActorId::new(alice.vault, [99; 8]);
        let (_, mut fact) = alice.fact(&world, FactBody::Started);
        fact.extra = long.as_object().unwrap().clone();
        let edit = rundan_documents::Edit { facts: vec![(FactId { actor, n: 1 }, fact)], puts: Vec::new() };
        session.clone().write(actor, Timestamp(5), &edit).unwrap()
    };
    alice.outbox = vec![(visit, change)];
    assert_eq!(refused(&alice.sync(&world).await[0]), "too_much");
    assert!(alice.held[&visit].content().facts.is_empty());
    alice.state(&world, visit, FactBody::Started);
    assert!(matches!(alice.sync(&world).await[..], [PushResult::Accepted(..)]));
}

#[tokio::test]
async fn a_chunked_body_without_end_is_read_up_to_the_limit() {
    let world = World::new().await;
    let (mut sender, endless) = Channel::<Bytes, std::convert::Infallible>::new(1);
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let sending = tokio::spawn(async move {
        while sender.send_data(Bytes::from(vec![0; PIECE])).await.is_ok() {
            counted.fetch_add(PIECE, Ordering::Relaxed);
        }
    });
    let request = Request::post(sync::PATH)
        .header(HEADER, "x")
        .header(header::CONTENT_TYPE, wire::CONTENT_TYPE)
        .body(Body::new(endless))
        .unwrap();
    let (status, answer) = world.send(request).await;
    assert_eq!((status, problem(&answer).code), (StatusCode::PAYLOAD_TOO_LARGE, ProblemCode::TooLong));
    sending.await.unwrap();
    assert!(sent.load(Ordering::Relaxed) <= wire::REQUEST_BYTES_MAX + 4 * PIECE, "{sent:?}");
}

/// The most memory that this process has held, kilobytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn bodies_that_inflate_a_thousandfold_are_refused_in_little_memory() {
    let world = World::new().await;
    let (alice, _) = at_a_visit(&world).await;
    let gzip = include_bytes!("ten-megabytes-of-nothing.gz").to_vec();
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 3).unwrap();
    for _ in 0..512 {
        std::io::Write::write_all(&mut encoder, &[0; 1024 * 1024]).unwrap();
    }
    let zstd = encoder.finish().unwrap();
    assert!(zstd.len() < wire::REQUEST_BYTES_MAX / 10);
    let before = peak();
    for (coding, body, status) in [
        (None, zstd, StatusCode::PAYLOAD_TOO_LARGE),
        (None, gzip.clone(), StatusCode::BAD_REQUEST),
        (Some("gzip"), gzip, StatusCode::BAD_REQUEST),
    ] {
        let statement = Statement {
            server: Some(world.server.keys.server()),
            method: "POST".into(),
            path: sync::PATH.into(),
            counter: 9,
            body: body_hash(&body),
            pushed: None,
        };
        let mut request = Request::post(sync::PATH)
            .header(HEADER, sign(&alice.key, Some(alice.vault), &statement).unwrap())
            .header(header::CONTENT_TYPE, wire::CONTENT_TYPE);
        if let Some(coding) = coding {
            request = request.header(header::CONTENT_ENCODING, coding);
        }
        assert_eq!(world.send(request.body(Body::from(body)).unwrap()).await.0, status, "{coding:?}");
    }
    assert!(peak() - before < 32 * 1024, "{} kB", peak() - before);
}

#[tokio::test]
async fn an_id_in_another_spelling_or_of_a_revoked_vault_is_nobodys() {
    let world = World::new().await;
    let (mut alice, _) = at_a_visit(&world).await;
    let request = alice.request(alice.stream());
    let token = alice.ask(&world, &request).await.hint.to_text();
    for token in [
        token.to_uppercase(),
        token.to_lowercase(),
        format!("{{{token}}}"),
        format!("{token}="),
        format!("%7B{token}%7D"),
    ] {
        let ask = Request::get(format!("/v1/hint/{token}").replace('{', "%7B").replace('}', "%7D"))
            .body(Body::empty())
            .unwrap();
        assert_eq!(world.send(ask).await, (StatusCode::GONE, Vec::new()), "{token}");
    }
    // An operator's word is an id as it is shown, or nothing happens.
    let vault = alice.vault.to_string();
    for id in
        [format!("{{{vault}}}"), format!("0x{vault}"), format!(" {vault}"), "../../etc/passwd".into(), String::new()]
    {
        let answer = admin::run(&world.server, Command::Revoke(Whose::Vault(id.clone()))).await;
        assert!(matches!(answer, Answer::Failed(_)), "{id}: {answer:?}");
    }
    alice.sync(&world).await;
    let revoked = admin::run(&world.server, Command::Revoke(Whose::Vault(vault.clone()))).await;
    assert_eq!(revoked, Answer::Revoked(vec![vault]));
    // To who cannot sign for it, it is as unknown as any other.
    let mut forged = alice.sign(&world, 90, &alice.request(alice.stream()));
    assert_eq!(world.post(sync::PATH, &forged.0, forged.1).await.0, StatusCode::FORBIDDEN);
    alice.key = ed25519_dalek::SigningKey::from_bytes(&[8; 32]);
    forged = alice.sign(&world, 91, &alice.request(alice.stream()));
    let (status, answer) = world.post(sync::PATH, &forged.0, forged.1).await;
    assert_eq!((status, problem(&answer).code), (StatusCode::UNAUTHORIZED, ProblemCode::Statement));
}
