//! A unit in a store, told in the field's words: documents as the server would have sent them, and pending ones.

use rundan_documents::{Document, Edit, Genesis};
use rundan_model::time::parse_clock;
use rundan_model::{
    ActionId, ActorId, DocumentId, Fact, FactBody, FactId, Kind, PersonId, Timestamp, UnitId, VaultId, Zone,
};
use rundan_sync::columns::ChangeRecord;
use rusqlite::{Transaction, params};
use serde_json::{Value as Json, json};

use crate::StoreError;
use crate::store::{DocumentRow, DocumentState, Held, Store, Threads, projection};
use crate::views::ViewContext;

pub(super) const ANNA: PersonId = PersonId([1; 8]);
pub(super) const FATIMA: PersonId = PersonId([2; 8]);
pub(super) const EVA: PersonId = PersonId([9; 8]);
pub(super) const UNIT: UnitId = UnitId([7; 16]);

/// A local time of the day that everything happens on.
pub(super) fn at(clock: &str) -> Timestamp {
    let date = "2026-11-21".parse().unwrap();
    Zone.at(date, parse_clock(clock).unwrap()).first().unwrap()
}

pub(super) struct World {
    store: Store,
    now: Timestamp,
    seq: u64,
    count: u32,
    _directory: tempfile::TempDir,
}

impl World {
    /// Anna's phone, or Eva's desktop, with the unit and its people.
    pub(super) async fn of(person: PersonId, now: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("vault.db"), &[1; 32], Threads::Inline).unwrap();
        let mut world = Self { store, now: at(now), seq: 0, count: 0, _directory: directory };
        let roles = if person == EVA { r#"["planner"]"# } else { r#"["carer"]"# };
        world
            .write(move |tx| {
                tx.execute(
                    "INSERT INTO vault VALUES (1, ?1, ?1, '', x'00', 'http://127.0.0.1', x'00', 0)",
                    [person.as_bytes()],
                )?;
                tx.execute(
                    "INSERT INTO stream (unit, name, roles, digest) VALUES (?1, 'Norr', ?2, x'00')",
                    params![UNIT.as_bytes(), roles],
                )?;
                tx.execute("UPDATE sync_state SET is_loading = 0, heard = ?1", [at("06:00").0])?;
                Ok(())
            })
            .await;
        for (person, given, role) in [(ANNA, "Anna", "care"), (FATIMA, "Fatima", "care"), (EVA, "Eva", "coordinator")] {
            let name = json!({ "given": given, "family": "Exempel" });
            let plan =
                [("person", json!(person)), ("name", name), ("employment", json!({ "role": role, "area": "Norr" }))];
            world.begin(Kind::Staff, EVA, &plan).await;
        }
        let shower = json!({ "name": "Dusch", "group": "personal_care" });
        let food = json!({ "name": "Frukost", "group": "service" });
        let plan = [("name", json!("Norr")), ("catalogue/OMV01", shower), ("catalogue/SRV01", food)];
        world.begin(Kind::Unit, EVA, &plan).await;
        world
    }

    pub(super) async fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<R, StoreError> + Send + 'static,
    ) -> R {
        self.store.write(work).await.unwrap()
    }

    /// Reads a view as the one whose device it is.
    pub(super) async fn view<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &ViewContext) -> Result<R, StoreError> + Send + 'static,
    ) -> R {
        let now = self.now;
        let read = move |tx: &Transaction<'_>| work(tx, &ViewContext::read(tx, now)?.unwrap());
        self.store.read(read).await.unwrap()
    }

    pub(super) async fn execute(&self, sql: &'static str) {
        self.write(move |tx| Ok(tx.execute_batch(sql)?)).await;
    }

    /// A document that someone began and the server accepted.
    pub(super) async fn begin(&mut self, kind: Kind, by: PersonId, plan: &[(&str, Json)]) -> DocumentId {
        self.count += 1;
        let mut nonce = [0; 16];
        nonce[..4].copy_from_slice(&self.count.to_be_bytes());
        let plan = plan.iter().map(|(key, json)| ((*key).to_owned(), json.clone())).collect();
        let genesis = Genesis { kind: kind.clone(), nonce, plan };
        let (document, change) = Document::begin(actor(by), self.now, &genesis).unwrap();
        self.seq += 1;
        let mut row = DocumentRow {
            document: document.id(),
            unit: UNIT,
            kind,
            state: DocumentState::Held,
            heads: document.heads(),
            records: Default::default(),
            own_seq: 0,
        };
        row.records.insert(change.hash, record(by, self.seq, self.now));
        self.write(move |tx| {
            row.save(tx, Some(&document.save()))?;
            projection::project(tx, row.document)?;
            Ok(row.document)
        })
        .await
    }

    pub(super) async fn recipient(&mut self, given: &str, more: &[(&str, Json)]) -> DocumentId {
        let name = json!({ "given": given, "family": "Sandell", "preferred": "" });
        let address = json!({ "street": "Skidvägen", "number": "4", "floor": "2 tr" });
        let mut plan = vec![("name", name), ("address", address), ("telephone", json!("08-465 00 00"))];
        plan.extend(more.iter().cloned());
        self.begin(Kind::Recipient, EVA, &plan).await
    }

    /// A planned visit with one intervention.
    pub(super) async fn visit(
        &mut self,
        to: DocumentId,
        start: &str,
        minutes: u32,
        who: &[Option<PersonId>],
    ) -> DocumentId {
        let slots: Vec<String> = (1..=who.len()).map(|n| format!("slot/{n}")).collect();
        let when = json!({ "start": at(start), "minutes": minutes });
        let mut plan = vec![("recipient", json!(to)), ("when", when), ("intervention/OMV01", json!({ "order": 1 }))];
        plan.extend(slots.iter().zip(who).map(|(slot, person)| (slot.as_str(), json!({ "staff": person }))));
        self.begin(Kind::Visit, EVA, &plan).await
    }

    pub(super) async fn run_sheet(&mut self, of: PersonId, rest: Option<&str>) -> DocumentId {
        let shift = json!({ "start": at("07:00"), "minutes": 540 });
        let rest = rest.map_or(Json::Null, |rest| json!({ "start": at(rest), "minutes": 30 }));
        let plan = [("staff", json!(of)), ("date", json!("2026-11-21")), ("shift", shift), ("break", rest)];
        self.begin(Kind::RunSheet, EVA, &plan).await
    }

    /// A change that the server accepted from someone's device.
    pub(super) async fn change(&mut self, id: DocumentId, by: PersonId, clock: &str, edit: Edit) {
        self.seq += 1;
        let (seq, time) = (self.seq, at(clock));
        self.write(move |tx| {
            let me: Vec<u8> = tx.query_row("SELECT vault FROM vault", [], |row| row.get(0))?;
            let (mut row, saved) = DocumentRow::load(tx, id)?.unwrap();
            let mut document = Document::load(&saved.unwrap())?;
            let change = document.write(actor(by), time, &edit)?;
            row.heads = document.heads();
            row.records.insert(change.hash, record(by, seq, time));
            row.own_seq = if me == by.as_bytes() { seq } else { row.own_seq };
            row.save(tx, Some(&document.save()))?;
            projection::project(tx, id)
        })
        .await;
    }

    pub(super) async fn put(&mut self, id: DocumentId, clock: &str, key: &str, json: Json) {
        self.change(id, EVA, clock, Edit { facts: Vec::new(), puts: vec![(key.to_owned(), json)] }).await;
    }

    /// Two values put apart.
    pub(super) async fn clash(&mut self, id: DocumentId, key: &str, one: Json, other: Json) {
        let (key, one_edit) = (key.to_owned(), Edit { facts: Vec::new(), puts: vec![(key.to_owned(), one)] });
        let other_edit = Edit { facts: Vec::new(), puts: vec![(key, other)] };
        self.write(move |tx| {
            let (mut row, saved) = DocumentRow::load(tx, id)?.unwrap();
            let mut document = Document::load(&saved.unwrap())?;
            let heads = document.heads();
            let first = document.write(actor(EVA), at("06:10"), &one_edit)?;
            let second = document.write_at(&heads, actor(FATIMA), at("06:20"), &other_edit)?;
            row.heads = document.heads();
            row.records.insert(first.hash, record(EVA, 901, at("06:11")));
            row.records.insert(second.hash, record(FATIMA, 902, at("06:21")));
            row.save(tx, Some(&document.save()))?;
            projection::project(tx, id)
        })
        .await;
    }

    fn fact(
        &mut self,
        by: PersonId,
        clock: &str,
        about: Option<&str>,
        after: &[FactId],
        body: FactBody,
    ) -> (FactId, Fact) {
        self.count += 1;
        let fact = Fact {
            as_office: by == EVA,
            about: about.map(Into::into),
            after: after.to_vec(),
            ..Fact::stated(by, at(clock), ActionId([self.count as u8; 8]), body)
        };
        (FactId { actor: actor(by), n: self.count }, fact)
    }

    /// A fact that the server accepted.
    pub(super) async fn state(&mut self, id: DocumentId, by: PersonId, clock: &str, body: FactBody) -> FactId {
        self.state_about(id, by, clock, None, &[], body).await
    }

    pub(super) async fn state_about(
        &mut self,
        id: DocumentId,
        by: PersonId,
        clock: &str,
        about: Option<&str>,
        after: &[FactId],
        body: FactBody,
    ) -> FactId {
        let (fact_id, fact) = self.fact(by, clock, about, after, body);
        self.change(id, by, clock, Edit { facts: vec![(fact_id, fact)], puts: Vec::new() }).await;
        fact_id
    }

    /// A fact that waits on the device, with its intent.
    pub(super) async fn wait(&mut self, id: DocumentId, by: PersonId, clock: &str, body: FactBody) -> FactId {
        let what = body.kind().to_owned();
        let (fact_id, fact) = self.fact(by, clock, None, &[], body);
        let (time, action) = (at(clock), fact.action);
        self.write(move |tx| {
            let mut held = Held::load(tx, id)?.unwrap();
            let change = held.write(actor(by), time, Edit { facts: vec![(fact_id, fact)], puts: Vec::new() })?;
            tx.execute(
                "INSERT INTO pending (unit, document, hash, bytes, action) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![UNIT.as_bytes(), id.as_bytes(), change.hash.as_bytes(), change.bytes, action.as_bytes()],
            )?;
            tx.execute(
                "INSERT INTO intent (action, at, document, what, title, count, asked, undo)
                 VALUES (?1, ?2, ?3, ?4, 'Maj Sandell', 1, '{}', '[]')",
                params![action.as_bytes(), time.0, id.as_bytes(), what],
            )?;
            projection::project(tx, id)
        })
        .await;
        fact_id
    }

    /// What her list showed when she last acknowledged it: everything as it is now.
    pub(super) async fn acknowledge(&mut self, visits: &[DocumentId]) {
        for id in visits {
            let id = *id;
            self.write(move |tx| {
                let text: String =
                    tx.query_row("SELECT json FROM visit WHERE document = ?1", [id.as_bytes()], |row| row.get(0))?;
                let visit = serde_json::from_str(&text)?;
                let (start, minutes) = crate::views::planned_for(&visit, ANNA);
                tx.execute(
                    "INSERT OR REPLACE INTO seen_visit
                     (document, day, start, minutes, name, is_mine, is_cancelled, fingerprint)
                     VALUES (?1, ?2, ?3, ?4, 'Maj Sandell', 1, ?5, ?6)",
                    params![
                        id.as_bytes(),
                        start.map(|start| Zone.day(start).0),
                        start.map(|start| start.0),
                        minutes,
                        visit.cancelled.is_some(),
                        crate::views::fingerprint(&visit),
                    ],
                )?;
                Ok(())
            })
            .await;
        }
    }
}

fn actor(person: PersonId) -> ActorId {
    ActorId::new(VaultId(person.0), [3; 8])
}

fn record(by: PersonId, seq: u64, received_at: Timestamp) -> ChangeRecord {
    ChangeRecord { seq, received_at, vault: VaultId(by.0), person: by }
}
