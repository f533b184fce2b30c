//! What a phone's file holds, read from outside the product with the key that lies beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use rundan_documents::Document;
use rundan_model::{ActionId, ChangeHash, Content, DocumentId, UnitId, VaultId};
use rundan_sync::Digest;
use rusqlite::{Connection, OpenFlags};

/// A document as a phone holds it.
#[derive(Debug)]
pub(crate) struct HeldRow {
    pub(crate) state: String,
    pub(crate) heads: Vec<ChangeHash>,
    saved: Option<Vec<u8>>,
}

/// A change that the server has not answered.
#[derive(Debug)]
pub(crate) struct PendingRow {
    pub(crate) document: DocumentId,
    pub(crate) hash: ChangeHash,
    pub(crate) action: ActionId,
    bytes: Vec<u8>,
}

/// Everything that matters of a phone's file, read at one moment.
#[derive(Debug)]
pub(crate) struct Holding {
    pub(crate) documents: BTreeMap<DocumentId, HeldRow>,
    pub(crate) pending: Vec<PendingRow>,
    /// What the vault says of each action: none, or why it was refused.
    pub(crate) actions: BTreeMap<ActionId, Option<String>>,
    /// The place of the cursor; none before the first sync.
    pub(crate) cursor: Option<u64>,
    pub(crate) digest: Digest,
}

impl HeldRow {
    pub(crate) fn is_held(&self) -> bool {
        self.state == "held"
    }
}

/// Opens a vault's file as the product does, to read only.
pub(crate) fn open(directory: &Path, vault: VaultId) -> Result<Connection> {
    let key = std::fs::read(directory.join("keys").join(format!("{vault}.key"))).context("the key is there")?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(directory.join(format!("{vault}.rundan")), flags)?;
    connection.pragma_update(None, "key", format!("x'{}'", hex::encode(key)))?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

impl Holding {
    pub(crate) fn read(connection: &Connection, unit: UnitId) -> Result<Self> {
        let tx = connection.unchecked_transaction()?;
        let (cursor, digest) = tx
            .prepare_cached("SELECT cursor_seq, digest FROM stream WHERE unit = ?1")?
            .query_row([unit.as_bytes()], |row| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, [u8; 16]>(1)?)))?;
        let mut holding = Self {
            documents: BTreeMap::new(),
            pending: Vec::new(),
            actions: BTreeMap::new(),
            cursor: cursor.map(i64::unsigned_abs),
            digest: Digest(digest),
        };
        holding.read_documents(&tx)?;
        holding.read_pending(&tx)?;
        holding.read_actions(&tx)?;
        Ok(holding)
    }

    fn read_documents(&mut self, tx: &Connection) -> Result<()> {
        let mut query = tx.prepare_cached("SELECT document, state, heads, saved FROM document")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let heads: Vec<u8> = row.get(2)?;
            let heads = heads.chunks(ChangeHash::BYTES).map(ChangeHash::try_from).collect::<Result<_, _>>()?;
            let held = HeldRow { state: row.get(1)?, heads, saved: row.get(3)? };
            self.documents.insert(DocumentId(row.get(0)?), held);
        }
        Ok(())
    }

    fn read_pending(&mut self, tx: &Connection) -> Result<()> {
        let mut query = tx.prepare_cached("SELECT document, hash, action, bytes FROM pending ORDER BY n")?;
        let rows = query.query_map([], |row| {
            Ok(PendingRow {
                document: DocumentId(row.get(0)?),
                hash: ChangeHash(row.get(1)?),
                action: ActionId(row.get(2)?),
                bytes: row.get(3)?,
            })
        })?;
        self.pending = rows.collect::<rusqlite::Result<_>>()?;
        Ok(())
    }

    fn read_actions(&mut self, tx: &Connection) -> Result<()> {
        let mut query = tx.prepare_cached("SELECT action, refused FROM intent")?;
        let rows = query.query_map([], |row| Ok((ActionId(row.get(0)?), row.get(1)?)))?;
        self.actions = rows.collect::<rusqlite::Result<_>>()?;
        Ok(())
    }

    /// The documents that are held in scope.
    pub(crate) fn held(&self) -> BTreeSet<DocumentId> {
        self.documents.iter().filter(|(_, row)| row.is_held()).map(|(id, _)| *id).collect()
    }

    /// What the person sees of a document: accepted and pending; none if it is not here.
    pub(crate) fn content(&self, id: DocumentId) -> Result<Option<Content>> {
        let Some(row) = self.documents.get(&id) else { return Ok(None) };
        let pending: Vec<&[u8]> =
            self.pending.iter().filter(|change| change.document == id).map(|change| change.bytes.as_slice()).collect();
        let document = match &row.saved {
            Some(saved) => {
                let mut document = Document::load(saved)?;
                document.apply(pending)?;
                document
            }
            None if pending.is_empty() => return Ok(None),
            None => Document::from_changes(pending)?,
        };
        Ok(Some(document.content()))
    }

    /// The sum over what is held, made anew.
    pub(crate) fn sum(&self) -> Digest {
        let held = self.documents.iter().filter(|(_, row)| row.is_held());
        held.map(|(id, row)| Digest::of(*id, &row.heads)).sum()
    }
}
