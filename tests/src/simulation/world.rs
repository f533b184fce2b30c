//! The world of one seed: its people and phones, their server, and the steps that they take.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail, ensure};
use rundan_device::api::{Command, Done, ErrorCode, Intent, KeyFilter};
use rundan_device::seams::HttpRequest;
use rundan_model::{ChangeHash, FactId, PersonId, Role, Zone};
use rundan_sync::HintToken;
use rusqlite::Connection;
use tempfile::TempDir;

use super::faults::Fault;
use super::handset::{Handset, Owner, Place};
use super::holding::Holding;
use super::host::{self, ADDRESS, Host};
use super::intents::{Memory, Presser, word};
use super::journal::Journal;
use super::ledger::Ledger;
use super::seams::{Dice, WorldClock, WorldRandom};
use super::trace::Trace;
use super::truth::Truth;
use super::unit::{self, Plan};
use super::{Figures, Shape, scope};
use crate::vfs::Witness;

/// Names of carers and of the office.
const CARERS: [&str; 4] = ["Anna", "Fatima", "Bo", "Carla"];
const OFFICE: [&str; 2] = ["Eva", "Maj"];
/// How many days may pass at once: beyond the fourteen that own work stays.
const DAYS_MAX: usize = 16;
/// More requests than any sync needs here.
const REQUESTS_MAX: usize = 200;

pub(crate) struct World {
    pub(crate) place: Place,
    pub(crate) handsets: Vec<Handset>,
    pub(crate) ledger: Ledger,
    pub(crate) truth: Truth,
    pub(crate) trace: Trace,
    pub(crate) chance: Dice,
    pub(crate) shape: Shape,
    pub(crate) figures: Figures,
    pub(crate) directory: TempDir,
    /// Phones whose vault was revoked, each with the server's last entry at that time.
    pub(crate) revoked: Vec<(u64, Handset)>,
    /// People from whom a role was taken.
    pub(crate) demoted: BTreeSet<PersonId>,
    /// The last backup of the server, with its last entry.
    pub(crate) backup: Option<(PathBuf, u64)>,
    /// Until which step the server's disk is full.
    pub(crate) full_until: Option<u32>,
    /// Whether the server was put back from a backup.
    pub(crate) was_restored: bool,
    pub(crate) journal: Journal,
    phones: usize,
    /// The server's last entry when its audiences were last held against the rules.
    compared: u64,
    witness: Witness,
    dice: Dice,
    plan: Plan,
    pub(crate) people: Vec<Owner>,
    memories: BTreeMap<PersonId, Memory>,
    looking: Connection,
}

impl World {
    /// Makes the world of a seed: everyone enrolled, nothing synced yet.
    pub(crate) async fn of(seed: u64, shape: Shape) -> Result<Self> {
        let (mut dice, journal) = (Dice::of(seed, 1), Journal::open());
        let directory = temporary()?;
        let witness = Witness::of(directory.path());
        let clock = WorldClock::at(unit::first_morning(&mut dice));
        let random = WorldRandom::of(seed);
        let host = Host::open(directory.path().join("server"), &clock, &random).await?;
        let unit = unit::begin(&host.server()).await?;
        let place = Place { host, clock, random, unit };
        let mut people = Vec::new();
        for name in &CARERS[..2 + dice.below(3)] {
            people.push(unit::employ(&place, name, Role::Carer).await?);
        }
        let carers: Vec<PersonId> = people.iter().map(|owner| owner.person).collect();
        for (name, role) in OFFICE[..1 + dice.below(2)].iter().zip([Role::Planner, Role::UnitHead]) {
            people.push(unit::employ(&place, name, role).await?);
        }
        let plan = Plan::make(&place, &carers, &mut dice).await?;
        let looking = place.host.look()?;
        let mut world = Self {
            truth: Truth::of(place.unit),
            place,
            handsets: Vec::new(),
            ledger: Ledger::default(),
            trace: Trace::default(),
            chance: Dice::of(seed, 2),
            shape,
            figures: Figures::default(),
            directory,
            revoked: Vec::new(),
            demoted: BTreeSet::new(),
            backup: None,
            full_until: None,
            was_restored: false,
            journal,
            phones: 0,
            compared: 0,
            witness,
            dice,
            plan,
            memories: BTreeMap::new(),
            looking,
            people,
        };
        for owner in world.people.clone() {
            world.truth.roles.push((0, owner.person, owner.role.clone(), true));
            world.hand_out(owner).await?;
        }
        Ok(world)
    }

    /// Gives a person a new phone.
    pub(crate) async fn hand_out(&mut self, owner: Owner) -> Result<()> {
        let directory = self.next_directory();
        let code = unit::code(&self.place, owner.person).await?;
        let handset = Handset::enrol(&self.place, owner, directory, code).await?;
        self.trace.note(format_args!("{} has vault {}", handset.owner.name, handset.vault));
        self.keep_copy(&handset)?;
        self.handsets.push(handset);
        Ok(())
    }

    /// The folder of the next phone.
    pub(crate) fn next_directory(&mut self) -> PathBuf {
        self.phones += 1;
        self.directory.path().join(format!("phone-{}", self.phones))
    }

    /// Takes all steps, with what goes wrong between them.
    pub(crate) async fn play(&mut self) -> Result<()> {
        self.keep_backup().await?;
        let struck = self.draw_faults();
        for n in 0..self.shape.steps {
            self.figures.steps += 1;
            if self.full_until.is_some_and(|until| until <= n) {
                self.make_room().await?;
            }
            if struck.contains(&n) {
                let fault = *self.chance.one(Fault::ALL);
                let at = self.chance.below(self.handsets.len());
                if self.shape.has(fault) {
                    self.trace.note(format_args!("{n} {} at {}", fault.name(), self.handsets[at].owner.name));
                    *self.figures.faults.entry(fault.name()).or_default() += 1;
                    self.strike(fault, at, n).await.with_context(|| format!("step {n}, {}", fault.name()))?;
                    self.note_wires()?;
                }
            }
            if self.chance.is(10) {
                self.deliver_delayed().await?;
            }
            if self.chance.is(4) {
                self.keep_copies().await?;
            }
            self.step(n).await.with_context(|| format!("step {n}"))?;
            self.check_audiences().with_context(|| format!("after step {n}"))?;
            self.trace.note(format_args!("  files: {}", self.witness.said()));
        }
        Ok(())
    }

    /// The steps before which something goes wrong.
    fn draw_faults(&mut self) -> BTreeSet<u32> {
        let mut struck = BTreeSet::new();
        while struck.len() < self.shape.faults.min(self.shape.steps) as usize {
            struck.insert(self.chance.below(self.shape.steps as usize) as u32);
        }
        struck
    }

    async fn step(&mut self, n: u32) -> Result<()> {
        let at = self.dice.below(self.handsets.len());
        match self.dice.below(100) {
            0..=1 => self.wait_for_news(n, at).await,
            2..=56 => self.press(n, at).await,
            57..=80 => {
                self.trace.note(format_args!("{n} {} syncs", self.handsets[at].owner.name));
                self.sync(at).await
            }
            81..=92 => {
                let seconds = match self.dice.below(100) {
                    0..=2 => 86_400 * (1 + self.dice.below(DAYS_MAX)),
                    3..=12 => 3_600 * (4 + self.dice.below(8)),
                    _ => 60 * self.dice.below(15),
                };
                self.trace.note(format_args!("{n} {seconds} s pass"));
                self.place.clock.pass(seconds as i64);
                let opened = self.place.host.server().open_day().await;
                self.unless_full(opened.map_err(Into::into))
            }
            93..=95 => self.look(n, at).await,
            96 | 97 => {
                let carers: Vec<_> = self.people.iter().filter(|owner| !owner.role.is_office()).collect();
                let carer = self.dice.one(&carers).person;
                let visit = self.plan.add_visit(&self.place, &[carer], 0, &mut self.dice).await;
                self.trace.note(format_args!("{n} a visit is planned: {:?}", visit.as_ref().ok()));
                self.unless_full(visit.map(drop))
            }
            _ => self.undo(n, at).await,
        }
    }

    async fn press(&mut self, n: u32, at: usize) -> Result<()> {
        if self.handsets[at].is_office && !self.shape.is_timeless && self.dice.is(10) {
            return self.settle_key(n, at).await;
        }
        let people: Vec<PersonId> = self.people.iter().map(|owner| owner.person).collect();
        let (handset, now) = (&self.handsets[at], self.place.clock.time());
        let person = handset.owner.person;
        let mut presser = Presser {
            person,
            now,
            is_timeless: self.shape.is_timeless,
            today: Zone.day(now).0,
            plan: &self.plan,
            people: &people,
            memory: self.memories.entry(person).or_default(),
            dice: &mut self.dice,
        };
        let intent = if handset.is_office { presser.office() } else { presser.carer() };
        let what = word(&intent);
        let told = handset.act(intent.clone()).await;
        let Some(done) = self.told(n, at, &what, told)? else { return Ok(()) };
        if let Some(memory) = self.memories.get_mut(&person) {
            memory.remember(&intent, &done);
        }
        Ok(())
    }

    /// The office looks at a key and settles a dispute over a copy, if there is one, against one of its sides.
    async fn settle_key(&mut self, n: u32, at: usize) -> Result<()> {
        let (handset, key) = (&self.handsets[at], *self.dice.one(&self.plan.keys));
        let Ok(shown) = handset.ask(Command::Key { key }).await else { return Ok(()) };
        let copies = shown["copies"].as_array().map(Vec::as_slice).unwrap_or_default();
        let sides = copies.iter().find_map(|copy| copy["sides"].as_array().filter(|sides| !sides.is_empty()));
        let Some(sides) = sides else { return Ok(()) };
        let fact: FactId = self.dice.one(sides)["fact"].as_str().context("a fact")?.parse()?;
        let told =
            handset.act(Intent::Settle { document: key, facts: vec![fact], text: "Ringde båda".to_owned() }).await;
        self.figures.settled += u64::from(told.is_ok());
        self.told(n, at, "settle a key", told).map(drop)
    }

    async fn undo(&mut self, n: u32, at: usize) -> Result<()> {
        let handset = &self.handsets[at];
        let actions = self.memories.get(&handset.owner.person).map(|memory| memory.actions.as_slice());
        let Some(action) = actions.unwrap_or_default().last().copied() else { return Ok(()) };
        let told = handset.undo(action).await;
        self.told(n, at, "undo", told).map(drop)
    }

    /// Takes down what the phone said; none where it said no.
    fn told(
        &mut self,
        n: u32,
        at: usize,
        what: &str,
        told: Result<Done, rundan_device::api::ApiError>,
    ) -> Result<Option<Done>> {
        let handset = &self.handsets[at];
        let name = &handset.owner.name;
        let done = match told {
            Ok(done) => done,
            Err(error)
                if matches!(
                    error.code,
                    ErrorCode::NotFound | ErrorCode::BadInput | ErrorCode::NotAllowed | ErrorCode::ChangedSince
                ) =>
            {
                self.trace.note(format_args!("{n} {name} {what}: {:?} {:?}", error.code, error.detail));
                return Ok(None);
            }
            Err(error) => bail!("{name}, {what}: {error:?}"),
        };
        let written = self.ledger.note(handset.vault, done.action, &handset.holding()?)?;
        self.figures.saved += u64::from(written > 0);
        self.trace.note(format_args!("{n} {name} {what}: action {} wrote {written}", done.action));
        Ok(Some(done))
    }

    /// Opens a screen.
    async fn look(&mut self, n: u32, at: usize) -> Result<()> {
        let (handset, visit) = (&self.handsets[at], self.dice.one(&self.plan.visits).visit);
        let recipient = *self.dice.one(&self.plan.recipients);
        let command = match self.dice.below(9) {
            0 => Command::Day { date: None },
            1 => Command::Visit { visit },
            2 => Command::Board { date: None },
            3 => Command::VisitFacts { visit },
            4 => Command::MyIncidents,
            5 if !self.shape.is_timeless => Command::ShowDoorCode { recipient },
            6 => Command::Keys,
            7 => Command::KeyBoard { filter: KeyFilter::All, text: String::new() },
            _ => Command::Incidents,
        };
        let is_door = matches!(command, Command::ShowDoorCode { .. });
        let shown = handset.ask(command).await;
        if let Err(error) = &shown
            && !matches!(error.code, ErrorCode::NotFound | ErrorCode::NotAllowed | ErrorCode::NoRunSheet)
        {
            bail!("a screen: {error:?}");
        }
        self.trace.note(format_args!("{n} {} looks", handset.owner.name));
        if is_door && shown.is_ok() {
            self.note_shown(at)?;
        }
        Ok(())
    }

    /// Takes down that a door code was shown: the one action that no answer names.
    fn note_shown(&mut self, at: usize) -> Result<()> {
        let handset = &self.handsets[at];
        let holding = handset.holding()?;
        let known: BTreeSet<_> = self.ledger.saved.iter().map(|saved| saved.action).collect();
        let new = holding.pending.iter().map(|change| change.action).find(|action| !known.contains(action));
        if let Some(action) = new {
            self.ledger.note(handset.vault, action, &holding)?;
        }
        Ok(())
    }

    pub(crate) async fn sync(&mut self, at: usize) -> Result<()> {
        self.handsets[at].sync().await?;
        self.note_wires()?;
        self.check_sync(at).await
    }

    fn note_wires(&mut self) -> Result<()> {
        for handset in &self.handsets {
            let notes = handset.wire.take_notes();
            for note in &notes {
                self.trace.note(format_args!("  {note}"));
            }
            ensure!(notes.len() <= REQUESTS_MAX, "{} asks again and again", handset.owner.name);
        }
        Ok(())
    }

    /// Asks for a hint. Where none comes, a round must bring nothing.
    async fn wait_for_news(&mut self, n: u32, at: usize) -> Result<()> {
        let before = self.handsets[at].holding()?;
        let Some(token) = before.hint.map(HintToken) else { return Ok(()) };
        let url = format!("{ADDRESS}/v1/hint/{}", token.to_text());
        let (method, headers, body) = ("GET", Vec::new(), Vec::new());
        let request = HttpRequest { method, url, headers, body, timeout_ms: 58_000, answer_bytes_max: 1_024 };
        let answer =
            self.place.host.exchange(request, None).await.answer.map_err(|error| anyhow!("a hint: {error}"))?;
        self.trace.note(format_args!("{n} {} waits for news: {}", self.handsets[at].owner.name, answer.status));
        if answer.status == 304 {
            let heads = |holding: &Holding| -> Vec<_> {
                holding.documents.iter().map(|(id, row)| (*id, row.heads.clone())).collect()
            };
            let has_work = !before.pending.is_empty() || self.handsets[at].problem().await.is_some();
            self.sync(at).await?;
            let is_same = heads(&before) == heads(&self.handsets[at].holding()?);
            ensure!(is_same || has_work, "there was news and no hint of it");
        }
        Ok(())
    }

    /// Whatever moved the log: what the server would give to each is what the rules of scope say.
    fn check_audiences(&mut self) -> Result<()> {
        self.refresh()?;
        if std::mem::replace(&mut self.compared, self.truth.head) == self.truth.head {
            return Ok(());
        }
        for Owner { name, person, .. } in &self.people {
            let due = scope::due(&self.truth, *person).unwrap_or_default();
            let has = host::in_scope(&self.looking, self.place.unit, *person)?;
            let differs = due.symmetric_difference(&has).next();
            ensure!(differs.is_none(), "P6: the server and the rules differ on {differs:?} for {name}");
            self.figures.audiences += 1;
        }
        Ok(())
    }

    /// A full disk is a reason why the server cannot do what it should.
    pub(crate) fn unless_full(&self, done: Result<()>) -> Result<()> {
        if self.full_until.is_some() { Ok(()) } else { done }
    }

    pub(crate) async fn make_room(&mut self) -> Result<()> {
        if self.full_until.take().is_some() {
            self.place.host.leave_room(None).await?;
        }
        Ok(())
    }

    /// The server's file is another one, which has in common with the last one what was before an entry.
    pub(crate) fn look_anew(&mut self, common: u64) -> Result<()> {
        self.looking = self.place.host.look()?;
        let head = self.place.host.head(self.place.unit)?;
        self.truth.forget(common, head);
        self.refresh()
    }

    pub(crate) fn refresh(&mut self) -> Result<()> {
        self.truth.refresh(&self.looking)
    }

    /// Files were replaced or lost: takes down what nobody has any more.
    pub(crate) fn lose(&mut self) -> Result<()> {
        let bringable = self.bringable()?;
        let lost = self.ledger.lose(&bringable);
        self.trace.note(format_args!("  {lost} actions are lost"));
        self.figures.lost += lost as u64;
        Ok(())
    }

    /// Every change that the server has or that a living phone can bring it: what is kept by itself only as far as all
    /// that it builds on is among them.
    pub(crate) fn bringable(&mut self) -> Result<BTreeSet<ChangeHash>> {
        self.refresh()?;
        let mut found: BTreeSet<ChangeHash> = self.truth.changes.iter().map(|change| change.hash).collect();
        let mut kept = Vec::new();
        for handset in &self.handsets {
            let holding = handset.holding()?;
            found.extend(holding.could_bring()?);
            kept.extend(holding.kept);
        }
        loop {
            let before = found.len();
            let placed = kept.iter().filter(|kept| kept.deps.iter().all(|dep| found.contains(dep)));
            let placed: Vec<ChangeHash> = placed.map(|kept| kept.hash).collect();
            found.extend(placed);
            if found.len() == before {
                return Ok(found);
            }
        }
    }

    /// After each round: P4, P5, and P6 against the rules of scope.
    pub(crate) async fn check_sync(&mut self, at: usize) -> Result<()> {
        self.refresh()?;
        let problem = self.handsets[at].problem().await;
        let handset = &mut self.handsets[at];
        let holding = handset.holding()?;
        let is_of_log = self.truth.is_of_log(&self.looking, holding.cursor, holding.chain)?;
        handset.check_cursor(holding.cursor, is_of_log)?;
        handset.is_office = holding.is_office;
        let is_demoted = self.demoted.contains(&handset.owner.person);
        let (person, was_restored, server) = (handset.owner.person, self.was_restored, &self.looking);
        let was_hers = |document| Ok(!was_restored || host::was_in_scope(server, person, document)?);
        let (refused, wrongly) =
            self.ledger.note_refusals(handset.vault, &holding, &self.truth, is_demoted, was_hers)?;
        self.figures.refused += refused as u64;
        ensure!(wrongly.is_empty(), "P11: the server refused what {} did: {}", handset.owner.name, wrongly.join(", "));
        self.ledger.check_shown(&holding)?;
        let word = problem.as_deref().unwrap_or("done");
        self.trace.note(format_args!("  {word}, cursor {:?}, {} pending", holding.cursor, holding.pending.len()));
        // A log that the server has lost may have gone as far as this one.
        let is_at_head = is_of_log && holding.cursor == Some(self.truth.head);
        if is_at_head && problem.as_deref().is_none_or(|problem| problem == "clock") {
            let due = scope::due(&self.truth, handset.owner.person);
            super::ending::check_held(&self.truth, &holding, due.as_ref())
                .and_then(|()| holding.check_leaving(person))
                .with_context(|| format!("after a sync of {}", handset.owner.name))?;
            self.figures.scopes += 1;
        }
        Ok(())
    }
}

/// A folder in memory where there is one: nothing here tests the disk.
pub(crate) fn temporary() -> Result<TempDir> {
    let memory = std::path::Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    Ok(made?)
}
