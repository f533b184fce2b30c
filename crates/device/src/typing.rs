//! Texts as they are typed: local rows that no sync carries, each gone with the action that used it.

use rundan_model::{DocumentId, Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::api::{EndOther, Intent, PlanChange, Stated, TextPlace, TextUse};
use crate::store::StoreError;

/// Keeps a text; an empty one is nothing to keep.
pub(crate) fn keep(tx: &Transaction<'_>, place: &TextPlace, text: &str, now: Timestamp) -> Result<(), StoreError> {
    if text.is_empty() {
        return forget(tx, place);
    }
    tx.prepare_cached(
        "INSERT OR REPLACE INTO kept_text (what, document, about, text, at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![place.what.as_str(), key(place.document), place.about, text, now.0])?;
    Ok(())
}

/// Reads a text that was kept; empty if there is none.
pub(crate) fn kept(tx: &Transaction<'_>, place: &TextPlace) -> Result<String, StoreError> {
    let found: Option<String> = tx
        .prepare_cached("SELECT text FROM kept_text WHERE what = ?1 AND document = ?2 AND about = ?3")?
        .query_row(params![place.what.as_str(), key(place.document), place.about], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Forgets the texts that an intent answers; in the transaction of its action, so that a text is always in one place.
pub(crate) fn forget_used(tx: &Transaction<'_>, intent: &Intent) -> Result<(), StoreError> {
    used(intent).iter().try_for_each(|place| forget(tx, place))
}

/// Forgets what was typed on a document that leaves the phone.
pub(crate) fn forget_document(tx: &Transaction<'_>, document: DocumentId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM kept_text WHERE document = ?1")?.execute([document.as_bytes()])?;
    Ok(())
}

fn forget(tx: &Transaction<'_>, place: &TextPlace) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM kept_text WHERE what = ?1 AND document = ?2 AND about = ?3")?.execute(params![
        place.what.as_str(),
        key(place.document),
        place.about
    ])?;
    Ok(())
}

/// The places whose texts an intent answers.
fn used(intent: &Intent) -> Vec<TextPlace> {
    let place = |what, document: &DocumentId| TextPlace { what, document: Some(*document), about: String::new() };
    let left = |end_other: &[EndOther]| -> Vec<TextPlace> {
        let timed = end_other.iter().filter(|other| matches!(other.at, Stated::Local { .. }));
        timed.map(|other| place(TextUse::EndTime, &other.visit)).collect()
    };
    match intent {
        Intent::WriteNote { visit, .. } => vec![place(TextUse::Note, visit)],
        Intent::MarkNotDone { visit, items, .. } => {
            items.iter().map(|item| TextPlace { about: item.clone(), ..place(TextUse::NotDone, visit) }).collect()
        }
        Intent::StartVisit { visit, end_other, .. } => {
            let mut places = left(end_other);
            places.push(place(TextUse::StartTime, visit));
            places
        }
        Intent::EndVisit { visit, .. } => vec![place(TextUse::EndTime, visit)],
        Intent::BeginUnplanned { end_other, .. } => {
            let mut places = left(end_other);
            places.push(TextPlace { what: TextUse::Unplanned, document: None, about: String::new() });
            places
        }
        Intent::OtherTime { run_sheet, .. } => vec![place(TextUse::OtherTime, run_sheet)],
        Intent::ReportLate { visits, .. } => visits.iter().map(|late| place(TextUse::Late, &late.visit)).collect(),
        Intent::AddToIncident { incident, .. } => vec![place(TextUse::Addition, incident)],
        Intent::ChangeVisit { visit, change: PlanChange::Cancel { .. } } => vec![place(TextUse::Cancellation, visit)],
        Intent::PutAsideRefused { refused, .. } => vec![place(TextUse::PutAside, refused)],
        Intent::Settle { document, .. } => vec![place(TextUse::Settlement, document)],
        _ => Vec::new(),
    }
}

/// The key of a document; empty for one that is still to begin.
fn key(document: Option<DocumentId>) -> Vec<u8> {
    document.map(|document| document.0.to_vec()).unwrap_or_default()
}
