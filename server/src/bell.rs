//! Who waits for news. A hint carries no data: it only says that asking is worth while.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use rundan_model::{PersonId, VaultId};
use rundan_sync::HintToken;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tokio::sync::watch;
use tokio::time::{Duration, Instant, sleep_until, timeout_at};

use crate::seams::{Random, random_bytes};

/// How long a question is held: below the minute after which proxies give up.
pub const HELD_MAX: Duration = Duration::from_secs(50);
/// How far apart two hints to one vault are at least.
pub const APART_MIN: Duration = Duration::from_secs(2);

/// What a vault is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Something is new.
    New,
    /// Nothing came while the question was held.
    Nothing,
    /// The token is none of this process: ask, to get another.
    Unknown,
}

/// Who waits for news.
pub struct Bell {
    key: [u8; 32],
    state: Mutex<State>,
    ticks: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    tick: u64,
    touched: BTreeMap<PersonId, u64>,
    owners: BTreeMap<VaultId, PersonId>,
    told: BTreeMap<VaultId, Instant>,
    is_closed: bool,
}

impl State {
    /// What a vault that waits since a tick is told now; none while there is nothing.
    fn news(&self, vault: VaultId, since: u64) -> Option<Hint> {
        let Some(person) = self.owners.get(&vault) else { return Some(Hint::Unknown) };
        if self.is_closed {
            return Some(Hint::Nothing);
        }
        self.touched.get(person).is_some_and(|touched| *touched > since).then_some(Hint::New)
    }
}

impl Bell {
    /// A bell whose tokens no other process knows.
    pub fn new(random: &dyn Random) -> Self {
        Self { key: random_bytes(random), state: Mutex::default(), ticks: watch::Sender::new(0) }
    }

    /// Rings for people.
    pub fn ring(&self, people: impl IntoIterator<Item = PersonId>) {
        let mut state = self.state();
        let tick = state.tick + 1;
        let mut is_any = false;
        for person in people {
            state.touched.insert(person, tick);
            is_any = true;
        }
        if is_any {
            state.tick = tick;
            drop(state);
            self.ticks.send_replace(tick);
        }
    }

    /// Whether the server has been asked to stop.
    pub fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Answers every held question, and holds none from now on.
    pub fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.tick += 1;
        let tick = state.tick;
        drop(state);
        self.ticks.send_replace(tick);
    }

    /// Gives a vault a token that waits for what comes after now.
    pub fn token(&self, vault: VaultId, person: PersonId) -> HintToken {
        let mut state = self.state();
        state.owners.insert(vault, person);
        self.seal(vault, state.tick)
    }

    /// Ends what these vaults wait for; the tokens that they have are worth nothing from now on.
    pub fn forget(&self, vaults: &[VaultId]) {
        let mut state = self.state();
        for vault in vaults {
            state.owners.remove(vault);
            state.told.remove(vault);
        }
        let tick = state.tick;
        drop(state);
        self.ticks.send_replace(tick);
    }

    /// Holds a question until there is something new for the vault.
    pub async fn wait(&self, token: HintToken) -> Hint {
        let Some((vault, tick)) = self.open(token) else { return Hint::Unknown };
        let deadline = Instant::now() + HELD_MAX;
        let mut ticks = self.ticks.subscribe();
        loop {
            ticks.borrow_and_update();
            match self.state().news(vault, tick) {
                Some(Hint::New) => break,
                Some(end) => return end,
                None => {}
            }
            match timeout_at(deadline, ticks.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Hint::Nothing,
            }
        }
        let earliest = self.state().told.get(&vault).map(|told| *told + APART_MIN);
        if let Some(earliest) = earliest {
            sleep_until(earliest).await;
        }
        let mut state = self.state();
        if !state.owners.contains_key(&vault) {
            return Hint::Unknown;
        }
        state.told.insert(vault, Instant::now());
        Hint::New
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seal(&self, vault: VaultId, tick: u64) -> HintToken {
        let mut bytes = [0; 32];
        let (head, mac) = bytes.split_at_mut(16);
        head.split_at_mut(8).0.copy_from_slice(&vault.0);
        head.split_at_mut(8).1.copy_from_slice(&tick.to_be_bytes());
        mac.copy_from_slice(&self.mac(head));
        HintToken(bytes)
    }

    fn open(&self, token: HintToken) -> Option<(VaultId, u64)> {
        let (head, mac) = token.0.split_at(16);
        let is_own: bool = self.mac(head).ct_eq(mac).into();
        let (vault, tick) = head.split_at(8);
        is_own.then_some(())?;
        Some((VaultId::try_from(vault).ok()?, u64::from_be_bytes(tick.try_into().ok()?)))
    }

    fn mac(&self, head: &[u8]) -> [u8; 16] {
        let mut block = [0; 64];
        block.split_at_mut(32).0.copy_from_slice(&self.key);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        mac.update(head);
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(whole.split_at(16).0);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seams::SystemRandom;
    use std::sync::Arc;

    const ALICE: PersonId = PersonId([1; 8]);
    const BOB: PersonId = PersonId([2; 8]);
    const PHONE: VaultId = VaultId([1; 8]);

    #[tokio::test(start_paused = true)]
    async fn a_hint_comes_when_something_is_new_for_its_person_alone() {
        let bell = Arc::new(Bell::new(&SystemRandom));
        let token = bell.token(PHONE, ALICE);
        let waiting = tokio::spawn({
            let bell = Arc::clone(&bell);
            async move { bell.wait(token).await }
        });
        tokio::task::yield_now().await;
        bell.ring([BOB]);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        bell.ring([ALICE]);
        assert_eq!(waiting.await.unwrap(), Hint::New);
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_between_the_answer_and_the_question_is_told_at_once() {
        let bell = Bell::new(&SystemRandom);
        let token = bell.token(PHONE, ALICE);
        bell.ring([ALICE]);
        assert_eq!(bell.wait(token).await, Hint::New);
    }

    #[tokio::test(start_paused = true)]
    async fn two_hints_to_one_vault_are_two_seconds_apart() {
        let bell = Bell::new(&SystemRandom);
        let begun = Instant::now();
        for _ in 0..3 {
            let token = bell.token(PHONE, ALICE);
            bell.ring([ALICE]);
            assert_eq!(bell.wait(token).await, Hint::New);
        }
        assert!(begun.elapsed() >= 2 * APART_MIN);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_forgotten_vault_waits_for_ends_and_its_token_is_worth_nothing() {
        let bell = Arc::new(Bell::new(&SystemRandom));
        let (token, other) = (bell.token(PHONE, ALICE), bell.token(VaultId([2; 8]), ALICE));
        let waiting = tokio::spawn({
            let bell = Arc::clone(&bell);
            async move { bell.wait(token).await }
        });
        tokio::task::yield_now().await;
        bell.forget(&[PHONE]);
        assert_eq!(waiting.await.unwrap(), Hint::Unknown);
        bell.ring([ALICE]);
        assert_eq!(bell.wait(token).await, Hint::Unknown);
        assert_eq!(bell.wait(other).await, Hint::New);
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_is_not_held_for_ever_and_a_foreign_token_not_at_all() {
        let bell = Bell::new(&SystemRandom);
        assert_eq!(bell.wait(bell.token(PHONE, ALICE)).await, Hint::Nothing);
        let foreign = Bell::new(&SystemRandom).token(PHONE, ALICE);
        assert_eq!(bell.wait(foreign).await, Hint::Unknown);
    }
}
