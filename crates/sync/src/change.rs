//! The name of an Automerge change, read from its frame without looking inside.

use rundan_model::ChangeHash;
use sha2::{Digest as _, Sha256};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE_CHUNK: u8 = 1;
/// Ten groups of seven bits hold any 64-bit number.
const LEB_BYTES_MAX: usize = 10;

/// Returns the hash of an uncompressed change chunk, or none where the frame is not exactly one such chunk.
///
/// The frame is `magic(4) checksum(4) type(1) length(LEB128) contents`; the hash is SHA-256 over all from the type,
/// and the checksum its first four bytes.
pub fn change_hash(chunk: &[u8]) -> Option<ChangeHash> {
    let (magic, rest) = chunk.split_first_chunk::<4>()?;
    let (checksum, hashed) = rest.split_first_chunk::<4>()?;
    let (kind, framed) = hashed.split_first()?;
    let (length, contents) = read_leb128(framed)?;
    let is_one_change = *magic == MAGIC && *kind == CHANGE_CHUNK && length == contents.len() as u64;
    if !is_one_change {
        return None;
    }
    let hash = ChangeHash(Sha256::digest(hashed).into());
    hash.0.starts_with(checksum).then_some(hash)
}

/// Reads an unsigned LEB128 number in its only spelling; returns what follows it.
pub(crate) fn read_leb128(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0u64;
    for (place, byte) in bytes.iter().enumerate().take(LEB_BYTES_MAX) {
        let group = u64::from(byte & 0x7f);
        let shifted = group.checked_shl(7 * place as u32)?;
        if shifted >> (7 * place) != group {
            return None;
        }
        number |= shifted;
        if byte & 0x80 == 0 {
            let is_canonical = place == 0 || *byte != 0;
            return is_canonical.then(|| bytes.get(place + 1..).map(|rest| (number, rest)))?;
        }
    }
    None
}

/// Writes an unsigned LEB128 number.
pub(crate) fn write_leb128(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn chunk(contents: &[u8]) -> Vec<u8> {
        let mut hashed = vec![CHANGE_CHUNK];
        write_leb128(contents.len() as u64, &mut hashed);
        hashed.extend(contents);
        let hash = Sha256::digest(&hashed);
        [&MAGIC[..], &hash[..4], &hashed].concat()
    }

    #[test]
    fn the_hash_covers_type_length_and_contents() {
        let chunk = chunk(b"abc");
        let hash = change_hash(&chunk).unwrap();
        assert_eq!(hash.0[..], Sha256::digest(b"\x01\x03abc")[..]);
    }

    #[test]
    fn another_frame_has_no_hash() {
        let whole = chunk(&[9; 300]);
        for cut in 0..whole.len() {
            assert_eq!(change_hash(&whole[..cut]), None);
        }
        assert_eq!(change_hash(&[whole.clone(), vec![0]].concat()), None);
        for place in 0..whole.len() {
            let mut altered = whole.clone();
            altered[place] ^= 1;
            assert_eq!(change_hash(&altered), None, "{place}");
        }
    }

    proptest! {
        #[test]
        fn a_number_survives(number in any::<u64>()) {
            let mut bytes = Vec::new();
            write_leb128(number, &mut bytes);
            prop_assert_eq!(read_leb128(&bytes), Some((number, &[][..])));
        }
    }

    #[test]
    fn a_longer_spelling_of_a_number_is_refused() {
        assert_eq!(read_leb128(&[0x80, 0x00]), None);
        assert_eq!(read_leb128(&[0xff; 11]), None);
    }
}
