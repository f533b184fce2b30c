//! Documents in the store: what was accepted, with what is pending on top.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rundan_documents::{Change, Document, Edit, WriteError};
use rundan_model::{ActorId, ChangeHash, Content, DocumentId, FactBody, Kind, Timestamp, UnitId};
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
    /// What it says, once someone asked.
    content: Option<Arc<Content>>,
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
        Ok(Some(Self::new(row, hashes, document)))
    }

    pub(crate) fn new(row: DocumentRow, pending: Vec<ChangeHash>, document: Document) -> Self {
        Self { row, pending, document, content: None }
    }

    /// What the document says.
    pub(crate) fn content(&mut self) -> Arc<Content> {
        let Self { document, content, .. } = self;
        content.get_or_insert_with(|| Arc::new(document.content())).clone()
    }

    /// Writes a change, which is pending now.
    pub(crate) fn write(&mut self, actor: ActorId, time: Timestamp, edit: Edit) -> Result<Change, WriteError> {
        let change = self.document.write(actor, time, &edit)?;
        self.pending.push(change.hash);
        // A fact says the same whatever stands beside it; only work that starts is held against the plan.
        let is_alone = edit.puts.is_empty() && edit.facts.iter().all(|(_, fact)| fact.body != FactBody::Started);
        match &mut self.content {
            Some(content) if is_alone => Arc::make_mut(content).facts.extend(edit.facts),
            content => *content = None,
        }
        Ok(change)
    }

    /// This document, if the store holds the same changes of it; none if it holds more or fewer.
    fn still(self, tx: &Transaction<'_>) -> Result<Option<Self>, StoreError> {
        let Some(row) = DocumentRow::load_alone(tx, self.row.document)? else { return Ok(None) };
        let mut query = tx.prepare_cached("SELECT hash FROM pending WHERE document = ?1 ORDER BY n")?;
        let rows = query.query_map([self.row.document.as_bytes()], |row| row.get::<_, Vec<u8>>(0))?;
        let mut pending = Vec::with_capacity(self.pending.len());
        for hash in rows {
            pending.push(ChangeHash::try_from(hash?.as_slice())?);
        }
        // A change is never there without those it builds on: who has the other's heads has all of the other.
        let has_all = row.heads.iter().chain(&pending).all(|hash| self.document.has(hash));
        let is_in_store = |head: &ChangeHash| row.heads.contains(head) || pending.contains(head);
        let is_same = row.state != DocumentState::Broken && has_all && self.document.heads().iter().all(is_in_store);
        Ok(is_same.then_some(Self { row, pending, ..self }))
    }
}

/// The documents that were last written, so that the next action on one need not make it of its changes again.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<VecDeque<Held>>);

impl Recent {
    /// How many are kept: the keys of a round with the visit under way, and some more.
    const COUNT_MAX: usize = 32;

    /// Keeps a document as it is after an action. It is compared with the store before it is used, so an action
    /// that is not committed after all does no harm.
    pub(crate) fn keep(&self, held: Held) {
        let mut kept = self.lock();
        kept.retain(|other| other.row.document != held.row.document);
        kept.truncate(Self::COUNT_MAX - 1);
        kept.push_front(held);
    }

    /// Reads a document, from here if it is kept and the store holds nothing else; none if it is not here.
    pub(crate) fn load(&self, tx: &Transaction<'_>, id: DocumentId) -> Result<Option<Held>, StoreError> {
        let kept = {
            let mut kept = self.lock();
            let at = kept.iter().position(|held| held.row.document == id);
            at.and_then(|at| kept.remove(at))
        };
        match kept.map(|held| held.still(tx)).transpose()?.flatten() {
            Some(held) => Ok(Some(held)),
            None => Held::load(tx, id),
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Held>> {
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
