//! A recipient's card, the search for one, her door code, and the unit's catalogue.

use rundan_model::DocumentId;
use rundan_model::plan::CatalogueEntry;
use rundan_model::recipient::{Access, Recipient};
use rusqlite::{Connection, Transaction};

use super::card::Reader;
use super::context::id;
use super::names::Names;
use super::{ViewContext, queries, rows};
use crate::StoreError;
use crate::api::{KinView, RecipientView, WishView};
use crate::store::projection::fold;

/// The most recipients that a search lists.
const FOUND_MAX: usize = 50;

/// A recipient's card; none if she is not on this phone.
pub(crate) fn recipient(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    document: DocumentId,
) -> Result<Option<RecipientView>, StoreError> {
    let reader = Reader::new(tx, ctx);
    let Some(recipient) = reader.names.recipient(document)? else { return Ok(None) };
    reader.recipient(document, &recipient).map(Some)
}

/// Recipients whose name has every word of the text, by name.
pub(crate) fn find_recipient(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    text: &str,
) -> Result<Vec<RecipientView>, StoreError> {
    let reader = Reader::new(tx, ctx);
    let text = fold(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut query = tx.prepare_cached(queries::RECIPIENTS)?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(1)?;
        if words.iter().all(|word| name.contains(word)) {
            let recipient: Recipient = rows::json(&row.get::<_, String>(2)?)?;
            found.push(reader.recipient(id(&row.get::<_, Vec<u8>>(0)?)?, &recipient)?);
        }
        if found.len() == FOUND_MAX {
            break;
        }
    }
    Ok(found)
}

/// A recipient's door code with the document that holds it; none if there is none.
pub(crate) fn door_code(
    tx: &Transaction<'_>,
    recipient: DocumentId,
) -> Result<Option<(DocumentId, String)>, StoreError> {
    let connection: &Connection = tx;
    let mut query = connection.prepare_cached(queries::ACCESS)?;
    let mut rows = query.query([recipient.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let access: Access = rows::json(&row.get::<_, String>(1)?)?;
        if !access.door_code.is_empty() {
            return Ok(Some((id(&row.get::<_, Vec<u8>>(0)?)?, access.door_code)));
        }
    }
    Ok(None)
}

/// What the unit carries out, by group and name.
pub(crate) fn catalogue(tx: &Transaction<'_>) -> Result<Vec<WishView>, StoreError> {
    let names = Names::new(tx);
    let entries = names.units()?.iter().flat_map(|unit| &unit.catalogue);
    let wish = |(code, entry): (&String, &CatalogueEntry)| -> Result<WishView, StoreError> {
        let group = names.group(code)?;
        Ok(WishView { code: code.clone(), name: entry.name.clone(), group, how: String::new() })
    };
    let mut wishes = entries.map(wish).collect::<Result<Vec<_>, _>>()?;
    let order = |wish: &WishView| (wish.group.is_none(), wish.group.clone(), fold(&wish.name), wish.code.clone());
    wishes.sort_by_cached_key(order);
    Ok(wishes)
}

impl Reader<'_> {
    fn recipient(&self, document: DocumentId, recipient: &Recipient) -> Result<RecipientView, StoreError> {
        let next_of_kin = recipient.next_of_kin.iter().map(|kin| KinView {
            name: kin.name.clone(),
            relation: kin.relation.clone(),
            telephone: kin.telephone.clone(),
        });
        let wish = |(code, how): (&String, &String)| -> Result<WishView, StoreError> {
            let name = self.names.intervention(code)?;
            Ok(WishView { code: code.clone(), name, group: self.names.group(code)?, how: how.clone() })
        };
        let mut wishes = recipient.wishes.iter().map(wish).collect::<Result<Vec<_>, _>>()?;
        wishes.sort_by_cached_key(|wish| fold(&wish.name));
        let contact_worker = recipient.contact_worker.map(|person| self.names.person(person)).transpose()?;
        Ok(RecipientView {
            document,
            name: recipient.name.shown(),
            full_name: recipient.name.full(),
            address: recipient.address.shown(),
            floor: recipient.address.floor.clone(),
            area: recipient.address.area.clone(),
            telephone: recipient.telephone.clone(),
            language: recipient.language.clone(),
            next_of_kin: next_of_kin.collect(),
            contact_worker: contact_worker.unwrap_or_default(),
            keys: self.keys_to(document, recipient)?,
            has_door_code: door_code(self.tx, document)?.is_some(),
            ring_first: recipient.ring_first,
            good_to_know: recipient.good_to_know.clone(),
            overnight_fast_hours_max: recipient.overnight_fast_hours_max,
            alarm_only: recipient.alarm_only,
            wishes,
        })
    }
}
