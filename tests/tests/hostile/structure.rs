//! Beginnings, pushes of several changes and whole saved documents, mutated under honest checksums.

use rundan_tests::structure::{self, What};

#[test]
fn mutated_beginnings_do_no_harm() {
    let counted = structure::run(What::Genesis, 1, 40_000).unwrap();
    assert!(counted.taken > 0 && counted.taken < counted.tried, "{counted:?}");
}

#[test]
fn mutated_pushes_of_several_changes_do_no_harm() {
    let counted = structure::run(What::Push, 2, 10_000).unwrap();
    assert!(counted.taken > 0 && counted.taken < counted.tried, "{counted:?}");
}

#[test]
fn mutated_documents_do_no_harm_to_who_loads_them() {
    let counted = structure::run(What::Saved, 3, 40_000).unwrap();
    assert!(counted.taken < counted.tried, "{counted:?}");
}

#[test]
fn what_once_did_harm_does_none() {
    for line in include_str!("structure.txt").lines() {
        let (what, pieces) = line.split_once(' ').unwrap();
        let what = What::ALL.into_iter().find(|known| format!("{known:?}") == what).unwrap();
        let pieces: Vec<Vec<u8>> = pieces.split(',').map(|piece| hex::decode(piece).unwrap()).collect();
        structure::again(what, &pieces).unwrap();
    }
}
