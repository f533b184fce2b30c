//! The office's keys: where each is, its history, and the count of a cabinet.

use std::collections::{BTreeMap, BTreeSet};

use rundan_model::custody::{Claim, Place, Step};
use rundan_model::key::forecast::{DAYS_AHEAD, PlannedVisit};
use rundan_model::key::{Key, KeyCopy, copy_of, key, overruled_by};
use rundan_model::plan::{Address, KeyReceipt, RecipientName};
use rundan_model::run_sheet;
use rundan_model::visit::Stated;
use rundan_model::{Content, Day, DocumentId, Fact, FactBody, FactId, Kind, PersonId, Timestamp, Zone};
use rusqlite::{Transaction, params};
use serde::Deserialize;

use super::card::{Reader, count};
use super::context::id;
use super::facts::FactLog;
use super::keys::{KeyRow, cabinets, planned};
use super::rows::json;
use super::{ViewContext, queries};
use crate::StoreError;
use crate::api::{
    CabinetCount, CountLine, KeyBoard, KeyBoardRow, KeyCounts, KeyFactLine, KeyFilter, KeyFlag, KeyHomeView, KeyLine,
    KeyNote, KeyNoteKind, KeyPlaceKind, KeyView, ReceiptText,
};
use crate::store::Held;
use crate::store::projection::fold;

/// The most rows of the board.
const ROWS_MAX: usize = 200;
/// How many days ahead the next visit that needs a key is looked for, today among them.
const NEXT_DAYS: i32 = 8;
/// The most notes of carers that are told at once.
const NOTES_MAX: u32 = 50;
/// For how long the board tells a note, seconds: two weeks.
const NOTES_SECONDS: i64 = 14 * 24 * 60 * 60;

/// What needs someone at the office.
const NEEDS_OFFICE: [KeyFlag; 12] = [
    KeyFlag::Disputed,
    KeyFlag::OrderUnclear,
    KeyFlag::InAnotherCabinet,
    KeyFlag::TakenWithoutNeed,
    KeyFlag::OutOvernight,
    KeyFlag::Lost,
    KeyFlag::Missing,
    KeyFlag::Damaged,
    KeyFlag::LockChanged,
    KeyFlag::SameTag,
    KeyFlag::Clash,
    KeyFlag::NewerFact,
];

/// The office's key board: the rows of a filter that have every word of a text.
pub(crate) fn key_board(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    filter: KeyFilter,
    text: &str,
) -> Result<KeyBoard, StoreError> {
    let reader = Reader::new(tx, ctx);
    let rows = reader.office_keys()?;
    let by_document: BTreeMap<DocumentId, &KeyRow> = rows.iter().map(|row| (row.document, row)).collect();
    let today = Zone.day(ctx.now);
    let visits = planned(tx, today, Day(today.0 + NEXT_DAYS - 1), None)?;
    let board = Board::read(&reader, &visits)?;
    let soon: Vec<_> = visits.into_iter().filter(|(visit, _)| Zone.day(visit.start).0 < today.0 + DAYS_AHEAD).collect();
    let (plan, missing) = reader.forecast(&soon, None, |key| Ok(by_document.get(&key).copied()))?;
    let missing_keys: BTreeSet<DocumentId> = missing.iter().map(|(_, missing)| missing.key).collect();
    let mut lines = Vec::new();
    for row in &rows {
        for copy in &row.key.copies {
            lines.push(reader.board_line(&board, row, copy)?);
        }
    }
    let is_in = |line: &KeyLine, filter: KeyFilter| match filter {
        KeyFilter::NeedsOffice => line.flags.iter().any(|flag| NEEDS_OFFICE.contains(flag)),
        KeyFilter::Out => line.person.is_some() || line.place == KeyPlaceKind::Lent,
        KeyFilter::InCabinet => line.place == KeyPlaceKind::Cabinet && line.sides.is_empty(),
        KeyFilter::MissingAhead => missing_keys.contains(&line.key),
        KeyFilter::Lost => line.flags.iter().any(|flag| matches!(flag, KeyFlag::Lost | KeyFlag::Missing)),
        KeyFilter::All => true,
    };
    let counted = |filter| count(lines.iter().filter(|line| is_in(line, filter)).count());
    let counts = KeyCounts {
        needs_office: counted(KeyFilter::NeedsOffice),
        out: counted(KeyFilter::Out),
        in_cabinet: counted(KeyFilter::InCabinet),
        missing_ahead: count(missing.len()),
        lost: counted(KeyFilter::Lost),
        all: count(lines.len()),
    };
    let text = fold(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let has_words = |line: &KeyLine| {
        let names = board.recipients.get(&line.key).into_iter().flatten().map(|(name, _)| name.clone());
        let all = [line.tag.clone(), line.name.clone(), line.to_name.clone(), line.where_text.clone()];
        let who = line.sides.iter().map(|side| side.by.clone());
        let all =
            fold(&all.into_iter().chain(who).chain(line.homes.clone()).chain(names).collect::<Vec<_>>().join(" "));
        words.iter().all(|word| all.contains(word))
    };
    lines.retain(|line| is_in(line, filter) && has_words(line));
    let found: BTreeSet<DocumentId> = lines.iter().map(|line| line.key).collect();
    let (mut rows, mut told) = (Vec::new(), Vec::new());
    let shown = if filter == KeyFilter::MissingAhead {
        let missing = missing.iter().filter(|(_, missing)| found.contains(&missing.key));
        for (tag, missing) in missing.clone().take(ROWS_MAX) {
            told.push(reader.missing_row(&plan, tag, missing)?);
        }
        missing.count()
    } else {
        let shown = lines.len();
        lines.truncate(ROWS_MAX);
        rows = lines.into_iter().map(|line| reader.board_row(&board, line)).collect::<Result<_, _>>()?;
        shown
    };
    Ok(KeyBoard {
        counts,
        rows,
        more: count(shown.saturating_sub(ROWS_MAX)),
        missing: told,
        cabinets: cabinets(tx)?,
        colleagues: reader.colleagues()?,
        units: ctx.offices(),
        curfew: reader.names.units()?.iter().find_map(|unit| unit.key_curfew.clone()),
        notes: reader.key_notes(queries::KEY_NOTES, params![ctx.now.plus_seconds(-NOTES_SECONDS).0, NOTES_MAX])?,
        sync: super::sync_chip(tx, ctx)?,
    })
}

/// What all rows of the board are made with, read once.
struct Board {
    /// The recipients whose homes each key opens: full name and address.
    recipients: BTreeMap<DocumentId, Vec<(String, String)>>,
    /// The next visit that needs each key.
    next: BTreeMap<DocumentId, (PersonId, Timestamp)>,
}

/// What the board shows of a recipient, of all that her row has.
#[derive(Deserialize)]
struct Opened {
    name: RecipientName,
    address: Address,
}

impl Board {
    fn read(reader: &Reader<'_>, visits: &[(PlannedVisit, DocumentId)]) -> Result<Self, StoreError> {
        let mut board = Self { recipients: BTreeMap::new(), next: BTreeMap::new() };
        let mut keys: BTreeMap<DocumentId, Vec<DocumentId>> = BTreeMap::new();
        let mut query = reader.tx.prepare_cached(queries::HOMES)?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let (key, home) = (id(&row.get::<_, Vec<u8>>(0)?)?, id(&row.get::<_, Vec<u8>>(1)?)?);
            let recipient: Opened = json(&row.get::<_, String>(2)?)?;
            let opened = keys.entry(home).or_default();
            // Both the office and an import may have entered the same home.
            if !opened.contains(&key) {
                opened.push(key);
                board.recipients.entry(key).or_default().push((recipient.name.full(), recipient.address.shown()));
            }
        }
        for (visit, recipient) in visits.iter().filter(|(visit, _)| visit.start >= reader.ctx.now) {
            for key in keys.get(recipient).into_iter().flatten() {
                board.next.entry(*key).or_insert((visit.person, visit.start));
            }
        }
        Ok(board)
    }
}

/// A key with its history; none if it is not here.
pub(crate) fn key_view(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    document: DocumentId,
) -> Result<Option<KeyView>, StoreError> {
    let reader = Reader::new(tx, ctx);
    let Some(held) = Held::load(tx, document)? else { return Ok(None) };
    let content = held.document.content();
    if content.kind != Kind::Key {
        return Ok(None);
    }
    let row = KeyRow { document, key: key(&content) };
    let mut copies: Vec<KeyLine> =
        row.key.copies.iter().map(|copy| reader.key_line(&row, copy)).collect::<Result<_, _>>()?;
    for line in &mut copies {
        reader.tell_answers(line, &content)?;
    }
    let mut homes: Vec<KeyHomeView> = Vec::new();
    for home in super::homes_of(tx, document)? {
        let receipts = home.home.receipts.values().flatten().map(receipt);
        // Both the office and an import may have entered the same home.
        let is_same = |known: &&mut KeyHomeView| known.recipient.is_some() && known.recipient == home.recipient;
        if let Some(known) = homes.iter_mut().find(is_same) {
            known.receipts.extend(receipts);
            continue;
        }
        let recipient = home.recipient.map(|recipient| reader.names.recipient(recipient)).transpose()?.flatten();
        homes.push(KeyHomeView {
            home: home.document,
            recipient: home.recipient,
            name: recipient.as_ref().map(|recipient| recipient.name.shown()).unwrap_or_default(),
            address: recipient.map(|recipient| recipient.address.shown()).unwrap_or_default(),
            receipts: receipts.collect(),
        });
    }
    homes.sort_by_key(|home| home.recipient.is_none());
    let Key { tag, kind, place, clashes, .. } = &row.key;
    Ok(Some(KeyView {
        key: document,
        tag: tag.clone(),
        kind: kind.clone(),
        cabinet: place.cabinet.clone(),
        hook: place.hook.clone(),
        copies,
        homes,
        clashes: reader.clashes(&held, clashes)?,
        history: reader.key_history(&held, &content, &row.key)?,
        notes: reader.key_notes(queries::NOTES_OF_KEY, params![document.as_bytes(), NOTES_MAX])?,
        is_retired: row.key.is_retired(),
        may_change: ctx.is_office_in(held.row.unit),
    }))
}

fn receipt(receipt: &KeyReceipt) -> ReceiptText {
    let KeyReceipt { is_back, day, copies, from, to } = receipt.clone();
    ReceiptText { is_back, day: day.to_string(), copies, from, to }
}

/// A cabinet to be counted: what should hang there, and what hangs there or is missed there though it should not.
pub(crate) fn cabinet(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    cabinet: &str,
    since: Timestamp,
) -> Result<CabinetCount, StoreError> {
    let reader = Reader::new(tx, ctx);
    let (mut lines, mut last) = (Vec::new(), None);
    for row in reader.office_keys()? {
        for copy in row.key.copies.iter().filter(|copy| copy.custody.place != Place::Retired) {
            let is_expected = row.key.place.cabinet == cabinet;
            let is_there = match &copy.custody.place {
                Place::Cabinet { cabinet: there } | Place::Missing { cabinet: there } => there == cabinet,
                _ => false,
            };
            let mut counts = counts_of(copy, cabinet);
            last = last.max(counts.clone().map(|step| (step.stated.at, step.stated.by)).max());
            let counted = counts.rfind(|step| step.stated.at >= since).map(|step| step.what == "counted");
            // A count that moved it nowhere: others contradict it, or it was missed in another cabinet before.
            let is_elsewhere = matches!(&copy.custody.place, Place::Missing { cabinet: there } if there != cabinet);
            let is_disputed = copy.custody.is_disputed();
            let stated = if is_disputed || is_elsewhere { reader.counted(&row, copy, cabinet, since)? } else { None };
            let counted = stated.or(counted);
            if is_expected || is_there || (is_disputed && counted == Some(true)) {
                lines.push(CountLine { line: reader.key_line(&row, copy)?, is_expected, counted });
            }
        }
    }
    lines.sort_by_cached_key(|line| (line.line.hook.parse::<u32>().unwrap_or(u32::MAX), line.line.hook.clone()));
    let counted_by = last.map(|(_, by)| reader.names.person(by)).transpose()?.unwrap_or_default();
    Ok(CabinetCount { cabinet: cabinet.to_owned(), lines, counted_at: last.map(|(at, _)| at.0), counted_by })
}

/// The counts of a copy in a cabinet since it came to where it is.
fn counts_of<'a>(copy: &'a KeyCopy, cabinet: &'a str) -> impl DoubleEndedIterator<Item = &'a Step> + Clone {
    let is_here = move |step: &&Step| match (step.what.as_str(), &step.place) {
        ("counted", Place::Cabinet { cabinet: there }) | ("missing", Place::Missing { cabinet: there }) => {
            there == cabinet
        }
        _ => false,
    };
    copy.recent().iter().filter(is_here)
}

impl Reader<'_> {
    /// The keys of the units whose office she works at.
    fn office_keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        let mut rows = Vec::new();
        for unit in self.ctx.office_units() {
            rows.extend(self.key_rows(queries::KEYS_OF_UNIT, params![unit.as_bytes()])?);
        }
        Ok(rows)
    }

    /// What each side of a dispute overrules. What was stated later and would be overruled is a side of its own.
    fn tell_answers(&self, line: &mut KeyLine, content: &Content) -> Result<(), StoreError> {
        let mut told = 0;
        while let Some(side) = line.sides.get_mut(told) {
            side.overrules = overruled_by(content, line.copy, side.fact).into_iter().flatten().collect();
            let is_side = |fact: &FactId| line.sides.iter().any(|side| side.fact == *fact);
            let later = line.sides.iter().flat_map(|side| &side.overrules).copied().find(|fact| !is_side(fact));
            if let Some((id, fact)) = later.and_then(|id| Some((id, content.facts.get(&id)?))) {
                line.sides.push(self.key_side(&Claim::of(Stated::of(id, fact), fact.body.kind()))?);
            }
            told += 1;
        }
        Ok(())
    }

    /// What was stated of a copy by the latest count of a cabinet: whether it hung there.
    fn counted(
        &self,
        row: &KeyRow,
        copy: &KeyCopy,
        cabinet: &str,
        since: Timestamp,
    ) -> Result<Option<bool>, StoreError> {
        let Some(held) = Held::load(self.tx, row.document)? else { return Ok(None) };
        let content = held.document.content();
        let standing = content.standing();
        let count = |(id, fact): (&FactId, &Fact)| {
            let is_there = match &fact.body {
                FactBody::Counted { cabinet: counted } if counted == cabinet => true,
                FactBody::Missing { cabinet: counted } if counted == cabinet => false,
                _ => return None,
            };
            let is_of_count = fact.at >= since && copy_of(fact) == Some(copy.number) && !standing.is_superseded(id);
            is_of_count.then_some((fact.at, *id, is_there))
        };
        Ok(content.facts.iter().filter_map(count).max().map(|(_, _, is_there)| is_there))
    }

    fn key_notes<P: rusqlite::Params>(&self, sql: &str, params: P) -> Result<Vec<KeyNote>, StoreError> {
        let mut query = self.tx.prepare_cached(sql)?;
        let mut rows = query.query(params)?;
        let mut notes = Vec::new();
        while let Some(row) = rows.next()? {
            let run_sheet::KeyNote { stated, tag, key, recipient, alarmed_at, text } = json(&row.get::<_, String>(0)?)?;
            let what = match (alarmed_at, key) {
                (Some(_), _) => KeyNoteKind::Alarm,
                (None, Some(_)) => KeyNoteKind::Kept,
                (None, None) => KeyNoteKind::UnknownTag,
            };
            let recipient = recipient.map(|recipient| self.names.recipient(recipient)).transpose()?.flatten();
            let is_name = what == KeyNoteKind::Alarm && recipient.is_none();
            let for_name = recipient.map(|recipient| recipient.name.shown()).unwrap_or_default();
            let (for_name, text) = if is_name { (text, String::new()) } else { (for_name, text) };
            notes.push(KeyNote {
                fact: stated.fact,
                at: stated.at.0,
                name: self.names.person(stated.by)?,
                tag,
                key,
                what,
                for_name,
                alarmed_at: alarmed_at.map(|at| at.0),
                text,
            });
        }
        Ok(notes)
    }

    fn board_line(&self, board: &Board, row: &KeyRow, copy: &KeyCopy) -> Result<KeyLine, StoreError> {
        let homes = board.recipients.get(&row.document).into_iter().flatten();
        self.key_line_with(row, copy, homes.map(|(_, address)| address.clone()).collect())
    }

    fn board_row(&self, board: &Board, line: KeyLine) -> Result<KeyBoardRow, StoreError> {
        let next = board.next.get(&line.key);
        let next_name = next.map(|(person, _)| self.names.person(*person)).transpose()?.unwrap_or_default();
        Ok(KeyBoardRow { next_at: next.map(|(_, at)| at.0), next_name, line })
    }

    /// A key's facts, the newest first.
    fn key_history(&self, held: &Held, content: &Content, key: &Key) -> Result<Vec<KeyFactLine>, StoreError> {
        let (log, standing) = (FactLog::of(held), content.standing());
        let flags: BTreeMap<FactId, Vec<KeyFlag>> = key
            .copies
            .iter()
            .flat_map(|copy| &copy.custody.series)
            .map(|step| (step.stated.fact, step.flags.iter().map(super::keys::flag).collect()))
            .collect();
        let line = |(id, fact): (&FactId, &Fact)| {
            let acted = fact.actor_person();
            let entered_by = if acted == fact.by { String::new() } else { self.names.person(fact.by)? };
            Ok(KeyFactLine {
                fact: *id,
                what: fact.body.kind().to_owned(),
                copy: copy_of(fact),
                name: self.names.person(acted)?,
                entered_by,
                at: fact.at.0,
                clock: log.clock(*id).unwrap_or(fact.at).0,
                received_at: log.record(*id).map(|record| record.received_at.0),
                detail: self.key_detail(fact)?,
                text: key_words(fact),
                flags: flags.get(id).cloned().unwrap_or_default(),
                is_void: standing.is_superseded(id),
            })
        };
        let mut lines = content.facts.iter().map(line).collect::<Result<Vec<_>, StoreError>>()?;
        lines.sort_by_key(|line| std::cmp::Reverse((line.at, line.clock, line.fact)));
        Ok(lines)
    }

    /// A cabinet, a borrower, the other person of a hand-over, a step, a register.
    pub(super) fn key_detail(&self, fact: &Fact) -> Result<String, StoreError> {
        Ok(match &fact.body {
            FactBody::Taken { cabinet, .. }
            | FactBody::Returned { cabinet }
            | FactBody::NotThere { cabinet }
            | FactBody::Counted { cabinet }
            | FactBody::Missing { cabinet }
            | FactBody::Found { cabinet: Some(cabinet) } => cabinet.clone(),
            FactBody::Given { to: person } | FactBody::Received { from: person } => self.names.person(*person)?,
            FactBody::Lent { to, .. } => to.clone(),
            FactBody::LostStep { step, .. } => step.to_string(),
            FactBody::Chosen { register, .. } => register.clone(),
            _ => String::new(),
        })
    }
}

/// The words of a fact; of a choice the value, as stored.
pub(super) fn key_words(fact: &Fact) -> String {
    match &fact.body {
        FactBody::Lent { .. } => String::new(),
        FactBody::Chosen { chosen, .. } => chosen.to_string(),
        body => body.words(),
    }
}
