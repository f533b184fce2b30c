//! Mutated changes that are kept: one for each way in which the samples answer, and whatever once did harm.

use rundan_tests::mutation;

#[test]
fn kept_changes_are_answered_as_ever() {
    for line in include_str!("corpus.txt").lines() {
        let (said, change) = line.split_once(' ').unwrap();
        let answers = mutation::again(&hex::decode(change).unwrap()).unwrap();
        assert_eq!(answers.join(","), said, "{change}");
    }
}
