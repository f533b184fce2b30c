//! What a carer's list showed when she last acknowledged it: table `seen_visit`.

use rundan_model::visit::Visit;
use rundan_model::{Day, DocumentId, PersonId, Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::store::StoreError;

/// Remembers a visit as it stands now; forgets one that is no longer here.
pub(crate) fn remember(tx: &Transaction<'_>, person: PersonId, id: DocumentId) -> Result<(), StoreError> {
    let row: Option<(Option<i32>, String)> = tx
        .prepare_cached("SELECT day, json FROM visit WHERE document = ?1")?
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((Some(day), json)) = row else { return forget(tx, id) };
    let visit: Visit = serde_json::from_str(&json)?;
    let (start, minutes) = crate::views::planned_for(&visit, person);
    let is_mine = visit.staff().any(|staff| staff == person) || visit.begun.is_some();
    if !is_mine {
        return forget(tx, id);
    }
    tx.prepare_cached(
        "INSERT INTO seen_visit (document, day, start, minutes, name, is_mine, is_cancelled, fingerprint)
         VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7)
         ON CONFLICT (document) DO UPDATE SET day = ?2, start = ?3, minutes = ?4, name = ?5, is_mine = 1,
             is_cancelled = ?6, fingerprint = ?7, left_at = NULL",
    )?
    .execute(params![
        id.as_bytes(),
        day,
        start.map(|start| start.0),
        minutes,
        crate::lookup::title(tx, id)?,
        visit.cancelled.is_some(),
        crate::views::fingerprint(&visit),
    ])?;
    Ok(())
}

/// Remembers every visit of hers as it stands: the list as the first sync brought it is no news.
pub(crate) fn remember_all(tx: &Transaction<'_>, person: PersonId) -> Result<(), StoreError> {
    let ids: Vec<Vec<u8>> = {
        let mut query = tx.prepare_cached("SELECT DISTINCT document FROM visit_person WHERE person = ?1")?;
        let rows = query.query_map([person.as_bytes()], |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    for id in ids {
        remember(tx, person, DocumentId::try_from(id.as_slice())?)?;
    }
    Ok(())
}

/// Says that a visit left her phone, if it was one of today or of a day to come.
pub(crate) fn left(tx: &Transaction<'_>, id: DocumentId, today: Day, at: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE seen_visit SET left_at = ?3 WHERE document = ?1 AND day >= ?2")?.execute(params![
        id.as_bytes(),
        today.0,
        at.0
    ])?;
    tx.prepare_cached("DELETE FROM seen_visit WHERE document = ?1 AND day < ?2")?
        .execute(params![id.as_bytes(), today.0])?;
    Ok(())
}

/// Forgets a visit that her list no longer shows.
pub(crate) fn forget(tx: &Transaction<'_>, id: DocumentId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM seen_visit WHERE document = ?1")?.execute([id.as_bytes()])?;
    Ok(())
}
