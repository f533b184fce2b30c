use automerge::ReadDoc;
use automerge::transaction::Transactable;
use rundan_model::policy::Relation;
use rundan_model::{ActionId, Fact, FactBody, FactId, LateReason, Role, Timestamp};
use serde_json::json;

use super::*;
use crate::{Change, Edit, Genesis};

const ANNA: PersonId = PersonId([1; 8]);
const EVA: PersonId = PersonId([9; 8]);

fn actor(vault: u8, session: u8) -> ActorId {
    ActorId::new(VaultId([vault; 8]), [session; 8])
}

fn anna() -> Author {
    let relation = Relation { in_scope: true, ..Relation::default() };
    let standing = Standing { roles: [Role::Carer].into(), relation, is_server: false };
    Author { vault: VaultId([1; 8]), person: ANNA, standing, stored: Stored::default() }
}

fn eva() -> Author {
    let standing = Standing { roles: [Role::Planner].into(), ..Standing::default() };
    Author { vault: VaultId([9; 8]), person: EVA, standing, stored: Stored::default() }
}

fn fact(by: PersonId, body: FactBody) -> Fact {
    Fact::stated(by, Timestamp(5), ActionId([1; 8]), body)
}

fn visit() -> (Document, Change) {
    let plan = vec![("when".to_owned(), json!({ "start": 1, "minutes": 30 }))];
    Document::begin(actor(9, 1), Timestamp(100), &Genesis { kind: Kind::Visit, nonce: [7; 16], plan }).unwrap()
}

fn note(n: u32) -> Edit {
    let id = FactId { actor: actor(1, 1), n };
    Edit { facts: vec![(id, fact(ANNA, FactBody::Note { text: "hej".into() }))], puts: Vec::new() }
}

fn when(start: i64) -> Edit {
    Edit { facts: Vec::new(), puts: vec![("when".into(), json!({ "start": start, "minutes": 30 }))] }
}

/// With all the work that one request may cause.
fn judge(id: DocumentId, document: Option<Document>, pushed: &[&[u8]], author: &Author) -> Verdict {
    super::judge(id, document, pushed, author, &mut Budget::default())
}

fn outcome(document: &Document, change: &Change, author: &Author) -> Outcome {
    judge(document.id(), Some(document.clone()), &[&change.bytes], author).outcomes.remove(0)
}

#[test]
fn honest_work_passes_and_a_second_time_is_already_there() {
    let (document, genesis) = visit();
    let begun = judge(document.id(), None, &[&genesis.bytes], &eva());
    assert!(matches!(begun.outcomes[0], Outcome::Accepted(_)));
    let mut mine = document.clone();
    let first = mine.write(actor(1, 1), Timestamp(1), &note(1)).unwrap();
    let second = mine.write(actor(1, 1), Timestamp(2), &note(2)).unwrap();
    let verdict = judge(document.id(), begun.document, &[&first.bytes, &second.bytes, &first.bytes], &anna());
    assert!(matches!(verdict.outcomes[0], Outcome::Accepted(_)));
    assert!(matches!(verdict.outcomes[1], Outcome::Accepted(_)));
    assert_eq!(verdict.outcomes[2], Outcome::Already(first.hash));
    assert_eq!(verdict.document.unwrap().heads(), mine.heads());
}

#[test]
fn she_writes_on_in_the_same_session_after_the_office_wrote_on_top_of_her() {
    let (mut document, _) = visit();
    document.write(actor(1, 1), Timestamp(1), &note(1)).unwrap();
    document.write(actor(9, 1), Timestamp(2), &when(9)).unwrap();
    let mut mine = document.clone();
    let next = mine.write(actor(1, 1), Timestamp(3), &note(2)).unwrap();
    assert!(matches!(outcome(&document, &next, &anna()), Outcome::Accepted(_)));
}

#[test]
fn a_carer_who_writes_the_plan_is_refused_and_what_follows_depends() {
    let (document, _) = visit();
    let mut mine = document.clone();
    let forbidden = mine.write(actor(1, 1), Timestamp(1), &when(9)).unwrap();
    let next = mine.write(actor(1, 1), Timestamp(1), &note(1)).unwrap();
    let verdict = judge(document.id(), Some(document.clone()), &[&forbidden.bytes, &next.bytes], &anna());
    assert_eq!(verdict.outcomes, [Outcome::Refused(Refusal::NotAllowed), Outcome::Depends]);
    assert_eq!(verdict.document.unwrap().heads(), document.heads());
}

#[test]
fn a_fact_signed_for_another_or_under_anothers_session_is_refused() {
    let (document, _) = visit();
    let mut mine = document.clone();
    let id = FactId { actor: actor(1, 1), n: 1 };
    let forged = Edit { facts: vec![(id, fact(EVA, FactBody::Started))], puts: Vec::new() };
    let change = mine.write(actor(1, 1), Timestamp(1), &forged).unwrap();
    assert_eq!(outcome(&document, &change, &anna()), Outcome::Refused(Refusal::NotAllowed));

    let mut mine = document.clone();
    let change = mine.write(actor(2, 1), Timestamp(1), &note(1)).unwrap();
    assert_eq!(outcome(&document, &change, &anna()), Outcome::Refused(Refusal::Actor));
}

#[test]
fn only_the_office_signs_for_the_office() {
    let (document, _) = visit();
    let mut mine = document.clone();
    let id = FactId { actor: actor(1, 1), n: 1 };
    let posing = Fact { as_office: true, ..fact(ANNA, FactBody::Started) };
    let change = mine.write(actor(1, 1), Timestamp(1), &Edit { facts: vec![(id, posing)], puts: Vec::new() }).unwrap();
    assert_eq!(outcome(&document, &change, &anna()), Outcome::Refused(Refusal::NotAllowed));
}

#[test]
fn a_fact_is_never_written_over() {
    let (document, _) = visit();
    let mut mine = document.clone();
    let first = mine.write(actor(1, 1), Timestamp(1), &note(1)).unwrap();
    let id = FactId { actor: actor(1, 1), n: 1 };
    let other = Edit { facts: vec![(id, fact(ANNA, FactBody::Note { text: "nej".into() }))], puts: Vec::new() };
    let over = mine.write(actor(1, 1), Timestamp(2), &other).unwrap();
    let verdict = judge(document.id(), Some(document), &[&first.bytes, &over.bytes], &anna());
    assert_eq!(verdict.outcomes[1], Outcome::Refused(Refusal::Operation));
}

#[test]
fn what_clashes_is_overwritten_only_with_a_choice() {
    let (document, _) = visit();
    let (mut one, mut other) = (document.clone(), document.clone());
    let first = one.write(actor(9, 2), Timestamp(1), &when(10)).unwrap();
    let second = other.write(actor(9, 3), Timestamp(1), &when(20)).unwrap();
    let both = judge(document.id(), Some(document), &[&first.bytes, &second.bytes], &eva()).document.unwrap();
    assert!(both.content().plan["when"].is_clash());

    let silent = both.clone().write(actor(9, 4), Timestamp(2), &when(10)).unwrap();
    assert_eq!(outcome(&both, &silent, &eva()), Outcome::Refused(Refusal::Operation));

    // Either side, the one that is shown already too.
    for start in [10, 20] {
        let chosen = json!({ "start": start, "minutes": 30 });
        let body = FactBody::Chosen { register: "when".into(), values: Vec::new(), who: Vec::new(), chosen };
        let id = FactId { actor: actor(9, 4), n: 1 };
        let told = Edit { facts: vec![(id, fact(EVA, body))], ..when(start) };
        let change = both.clone().write(actor(9, 4), Timestamp(2), &told).unwrap();
        assert_eq!(crate::read_change(&change.bytes).unwrap().edit.puts, told.puts, "{start}");
        let verdict = judge(both.id(), Some(both.clone()), &[&change.bytes], &eva());
        assert!(matches!(verdict.outcomes[0], Outcome::Accepted(_)), "{start}");
        assert_eq!(verdict.document.unwrap().content().plan["when"].values.len(), 1);
        let silent = both.clone().write(actor(9, 4), Timestamp(2), &when(start)).unwrap();
        assert_eq!(outcome(&both, &silent, &eva()), Outcome::Refused(Refusal::Operation), "{start}");
    }
}

#[test]
fn a_value_that_stands_is_never_deleted() {
    let (document, _) = visit();
    let (mut one, mut other) = (document.clone(), document.clone());
    let first = one.write(actor(9, 2), Timestamp(1), &when(10)).unwrap();
    let second = other.write(actor(9, 3), Timestamp(1), &when(20)).unwrap();
    let both = judge(document.id(), Some(document.clone()), &[&first.bytes, &second.bytes], &eva()).document.unwrap();
    for before in [document, both] {
        let mut automerge = before.automerge.clone().with_actor(actor(9, 4).0.into());
        let mut tx = automerge.transaction();
        tx.delete(&before.plan, "when").unwrap();
        let hash = tx.commit().0.unwrap();
        let bytes = automerge.get_change_by_hash(&hash).unwrap().raw_bytes().to_vec();
        let change = Change { hash: ChangeHash(hash.0), bytes };
        assert_eq!(outcome(&before, &change, &eva()), Outcome::Refused(Refusal::Operation));
    }
}

#[test]
fn a_change_whose_dependency_is_missing_waits() {
    let (document, _) = visit();
    let mut mine = document.clone();
    mine.write(actor(1, 1), Timestamp(1), &note(1)).unwrap();
    let second = mine.write(actor(1, 1), Timestamp(2), &note(2)).unwrap();
    assert_eq!(outcome(&document, &second, &anna()), Outcome::Later(Later::MissingDependency));
}

#[test]
fn a_session_that_forks_itself_is_refused() {
    let (document, _) = visit();
    let (mut one, mut restored) = (document.clone(), document.clone());
    let first = one.write(actor(1, 1), Timestamp(1), &note(1)).unwrap();
    let again = restored.write(actor(1, 1), Timestamp(2), &note(2)).unwrap();
    let verdict = judge(document.id(), Some(document), &[&first.bytes, &again.bytes], &anna());
    assert_eq!(verdict.outcomes[1], Outcome::Refused(Refusal::Actor));
}

#[test]
fn a_second_beginning_and_anothers_beginning_are_refused() {
    let (document, _) = visit();
    let (_, other) =
        Document::begin(actor(9, 2), Timestamp(1), &Genesis { kind: Kind::Visit, nonce: [8; 16], plan: Vec::new() })
            .unwrap();
    assert_eq!(outcome(&document, &other, &eva()), Outcome::Refused(Refusal::History));
    let stolen = judge(document.id(), None, &[&other.bytes], &eva());
    assert_eq!(stolen.outcomes[0], Outcome::Refused(Refusal::History));
}

#[test]
fn a_forged_counter_or_sequence_is_refused() {
    let (document, _) = visit();
    let change = document.clone().write(actor(1, 1), Timestamp(1), &note(1)).unwrap();
    let forge = |alter: &dyn Fn(&mut automerge::ExpandedChange)| {
        let mut expanded = automerge::Change::from_bytes(change.bytes.clone()).unwrap().decode();
        alter(&mut expanded);
        expanded.hash = None;
        let forged: automerge::Change = expanded.into();
        Change { hash: ChangeHash(forged.hash().0), bytes: forged.raw_bytes().to_vec() }
    };
    let high = forge(&|change| change.start_op = std::num::NonZeroU64::new(1_000_000_000).unwrap());
    assert_eq!(outcome(&document, &high, &anna()), Outcome::Refused(Refusal::History));
    let message = forge(&|change| change.message = Some("x".repeat(100)));
    assert_eq!(outcome(&document, &message, &anna()), Outcome::Refused(Refusal::Malformed));
    let extra = forge(&|change| change.extra_bytes = vec![1; 10]);
    assert_eq!(outcome(&document, &extra, &anna()), Outcome::Refused(Refusal::Malformed));
    let skipped = forge(&|change| change.seq = 2);
    assert_eq!(outcome(&document, &skipped, &anna()), Outcome::Later(Later::MissingDependency));
}

#[test]
fn operations_outside_the_two_parts_are_refused() {
    use automerge::transaction::Transactable;
    let (document, _) = visit();
    let mut mine = document.automerge.clone().with_actor(actor(9, 5).0.into());
    let mut write = |run: &dyn Fn(&mut automerge::transaction::Transaction<'_>)| {
        let mut copy = mine.clone();
        let mut tx = copy.transaction();
        run(&mut tx);
        tx.commit();
        let change = copy.get_last_local_change().unwrap();
        mine.set_actor(actor(9, 5).0.into());
        Change { hash: ChangeHash(change.hash().0), bytes: change.raw_bytes().to_vec() }
    };
    let root = write(&|tx| tx.put(automerge::ROOT, "kind", "draft").unwrap());
    assert_eq!(outcome(&document, &root, &eva()), Outcome::Refused(Refusal::Operation));
    let delete = write(&|tx| tx.delete(&document.plan, "when").unwrap());
    assert_eq!(outcome(&document, &delete, &eva()), Outcome::Refused(Refusal::Operation));
    let nested = write(&|tx| drop(tx.put_object(&document.plan, "x", automerge::ObjType::Map).unwrap()));
    assert_eq!(outcome(&document, &nested, &eva()), Outcome::Refused(Refusal::Operation));
    let counter = write(&|tx| tx.put(&document.plan, "x", automerge::ScalarValue::counter(1)).unwrap());
    assert_eq!(outcome(&document, &counter, &eva()), Outcome::Refused(Refusal::Operation));
}

#[test]
fn values_of_the_wrong_shape_are_refused() {
    let (document, _) = visit();
    let wrong = Edit { facts: Vec::new(), puts: vec![("when".into(), json!({ "start": "soon" }))] };
    let change = document.clone().write(actor(9, 2), Timestamp(1), &wrong).unwrap();
    assert_eq!(outcome(&document, &change, &eva()), Outcome::Refused(Refusal::Shape));
    let long = Edit { facts: Vec::new(), puts: vec![("when".into(), json!({ "start": 1, "minutes": 100_000 }))] };
    let change = document.clone().write(actor(9, 2), Timestamp(1), &long).unwrap();
    assert_eq!(outcome(&document, &change, &eva()), Outcome::Refused(Refusal::Shape));
}

#[test]
fn a_fact_of_a_time_that_no_calendar_has_is_refused() {
    let (document, _) = visit();
    let id = FactId { actor: actor(1, 1), n: 1 };
    let late =
        |beyond| FactBody::Late { expected: Timestamp(beyond), reason: LateReason::PreviousVisit, text: String::new() };
    for beyond in [i64::MAX, i64::MIN, -1, 8_210_266_876_799, Timestamp::MAX.0 + 1] {
        let stated = Fact { at: Timestamp(beyond), ..fact(ANNA, FactBody::Started) };
        for fact in [stated, fact(ANNA, late(beyond))] {
            let edit = Edit { facts: vec![(id, fact)], puts: Vec::new() };
            let change = document.clone().write(actor(1, 1), Timestamp(1), &edit).unwrap();
            assert_eq!(outcome(&document, &change, &anna()), Outcome::Refused(Refusal::Shape), "{beyond}");
        }
    }
}

#[test]
fn bytes_that_are_no_change_are_refused() {
    let (document, genesis) = visit();
    let mut trailing = genesis.bytes.clone();
    trailing.push(0);
    for bytes in [Vec::new(), vec![0; 100], document.save(), trailing] {
        let verdict = judge(document.id(), Some(document.clone()), &[&bytes], &anna());
        assert_eq!(verdict.outcomes[0], Outcome::Refused(Refusal::Malformed));
    }
    let long = vec![1; CHANGE_BYTES_MAX + 1];
    let verdict = judge(document.id(), Some(document), &[&long], &anna());
    assert_eq!(verdict.outcomes[0], Outcome::Refused(Refusal::TooMuch));
}

#[test]
fn a_kind_of_a_newer_version_waits() {
    let (document, genesis) = Document::begin(
        actor(9, 2),
        Timestamp(1),
        &Genesis { kind: Kind::Unknown("alarm".into()), nonce: [8; 16], plan: Vec::new() },
    )
    .unwrap();
    let verdict = judge(document.id(), None, &[&genesis.bytes], &eva());
    assert_eq!(verdict.outcomes[0], Outcome::Later(Later::UnknownKind));
}

#[test]
fn a_fact_of_a_newer_version_waits() {
    let (document, _) = visit();
    let mut mine = document.clone();
    let id = FactId { actor: actor(1, 1), n: 1 };
    let body = FactBody::Unknown { kind: "weighed".into(), fields: serde_json::Map::new() };
    let newer = mine.write(actor(1, 1), Timestamp(1), &Edit { facts: vec![(id, fact(ANNA, body))], puts: Vec::new() });
    assert_eq!(outcome(&document, &newer.unwrap(), &anna()), Outcome::Later(Later::UnknownKind));
}
