//! What the server's file holds, read from outside the product: documents by their contents, the log, the days.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use rundan_documents::Document;
use rundan_model::{ChangeHash, Content, DocumentId, Kind, PersonId, Role, Timestamp, UnitId, VaultId, Zone};
use rusqlite::Connection;

/// A document as the server has it.
pub(crate) struct KnownDocument {
    last_seq: u64,
    pub(crate) heads: Vec<ChangeHash>,
    pub(crate) content: Content,
    /// The changes that state facts.
    stating: BTreeSet<ChangeHash>,
}

/// A change of the log.
pub(crate) struct LoggedChange {
    pub(crate) seq: u64,
    pub(crate) document: DocumentId,
    pub(crate) hash: ChangeHash,
    pub(crate) vault: VaultId,
    pub(crate) person: PersonId,
    /// It began its document.
    is_first: bool,
    /// The day on which the server received it.
    day: i32,
}

/// The server's file as it was last read.
pub(crate) struct Truth {
    unit: UnitId,
    pub(crate) head: u64,
    pub(crate) today: i32,
    /// Documents that were destroyed, also by a server that was put back since: they stay so.
    pub(crate) destroyed: BTreeSet<DocumentId>,
    /// The days that were opened.
    days: Vec<i32>,
    /// The server's own vault.
    own: Option<VaultId>,
    pub(crate) documents: BTreeMap<DocumentId, KnownDocument>,
    pub(crate) changes: Vec<LoggedChange>,
    /// Whose role changed after which entry: true where it was given.
    pub(crate) roles: Vec<(u64, PersonId, Role, bool)>,
}

impl Truth {
    pub(crate) fn of(unit: UnitId) -> Self {
        let (documents, changes) = (BTreeMap::new(), Vec::new());
        Self {
            unit,
            head: 0,
            today: 0,
            days: Vec::new(),
            own: None,
            destroyed: BTreeSet::new(),
            documents,
            changes,
            roles: Vec::new(),
        }
    }

    /// Reads what is new.
    pub(crate) fn refresh(&mut self, server: &Connection) -> Result<()> {
        let tx = server.unchecked_transaction()?;
        let (head, today) = tx
            .prepare_cached("SELECT head_seq, day FROM unit WHERE unit = ?1")?
            .query_row([self.unit.as_bytes()], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
        if head.unsigned_abs() == self.head {
            return Ok(());
        }
        (self.head, self.today) = (head.unsigned_abs(), today);
        self.own = Some(VaultId(tx.query_row("SELECT vault FROM own_vault", [], |row| row.get(0))?));
        let mut days = tx.prepare_cached("SELECT day FROM day_opened WHERE unit = ?1 ORDER BY ordinal")?;
        let days = days.query_map([self.unit.as_bytes()], |row| row.get(0))?;
        self.days = days.collect::<rusqlite::Result<_>>()?;
        let mut destroyed = tx.prepare_cached("SELECT document FROM purged WHERE unit = ?1")?;
        let destroyed = destroyed.query_map([self.unit.as_bytes()], |row| Ok(DocumentId(row.get(0)?)))?;
        self.destroyed.extend(destroyed.collect::<rusqlite::Result<Vec<_>>>()?);
        self.read_changes(&tx)?;
        self.read_documents(&tx)
    }

    fn read_changes(&mut self, tx: &Connection) -> Result<()> {
        let mut begun: BTreeSet<DocumentId> = self.changes.iter().map(|change| change.document).collect();
        let from = self.changes.last().map_or(0, |change| change.seq);
        let mut query = tx.prepare_cached(
            "SELECT seq, document, hash, vault, person, received_at FROM change WHERE unit = ?1 AND seq > ?2 ORDER BY seq",
        )?;
        let mut rows = query.query(rusqlite::params![self.unit.as_bytes(), from as i64])?;
        while let Some(row) = rows.next()? {
            let document = DocumentId(row.get(1)?);
            self.changes.push(LoggedChange {
                seq: row.get::<_, i64>(0)?.unsigned_abs(),
                document,
                hash: ChangeHash(row.get(2)?),
                vault: VaultId(row.get(3)?),
                person: PersonId(row.get(4)?),
                is_first: begun.insert(document),
                day: Zone.day(Timestamp(row.get(5)?)).0,
            });
        }
        Ok(())
    }

    fn read_documents(&mut self, tx: &Connection) -> Result<()> {
        let mut query = tx.prepare_cached("SELECT document, last_seq, saved FROM document WHERE unit = ?1")?;
        let mut rows = query.query([self.unit.as_bytes()])?;
        let mut known = std::mem::take(&mut self.documents);
        while let Some(row) = rows.next()? {
            let (id, last_seq) = (DocumentId(row.get(0)?), row.get::<_, i64>(1)?.unsigned_abs());
            let document = match known.remove(&id).filter(|known| known.last_seq == last_seq) {
                Some(same) => same,
                None => read(last_seq, &row.get::<_, Vec<u8>>(2)?)?,
            };
            self.documents.insert(id, document);
        }
        Ok(())
    }

    /// The server's file is another one: all is read anew. It has the log in common up to an entry; roles that changed
    /// after that were put back when it opened, at the end of what it had.
    pub(crate) fn forget(&mut self, common: u64, head: u64) {
        let (mut roles, destroyed) = (std::mem::take(&mut self.roles), std::mem::take(&mut self.destroyed));
        for (seq, ..) in roles.iter_mut().filter(|(seq, ..)| *seq > common) {
            *seq = head;
        }
        *self = Self { roles, destroyed, ..Self::of(self.unit) };
    }

    /// Whether a cursor is a place in the log, with the chain that the log has there.
    pub(crate) fn is_of_log(&self, server: &Connection, seq: Option<u64>, chain: Option<[u8; 32]>) -> Result<bool> {
        let Some((seq, chain)) = seq.zip(chain) else { return Ok(false) };
        let mut query = server.prepare_cached("SELECT 1 FROM log WHERE unit = ?1 AND seq = ?2 AND chain = ?3")?;
        Ok(query.exists(rusqlite::params![self.unit.as_bytes(), seq as i64, chain])?)
    }

    /// How many days were opened.
    pub(crate) fn days_opened(&self) -> u64 {
        self.days.len() as u64
    }

    /// The roles of a person after an entry of the log.
    pub(crate) fn roles_at(&self, person: PersonId, seq: u64) -> BTreeSet<&Role> {
        let mut roles = BTreeSet::new();
        for (_, _, role, is_given) in self.roles.iter().filter(|(at, who, ..)| *at <= seq && *who == person) {
            if *is_given {
                roles.insert(role);
            } else {
                roles.remove(role);
            }
        }
        roles
    }

    /// The opened day on which a person last worked at each document that she begins or states facts in.
    pub(crate) fn own_work(&self, person: PersonId) -> BTreeMap<DocumentId, u64> {
        let mut own = BTreeMap::new();
        for change in self.changes.iter().filter(|change| change.person == person && Some(change.vault) != self.own) {
            let Some(document) = self.documents.get(&change.document) else { continue };
            let kind = &document.content.kind;
            let readers = rundan_model::policy::readers(kind);
            let states = *kind == Kind::Visit && document.stating.contains(&change.hash);
            let is_office = self.roles_at(person, change.seq).iter().any(|role| role.is_office());
            if readers.persons && (change.is_first || states) && !(is_office && readers.office) {
                let ordinal = self.days.iter().filter(|opened| **opened <= change.day).count() as u64;
                let latest = own.entry(change.document).or_insert(ordinal);
                *latest = ordinal.max(*latest);
            }
        }
        own
    }
}

fn read(last_seq: u64, saved: &[u8]) -> Result<KnownDocument> {
    let document = Document::load(saved)?;
    let stating = document.fact_log().into_values().map(|info| info.hash).collect();
    Ok(KnownDocument { last_seq, heads: document.heads(), content: document.content(), stating })
}
