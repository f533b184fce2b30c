//! Chunks built to cost much or to break what comes after. Each is refused for good, and good work beside it passes.

use rundan_documents::gate::{Author, Budget, DEPENDENCIES_MAX, Outcome, Refusal, Stored, judge};
use rundan_documents::{Change, Document, Edit, Genesis};
use rundan_model::policy::Standing;
use rundan_model::{ActorId, Kind, PersonId, Role, Timestamp, VaultId};
use rundan_tests::chunks::{self, Forged, seal, signed, unsigned};
use serde_json::json;

/// A number that a run-length code writes in a few bytes.
const MANY: i64 = 3_000_000;

fn planner() -> Author {
    let standing = Standing { roles: [Role::Planner].into(), ..Standing::default() };
    Author { vault: VaultId([9; 8]), person: PersonId([9; 8]), standing, stored: Stored::default() }
}

fn session() -> ActorId {
    ActorId::new(VaultId([9; 8]), [2; 8])
}

fn visit() -> Document {
    let plan = vec![("when".to_owned(), json!({ "start": 1, "minutes": 30 }))];
    let genesis = Genesis { kind: Kind::Visit, nonce: [7; 16], plan };
    Document::begin(ActorId::new(VaultId([9; 8]), [1; 8]), Timestamp(1), &genesis).unwrap().0
}

fn honest(document: &Document) -> Change {
    let edit = Edit { facts: Vec::new(), puts: vec![("when".into(), json!({ "start": 9, "minutes": 30 }))] };
    document.clone().write(session(), Timestamp(2), &edit).unwrap()
}

/// An entry repeated, or alone: Automerge writes what stands once as a literal.
fn repeated(times: i64, entry: &[u8]) -> Vec<u8> {
    let mut column = Vec::new();
    signed(&mut column, if times == 1 { -1 } else { times });
    column.extend_from_slice(entry);
    column
}

/// A change that puts one null, written by hand.
fn forged(document: &Document) -> Forged {
    Forged {
        deps: document.heads().iter().map(|hash| hash.0).collect(),
        actor: session().0.to_vec(),
        sequence: 1,
        start: 7,
        time: 2,
        message: Vec::new(),
        others: vec![ActorId::new(VaultId([9; 8]), [1; 8]).0.to_vec()],
        columns: vec![
            (0x01, repeated(1, &[1])),
            (0x02, repeated(1, &[4])),
            (0x15, repeated(1, b"\x04note")),
            (0x34, vec![1]),
            (0x42, repeated(1, &[1])),
            (0x56, repeated(1, &[0])),
            (0x70, repeated(1, &[0])),
        ],
        extra: Vec::new(),
    }
}

/// Judges bytes with good work after them in the same push.
fn refusal(bytes: &[u8]) -> Refusal {
    let document = visit();
    let good = honest(&document);
    let verdict = judge(document.id(), Some(document), &[bytes, &good.bytes], &planner(), &mut Budget::default());
    assert!(matches!(verdict.outcomes[1], Outcome::Accepted(_)), "good work waits: {:?}", verdict.outcomes[1]);
    match verdict.outcomes[0] {
        Outcome::Refused(refusal) => refusal,
        ref other => panic!("{other:?}"),
    }
}

fn with(alter: impl FnOnce(&mut Forged)) -> Vec<u8> {
    let mut change = forged(&visit());
    alter(&mut change);
    change.seal()
}

fn column(specification: u32, bytes: Vec<u8>) -> Vec<u8> {
    with(|change| {
        change.columns.retain(|(other, _)| *other != specification);
        change.columns.push((specification, bytes));
        change.columns.sort_by_key(|(specification, _)| *specification);
    })
}

#[test]
fn the_change_written_by_hand_is_understood() {
    let document = visit();
    let bytes = forged(&document).seal();
    let verdict = judge(document.id(), Some(document), &[&bytes], &planner(), &mut Budget::default());
    // It puts null where nothing stands, into an unknown register: no harm, or the other tests would prove nothing.
    assert!(matches!(verdict.outcomes[0], Outcome::Accepted(_)), "{:?}", verdict.outcomes[0]);
}

#[test]
fn a_second_way_to_write_the_same_is_refused() {
    // A run of one where a literal stands: Automerge takes it, and can never load what it saves of it.
    let run_of_one = vec![1, 1];
    assert_eq!(refusal(&column(0x42, run_of_one)), Refusal::Breaks);
}

#[test]
fn a_hundred_bytes_that_name_millions_of_operations_are_refused() {
    let bomb = with(|change| {
        change.columns = vec![
            (0x34, {
                let mut column = Vec::new();
                unsigned(&mut column, MANY as u64);
                column
            }),
            (0x42, repeated(MANY, &[1])),
            (0x56, repeated(MANY, &[0])),
            (0x70, repeated(MANY, &[0])),
        ];
    });
    assert!(bomb.len() < 200);
    assert_eq!(refusal(&bomb), Refusal::TooMuch);
}

#[test]
fn a_run_in_any_column_is_counted() {
    for specification in [0x01, 0x02, 0x42, 0x56, 0x70, 0x71, 0x73] {
        assert_eq!(refusal(&column(specification, repeated(MANY, &[0]))), Refusal::TooMuch, "{specification:#x}");
        let mut absent = vec![0];
        unsigned(&mut absent, MANY as u64);
        assert_eq!(refusal(&column(specification, absent)), Refusal::TooMuch, "{specification:#x}");
    }
    assert_eq!(refusal(&column(0x15, repeated(MANY, b"\x01a"))), Refusal::TooMuch);
}

#[test]
fn one_operation_with_millions_of_predecessors_is_refused() {
    let mut count = Vec::new();
    unsigned(&mut count, MANY as u64);
    assert_eq!(refusal(&column(0x70, repeated(1, &count))), Refusal::TooMuch);
}

#[test]
fn a_value_longer_than_its_column_is_refused() {
    let mut long = Vec::new();
    unsigned(&mut long, (u64::from(u32::MAX) << 4) | 6);
    assert_eq!(refusal(&column(0x56, repeated(1, &long))), Refusal::Malformed);
}

#[test]
fn a_deflated_change_or_column_is_never_inflated() {
    let mut deflated = Vec::new();
    let mut encoder = flate2::read::DeflateEncoder::new(&[0_u8; 10_000_000][..], flate2::Compression::best());
    std::io::Read::read_to_end(&mut encoder, &mut deflated).unwrap();
    assert!(deflated.len() < 20_000);
    assert_eq!(refusal(&seal(chunks::COMPRESSED, &deflated)), Refusal::Malformed);
    assert_eq!(refusal(&column(0x57 | 0b1000, deflated)), Refusal::Operation);
}

#[test]
fn a_document_that_inflates_without_end_is_not_loaded() {
    let mut deflated = Vec::new();
    let mut encoder = flate2::read::DeflateEncoder::new(&[0_u8; 20_000_000][..], flate2::Compression::best());
    std::io::Read::read_to_end(&mut encoder, &mut deflated).unwrap();
    let mut body = vec![0, 0, 1];
    unsigned(&mut body, 0x57 | 0b1000);
    unsigned(&mut body, deflated.len() as u64);
    body.push(0);
    body.extend_from_slice(&deflated);
    assert!(matches!(Document::load(&seal(chunks::DOCUMENT, &body)), Err(rundan_documents::LoadError::Unbounded)));
}

#[test]
fn only_a_change_comes_where_a_change_is_expected() {
    let document = visit();
    let change = honest(&document);
    let body = chunks::body(&change.bytes).to_vec();
    for kind in [chunks::DOCUMENT, chunks::COMPRESSED, chunks::BUNDLE, 4, 255] {
        assert_eq!(refusal(&seal(kind, &body)), Refusal::Malformed, "{kind}");
    }
    assert_eq!(refusal(&document.save()), Refusal::Malformed);
    let twice = [change.bytes.clone(), change.bytes.clone()].concat();
    assert_eq!(refusal(&twice), Refusal::Malformed);
}

#[test]
fn a_counter_near_its_end_is_refused() {
    for start in [u64::from(u32::MAX) - 1, u64::from(u32::MAX), u64::MAX] {
        assert_eq!(refusal(&with(|change| change.start = start)), Refusal::History);
    }
    assert_eq!(refusal(&with(|change| change.start = 0)), Refusal::History);
    assert_eq!(refusal(&with(|change| change.start = 8)), Refusal::History);
}

#[test]
fn what_nobody_reads_is_not_kept() {
    let much = vec![b'x'; 200_000];
    assert_eq!(refusal(&with(|change| change.message = much.clone())), Refusal::Malformed);
    assert_eq!(refusal(&with(|change| change.message = b"x".to_vec())), Refusal::Malformed);
    assert_eq!(refusal(&with(|change| change.extra = much.clone())), Refusal::Malformed);
    assert_eq!(refusal(&with(|change| change.extra = vec![0])), Refusal::Malformed);
}

#[test]
fn an_actor_is_a_session_and_nothing_else() {
    assert_eq!(refusal(&with(|change| change.actor = vec![9; 40_000])), Refusal::Actor);
    assert_eq!(refusal(&with(|change| change.actor = Vec::new())), Refusal::Actor);
    assert_eq!(refusal(&with(|change| change.others = vec![vec![9; 40_000]])), Refusal::Actor);
    assert_eq!(refusal(&with(|change| change.others = vec![vec![9; 16]; 5_000])), Refusal::TooMuch);
    let anothers = ActorId::new(VaultId([8; 8]), [2; 8]);
    assert_eq!(refusal(&with(|change| change.actor = anothers.0.to_vec())), Refusal::Actor);
}

#[test]
fn counts_that_lie_are_refused() {
    assert_eq!(refusal(&with(|change| change.deps = vec![[1; 32]; DEPENDENCIES_MAX + 1])), Refusal::TooMuch);
    let body = chunks::body(&forged(&visit()).seal()).to_vec();
    for count in [u64::from(u32::MAX), u64::MAX] {
        let mut lying = Vec::new();
        unsigned(&mut lying, count);
        lying.extend_from_slice(&body[1..]);
        assert_eq!(refusal(&seal(chunks::CHANGE, &lying)), Refusal::TooMuch);
    }
    assert_eq!(refusal(&with(|change| change.columns = vec![(0x42, vec![1]); 100])), Refusal::TooMuch);
    assert_eq!(refusal(&with(|change| change.columns = Vec::new())), Refusal::Malformed);
}

#[test]
fn columns_of_lists_marks_and_what_is_unknown_are_refused() {
    for specification in [0x11, 0x13, 0x94, 0xa5, 0x1_0002] {
        assert_eq!(refusal(&column(specification, repeated(1, &[1]))), Refusal::Operation, "{specification:#x}");
    }
}

#[test]
fn a_time_beyond_the_calendar_is_refused() {
    for time in [i64::MAX, i64::MIN, -1] {
        assert_eq!(refusal(&with(|change| change.time = time)), Refusal::Malformed);
    }
}

#[test]
fn every_beginning_of_a_change_is_refused() {
    let bytes = honest(&visit()).bytes;
    for length in 0..bytes.len() {
        assert_eq!(refusal(&bytes[..length]), Refusal::Malformed, "{length}");
    }
}

#[test]
fn every_bit_of_the_checksum_counts() {
    let bytes = honest(&visit()).bytes;
    for bit in 0..96 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        refusal(&flipped);
    }
}
