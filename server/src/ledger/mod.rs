//! The ledger of keys: what a unit's log says of them, as a file that the server signs.
//!
//! It follows from the log alone, up to a place in it, so that the same question gives the same lines for ever.

mod lines;
mod verify;

use std::sync::Arc;

use rundan_ledger::file::{self, Head};
use rundan_ledger::{LedgerError, query};
use rundan_model::policy::Standing;
use rundan_model::{PersonId, UnitId};
use rundan_sync::message::PROTOCOL;
use rundan_sync::{LedgerQuery, LedgerRequest, ProblemCode, wire};
use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::server::Server;
use crate::store::{log, people};
use crate::sync;

pub use verify::{Findings, prove_file, verify};

/// The path of a ledger.
pub const PATH: &str = "/v1/ledger";
/// What it is answered with.
pub const CONTENT_TYPE: &str = "text/csv; charset=utf-8";

/// Answers with a ledger: the header's statement and the body in, the file out.
pub async fn answer(server: &Arc<Server>, header: &str, body: Vec<u8>) -> Result<Vec<u8>> {
    let signed = sync::open(server, header, PATH, &body).await?;
    let request: LedgerRequest = wire::decode(&body, wire::REQUEST_BYTES_MAX).map_err(|_| ProblemCode::Malformed)?;
    if request.version != PROTOCOL {
        return Err(ProblemCode::Version.into());
    }
    if !query::is_sound(&request.query) {
        return Err(ProblemCode::Malformed.into());
    }
    let at_work = Arc::clone(server);
    let vault = server.db.write(move |tx| sync::admit(tx, &at_work, &signed, &Vec::new())).await?;
    let one = Arc::clone(&server.ledgers).try_acquire_owned().map_err(|_| Error::Busy)?;
    let LedgerRequest { unit, query, .. } = request;
    let at_work = Arc::clone(server);
    let work = move |tx: &Connection| {
        let file = issue(tx, &at_work, vault.person, unit, query);
        drop(one);
        file
    };
    let file = server.db.read_apart(work).await?;
    tracing::info!(vault = %vault.vault, unit = %unit, bytes = file.len(), "a ledger was issued");
    Ok(file)
}

/// The ledger for someone of the unit's office; for anyone else there is no such unit.
fn issue(tx: &Connection, server: &Server, person: PersonId, unit: UnitId, query: LedgerQuery) -> Result<Vec<u8>> {
    let roles = people::roles(tx, unit, person)?;
    if !(Standing { roles, ..Standing::default() }).is_office() {
        return Err(ProblemCode::NotFound.into());
    }
    let state = log::unit_state(tx, unit)?.ok_or(Error::NoUnit(unit))?;
    let derived = lines::derive(tx, unit, &query, state.head.seq)?;
    let head = Head {
        unit,
        unit_name: state.name,
        person_name: query.person.and_then(|person| derived.names.get(&person).cloned()).unwrap_or_default(),
        key_tag: derived.key_tag,
        query,
        count: 0,
        issued_at: server.clock.now(),
        head: state.head,
        digest: [0; 32],
        key: server.keys.public(),
    };
    match file::write(&head, &derived.lines, &derived.names, &server.keys.signing) {
        Err(LedgerError::TooLong) => Err(ProblemCode::TooLong.into()),
        written => Ok(written?),
    }
}
