//! What is refused becomes a document of the office's: it quotes the work, so that someone may take it over.

use rundan_documents::gate::{OF_PLACE, Refusal};
use rundan_documents::read_change;
use rundan_model::refused::{RefusedWork, plan};
use rundan_model::{DocumentId, Kind, Timestamp};
use rusqlite::{Connection, params};

use crate::error::Result;
use crate::scope::Commit;
use crate::server::{Server, own_session};
use crate::store::documents::DocumentRow;
use crate::store::sql;
use crate::store::vaults::Vault;

/// The most refused changes of one vault that are quoted on one opened day: more is no person's work.
const QUOTED_PER_DAY_MAX: i64 = 100;

/// Quotes a refused change for the office, once however often it is pushed. What cannot be read, and a draft, which is
/// its author's alone, stay with their author; so does what is beyond a day's measure.
pub(super) fn quote(
    tx: &Connection,
    server: &Server,
    commit: &mut Commit<'_>,
    vault: &Vault,
    target: (DocumentId, Option<&DocumentRow>),
    bytes: &[u8],
    refusal: Refusal,
) -> Result<()> {
    // What only could not be placed comes again from a new session.
    if OF_PLACE.contains(&refusal) {
        return Ok(());
    }
    let Some(read) = read_change(bytes) else { return Ok(()) };
    let (document, known) = target;
    let kind = known.map(|row| &row.kind).or(read.begins.as_ref());
    let is_empty = read.edit.facts.is_empty() && read.edit.puts.is_empty();
    if kind == Some(&Kind::Draft) || is_empty {
        return Ok(());
    }
    let (unit, ordinal) = (commit.state().unit, commit.state().days_opened);
    let today: i64 = tx
        .prepare_cached("SELECT count(*) FROM refused WHERE unit = ?1 AND vault = ?2 AND ordinal = ?3")?
        .query_row(params![unit.0, vault.vault.0, sql(ordinal)], |row| row.get(0))?;
    let is_quoted = tx
        .prepare_cached("SELECT 1 FROM refused WHERE unit = ?1 AND hash = ?2")?
        .exists(params![unit.0, read.info.hash.0])?;
    if is_quoted || today >= QUOTED_PER_DAY_MAX {
        return Ok(());
    }
    let now: Timestamp = server.clock.now();
    let work = RefusedWork { document, person: vault.person, code: refusal.as_str().to_owned(), received_at: now };
    let own = own_session(tx, &*server.random)?;
    let plan = plan(&work, &read.edit.facts, &read.edit.puts);
    let (begun, _) = commit.begin(&own, now, &*server.random, Kind::Refused, plan)?;
    tx.prepare_cached("INSERT INTO refused (unit, hash, vault, ordinal, document) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![unit.0, read.info.hash.0, vault.vault.0, sql(ordinal), begun.0])?;
    Ok(())
}
