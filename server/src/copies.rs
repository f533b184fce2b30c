//! Copies of a file that only grows, one in each of some folders, which may lie on disks that fail or hang.
//!
//! The file itself is what counts; a copy that is behind is brought after it. In production each folder has a thread of
//! its own, so that none holds up a request or another; in a simulated world a copy is made where it is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::files::{folder_of, sync_folder};

/// The name of a copy.
pub(crate) const COPY_NAME: &str = "rundan.remembered";
/// How long a process that ends waits for its copies; what they lack then the next one brings.
const END_SECONDS_MAX: u64 = 5;
/// How old a backlog must be to be told of.
const LATE_SECONDS: u64 = 60;

/// How copies are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copying {
    /// Where it is asked for, before the caller goes on.
    AtOnce,
    /// By threads of their own.
    Beside,
    /// Not at all.
    Never,
}

/// How far the copies are behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// The most bytes that a copy lacks.
    pub bytes: u64,
    /// For how long one has lacked any, seconds.
    pub seconds: u64,
}

impl Backlog {
    /// Whether an operator should look at the disk.
    pub fn is_late(self) -> bool {
        self.seconds >= LATE_SECONDS
    }
}

/// The copies.
#[derive(Debug)]
pub(crate) struct Copies {
    file: PathBuf,
    copying: Copying,
    folders: Mutex<BTreeMap<PathBuf, Arc<Copy>>>,
}

/// One copy.
#[derive(Debug)]
struct Copy {
    file: PathBuf,
    path: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
    /// How long the copy is; none while that is not known. Held by whoever writes it.
    length: Mutex<Option<u64>>,
}

#[derive(Debug, Default)]
struct State {
    /// How much of the file is to be copied: what is on its disk for certain.
    wanted: u64,
    /// How much was wanted when it was last tried.
    tried: u64,
    copied: u64,
    behind_since: Option<Instant>,
    is_over: bool,
}

impl Copies {
    /// No copies of a file.
    pub(crate) fn of(file: PathBuf, copying: Copying) -> Self {
        Self { file, copying, folders: Mutex::default() }
    }

    /// Brings all copies after the file, of which so many bytes are on its disk.
    pub(crate) fn bring(&self, folders: &BTreeSet<PathBuf>, bytes: u64) {
        for folder in folders.iter().filter(|_| self.copying != Copying::Never) {
            let copy = match self.copy_in(folder) {
                Ok(copy) => copy,
                Err(error) => {
                    tracing::error!(folder = %folder.display(), error = %error.chain(), "no copies are made");
                    continue;
                }
            };
            copy.want(bytes);
            if self.copying == Copying::AtOnce {
                copy.try_once();
            }
        }
    }

    /// Brings the copy in one folder after the file, here and now.
    pub(crate) fn bring_now(&self, folder: &Path, bytes: u64) -> Result<()> {
        let copy = self.copy_in(folder)?;
        copy.want(bytes);
        copy.write(bytes)?;
        copy.is_written(bytes);
        Ok(())
    }

    /// How far they are behind. No disk is asked.
    pub(crate) fn backlog(&self) -> Backlog {
        let copies = lock(&self.folders);
        let of = |copy: &Arc<Copy>| {
            let state = lock(&copy.state);
            let seconds = state.behind_since.map_or(0, |since| since.elapsed().as_secs());
            Backlog { bytes: state.wanted.saturating_sub(state.copied), seconds }
        };
        copies.values().map(of).fold(Backlog::default(), |most, next| Backlog {
            bytes: most.bytes.max(next.bytes),
            seconds: most.seconds.max(next.seconds),
        })
    }

    fn copy_in(&self, folder: &Path) -> Result<Arc<Copy>> {
        let mut copies = lock(&self.folders);
        if let Some(copy) = copies.get(folder) {
            return Ok(Arc::clone(copy));
        }
        let copy = Arc::new(Copy {
            file: self.file.clone(),
            path: folder.join(COPY_NAME),
            state: Mutex::default(),
            changed: Condvar::new(),
            length: Mutex::new(None),
        });
        if self.copying == Copying::Beside {
            let at_work = Arc::clone(&copy);
            let failed = |source| Error::File { path: copy.path.clone(), source };
            std::thread::Builder::new().name("copies".to_owned()).spawn(move || at_work.run()).map_err(failed)?;
        }
        copies.insert(folder.to_owned(), Arc::clone(&copy));
        Ok(copy)
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        let end = Instant::now() + Duration::from_secs(END_SECONDS_MAX);
        for copy in lock(&self.folders).values() {
            let mut state = lock(&copy.state);
            state.is_over = true;
            copy.changed.notify_all();
            let is_under_way = |state: &mut State| state.tried < state.wanted;
            let left = end.saturating_duration_since(Instant::now());
            if self.copying == Copying::Beside {
                let waited = copy.changed.wait_timeout_while(state, left, is_under_way);
                if waited.is_ok_and(|(_, waited)| waited.timed_out()) {
                    tracing::error!(file = %copy.path.display(), "a copy is left behind: its disk does not answer");
                }
            }
        }
    }
}

impl Copy {
    fn want(&self, bytes: u64) {
        let mut state = lock(&self.state);
        state.wanted = state.wanted.max(bytes);
        if state.copied < state.wanted {
            state.behind_since.get_or_insert_with(Instant::now);
        }
        self.changed.notify_all();
    }

    /// Writes whatever is wanted, until the process ends.
    fn run(&self) {
        loop {
            let state = lock(&self.state);
            let has_nothing_to_do = |state: &mut State| state.tried == state.wanted && !state.is_over;
            let state = self.changed.wait_while(state, has_nothing_to_do).unwrap_or_else(PoisonError::into_inner);
            if state.tried == state.wanted {
                return;
            }
            drop(state);
            self.try_once();
        }
    }

    fn try_once(&self) {
        let wanted = lock(&self.state).wanted;
        match self.write(wanted) {
            Ok(()) => self.is_written(wanted),
            Err(error) => {
                tracing::error!(file = %self.path.display(), error = %error.chain(), "what is remembered is not copied");
                let mut state = lock(&self.state);
                state.tried = state.tried.max(wanted);
                self.changed.notify_all();
            }
        }
    }

    fn is_written(&self, bytes: u64) {
        let mut state = lock(&self.state);
        (state.tried, state.copied) = (bytes.max(state.tried), bytes.max(state.copied));
        if state.wanted <= state.copied {
            state.behind_since = None;
        }
        self.changed.notify_all();
    }

    /// Makes the copy as long as so many bytes of the file. One that is not as it was left is made anew; a folder that is
    /// not there is none to make.
    fn write(&self, bytes: u64) -> Result<()> {
        let mut known = lock(&self.length);
        let (known_before, found) = (known.take(), length(&self.path));
        if !folder_of(&self.path).is_dir() {
            return Ok(());
        }
        let written = match known_before {
            None if found == bytes => bytes,
            // Somebody else was here with more.
            Some(before) if before == found && before >= bytes => before,
            Some(before) if before == found => append(&self.file, &self.path, before, bytes).map(|()| bytes)?,
            _ => copy(&self.file, &self.path, bytes).map(|()| bytes)?,
        };
        *known = Some(written);
        Ok(())
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes in a file; none where it is not there.
pub(crate) fn length(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |found| found.len())
}

/// Writes what lies between two places of a file to the end of another.
fn append(from: &Path, to: &Path, start: u64, end: u64) -> Result<()> {
    let bytes = part(from, start, end)?;
    let failed = |source| Error::File { path: to.to_owned(), source };
    let mut file = OpenOptions::new().append(true).open(to).map_err(failed)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)
}

/// Puts the beginning of a file in the place of another, which is only ever whole.
pub(crate) fn copy(from: &Path, to: &Path, end: u64) -> Result<()> {
    let bytes = part(from, 0, end)?;
    let failed = |source| Error::File { path: to.to_owned(), source };
    let part = to.with_extension("part");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part).map_err(failed)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&part, to).map_err(failed)?;
    sync_folder(folder_of(to)).map_err(failed)
}

fn part(of: &Path, start: u64, end: u64) -> Result<Vec<u8>> {
    let failed = |source| Error::File { path: of.to_owned(), source };
    let mut file = File::open(of).map_err(failed)?;
    file.seek(SeekFrom::Start(start)).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(end - start).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_never_becomes_shorter_than_what_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let (file, near) = (folder.path().join("file"), folder.path().join("near"));
        fs::create_dir(&near).unwrap();
        fs::write(&file, "one\ntwo\n").unwrap();
        let copies = Copies::of(file, Copying::AtOnce);
        copies.bring(&[near.clone()].into(), 8);
        // Who asked for less comes late.
        copies.bring_now(&near, 4).unwrap();
        assert_eq!(fs::read_to_string(near.join(COPY_NAME)).unwrap(), "one\ntwo\n");
        assert_eq!(copies.backlog(), Backlog::default());
    }
}
