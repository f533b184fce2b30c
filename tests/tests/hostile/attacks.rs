//! Attacks on a document by somebody who may write in it: what she pushes is well-formed and signed, and would
//! change what another has said, or hide it.

use automerge::legacy::{Key, ObjectId, OpId, OpType};
use automerge::{ExpandedChange, ScalarValue};
use rundan_documents::gate::{Author, Budget, Later, Outcome, Refusal, Stored, judge};
use rundan_documents::{Change, Document, Edit, Genesis};
use rundan_model::policy::{Relation, Standing};
use rundan_model::{ActionId, ActorId, Fact, FactBody, FactId, Kind, PersonId, Role, Timestamp, VaultId};
use serde_json::json;

const CARER: PersonId = PersonId([1; 8]);
const PLANNER: PersonId = PersonId([9; 8]);
/// The operation of a genesis that makes the plan.
const PLAN: u64 = 4;
/// The operation of a genesis that makes the facts.
const FACTS: u64 = 5;

fn carers(session: u8) -> ActorId {
    ActorId::new(VaultId([1; 8]), [session; 8])
}

fn planners(session: u8) -> ActorId {
    ActorId::new(VaultId([9; 8]), [session; 8])
}

fn carer() -> Author {
    let relation = Relation { in_scope: true, ..Relation::default() };
    let standing = Standing { roles: [Role::Carer].into(), relation, is_server: false };
    Author { vault: VaultId([1; 8]), person: CARER, standing, stored: Stored::default() }
}

fn planner() -> Author {
    let standing = Standing { roles: [Role::Planner].into(), ..Standing::default() };
    Author { vault: VaultId([9; 8]), person: PLANNER, standing, stored: Stored::default() }
}

fn note(actor: ActorId, n: u32, text: &str) -> Edit {
    let fact = Fact::stated(
        if actor.vault() == VaultId([1; 8]) { CARER } else { PLANNER },
        Timestamp(5),
        ActionId([1; 8]),
        FactBody::Note { text: text.into() },
    );
    Edit { facts: vec![(FactId { actor, n }, fact)], puts: Vec::new() }
}

fn when(start: i64) -> Edit {
    Edit { facts: Vec::new(), puts: vec![("when".into(), json!({ "start": start, "minutes": 30 }))] }
}

/// A visit with a plan and a note of the carer's.
fn visit() -> (Document, Change) {
    let plan = vec![("when".to_owned(), json!({ "start": 1, "minutes": 30 })), ("recipient".to_owned(), json!("r"))];
    let genesis = Genesis { kind: Kind::Visit, nonce: [7; 16], plan };
    let (mut document, _) = Document::begin(planners(1), Timestamp(1), &genesis).unwrap();
    let first = document.write(carers(1), Timestamp(2), &note(carers(1), 1, "Allt väl.")).unwrap();
    (document, first)
}

/// An honest change, altered and sealed again under a valid checksum.
fn altered(change: &Change, alter: impl FnOnce(&mut ExpandedChange)) -> Vec<u8> {
    let mut expanded = automerge::Change::from_bytes(change.bytes.clone()).unwrap().decode();
    alter(&mut expanded);
    expanded.hash = None;
    automerge::Change::from(expanded).raw_bytes().to_vec()
}

/// What becomes of bytes pushed to a document, and that it is as it was and takes good work after them.
fn outcome(document: &Document, bytes: &[u8], author: &Author) -> Outcome {
    let before = document.content();
    let alone = judge(document.id(), Some(document.clone()), &[bytes], author, &mut Budget::default());
    assert!(alone.document.unwrap().content() == before, "something of it came through");
    let session = ActorId::new(author.vault, [77; 8]);
    let good = document.clone().write(session, Timestamp(9), &note(session, 1, "Gott.")).unwrap();
    let mut verdict =
        judge(document.id(), Some(document.clone()), &[bytes, &good.bytes], author, &mut Budget::default());
    assert!(matches!(verdict.outcomes[1], Outcome::Accepted(_)), "good work waits: {:?}", verdict.outcomes[1]);
    verdict.outcomes.remove(0)
}

fn genesis_of(document: &Document) -> automerge::ChangeHash {
    let changes = document.changes();
    automerge::ChangeHash(changes[0].hash.0)
}

#[test]
fn a_fact_forged_under_an_existing_id_with_stale_dependencies() {
    let (document, _) = visit();
    let beginning = genesis_of(&document);
    // The same session as if it had never written: its dependencies do not name its own first change.
    let again = document.clone().write(carers(1), Timestamp(3), &note(carers(1), 2, "Nej.")).unwrap();
    let forged = altered(&again, |change| {
        change.deps = vec![beginning];
        change.start_op = 8.try_into().unwrap();
        change.operations[0].key = Key::Map(FactId { actor: carers(1), n: 1 }.to_string().into());
    });
    assert_eq!(outcome(&document, &forged, &carer()), Outcome::Refused(Refusal::History));
    // Honest about its place, as if nothing stood there.
    let beside = altered(&again, |change| {
        change.operations[0].key = Key::Map(FactId { actor: carers(1), n: 1 }.to_string().into());
    });
    assert_eq!(outcome(&document, &beside, &carer()), Outcome::Refused(Refusal::Operation));
    // Another session of the same vault, honest about its place.
    let other = document.clone().write(carers(2), Timestamp(3), &note(carers(1), 1, "Nej.")).unwrap();
    assert_eq!(outcome(&document, &other.bytes, &carer()), Outcome::Refused(Refusal::Operation));
}

#[test]
fn a_second_beginning_that_hides_all_facts() {
    let (document, first) = visit();
    let rootless = altered(&first, |change| {
        change.deps.clear();
        change.start_op = 1.try_into().unwrap();
        change.actor_id = carers(3).0.into();
        change.operations[0].obj = ObjectId::Root;
        change.operations[0].key = Key::Map("facts".into());
        change.operations[0].action = OpType::Make(automerge::ObjType::Map);
    });
    assert_eq!(outcome(&document, &rootless, &carer()), Outcome::Refused(Refusal::History));
    // Honest about its place, over the part that is there and beside it.
    let parts = OpId(FACTS, planners(1).0.into());
    for predecessors in [vec![parts], Vec::new()] {
        let next = document.clone().write(carers(1), Timestamp(3), &note(carers(1), 2, "Nej.")).unwrap();
        let hidden = altered(&next, |change| {
            change.operations[0].obj = ObjectId::Root;
            change.operations[0].key = Key::Map("facts".into());
            change.operations[0].action = OpType::Make(automerge::ObjType::Map);
            change.operations[0].pred = predecessors.into_iter().collect();
        });
        assert_eq!(outcome(&document, &hidden, &carer()), Outcome::Refused(Refusal::Operation));
    }
}

#[test]
fn a_predecessor_in_another_object_or_on_another_key() {
    let (document, _) = visit();
    let own = |counter| OpId(counter, planners(1).0.into());
    let notes = OpId(8, carers(1).0.into());
    // The kind, the part itself, the other register, and the carer's fact.
    for elsewhere in [own(1), own(PLAN), own(7), notes.clone()] {
        let put = document.clone().write(planners(2), Timestamp(3), &when(9)).unwrap();
        for keep in [true, false] {
            let reaching = altered(&put, |change| {
                let kept = change.operations[0].pred.iter().filter(|_| keep).cloned();
                change.operations[0].pred = kept.chain([elsewhere.clone()]).collect();
            });
            assert_eq!(outcome(&document, &reaching, &planner()), Outcome::Refused(Refusal::Operation));
        }
    }
    let fact = document.clone().write(carers(1), Timestamp(3), &note(carers(1), 2, "Nej.")).unwrap();
    for elsewhere in [own(6), notes] {
        let over = altered(&fact, |change| change.operations[0].pred = [elsewhere.clone()].into_iter().collect());
        assert_eq!(outcome(&document, &over, &carer()), Outcome::Refused(Refusal::Operation));
    }
}

#[test]
fn a_delete_beside_a_concurrent_put() {
    let (document, _) = visit();
    let put = document.clone().write(planners(3), Timestamp(3), &when(20)).unwrap();
    let deleted = altered(&document.clone().write(planners(2), Timestamp(3), &when(9)).unwrap(), |change| {
        change.operations[0].action = OpType::Delete;
    });
    let verdict =
        judge(document.id(), Some(document.clone()), &[&put.bytes, &deleted], &planner(), &mut Budget::default());
    assert!(matches!(verdict.outcomes[0], Outcome::Accepted(_)));
    assert_eq!(verdict.outcomes[1], Outcome::Refused(Refusal::Operation));
    assert!(!verdict.document.unwrap().content().plan["when"].is_clash());

    let hidden =
        altered(&document.clone().write(carers(1), Timestamp(3), &note(carers(1), 2, "Nej.")).unwrap(), |change| {
            change.operations[0].key = Key::Map(FactId { actor: carers(1), n: 1 }.to_string().into());
            change.operations[0].action = OpType::Delete;
            change.operations[0].pred = [OpId(8, carers(1).0.into())].into_iter().collect();
        });
    assert_eq!(outcome(&document, &hidden, &carer()), Outcome::Refused(Refusal::Operation));
}

#[test]
fn a_counter_as_a_fact() {
    let (document, _) = visit();
    let honest = document.clone().write(carers(1), Timestamp(3), &note(carers(1), 2, "Nej.")).unwrap();
    let counter = altered(&honest, |change| change.operations[0].action = OpType::Put(ScalarValue::counter(1)));
    assert_eq!(outcome(&document, &counter, &carer()), Outcome::Refused(Refusal::Operation));
    let counted = altered(&honest, |change| {
        change.operations[0].key = Key::Map(FactId { actor: carers(1), n: 1 }.to_string().into());
        change.operations[0].action = OpType::Increment(1);
        change.operations[0].pred = [OpId(8, carers(1).0.into())].into_iter().collect();
    });
    assert_eq!(outcome(&document, &counted, &carer()), Outcome::Refused(Refusal::Operation));
}

#[test]
fn a_second_change_whose_dependencies_skip_the_first() {
    let (document, first) = visit();
    let beginning = genesis_of(&document);
    let second = document.clone().write(carers(1), Timestamp(3), &note(carers(1), 2, "Nej.")).unwrap();
    let skipping = altered(&second, |change| {
        change.deps = vec![beginning];
        change.start_op = 8.try_into().unwrap();
    });
    assert_eq!(outcome(&document, &skipping, &carer()), Outcome::Refused(Refusal::History));
    // Both named, although the first lies before the second.
    let twice = altered(&second, |change| {
        change.deps = vec![beginning, automerge::ChangeHash(first.hash.0)];
    });
    assert_eq!(outcome(&document, &twice, &carer()), Outcome::Refused(Refusal::History));
}

#[test]
fn orphans_are_never_kept() {
    let (document, first) = visit();
    for n in 0..200_u8 {
        let orphan = altered(&first, |change| {
            change.deps = vec![automerge::ChangeHash([n; 32])];
            change.actor_id = carers(100).0.into();
        });
        let verdict = judge(document.id(), Some(document.clone()), &[&orphan], &carer(), &mut Budget::default());
        assert_eq!(verdict.outcomes, [Outcome::Later(Later::MissingDependency)]);
        assert_eq!(verdict.document.unwrap().save(), document.save());
    }
}
