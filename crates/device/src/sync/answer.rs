//! What a vault makes of an answer: results first, then documents, then the cursor; all in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use rundan_documents::Document;
use rundan_model::visit::{Progress, Visit};
use rundan_model::{ChangeHash, Day, DocumentId, Kind, Role, Timestamp};
use rundan_sync::change::change_hash;
use rundan_sync::columns::{self, ChangeRecord};
use rundan_sync::round::{Next, RoundError, check};
use rundan_sync::{Cursor, Digest, Item, PushResult, Receipt, ReceiptMac, StreamAnswer, SyncAnswer};
use rusqlite::{OptionalExtension, Transaction, params};

use super::lost;
use super::recovery::{self, Recovery};
use super::replay;
use super::request::{self, Asked, Identity, Stream, accepted};
use crate::act::Session;
use crate::seams::Random;
use crate::seen;
use crate::store::{DocumentRow, DocumentState, StoreError, pending_changes, projection};

/// Why an answer was not taken. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeError {
    /// It is not the answer to the request.
    #[error("The answer does not fit the request")]
    Round(#[from] RoundError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for TakeError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What came of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// There are more pages, or more to push: ask again at once.
    pub(crate) goes_on: bool,
    /// Something that screens show has changed.
    pub(crate) changed: bool,
}

/// Who makes anew what a refusal rolled back: a new session begins before it.
pub(crate) struct Writer<'a> {
    pub(crate) session: &'a Session,
    pub(crate) random: &'a dyn Random,
}

/// Takes an answer in.
pub(crate) fn take(
    tx: &Transaction<'_>,
    identity: &Identity,
    asked: &Asked,
    answer: &SyncAnswer,
    writer: &Writer<'_>,
    now: Timestamp,
) -> Result<Taken, TakeError> {
    let nexts = check(&asked.request, answer)?;
    let mut taken = Taken::default();
    let streams = Stream::all(tx)?;
    for (place, (told, next)) in answer.streams.iter().zip(&nexts).enumerate() {
        let Some(stream) = streams.iter().find(|stream| stream.unit == told.unit) else { continue };
        let mut intake = Intake::new(tx, identity, stream, writer, now)?;
        let pushed = asked.pushed.get(place).map(Vec::as_slice).unwrap_or_default();
        let documents = asked.request.streams.get(place).map(|asked| asked.push.as_slice()).unwrap_or_default();
        let mut seals = told.seals.iter().copied();
        for ((push, hashes), results) in documents.iter().zip(pushed).zip(&told.results) {
            intake.results(push.document, hashes, results, seals.next().flatten())?;
        }
        if let Some(offered) = asked.offered.get(place) {
            let seals = told.seals.get(told.results.len()..).unwrap_or_default();
            recovery::results(tx, identity, offered, &told.offered, seals)?;
        }
        if let Some(wanted) = &told.wanted {
            recovery::want(tx, told.unit, wanted)?;
        }
        for item in &told.items {
            intake.item(item)?;
        }
        intake.give_up(next, &mut taken)?;
        intake.roll_back()?;
        intake.finish(told, next, &mut taken)?;
    }
    tx.prepare_cached("UPDATE sync_state SET heard = ?1, hint = ?2, schema = ?3, problem = NULL WHERE id = 1")?
        .execute(params![now.0, answer.hint.0, answer.schema])?;
    let is_open = nexts.iter().all(|next| matches!(next, Next::Done(_) | Next::Page(_)));
    let has_more: bool = tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM pending WHERE waits_for IS NULL)")?
        .query_row([], |row| row.get(0))?;
    // A stream that is closed or forked answers nothing: asking again at once would not help.
    taken.goes_on |= has_more && is_open;
    Ok(taken)
}

/// One unit's share of an answer being taken.
struct Intake<'a, 'tx> {
    tx: &'a Transaction<'tx>,
    identity: &'a Identity,
    stream: &'a Stream,
    now: Timestamp,
    today: Day,
    digest: Digest,
    must_compare: bool,
    has_accepted: bool,
    is_first_load: bool,
    touched: BTreeSet<DocumentId>,
    writer: &'a Writer<'a>,
    /// What is to be rolled back, by document.
    refused: Vec<(DocumentId, BTreeMap<ChangeHash, String>)>,
}

impl<'a, 'tx> Intake<'a, 'tx> {
    fn new(
        tx: &'a Transaction<'tx>,
        identity: &'a Identity,
        stream: &'a Stream,
        writer: &'a Writer<'a>,
        now: Timestamp,
    ) -> Result<Self, TakeError> {
        // After a comparison the sum is made anew: one that was wrong would be wrong for ever.
        let digest = if stream.must_compare {
            request::sum(tx, stream.unit)?
        } else {
            let sum = tx
                .prepare_cached("SELECT digest FROM stream WHERE unit = ?1")?
                .query_row([stream.unit.as_bytes()], |row| row.get(0))?;
            Digest(sum)
        };
        Ok(Self {
            tx,
            identity,
            stream,
            now,
            today: rundan_model::Zone.day(now),
            digest,
            must_compare: false,
            has_accepted: false,
            is_first_load: stream.cursor.is_none(),
            touched: BTreeSet::new(),
            writer,
            refused: Vec::new(),
        })
    }

    /// What became of the pushed changes of one document.
    fn results(
        &mut self,
        id: DocumentId,
        hashes: &[ChangeHash],
        results: &[PushResult],
        mac: Option<ReceiptMac>,
    ) -> Result<(), TakeError> {
        let mut records = Vec::new();
        for (hash, result) in hashes.iter().zip(results) {
            match result {
                PushResult::Accepted(seq, at) | PushResult::Already(seq, at) => {
                    let (vault, person) = (self.identity.vault, self.identity.person);
                    records.push((*hash, ChangeRecord { seq: *seq, received_at: *at, vault, person }));
                }
                PushResult::Later(reason) => {
                    self.tx
                        .prepare_cached("UPDATE pending SET waits_for = ?2 WHERE hash = ?1")?
                        .execute(params![hash.as_bytes(), reason])?;
                }
                PushResult::Refused(_) | PushResult::Depends => {}
            }
        }
        if !records.is_empty() {
            // What only waits comes again with each round, and moves nothing.
            self.has_accepted = true;
            self.accept(id, records, mac)?;
        }
        let is_refused = |result: &PushResult| matches!(result, PushResult::Refused(_) | PushResult::Depends);
        if results.iter().any(is_refused) {
            self.refuse(id, hashes, results)?;
        }
        self.touched.insert(id);
        Ok(())
    }

    /// Moves own changes from pending to accepted, and keeps them until a backup has passed them.
    fn accept(
        &mut self,
        id: DocumentId,
        answered: Vec<(ChangeHash, ChangeRecord)>,
        mac: Option<ReceiptMac>,
    ) -> Result<(), TakeError> {
        let Some((mut row, saved)) = DocumentRow::load(self.tx, id)? else { return Ok(()) };
        if let Some(mac) = mac {
            recovery::keep_own_receipt(self.tx, id, &answered, mac)?;
        }
        let records: BTreeMap<_, _> = answered.into_iter().collect();
        let last = records.values().map(|record| record.seq).max().unwrap_or(0);
        let changes: Vec<_> =
            pending_changes(self.tx, id)?.into_iter().filter(|change| records.contains_key(&change.hash)).collect();
        let bytes = || changes.iter().map(|change| change.bytes.as_slice());
        let document = match accepted(saved.as_deref())? {
            Some(mut document) => {
                document.apply(bytes()).map_err(StoreError::from)?;
                Some(document)
            }
            // It comes whole, with these in it.
            None if row.state == DocumentState::Broken => None,
            None => Some(Document::from_changes(bytes()).map_err(StoreError::from)?),
        };
        for change in &changes {
            let Some(record) = records.get(&change.hash) else { continue };
            // All that one receipt covers is kept equally long.
            self.tx
                .prepare_cached(
                    "INSERT OR IGNORE INTO kept (document, hash, unit, seq, bytes, action)
                     SELECT ?1, ?2, ?3, ?4, ?5, action FROM pending WHERE hash = ?2",
                )?
                .execute(params![
                    id.as_bytes(),
                    change.hash.as_bytes(),
                    row.unit.as_bytes(),
                    last as i64,
                    change.bytes
                ])?;
            self.tx
                .prepare_cached(
                    "UPDATE intent SET seq = max(coalesce(seq, 0), ?2)
                     WHERE action = (SELECT action FROM pending WHERE hash = ?1)",
                )?
                .execute(params![change.hash.as_bytes(), record.seq as i64])?;
            self.tx.prepare_cached("DELETE FROM pending WHERE hash = ?1")?.execute([change.hash.as_bytes()])?;
        }
        row.own_seq = last.max(row.own_seq);
        row.records.extend(records);
        if row.state == DocumentState::Own {
            row.state = DocumentState::Held;
        }
        match document {
            Some(document) => self.store(row, &document, None),
            None => Ok(row.save(self.tx, None)?),
        }
    }

    /// Notes what was refused. The person sees it with her text kept.
    fn refuse(&mut self, id: DocumentId, hashes: &[ChangeHash], results: &[PushResult]) -> Result<(), TakeError> {
        let refused = |(hash, result): (&ChangeHash, &PushResult)| match result {
            PushResult::Refused(code) => Some((*hash, code.clone())),
            _ => None,
        };
        self.refused.push((id, hashes.iter().zip(results).filter_map(refused).collect()));
        Ok(())
    }

    /// Gives up own work that has waited too long for what nobody has brought back, unless that is under way again.
    fn give_up(&mut self, next: &Next, taken: &mut Taken) -> Result<(), TakeError> {
        let is_open = matches!(next, Next::Done(_) | Next::Page(_));
        if !is_open || self.stream.recovery.is_some() {
            return Ok(());
        }
        taken.changed |= lost::give_up(self.tx, self.stream.unit)?;
        for (document, hash) in lost::unsent(self.tx, self.stream.unit)? {
            self.touched.insert(document);
            let lost = (hash, lost::LOST.to_owned());
            match self.refused.iter_mut().find(|(of, _)| *of == document) {
                Some((_, refused)) => refused.extend([lost]),
                None => self.refused.push((document, BTreeMap::from([lost]))),
            }
        }
        Ok(())
    }

    /// Rolls back what was refused, after the documents came: what another copy of this phone has made anew is there.
    fn roll_back(&mut self) -> Result<(), TakeError> {
        if self.refused.is_empty() {
            return Ok(());
        }
        self.writer.session.renew(self.identity.vault, self.writer.random);
        for (id, refused) in std::mem::take(&mut self.refused) {
            replay::roll_back(self.tx, self.writer.session, id, &refused)?;
        }
        Ok(())
    }

    fn item(&mut self, item: &Item) -> Result<(), TakeError> {
        let id = item.document();
        self.touched.insert(id);
        match item {
            Item::Whole { receipt, document, columns } => self.whole(receipt, document, columns),
            Item::Changes { receipt, changes, columns } => {
                let changes: Vec<&[u8]> = changes.iter().map(|change| change.as_slice()).collect();
                self.changes(receipt, &changes, columns)
            }
            Item::Leave(document) => self.leave(*document),
        }
    }

    fn whole(&mut self, receipt: &Receipt, bytes: &[u8], packed: &[u8]) -> Result<(), TakeError> {
        let id = receipt.document;
        let arrived = Document::received(bytes).ok().filter(|document| document.id() == id);
        let Some(arrived) = arrived else { return self.put_aside(id) };
        let mut hashes: Vec<ChangeHash> = arrived.infos().into_iter().map(|info| info.hash).collect();
        hashes.sort();
        let records = columns::decode(packed).unwrap_or_default();
        if records.len() != hashes.len() {
            return self.put_aside(id);
        }
        let known = DocumentRow::load(self.tx, id)?;
        let is_new = known.is_none();
        let was_broken = known.as_ref().is_some_and(|(row, _)| row.state == DocumentState::Broken);
        let (mut row, saved) = known.unwrap_or_else(|| (self.new_row(id, arrived.kind()), None));
        let merged = match accepted(saved.as_deref()).ok().flatten() {
            Some(mut document) => match document.merge(&arrived) {
                Ok(()) => Some(document),
                Err(_) => return self.put_aside(id),
            },
            None => None,
        };
        recovery::forget_receipts(self.tx, id)?;
        recovery::keep_receipt(self.tx, receipt, packed, &hashes)?;
        let own = records.iter().filter(|record| record.vault == self.identity.vault).map(|record| record.seq).max();
        row.own_seq = row.own_seq.max(own.unwrap_or(0));
        row.records.extend(hashes.into_iter().zip(records));
        row.kind = arrived.kind().clone();
        row.state = DocumentState::Held;
        match merged {
            Some(document) => self.store(row, &document, None),
            None => self.store(row, &arrived, Some(bytes)),
        }?;
        if was_broken {
            replay::stand_alone(self.tx, self.writer.session, id)?;
        }
        if is_new || was_broken { self.note_arrival(id) } else { Ok(()) }
    }

    fn changes(&mut self, receipt: &Receipt, changes: &[&[u8]], packed: &[u8]) -> Result<(), TakeError> {
        let id = receipt.document;
        let Some((mut row, saved)) = DocumentRow::load(self.tx, id)? else { return self.put_aside(id) };
        let Some(document) = accepted(saved.as_deref()).ok().flatten() else { return self.put_aside(id) };
        let records = columns::decode(packed).unwrap_or_default();
        let hashes: Option<Vec<ChangeHash>> = changes.iter().map(|change| change_hash(change)).collect();
        let (Some(hashes), Ok(document)) = (hashes, document.with_received(changes)) else {
            return self.put_aside(id);
        };
        recovery::keep_receipt(self.tx, receipt, packed, &hashes)?;
        row.records.extend(hashes.into_iter().zip(records));
        if document.heads() != receipt.heads {
            self.must_compare = true;
        }
        self.store(row, &document, None)
    }

    /// Stores accepted changes and keeps the digest in step.
    fn store(&mut self, mut row: DocumentRow, document: &Document, saved: Option<&[u8]>) -> Result<(), TakeError> {
        let before: Option<(String, Vec<u8>)> = self
            .tx
            .prepare_cached("SELECT state, heads FROM document WHERE document = ?1")?
            .query_row([row.document.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((state, heads)) = before
            && state == "held"
        {
            self.digest = self.digest.minus(Digest::of(row.document, &DocumentRow::read_heads(&heads)?));
        }
        row.heads = document.heads();
        if row.state == DocumentState::Held {
            self.digest = self.digest.plus(Digest::of(row.document, &row.heads));
        }
        let bytes;
        let saved = match saved {
            Some(saved) => saved,
            None => {
                bytes = document.save();
                &bytes
            }
        };
        lost::is_back(self.tx, self.identity.vault, document)?;
        Ok(row.save(self.tx, Some(saved))?)
    }

    fn new_row(&self, id: DocumentId, kind: &Kind) -> DocumentRow {
        DocumentRow {
            document: id,
            kind: kind.clone(),
            unit: self.stream.unit,
            state: DocumentState::Held,
            heads: Vec::new(),
            records: BTreeMap::new(),
            own_seq: 0,
        }
    }

    /// A document that does not come whole is asked for again by the comparison; what is here stays.
    fn put_aside(&mut self, id: DocumentId) -> Result<(), TakeError> {
        tracing::warn!(document = %id, "a document from the server does not fit; comparing anew");
        self.must_compare = true;
        Ok(())
    }

    fn leave(&mut self, id: DocumentId) -> Result<(), TakeError> {
        let Some((mut row, saved)) = DocumentRow::load(self.tx, id)? else { return Ok(()) };
        if row.state == DocumentState::Held {
            self.digest = self.digest.minus(Digest::of(id, &row.heads));
        }
        row.state = DocumentState::Leaving;
        row.save(self.tx, saved.as_deref())?;
        seen::left(self.tx, id, self.today, self.now)?;
        Ok(())
    }

    /// A visit that is new to her list is news only on its own day.
    fn note_arrival(&self, id: DocumentId) -> Result<(), TakeError> {
        projection::project(self.tx, id)?;
        let day: Option<i32> = self
            .tx
            .prepare_cached("SELECT day FROM visit WHERE document = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?
            .flatten();
        if day.is_some_and(|day| day != self.today.0 || self.is_first_load) {
            seen::remember(self.tx, self.identity.person, id)?;
        }
        Ok(())
    }

    fn finish(mut self, told: &StreamAnswer, next: &Next, taken: &mut Taken) -> Result<(), TakeError> {
        for id in std::mem::take(&mut self.touched) {
            projection::project(self.tx, id)?;
            taken.changed = true;
        }
        self.purge_leaving()?;
        let unit = told.unit.as_bytes();
        match next {
            Next::Closed => {
                self.tx.prepare_cached("UPDATE stream SET roles = '[]' WHERE unit = ?1")?.execute([unit])?;
                return Ok(());
            }
            Next::Forked => {
                let is_replaced = self.stream.told.is_some() && told.latest.is_none();
                match self.stream.recovery {
                    None => recovery::begin(self.tx, told.unit)?,
                    // What is said on the way is of the new log: the server was put back once more, or does not keep its
                    // word.
                    Some(Recovery::Compare) => return Ok(recovery::begin(self.tx, told.unit)?),
                    Some(_) if is_replaced => return Ok(recovery::begin(self.tx, told.unit)?),
                    Some(Recovery::Ask | Recovery::Offer) => recovery::go_on(self.tx, told.unit, told.latest)?,
                }
                taken.goes_on = true;
                return Ok(());
            }
            Next::Page(page) => {
                taken.goes_on = true;
                self.tx
                    .prepare_cached(
                        "UPDATE stream SET page_seq = ?2, page_chain = ?3, page_position = ?4 WHERE unit = ?1",
                    )?
                    .execute(params![unit, page.head.seq as i64, page.head.chain.0, page.position as i64])?;
            }
            Next::Done(cursor) => self.move_cursor(told, *cursor, taken)?,
        }
        self.keep_words(told, taken)
    }

    fn move_cursor(&mut self, told: &StreamAnswer, cursor: Cursor, taken: &mut Taken) -> Result<(), TakeError> {
        let is_other = told.digest.is_some_and(|digest| digest != self.digest);
        // A comparison that has just been answered is not asked for again at once, unless the same request brought
        // work: that may have moved what was compared.
        let is_answered = self.stream.must_compare && !self.has_accepted;
        let must_compare = (self.must_compare || is_other) && !is_answered;
        if is_other {
            tracing::warn!(unit = %told.unit, "what is held differs from what the server says; comparing");
        }
        taken.goes_on |= must_compare;
        self.tx
            .prepare_cached(
                "UPDATE stream SET cursor_seq = ?2, cursor_chain = ?3, page_seq = NULL, page_chain = NULL,
                     page_position = NULL, must_compare = ?4, recovery = NULL WHERE unit = ?1",
            )?
            .execute(params![told.unit.as_bytes(), cursor.seq as i64, cursor.chain.0, must_compare])?;
        if self.is_first_load {
            seen::remember_all(self.tx, self.identity.person)?;
        }
        self.tx.prepare_cached("UPDATE sync_state SET is_loading = 0 WHERE id = 1")?.execute([])?;
        Ok(())
    }

    /// The server's words on the unit: roles, watermarks, who was heard.
    fn keep_words(&self, told: &StreamAnswer, taken: &mut Taken) -> Result<(), TakeError> {
        lost::count_day(self.tx, told.unit, Day(told.day))?;
        let roles = serde_json::to_string(&told.roles).map_err(StoreError::from)?;
        self.tx
            .prepare_cached(
                "UPDATE stream SET roles = ?2, digest = ?3, day = ?4, backed_up = max(backed_up, ?5),
                     office_has = max(office_has, ?6), documents = ?7 WHERE unit = ?1",
            )?
            .execute(params![
                told.unit.as_bytes(),
                roles,
                self.digest.0,
                told.day,
                told.backed_up as i64,
                told.office_has as i64,
                told.documents as i64
            ])?;
        if let Some(head) = told.latest.or(told.head) {
            self.tx
                .prepare_cached(
                    "UPDATE stream SET told_seq = ?2, told_chain = ?3
                     WHERE unit = ?1 AND coalesce(told_seq, -1) < ?2",
                )?
                .execute(params![told.unit.as_bytes(), head.seq as i64, head.chain.0])?;
        }
        recovery::forget_backed_up(self.tx, told.unit, told.backed_up)?;
        let is_office = told.roles.iter().any(Role::is_office);
        for heard in told.heard.iter().filter(|_| is_office) {
            taken.changed = true;
            self.tx
                .prepare_cached("INSERT OR REPLACE INTO heard (person, at) VALUES (?1, ?2)")?
                .execute(params![heard.0.as_bytes(), heard.1.0])?;
        }
        if let Some(latest) = told.heard.iter().map(|heard| heard.1.0).max() {
            self.tx
                .prepare_cached("UPDATE stream SET heard_since = max(heard_since, ?2) WHERE unit = ?1")?
                .execute(params![told.unit.as_bytes(), latest])?;
        }
        Ok(())
    }

    /// Purges documents that left, once nothing here needs them.
    fn purge_leaving(&self) -> Result<(), TakeError> {
        let ids: Vec<Vec<u8>> = {
            let mut query = self.tx.prepare_cached(
                "SELECT document FROM document WHERE state IN ('leaving', 'broken') AND unit = ?1
                     AND NOT EXISTS (SELECT 1 FROM pending WHERE pending.document = document.document)
                     AND NOT EXISTS (SELECT 1 FROM offer WHERE offer.document = document.document AND offer.is_stuck = 0)",
            )?;
            let rows = query.query_map([self.stream.unit.as_bytes()], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        for id in ids {
            let id = DocumentId::try_from(id.as_slice()).map_err(StoreError::from)?;
            if self.is_needed(id)? {
                continue;
            }
            self.tx.prepare_cached("DELETE FROM document WHERE document = ?1")?.execute([id.as_bytes()])?;
            recovery::forget_receipts(self.tx, id)?;
            projection::clear(self.tx, id)?;
            crate::typing::forget_document(self.tx, id)?;
        }
        Ok(())
    }

    /// A visit that she is at stays until she has ended it.
    fn is_needed(&self, id: DocumentId) -> Result<bool, TakeError> {
        let json: Option<String> = self
            .tx
            .prepare_cached("SELECT json FROM visit WHERE document = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?;
        let Some(json) = json else { return Ok(false) };
        let visit: Visit = serde_json::from_str(&json).map_err(StoreError::from)?;
        Ok(visit.times.get(&self.identity.person).is_some_and(|time| time.progress != Progress::Ended))
    }
}
