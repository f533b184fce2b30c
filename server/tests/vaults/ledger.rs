//! The ledger of keys: who gets it, what it says, and what is found in one that was tampered with.

use std::collections::BTreeMap;
use std::path::Path;

use axum::http::StatusCode;
use rundan_ledger::file::{self, Head};
use rundan_ledger::line::FACT;
use rundan_ledger::{Ledger, Line, Names, pdf};
use rundan_model::fact::OnBehalf;
use rundan_model::{Day, DocumentId, FactBody, FactId, KeyUse, Kind, PersonId, Role, UnitId, VaultId};
use rundan_server::ledger::{self, Findings, PATH};
use rundan_server::store::{Db, documents};
use rundan_sync::statement::{self, Statement};
use rundan_sync::{LedgerQuery, LedgerRequest, ProblemCode, PushResult, wire};
use serde_json::json;

use crate::phone::{Phone, problem};
use crate::process::{run, said};
use crate::world::{MONDAY, TUESDAY, World, at};

const A: &str = "Skåp A";
const B: &str = "Skåp B";

async fn plan_key(world: &World, tag: &str, cabinet: &str) -> DocumentId {
    let place = json!({ "cabinet": cabinet, "hook": "1" });
    let plan = vec![("tag", json!(tag)), ("kind", json!("home")), ("place", place), ("copies", json!(2))];
    world.plan(Kind::Key, plan).await
}

fn taken(text: &str) -> FactBody {
    FactBody::Taken { cabinet: A.to_owned(), what_for: KeyUse::Other, text: text.to_owned() }
}

fn sign(world: &World, phone: &mut Phone, unit: UnitId, query: LedgerQuery) -> (String, Vec<u8>) {
    phone.counter += 1;
    let body = wire::encode(&LedgerRequest { version: 1, unit, query }).unwrap();
    let statement = Statement {
        server: Some(world.server.keys.server()),
        method: "POST".into(),
        path: PATH.into(),
        counter: phone.counter,
        body: statement::body_hash(&body),
        pushed: None,
    };
    (statement::sign(&phone.key, Some(phone.vault), &statement).unwrap(), body)
}

async fn ask(world: &World, phone: &mut Phone, query: LedgerQuery) -> Vec<u8> {
    let (header, body) = sign(world, phone, world.unit, query);
    let (status, file) = world.post(PATH, &header, body).await;
    assert_eq!(status, StatusCode::OK);
    file
}

/// The ids of the facts that a ledger has, in its order.
fn facts(file: &[u8]) -> Vec<FactId> {
    let ledger = Ledger::open(file).unwrap();
    ledger.prove(None).unwrap();
    ledger.lines().map(|line| line.unwrap()[FACT].parse().unwrap()).collect()
}

async fn found(world: &World, file: &[u8]) -> Findings {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.csv");
    std::fs::write(&path, file).unwrap();
    let keys = world.server.keys.clone();
    world.server.db.read_apart(move |tx| ledger::verify(tx, &keys, &path)).await.unwrap()
}

/// Alters the server's database behind its back.
async fn alter(world: &World, alteration: String) {
    let alter = move |tx: &rusqlite::Connection| {
        tx.execute_batch(&alteration)?;
        Ok(())
    };
    world.server.db.write(alter).await.unwrap();
}

/// What is found in a ledger that was issued before the server's database was altered, and in one issued after.
async fn found_around(day: &mut Day1, alteration: String) -> [Findings; 2] {
    let before = ask(&day.world, &mut day.eva, LedgerQuery::default()).await;
    alter(&day.world, alteration).await;
    let after = ask(&day.world, &mut day.eva, LedgerQuery::default()).await;
    [found(&day.world, &before).await, found(&day.world, &after).await]
}

/// A carer and a planner with two keys, and a day of what they state.
struct Day1 {
    world: World,
    alice: Phone,
    eva: Phone,
    keys: [DocumentId; 2],
}

impl Day1 {
    async fn new() -> Self {
        Self::with(World::new().await).await
    }

    async fn with(world: World) -> Self {
        let mut alice = world.phone("Alice", Role::Carer).await;
        let mut eva = world.phone("Eva Åsa", Role::Planner).await;
        let keys = [plan_key(&world, "V-117", A).await, plan_key(&world, "V-118", B).await];
        alice.sync(&world).await;
        world.set_time(at(MONDAY, "07:00"));
        alice.state(&world, keys[0], taken("=HYPERLINK(\"http://example.org\")"));
        alice.state(&world, keys[1], FactBody::Returned { cabinet: B.to_owned() });
        alice.state(&world, keys[0], FactBody::Given { to: eva.person });
        alice.sync(&world).await;
        eva.sync(&world).await;
        world.set_time(at(TUESDAY, "08:00"));
        let (id, mut fact) = eva.fact(&world, FactBody::Received { from: alice.person });
        fact.about = Some("2".to_owned());
        eva.write(&world, keys[0], &rundan_documents::Edit { facts: vec![(id, fact)], puts: Vec::new() });
        let first =
            *eva.present(keys[0]).content().facts.iter().find(|(_, fact)| fact.body.kind() == "taken").unwrap().0;
        let (id, mut fact) = eva.fact(&world, FactBody::Settled { facts: vec![first], text: "Hon glömde".to_owned() });
        fact.as_office = true;
        eva.write(&world, keys[0], &rundan_documents::Edit { facts: vec![(id, fact)], puts: Vec::new() });
        assert!(eva.sync(&world).await.iter().all(|result| matches!(result, PushResult::Accepted(..))));
        Self { world, alice, eva, keys }
    }

    /// What the log has, as lines that a test may tamper with.
    async fn lines(&self) -> (Vec<Line>, Names) {
        let (unit, keys) = (self.world.unit, self.keys);
        let read = move |tx: &rusqlite::Connection| {
            let mut lines = Vec::new();
            for (key, tag) in keys.into_iter().zip(["V-117", "V-118"]) {
                let document = documents::load(tx, unit, key)?.unwrap();
                let records: BTreeMap<_, _> = documents::records(tx, unit, key)?.into_iter().collect();
                let content = document.content();
                for (id, fact) in content.facts.clone() {
                    let change = document.change_of(&id).unwrap();
                    let is_void = content.standing().is_superseded(&id);
                    let (clock, record, hash) = (change.time, records[&change.hash], change.hash);
                    lines.push(Line { key, tag: tag.to_owned(), id, fact, is_void, clock, record, hash });
                }
            }
            lines.sort_by_key(|line| (line.record.seq, line.id));
            Ok(lines)
        };
        let name = |person: PersonId, name: &str| (person, format!("{name} Exempel"));
        let names = [name(self.alice.person, "Alice"), name(self.eva.person, "Eva Åsa")].into();
        (self.world.server.db.read(read).await.unwrap(), names)
    }
}

#[tokio::test]
async fn a_ledger_says_what_the_log_says_and_holds_against_it() {
    let mut day = Day1::new().await;
    let file = ask(&day.world, &mut day.eva, LedgerQuery::default()).await;
    let (lines, names) = day.lines().await;
    let ledger = Ledger::open(&file).unwrap();
    assert_eq!(ledger.rows(), file::rows(&lines, &names).unwrap());
    assert_eq!(ledger.head.unit_name, "Exempelenheten");
    let text = String::from_utf8(file.clone()).unwrap();
    assert!(text.starts_with('\u{feff}') && text.contains("\"'=HYPERLINK(\"\"http://example.org\"\")\""));
    assert!(text.contains("\"Eva Åsa Exempel\"") && text.contains("\"2026-11-23 07:00:00+01:00\""));

    let findings = found(&day.world, &file).await;
    assert_eq!(findings.faults, Vec::<String>::new());
    let told = findings.to_string();
    assert!(told.contains("Complete:") && told.contains("signature is kept for 5 of 5 lines"), "{told}");
    assert!(told.contains(&format!("Alice Exempel ({}): 3 lines", day.alice.person)), "{told}");
}

#[tokio::test]
async fn a_query_keeps_what_it_names() {
    let mut day = Day1::new().await;
    let (alice, eva) = (day.alice.person, day.eva.person);
    let of = |query: LedgerQuery| query;
    let monday = Day::of(MONDAY.parse().unwrap());
    for (query, count) in [
        (of(LedgerQuery { key: Some(day.keys[1]), ..LedgerQuery::default() }), 1),
        (of(LedgerQuery { key: Some(DocumentId([9; 16])), ..LedgerQuery::default() }), 0),
        (of(LedgerQuery { cabinet: Some(A.to_owned()), ..LedgerQuery::default() }), 4),
        (of(LedgerQuery { cabinet: Some(B.to_owned()), ..LedgerQuery::default() }), 1),
        (of(LedgerQuery { person: Some(eva), ..LedgerQuery::default() }), 3),
        (of(LedgerQuery { person: Some(alice), ..LedgerQuery::default() }), 4),
        (of(LedgerQuery { to: Some(monday), ..LedgerQuery::default() }), 3),
        (of(LedgerQuery { from: Some(Day(monday.0 + 1)), ..LedgerQuery::default() }), 2),
    ] {
        let file = ask(&day.world, &mut day.eva, query.clone()).await;
        assert_eq!(facts(&file).len(), count, "{query:?}");
        assert_eq!(Ledger::open(&file).unwrap().head.query, query);
        assert_eq!(found(&day.world, &file).await.faults, Vec::<String>::new(), "{query:?}");
    }
}

#[tokio::test]
async fn only_the_units_office_gets_one_and_each_request_counts_once() {
    let mut day = Day1::new().await;
    let all = LedgerQuery::default;
    for (unit, asks_office) in [(day.world.unit, false), (UnitId([7; 16]), true)] {
        let phone = if asks_office { &mut day.eva } else { &mut day.alice };
        let (header, body) = sign(&day.world, phone, unit, all());
        let (status, body) = day.world.post(PATH, &header, body).await;
        assert_eq!((status, problem(&body).code), (StatusCode::NOT_FOUND, ProblemCode::NotFound));
    }
    let (header, body) = sign(&day.world, &mut day.eva, day.world.unit, all());
    assert_eq!(day.world.post(PATH, &header, body.clone()).await.0, StatusCode::OK);
    assert_eq!(day.world.post(PATH, &header, body.clone()).await.0, StatusCode::CONFLICT);
    let (other, _) = sign(&day.world, &mut day.eva, UnitId([7; 16]), all());
    assert_eq!(day.world.post(PATH, &other, body).await.0, StatusCode::UNAUTHORIZED);
    let backwards = LedgerQuery { from: Some(Day(2)), to: Some(Day(1)), ..all() };
    let nameless = LedgerQuery { cabinet: Some(String::new()), ..all() };
    for query in [backwards, nameless] {
        let (header, body) = sign(&day.world, &mut day.eva, day.world.unit, query);
        assert_eq!(day.world.post(PATH, &header, body).await.0, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn what_comes_later_lies_beyond_the_ledgers_place() {
    let mut day = Day1::new().await;
    let file = ask(&day.world, &mut day.eva, LedgerQuery::default()).await;
    // Her taking is settled already; her colleague withdraws another, and is called otherwise since.
    let given =
        *day.alice.present(day.keys[0]).content().facts.iter().find(|(_, f)| f.body.kind() == "given").unwrap().0;
    day.alice.state(&day.world, day.keys[0], FactBody::Withdrawn { facts: vec![given] });
    day.alice.sync(&day.world).await;
    let findings = found(&day.world, &file).await;
    assert_eq!(findings.faults, Vec::<String>::new());
    let later = ask(&day.world, &mut day.eva, LedgerQuery::default()).await;
    assert_eq!((facts(&file).len(), facts(&later).len()), (5, 6));
}

#[tokio::test]
async fn what_a_server_itself_left_out_added_or_altered_is_found() {
    let mut day = Day1::new().await;
    let file = ask(&day.world, &mut day.eva, LedgerQuery::default()).await;
    let head: Head = Ledger::open(&file).unwrap().head;
    let (lines, names) = day.lines().await;
    let key = day.world.server.keys.signing.clone();
    let signed = |lines: &[Line]| file::write(&head, lines, &names, &key).unwrap();
    assert_eq!(signed(&lines), file);
    for n in 0..lines.len() {
        let mut without = lines.clone();
        without.remove(n);
        let findings = found(&day.world, &signed(&without)).await;
        let place = lines[n].record.seq;
        assert!(findings.faults[0].starts_with(&format!("a line is missing: place {place}")), "{findings}");
    }
    let mut altered = lines.clone();
    altered[1].fact.on_behalf = Some(OnBehalf { person: day.eva.person, reason: String::new() });
    let mut added = lines.clone();
    added.push(Line { id: FactId { n: 99, ..lines[0].id }, ..lines[0].clone() });
    let mut turned = lines.clone();
    turned.swap(0, 1);
    for (lines, fault) in
        [(altered, "says otherwise than the log"), (added, "the log has no such line"), (turned, "in another order")]
    {
        let findings = found(&day.world, &signed(&lines)).await;
        assert_eq!(findings.faults.len(), 1, "{findings}");
        assert!(findings.faults[0].contains(fault), "{findings}");
        assert!(!findings.to_string().contains("Complete:"));
    }
    // The end of another log.
    let head = Head { head: rundan_sync::Cursor { seq: head.head.seq - 1, ..head.head }, ..head };
    let findings = found(&day.world, &file::write(&head, &lines, &names, &key).unwrap()).await;
    assert!(findings.faults[0].contains("no place"), "{findings}");
}

#[tokio::test]
async fn a_database_that_does_not_say_what_its_log_says_proves_no_ledger() {
    let altered = "the change of entry :given is not what the log says";
    let other_key = "document :key is not kept as what it began as";
    let forged = "the change of entry :given is kept as another's than it says";
    let alterations = [
        // Another fact's bytes, which read well.
        ("UPDATE change SET payload = (SELECT payload FROM change WHERE seq = :taken) WHERE seq = :given", altered),
        ("DELETE FROM change WHERE seq = :given", altered),
        ("UPDATE change SET document = x':other' WHERE seq = :given", altered),
        ("UPDATE log SET payload = zeroblob(32) WHERE seq = :given", "entry :given does not follow on entry"),
        (
            "INSERT INTO change
             SELECT unit, (SELECT max(seq) FROM log WHERE kind <> 1), document, zeroblob(32), actor, actor_seq + 1000,
                    vault, person, 0, received_at, payload
             FROM change WHERE seq = :given",
            "the log has no change at place",
        ),
        ("DELETE FROM document WHERE document = x':key'", other_key),
        ("UPDATE document SET kind = 'visit' WHERE document = x':key'", other_key),
        (
            "UPDATE change SET payload = x'' WHERE document = x':key';
             DELETE FROM document WHERE document = x':key';
             INSERT INTO purged SELECT unit, document, seq FROM change WHERE seq = :given",
            "the log does not say that document :key was destroyed",
        ),
        // As if another had signed it, in a request whose statement is lost.
        ("UPDATE change SET counter = 0, person = x':eva', vault = x':vault' WHERE seq = :given", forged),
        ("UPDATE change SET vault = x':vault' WHERE seq = :given", forged),
        ("UPDATE change SET person = x':eva' WHERE seq = :given", forged),
    ];
    for (alteration, fault) in alterations {
        let mut day = Day1::new().await;
        let (lines, _) = day.lines().await;
        let [key, other] = day.keys;
        let (eva, vault) = (day.eva.person, day.eva.vault);
        let places: Vec<u64> = lines.iter().filter(|line| line.key == key).map(|line| line.record.seq).collect();
        let of_day = |text: &str| {
            let text = text.replace(":taken", &places[0].to_string()).replace(":given", &places[1].to_string());
            let text = text.replace(":key", &key.to_string()).replace(":other", &other.to_string());
            text.replace(":eva", &eva.to_string()).replace(":vault", &vault.to_string())
        };
        for findings in found_around(&mut day, of_day(alteration)).await {
            let told = findings.to_string();
            assert!(told.contains(&format!("FAULT: {}", of_day(fault))), "{alteration}: {told}");
            assert!(!told.contains("Complete:") && !told.contains("signature is kept"), "{alteration}: {told}");
        }
    }
}

#[tokio::test]
async fn a_change_that_reads_no_more_is_a_fault_and_no_failure() {
    let mut day = Day1::new().await;
    let file = ask(&day.world, &mut day.eva, LedgerQuery::default()).await;
    let place = day.lines().await.0[0].record.seq;
    alter(&day.world, format!("UPDATE change SET payload = x'00' WHERE seq = {place}")).await;
    let findings = found(&day.world, &file).await;
    assert_eq!(findings.faults, [format!("the change of entry {place} is not what the log says")]);
}

#[tokio::test]
async fn lines_without_their_authors_statement_are_named_by_their_places() {
    let mut day = Day1::new().await;
    for _ in 0..18 {
        day.alice.state(&day.world, day.keys[1], taken(""));
    }
    let results = day.alice.sync(&day.world).await;
    assert!(results.iter().all(|result| matches!(result, PushResult::Accepted(..))), "{results:?}");
    let (alice, eva) = (day.alice.vault, day.eva.vault);
    alter(
        &day.world,
        format!(
            "UPDATE change SET counter = 0 WHERE vault = x'{alice}';
             UPDATE statement SET pushed = NULL WHERE vault = x'{eva}'"
        ),
    )
    .await;
    let file = ask(&day.world, &mut day.eva, LedgerQuery::default()).await;
    let findings = found(&day.world, &file).await;
    assert_eq!(findings.faults, Vec::<String>::new());

    let (lines, _) = day.lines().await;
    let places = |vault: VaultId| {
        let own = lines.iter().filter(|line| line.record.vault == vault);
        own.map(|line| line.record.seq.to_string()).collect::<Vec<_>>()
    };
    let (alices, evas) = (places(alice), places(eva));
    let told = findings.to_string();
    assert!(told.contains("signature is kept for 0 of 23 lines"), "{told}");
    let lost = format!("got them back after a restore. Places in the log: {} and 1 more\n", alices[..20].join(", "));
    assert!(told.contains("  21 lines came without one") && told.contains(&lost), "{told}");
    let old = format!("what each signature is over. Places in the log: {}\n", evas.join(", "));
    assert!(told.contains("  2 lines came before the server kept") && told.contains(&old), "{told}");
}

#[tokio::test]
async fn authorship_is_shown_though_a_request_brought_known_changes_again() {
    let mut day = Day1::new().await;
    day.alice.state(&day.world, day.keys[1], taken(""));
    let waiting = day.alice.outbox.clone();
    day.alice.sync(&day.world).await;
    // The answer was lost: the same comes again with one more.
    day.alice.outbox = waiting;
    day.alice.state(&day.world, day.keys[1], FactBody::Returned { cabinet: B.to_owned() });
    let results = day.alice.sync(&day.world).await;
    assert!(matches!(results[..], [PushResult::Already(..), PushResult::Accepted(..)]), "{results:?}");
    let file = ask(&day.world, &mut day.eva, LedgerQuery::default()).await;
    let findings = found(&day.world, &file).await;
    assert!(findings.faults.is_empty() && findings.to_string().contains("kept for 7 of 7 lines"), "{findings}");

    // Another vault's statement in its place does not show it.
    let vault = day.alice.vault;
    let swap = move |tx: &rusqlite::Connection| {
        tx.execute("UPDATE statement SET pushed = x'' WHERE vault = ?1", [vault.as_bytes()])?;
        Ok(())
    };
    day.world.server.db.write(swap).await.unwrap();
    let findings = found(&day.world, &file).await;
    assert_eq!(findings.faults.len(), 5, "{findings}");
    assert!(findings.faults[0].contains("no statement of its vault has the change"), "{findings}");
}

#[tokio::test]
async fn the_command_proves_csv_and_pdf_from_the_file_alone_and_against_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let mut day = Day1::with(World::with(Db::threads(&folder.path().join("rundan.db")).unwrap()).await).await;
    let csv = ask(&day.world, &mut day.eva, LedgerQuery::default()).await;
    std::fs::write(folder.path().join("server.key"), hex::encode(day.world.server.keys.signing.to_bytes())).unwrap();
    drop(day);
    let pages = pdf::pages(&Ledger::open(&csv).unwrap()).unwrap();
    let key = said(&run(folder.path(), &["public-key"]));
    let elsewhere = tempfile::tempdir().unwrap();
    let prove = |bytes: &[u8], arguments: &[&str]| {
        let path = folder.path().join("ledger");
        std::fs::write(&path, bytes).unwrap();
        let arguments = [&["verify-ledger", path.to_str().unwrap()], arguments].concat();
        let in_folder: &Path = if arguments.contains(&"--key") { elsewhere.path() } else { folder.path() };
        let output = run(in_folder, &arguments);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for file in [&csv, &pages] {
        let (code, told) = prove(file, &[]);
        assert_eq!(code, Some(0), "{told}");
        assert!(told.contains("Complete:") && told.contains("kept for 5 of 5"), "{told}");
        let (code, told) = prove(file, &["--key", &key]);
        assert_eq!(code, Some(0), "{told}");
        assert!(told.contains("Unchanged:") && told.contains("Not checked:"), "{told}");
        let (code, told) = prove(file, &["--key", &"1".repeat(64)]);
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains(&format!("issued by another server: its key is {key}")), "{told}");
    }
    let mut altered = pages.clone();
    let place = altered.len() - 40;
    altered[place] ^= 1;
    let (code, told) = prove(&altered, &[]);
    assert!(code == Some(1) && told.contains("Its pages are not those"), "{told}");
    let cut = &csv[..csv.len() - 1];
    assert_eq!(prove(cut, &[]).0, Some(1));
    assert_eq!(prove(b"nothing", &["--key", &key]).0, Some(1));

    // Nobody says whose key it is.
    let path = folder.path().join("ledger");
    std::fs::write(&path, &csv).unwrap();
    let output = run(elsewhere.path(), &["verify-ledger", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("nobody says whose key"));
}
