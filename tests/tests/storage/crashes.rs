//! Plays a scenario once, and looks at what a power cut at each of its operations would have left.

use std::path::{Path, PathBuf};

use rundan_device::FileKeys;
use rundan_device::seams::KeyStore;
use rundan_tests::vfs::{Crashes, Deed, Disk, Keep, Operation};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use crate::stage::{Cast, PHONE_FOLDER, SERVER_FOLDER, Stage};

/// How many operations lie between two that a lying disk is tried at.
const LIES_APART: usize = 11;

/// How many power cuts lie between two that are followed further.
const FURTHER_LOOKS_APART: usize = 29;

/// What all tables of a database hold, in a word.
pub type State = [u8; 8];

/// Which of the two loses its power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Phone,
    Server,
}

impl Side {
    fn has(self, file: &Path) -> bool {
        file.starts_with(match self {
            Self::Phone => PHONE_FOLDER,
            Self::Server => SERVER_FOLDER,
        })
    }

    /// The database in a stage's folder; none before there is one.
    pub fn database(self, folder: &Path) -> Option<Connection> {
        match self {
            Self::Phone => phones_database(folder),
            Self::Server => {
                let file = folder.join(SERVER_FOLDER).join("rundan.db");
                file.exists().then(|| Connection::open(file).unwrap())
            }
        }
    }

    /// What its database holds; the SQLite of this process reads it, not the product.
    pub fn state(self, folder: &Path) -> State {
        self.database(folder).map_or([0; 8], |database| state(&database))
    }
}

/// The phone's database, opened with its key and read through; none before there is one.
fn phones_database(folder: &Path) -> Option<Connection> {
    let folder = folder.join(PHONE_FOLDER);
    let file = std::fs::read_dir(&folder).ok()?.flatten().map(|entry| entry.path()).find(|file| is_vault(file))?;
    let id = file.file_stem()?.to_str()?.parse().ok()?;
    let key = FileKeys::new(folder.join("keys")).read(id).ok()?;
    let database = Connection::open(file).unwrap();
    database.pragma_update(None, "key", format!("x'{}'", hex::encode(key))).unwrap();
    Some(database)
}

fn is_vault(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "rundan")
}

fn state(database: &Connection) -> State {
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    // What she is told of damages is not part of what she did.
    let named = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'mended' ORDER BY name";
    let tables: Vec<String> = database
        .prepare(named)
        .and_then(|mut query| query.query_map([], |row| row.get(0)).and_then(Iterator::collect))
        .unwrap();
    let mut hash = Sha256::new();
    for table in tables {
        hash.update(table.as_bytes());
        let mut query = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = query.column_count();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Null => hash.update([0]),
                    ValueRef::Integer(number) => hash.update(number.to_le_bytes()),
                    ValueRef::Real(number) => hash.update(number.to_le_bytes()),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                        hash.update(bytes.len().to_le_bytes());
                        hash.update(bytes);
                    }
                }
            }
        }
    }
    hash.finalize()[..8].try_into().unwrap()
}

/// Plays a scenario on a stage that `prepare` made ready, after `leave` had its way with the closed files. Everything
/// from the opening on is recorded.
pub fn played(
    prepare: impl AsyncFn(&Stage),
    leave: impl FnOnce(&Path),
    scenario: impl AsyncFn(&Stage, &mut Play<'_>),
) -> (Recording, Cast) {
    let folder = fresh_folder();
    let disk = Disk::take(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stage = Stage::new(folder.path()).await;
        prepare(&stage).await;
        let cast = stage.cast.clone();
        drop(stage);
        leave(folder.path());
        let mut play = Play::begin(&disk, folder.path());
        let stage = Stage::open(folder.path(), cast.clone(), 11).await;
        scenario(&stage, &mut play).await;
        drop(stage);
        play.told();
        (play.end(), cast)
    })
}

/// Whether both sides are opened and played on after this power cut; it takes longer than a look.
pub fn is_looked_at_further(crash: &Crash) -> bool {
    let variant = Keep::EACH.iter().position(|keep| *keep == crash.keep).unwrap_or(0);
    (crash.at + variant).is_multiple_of(FURTHER_LOOKS_APART)
}

/// Notes, while a scenario is played, what it was told is done.
pub struct Play<'a> {
    disk: &'a Disk,
    folder: PathBuf,
    told: Vec<Told>,
}

/// What the sides held when the scenario was told that something is done.
#[derive(Debug, Clone, Copy)]
struct Told {
    /// After how many operations.
    at: usize,
    phone: State,
    server: State,
}

impl<'a> Play<'a> {
    /// Recording begins with the folder as it is.
    pub fn begin(disk: &'a Disk, folder: &Path) -> Self {
        disk.record();
        let mut play = Self { disk, folder: folder.to_owned(), told: Vec::new() };
        play.told();
        play
    }

    /// Something was said to be done, and must stay so.
    pub fn told(&mut self) {
        let (phone, server) = (Side::Phone.state(&self.folder), Side::Server.state(&self.folder));
        self.told.push(Told { at: self.disk.recorded(), phone, server });
    }

    /// The scenario is over.
    pub fn end(self) -> Recording {
        Recording { operations: self.disk.stop_recording(), told: self.told }
    }
}

/// A scenario that was played.
pub struct Recording {
    operations: Vec<Operation>,
    told: Vec<Told>,
}

/// A power cut.
#[derive(Debug)]
pub struct Crash {
    /// After which operation.
    pub at: usize,
    pub keep: Keep,
    /// What the database may hold: what was last said to be done, or anything that came after it.
    allowed: Vec<State>,
    /// What it held at the end.
    last: State,
}

impl Crash {
    /// The database must hold one of the states that the scenario passed through, whole, and nothing less than what it
    /// was told.
    pub fn expect(&self, found: State) {
        assert!(self.allowed.contains(&found), "{self:?} left another state: {found:?}");
    }

    /// The database must hold what it held at the end.
    pub fn expect_last(&self, found: State) {
        assert_eq!(found, self.last, "{self:?}");
    }
}

impl Recording {
    /// Makes a folder for every power cut to one side, and has it looked at. The other side goes on. Returns how many
    /// cuts there were.
    pub fn every_crash(&self, side: Side, look: impl AsyncFn(&Path, &Crash)) -> usize {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let passed = self.states(side);
        let mine = |file: &Path| side.has(file);
        let mut crashes = Crashes::new(&self.operations);
        let mut count = 0;
        while let Some(operation) = crashes.step() {
            let at = crashes.done();
            if at <= self.told[0].at || !mine(&operation.file) {
                continue;
            }
            let variants = if crashes.is_unsynced(mine) { &Keep::EACH[..] } else { &[Keep::All] };
            for keep in variants {
                let folder = fresh_folder();
                crashes.leave(folder.path(), *keep, mine).unwrap();
                crashes.show(folder.path(), |file| !mine(file)).unwrap();
                runtime.block_on(look(folder.path(), &self.crash(&passed, at, *keep)));
                count += 1;
            }
        }
        assert!(count > 0, "nothing was recorded");
        count
    }

    /// A disk that says of nothing that it is synced, and writes in order but later: the side falls back to what it was
    /// after some earlier operation, while the other keeps all that came to be. Returns how many folders there were.
    pub fn every_lie(&self, side: Side, look: impl AsyncFn(&Path, &Crash)) -> usize {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let passed = self.states(side);
        let mine = |file: &Path| side.has(file);
        let mut last = Crashes::new(&self.operations);
        while last.step().is_some() {}
        let mut crashes = Crashes::new(&self.operations);
        let mut count = 0;
        while let Some(operation) = crashes.step() {
            let at = crashes.done();
            if at <= self.told[0].at || !mine(&operation.file) || at % LIES_APART != 0 {
                continue;
            }
            let folder = fresh_folder();
            crashes.show(folder.path(), mine).unwrap();
            last.show(folder.path(), |file| !mine(file)).unwrap();
            let crash = Crash { allowed: states_of(&passed), ..self.crash(&passed, at, Keep::All) };
            runtime.block_on(look(folder.path(), &crash));
            count += 1;
        }
        assert!(count > 0, "nothing was recorded");
        count
    }

    fn crash(&self, passed: &[(usize, State)], at: usize, keep: Keep) -> Crash {
        let told = self.told.iter().rev().find(|told| told.at <= at).map_or(0, |told| told.at);
        let first = passed.iter().rposition(|(when, _)| *when <= told).unwrap_or(0);
        let end = passed.iter().position(|(when, _)| *when > at).unwrap_or(passed.len() - 1);
        let last = passed.last().expect("it began with one").1;
        Crash { at, keep, allowed: states_of(&passed[first..=end]), last }
    }

    /// The states that a side passed through, each with the operation after which it was there: what was said to be
    /// done, and what every sync left.
    fn states(&self, side: Side) -> Vec<(usize, State)> {
        let told = self.told.iter().map(|told| (told.at, if side == Side::Phone { told.phone } else { told.server }));
        let mut states: Vec<(usize, State)> = told.collect();
        let mut crashes = Crashes::new(&self.operations);
        while let Some(operation) = crashes.step() {
            let is_commit = operation.deed == Deed::Sync && side.has(&operation.file);
            if !is_commit || crashes.done() <= self.told[0].at {
                continue;
            }
            let folder = fresh_folder();
            crashes.show(folder.path(), |_| true).unwrap();
            states.push((crashes.done(), side.state(folder.path())));
        }
        states.sort_by_key(|(at, _)| *at);
        states.dedup_by_key(|(_, state)| *state);
        states
    }
}

fn states_of(passed: &[(usize, State)]) -> Vec<State> {
    passed.iter().map(|(_, state)| *state).collect()
}

/// A folder in memory where the machine has one.
pub fn fresh_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let beside = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    tempfile::Builder::new().prefix("rundan-").tempdir_in(beside).unwrap()
}
