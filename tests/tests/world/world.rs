//! The cast: Anna and Fatima are carers, Eva plans.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use chrono::NaiveDate;
use ed25519_dalek::SigningKey;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rundan_device::api::{ApiError, Command, Intent};
use rundan_device::seams::{self, Http, HttpAnswer, HttpError, HttpRequest};
use rundan_device::{FileKeys, Phone, PhoneConfig};
use rundan_documents::Edit;
use rundan_model::plan::{Slot, When};
use rundan_model::{ChangeHash, Content, DocumentId, Kind, PersonId, Role, Timestamp, UnitId, Zone};
use rundan_server::keys::Keys;
use rundan_server::remembered::Remembered;
use rundan_server::scope::begin_unit;
use rundan_server::store::{Db, documents, open_file, people, vaults};
use rundan_server::{Server, backup, enrol, http};
use rundan_sync::{SyncRequest, wire};
use rundan_tests::files::copy;
use serde_json::{Value, json};
use tower::ServiceExt;

pub const MONDAY: &str = "2026-11-23";
/// Where phones find the server on their wires.
pub const SERVER: &str = "https://rundan.test";

/// A clock that stands until a test moves it; phones and server share it.
pub struct TestClock(AtomicI64);

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

/// A phone's clock: the world's, and as wrong as a test makes it.
pub struct PhoneClock {
    world: Arc<TestClock>,
    ahead_seconds: AtomicI64,
}

impl seams::Clock for PhoneClock {
    fn now(&self) -> Timestamp {
        seams::Clock::now(&*self.world).plus_seconds(self.ahead_seconds.load(Ordering::Relaxed)).in_calendar()
    }

    fn monotonic_ms(&self) -> u64 {
        self.world.monotonic_ms()
    }
}

/// Randomness that is the same in every run.
pub struct TestRandom {
    generator: Mutex<ChaCha8Rng>,
    /// What the next who draws a session gets instead.
    session: Mutex<Option<[u8; 8]>>,
}

impl TestRandom {
    fn fill(&self, buffer: &mut [u8]) {
        let session = if buffer.len() == 8 { self.session.lock().unwrap().take() } else { None };
        match session {
            Some(session) => buffer.copy_from_slice(&session),
            None => self.generator.lock().unwrap().fill_bytes(buffer),
        }
    }
}

impl seams::Random for TestRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.fill(buffer);
    }
}

impl rundan_server::seams::Random for TestRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.fill(buffer);
    }
}

/// The way from one phone to the server.
pub struct Wire {
    /// The server that stands at the other end now.
    router: Arc<Mutex<Router>>,
    is_up: AtomicBool,
    loses_answer: AtomicBool,
    requests: AtomicU32,
    /// Of them, those that say what is held.
    comparisons: AtomicU32,
    /// After so many more it is down.
    requests_left: AtomicU32,
}

impl Wire {
    pub fn to(world: &World) -> Arc<Self> {
        Arc::new(Self {
            router: Arc::clone(&world.router),
            is_up: AtomicBool::new(true),
            loses_answer: AtomicBool::new(false),
            requests: AtomicU32::new(0),
            comparisons: AtomicU32::new(0),
            requests_left: AtomicU32::new(u32::MAX),
        })
    }

    fn router(&self) -> Router {
        self.router.lock().unwrap().clone()
    }
}

impl Http for Wire {
    fn send(&self, request: HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpAnswer, HttpError>> + Send + '_>> {
        Box::pin(async move {
            if !self.is_up.load(Ordering::Relaxed) {
                return Err(HttpError::Unreachable);
            }
            self.requests.fetch_add(1, Ordering::Relaxed);
            let asked = wire::decode::<SyncRequest>(&request.body, wire::REQUEST_BYTES_MAX);
            if asked.is_ok_and(|asked| asked.streams.iter().any(|stream| stream.held.is_some())) {
                self.comparisons.fetch_add(1, Ordering::Relaxed);
            }
            if self.requests_left.fetch_sub(1, Ordering::Relaxed) == 1 {
                self.is_up.store(false, Ordering::Relaxed);
            }
            let path = request.url.strip_prefix(SERVER).expect("the one server there is");
            let mut builder = Request::builder().method(request.method).uri(path);
            for (name, value) in request.headers {
                builder = builder.header(name, value);
            }
            let answer = self.router().oneshot(builder.body(Body::from(request.body)).unwrap()).await.unwrap();
            let status = answer.status().as_u16();
            let body = to_bytes(answer.into_body(), request.answer_bytes_max).await.map_err(|_| HttpError::TooLong)?;
            if self.loses_answer.swap(false, Ordering::Relaxed) {
                return Err(HttpError::Unreachable);
            }
            Ok(HttpAnswer { status, body: body.to_vec() })
        })
    }
}

pub struct World {
    pub server: Arc<Server>,
    pub clock: Arc<TestClock>,
    pub unit: UnitId,
    random: Arc<TestRandom>,
    router: Arc<Mutex<Router>>,
    directory: tempfile::TempDir,
    restores: u32,
}

/// A date and time in the unit.
pub fn at(clock: &str) -> Timestamp {
    let date: NaiveDate = MONDAY.parse().unwrap();
    Zone.at(date, rundan_model::time::parse_clock(clock).unwrap()).first().unwrap()
}

impl World {
    pub async fn new() -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(at("06:30").0)));
        let generator = Mutex::new(ChaCha8Rng::seed_from_u64(11));
        let random = Arc::new(TestRandom { generator, session: Mutex::new(None) });
        let keys = Keys::new(&*random);
        let directory = tempfile::tempdir().unwrap();
        let remembered = Remembered::open(directory.path().join("remembered")).unwrap();
        let server =
            Server::remembering(Db::in_memory().unwrap(), keys, remembered, clock.clone(), random.clone()).await;
        let server = server.expect("the server opens");
        let (held, at_random) = (Arc::clone(&server), random.clone());
        let unit = server
            .db
            .write(move |tx| {
                let own = rundan_server::server::own_session(tx, &*at_random)?;
                let plan = vec![
                    ("catalogue/OMV01".into(), json!({ "name": "Morgonhjälp", "group": "personal_care" })),
                    ("catalogue/OMV04".into(), json!({ "name": "Dusch", "group": "personal_care" })),
                    ("catalogue/HSL01".into(), json!({ "name": "Medicin", "group": "health_task" })),
                ];
                Ok(begin_unit(tx, &own, held.clock.now(), &*at_random, "Exempelenheten", plan)?.0)
            })
            .await
            .expect("the unit begins");
        let router = Arc::new(Mutex::new(http::router(Arc::clone(&server))));
        Self { server, clock, unit, random, router, directory, restores: 0 }
    }

    /// A backup of the server as it stands.
    pub async fn server_backup(&self, name: &str) -> PathBuf {
        let folder = self.directory.path().join("backups").join(name);
        backup::take(&self.server, &folder).await.expect("a sound backup").file
    }

    /// The server is lost, and put back from a backup; its keys lie elsewhere. Phones find it where it was.
    pub async fn restore_server(&mut self, backup: &Path) {
        self.restores += 1;
        // A file of its own: beside an earlier one lies a log that would be read into it.
        let database = backup.with_extension(format!("restored-{}", self.restores));
        std::fs::copy(backup, &database).unwrap();
        let db = Db::inline(open_file(&database).unwrap());
        let keys = self.server.keys.clone();
        let remembered = Remembered::open(self.directory.path().join("remembered")).unwrap();
        let server = Server::remembering(db, keys, remembered, self.clock.clone(), self.random.clone()).await;
        self.server = server.expect("the server opens");
        *self.router.lock().unwrap() = http::router(Arc::clone(&self.server));
    }

    /// The heads of every document that the server has.
    pub async fn documents(&self) -> BTreeMap<DocumentId, Vec<ChangeHash>> {
        let read = |tx: &rusqlite::Connection| {
            let mut query = tx.prepare("SELECT document, heads FROM document")?;
            let rows = query.query_map([], |row| {
                let (id, heads): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
                Ok((DocumentId::try_from(id.as_slice()).unwrap(), documents::unpack_heads(&heads)))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        };
        self.server.db.read(read).await.unwrap()
    }

    pub fn set_time(&self, clock: &str) {
        self.clock.0.store(at(clock).0, Ordering::Relaxed);
    }

    /// A day passes, and the unit opens the next one.
    pub async fn pass_day(&self) {
        self.clock.0.fetch_add(24 * 60 * 60, Ordering::Relaxed);
        self.server.open_day().await.expect("the day opens");
    }

    pub async fn plan(&self, kind: Kind, plan: Vec<(&str, Value)>) -> DocumentId {
        let plan: Vec<(String, Value)> = plan.into_iter().map(|(key, json)| (key.to_owned(), json)).collect();
        let (now, random) = (at("06:00"), Arc::clone(&self.random));
        self.server
            .commit(self.unit, move |commit, own| Ok(commit.begin(own, now, &*random, kind, plan)?.0))
            .await
            .expect("the commit holds")
    }

    /// What the server has of a document of the unit.
    pub async fn stored(&self, document: DocumentId) -> Content {
        let unit = self.unit;
        let load = move |tx: &rusqlite::Connection| documents::load(tx, unit, document);
        self.server.db.read(load).await.unwrap().expect("the unit has it").content()
    }

    /// Another unit of the same municipality.
    pub async fn another_unit(&self, name: &'static str) -> UnitId {
        let (server, random) = (Arc::clone(&self.server), Arc::clone(&self.random));
        let begin = move |tx: &rusqlite::Connection| {
            let own = rundan_server::server::own_session(tx, &*random)?;
            Ok(begin_unit(tx, &own, server.clock.now(), &*random, name, Vec::new())?.0)
        };
        self.server.db.write(begin).await.expect("the unit begins")
    }

    /// Gives a person another role, in the unit as it is now.
    pub async fn give_role(&self, person: PersonId, role: Role) {
        let give = self.server.commit(self.unit, move |commit, _| commit.give_role(person, &role).map(drop));
        give.await.expect("the commit holds");
    }

    /// Takes a role from a person.
    pub async fn take_role(&self, person: PersonId, role: Role) {
        let take = self.server.commit(self.unit, move |commit, _| commit.take_role(person, &role).map(drop));
        take.await.expect("the commit holds");
    }

    /// The planning system changes a register.
    pub async fn change(&self, document: DocumentId, register: &str, json: Value) {
        let (now, puts) = (at("06:00"), vec![(register.to_owned(), json)]);
        let edit = Edit { facts: Vec::new(), puts };
        let write = self.server.commit(self.unit, move |commit, own| commit.write(own, now, document, None, &edit));
        write.await.expect("the commit holds");
    }

    pub async fn recipient(&self, given: &str) -> DocumentId {
        let recipient = self
            .plan(
                Kind::Recipient,
                vec![
                    ("name", json!({ "given": given, "family": "Exempel" })),
                    ("address", json!({ "street": "Skidvägen", "number": "4", "floor": "2 tr", "area": "Västertorp" })),
                    ("telephone", json!("070-174 06 36")),
                    ("key/V-117", json!({ "kind": "home", "cabinet": "Skåp 1" })),
                    ("good-to-know", json!(["Hör dåligt på vänster öra.", "Hunden heter Sigge."])),
                    ("wish/OMV04", json!("Ljummet vatten, stol i duschen.")),
                ],
            )
            .await;
        self.plan(Kind::Access, vec![("recipient", json!(recipient)), ("door-code", json!("7436"))]).await;
        recipient
    }

    pub async fn visit(&self, recipient: DocumentId, clock: &str, staff: &[PersonId]) -> DocumentId {
        let mut plan = vec![
            ("recipient".to_owned(), json!(recipient)),
            ("when".to_owned(), json!(When { start: at(clock), minutes: 45 })),
        ];
        for (n, person) in staff.iter().enumerate() {
            let slot = Slot { staff: Some(*person), start: None, minutes: None };
            plan.push((format!("slot/{}", n + 1), json!(slot)));
        }
        for (n, code) in ["OMV01", "OMV04", "HSL01"].iter().enumerate() {
            plan.push((format!("intervention/{code}"), json!({ "order": n + 1 })));
        }
        self.plan(Kind::Visit, plan.iter().map(|(key, json)| (key.as_str(), json.clone())).collect()).await
    }

    pub async fn run_sheet(&self, staff: PersonId) -> DocumentId {
        let shift = When { start: at("07:00"), minutes: 540 };
        let rest = When { start: at("11:30"), minutes: 30 };
        self.plan(
            Kind::RunSheet,
            vec![("staff", json!(staff)), ("date", json!(MONDAY)), ("shift", json!(shift)), ("break", json!(rest))],
        )
        .await
    }

    pub async fn person(&self, given: &str, role: Role) -> PersonId {
        let (name, random) = (given.to_owned(), Arc::clone(&self.random));
        let now = at("06:00");
        self.server
            .commit(self.unit, move |commit, own| {
                let person = people::create(commit.connection(), None, &name, &*random)?;
                commit.give_role(person, &role)?;
                let plan = vec![
                    ("person".to_owned(), json!(person)),
                    ("name".to_owned(), json!({ "given": name, "family": "Exempel" })),
                ];
                commit.begin(own, now, &*random, Kind::Staff, plan)?;
                Ok(person)
            })
            .await
            .expect("the commit holds")
    }

    /// A one-time code for this person.
    pub async fn code(&self, person: PersonId) -> String {
        let (random, now) = (Arc::clone(&self.random), seams::Clock::now(&*self.clock));
        self.server.db.write(move |tx| enrol::make_code(tx, person, now, &*random)).await.unwrap()
    }

    /// A phone of this person, enrolled and synced.
    pub async fn phone(&self, person: PersonId) -> Device {
        let directory = self.directory.path().join(person.to_string());
        let device = Device::open(self, &directory).await;
        device.enrol(SERVER, self.code(person).await).await.expect("the code is good");
        device.sync().await;
        device
    }

    /// Another person enrols on a phone that is someone's already; what the phone says of itself then.
    pub async fn enrol_too(&self, device: &Device, person: PersonId) -> Value {
        device.enrol(SERVER, self.code(person).await).await.expect("the code is good")
    }

    /// The same phone after the key to a vault went and its app was opened again.
    pub async fn without_key(&self, device: Device, vault: &str) -> Device {
        let directory = device.directory.clone();
        drop(device);
        std::fs::remove_file(directory.join("keys").join(format!("{vault}.key"))).unwrap();
        Device::open(self, &directory).await
    }

    /// Another phone of this person, enrolled and synced.
    pub async fn second_phone(&self, person: PersonId) -> Device {
        let device = Device::open(self, &self.directory.path().join(format!("{person}-2"))).await;
        device.enrol(SERVER, self.code(person).await).await.expect("the code is good");
        device.sync().await;
        device
    }

    /// Revokes every phone of this person.
    pub async fn revoke(&self, person: PersonId) {
        let now = seams::Clock::now(&*self.clock);
        let revoke = move |tx: &rusqlite::Connection| {
            vaults::of_person(tx, person)?.into_iter().try_for_each(|vault| vaults::revoke(tx, vault, now).map(drop))
        };
        self.server.db.write(revoke).await.unwrap();
        self.server.remember().await.unwrap();
    }

    /// A phone of this person that reaches the server by another way.
    pub async fn phone_over(&self, person: PersonId, http: Arc<dyn Http>) -> Device {
        let directory = self.directory.path().join(person.to_string());
        Device::open_over(self, &directory, Wire::to(self), http).await
    }

    /// The phone as it was when `backup` was made of it.
    pub async fn restored(&self, device: Device, backup: &Path) -> Device {
        let directory = device.directory.clone();
        drop(device);
        std::fs::remove_dir_all(&directory).unwrap();
        copy(backup, &directory).unwrap();
        Device::open(self, &directory).await
    }

    /// The next session that a phone opens is this one: so it is where two have the same state of chance.
    pub fn next_session(&self, session: u8) {
        *self.random.session.lock().unwrap() = Some([session; 8]);
    }

    /// Another phone with all that `backup` holds, beside the one it was made of.
    pub async fn copied(&self, backup: &Path, name: &str) -> Device {
        let directory = self.directory.path().join(name);
        copy(backup, &directory).unwrap();
        Device::open(self, &directory).await
    }

    /// The same phone after something has altered its file behind its back.
    pub async fn altered(&self, device: Device, statements: &str) -> Device {
        let directory = device.directory.clone();
        drop(device);
        open_vault(&directory).execute_batch(statements).unwrap();
        Device::open(self, &directory).await
    }

    /// The same phone after a page of its file was damaged on which nothing lies that is not elsewhere too, with what
    /// such a page might have taken with it; the phone has noticed.
    pub async fn damaged(&self, device: Device, statements: &str) -> Device {
        let directory = device.directory.clone();
        drop(device);
        let connection = open_vault(&directory);
        connection.execute_batch(statements).unwrap();
        let index = "SELECT rootpage FROM sqlite_schema WHERE name = 'receipt_by_document'";
        let page: u32 = connection.query_row(index, [], |row| row.get(0)).unwrap();
        // Closing the last connection moves the log into the file.
        drop(connection);
        let file = file_in(&directory, "rundan");
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[(page as usize - 1) * PAGE_BYTES + PAGE_BYTES / 2] ^= 0x5a;
        std::fs::write(&file, bytes).unwrap();
        let device = Device::open(self, &directory).await;
        device.cut();
        device.sync().await;
        device.restore();
        let app = device.ask("app", Value::Null).await;
        assert_eq!(app["vaults"][0]["mended"][0]["lost"], json!(0), "{app}");
        device
    }

    /// The same phone after its app was killed.
    pub async fn reopened(&self, device: Device) -> Device {
        let directory = device.directory.clone();
        drop(device);
        Device::open(self, &directory).await
    }
}

/// The size of a page of a phone's file.
const PAGE_BYTES: usize = 4_096;

/// The one file in a folder that ends so.
fn file_in(folder: &Path, extension: &str) -> PathBuf {
    let mut paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.find(|path| path.extension().is_some_and(|found| found == extension)).unwrap()
}

/// Opens the file of the one vault in a phone's folder.
fn open_vault(directory: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(file_in(directory, "rundan")).unwrap();
    let key = hex::encode(std::fs::read(file_in(&directory.join("keys"), "key")).unwrap());
    connection.pragma_update(None, "key", format!("x'{key}'")).unwrap();
    connection
}

/// A phone with its way to the server.
pub struct Device {
    pub phone: Phone,
    pub wire: Arc<Wire>,
    clock: Arc<PhoneClock>,
    directory: std::path::PathBuf,
}

impl Device {
    async fn open(world: &World, directory: &Path) -> Self {
        let wire = Wire::to(world);
        Self::open_over(world, directory, Arc::clone(&wire), wire).await
    }

    async fn open_over(world: &World, directory: &Path, wire: Arc<Wire>, http: Arc<dyn Http>) -> Self {
        let clock = Arc::new(PhoneClock { world: Arc::clone(&world.clock), ahead_seconds: AtomicI64::new(0) });
        let config = PhoneConfig {
            directory: directory.to_owned(),
            keys: Arc::new(FileKeys::new(directory.join("keys"))),
            downloads: directory.join("downloads"),
            clock: clock.clone(),
            random: world.random.clone(),
            http,
        };
        let phone = Phone::open_inline(config).await.expect("the phone opens");
        Self { phone, wire, clock, directory: directory.to_owned() }
    }

    pub async fn enrol(&self, server: &str, code: String) -> Result<Value, ApiError> {
        self.phone.call(Command::Enrol { server: server.to_owned(), code }).await
    }

    pub async fn sync(&self) {
        self.phone.sync().await.expect("the store works");
    }

    /// The key that the phone signs with.
    pub fn signing_key(&self) -> SigningKey {
        let read = |row: &rusqlite::Row<'_>| row.get(0);
        SigningKey::from_bytes(&open_vault(&self.directory).query_row("SELECT secret FROM vault", [], read).unwrap())
    }

    /// A copy of all the phone's files.
    pub fn backup(&self) -> std::path::PathBuf {
        let beside = self.directory.with_extension("backup");
        copy(&self.directory, &beside).unwrap();
        beside
    }

    /// From now on this phone's clock is this far ahead of the world's.
    pub fn set_clock_ahead(&self, seconds: i64) {
        self.clock.ahead_seconds.store(seconds, Ordering::Relaxed);
    }

    pub fn cut(&self) {
        self.wire.is_up.store(false, Ordering::Relaxed);
    }

    pub fn restore(&self) {
        self.wire.requests_left.store(u32::MAX, Ordering::Relaxed);
        self.wire.is_up.store(true, Ordering::Relaxed);
    }

    /// The network goes after so many more requests.
    pub fn cut_after(&self, requests: u32) {
        self.wire.requests_left.store(requests, Ordering::Relaxed);
    }

    pub fn lose_next_answer(&self) {
        self.wire.loses_answer.store(true, Ordering::Relaxed);
    }

    pub fn requests(&self) -> u32 {
        self.wire.requests.load(Ordering::Relaxed)
    }

    /// How often it asked the server to compare all that it holds.
    pub fn comparisons(&self) -> u32 {
        self.wire.comparisons.load(Ordering::Relaxed)
    }

    /// Asks as the page does; the command and its arguments as JSON.
    pub async fn ask(&self, command: &str, args: Value) -> Value {
        self.try_ask(command, args).await.unwrap_or_else(|error| panic!("{command}: {error:?}"))
    }

    pub async fn try_ask(&self, command: &str, args: Value) -> Result<Value, ApiError> {
        let command =
            if args.is_null() { json!({ "command": command }) } else { json!({ "command": command, "args": args }) };
        let command: Command = serde_json::from_value(command).expect("a command of the page");
        self.phone.call(command).await
    }

    pub async fn act(&self, intent: Value) -> Value {
        let intent: Intent = serde_json::from_value(intent).expect("an intent of the page");
        self.phone.call(Command::Act { intent }).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    pub async fn start(&self, visit: DocumentId) -> Value {
        self.act(json!({ "do": "start_visit", "visit": visit, "at": { "is": "now" }, "end_other": [] })).await
    }

    pub async fn end(&self, visit: DocumentId) -> Value {
        self.act(json!({ "do": "end_visit", "visit": visit, "at": { "is": "now" } })).await
    }

    pub async fn done(&self, visit: DocumentId, code: &str) -> Value {
        self.act(json!({ "do": "mark_done", "visit": visit, "items": [code] })).await
    }

    pub async fn visit(&self, visit: DocumentId) -> Value {
        self.ask("visit", json!({ "visit": visit })).await
    }

    pub async fn facts(&self, visit: DocumentId) -> Value {
        self.ask("visit_facts", json!({ "visit": visit })).await
    }

    pub async fn day(&self) -> Value {
        self.ask("day", json!({ "date": null })).await
    }

    /// Why the last round failed, if it did.
    pub async fn problem(&self) -> Value {
        self.ask("sync", Value::Null).await["problem"].clone()
    }

    pub async fn unsent(&self) -> u64 {
        self.ask("sync", Value::Null).await["chip"]["unsent"].as_u64().unwrap()
    }
}

/// The morning that most stories begin with: Anna is to visit Maj-Britt at 09:00, and has it on her handheld; Eva is at
/// her desktop.
pub struct Morning {
    pub world: World,
    pub maj: DocumentId,
    pub visit: DocumentId,
    pub handheld: Device,
    pub office: Device,
}

impl Morning {
    pub async fn new() -> Self {
        let world = World::new().await;
        let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
        let maj = world.recipient("Maj-Britt").await;
        world.run_sheet(anna).await;
        let visit = world.visit(maj, "09:00", &[anna]).await;
        let (handheld, office) = (world.phone(anna).await, world.phone(eva).await);
        Self { world, maj, visit, handheld, office }
    }
}

/// The words under `key` of each entry.
pub fn each<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|entry| entry[key].as_str().unwrap_or_default()).collect()
}
