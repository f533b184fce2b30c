//! A damaged file mended: what can be read of it goes into a fresh one, which takes its place; it is kept beside.
//!
//! ```text
//! V ── salvage ──> V, V.mended-<stamp> ── put_in_place ──> V.damaged-<stamp>, V
//! ```
//! The fresh file gets its name *mended* when it is whole and durable; from then on it alone counts, and whoever opens
//! the vault next finishes the moving. Before that the damaged file is where it was. Nothing of it is ever deleted.
//!
//! What came from the server comes again by a comparison, so a document that cannot be read is only left out. What had
//! not been sent is nowhere else: what cannot be read of it is counted, and refused by the phone itself with the words
//! that the intent has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rundan_documents::{Document, ReadChange, read_own_change};
use rundan_model::{ChangeHash, DocumentId, Kind, Timestamp, UnitId};
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Transaction, params, params_from_iter};
use zeroize::Zeroizing;

use super::{DocumentRow, DocumentState, Held, StoreError, make, pending_changes, remove_beside};
use crate::act::Session;
use crate::keys::sync_directory;
use crate::sync::{Identity, give_up, proven, stand_alone};

/// Why an action is refused whose change could not be read.
const DAMAGED: &str = "damaged";
/// The files that SQLite keeps under a database's name. The database is the last: while it is in its place, so is the
/// log that belongs to it.
const ENDS: [&str; 3] = ["-wal", "-shm", ""];

/// A table of which every row counts, and the ways to find its rows.
struct Table {
    name: &'static str,
    /// The columns by which a row is found.
    key: &'static str,
    /// Indexes, each with its columns: another list of the rows where the table's own is damaged.
    indexes: &'static [(&'static str, &'static str)],
}

/// Every table but the projections.
const TABLES: [Table; 14] = [
    Table { name: "vault", key: "id", indexes: &[] },
    Table { name: "stream", key: "unit", indexes: &[] },
    Table { name: "sync_state", key: "id", indexes: &[] },
    Table { name: "mended", key: "at", indexes: &[] },
    Table { name: "heard", key: "person", indexes: &[] },
    PENDING,
    TYPING,
    KEPT_TEXT,
    Table {
        name: "intent",
        key: "action",
        indexes: &[("intent_by_time", "at, action"), ("intent_by_document", "document, at, action")],
    },
    Table { name: "kept", key: "document, hash", indexes: &[("kept_by_seq", "unit, seq, document, hash")] },
    Table { name: "offer", key: "document", indexes: &[("offer_by_tries", "unit, is_stuck, tries, document")] },
    Table { name: "seen_visit", key: "document", indexes: &[("seen_visit_by_day", "day, document")] },
    Table { name: "receipt", key: "n", indexes: &[("receipt_by_document", "document, n")] },
    Table { name: "document", key: "rowid", indexes: &[("document_by_kind", "kind, rowid")] },
];
/// What the server has not answered.
const PENDING: Table = Table {
    name: "pending",
    key: "n",
    indexes: &[("pending_by_action", "action, n"), ("pending_by_document", "document, n")],
};
/// What is being typed, which lies nowhere else either.
const TYPING: Table = Table { name: "typing", key: "draft", indexes: &[] };
const KEPT_TEXT: Table = Table { name: "kept_text", key: "document, what, about", indexes: &[] };

/// Whether all of a file can be read. It is read anew, not as an open connection has it.
pub(super) fn is_sound(path: &Path, key: &[u8; 32]) -> Result<bool, StoreError> {
    let look = |connection: Connection| -> Result<String, StoreError> {
        Ok(connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?)
    };
    match connect(path, key).and_then(look) {
        Ok(found) => Ok(found == "ok"),
        Err(error) if error.is_damaged() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Moves a damaged file aside and puts a fresh one in its place, with all that can be read; one that is sound stays: its
/// disk only did not answer for a moment. Fails where it cannot be read whose it is: then nothing was moved.
pub(super) fn mend(path: &Path, key: &[u8; 32], session: &Session, now: Timestamp) -> Result<(), StoreError> {
    if is_sound(path, key)? {
        return Ok(());
    }
    let beside = path.with_extension("new");
    remove_beside(&beside)?;
    let made = make(&beside, key, |tx| salvage(tx, &mut Damaged::open(path, key)?, session, now));
    if let Err(error) = made {
        remove_beside(&beside)?;
        return Err(error);
    }
    std::fs::rename(&beside, path.with_extension(format!("mended-{}", free_stamp(path, now))))?;
    sync_folder(path)?;
    put_in_place(path)
}

/// Copies a damaged log aside, under the name that it would have beside a file that was moved.
pub(super) fn keep_log(path: &Path, now: Timestamp) -> Result<(), StoreError> {
    let aside = path.with_extension(format!("damaged-{}", free_stamp(path, now)));
    std::fs::copy(with_end(path, "-wal"), with_end(&aside, "-wal"))?;
    Ok(())
}

/// A stamp that no file has that was set aside.
fn free_stamp(path: &Path, now: Timestamp) -> i64 {
    let is_taken = |stamp: &i64| {
        let aside = path.with_extension(format!("damaged-{stamp}"));
        ENDS.iter().any(|end| with_end(&aside, end).exists())
    };
    (now.0..).find(|stamp| !is_taken(stamp)).unwrap_or(now.0)
}

/// Finishes what a mending began: the damaged file goes aside, and only then the fresh one in its place.
pub(super) fn put_in_place(path: &Path) -> Result<(), StoreError> {
    let Some((mended, stamp)) = mended(path)? else { return Ok(()) };
    let aside = path.with_extension(format!("damaged-{stamp}"));
    for end in ENDS {
        let (from, to) = (with_end(path, end), with_end(&aside, end));
        if from.exists() {
            std::fs::rename(from, to)?;
        }
    }
    sync_folder(path)?;
    std::fs::rename(mended, path)?;
    sync_folder(path)?;
    tracing::warn!(file = %aside.display(), "a damaged file was moved aside");
    Ok(())
}

/// The fresh file that is to take a damaged one's place, and its stamp.
fn mended(path: &Path) -> Result<Option<(PathBuf, String)>, StoreError> {
    let Some(folder) = path.parent().filter(|folder| folder.is_dir()) else { return Ok(None) };
    for entry in std::fs::read_dir(folder)? {
        let found = entry?.path();
        let stamp = found.extension().and_then(|end| end.to_str()?.strip_prefix("mended-"));
        if let Some(stamp) = stamp
            && found.file_stem() == path.file_stem()
        {
            return Ok(Some((found.clone(), stamp.to_owned())));
        }
    }
    Ok(None)
}

/// The name of a file that SQLite keeps beside a database.
pub(super) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn sync_folder(path: &Path) -> Result<(), StoreError> {
    path.parent().map_or(Ok(()), |folder| Ok(sync_directory(folder)?))
}

/// A damaged file, read as far as it goes. Nothing is written to it, nor to its log.
struct Damaged {
    path: PathBuf,
    key: Zeroizing<[u8; 32]>,
    connection: Option<Connection>,
}

impl Damaged {
    fn open(path: &Path, key: &[u8; 32]) -> Result<Self, StoreError> {
        let connection = connect(path, key)?;
        // So SQLite reads a file that has lost its end.
        connection.pragma_update(None, "writable_schema", true)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
        Ok(Self { path: path.to_owned(), key: Zeroizing::new(*key), connection: Some(connection) })
    }

    /// Reads; none where it is damaged. A disk that fails otherwise may come to itself: that is an error.
    fn read<T>(&mut self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<Option<T>, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => match Self::open(&self.path, &self.key)?.connection {
                Some(connection) => connection,
                None => return Ok(None),
            },
        };
        // What was read counts only if no page was damaged: SQLCipher gives zeros in its place, and refuses the next.
        let proven = read(&connection).and_then(|found| {
            connection.execute_batch("PRAGMA shrink_memory")?;
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
            Ok(found)
        });
        match proven.map_err(StoreError::from) {
            Ok(found) => {
                self.connection = Some(connection);
                Ok(Some(found))
            }
            // SQLCipher refuses everything on a connection that met a damaged page: the next read has a new one.
            Err(error) if error.is_damaged() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Adds the words that a query answers, as far as it comes; says whether it came to its end.
    fn list(&mut self, sql: &str, words: &mut BTreeSet<String>) -> Result<bool, StoreError> {
        let whole = self.read(|connection| {
            let mut query = connection.prepare(sql)?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                words.insert(row.get(0)?);
            }
            Ok(())
        })?;
        Ok(whole.is_some())
    }

    /// Lists something of a table's rows: from the front, from the back where that is cut short, and by each index;
    /// says whether nothing can be missing.
    fn list_rows(&mut self, table: &Table, word: &str) -> Result<(BTreeSet<String>, bool), StoreError> {
        let mut words = BTreeSet::new();
        let own = (String::new(), table.key);
        let by_index = table.indexes.iter().map(|(index, order)| (format!("INDEXED BY {index}"), *order));
        for (way, order) in std::iter::once(own).chain(by_index) {
            let sql = format!("SELECT {word} FROM {} {way} ORDER BY {order}", table.name);
            if self.list(&sql, &mut words)? {
                return Ok((words, true));
            }
            let backwards = order.replace(',', " DESC,");
            self.list(&format!("SELECT {word} FROM {} {way} ORDER BY {backwards} DESC", table.name), &mut words)?;
        }
        Ok((words, false))
    }
}

/// Opens a file to read it, and nothing else: its log stays as it is.
fn connect(path: &Path, key: &[u8; 32]) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let literal = Zeroizing::new(format!("x'{}'", hex::encode(key)));
    connection.pragma_update(None, "key", literal.as_str())?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// What became of a table.
struct Copied {
    /// The keys of rows that are there and cannot be read, as SQL.
    lost: Vec<String>,
    /// Whether no row can be missing that is not known.
    is_whole: bool,
}

/// Brings a damaged file's rows into a fresh one, and makes that a vault again.
fn salvage(tx: &Transaction<'_>, old: &mut Damaged, session: &Session, now: Timestamp) -> Result<(), StoreError> {
    let (mut lost, mut is_known) = (BTreeMap::new(), BTreeMap::new());
    for table in &TABLES {
        let copied = copy(tx, old, table)?;
        lost.insert(table.name, copied.lost);
        is_known.insert(table.name, copied.is_whole);
    }
    let lost_of = |table: &Table| lost.get(table.name).map(Vec::as_slice).unwrap_or_default();
    // Whose it is must be known; without it there is no vault.
    Identity::load(tx)?;
    compare_all(tx)?;
    leave_out_broken(tx)?;
    send_unproven(tx)?;
    hold_places(tx)?;
    replay_pending(tx, session)?;
    let count = lose(tx, old, lost_of(&PENDING))? + lost_of(&TYPING).len() + lost_of(&KEPT_TEXT).len();
    let is_counted = [PENDING, TYPING, KEPT_TEXT].iter().all(|table| is_known.get(table.name) == Some(&true));
    let count = is_counted.then_some(count as i64);
    tx.execute("INSERT OR REPLACE INTO mended (at, lost) VALUES (?1, ?2)", params![now.0, count])?;
    tx.execute("UPDATE sync_state SET projected = 0", [])?;
    Ok(())
}

fn copy(tx: &Transaction<'_>, old: &mut Damaged, table: &Table) -> Result<Copied, StoreError> {
    let Table { name, key, .. } = table;
    let literal = key.split(", ").map(|column| format!("quote({column})")).collect::<Vec<_>>().join("||','||");
    let (keys, is_whole) = old.list_rows(table, &literal)?;
    let of = format!("SELECT name FROM pragma_table_info('{name}')");
    let (mut known, mut there) = (BTreeSet::new(), BTreeSet::new());
    old.list(&of, &mut there)?;
    let mut query = tx.prepare(&of)?;
    for column in query.query_map([], |row| row.get::<_, String>(0))? {
        known.insert(column?);
    }
    let columns: Vec<&str> = known.intersection(&there).map(String::as_str).collect();
    if columns.is_empty() {
        return Ok(Copied { lost: Vec::new(), is_whole });
    }
    let (list, marks) = (columns.join(", "), vec!["?"; columns.len()].join(", "));
    let mut insert = tx.prepare(&format!("INSERT OR REPLACE INTO {name} ({list}) VALUES ({marks})"))?;
    let fetch = |connection: &Connection, literal: &String| {
        let sql = format!("SELECT {list} FROM {name} WHERE ({key}) = ({literal})");
        connection.query_row(&sql, [], |row| (0..columns.len()).map(|column| row.get(column)).collect())
    };
    // At once where the table is whole, else each row by itself.
    let all: Option<Vec<Vec<Value>>> =
        old.read(|connection| keys.iter().map(|literal| fetch(connection, literal)).collect())?;
    let mut all = all.map(Vec::into_iter);
    let mut lost = Vec::new();
    for literal in keys {
        let row = match &mut all {
            Some(rows) => rows.next(),
            None => old.read(|connection| fetch(connection, &literal))?,
        };
        match row.map(|row| insert.execute(params_from_iter(row))) {
            Some(Ok(_)) => {}
            // Half of another file's row: a log and a file that do not belong together.
            Some(Err(error)) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                lost.push(literal);
            }
            Some(Err(error)) => return Err(error.into()),
            None => lost.push(literal),
        }
    }
    if !lost.is_empty() || !is_whole {
        tracing::warn!(table = name, lost = lost.len(), is_whole, "rows could not be read");
    }
    Ok(Copied { lost, is_whole })
}

/// Has the server say what differs: it brings what could not be read. Units are also known by what lies in them.
fn compare_all(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR IGNORE INTO stream (unit, name, roles, digest)
         SELECT unit, '', '[]', zeroblob(16)
         FROM (SELECT unit FROM document UNION SELECT unit FROM pending UNION SELECT unit FROM kept)",
        [],
    )?;
    tx.execute("UPDATE stream SET must_compare = 1, page_seq = NULL, page_chain = NULL, page_position = NULL", [])?;
    // A vault without a unit has nobody to ask.
    tx.query_row("SELECT 1 FROM stream LIMIT 1", [], |_| Ok(()))?;
    Ok(())
}

/// Leaves out documents that are not what was accepted, and those of which something is proven by nothing any more: both
/// come again.
fn leave_out_broken(tx: &Transaction<'_>) -> Result<(), StoreError> {
    for id in ids(tx, "SELECT document FROM document")? {
        if !is_sure(tx, id)? {
            tx.execute("DELETE FROM document WHERE document = ?1", [id.as_bytes()])?;
        }
    }
    tx.execute("DELETE FROM receipt WHERE is_own = 0 AND document NOT IN (SELECT document FROM document)", [])?;
    Ok(())
}

fn is_sure(tx: &Transaction<'_>, id: DocumentId) -> Result<bool, StoreError> {
    match DocumentRow::load(tx, id) {
        Ok(Some((row, Some(saved)))) => {
            let is_whole = Document::load(&saved).is_ok_and(|document| document.heads() == row.heads);
            let proven = proven(tx, id, row.records.keys().copied())?;
            // One that leaves does not come again.
            let is_proven = || row.records.keys().all(|hash| proven.contains(hash));
            Ok(is_whole && (row.state != DocumentState::Held || is_proven()))
        }
        Ok(Some((row, None))) => Ok(row.state == DocumentState::Own),
        Ok(None) | Err(StoreError::Id(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// An own change that was accepted.
struct Kept {
    hash: ChangeHash,
    bytes: Vec<u8>,
    action: Vec<u8>,
    read: ReadChange,
}

/// Has own work sent again that the server has taken and that nothing proves any more, of documents that are not here: a
/// server that was put back from an older backup has it by nobody else. One that has it says so.
fn send_unproven(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let sql = "SELECT DISTINCT document FROM kept WHERE document NOT IN (SELECT document FROM document)";
    for id in ids(tx, sql)? {
        let proven = proven(tx, id, std::iter::empty())?;
        let mut unproven: Vec<Kept> = kept(tx, id)?;
        unproven.retain(|change| !proven.contains(&change.hash));
        // Each after what it builds on.
        while let Some(first) = unproven.iter().position(|change| {
            let is_after = |other: &Kept| change.read.deps.contains(&other.hash);
            !unproven.iter().any(is_after)
        }) {
            let Kept { hash, bytes, action, .. } = unproven.remove(first);
            tx.execute(
                "INSERT OR IGNORE INTO pending (unit, document, hash, bytes, action)
                 SELECT unit, document, hash, ?3, ?4 FROM kept WHERE document = ?1 AND hash = ?2",
                params![id.as_bytes(), hash.as_bytes(), bytes, action],
            )?;
            let sent = params![id.as_bytes(), hash.as_bytes()];
            tx.execute("DELETE FROM kept WHERE document = ?1 AND hash = ?2", sent)?;
        }
    }
    Ok(())
}

/// The own changes of a document that were accepted, as far as they can be read.
fn kept(tx: &Transaction<'_>, id: DocumentId) -> Result<Vec<Kept>, StoreError> {
    let mut query = tx.prepare("SELECT bytes, action FROM kept WHERE document = ?1 ORDER BY hash")?;
    let mut rows = query.query([id.as_bytes()])?;
    let mut kept = Vec::new();
    while let Some(row) = rows.next()? {
        let (bytes, action): (Vec<u8>, Option<Vec<u8>>) = (row.get(0)?, row.get(1)?);
        let Some(read) = read_own_change(&bytes) else { continue };
        let stated = read.edit.facts.first().map(|(_, fact)| fact.action.0.to_vec());
        let Some(action) = action.or(stated) else { continue };
        kept.push(Kept { hash: read.info.hash, bytes, action, read });
    }
    Ok(kept)
}

/// Notes the documents that own changes belong to and that are not here: what was begun here, and what the server has.
fn hold_places(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let sql = "SELECT DISTINCT document FROM pending WHERE document NOT IN (SELECT document FROM document)";
    for id in ids(tx, sql)? {
        let unit: Vec<u8> =
            tx.query_row("SELECT unit FROM pending WHERE document = ?1", [id.as_bytes()], |row| row.get(0))?;
        let begun = pending_changes(tx, id)?.iter().find_map(|change| read_own_change(&change.bytes)?.begins);
        let state = if begun.is_some() { DocumentState::Own } else { DocumentState::Broken };
        let row = DocumentRow {
            document: id,
            unit: UnitId::try_from(unit.as_slice())?,
            kind: begun.unwrap_or_else(|| Kind::from("")),
            state,
            heads: Vec::new(),
            records: BTreeMap::new(),
            own_seq: 0,
        };
        row.save(tx, None)?;
    }
    Ok(())
}

/// Makes anew what was built on a change that could not be read.
fn replay_pending(tx: &Transaction<'_>, session: &Session) -> Result<(), StoreError> {
    for id in ids(tx, "SELECT DISTINCT document FROM pending")? {
        stand_alone(tx, session, id)?;
        if let Err(error) = Held::load(tx, id) {
            tracing::warn!(document = %id, error = &error as &dyn std::error::Error, "a document waits for the server");
            tx.execute(
                "UPDATE document SET state = 'broken', saved = NULL, heads = x'' WHERE document = ?1",
                [id.as_bytes()],
            )?;
        }
    }
    Ok(())
}

/// Refuses the actions whose changes could not be read, and counts them.
fn lose(tx: &Transaction<'_>, old: &mut Damaged, lost: &[String]) -> Result<usize, StoreError> {
    if lost.is_empty() {
        return Ok(0);
    }
    let (pairs, _) = old.list_rows(&PENDING, "n || ' ' || hex(action)")?;
    let actions: BTreeMap<&str, &str> = pairs.iter().filter_map(|pair| pair.split_once(' ')).collect();
    // One action can have changes in several documents.
    let of = |n: &String| actions.get(n.as_str()).copied().unwrap_or(n).to_owned();
    let lost: BTreeSet<String> = lost.iter().map(of).collect();
    for action in lost.iter().filter_map(|action| hex::decode(action).ok()) {
        give_up(tx, &action, DAMAGED)?;
    }
    Ok(lost.len())
}

fn ids(tx: &Transaction<'_>, sql: &str) -> Result<Vec<DocumentId>, StoreError> {
    let mut query = tx.prepare(sql)?;
    let mut rows = query.query([])?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        ids.push(DocumentId::try_from(row.get_ref(0)?.as_blob().unwrap_or_default())?);
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{PROJECTIONS, Store, Threads};

    #[test]
    fn every_table_is_brought_over_or_made_anew_and_every_way_to_its_rows_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("vault.rundan");
        drop(Store::open(&path, &[1; 32], Threads::Inline).unwrap());
        let mut file = Damaged::open(&path, &[1; 32]).unwrap();
        let mut tables = BTreeSet::new();
        let named = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        assert!(file.list(named, &mut tables).unwrap());
        let known = TABLES.iter().map(|table| table.name).chain(PROJECTIONS).map(ToOwned::to_owned);
        assert_eq!(known.collect::<BTreeSet<_>>(), tables);
        for table in &TABLES {
            for (index, order) in table.indexes {
                let sql = format!("SELECT 'row' FROM {} INDEXED BY {index} ORDER BY {order}", table.name);
                assert!(file.list(&sql, &mut BTreeSet::new()).unwrap(), "{sql}");
            }
        }
    }
}
