//! What the server takes from outside, so that a simulated world can stand in for it: the clock and randomness.

use std::time::{SystemTime, UNIX_EPOCH};

use rundan_model::Timestamp;

/// The server's clock.
pub trait Clock: Send + Sync {
    /// Seconds since 1970 UTC.
    fn now(&self) -> Timestamp;
}

/// Randomness for ids, codes and keys.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// Some random bytes.
pub fn random_bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }
}

/// The machine's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(
        clippy::expect_used,
        reason = "a machine without randomness can make no key: stopping is all that is safe"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives randomness");
    }
}

/// The machine's clock, moved by some seconds: for demonstrations.
#[derive(Debug, Clone, Copy)]
pub struct OffsetClock(pub i64);

impl Clock for OffsetClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_seconds(self.0)
    }
}
