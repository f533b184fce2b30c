//! The table that remembers which document an import made of which row, and how its last run left it.

use std::collections::{BTreeMap, BTreeSet};

use rundan_model::{ChangeHash, DocumentId, Kind, UnitId};
use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};

use super::desired::Desired;
use crate::error::Result;
use crate::store::column;

/// A row's digest.
pub(super) type RowDigest = [u8; 32];

/// Stands for the digest of a visit that the last export no longer had, and that was cancelled.
pub(super) const GONE: RowDigest = [0; 32];
/// Stands for the digest of a visit from before the last export's first day.
pub(super) const PAST: RowDigest = [1; 32];

/// What is known of a row.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) document: DocumentId,
    /// The heads as the import left them: where its next branch begins.
    pub(super) heads: Vec<ChangeHash>,
    pub(super) digest: RowDigest,
}

/// Everything that imports made in a unit.
#[derive(Debug)]
pub(super) struct Ledger {
    unit: UnitId,
    entries: BTreeMap<String, BTreeMap<String, Entry>>,
}

impl Ledger {
    pub(super) fn read(tx: &Connection, unit: UnitId) -> Result<Self> {
        let mut statement =
            tx.prepare("SELECT source, external_id, document, heads, row_digest FROM imported WHERE unit = ?1")?;
        let rows = statement.query_map(params![unit.0], |row| {
            let heads = row.get_ref(3)?.as_blob()?.chunks_exact(32);
            let heads = heads.filter_map(|hash| ChangeHash::try_from(hash).ok()).collect();
            let entry = Entry { document: column(row, 2)?, heads, digest: column(row, 4)? };
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, entry))
        })?;
        let mut entries: BTreeMap<String, BTreeMap<String, Entry>> = BTreeMap::new();
        for row in rows {
            let (source, external_id, entry) = row?;
            entries.entry(source).or_default().insert(external_id, entry);
        }
        Ok(Self { unit, entries })
    }

    pub(super) fn find(&self, kind: &Kind, external_id: &str) -> Option<&Entry> {
        self.entries.get(kind.as_str())?.get(external_id)
    }

    /// The documents of every row.
    pub(super) fn documents(&self) -> BTreeSet<DocumentId> {
        self.entries.values().flat_map(BTreeMap::values).map(|entry| entry.document).collect()
    }

    /// Everything of a kind, by the rows' ids.
    pub(super) fn of(&self, kind: &Kind) -> impl Iterator<Item = (&String, &Entry)> {
        self.entries.get(kind.as_str()).into_iter().flatten()
    }

    pub(super) fn write(&mut self, tx: &Connection, kind: &Kind, external_id: &str, entry: Entry) -> Result<()> {
        let heads: Vec<u8> = entry.heads.iter().flat_map(|hash| hash.0).collect();
        tx.prepare_cached(
            "INSERT INTO imported (unit, source, external_id, document, heads, row_digest)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (unit, source, external_id) DO UPDATE
             SET document = excluded.document, heads = excluded.heads, row_digest = excluded.row_digest",
        )?
        .execute(params![self.unit.0, kind.as_str(), external_id, entry.document.0, heads, entry.digest])?;
        self.entries.entry(kind.as_str().to_owned()).or_default().insert(external_id.to_owned(), entry);
        Ok(())
    }
}

/// Whether another unit's imports know someone employed by this id.
pub(super) fn is_of_another_unit(tx: &Connection, unit: UnitId, external_id: &str) -> Result<bool> {
    let mut statement =
        tx.prepare_cached("SELECT 1 FROM imported WHERE source = ?1 AND external_id = ?2 AND unit <> ?3")?;
    Ok(statement.exists(params![Kind::Staff.as_str(), external_id, unit.0])?)
}

/// The digest of a row, made of what its document should say and what it should no longer say.
pub(super) fn digest(desired: &Desired) -> RowDigest {
    let mut hasher = Sha256::new();
    hasher.update(b"rundan-import-2");
    let mut take = |part: &[u8]| {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    };
    for (key, json) in &desired.plan {
        take(key.as_bytes());
        take(json.to_string().as_bytes());
    }
    desired.owned.iter().for_each(|family| take(family.as_bytes()));
    hasher.finalize().into()
}
