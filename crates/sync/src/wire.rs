//! Bodies: CBOR in one zstd frame, bounded in both directions.

use std::io::Read;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest body that a server reads: a month of one person's work stays far below.
pub const REQUEST_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The longest body that a vault reads. A server fills an answer by what it takes before it is packed.
pub const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The longest message after inflation, so that a small body cannot fill the memory.
pub const INFLATED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The content type of every body.
pub const CONTENT_TYPE: &str = "application/vnd.rundan.sync";

/// 8 MiB, the largest window that a frame may ask a reader to keep.
const WINDOW_LOG_MAX: u32 = 23;
const ZSTD_LEVEL: i32 = 3;
const CBOR_DEPTH_MAX: usize = 16;
/// The most values in one message: an office that says what it holds of 100,000 documents has some 300,000. A value
/// of one byte takes some forty once it is read.
const CBOR_VALUES_MAX: usize = 500_000;

/// Says why a body is no message.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The body is longer than allowed, before or after inflation.
    #[error("The body is too long")]
    TooLong,
    /// The body is not one whole zstd frame.
    #[error("The body is not one zstd frame")]
    Frame(#[source] std::io::Error),
    /// More values than a message may have, a length that is not there, or one that is not told.
    #[error("The body is not CBOR of bounded size")]
    Unbounded,
    /// Bytes follow the message.
    #[error("Bytes follow the message")]
    Trailing,
    /// The content is not the CBOR of the message.
    #[error("The body is not the expected message")]
    Cbor(#[source] ciborium::de::Error<std::io::Error>),
    /// A message could not be written.
    #[error("The message could not be written")]
    Write(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Writes a message as a body, unless nobody would read it.
pub fn encode<M: Serialize>(message: &M) -> Result<Vec<u8>, WireError> {
    let plain = to_cbor(message)?;
    if plain.len() > INFLATED_BYTES_MAX {
        return Err(WireError::TooLong);
    }
    zstd::bulk::compress(&plain, ZSTD_LEVEL).map_err(|source| WireError::Write(Box::new(source)))
}

/// Reads a body of at most `bytes_max` bytes.
pub fn decode<M: DeserializeOwned>(body: &[u8], bytes_max: usize) -> Result<M, WireError> {
    if body.len() > bytes_max {
        return Err(WireError::TooLong);
    }
    let mut decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(WireError::Frame)?.single_frame();
    decoder.window_log_max(WINDOW_LOG_MAX).map_err(WireError::Frame)?;
    let mut plain = Vec::new();
    decoder.by_ref().take(INFLATED_BYTES_MAX as u64 + 1).read_to_end(&mut plain).map_err(WireError::Frame)?;
    if plain.len() > INFLATED_BYTES_MAX {
        return Err(WireError::TooLong);
    }
    if !decoder.finish().is_empty() {
        return Err(WireError::Trailing);
    }
    from_cbor(&plain)
}

/// Writes CBOR alone.
pub fn to_cbor<M: Serialize>(message: &M) -> Result<Vec<u8>, WireError> {
    let mut plain = Vec::new();
    ciborium::into_writer(message, &mut plain).map_err(|source| WireError::Write(Box::new(source)))?;
    Ok(plain)
}

/// Reads CBOR alone, with nothing after it.
pub fn from_cbor<M: DeserializeOwned>(mut plain: &[u8]) -> Result<M, WireError> {
    check_bounds(plain)?;
    let message =
        ciborium::de::from_reader_with_recursion_limit(&mut plain, CBOR_DEPTH_MAX).map_err(WireError::Cbor)?;
    if !plain.is_empty() {
        return Err(WireError::Trailing);
    }
    Ok(message)
}

/// Counts the values and follows the lengths, before anything is made of them.
fn check_bounds(mut plain: &[u8]) -> Result<(), WireError> {
    for _ in 0..CBOR_VALUES_MAX {
        let Some((head, rest)) = plain.split_first() else { return Ok(()) };
        // RFC 8949 §3: three bits of type, five of length or of how many bytes hold it; 31 is "not told".
        let (kind, short) = (head >> 5, head & 0x1f);
        let width = match short {
            0..=23 => 0,
            24..=27 => 1 << (short - 24),
            _ => return Err(WireError::Unbounded),
        };
        let (argument, rest) = rest.split_at_checked(width).ok_or(WireError::Unbounded)?;
        let long = argument.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let length = if width == 0 { u64::from(short) } else { long };
        let skipped = if matches!(kind, BYTES | TEXT) { usize::try_from(length).ok() } else { Some(0) };
        let (_, after) = skipped.and_then(|length| rest.split_at_checked(length)).ok_or(WireError::Unbounded)?;
        plain = after;
    }
    if plain.is_empty() { Ok(()) } else { Err(WireError::Unbounded) }
}

/// CBOR's type of byte strings.
const BYTES: u8 = 2;
/// CBOR's type of text.
const TEXT: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode_numbers(body: &[u8]) -> Result<Vec<u32>, WireError> {
        decode(body, REQUEST_BYTES_MAX)
    }

    #[test]
    fn a_message_survives_the_way() {
        let body = encode(&vec![1u32, 2, 3]).unwrap();
        assert_eq!(decode_numbers(&body).unwrap(), [1, 2, 3]);
    }

    #[test]
    fn a_small_body_that_inflates_without_end_is_refused() {
        let bomb = zstd::bulk::compress(&vec![0u8; INFLATED_BYTES_MAX * 4], 3).unwrap();
        assert!(bomb.len() < 10_000);
        assert!(matches!(decode_numbers(&bomb), Err(WireError::TooLong)));
    }

    #[test]
    fn a_body_over_the_limit_is_refused_unread() {
        assert!(matches!(decode::<u32>(&[0; 11], 10), Err(WireError::TooLong)));
    }

    #[test]
    fn what_follows_the_message_is_refused() {
        let mut body = encode(&1u32).unwrap();
        body.push(0);
        assert!(matches!(decode::<u32>(&body, 100), Err(WireError::Trailing)));
        assert!(matches!(from_cbor::<u32>(&[1, 1]), Err(WireError::Trailing)));
    }

    #[test]
    fn a_frame_cut_short_is_refused() {
        let body = encode(&vec![7u32; 100]).unwrap();
        for length in 0..body.len() {
            assert!(decode_numbers(&body[..length]).is_err(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_an_error_and_no_panic(garbage in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode::<crate::SyncRequest>(&garbage, REQUEST_BYTES_MAX);
            let _ = from_cbor::<crate::SyncRequest>(&garbage);
            let _ = from_cbor::<crate::SyncAnswer>(&garbage);
        }
    }

    #[test]
    fn cbor_that_promises_more_than_it_brings_is_refused_unread() {
        let many = |count: usize| {
            let mut bytes = vec![0x9a];
            bytes.extend_from_slice(&u32::try_from(count).unwrap().to_be_bytes());
            bytes.resize(5 + count, 0x40);
            bytes
        };
        let refused = |bytes: &[u8]| matches!(from_cbor::<Vec<serde_bytes::ByteBuf>>(bytes), Err(WireError::Unbounded));
        assert!(refused(&many(CBOR_VALUES_MAX)), "a value of one byte takes forty in memory");
        assert_eq!(from_cbor::<Vec<serde_bytes::ByteBuf>>(&many(1_000)).unwrap().len(), 1_000);
        assert!(refused(b"\x9f\x40\xff"), "a list whose length is not told");
        assert!(refused(b"\x81\x5f\x40\xff"), "bytes whose length is not told");
        assert!(refused(b"\x81\x5b\xff\xff\xff\xff\xff\xff\xff\xff"), "more bytes than there are");
        assert!(refused(b"\x81\x5a\x00\x00"), "half a length");
        assert!(refused(b"\x81\x5c"), "a length of no known width");
    }

    #[test]
    fn a_list_that_says_it_is_long_and_ends_is_refused() {
        assert!(matches!(from_cbor::<Vec<u32>>(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x01"), Err(WireError::Cbor(_))));
        let deep = [[0x81_u8; 100].as_slice(), &[0x01]].concat();
        assert!(matches!(from_cbor::<ciborium::Value>(&deep), Err(WireError::Cbor(_))));
    }
}
