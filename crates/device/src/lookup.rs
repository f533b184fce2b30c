//! Small questions to the projections that both acting and showing ask.

use rundan_model::DocumentId;
use rundan_model::recipient::Recipient;
use rundan_model::visit::Visit;
use rusqlite::{OptionalExtension, Transaction};

use crate::store::StoreError;

/// Whose visit or which key it is, as a list of what waits names it; empty if that is not known.
pub(crate) fn title(tx: &Transaction<'_>, id: DocumentId) -> Result<String, StoreError> {
    let json: Option<String> = tx
        .prepare_cached("SELECT json FROM visit WHERE document = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    let Some(json) = json else { return Ok(tag(tx, id)?.unwrap_or_default()) };
    let visit: Visit = serde_json::from_str(&json)?;
    let stated = visit.begun.as_ref().map(|begun| begun.name.clone()).unwrap_or_default();
    let Some(recipient) = visit.recipient else { return Ok(stated) };
    Ok(recipient_name(tx, recipient)?.unwrap_or(stated))
}

/// The code of a key's tag; none if it is no key.
fn tag(tx: &Transaction<'_>, id: DocumentId) -> Result<Option<String>, StoreError> {
    let mut query = tx.prepare_cached("SELECT tag FROM key WHERE document = ?1")?;
    Ok(query.query_row([id.as_bytes()], |row| row.get(0)).optional()?)
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
