//! Golden bytes: the CBOR of one message of each kind. They change only with the protocol's version.

use ciborium::Value as Cbor;
use rundan_model::{ChangeHash, Day, DocumentId, PersonId, Role, ServerId, Timestamp, UnitId, VaultId};
use serde::{Serialize, de::DeserializeOwned};
use serde_bytes::ByteBuf;

use crate::columns::{self, ChangeRecord};
use crate::message::*;
use crate::{Chain, Digest, HintToken, PublicKey, ReceiptMac, wire};

fn assert_golden<M: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(message: &M, fixture: &str) {
    let bytes = wire::to_cbor(message).unwrap();
    assert_eq!(hex::encode(&bytes), fixture.trim());
    assert_eq!(&wire::from_cbor::<M>(&bytes).unwrap(), message);
    let mut newer: Cbor = wire::from_cbor(&bytes).unwrap();
    add_fields(&mut newer);
    let newer = wire::to_cbor(&newer).unwrap();
    assert_ne!(newer, bytes);
    assert_eq!(&wire::from_cbor::<M>(&newer).unwrap(), message, "what a newer version adds is passed over");
}

/// Adds a field that this version does not know to every record; a map of one key may be a variant's name.
fn add_fields(value: &mut Cbor) {
    match value {
        Cbor::Map(entries) => {
            entries.iter_mut().for_each(|(_, value)| add_fields(value));
            if entries.len() > 1 {
                entries.push((Cbor::Text("newer".into()), Cbor::Array(vec![Cbor::Bool(true)])));
            }
        }
        Cbor::Array(values) => values.iter_mut().for_each(add_fields),
        _ => {}
    }
}

const UNIT: UnitId = UnitId([0x11; 16]);
const DOCUMENT: DocumentId = DocumentId([0x22; 16]);
const CURSOR: Cursor = Cursor { seq: 300, chain: Chain([0x33; 32]) };

fn receipt() -> Receipt {
    Receipt { document: DOCUMENT, seq: 299, heads: vec![ChangeHash([0x44; 32])], mac: ReceiptMac([0x55; 16]) }
}

fn columns() -> ByteBuf {
    ByteBuf::from(columns::encode(&[ChangeRecord {
        seq: 299,
        received_at: Timestamp(1_780_000_000),
        vault: VaultId([0x66; 8]),
        person: PersonId([0x77; 8]),
    }]))
}

#[test]
fn sync_request() {
    let stream = StreamRequest {
        unit: UNIT,
        cursor: Some(CURSOR),
        told: Some(Cursor { seq: 301, ..CURSOR }),
        page: Some(PagePosition { head: CURSOR, position: 64 }),
        push: vec![PushDocument { document: DOCUMENT, changes: vec![ByteBuf::from([1, 2, 3])] }],
        held: Some(vec![HeldDocument(DOCUMENT, HeadsHash([0x88; 8]))]),
        offers: vec![Offer { receipt: receipt(), columns: columns(), changes: vec![ByteBuf::from([4])] }],
        heard_since: Some(Timestamp(1_780_000_000)),
    };
    let request = SyncRequest { version: 1, schema: 1, streams: vec![stream, StreamRequest::new(UNIT, None)] };
    assert_golden(&request, include_str!("golden/sync_request.hex"));
}

#[test]
fn sync_answer() {
    let stream = StreamAnswer {
        unit: UNIT,
        state: StreamState::Open,
        results: vec![vec![
            PushResult::Accepted(300, Timestamp(1_780_000_001)),
            PushResult::Already(12, Timestamp(1_780_000_000)),
            PushResult::Refused("role".into()),
            PushResult::Depends,
            PushResult::Later(LATER_DEPENDENCY.into()),
        ]],
        offered: Vec::new(),
        seals: Vec::new(),
        wanted: None,
        roles: vec![Role::Carer, Role::UnitHead],
        items: vec![
            Item::Leave(DOCUMENT),
            Item::Whole { receipt: receipt(), document: ByteBuf::from([5, 6]), columns: columns() },
            Item::Changes { receipt: receipt(), changes: vec![ByteBuf::from([7])], columns: columns() },
        ],
        head: Some(CURSOR),
        latest: None,
        more: Some(3),
        documents: 9,
        digest: Some(Digest([0x99; 16])),
        day: 20_600,
        backed_up: 17,
        office_has: 280,
        heard: vec![HeardPerson(PersonId([0x77; 8]), Timestamp(1_780_000_000))],
    };
    let answer = SyncAnswer {
        version: 1,
        schema: 1,
        server_time: Timestamp(1_780_000_002),
        hint: HintToken([0xaa; 32]),
        streams: vec![stream, StreamAnswer::bare(UNIT, StreamState::Forked)],
    };
    assert_golden(&answer, include_str!("golden/sync_answer.hex"));
}

/// An answer without `schema`, as the fields are named on the wire.
#[derive(serde::Serialize)]
struct SilentAnswer {
    v: u16,
    t: Timestamp,
    h: HintToken,
    u: Vec<StreamAnswer>,
}

#[test]
fn a_server_that_announces_no_schema_takes_the_first() {
    let silent = SilentAnswer { v: 1, t: Timestamp(1_780_000_002), h: HintToken([0xaa; 32]), u: Vec::new() };
    let answer: SyncAnswer = wire::from_cbor(&wire::to_cbor(&silent).unwrap()).unwrap();
    assert_eq!(answer.schema, 1);
}

#[test]
fn sync_answer_to_a_vault_of_another_log() {
    let stream = StreamAnswer {
        offered: vec![vec![PushResult::Accepted(301, Timestamp(1_780_000_000)), PushResult::Refused("receipt".into())]],
        seals: vec![Some(ReceiptMac([0x55; 16]))],
        wanted: Some(vec![DOCUMENT]),
        ..StreamAnswer::bare(UNIT, StreamState::Forked)
    };
    let answer = SyncAnswer {
        version: 1,
        schema: 1,
        server_time: Timestamp(1_780_000_002),
        hint: HintToken([0xaa; 32]),
        streams: vec![stream],
    };
    assert_golden(&answer, include_str!("golden/sync_answer_forked.hex"));
}

#[test]
fn sync_answer_that_tells_the_end_of_the_log() {
    let latest = Some(CURSOR);
    let forked = StreamAnswer { latest, ..StreamAnswer::bare(UNIT, StreamState::Forked) };
    let earlier = Cursor { seq: CURSOR.seq - 1, ..CURSOR };
    let open = StreamAnswer { head: Some(earlier), latest, ..StreamAnswer::bare(UNIT, StreamState::Open) };
    let answer = SyncAnswer {
        version: 1,
        schema: 2,
        server_time: Timestamp(1_780_000_002),
        hint: HintToken([0xaa; 32]),
        streams: vec![forked, open],
    };
    assert_golden(&answer, include_str!("golden/sync_answer_latest.hex"));
}

#[test]
fn enrol_request() {
    let request = EnrolRequest { version: 1, code: "ABCD-EFGH-JKMN-P".into(), key: PublicKey([0xbb; 32]) };
    assert_golden(&request, include_str!("golden/enrol_request.hex"));
}

#[test]
fn enrol_answer() {
    let answer = EnrolAnswer {
        version: 1,
        server: ServerId([0xcc; 32]),
        vault: VaultId([0x66; 8]),
        person: PersonId([0x77; 8]),
        name: "Alice Exempel".into(),
        units: vec![EnrolledUnit { unit: UNIT, name: "Exempelenheten".into(), roles: vec![Role::Carer] }],
    };
    assert_golden(&answer, include_str!("golden/enrol_answer.hex"));
}

#[test]
fn ledger_request() {
    let query = LedgerQuery {
        key: Some(DOCUMENT),
        person: Some(PersonId([0x77; 8])),
        cabinet: Some("Skåp A".into()),
        from: Some(Day(20_600)),
        to: Some(Day(20_630)),
    };
    assert_golden(&LedgerRequest { version: 1, unit: UNIT, query }, include_str!("golden/ledger_request.hex"));
    let all = LedgerRequest { version: 1, unit: UNIT, query: LedgerQuery::default() };
    assert_golden(&all, include_str!("golden/ledger_request_all.hex"));
}

#[test]
fn problem() {
    let problem = Problem { code: ProblemCode::Stale, counter: Some(41) };
    assert_golden(&problem, include_str!("golden/problem.hex"));
    let newer: Problem = wire::from_cbor(b"\xa1\x61p\x69moonstone").unwrap();
    assert_eq!(newer.code, ProblemCode::Unknown);
}
