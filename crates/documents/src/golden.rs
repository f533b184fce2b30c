//! Golden bytes: what the first version stored. A later version reads it for ever, and writes the same while its
//! schema is the first.

use rundan_model::fact::KNOWN_KINDS;
use rundan_model::{ActorId, Fact, FactId, Kind, Timestamp, VaultId};
use serde_json::json;

use crate::{Change, Document, Edit, Genesis};

/// A fact of every kind of the first schema, each as a document holds it.
const FACTS: &str = include_str!("golden/facts-1.txt");
/// The same of the kinds that came with the second.
const KEY_FACTS: &str = include_str!("golden/facts-2.txt");
/// The changes of the visit that has them all.
const CHANGES: &str = include_str!("golden/whole-visit-changes-1.hex");

fn actor(n: u8) -> ActorId {
    ActorId::new(VaultId([n; 8]), [0; 8])
}

fn plan(kind: &Kind) -> Vec<(String, serde_json::Value)> {
    let person = "0707070707070707";
    let document = "22222222222222222222222222222222";
    let when = json!({ "start": 1_780_000_000, "minutes": 45 });
    let plan = match kind {
        Kind::Unit => vec![
            ("name", json!("Exempelenheten")),
            ("catalogue/OMV01", json!({ "name": "Dusch", "group": "personal_care", "standard_minutes": 40 })),
        ],
        Kind::UnitOffice => vec![("area/vast", json!("Västertorp"))],
        Kind::Staff => vec![
            ("person", json!(person)),
            ("name", json!({ "given": "Alice", "family": "Exempel" })),
            ("employment", json!({ "title": "undersköterska", "role": "care", "languages": ["svenska"] })),
        ],
        Kind::Recipient => vec![
            ("name", json!({ "given": "Gun", "family": "Exempel", "preferred": "Gunnel" })),
            ("address", json!({ "street": "Provgatan", "number": "4", "latitude": 59.29, "longitude": 17.95 })),
            ("good-to-know", json!(["Hör dåligt på vänster öra."])),
            ("key/V-117", json!({ "kind": "home", "cabinet": "Skåp 1", "hook": "17", "count": 2 })),
            ("ring-first", json!(true)),
        ],
        Kind::Access => vec![("recipient", json!(document)), ("door-code", json!("0042"))],
        Kind::Decision => vec![
            ("recipient", json!(document)),
            ("granted", json!({ "intervention": "OMV01", "minutes_per_month": 510, "from": "2026-07-01" })),
        ],
        Kind::RunSheet => vec![("staff", json!(person)), ("date", json!("2026-11-23")), ("shift", when)],
        Kind::Visit => vec![
            ("recipient", json!(document)),
            ("when", when),
            ("slot/1", json!({ "staff": person })),
            ("intervention/OMV01", json!({ "order": 1 })),
        ],
        Kind::Key => vec![
            ("tag", json!("V-117")),
            ("kind", json!("home")),
            ("place", json!({ "cabinet": "Skåp Västertorp", "hook": "17" })),
            ("copies", json!(2)),
        ],
        Kind::KeyHome => vec![
            ("key", json!(document)),
            ("recipient", json!(document)),
            (
                "receipt/1",
                json!({ "is_back": false, "day": "2026-11-23", "copies": 2, "from": "Gun Exempel", "to": "Alice Exempel" }),
            ),
        ],
        _ => Vec::new(),
    };
    plan.into_iter().map(|(key, json)| (key.to_owned(), json)).collect()
}

/// A document of this kind with a plan, and with a fact of every kind of its schema if it is a visit or a key.
fn document(kind: &Kind) -> (Document, Vec<Change>) {
    let genesis = Genesis { kind: kind.clone(), nonce: [7; 16], plan: plan(kind) };
    let (mut document, first) = Document::begin(actor(1), Timestamp(100), &genesis).unwrap();
    let mut changes = vec![first];
    let written = match kind {
        Kind::Visit => Some((FACTS, ("cancelled", json!({ "reason": "sjukhus" })))),
        Kind::Key => Some((KEY_FACTS, ("copies", json!(3)))),
        _ => None,
    };
    if let Some((facts, (key, value))) = written {
        let facts = facts.lines().zip(1..).map(|(text, n)| {
            let id = FactId { actor: actor(2), n };
            (id, Fact::from_text(text).unwrap())
        });
        let edit = Edit { facts: facts.collect(), puts: vec![(key.into(), value)] };
        changes.push(document.write(actor(2), Timestamp(101), &edit).unwrap());
    }
    (document, changes)
}

fn golden(kind: &Kind) -> &'static str {
    let text = match kind {
        Kind::Unit => include_str!("golden/unit-1.hex"),
        Kind::UnitOffice => include_str!("golden/unit-office-1.hex"),
        Kind::Staff => include_str!("golden/staff-1.hex"),
        Kind::Recipient => include_str!("golden/recipient-1.hex"),
        Kind::Access => include_str!("golden/access-1.hex"),
        Kind::Decision => include_str!("golden/decision-1.hex"),
        Kind::RunSheet => include_str!("golden/run-sheet-1.hex"),
        Kind::Visit => include_str!("golden/whole-visit-1.hex"),
        Kind::Incident => include_str!("golden/incident-1.hex"),
        Kind::Draft => include_str!("golden/draft-1.hex"),
        Kind::Refused => include_str!("golden/refused-1.hex"),
        Kind::Key => include_str!("golden/key-2.hex"),
        Kind::KeyHome => include_str!("golden/key-home-2.hex"),
        Kind::Unknown(kind) => panic!("no golden bytes of {kind}"),
    };
    text.trim()
}

#[test]
fn the_first_versions_documents_read_for_ever() {
    for kind in Kind::ALL {
        let (document, _) = document(kind);
        let bytes = hex::decode(golden(kind)).unwrap();
        let read = Document::load(&bytes).unwrap();
        assert_eq!(read.content(), document.content(), "{kind}");
        assert_eq!((read.id(), read.heads()), (document.id(), document.heads()), "{kind}");
        assert_eq!(hex::encode(document.save()), golden(kind), "{kind}");
    }
}

#[test]
fn the_first_versions_changes_read_for_ever() {
    let (document, changes) = document(&Kind::Visit);
    let golden: Vec<Vec<u8>> = CHANGES.lines().map(|line| hex::decode(line).unwrap()).collect();
    assert_eq!(changes.iter().map(|change| change.bytes.clone()).collect::<Vec<_>>(), golden);
    let read = Document::from_changes(golden.iter().map(Vec::as_slice)).unwrap();
    assert_eq!(read.content(), document.content());
}

#[test]
fn the_first_versions_facts_read_and_are_written_as_they_were() {
    let facts = || FACTS.lines().chain(KEY_FACTS.lines());
    let kinds: Vec<String> = facts().map(|text| Fact::from_text(text).unwrap().body.kind().to_owned()).collect();
    for kind in KNOWN_KINDS {
        assert!(kinds.iter().any(|known| known == kind), "no golden fact of {kind}");
    }
    for text in facts() {
        assert_eq!(Fact::from_text(text).unwrap().to_text(), text);
    }
}

/// The very first bytes that were kept: a visit with its time and one note.
#[test]
fn the_first_bytes_ever_kept_still_read() {
    let visit = Document::load(&hex::decode(include_str!("golden/visit-1.hex").trim()).unwrap()).unwrap();
    let content = visit.content();
    assert_eq!(content.plan["when"].shown(), Some(&json!({ "start": 1, "minutes": 30 })));
    let texts: Vec<String> = content.facts.values().map(Fact::to_text).collect();
    let note = r#"{"action":"0101010101010101","at":5,"by":"0101010101010101","kind":"note","text":"hej"}"#;
    assert_eq!(texts, [note]);
    let last = visit.changes().pop().unwrap();
    assert_eq!(hex::encode(last.bytes), include_str!("golden/change-1.hex").trim());
}
