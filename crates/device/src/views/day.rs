//! A carer's day, and what the end of her shift leaves open.

use chrono::NaiveDate;
use rundan_model::run_sheet::RunSheet;
use rundan_model::visit::{State, Visit};
use rundan_model::{Day, DocumentId, Zone};
use rusqlite::{Transaction, params};

use super::card::{Reader, count, segment};
use super::{ViewContext, queries, rows};
use crate::StoreError;
use crate::api::{BreakView, DayView, OpenVisit, OtherTimeView, RunSheetView, ShiftClosing, Stop, VisitCard, YourFact};

/// How many days ahead a carer's shifts are on her phone, and one for the shift that begins while it syncs.
const DAYS_AHEAD: i32 = 8;

/// A carer's day; the one that she works on if no date.
pub(crate) fn day(tx: &Transaction<'_>, ctx: &ViewContext, date: Option<NaiveDate>) -> Result<DayView, StoreError> {
    let today = Zone.day(ctx.now);
    let works_on = rows::working_day(tx, ctx.person, ctx.now)?;
    let day = date.map_or(works_on, Day::of);
    let reader = Reader::new(tx, ctx);
    let sheet = rows::run_sheet_of(tx, ctx.person, day)?;
    let of_shift = rows::visits_of_shift(tx, ctx.person, day, sheet.as_ref().map(|(_, sheet)| sheet))?;
    let running = rows::under_way(tx, ctx.person, ctx.now)?;
    let is_state = |visit: &Visit, states: &[State]| states.contains(&visit.state_for(ctx.person));
    let counted = |states: &[State]| count(of_shift.iter().filter(|(_, visit)| is_state(visit, states)).count());
    let (done, total) =
        (counted(&[State::Done, State::NotCarriedOut]), count(of_shift.len()) - counted(&[State::Cancelled]));
    let visits = if day == works_on { with_running(of_shift, &running, ctx) } else { of_shift };
    // Other days are told of where she begins; the day that she looks at tells of itself.
    let last = if date.is_none() { today.0 + DAYS_AHEAD } else { day.0 };
    let changes = reader.changes_on((day.0..=last).map(Day))?;
    let cards = visits
        .iter()
        .map(|(id, visit)| reader.card(*id, visit, changes.marks.get(id).copied()))
        .collect::<Result<Vec<_>, _>>()?;
    let next = visits.iter().find(|(_, visit)| is_state(visit, &[State::Planned]));
    let around = params![ctx.person.as_bytes(), today.0 - rows::DAYS_AROUND, today.0 + rows::DAYS_AROUND];
    Ok(DayView {
        date: day.date().to_string(),
        is_today: day == works_on,
        now: ctx.now.0,
        next: next.map(|(id, _)| *id),
        done,
        total,
        running: reader.cards(&running)?,
        stops: stops(cards, &visits, sheet.as_ref().and_then(|(_, sheet)| break_view(sheet)), ctx),
        run_sheet: sheet.map(|(id, sheet)| reader.run_sheet(id, &sheet)).transpose()?,
        changes: changes.notices,
        sync: super::sync_chip(tx, ctx)?,
        days: rows::days(tx, queries::DAYS_OF, around)?,
    })
}

/// What the end of a shift leaves open; none if there is no such run sheet.
pub(crate) fn shift_closing(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    run_sheet: DocumentId,
) -> Result<Option<ShiftClosing>, StoreError> {
    let Some(sheet) = rows::run_sheet_row(tx, run_sheet)? else { return Ok(None) };
    let Some(day) = sheet.day else { return Ok(None) };
    let reader = Reader::new(tx, ctx);
    let of_shift = rows::visits_of_shift(tx, ctx.person, day, Some(&sheet))?;
    let visits = with_running(of_shift, &rows::under_way(tx, ctx.person, ctx.now)?, ctx);
    let cards = |wanted: &dyn Fn(&Visit) -> bool| -> Result<Vec<VisitCard>, StoreError> {
        let wanted = visits.iter().filter(|(_, visit)| wanted(visit));
        wanted.map(|(id, visit)| reader.card(*id, visit, None)).collect()
    };
    let state = |visit: &Visit| visit.state_for(ctx.person);
    Ok(Some(ShiftClosing {
        running: cards(&|visit| matches!(state(visit), State::Running | State::Paused))?,
        open_items: reader.open_visits(&visits)?,
        not_begun: cards(&|visit| state(visit) == State::Planned)?,
        unsent: super::sync_chip(tx, ctx)?.unsent,
        waiting: reader.waiting()?,
    }))
}

/// A shift's visits, and those under way that are none of it, each in its place.
fn with_running(
    mut visits: Vec<(DocumentId, Visit)>,
    running: &[(DocumentId, Visit)],
    ctx: &ViewContext,
) -> Vec<(DocumentId, Visit)> {
    for (id, visit) in running {
        if !visits.iter().any(|(known, _)| known == id) {
            visits.push((*id, visit.clone()));
        }
    }
    visits.sort_by_key(|(id, visit)| (visit.start_for(ctx.person), *id));
    visits
}

impl Reader<'_> {
    /// Visits that she ended, with what is open in each.
    fn open_visits(&self, visits: &[(DocumentId, Visit)]) -> Result<Vec<OpenVisit>, StoreError> {
        let mut open = Vec::new();
        for (id, visit) in visits.iter().filter(|(_, visit)| visit.state_for(self.ctx.person) == State::Done) {
            let items = visit.items.iter().filter(|item| item.is_open());
            let items: Vec<String> = items.map(|item| self.names.intervention(&item.code)).collect::<Result<_, _>>()?;
            if !items.is_empty() {
                open.push(OpenVisit { card: self.card(*id, visit, None)?, items });
            }
        }
        Ok(open)
    }

    /// Visits of hers as cards.
    fn cards(&self, visits: &[(DocumentId, Visit)]) -> Result<Vec<VisitCard>, StoreError> {
        visits.iter().map(|(id, visit)| self.card(*id, visit, None)).collect()
    }

    fn run_sheet(&self, document: DocumentId, sheet: &RunSheet) -> Result<RunSheetView, StoreError> {
        let other_time = sheet.other_time.iter().map(|other| OtherTimeView {
            fact: other.fact,
            what: other.what.clone(),
            start: other.start.0,
            minutes: other.minutes,
            text: other.text.clone(),
        });
        Ok(RunSheetView {
            document,
            shift_start: sheet.shift.map(|shift| shift.start.0),
            shift_minutes: sheet.shift.map_or(0, |shift| shift.minutes),
            area: self.names.area(self.ctx.person)?,
            worked: sheet.worked.iter().map(segment).collect(),
            on_break: sheet.breaks.last().is_some_and(|rest| rest.end.is_none()),
            other_time: other_time.collect(),
            own_facts: ["break_", "shift_"].iter().filter_map(|family| last_turn(sheet, family)).collect(),
        })
    }
}

/// What she stated last of the shift, or of the break: only that can be taken back without telling another time.
fn last_turn(sheet: &RunSheet, family: &str) -> Option<YourFact> {
    let turn = sheet.turns.iter().rev().find(|turn| turn.kind.starts_with(family))?;
    let (fact, at) = (turn.stated.fact, turn.stated.at.0);
    Some(YourFact { fact, kind: turn.kind.clone(), at, about: String::new() })
}

/// The break: the planned one, or one that was taken without a plan.
fn break_view(sheet: &RunSheet) -> Option<BreakView> {
    let taken = sheet.breaks.iter().map(segment).collect();
    let start = sheet.rest.map(|rest| rest.start).or(sheet.breaks.first().map(|first| first.start))?;
    Some(BreakView { start: start.0, minutes: sheet.rest.map_or(0, |rest| rest.minutes), taken })
}

/// Her visits in order, with the break before the first visit that begins after it.
fn stops(
    cards: Vec<VisitCard>,
    visits: &[(DocumentId, Visit)],
    rest: Option<BreakView>,
    ctx: &ViewContext,
) -> Vec<Stop> {
    let starts_after =
        |visit: &Visit, rest: &BreakView| visit.start_for(ctx.person).is_some_and(|at| at.0 > rest.start);
    let place = rest
        .as_ref()
        .map(|rest| visits.iter().position(|(_, visit)| starts_after(visit, rest)).unwrap_or(visits.len()));
    let mut stops: Vec<Stop> = cards.into_iter().map(|card| Stop::Visit(Box::new(card))).collect();
    if let (Some(place), Some(rest)) = (place, rest) {
        stops.insert(place.min(stops.len()), Stop::Break(rest));
    }
    stops
}
