//! Documents as they are stored, and the changes they came from.

use rundan_documents::Document;
use rundan_documents::gate::Stored;
use rundan_model::{ActorId, ChangeHash, DocumentId, Kind, PersonId, Timestamp, UnitId, VaultId};
use rundan_sync::Digest;
use rundan_sync::columns::ChangeRecord;
use rusqlite::{Connection, OptionalExtension, params};

use super::{column, seq, sql};
use crate::error::{Error, Result};

/// A document's row without its bytes.
#[derive(Debug, Clone)]
pub struct DocumentRow {
    /// What it is.
    pub kind: Kind,
    /// Who began it.
    pub begun_by: PersonId,
    /// The last entry that changed it.
    pub last_seq: u64,
    /// Its heads, ascending.
    pub heads: Vec<ChangeHash>,
    /// Its share in digests.
    pub digest: Digest,
}

/// Finds a document's row.
pub fn row(tx: &Connection, unit: UnitId, document: DocumentId) -> Result<Option<DocumentRow>> {
    let mut statement = tx.prepare_cached(
        "SELECT kind, begun_by, last_seq, heads, digest FROM document WHERE unit = ?1 AND document = ?2",
    )?;
    let found = statement.query_row(params![unit.0, document.0], |row| {
        Ok(DocumentRow {
            kind: Kind::from(row.get_ref(0)?.as_str()?),
            begun_by: column(row, 1)?,
            last_seq: seq(row, 2)?,
            heads: unpack_heads(row.get_ref(3)?.as_blob()?),
            digest: column(row, 4)?,
        })
    });
    Ok(found.optional()?)
}

/// A document's bytes as saved.
pub fn saved(tx: &Connection, unit: UnitId, document: DocumentId) -> Result<Option<Vec<u8>>> {
    let mut statement = tx.prepare_cached("SELECT saved FROM document WHERE unit = ?1 AND document = ?2")?;
    Ok(statement.query_row(params![unit.0, document.0], |row| row.get(0)).optional()?)
}

/// Reads a document.
pub fn load(tx: &Connection, unit: UnitId, document: DocumentId) -> Result<Option<Document>> {
    let Some(bytes) = saved(tx, unit, document)? else { return Ok(None) };
    Document::load(&bytes).map(Some).map_err(|source| Error::Load { document, source: Box::new(source) })
}

/// The documents of a kind that others than this person began.
pub fn begun_by_others(tx: &Connection, unit: UnitId, kind: &Kind, person: PersonId) -> Result<Vec<DocumentId>> {
    let mut statement = tx.prepare_cached(
        "SELECT document FROM document WHERE unit = ?1 AND kind = ?2 AND begun_by <> ?3 ORDER BY document",
    )?;
    let rows = statement.query_map(params![unit.0, kind.as_str(), person.0], |row| column(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many bytes the changes of a document take, and those of them by one vault.
pub fn stored(tx: &Connection, unit: UnitId, document: DocumentId, vault: VaultId) -> Result<Stored> {
    let mut statement = tx.prepare_cached(
        "SELECT coalesce(sum(length(payload)), 0), coalesce(sum(length(payload)) FILTER (WHERE vault = ?3), 0)
         FROM change WHERE unit = ?1 AND document = ?2",
    )?;
    let read = |row: &rusqlite::Row<'_>| Ok(Stored { bytes: seq(row, 0)?, bytes_of_vault: seq(row, 1)? });
    Ok(statement.query_row(params![unit.0, document.0, vault.0], read)?)
}

/// Whether another unit has a document with this id.
pub fn is_elsewhere(tx: &Connection, unit: UnitId, document: DocumentId) -> Result<bool> {
    let mut statement = tx.prepare_cached("SELECT 1 FROM document WHERE document = ?1 AND unit <> ?2")?;
    Ok(statement.exists(params![document.0, unit.0])?)
}

/// Whether a document was destroyed.
pub fn is_purged(tx: &Connection, unit: UnitId, document: DocumentId) -> Result<bool> {
    let mut statement = tx.prepare_cached("SELECT 1 FROM purged WHERE unit = ?1 AND document = ?2")?;
    Ok(statement.exists(params![unit.0, document.0])?)
}

/// Destroys a document's content. Hashes stay, so that what was accepted is known to be when it is pushed again.
pub fn purge(tx: &Connection, unit: UnitId, document: DocumentId, at_seq: u64) -> Result<()> {
    tx.execute("UPDATE change SET payload = x'' WHERE unit = ?1 AND document = ?2", params![unit.0, document.0])?;
    tx.execute("DELETE FROM document WHERE unit = ?1 AND document = ?2", params![unit.0, document.0])?;
    tx.execute(
        "INSERT INTO purged (unit, document, seq) VALUES (?1, ?2, ?3)",
        params![unit.0, document.0, sql(at_seq)],
    )?;
    Ok(())
}

/// Writes a new document's row.
pub fn insert(tx: &Connection, unit: UnitId, document: &Document, begun_by: PersonId, last_seq: u64) -> Result<Digest> {
    let heads = document.heads();
    let digest = Digest::of(document.id(), &heads);
    tx.prepare_cached(
        "INSERT INTO document (unit, document, kind, begun_by, last_seq, heads, digest, saved)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        unit.0,
        document.id().0,
        document.kind().as_str(),
        begun_by.0,
        sql(last_seq),
        pack_heads(&heads),
        digest.0,
        document.save()
    ])?;
    Ok(digest)
}

/// Writes a known document's new state.
pub fn update(tx: &Connection, unit: UnitId, document: &Document, last_seq: u64) -> Result<Digest> {
    let heads = document.heads();
    let digest = Digest::of(document.id(), &heads);
    tx.prepare_cached(
        "UPDATE document SET last_seq = ?3, heads = ?4, digest = ?5, saved = ?6 WHERE unit = ?1 AND document = ?2",
    )?
    .execute(params![unit.0, document.id().0, sql(last_seq), pack_heads(&heads), digest.0, document.save()])?;
    Ok(digest)
}

/// A change as the log takes it.
#[derive(Debug)]
pub struct NewChange<'a> {
    /// Its document.
    pub document: DocumentId,
    /// Its hash.
    pub hash: ChangeHash,
    /// The session that made it.
    pub actor: ActorId,
    /// Its number in the session.
    pub actor_seq: u64,
    /// Its bytes.
    pub payload: &'a [u8],
}

/// By what right a change stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bringer {
    /// The server made it.
    Server,
    /// Its author's vault brought it, under the statement with this counter.
    Author(u64),
    /// Some vault brought it back, with this server's receipt. The statement it first came under is lost.
    Receipt,
}

/// Who signed a change, and when it was first received.
#[derive(Debug, Clone, Copy)]
pub struct Signer {
    /// The vault.
    pub vault: VaultId,
    /// Whose.
    pub person: PersonId,
    /// How it came.
    pub by: Bringer,
    /// When it was received.
    pub at: Timestamp,
}

/// Writes a change that stands in the log at `at_seq`.
pub fn insert_change(
    tx: &Connection,
    unit: UnitId,
    at_seq: u64,
    change: &NewChange<'_>,
    signer: &Signer,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO change (unit, seq, document, hash, actor, actor_seq, vault, person, counter, received_at, payload)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        unit.0,
        sql(at_seq),
        change.document.0,
        change.hash.0,
        change.actor.0,
        sql(change.actor_seq),
        signer.vault.0,
        signer.person.0,
        sql(match signer.by {
            Bringer::Author(counter) => counter,
            Bringer::Server | Bringer::Receipt => 0,
        }),
        signer.at.0,
        change.payload
    ])?;
    Ok(())
}

const RECORD: &str = "SELECT seq, received_at, vault, person, hash";

fn read_record(row: &rusqlite::Row<'_>) -> rusqlite::Result<(ChangeHash, ChangeRecord)> {
    let record = ChangeRecord {
        seq: seq(row, 0)?,
        received_at: Timestamp(row.get(1)?),
        vault: column(row, 2)?,
        person: column(row, 3)?,
    };
    Ok((column(row, 4)?, record))
}

/// What the log says of one change of a document.
pub fn record(tx: &Connection, unit: UnitId, document: DocumentId, hash: ChangeHash) -> Result<Option<ChangeRecord>> {
    let mut statement =
        tx.prepare_cached(&format!("{RECORD} FROM change WHERE unit = ?1 AND document = ?2 AND hash = ?3"))?;
    let found = statement.query_row(params![unit.0, document.0, hash.0], read_record).optional()?;
    Ok(found.map(|(_, record)| record))
}

/// What the log says of every change of a document, in ascending order of their hashes.
pub fn records(tx: &Connection, unit: UnitId, document: DocumentId) -> Result<Vec<(ChangeHash, ChangeRecord)>> {
    let mut statement =
        tx.prepare_cached(&format!("{RECORD} FROM change WHERE unit = ?1 AND document = ?2 ORDER BY hash"))?;
    let records = statement.query_map(params![unit.0, document.0], read_record)?;
    Ok(records.collect::<rusqlite::Result<_>>()?)
}

/// A document's changes after a place in the log, in its order, with their bytes.
pub fn changes_after(
    tx: &Connection,
    unit: UnitId,
    document: DocumentId,
    after: u64,
) -> Result<Vec<(ChangeHash, ChangeRecord, Vec<u8>)>> {
    let mut statement = tx.prepare_cached(&format!(
        "{RECORD}, payload FROM change WHERE unit = ?1 AND document = ?2 AND seq > ?3 ORDER BY seq"
    ))?;
    let changes = statement.query_map(params![unit.0, document.0, sql(after)], |row| {
        let (hash, record) = read_record(row)?;
        Ok((hash, record, row.get(5)?))
    })?;
    Ok(changes.collect::<rusqlite::Result<_>>()?)
}

/// The documents of a kind that a unit holds, in the order of their ids.
pub fn of_kind(tx: &Connection, unit: UnitId, kind: &Kind) -> Result<Vec<DocumentId>> {
    let mut statement =
        tx.prepare_cached("SELECT document FROM document WHERE unit = ?1 AND kind = ?2 ORDER BY document")?;
    let documents = statement.query_map(params![unit.0, kind.as_str()], |row| column(row, 0))?;
    Ok(documents.collect::<rusqlite::Result<_>>()?)
}

/// Under which counter of its author's vault a change came; none where the server made it, or got it back by a receipt.
pub fn counter(tx: &Connection, unit: UnitId, at_seq: u64) -> Result<Option<u64>> {
    let mut statement = tx.prepare_cached("SELECT counter FROM change WHERE unit = ?1 AND seq = ?2")?;
    let counter = statement.query_row(params![unit.0, sql(at_seq)], |row| seq(row, 0)).optional()?;
    Ok(counter.filter(|counter| *counter > 0))
}

/// Heads one after another, 32 bytes each.
pub fn pack_heads(heads: &[ChangeHash]) -> Vec<u8> {
    heads.iter().flat_map(|head| head.0).collect()
}

/// Reads heads that lie one after another.
pub fn unpack_heads(bytes: &[u8]) -> Vec<ChangeHash> {
    bytes.chunks_exact(ChangeHash::BYTES).filter_map(|chunk| ChangeHash::try_from(chunk).ok()).collect()
}
