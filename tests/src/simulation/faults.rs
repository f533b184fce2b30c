//! What goes wrong. Each kind can be left out, and leaving one out changes nothing of the others or of the steps.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, ensure};
use rundan_model::{Role, VaultId};
use rundan_server::admin;
use tokio::task::JoinSet;

use super::handset::{Damage, Handset};
use super::pipe::{Cut, End, Way};
use super::wire::Mishap;
use super::world::World;

/// How far into an exchange a connection is cut: a request and its answer seldom are longer.
const CUT_BYTES_MAX: usize = 6_000;
/// After how many turns of its task an app is killed in a round.
const KILL_TURNS_MAX: usize = 24;
/// How often a connection comes and goes when it flaps.
const FLAPS: usize = 20;
/// How many pages a full disk still has room for, and for how many steps it is full.
const FULL_PAGES_MAX: usize = 8;
const FULL_STEPS_MAX: usize = 30;
/// How many phones there are at most.
const HANDSETS_MAX: usize = 8;
/// How far a phone's clock goes wrong: seconds, minutes, hours, a day, years.
const CLOCK_STEPS: [i64; 10] = [1, -1, 90, -3_600, 7_200, 86_400, -86_400, 315_360_000, -315_360_000, -4_000_000_000];

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = ($class:literal, $name:literal),)*) => {
        /// A kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[$doc])* $fault,)*
        }

        impl Fault {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$fault),*];

            /// What it is called, after its class in `docs/reliability.md`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$fault => concat!($class, " ", $name),)* }
            }
        }
    };
}

faults! {
    /// A connection breaks at some byte, in either direction.
    Cut = ("F1", "connection cut"),
    /// A connection falls silent at some byte.
    Hang = ("F1", "connection silent"),
    /// The server takes a request and its answer is lost.
    LostAnswer = ("F2", "answer lost"),
    /// A request reaches the server long after the phone gave it up.
    Delayed = ("F2", "request delayed"),
    /// A request reaches the server twice.
    Doubled = ("F2", "request doubled"),
    /// An old request is sent again.
    Replayed = ("F2", "request replayed"),
    /// The app is killed between two steps.
    AppKilled = ("F3", "app killed"),
    /// The app is killed in the middle of a round.
    AppKilledInRound = ("F3", "app killed in a round"),
    /// The server's process ends and starts again.
    ServerKilled = ("F3", "server killed"),
    /// The server's disk has no more room, for a while.
    ServerDiskFull = ("F4", "server's disk full"),
    /// A page of a phone's file is damaged while nothing that it has written waits to be sent.
    PageDamaged = ("F5", "page damaged"),
    /// A phone is put back to an older copy of its files.
    PhoneRestored = ("F6", "phone restored"),
    /// A phone's files are copied to a second phone, and both go on.
    PhoneCloned = ("F6", "phone cloned"),
    /// A phone's clock steps.
    ClockStep = ("F7", "phone clock steps"),
    /// The server is put back to an older backup.
    ServerRestored = ("F8", "server restored"),
    /// A phone's vault is revoked, and its person gets another phone.
    Revoked = ("F10", "phone revoked"),
    /// A planner becomes a carer, or the other way round.
    RoleChanged = ("F10", "role changed"),
    /// Everyone syncs at the same time.
    Rush = ("F13", "everyone at once"),
    /// A connection comes and goes while the phone syncs.
    Flapping = ("F12", "connection flaps"),
}

impl World {
    /// Makes a fault happen, to this phone where it is one's.
    pub(crate) async fn strike(&mut self, fault: Fault, at: usize, n: u32) -> Result<()> {
        match fault {
            Fault::Cut => self.cut_next(at, End::Breaks),
            Fault::Hang => self.cut_next(at, End::Hangs),
            Fault::LostAnswer => self.handsets[at].wire.next(Mishap::LosesAnswer),
            Fault::Delayed => self.handsets[at].wire.next(Mishap::Delayed),
            Fault::Doubled => self.handsets[at].wire.next(Mishap::Doubled),
            Fault::Replayed => return self.replay(at).await,
            Fault::AppKilled => return self.kill_app(at).await,
            Fault::AppKilledInRound => {
                let turns = self.chance.below(KILL_TURNS_MAX) as u32;
                let has_ended = self.handsets[at].sync_turns(turns).await?;
                self.trace.note(format_args!("  killed after {turns} turns, ended: {has_ended}"));
                self.kill_app(at).await?;
            }
            Fault::ServerKilled => {
                self.place.host.stop().await;
                self.full_until = None;
                self.place.host.start().await?;
            }
            Fault::ServerDiskFull => {
                self.make_room().await?;
                self.place.host.leave_room(Some(self.chance.below(FULL_PAGES_MAX) as i64)).await?;
                self.full_until = Some(n + 1 + self.chance.below(FULL_STEPS_MAX) as u32);
            }
            Fault::ServerRestored => return self.restore_server().await,
            Fault::Revoked => return self.revoke(at).await,
            Fault::RoleChanged => return self.change_role(at).await,
            Fault::Rush => return self.rush().await,
            Fault::PageDamaged => return self.damage_phone(at).await,
            Fault::PhoneRestored => return self.restore_phone(at).await,
            Fault::PhoneCloned => return self.clone_phone(at).await,
            Fault::ClockStep => {
                let ahead = *self.chance.one(&CLOCK_STEPS);
                if !self.shape.is_muted(Fault::ClockStep) {
                    self.handsets[at].clock.set_ahead(ahead);
                }
            }
            Fault::Flapping => {
                for _ in 0..FLAPS {
                    self.handsets[at].wire.set_down(self.chance.is(50));
                    let turns = self.chance.below(KILL_TURNS_MAX) as u32;
                    self.handsets[at].sync_turns(turns).await?;
                }
                self.handsets[at].wire.set_down(false);
            }
        }
        Ok(())
    }

    fn cut_next(&mut self, at: usize, end: End) {
        let way = if self.chance.is(50) { Way::Up } else { Way::Down };
        let after = self.chance.below(CUT_BYTES_MAX) as u64;
        self.handsets[at].wire.next(Mishap::Cut(Cut { way, after, end }));
    }

    /// Sends what a phone sent last once more, or what was held up: a request that was answered has no second effect.
    async fn replay(&mut self, at: usize) -> Result<()> {
        let Some(request) = self.handsets[at].wire.last() else { return Ok(()) };
        let is_counted = request.url.ends_with(rundan_server::sync::PATH);
        let first = self.place.host.exchange(request.clone(), None).await;
        let before = self.place.host.head(self.place.unit)?;
        let again = self.place.host.exchange(request, None).await;
        let after = self.place.host.head(self.place.unit)?;
        let status = |answer: &super::host::Exchange| answer.answer.as_ref().map_or(0, |answer| answer.status);
        self.trace.note(format_args!("  replayed: {} then {}", status(&first), status(&again)));
        ensure!(before == after, "P3: a replayed request had an effect: {before} became {after}");
        ensure!(!is_counted || status(&again) != 200, "a counter was used twice");
        Ok(())
    }

    /// What was held up on the way reaches the server at last.
    pub(crate) async fn deliver_delayed(&mut self) -> Result<()> {
        for handset in &self.handsets {
            let Some(request) = handset.wire.take_delayed() else { continue };
            let late = self.place.host.exchange(request, None).await;
            let status = late.answer.as_ref().map_or(0, |answer| answer.status);
            self.trace.note(format_args!("  a delayed request of {}: {status}", handset.owner.name));
            return Ok(());
        }
        Ok(())
    }

    /// Two phones from one copy, as when a backup is put on a new phone and the old one turns up again.
    async fn clone_phone(&mut self, at: usize) -> Result<()> {
        if self.handsets.len() >= HANDSETS_MAX {
            return Ok(());
        }
        let directory = self.next_directory();
        let handset = &self.handsets[at];
        handset.back_up(&directory)?;
        let clone = Handset::over(&self.place, handset.owner.clone(), directory, handset.vault).await?;
        self.handsets.push(clone);
        Ok(())
    }

    async fn kill_app(&mut self, at: usize) -> Result<()> {
        let handset = self.handsets.remove(at);
        let handset = handset.reopen(&self.place).await?;
        self.handsets.insert(at, handset);
        self.check_sync(at).await
    }

    /// A page of the phone's file is damaged. Nothing waits to be sent, so nothing may be lost: only what a restored
    /// server lacks may have lain on that page alone. Where it cannot be read any more whose the file is, it is a lost
    /// phone.
    async fn damage_phone(&mut self, at: usize) -> Result<()> {
        let holding = self.handsets[at].holding()?;
        if !holding.pending.is_empty() || !holding.offers.is_empty() {
            return Ok(());
        }
        let handset = self.handsets.remove(at);
        let place = (self.chance.below(usize::MAX), self.chance.below(usize::MAX));
        let (handset, told) = handset.damage(&self.place, place).await?;
        self.trace.note(format_args!("  {told}"));
        self.handsets.insert(at, handset);
        if told == Damage::Unreadable {
            let directory = self.handsets[at].directory.clone();
            self.revoke(at).await?;
            // It says nothing any more, neither to its person nor to the server.
            self.revoked.retain(|(_, handset)| handset.directory != directory);
            return Ok(());
        }
        self.handsets[at].forget_cursor();
        let bringable = self.bringable()?;
        let lost = self.ledger.lose(&bringable);
        ensure!(lost == 0 || self.was_restored, "P1: {lost} actions that the server had are lost with a page");
        self.figures.lost += lost as u64;
        Ok(())
    }

    /// Copies of a phone's files and of the server's are kept, to be put back later.
    pub(crate) async fn keep_copies(&mut self) -> Result<()> {
        let at = self.chance.below(self.handsets.len());
        self.keep_copy(&self.handsets[at])?;
        if self.chance.is(50) && self.full_until.is_none() { self.keep_backup().await } else { Ok(()) }
    }

    /// Takes a backup of the server, in the place of the last one.
    pub(crate) async fn keep_backup(&mut self) -> Result<()> {
        let backup = self.place.host.back_up().await?;
        self.backup = Some((backup, self.place.host.head(self.place.unit)?));
        Ok(())
    }

    /// Keeps a copy of a phone's files in the place of the last one.
    pub(crate) fn keep_copy(&self, handset: &Handset) -> Result<()> {
        let copy = self.copy_of(handset.vault);
        if copy.exists() {
            std::fs::remove_dir_all(&copy)?;
        }
        handset.back_up(&copy)
    }

    fn copy_of(&self, vault: VaultId) -> PathBuf {
        self.directory.path().join(format!("copy-{vault}"))
    }

    /// The phone's files are put back to how they were at some step before, and what was written since is gone.
    async fn restore_phone(&mut self, at: usize) -> Result<()> {
        let handset = self.handsets.remove(at);
        let copy = self.copy_of(handset.vault);
        let handset = handset.restore(&self.place, &copy).await?;
        self.handsets.insert(at, handset);
        self.handsets[at].forget_cursor();
        self.lose()
    }

    /// The server is put back to how it was when its last backup was taken.
    async fn restore_server(&mut self) -> Result<()> {
        self.make_room().await?;
        let (backup, common) = self.backup.clone().context("a backup was taken at the beginning")?;
        // What it has destroyed stays so.
        self.refresh()?;
        self.place.host.restore(&backup).await?;
        self.was_restored = true;
        self.look_anew(common)?;
        for handset in &mut self.handsets {
            handset.forget_cursor();
        }
        self.lose()
    }

    /// A lost phone: its vault is revoked, all copies of it with it, and its person gets another.
    async fn revoke(&mut self, at: usize) -> Result<()> {
        self.make_room().await?;
        let (vault, owner) = (self.handsets[at].vault, self.handsets[at].owner.clone());
        let answer =
            admin::run(&self.place.host.server(), admin::Command::Revoke(admin::Whose::Vault(vault.to_string()))).await;
        ensure!(matches!(&answer, admin::Answer::Revoked(vaults) if vaults.len() == 1), "{answer:?}");
        let head = self.place.host.head(self.place.unit)?;
        while let Some(at) = self.handsets.iter().position(|handset| handset.vault == vault) {
            self.revoked.push((head, self.handsets.remove(at)));
        }
        self.lose()?;
        self.hand_out(owner).await
    }

    /// A planner becomes a carer, or the other way round.
    async fn change_role(&mut self, at: usize) -> Result<()> {
        self.make_room().await?;
        self.refresh()?;
        let person = self.handsets[at].owner.person;
        let had: Vec<Role> = self.truth.roles_at(person, self.truth.head).into_iter().cloned().collect();
        let is_office = had.iter().any(Role::is_office);
        let new = if is_office { Role::Carer } else { Role::Planner };
        let (taken, given) = (had.clone(), new.clone());
        let server = self.place.host.server();
        let change = server.commit(self.place.unit, move |commit, _| {
            commit.give_role(person, &given)?;
            for role in taken.iter().filter(|role| **role != given) {
                commit.take_role(person, role)?;
            }
            Ok(())
        });
        change.await?;
        let head = self.place.host.head(self.place.unit)?;
        self.truth.roles.push((head, person, new.clone(), true));
        for role in had.into_iter().filter(|role| *role != new) {
            self.truth.roles.push((head, person, role, false));
        }
        self.demoted.insert(person);
        Ok(())
    }

    /// Everyone syncs at the same time, as when the network comes back.
    async fn rush(&mut self) -> Result<()> {
        let mut rounds = JoinSet::new();
        for handset in &self.handsets {
            rounds.spawn(handset.sync_beside());
        }
        while let Some(round) = rounds.join_next().await {
            round?.map_err(|error| anyhow!("the store failed in a rush: {error:?}"))?;
        }
        for at in 0..self.handsets.len() {
            self.check_sync(at).await?;
        }
        Ok(())
    }
}
