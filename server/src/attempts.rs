//! Who tries in vain: how many refused attempts an address may make in a minute. What is proven is never counted, so
//! that nobody is kept out by another's guesses, however many share one address.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use tokio::time::{Duration, Instant};

/// How many refused attempts an address may make in a minute: an office of many behind one address mistypes some, and
/// nobody guesses 65 bits so.
pub const FAILURES_MAX: u32 = 60;
/// How long they are remembered.
pub const WINDOW: Duration = Duration::from_secs(60);
/// How many addresses are remembered. More at once crowd out the oldest.
const PEERS_MAX: usize = 4_096;

/// The attempts of the last minute.
#[derive(Default)]
pub struct Attempts(Mutex<BTreeMap<IpAddr, Tried>>);

struct Tried {
    since: Instant,
    failures: u32,
}

impl Tried {
    /// How long until it is heard again; none if it is heard now.
    fn wait(&self, now: Instant) -> Option<Duration> {
        let left = (self.since + WINDOW).saturating_duration_since(now);
        (self.failures > FAILURES_MAX && !left.is_zero()).then_some(left)
    }
}

impl Attempts {
    /// How long an address has to wait before it may try again; none if it need not.
    pub fn wait(&self, peer: IpAddr) -> Option<Duration> {
        let tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tried.get(&network(peer)).and_then(|tried| tried.wait(Instant::now()))
    }

    /// Counts an attempt that was refused; returns how long the address has to wait, if that was one too many.
    pub fn refused(&self, peer: IpAddr) -> Option<Duration> {
        let now = Instant::now();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let peer = network(peer);
        if !all.contains_key(&peer) && all.len() >= PEERS_MAX {
            all.retain(|_, tried| now < tried.since + WINDOW);
            let oldest = all.iter().min_by_key(|(_, tried)| tried.since).map(|(peer, _)| *peer);
            oldest.filter(|_| all.len() >= PEERS_MAX).map(|oldest| all.remove(&oldest));
        }
        let tried = all.entry(peer).or_insert(Tried { since: now, failures: 0 });
        if now >= tried.since + WINDOW {
            *tried = Tried { since: now, failures: 0 };
        }
        tried.failures = tried.failures.saturating_add(1);
        tried.wait(now)
    }
}

/// Whoever has one address of version 6 has a network of them.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn peer(n: u32) -> IpAddr {
        Ipv4Addr::from_bits(n).into()
    }

    #[tokio::test(start_paused = true)]
    async fn who_tries_too_often_waits_until_the_minute_is_over() {
        let attempts = Attempts::default();
        for _ in 0..FAILURES_MAX {
            assert_eq!(attempts.refused(peer(1)), None);
        }
        assert_eq!(attempts.wait(peer(1)), None);
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(attempts.refused(peer(1)), Some(Duration::from_secs(40)));
        assert_eq!(attempts.wait(peer(1)), Some(Duration::from_secs(40)));
        assert_eq!(attempts.wait(peer(2)), None);
        tokio::time::advance(Duration::from_secs(40)).await;
        assert_eq!((attempts.wait(peer(1)), attempts.refused(peer(1))), (None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_take_a_bounded_place() {
        let attempts = Attempts::default();
        for n in 0..3 * PEERS_MAX as u32 {
            attempts.refused(peer(n));
        }
        assert_eq!(attempts.0.lock().unwrap().len(), PEERS_MAX);
    }

    #[test]
    fn a_network_of_version_six_is_one_address() {
        let parse = |address: &str| network(address.parse().unwrap());
        assert_eq!(parse("2001:db8::1"), parse("2001:db8::ffff:2"));
        assert_ne!(parse("2001:db8:0:1::1"), parse("2001:db8:0:2::1"));
        assert_eq!(parse("::ffff:192.0.2.1"), parse("192.0.2.1"));
    }
}
