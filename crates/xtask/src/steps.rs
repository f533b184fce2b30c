//! Runs a list of steps, shows what they say, and tells at the end what came of each.

use std::io::{BufRead, BufReader, IsTerminal};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// How many closing lines of one step are kept: with plain `cargo test` each test binary has one.
const CLOSING_LINES_MAX: usize = 40;

/// One step of a check.
pub(crate) struct Step {
    name: &'static str,
    command: Command,
}

impl Step {
    pub(crate) fn new(name: &'static str, command: Command) -> Self {
        Self { name, command }
    }
}

struct Done {
    name: &'static str,
    seconds: u64,
    is_ok: bool,
    closing_lines: Vec<String>,
}

/// Runs the steps in their order up to the first that fails, then sums up; the test runners' own closing lines
/// come last.
pub(crate) fn run(steps: Vec<Step>) -> Result<()> {
    let all = steps.len();
    let started = Instant::now();
    let mut done: Vec<Done> = Vec::new();
    for (index, step) in steps.into_iter().enumerate() {
        println!("\n=== {} of {all}: {} ({} s so far)", index + 1, step.name, started.elapsed().as_secs());
        let outcome = run_one(step)?;
        let is_ok = outcome.is_ok;
        done.push(outcome);
        if !is_ok {
            break;
        }
    }
    sum_up(&done, all, started.elapsed().as_secs())
}

fn run_one(mut step: Step) -> Result<Done> {
    let started = Instant::now();
    let (reader, writer) = std::io::pipe().context("Could not make a pipe")?;
    step.command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    if std::io::stdout().is_terminal() {
        step.command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
    }
    let mut child = step.command.spawn().with_context(|| format!("Could not start {}", step.name))?;
    // The command holds the pipe's writing end; while it lives the reader never comes to an end.
    drop(step.command);
    let mut closing_lines = Vec::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = line.context("Could not read what a step says")?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        let plain = without_colours(&line);
        if is_closing_line(&plain) && closing_lines.len() < CLOSING_LINES_MAX {
            closing_lines.push(plain.trim().to_owned());
        }
    }
    let status = child.wait().with_context(|| format!("Could not wait for {}", step.name))?;
    Ok(Done { name: step.name, seconds: started.elapsed().as_secs(), is_ok: status.success(), closing_lines })
}

fn sum_up(done: &[Done], all: usize, seconds: u64) -> Result<()> {
    println!();
    for step in done {
        println!("{:>6} s  {:<6} {}", step.seconds, if step.is_ok { "ok" } else { "FAILED" }, step.name);
    }
    println!("{seconds:>6} s  in all, {} of {all} steps run\n", done.len());
    for step in done {
        for line in &step.closing_lines {
            println!("{line}");
        }
    }
    match done.iter().find(|step| !step.is_ok) {
        Some(failed) => bail!("failed: {}", failed.name),
        None => Ok(()),
    }
}

/// Whether a line is how a test runner ends: nextest, `cargo test`, Vitest, Playwright.
fn is_closing_line(line: &str) -> bool {
    let line = line.trim();
    let counts_first = line.split_once(' ').is_some_and(|(count, rest)| {
        count.parse::<u32>().is_ok()
            && ["passed", "failed", "skipped", "flaky"].iter().any(|word| rest.starts_with(word))
    });
    line.starts_with("test result: ")
        || line.starts_with("Summary [")
        || (line.starts_with("Tests ") && line.contains(" passed"))
        || counts_first
}

fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_of_the_runners_are_known() {
        for line in [
            "     Summary [  12.007s] 214 tests run: 214 passed, 0 skipped",
            "test result: ok. 9 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.06s",
            "      Tests  31 passed (31)",
            "  18 passed (42.1s)",
            "  2 failed",
        ] {
            assert!(is_closing_line(line), "{line}");
        }
        assert!(!is_closing_line("test device::a_tick_is_kept ... ok"));
    }

    #[test]
    fn colours_are_left_out_of_a_closing_line() {
        assert_eq!(without_colours("\u{1b}[32;1m  Summary\u{1b}[0m [ 1 s]"), "  Summary [ 1 s]");
    }
}
