//! Documents in the store: what was accepted, with what is pending on top.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rundan_documents::{Change, Document};
use rundan_model::{ChangeHash, DocumentId, Kind, UnitId};
use rundan_sync::columns::{self, ChangeRecord};
use rusqlite::{OptionalExtension, Transaction, params};

use super::StoreError;

/// How a document is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DocumentState {
    /// In scope, as the server says: part of the digest.
    Held,
    /// Begun here, the server has not answered yet.
    Own,
    /// Out of scope, but still needed here: open, under way, or with unanswered changes.
    Leaving,
    /// It could not be read, and own changes to it are here: it waits until the server sends it anew.
    Broken,
}

impl DocumentState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Own => "own",
            Self::Leaving => "leaving",
            Self::Broken => "broken",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "held" => Self::Held,
            "own" => Self::Own,
            "leaving" => Self::Leaving,
            _ => Self::Broken,
        }
    }
}

/// What the store says of a document besides its bytes.
#[derive(Debug, Clone)]
pub(crate) struct DocumentRow {
    pub(crate) document: DocumentId,
    pub(crate) unit: UnitId,
    pub(crate) kind: Kind,
    pub(crate) state: DocumentState,
    /// Accepted heads.
    pub(crate) heads: Vec<ChangeHash>,
    /// What the log says of each accepted change.
    pub(crate) records: BTreeMap<ChangeHash, ChangeRecord>,
    /// The highest place in the log of a change of this vault.
    pub(crate) own_seq: u64,
}

/// A document's row with its accepted bytes; none while nothing of it is accepted.
pub(crate) type SavedRow = (DocumentRow, Option<Vec<u8>>);

/// A document as the person sees it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) row: DocumentRow,
    /// The pending changes, in order.
    pub(crate) pending: Vec<ChangeHash>,
    /// Accepted and pending changes.
    pub(crate) document: Document,
}

impl Held {
    /// Reads a document with its pending changes; none if it is not here.
    pub(crate) fn load(tx: &Transaction<'_>, id: DocumentId) -> Result<Option<Self>, StoreError> {
        let Some((row, saved)) = DocumentRow::load(tx, id)? else { return Ok(None) };
        if row.state == DocumentState::Broken {
            return Ok(None);
        }
        let pending = pending_changes(tx, id)?;
        let has_pending = !pending.is_empty();
        let hashes = pending.iter().map(|change| change.hash).collect();
        let bytes = pending.iter().map(|change| change.bytes.as_slice());
        let document = match saved {
            Some(saved) => {
                let mut document = Document::load(&saved)?;
                if has_pending {
                    document.apply(bytes)?;
                }
                document
            }
            None if has_pending => Document::from_changes(bytes)?,
            None => return Ok(None),
        };
        Ok(Some(Self { row, pending: hashes, document }))
    }

    /// This document, if the store holds exactly what it was made of; none if anything has changed.
    fn still(self, tx: &Transaction<'_>) -> Result<Option<Self>, StoreError> {
        let Some(row) = DocumentRow::load_alone(tx, self.row.document)? else { return Ok(None) };
        let mut query = tx.prepare_cached("SELECT hash FROM pending WHERE document = ?1 ORDER BY n")?;
        let rows = query.query_map([self.row.document.as_bytes()], |row| row.get::<_, Vec<u8>>(0))?;
        let mut pending = Vec::with_capacity(self.pending.len());
        for hash in rows {
            pending.push(ChangeHash::try_from(hash?.as_slice())?);
        }
        let is_same = row.heads == self.row.heads && pending == self.pending;
        Ok(is_same.then_some(Self { row, ..self }))
    }
}

/// The document that was last written, so that the next tick on it need not make it of its changes again.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Option<Held>>);

impl Recent {
    /// Keeps a document as it is after an action. It is compared with the store before it is used, so an action
    /// that is not committed after all does no harm.
    pub(crate) fn keep(&self, held: Held) {
        *self.lock() = Some(held);
    }

    /// Reads a document, from here if it is the last one and the store holds nothing else; none if it is not here.
    pub(crate) fn load(&self, tx: &Transaction<'_>, id: DocumentId) -> Result<Option<Held>, StoreError> {
        let recent = self.lock().take_if(|held| held.row.document == id);
        match recent.map(|held| held.still(tx)).transpose()?.flatten() {
            Some(held) => Ok(Some(held)),
            None => Held::load(tx, id),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DocumentRow {
    /// Reads a document's row with its accepted bytes; none if it is not here.
    pub(crate) fn load(tx: &Transaction<'_>, id: DocumentId) -> Result<Option<SavedRow>, StoreError> {
        let Some(row) = Self::load_alone(tx, id)? else { return Ok(None) };
        let mut query = tx.prepare_cached("SELECT saved FROM document WHERE document = ?1")?;
        let saved = query.query_row([id.as_bytes()], |row| row.get(0))?;
        Ok(Some((row, saved)))
    }

    /// Reads a document's row; none if it is not here.
    pub(crate) fn load_alone(tx: &Transaction<'_>, id: DocumentId) -> Result<Option<Self>, StoreError> {
        let mut query =
            tx.prepare_cached("SELECT unit, state, heads, records, own_seq, kind FROM document WHERE document = ?1")?;
        let found = query
            .query_row([id.as_bytes()], |row| {
                Ok((
                    row.get::<_, Vec<u8>>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, Vec<u8>>(2)?,
                    row.get::<_, Vec<u8>>(3)?,
                    row.get::<_, i64>(4)?,
                    Kind::from(row.get_ref(5)?.as_str()?),
                ))
            })
            .optional()?;
        let Some((unit, state, heads, records, own_seq, kind)) = found else { return Ok(None) };
        Ok(Some(Self {
            document: id,
            unit: UnitId::try_from(unit.as_slice())?,
            kind,
            state: DocumentState::parse(&state),
            heads: hashes(&heads)?,
            records: read_records(&records)?,
            own_seq: own_seq.unsigned_abs(),
        }))
    }

    /// Reads heads as the table holds them.
    pub(crate) fn read_heads(bytes: &[u8]) -> Result<Vec<ChangeHash>, StoreError> {
        hashes(bytes)
    }

    /// Writes a document's row with its accepted bytes.
    pub(crate) fn save(&self, tx: &Transaction<'_>, saved: Option<&[u8]>) -> Result<(), StoreError> {
        let changed_at = self.records.values().map(|record| record.received_at.0).max().unwrap_or(0);
        let mut insert = tx.prepare_cached(
            "INSERT INTO document (document, unit, kind, saved, heads, records, own_seq, changed_at, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (document) DO UPDATE SET kind = ?3, saved = ?4, heads = ?5, records = ?6, own_seq = ?7, changed_at = ?8,
                 state = ?9",
        )?;
        insert.execute(params![
            self.document.as_bytes(),
            self.unit.as_bytes(),
            self.kind.as_str(),
            saved,
            self.heads.iter().flat_map(|hash| hash.0).collect::<Vec<u8>>(),
            write_records(&self.records),
            self.own_seq as i64,
            changed_at,
            self.state.as_str(),
        ])?;
        Ok(())
    }
}

/// The changes of a document that the server has not answered, in the order they were made.
pub(crate) fn pending_changes(tx: &Transaction<'_>, id: DocumentId) -> Result<Vec<Change>, StoreError> {
    let mut query = tx.prepare_cached("SELECT hash, bytes FROM pending WHERE document = ?1 ORDER BY n")?;
    let mut rows = query.query([id.as_bytes()])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let hash: Vec<u8> = row.get(0)?;
        changes.push(Change { hash: ChangeHash::try_from(hash.as_slice())?, bytes: row.get(1)? });
    }
    Ok(changes)
}

/// What the log says of each accepted change of a document.
pub(crate) fn records_of(
    tx: &Transaction<'_>,
    id: DocumentId,
) -> Result<BTreeMap<ChangeHash, ChangeRecord>, StoreError> {
    Ok(DocumentRow::load_alone(tx, id)?.map(|row| row.records).unwrap_or_default())
}

fn hashes(bytes: &[u8]) -> Result<Vec<ChangeHash>, StoreError> {
    Ok(bytes.chunks(ChangeHash::BYTES).map(ChangeHash::try_from).collect::<Result<_, _>>()?)
}

/// Records as one blob: the hashes, ascending, then the columns in that order.
fn write_records(records: &BTreeMap<ChangeHash, ChangeRecord>) -> Vec<u8> {
    let mut bytes = (records.len() as u32).to_be_bytes().to_vec();
    bytes.extend(records.keys().flat_map(|hash| hash.0));
    bytes.extend(columns::encode(&records.values().copied().collect::<Vec<_>>()));
    bytes
}

fn read_records(bytes: &[u8]) -> Result<BTreeMap<ChangeHash, ChangeRecord>, StoreError> {
    let broken = || StoreError::Id(rundan_model::IdError::Hex { bytes: ChangeHash::BYTES });
    let (count, rest) = bytes.split_first_chunk::<4>().ok_or_else(broken)?;
    let length = (u32::from_be_bytes(*count) as usize).saturating_mul(ChangeHash::BYTES);
    let (keys, packed) = rest.split_at_checked(length).ok_or_else(broken)?;
    let records = columns::decode(packed).ok_or_else(broken)?;
    Ok(hashes(keys)?.into_iter().zip(records).collect())
}
