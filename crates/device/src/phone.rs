//! A phone: its vaults, one of them open, and the one door that a screen comes through.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rundan_model::VaultId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinSet;

use crate::api::{ApiError, App, Command, ErrorCode, Event, Preferences, Theme, VaultTrouble, VaultView};
use crate::seams::{Clock, Http, KeyStore, Random};
use crate::store::{StoreError, Threads};
use crate::vault::{Attempt, Vault};

/// What a phone needs.
#[derive(Clone)]
pub struct PhoneConfig {
    /// Where the vaults' files lie; made if absent, readable by this user alone.
    pub directory: PathBuf,
    /// Where files for the person herself are written; made if absent.
    pub downloads: PathBuf,
    /// Where the keys lie.
    pub keys: Arc<dyn KeyStore>,
    #[allow(missing_docs)]
    pub clock: Arc<dyn Clock>,
    #[allow(missing_docs)]
    pub random: Arc<dyn Random>,
    #[allow(missing_docs)]
    pub http: Arc<dyn Http>,
}

/// Why a phone's files cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be made or read.
    #[error("Could not open {path}")]
    Directory {
        #[allow(missing_docs)]
        path: PathBuf,
        #[allow(missing_docs)]
        source: std::io::Error,
    },
}

/// What lies beside the vaults: choices for the whole phone, nothing about anyone.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Choices {
    preferences: Preferences,
    open: Option<VaultId>,
}

impl Default for Choices {
    fn default() -> Self {
        let preferences = Preferences { language: "sv".to_owned(), theme: Theme::System, text_size: 100 };
        Self { preferences, open: None }
    }
}

struct Inner {
    config: PhoneConfig,
    threads: Threads,
    events: broadcast::Sender<Event>,
    vaults: Mutex<Vec<Arc<Vault>>>,
    /// The vaults whose files are there and cannot be opened, and why.
    troubles: Mutex<Vec<VaultTrouble>>,
    choices: Mutex<Choices>,
    /// The last attempt to enrol that came to nothing.
    attempt: tokio::sync::Mutex<Option<Attempt>>,
    vaults_changed: Notify,
    one_mending: tokio::sync::Mutex<()>,
}

/// A phone with its vaults. Cheap to clone.
#[derive(Clone)]
pub struct Phone {
    inner: Arc<Inner>,
}

/// The text sizes that a person can choose, percent.
const TEXT_SIZES: [u16; 4] = [100, 125, 150, 200];
/// The file of a phone's choices.
const CHOICES_FILE: &str = "phone.json";

impl Phone {
    /// Opens the phone's directory; the vault last used is open after it. Syncing does not begin by itself:
    /// the shell spawns [`Phone::run`].
    pub async fn open(config: PhoneConfig) -> Result<Self, OpenError> {
        Self::open_with(config, Threads::Own).await
    }

    /// Opens the phone so that all its work runs in the caller's task: what a deterministic simulation needs.
    pub async fn open_inline(config: PhoneConfig) -> Result<Self, OpenError> {
        Self::open_with(config, Threads::Inline).await
    }

    async fn open_with(config: PhoneConfig, threads: Threads) -> Result<Self, OpenError> {
        let directory = |source| OpenError::Directory { path: config.directory.clone(), source };
        make_private(&config.directory).map_err(directory)?;
        let choices = std::fs::read(config.directory.join(CHOICES_FILE)).unwrap_or_default();
        let choices: Choices = serde_json::from_slice(&choices).unwrap_or_default();
        let mut ids = BTreeSet::new();
        for entry in std::fs::read_dir(&config.directory).map_err(directory)? {
            ids.extend(Vault::of_file(&entry.map_err(directory)?.path()));
        }
        let (mut vaults, mut troubles) = (Vec::new(), Vec::new());
        for id in ids {
            match Vault::open(&config, threads, id).await {
                Ok(vault) => vaults.push(Arc::new(vault)),
                Err(error) => {
                    tracing::error!(vault = %id, error = &error as &dyn std::error::Error, "a vault did not open");
                    troubles.push(VaultTrouble { vault: id, code: ApiError::from(error).code });
                }
            }
        }
        let inner = Inner {
            config,
            threads,
            events: broadcast::channel(64).0,
            vaults: Mutex::new(vaults),
            troubles: Mutex::new(troubles),
            choices: Mutex::new(choices),
            attempt: tokio::sync::Mutex::new(None),
            vaults_changed: Notify::new(),
            one_mending: tokio::sync::Mutex::new(()),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Answers a command of the page, as JSON of the type that `generated.ts` names.
    pub async fn call(&self, command: Command) -> Result<Value, ApiError> {
        match command {
            Command::App => self.app().await,
            Command::Enrol { server, code } => {
                let vault = self.enrol(&server, &code).await?;
                self.choose(|choices| choices.open = Some(vault.id))?;
                lock(&self.inner.vaults).push(Arc::new(vault));
                self.inner.vaults_changed.notify_one();
                self.app().await
            }
            Command::OpenVault { vault } => {
                self.choose(|choices| choices.open = Some(vault))?;
                self.app().await
            }
            Command::Prefer { preferences } => {
                let is_known =
                    matches!(preferences.language.as_str(), "sv" | "en") && TEXT_SIZES.contains(&preferences.text_size);
                if !is_known {
                    return Err(ApiError { code: ErrorCode::BadInput, detail: None });
                }
                self.choose(|choices| choices.preferences = preferences)?;
                self.app().await
            }
            Command::SeeMended => {
                self.vault()?.see_mended().await?;
                self.app().await
            }
            command => {
                let vault = self.vault()?;
                match vault.answer(command.clone(), &self.inner.events).await {
                    // Nothing was written, so it can be asked again.
                    Err(error) if is_suspect(&error) => {
                        self.mend(&vault).await?.answer(command, &self.inner.events).await
                    }
                    answer => answer,
                }
            }
        }
    }

    /// What the page is told unasked.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    /// Syncs every vault in the background until dropped: at once, after each action, on the server's hint, and on
    /// a back-off with jitter.
    pub async fn run(&self) {
        loop {
            let mut rounds = JoinSet::new();
            for vault in lock(&self.inner.vaults).iter().map(Arc::clone) {
                let events = self.inner.events.clone();
                rounds.spawn(async move {
                    vault.run(events).await;
                    vault
                });
            }
            // Dropping the set ends the rounds; what they had begun is whole or not at all.
            tokio::select! {
                biased;
                () = self.inner.vaults_changed.notified() => {}
                Some(Ok(damaged)) = rounds.join_next() => {
                    // What fails is among the troubles.
                    let _ = self.mend(&damaged).await;
                }
            }
        }
    }

    /// Syncs the open vault until nothing more is to be asked: for a caller that keeps the time itself.
    pub async fn sync(&self) -> Result<(), ApiError> {
        let vault = self.vault()?;
        match vault.sync(&self.inner.events).await {
            Err(error) if error.is_suspect() => {
                self.mend(&vault).await?.sync(&self.inner.events).await?;
            }
            end => drop(end?),
        }
        Ok(())
    }

    /// Finishes what was begun and closes all files, as a process must before it ends; later calls fail.
    pub fn close(&self) {
        for vault in lock(&self.inner.vaults).iter() {
            vault.store.close();
        }
    }

    /// Puts a fresh file in the place of a damaged one, once for all who met the damage. A disk that only did not answer
    /// for a moment is none.
    async fn mend(&self, damaged: &Arc<Vault>) -> Result<Arc<Vault>, ApiError> {
        let _one = self.inner.one_mending.lock().await;
        let now = lock(&self.inner.vaults).iter().find(|vault| vault.id == damaged.id).cloned();
        match now {
            Some(vault) if Arc::ptr_eq(&vault, damaged) => {}
            Some(mended) => return Ok(mended),
            None => return Err(ApiError::new(ErrorCode::Damaged)),
        }
        if damaged.store.is_sound().await {
            return Ok(Arc::clone(damaged));
        }
        tracing::error!(vault = %damaged.id, "a vault's file is damaged");
        damaged.store.close();
        let mended = Vault::open_mended(&self.inner.config, self.inner.threads, damaged.id).await;
        let mended = mended.map(Arc::new).map_err(ApiError::from);
        {
            let mut vaults = lock(&self.inner.vaults);
            let place = vaults.iter().position(|vault| vault.id == damaged.id);
            match (&mended, place) {
                (Ok(mended), Some(place)) => vaults.splice(place..=place, [Arc::clone(mended)]).for_each(drop),
                (Err(error), Some(place)) => {
                    let vault = vaults.remove(place).id;
                    lock(&self.inner.troubles).push(VaultTrouble { vault, code: error.code });
                }
                (_, None) => {}
            }
        }
        self.inner.vaults_changed.notify_one();
        // Nobody listens when no page is open.
        let _ = self.inner.events.send(Event::Changed);
        mended
    }

    /// Enrols, with the key of the last attempt if that was with the same code.
    async fn enrol(&self, server: &str, code: &str) -> Result<Vault, ApiError> {
        let mut last = self.inner.attempt.lock().await;
        let again = last.take().filter(|attempt| attempt.is_of(server, code));
        let attempt = again.unwrap_or_else(|| Attempt::new(&self.inner.config, server, code));
        let vault = Vault::enrol(&self.inner.config, self.inner.threads, &attempt).await;
        if vault.is_err() {
            *last = Some(attempt);
        }
        Ok(vault?)
    }

    fn vault(&self) -> Result<Arc<Vault>, ApiError> {
        let open = lock(&self.inner.choices).open;
        let vaults = lock(&self.inner.vaults);
        let chosen = vaults.iter().find(|vault| Some(vault.id) == open).or(vaults.first());
        match chosen {
            Some(vault) => Ok(Arc::clone(vault)),
            None => Err(self.trouble().unwrap_or(ApiError::new(ErrorCode::NotEnrolled))),
        }
    }

    /// Why no vault is open, where there is one that should be.
    fn trouble(&self) -> Option<ApiError> {
        lock(&self.inner.troubles).first().map(|trouble| ApiError::new(trouble.code))
    }

    async fn app(&self) -> Result<Value, ApiError> {
        let vaults = lock(&self.inner.vaults).clone();
        let open = self.vault().map(|vault| vault.id).ok();
        let mut views: Vec<VaultView> = Vec::new();
        let mut server = String::new();
        for vault in vaults {
            let is_open = Some(vault.id) == open;
            if is_open {
                server.clone_from(&vault.identity.address);
            }
            let view = match vault.view_of_vault().await {
                Err(error) if is_suspect(&error) => match self.mend(&vault).await {
                    Ok(mended) => mended.view_of_vault().await?,
                    // It is among the troubles now.
                    Err(_) => continue,
                },
                view => view?,
            };
            views.push(VaultView { open: is_open, ..view });
        }
        if views.is_empty()
            && let Some(trouble) = self.trouble()
        {
            return Err(trouble);
        }
        let app = App {
            vaults: views,
            troubles: lock(&self.inner.troubles).clone(),
            preferences: lock(&self.inner.choices).preferences.clone(),
            now: self.inner.config.clock.now().0,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            key_store: self.inner.config.keys.kind().to_owned(),
            server,
        };
        Ok(serde_json::to_value(app).map_err(StoreError::from)?)
    }

    fn choose(&self, change: impl FnOnce(&mut Choices)) -> Result<(), ApiError> {
        let mut choices = lock(&self.inner.choices);
        change(&mut choices);
        let text = serde_json::to_vec(&*choices).map_err(StoreError::from)?;
        let path = self.inner.config.directory.join(CHOICES_FILE);
        let beside = path.with_extension("new");
        std::fs::write(&beside, text)
            .and_then(|()| std::fs::rename(&beside, &path))
            .map_err(|error| ApiError::from_io(&error))
    }
}

/// Whether a failure may come of a damaged file.
fn is_suspect(error: &ApiError) -> bool {
    matches!(error.code, ErrorCode::Damaged | ErrorCode::Internal)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn make_private(directory: &std::path::Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}
