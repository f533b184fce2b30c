//! One carer, one planner and one visit: the smallest world in which an exchange can be cut at each of its bytes.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use rundan_device::api::{Command, Intent};
use rundan_device::seams::HttpRequest;
use rundan_device::{FileKeys, Phone, PhoneConfig};
use rundan_model::{ActionId, DocumentId, Role};
use rundan_sync::HintToken;
use tempfile::TempDir;

use super::handset::{Handset, Owner, Place};
use super::host::{ADDRESS, Host};
use super::pipe::{Cut, End, Spoken, Way};
use super::seams::{Dice, PhoneClock, WorldClock, WorldRandom};
use super::truth::Truth;
use super::unit::{self, Plan};
use super::wire::{Mishap, Wire};
use super::world::temporary;

/// The seed of everything that chance decides here.
const SEED: u64 = 1;
/// How many visits a first sync brings: its answer is longer than four kilobytes.
const VISITS: usize = 30;
/// What long notes are made of: 64 letters, of which chance leaves nothing to compress but two bits of eight.
const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
/// How many letters a long note has: as many as a note may have. One on each visit makes a first sync of two pages.
const LONG_NOTE_LETTERS: usize = 10_000;
/// How many long notes are pushed at once.
const LONG_NOTES: usize = 3;

/// A world for one exchange after another.
pub struct Stage {
    place: Place,
    directory: TempDir,
    anna: Owner,
    handset: Option<Handset>,
    fresh: Option<Handset>,
    visit: DocumentId,
    visits: Vec<DocumentId>,
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
        let mut visits = Vec::new();
        for _ in 0..VISITS {
            visits.push(plan.add_visit(&place, &[anna.person], 0, &mut dice).await?);
        }
        let visit = *visits.last().context("a visit")?;
        let mut stage = Self { place, directory, anna, handset: None, fresh: None, visit, visits, phones: 0, notes: 0 };
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

    /// Enrols a phone, cut once; the same code then enrols it, and the server has one vault more. What was said first.
    ///
    /// # Errors
    /// What did not hold.
    pub async fn enrolment(&mut self, cut: Option<Cut>) -> Result<Spoken> {
        self.phones += 1;
        let directory = self.directory.path().join(format!("phone-{}", self.phones));
        let code = unit::code(&self.place, self.anna.person).await?;
        let before = self.vaults()?;
        let wire = Wire::to(&self.place.host);
        let config = PhoneConfig {
            directory: directory.clone(),
            keys: Arc::new(FileKeys::new(directory.join("keys"))),
            downloads: directory.join("downloads"),
            clock: PhoneClock::of(&self.place.clock),
            random: self.place.random.clone(),
            http: wire.clone(),
        };
        let phone = Phone::open_inline(config).await?;
        let enrol = || Command::Enrol { server: ADDRESS.to_owned(), code: code.clone() };
        wire.listen();
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
        first(wire.heard())
    }

    fn vaults(&self) -> Result<i64> {
        Ok(self.place.host.look()?.query_row("SELECT count(*) FROM vault", [], |row| row.get(0))?)
    }

    /// A phone's first sync of which so many pages are there, cut once in the next one: nothing is held by halves, and
    /// the next sync brings everything.
    ///
    /// # Errors
    /// What did not hold.
    pub async fn first_sync(&mut self, pages: u32, cut: Option<Cut>) -> Result<Spoken> {
        let handset = match self.fresh.take() {
            Some(handset) => handset,
            None => self.with_pages(pages).await?,
        };
        let before = handset.holding()?.documents.len();
        ensure!((before > 0) == (pages > 0), "{before} documents with {pages} pages");
        handset.wire.listen();
        let Some(cut) = cut else {
            handset.sync().await?;
            return first(handset.wire.heard());
        };
        handset.wire.next(Mishap::Cut(cut));
        handset.sync().await?;
        let mut holding = handset.holding()?;
        if holding.cursor.is_none() {
            ensure!(holding.documents.len() == before, "{cut:?}: {} documents by halves", holding.documents.len());
            // Whether the next one brings everything is the same for each cut: every so often it is tried.
            if cut.after % 256 != 0 {
                self.fresh = Some(handset);
                return Ok(Spoken::default());
            }
            handset.sync().await?;
            holding = handset.holding()?;
        }
        ensure!(holding.cursor == Some(self.place.host.head(self.place.unit)?), "{cut:?}: not all was brought");
        ensure!(holding.documents.len() > VISITS, "{cut:?}: {} documents", holding.documents.len());
        ensure!(holding.sum() == holding.digest, "{cut:?}: the digest differs");
        Ok(Spoken::default())
    }

    /// A new phone that has so many pages of its first sync.
    async fn with_pages(&mut self, pages: u32) -> Result<Handset> {
        let handset = self.enrolled().await?;
        if pages > 0 {
            let unsaid = Cut { way: Way::Up, after: 0, end: End::Breaks };
            handset.wire.after(pages, Mishap::Cut(unsaid));
            handset.sync().await?;
        }
        Ok(handset)
    }

    /// Writes a long note on each visit, so that a first sync is one of two pages.
    ///
    /// # Errors
    /// When the notes cannot be written or sent.
    pub async fn lengthen(&mut self) -> Result<()> {
        for visit in self.visits.clone() {
            self.write_long_note(visit).await?;
        }
        self.handset()?.sync().await
    }

    async fn write_long_note(&mut self, visit: DocumentId) -> Result<ActionId> {
        self.notes += 1;
        let mut dice = Dice::of(SEED, self.notes);
        let text = (0..LONG_NOTE_LETTERS).map(|_| char::from(*dice.one(LETTERS))).collect();
        self.write_note(visit, text).await
    }

    async fn write_note(&self, visit: DocumentId, text: String) -> Result<ActionId> {
        let done = self.handset()?.act(Intent::WriteNote { visit, text }).await;
        Ok(done.map_err(|error| anyhow!("{error:?}"))?.action)
    }

    fn handset(&self) -> Result<&Handset> {
        self.handset.as_ref().context("a handset")
    }

    /// One note is written and pushed, cut once; after the next round the server has it once, and nothing waits.
    ///
    /// # Errors
    /// What did not hold.
    pub async fn push(&mut self, cut: Option<Cut>) -> Result<Spoken> {
        self.notes += 1;
        let note = self.write_note(self.visit, format!("Anteckning {:06}", self.notes)).await?;
        self.push_all(&[(self.visit, note)], cut).await
    }

    /// Long notes on several visits are written and pushed at once, cut once: in a request longer than four kilobytes.
    ///
    /// # Errors
    /// What did not hold.
    pub async fn long_push(&mut self, cut: Option<Cut>) -> Result<Spoken> {
        let mut notes = Vec::new();
        for visit in self.visits.iter().copied().take(LONG_NOTES).collect::<Vec<_>>() {
            notes.push((visit, self.write_long_note(visit).await?));
        }
        self.push_all(&notes, cut).await
    }

    async fn push_all(&mut self, notes: &[(DocumentId, ActionId)], cut: Option<Cut>) -> Result<Spoken> {
        let handset = self.handset()?;
        handset.wire.listen();
        if let Some(cut) = cut {
            handset.wire.next(Mishap::Cut(cut));
            handset.sync().await?;
        }
        handset.sync().await?;
        let spoken = first(handset.wire.heard())?;
        ensure!(handset.holding()?.pending.is_empty(), "{cut:?}: it still waits");
        let mut truth = Truth::of(self.place.unit);
        truth.refresh(&self.place.host.look()?)?;
        for (visit, note) in notes {
            let facts = &truth.documents[visit].content.facts;
            let times = facts.values().filter(|fact| fact.action == *note).count();
            ensure!(times == 1, "{cut:?}: the note stands {times} times");
        }
        if self.notes.is_multiple_of(64) {
            self.turn_over().await?;
        }
        Ok(spoken)
    }

    /// Goes on with another visit: a document that grows without end is slow to read.
    async fn turn_over(&mut self) -> Result<()> {
        let (mut plan, mut dice) = (Plan::default(), Dice::of(SEED, self.notes));
        plan.recipients.push(self.visit);
        self.visit = plan.add_visit(&self.place, &[self.anna.person], 0, &mut dice).await?;
        self.handset()?.sync().await
    }

    /// Gets a path, cut once: the next answer is the same as the one before. A hint's path is given without its token.
    ///
    /// # Errors
    /// What did not hold.
    pub async fn get(&mut self, path: &str, cut: Option<Cut>) -> Result<Spoken> {
        let token = if path.ends_with('/') { self.token()? } else { String::new() };
        let request = request(format!("{path}{token}"));
        if cut.is_some() {
            self.place.host.exchange(request.clone(), cut).await;
        }
        let whole = self.place.host.exchange(request, None).await;
        let status = whole.answer.map_err(|error| anyhow!("{cut:?}: {error}"))?.status;
        ensure!(matches!(status, 200 | 304), "{cut:?}: {status}");
        Ok(whole.spoken)
    }

    /// The bell rings while a hint is waited for, cut once: the same token hears it again, and the next sync brings what
    /// it rang for.
    ///
    /// # Errors
    /// What did not hold.
    pub async fn ring(&mut self, cut: Option<Cut>) -> Result<Spoken> {
        let request = request(format!("/v1/hint/{}", self.token()?));
        let (mut plan, mut dice) = (Plan::default(), Dice::of(SEED, 1));
        plan.recipients.push(self.visit);
        let (place, anna) = (&self.place, self.anna.person);
        let planned = async {
            // The clock of these tests goes on only once everybody waits: the question is held by then.
            tokio::time::sleep(Duration::from_secs(1)).await;
            plan.add_visit(place, &[anna], 0, &mut dice).await
        };
        let (held, visit) = tokio::join!(place.host.exchange(request.clone(), cut), planned);
        let (visit, again) = (visit?, place.host.exchange(request, None).await);
        let status = again.answer.map_err(|error| anyhow!("{cut:?}: {error}"))?.status;
        ensure!(status == 204, "{cut:?}: {status}");
        ensure!(cut.is_some() || held.answer.as_ref().is_ok_and(|answer| answer.status == 204), "{:?}", held.answer);
        let handset = self.handset()?;
        handset.sync().await?;
        ensure!(handset.holding()?.documents.contains_key(&visit), "{cut:?}: the visit was not brought");
        Ok(held.spoken)
    }

    fn token(&self) -> Result<String> {
        Ok(self.handset()?.holding()?.hint.map(HintToken).context("a token")?.to_text())
    }
}

fn request(path: String) -> HttpRequest {
    HttpRequest {
        method: "GET",
        url: format!("{ADDRESS}{path}"),
        headers: Vec::new(),
        body: Vec::new(),
        timeout_ms: 58_000,
        answer_bytes_max: 64 * 1_024,
    }
}

/// What was said in the first of several exchanges: the one that is cut.
fn first(heard: Vec<Spoken>) -> Result<Spoken> {
    heard.into_iter().next().context("something was said")
}
