//! The queries behind screens, with an office's 70,000 documents.

use std::path::Path;

use anyhow::{Context, Result};
use rundan_device::Phone;
use rundan_device::api::Command;
use rundan_model::{DocumentId, PersonId, Role, Zone};
use rundan_server::seams;
use serde_json::{Value, json};

use super::stage::{Stage, act, ask, recipient, run_sheet, sync, visit};
use super::{Figure, milliseconds, quantile, timed, window};

const RECIPIENTS: i32 = 300;
const DAYS: i32 = 60;
const VISITS_PER_DAY: i32 = 1_150;
const OWN_VISITS: u32 = 12;
const ASKED: usize = 15;

pub(super) async fn measure() -> Result<Vec<Figure>> {
    let Unit { stage, planner, own, sheet } = unit_of_days(DAYS).await?;
    let (office, _) = stage.phone(planner).await?;
    let ((), first) = timed(sync(&office)).await?;
    println!("        first sync of an office with 70,000 documents: {}", milliseconds(first));
    work(&office, &own).await?;
    let visit = own.first().copied().context("There is a visit")?;
    let shown = ask(&office, asked("visit", json!({ "visit": visit }))?).await?;
    let recipient = shown.pointer("/card/recipient").cloned().unwrap_or_default();
    let mut figures = Vec::new();
    for (name, command, args) in [
        ("the board", "board", json!({ "date": null })),
        ("a visit's facts", "visit_facts", json!({ "visit": visit })),
        ("late notices", "late_notices", json!({ "date": null })),
        ("incidents", "incidents", Value::Null),
        ("refused work", "refused", Value::Null),
        ("find a recipient", "find_recipient", json!({ "text": "namn12" })),
        ("a day", "day", json!({ "date": null })),
        ("a visit", "visit", json!({ "visit": visit })),
        ("a recipient", "recipient", json!({ "recipient": recipient })),
        ("which visits a delay moves", "late_preview", json!({ "visit": visit, "minutes": 15, "time": null })),
        ("own incidents", "my_incidents", Value::Null),
        ("own record", "my_record", json!({ "most": 500 })),
        ("the end of a shift", "shift_closing", json!({ "run_sheet": sheet })),
        ("the catalogue", "catalogue", Value::Null),
        ("the sync sheet", "sync", Value::Null),
    ] {
        let mut samples = Vec::new();
        for _ in 0..ASKED {
            samples.push(timed(ask(&office, asked(command, args.clone())?)).await?.1);
        }
        let median = quantile(&mut samples, 0.5);
        let what = format!("{name}, 70,000 documents");
        figures.push(Figure::new(&what, milliseconds(median), "under 5 ms", median.as_secs_f64() < 0.005));
    }
    drop(office);
    figures.extend(board_in_window(&stage.directory_of(planner)).await?);
    Ok(figures)
}

/// A call as the page makes it.
fn asked(command: &str, args: Value) -> Result<Command> {
    Ok(serde_json::from_value(json!({ "command": command, "args": args }))?)
}

/// A day's work on visits of one's own, with late notices and incidents.
async fn work(phone: &Phone, visits: &[DocumentId]) -> Result<()> {
    let now = seams::Clock::now(&seams::SystemClock);
    let late: Vec<_> = visits.iter().map(|visit| json!({ "visit": visit, "expected": now.0 + 3_600 })).collect();
    act(phone, json!({ "do": "report_late", "visits": late, "reason": "traffic", "text": "" })).await?;
    for visit in visits {
        act(phone, json!({ "do": "start_visit", "visit": visit, "at": { "is": "now" }, "end_other": [] })).await?;
        for code in 0..13 {
            act(phone, json!({ "do": "mark_done", "visit": visit, "items": [format!("OMV{code:02}")] })).await?;
        }
        act(phone, json!({ "do": "end_visit", "visit": visit, "at": { "is": "now" } })).await?;
        let text = json!({ "incident": "fall", "visit": visit, "recipient": null, "when": now.0,
                           "happened": "Ramlade i hallen.", "measures": "", "police": null });
        let draft = act(phone, json!({ "do": "save_draft", "draft": null, "text": text })).await?;
        act(phone, json!({ "do": "submit_draft", "draft": draft.get("began") })).await?;
    }
    sync(phone).await
}

/// A unit with its visits of so many days around today, who plans there, and what she does herself today.
struct Unit {
    stage: Stage,
    planner: PersonId,
    own: Vec<DocumentId>,
    sheet: DocumentId,
}

async fn unit_of_days(days: i32) -> Result<Unit> {
    let stage = Stage::open().await?;
    let carers = stage.people(80, Role::Carer).await?;
    let planner = stage.people(1, Role::Planner).await?.first().copied().context("There is a planner")?;
    // Who plans steps in where somebody is missing.
    stage.server.commit(stage.unit, move |commit, _| commit.give_role(planner, &Role::Carer)).await?;
    let recipients = stage.plan((0..RECIPIENTS).map(recipient).collect()).await?;
    let today = Zone.day(seams::Clock::now(&seams::SystemClock)).0;
    for day in 0..days {
        let midnight = Zone.midnight(rundan_model::Day(today - days / 2 + day).date());
        let visits = (0..VISITS_PER_DAY).map(|n| {
            let recipient = recipients.get(n as usize % recipients.len()).copied().unwrap_or_default_id();
            let carer = carers.get(n as usize % carers.len()).copied().unwrap_or_default_id();
            visit(recipient, carer, midnight.plus_minutes(7 * 60 + (n as u32 / 80) * 40))
        });
        stage.plan(visits.collect()).await?;
    }
    let midnight = Zone.midnight(rundan_model::Day(today).date());
    let own = (0..OWN_VISITS).map(|n| {
        let recipient = recipients.get(n as usize % recipients.len()).copied().unwrap_or_default_id();
        visit(recipient, planner, midnight.plus_minutes(7 * 60 + n * 40))
    });
    let own = stage.plan(own.collect()).await?;
    let sheet =
        stage.plan(vec![run_sheet(planner, midnight)]).await?.first().copied().context("There is a run sheet")?;
    Ok(Unit { stage, planner, own, sheet })
}

/// An office's board in the real window, with 70,000 documents beside an office that holds this very day alone.
async fn board_in_window(many: &Path) -> Result<Option<Figure>> {
    let Some(app) = window::app()? else { return Ok(None) };
    let Unit { stage, planner, own, .. } = unit_of_days(1).await?;
    let (office, _) = stage.phone(planner).await?;
    sync(&office).await?;
    work(&office, &own).await?;
    drop(office);
    let few = quantile(&mut window::starts(&app, &stage.directory_of(planner), window::BOARD).await?, 0.5);
    let many = quantile(&mut window::starts(&app, many, window::BOARD).await?, 0.5);
    let ratio = many.as_secs_f64() / few.as_secs_f64();
    let value = format!("{} ({ratio:.2}x of {})", milliseconds(many), milliseconds(few));
    let what = "start until the board is on the screen, 70,000 documents";
    Ok(Some(Figure::new(what, value, "within 1.2x of the same day alone", ratio <= 1.2)))
}

/// An id to fall back on where a list cannot be empty.
trait OrDefaultId<T> {
    fn unwrap_or_default_id(self) -> T;
}

impl OrDefaultId<rundan_model::DocumentId> for Option<rundan_model::DocumentId> {
    fn unwrap_or_default_id(self) -> rundan_model::DocumentId {
        self.unwrap_or(rundan_model::DocumentId([0; 16]))
    }
}

impl OrDefaultId<rundan_model::PersonId> for Option<rundan_model::PersonId> {
    fn unwrap_or_default_id(self) -> rundan_model::PersonId {
        self.unwrap_or(rundan_model::PersonId([0; 8]))
    }
}
