//! What phones and the server take from outside: one clock that only steps move, and randomness of the seed.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rundan_device::seams as device;
use rundan_model::Timestamp;
use rundan_server::seams as server;

/// The world's clock, seconds since 1970 UTC: it stands until a step moves it.
#[derive(Debug)]
pub(crate) struct WorldClock(AtomicI64);

impl WorldClock {
    pub(crate) fn at(now: Timestamp) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.0)))
    }

    pub(crate) fn time(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl server::Clock for WorldClock {
    fn now(&self) -> Timestamp {
        self.time()
    }
}

/// A phone's clock: the world's, and as wrong as a fault makes it.
#[derive(Debug)]
pub(crate) struct PhoneClock {
    world: Arc<WorldClock>,
    ahead_seconds: AtomicI64,
}

impl PhoneClock {
    pub(crate) fn of(world: &Arc<WorldClock>) -> Arc<Self> {
        Arc::new(Self { world: Arc::clone(world), ahead_seconds: AtomicI64::new(0) })
    }

    pub(crate) fn set_ahead(&self, seconds: i64) {
        self.ahead_seconds.store(seconds, Ordering::Relaxed);
    }
}

impl device::Clock for PhoneClock {
    fn now(&self) -> Timestamp {
        self.world.time().plus_seconds(self.ahead_seconds.load(Ordering::Relaxed)).in_calendar()
    }

    fn monotonic_ms(&self) -> u64 {
        self.world.time().0.unsigned_abs().saturating_mul(1_000)
    }
}

/// The product's randomness, the same in every run of a seed.
#[derive(Debug)]
pub(crate) struct WorldRandom(Mutex<ChaCha8Rng>);

impl WorldRandom {
    pub(crate) fn of(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(stream(seed, 0))))
    }
}

impl device::Random for WorldRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(buffer);
    }
}

impl server::Random for WorldRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(buffer);
    }
}

/// One of a seed's streams of chance: what one draws moves no other.
fn stream(seed: u64, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number);
    rng
}

/// What chance decides: the steps have one, the faults another, so that a fault left out changes no step.
#[derive(Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn of(seed: u64, number: u64) -> Self {
        Self(stream(seed, number))
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.0.next_u64() % end.max(1) as u64) as usize
    }

    /// True `percent` times in a hundred.
    pub(crate) fn is(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of a list that is not empty.
    pub(crate) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}
