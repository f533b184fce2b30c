//! One server with one unit, in memory.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use chrono::NaiveDate;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rundan_model::plan::{Slot, When};
use rundan_model::{DocumentId, Kind, PersonId, Role, Timestamp, UnitId, Zone};
use rundan_server::keys::Keys;
use rundan_server::scope::{Commit, OwnSession, begin_unit};
use rundan_server::seams::{Clock, Random};
use rundan_server::store::{Db, people};
use rundan_server::{Server, enrol, http};
use rundan_sync::statement::HEADER;
use rundan_sync::wire;
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use crate::phone::Phone;

/// A clock that stands until a test moves it.
pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// Randomness that is the same in every run.
pub struct TestRandom(Mutex<ChaCha8Rng>);

impl Random for TestRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().expect("no test panics while it holds this").fill_bytes(buffer);
    }
}

pub struct World {
    pub server: Arc<Server>,
    pub router: Router,
    pub clock: Arc<TestClock>,
    pub random: Arc<TestRandom>,
    pub unit: UnitId,
}

/// A date and time in the unit.
pub fn at(date: &str, clock: &str) -> Timestamp {
    let date: NaiveDate = date.parse().expect("a date");
    let clock = rundan_model::time::parse_clock(clock).expect("a time");
    Zone.at(date, clock).first().expect("no gap")
}

pub const MONDAY: &str = "2026-11-23";
pub const TUESDAY: &str = "2026-11-24";

impl World {
    pub async fn new() -> Self {
        Self::with(Db::in_memory().expect("SQLite opens in memory")).await
    }

    pub async fn with(db: Db) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(at(MONDAY, "06:00").0)));
        let random = Arc::new(TestRandom(Mutex::new(ChaCha8Rng::seed_from_u64(7))));
        let keys = Keys::new(&*random);
        let server = Server::new(db, keys, clock.clone(), random.clone()).await.expect("the server opens");
        let unit = {
            let server_of_work = Arc::clone(&server);
            server
                .db
                .write(move |tx| {
                    let own = rundan_server::server::own_session(tx, &*server_of_work.random)?;
                    let now = server_of_work.clock.now();
                    Ok(begin_unit(tx, &own, now, &*server_of_work.random, "Exempelenheten", Vec::new())?.0)
                })
                .await
                .expect("the unit begins")
        };
        Self { router: http::router(Arc::clone(&server)), server, clock, random, unit }
    }

    /// Starts the server anew: what it had in memory is gone.
    pub async fn restart(&mut self) {
        let (db, keys) = (self.server.db.clone(), self.server.keys.clone());
        let server = Server::new(db, keys, self.clock.clone(), self.random.clone()).await.expect("the server opens");
        (self.router, self.server) = (http::router(Arc::clone(&server)), server);
    }

    pub fn set_time(&self, now: Timestamp) {
        self.clock.0.store(now.0, Ordering::Relaxed);
    }

    pub fn pass_seconds(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::Relaxed);
    }

    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }

    /// Commits as the server's own vault.
    pub async fn commit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Commit<'_>, &OwnSession, Timestamp, &dyn Random) -> rundan_server::Result<T> + Send + 'static,
    ) -> T {
        let (now, random) = (self.clock.now(), Arc::clone(&self.random));
        self.server
            .commit(self.unit, move |commit, own| work(commit, own, now, &*random))
            .await
            .expect("the commit holds")
    }

    /// Plans something as the unit's import would.
    pub async fn plan(&self, kind: Kind, plan: Vec<(&str, Json)>) -> DocumentId {
        let plan = plan.into_iter().map(|(key, json)| (key.to_owned(), json)).collect();
        self.commit(move |commit, own, now, random| Ok(commit.begin(own, now, random, kind, plan)?.0)).await
    }

    /// Begins another unit, and plans a visit there.
    pub async fn plan_in_another_unit(&self) -> DocumentId {
        let (now, random) = (self.clock.now(), Arc::clone(&self.random));
        let begin = move |tx: &rusqlite::Connection| {
            let own = rundan_server::server::own_session(tx, &*random)?;
            let (unit, _) = begin_unit(tx, &own, now, &*random, "En annan enhet", Vec::new())?;
            let mut commit = Commit::open(tx, unit, now)?;
            let (visit, _) = commit.begin(&own, now, &*random, Kind::Visit, Vec::new())?;
            commit.finish()?;
            Ok(visit)
        };
        self.server.db.write(begin).await.expect("the unit begins")
    }

    pub async fn plan_recipient(&self) -> DocumentId {
        self.plan(Kind::Recipient, vec![("name", json!({ "given": "Test", "family": "Testsson" }))]).await
    }

    pub async fn plan_visit(&self, recipient: DocumentId, start: Timestamp, staff: PersonId) -> DocumentId {
        let slot = Slot { staff: Some(staff), start: None, minutes: None };
        let plan = vec![
            ("recipient", json!(recipient)),
            ("when", json!(When { start, minutes: 30 })),
            ("slot/1", json!(slot)),
        ];
        self.plan(Kind::Visit, plan).await
    }

    /// Makes a person with a role.
    pub async fn person(&self, name: &str, role: Role) -> PersonId {
        let name = name.to_owned();
        self.commit(move |commit, own, now, random| {
            let tx = commit.connection();
            let person = people::create(tx, None, &name, random)?;
            commit.give_role(person, &role)?;
            let plan = vec![
                ("person".to_owned(), json!(person)),
                ("name".to_owned(), json!({ "given": name, "family": "Exempel" })),
            ];
            commit.begin(own, now, random, Kind::Staff, plan)?;
            Ok(person)
        })
        .await
    }

    /// Makes a one-time code.
    pub async fn code(&self, person: PersonId) -> String {
        let (now, random) = (self.clock.now(), Arc::clone(&self.random));
        self.server.db.write(move |tx| enrol::make_code(tx, person, now, &*random)).await.expect("a code is made")
    }

    /// Makes a person with a role and an enrolled phone that has never synced.
    pub async fn phone(&self, name: &str, role: Role) -> Phone {
        let person = self.person(name, role).await;
        let code = self.code(person).await;
        Phone::enrol(self, &code).await
    }

    /// Sends a request to the server, without a network.
    pub async fn post(&self, path: &str, statement: &str, body: Vec<u8>) -> (StatusCode, Vec<u8>) {
        let request = Request::post(path).header(HEADER, statement).header(CONTENT_TYPE, wire::CONTENT_TYPE);
        self.send(request.body(Body::from(body)).expect("a request")).await
    }

    /// Sends whatever request to the server, without a network.
    pub async fn send(&self, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        let answer = self.router.clone().oneshot(request).await.expect("the router never fails");
        let status = answer.status();
        (status, to_bytes(answer.into_body(), usize::MAX).await.expect("the body comes").to_vec())
    }
}
