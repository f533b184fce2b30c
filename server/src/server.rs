//! The server as a value: its database, secrets, clock and bell. [`crate::http::router`] puts HTTP before it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use rundan_model::{PersonId, UnitId};
use tokio::sync::Semaphore;

use crate::attempts::Attempts;
use crate::bell::Bell;
use crate::error::Result;
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::remembered::Remembered;
use crate::scope::{Commit, OwnSession, Touched};
use crate::seams::{Clock, Random};
use crate::store::{Db, log, people, vaults};
use crate::sync::PageMemory;

/// A server.
pub struct Server {
    /// The database.
    pub db: Db,
    /// The secrets.
    pub keys: Keys,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Who waits for news.
    pub bell: Bell,
    /// What an operator counts.
    pub metrics: Metrics,
    /// Who tries in vain.
    pub attempts: Attempts,
    /// What outlives the database.
    pub remembered: Remembered,
    pub(crate) pages: PageMemory,
    /// One ledger is made at a time: each takes some seconds and as much memory as its file.
    pub(crate) ledgers: Arc<Semaphore>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server {}", self.keys.server())
    }
}

impl Server {
    /// A server over a database file with its keys beside it, making those that are missing.
    pub async fn open(
        database: &Path,
        clock: impl Clock + 'static,
        random: impl Random + 'static,
    ) -> Result<Arc<Self>> {
        Self::open_with(database, Remembered::threads(database)?, clock, random).await
    }

    /// As [`Server::open`], over a copy of a database: what is written down stays beside it, and no folder with backups
    /// hears of it.
    pub(crate) async fn open_apart(
        database: &Path,
        clock: impl Clock + 'static,
        random: impl Random + 'static,
    ) -> Result<Arc<Self>> {
        Self::open_with(database, Remembered::apart(database)?, clock, random).await
    }

    async fn open_with(
        database: &Path,
        remembered: Remembered,
        clock: impl Clock + 'static,
        random: impl Random + 'static,
    ) -> Result<Arc<Self>> {
        let keys = Keys::open(database, &random)?;
        make_private(database)?;
        Self::remembering(Db::threads(database)?, keys, remembered, Arc::new(clock), Arc::new(random)).await
    }

    /// A server over these parts, which remembers nothing outside its database.
    pub async fn new(db: Db, keys: Keys, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Arc<Self>> {
        Self::remembering(db, keys, Remembered::nothing(), clock, random).await
    }

    /// A server over these parts. What the database lacks of what is remembered is put back first.
    pub async fn remembering(
        db: Db,
        keys: Keys,
        remembered: Remembered,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Arc<Self>> {
        let (bell, metrics, pages) = (Bell::new(&*random), Metrics::default(), PageMemory::default());
        let attempts = Attempts::default();
        let ledgers = Arc::new(Semaphore::new(1));
        let server = Arc::new(Self { db, keys, clock, random, bell, metrics, attempts, remembered, pages, ledgers });
        server.ensure_own_vault().await?;
        let at_work = Arc::clone(&server);
        server.db.write(move |tx| at_work.remembered.recall(tx, at_work.clock.now())).await?;
        server.remember().await?;
        Ok(server)
    }

    /// Writes down outside the database what must outlive it.
    ///
    /// # Errors
    /// When the file beside the database cannot be written; what was committed stands.
    pub async fn remember(self: &Arc<Self>) -> Result<()> {
        if !self.remembered.is_kept() {
            return Ok(());
        }
        let server = Arc::clone(self);
        self.db.read(move |tx| server.remembered.catch_up(tx)).await
    }

    /// As [`Server::remember`], where nobody can be told: the next time writes down what this one could not.
    pub(crate) async fn remember_or_say(self: &Arc<Self>) {
        if let Err(error) = self.remember().await {
            tracing::error!(error = %error.chain(), "what must outlive the database is not written down");
        }
    }

    async fn ensure_own_vault(self: &Arc<Self>) -> Result<()> {
        let server = Arc::clone(self);
        self.db
            .write(move |tx| {
                if vaults::own(tx)?.is_some() {
                    return Ok(());
                }
                let person = people::create(tx, None, "Rundan", &*server.random)?;
                let vault = rundan_model::VaultId(crate::seams::random_bytes(&*server.random));
                vaults::create(tx, vault, person, server.keys.public(), server.clock.now())?;
                tx.execute("INSERT INTO own_vault (vault) VALUES (?1)", [&vault.0[..]])?;
                Ok(())
            })
            .await
    }

    /// Runs one commit to a unit as the server's own vault, in a session of its own, and rings for those it touched.
    pub async fn commit<T: Send + 'static>(
        self: &Arc<Self>,
        unit: UnitId,
        work: impl FnOnce(&mut Commit<'_>, &OwnSession) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let server = Arc::clone(self);
        let (outcome, touched) = self
            .db
            .write(move |tx| {
                let own = own_session(tx, &*server.random)?;
                let mut commit = Commit::open(tx, unit, server.clock.now())?;
                let outcome = work(&mut commit, &own)?;
                let (_, touched) = commit.finish()?;
                Ok((outcome, touched))
            })
            .await?;
        self.ring(&touched);
        self.remember_or_say().await;
        Ok(outcome)
    }

    /// Opens the day in every unit where a new one has come.
    pub async fn open_day(self: &Arc<Self>) -> Result<()> {
        for unit in self.db.read(log::units).await? {
            self.commit(unit, |_, _| Ok(())).await?;
        }
        Ok(())
    }

    /// Tells the vaults of those people that there is something new.
    pub fn ring(&self, touched: &Touched) {
        self.bell.ring(touched.people.iter().copied());
    }

    /// Everyone who has a role in a unit, in the order of their ids.
    pub async fn staff_of(&self, unit: UnitId) -> Result<Vec<PersonId>> {
        self.db.read(move |tx| people::staff_of(tx, unit)).await
    }
}

/// A fresh session of the server's own vault.
pub fn own_session(tx: &rusqlite::Connection, random: &dyn Random) -> Result<OwnSession> {
    let own = vaults::own(tx)?.ok_or_else(|| crate::error::Error::Ask("The server has no vault of its own".into()))?;
    Ok(OwnSession::open(own.vault, own.person, random))
}

/// Makes the file if it is missing, so that only its owner reads it and what SQLite lays beside it.
pub(crate) fn make_private(database: &Path) -> Result<()> {
    let made = OpenOptions::new().append(true).create(true).mode(0o600).open(database);
    made.map(drop).map_err(|source| crate::error::Error::File { path: database.to_owned(), source })
}
