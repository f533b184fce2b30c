//! The queries behind screens, with an office's 70,000 documents.

use std::path::Path;

use anyhow::{Context, Result};
use rundan_device::api::Command;
use rundan_model::{PersonId, Role, Zone};
use rundan_server::seams;

use super::stage::{Stage, ask, recipient, sync, visit};
use super::{Figure, milliseconds, quantile, timed, window};

const RECIPIENTS: i32 = 300;
const DAYS: i32 = 60;
const VISITS_PER_DAY: i32 = 1_150;
const ASKED: usize = 15;

pub(super) async fn measure() -> Result<Vec<Figure>> {
    let (stage, planner) = unit_of_days(DAYS).await?;
    let (office, _) = stage.phone(planner).await?;
    let ((), first) = timed(sync(&office)).await?;
    println!("        first sync of an office with 70,000 documents: {}", milliseconds(first));
    let mut figures = Vec::new();
    for (name, command) in [
        ("the board", Command::Board { date: None }),
        ("late notices", Command::LateNotices { date: None }),
        ("incidents", Command::Incidents),
        ("find a recipient", Command::FindRecipient { text: "namn12".into() }),
        ("the sync sheet", Command::Sync),
    ] {
        let mut samples = Vec::new();
        for _ in 0..ASKED {
            samples.push(timed(ask(&office, command.clone())).await?.1);
        }
        let median = quantile(&mut samples, 0.5);
        let what = format!("{name}, 70,000 documents");
        figures.push(Figure::new(&what, milliseconds(median), "under 5 ms", median.as_secs_f64() < 0.005));
    }
    drop(office);
    figures.extend(board_in_window(&stage.directory_of(planner)).await?);
    Ok(figures)
}

/// A unit with its visits of so many days around today, and who plans there.
async fn unit_of_days(days: i32) -> Result<(Stage, PersonId)> {
    let stage = Stage::open().await?;
    let carers = stage.people(80, Role::Carer).await?;
    let planner = stage.people(1, Role::Planner).await?.first().copied().context("There is a planner")?;
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
    Ok((stage, planner))
}

/// An office's board in the real window, with 70,000 documents beside an office that holds this very day alone.
async fn board_in_window(many: &Path) -> Result<Option<Figure>> {
    let Some(app) = window::app()? else { return Ok(None) };
    let (stage, planner) = unit_of_days(1).await?;
    let (office, _) = stage.phone(planner).await?;
    sync(&office).await?;
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
