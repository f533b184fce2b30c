//! Rows of projections as the model's types.

use rundan_model::run_sheet::RunSheet;
use rundan_model::visit::{State, Visit};
use rundan_model::{Day, DocumentId, PersonId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;

use super::context::{id, is_leaving};
use super::queries;
use crate::StoreError;

/// How many days around today a list of days reaches.
pub(super) const DAYS_AROUND: i32 = 31;

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
