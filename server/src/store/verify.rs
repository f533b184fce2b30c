//! Reads a whole database back and holds it against itself: log, chain, changes and documents.

use std::collections::BTreeSet;
use std::fmt;

use rundan_documents::Document;
use rundan_model::{ChangeHash, DocumentId, UnitId};
use rundan_sync::chain::{Entry, EntryKind};
use rundan_sync::change::change_hash;
use rundan_sync::{Chain, Cursor};
use rusqlite::{Connection, params};

use super::documents::{is_purged, unpack_heads};
use super::log::{unit_state, units};
use super::{column, seq};
use crate::error::{Error, Result};

/// The most faults that are named; after that it is enough to know that there are more.
const FAULTS_MAX: usize = 100;

/// What was read back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// Each unit, whole as far as `faults` says nothing else.
    pub units: Vec<UnitProof>,
    /// What does not fit, in words for an operator. Empty for a sound database.
    pub faults: Vec<String>,
}

/// One unit as it was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitProof {
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// The end of its log.
    pub head: Cursor,
    /// How many changes it holds.
    pub changes: u64,
    /// How many documents.
    pub documents: u64,
}

/// Reads everything. It writes nothing, and takes as long as the database is large.
pub fn verify(tx: &Connection) -> Result<Proof> {
    let mut proof = Proof::default();
    let told: String = tx.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if told != "ok" {
        proof.faults.push(format!("SQLite: {told}"));
        return Ok(proof);
    }
    for unit in units(tx)? {
        let state = unit_state(tx, unit)?.ok_or(Error::NoUnit(unit))?;
        let mut reading = Reading { tx, unit, faults: &mut proof.faults };
        let head = reading.log()?;
        if head != state.head {
            reading.fault(format!("unit {unit}: its log ends at {} and not at {}", head.seq, state.head.seq));
        }
        let changes = reading.changes()?;
        let documents = reading.documents()?;
        proof.units.push(UnitProof { unit, name: state.name, head: state.head, changes, documents });
    }
    Ok(proof)
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for unit in &self.units {
            let UnitProof { unit, name, head, changes, documents } = unit;
            writeln!(f, "{name} ({unit}): {} entries, {changes} changes, {documents} documents", head.seq)?;
        }
        Ok(())
    }
}

struct Reading<'a> {
    tx: &'a Connection,
    unit: UnitId,
    faults: &'a mut Vec<String>,
}

impl Reading<'_> {
    fn fault(&mut self, what: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(what);
        }
    }

    /// Follows the chain from its first link; answers where it really ends.
    fn log(&mut self) -> Result<Cursor> {
        let first: Chain =
            self.tx.query_row("SELECT first_chain FROM unit WHERE unit = ?1", params![self.unit.0], |row| {
                column(row, 0)
            })?;
        let mut end = Cursor { seq: 0, chain: first };
        let mut query =
            self.tx.prepare("SELECT seq, kind, document, payload, chain FROM log WHERE unit = ?1 ORDER BY seq")?;
        let mut rows = query.query(params![self.unit.0])?;
        while let Some(row) = rows.next()? {
            let entry_seq = seq(row, 0)?;
            let Some(kind) = EntryKind::from_number(row.get(1)?) else {
                self.fault(format!("entry {entry_seq} is of a kind that this version does not know"));
                continue;
            };
            let entry = Entry { seq: entry_seq, kind, document: column(row, 2)?, payload: column(row, 3)? };
            let chain = end.chain.then(&entry);
            if entry.seq != end.seq + 1 || chain != column(row, 4)? {
                self.fault(format!("entry {entry_seq} does not follow on entry {}", end.seq));
                return Ok(end);
            }
            end = Cursor { seq: entry.seq, chain };
        }
        Ok(end)
    }

    /// Every entry that is a change has its bytes, unless its document was destroyed.
    fn changes(&mut self) -> Result<u64> {
        let mut query = self.tx.prepare(
            "SELECT log.seq, log.document, log.payload, change.hash, change.payload
             FROM log LEFT JOIN change ON change.unit = log.unit AND change.seq = log.seq
             WHERE log.unit = ?1 AND log.kind = ?2 ORDER BY log.seq",
        )?;
        let mut rows = query.query(params![self.unit.0, EntryKind::Change.number()])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            let entry = seq(row, 0)?;
            let (document, hash): (DocumentId, ChangeHash) = (column(row, 1)?, column(row, 2)?);
            let payload: Option<Vec<u8>> = row.get(4)?;
            let is_whole = match payload {
                None => false,
                Some(payload) if payload.is_empty() => is_purged(self.tx, self.unit, document)?,
                Some(payload) => column::<ChangeHash>(row, 3)? == hash && change_hash(&payload) == Some(hash),
            };
            if !is_whole {
                self.fault(format!("the change of entry {entry} is not what the log says"));
            }
            count += 1;
        }
        Ok(count)
    }

    /// Every document can be read, and holds just the changes that the log has for it.
    fn documents(&mut self) -> Result<u64> {
        let mut query =
            self.tx.prepare("SELECT document, heads, saved FROM document WHERE unit = ?1 ORDER BY document")?;
        let mut of_document = self.tx.prepare("SELECT hash FROM change WHERE unit = ?1 AND document = ?2")?;
        let mut rows = query.query(params![self.unit.0])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            let id: DocumentId = column(row, 0)?;
            let logged = of_document.query_map(params![self.unit.0, id.0], |row| column(row, 0))?;
            let logged: BTreeSet<ChangeHash> = logged.collect::<rusqlite::Result<_>>()?;
            let is_whole = Document::load(row.get_ref(2)?.as_blob().unwrap_or_default()).is_ok_and(|document| {
                let held: BTreeSet<ChangeHash> = document.infos().into_iter().map(|info| info.hash).collect();
                let heads = row.get_ref(1).ok().and_then(|heads| heads.as_blob().ok()).map(unpack_heads);
                document.id() == id && held == logged && heads.as_ref() == Some(&document.heads())
            });
            if !is_whole {
                self.fault(format!("document {id} is not what the log says"));
            }
            count += 1;
        }
        Ok(count)
    }
}
