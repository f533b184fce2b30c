//! The world of one seed: its people and phones, their server, and the steps that they take.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use rundan_device::api::{Command, Done, ErrorCode};
use rundan_model::{PersonId, Role, Zone};
use rusqlite::Connection;
use tempfile::TempDir;

use super::faults::Fault;
use super::handset::{Handset, Owner, Place};
use super::host::Host;
use super::intents::{Memory, Presser, word};
use super::ledger::Ledger;
use super::seams::{Dice, WorldClock, WorldRandom};
use super::trace::Trace;
use super::truth::Truth;
use super::unit::{self, Plan};
use super::{Figures, Shape, scope};

/// Names of carers and of the office.
const CARERS: [&str; 4] = ["Anna", "Fatima", "Bo", "Carla"];
const OFFICE: [&str; 2] = ["Eva", "Maj"];

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
    dice: Dice,
    plan: Plan,
    people: Vec<Owner>,
    memories: BTreeMap<PersonId, Memory>,
    looking: Connection,
}

impl World {
    /// Makes the world of a seed: everyone enrolled, nothing synced yet.
    pub(crate) async fn of(seed: u64, shape: Shape) -> Result<Self> {
        let mut dice = Dice::of(seed, 1);
        let directory = temporary()?;
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
    async fn hand_out(&mut self, owner: Owner) -> Result<()> {
        let directory = self.directory.path().join(format!("phone-{}", self.handsets.len()));
        let code = unit::code(&self.place, owner.person).await?;
        let handset = Handset::enrol(&self.place, owner, directory, code).await?;
        self.trace.note(format_args!("{} has vault {}", handset.owner.name, handset.vault));
        self.handsets.push(handset);
        Ok(())
    }

    /// Takes all steps, with what goes wrong between them.
    pub(crate) async fn play(&mut self) -> Result<()> {
        for n in 0..self.shape.steps {
            self.figures.steps += 1;
            if self.chance.below(self.shape.steps as usize) < self.shape.faults as usize {
                let fault = *self.chance.one(Fault::ALL);
                let at = self.chance.below(self.handsets.len());
                if self.shape.has(fault) {
                    self.trace.note(format_args!("{n} {} at {}", fault.name(), self.handsets[at].owner.name));
                    *self.figures.faults.entry(fault.name()).or_default() += 1;
                    self.strike(fault, at).await.with_context(|| format!("step {n}, {}", fault.name()))?;
                    self.note_wire(at);
                }
            }
            if self.chance.is(10) {
                self.deliver_delayed().await?;
            }
            self.step(n).await.with_context(|| format!("step {n}"))?;
        }
        Ok(())
    }

    async fn step(&mut self, n: u32) -> Result<()> {
        let at = self.dice.below(self.handsets.len());
        match self.dice.below(100) {
            0..=56 => self.press(n, at).await,
            57..=80 => {
                self.trace.note(format_args!("{n} {} syncs", self.handsets[at].owner.name));
                self.sync(at).await
            }
            81..=92 => {
                let seconds =
                    if self.dice.is(12) { 3_600 * (4 + self.dice.below(8)) } else { 60 * self.dice.below(15) };
                self.trace.note(format_args!("{n} {seconds} s pass"));
                self.place.clock.pass(seconds as i64);
                Ok(self.place.host.server().open_day().await?)
            }
            93..=95 => self.look(n, at).await,
            96 | 97 => {
                let carers: Vec<_> = self.people.iter().filter(|owner| !owner.role.is_office()).collect();
                let carer = self.dice.one(&carers).person;
                let visit = self.plan.add_visit(&self.place, &[carer], 0, &mut self.dice).await?;
                self.trace.note(format_args!("{n} visit {visit} is planned"));
                Ok(())
            }
            _ => self.undo(n, at).await,
        }
    }

    async fn press(&mut self, n: u32, at: usize) -> Result<()> {
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
        let intent = if handset.owner.role.is_office() { presser.office() } else { presser.carer() };
        let what = word(&intent);
        let told = handset.act(intent.clone()).await;
        let Some(done) = self.told(n, at, &what, told)? else { return Ok(()) };
        if let Some(memory) = self.memories.get_mut(&person) {
            memory.remember(&intent, &done);
        }
        Ok(())
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
            Err(error) if matches!(error.code, ErrorCode::NotFound | ErrorCode::BadInput | ErrorCode::NotAllowed) => {
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
        let command = match self.dice.below(7) {
            0 => Command::Day { date: None },
            1 => Command::Visit { visit },
            2 => Command::Board { date: None },
            3 => Command::VisitFacts { visit },
            4 => Command::MyIncidents,
            5 if !self.shape.is_timeless => Command::ShowDoorCode { recipient },
            _ => Command::Incidents,
        };
        let is_door = matches!(command, Command::ShowDoorCode { .. });
        let shown = handset.ask(command).await;
        if let Err(error) = &shown
            && !matches!(error.code, ErrorCode::NotFound | ErrorCode::NotAllowed)
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
        let known: std::collections::BTreeSet<_> = self.ledger.saved.iter().map(|saved| saved.action).collect();
        let new = holding.pending.iter().map(|change| change.action).find(|action| !known.contains(action));
        if let Some(action) = new {
            self.ledger.note(handset.vault, action, &holding)?;
        }
        Ok(())
    }

    pub(crate) async fn sync(&mut self, at: usize) -> Result<()> {
        self.handsets[at].sync().await?;
        self.note_wire(at);
        self.check_sync(at).await
    }

    fn note_wire(&mut self, at: usize) {
        for note in self.handsets[at].wire.take_notes() {
            self.trace.note(format_args!("  {note}"));
        }
    }

    pub(crate) fn refresh(&mut self) -> Result<()> {
        self.truth.refresh(&self.looking)
    }

    pub(crate) fn check_shown(&mut self, at: usize) -> Result<()> {
        let handset = &self.handsets[at];
        self.ledger.check_shown(&handset.holding()?)
    }

    pub(crate) fn lose(&mut self, at: usize) -> Result<()> {
        self.refresh()?;
        let vault = self.handsets[at].vault;
        let same = self.handsets.iter().filter(|handset| handset.vault == vault);
        let living = same.map(Handset::holding).collect::<Result<Vec<_>>>()?;
        let lost = self.ledger.lose(vault, &self.truth, &living.iter().collect::<Vec<_>>());
        self.trace.note(format_args!("  {lost} actions are lost with the phone"));
        self.figures.lost += lost as u64;
        Ok(())
    }

    /// After each round: P4, P5, and P6 against the rules of scope.
    async fn check_sync(&mut self, at: usize) -> Result<()> {
        self.refresh()?;
        let problem = self.handsets[at].problem().await;
        let handset = &mut self.handsets[at];
        let holding = handset.holding()?;
        handset.check_cursor(holding.cursor)?;
        let refused = self.ledger.note_refusals(&holding, &self.truth);
        self.figures.refused += refused.len() as u64;
        ensure!(refused.is_empty(), "the server refused what {} did: {}", handset.owner.name, refused.join(", "));
        self.ledger.check_shown(&holding)?;
        let word = problem.as_deref().unwrap_or("done");
        self.trace.note(format_args!("  {word}, cursor {:?}, {} pending", holding.cursor, holding.pending.len()));
        if holding.cursor == Some(self.truth.head) && problem.as_deref().is_none_or(|problem| problem == "clock") {
            let due = scope::due(&self.truth, handset.owner.person);
            super::ending::check_held(&self.truth, &holding, due.as_ref())
                .with_context(|| format!("after a sync of {}", handset.owner.name))?;
            self.figures.scopes += 1;
        }
        Ok(())
    }
}

/// A folder in memory where there is one: nothing here tests the disk.
fn temporary() -> Result<TempDir> {
    let memory = std::path::Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    Ok(made?)
}
