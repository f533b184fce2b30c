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
    let mut whole = tx.prepare_cached("DELETE FROM kept_text WHERE what = ?1 AND document = ?2")?;
    for (what, document, about) in used(intent) {
        match about {
            Some(about) => forget(tx, &TextPlace { what, document, about })?,
            None => drop(whole.execute(params![what.as_str(), key(document)])?),
        }
    }
    Ok(())
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

/// The texts that an intent answers: for what, on which document, and about which part of it if not all.
fn used(intent: &Intent) -> Vec<(TextUse, Option<DocumentId>, Option<String>)> {
    let on = |what, document: &DocumentId| (what, Some(*document), None);
    let left = |end_other: &[EndOther]| -> Vec<_> {
        let timed = end_other.iter().filter(|other| matches!(other.at, Stated::Local { .. }));
        timed.map(|other| on(TextUse::EndTime, &other.visit)).collect()
    };
    match intent {
        Intent::WriteNote { visit, .. } => vec![on(TextUse::Note, visit)],
        Intent::MarkNotDone { visit, items, .. } => {
            items.iter().map(|item| (TextUse::NotDone, Some(*visit), Some(item.clone()))).collect()
        }
        Intent::StartVisit { visit, end_other, .. } => {
            let mut texts = left(end_other);
            texts.push(on(TextUse::StartTime, visit));
            texts
        }
        Intent::EndVisit { visit, .. } => vec![on(TextUse::EndTime, visit)],
        Intent::BeginUnplanned { end_other, .. } => {
            let mut texts = left(end_other);
            texts.push((TextUse::Unplanned, None, None));
            texts
        }
        Intent::OtherTime { run_sheet, .. } => vec![on(TextUse::OtherTime, run_sheet)],
        Intent::EndShift { run_sheet, .. } => vec![on(TextUse::KeysKept, run_sheet)],
        Intent::ReportLate { visits, .. } => visits.iter().map(|late| on(TextUse::Late, &late.visit)).collect(),
        Intent::AddToIncident { incident, .. } => vec![on(TextUse::Addition, incident)],
        Intent::ChangeVisit { visit, change: PlanChange::Cancel { .. } } => vec![on(TextUse::Cancellation, visit)],
        Intent::PutAsideRefused { refused, .. } => vec![on(TextUse::PutAside, refused)],
        Intent::Settle { document, .. } => vec![on(TextUse::Settlement, document)],
        Intent::TakeKeys { keys, .. } => keys.iter().map(|taken| on(TextUse::Key, &taken.key)).collect(),
        Intent::ReportKey { key, .. } => vec![on(TextUse::Key, &key.key)],
        Intent::ChangeKey { key, .. } => vec![on(TextUse::Key, key)],
        Intent::NoteTag { tag, .. } => vec![(TextUse::Tag, None, Some(tag.clone()))],
        _ => Vec::new(),
    }
}

/// The key of a document; empty for one that is still to begin.
fn key(document: Option<DocumentId>) -> Vec<u8> {
    document.map(|document| document.0.to_vec()).unwrap_or_default()
}
