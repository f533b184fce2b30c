//! What a power cut leaves: the folder after each operation, with more or less of what was not synced.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::{Deed, Operation};

/// A disk writes a sector whole or not at all.
const SECTOR_BYTES: usize = 512;

/// What is kept of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Nothing,
    /// Everything: also what a killed process leaves, and a disk that lies about syncs but keeps their order.
    All,
    /// Some of it, in no order, chosen by chance: one draw of several.
    Some(u8),
    /// Everything, but the last write ends at a sector's edge.
    Torn,
}

impl Keep {
    /// All of them; of the chances so many that a run opens each database again some 20,000 times.
    pub const EACH: [Self; 12] = [
        Self::Nothing,
        Self::All,
        Self::Torn,
        Self::Some(0),
        Self::Some(1),
        Self::Some(2),
        Self::Some(3),
        Self::Some(4),
        Self::Some(5),
        Self::Some(6),
        Self::Some(7),
        Self::Some(8),
    ];
}

/// A file as it is for programs, and as it is on the disk.
#[derive(Debug, Clone, Default)]
struct File {
    now: Option<Vec<u8>>,
    synced: Option<Vec<u8>>,
    unsynced: Vec<Deed>,
}

/// The files of a folder, operation by operation.
#[derive(Debug)]
pub struct Crashes<'a> {
    operations: &'a [Operation],
    done: usize,
    files: BTreeMap<PathBuf, File>,
}

impl<'a> Crashes<'a> {
    /// Before the first operation.
    pub fn new(operations: &'a [Operation]) -> Self {
        Self { operations, done: 0, files: BTreeMap::new() }
    }

    /// Carries out the next operation; none if that was the last.
    pub fn step(&mut self) -> Option<&'a Operation> {
        let operation = self.operations.get(self.done)?;
        self.done += 1;
        self.files.entry(operation.file.clone()).or_default().take(&operation.deed);
        Some(operation)
    }

    /// How many operations are done.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Whether anything of the files that `chosen` names is not synced, so that it matters what is kept.
    pub fn is_unsynced(&self, chosen: impl Fn(&Path) -> bool) -> bool {
        self.files.iter().any(|(name, file)| chosen(name) && !file.unsynced.is_empty())
    }

    /// Writes the files that `chosen` names as a power cut now would leave them.
    pub fn leave(&self, folder: &Path, keep: Keep, chosen: impl Fn(&Path) -> bool) -> std::io::Result<()> {
        let draw = match keep {
            Keep::Some(draw) => u64::from(draw),
            _ => 0,
        };
        let mut chance = ChaCha8Rng::seed_from_u64(self.done as u64 ^ draw << 32);
        let files = self.files.iter().filter(|(name, _)| chosen(name));
        put(folder, files.map(|(name, file)| (name, file.left(keep, &mut chance))))
    }

    /// Writes the files that `chosen` names as programs see them now.
    pub fn show(&self, folder: &Path, chosen: impl Fn(&Path) -> bool) -> std::io::Result<()> {
        let files = self.files.iter().filter(|(name, _)| chosen(name));
        put(folder, files.map(|(name, file)| (name, file.now.clone())))
    }
}

fn put<'a>(folder: &Path, files: impl Iterator<Item = (&'a PathBuf, Option<Vec<u8>>)>) -> std::io::Result<()> {
    for (name, bytes) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        if let Some(bytes) = bytes {
            std::fs::write(path, bytes)?;
        }
    }
    Ok(())
}

impl File {
    fn take(&mut self, deed: &Deed) {
        apply(&mut self.now, deed, usize::MAX);
        match deed {
            Deed::Sync | Deed::Appear(_) | Deed::Vanish | Deed::Delete { is_synced: true } => {
                self.synced.clone_from(&self.now);
                self.unsynced.clear();
            }
            deed => self.unsynced.push(deed.clone()),
        }
    }

    fn left(&self, keep: Keep, chance: &mut ChaCha8Rng) -> Option<Vec<u8>> {
        let mut left = self.synced.clone();
        match keep {
            Keep::Nothing => {}
            Keep::All => left.clone_from(&self.now),
            Keep::Torn => {
                let Some((last, before)) = self.unsynced.split_last() else { return left };
                before.iter().for_each(|deed| apply(&mut left, deed, usize::MAX));
                let sectors = match last {
                    Deed::Write { bytes, .. } => bytes.len() / SECTOR_BYTES,
                    _ => 0,
                };
                apply(&mut left, last, below(chance, sectors) * SECTOR_BYTES);
            }
            Keep::Some(_) => {
                for deed in &self.unsynced {
                    let is_kept = chance.next_u32().is_multiple_of(2);
                    if is_kept {
                        apply(&mut left, deed, usize::MAX);
                    } else if matches!(deed, Deed::Create | Deed::Delete { .. }) {
                        // What was done to the new file is not in the folder without it.
                        break;
                    }
                }
            }
        }
        left
    }
}

/// A number below `end`; 0 if there is none.
fn below(chance: &mut ChaCha8Rng, end: usize) -> usize {
    chance.next_u32() as usize % end.max(1)
}

/// Does to the bytes what was done to the file; of a write at most so many bytes.
fn apply(file: &mut Option<Vec<u8>>, deed: &Deed, bytes_max: usize) {
    match deed {
        Deed::Create => *file = Some(Vec::new()),
        Deed::Appear(bytes) => *file = Some(bytes.clone()),
        Deed::Vanish | Deed::Delete { .. } => *file = None,
        Deed::Sync => {}
        Deed::Truncate(size) => file.get_or_insert_default().resize(usize::try_from(*size).expect("a small file"), 0),
        Deed::Write { offset, bytes } => {
            let bytes = &bytes[..bytes.len().min(bytes_max)];
            let start = usize::try_from(*offset).expect("a small file");
            let file = file.get_or_insert_default();
            file.resize(file.len().max(start + bytes.len()), 0);
            file[start..start + bytes.len()].copy_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(offset: u64, bytes: &[u8]) -> Deed {
        Deed::Write { offset, bytes: bytes.to_vec() }
    }

    fn left(deeds: &[Deed], keep: Keep) -> Option<Vec<u8>> {
        let mut file = File::default();
        deeds.iter().for_each(|deed| file.take(deed));
        file.left(keep, &mut ChaCha8Rng::seed_from_u64(1))
    }

    #[test]
    fn what_is_synced_stays_and_the_rest_may_go() {
        let deeds = [Deed::Create, write(0, b"abcd"), Deed::Sync, write(2, b"xyz")];
        assert_eq!(left(&deeds, Keep::Nothing).unwrap(), b"abcd");
        assert_eq!(left(&deeds, Keep::All).unwrap(), b"abxyz");
        assert_eq!(left(&deeds, Keep::Torn).unwrap(), b"abcd", "less than a sector is nothing");
    }

    #[test]
    fn a_file_that_was_never_synced_may_not_be_there() {
        assert_eq!(left(&[Deed::Create, write(0, b"abcd")], Keep::Nothing), None);
        let deleted = [Deed::Create, write(0, b"abcd"), Deed::Sync, Deed::Delete { is_synced: false }];
        assert_eq!(left(&deleted, Keep::Nothing).unwrap(), b"abcd");
        assert_eq!(left(&deleted, Keep::All), None);
    }

    #[test]
    fn a_torn_write_ends_at_a_sectors_edge() {
        let page = vec![7; 4_096];
        let torn = left(&[Deed::Create, Deed::Sync, write(0, &page)], Keep::Torn).unwrap();
        assert!(torn.len() < page.len() && torn.len().is_multiple_of(SECTOR_BYTES));
    }
}
