//! Rows of projections as the model's types.

use rundan_model::run_sheet::RunSheet;
use rundan_model::visit::{State, Visit};
use rundan_model::{Day, DocumentId, PersonId, Timestamp, Zone};
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;

use super::context::{id, is_leaving};
use super::queries;
use crate::StoreError;

/// How many days around today a list of days reaches.
pub(super) const DAYS_AROUND: i32 = 31;
/// How long after its planned end a shift that nobody ended still counts, seconds: longer than any overtime, and over
/// before her next day begins.
const OVERRUN_SECONDS_MAX: i64 = 6 * 60 * 60;
/// How long a shift without a planned time is taken to be, seconds.
const SHIFT_SECONDS: i64 = 10 * 60 * 60;

/// Reads a projection.
pub(super) fn json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    Ok(serde_json::from_str(text)?)
}

/// A visit that someone planned, or that began without a plan. One whose beginning was taken back is nothing.
pub(super) fn is_shown(visit: &Visit) -> bool {
    visit.when.is_some() || visit.begun.is_some()
}

/// When a person should be at a visit, and for how many minutes: her slot's own time, or the visit's.
pub(crate) fn planned_for(visit: &Visit, person: PersonId) -> (Option<Timestamp>, u32) {
    let slot = visit.slots.values().find(|slot| slot.staff == Some(person));
    let minutes = slot.and_then(|slot| slot.minutes).or(visit.when.map(|when| when.minutes)).unwrap_or_default();
    (visit.start_for(person), minutes)
}

/// A person's visits of a day, by her start.
pub(super) fn visits_of(tx: &Connection, person: PersonId, day: Day) -> Result<Vec<(DocumentId, Visit)>, StoreError> {
    let mut query = tx.prepare_cached(queries::VISITS_OF)?;
    let mut rows = query.query(params![person.as_bytes(), day.0])?;
    let mut visits = Vec::new();
    while let Some(row) = rows.next()? {
        let visit: Visit = json(&row.get::<_, String>(1)?)?;
        let state: Option<String> = row.get(2)?;
        // What was taken from her and what she never began is gone, even while its document is kept.
        let is_gone = is_leaving(state.as_deref()) && visit.state_for(person) == State::Planned;
        if is_shown(&visit) && !is_gone {
            visits.push((id(&row.get::<_, Vec<u8>>(0)?)?, visit));
        }
    }
    Ok(visits)
}

/// Her visits that belong to the shift of a day, by her start: those of the day, and those of the next one until the
/// planned end of a shift over midnight.
pub(super) fn visits_of_shift(
    tx: &Connection,
    person: PersonId,
    day: Day,
    sheet: Option<&RunSheet>,
) -> Result<Vec<(DocumentId, Visit)>, StoreError> {
    let mut visits = visits_of(tx, person, day)?;
    let next = Day(day.0 + 1);
    let Some(end) = sheet.and_then(|sheet| sheet.shift).map(|shift| shift.end()) else { return Ok(visits) };
    if Zone.day(end) >= next {
        let is_in_shift = |visit: &Visit| visit.start_for(person).is_some_and(|start| start < end);
        visits.extend(visits_of(tx, person, next)?.into_iter().filter(|(_, visit)| is_in_shift(visit)));
    }
    Ok(visits)
}

/// Her visits that run or are paused, last night's among them.
pub(crate) fn under_way(
    tx: &Connection,
    person: PersonId,
    now: Timestamp,
) -> Result<Vec<(DocumentId, Visit)>, StoreError> {
    let today = Zone.day(now);
    let mut found = Vec::new();
    for day in today.0 - 1..=today.0 + 1 {
        let visits = visits_of(tx, person, Day(day))?.into_iter();
        found.extend(visits.filter(|(_, visit)| matches!(visit.state_for(person), State::Running | State::Paused)));
    }
    Ok(found)
}

/// Whether she is at work on a run sheet. A shift that nobody ended is over some hours after its planned end.
fn is_on(sheet: &RunSheet, now: Timestamp) -> bool {
    let Some(start) = sheet.worked.last().filter(|worked| worked.end.is_none()).map(|worked| worked.start) else {
        return false;
    };
    let end = sheet.shift.map_or(start.plus_seconds(SHIFT_SECONDS), |shift| shift.end());
    now < end.max(start).plus_seconds(OVERRUN_SECONDS_MAX)
}

/// The day that she works on: that of a shift since yesterday that still runs, else today.
pub(super) fn working_day(tx: &Connection, person: PersonId, now: Timestamp) -> Result<Day, StoreError> {
    let today = Zone.day(now);
    let mut sheets = sheets_near(tx, person, today.0 - 1, today.0)?;
    sheets.retain(|near| is_on(&near.sheet, now));
    Ok(sheets.into_iter().map(|near| near.day).max().unwrap_or(today))
}

/// Her run sheet to record on what she does now: that of a shift under way, else the nearest by day.
pub(crate) fn sheet_at(tx: &Connection, person: PersonId, now: Timestamp) -> Result<Option<DocumentId>, StoreError> {
    let today = Zone.day(now);
    let sheets = sheets_near(tx, person, today.0 - DAYS_AROUND, today.0 + DAYS_AROUND)?;
    let order = |near: &Near| (!is_on(&near.sheet, now), near.is_leaving, (near.day.0 - today.0).abs(), near.day);
    Ok(sheets.into_iter().min_by_key(order).map(|near| near.document))
}

/// A run sheet of hers, with its day.
struct Near {
    document: DocumentId,
    day: Day,
    sheet: RunSheet,
    is_leaving: bool,
}

fn sheets_near(tx: &Connection, person: PersonId, from: i32, to: i32) -> Result<Vec<Near>, StoreError> {
    let mut query = tx.prepare_cached(queries::RUN_SHEETS_NEAR)?;
    let mut rows = query.query(params![person.as_bytes(), from, to])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Near {
            document: id(&row.get::<_, Vec<u8>>(0)?)?,
            day: Day(row.get(2)?),
            sheet: json(&row.get::<_, String>(1)?)?,
            is_leaving: is_leaving(row.get::<_, Option<String>>(3)?.as_deref()),
        });
    }
    Ok(found)
}

/// A visit.
pub(super) fn visit_row(tx: &Connection, document: DocumentId) -> Result<Option<Visit>, StoreError> {
    let mut query = tx.prepare_cached(queries::VISIT)?;
    let found: Option<String> = query.query_row([document.as_bytes()], |row| row.get(0)).optional()?;
    found.map(|text| json(&text)).transpose()
}

/// Whether a document went out of her scope and is only kept until it may be hidden.
pub(super) fn has_left(tx: &Connection, document: DocumentId) -> Result<bool, StoreError> {
    let mut query = tx.prepare_cached(queries::STATE)?;
    let state: Option<String> = query.query_row([document.as_bytes()], |row| row.get(0)).optional()?;
    Ok(is_leaving(state.as_deref()))
}

/// A run sheet.
pub(super) fn run_sheet_row(tx: &Connection, document: DocumentId) -> Result<Option<RunSheet>, StoreError> {
    let mut query = tx.prepare_cached(queries::RUN_SHEET)?;
    let found: Option<String> = query.query_row([document.as_bytes()], |row| row.get(0)).optional()?;
    found.map(|text| json(&text)).transpose()
}

/// A person's run sheet of a day; the first by shift if there are several.
pub(super) fn run_sheet_of(
    tx: &Connection,
    person: PersonId,
    day: Day,
) -> Result<Option<(DocumentId, RunSheet)>, StoreError> {
    let mut query = tx.prepare_cached(queries::RUN_SHEET_OF)?;
    let mut rows = query.query(params![person.as_bytes(), day.0])?;
    let mut sheets: Vec<(DocumentId, RunSheet)> = Vec::new();
    while let Some(row) = rows.next()? {
        sheets.push((id(&row.get::<_, Vec<u8>>(0)?)?, json(&row.get::<_, String>(1)?)?));
    }
    Ok(sheets.into_iter().min_by_key(|(id, sheet)| (sheet.shift.map(|shift| shift.start), *id)))
}

/// The first column of a query as days.
pub(super) fn days<P: rusqlite::Params>(tx: &Connection, sql: &str, params: P) -> Result<Vec<String>, StoreError> {
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map(params, |row| row.get::<_, i32>(0))?;
    rows.map(|day| Ok(Day(day?).date().to_string())).collect()
}
