//! Sync over loopback: bytes with headers, requests and time.

use std::path::Path;

use anyhow::{Context, Result};
use rundan_model::Role;
use serde_json::json;

use super::stage::{Stage, act, ask, sync};
use super::{Figure, kilobytes, milliseconds, quantile, timed, window};
use rundan_device::api::Command;
use rundan_server::import::{self, read_directory};

/// How many visits the office moves during a shift.
const MOVED: usize = 18;

pub(super) async fn measure(unit: Option<&Path>) -> Result<Vec<Figure>> {
    let mut figures = match unit {
        Some(files) => whole_unit(files).await?,
        None => Vec::new(),
    };
    let stage = Stage::open().await?;
    stage.people(89, Role::Carer).await?;
    let carer = stage.people(1, Role::Carer).await?.first().copied().context("There is a carer")?;
    let planner = stage.people(1, Role::Planner).await?.first().copied().context("There is a planner")?;
    // 9 run sheets, 252 visits, 126 recipients and their access, 91 staff, the unit: some 600 documents.
    let documents = stage.window(carer, 9, 28).await?;
    let (phone, meter) = stage.phone(carer).await?;
    let ((), first) = timed(sync(&phone)).await?;
    let bytes = meter.take();
    let value = format!("{}, {}", kilobytes(bytes), milliseconds(first));
    let is_met = bytes <= 350_000 && first.as_secs_f64() < 1.0;
    figures.push(Figure::new("first sync of 600 documents", value, "at most 350 KB and 1 s", is_met));

    let (office, _) = stage.phone(planner).await?;
    sync(&office).await?;
    sync(&phone).await?;
    meter.take();
    sync(&phone).await?;
    let (requests, nothing) = (meter.requests(), meter.take());
    let value = format!("{requests} request, {}", kilobytes(nothing));
    let is_met = requests == 1 && nothing <= 1_000;
    figures.push(Figure::new("sync with nothing new", value, "1 request, at most 1 KB", is_met));

    let visits: Vec<_> = documents.iter().skip(30).take(12).collect();
    let mut changes = 0;
    for visit in &visits {
        let start = json!({ "do": "start_visit", "visit": visit, "at": { "is": "now" }, "end_other": [] });
        if act(&phone, start).await.is_err() {
            continue;
        }
        for code in 0..13 {
            act(&phone, json!({ "do": "mark_done", "visit": visit, "items": [format!("OMV{code:02}")] })).await?;
        }
        act(&phone, json!({ "do": "end_visit", "visit": visit, "at": { "is": "now" } })).await?;
        changes += 15;
    }
    let mut moved = 0;
    for visit in documents.iter().skip(60) {
        let change = json!({ "is": "when", "start": "15:00", "minutes": 25 });
        // Run sheets among them have no time to move.
        let is_moved = act(&office, json!({ "do": "change_visit", "visit": visit, "change": change })).await.is_ok();
        moved += usize::from(is_moved);
        if moved == MOVED {
            break;
        }
    }
    sync(&office).await?;
    meter.take();
    sync(&phone).await?;
    let (requests, shift) = (meter.requests(), meter.take());
    let value = format!("{requests} request, {} for {changes} changes up, {moved} down", kilobytes(shift));
    let is_met = requests == 1 && shift <= 16_384;
    figures.push(Figure::new("a shift's sync", value, "1 request, at most 16 KB", is_met));
    ask(&phone, Command::Sync).await?;
    drop((phone, office));
    figures.extend(day_in_window(&stage.directory_of(carer)).await?);
    Ok(figures)
}

/// A carer's day in the real window.
async fn day_in_window(directory: &Path) -> Result<Option<Figure>> {
    let Some(app) = window::app()? else { return Ok(None) };
    let median = quantile(&mut window::starts(&app, directory, window::DAY).await?, 0.5);
    let is_met = median.as_secs_f64() < 1.0;
    let what = "start until the day is on the screen, 600 documents";
    Ok(Some(Figure::new(what, milliseconds(median), "under 1 s", is_met)))
}

/// The import of a unit's export files, and an office desktop's first sync with the whole of it.
async fn whole_unit(files: &Path) -> Result<Vec<Figure>> {
    let stage = Stage::open().await?;
    let (_, import) = timed(async {
        let reading = read_directory(files).context("Could not read the export files")?;
        Ok(import::import(&stage.server, stage.unit, reading).await?)
    })
    .await?;
    let planner = stage.people(1, Role::Planner).await?.first().copied().context("There is a planner")?;
    let (office, _) = stage.phone(planner).await?;
    let ((), first) = timed(sync(&office)).await?;
    let memory = peak_megabytes();
    let value = format!("{}, {memory} MB for server and device together", milliseconds(first));
    Ok(vec![
        Figure::new("import of the unit's files", milliseconds(import), "under 4 s", import.as_secs_f64() < 4.0),
        Figure::new(
            "first sync of an office with the unit",
            value,
            "under 5 s and 150 MB",
            first.as_secs_f64() < 5.0 && memory < 150,
        ),
    ])
}

/// The most that this process has held in memory so far.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1_000
}
