//! A million mutated changes through the gate, a quarter in each test.

use rundan_tests::mutation::{self, Tally};

const EACH: u64 = 250_000;

fn mutate(seed: u64) -> Tally {
    let tally = mutation::run(seed, EACH).unwrap();
    assert_eq!(tally.tried, EACH);
    // A gate that let nothing through would prove nothing.
    assert!(tally.accepted > 0, "{tally:?}");
    tally
}

#[test]
fn mutated_changes_do_no_harm_first_quarter() {
    mutate(1);
}

#[test]
fn mutated_changes_do_no_harm_second_quarter() {
    mutate(2);
}

#[test]
fn mutated_changes_do_no_harm_third_quarter() {
    mutate(3);
}

#[test]
fn mutated_changes_do_no_harm_last_quarter() {
    mutate(4);
}
