//! Which visits a delay moves, and what came of telling their recipients.

use chrono::NaiveTime;
use rundan_model::visit::{Progress, State, Visit};
use rundan_model::{DocumentId, Timestamp, Zone};
use rusqlite::{Transaction, params};

use super::card::Reader;
use super::context::id;
use super::{ViewContext, queries, rows};
use crate::StoreError;
use crate::api::{LatePreview, LatePreviewLine, LateVisit};

/// Of the time between two stops, this much is the walk, which a delay does not eat; the rest is slack.
const WALK_SECONDS_MAX: i64 = 10 * 60;

/// Which of her visits that day a delay of one moves; none if that visit is not hers, or at no such time.
pub(crate) fn late_preview(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    visit: DocumentId,
    minutes: Option<u32>,
    time: Option<NaiveTime>,
) -> Result<Option<LatePreview>, StoreError> {
    let reader = Reader::new(tx, ctx);
    let Some(start) = rows::visit_row(tx, visit)?.and_then(|visit| visit.start_for(ctx.person)) else {
        return Ok(None);
    };
    let expected = match (time, minutes) {
        (Some(time), _) => Zone.at(Zone.date(start), time).first(),
        (None, minutes) => Some(start.plus_minutes(minutes.unwrap_or_default())),
    };
    let Some(expected) = expected else { return Ok(None) };
    let day = Zone.day(start);
    let visits = rows::visits_of(tx, ctx.person, day)?;
    let rest = rows::run_sheet_of(tx, ctx.person, day)?.and_then(|(_, sheet)| {
        let is_taken = !sheet.breaks.is_empty();
        sheet.rest.filter(|_| !is_taken)
    });
    let mut stops: Vec<Planned> = visits
        .iter()
        .filter(|(id, of_day)| *id == visit || of_day.state_for(ctx.person) == State::Planned)
        .filter_map(|(id, of_day)| Planned::visit(*id, of_day, ctx))
        .chain(rest.map(|rest| Planned { stop: None, start: rest.start, seconds: i64::from(rest.minutes) * 60 }))
        .filter(|stop| stop.start >= start)
        .collect();
    // The late one itself comes first among those that begin with it.
    stops.sort_by_key(|stop| (stop.start, stop.stop.map(|(id, _)| id != visit)));
    reader.preview(moved(&stops, expected)).map(Some)
}

/// The notices of these visits as they stand.
pub(crate) fn late_status(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    visits: &[LateVisit],
) -> Result<LatePreview, StoreError> {
    let reader = Reader::new(tx, ctx);
    let mut preview = nothing();
    for late in visits {
        let Some(visit) = rows::visit_row(tx, late.visit)? else { continue };
        let expected = visit.late.as_ref().map_or(Timestamp(late.expected), |late| late.expected);
        preview.lines.push(reader.late_line(late.visit, &visit, expected)?);
    }
    Ok(preview)
}

/// A stop that is still to come: a visit, or the break.
#[derive(Clone, Copy)]
struct Planned<'a> {
    stop: Option<(DocumentId, &'a Visit)>,
    start: Timestamp,
    seconds: i64,
}

impl<'a> Planned<'a> {
    fn visit(id: DocumentId, visit: &'a Visit, ctx: &ViewContext) -> Option<Self> {
        let (start, minutes) = rows::planned_for(visit, ctx.person);
        Some(Self { stop: Some((id, visit)), start: start?, seconds: i64::from(minutes) * 60 })
    }
}

/// Each stop with when it begins if the first begins at `expected`: the walk to it is kept, slack is eaten.
fn moved<'a>(stops: &[Planned<'a>], expected: Timestamp) -> Vec<(Planned<'a>, Timestamp)> {
    let mut moved: Vec<(Planned<'a>, Timestamp)> = Vec::with_capacity(stops.len());
    for stop in stops {
        let begins = match moved.last() {
            None => expected,
            Some((before, begins)) => {
                let gap = stop.start.seconds_since(before.start.plus_seconds(before.seconds));
                let walk = gap.clamp(0, WALK_SECONDS_MAX);
                begins.plus_seconds(before.seconds + walk).max(stop.start)
            }
        };
        moved.push((*stop, begins));
    }
    moved
}

fn nothing() -> LatePreview {
    LatePreview { lines: Vec::new(), not_affected: None, not_affected_start: None, break_start: None }
}

impl Reader<'_> {
    fn preview(&self, moved: Vec<(Planned<'_>, Timestamp)>) -> Result<LatePreview, StoreError> {
        let mut preview = nothing();
        for (stop, begins) in moved {
            let is_moved = begins > stop.start;
            match stop.stop {
                None if is_moved => preview.break_start = Some(begins.0),
                None => {}
                Some((id, visit)) if is_moved => preview.lines.push(self.late_line(id, visit, begins)?),
                Some((_, visit)) => {
                    preview.not_affected = Some(self.names.of_visit(visit)?);
                    preview.not_affected_start = Some(stop.start.0);
                    break;
                }
            }
        }
        Ok(preview)
    }

    fn late_line(&self, id: DocumentId, visit: &Visit, expected: Timestamp) -> Result<LatePreviewLine, StoreError> {
        let recipient = visit.recipient.map(|id| self.names.recipient(id)).transpose()?.flatten();
        let told = visit.late.as_ref().filter(|late| late.expected == expected).and_then(|late| late.told.as_ref());
        Ok(LatePreviewLine {
            visit: id,
            name: self.names.of_visit(visit)?,
            planned: visit.start_for(self.ctx.person).unwrap_or_default().0,
            expected: expected.0,
            telephone: recipient.as_ref().map(|recipient| recipient.telephone.clone()).unwrap_or_default(),
            overnight_fast_hours: self.fast_hours(id, visit, expected)?,
            told: told.map(|(_, outcome)| outcome.clone()),
            told_at: told.map(|(stated, _)| stated.at.0),
        })
    }

    /// How long the night's fast would be, whole hours begun, if it passes what this person is allowed: from the end of
    /// her last visit of the evening before to `expected`, when that is the first of her day.
    fn fast_hours(&self, document: DocumentId, visit: &Visit, expected: Timestamp) -> Result<Option<u32>, StoreError> {
        let Some(recipient) = visit.recipient else { return Ok(None) };
        let known = self.names.recipient(recipient)?;
        let Some(hours_max) = known.and_then(|recipient| recipient.overnight_fast_hours_max) else { return Ok(None) };
        let day = visit.when.map_or(Zone.day(expected), |when| when.day());
        let mut last_end = None;
        let mut query = self.tx.prepare_cached(queries::VISITS_TO)?;
        let mut rows = query.query(params![recipient.as_bytes(), day.0 - 1, day.0])?;
        while let Some(row) = rows.next()? {
            let other: Visit = rows::json(&row.get::<_, String>(1)?)?;
            let Some(when) = other.when else { continue };
            let is_itself = id(&row.get::<_, Vec<u8>>(0)?)? == document;
            if is_itself || matches!(other.state(), State::Cancelled | State::NotCarriedOut) {
                continue;
            }
            let is_earlier_today = when.day() == day && visit.when.is_some_and(|own| when.start < own.start);
            if is_earlier_today {
                return Ok(None);
            }
            if when.day() < day {
                last_end = last_end.max(Some(ended(&other).unwrap_or(when.end())));
            }
        }
        let Some(seconds) = last_end.map(|end: Timestamp| expected.seconds_since(end)) else { return Ok(None) };
        let is_passed = seconds > i64::from(hours_max) * 3_600;
        Ok(is_passed.then(|| u32::try_from((seconds + 3_599) / 3_600).unwrap_or_default()))
    }
}

/// When the last carer left a visit.
fn ended(visit: &Visit) -> Option<Timestamp> {
    let ended = visit.times.values().filter(|time| time.progress == Progress::Ended);
    ended.filter_map(|time| time.segments.last()?.end).max()
}
