//! How much one author, one vault and one request may bring. What is over is answered for itself, and others' work
//! passes. Work is counted, never timed.

use rundan_documents::gate::{
    Author, Budget, DOCUMENT_MAX, HEADS_OF_VAULT_MAX, Later, OPERATIONS_MAX, Outcome, Refusal, SHARE_MAX, Stored,
    WORK_MAX, judge,
};
use rundan_documents::{Change, Document, Edit, Genesis};
use rundan_model::policy::{Relation, Standing};
use rundan_model::{ActionId, ActorId, Fact, FactBody, FactId, Kind, PersonId, Role, Timestamp, VaultId};
use rundan_tests::chunks::{Forged, signed, unsigned};
use serde_json::{Value as Json, json};

const ANNA: u8 = 1;
const BODIL: u8 = 2;
const EVA: u8 = 9;

fn session(vault: u8, n: u8) -> ActorId {
    ActorId::new(VaultId([vault; 8]), [n; 8])
}

fn author(vault: u8) -> Author {
    let relation = Relation { in_scope: true, began: true, ..Relation::default() };
    let role = if vault == EVA { Role::Planner } else { Role::Carer };
    let standing = Standing { roles: [role].into(), relation, is_server: false };
    Author { vault: VaultId([vault; 8]), person: PersonId([vault; 8]), standing, stored: Stored::default() }
}

fn begun(kind: Kind, vault: u8) -> (Document, Change) {
    let genesis = Genesis { kind, nonce: [7; 16], plan: Vec::new() };
    Document::begin(session(vault, 1), Timestamp(1), &genesis).unwrap()
}

fn visit() -> Document {
    begun(Kind::Visit, EVA).0
}

fn fact(session: ActorId, n: u32, body: FactBody) -> Edit {
    let fact = Fact::stated(PersonId(session.vault().0), Timestamp(5), ActionId([1; 8]), body);
    Edit { facts: vec![(FactId { actor: session, n }, fact)], puts: Vec::new() }
}

fn note(session: ActorId, n: u32) -> Edit {
    fact(session, n, FactBody::Note { text: "Åt bra.".into() })
}

fn judged(document: &Document, changes: &[&Change], author: &Author) -> (Vec<Outcome>, Document) {
    let pushed: Vec<&[u8]> = changes.iter().map(|change| change.bytes.as_slice()).collect();
    let verdict = judge(document.id(), Some(document.clone()), &pushed, author, &mut Budget::default());
    (verdict.outcomes, verdict.document.unwrap())
}

fn is_accepted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Accepted(_))
}

fn repeated(times: i64, entry: &[u8]) -> Vec<u8> {
    let mut column = Vec::new();
    signed(&mut column, if times == 1 { -1 } else { times });
    column.extend_from_slice(entry);
    column
}

/// A change of the planner's that puts nulls, written by hand as runs.
fn puts(document: &Document, operations: i64, time: i64) -> Forged {
    let mut inserts = Vec::new();
    unsigned(&mut inserts, operations as u64);
    Forged {
        deps: document.heads().iter().map(|hash| hash.0).collect(),
        actor: session(EVA, 2).0.to_vec(),
        sequence: 1,
        start: 6,
        time,
        message: Vec::new(),
        others: vec![session(EVA, 1).0.to_vec()],
        columns: vec![
            (0x01, repeated(operations, &[1])),
            (0x02, repeated(operations, &[4])),
            (0x15, repeated(operations, b"\x04note")),
            (0x34, inserts),
            (0x42, repeated(operations, &[1])),
            (0x56, repeated(operations, &[0])),
            (0x70, repeated(operations, &[0])),
        ],
        extra: Vec::new(),
    }
}

/// Many honest changes of one session.
fn much_work(document: &Document, count: u32) -> Vec<Change> {
    let mut mine = document.clone();
    let actor = session(EVA, 3);
    let write = |n| mine.write(actor, Timestamp(2), &note(actor, n)).unwrap();
    (1..=count).map(write).collect()
}

#[test]
fn one_that_breaks_the_document_is_searched_for_by_halves() {
    let document = visit();
    let work = much_work(&document, 1_000);
    let mut pushed: Vec<&[u8]> = work.iter().map(|change| change.bytes.as_slice()).collect();
    let mut budget = Budget::default();
    let clean = judge(document.id(), Some(document.clone()), &pushed, &author(EVA), &mut budget);
    assert!(clean.outcomes.iter().all(is_accepted), "{:?}", clean.outcomes.iter().find(|told| !is_accepted(told)));
    let spent_on_honest = budget.spent();

    // A run of one where a literal stands: Automerge takes it, and can never load what it saves of it.
    let mut breaker = puts(&document, 1, 2);
    breaker.columns[4].1 = vec![1, 1];
    let breaker = breaker.seal();
    for place in [0, 1, 500, 777, 1_000] {
        pushed.insert(place, &breaker);
        let mut budget = Budget::default();
        let verdict = judge(document.id(), Some(document.clone()), &pushed, &author(EVA), &mut budget);
        pushed.remove(place);
        assert_eq!(verdict.outcomes[place], Outcome::Refused(Refusal::Breaks), "at {place}");
        assert_eq!(verdict.outcomes.iter().filter(|told| is_accepted(told)).count(), 1_000, "at {place}");
        assert_eq!(verdict.document.unwrap().heads(), clean.document.as_ref().unwrap().heads());
        // One by one it would be five hundred times as much.
        assert!(budget.spent() < 20 * spent_on_honest, "{} at {place}", budget.spent());
    }
}

#[test]
fn many_changes_that_name_many_operations_cost_no_more_than_a_budget() {
    let document = visit();
    let many = i64::try_from(OPERATIONS_MAX).unwrap();
    // The same register again and again: each is read whole, and refused.
    let bombs: Vec<Vec<u8>> = (1..=400).map(|time| puts(&document, many, time).seal()).collect();
    assert!(bombs.iter().all(|bytes| bytes.len() < 250));
    let pushed: Vec<&[u8]> = bombs.iter().map(Vec::as_slice).collect();
    let mut budget = Budget::default();
    let verdict = judge(document.id(), Some(document.clone()), &pushed, &author(EVA), &mut budget);
    let refused = verdict.outcomes.iter().filter(|told| **told == Outcome::Refused(Refusal::Operation)).count();
    let later = verdict.outcomes.iter().filter(|told| **told == Outcome::Later(Later::Load)).count();
    assert!(refused > 0 && later > 0 && refused + later == pushed.len(), "{refused} {later}");
    assert!(budget.spent() <= WORK_MAX && (refused * 2 * OPERATIONS_MAX) as u64 <= WORK_MAX);
    assert_eq!(verdict.document.unwrap().heads(), document.heads());
}

#[test]
fn who_writes_on_what_she_wrote_looks_at_no_history() {
    let mut document = visit();
    let actor = session(EVA, 3);
    for n in 1..=500 {
        document.write(actor, Timestamp(2), &note(actor, n)).unwrap();
    }
    let next = document.clone().write(actor, Timestamp(2), &note(actor, 501)).unwrap();
    let mut budget = Budget::default();
    let verdict = judge(document.id(), Some(document), &[&next.bytes], &author(EVA), &mut budget);
    assert!(is_accepted(&verdict.outcomes[0]));
    // The document read and saved, the change judged and saved.
    let (changes, operations) = (501, 505);
    assert!(budget.spent() <= 2 * (changes + operations) + 10, "{}", budget.spent());
}

#[test]
fn what_a_budget_does_not_allow_comes_again_and_nothing_of_it_is_kept() {
    let document = visit();
    let work = much_work(&document, 20);
    let pushed: Vec<&[u8]> = work.iter().map(|change| change.bytes.as_slice()).collect();
    let nothing = judge(document.id(), Some(document.clone()), &pushed, &author(EVA), &mut Budget::new(3));
    assert!(nothing.outcomes.iter().all(|told| *told == Outcome::Later(Later::Load)));
    assert_eq!(nothing.document.unwrap().heads(), document.heads());
    let some = judge(document.id(), Some(document), &pushed, &author(EVA), &mut Budget::new(80));
    let taken = some.outcomes.iter().take_while(|told| is_accepted(told)).count();
    assert!(taken > 0 && taken < pushed.len(), "{taken}");
    assert!(some.outcomes[taken..].iter().all(|told| matches!(told, Outcome::Later(_))), "{:?}", some.outcomes);
    assert_eq!(some.document.unwrap().heads(), [work[taken - 1].hash]);
}

#[test]
fn one_vault_may_fill_its_share_and_another_still_writes() {
    let document = visit();
    let mut anna = author(ANNA);
    anna.stored = Stored { bytes: SHARE_MAX.bytes, bytes_of_vault: SHARE_MAX.bytes };
    let mut bodil = author(BODIL);
    bodil.stored = Stored { bytes: SHARE_MAX.bytes, bytes_of_vault: 0 };
    let write =
        |vault: u8| document.clone().write(session(vault, 1), Timestamp(2), &note(session(vault, 1), 1)).unwrap();
    assert_eq!(judged(&document, &[&write(ANNA)], &anna).0, [Outcome::Refused(Refusal::TooMuch)]);
    assert!(is_accepted(&judged(&document, &[&write(BODIL)], &bodil).0[0]));
    bodil.stored.bytes = DOCUMENT_MAX.bytes;
    assert_eq!(judged(&document, &[&write(BODIL)], &bodil).0, [Outcome::Refused(Refusal::TooMuch)]);
}

#[test]
fn operations_are_counted_for_each_vault() {
    let document = visit();
    let mut mine = document.clone();
    let mut write = |from: u32| {
        let puts = (from..from + 1_000).map(|n| (format!("x/{n}"), Json::Null)).collect();
        mine.write(session(EVA, 2), Timestamp(2), &Edit { facts: Vec::new(), puts }).unwrap()
    };
    let changes: Vec<Change> = (0..6).map(|n| write(n * 1_000)).collect();
    let (outcomes, filled) = judged(&document, &changes.iter().collect::<Vec<_>>(), &author(EVA));
    // Genesis is hers too.
    let taken = outcomes.iter().filter(|told| is_accepted(told)).count();
    assert_eq!(taken as u64, (SHARE_MAX.operations - 5) / 1_000, "{:?}", outcomes.last());
    assert_eq!(outcomes[taken], Outcome::Refused(Refusal::TooMuch));
    let note = filled.clone().write(session(ANNA, 1), Timestamp(3), &note(session(ANNA, 1), 1)).unwrap();
    assert!(is_accepted(&judged(&filled, &[&note], &author(ANNA)).0[0]));
}

#[test]
fn a_vault_that_writes_apart_from_itself_again_and_again_keeps_nobody_from_writing() {
    let document = visit();
    let apart: Vec<Change> = (1..=100)
        .map(|n| document.clone().write(session(ANNA, n), Timestamp(2), &note(session(ANNA, n), 1)).unwrap())
        .collect();
    let (outcomes, many) = judged(&document, &apart.iter().collect::<Vec<_>>(), &author(ANNA));
    assert_eq!(outcomes.iter().filter(|told| is_accepted(told)).count(), HEADS_OF_VAULT_MAX);
    assert_eq!(outcomes.last(), Some(&Outcome::Refused(Refusal::TooMuch)));
    // Who comes next names them all, and one head is left.
    let mut next = many.clone();
    let note_of = next.write(session(BODIL, 1), Timestamp(3), &note(session(BODIL, 1), 1)).unwrap();
    let (outcomes, one) = judged(&many, &[&note_of], &author(BODIL));
    assert!(is_accepted(&outcomes[0]), "{outcomes:?}");
    assert_eq!(one.heads().len(), 1);
    let again = one.clone().write(session(ANNA, 101), Timestamp(4), &note(session(ANNA, 101), 1)).unwrap();
    assert!(is_accepted(&judged(&one, &[&again], &author(ANNA)).0[0]));
}

#[test]
fn a_draft_is_its_authors_whole() {
    let (document, _) = begun(Kind::Draft, ANNA);
    let mut anna = author(ANNA);
    anna.stored = Stored { bytes: 2 * SHARE_MAX.bytes, bytes_of_vault: 2 * SHARE_MAX.bytes };
    let body = FactBody::Text { text: serde_json::from_value(json!({ "happened": "Hon föll." })).unwrap() };
    let text = fact(session(ANNA, 2), 1, body);
    let change = document.clone().write(session(ANNA, 2), Timestamp(2), &text).unwrap();
    assert!(is_accepted(&judged(&document, &[&change], &anna).0[0]));
}
