//! `cargo xtask bench`: figures, each beside a limit measured in the same run.

mod facts;
mod gate;
mod keys;
mod ledger;
mod live;
mod missing_keys;
mod stage;
mod sync;
mod tick;
mod views;
mod window;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::args::BenchArgs;

/// One figure.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) what: String,
    /// What came out, with its unit.
    pub(crate) value: String,
    /// What it is held against, measured in the same run or stated by the issue.
    pub(crate) goal: String,
    /// Whether it met it.
    pub(crate) is_met: bool,
}

impl Figure {
    pub(crate) fn new(what: &str, value: String, goal: &str, is_met: bool) -> Self {
        let figure = Self { what: what.to_owned(), value, goal: goal.to_owned(), is_met };
        let mark = if is_met { "met   " } else { "MISSED" };
        println!("{mark}  {:<58} {:<34} goal: {}", figure.what, figure.value, figure.goal);
        figure
    }
}

/// Measures everything and prints it; writes it as JSON where asked.
pub(crate) fn run(root: &Path, args: &BenchArgs) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("Could not start the runtime")?;
    println!("{}", machine());
    let mut figures = facts::measure()?;
    figures.extend(gate::measure()?);
    figures.extend(runtime.block_on(tick::measure())?);
    figures.extend(runtime.block_on(sync::measure(args.unit.as_deref()))?);
    figures.extend(runtime.block_on(live::measure())?);
    figures.extend(missing_keys::measure(args.unit.as_deref())?);
    figures.extend(runtime.block_on(views::measure())?);
    figures.extend(runtime.block_on(keys::measure())?);
    figures.extend(runtime.block_on(ledger::measure())?);
    figures.extend(bundle(root)?);
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&figures).context("Could not write the figures")?;
        std::fs::write(path, text).with_context(|| format!("Could not write {}", path.display()))?;
    }
    Ok(())
}

/// The code that the page begins with, compressed as a server would: what its HTML names. The office's rooms and the
/// reading of tags come when they are opened.
fn bundle(root: &Path) -> Result<Option<Figure>> {
    let page = root.join("app-ui/dist");
    let Ok(html) = std::fs::read_to_string(page.join("index.html")) else {
        println!("        the page is not built: run `npm run build` in app-ui for its size");
        return Ok(None);
    };
    let mut size = 0;
    for name in html.split('"').filter(|name| name.ends_with(".js") || name.ends_with(".css")) {
        let bytes =
            std::fs::read(page.join(name.trim_start_matches(['.', '/']))).context("Could not read the bundle")?;
        size += zstd::bulk::compress(&bytes, 9).context("Could not compress the bundle")?.len();
    }
    Ok(Some(Figure::new("the entry's code, compressed", kilobytes(size), "under 120 KB", size < 120_000)))
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores, {} {}, profile {}", std::env::consts::OS, kernel.trim(), profile())
}

fn profile() -> &'static str {
    if cfg!(debug_assertions) { "dev (opt-level 1, dependencies 2)" } else { "release" }
}

pub(crate) fn kilobytes(bytes: usize) -> String {
    format!("{:.1} KB", bytes as f64 / 1_000.0)
}

pub(crate) fn milliseconds(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1_000.0)
}

/// The value below which this share of the samples lies.
pub(crate) fn quantile(samples: &mut [Duration], share: f64) -> Duration {
    samples.sort();
    let place = ((samples.len() as f64 - 1.0) * share).round() as usize;
    samples.get(place).copied().unwrap_or_default()
}

/// How long something took.
pub(crate) async fn timed<T>(work: impl Future<Output = Result<T>>) -> Result<(T, Duration)> {
    let from = Instant::now();
    let done = work.await?;
    Ok((done, from.elapsed()))
}
