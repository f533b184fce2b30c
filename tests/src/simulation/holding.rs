//! What a phone's file holds, read from outside the product with the key that lies beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use rundan_documents::{Document, read_change};
use rundan_model::visit::{Progress, visit};
use rundan_model::{ActionId, ChangeHash, Content, DocumentId, Kind, PersonId, Role, UnitId, VaultId};
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

/// An own change that is kept for a server that loses it.
#[derive(Debug)]
pub(crate) struct KeptRow {
    pub(crate) hash: ChangeHash,
    pub(crate) deps: Vec<ChangeHash>,
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
    /// The chain of the log at the cursor.
    pub(crate) chain: Option<[u8; 32]>,
    pub(crate) digest: Digest,
    /// Whether the vault believes that its person is of the office.
    pub(crate) is_office: bool,
    /// Documents that it still has to bring back to a server that lost them.
    pub(crate) offers: BTreeSet<DocumentId>,
    /// Own changes that the server has and that it could still bring back, whatever became of their documents here.
    pub(crate) kept: Vec<KeptRow>,
    /// The token to wait for news with.
    pub(crate) hint: Option<[u8; 32]>,
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

/// Lets the next start of the app make its projections anew.
pub(crate) fn project_anew(directory: &Path, vault: VaultId) -> Result<()> {
    let connection = open(directory, vault)?;
    connection.pragma_update(None, "query_only", false)?;
    connection.execute("UPDATE sync_state SET projected = 0", [])?;
    Ok(())
}

impl Holding {
    pub(crate) fn read(connection: &Connection, unit: UnitId) -> Result<Self> {
        let tx = connection.unchecked_transaction()?;
        let (cursor, digest, roles, chain) = tx
            .prepare_cached("SELECT cursor_seq, digest, roles, cursor_chain FROM stream WHERE unit = ?1")?
            .query_row([unit.as_bytes()], |row| {
                Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, [u8; 16]>(1)?, row.get::<_, String>(2)?, row.get(3)?))
            })?;
        let mut holding = Self {
            documents: BTreeMap::new(),
            pending: Vec::new(),
            actions: BTreeMap::new(),
            cursor: cursor.map(i64::unsigned_abs),
            chain,
            digest: Digest(digest),
            offers: BTreeSet::new(),
            kept: Vec::new(),
            is_office: serde_json::from_str::<Vec<Role>>(&roles)?.iter().any(Role::is_office),
            hint: tx.query_row("SELECT hint FROM sync_state WHERE id = 1", [], |row| row.get(0))?,
        };
        holding.read_documents(&tx)?;
        holding.read_pending(&tx)?;
        holding.read_actions(&tx)?;
        let mut offers = tx.prepare_cached("SELECT document FROM offer")?;
        let offers = offers.query_map([], |row| Ok(DocumentId(row.get(0)?)))?;
        holding.offers = offers.collect::<rusqlite::Result<_>>()?;
        let mut kept = tx.prepare_cached("SELECT bytes FROM kept")?;
        let kept = kept.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
        for bytes in kept {
            let read = read_change(&bytes?).context("a change that was accepted is readable")?;
            holding.kept.push(KeptRow { hash: read.info.hash, deps: read.deps });
        }
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

    /// Documents that left and stay, as the person is at them or the server has not answered for them.
    pub(crate) fn check_leaving(&self, person: PersonId) -> Result<()> {
        for (id, _) in self.documents.iter().filter(|(_, row)| row.state == "leaving") {
            let waits = self.offers.contains(id) || self.pending.iter().any(|change| change.document == *id);
            let content = self.content(*id)?.filter(|content| content.kind == Kind::Visit);
            let is_at_it = content.is_some_and(|content| {
                visit(&content).times.get(&person).is_some_and(|time| time.progress != Progress::Ended)
            });
            ensure!(waits || is_at_it, "P6: {id} has left and is still there");
        }
        Ok(())
    }

    /// The changes that it could bring back to a server that lost them, whatever others bring: those of documents that
    /// are here whole, and those not yet sent.
    pub(crate) fn could_bring(&self) -> Result<BTreeSet<ChangeHash>> {
        let mut changes: BTreeSet<ChangeHash> = self.pending.iter().map(|change| change.hash).collect();
        for row in self.documents.values() {
            if let Some(saved) = &row.saved {
                changes.extend(Document::load(saved)?.infos().into_iter().map(|info| info.hash));
            }
        }
        Ok(changes)
    }

    /// The sum over what is held, made anew.
    pub(crate) fn sum(&self) -> Digest {
        let held = self.documents.iter().filter(|(_, row)| row.is_held());
        held.map(|(id, row)| Digest::of(*id, &row.heads)).sum()
    }
}
