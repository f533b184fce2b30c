//! A first, bounded reading of bytes from outside: sizes, counts and run lengths, before Automerge sees a byte.
//!
//! Automerge keeps columns run-length encoded and inflates what is deflated, so a hundred bytes can name millions
//! of operations. Here nothing is expanded: runs are summed, and what is deflated is inflated up to a limit.
//! The format is Automerge's binary document format, <https://automerge.org/automerge-binary-format-spec/>.

use flate2::{Decompress, FlushDecompress, Status};
use rundan_model::{ChangeHash, Timestamp};
use sha2::{Digest, Sha256};

use super::{CHANGE_BYTES_MAX, COUNTER_MAX, DEPENDENCIES_MAX, DOCUMENT_CHANGES_MAX, OPERATIONS_MAX, Refusal};

/// The longest saved document, bytes, deflated or not. A visit is some 2 KB.
const DOCUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The most operations of one saved document: far more than the gate lets in, so that none is ever shut out.
const DOCUMENT_OPERATIONS_MAX: u64 = 200_000;
/// The most sessions that may have written one document: each is one opening of an app.
const DOCUMENT_ACTORS_MAX: u64 = DOCUMENT_CHANGES_MAX as u64;
/// The most other sessions that one change may name.
const OTHER_ACTORS_MAX: u64 = 1_000;
/// The most columns of one table: Automerge knows sixteen.
const COLUMNS_MAX: u64 = 32;

/// How many times longer a column is expected to be when inflated: what a year of a key shows.
const INFLATED_TIMES: usize = 8;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHECKSUM_BYTES: usize = 4;
const CHUNK_DOCUMENT: u8 = 0;
const CHUNK_CHANGE: u8 = 1;
const HASH_BYTES: usize = 32;
const ACTOR_BYTES: u64 = 16;

/// The columns of a change to a document of Rundan: parts and keys, insert, action, value, predecessors.
/// Lists, marks and cursors have others.
const CHANGE_COLUMNS: [u32; 10] = [0x01, 0x02, 0x15, 0x34, ACTION, VALUE_LENGTHS, VALUES, PREDECESSORS, 0x71, 0x73];
const ACTION: u32 = 0x42;
const VALUE_LENGTHS: u32 = 0x56;
const VALUES: u32 = 0x57;
const PREDECESSORS: u32 = 0x70;
/// The columns of a document's changes that say by whom each is and how many others it depends on.
const CHANGE_ACTOR: u32 = 0x01;
const DEPENDENCIES: u32 = 0x40;
/// The bit of a column's specification that says it is deflated.
const DEFLATED: u32 = 0b1000;

type Reading<T> = Result<T, Refusal>;

/// What a change counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Its name.
    pub(crate) hash: ChangeHash,
    /// Its operations, those that a run names too.
    pub(crate) operations: u64,
    /// Their predecessors.
    pub(crate) predecessors: u64,
    /// Its dependencies.
    pub(crate) dependencies: u64,
}

/// Checks that a change's bytes are one uncompressed change of bounded size, with nothing after it.
pub(crate) fn check_change(bytes: &[u8]) -> Reading<Counted> {
    if bytes.len() > CHANGE_BYTES_MAX {
        return Err(Refusal::TooMuch);
    }
    let (hash, mut body) = chunk(bytes, CHUNK_CHANGE)?;
    let deps = body.count(DEPENDENCIES_MAX as u64)?;
    body.skip(deps as usize * HASH_BYTES)?;
    if body.unsigned()? != ACTOR_BYTES {
        return Err(Refusal::Actor);
    }
    body.skip(ACTOR_BYTES as usize)?;
    let (_sequence, start, time) = (body.unsigned()?, body.unsigned()?, body.signed()?);
    if !(1..=COUNTER_MAX).contains(&start) {
        return Err(Refusal::History);
    }
    let message = body.unsigned()?;
    if message != 0 || Timestamp::try_from(time).is_err() {
        return Err(Refusal::Malformed);
    }
    for _ in 0..body.count(OTHER_ACTORS_MAX)? {
        if body.unsigned()? != ACTOR_BYTES {
            return Err(Refusal::Actor);
        }
        body.skip(ACTOR_BYTES as usize)?;
    }
    let columns = body.columns()?;
    let (mut operations, mut predecessors, mut value_bytes) = (0, 0, (0, 0));
    for column in &columns {
        if !CHANGE_COLUMNS.contains(&column.specification) {
            return Err(Refusal::Operation);
        }
        let runs = runs(column.specification, body.take(column.bytes)?, OPERATIONS_MAX as u64)?;
        match column.specification {
            ACTION => operations = runs.entries,
            PREDECESSORS if runs.total > OPERATIONS_MAX as u64 => return Err(Refusal::TooMuch),
            PREDECESSORS => predecessors = runs.total,
            VALUE_LENGTHS => value_bytes.0 = runs.total,
            VALUES => value_bytes.1 = column.bytes as u64,
            _ => {}
        }
    }
    if value_bytes.0 != value_bytes.1 {
        return Err(Refusal::Malformed);
    }
    // Extra bytes would be kept for ever and shown to nobody.
    let is_whole = body.is_empty() && operations > 0;
    let counted = Counted { hash, operations, predecessors, dependencies: deps };
    if is_whole { Ok(counted) } else { Err(Refusal::Malformed) }
}

/// Checks that bytes are one saved document of bounded size, also when inflated, with nothing after it; tells how many
/// of its changes depend on none.
pub(crate) fn check_document(bytes: &[u8]) -> Reading<u64> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(Refusal::TooMuch);
    }
    let (_, mut body) = chunk(bytes, CHUNK_DOCUMENT)?;
    for _ in 0..body.count(DOCUMENT_ACTORS_MAX)? {
        if body.unsigned()? != ACTOR_BYTES {
            return Err(Refusal::Actor);
        }
        body.skip(ACTOR_BYTES as usize)?;
    }
    let heads = body.count(DOCUMENT_CHANGES_MAX as u64)?;
    body.skip(heads as usize * HASH_BYTES)?;
    let (changes, operations) = (body.columns()?, body.columns()?);
    let mut inflatable = DOCUMENT_BYTES_MAX;
    let (mut count, mut dependent) = (0, 0);
    for (columns, limit) in [(&changes, DOCUMENT_CHANGES_MAX as u64), (&operations, DOCUMENT_OPERATIONS_MAX)] {
        for column in columns {
            let bytes = body.take(column.bytes)?;
            let specification = column.specification & !DEFLATED;
            let runs = if column.specification == specification {
                runs(specification, bytes, limit)?
            } else {
                let inflated = inflate(bytes, inflatable)?;
                inflatable -= inflated.len();
                runs(specification, &inflated, limit)?
            };
            if std::ptr::eq(columns, &changes) {
                match specification {
                    CHANGE_ACTOR => count = runs.entries,
                    DEPENDENCIES => dependent = runs.above_zero,
                    _ => {}
                }
            }
        }
    }
    // The places of the heads.
    for _ in 0..heads {
        body.unsigned()?;
    }
    let independent = count.checked_sub(dependent).filter(|_| body.is_empty());
    independent.ok_or(Refusal::Malformed)
}

/// The hash and the body of the only chunk in these bytes.
fn chunk(bytes: &[u8], expected: u8) -> Reading<(ChangeHash, Reader<'_>)> {
    let mut reader = Reader(bytes);
    if reader.take(MAGIC.len())? != MAGIC {
        return Err(Refusal::Malformed);
    }
    let checksum = reader.take(CHECKSUM_BYTES)?;
    // Automerge reads a change without comparing it.
    let hash: [u8; HASH_BYTES] = Sha256::digest(reader.0).into();
    let is_whole = hash.starts_with(checksum);
    let is_expected = reader.take(1)? == [expected];
    let length = reader.unsigned()?;
    let is_honest = is_whole && is_expected && length == reader.0.len() as u64;
    if is_honest { Ok((ChangeHash(hash), reader)) } else { Err(Refusal::Malformed) }
}

/// Inflates at most `limit` bytes.
fn inflate(bytes: &[u8], limit: usize) -> Reading<Vec<u8>> {
    let mut inflater = Decompress::new(false);
    let mut inflated = Vec::with_capacity(bytes.len().saturating_mul(INFLATED_TIMES).min(limit + 1));
    loop {
        let rest = usize::try_from(inflater.total_in()).ok().and_then(|read| bytes.get(read..)).unwrap_or_default();
        match inflater.decompress_vec(rest, &mut inflated, FlushDecompress::Finish) {
            Ok(_) if inflated.len() > limit => return Err(Refusal::TooMuch),
            Ok(Status::StreamEnd) => return Ok(inflated),
            // There is no more room.
            Ok(_) if inflated.len() == inflated.capacity() => {
                inflated.reserve_exact(inflated.len().clamp(1, limit + 1 - inflated.len()));
            }
            Ok(_) | Err(_) => return Err(Refusal::Malformed),
        }
    }
}

struct Column {
    specification: u32,
    bytes: usize,
}

/// What a column holds, summed without expanding it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Runs {
    /// How many entries, absent ones too.
    entries: u64,
    /// The sum of its numbers; of a group, how many members it has in all.
    total: u64,
    /// How many of its numbers are above zero.
    above_zero: u64,
}

/// How one entry of a column is read: as a number, if it is one that counts.
type Entry = fn(&mut Reader<'_>) -> Reading<u64>;

/// Sums a column's runs, refusing more than `limit` entries.
fn runs(specification: u32, bytes: &[u8], limit: u64) -> Reading<Runs> {
    let entry: Entry = match specification & 0b111 {
        // Group, actor, integer.
        0..=2 => |reader| reader.unsigned(),
        // What a value is, in four bits, and how long.
        6 => |reader| reader.unsigned().map(|about| about >> 4),
        // Differences.
        3 => |reader| reader.signed().map(|_| 0),
        // Booleans: how often each of them in turn.
        4 => return booleans(bytes, limit),
        // Texts.
        5 => |reader| {
            let length = reader.unsigned()?;
            reader.skip(usize::try_from(length).map_err(|_| Refusal::Malformed)?).map(|()| 0)
        },
        // Values, as long as the column of their lengths says.
        _ => return Ok(Runs::default()),
    };
    let mut reader = Reader(bytes);
    let mut sum = Runs::default();
    while !reader.is_empty() {
        let (length, times) = match reader.signed()? {
            // Absent entries.
            0 => (reader.unsigned()?, 0),
            run if run > 0 => (run as u64, 1),
            literals => (literals.unsigned_abs(), literals.unsigned_abs()),
        };
        sum.entries = sum.entries.checked_add(length).filter(|entries| *entries <= limit).ok_or(Refusal::TooMuch)?;
        for _ in 0..times {
            let repeated = if times == 1 { length } else { 1 };
            let number = entry(&mut reader)?;
            if number > 0 {
                sum.above_zero += repeated;
            }
            let weight = number.checked_mul(repeated).ok_or(Refusal::TooMuch)?;
            sum.total = sum.total.checked_add(weight).ok_or(Refusal::TooMuch)?;
        }
    }
    Ok(sum)
}

fn booleans(bytes: &[u8], limit: u64) -> Reading<Runs> {
    let mut reader = Reader(bytes);
    let mut entries = 0_u64;
    while !reader.is_empty() {
        entries =
            entries.checked_add(reader.unsigned()?).filter(|entries| *entries <= limit).ok_or(Refusal::TooMuch)?;
    }
    Ok(Runs { entries, ..Runs::default() })
}

/// Bytes still to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, length: usize) -> Reading<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Refusal::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn skip(&mut self, length: usize) -> Reading<()> {
        self.take(length).map(|_| ())
    }

    /// A number in LEB128, as it is written shortest.
    fn unsigned(&mut self) -> Reading<u64> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(Refusal::Malformed);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                let is_shortest = byte != 0 || shift == 0;
                return if is_shortest { Ok(number) } else { Err(Refusal::Malformed) };
            }
        }
        Err(Refusal::Malformed)
    }

    /// A number in signed LEB128.
    fn signed(&mut self) -> Reading<i64> {
        let mut number = 0_i64;
        for shift in (0..i64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let is_negative = byte & 0x40 != 0 && shift + 7 < i64::BITS;
                return Ok(if is_negative { number | (-1 << (shift + 7)) } else { number });
            }
        }
        Err(Refusal::Malformed)
    }

    fn byte(&mut self) -> Reading<u8> {
        let (byte, rest) = self.0.split_first().ok_or(Refusal::Malformed)?;
        self.0 = rest;
        Ok(*byte)
    }

    /// A count of things that follow.
    fn count(&mut self, limit: u64) -> Reading<u64> {
        match self.unsigned()? {
            count if count <= limit => Ok(count),
            _ => Err(Refusal::TooMuch),
        }
    }

    fn columns(&mut self) -> Reading<Vec<Column>> {
        let mut columns = Vec::new();
        for _ in 0..self.count(COLUMNS_MAX)? {
            let (specification, bytes) = (self.unsigned()?, self.unsigned()?);
            columns.push(Column {
                specification: u32::try_from(specification).map_err(|_| Refusal::Malformed)?,
                bytes: usize::try_from(bytes).map_err(|_| Refusal::Malformed)?,
            });
        }
        Ok(columns)
    }
}

#[cfg(test)]
mod tests;
