//! A disk that fails when told to, under SQLite: the default VFS of the process, in front of the system's own.
//!
//! [`Disk::take`] puts it there. While it records, every write, sync, truncation, deletion and opening below a folder is
//! kept, so that [`Crashes`] can make the folder as a power cut at any of them would have left it. While it fails, one
//! of them, or all from one on, come to nothing.

mod crash;
mod shim;
mod witness;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use crash::{Crashes, Keep};
pub use witness::Witness;

/// What was done to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// It was made, or made empty.
    Create,
    /// Somebody who does not come through SQLite wrote it whole, and synced it.
    Appear(Vec<u8>),
    /// Somebody who does not come through SQLite took it away.
    Vanish,
    /// Bytes were written.
    Write {
        /// From where on.
        offset: u64,
        /// Which.
        bytes: Vec<u8>,
    },
    /// It was cut to this many bytes.
    Truncate(u64),
    /// All that was written to it is on the disk.
    Sync,
    /// It was deleted.
    Delete {
        /// Whether the folder was synced.
        is_synced: bool,
    },
}

/// One thing done to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The file, from the folder that is watched.
    pub file: PathBuf,
    /// What was done.
    pub deed: Deed,
}

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The device answers with an error, to anything but a read.
    Io,
    /// The device cannot be read.
    Unreadable,
    /// The disk is full: nothing can be written; syncing and deleting work.
    Full,
}

/// Which operations fail, counted from the moment that the fault was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The one with this index.
    Once(usize),
    /// The one with this index and all after it.
    From(usize),
}

#[derive(Debug, Default)]
enum Mode {
    #[default]
    Sound,
    Recording(Vec<Operation>),
    Failing {
        fault: Fault,
        extent: Extent,
        /// How many operations that can fail so have come.
        counted: usize,
        struck: usize,
    },
}

#[derive(Debug, Default)]
struct State {
    folder: PathBuf,
    mode: Mode,
    /// Files that SQLite made or opened.
    sqlites: BTreeSet<PathBuf>,
    /// The lengths of the others, as they were last seen.
    beside: BTreeMap<PathBuf, u64>,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);
/// There is one such disk in a process.
static ONE: Mutex<()> = Mutex::new(());

/// The disk, until this is dropped.
#[derive(Debug)]
pub struct Disk {
    _one: MutexGuard<'static, ()>,
}

impl Disk {
    /// Puts the disk under every database of this process that is opened from now on; it watches those below `folder`.
    /// Waits while another has it.
    pub fn take(folder: &Path) -> Self {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        shim::install();
        // SQLite asks for files by their real paths.
        let folder = folder.canonicalize().expect("the folder is there");
        *state() = Some(State { folder, ..State::default() });
        Self { _one: one }
    }

    /// Keeps from now on what is done, beginning with the folder as it is.
    pub fn record(&self) {
        self.change(|state| {
            let mut begun = Vec::new();
            for file in files_below(&state.folder) {
                let bytes = std::fs::read(state.folder.join(&file)).expect("a file that is there is readable");
                state.beside.insert(file.clone(), bytes.len() as u64);
                begun.push(Operation { file, deed: Deed::Appear(bytes) });
            }
            state.sqlites.clear();
            state.mode = Mode::Recording(begun);
        });
    }

    /// How many operations were kept so far.
    pub fn recorded(&self) -> usize {
        self.change(|state| match &state.mode {
            Mode::Recording(operations) => operations.len(),
            _ => 0,
        })
    }

    /// Ends the recording.
    pub fn stop_recording(&self) -> Vec<Operation> {
        self.change(|state| match std::mem::take(&mut state.mode) {
            Mode::Recording(operations) => operations,
            _ => Vec::new(),
        })
    }

    /// Operations fail from now on.
    pub fn fail(&self, fault: Fault, extent: Extent) {
        self.change(|state| state.mode = Mode::Failing { fault, extent, counted: 0, struck: 0 });
    }

    /// Everything works again. Returns how many operations failed.
    pub fn heal(&self) -> usize {
        self.change(|state| match std::mem::take(&mut state.mode) {
            Mode::Failing { struck, .. } => struck,
            _ => 0,
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(state().as_mut().expect("the disk was taken"))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        *state() = None;
    }
}

fn state() -> MutexGuard<'static, Option<State>> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What SQLite asks for.
#[derive(Debug, Clone, Copy)]
enum Request<'a> {
    Open { is_new: bool },
    Read,
    Write { offset: u64, bytes: &'a [u8] },
    Truncate(u64),
    Sync,
    Delete { is_synced: bool },
}

/// Hears of a request before it is carried out; an error is the code that SQLite is answered with instead.
fn hear(path: &Path, request: Request<'_>) -> Result<(), i32> {
    witness::note(path, request);
    let mut state = state();
    let Some(state) = state.as_mut() else { return Ok(()) };
    let Ok(file) = path.strip_prefix(&state.folder) else { return Ok(()) };
    match &mut state.mode {
        Mode::Sound => Ok(()),
        Mode::Recording(operations) => {
            look_beside(&state.folder, &mut state.sqlites, &mut state.beside, operations);
            match request {
                Request::Delete { .. } => drop(state.sqlites.remove(file)),
                _ => drop(state.sqlites.insert(file.to_owned())),
            }
            operations.extend(deed(request).map(|deed| Operation { file: file.to_owned(), deed }));
            Ok(())
        }
        Mode::Failing { fault, extent, counted, struck } => {
            let Some(code) = shim::code(*fault, request) else { return Ok(()) };
            let index = *counted;
            *counted += 1;
            let fails = match *extent {
                Extent::Once(at) => index == at,
                Extent::From(at) => index >= at,
            };
            *struck += usize::from(fails);
            if fails { Err(code) } else { Ok(()) }
        }
    }
}

fn deed(request: Request<'_>) -> Option<Deed> {
    match request {
        Request::Open { is_new: true } => Some(Deed::Create),
        Request::Open { is_new: false } | Request::Read => None,
        Request::Write { offset, bytes } => Some(Deed::Write { offset, bytes: bytes.to_vec() }),
        Request::Truncate(bytes) => Some(Deed::Truncate(bytes)),
        Request::Sync => Some(Deed::Sync),
        Request::Delete { is_synced } => Some(Deed::Delete { is_synced }),
    }
}

/// Finds what was done past SQLite: files that are only ever written whole, appended to, or renamed.
fn look_beside(
    folder: &Path,
    sqlites: &mut BTreeSet<PathBuf>,
    beside: &mut BTreeMap<PathBuf, u64>,
    operations: &mut Vec<Operation>,
) {
    let there = files_below(folder);
    for file in there.iter().filter(|file| !sqlites.contains(*file)) {
        let length = std::fs::metadata(folder.join(file)).map_or(0, |metadata| metadata.len());
        if beside.insert(file.clone(), length) != Some(length) {
            let bytes = std::fs::read(folder.join(file)).unwrap_or_default();
            operations.push(Operation { file: file.clone(), deed: Deed::Appear(bytes) });
        }
    }
    let is_gone = |file: &PathBuf| there.binary_search(file).is_err();
    let gone = beside.keys().chain(sqlites.iter()).filter(|file| is_gone(file));
    let gone: BTreeSet<PathBuf> = gone.cloned().collect();
    for file in gone {
        sqlites.remove(&file);
        beside.remove(&file);
        operations.push(Operation { file, deed: Deed::Vanish });
    }
}

/// Every file below a folder but locks, sockets and shared memory, which no power cut leaves.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        for entry in std::fs::read_dir(folder.join(&below)).into_iter().flatten().flatten() {
            let (name, kind) = (below.join(entry.file_name()), entry.file_type());
            if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) {
                folders.push(name);
            } else if kind.is_ok_and(|kind| kind.is_file()) && !name.to_string_lossy().ends_with("-shm") {
                files.push(name);
            }
        }
    }
    files.sort();
    files
}
