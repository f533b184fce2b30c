//! Whole seeds: new ones in each run, those that once failed, and the same ones twice.

use std::time::{SystemTime, UNIX_EPOCH};

use rundan_tests::simulation::{Fault, Figures, Shape, run};

/// How many new seeds are played, if `RUNDAN_SEEDS` says nothing else; `cargo xtask test` says more.
const NEW_SEEDS: u64 = 80;
/// By how many tests, so that every core of a small machine has work.
const PARTS: u64 = 4;
/// How many seeds are played twice.
const REPEATED: u64 = 20;

/// Plays seeds; the first that does not hold ends it, with its trace.
fn all_hold(seeds: impl IntoIterator<Item = u64>, shape: &Shape) {
    let mut figures = Figures::default();
    for seed in seeds {
        let outcome = run(seed, shape);
        if let Some(failure) = outcome.failure {
            let trace = outcome.trace.join("\n");
            panic!(
                "{trace}\nseed {seed}: {failure}\nRUNDAN_SEED={seed} cargo nextest run --workspace --test simulation given"
            );
        }
        figures.add(&outcome.figures);
    }
    println!("{figures:#?}");
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The share of one of the tests of the new seeds: from `RUNDAN_FIRST_SEED` on, else from one by the clock.
fn new_seeds(part: u64) -> impl Iterator<Item = u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    // Short numbers are easier to repeat.
    let by_clock = (now ^ u64::from(std::process::id()) << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24;
    let each = from_environment("RUNDAN_SEEDS").unwrap_or(NEW_SEEDS).div_ceil(PARTS);
    let first = from_environment("RUNDAN_FIRST_SEED").unwrap_or(by_clock) + part * each;
    println!("{each} new seeds from {first}");
    first..first + each
}

#[test]
fn seeds_hold_1() {
    all_hold(new_seeds(0), &Shape::default());
}

#[test]
fn seeds_hold_2() {
    all_hold(new_seeds(1), &Shape::default());
}

#[test]
fn seeds_hold_3() {
    all_hold(new_seeds(2), &Shape::default());
}

#[test]
fn seeds_hold_4() {
    all_hold(new_seeds(3), &Shape::default());
}

#[test]
fn seeds_that_once_failed_hold() {
    let known = include_str!("past-failures.txt").lines().filter_map(|line| line.split_whitespace().next());
    all_hold(known.filter_map(|seed| seed.parse().ok()), &Shape::default());
}

#[test]
fn the_given_seed_holds() {
    all_hold(from_environment("RUNDAN_SEED"), &Shape::default());
}

#[test]
fn a_seed_gives_the_same_run_again() {
    for seed in 0..REPEATED {
        let (once, again) = (run(seed, &Shape::default()), run(seed, &Shape::default()));
        let differs = once.trace.iter().zip(&again.trace).find(|(once, again)| once != again);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(once.trace_hash, again.trace_hash, "seed {seed}");
        assert_eq!(once.figures, again.figures, "seed {seed}");
    }
}

#[test]
fn what_phones_clocks_show_changes_nothing_that_is_merged() {
    for seed in 0..REPEATED {
        let shape = Shape::default().timeless();
        let wrong = run(seed, &shape);
        let right = run(seed, &shape.muted(Fault::ClockStep));
        assert_eq!((wrong.failure, right.failure), (None, None), "seed {seed}");
        assert_eq!(wrong.merged, right.merged, "P8: seed {seed}");
    }
}
