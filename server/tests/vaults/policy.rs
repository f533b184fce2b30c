//! The policy, cell by cell, through the real server: what `may` and `readers` say is what happens.

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rundan_documents::{Change, Document, Edit, Genesis};
use rundan_model::fact::{IncidentText, KNOWN_KINDS, Shown};
use rundan_model::plan::{NEWER_REGISTER, registers};
use rundan_model::policy::{Act, Relation, Standing, may, readers};
use rundan_model::{
    ActorId, Borrower, DocumentId, FactBody, FactId, KeyUse, Kind, LateReason, LostStep, NotCarriedOutReason,
    NotDoneReason, OtherTimeKind, PauseCause, PersonId, Role, Timestamp, ToldOutcome, UnplannedCause,
};
use rundan_server::scope;
use rundan_server::seams::Clock;
use rundan_server::store::{documents, log};
use rundan_sync::{HeadsHash, HeldDocument, Item, PushResult, StreamRequest};
use serde_json::{Value as Json, json};

use crate::phone::Phone;
use crate::world::{MONDAY, World, at};

/// Opened days after which what someone began has left her scope, and that it was in it counts no more.
const LONG_AGO_DAYS: i64 = 30;
const FORBIDDEN_OPERATIONS: usize = 2_000;
const SEED: u64 = 3;

/// A document, and how the one who writes to it stands to it.
struct Tied {
    document: DocumentId,
    kind: Kind,
    relation: Relation,
    /// Whether her run brings it to her now.
    is_due: bool,
}

impl Tied {
    fn new(document: DocumentId, kind: &Kind, role: &Role, relation: Relation, is_due: bool) -> Self {
        let in_scope = relation.in_scope || shared_with(kind, role);
        Self { document, kind: kind.clone(), relation: Relation { in_scope, ..relation }, is_due }
    }
}

/// Someone with one role and the documents that she stands to in every way that there is.
struct Actor {
    role: Role,
    phone: Phone,
    tied: Vec<Tied>,
}

/// A unit with two people of each role: one who began documents long ago, and one who has just come.
struct Stage {
    world: World,
    today: Timestamp,
    actors: Vec<Actor>,
    /// Someone else, and what her plan has.
    other: PersonId,
    elsewhere: DocumentId,
}

/// What a cell does; an owned [`Act`].
#[derive(Debug, Clone)]
enum Deed {
    Put(&'static str),
    Append(FactBody),
}

impl Deed {
    fn act(&self) -> Act<'_> {
        match self {
            Self::Put(register) => Act::Put(register),
            Self::Append(body) => Act::Append(body.kind()),
        }
    }
}

impl Stage {
    async fn new() -> Self {
        let world = World::new().await;
        let mut veterans = Vec::new();
        for role in Role::ALL {
            veterans.push(Self::veteran(&world, role).await);
        }
        for day in 1..=LONG_AGO_DAYS {
            world.set_time(at(MONDAY, "06:00").plus_seconds(day * 86_400));
            world.server.open_day().await.unwrap();
        }
        let today = world.clock.now();
        let other = world.person("Someone", Role::Carer).await;
        let elsewhere = world.plan_recipient().await;
        let mut stage = Self { world, today, actors: veterans, other, elsewhere };
        for role in Role::ALL {
            let newcomer = stage.newcomer(role).await;
            stage.actors.push(newcomer);
        }
        for actor in &mut stage.actors {
            actor.phone.sync(&stage.world).await;
        }
        stage
    }

    /// Someone who began one of everything as the unit's head, and has had this role since.
    async fn veteran(world: &World, role: &Role) -> Actor {
        let mut phone = world.phone("Veteran", Role::UnitHead).await;
        let mut tied = Vec::new();
        for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::Refused) {
            let document = phone.begin(world, kind.clone());
            tied.push(Tied::new(document, kind, role, Relation { began: true, ..Relation::default() }, false));
        }
        assert!(phone.sync(world).await.iter().all(|result| matches!(result, PushResult::Accepted(..))));
        let (person, now_is) = (phone.person, role.clone());
        world
            .commit(move |commit, _, _, _| {
                commit.give_role(person, &now_is)?;
                if now_is != Role::UnitHead {
                    commit.take_role(person, &Role::UnitHead)?;
                }
                Ok(())
            })
            .await;
        Actor { role: role.clone(), phone, tied }
    }

    async fn newcomer(&self, role: &Role) -> Actor {
        let world = &self.world;
        let phone = world.phone("Newcomer", role.clone()).await;
        let her = phone.person;
        let mut tied = Vec::new();
        let mut tie = |document, kind: Kind, relation: Relation, is_due: bool| {
            tied.push(Tied::new(document, &kind, role, relation, is_due));
        };
        let scope = Relation { in_scope: true, ..Relation::default() };
        for kind in Kind::ALL {
            tie(world.plan(kind.clone(), Vec::new()).await, kind.clone(), Relation::default(), false);
        }
        // One visit stays hers, the other goes to someone else; what was hers today may still be written.
        for is_due in [true, false] {
            let recipient = world.plan_recipient().await;
            let access = world.plan(Kind::Access, vec![("recipient", json!(recipient))]).await;
            let key_home = world.plan(Kind::KeyHome, vec![("recipient", json!(recipient))]).await;
            let visit = world.plan_visit(recipient, self.today, her).await;
            if !is_due {
                self.put(visit, "slot/1", json!({ "staff": self.other })).await;
            }
            let of_visit =
                [(recipient, Kind::Recipient), (access, Kind::Access), (key_home, Kind::KeyHome), (visit, Kind::Visit)];
            for (document, kind) in of_visit {
                tie(document, kind, scope, is_due);
            }
        }
        let moved = self.run_sheet(her, 0).await;
        self.put(moved, "staff", json!(self.other)).await;
        tie(moved, Kind::RunSheet, scope, false);
        tie(self.run_sheet(her, 0).await, Kind::RunSheet, Relation { own: true, ..scope }, true);
        tie(self.run_sheet(her, 20).await, Kind::RunSheet, Relation { own: true, ..Relation::default() }, false);
        let recipient = world.plan(Kind::Recipient, vec![("contact-worker", json!(her))]).await;
        tie(recipient, Kind::Recipient, Relation { contact_worker: true, ..scope }, true);
        Actor { role: role.clone(), phone, tied }
    }

    async fn run_sheet(&self, person: PersonId, days_ahead: i64) -> DocumentId {
        let date = rundan_model::Zone.day(self.today.plus_seconds(days_ahead * 86_400)).date();
        self.world.plan(Kind::RunSheet, vec![("staff", json!(person)), ("date", json!(date))]).await
    }

    async fn put(&self, document: DocumentId, key: &str, json: Json) {
        let edit = Edit { facts: Vec::new(), puts: vec![(key.to_owned(), json)] };
        self.world.commit(move |commit, own, now, _| commit.write(own, now, document, None, &edit)).await;
    }

    /// The document as the server has it, whoever may read it: what a hostile phone may have got hold of.
    async fn stored(&self, document: DocumentId) -> Document {
        let unit = self.world.unit;
        self.world.server.db.read(move |tx| documents::load(tx, unit, document)).await.unwrap().unwrap()
    }

    /// How the server itself sees her stand to a document.
    async fn relation(&self, person: PersonId, document: DocumentId) -> Relation {
        let unit = self.world.unit;
        let read = move |tx: &rusqlite::Connection| {
            let (state, row) = (log::unit_state(tx, unit)?.unwrap(), documents::row(tx, unit, document)?);
            Ok(scope::standing(tx, &state, person, 0, document, row.as_ref())?.relation)
        };
        self.world.server.db.read(read).await.unwrap()
    }

    /// A put that fits its register, and changes what any of this stage's documents has there.
    fn sample(&self, kind: &Kind, register: &str) -> (String, Json) {
        let time = json!({ "start": self.today.plus_seconds(3600), "minutes": 35 });
        let (rest, json) = match register {
            "name" if *kind == Kind::Unit => ("", json!("Provenheten")),
            "name" => ("", json!({ "given": "Prov", "family": "Provsson" })),
            "catalogue" => ("/X1", json!({ "name": "Dusch", "group": "personal_care" })),
            "person" | "staff" | "contact-worker" => ("", json!(PersonId([7; 8]))),
            "area" => ("/Prov", json!({})),
            "delegation" => ("/medicine", json!({ "until": "2027-06-30" })),
            "flex" => ("", json!({ "before": 15, "after": 30 })),
            "employment" => ("", json!({ "role": "care" })),
            "address" => ("", json!({ "street": "Provgatan" })),
            "telephone" | "language" | "door-code" | "way-in" => ("", json!("prov")),
            "wish" => ("/X1", json!("prov")),
            "next-of-kin" => ("/1", json!({ "name": "Prov Provsson" })),
            "key" if *kind == Kind::KeyHome => ("", json!(self.elsewhere)),
            "key" => ("/K1", json!({ "kind": "home" })),
            "key-curfew" => ("", json!("21:30")),
            "tag" => ("", json!("P-1")),
            "kind" => ("", json!("entrance")),
            "place" => ("", json!({ "cabinet": "Provskåpet" })),
            "copies" => ("", json!(3)),
            "receipt" => {
                let receipt =
                    json!({ "day": "2026-11-23", "copies": 1, "from": "Prov Provsson", "to": "Prov Exempel" });
                ("/1", receipt)
            }
            "ring-first" | "alarm-only" | "non-choosing" => ("", json!(true)),
            "good-to-know" => ("", json!(["prov"])),
            "overnight-fast" => ("", json!(11)),
            "recipient" => ("", json!(self.elsewhere)),
            "granted" => ("", json!({ "intervention": "X1", "minutes_per_month": 60, "from": "2026-11-23" })),
            "date" => ("", json!("2026-11-25")),
            "shift" | "break" | "when" => ("", time),
            "slot" => ("/2", json!({ "staff": self.other })),
            "intervention" => ("/X1", json!({ "order": 1 })),
            "cancelled" => ("", json!({ "reason": "prov" })),
            NEWER_REGISTER => ("", json!([[7]])),
            other => panic!("no sample for {kind} {other}"),
        };
        (format!("{register}{rest}"), json)
    }

    /// A body of every kind of fact.
    fn bodies(&self) -> Vec<FactBody> {
        let text = || "prov".to_owned();
        let facts = vec![FactId { actor: ActorId([1; 16]), n: 1 }];
        let (document, at, person) = (self.elsewhere, self.today, self.other);
        vec![
            FactBody::Begun { name: text(), recipient: None, cause: UnplannedCause::Asked },
            FactBody::Started,
            FactBody::Ended,
            FactBody::Paused { cause: PauseCause::Alarm },
            FactBody::Resumed,
            FactBody::Done,
            FactBody::NotDone { reason: NotDoneReason::Declined, text: text() },
            FactBody::Extra,
            FactBody::Note { text: text() },
            FactBody::NotCarriedOut { reason: NotCarriedOutReason::Away, text: text() },
            FactBody::Moved { to: document },
            FactBody::Late { expected: at, reason: LateReason::Traffic, text: text() },
            FactBody::Told { outcome: ToldOutcome::Told },
            FactBody::ShiftStarted,
            FactBody::ShiftEnded,
            FactBody::BreakStarted,
            FactBody::BreakEnded,
            FactBody::OtherTime { what: OtherTimeKind::Keys, start: at, minutes: 10, text: text() },
            FactBody::Acknowledged { shown: vec![Shown { document, heads: Vec::new() }] },
            FactBody::Shown { access: document },
            FactBody::Submitted { text: IncidentText { happened: text(), ..IncidentText::default() } },
            FactBody::Text { text: IncidentText { happened: text(), ..IncidentText::default() } },
            FactBody::Added { text: text() },
            FactBody::Read { facts: facts.clone() },
            FactBody::Withdrawn { facts: facts.clone() },
            FactBody::Settled { facts: facts.clone(), text: text() },
            FactBody::Chosen { register: "when".into(), values: Vec::new(), who: Vec::new(), chosen: json!(1) },
            FactBody::Adopted { fact: facts[0], document },
            FactBody::PutAside { text: text() },
            FactBody::Taken { cabinet: text(), what_for: KeyUse::Round, text: text() },
            FactBody::Returned { cabinet: text() },
            FactBody::Given { to: person },
            FactBody::Received { from: person },
            FactBody::NotThere { cabinet: text() },
            FactBody::Counted { cabinet: text() },
            FactBody::Missing { cabinet: text() },
            FactBody::Lost { text: text() },
            FactBody::LostStep { step: LostStep::Told, text: text() },
            FactBody::Found { cabinet: None },
            FactBody::Damaged { text: text() },
            FactBody::Lent { borrower: Borrower::Locksmith, to: text() },
            FactBody::LockChanged { text: text() },
            FactBody::TagRetired { text: text() },
            FactBody::KeyNoted { tag: text(), key: None, recipient: None, alarmed_at: None, text: text() },
        ]
    }

    /// Everything that can be done to a document of a kind once it has begun.
    fn deeds(&self, kind: &Kind) -> Vec<Deed> {
        let puts = registers(kind).iter().chain([&NEWER_REGISTER]).map(|register| Deed::Put(register));
        puts.chain(self.bodies().into_iter().map(Deed::Append)).collect()
    }

    /// One change by a session of its own on what is stored, so that each is judged for itself.
    fn change(&self, phone: &mut Phone, stored: &Document, deeds: &[Deed]) -> Change {
        let actor = ActorId::new(phone.vault, self.world.random_bytes());
        let mut edit = Edit::default();
        for deed in deeds {
            match deed {
                Deed::Put(register) => edit.puts.push(self.sample(stored.kind(), register)),
                Deed::Append(body) => {
                    let (_, fact) = phone.fact(&self.world, body.clone());
                    let n = u32::try_from(edit.facts.len() + 1).unwrap();
                    edit.facts.push((FactId { actor, n }, fact));
                }
            }
        }
        stored.clone().write(actor, self.today, &edit).unwrap()
    }
}

/// Cells: a kind, a role, what is done, and whether it may be done as she then stands to the document.
type Cells = BTreeSet<(&'static Kind, Role, String, bool)>;

/// Every cell that there is, by asking the policy for everyone who can be: each role, each way to stand to a document.
fn every_cell() -> Cells {
    let mut cells = Cells::new();
    for (kind, role) in Kind::ALL.iter().flat_map(|kind| Role::ALL.iter().map(move |role| (kind, role))) {
        let first = registers(kind).first().unwrap_or(&NEWER_REGISTER);
        let facts = KNOWN_KINDS.iter().map(|fact| vec![Act::Append(fact)]);
        let puts = registers(kind).iter().chain([&NEWER_REGISTER]).map(|register| vec![Act::Put(register)]);
        let begins = [vec![Act::Begin], vec![Act::Begin, Act::Put(first)]];
        for acts in begins.into_iter().chain(puts).chain(facts) {
            for relation in every_relation(kind, role) {
                let may = acts.iter().all(|act| may(&standing(role, relation), kind, *act));
                cells.insert((kind, role.clone(), format!("{acts:?}"), may));
            }
        }
    }
    cells
}

/// Every way to stand to a document of a kind: what is shared with her role is always in her scope.
fn every_relation(kind: &Kind, role: &Role) -> Vec<Relation> {
    let is_shared = shared_with(kind, role);
    let bits = (0..16_u8).map(|bits| [1, 2, 4, 8].map(|bit| bits & bit != 0));
    let relation = |[in_scope, began, own, contact_worker]: [bool; 4]| Relation {
        in_scope: in_scope || is_shared,
        began,
        own,
        contact_worker,
    };
    bits.map(relation).collect()
}

fn note(cells: &mut Cells, kind: &Kind, role: &Role, acts: &[Act<'_>], may: bool) {
    let kind = Kind::ALL.iter().find(|known| *known == kind).expect("a known kind");
    cells.insert((kind, role.clone(), format!("{acts:?}"), may));
}

/// Whether everyone of a role reads all documents of a kind.
fn shared_with(kind: &Kind, role: &Role) -> bool {
    let readers = readers(kind);
    readers.unit || (readers.office && role.is_office())
}

fn standing(role: &Role, relation: Relation) -> Standing {
    Standing { roles: [role.clone()].into(), relation, is_server: false }
}

fn is_as_said(result: &PushResult, may: bool) -> bool {
    match result {
        PushResult::Accepted(..) => may,
        PushResult::Refused(reason) => !may && reason == "not_allowed",
        _ => false,
    }
}

#[tokio::test]
async fn every_cell_of_the_policy_is_what_the_server_does() {
    let mut stage = Stage::new().await;
    let mut cells = Cells::new();
    let mut actors = std::mem::take(&mut stage.actors);
    for actor in &mut actors {
        begin_everything(&stage, actor, &mut cells).await;
        for tied in &actor.tied {
            let (phone, kind) = (&mut actor.phone, &tied.kind);
            assert_eq!(stage.relation(phone.person, tied.document).await, tied.relation, "{} {kind}", actor.role);
            let stored = stage.stored(tied.document).await;
            let deeds = stage.deeds(kind);
            for deed in &deeds {
                let change = stage.change(phone, &stored, std::slice::from_ref(deed));
                phone.outbox.push((tied.document, change));
            }
            // It has confirmed nothing: what it held today it may still write to.
            let request = phone.request(StreamRequest { cursor: None, ..phone.stream() });
            let results = phone.ask(&stage.world, &request).await.streams.remove(0).results.concat();
            phone.outbox.clear();
            assert_eq!(results.len(), deeds.len());
            let standing = standing(&actor.role, tied.relation);
            for (deed, result) in deeds.iter().zip(&results) {
                let said = may(&standing, kind, deed.act());
                assert!(is_as_said(result, said), "{standing:?} {kind} {deed:?}: {said}, but {result:?}");
                note(&mut cells, kind, &actor.role, &[deed.act()], said);
            }
        }
    }
    let every = every_cell();
    assert_eq!(every.difference(&cells).collect::<Vec<_>>(), Vec::<&_>::new(), "cells that nobody walked");
    assert_eq!(cells.difference(&every).collect::<Vec<_>>(), Vec::<&_>::new(), "cells that are none");
}

/// Begins one of each kind, bare and with a first value; what is accepted is tied to her as just begun.
async fn begin_everything(stage: &Stage, actor: &mut Actor, cells: &mut Cells) {
    let began = Relation { began: true, ..Relation::default() };
    let mut begun = Vec::new();
    for kind in Kind::ALL {
        let first = registers(kind).first().unwrap_or(&NEWER_REGISTER);
        for plan in [Vec::new(), vec![stage.sample(kind, first)]] {
            let standing = standing(&actor.role, began);
            let said = may(&standing, kind, Act::Begin) && (plan.is_empty() || may(&standing, kind, Act::Put(first)));
            let is_bare = plan.is_empty();
            let genesis = Genesis { kind: kind.clone(), nonce: stage.world.random_bytes(), plan };
            let session = ActorId::new(actor.phone.vault, stage.world.random_bytes());
            let (document, change) = Document::begin(session, stage.today, &genesis).unwrap();
            actor.phone.outbox.push((document.id(), change));
            // A value that stands already is no change: only the bare one is written to later.
            begun.push((document.id(), kind, said, is_bare));
        }
    }
    let results = actor.phone.sync(&stage.world).await;
    assert_eq!(results.len(), begun.len());
    for ((document, kind, said, is_bare), result) in begun.into_iter().zip(&results) {
        assert!(is_as_said(result, said), "{} begins {kind}: {said}, but {result:?}", actor.role);
        let first = registers(kind).first().unwrap_or(&NEWER_REGISTER);
        let acts = [Act::Begin, Act::Put(first)];
        note(cells, kind, &actor.role, if is_bare { &acts[..1] } else { &acts }, said);
        if said && is_bare {
            let relation = Relation { in_scope: readers(kind).persons, ..began };
            actor.tied.push(Tied::new(document, kind, &actor.role, relation, true));
        }
    }
}

#[tokio::test]
async fn no_forbidden_operation_of_two_thousand_is_accepted() {
    let mut stage = Stage::new().await;
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut pick = move |n: usize| rng.next_u32() as usize % n;
    let mut actors = std::mem::take(&mut stage.actors);
    let mut refused = 0;
    while refused < FORBIDDEN_OPERATIONS {
        let actor = &mut actors[pick(8)];
        let tied = &actor.tied[pick(actor.tied.len())];
        let (stored, all) = (stage.stored(tied.document).await, stage.deeds(&tied.kind));
        let standing = standing(&actor.role, tied.relation);
        for _ in 0..pick(8) {
            // One to three things at once, of which one suffices to refuse it all.
            let mut deeds: Vec<Deed> = (0..=pick(3)).map(|_| all[pick(all.len())].clone()).collect();
            deeds.dedup_by(|a, b| a.act() == b.act());
            let puts_twice = deeds.iter().enumerate().any(|(n, deed)| {
                matches!(deed, Deed::Put(_)) && deeds.iter().skip(n + 1).any(|other| other.act() == deed.act())
            });
            let is_forbidden = deeds.iter().any(|deed| !may(&standing, &tied.kind, deed.act()));
            if is_forbidden && !puts_twice {
                let change = stage.change(&mut actor.phone, &stored, &deeds);
                actor.phone.outbox.push((tied.document, change));
            }
        }
        for result in actor.phone.sync(&stage.world).await {
            assert!(is_as_said(&result, false), "seed {SEED}: {standing:?} {}: {result:?}", tied.kind);
            refused += 1;
        }
        assert_eq!(stage.stored(tied.document).await.heads(), stored.heads(), "seed {SEED}");
    }
}

#[tokio::test]
async fn each_kind_comes_to_its_readers_alone() {
    let mut stage = Stage::new().await;
    let mut actors = std::mem::take(&mut stage.actors);
    for actor in &mut actors {
        begin_everything(&stage, actor, &mut Cells::new()).await;
    }
    for actor in &mut actors {
        actor.phone.sync(&stage.world).await;
    }
    let mut held = BTreeMap::<&Kind, usize>::new();
    for actor in &actors {
        for tied in actors.iter().flat_map(|owner| &owner.tied) {
            let is_due = tied.is_due && actor.tied.iter().any(|own| own.document == tied.document);
            let is_reader = shared_with(&tied.kind, &actor.role) || (readers(&tied.kind).persons && is_due);
            let holds = actor.phone.held.contains_key(&tied.document);
            assert_eq!(holds, is_reader, "{} and {} {:?}", actor.role, tied.kind, tied.relation);
            *held.entry(&tied.kind).or_default() += usize::from(holds);
        }
    }
    assert!(Kind::ALL.iter().all(|kind| held.get(kind).is_some_and(|count| *count > 0)), "{held:?}");
}

#[tokio::test]
async fn there_is_a_sample_of_every_kind_of_fact() {
    let stage = Stage::new().await;
    let sampled: Vec<String> = stage.bodies().iter().map(|body| body.kind().to_owned()).collect();
    assert_eq!(sampled, KNOWN_KINDS);
}

/// Pushes one chunk of bytes to a document and says what became of it.
async fn answer(world: &World, phone: &mut Phone, document: DocumentId, change: &Change) -> PushResult {
    phone.outbox = vec![(document, change.clone())];
    let result = phone.sync(world).await.remove(0);
    phone.outbox.clear();
    result
}

#[tokio::test]
async fn what_is_not_hers_is_answered_as_what_does_not_exist() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let mut eva = world.phone("Eva", Role::Planner).await;
    let mut hidden = vec![world.plan_in_another_unit().await, eva.begin(&world, Kind::Draft)];
    let destroyed = eva.begin(&world, Kind::Draft);
    eva.sync(&world).await;
    eva.state(&world, destroyed, FactBody::Submitted { text: IncidentText::default() });
    eva.sync(&world).await;
    hidden.push(destroyed);
    for kind in Kind::ALL.iter().filter(|kind| !readers(kind).unit) {
        hidden.push(world.plan(kind.clone(), Vec::new()).await);
    }
    // A genesis and a later change of her own, pushed under ids that she has no business with.
    let own = alice.begin(&world, Kind::Visit);
    alice.state(&world, own, FactBody::Started);
    let changes: Vec<Change> = std::mem::take(&mut alice.outbox).into_iter().map(|(_, change)| change).collect();
    alice.sync(&world).await;
    let nothing = DocumentId(world.random_bytes());
    for document in hidden {
        for change in &changes {
            let (said, expected) =
                (answer(&world, &mut alice, document, change).await, answer(&world, &mut alice, nothing, change).await);
            assert_eq!(said, expected, "{document}");
        }
        let mut stream = alice.stream();
        stream.held = Some([document, nothing].map(|id| HeldDocument(id, HeadsHash::of(id, &[]))).into());
        let request = alice.request(stream);
        let told = alice.ask(&world, &request).await.streams.remove(0);
        let leaves = told.items.iter().filter(|item| matches!(item, Item::Leave(_))).count();
        assert_eq!(leaves, 2, "{document}");
        assert!(!told.items.iter().any(|item| item.document() == document && !matches!(item, Item::Leave(_))));
    }
}
