//! A vault's file: SQLCipher, written in one transaction for each action, durable before anyone is told so.
//!
//! The law: what a transaction of [`Store::write`] returned `Ok` for is on the disk (`synchronous=FULL`), whole, and
//! every later [`Store::read`] sees it. One writer at a time; readers never wait for it.

mod db;
mod documents;
mod log;
mod mend;
pub(crate) mod projection;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rundan_model::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use zeroize::Zeroizing;

use db::Db;
use schema::MIGRATIONS;

use crate::act::Session;

pub(crate) use db::Threads;
pub(crate) use documents::{DocumentRow, DocumentState, Held, Recent, pending_changes, records_of};
pub use projection::PROJECTIONS;

/// How much of the file a connection keeps decrypted, KiB: what a board of a unit with 1,000 keys reads, several times
/// over. With SQLite's own 2,000 every view of it decrypted all of its pages again.
const CACHE_KIB: i64 = 16 * 1_024;

/// Why a store could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite failed.
    #[error("The store failed")]
    Sqlite(#[from] rusqlite::Error),
    /// The file is of a newer version of the app.
    #[error("The store is of version {found}, newer than {known}")]
    Newer {
        #[allow(missing_docs)]
        found: i64,
        #[allow(missing_docs)]
        known: i64,
    },
    /// The key does not open the file, or the file is damaged.
    #[error("The key does not open the store")]
    Key,
    /// A look at the whole file found a page that is not what was written.
    #[error("The store is damaged")]
    Damaged,
    /// A document in the store cannot be read.
    #[error("A document in the store cannot be read")]
    Document(#[from] rundan_documents::LoadError),
    /// A change could not be written.
    #[error("A change could not be written")]
    Write(#[from] rundan_documents::WriteError),
    /// A projection or an intent in the store cannot be read.
    #[error("A row in the store cannot be read")]
    Json(#[from] serde_json::Error),
    /// An identifier in the store has another length.
    #[error("An identifier in the store has another length")]
    Id(#[from] rundan_model::IdError),
    /// The file could not be made or named.
    #[error("The store's file could not be made")]
    File(#[from] std::io::Error),
    /// The work on the store panicked; nothing was written.
    #[error("The work on the store panicked")]
    Panic,
}

impl StoreError {
    /// Whether the disk is full: the person can do something about it.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            Self::File(error) => error.kind() == std::io::ErrorKind::StorageFull,
            _ => false,
        }
    }

    /// Whether the file does not hold what was written: it is to be mended.
    pub fn is_damaged(&self) -> bool {
        use rusqlite::{Error, ErrorCode};
        match self {
            // SQLCipher answers with the plain error where a page is not what its key signed; no statement of ours does.
            Self::Sqlite(Error::SqliteFailure(error, _)) => {
                error.extended_code == rusqlite::ffi::SQLITE_ERROR
                    || matches!(error.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            }
            // A row that every store has.
            Self::Sqlite(Error::QueryReturnedNoRows) | Self::Damaged => true,
            _ => false,
        }
    }

    /// Whether the file may be damaged. SQLCipher gives zeros in the place of a damaged page before it refuses the next
    /// one, so a row that cannot be read is a sign too.
    pub fn is_suspect(&self) -> bool {
        self.is_damaged() || matches!(self, Self::Document(_) | Self::Json(_) | Self::Id(_))
    }
}

/// A vault's file, open. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    writer: Db,
    reader: Db,
    file: Arc<File>,
}

/// Where a vault's file lies, and its key.
struct File {
    path: PathBuf,
    key: Zeroizing<[u8; 32]>,
}

impl File {
    fn to_write(&self) -> Result<Connection, StoreError> {
        connect(&self.path, &self.key)
    }

    fn to_read(&self) -> Result<Connection, StoreError> {
        let reader = connect(&self.path, &self.key)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(reader)
    }
}

impl Store {
    /// Opens a vault's file, making it if absent, and brings its schema up to date.
    pub(crate) fn open(path: &Path, key: &[u8; 32], threads: Threads) -> Result<Self, StoreError> {
        let file = Arc::new(File { path: path.to_owned(), key: Zeroizing::new(*key) });
        let mut connection = file.to_write()?;
        migrate(&mut connection)?;
        project_anew(&mut connection)?;
        let reader = file.to_read()?;
        Ok(Self { writer: Db::new(connection, threads), reader: Db::new(reader, threads), file })
    }

    /// Makes a vault's file with its first rows: whole under its name, or not at all.
    pub(crate) fn create(
        path: &Path,
        key: &[u8; 32],
        first: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let beside = path.with_extension("new");
        remove_beside(&beside)?;
        let made = make(&beside, key, first).and_then(|()| Ok(std::fs::rename(&beside, path)?));
        if made.is_err()
            && let Err(error) = remove_beside(&beside)
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "half a store was left");
        }
        made
    }

    /// Moves a damaged file aside and puts a fresh one in its place, with all that can be read of it; one that is sound
    /// stays. Nobody may have it open. Fails where it cannot be read whose it is: then everything is as it was.
    pub(crate) fn mend(path: &Path, key: &[u8; 32], session: &Session, now: Timestamp) -> Result<(), StoreError> {
        mend::mend(path, key, session, now)
    }

    /// Whether the log beside a file lost transactions that were said to be saved. It is copied aside then, as a damaged
    /// file is. Comes before a file is opened, which makes an end of what is lost.
    pub(crate) fn is_log_cut(path: &Path, now: Timestamp) -> Result<bool, StoreError> {
        let is_cut = log::is_cut(&mend::with_end(path, "-wal"))?;
        if is_cut {
            mend::keep_log(path, now)?;
        }
        Ok(is_cut)
    }

    /// Tells the person that what was not sent may be lost.
    pub(crate) async fn tell_log_cut(&self, now: Timestamp) -> Result<(), StoreError> {
        let tell = move |tx: &Transaction<'_>| -> Result<(), StoreError> {
            tx.execute("INSERT OR REPLACE INTO mended (at) VALUES (?1)", [now.0])?;
            Ok(())
        };
        self.write(tell).await
    }

    /// Finishes a mending that was cut short. Comes before a file is opened.
    pub(crate) fn finish_mending(path: &Path) -> Result<(), StoreError> {
        mend::put_in_place(path)
    }

    /// Whether all of the file can be read; also where nobody can say, because the disk does not answer.
    pub(crate) async fn is_sound(&self) -> bool {
        let file = Arc::clone(&self.file);
        let looked = self.reader.call(move |_| mend::is_sound(&file.path, &file.key)).await;
        !matches!(looked, Some(Ok(false)))
    }

    /// Finishes what was begun and closes the file; later calls fail.
    pub(crate) fn close(&self) {
        self.writer.close();
        self.reader.close();
    }

    /// Runs one transaction. On an error nothing of it is kept.
    pub(crate) async fn write<R, E, F>(&self, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<R, E> + Send + 'static,
    {
        self.run(&self.writer, File::to_write, |connection| write_once(connection, work)).await
    }

    /// Reads a state that no writer changes meanwhile.
    pub(crate) async fn read<R, E, F>(&self, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<R, E> + Send + 'static,
    {
        self.run(&self.reader, File::to_read, |connection| read_once(connection, work)).await
    }

    async fn run<R, E, F>(&self, db: &Db, open: fn(&File) -> Result<Connection, StoreError>, once: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Connection) -> Result<R, E> + Send + 'static,
    {
        let file = Arc::clone(&self.file);
        let run = move |connection: &mut Connection| {
            let done = once(connection);
            if done.is_err() {
                renew_if_stuck(connection, || open(&file));
            }
            done
        };
        db.call(run).await.unwrap_or_else(|| Err(E::from(StoreError::Panic)))
    }

    /// Moves the write-ahead log into the file; when idle, so that no action waits for it.
    pub(crate) async fn checkpoint(&self) {
        let run = |connection: &mut Connection| connection.pragma_update(None, "wal_checkpoint", "PASSIVE");
        if let Some(Err(error)) = self.writer.call(run).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "no checkpoint");
        }
    }
}

fn write_once<R, E: From<StoreError>>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<R, E>,
) -> Result<R, E> {
    let tx =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|error| E::from(error.into()))?;
    let done = work(&tx)?;
    tx.commit().map_err(|error| E::from(error.into()))?;
    Ok(done)
}

fn read_once<R, E: From<StoreError>>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<R, E>,
) -> Result<R, E> {
    let tx = connection.transaction().map_err(|error| E::from(error.into()))?;
    work(&tx)
}

/// Opens a connection anew that works no more. SQLCipher refuses everything on a connection from the first page on that
/// it could not read, also when the disk has come to itself.
fn renew_if_stuck(connection: &mut Connection, open: impl FnOnce() -> Result<Connection, StoreError>) {
    // Without its cache it must read, and decrypt, the first page again.
    let reads = connection
        .execute_batch("PRAGMA shrink_memory")
        .and_then(|()| connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)));
    if reads.is_ok() {
        return;
    }
    match open() {
        Ok(renewed) => *connection = renewed,
        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "a store is not opened anew yet"),
    }
}

fn make(
    path: &Path,
    key: &[u8; 32],
    first: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut connection = connect(path, key)?;
    migrate(&mut connection)?;
    project_anew(&mut connection)?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    first(&tx)?;
    tx.commit()?;
    // Closing moves the write-ahead log into the file, which is what gets the name.
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

fn remove_beside(path: &Path) -> Result<(), StoreError> {
    for end in ["new", "new-wal", "new-shm"] {
        match std::fs::remove_file(path.with_extension(end)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn connect(path: &Path, key: &[u8; 32]) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    let literal = Zeroizing::new(format!("x'{}'", hex::encode(key)));
    connection.pragma_update(None, "key", literal.as_str())?;
    // The first read tells whether the key fits.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).map_err(|error| {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => StoreError::Key,
            _ => error.into(),
        }
    })?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // Checkpoints come when idle; this bound is for a burst.
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = MIGRATIONS.last().map_or(0, |last| last.number);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for migration in MIGRATIONS.iter().filter(|migration| migration.number > found) {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(migration.sql)?;
        tx.pragma_update(None, "user_version", migration.number)?;
        tx.commit()?;
    }
    Ok(())
}

/// Makes the projections anew where another version of the app made them.
fn project_anew(connection: &mut Connection) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let made: i64 = tx.query_row("SELECT projected FROM sync_state WHERE id = 1", [], |row| row.get(0))?;
    if made != projection::VERSION {
        projection::rebuild(&tx)?;
        tx.execute("UPDATE sync_state SET projected = ?1 WHERE id = 1", [projection::VERSION])?;
    }
    Ok(tx.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_written_is_there_with_the_key_and_unreadable_without() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("vault.db");
        let store = Store::open(&path, &[1; 32], Threads::Inline).unwrap();
        store
            .write(|tx| -> Result<(), StoreError> {
                tx.execute("INSERT INTO heard VALUES (x'0101010101010101', 7)", [])?;
                Ok(())
            })
            .await
            .unwrap();
        drop(store);
        assert!(matches!(Store::open(&path, &[2; 32], Threads::Inline), Err(StoreError::Key)));
        let store = Store::open(&path, &[1; 32], Threads::Own).unwrap();
        let at: i64 = store
            .read(|tx| -> Result<i64, StoreError> { Ok(tx.query_row("SELECT at FROM heard", [], |row| row.get(0))?) })
            .await
            .unwrap();
        assert_eq!(at, 7);
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(13).any(|window| window == b"SQLite format"), "the file is encrypted");
    }

    #[tokio::test]
    async fn a_failed_transaction_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("vault.db"), &[1; 32], Threads::Inline).unwrap();
        let failed: Result<(), StoreError> = store
            .write(|tx| {
                tx.execute("INSERT INTO heard VALUES (x'0101010101010101', 7)", [])?;
                Err(StoreError::Panic)
            })
            .await;
        assert!(failed.is_err());
        let count: i64 = store
            .read(|tx| -> Result<i64, StoreError> {
                Ok(tx.query_row("SELECT count(*) FROM heard", [], |row| row.get(0))?)
            })
            .await
            .unwrap();
        assert_eq!(count, 0);
    }

    /// Lets the file grow by no more than `pages`, as a disk with that much room would.
    async fn leave_room(store: &Store, pages: i64) {
        let limit = move |connection: &mut Connection| {
            let used: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
            connection.pragma_update(None, "max_page_count", used + pages).unwrap();
        };
        store.writer.call(limit).await.unwrap();
    }

    async fn type_much(store: &Store, draft: u8) -> Result<(), StoreError> {
        let write = move |tx: &Transaction<'_>| {
            for n in 0..10 {
                let text = "x".repeat(3_000);
                tx.execute("INSERT INTO typing VALUES (?1, ?2, 0)", rusqlite::params![vec![draft, n], text])?;
            }
            Ok(())
        };
        store.write(write).await
    }

    async fn texts(store: &Store) -> i64 {
        let count = |tx: &Transaction<'_>| -> Result<i64, StoreError> {
            Ok(tx.query_row("SELECT count(*) FROM typing", [], |row| row.get(0))?)
        };
        store.read(count).await.unwrap()
    }

    #[tokio::test]
    async fn a_full_disk_is_named_keeps_nothing_of_the_action_and_is_forgotten_when_there_is_room() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("vault.db"), &[1; 32], Threads::Own).unwrap();
        type_much(&store, 1).await.unwrap();
        leave_room(&store, 2).await;
        let error = type_much(&store, 2).await.unwrap_err();
        assert!(error.is_disk_full(), "{error:?}");
        assert_eq!(crate::api::ApiError::from(error).code, crate::api::ErrorCode::DiskFull);
        assert_eq!(texts(&store).await, 10, "the first action's and none of the second's");
        leave_room(&store, 100).await;
        type_much(&store, 2).await.unwrap();
        assert_eq!(texts(&store).await, 20);
    }

    #[test]
    fn a_store_that_cannot_be_made_leaves_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("vault.rundan");
        let failed = Store::create(&path, &[1; 32], |_| Err(StoreError::Panic));
        assert!(failed.is_err());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        std::fs::write(path.with_extension("new"), "left by a crash").unwrap();
        Store::create(&path, &[1; 32], |_| Ok(())).unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(Store::open(&path, &[1; 32], Threads::Inline).is_ok());
    }

    #[tokio::test]
    async fn a_panic_in_the_work_is_an_error_and_the_store_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("vault.db"), &[1; 32], Threads::Own).unwrap();
        let panicked: Result<(), StoreError> = store.write(|_| panic!("on purpose")).await;
        assert!(matches!(panicked, Err(StoreError::Panic)));
        let fine: Result<(), StoreError> = store.write(|_| Ok(())).await;
        assert!(fine.is_ok());
    }
}
