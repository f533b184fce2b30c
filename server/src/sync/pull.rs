//! What is due to a vault: for its cursor and the head, whole documents, changes and leaves, the most urgent first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rundan_model::policy::Standing;
use rundan_model::{ChangeHash, DocumentId, Kind, PersonId, Timestamp};
use rundan_sync::pages::{Filling, Need, Urgency};
use rundan_sync::{
    Cursor, Digest, HeadsHash, HeldDocument, Item, PagePosition, Receipt, ReceiptMac, StreamAnswer, StreamRequest,
    columns,
};
use rusqlite::{Connection, params};
use serde_bytes::ByteBuf;

use super::pages::{List, ListKey};
use crate::error::{Error, Result};
use crate::scope::{self, Audience, HeldAt};
use crate::server::Server;
use crate::store::log::UnitState;
use crate::store::vaults::Vault;
use crate::store::{column, documents, log, people, sql, vaults};

/// In what form a document is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The whole of it.
    Whole,
    /// What changed after the cursor.
    Changes,
    /// It left.
    Leave,
}

/// A document in the list of what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedDocument {
    /// Which.
    pub document: DocumentId,
    /// In what form.
    pub due: Due,
}

/// The most that one document takes of an answer. One of [`gate::DOCUMENT_MAX`] takes less, also with its heads and
/// columns, whole or as changes.
///
/// [`gate::DOCUMENT_MAX`]: rundan_documents::gate::DOCUMENT_MAX
const ITEM_BYTES_MAX: usize = 7 * 512 * 1024;

/// Lists of at most so many documents are not put in order: almost all of them are one page.
const SHORT_LIST: usize = 16;

/// Adds to the results of a vault's pushes what is due to it in one unit, in at most `room` bytes of documents.
pub(super) fn pull(
    tx: &Connection,
    server: &Server,
    vault: &Vault,
    stream: &StreamRequest,
    pushed: &BTreeSet<ChangeHash>,
    room: usize,
    told: &mut StreamAnswer,
) -> Result<()> {
    let state = log::unit_state(tx, stream.unit)?.ok_or(Error::NoUnit(stream.unit))?;
    let roles = people::roles(tx, stream.unit, vault.person)?;
    let is_office = Standing { roles: roles.clone(), ..Standing::default() }.is_office();
    let reader = Reader { tx, server, state: &state, person: vault.person, is_office };
    let (head, list, position) = reader.list(vault, stream)?;
    let (items, end) = reader.page(&list.due, position, stream.cursor, pushed, room)?;
    // Other units took the room: nothing is new here yet.
    let has_no_room = end == position && end < list.due.len();
    let is_last = end >= list.due.len();
    if is_last {
        server.pages.forget(vault.vault, stream.unit);
    } else if !has_no_room {
        let key = ListKey { vault: vault.vault, unit: stream.unit, from: stream.cursor, head };
        server.pages.keep(key, Arc::clone(&list));
    }
    let heard = match stream.heard_since.filter(|_| is_office) {
        Some(since) => vaults::heard_since(tx, stream.unit, since)?,
        None => Vec::new(),
    };
    told.roles = roles.into_iter().collect();
    told.items = items;
    told.head = Some(if has_no_room { stream.cursor.map_or_else(|| log::first(tx, stream.unit), Ok)? } else { head });
    told.latest = Some(state.head).filter(|latest| told.head != Some(*latest));
    told.more = (!is_last && !has_no_room).then_some(list.before.saturating_add(end) as u64);
    told.documents = if has_no_room { 0 } else { list.before.saturating_add(list.due.len()) as u64 };
    told.digest = if is_last && head == state.head { Some(reader.digest()?) } else { None };
    told.day = state.day.0;
    told.backed_up = state.backed_up;
    told.office_has = vaults::office_has(tx, stream.unit)?;
    told.heard = heard;
    Ok(())
}

struct Reader<'a> {
    tx: &'a Connection,
    server: &'a Server,
    state: &'a UnitState,
    person: PersonId,
    is_office: bool,
}

impl Reader<'_> {
    /// The list to page through, where it leads to, and from where in it. One that was forgotten is made anew: as long
    /// as the log stands where it stood, what earlier pages took is left out of it.
    fn list(&self, vault: &Vault, stream: &StreamRequest) -> Result<(Cursor, Arc<List>, usize)> {
        let head = self.state.head;
        let key = |head| ListKey { vault: vault.vault, unit: stream.unit, from: stream.cursor, head };
        let taken = |page: PagePosition| usize::try_from(page.position).unwrap_or(usize::MAX);
        if let Some(page) = stream.page
            && let Some(list) = self.server.pages.find(&key(page.head))
        {
            let position = taken(page).saturating_sub(list.before).min(list.due.len());
            return Ok((page.head, list, position));
        }
        let before = stream.page.filter(|page| page.head == head).map_or(0, taken);
        if let Some(held) = &stream.held {
            // What the vault says it holds has in it what earlier pages brought.
            let due = self.in_order(self.mismatches(held)?)?;
            return Ok((head, Arc::new(List { before, due }), 0));
        }
        let due = self.in_order(self.due(stream.cursor)?)?;
        let position = before.min(due.len());
        Ok((head, Arc::new(List { before: 0, due }), position))
    }

    fn due(&self, from: Option<Cursor>) -> Result<Vec<ListedDocument>> {
        let Some(from) = from else {
            let whole = |document| ListedDocument { document, due: Due::Whole };
            return Ok(self.held_now()?.into_iter().map(whole).collect());
        };
        if from == self.state.head {
            return Ok(Vec::new());
        }
        let mut due = Vec::new();
        for document in self.moved_since(from.seq)? {
            let was = scope::held_at(self.tx, self.state.unit, self.person, document, from.seq)?;
            let is = self.is_held(document)?;
            match (was, is) {
                (HeldAt(false), HeldAt(true)) => due.push(ListedDocument { document, due: Due::Whole }),
                (HeldAt(true), HeldAt(true)) => due.push(ListedDocument { document, due: Due::Changes }),
                (HeldAt(true), HeldAt(false)) => due.push(ListedDocument { document, due: Due::Leave }),
                // What she began and gave up since came into her audience by her own push, and left it unseen.
                (HeldAt(false), HeldAt(false)) if self.has_written(document, from.seq)? => {
                    due.push(ListedDocument { document, due: Due::Leave });
                }
                (HeldAt(false), HeldAt(false)) => {}
            }
        }
        Ok(due)
    }

    fn has_written(&self, document: DocumentId, from: u64) -> Result<bool> {
        let mut statement = self
            .tx
            .prepare_cached("SELECT 1 FROM change WHERE unit = ?1 AND document = ?2 AND person = ?3 AND seq > ?4")?;
        Ok(statement.exists(params![self.state.unit.0, document.0, self.person.0, sql(from)])?)
    }

    fn is_held(&self, document: DocumentId) -> Result<HeldAt> {
        scope::held_at(self.tx, self.state.unit, self.person, document, self.state.head.seq)
    }

    /// Documents that changed, by her or among what she has, or moved in or out of an audience of hers, after a place in
    /// the log.
    fn moved_since(&self, from: u64) -> Result<BTreeSet<DocumentId>> {
        let mut statement = self.tx.prepare_cached(
            "WITH mine AS (
                 SELECT DISTINCT audience FROM audience_member WHERE unit = ?1 AND person = ?2
             ), joined AS (
                 SELECT DISTINCT audience FROM audience_member
                 WHERE unit = ?1 AND person = ?2 AND (added_seq > ?3 OR removed_seq > ?3)
             )
             SELECT c.document FROM change c WHERE c.unit = ?1 AND c.seq > ?3 AND EXISTS (
                 SELECT 1 FROM mine JOIN audience_document d
                 ON d.unit = ?1 AND d.document = c.document AND d.audience = mine.audience)
             UNION SELECT c.document FROM change c WHERE c.unit = ?1 AND c.seq > ?3 AND c.person = ?2
             UNION SELECT d.document FROM mine JOIN audience_document d
                 ON d.unit = ?1 AND d.audience = mine.audience AND d.added_seq > ?3
             UNION SELECT d.document FROM mine JOIN audience_document d
                 ON d.unit = ?1 AND d.audience = mine.audience AND d.removed_seq > ?3
             UNION SELECT d.document FROM joined JOIN audience_document d
                 ON d.unit = ?1 AND d.audience = joined.audience",
        )?;
        let moved = statement.query_map(params![self.state.unit.0, self.person.0, sql(from)], |row| column(row, 0))?;
        Ok(moved.collect::<rusqlite::Result<_>>()?)
    }

    fn held_now(&self) -> Result<BTreeSet<DocumentId>> {
        let mut statement = self.tx.prepare_cached(
            "SELECT d.document FROM audience_member m
             JOIN audience_document d ON d.unit = m.unit AND d.audience = m.audience AND d.removed_seq IS NULL
             WHERE m.unit = ?1 AND m.person = ?2 AND m.removed_seq IS NULL",
        )?;
        let held = statement.query_map(params![self.state.unit.0, self.person.0], |row| column(row, 0))?;
        Ok(held.collect::<rusqlite::Result<_>>()?)
    }

    /// What differs between what a vault says it holds and what it should hold.
    fn mismatches(&self, held: &[HeldDocument]) -> Result<Vec<ListedDocument>> {
        let mut said: BTreeMap<DocumentId, HeadsHash> = held.iter().map(|held| (held.0, held.1)).collect();
        let mut due = Vec::new();
        for document in self.held_now()? {
            let row = documents::row(self.tx, self.state.unit, document)?.ok_or(Error::NoDocument(document))?;
            if said.remove(&document) != Some(HeadsHash::of(document, &row.heads)) {
                due.push(ListedDocument { document, due: Due::Whole });
            }
        }
        due.extend(said.into_keys().map(|document| ListedDocument { document, due: Due::Leave }));
        Ok(due)
    }

    /// The items of a page, and where in the list it ends.
    fn page(
        &self,
        list: &[ListedDocument],
        position: usize,
        from: Option<Cursor>,
        pushed: &BTreeSet<ChangeHash>,
        room: usize,
    ) -> Result<(Vec<Item>, usize)> {
        let mut items = Vec::new();
        let mut filling = Filling::at(position, room);
        for (taken, listed) in list.iter().skip(position).enumerate() {
            let Some(item) = self.item(listed, from, pushed)? else { continue };
            let bytes = size(&item);
            if bytes > ITEM_BYTES_MAX {
                // The gate lets no document grow so large. It must not hold up all the others for ever.
                tracing::error!(document = %listed.document, bytes, "a document is larger than an answer");
                continue;
            }
            if !filling.takes(bytes) {
                return Ok((items, position + taken));
            }
            items.push(item);
        }
        Ok((items, list.len()))
    }

    /// A document as it is due now. It may be newer than the list's head; none where nothing of it is due any more.
    fn item(
        &self,
        listed: &ListedDocument,
        from: Option<Cursor>,
        pushed: &BTreeSet<ChangeHash>,
    ) -> Result<Option<Item>> {
        let document = listed.document;
        if listed.due == Due::Leave {
            return Ok(Some(Item::Leave(document)));
        }
        // What left since the list was made must not be read any more; the next round says that it left.
        if self.is_held(document)? == HeldAt(false) {
            return Ok(None);
        }
        match listed.due {
            Due::Changes => self.changes(document, from.map_or(0, |cursor| cursor.seq), pushed),
            Due::Whole | Due::Leave => self.whole(document, pushed),
        }
    }

    fn whole(&self, document: DocumentId, pushed: &BTreeSet<ChangeHash>) -> Result<Option<Item>> {
        let (tx, unit) = (self.tx, self.state.unit);
        let records = documents::records(tx, unit, document)?;
        // Begun by this very request: its author has all of it.
        if records.iter().all(|(hash, _)| pushed.contains(hash)) {
            return Ok(None);
        }
        let (hashes, records): (Vec<_>, Vec<_>) = records.into_iter().unzip();
        let columns = columns::encode(&records);
        let receipt = self.receipt(document, &hashes, &columns)?;
        let saved = documents::saved(tx, unit, document)?.ok_or(Error::NoDocument(document))?;
        Ok(Some(Item::Whole { receipt, document: ByteBuf::from(saved), columns: ByteBuf::from(columns) }))
    }

    fn changes(&self, document: DocumentId, after: u64, pushed: &BTreeSet<ChangeHash>) -> Result<Option<Item>> {
        let mut changes = documents::changes_after(self.tx, self.state.unit, document, after)?;
        changes.retain(|(hash, _, _)| !pushed.contains(hash));
        if changes.is_empty() {
            return Ok(None);
        }
        let (hashes, records): (Vec<_>, Vec<_>) = changes.iter().map(|(hash, record, _)| (*hash, *record)).unzip();
        let columns = columns::encode(&records);
        let receipt = self.receipt(document, &hashes, &columns)?;
        let changes = changes.into_iter().map(|(_, _, bytes)| ByteBuf::from(bytes)).collect();
        Ok(Some(Item::Changes { receipt, changes, columns: ByteBuf::from(columns) }))
    }

    fn receipt(&self, document: DocumentId, changes: &[ChangeHash], columns: &[u8]) -> Result<Receipt> {
        let row = documents::row(self.tx, self.state.unit, document)?.ok_or(Error::NoDocument(document))?;
        let mut receipt = Receipt { document, seq: row.last_seq, heads: row.heads, mac: ReceiptMac([0; 16]) };
        receipt.mac = self.server.keys.receipts.seal(self.state.unit, &receipt, changes, columns);
        Ok(receipt)
    }

    /// The sum over all she holds: her audiences overlap only in what the office reads too.
    fn digest(&self) -> Result<Digest> {
        let of = |audience| scope::digests(self.tx, self.state.unit, audience);
        let unit = of(Audience::Unit)?.0;
        let (own, own_private) = of(Audience::Person(self.person))?;
        if self.is_office {
            return Ok(unit.plus(of(Audience::Office)?.0).plus(own_private));
        }
        Ok(unit.plus(own))
    }

    fn in_order(&self, mut due: Vec<ListedDocument>) -> Result<Vec<ListedDocument>> {
        if due.len() <= SHORT_LIST {
            return Ok(due);
        }
        let work = self.work_ahead()?;
        let mut ordered = Vec::with_capacity(due.len());
        for listed in due.drain(..) {
            ordered.push((self.urgency(&listed, &work)?, listed));
        }
        ordered.sort_unstable_by_key(|(urgency, _)| *urgency);
        Ok(ordered.into_iter().map(|(_, listed)| listed).collect())
    }

    fn urgency(&self, listed: &ListedDocument, work: &BTreeMap<DocumentId, (i32, Timestamp)>) -> Result<Urgency> {
        let document = listed.document;
        if listed.due == Due::Leave {
            return Ok(Urgency { need: Need::Leaves, at: 0, document });
        }
        let mut statement = self.tx.prepare_cached("SELECT kind FROM document WHERE unit = ?1 AND document = ?2")?;
        let kind = statement
            .query_row(params![self.state.unit.0, document.0], |row| Ok(Kind::from(row.get_ref(0)?.as_str()?)))?;
        let when = work.get(&document);
        let need = match (kind, when) {
            (Kind::Unit | Kind::UnitOffice, _) => Need::Unit,
            (Kind::Staff, _) => Need::Names,
            (Kind::RunSheet, Some((0, _))) if !self.is_office => Need::OwnDay,
            (_, Some((0, _))) => Need::Today,
            (_, Some((days, _))) => Need::Later(u16::try_from(days.unsigned_abs()).unwrap_or(u16::MAX)),
            (_, None) => Need::Rest,
        };
        Ok(Urgency { need, at: when.map_or(0, |(_, at)| at.0), document })
    }

    /// How many days from today, and when, each document of her work is first needed; for the office, of everyone's.
    fn work_ahead(&self) -> Result<BTreeMap<DocumentId, (i32, Timestamp)>> {
        let mut statement = self.tx.prepare_cached(
            "WITH work AS (
                 SELECT document, day, at FROM work_day
                 WHERE unit = ?1 AND day BETWEEN ?3 AND ?4 AND (?5 = 1 OR person = ?2)
             ), at_recipient AS (
                 SELECT v.recipient, work.day, work.at FROM work
                 JOIN visit_recipient v ON v.unit = ?1 AND v.document = work.document
             )
             SELECT document, day, at FROM work
             UNION ALL SELECT recipient, day, at FROM at_recipient
             UNION ALL SELECT a.document, r.day, r.at FROM at_recipient r
                 JOIN recipient_access a ON a.unit = ?1 AND a.recipient = r.recipient",
        )?;
        let today = self.state.day.0;
        let rows = statement.query_map(
            params![
                self.state.unit.0,
                self.person.0,
                today - scope::DAYS_BACK,
                today + scope::DAYS_AHEAD,
                self.is_office
            ],
            |row| Ok((column::<DocumentId>(row, 0)?, row.get::<_, i32>(1)?, Timestamp(row.get(2)?))),
        )?;
        let mut first: BTreeMap<DocumentId, (i32, Timestamp)> = BTreeMap::new();
        for row in rows {
            let (document, day, at) = row?;
            // Yesterday is as far as tomorrow, but what is ahead comes first.
            let when = (day - today, at);
            let is_sooner = |known: &(i32, Timestamp)| (when.0.abs(), -when.0, at) < (known.0.abs(), -known.0, known.1);
            first
                .entry(document)
                .and_modify(|known| {
                    if is_sooner(known) {
                        *known = when
                    }
                })
                .or_insert(when);
        }
        Ok(first)
    }
}

/// What the frame of an item takes: names, lengths, seal.
const FRAME_BYTES: usize = 128;
/// What the length of a list of bytes takes.
const LENGTH_BYTES: usize = 5;

/// What an item takes in an answer, at most.
fn size(item: &Item) -> usize {
    let heads = |receipt: &Receipt| receipt.heads.len() * (ChangeHash::BYTES + LENGTH_BYTES);
    match item {
        Item::Whole { receipt, document, columns } => document.len() + columns.len() + FRAME_BYTES + heads(receipt),
        Item::Changes { receipt, changes, columns } => {
            let changes: usize = changes.iter().map(|bytes| bytes.len() + LENGTH_BYTES).sum();
            changes + columns.len() + FRAME_BYTES + heads(receipt)
        }
        Item::Leave(_) => DocumentId::BYTES + LENGTH_BYTES,
    }
}
