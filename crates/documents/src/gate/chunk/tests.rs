use std::io::Read;

use super::*;

#[test]
fn runs_literals_and_absent_entries_are_summed() {
    // Three times 5, then 1 and 2, then four absent.
    let column = [3, 5, 0x7e, 1, 2, 0, 4];
    assert_eq!(runs(0x70, &column, 9), Ok(Runs { entries: 9, total: 18, above_zero: 5 }));
    assert_eq!(runs(0x70, &column, 8), Err(Refusal::TooMuch));
}

#[test]
fn texts_are_skipped_by_their_length() {
    assert_eq!(runs(0x15, b"\x7e\x03abc\x01d", 9), Ok(Runs { entries: 2, ..Runs::default() }));
    assert_eq!(runs(0x15, b"\x7f\x04abc", 9), Err(Refusal::Malformed));
}

#[test]
fn booleans_are_counts_in_turn() {
    assert_eq!(runs(0x34, &[0, 2, 3], 5), Ok(Runs { entries: 5, ..Runs::default() }));
    assert_eq!(runs(0x34, &[0, 2, 3], 4), Err(Refusal::TooMuch));
}

#[test]
fn a_number_longer_than_it_must_be_is_no_number() {
    assert_eq!(Reader(&[0xe5, 0x8e, 0x26]).unsigned(), Ok(624_485));
    assert_eq!(Reader(&[0x80, 0x00]).unsigned(), Err(Refusal::Malformed));
    assert_eq!(Reader(&[0xff; 11]).unsigned(), Err(Refusal::Malformed));
    assert_eq!(Reader(&[0x7f]).signed(), Ok(-1));
    assert_eq!(Reader(&[0xc0, 0xbb, 0x78]).signed(), Ok(-123_456));
}

#[test]
fn inflation_ends_at_its_limit() {
    let mut deflated = Vec::new();
    let mut encoder = flate2::read::DeflateEncoder::new(&[7_u8; 1_000][..], flate2::Compression::best());
    encoder.read_to_end(&mut deflated).unwrap();
    assert_eq!(inflate(&deflated, 1_000).map(|bytes| bytes.len()), Ok(1_000));
    assert_eq!(inflate(&deflated, 999), Err(Refusal::TooMuch));
}
