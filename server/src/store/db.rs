//! The one way to the database: [`Db::write`] and [`Db::read`].
//!
//! In production each has a thread of its own; in a simulated world the work runs where it is called. Nothing else
//! of the server may start a thread or block on the database.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::{Error, Result};

/// How many works may wait before callers are told to come later.
const QUEUE_MAX: usize = 256;
/// How many works one commit may hold: enough to share its cost, few enough to answer soon.
const BATCH_MAX: usize = 64;
/// The steps from nothing to the newest version. A backup may be of any; a step that was released never changes.
const STEPS: [&str; 4] =
    [include_str!("schema.sql"), include_str!("since_1.sql"), include_str!("since_2.sql"), include_str!("since_3.sql")];

/// Work with its answer: runs inside the batch's transaction, and is told whether that was committed.
type Work = Box<dyn FnOnce(&Connection) -> Settle + Send>;
type Settle = Box<dyn FnOnce(Committed) + Send>;
/// Whether a batch was committed; if not, why, where SQLite said so.
type Committed = std::result::Result<(), Option<rusqlite::ffi::Error>>;

/// The database.
#[derive(Clone)]
pub struct Db {
    writer: Lane,
    reader: Lane,
    file: Option<Arc<Path>>,
}

#[derive(Clone)]
enum Lane {
    Thread(Arc<Worker>),
    Inline(Arc<Mutex<Connection>>),
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Write,
    Read,
}

/// Opens the file with the settings that durability rests on, and makes the tables in a new one.
pub fn open_file(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    prepare(&connection)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON; PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536;",
    )?;
    connection.set_prepared_statement_cache_capacity(128);
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let steps = usize::try_from(version).ok().and_then(|version| STEPS.get(version..));
    let Some(steps) = steps else {
        return Err(Error::Ask(format!("The database is of version {version}: run a newer rundan-server")));
    };
    if !steps.is_empty() {
        let (steps, newest) = (steps.concat(), STEPS.len());
        connection.execute_batch(&format!("BEGIN; {steps} PRAGMA user_version = {newest}; COMMIT;"))?;
    }
    Ok(())
}

impl Db {
    /// Two threads over the file: one that writes, several works in one commit, and one that reads.
    pub fn threads(path: &Path) -> Result<Self> {
        let writer = open_file(path)?;
        let reader = open_file(path)?;
        reader.execute_batch("PRAGMA query_only = ON")?;
        Ok(Self { writer: spawn(writer, Mode::Write)?, reader: spawn(reader, Mode::Read)?, file: Some(path.into()) })
    }

    /// Works run where they are called, one by one.
    pub fn inline(connection: Connection) -> Self {
        let lane = Lane::Inline(Arc::new(Mutex::new(connection)));
        Self { writer: lane.clone(), reader: lane, file: None }
    }

    /// A database in memory whose works run where they are called.
    pub fn in_memory() -> Result<Self> {
        let connection = Connection::open_in_memory()?;
        prepare(&connection)?;
        Ok(Self::inline(connection))
    }

    /// Runs work that may write. Its effects are all there or none; it returns after they are durable.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.call(work, Mode::Write).await
    }

    /// Runs work that only reads, on one state of the database that holds all that was written before.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.reader.call(work, Mode::Read).await
    }

    /// As [`Db::read`], for work that takes seconds: on a thread and a connection of its own, so that nobody waits for it.
    pub async fn read_apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let Some(file) = self.file.clone() else { return self.read(work).await };
        let (answer, answered) = oneshot::channel();
        let work = move || {
            let outcome = open_file(&file).and_then(|connection| {
                connection.execute_batch("PRAGMA query_only = ON")?;
                run_alone(&connection, work)
            });
            // Nobody listens when the request was cut.
            let _ = answer.send(outcome);
        };
        let failed = |source| Error::File { path: "db-apart".into(), source };
        std::thread::Builder::new().name("db-apart".to_owned()).spawn(work).map_err(failed)?;
        answered.await.map_err(|_| Error::Unavailable)?
    }

    /// Copies the whole database, as it stands at one moment, into a new file. Work goes on meanwhile: the copy has
    /// a thread and a connection of its own.
    pub async fn copy_to(&self, to: PathBuf) -> Result<()> {
        match (&self.file, &self.writer) {
            (Some(file), _) => {
                let (file, (answer, answered)) = (Arc::clone(file), oneshot::channel());
                let work = move || {
                    let copied = open_file(&file).and_then(|connection| copy(&connection, &to));
                    // Nobody listens when the command was cut; an unfinished copy is never believed.
                    let _ = answer.send(copied);
                };
                let failed = |source| Error::File { path: "db-copy".into(), source };
                std::thread::Builder::new().name("db-copy".to_owned()).spawn(work).map_err(failed)?;
                answered.await.map_err(|_| Error::Unavailable)?
            }
            (None, Lane::Inline(connection)) => copy(&connection.lock().unwrap_or_else(PoisonError::into_inner), &to),
            (None, Lane::Thread(_)) => Err(Error::Unavailable),
        }
    }
}

/// Copies a database as it stands into a new file.
fn copy(connection: &Connection, to: &Path) -> Result<()> {
    let to = to.to_str().ok_or_else(|| Error::Ask(format!("{} is not a path in UTF-8", to.display())))?;
    connection.execute("VACUUM INTO ?1", [to])?;
    Ok(())
}

impl Lane {
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
        mode: Mode,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let outcome = run_alone(connection, work);
            Box::new(move |committed: Committed| {
                let told = match committed {
                    Err(cause) if outcome.is_ok() => Err(cause.map_or(Error::Unavailable, not_committed)),
                    _ => outcome,
                };
                // Nobody listens when the request was cut; the effect stays, as it would if the answer were lost.
                let _ = answer.send(told);
            })
        });
        match self {
            Self::Inline(connection) => {
                let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                run_batch(&connection, vec![work], mode);
            }
            Self::Thread(worker) => {
                let works = worker.works.as_ref().ok_or(Error::Unavailable)?;
                works.try_send(work).map_err(|refused| match refused {
                    mpsc::TrySendError::Full(_) => Error::Busy,
                    mpsc::TrySendError::Disconnected(_) => Error::Unavailable,
                })?;
            }
        }
        answered.await.map_err(|_| Error::Unavailable)?
    }
}

fn spawn(connection: Connection, mode: Mode) -> Result<Lane> {
    let (queue, works) = mpsc::sync_channel::<Work>(QUEUE_MAX);
    let name = if mode == Mode::Write { "db-write" } else { "db-read" };
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            while let Ok(first) = works.recv() {
                let mut batch = vec![first];
                batch.extend(works.try_iter().take(BATCH_MAX - 1));
                run_batch(&connection, batch, mode);
            }
        })
        .map_err(|source| Error::File { path: name.into(), source })?;
    Ok(Lane::Thread(Arc::new(Worker { works: Some(queue), thread: Some(thread) })))
}

/// A thread that has a connection. It has closed it when this is dropped, so that a stopped server leaves one whole
/// file.
struct Worker {
    works: Option<mpsc::SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.works.take());
        // Work that holds the last clone of the database drops it on the very thread.
        let thread = self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id());
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a thread of the database had panicked");
        }
    }
}

fn run_batch(connection: &Connection, batch: Vec<Work>, mode: Mode) {
    let begin = if mode == Mode::Write { "BEGIN IMMEDIATE" } else { "BEGIN" };
    if let Err(error) = connection.execute_batch(begin) {
        tracing::error!(error = %error, "the database cannot begin a transaction");
        return;
    }
    let mut settles: Vec<Settle> = Vec::with_capacity(batch.len());
    for work in batch {
        settles.push(work(connection));
        // On a full disk SQLite rolls everything back by itself: nothing of the batch holds, and what has not run
        // must not run outside a transaction.
        if connection.is_autocommit() {
            tracing::error!("the database rolled back");
            settles.into_iter().for_each(|settle| settle(Err(None)));
            return;
        }
    }
    let committed = connection.execute_batch("COMMIT").map_err(|error| {
        tracing::error!(error = %error, "the database cannot commit");
        let _ = connection.execute_batch("ROLLBACK");
        error.sqlite_error().copied()
    });
    for settle in settles {
        settle(committed);
    }
}

fn not_committed(cause: rusqlite::ffi::Error) -> Error {
    rusqlite::Error::SqliteFailure(cause, None).into()
}

/// Runs one work so that its error or panic takes nothing of the others with it.
fn run_alone<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    connection.execute_batch("SAVEPOINT work")?;
    let outcome = catch_unwind(AssertUnwindSafe(|| work(connection))).unwrap_or(Err(Error::Panic));
    if outcome.is_err() && connection.is_autocommit() {
        // On a full disk SQLite has rolled everything back by itself, the savepoint too: the work says why.
        return outcome;
    }
    let end = if outcome.is_ok() { "RELEASE work" } else { "ROLLBACK TO work; RELEASE work" };
    connection.execute_batch(end)?;
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(connection: &Connection) -> Result<i64> {
        Ok(connection.query_row("SELECT count(*) FROM person", [], |row| row.get(0))?)
    }

    fn insert(connection: &Connection, n: u8) -> Result<()> {
        connection.execute("INSERT INTO person (person, name) VALUES (?1, 'x')", [vec![n; 8]])?;
        Ok(())
    }

    #[tokio::test]
    async fn work_that_fails_or_panics_leaves_nothing_and_harms_nobody() {
        let folder = tempfile::tempdir().unwrap();
        for db in [Db::in_memory().unwrap(), Db::threads(&folder.path().join("rundan.db")).unwrap()] {
            db.write(|tx| insert(tx, 1)).await.unwrap();
            let failed = db.write(|tx| insert(tx, 2).and(Err::<(), _>(Error::Ask("no".into())))).await;
            assert!(matches!(failed, Err(Error::Ask(_))));
            let panicked = db
                .write(|tx| -> Result<()> {
                    insert(tx, 3)?;
                    panic!("on purpose")
                })
                .await;
            assert!(matches!(panicked, Err(Error::Panic)));
            assert_eq!(db.read(count).await.unwrap(), 1);
        }
    }

    #[tokio::test]
    async fn a_full_disk_keeps_nothing_of_a_batch_and_the_next_one_works() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open_file(&folder.path().join("rundan.db")).unwrap();
        let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        connection.pragma_update(None, "max_page_count", pages).unwrap();
        let (told, answers) = mpsc::channel();
        let work = |insert: fn(&Connection) -> Result<()>| -> Work {
            let told = told.clone();
            Box::new(move |connection| {
                let outcome = run_alone(connection, insert);
                Box::new(move |committed| told.send(outcome.is_ok() && committed.is_ok()).unwrap())
            })
        };
        let fill = |connection: &Connection| -> Result<()> {
            for n in 0..200_u8 {
                let name = "x".repeat(4_000);
                connection.execute("INSERT INTO person (person, name) VALUES (?1, ?2)", (vec![n; 8], name))?;
            }
            Ok(())
        };
        let batch = vec![work(|tx| insert(tx, 250)), work(fill), work(|tx| insert(tx, 251))];
        run_batch(&connection, batch, Mode::Write);
        let held = count(&connection).unwrap();
        let confirmed = answers.try_iter().filter(|is_kept| *is_kept).count();
        assert_eq!(held, i64::try_from(confirmed).unwrap(), "what was confirmed is there, and nothing else");

        connection.pragma_update(None, "max_page_count", 1_000_000).unwrap();
        run_batch(&connection, vec![work(|tx| insert(tx, 252))], Mode::Write);
        assert_eq!(answers.try_iter().collect::<Vec<_>>(), [true]);
    }

    #[tokio::test]
    async fn a_reader_sees_what_was_written_before_and_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::threads(&folder.path().join("rundan.db")).unwrap();
        for n in 0..50 {
            db.write(move |tx| insert(tx, n)).await.unwrap();
            assert_eq!(db.read(count).await.unwrap(), i64::from(n) + 1);
        }
        assert!(db.read(|tx| insert(tx, 99)).await.is_err());
    }

    #[test]
    fn a_database_of_the_first_version_becomes_the_same_as_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let tables = |connection: &Connection| -> Vec<String> {
            let mut query =
                connection.prepare("SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY name").unwrap();
            let rows = query.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<rusqlite::Result<_>>().unwrap()
        };
        let new = open_file(&folder.path().join("new.db")).unwrap();
        let path = folder.path().join("old.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(STEPS[0]).unwrap();
        old.execute_batch(
            "INSERT INTO work_day (unit, person, day, document, at) VALUES (x'01', x'02', 3, x'04', 5);
             PRAGMA user_version = 1",
        )
        .unwrap();
        drop(old);
        let old = open_file(&path).unwrap();
        assert_eq!(tables(&old), tables(&new));
        let kept = old.query_row("SELECT at FROM work_day WHERE person = x'02' AND day = 3", [], |row| row.get(0));
        assert_eq!(kept, Ok(5));
    }

    #[test]
    fn a_database_from_the_future_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rundan.db");
        open_file(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
        assert!(matches!(open_file(&path), Err(Error::Ask(_))));
    }
}
