//! Neighbours of another version: a server that is newer than its phones, and what the phones leave alone; a phone that
//! is newer than its server, and what it keeps until the server is upgraded.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use ed25519_dalek::SigningKey;
use rundan_device::api::ErrorCode;
use rundan_device::seams::{Http, HttpAnswer, HttpError, HttpRequest};
use rundan_documents::{Edit, read_change};
use rundan_model::{ActionId, Content, DocumentId, Fact, FactBody, FactId, Kind, PersonId, Role};
use rundan_server::store::documents;
use rundan_server::sync::pushed_pairs;
use rundan_sync::message::{LATER_DEPENDENCY, LATER_KIND};
use rundan_sync::statement::{self, HEADER, Statement};
use rundan_sync::{PushDocument, PushResult, SyncAnswer, SyncRequest, wire};
use serde_json::{Value, json};

use crate::world::{Device, Morning, Wire, World, at, each};

/// What a newer server writes in a visit: a register, a field of a known record, and a fact of a new kind.
async fn newer_server_writes(world: &World, visit: DocumentId) {
    let when = json!({ "start": at("09:00"), "minutes": 45, "flexible": true });
    world
        .server
        .commit(world.unit, move |commit, own| {
            let fields = json!({ "kilograms": 61 }).as_object().cloned().unwrap_or_default();
            let fact = Fact {
                as_office: true,
                extra: json!({ "scale": "bathroom" }).as_object().cloned().unwrap_or_default(),
                ..Fact::stated(
                    own.person,
                    at("08:00"),
                    ActionId([3; 8]),
                    FactBody::Unknown { kind: "weighed".into(), fields },
                )
            };
            let facts = vec![(FactId { actor: own.actor, n: 1 }, fact)];
            let puts = vec![("when".to_owned(), when), ("companion".to_owned(), json!({ "animal": "dog" }))];
            commit.write(own, at("08:00"), visit, None, &Edit { facts, puts })
        })
        .await
        .expect("the commit holds");
}

async fn stored(world: &World, document: DocumentId) -> Content {
    let unit = world.unit;
    let loaded = world.server.db.read(move |tx| documents::load(tx, unit, document)).await.unwrap();
    loaded.expect("the server has it").content()
}

fn flags(visit: &Value) -> &Vec<Value> {
    visit["card"]["flags"].as_array().unwrap()
}

#[tokio::test]
async fn what_a_newer_version_wrote_survives_a_round_through_older_phones() {
    let Morning { world, visit, handheld, office, .. } = Morning::new().await;
    newer_server_writes(&world, visit).await;
    for device in [&handheld, &office] {
        device.sync().await;
        assert!(flags(&device.visit(visit).await).contains(&json!("newer_fact")), "what it cannot show is said");
    }

    handheld.start(visit).await;
    handheld.done(visit, "OMV01").await;
    let handheld = world.reopened(handheld).await;
    handheld.sync().await;
    let change = json!({ "is": "when", "start": "10:00", "minutes": 45 });
    office.act(json!({ "do": "change_visit", "visit": visit, "change": change })).await;
    office.sync().await;
    handheld.sync().await;

    let content = stored(&world, visit).await;
    let shown = |register: &str| content.plan[register].shown().cloned().unwrap();
    assert_eq!(shown("companion"), json!({ "animal": "dog" }));
    assert_eq!(shown("when"), json!({ "start": at("10:00"), "minutes": 45, "flexible": true }));
    let texts: Vec<String> = content.facts.values().map(Fact::to_text).collect();
    assert!(texts.iter().any(|text| text.contains(r#""kilograms":61"#) && text.contains(r#""scale":"bathroom""#)));
    assert_eq!(texts.len(), 3);
    assert_eq!(handheld.problem().await, json!(null));
}

#[tokio::test]
async fn a_kind_of_document_that_a_phone_does_not_know_hinders_nothing() {
    let world = World::new().await;
    let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
    let maj = world.recipient("Maj-Britt").await;
    let visit = world.visit(maj, "09:00", &[anna]).await;
    let newer = world.plan(Kind::Unknown("alarm".into()), vec![("recipient", json!(maj))]).await;
    let (handheld, office) = (world.phone(anna).await, world.phone(eva).await);
    handheld.start(visit).await;
    for device in [&handheld, &office] {
        device.sync().await;
        assert_eq!(device.problem().await, json!(null));
        assert_eq!(device.unsent().await, 0);
    }
    let again = office.requests();
    office.sync().await;
    assert_eq!(office.requests() - again, 1, "nothing is repaired over and over");
    assert_eq!(stored(&world, newer).await.kind, Kind::Unknown("alarm".into()));
}

/// What an older server lacks.
#[derive(Clone, Default)]
struct Older {
    /// A kind of document that it does not know.
    knows_not: Option<Kind>,
    /// The schema that it announces, if another than today's.
    announces: Option<u16>,
}

/// The way to a server that is as today's, but for what an older one lacks: documents of a kind that it does not know it
/// never sees, and answers as the gate answers for them.
struct OlderServer {
    wire: Arc<Wire>,
    key: SigningKey,
    older: Mutex<Older>,
    unknown: Mutex<BTreeSet<DocumentId>>,
}

impl OlderServer {
    /// This person's phone beside a server that is older.
    async fn beside(world: &World, device: Device, person: PersonId, older: Older) -> (Device, Arc<Self>) {
        let (wire, key) = (Arc::clone(&device.wire), device.signing_key());
        drop(device);
        let (older, unknown) = (Mutex::new(older), Mutex::default());
        let server = Arc::new(Self { wire, key, older, unknown });
        (world.phone_over(person, server.clone()).await, server)
    }

    fn upgrade(&self) {
        *self.older.lock().unwrap() = Older::default();
        self.unknown.lock().unwrap().clear();
    }

    fn is_unknown(&self, push: &PushDocument) -> bool {
        let Some(kind) = self.older.lock().unwrap().knows_not.clone() else { return false };
        let begins = push.changes.first().and_then(|bytes| read_change(bytes)).and_then(|read| read.begins);
        let mut unknown = self.unknown.lock().unwrap();
        if begins == Some(kind) {
            unknown.insert(push.document);
        }
        unknown.contains(&push.document)
    }

    /// Takes out of a request what the server does not know; says where it was, with how many changes.
    fn strip(&self, asked: &mut SyncRequest) -> Vec<Vec<(usize, usize)>> {
        let mut all = Vec::new();
        for stream in &mut asked.streams {
            let pushed = std::mem::take(&mut stream.push).into_iter().enumerate();
            let (unknown, known): (Vec<_>, Vec<_>) = pushed.partition(|(_, push)| self.is_unknown(push));
            stream.push = known.into_iter().map(|(_, push)| push).collect();
            all.push(unknown.into_iter().map(|(n, push)| (n, push.changes.len())).collect());
        }
        all
    }

    /// The request as if the phone had made it so.
    fn signed(&self, request: HttpRequest, asked: &SyncRequest) -> HttpRequest {
        let header = |(name, value): &(&str, String)| (*name == HEADER).then(|| statement::open(value).unwrap());
        let signed = request.headers.iter().find_map(header).expect("a statement");
        let body = wire::encode(asked).unwrap();
        let pushed = statement::pushed(pushed_pairs(asked));
        let said = Statement { body: statement::body_hash(&body), pushed, ..signed.statement };
        let statement = statement::sign(&self.key, signed.vault, &said).unwrap();
        let headers = vec![("content-type", wire::CONTENT_TYPE.to_owned()), (HEADER, statement)];
        HttpRequest { headers, body, ..request }
    }
}

impl Http for OlderServer {
    fn send(&self, request: HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpAnswer, HttpError>> + Send + '_>> {
        Box::pin(async move {
            let mut asked: SyncRequest = wire::decode(&request.body, wire::REQUEST_BYTES_MAX).expect("a sync");
            let unknown = self.strip(&mut asked);
            let answer = self.wire.send(self.signed(request, &asked)).await?;
            let Ok(mut told) = wire::decode::<SyncAnswer>(&answer.body, wire::ANSWER_BYTES_MAX) else {
                return Ok(answer);
            };
            for (stream, unknown) in told.streams.iter_mut().zip(unknown) {
                for (n, changes) in unknown {
                    let mut results = vec![PushResult::Later(LATER_DEPENDENCY.to_owned()); changes];
                    results[0] = PushResult::Later(LATER_KIND.to_owned());
                    stream.results.insert(n, results);
                    stream.seals.insert(n, None);
                }
            }
            told.schema = self.older.lock().unwrap().announces.unwrap_or(told.schema);
            Ok(HttpAnswer { body: wire::encode(&told).unwrap(), ..answer })
        })
    }
}

fn fallen(visit: DocumentId) -> Value {
    json!({ "incident": "fall", "visit": visit, "recipient": null, "when": null,
        "happened": "Ramlade i hallen.", "measures": "", "police": "no" })
}

/// Anna with a visit on her phone, and Eva at the office.
async fn anna_and_eva() -> (World, PersonId, DocumentId, Device, Device) {
    let world = World::new().await;
    let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
    let visit = world.visit(world.recipient("Maj-Britt").await, "09:00", &[anna]).await;
    let (handheld, office) = (world.phone(anna).await, world.phone(eva).await);
    (world, anna, visit, handheld, office)
}

#[tokio::test]
async fn what_an_older_server_does_not_know_waits_alone_and_goes_once_when_the_server_is_upgraded() {
    let (world, anna, visit, handheld, office) = anna_and_eva().await;
    let older = Older { knows_not: Some(Kind::Incident), announces: None };
    let (handheld, server) = OlderServer::beside(&world, handheld, anna, older).await;
    let draft =
        handheld.act(json!({ "do": "save_draft", "draft": null, "text": fallen(visit) })).await["began"].clone();
    handheld.act(json!({ "do": "submit_draft", "draft": draft })).await;
    handheld.start(visit).await;
    let count = async || office.ask("incidents", Value::Null).await.as_array().unwrap().len();
    for _ in 0..3 {
        handheld.sync().await;
        office.sync().await;
        assert_eq!(handheld.problem().await, Value::Null);
        assert_eq!((handheld.unsent().await, count().await), (1, 0));
        assert_eq!(each(&office.facts(visit).await["facts"], "kind"), ["started"], "all else goes through");
        let items = handheld.ask("sync", Value::Null).await["items"].clone();
        let waiting: Vec<_> = items.as_array().unwrap().iter().filter(|item| item["delivery"] == "on_phone").collect();
        assert_eq!((waiting.len(), &waiting[0]["why"]), (1, &json!("kind")));
    }
    assert_eq!(handheld.ask("my_incidents", Value::Null).await.as_array().unwrap().len(), 1, "she sees it");

    server.upgrade();
    for _ in 0..2 {
        handheld.sync().await;
        office.sync().await;
        assert_eq!((handheld.unsent().await, count().await), (0, 1));
    }
    let incidents = office.ask("incidents", Value::Null).await;
    let whole = incidents[0].to_string();
    assert!(whole.contains("Ramlade i hallen."), "{whole}");
}

#[tokio::test]
async fn a_kind_that_is_newer_than_what_the_server_announced_is_not_begun_and_the_page_is_told_why() {
    let (world, anna, visit, handheld, _) = anna_and_eva().await;
    let older = Older { knows_not: None, announces: Some(0) };
    let (handheld, server) = OlderServer::beside(&world, handheld, anna, older).await;
    let save =
        json!({ "command": "act", "args": { "intent": { "do": "save_draft", "draft": null, "text": fallen(visit) } } });
    let save = async |device: &Device| device.phone.call(serde_json::from_value(save.clone()).unwrap()).await;
    handheld.sync().await;
    let error = save(&handheld).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::ServerOlder);
    assert_eq!(handheld.unsent().await, 0, "nothing of it is written");
    handheld.start(visit).await;
    handheld.sync().await;
    assert_eq!((handheld.unsent().await, handheld.problem().await), (0, Value::Null), "what was begun before goes on");

    let handheld = world.reopened(handheld).await;
    assert_eq!(save(&handheld).await.unwrap_err().code, ErrorCode::ServerOlder, "the word is kept");
    server.upgrade();
    handheld.sync().await;
    save(&handheld).await.unwrap();
    handheld.sync().await;
    assert_eq!(handheld.unsent().await, 0);
}
