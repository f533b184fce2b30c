//! The play's clock: the system's, moved to another hour, and for a carer who works by herself also faster.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use rundan_device::SystemClock;
use rundan_device::seams::Clock;
use rundan_model::Timestamp;

/// Stands for "no hour is set by hand".
const RUNNING: i64 = i64::MIN;

/// A clock that can be set by hand to play what happened before, and let go.
#[derive(Debug)]
pub(crate) struct StageClock {
    begins: Timestamp,
    started: Instant,
    speed: u32,
    held_at: AtomicI64,
}

impl StageClock {
    /// A clock that showed `begins` at `started` and goes at `speed`.
    pub(crate) fn new(begins: Timestamp, started: Instant, speed: u32) -> Self {
        Self { begins, started, speed, held_at: AtomicI64::new(RUNNING) }
    }

    /// Holds the clock at an instant.
    pub(crate) fn hold(&self, instant: Timestamp) {
        self.held_at.store(instant.0, Ordering::SeqCst);
    }

    /// Lets the clock show the play's time again.
    pub(crate) fn let_go(&self) {
        self.held_at.store(RUNNING, Ordering::SeqCst);
    }

    /// The play's time, whether or not the clock is held.
    pub(crate) fn stage_time(&self) -> Timestamp {
        let played = self.started.elapsed().as_secs().saturating_mul(u64::from(self.speed));
        self.begins.plus_seconds(i64::try_from(played).unwrap_or(i64::MAX))
    }
}

impl Clock for StageClock {
    fn now(&self) -> Timestamp {
        match self.held_at.load(Ordering::SeqCst) {
            RUNNING => self.stage_time(),
            held => Timestamp(held),
        }
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// By how many seconds the play is ahead of the real time.
pub(crate) fn offset_seconds(begins: Timestamp) -> i64 {
    begins.seconds_since(SystemClock::default().now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_clock_stands_and_then_goes_on() {
        let clock = StageClock::new(Timestamp(1_000), Instant::now(), 1);
        clock.hold(Timestamp(5));
        assert_eq!(clock.now(), Timestamp(5));
        clock.let_go();
        assert!(clock.now() >= Timestamp(1_000));
    }
}
