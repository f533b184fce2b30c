//! The one place where work on a connection runs: on a thread of its own, or inline for a simulated world.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
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
    Inline(Arc<Mutex<Connection>>),
}

/// A thread that has the connection. It has closed it when this is dropped: SQLCipher must not be at work when the
/// process ends, which takes OpenSSL's memory from under it.
pub(super) struct Worker {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.jobs.take());
        // Work that holds the store's last clone drops it on the very thread.
        let thread = self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id());
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the store's thread had panicked");
        }
    }
}

impl Db {
    pub(super) fn new(mut connection: Connection, threads: Threads) -> Self {
        if threads == Threads::Inline {
            return Self::Inline(Arc::new(Mutex::new(connection)));
        }
        let (sender, jobs) = mpsc::channel::<Job>();
        let thread = std::thread::spawn(move || {
            for job in jobs {
                job(&mut connection);
            }
        });
        Self::Own(Arc::new(Worker { jobs: Some(sender), thread: Some(thread) }))
    }

    /// Runs work on the connection; none if it panicked.
    pub(super) async fn call<R, F>(&self, work: F) -> Option<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Connection) -> R + Send + 'static,
    {
        match self {
            Self::Inline(connection) => {
                let mut connection = connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                catch_unwind(AssertUnwindSafe(|| work(&mut connection))).ok()
            }
            Self::Own(worker) => {
                let (answer, answered) = oneshot::channel();
                let job: Job = Box::new(move |connection| {
                    if let Ok(done) = catch_unwind(AssertUnwindSafe(|| work(connection))) {
                        // Nobody waits any more when the caller was dropped.
                        let _ = answer.send(done);
                    }
                });
                worker.jobs.as_ref()?.send(job).ok()?;
                answered.await.ok()
            }
        }
    }
}
