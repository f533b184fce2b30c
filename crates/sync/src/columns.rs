//! What the log says of each change that travels: its place, when it was received and who signed it.
//!
//! Columns lie one after another, each in the order of the changes: for an item of changes the order in which they
//! are listed; for a whole document the ascending order of the changes' hashes, which every reader can make itself.
//!
//! ```text
//! count  signers  (vault 8, person 8) × signers
//! (run length, signer) …          until the runs cover the count
//! zigzag(seq − previous seq) …    count times, the first from 0
//! zigzag(received − previous) …   count times, the first from 0
//! ```
//! All numbers are LEB128.

use rundan_model::{PersonId, Timestamp, VaultId};

use crate::change::{read_leb128, write_leb128};

/// What the log says of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeRecord {
    /// Its place in the unit's log.
    pub seq: u64,
    /// When the server accepted it, by the server's clock.
    pub received_at: Timestamp,
    /// Which vault signed the request that brought it.
    pub vault: VaultId,
    /// Whose vault that is.
    pub person: PersonId,
}

/// The most changes that one item may bring; a document of a thousand days has fewer.
pub const CHANGES_MAX: usize = 100_000;

/// Writes the columns of these changes.
pub fn encode(records: &[ChangeRecord]) -> Vec<u8> {
    let mut signers: Vec<(VaultId, PersonId)> = Vec::new();
    let mut runs: Vec<(u64, usize)> = Vec::new();
    for record in records {
        let signer = (record.vault, record.person);
        let index = signers.iter().position(|known| *known == signer).unwrap_or_else(|| {
            signers.push(signer);
            signers.len() - 1
        });
        match runs.last_mut() {
            Some((length, run)) if *run == index => *length += 1,
            _ => runs.push((1, index)),
        }
    }
    let mut bytes = Vec::with_capacity(4 + signers.len() * 16 + records.len() * 4);
    write_leb128(records.len() as u64, &mut bytes);
    write_leb128(signers.len() as u64, &mut bytes);
    for (vault, person) in &signers {
        bytes.extend(vault.0);
        bytes.extend(person.0);
    }
    for (length, index) in runs {
        write_leb128(length, &mut bytes);
        write_leb128(index as u64, &mut bytes);
    }
    write_deltas(records.iter().map(|record| record.seq as i64), &mut bytes);
    write_deltas(records.iter().map(|record| record.received_at.0), &mut bytes);
    bytes
}

/// Reads columns; none where the bytes are not exactly the columns of some changes.
pub fn decode(bytes: &[u8]) -> Option<Vec<ChangeRecord>> {
    let (count, rest) = read_leb128(bytes)?;
    let (signer_count, mut rest) = read_leb128(rest)?;
    // A change takes at least two bytes, so a short text cannot claim a large count.
    let is_plausible = count <= CHANGES_MAX as u64 && count <= bytes.len() as u64 && signer_count <= count;
    if !is_plausible {
        return None;
    }
    let mut signers = Vec::new();
    for _ in 0..signer_count {
        let (vault, after_vault) = rest.split_first_chunk::<8>()?;
        let (person, after) = after_vault.split_first_chunk::<8>()?;
        signers.push((VaultId(*vault), PersonId(*person)));
        rest = after;
    }
    let mut records = Vec::new();
    while (records.len() as u64) < count {
        let (length, after_length) = read_leb128(rest)?;
        let (index, after) = read_leb128(after_length)?;
        let (vault, person) = *signers.get(usize::try_from(index).ok()?)?;
        if length == 0 || length > count - records.len() as u64 {
            return None;
        }
        let record = ChangeRecord { seq: 0, received_at: Timestamp(0), vault, person };
        records.extend(std::iter::repeat_n(record, length as usize));
        rest = after;
    }
    let mut rest = read_deltas(rest, &mut records, |record, seq| record.seq = seq as u64)?;
    rest = read_deltas(rest, &mut records, |record, received_at| record.received_at = Timestamp(received_at))?;
    rest.is_empty().then_some(records)
}

fn write_deltas(numbers: impl Iterator<Item = i64>, into: &mut Vec<u8>) {
    let mut previous = 0i64;
    for number in numbers {
        let delta = number.wrapping_sub(previous);
        write_leb128(((delta << 1) ^ (delta >> 63)) as u64, into);
        previous = number;
    }
}

fn read_deltas<'a>(
    mut bytes: &'a [u8],
    records: &mut [ChangeRecord],
    put: impl Fn(&mut ChangeRecord, i64),
) -> Option<&'a [u8]> {
    let mut previous = 0i64;
    for record in records {
        let (zigzag, rest) = read_leb128(bytes)?;
        let delta = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
        previous = previous.wrapping_add(delta);
        put(record, previous);
        bytes = rest;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record() -> impl Strategy<Value = ChangeRecord> {
        (0..i64::MAX as u64, any::<i64>(), 0..3u8).prop_map(|(seq, received_at, signer)| ChangeRecord {
            seq,
            received_at: Timestamp(received_at),
            vault: VaultId([signer; 8]),
            person: PersonId([signer / 2; 8]),
        })
    }

    proptest! {
        #[test]
        fn columns_survive(records in proptest::collection::vec(record(), 0..50)) {
            prop_assert_eq!(decode(&encode(&records)), Some(records));
        }

        #[test]
        fn garbage_is_nothing_and_no_panic(garbage in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = decode(&garbage);
        }
    }

    #[test]
    fn thirteen_changes_of_a_visit_take_few_bytes() {
        let records: Vec<_> = (0..13u64)
            .map(|n| ChangeRecord {
                seq: 100_000 + n,
                received_at: Timestamp(1_780_000_000 + n as i64 * 120),
                vault: VaultId([1; 8]),
                person: PersonId([2; 8]),
            })
            .collect();
        assert!(encode(&records).len() < 65);
    }
}
