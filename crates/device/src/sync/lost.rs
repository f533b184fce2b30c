//! Own work that builds on what went with a log that the server lost, and that no vault has brought back.
//!
//! It waits as long as what a person did stays in her scope: by then everyone who works has been heard. Then its author
//! is told as of anything refused, with her words kept, and it is not brought again: she may do it anew, and it must not
//! stand twice. Where a vault brings it back after all, what she was told is taken back when it arrives.

use std::collections::BTreeSet;

use rundan_documents::{Document, read_own_change};
use rundan_model::{ActionId, ChangeHash, Day, DocumentId, UnitId, VaultId};
use rundan_sync::message::LATER_DEPENDENCY;
use rusqlite::{Transaction, params};

use super::recovery::{self, UNPLACED};
use super::replay;
use crate::store::StoreError;

/// Why something of hers is given up: the word for the table of texts.
pub(super) const LOST: &str = "lost";
/// How many days the unit opens before what waits for others' work is given up.
const WAITED_MAX: i64 = 14;

/// Counts the days that a unit opens for what waits there.
pub(super) fn count_day(tx: &Transaction<'_>, unit: UnitId, day: Day) -> Result<(), StoreError> {
    let known: i32 =
        tx.prepare_cached("SELECT day FROM stream WHERE unit = ?1")?.query_row([unit.as_bytes()], |row| row.get(0))?;
    if day.0 <= known {
        return Ok(());
    }
    for count in [
        "UPDATE offer SET waited = waited + 1 WHERE unit = ?1 AND waits_for = ?2",
        "UPDATE pending SET waited = waited + 1 WHERE unit = ?1 AND waits_for = ?2",
    ] {
        tx.prepare_cached(count)?.execute(params![unit.as_bytes(), LATER_DEPENDENCY])?;
    }
    Ok(())
}

/// The unsent changes that have waited too long for others' work, by document. What waits behind a newer kind does not:
/// that comes with an upgrade.
pub(super) fn unsent(tx: &Transaction<'_>, unit: UnitId) -> Result<Vec<(DocumentId, ChangeHash)>, StoreError> {
    let mut query = tx.prepare_cached(
        "SELECT document, hash FROM pending WHERE unit = ?1 AND waits_for = ?2 AND waited >= ?3
             AND (SELECT first.waits_for FROM pending AS first WHERE first.document = pending.document
                  ORDER BY first.n LIMIT 1) = ?2
         ORDER BY n",
    )?;
    let mut rows = query.query(params![unit.as_bytes(), LATER_DEPENDENCY, WAITED_MAX])?;
    let mut unsent = Vec::new();
    while let Some(row) = rows.next()? {
        let (document, hash): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        unsent.push((DocumentId::try_from(document.as_slice())?, ChangeHash::try_from(hash.as_slice())?));
    }
    Ok(unsent)
}

/// Gives up what was once accepted and has waited too long, of documents that are not this phone's to bring; says
/// whether there was any.
pub(super) fn give_up(tx: &Transaction<'_>, unit: UnitId) -> Result<bool, StoreError> {
    let documents: Vec<Vec<u8>> = {
        let mut query = tx.prepare_cached(
            "SELECT document FROM offer WHERE unit = ?1 AND is_stuck = 0 AND waits_for = ?2 AND waited >= ?3
                 AND NOT EXISTS (SELECT 1 FROM document
                                 WHERE document.document = offer.document AND document.state <> 'leaving')
             ORDER BY document",
        )?;
        let rows = query.query_map(params![unit.as_bytes(), LATER_DEPENDENCY, WAITED_MAX], |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    for document in &documents {
        tracing::warn!(unit = %unit, "own work is given up: nobody has what it builds on");
        tell(tx, document)?;
        tx.prepare_cached("DELETE FROM kept WHERE document = ?1 AND seq = ?2")?.execute(params![document, UNPLACED])?;
        tx.prepare_cached("DELETE FROM offer WHERE document = ?1")?.execute([document])?;
        recovery::forget_receipts(tx, DocumentId::try_from(document.as_slice())?)?;
    }
    Ok(!documents.is_empty())
}

/// Tells their author of the changes of a document that have no place in the log.
fn tell(tx: &Transaction<'_>, document: &[u8]) -> Result<(), StoreError> {
    let mut query =
        tx.prepare_cached("SELECT action, bytes FROM kept WHERE document = ?1 AND seq = ?2 ORDER BY hash")?;
    let mut rows = query.query(params![document, UNPLACED])?;
    while let Some(row) = rows.next()? {
        let (action, bytes): (Option<Vec<u8>>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let read = read_own_change(&bytes);
        let stated = || read.iter().flat_map(|read| &read.edit.facts).map(|(_, fact)| fact.action.0.to_vec()).next();
        let Some(action) = action.or_else(stated) else { continue };
        replay::tell_refused(tx, &action, LOST, read.as_ref())?;
    }
    Ok(())
}

/// Takes back what was told of own work that has come back in a document after all.
pub(super) fn is_back(tx: &Transaction<'_>, vault: VaultId, document: &Document) -> Result<(), StoreError> {
    let is_any: bool = tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM intent WHERE refused = ?1)")?
        .query_row([LOST], |row| row.get(0))?;
    if !is_any {
        return Ok(());
    }
    let content = document.content();
    let own = content.facts.iter().filter(|(id, _)| id.actor.vault() == vault);
    for action in own.map(|(_, fact)| fact.action).collect::<BTreeSet<ActionId>>() {
        tx.prepare_cached("UPDATE intent SET refused = NULL, words = NULL WHERE action = ?1 AND refused = ?2")?
            .execute(params![action.as_bytes(), LOST])?;
    }
    Ok(())
}
