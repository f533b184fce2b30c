//! Sync over loopback: bytes with headers, requests and time.

use std::path::Path;

use anyhow::{Context, Result};
use rundan_model::Role;
use serde_json::json;

use super::stage::{Stage, act, ask, sync};
use super::{Figure, kilobytes, milliseconds, timed};
use rundan_device::api::Command;

pub(super) async fn measure(_unit: Option<&Path>) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
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
    let nothing = meter.take();
    figures.push(Figure::new("sync with nothing new", kilobytes(nothing), "at most 1 KB", nothing <= 1_000));

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
    for visit in documents.iter().skip(60).take(18) {
        let change = json!({ "is": "when", "start": "15:00", "minutes": 25 });
        // Run sheets among them have no time to move.
        let _ = act(&office, json!({ "do": "change_visit", "visit": visit, "change": change })).await;
    }
    sync(&office).await?;
    meter.take();
    sync(&phone).await?;
    let shift = meter.take();
    let value = format!("{} for {changes} changes up, 18 down", kilobytes(shift));
    figures.push(Figure::new("a shift's sync", value, "1 request, at most 16 KB", shift <= 16_384));
    ask(&phone, Command::Sync).await?;
    Ok(figures)
}
