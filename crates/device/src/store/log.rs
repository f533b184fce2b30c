//! Whether a write-ahead log was cut short by a damage.
//!
//! SQLite reads a log up to the first frame that is not as it was written, and takes what follows for what a power cut
//! left behind. That is at most one transaction: the next one begins only when the disk has said that it holds the one
//! before. So a frame after a whole transaction after the first broken frame means that what was said to be saved is
//! lost. A damage in the last transaction, or a log that has lost its end, looks like a power cut: nobody can tell.

use std::io::{ErrorKind, Read};
use std::path::Path;

/// The size of a page, which SQLCipher sets and nothing here changes.
const PAGE_BYTES: usize = 4_096;
/// Before the first frame: magic number, version, page size, checkpoint, two salts, two checksums.
const HEADER_BYTES: usize = 32;
/// Before each page: its number, the file's size if a transaction ends here, two salts, two checksums.
const FRAME_HEADER_BYTES: usize = 24;
/// The first four bytes of a log whose checksums are sums of little-endian words; the next number is the big-endian's.
const MAGIC: u32 = 0x377f_0682;

/// Whether a log lost transactions that were said to be saved; not where there is none.
pub(super) fn is_cut(log: &Path) -> std::io::Result<bool> {
    let mut bytes = Vec::new();
    match std::fs::File::open(log).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Ok(_) => Ok(has_lost(&bytes).unwrap_or(false)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn has_lost(bytes: &[u8]) -> Option<bool> {
    let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
    let (frames, _) = rest.as_chunks::<{ FRAME_HEADER_BYTES + PAGE_BYTES }>();
    let magic = word(header, 0)?;
    let mut sum = Sum { is_big_endian: magic == MAGIC + 1, sums: (0, 0) };
    sum.add(header.get(..24)?);
    let is_header_sound = matches!(magic.wrapping_sub(MAGIC), 0 | 1) && sum.is(header, 24);
    // Frames of an earlier round through the file have other salts.
    let salts = if is_header_sound { header.get(16..24)? } else { frames.get(1)?.get(8..16)? };
    let mut is_sound = |frame: &[u8]| {
        let (head, page) = frame.split_at(FRAME_HEADER_BYTES);
        sum.add(head.get(..8).unwrap_or_default());
        sum.add(page);
        is_header_sound && head.get(8..16) == Some(salts) && sum.is(head, 16)
    };
    let broken = frames.iter().skip_while(|frame| is_sound(&frame[..]));
    let mut of_this_round = broken.filter(|frame| frame.get(8..16) == Some(salts));
    let ends_one = |frame: &&[u8; FRAME_HEADER_BYTES + PAGE_BYTES]| word(&frame[..], 4).is_some_and(|pages| pages > 0);
    of_this_round.find(ends_one)?;
    Some(of_this_round.next().is_some())
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The checksum that runs through a log.
struct Sum {
    is_big_endian: bool,
    sums: (u32, u32),
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        let read = |word: [u8; 4]| if self.is_big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) };
        let (words, _) = bytes.as_chunks::<4>();
        let (pairs, _) = words.as_chunks::<2>();
        for [first, second] in pairs {
            let one = self.sums.0.wrapping_add(read(*first)).wrapping_add(self.sums.1);
            self.sums = (one, self.sums.1.wrapping_add(read(*second)).wrapping_add(one));
        }
    }

    /// Whether it stands at a place of a header.
    fn is(&self, header: &[u8], at: usize) -> bool {
        word(header, at) == Some(self.sums.0) && word(header, at + 4) == Some(self.sums.1)
    }
}
