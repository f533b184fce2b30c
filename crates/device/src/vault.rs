//! A vault: one person on one phone, with her own file, key, cursor and session.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use ed25519_dalek::SigningKey;
use rundan_model::{ActionId, DocumentId, Role, Timestamp, UnitId, VaultId};
use rundan_sync::message::PROTOCOL;
use rundan_sync::statement::{HEADER, Statement, body_hash, sign};
use rundan_sync::{EnrolAnswer, EnrolRequest, HintToken, Problem, ProblemCode, PublicKey, backoff, wire};
use rusqlite::{Transaction, params};
use tokio::sync::{Notify, broadcast};
use zeroize::Zeroizing;

use crate::act::{self, ActError, Actor, Session};
use crate::api::{Done, ErrorCode, Event, Intent};
use crate::phone::PhoneConfig;
use crate::seams::{HttpError, HttpRequest, KeyError};
use crate::store::{Store, StoreError, Threads};
use crate::sync::{Identity, RoundEnd, Rounds};

/// How long enrolment may take.
const ENROL_TIMEOUT_MS: u64 = 30_000;
/// The path of enrolment.
const ENROL_PATH: &str = "/v1/enrol";
/// How long the server may hold a request for a hint, and some seconds for the way.
const HINT_TIMEOUT_MS: u64 = 58_000;
/// How long after the first sync the second comes at the latest, milliseconds.
const SECOND_SYNC_MS: u64 = 15_000;

/// How many requests follow each other at once: more than the largest unit has pages. A server that has always one more is
/// asked again later.
const ROUNDS_MAX: u32 = 1_000;

/// How far a phone's clock may be from the server's before the person is told, seconds.
const CLOCK_SECONDS_MAX: i64 = 5 * 60;

/// The page's word for a failure of the phone's own store.
fn word(error: &StoreError) -> &'static str {
    if error.is_disk_full() { "disk_full" } else { "store" }
}

/// Why a vault could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    /// The key could not be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why enrolment failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolError {
    /// A code for the page.
    #[error("Enrolment was refused: {0:?}")]
    Refused(ErrorCode),
    /// The vault could not be made.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// What a vault is doing about sync.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Live {
    /// A round is under way.
    pub(crate) is_working: bool,
    /// When the next attempt comes by itself.
    pub(crate) next_attempt: Option<Timestamp>,
    /// Why the last round failed on this phone itself, which may not have been able to note it.
    pub(crate) problem: Option<&'static str>,
}

/// An attempt to enrol. Who makes it again within ten minutes, with the same key, gets the same answer; so an answer
/// that was lost on the way, or found the phone full, costs no new code.
pub(crate) struct Attempt {
    address: String,
    code: String,
    key: SigningKey,
}

impl Attempt {
    /// A first attempt at this address with this code, with a new key.
    pub(crate) fn new(config: &PhoneConfig, address: &str, code: &str) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        config.random.fill(secret.as_mut());
        let address = address.trim().trim_end_matches('/').to_owned();
        Self { address, code: code.trim().to_owned(), key: SigningKey::from_bytes(&secret) }
    }

    /// Whether it was made at this address with this code.
    pub(crate) fn is_of(&self, address: &str, code: &str) -> bool {
        self.address == address.trim().trim_end_matches('/') && self.code == code.trim()
    }
}

/// A vault, open.
pub(crate) struct Vault {
    pub(crate) id: VaultId,
    pub(crate) store: Store,
    pub(crate) identity: Arc<Identity>,
    pub(crate) config: PhoneConfig,
    session: Arc<Session>,
    rounds: Rounds,
    live: Mutex<Live>,
    wake: Notify,
    pub(crate) one_round: tokio::sync::Mutex<()>,
    /// The whole file was looked at since it was opened.
    is_looked_at: AtomicBool,
}

impl Vault {
    /// Where a vault's file lies.
    pub(crate) fn path(directory: &Path, vault: VaultId) -> PathBuf {
        directory.join(format!("{vault}.rundan"))
    }

    /// Whose vault a file belongs to: one of its own, or one that is to take a damaged one's place.
    pub(crate) fn of_file(path: &Path) -> Option<VaultId> {
        let end = path.extension()?.to_str()?;
        let is_vault = end == "rundan" || end.starts_with("mended-");
        path.file_stem()?.to_str()?.parse().ok().filter(|_| is_vault)
    }

    /// Opens a vault's file; one that is damaged is mended first. A new session begins.
    pub(crate) async fn open(config: &PhoneConfig, threads: Threads, id: VaultId) -> Result<Self, VaultError> {
        let (path, now) = (Self::path(&config.directory, id), config.clock.now());
        Store::finish_mending(&path)?;
        let is_log_cut = Store::is_log_cut(&path, now)?;
        match Self::open_sound(config, threads, id).await {
            Err(VaultError::Store(error)) if error.is_suspect() => {
                tracing::error!(vault = %id, error = &error as &dyn std::error::Error, "a vault's file is damaged");
                Self::open_mended(config, threads, id).await
            }
            Ok(opened) if is_log_cut => {
                tracing::error!(vault = %id, "a vault's log is damaged");
                opened.store.tell_log_cut(now).await?;
                Ok(opened)
            }
            opened => opened,
        }
    }

    /// Moves a vault's damaged file aside and opens a fresh one, with all that can be read of it.
    pub(crate) async fn open_mended(config: &PhoneConfig, threads: Threads, id: VaultId) -> Result<Self, VaultError> {
        let key = Zeroizing::new(config.keys.read(id)?);
        let session = Session::open(id, config.random.as_ref());
        Store::mend(&Self::path(&config.directory, id), &key, &session, config.clock.now())?;
        Self::open_sound(config, threads, id).await
    }

    async fn open_sound(config: &PhoneConfig, threads: Threads, id: VaultId) -> Result<Self, VaultError> {
        let key = Zeroizing::new(config.keys.read(id)?);
        let store = Store::open(&Self::path(&config.directory, id), &key, threads)?;
        let identity = Arc::new(store.read(Identity::load).await?);
        let session = Arc::new(Session::open(id, config.random.as_ref()));
        let rounds = Rounds {
            store: store.clone(),
            identity: Arc::clone(&identity),
            session: Arc::clone(&session),
            clock: Arc::clone(&config.clock),
            random: Arc::clone(&config.random),
            http: Arc::clone(&config.http),
            ahead_seconds: AtomicI64::new(0),
        };
        Ok(Self {
            id,
            store,
            identity,
            config: config.clone(),
            session,
            rounds,
            live: Mutex::new(Live::default()),
            wake: Notify::new(),
            one_round: tokio::sync::Mutex::new(()),
            is_looked_at: AtomicBool::new(false),
        })
    }

    /// Enrols a vault with a one-time code and opens it. An attempt may be made again: the server answers the same.
    pub(crate) async fn enrol(config: &PhoneConfig, threads: Threads, attempt: &Attempt) -> Result<Self, EnrolError> {
        if !crate::system::is_allowed_address(&attempt.address) {
            return Err(EnrolError::Refused(ErrorCode::BadInput));
        }
        let answer = ask_to_enrol(config, attempt).await.map_err(EnrolError::Refused)?;
        let mut store_key = Zeroizing::new([0; 32]);
        config.random.fill(store_key.as_mut());
        config.keys.write(answer.vault, &store_key).map_err(VaultError::from)?;
        let path = Self::path(&config.directory, answer.vault);
        let first = |tx: &Transaction<'_>| found(tx, &answer, &attempt.address, attempt.key.to_bytes());
        Store::create(&path, &store_key, first).map_err(VaultError::from)?;
        Ok(Self::open(config, threads, answer.vault).await?)
    }

    /// Carries out what the person asks for, and wakes sync.
    pub(crate) async fn act(&self, intent: Intent) -> Result<Done, ActError> {
        self.write(move |tx, actor| act::perform(tx, actor, &intent)).await
    }

    /// Takes an action back.
    pub(crate) async fn undo(&self, action: ActionId) -> Result<Done, ActError> {
        self.write(move |tx, actor| act::undo(tx, actor, action)).await
    }

    /// Records that a door code is being shown to this person; only carers have a run sheet to record it on.
    pub(crate) async fn record_shown(&self, access: DocumentId) -> Result<(), ActError> {
        self.write(move |tx, actor| act::record_shown(tx, actor, access)).await.map(drop)
    }

    /// The phone's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    async fn write<F>(&self, work: F) -> Result<Done, ActError>
    where
        F: FnOnce(&Transaction<'_>, &Actor<'_>) -> Result<Done, ActError> + Send + 'static,
    {
        let (identity, session) = (Arc::clone(&self.identity), Arc::clone(&self.session));
        let (random, now) = (Arc::clone(&self.config.random), self.config.clock.now());
        let done = self
            .store
            .write(move |tx| {
                let units = units(tx)?;
                let actor = Actor {
                    vault: identity.vault,
                    person: identity.person,
                    units,
                    now,
                    session: &session,
                    random: random.as_ref(),
                };
                work(tx, &actor)
            })
            .await?;
        self.wake.notify_one();
        Ok(done)
    }

    /// Asks for a round at once, whatever the back-off says.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Whether the phone's clock was wrong by more than people notice when the server last answered.
    pub(crate) fn is_clock_wrong(&self) -> bool {
        self.rounds.ahead_seconds.load(Ordering::Relaxed).saturating_abs() > CLOCK_SECONDS_MAX
    }

    pub(crate) fn live(&self) -> Live {
        *self.live.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn set_live(&self, live: Live) {
        *self.live.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = live;
    }

    /// Syncs until nothing more is to be asked, and then looks at the whole file if nobody has; says how the last round
    /// ended.
    pub(crate) async fn sync(&self, events: &broadcast::Sender<Event>) -> Result<RoundEnd, StoreError> {
        let end = self.exchange(events).await;
        if !self.is_looked_at.swap(true, Ordering::Relaxed) && !self.store.is_sound().await {
            return Err(StoreError::Damaged);
        }
        end
    }

    /// Syncs until nothing more is to be asked; says how the last round ended.
    async fn exchange(&self, events: &broadcast::Sender<Event>) -> Result<RoundEnd, StoreError> {
        let _one = self.one_round.lock().await;
        self.set_live(Live { is_working: true, ..self.live() });
        self.tell_sync(events).await;
        let end = self.rounds_until_done(events).await;
        let problem = end.as_ref().err().map(word);
        self.set_live(Live { problem, ..Live::default() });
        self.tell_sync(events).await;
        end
    }

    async fn rounds_until_done(&self, events: &broadcast::Sender<Event>) -> Result<RoundEnd, StoreError> {
        let mut was_stale = false;
        for _ in 0..ROUNDS_MAX {
            let end = self.rounds.run().await?;
            if let RoundEnd::More { changed: true } | RoundEnd::Done { changed: true } = end {
                // Nobody listens when no page is open.
                let _ = events.send(Event::Changed);
            }
            match end {
                RoundEnd::More { .. } => self.tell_sync(events).await,
                // Twice in a row no copy explains it.
                RoundEnd::Stale if was_stale => return self.rounds.give_up().await,
                RoundEnd::Stale => was_stale = true,
                end => return Ok(end),
            }
        }
        self.rounds.give_up().await
    }

    /// Syncs in the background: at once, when woken, on the server's hint, and by the clock. Returns when the file is
    /// found to be damaged. The whole file is looked at after the second sync: at the first, the app's screens need the
    /// machine.
    pub(crate) async fn run(&self, events: broadcast::Sender<Event>) {
        let mut failures = 0;
        let mut is_first = true;
        loop {
            let end = if is_first { self.exchange(&events).await } else { self.sync(&events).await };
            let end = match end {
                Ok(end) => end,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "a round failed in the store");
                    if error.is_suspect() && !self.store.is_sound().await {
                        return;
                    }
                    RoundEnd::Failed(word(&error))
                }
            };
            let mut random = [0; 8];
            self.config.random.fill(&mut random);
            let is_done = matches!(end, RoundEnd::Done { .. } | RoundEnd::More { .. });
            failures = if is_done { 0 } else { failures + 1 };
            let random = u64::from_le_bytes(random);
            let wait_ms = match end {
                RoundEnd::Failed(_) => backoff::wait_ms(failures, random),
                _ => backoff::poll_ms(random),
            };
            let wait_ms = if is_first { wait_ms.min(SECOND_SYNC_MS) } else { wait_ms };
            is_first = false;
            let next_attempt = self.config.clock.now().plus_seconds((wait_ms / 1_000) as i64);
            self.set_live(Live { next_attempt: Some(next_attempt), ..self.live() });
            self.store.checkpoint().await;
            self.wait(wait_ms, is_done).await;
        }
    }

    /// Waits for a reason to ask again. While the server is out of reach only the clock and the person give one.
    async fn wait(&self, wait_ms: u64, is_reachable: bool) {
        let timer = tokio::time::sleep(std::time::Duration::from_millis(wait_ms));
        tokio::select! {
            biased;
            () = self.wake.notified() => {}
            () = self.hint(), if is_reachable => {}
            () = timer => {}
        }
    }

    /// Returns when the server says that there is something new, or some seconds after it could not be asked: it may have
    /// stopped, and is back before the timer.
    async fn hint(&self) {
        loop {
            let token: Result<Option<[u8; 32]>, StoreError> = self
                .store
                .read(|tx| Ok(tx.query_row("SELECT hint FROM sync_state WHERE id = 1", [], |row| row.get(0))?))
                .await;
            let Ok(Some(token)) = token else { return std::future::pending().await };
            let token = HintToken(token).to_text();
            let request = HttpRequest {
                method: "GET",
                url: format!("{}/v1/hint/{token}", self.identity.address),
                headers: Vec::new(),
                body: Vec::new(),
                timeout_ms: HINT_TIMEOUT_MS,
                answer_bytes_max: 1_024,
            };
            match self.config.http.send(request).await {
                // Something is new, or the token is of another server process: a round tells.
                Ok(answer) if matches!(answer.status, 204 | 410) => return,
                // Held to its end without news: wait again.
                Ok(answer) if answer.status == 304 => {}
                _ => {
                    let mut random = [0; 8];
                    self.config.random.fill(&mut random);
                    let wait_ms = backoff::wait_ms(u32::MAX, u64::from_le_bytes(random));
                    return tokio::time::sleep(std::time::Duration::from_millis(wait_ms)).await;
                }
            }
        }
    }

    pub(crate) async fn tell_sync(&self, events: &broadcast::Sender<Event>) {
        if let Ok(chip) = self.chip().await {
            let _ = events.send(Event::Sync { chip });
        }
    }
}

/// The units that a vault's person works in, and her roles in each; those where she has one come first.
fn units(tx: &Transaction<'_>) -> Result<Vec<(UnitId, Vec<Role>)>, StoreError> {
    let mut query = tx.prepare_cached("SELECT unit, roles FROM stream ORDER BY roles = '[]', unit")?;
    let mut rows = query.query([])?;
    let mut units = Vec::new();
    while let Some(row) = rows.next()? {
        let (unit, roles): (Vec<u8>, String) = (row.get(0)?, row.get(1)?);
        units.push((UnitId::try_from(unit.as_slice())?, serde_json::from_str(&roles)?));
    }
    Ok(units)
}

fn found(tx: &Transaction<'_>, answer: &EnrolAnswer, address: &str, secret: [u8; 32]) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR REPLACE INTO vault (id, vault, person, name, server, address, secret, counter)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, 0)",
        params![
            answer.vault.as_bytes(),
            answer.person.as_bytes(),
            answer.name,
            answer.server.as_bytes(),
            address,
            secret
        ],
    )?;
    for unit in &answer.units {
        tx.execute(
            "INSERT INTO stream (unit, name, roles, digest) VALUES (?1, ?2, ?3, zeroblob(16))",
            params![unit.unit.as_bytes(), unit.name, serde_json::to_string(&unit.roles)?],
        )?;
    }
    Ok(())
}

async fn ask_to_enrol(config: &PhoneConfig, attempt: &Attempt) -> Result<EnrolAnswer, ErrorCode> {
    let Attempt { address, code, key } = attempt;
    let public = PublicKey(key.verifying_key().to_bytes());
    let request = EnrolRequest { version: PROTOCOL, code: code.clone(), key: public };
    let body = wire::encode(&request).map_err(|_| ErrorCode::Internal)?;
    let statement = Statement {
        server: None,
        method: "POST".to_owned(),
        path: ENROL_PATH.to_owned(),
        counter: 0,
        body: body_hash(&body),
        pushed: None,
    };
    let statement = sign(key, None, &statement).map_err(|_| ErrorCode::Internal)?;
    let request = HttpRequest {
        method: "POST",
        url: format!("{address}{ENROL_PATH}"),
        headers: vec![("content-type", wire::CONTENT_TYPE.to_owned()), (HEADER, statement)],
        body,
        timeout_ms: ENROL_TIMEOUT_MS,
        answer_bytes_max: 64 * 1024,
    };
    let answer = config.http.send(request).await.map_err(|error| match error {
        HttpError::Unreachable => ErrorCode::Offline,
        HttpError::TooLong => ErrorCode::ServerTrouble,
    })?;
    if answer.status == 200 {
        return wire::decode(&answer.body, 64 * 1024).map_err(|_| ErrorCode::ServerTrouble);
    }
    match wire::from_cbor::<Problem>(&answer.body).map(|problem| problem.code) {
        Ok(ProblemCode::Code | ProblemCode::Malformed) => Err(ErrorCode::CodeRefused),
        Ok(ProblemCode::TooMany) => Err(ErrorCode::TooManyAttempts),
        _ => Err(ErrorCode::ServerTrouble),
    }
}
