//! A carer who works by herself: she looks at her own run sheet, as anyone does, and does what is due.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use rundan_device::Phone;
use rundan_device::api::{Command, Intent, LateVisit, Stated};
use rundan_model::{DocumentId, LateReason, Timestamp, ToldOutcome};
use serde::Deserialize;

use super::cast::{Morning, Part};
use super::clock::StageClock;
use super::device::{act, call};
use super::keys;

/// The longest she waits before she looks at her run sheet again, in real time: the office may have changed it.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How late the late one is, minutes.
const LATE_MINUTES: u32 = 25;
/// Why she keeps keys after her shift, if she does.
const NO_CABINET: &str = "De har inget skåp";
/// How many visits her notice names.
const LATE_VISITS_MAX: usize = 3;

/// A carer at work.
pub(crate) struct Carer {
    phone: Phone,
    clock: Arc<StageClock>,
    morning: Morning,
    /// By how many minutes she is behind.
    delay_minutes: u32,
    /// Visits that she leaves alone because something about them was refused.
    left_alone: BTreeSet<DocumentId>,
}

impl Carer {
    pub(crate) fn new(phone: Phone, clock: Arc<StageClock>, morning: Morning) -> Self {
        Self { phone, clock, morning, delay_minutes: 0, left_alone: BTreeSet::new() }
    }

    /// Does all that was due before `until`, each at its own time. Where it is known how the morning went, a
    /// visit that is not of it is left for the play.
    pub(crate) async fn catch_up(&mut self, until: Timestamp) -> Result<()> {
        let any_visit = self.morning.is_empty();
        let is_past = |task: &Task| task.due < until && (any_visit || task.is_known);
        while let Some(task) = self.next_task().await?.filter(is_past) {
            self.carry_out(&task).await;
        }
        Ok(())
    }

    /// Works until the play ends.
    pub(crate) async fn work(mut self, part: Part, speed: u32) -> Result<()> {
        self.catch_up(self.clock.stage_time()).await?;
        if part == Part::Late {
            self.report_late().await?;
        }
        loop {
            let now = self.clock.stage_time();
            match self.next_task().await? {
                Some(task) if task.due <= now => self.carry_out(&task).await,
                Some(task) => tokio::time::sleep(pause(task.due.seconds_since(now), speed)).await,
                None => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
    }

    async fn next_task(&self) -> Result<Option<Task>> {
        let day: Day = serde_json::from_value(call(&self.phone, Command::Day { date: None }).await?)?;
        Ok(next_task(&day, &self.morning, self.delay_minutes, &self.left_alone))
    }

    async fn carry_out(&mut self, task: &Task) {
        self.clock.hold(task.due);
        let outcome = self.do_it(task).await;
        self.clock.let_go();
        if let (Err(_), Some(visit)) = (outcome, task.visit()) {
            // Moved or cancelled while she was on her way: nothing to do there any more.
            self.left_alone.insert(visit);
        }
    }

    async fn do_it(&self, task: &Task) -> Result<()> {
        match task.what {
            What::StartShift(run_sheet) => {
                act(&self.phone, Intent::StartShift { run_sheet }).await?;
                keys::take_round(&self.phone).await?;
            }
            What::EndShift(run_sheet) => {
                keys::put_back(&self.phone).await?;
                act(&self.phone, Intent::EndShift { run_sheet, keys_kept: NO_CABINET.to_owned() }).await?;
            }
            What::Start(visit) => {
                act(&self.phone, Intent::StartVisit { visit, at: Stated::Now, end_other: Vec::new() }).await?;
            }
            What::Finish(visit) => {
                act(&self.phone, Intent::MarkAllDone { visit }).await?;
                self.tick_what_is_left(visit).await?;
                act(&self.phone, Intent::EndVisit { visit, at: Stated::Now }).await?;
            }
        }
        Ok(())
    }

    /// Ticks what "all done" leaves out: medicine and other health tasks.
    async fn tick_what_is_left(&self, visit: DocumentId) -> Result<()> {
        let shown: Visit = serde_json::from_value(call(&self.phone, Command::Visit { visit }).await?)?;
        let items: Vec<String> =
            shown.items.into_iter().filter(|item| item.state == "open").map(|item| item.key).collect();
        if !items.is_empty() {
            act(&self.phone, Intent::MarkDone { visit, items }).await?;
        }
        Ok(())
    }

    async fn report_late(&mut self) -> Result<()> {
        let day: Day = serde_json::from_value(call(&self.phone, Command::Day { date: None }).await?)?;
        let to_come = day.visits().filter(|visit| visit.state == "planned").take(LATE_VISITS_MAX);
        let visits: Vec<LateVisit> = to_come
            .filter_map(|visit| {
                let expected = Timestamp(visit.start?).plus_minutes(LATE_MINUTES).0;
                Some(LateVisit { visit: visit.document, expected })
            })
            .collect();
        let Some(first) = visits.first().map(|visit| visit.visit) else { return Ok(()) };
        self.delay_minutes = LATE_MINUTES;
        let reason = LateReason::PreviousVisit;
        act(&self.phone, Intent::ReportLate { visits, reason, text: String::new() }).await?;
        act(&self.phone, Intent::Tell { visit: first, outcome: ToldOutcome::Told }).await?;
        Ok(())
    }
}

/// How long to wait in real time for something that is due in so many seconds of the play.
fn pause(seconds: i64, speed: u32) -> Duration {
    let real_ms = u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000) / u64::from(speed.max(1));
    Duration::from_millis(real_ms).min(LOOK_AGAIN)
}

/// What she does next, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Task {
    due: Timestamp,
    what: What,
    /// Whether it is part of a morning that is known.
    is_known: bool,
}

impl Task {
    fn planned(due: Timestamp, what: What) -> Self {
        Self { due, what, is_known: false }
    }

    fn known(due: Timestamp, what: What) -> Self {
        Self { due, what, is_known: true }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    StartShift(DocumentId),
    /// Puts her keys back and ends the shift.
    EndShift(DocumentId),
    Start(DocumentId),
    /// Ticks everything and ends the visit.
    Finish(DocumentId),
}

impl Task {
    fn visit(&self) -> Option<DocumentId> {
        match self.what {
            What::StartShift(_) | What::EndShift(_) => None,
            What::Start(visit) | What::Finish(visit) => Some(visit),
        }
    }
}

/// Decides from the run sheet, and for the morning from what is known of it.
fn next_task(day: &Day, morning: &Morning, delay_minutes: u32, left_alone: &BTreeSet<DocumentId>) -> Option<Task> {
    let waiting = || day.visits().filter(|visit| visit.state == "planned" && !left_alone.contains(&visit.document));
    if let Some(running) = day.visits().find(|visit| visit.state == "running" && !left_alone.contains(&visit.document))
    {
        let began = Timestamp(running.segments.last()?.start);
        let known = running.start.and_then(|start| morning.get(&Timestamp(start)));
        if let Some(due) = known.and_then(|(_, left)| *left) {
            return Some(Task::known(due, What::Finish(running.document)));
        }
        let next_begins = waiting().filter_map(|visit| visit.start).filter(|start| *start > began.0).min();
        let planned_end = began.plus_minutes(running.minutes);
        // She leaves in time for the next visit, unless she is late for all of them.
        let leaves = next_begins.filter(|_| delay_minutes == 0).map(|start| Timestamp(start).plus_seconds(-60));
        let due = leaves.map_or(planned_end, |leaves| leaves.min(planned_end)).max(began.plus_seconds(60));
        return Some(Task::planned(due, What::Finish(running.document)));
    }
    let left_last = day.visits().flat_map(|visit| &visit.segments).filter_map(|segment| segment.end).max();
    let Some(next) = waiting().filter(|visit| visit.start.is_some()).min_by_key(|visit| visit.start) else {
        let run_sheet = day.run_sheet.as_ref()?;
        let is_at_work = run_sheet.worked.last().is_some_and(|stretch| stretch.end.is_none());
        let ends = Timestamp(run_sheet.shift_start.filter(|_| is_at_work)?).plus_minutes(run_sheet.shift_minutes);
        let due = left_last.map_or(ends, |left| ends.max(Timestamp(left).plus_seconds(60)));
        return Some(Task::planned(due, What::EndShift(run_sheet.document)));
    };
    let start = Timestamp(next.start?).plus_minutes(delay_minutes);
    if let Some(run_sheet) = day.run_sheet.as_ref().filter(|run_sheet| run_sheet.worked.is_empty()) {
        let due = run_sheet.shift_start.map_or(start, Timestamp).min(start);
        return Some(Task::known(due, What::StartShift(run_sheet.document)));
    }
    if let Some((due, _)) = next.start.and_then(|start| morning.get(&Timestamp(start))) {
        return Some(Task::known(*due, What::Start(next.document)));
    }
    let due = left_last.map_or(start, |left| start.max(Timestamp(left).plus_seconds(60)));
    Some(Task::planned(due, What::Start(next.document)))
}

/// What she reads of her run sheet.
#[derive(Debug, Deserialize)]
struct Day {
    run_sheet: Option<RunSheet>,
    stops: Vec<Stop>,
}

impl Day {
    fn visits(&self) -> impl Iterator<Item = &Card> {
        self.stops.iter().filter_map(|stop| match stop {
            Stop::Visit(card) => Some(card),
            Stop::Break {} => None,
        })
    }
}

#[derive(Debug, Deserialize)]
struct RunSheet {
    document: DocumentId,
    shift_start: Option<i64>,
    shift_minutes: u32,
    worked: Vec<Stretch>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum Stop {
    Visit(Card),
    Break {},
}

#[derive(Debug, Deserialize)]
struct Card {
    document: DocumentId,
    start: Option<i64>,
    minutes: u32,
    state: String,
    segments: Vec<Stretch>,
}

#[derive(Debug, Deserialize)]
struct Stretch {
    start: i64,
    end: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Visit {
    items: Vec<Check>,
}

#[derive(Debug, Deserialize)]
struct Check {
    key: String,
    state: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN_SHEET: DocumentId = DocumentId([9; 16]);

    fn card(number: u8, start: i64, state: &str, segments: &[(i64, Option<i64>)]) -> Stop {
        Stop::Visit(Card {
            document: DocumentId([number; 16]),
            start: Some(start),
            minutes: 30,
            state: state.into(),
            segments: segments.iter().map(|(start, end)| Stretch { start: *start, end: *end }).collect(),
        })
    }

    fn day(worked: bool, stops: Vec<Stop>) -> Day {
        let worked = if worked { vec![Stretch { start: 0, end: None }] } else { Vec::new() };
        let run_sheet = RunSheet { document: RUN_SHEET, shift_start: Some(0), shift_minutes: 40, worked };
        Day { run_sheet: Some(run_sheet), stops }
    }

    fn task(day: &Day) -> Option<(i64, What)> {
        next_task(day, &Morning::new(), 0, &BTreeSet::new()).map(|task| (task.due.0, task.what))
    }

    #[test]
    fn the_shift_begins_before_its_first_visit() {
        let day = day(false, vec![card(1, 600, "planned", &[])]);
        assert_eq!(task(&day), Some((0, What::StartShift(RUN_SHEET))));
    }

    #[test]
    fn a_running_visit_ends_in_time_for_the_next() {
        let running = card(1, 0, "running", &[(0, None)]);
        let ends = What::Finish(DocumentId([1; 16]));
        assert_eq!(task(&day(true, vec![running, card(2, 1_200, "planned", &[])])), Some((1_140, ends)));
    }

    #[test]
    fn the_next_visit_begins_when_it_is_planned_or_she_is_free() {
        let begins = What::Start(DocumentId([2; 16]));
        let ended = || card(1, 0, "done", &[(0, Some(1_800))]);
        assert_eq!(task(&day(true, vec![ended(), card(2, 3_600, "planned", &[])])), Some((3_600, begins)));
        assert_eq!(task(&day(true, vec![ended(), card(2, 900, "planned", &[])])), Some((1_860, begins)));
    }

    #[test]
    fn the_morning_goes_as_it_went() {
        let morning = Morning::from([(Timestamp(600), (Timestamp(640), Some(Timestamp(2_000))))]);
        let due = |stop| next_task(&day(true, vec![stop]), &morning, 0, &BTreeSet::new()).map(|task| task.due.0);
        assert_eq!(due(card(1, 600, "planned", &[])), Some(640));
        assert_eq!(due(card(1, 600, "running", &[(640, None)])), Some(2_000));
    }

    #[test]
    fn the_late_one_is_late() {
        let day = day(true, vec![card(2, 3_600, "planned", &[])]);
        let task = next_task(&day, &Morning::new(), 25, &BTreeSet::new()).unwrap();
        assert_eq!(task.due, Timestamp(3_600 + 25 * 60));
    }

    #[test]
    fn after_the_last_visit_she_puts_her_keys_back_when_her_shift_ends_and_then_nothing_is_due() {
        let done = || vec![card(1, 0, "done", &[(0, Some(1_800))])];
        let mut day = day(true, done());
        assert_eq!(task(&day), Some((2_400, What::EndShift(RUN_SHEET))));
        day.stops = vec![card(1, 0, "done", &[(0, Some(3_000))])];
        assert_eq!(task(&day), Some((3_060, What::EndShift(RUN_SHEET))));
        day.run_sheet.as_mut().unwrap().worked = vec![Stretch { start: 0, end: Some(2_400) }];
        assert_eq!(task(&day), None);
    }
}
