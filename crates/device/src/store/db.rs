//! The one place where work on a connection runs: on a thread of its own, or inline for a simulated world.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

/// Where work on a store runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// On a thread of the connection's own: the caller's task waits, its thread does not.
    Own,
    /// In the caller: what a deterministic simulation needs.
    Inline,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A connection and where its work runs.
#[derive(Clone)]
pub(super) enum Db {
    Own(Arc<Worker>),
    Inline(Arc<Mutex<Option<Connection>>>),
}

/// A thread that has the connection. It has closed it when this is dropped: SQLCipher must not be at work when the
/// process ends, which takes OpenSSL's memory from under it.
pub(super) struct Worker {
    running: Mutex<Option<Running>>,
}

struct Running {
    jobs: mpsc::Sender<Job>,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Finishes what was begun, closes the connection and takes no more work.
    fn end(&self) {
        let Some(Running { jobs, thread }) = self.running().take() else { return };
        drop(jobs);
        // Work that holds the store's last clone drops it on the very thread.
        let is_other = thread.thread().id() != std::thread::current().id();
        if is_other && thread.join().is_err() {
            tracing::error!("the store's thread had panicked");
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}

impl Db {
    pub(super) fn new(mut connection: Connection, threads: Threads) -> Self {
        if threads == Threads::Inline {
            return Self::Inline(Arc::new(Mutex::new(Some(connection))));
        }
        let (sender, jobs) = mpsc::channel::<Job>();
        let thread = std::thread::spawn(move || {
            for job in jobs {
                job(&mut connection);
            }
        });
        Self::Own(Arc::new(Worker { running: Mutex::new(Some(Running { jobs: sender, thread })) }))
    }

    /// Finishes what was begun and closes the connection; later calls come to nothing.
    pub(super) fn close(&self) {
        match self {
            Self::Inline(connection) => *connection.lock().unwrap_or_else(PoisonError::into_inner) = None,
            Self::Own(worker) => worker.end(),
        }
    }

    /// Runs work on the connection; none if it panicked or the connection is closed.
    pub(super) async fn call<R, F>(&self, work: F) -> Option<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Connection) -> R + Send + 'static,
    {
        match self {
            Self::Inline(connection) => {
                let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                let connection = connection.as_mut()?;
                catch_unwind(AssertUnwindSafe(|| work(connection))).ok()
            }
            Self::Own(worker) => {
                let (answer, answered) = oneshot::channel();
                let job: Job = Box::new(move |connection| {
                    if let Ok(done) = catch_unwind(AssertUnwindSafe(|| work(connection))) {
                        // Nobody waits any more when the caller was dropped.
                        let _ = answer.send(done);
                    }
                });
                worker.running().as_ref()?.jobs.send(job).ok()?;
                answered.await.ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn closing_finishes_what_was_begun_and_takes_no_more() {
        let db = Db::new(Connection::open_in_memory().unwrap(), Threads::Own);
        let begun = db.call(|connection| connection.execute_batch("CREATE TABLE visit (id INTEGER)").is_ok());
        assert_eq!(begun.await, Some(true));
        let (sender, done) = mpsc::channel();
        let Db::Own(worker) = &db else { panic!("a thread of its own was asked for") };
        worker.running().as_ref().unwrap().jobs.send(Box::new(move |_| sender.send(()).unwrap())).unwrap();
        db.close();
        assert_eq!(done.try_recv(), Ok(()));
        assert_eq!(db.call(|_| ()).await, None);
    }
}
