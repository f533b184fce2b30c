//! How long a vault waits before it tries again.

/// The first wait.
pub const WAIT_MS_MIN: u64 = 500;
/// The longest wait: a network that returned is noticed while the carer still looks, even if nothing tells of it.
pub const WAIT_MS_MAX: u64 = 15_000;

/// The longest time between two rounds where no hint comes: a hint that was lost costs a minute at most.
pub const POLL_MS_MAX: u64 = 60_000;

/// The time in milliseconds until a round without a hint: `random` spreads it over the last quarter of a minute, so that
/// phones that once asked at the same time do not go on doing so.
pub fn poll_ms(random: u64) -> u64 {
    POLL_MS_MAX - random % (POLL_MS_MAX / 4 + 1)
}

/// The wait in milliseconds after this many failures in a row, from 1.
///
/// It doubles from half a second to a quarter of a minute, and `random` spreads it over its upper half, so that a
/// unit's phones do not return all at once when the server does.
pub fn wait_ms(failures: u32, random: u64) -> u64 {
    let doublings = failures.saturating_sub(1).min(16);
    let longest = WAIT_MS_MIN.saturating_mul(1 << doublings).min(WAIT_MS_MAX);
    let half = longest / 2;
    half + random % (half + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_wait_stays_between_a_quarter_of_a_second_and_of_a_minute(failures in any::<u32>(), random in any::<u64>()) {
            let wait = wait_ms(failures, random);
            prop_assert!((WAIT_MS_MIN / 2..=WAIT_MS_MAX).contains(&wait));
            prop_assert!((POLL_MS_MAX * 3 / 4..=POLL_MS_MAX).contains(&poll_ms(random)));
        }
    }

    #[test]
    fn waits_grow_until_a_quarter_of_a_minute() {
        let longest: Vec<u64> = [1, 2, 3, 8, 100].map(|failures| wait_ms(failures, WAIT_MS_MIN << 6)).into();
        assert!(longest.is_sorted());
        assert_eq!(wait_ms(100, 7_500), WAIT_MS_MAX);
    }
}
