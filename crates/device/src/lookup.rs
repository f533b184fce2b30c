//! Small questions to the projections that both acting and showing ask.

use rundan_model::recipient::Recipient;
use rundan_model::visit::{Progress, Visit};
use rundan_model::{DocumentId, PersonId};
use rusqlite::{OptionalExtension, Transaction};

use crate::store::StoreError;

/// Whose visit or what document it is, as a list of what waits names it; empty if that is not known.
pub(crate) fn title(tx: &Transaction<'_>, id: DocumentId) -> Result<String, StoreError> {
    let json: Option<String> = tx
        .prepare_cached("SELECT json FROM visit WHERE document = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    let Some(json) = json else { return Ok(String::new()) };
    let visit: Visit = serde_json::from_str(&json)?;
    let stated = visit.begun.as_ref().map(|begun| begun.name.clone()).unwrap_or_default();
    let Some(recipient) = visit.recipient else { return Ok(stated) };
    Ok(recipient_name(tx, recipient)?.unwrap_or(stated))
}

/// A recipient's preferred name and surname; none if she is not on this phone.
pub(crate) fn recipient_name(tx: &Transaction<'_>, id: DocumentId) -> Result<Option<String>, StoreError> {
    let json: Option<String> = tx
        .prepare_cached("SELECT json FROM recipient WHERE document = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    let Some(json) = json else { return Ok(None) };
    let recipient: Recipient = serde_json::from_str(&json)?;
    Ok(Some(recipient.name.shown()))
}

/// The visits that a person is at right now. Only the last few days can hold one.
pub(crate) fn running(tx: &Transaction<'_>, person: PersonId) -> Result<Vec<DocumentId>, StoreError> {
    let mut query = tx.prepare_cached(
        "SELECT visit.document, visit.json FROM visit_person JOIN visit USING (document)
         WHERE visit_person.person = ?1 AND visit_person.day >= (SELECT coalesce(max(day), 0) - 1 FROM stream)",
    )?;
    let mut rows = query.query([person.as_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let json: String = row.get(1)?;
        let visit: Visit = serde_json::from_str(&json)?;
        if visit.times.get(&person).is_some_and(|time| time.progress == Progress::Running) {
            let id: Vec<u8> = row.get(0)?;
            found.push(DocumentId::try_from(id.as_slice())?);
        }
    }
    Ok(found)
}
