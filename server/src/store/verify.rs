//! Reads a whole database back and holds it against itself: log, chain, changes and documents.

use std::collections::BTreeSet;
use std::fmt;

use rundan_documents::{Document, read_own_change};
use rundan_model::{ChangeHash, DocumentId, UnitId};
use rundan_sync::chain::{Entry, EntryKind};
use rundan_sync::change::change_hash;
use rundan_sync::{Chain, Cursor};
use rusqlite::{Connection, params};

use super::documents::{self, is_purged, unpack_heads};
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
        let changes = reading.logged(state.head)?;
        let documents = reading.documents()?;
        proof.units.push(UnitProof { unit, name: state.name, head: state.head, changes, documents });
    }
    Ok(proof)
}

/// What does not fit between a unit's log and its changes. What their documents hold is not read.
pub(crate) fn unit_faults(tx: &Connection, unit: UnitId) -> Result<Vec<String>> {
    let state = unit_state(tx, unit)?.ok_or(Error::NoUnit(unit))?;
    let mut faults = Vec::new();
    let mut reading = Reading { tx, unit, faults: &mut faults };
    reading.logged(state.head)?;
    Ok(faults)
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

    /// Holds the log, which should end at `head`, and its changes against each other; answers how many changes it has.
    fn logged(&mut self, head: Cursor) -> Result<u64> {
        let end = self.log()?;
        if end != head {
            let unit = self.unit;
            self.fault(format!("unit {unit}: its log ends at {} and not at {}", end.seq, head.seq));
        }
        let changes = self.changes()?;
        self.beside()?;
        Ok(changes)
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

    /// Every entry that is a change has its bytes, and what it began is kept, unless its document was destroyed.
    fn changes(&mut self) -> Result<u64> {
        let mut query = self.tx.prepare(
            "SELECT log.seq, log.document, log.payload, change.document, change.hash, change.payload
             FROM log LEFT JOIN change ON change.unit = log.unit AND change.seq = log.seq
             WHERE log.unit = ?1 AND log.kind = ?2 ORDER BY log.seq",
        )?;
        let mut rows = query.query(params![self.unit.0, EntryKind::Change.number()])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            let entry = seq(row, 0)?;
            let (document, hash): (DocumentId, ChangeHash) = (column(row, 1)?, column(row, 2)?);
            let is_of_entry = column::<DocumentId>(row, 3).is_ok_and(|of| of == document)
                && column::<ChangeHash>(row, 4).is_ok_and(|of| of == hash);
            let payload = row.get::<_, Option<Vec<u8>>>(5)?.filter(|_| is_of_entry);
            match payload.as_deref() {
                Some([]) if is_purged(self.tx, self.unit, document)? => {}
                Some(payload) if change_hash(payload) == Some(hash) => {
                    if DocumentId::of_genesis(&hash) == document && !self.is_kept(document, payload)? {
                        self.fault(format!("document {document} is not kept as what it began as"));
                    }
                }
                _ => self.fault(format!("the change of entry {entry} is not what the log says")),
            }
            count += 1;
        }
        Ok(count)
    }

    /// Whether a document is kept as what its first change began.
    fn is_kept(&self, document: DocumentId, genesis: &[u8]) -> Result<bool> {
        let begun = read_own_change(genesis).and_then(|read| read.begins);
        let kept = documents::row(self.tx, self.unit, document)?.map(|row| row.kind);
        Ok(begun.is_some() && begun == kept)
    }

    /// Nothing stands beside the log: no change, and no destruction of a document.
    fn beside(&mut self) -> Result<()> {
        let mut query = self.tx.prepare(
            "SELECT change.seq FROM change LEFT JOIN log
             ON log.unit = change.unit AND log.seq = change.seq AND log.kind = ?2
             WHERE change.unit = ?1 AND log.seq IS NULL ORDER BY change.seq",
        )?;
        let mut rows = query.query(params![self.unit.0, EntryKind::Change.number()])?;
        while let Some(row) = rows.next()? {
            let place = seq(row, 0)?;
            self.fault(format!("the log has no change at place {place}"));
        }
        let mut query = self.tx.prepare(
            "SELECT purged.document FROM purged LEFT JOIN log
             ON log.unit = purged.unit AND log.seq = purged.seq AND log.kind = ?2 AND log.document = purged.document
             WHERE purged.unit = ?1 AND log.seq IS NULL ORDER BY purged.document",
        )?;
        let mut rows = query.query(params![self.unit.0, EntryKind::Purge.number()])?;
        while let Some(row) = rows.next()? {
            let document: DocumentId = column(row, 0)?;
            self.fault(format!("the log does not say that document {document} was destroyed"));
        }
        Ok(())
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
