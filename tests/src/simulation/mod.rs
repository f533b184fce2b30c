//! The simulated world: the real device and server code in one process, on one clock, by one seed.
//!
//! A seed makes a small unit, lets its people work for some hundred steps while things go wrong, then stops what goes
//! wrong and holds what everyone has against what they were told is saved. The same seed and commit give the same run,
//! which its trace hash proves. Start reading at [`run`], then `world.rs` for the steps, `faults.rs` for what goes
//! wrong, and `ledger.rs`, `scope.rs` and `ending.rs` for what must hold. `docs/reliability.md` says what is covered.

mod ending;
mod faults;
mod handset;
mod holding;
mod host;
mod intents;
mod journal;
mod ledger;
mod pipe;
mod scope;
mod seams;
mod stage;
mod trace;
mod truth;
mod unit;
mod wire;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use faults::Fault;
pub use pipe::{Cut, End, Spoken, Way};
pub use stage::Stage;

use world::World;

/// How a seed is played.
#[derive(Debug, Clone)]
pub struct Shape {
    /// How many steps people take.
    pub steps: u32,
    /// How many faults there are.
    pub faults: u32,
    is_timeless: bool,
    without: Vec<Fault>,
    muted: Vec<Fault>,
}

impl Default for Shape {
    fn default() -> Self {
        Self { steps: 300, faults: 10, is_timeless: false, without: Vec::new(), muted: Vec::new() }
    }
}

impl Shape {
    /// The same without a kind of fault.
    pub fn without(mut self, fault: Fault) -> Self {
        self.without.push(fault);
        self
    }

    /// The same where a kind of fault is drawn and has no effect.
    pub fn muted(mut self, fault: Fault) -> Self {
        self.muted.push(fault);
        self
    }

    /// The same where nobody states or asks for anything that her phone's clock decides, such as a time of her own.
    pub fn timeless(mut self) -> Self {
        self.is_timeless = true;
        self
    }

    fn has(&self, fault: Fault) -> bool {
        !self.without.contains(&fault)
    }

    fn is_muted(&self, fault: Fault) -> bool {
        self.muted.contains(&fault)
    }
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Steps taken.
    pub steps: u64,
    /// Actions that a phone said were saved.
    pub saved: u64,
    /// Actions that were refused.
    pub refused: u64,
    /// Actions that were lost with the only phone that had them.
    pub lost: u64,
    /// Disputes over keys that the office settled.
    pub settled: u64,
    /// Keys of which a copy is disputed in the end.
    pub disputed: u64,
    /// Exchanges with the server.
    pub rounds: u64,
    /// Connections cut.
    pub cuts: u64,
    /// Bytes on the wires.
    pub bytes: u64,
    /// How often what a vault holds was held against the rules of scope.
    pub scopes: u64,
    /// How often what the server would give to a person was held against the rules of scope.
    pub audiences: u64,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
}

impl Figures {
    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.saved += other.saved;
        self.refused += other.refused;
        self.lost += other.lost;
        self.settled += other.settled;
        self.disputed += other.disputed;
        self.rounds += other.rounds;
        self.cuts += other.cuts;
        self.bytes += other.bytes;
        self.scopes += other.scopes;
        self.audiences += other.audiences;
        for (fault, times) in &other.faults {
            *self.faults.entry(fault).or_default() += times;
        }
    }
}

/// What came of a seed.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// SHA-256 over what happened, in order.
    pub trace_hash: [u8; 32],
    /// What happened, a line for each thing.
    pub trace: Vec<String>,
    /// What the run did.
    pub figures: Figures,
    /// What stands in the end in each document, without times; empty for a run that failed.
    pub merged: Vec<String>,
    /// What did not hold; none if all did.
    pub failure: Option<String>,
}

/// Plays a seed.
pub fn run(seed: u64, shape: &Shape) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime of one thread");
    let mut slot = None;
    let played = catch_unwind(AssertUnwindSafe(|| runtime.block_on(play(seed, shape.clone(), &mut slot))));
    let failure = match played {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("{error:#}")),
        Err(panic) => Some(format!("it panicked: {}", words(&*panic))),
    };
    let merged = if failure.is_none() { slot.as_ref().map(World::merged).unwrap_or_default() } else { Vec::new() };
    let (trace, figures) = slot.map_or_else(Default::default, |world: World| (world.trace, world.figures));
    let (trace_hash, trace) = trace.end();
    Outcome { trace_hash, trace, figures, merged, failure }
}

async fn play(seed: u64, shape: Shape, slot: &mut Option<World>) -> anyhow::Result<()> {
    let world = slot.insert(World::of(seed, shape).await?);
    world.play().await?;
    world.end().await
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
