//! The devices behind what is shown: enrolled through the server like any other, each with a store of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rundan_device::Phone;
use rundan_device::api::Command;
use rundan_device::seams::{Clock, Http};
use rundan_model::Timestamp;
use tokio::task::{JoinHandle, JoinSet};

use super::carers::Carer;
use super::cast::{Before, Cast, Morning, Part};
use super::clock::StageClock;
use super::device;
use super::keys::{self, KeyScene};
use super::server::Server;

/// How often a device is asked whether it has come as far as it must.
const ASK_AGAIN: Duration = Duration::from_millis(50);
/// How many times: a first sync on a busy machine takes a while.
const ASKED_MAX: u32 = 1_200;
/// The speed at which a carer's clock goes as everyone's.
const AS_THE_CLOCK: u32 = 1;

/// What the devices are made with.
#[derive(Clone)]
pub(crate) struct Backstage {
    pub(crate) http: Arc<dyn Http>,
    pub(crate) directory: PathBuf,
    /// What the play's clock showed at `started`.
    pub(crate) begins: Timestamp,
    pub(crate) started: Instant,
}

/// A device that is enrolled and has its day.
pub(crate) struct Enrolled {
    pub(crate) phone: Phone,
    clock: Arc<StageClock>,
    directory: PathBuf,
    syncing: JoinHandle<()>,
}

/// The carers who work by themselves, each with her morning behind her.
pub(crate) struct Others(Vec<(Enrolled, Part, Morning)>);

impl Backstage {
    /// Enrols a person on a device of her own, whose clock is the play's.
    pub(crate) async fn enrol(
        &self,
        server: &Server,
        person: &str,
        role: &str,
        address: SocketAddr,
    ) -> Result<Enrolled> {
        let code = server.code_for(person, role).await?;
        self.enrol_with(person, code, address, AS_THE_CLOCK).await
    }

    async fn enrol_with(&self, person: &str, code: String, address: SocketAddr, speed: u32) -> Result<Enrolled> {
        let directory = self.directory.join(person);
        let clock = Arc::new(StageClock::new(self.begins, self.started, speed));
        let as_clock: Arc<dyn Clock> = clock.clone();
        let phone = device::open(directory.clone(), as_clock, self.http.clone()).await?;
        let server = format!("http://{address}");
        let enrolled = device::call(&phone, Command::Enrol { server, code }).await;
        enrolled.with_context(|| format!("Could not enrol {person}"))?;
        let syncing = tokio::spawn({
            let phone = phone.clone();
            async move { phone.run().await }
        });
        Ok(Enrolled { phone, clock, directory, syncing })
    }

    /// Enrols the carers who work by themselves and plays their mornings, all at once as on any morning; the
    /// silent one has done all she will. Tells how many of how many have come so far.
    pub(crate) async fn others(
        &self,
        server: &Server,
        cast: &Cast,
        speed: u32,
        tell: impl Fn(usize, usize),
    ) -> Result<Others> {
        let mut coming: JoinSet<Result<(Enrolled, Part, Morning)>> = JoinSet::new();
        for (carer, part) in cast.carers.iter().filter(|(_, part)| *part != Part::Silent) {
            let code = server.code_for(&carer.0, "carer").await?;
            let before = cast.before(carer);
            let (backstage, person, part) = (self.clone(), carer.0.clone(), *part);
            let (address, begins) = (server.address, cast.begins);
            coming.spawn(async move {
                let carer = backstage.enrol_with(&person, code, address, speed.max(AS_THE_CLOCK)).await?;
                let morning = before.morning.clone();
                let carer = carer.has_worked_until(begins, before).await;
                Ok((carer.with_context(|| format!("{person} does not get ready"))?, part, morning))
            });
        }
        let all = coming.len();
        let mut ready = Vec::with_capacity(all);
        while let Some(carer) = coming.join_next().await {
            ready.push(carer.context("A carer stopped getting ready")??);
            tell(ready.len(), all);
        }
        Ok(Others(ready))
    }
}

impl Others {
    /// The phone of the one who meets the carer with the handheld, if the unit has one.
    pub(crate) fn colleague(&self) -> Option<&Phone> {
        self.0.iter().find(|(_, part, _)| *part == Part::Colleague).map(|(carer, ..)| &carer.phone)
    }

    /// Lets each work. All end with this.
    pub(crate) async fn work(self, speed: u32) {
        if speed == 0 {
            return std::future::pending().await;
        }
        let mut at_work = JoinSet::new();
        for (carer, part, morning) in self.0 {
            at_work.spawn(Carer::new(carer.phone, carer.clock, morning).work(part, speed));
        }
        while at_work.join_next().await.is_some() {}
    }
}

impl Enrolled {
    /// Plays what the carer did before, and waits until the server has it.
    pub(crate) async fn has_worked_until(self, begins: Timestamp, before: Before) -> Result<Self> {
        // A run sheet can come in an earlier page than the keys of the cabinet.
        self.has_everything().await?;
        Carer::new(self.phone.clone(), self.clock.clone(), before.morning).catch_up(begins).await?;
        self.has_played(before.keys).await?;
        Ok(self)
    }

    /// Plays scenes with keys, each at its own time, and waits until the server has them.
    pub(crate) async fn has_played(&self, scenes: Vec<(Timestamp, KeyScene)>) -> Result<()> {
        for (at, scene) in scenes {
            self.clock.hold(at);
            let played = keys::play(&self.phone, scene).await;
            self.clock.let_go();
            played?;
        }
        for _ in 0..ASKED_MAX {
            let sync = device::call(&self.phone, Command::Sync).await;
            if sync.is_ok_and(|sync| sync.pointer("/chip/unsent").is_some_and(|unsent| unsent == 0)) {
                return Ok(());
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
        bail!("A device did not come that far in time")
    }

    /// Waits until the device has all that the server has for it.
    pub(crate) async fn has_everything(&self) -> Result<()> {
        device::sync(&self.phone).await
    }

    /// Lets go of the device's files, so that another process can open them.
    pub(crate) async fn close(self) -> PathBuf {
        self.syncing.abort();
        // Aborted is what it should be.
        let _ = self.syncing.await;
        self.directory
    }
}
