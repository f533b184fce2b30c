//! The one place where work on a connection runs: on a thread of its own, or inline for a simulated world.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};

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
    Own(mpsc::Sender<Job>),
    Inline(Arc<Mutex<Connection>>),
}

impl Db {
    pub(super) fn new(mut connection: Connection, threads: Threads) -> Self {
        if threads == Threads::Inline {
            return Self::Inline(Arc::new(Mutex::new(connection)));
        }
        let (sender, jobs) = mpsc::channel::<Job>();
        std::thread::spawn(move || {
            for job in jobs {
                job(&mut connection);
            }
        });
        Self::Own(sender)
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
            Self::Own(sender) => {
                let (answer, answered) = oneshot::channel();
                let job: Job = Box::new(move |connection| {
                    if let Ok(done) = catch_unwind(AssertUnwindSafe(|| work(connection))) {
                        // Nobody waits any more when the caller was dropped.
                        let _ = answer.send(done);
                    }
                });
                sender.send(job).ok()?;
                answered.await.ok()
            }
        }
    }
}
