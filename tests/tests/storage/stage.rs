//! One folder with a server and Anna's phone in it, played in one thread.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rundan_device::api::{ApiError, Command, Intent};
use rundan_device::seams::{self, Http, HttpAnswer, HttpError, HttpRequest};
use rundan_device::{FileKeys, Phone, PhoneConfig};
use rundan_model::plan::{Slot, When};
use rundan_model::{DocumentId, Kind, PersonId, Role, Timestamp, UnitId};
use rundan_server::scope::begin_unit;
use rundan_server::seams::random_bytes;
use rundan_server::store::people;
use rundan_server::{Server, enrol, http, server};
use serde_json::{Value, json};
use tower::ServiceExt;

/// A Monday in November, 07:30 in the unit.
const MORNING: Timestamp = Timestamp(1_795_415_400);
/// Where the phone finds the server.
pub const SERVER: &str = "https://rundan.test";
/// The folders of the two.
pub const PHONE_FOLDER: &str = "phone";
pub const SERVER_FOLDER: &str = "server";

/// A clock that stands until a test moves it.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(MORNING.0)))
    }
}

impl seams::Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }

    fn monotonic_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed).unsigned_abs() * 1_000
    }
}

impl rundan_server::seams::Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// Randomness that is the same in every run.
#[derive(Clone)]
pub struct TestRandom(Arc<Mutex<ChaCha8Rng>>);

impl TestRandom {
    fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(ChaCha8Rng::seed_from_u64(seed))))
    }
}

impl seams::Random for TestRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(buffer);
    }
}

impl rundan_server::seams::Random for TestRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(buffer);
    }
}

/// The way to the server, when there is one.
#[derive(Clone, Default)]
pub struct Wire(Arc<Mutex<Option<Router>>>);

impl Wire {
    pub fn to(server: &Arc<Server>) -> Self {
        Self(Arc::new(Mutex::new(Some(http::router(Arc::clone(server))))))
    }

    pub fn cut(&self) {
        *self.0.lock().unwrap() = None;
    }
}

impl Http for Wire {
    fn send(&self, request: HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpAnswer, HttpError>> + Send + '_>> {
        Box::pin(async move {
            let router = self.0.lock().unwrap().clone().ok_or(HttpError::Unreachable)?;
            let path = request.url.strip_prefix(SERVER).expect("the one server there is");
            let mut builder = Request::builder().method(request.method).uri(path);
            for (name, value) in request.headers {
                builder = builder.header(name, value);
            }
            let answer = router.oneshot(builder.body(Body::from(request.body)).unwrap()).await.unwrap();
            let status = answer.status().as_u16();
            let body = to_bytes(answer.into_body(), request.answer_bytes_max).await.map_err(|_| HttpError::TooLong)?;
            Ok(HttpAnswer { status, body: body.to_vec() })
        })
    }
}

/// Opens the server that lies in a stage's folder.
pub async fn open_server(folder: &Path, seed: u64) -> rundan_server::Result<Arc<Server>> {
    let own = folder.join(SERVER_FOLDER);
    std::fs::create_dir_all(&own).unwrap();
    Server::open(&own.join("rundan.db"), TestClock::new(), TestRandom::new(seed)).await
}

/// Opens the phone that lies in a stage's folder.
pub async fn open_phone(folder: &Path, wire: &Wire, seed: u64) -> Handset {
    let directory = folder.join(PHONE_FOLDER);
    let config = PhoneConfig {
        keys: Arc::new(FileKeys::new(directory.join("keys"))),
        downloads: directory.join("downloads"),
        directory,
        clock: Arc::new(TestClock::new()),
        random: Arc::new(TestRandom::new(seed)),
        http: Arc::new(wire.clone()),
    };
    Handset { phone: Phone::open_inline(config).await.expect("the phone's folder opens") }
}

/// The phone, asked as its page asks.
pub struct Handset {
    pub phone: Phone,
}

impl Handset {
    pub async fn call(&self, command: &str, args: Value) -> Result<Value, ApiError> {
        let command =
            if args.is_null() { json!({ "command": command }) } else { json!({ "command": command, "args": args }) };
        let command: Command = serde_json::from_value(command).expect("a command of the page");
        self.phone.call(command).await
    }

    pub async fn act(&self, intent: Value) -> Result<Value, ApiError> {
        let intent: Intent = serde_json::from_value(intent).expect("an intent of the page");
        self.phone.call(Command::Act { intent }).await
    }
}

/// What lies in the unit.
#[derive(Debug, Clone)]
pub struct Cast {
    pub unit: UnitId,
    pub anna: PersonId,
    pub recipient: DocumentId,
    pub access: DocumentId,
    pub visits: Vec<DocumentId>,
}

/// A server with a small unit, and Anna's phone, not enrolled yet.
pub struct Stage {
    pub folder: PathBuf,
    pub server: Arc<Server>,
    pub wire: Wire,
    pub handset: Handset,
    pub cast: Cast,
}

impl Stage {
    pub async fn new(folder: &Path) -> Self {
        let server = open_server(folder, 1).await.expect("the server opens");
        let cast = fill(&server).await;
        let wire = Wire::to(&server);
        let handset = open_phone(folder, &wire, 2).await;
        Self { folder: folder.to_owned(), server, wire, handset, cast }
    }

    pub async fn code(&self) -> String {
        let (anna, random) = (self.cast.anna, self.random());
        self.server.db.write(move |tx| enrol::make_code(tx, anna, MORNING, &random)).await.unwrap()
    }

    fn random(&self) -> TestRandom {
        TestRandom::new(u64::from_le_bytes(random_bytes(&*self.server.random)))
    }

    pub async fn enrol(&self) -> Result<Value, ApiError> {
        let code = self.code().await;
        self.handset.call("enrol", json!({ "server": SERVER, "code": code })).await
    }

    pub async fn enrol_and_sync(&self) {
        self.enrol().await.unwrap();
        self.handset.phone.sync().await.unwrap();
    }

    /// The office plans another visit of Anna's.
    pub async fn another_visit(&self, hour: i64) -> DocumentId {
        visit(&self.server, self.cast.unit, self.cast.recipient, self.cast.anna, hour).await
    }

    /// Opens a server and a phone that are there.
    pub async fn open(folder: &Path, cast: Cast, seed: u64) -> Self {
        let server = open_server(folder, seed).await.expect("the server opens");
        let wire = Wire::to(&server);
        let handset = open_phone(folder, &wire, seed + 1).await;
        Self { folder: folder.to_owned(), server, wire, handset, cast }
    }
}

/// Commits a document of the office's.
pub async fn plan(server: &Arc<Server>, unit: UnitId, kind: Kind, plan: Value) -> DocumentId {
    let plan: Vec<(String, Value)> = plan.as_object().unwrap().clone().into_iter().collect();
    let random = TestRandom::new(u64::from_le_bytes(random_bytes(&*server.random)));
    server.commit(unit, move |commit, own| Ok(commit.begin(own, MORNING, &random, kind, plan)?.0)).await.unwrap()
}

async fn fill(server: &Arc<Server>) -> Cast {
    let (held, random) = (Arc::clone(server), TestRandom::new(4));
    let begin = move |tx: &rusqlite::Connection| {
        let own = server::own_session(tx, &*held.random)?;
        let plan = vec![
            ("catalogue/OMV01".into(), json!({ "name": "Morgonhjälp", "group": "personal_care" })),
            ("catalogue/HSL01".into(), json!({ "name": "Medicin", "group": "health_task" })),
        ];
        Ok(begin_unit(tx, &own, MORNING, &random, "Exempelenheten", plan)?.0)
    };
    let unit = server.db.write(begin).await.unwrap();
    let random = TestRandom::new(5);
    let give = move |commit: &mut rundan_server::scope::Commit<'_>, _: &rundan_server::scope::OwnSession| {
        let anna = people::create(commit.connection(), None, "Anna", &random)?;
        commit.give_role(anna, &Role::Carer)?;
        Ok(anna)
    };
    let anna = server.commit(unit, give).await.unwrap();
    plan(server, unit, Kind::Staff, json!({ "person": anna, "name": { "given": "Anna", "family": "Exempel" } })).await;
    let shift = When { start: MORNING, minutes: 540 };
    plan(server, unit, Kind::RunSheet, json!({ "staff": anna, "date": "2026-11-23", "shift": shift })).await;
    let recipient = json!({ "name": { "given": "Maj-Britt", "family": "Exempel" } });
    let recipient = plan(server, unit, Kind::Recipient, recipient).await;
    let access = plan(server, unit, Kind::Access, json!({ "recipient": recipient, "door-code": "7436" })).await;
    let mut visits = Vec::new();
    for hour in 1..=3 {
        visits.push(visit(server, unit, recipient, anna, hour).await);
    }
    Cast { unit, anna, recipient, access, visits }
}

/// A visit of Anna's, so many hours after the morning.
pub async fn visit(server: &Arc<Server>, unit: UnitId, recipient: DocumentId, anna: PersonId, hour: i64) -> DocumentId {
    let when = When { start: MORNING.plus_seconds(hour * 3_600), minutes: 45 };
    let slot = Slot { staff: Some(anna), start: None, minutes: None };
    let visit = json!({
        "recipient": recipient, "when": when, "slot/1": slot,
        "intervention/OMV01": { "order": 1 }, "intervention/HSL01": { "order": 2 },
    });
    plan(server, unit, Kind::Visit, visit).await
}
