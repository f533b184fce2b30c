//! A phone and a server that one of them came back to, after the faults: they must find each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rundan_server::store::verify::verify;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::crashes::Side;
use crate::stage::{Cast, Stage};

/// How many rounds may pass before both are equal.
const ROUNDS_MAX: usize = 3;

/// Opens both, lets them go on, and looks whether everything that either held is with both.
pub async fn both_go_on(folder: &Path, cast: &Cast) {
    let said = hashes(folder, Side::Phone, "SELECT hash FROM pending UNION SELECT hash FROM kept");
    let stage = Stage::open(folder, cast.clone(), 21).await;
    is_sound(&stage).await;
    if said.is_none() {
        stage.enrol().await.unwrap();
    }
    stage.handset.phone.sync().await.unwrap();
    let note = json!({ "do": "write_note", "visit": cast.visits[0], "text": "Efteråt." });
    stage.handset.act(note).await.unwrap();
    for _ in 0..ROUNDS_MAX {
        stage.handset.phone.sync().await.unwrap();
    }
    let sync = stage.handset.call("sync", Value::Null).await.unwrap();
    assert_eq!((&sync["chip"]["unsent"], &sync["problem"]), (&json!(0), &Value::Null), "{sync}");
    is_sound(&stage).await;

    let has = hashes(folder, Side::Server, "SELECT hash FROM change").unwrap();
    assert!(said.unwrap_or_default().is_subset(&has), "a change of the phone's is not with the server");
    let (held, with_server) = (heads(folder, Side::Phone), heads(folder, Side::Server));
    for (document, heads) in held {
        assert_eq!(with_server.get(&document), Some(&heads), "document {} differs", hex::encode(document));
    }
}

async fn is_sound(stage: &Stage) {
    let proof = stage.server.db.read(verify).await.unwrap();
    assert_eq!(proof.faults, Vec::<String>::new());
}

/// What the phone was told is accepted is there.
pub fn holds_what_it_accepted(folder: &Path) {
    let kept = hashes(folder, Side::Phone, "SELECT hash FROM kept").unwrap();
    let held = hashes(folder, Side::Server, "SELECT hash FROM change").unwrap();
    assert!(kept.is_subset(&held), "a change that was accepted is lost");
}

/// The hashes that a query gives; none while that side has no database.
fn hashes(folder: &Path, side: Side, query: &str) -> Option<BTreeSet<Vec<u8>>> {
    let database = side.database(folder)?;
    let mut query = database.prepare(query).unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    Some(rows.collect::<rusqlite::Result<_>>().unwrap())
}

/// The heads of every document that a side holds, in no order.
fn heads(folder: &Path, side: Side) -> BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>> {
    let database: Connection = side.database(folder).unwrap();
    let held = match side {
        Side::Phone => "SELECT document, heads FROM document WHERE state = 'held'",
        Side::Server => "SELECT document, heads FROM document",
    };
    let mut query = database.prepare(held).unwrap();
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
    rows.map(|row| row.map(|(id, heads)| (id, heads.chunks(32).map(<[u8]>::to_vec).collect())))
        .collect::<rusqlite::Result<_>>()
        .unwrap()
}
