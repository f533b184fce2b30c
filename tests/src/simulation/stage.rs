//! One carer, one planner and one visit: the smallest world in which an exchange can be cut at each of its bytes.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use rundan_device::api::{Command, Intent};
use rundan_device::seams::HttpRequest;
use rundan_device::{FileKeys, Phone, PhoneConfig};
use rundan_model::{DocumentId, Role};
use rundan_sync::HintToken;
use tempfile::TempDir;

use super::handset::{Handset, Owner, Place};
use super::host::{ADDRESS, Host};
use super::pipe::Cut;
use super::seams::{Dice, PhoneClock, WorldClock, WorldRandom};
use super::truth::Truth;
use super::unit::{self, Plan};
use super::wire::{Mishap, Wire};
use super::world::temporary;

/// The seed of everything that chance decides here.
const SEED: u64 = 1;
/// How many visits a first sync brings: its answer is longer than four kilobytes.
const VISITS: usize = 30;

/// A world for one exchange after another.
pub struct Stage {
    place: Place,
    directory: TempDir,
    anna: Owner,
    handset: Option<Handset>,
    fresh: Option<Handset>,
    visit: DocumentId,
    phones: u64,
    notes: u64,
}

impl Stage {
    /// A unit with a carer who has synced and one visit of today.
    ///
    /// # Errors
    /// When the world cannot be made.
    pub async fn new() -> Result<Self> {
        let (directory, mut dice) = (temporary()?, Dice::of(SEED, 1));
        let clock = WorldClock::at(unit::first_morning(&mut dice));
        let random = WorldRandom::of(SEED);
        let host = Host::open(directory.path().join("server"), &clock, &random).await?;
        let unit = unit::begin(&host.server()).await?;
        let place = Place { host, clock, random, unit };
        let anna = unit::employ(&place, "Anna", Role::Carer).await?;
        let mut plan = Plan::make(&place, &[anna.person], &mut dice).await?;
        let mut visit = None;
        for _ in 0..VISITS {
            visit = Some(plan.add_visit(&place, &[anna.person], 0, &mut dice).await?);
        }
        let visit = visit.context("a visit")?;
        let mut stage = Self { place, directory, anna, handset: None, fresh: None, visit, phones: 0, notes: 0 };
        let handset = stage.enrolled().await?;
        handset.sync().await?;
        stage.handset = Some(handset);
        Ok(stage)
    }

    async fn enrolled(&mut self) -> Result<Handset> {
        self.phones += 1;
        let directory = self.directory.path().join(format!("phone-{}", self.phones));
        let code = unit::code(&self.place, self.anna.person).await?;
        Handset::enrol(&self.place, self.anna.clone(), directory, code).await
    }

    /// Enrols a phone, cut once; the same code then enrols it, and the server has one vault more. How many bytes went
    /// up and down.
    ///
    /// # Errors
    /// What did not hold.
    pub async fn enrolment(&mut self, cut: Option<Cut>) -> Result<(u64, u64)> {
        self.phones += 1;
        let directory = self.directory.path().join(format!("phone-{}", self.phones));
        let code = unit::code(&self.place, self.anna.person).await?;
        let before = self.vaults()?;
        let wire = Wire::to(&self.place.host);
        let config = PhoneConfig {
            directory: directory.clone(),
            keys: Arc::new(FileKeys::new(directory.join("keys"))),
            clock: PhoneClock::of(&self.place.clock),
            random: self.place.random.clone(),
            http: wire.clone(),
        };
        let phone = Phone::open_inline(config).await?;
        let enrol = || Command::Enrol { server: ADDRESS.to_owned(), code: code.clone() };
        if let Some(cut) = cut {
            wire.next(Mishap::Cut(cut));
        }
        if phone.call(enrol()).await.is_err() {
            ensure!(cut.is_some(), "enrolment failed");
            phone.call(enrol()).await.map_err(|error| anyhow!("{cut:?}: the code is spent: {error:?}"))?;
        }
        ensure!(self.vaults()? == before + 1, "{cut:?}: {} vaults, before {before}", self.vaults()?);
        drop(phone);
        std::fs::remove_dir_all(directory)?;
        let traffic = wire.traffic();
        Ok((traffic.up, traffic.down))
    }

    fn vaults(&self) -> Result<i64> {
        Ok(self.place.host.look()?.query_row("SELECT count(*) FROM vault", [], |row| row.get(0))?)
    }

    /// A phone's first sync, cut once: nothing is held by halves, and the next brings everything.
    ///
    /// # Errors
    /// What did not hold.
    pub async fn first_sync(&mut self, cut: Option<Cut>) -> Result<(u64, u64)> {
        let handset = match self.fresh.take() {
            Some(handset) => handset,
            None => self.enrolled().await?,
        };
        let Some(cut) = cut else {
            let before = handset.wire.traffic();
            handset.sync().await?;
            let after = handset.wire.traffic();
            return Ok((after.up - before.up, after.down - before.down));
        };
        handset.wire.next(Mishap::Cut(cut));
        handset.sync().await?;
        let mut holding = handset.holding()?;
        if holding.cursor.is_none() {
            ensure!(holding.documents.is_empty(), "{cut:?}: {} documents without a cursor", holding.documents.len());
            // Whether the next one brings everything is the same for each cut: every so often it is tried.
            if cut.after % 256 != 0 {
                self.fresh = Some(handset);
                return Ok((0, 0));
            }
            handset.sync().await?;
            holding = handset.holding()?;
        }
        ensure!(holding.cursor == Some(self.place.host.head(self.place.unit)?), "{cut:?}: not all was brought");
        ensure!(holding.documents.len() > VISITS, "{cut:?}: {} documents", holding.documents.len());
        ensure!(holding.sum() == holding.digest, "{cut:?}: the digest differs");
        Ok((0, 0))
    }

    /// One note is written and pushed, cut once; after the next round the server has it once, and nothing waits.
    ///
    /// # Errors
    /// What did not hold.
    pub async fn push(&mut self, cut: Option<Cut>) -> Result<(u64, u64)> {
        let handset = self.handset.as_ref().context("a handset")?;
        self.notes += 1;
        let text = format!("Anteckning {:06}", self.notes);
        let done = handset.act(Intent::WriteNote { visit: self.visit, text }).await;
        let done = done.map_err(|error| anyhow!("{error:?}"))?;
        let before = handset.wire.traffic();
        if let Some(cut) = cut {
            handset.wire.next(Mishap::Cut(cut));
            handset.sync().await?;
        }
        handset.sync().await?;
        let after = handset.wire.traffic();
        ensure!(handset.holding()?.pending.is_empty(), "{cut:?}: it still waits");
        let mut truth = Truth::of(self.place.unit);
        truth.refresh(&self.place.host.look()?)?;
        let facts = &truth.documents[&self.visit].content.facts;
        let times = facts.values().filter(|fact| fact.action == done.action).count();
        ensure!(times == 1, "{cut:?}: the note stands {times} times");
        if self.notes.is_multiple_of(64) {
            self.turn_over().await?;
        }
        Ok((after.up - before.up, after.down - before.down))
    }

    /// Goes on with another visit: a document that grows without end is slow to read.
    async fn turn_over(&mut self) -> Result<()> {
        let (mut plan, mut dice) = (Plan::default(), Dice::of(SEED, self.notes));
        plan.recipients.push(self.visit);
        self.visit = plan.add_visit(&self.place, &[self.anna.person], 0, &mut dice).await?;
        self.handset.as_ref().context("a handset")?.sync().await
    }

    /// Gets a path, cut once: the next answer is the same as the one before. A hint's path is given without its token.
    ///
    /// # Errors
    /// What did not hold.
    pub async fn get(&mut self, path: &str, cut: Option<Cut>) -> Result<(u64, u64)> {
        let handset = self.handset.as_ref().context("a handset")?;
        let token = handset.holding()?.hint.map(HintToken).context("a token")?;
        let token = if path.ends_with('/') { token.to_text() } else { String::new() };
        let request = HttpRequest {
            method: "GET",
            url: format!("{ADDRESS}{path}{token}"),
            headers: Vec::new(),
            body: Vec::new(),
            timeout_ms: 58_000,
            answer_bytes_max: 1_024,
        };
        if cut.is_some() {
            self.place.host.exchange(request.clone(), cut).await;
        }
        let whole = self.place.host.exchange(request, None).await;
        let status = whole.answer.map_err(|error| anyhow!("{cut:?}: {error}"))?.status;
        ensure!(matches!(status, 200 | 304), "{cut:?}: {status}");
        Ok((whole.up, whole.down))
    }
}
