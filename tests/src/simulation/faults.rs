//! What goes wrong. Each kind can be left out, and leaving one out changes nothing of the others or of the steps.

use anyhow::{Result, ensure};

use super::handset::Handset;
use super::pipe::{Cut, End, Way};
use super::wire::Mishap;
use super::world::World;

/// How far into an exchange a connection is cut: a request and its answer seldom are longer.
const CUT_BYTES_MAX: usize = 6_000;
/// After how many turns of its task an app is killed in a round.
const KILL_TURNS_MAX: usize = 24;
/// How often a connection comes and goes when it flaps.
const FLAPS: usize = 20;
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
    /// A phone is put back to an older copy of its files.
    PhoneRestored = ("F6", "phone restored"),
    /// A phone's files are copied to a second phone, and both go on.
    PhoneCloned = ("F6", "phone cloned"),
    /// A phone's clock steps.
    ClockStep = ("F7", "phone clock steps"),
    /// A connection comes and goes while the phone syncs.
    Flapping = ("F12", "connection flaps"),
}

impl World {
    /// Makes a fault happen, to this phone where it is one's.
    pub(crate) async fn strike(&mut self, fault: Fault, at: usize) -> Result<()> {
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
                self.place.host.stop();
                self.place.host.start().await?;
            }
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
        let handset = &self.handsets[at];
        let directory = self.directory.path().join(format!("phone-{}", self.handsets.len()));
        handset.back_up(&directory)?;
        let clone = Handset::over(&self.place, handset.owner.clone(), directory, handset.vault).await?;
        self.handsets.push(clone);
        Ok(())
    }

    async fn kill_app(&mut self, at: usize) -> Result<()> {
        let handset = self.handsets.remove(at);
        let handset = handset.reopen(&self.place).await?;
        self.handsets.insert(at, handset);
        self.check_shown(at)
    }

    /// The phone's files are put back to how they were at some step before, and what was written since is gone.
    async fn restore_phone(&mut self, at: usize) -> Result<()> {
        let copy = self.directory.path().join(format!("copy-{}", self.handsets[at].vault));
        if !copy.exists() {
            return self.handsets[at].back_up(&copy);
        }
        let handset = self.handsets.remove(at);
        let handset = handset.restore(&self.place, &copy).await?;
        std::fs::remove_dir_all(&copy)?;
        self.handsets.insert(at, handset);
        self.handsets[at].forget_cursor();
        self.lose(at)
    }
}
