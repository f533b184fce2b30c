//! `cargo xtask torture`: mutated changes, then seeds of the simulated world for hours, on every core.

use std::panic;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rundan_tests::mutation;
use rundan_tests::simulation::{Fault, Figures, Shape, run as play};

use crate::args::TortureArgs;

/// How often it says how far it has come.
const PROGRESS: Duration = Duration::from_secs(60);

/// How many mutated changes are one piece of work.
const MUTATIONS_AT_ONCE: u64 = 100_000;

/// What came of the seeds so far.
#[derive(Default)]
struct Tally {
    seeds: u64,
    figures: Figures,
    failures: Vec<(u64, String)>,
}

/// Plays the seeds and prints what they did.
///
/// # Errors
/// When a mutated change did harm, or a seed did not hold; each is printed with how it is repeated.
pub(crate) fn run(args: &TortureArgs) -> Result<()> {
    mutate(args)?;
    let begun = Instant::now();
    let until = args.minutes.map(|minutes| begun + Duration::from_secs(60 * minutes));
    let last = args.first.saturating_add(args.seeds);
    let (next, tally) = (AtomicU64::new(args.first), Mutex::new(Tally::default()));
    let work = || {
        while until.is_none_or(|until| Instant::now() < until) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= last {
                return;
            }
            let outcome = play(seed, &Shape::default());
            if let Ok(mut tally) = tally.lock() {
                tally.seeds += 1;
                tally.figures.add(&outcome.figures);
                if let Some(failure) = outcome.failure {
                    println!("seed {seed} FAILED: {failure}");
                    tally.failures.push((seed, failure));
                }
            }
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores()).map(|_| scope.spawn(work)).collect();
        let mut said = Instant::now();
        while workers.iter().any(|worker| !worker.is_finished()) {
            thread::sleep(Duration::from_millis(200));
            if said.elapsed() >= PROGRESS {
                said = Instant::now();
                if let Ok(tally) = tally.lock() {
                    progress(&tally, begun.elapsed());
                }
            }
        }
    });
    let tally = tally.into_inner().unwrap_or_default();
    sum_up(&tally, begun.elapsed());
    if tally.failures.is_empty() {
        return Ok(());
    }
    bail!("{} of {} seeds failed", tally.failures.len(), tally.seeds)
}

/// Puts mutated changes through the gate.
fn mutate(args: &TortureArgs) -> Result<()> {
    let begun = Instant::now();
    let (next, tally) = (AtomicU64::new(0), Mutex::new(mutation::Tally::default()));
    let work = || -> Result<(), String> {
        loop {
            let done = next.fetch_add(1, Ordering::Relaxed).saturating_mul(MUTATIONS_AT_ONCE);
            if done >= args.mutations {
                return Ok(());
            }
            // Other seeds than those of the tests.
            let seed = args.first.wrapping_add(1_000 + done);
            let came = mutation::run(seed, MUTATIONS_AT_ONCE.min(args.mutations - done))?;
            if let Ok(mut tally) = tally.lock() {
                tally.add(&came);
            }
        }
    };
    // The gate catches what Automerge panics at, thousands of times; nobody needs to read of each.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let harm = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores()).map(|_| scope.spawn(work)).collect();
        workers.into_iter().find_map(|worker| worker.join().unwrap_or_else(|_| Err("a worker panicked".into())).err())
    });
    panic::set_hook(hook);
    let tally = tally.into_inner().unwrap_or_default();
    if tally.tried > 0 {
        println!("{} mutated changes in {} s, {} let through", tally.tried, begun.elapsed().as_secs(), tally.accepted);
        for (answer, count) in &tally.answers {
            println!("{count:>14}    {answer}");
        }
    }
    harm.map_or(Ok(()), |harm| bail!("a mutated change did harm: {harm}"))
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn progress(tally: &Tally, took: Duration) {
    let Tally { seeds, figures, failures } = tally;
    println!(
        "{:>5} min  {seeds} seeds, {} steps, {} saved, {} rounds, {} failures",
        took.as_secs() / 60,
        figures.steps,
        figures.saved,
        figures.rounds,
        failures.len()
    );
}

fn sum_up(tally: &Tally, took: Duration) {
    let figures = &tally.figures;
    println!("\n{} seeds in {} s", tally.seeds, took.as_secs());
    for (figure, what) in [
        (figures.steps, "steps"),
        (figures.saved, "actions said to be saved"),
        (figures.lost, "of them lost with the only phone that had them"),
        (figures.refused, "of them refused by the server"),
        (figures.rounds, "requests"),
        (figures.cuts, "connections cut"),
        (figures.bytes, "bytes on the wires"),
        (figures.scopes, "times a vault's holding was held against the rules of scope"),
        (figures.audiences, "times what the server would give to a person was held against them"),
        (figures.faults.values().sum(), "faults, of which"),
    ] {
        println!("{figure:>14}  {what}");
    }
    for fault in Fault::ALL {
        println!("{:>14}    {}", figures.faults.get(fault.name()).unwrap_or(&0), fault.name());
    }
    println!("{:>14}  seeds failed", tally.failures.len());
    for (seed, failure) in &tally.failures {
        println!("  seed {seed}: {failure}");
        println!("  RUNDAN_SEED={seed} cargo nextest run --workspace --test simulation given");
    }
}
