//! What keeps a unit's phones together: who holds what, computed anew, and how soon a screen hears of a change.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rundan_device::api::{Command, Event};
use rundan_documents::Edit;
use rundan_model::plan::Slot;
use rundan_model::{DocumentId, PersonId, Role, Zone};
use rundan_server::scope::Commit;
use rundan_server::seams;
use serde_json::json;

use super::stage::{Stage, act, ask, recipient, sync, visit};
use super::{Figure, milliseconds, quantile};

const CARERS: usize = 85;
const DAYS: i32 = 10;
const VISITS_PER_DAY: i32 = 1_150;
const ASKED: usize = 30;
const HINTS: usize = 20;
/// A vault is told at once, and then at most this often (docs/protocol.md).
const BETWEEN_HINTS: Duration = Duration::from_millis(2_100);
const HEARD_WITHIN: Duration = Duration::from_secs(30);

pub(super) async fn measure() -> Result<Vec<Figure>> {
    let stage = Stage::open().await?;
    let carers = stage.people(CARERS, Role::Carer).await?;
    let planner = stage.people(1, Role::Planner).await?.first().copied().context("There is a planner")?;
    let visits = plan(&stage, &carers).await?;
    let hint = hint(&stage, &carers, planner, &visits).await?;
    // Midnight comes last: it takes today's visits out of everyone's window.
    let mut figures = scope(&stage, &carers, &visits).await?;
    figures.push(hint);
    Ok(figures)
}

/// Ten days of the unit's visits around today; answers today's.
async fn plan(stage: &Stage, carers: &[PersonId]) -> Result<Vec<DocumentId>> {
    let recipients = stage.plan((0..300).map(recipient).collect()).await?;
    let today = Zone.day(seams::Clock::now(&seams::SystemClock)).0;
    let mut of_today = Vec::new();
    for day in 0..DAYS {
        let midnight = Zone.midnight(rundan_model::Day(today - 1 + day).date());
        let mut visits = Vec::new();
        for n in 0..VISITS_PER_DAY as usize {
            let recipient = recipients.get(n % recipients.len()).context("There are recipients")?;
            let carer = carers.get(n % carers.len()).context("There are carers")?;
            visits.push(visit(*recipient, *carer, midnight.plus_minutes(7 * 60 + (n as u32 / 85) * 40)));
        }
        let planned = stage.plan(visits).await?;
        if day == 1 {
            of_today = planned;
        }
    }
    Ok(of_today)
}

/// Who holds what, inside the transaction that changes it.
async fn scope(stage: &Stage, carers: &[PersonId], visits: &[DocumentId]) -> Result<Vec<Figure>> {
    let (unit, now) = (stage.unit, seams::Clock::now(&seams::SystemClock));
    let mut samples = Vec::with_capacity(ASKED);
    for (visit, carer) in visits.iter().zip(carers.iter().cycle().skip(7)).take(ASKED) {
        let (visit, slot) = (*visit, json!(Slot { staff: Some(*carer), start: None, minutes: None }));
        let reassigned = stage.server.db.write(move |tx| {
            let own = rundan_server::server::own_session(tx, &seams::SystemRandom)?;
            let mut commit = Commit::open(tx, unit, now)?;
            let edit = Edit { facts: Vec::new(), puts: vec![("slot/1".to_owned(), slot)] };
            commit.write(&own, now, visit, None, &edit)?;
            let from = Instant::now();
            commit.finish()?;
            Ok(from.elapsed())
        });
        samples.push(reassigned.await?);
    }
    let reassigned = quantile(&mut samples, 0.5);
    let mut samples = Vec::new();
    for days in 1..=3 {
        let midnight = stage.server.db.write(move |tx| {
            let from = Instant::now();
            Commit::open(tx, unit, now.plus_seconds(days * 86_400))?.finish()?;
            Ok(from.elapsed())
        });
        samples.push(midnight.await?);
    }
    let midnight = quantile(&mut samples, 0.5);
    let limits = (Duration::from_millis(1), Duration::from_millis(100));
    Ok(vec![
        Figure::new("scope of one reassigned visit", milliseconds(reassigned), "under 1 ms", reassigned < limits.0),
        Figure::new("scope at midnight, 85 carers", milliseconds(midnight), "under 100 ms", midnight < limits.1),
    ])
}

/// From the office's press until the carer's phone shows it; each keeps itself in sync.
async fn hint(stage: &Stage, carers: &[PersonId], planner: PersonId, visits: &[DocumentId]) -> Result<Figure> {
    let carer = carers.last().copied().context("There are carers")?;
    let ((handheld, _), (office, _)) = (stage.phone(carer).await?, stage.phone(planner).await?);
    sync(&office).await?;
    let visit = *visits.last().context("There are visits")?;
    let change = json!({ "is": "carer", "slot": 1, "person": carer });
    act(&office, json!({ "do": "change_visit", "visit": visit, "change": change })).await?;
    sync(&office).await?;
    sync(&handheld).await?;
    let running = [handheld.clone(), office.clone()].map(|phone| tokio::spawn(async move { phone.run().await }));
    let mut samples = Vec::with_capacity(HINTS);
    for n in 0..HINTS {
        tokio::time::sleep(BETWEEN_HINTS).await;
        let (mut heard, minutes) = (handheld.events(), 20 + n);
        let change = json!({ "is": "when", "start": "10:00", "minutes": minutes });
        let from = Instant::now();
        act(&office, json!({ "do": "change_visit", "visit": visit, "change": change })).await?;
        let shown = async {
            loop {
                if matches!(heard.recv().await?, Event::Changed) {
                    let view = ask(&handheld, Command::Visit { visit }).await?;
                    if view.pointer("/card/minutes").is_some_and(|shown| *shown == json!(minutes)) {
                        return anyhow::Ok(());
                    }
                }
            }
        };
        tokio::time::timeout(HEARD_WITHIN, shown).await.context("The carer's phone never heard")??;
        samples.push(from.elapsed());
    }
    running.iter().for_each(tokio::task::JoinHandle::abort);
    let slowest = quantile(&mut samples, 0.99);
    let what = "from the office's press to the carer's screen, p99";
    Ok(Figure::new(what, milliseconds(slowest), "under 1 s", slowest < Duration::from_secs(1)))
}
