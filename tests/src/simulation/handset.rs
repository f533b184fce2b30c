//! A phone on its files: opened, killed, copied, put back; with its wire and its clock.

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use anyhow::{Context, Result, bail, ensure};
use rundan_device::api::{ApiError, Command, Done, ErrorCode, Intent};
use rundan_device::{FileKeys, Phone, PhoneConfig};
use rundan_model::{PersonId, Role, UnitId, VaultId};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::Value;

use super::holding::{self, Holding};
use super::host::{ADDRESS, Host};
use super::seams::{PhoneClock, WorldClock, WorldRandom};
use super::wire::Wire;
use crate::files::copy;

/// A page of a phone's file.
const PAGE_BYTES: usize = 4_096;

/// Whose phone it is.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    pub(crate) name: String,
    pub(crate) person: PersonId,
    pub(crate) role: Role,
}

/// What became of a damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    /// The phone goes on with what it could read.
    Mended,
    /// Nothing has read that page.
    Unnoticed,
    /// It cannot be read whose the file is.
    Unreadable,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mended => "mended",
            Self::Unnoticed => "not noticed",
            Self::Unreadable => "cannot be read",
        })
    }
}

/// What every phone of a world shares.
pub(crate) struct Place {
    pub(crate) host: Arc<Host>,
    pub(crate) clock: Arc<WorldClock>,
    pub(crate) random: Arc<WorldRandom>,
    pub(crate) unit: UnitId,
}

/// A phone with one vault.
pub(crate) struct Handset {
    pub(crate) owner: Owner,
    pub(crate) vault: VaultId,
    pub(crate) wire: Arc<Wire>,
    pub(crate) clock: Arc<PhoneClock>,
    pub(crate) directory: PathBuf,
    /// Whether the phone believes that its person is of the office.
    pub(crate) is_office: bool,
    unit: UnitId,
    cursor: Option<u64>,
    phone: Phone,
    looking: Connection,
}

impl Handset {
    /// A new phone of this person, enrolled with a code.
    pub(crate) async fn enrol(place: &Place, owner: Owner, directory: PathBuf, code: String) -> Result<Self> {
        let (wire, clock, is_office) = (Wire::to(&place.host), PhoneClock::of(&place.clock), owner.role.is_office());
        let phone = open(place, &directory, &wire, &clock).await?;
        let enrolled = phone.call(Command::Enrol { server: ADDRESS.to_owned(), code }).await;
        let app = enrolled.map_err(|error| anyhow::anyhow!("enrolment: {error:?}"))?;
        let vault = app["vaults"][0]["vault"].as_str().context("a vault")?.parse()?;
        let looking = holding::open(&directory, vault)?;
        Ok(Self { owner, vault, wire, clock, directory, is_office, unit: place.unit, cursor: None, phone, looking })
    }

    /// The phone over these files, whose app is not running.
    pub(crate) async fn over(place: &Place, owner: Owner, directory: PathBuf, vault: VaultId) -> Result<Self> {
        let (wire, clock, is_office) = (Wire::to(&place.host), PhoneClock::of(&place.clock), owner.role.is_office());
        let phone = open(place, &directory, &wire, &clock).await?;
        let looking = holding::open(&directory, vault)?;
        Ok(Self { owner, vault, wire, clock, directory, is_office, unit: place.unit, cursor: None, phone, looking })
    }

    /// Kills the app and opens it again.
    pub(crate) async fn reopen(self, place: &Place) -> Result<Self> {
        let Self { owner, vault, wire, clock, directory, is_office, unit, cursor, phone, looking } = self;
        drop((phone, looking));
        let phone = open(place, &directory, &wire, &clock).await?;
        let looking = holding::open(&directory, vault)?;
        Ok(Self { owner, vault, wire, clock, directory, is_office, unit, cursor, phone, looking })
    }

    /// Copies the files, which may be done while the app runs: what is in the write-ahead log comes along.
    pub(crate) fn back_up(&self, to: &Path) -> Result<()> {
        // Nothing else runs while this does, so the copy is one moment's.
        Ok(copy(&self.directory, to)?)
    }

    /// Kills the app and puts older files in the place of its own.
    pub(crate) async fn restore(self, place: &Place, from: &Path) -> Result<Self> {
        let Self { owner, vault, wire, clock, directory, is_office, unit, cursor, phone, looking } = self;
        drop((phone, looking));
        std::fs::remove_dir_all(&directory)?;
        copy(from, &directory)?;
        let phone = open(place, &directory, &wire, &clock).await?;
        let looking = holding::open(&directory, vault)?;
        Ok(Self { owner, vault, wire, clock, directory, is_office, unit, cursor, phone, looking })
    }

    /// Kills the app, damages a byte of a page of its file, and opens it again until it has noticed. `place` chooses.
    ///
    /// What it does not notice by its own looking, and has not written over, is made good again: no app can say anything
    /// of a page that it never reads.
    pub(crate) async fn damage(self, place: &Place, (page, byte): (usize, usize)) -> Result<(Self, Damage)> {
        let file = self.directory.join(format!("{}.rundan", self.vault));
        let Self { owner, vault, wire, clock, directory, is_office, unit, cursor, phone, looking } = self;
        drop((phone, looking));
        let mut bytes = std::fs::read(&file)?;
        let page = page.checked_rem(bytes.len() / PAGE_BYTES).unwrap_or_default() * PAGE_BYTES;
        let good = bytes[page..page + PAGE_BYTES].to_vec();
        bytes[page + byte % PAGE_BYTES] ^= 0x5a;
        let bad = bytes[page..page + PAGE_BYTES].to_vec();
        std::fs::write(&file, bytes)?;
        let phone = open(place, &directory, &wire, &clock).await?;
        // The first sync ends in a look at the whole file.
        let is_open = is_open(&phone).await? && phone.sync().await.is_ok() && is_open(&phone).await?;
        let mut told = if is_open { Damage::Mended } else { Damage::Unreadable };
        let is_bad = |file: &[u8]| file.get(page..page + PAGE_BYTES) == Some(&bad[..]);
        let mut phone = phone;
        if is_open && is_bad(&std::fs::read(&file)?) {
            drop(phone);
            // Closing has moved the log into the file: the page may have been written over only now.
            let mut now = std::fs::read(&file)?;
            if is_bad(&now) {
                told = Damage::Unnoticed;
                now[page..page + PAGE_BYTES].copy_from_slice(&good);
                std::fs::write(&file, now)?;
            }
            phone = open(place, &directory, &wire, &clock).await?;
        }
        let looking = holding::open(&directory, vault)?;
        Ok((Self { owner, vault, wire, clock, directory, is_office, unit, cursor, phone, looking }, told))
    }

    pub(crate) async fn ask(&self, command: Command) -> Result<Value, ApiError> {
        self.phone.call(command).await
    }

    pub(crate) async fn act(&self, intent: Intent) -> Result<Done, ApiError> {
        self.phone.call(Command::Act { intent }).await.map(done)
    }

    pub(crate) async fn undo(&self, action: rundan_model::ActionId) -> Result<Done, ApiError> {
        self.phone.call(Command::Undo { action }).await.map(done)
    }

    /// Rounds until nothing more is to be asked.
    pub(crate) async fn sync(&self) -> Result<()> {
        self.phone.sync().await.map_err(|error| anyhow::anyhow!("the store failed during a round: {error:?}"))
    }

    /// Rounds that are given up after so many turns, as when the app is killed; says whether they came to their end.
    pub(crate) async fn sync_turns(&self, mut turns: u32) -> Result<bool> {
        let mut sync = pin!(self.phone.sync());
        let ended = std::future::poll_fn(|cx| match sync.as_mut().poll(cx) {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            Poll::Pending if turns == 0 => Poll::Ready(None),
            Poll::Pending => {
                turns -= 1;
                Poll::Pending
            }
        });
        match ended.await {
            Some(Ok(())) => Ok(true),
            Some(Err(error)) => Err(anyhow::anyhow!("the store failed during a round: {error:?}")),
            None => Ok(false),
        }
    }

    /// Why the last round failed, if it did.
    pub(crate) async fn problem(&self) -> Option<String> {
        let view = self.ask(Command::Sync).await.ok()?;
        view["problem"].as_str().map(str::to_owned)
    }

    /// Rounds that run beside others'.
    pub(crate) fn sync_beside(&self) -> impl Future<Output = Result<(), ApiError>> + Send + 'static {
        let phone = self.phone.clone();
        async move { phone.sync().await }
    }

    pub(crate) fn holding(&self) -> Result<Holding> {
        Holding::read(&self.looking, self.unit)
    }

    /// P4: a cursor only goes forward, as long as it is one of the server's log.
    pub(crate) fn check_cursor(&mut self, now: Option<u64>, is_of_log: bool) -> Result<()> {
        ensure!(now >= self.cursor, "P4: the cursor of vault {} went from {:?} to {now:?}", self.vault, self.cursor);
        self.cursor = now.filter(|_| is_of_log);
        Ok(())
    }

    /// The files are other ones: the cursor may be an older one.
    pub(crate) fn forget_cursor(&mut self) {
        self.cursor = None;
    }
}

/// Whether the phone has its vault, and does not say instead that the file is damaged.
async fn is_open(phone: &Phone) -> Result<bool> {
    match phone.call(Command::App).await {
        Ok(_) => Ok(true),
        // With its first page a file's own proof is gone that the key is its own.
        Err(error) if matches!(error.code, ErrorCode::Damaged | ErrorCode::KeyMissing) => Ok(false),
        Err(error) => bail!("the app: {error:?}"),
    }
}

async fn open(place: &Place, directory: &Path, wire: &Arc<Wire>, clock: &Arc<PhoneClock>) -> Result<Phone> {
    let config = PhoneConfig {
        directory: directory.to_owned(),
        keys: Arc::new(FileKeys::new(directory.join("keys"))),
        downloads: directory.join("downloads"),
        clock: clock.clone(),
        random: place.random.clone(),
        http: wire.clone(),
    };
    Ok(Phone::open_inline(config).await?)
}

fn done(value: Value) -> Done {
    let done = Told::deserialize(value).expect("an answer of the page's type");
    Done { action: done.action, began: done.began, can_undo: done.can_undo }
}

#[derive(Deserialize)]
struct Told {
    action: rundan_model::ActionId,
    began: Option<rundan_model::DocumentId>,
    can_undo: bool,
}
