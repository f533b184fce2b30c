//! How much one phone may bring, and that it keeps nothing from anybody: no answer is longer than a vault reads.

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use ed25519_dalek::SigningKey;
use http_body_util::channel::Channel;
use rundan_documents::gate::{DOCUMENT_MAX, SHARE_MAX};
use rundan_documents::{Document, Edit};
use rundan_model::fact::FACT_BYTES_MAX;
use rundan_model::{ActorId, DocumentId, FactBody, FactId, PersonId, Role};
use rundan_server::seams::Clock;
use rundan_server::sync;
use rundan_sync::round::{self, Next};
use rundan_sync::statement::HEADER;
use rundan_sync::{
    HeadsHash, HeldDocument, Item, PushResult, StreamRequest, StreamState, SyncAnswer, SyncRequest, wire,
};
use serde_json::json;

use crate::phone::Phone;
use crate::world::{MONDAY, World, at};

/// A visit with so many carers.
async fn shared_visit(world: &World, carers: &[PersonId]) -> DocumentId {
    let visit = world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), carers[0]).await;
    for (n, carer) in carers.iter().enumerate().skip(1) {
        let put = (format!("slot/{}", n + 1), json!({ "staff": carer }));
        let edit = Edit { facts: Vec::new(), puts: vec![put] };
        world.commit(move |commit, own, now, _| commit.write(own, now, visit, None, &edit)).await;
    }
    visit
}

/// Text that nothing makes shorter.
fn noise(world: &World, bytes: usize) -> String {
    let mut text = String::new();
    while text.len() < bytes {
        text.extend(
            world.random_bytes::<1_024>().iter().map(|byte| char::from(b'0' + byte % 64)).filter(|c| *c != '\\'),
        );
    }
    text.truncate(bytes);
    text
}

/// Pushes notes as long as they are taken, each beside the others, so that they are as many heads too.
async fn fill(world: &World, phone: &mut Phone, visit: DocumentId) -> usize {
    let mut taken = 0;
    let held = phone.held[&visit].clone();
    loop {
        for _ in 0..8 {
            let actor = ActorId::new(phone.vault, world.random_bytes());
            let text = noise(world, FACT_BYTES_MAX / 3);
            let (_, fact) = phone.fact(world, FactBody::Note { text });
            let edit = Edit { facts: vec![(FactId { actor, n: 1 }, fact)], puts: Vec::new() };
            let change = held.clone().write(actor, world.clock.now(), &edit).unwrap();
            phone.outbox.push((visit, change));
        }
        let results = phone.sync(world).await;
        taken += results.iter().filter(|result| matches!(result, PushResult::Accepted(..))).count();
        if results.iter().all(|result| matches!(result, PushResult::Refused(reason) if reason == "too_much")) {
            return taken;
        }
    }
}

async fn stored(world: &World, visit: DocumentId) -> Document {
    let unit = world.unit;
    let load = move |tx: &rusqlite::Connection| rundan_server::store::documents::load(tx, unit, visit);
    world.server.db.read(load).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_phone_that_fills_a_visit_keeps_nobody_from_writing_or_reading_it() {
    let world = World::new().await;
    let mut phones = Vec::new();
    for name in ["Mallory", "Trudy", "Eve", "Bob"] {
        phones.push(world.phone(name, Role::Carer).await);
    }
    let carers: Vec<PersonId> = phones.iter().map(|phone| phone.person).collect();
    let visit = shared_visit(&world, &carers).await;
    let mut bob = phones.pop().unwrap();
    let mut desktop = world.phone("Eva", Role::Planner).await;
    for phone in phones.iter_mut().chain([&mut bob, &mut desktop]) {
        phone.sync(&world).await;
    }
    for mallory in &mut phones {
        assert!(fill(&world, mallory, visit).await > 10);
    }
    let whole = stored(&world, visit).await;
    let bytes: usize = whole.changes().iter().map(|change| change.bytes.len()).sum();
    let share = usize::try_from(SHARE_MAX.bytes).unwrap();
    assert!(bytes > 5 * share / 2 && bytes < usize::try_from(DOCUMENT_MAX.bytes).unwrap(), "{bytes}");
    assert!(whole.heads().len() > 30, "{}", whole.heads().len());

    // The other carer has read it, and writes.
    bob.sync(&world).await;
    bob.state(&world, visit, FactBody::Started);
    assert!(matches!(bob.sync(&world).await[..], [PushResult::Accepted(..)]));
    // A desktop that knew the visit gets the changes, a new one all of it; both come to the end of the log.
    let before = desktop.cursor.map(|cursor| cursor.seq);
    desktop.sync(&world).await;
    assert!(desktop.cursor.map(|cursor| cursor.seq) > before);
    let mut fresh = world.phone("Maria", Role::UnitHead).await;
    fresh.sync(&world).await;
    for held in [&desktop.held[&visit], &fresh.held[&visit]] {
        assert_eq!(held.heads(), stored(&world, visit).await.heads());
    }
    // What is refused holds up nothing else of the same phone.
    let other = world.plan_visit(world.plan_recipient().await, at(MONDAY, "10:00"), phones[0].person).await;
    phones[0].sync(&world).await;
    phones[0].state(&world, visit, FactBody::Note { text: noise(&world, FACT_BYTES_MAX / 3) });
    phones[0].state(&world, other, FactBody::Started);
    let results = phones[0].sync(&world).await;
    assert!(matches!(&results[..], [PushResult::Refused(reason), PushResult::Accepted(..)] if reason == "too_much"));
}

#[tokio::test]
async fn no_answer_is_longer_than_a_vault_reads_however_much_it_asks_for() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let mut visits = Vec::new();
    for _ in 0..3 {
        visits.push(shared_visit(&world, &[alice.person]).await);
    }
    alice.sync(&world).await;
    let before = alice.cursor.unwrap();
    for visit in visits {
        assert!(fill(&world, &mut alice, visit).await > 10);
    }
    // As many units as a request may name, each with half a megabyte to say.
    let mut stream = alice.stream();
    stream.cursor = Some(before);
    let request = SyncRequest { version: 1, schema: 1, streams: vec![stream; 32] };
    alice.counter += 1;
    let (header, body) = alice.sign(&world, alice.counter, &request);
    let (status, body) = world.post(sync::PATH, &header, body).await;
    assert_eq!(status, StatusCode::OK);
    let answer: SyncAnswer = wire::decode(&body, wire::ANSWER_BYTES_MAX).unwrap();
    let nexts = round::check(&request, &answer).unwrap();
    let mut waiting = 0;
    for (told, next) in answer.streams.iter().zip(nexts) {
        assert_eq!(told.state, StreamState::Open);
        // Where there was no room she stays where she was, and asks again.
        if told.items.is_empty() {
            assert_eq!((next, told.digest), (Next::Done(before), None));
            waiting += 1;
        }
    }
    assert!((20..32).contains(&waiting), "{waiting}");
}

/// More documents than two megabytes can name.
const MANY: usize = 80_000;

#[tokio::test]
async fn an_office_says_what_it_holds_of_eighty_thousand_documents_and_a_stranger_does_not() {
    let world = World::new().await;
    let mut eva = world.phone("Eva", Role::Planner).await;
    let mut mallory = world.phone("Mallory", Role::Carer).await;
    mallory.key = SigningKey::from_bytes(&world.random_bytes());
    eva.sync(&world).await;
    let known = eva.held.len();
    let mut list = eva.list();
    list.extend((known..MANY).map(|_| HeldDocument(DocumentId(world.random_bytes()), HeadsHash(world.random_bytes()))));
    let mut stream = StreamRequest { held: Some(list), ..StreamRequest::new(world.unit, eva.cursor) };
    let (statement, body) = eva.sign(&world, eva.counter + 1, &eva.request(stream.clone()));
    assert!(body.len() > wire::REQUEST_BYTES_MAX);
    let (forged, _) = mallory.sign(&world, 1, &eva.request(stream.clone()));
    let (status, _) = world.post(sync::PATH, &forged, body.clone()).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "a vault's statement by another key");
    let (mut sender, untold) = Channel::<Bytes, std::convert::Infallible>::new(1);
    tokio::spawn(async move { sender.send_data(Bytes::from(body)).await });
    let request = Request::post(sync::PATH).header(HEADER, &statement).header(CONTENT_TYPE, wire::CONTENT_TYPE);
    let (status, _) = world.send(request.body(Body::new(untold)).unwrap()).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "a length that was not told");

    let mut leaves = 0;
    loop {
        let request = eva.request(stream.clone());
        let answer = eva.ask(&world, &request).await;
        let told = &answer.streams[0];
        assert!(told.items.iter().all(|item| matches!(item, Item::Leave(_))));
        leaves += told.items.len();
        match round::check(&request, &answer).unwrap()[0] {
            Next::Page(page) => stream.page = Some(page),
            next => {
                assert_eq!(next, Next::Done(eva.cursor.unwrap()));
                break;
            }
        }
    }
    assert_eq!(leaves, MANY - known);
}
