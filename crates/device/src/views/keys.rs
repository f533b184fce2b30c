//! A carer's keys: what she has, what her round needs, and what a tag is.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::Days;
use rundan_model::custody::{Certainty, Claim, Flag, Place, Side};
use rundan_model::key::forecast::{DAYS_AHEAD, MissingKey, Plan, PlannedShift, PlannedVisit, whereabouts};
use rundan_model::key::{Key, KeyCopy, KeyHome, LOST_STEPS, latest_of, read_tag, says_she_has, told_alone};
use rundan_model::recipient::Recipient;
use rundan_model::run_sheet::RunSheet;
use rundan_model::staff::Staff;
use rundan_model::visit::{State, Stated, Visit};
use rundan_model::{
    ActionId, Content, Day, DocumentId, Fact, FactBody, FactId, KeyKind, KeyUse, PersonId, Timestamp, UnitId, Zone,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::card::{Reader, count};
use super::context::id;
use super::rows::json;
use super::{ViewContext, queries, rows};
use crate::StoreError;
use crate::api::{
    Colleague, HandOverView, KeyFlag, KeyLine, KeyPlaceKind, KeyReminder, KeyReminderWhy, KeySide, KeyTag, KeysView,
    MissingRow, MyKey, NeededKey, TagView,
};
use crate::store::Held;

/// How long before her shift ends she is reminded of the keys that she has, seconds.
const REMIND_SECONDS: i64 = 30 * 60;

/// How long what she said of a key that she does not have can be taken back, seconds.
const TAKEN_BACK_SECONDS: i64 = 24 * 60 * 60;

/// A key as its row has it.
pub(super) struct KeyRow {
    pub(super) document: DocumentId,
    pub(super) key: Key,
}

/// Which home a key opens, as its row has it.
pub(crate) struct HomeRow {
    pub(crate) document: DocumentId,
    pub(crate) key: DocumentId,
    /// Nobody's any more if none: only what was signed for it is left.
    pub(crate) recipient: Option<DocumentId>,
    pub(crate) home: KeyHome,
}

/// A carer's keys.
pub(crate) fn keys(tx: &Transaction<'_>, ctx: &ViewContext) -> Result<KeysView, StoreError> {
    let reader = Reader::new(tx, ctx);
    let me = ctx.person;
    let (mut mine, mut to_confirm, mut disputed, mut kept) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let held: Vec<KeyRow> = reader.key_rows(queries::KEYS_WITH, params![me.as_bytes()])?;
    let in_round = keys_needed(tx, me, ctx.now)?;
    let shifts = shifts_of(tx, me, ctx.now)?;
    let shift = shifts.iter().find(|shift| shift.end > ctx.now).or(shifts.last()).copied();
    let noted = noted_alarms(tx, me, ctx.now)?;
    for row in &held {
        let Some(content) = content_of(tx, row.document)? else { continue };
        for copy in &row.key.copies {
            let told = told_alone(&content, copy, me);
            let copy = told.as_ref().unwrap_or(copy);
            let line = || reader.own_line(row, copy, &content);
            if is_kept(&content, copy, me) {
                kept.push(line()?);
            }
            match (&copy.custody.certainty, &copy.custody.place) {
                (Certainty::Disputed(sides), _) if sides.iter().any(|side| side.by == me) => disputed.push(line()?),
                (Certainty::Disputed(_), _) => {}
                (_, Place::HandingOver { to, confirmed: Side::Giver, .. }) if *to == me => to_confirm.push(line()?),
                (_, Place::HandingOver { from, confirmed: Side::Receiver, .. }) if *from == me => {
                    to_confirm.push(line()?);
                }
                (_, place) if place.may_be_with(me) => {
                    let is_needed = in_round.contains(&row.document);
                    mine.push(reader.my_key(line()?, copy, &content, is_needed, shift, &noted)?);
                }
                _ => {}
            }
        }
    }
    let has = |key: &DocumentId| mine.iter().any(|mine: &MyKey| mine.line.key == *key);
    let mut needed: Vec<NeededKey> = Vec::new();
    for (key, need) in needs_of(tx, me, ctx.now, |visit| is_ahead(tx, me, visit))? {
        if !has(&key) {
            needed.extend(reader.needed_key(key, &need)?);
        }
    }
    mine.sort_by_cached_key(|key| (key.line.kind == KeyKind::Alarm, key.line.tag.clone()));
    kept.sort_by_cached_key(|line| (line.kind == KeyKind::Alarm, line.tag.clone()));
    Ok(KeysView {
        now: ctx.now.0,
        needed,
        reminder: reminder(&reader, &kept, &shifts)?,
        mine,
        to_confirm,
        disputed,
        kept,
        ahead: reader.missing(me)?,
        cabinets: cabinets(tx)?,
        colleagues: reader.colleagues()?,
        sync: super::sync_chip(tx, ctx)?,
    })
}

/// What a tag is that was scanned or typed.
pub(crate) fn find_tag(tx: &Transaction<'_>, ctx: &ViewContext, text: &str) -> Result<TagView, StoreError> {
    let reader = Reader::new(tx, ctx);
    let Some((tag, number)) = read_tag(text) else { return Ok(TagView::NoTag) };
    let (mut lines, mut retired) = (Vec::new(), Vec::new());
    for row in reader.key_rows(queries::KEYS_TAGGED, params![tag])? {
        let Some(content) = content_of(tx, row.document)? else { continue };
        for copy in &row.key.copies {
            let told = told_alone(&content, copy, ctx.person);
            let copy = told.as_ref().unwrap_or(copy);
            let list = if copy.custody.place == Place::Retired { &mut retired } else { &mut lines };
            list.push(reader.own_line(&row, copy, &content)?);
        }
    }
    let is_meant = |line: &KeyLine| number.is_none_or(|number| number == line.copy);
    if let Some(number) = number.filter(|_| !lines.is_empty() && !lines.iter().chain(&retired).any(is_meant)) {
        return Ok(TagView::NoCopy { tag: format!("{tag}/{number}"), lines });
    }
    // Of a key whose copies are all retired, any number is retired.
    let is_of_retired = lines.is_empty();
    lines.retain(is_meant);
    retired.retain(|line| is_of_retired || is_meant(line));
    Ok(match (lines.is_empty(), retired.is_empty()) {
        (false, _) => TagView::Known { lines },
        (true, false) => TagView::Retired { lines: retired },
        (true, true) => TagView::Unknown { tag },
    })
}

/// The keys that a person's visits of today need, alarm keys not among them.
pub(crate) fn keys_needed(
    tx: &Connection,
    person: PersonId,
    now: Timestamp,
) -> Result<BTreeSet<DocumentId>, StoreError> {
    Ok(needs_of(tx, person, now, |_| Ok(true))?.into_iter().map(|(key, _)| key).collect())
}

/// The keys that a person would keep if her shift ended now, each with what is written on its tag.
pub(crate) fn keys_with(tx: &Transaction<'_>, person: PersonId) -> Result<Vec<(DocumentId, String)>, StoreError> {
    let mut kept = Vec::new();
    for row in key_rows(tx, queries::KEYS_WITH, params![person.as_bytes()])? {
        let Some(content) = content_of(tx, row.document)? else { continue };
        for copy in &row.key.copies {
            let told = told_alone(&content, copy, person);
            if is_kept(&content, told.as_ref().unwrap_or(copy), person) {
                kept.push((row.document, row.key.tag_of(copy.number)));
            }
        }
    }
    Ok(kept)
}

/// Whether a person has a copy: beyond doubt, or by her own word where she was handed it or others contradict her.
fn is_kept(content: &Content, copy: &KeyCopy, person: PersonId) -> bool {
    if copy.custody.is_disputed() {
        return says_she_has(content, copy.number, person);
    }
    match &copy.custody.place {
        Place::With { person: holder } => *holder == person,
        Place::HandingOver { to, confirmed: Side::Receiver, .. } => *to == person,
        _ => false,
    }
}

fn content_of(tx: &Transaction<'_>, document: DocumentId) -> Result<Option<Content>, StoreError> {
    Ok(Held::load(tx, document)?.map(|held| held.document.content()))
}

/// A key, with of each copy's history no more than how it came to where it is; none if it is not here.
pub(crate) fn key(tx: &Connection, document: DocumentId) -> Result<Option<Key>, StoreError> {
    Ok(key_rows(tx, queries::KEY, params![document.as_bytes()])?.pop().map(|row| row.key))
}

/// The homes that a key opens, as far as this vault may know.
pub(crate) fn homes_of(tx: &Connection, key: DocumentId) -> Result<Vec<HomeRow>, StoreError> {
    home_rows(tx, queries::HOMES_OF_KEY, key)
}

/// The document of a unit's settings.
pub(crate) fn unit_document(tx: &Connection, unit: UnitId) -> Result<Option<DocumentId>, StoreError> {
    let mut query = tx.prepare_cached(queries::UNIT_DOCUMENT)?;
    let found: Option<Vec<u8>> = query.query_row([unit.as_bytes()], |row| row.get(0)).optional()?;
    found.map(|bytes| id(&bytes)).transpose()
}

pub(super) fn key_rows<P: rusqlite::Params>(tx: &Connection, sql: &str, params: P) -> Result<Vec<KeyRow>, StoreError> {
    let mut query = tx.prepare_cached(sql)?;
    let mut rows = query.query(params)?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(KeyRow { document: id(&row.get::<_, Vec<u8>>(0)?)?, key: json(&row.get::<_, String>(1)?)? });
    }
    Ok(keys)
}

pub(super) fn home_rows(tx: &Connection, sql: &str, about: DocumentId) -> Result<Vec<HomeRow>, StoreError> {
    let mut query = tx.prepare_cached(sql)?;
    let mut rows = query.query([about.as_bytes()])?;
    let mut homes = Vec::new();
    while let Some(row) = rows.next()? {
        homes.push(HomeRow {
            document: id(&row.get::<_, Vec<u8>>(0)?)?,
            key: id(&row.get::<_, Vec<u8>>(1)?)?,
            recipient: row.get::<_, Option<Vec<u8>>>(2)?.map(|recipient| id(&recipient)).transpose()?,
            home: json(&row.get::<_, String>(3)?)?,
        });
    }
    Ok(homes)
}

/// The cabinets that keys hang in, by name.
pub(super) fn cabinets(tx: &Connection) -> Result<Vec<String>, StoreError> {
    let mut query = tx.prepare_cached(queries::CABINETS)?;
    let rows = query.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The visits that someone is planned for on some days and that nobody has called off, each with its recipient: all, or
/// those that a person is planned for, with her colleagues there.
pub(super) fn planned(
    tx: &Connection,
    from: Day,
    to: Day,
    person: Option<PersonId>,
) -> Result<Vec<(PlannedVisit, DocumentId)>, StoreError> {
    let mut query = tx.prepare_cached(queries::PLANNED)?;
    let mut rows = query.query(params![from.0, to.0, person.map(|person| person.0)])?;
    let mut visits = Vec::new();
    while let Some(row) = rows.next()? {
        let start = Timestamp(row.get(2)?);
        let visit = PlannedVisit {
            start,
            end: start.plus_minutes(row.get(3)?),
            person: PersonId::try_from(row.get::<_, Vec<u8>>(1)?.as_slice())?,
            visit: id(&row.get::<_, Vec<u8>>(0)?)?,
        };
        visits.push((visit, id(&row.get::<_, Vec<u8>>(4)?)?));
    }
    visits.sort();
    Ok(visits)
}

/// The keys of those of a person's visits of today that are wanted, with the first visit that needs each; a shift over
/// midnight has them too, and so have visits that nobody planned and that she is at.
fn needs_of(
    tx: &Connection,
    person: PersonId,
    now: Timestamp,
    is_wanted: impl Fn(&PlannedVisit) -> Result<bool, StoreError>,
) -> Result<Vec<(DocumentId, PlannedVisit)>, StoreError> {
    let today = Zone.day(now);
    let shift = shift_now(tx, person, now)?;
    let day = shift.map_or(today, |shift| Zone.day(shift.start).min(today));
    // A shift over midnight has the visits of both its days that begin before it ends; any other has its day's.
    let night = shift.filter(|shift| Zone.day(shift.end) > day);
    let mut needs = Vec::new();
    let mut planned = planned(tx, day, night.map_or(day, |shift| Zone.day(shift.end)), Some(person))?;
    planned.retain(|(visit, _)| visit.person == person && night.is_none_or(|shift| visit.start < shift.end));
    let unplanned = |(document, visit): (DocumentId, Visit)| {
        let start = visit.start_for(person).filter(|_| visit.begun.is_some())?;
        Some((PlannedVisit { start, end: start, person, visit: document }, visit.recipient?))
    };
    let at_work = rows::under_way(tx, person, now)?.into_iter().filter_map(unplanned);
    for (visit, recipient) in at_work.chain(planned) {
        if !is_wanted(&visit)? {
            continue;
        }
        let rows = key_rows(tx, queries::KEYS_TO, params![recipient.as_bytes()])?;
        for row in &rows {
            let is_for_round = row.key.kind != KeyKind::Alarm && !row.key.is_retired() && !is_replaced(row, &rows);
            if is_for_round && !needs.iter().any(|(key, _)| *key == row.document) {
                needs.push((row.document, visit));
            }
        }
    }
    Ok(needs)
}

/// Whether a key's lock was changed and another key of those to the same home opens it.
fn is_replaced(row: &KeyRow, others: &[KeyRow]) -> bool {
    let opens =
        |other: &KeyRow| other.key.kind == row.key.kind && other.key.lock_changed.is_none() && !other.key.is_retired();
    row.key.lock_changed.is_some() && others.iter().any(|other| other.document != row.document && opens(other))
}

/// Whether a person still has to go into a home for a visit, however late she is.
fn is_ahead(tx: &Transaction<'_>, person: PersonId, planned: &PlannedVisit) -> Result<bool, StoreError> {
    let visit = rows::visit_row(tx, planned.visit)?;
    let state = visit.map(|visit| visit.state_for(person));
    Ok(matches!(state, Some(State::Planned | State::Running | State::Paused)))
}

/// The planned shift that someone works now, or her next one today.
fn shift_now(tx: &Connection, person: PersonId, now: Timestamp) -> Result<Option<PlannedShift>, StoreError> {
    Ok(shifts_of(tx, person, now)?.into_iter().find(|shift| shift.end > now))
}

/// Someone's planned shifts of yesterday and today, in order.
fn shifts_of(tx: &Connection, person: PersonId, now: Timestamp) -> Result<Vec<PlannedShift>, StoreError> {
    let today = Zone.day(now);
    let mut shifts = shifts(tx, Day(today.0 - 1), today, Some(person))?;
    shifts.sort_by_key(|shift| shift.start);
    Ok(shifts)
}

/// The planned shifts of some days.
pub(super) fn shifts(
    tx: &Connection,
    from: Day,
    to: Day,
    person: Option<PersonId>,
) -> Result<Vec<PlannedShift>, StoreError> {
    let mut query = tx.prepare_cached(queries::SHIFTS)?;
    let mut rows = query.query(params![from.0, to.0, person.map(|person| person.0)])?;
    let mut shifts = Vec::new();
    while let Some(row) = rows.next()? {
        let sheet: RunSheet = json(&row.get::<_, String>(1)?)?;
        let person = PersonId::try_from(row.get::<_, Vec<u8>>(0)?.as_slice())?;
        shifts.extend(sheet.shift.map(|shift| PlannedShift { person, start: shift.start, end: shift.end() }));
    }
    Ok(shifts)
}

/// When the alarms were raised that she noted on her run sheet, by the press with which she took a key for it.
type NotedAlarms = BTreeMap<(DocumentId, ActionId), i64>;

fn noted_alarms(tx: &Transaction<'_>, me: PersonId, now: Timestamp) -> Result<NotedAlarms, StoreError> {
    let mut noted = BTreeMap::new();
    let Some(sheet) = rows::sheet_at(tx, me, now)? else { return Ok(noted) };
    let Some(held) = Held::load(tx, sheet)? else { return Ok(noted) };
    let content = held.document.content();
    let alarm = |fact: &Fact| match &fact.body {
        FactBody::KeyNoted { key: Some(key), alarmed_at: Some(at), .. } => Some(((*key, fact.action), at.0)),
        _ => None,
    };
    noted.extend(content.facts.values().filter_map(alarm));
    Ok(noted)
}

fn reminder(reader: &Reader<'_>, kept: &[KeyLine], shifts: &[PlannedShift]) -> Result<Option<KeyReminder>, StoreError> {
    let now = reader.ctx.now;
    if kept.is_empty() {
        return Ok(None);
    }
    let ends =
        shifts.iter().map(|shift| (shift.end.plus_seconds(-REMIND_SECONDS), shift.end, KeyReminderWhy::ShiftEnds));
    let units = reader.names.units()?;
    let curfew = units.iter().find_map(|unit| rundan_model::time::parse_clock(unit.key_curfew.as_deref()?));
    let today = Zone.date(now);
    let curfews = [today - Days::new(1), today].into_iter().filter_map(|date| Zone.at(date, curfew?).first());
    let times: Vec<_> = ends.chain(curfews.map(|at| (at, at, KeyReminderWhy::Curfew))).collect();
    // A clock that was ahead when she got a key: since then at the latest.
    let began = shifts.iter().rev().map(|shift| shift.start).find(|start| *start <= now).unwrap_or(now);
    let had = |line: &KeyLine| {
        let own = line.sides.iter().filter(|side| side.is_me).map(|side| side.at).max();
        own.or(line.since).map(Timestamp).filter(|since| *since <= now).unwrap_or(began)
    };
    // What is due stays told, over the shift's end and midnight, for what she had then; of what is to come, the first.
    let is_due = |end: Timestamp| kept.iter().any(|line| had(line) < end);
    let due = times.iter().filter(|(at, end, _)| *at <= now && is_due(*end)).max_by_key(|(at, ..)| *at);
    let next = due.or(times.iter().filter(|(at, ..)| *at > now).min_by_key(|(at, ..)| *at));
    Ok(next.map(|(at, end, why)| KeyReminder {
        why: why.clone(),
        at: at.0,
        is_due: *at <= now,
        is_over: *end <= now,
        tags: kept.iter().filter(|line| had(line) < *end).map(|line| line.tag.clone()).collect(),
    }))
}

impl Reader<'_> {
    pub(super) fn key_rows<P: rusqlite::Params>(&self, sql: &str, params: P) -> Result<Vec<KeyRow>, StoreError> {
        key_rows(self.tx, sql, params)
    }

    /// The keys to a recipient's home, by tag. Documents are never migrated: of a tag that no key to her home bears,
    /// what the register says that imports wrote before keys were documents.
    pub(super) fn keys_to(&self, document: DocumentId, recipient: &Recipient) -> Result<Vec<KeyTag>, StoreError> {
        let rows = self.key_rows(queries::KEYS_TO, params![document.as_bytes()])?;
        let is_of_key = |tag: &String| rows.iter().any(|row| row.key.tag == *tag);
        let old = recipient.keys.iter().filter(|(tag, _)| !is_of_key(tag));
        let old = old.map(|(tag, key)| (tag, &key.kind, &key.cabinet));
        let held = rows.iter().filter(|row| !row.key.is_retired() && !is_replaced(row, &rows)).map(|row| &row.key);
        let keys = held.map(|key| (&key.tag, &key.kind, &key.place.cabinet)).chain(old);
        let tag = |(tag, kind, cabinet): (&String, &KeyKind, &String)| KeyTag {
            tag: tag.clone(),
            kind: kind.clone(),
            cabinet: cabinet.clone(),
        };
        let mut keys: Vec<KeyTag> = keys.map(tag).collect();
        keys.sort_by(|one, other| one.tag.cmp(&other.tag));
        Ok(keys)
    }

    /// A copy of a key in a list.
    pub(super) fn key_line(&self, row: &KeyRow, copy: &KeyCopy) -> Result<KeyLine, StoreError> {
        let mut homes = Vec::new();
        let mut seen = BTreeSet::new();
        let opened = homes_of(self.tx, row.document)?.into_iter().filter_map(|home| home.recipient);
        for recipient in opened.filter(|recipient| seen.insert(*recipient)) {
            homes.extend(self.names.recipient(recipient)?.map(|recipient| recipient.address.shown()));
        }
        self.key_line_with(row, copy, homes)
    }

    /// The same with what she who looks said of it last, while that is to be taken back: where it is hers or disputed, or
    /// was said lately.
    fn own_line(&self, row: &KeyRow, copy: &KeyCopy, content: &Content) -> Result<KeyLine, StoreError> {
        let (me, custody) = (self.ctx.person, &copy.custody);
        let since = self.ctx.now.plus_seconds(-TAKEN_BACK_SECONDS);
        let is_late = |id: &FactId| content.facts.get(id).is_some_and(|fact| fact.at >= since);
        let is_hers = custody.is_disputed() || custody.place.may_be_with(me);
        let own_fact = latest_of(content, copy.number, me).filter(|id| is_hers || is_late(id));
        Ok(KeyLine { own_fact, ..self.key_line(row, copy)? })
    }

    /// The same where the homes that it opens are known.
    pub(super) fn key_line_with(
        &self,
        row: &KeyRow,
        copy: &KeyCopy,
        homes: Vec<String>,
    ) -> Result<KeyLine, StoreError> {
        let KeyRow { document, key } = row;
        let (place, where_text, person, to) = placed(&copy.custody.place);
        let holder = person.map(|person| self.names.staff(person)).transpose()?.flatten();
        // Of two of whom one has it, the other is called.
        let me = self.ctx.person;
        let called = [person, to].into_iter().flatten().find(|person| *person != me);
        let called = called.map(|person| self.names.staff(person)).transpose()?.flatten();
        let sides = match &copy.custody.certainty {
            Certainty::Disputed(sides) => sides.iter().map(|side| self.key_side(side)).collect::<Result<_, _>>()?,
            Certainty::Certain | Certainty::OrderUnclear => Vec::new(),
        };
        Ok(KeyLine {
            key: *document,
            copy: copy.number,
            tag: key.tag_of(copy.number),
            kind: key.kind.clone(),
            homes,
            cabinet: key.place.cabinet.clone(),
            hook: key.place.hook.clone(),
            place,
            where_text,
            person,
            name: holder.as_ref().map(|staff| staff.name.shown()).unwrap_or_default(),
            telephone: called.map(|staff| staff.telephone.clone()).unwrap_or_default(),
            to,
            to_name: to.map(|to| self.names.person(to)).transpose()?.unwrap_or_default(),
            since: copy.custody.since.map(|since| since.at.0),
            flags: self.key_flags(key, copy)?,
            sides,
            lost_step: copy.lost_step().map(count),
            lost_steps: count(LOST_STEPS),
            lost_done: copy.lost_steps.iter().map(|(_, step, _)| step.clone()).collect(),
            own_fact: None,
        })
    }

    pub(super) fn key_side(&self, side: &Claim) -> Result<KeySide, StoreError> {
        let (is_me, staff) = (side.by == self.ctx.person, self.names.staff(side.by)?);
        Ok(KeySide {
            fact: side.fact,
            by: self.names.person(side.by)?,
            telephone: staff.filter(|_| !is_me).map(|staff| staff.telephone.clone()).unwrap_or_default(),
            is_me,
            what: side.what.clone(),
            at: side.at.0,
            overrules: Vec::new(),
        })
    }

    /// Everyone's planned shifts of today, and of yesterday for those that go on.
    fn shifts_now(&self) -> Result<&BTreeMap<PersonId, Vec<PlannedShift>>, StoreError> {
        if let Some(known) = self.shifts_now.get() {
            return Ok(known);
        }
        let today = Zone.day(self.ctx.now);
        let mut found: BTreeMap<PersonId, Vec<PlannedShift>> = BTreeMap::new();
        for shift in shifts(self.tx, Day(today.0 - 1), today, None)? {
            found.entry(shift.person).or_default().push(shift);
        }
        found.values_mut().for_each(|shifts| shifts.sort_by_key(|shift| shift.start));
        Ok(self.shifts_now.get_or_init(|| found))
    }

    /// The codes that several keys bear.
    fn double_tags(&self) -> Result<&BTreeSet<String>, StoreError> {
        if let Some(known) = self.double_tags.get() {
            return Ok(known);
        }
        let mut query = self.tx.prepare_cached(queries::DOUBLE_TAGS)?;
        let rows = query.query_map([], |row| row.get(0))?;
        let found = rows.collect::<Result<_, _>>()?;
        Ok(self.double_tags.get_or_init(|| found))
    }

    fn key_flags(&self, key: &Key, copy: &KeyCopy) -> Result<Vec<KeyFlag>, StoreError> {
        let custody = &copy.custody;
        let is_disputed = custody.is_disputed();
        let is_double = self.double_tags()?.contains(&key.tag);
        let since = custody.since.map(|since| since.at);
        let is_changed = key.lock_changed.is_some() && custody.place != Place::Retired;
        let found = [
            (is_disputed, KeyFlag::Disputed),
            (custody.certainty == Certainty::OrderUnclear, KeyFlag::OrderUnclear),
            (!is_disputed && custody.place == Place::Lost, KeyFlag::Lost),
            (!is_disputed && matches!(custody.place, Place::Missing { .. }), KeyFlag::Missing),
            (!is_disputed && self.is_out_overnight(&custody.place, since)?, KeyFlag::OutOvernight),
            (copy.damaged.is_some() && custody.place != Place::Retired, KeyFlag::Damaged),
            (is_changed, KeyFlag::LockChanged),
            (is_double, KeyFlag::SameTag),
            (!key.clashes.is_empty(), KeyFlag::Clash),
            (key.is_newer, KeyFlag::NewerFact),
        ];
        let flags = found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, flag)| flag);
        Ok(flags.chain(copy.flags().iter().filter(|_| !is_disputed).map(flag)).collect())
    }

    /// Whether someone has had it since a day before today, and not in a shift that began then and goes on.
    fn is_out_overnight(&self, place: &Place, since: Option<Timestamp>) -> Result<bool, StoreError> {
        let now = self.ctx.now;
        let Some(since) = since.filter(|since| Zone.day(*since) < Zone.day(now)) else { return Ok(false) };
        for person in place.holders() {
            let shifts = self.shifts_now()?.get(&person);
            let shift = shifts.and_then(|shifts| shifts.iter().find(|shift| shift.end > now));
            if shift.is_some_and(|shift| shift.start <= since.plus_seconds(REMIND_SECONDS) && now < shift.end) {
                return Ok(false);
            }
        }
        Ok(!place.holders().is_empty())
    }

    fn my_key(
        &self,
        line: KeyLine,
        copy: &KeyCopy,
        content: &Content,
        in_round: bool,
        shift: Option<PlannedShift>,
        noted: &NotedAlarms,
    ) -> Result<MyKey, StoreError> {
        let me = self.ctx.person;
        let fact = |stated: Stated| content.facts.get(&stated.fact);
        let came = copy.custody.since.and_then(fact);
        let what_for = match came.map(|fact| &fact.body) {
            Some(FactBody::Taken { what_for, .. }) => Some(what_for.clone()),
            _ => None,
        };
        let giver = copy.recent().iter().find_map(|step| match fact(step.stated).map(|fact| (fact.by, &fact.body)) {
            Some((by, FactBody::Given { .. })) if by != me => Some(by),
            Some((_, FactBody::Received { from })) => Some(*from),
            _ => None,
        });
        let from_name = giver.filter(|_| what_for.is_none()).map(|giver| self.names.person(giver)).transpose()?;
        let is_for_alarm = what_for == Some(KeyUse::Alarm);
        Ok(MyKey {
            in_round,
            alarmed_at: came.filter(|_| is_for_alarm).and_then(|fact| noted.get(&(line.key, fact.action))).copied(),
            what_for,
            from_name: from_name.unwrap_or_default(),
            back_by: shift.map(|shift| shift.end.0),
            delivery: self.delivery(line.key)?,
            line,
        })
    }

    /// The copy of a key that she would take: each carer begins to look at another one, so that two who come without
    /// a network seldom choose the same.
    fn needed_key(&self, key: DocumentId, need: &PlannedVisit) -> Result<Option<NeededKey>, StoreError> {
        let rows = self.key_rows(queries::KEY, params![key.as_bytes()])?;
        let Some(row) = rows.first() else { return Ok(None) };
        let mut copies = Vec::new();
        let content =
            if row.key.copies.iter().any(|copy| copy.custody.is_disputed()) { content_of(self.tx, key)? } else { None };
        for copy in &row.key.copies {
            let told = content.as_ref().and_then(|content| told_alone(content, copy, self.ctx.person));
            copies.push(told.unwrap_or_else(|| copy.clone()));
        }
        let hangs = |copy: &&KeyCopy| {
            let is_there = !copy.custody.is_disputed() && matches!(copy.custody.place, Place::Cabinet { .. });
            is_there && row.key.lock_changed.is_none()
        };
        let mut free: Vec<&KeyCopy> = copies.iter().filter(hangs).collect();
        if free.iter().any(|copy| copy.damaged.is_none()) {
            free.retain(|copy| copy.damaged.is_none());
        }
        let spread = self.ctx.person.0.iter().map(|byte| usize::from(*byte)).sum::<usize>();
        let chosen = spread.checked_rem(free.len()).and_then(|n| free.get(n).copied());
        let Some(copy) = chosen.or_else(|| soonest(&copies)) else { return Ok(None) };
        let visit = rows::visit_row(self.tx, need.visit)?;
        Ok(Some(NeededKey {
            line: self.key_line(row, copy)?,
            can_take: chosen.is_some(),
            visit: need.visit,
            visit_name: visit.map(|visit| self.names.of_visit(&visit)).transpose()?.unwrap_or_default(),
            start: need.start.0,
        }))
    }

    /// The keys that will be missing in the days to come for a person's visits.
    fn missing(&self, person: PersonId) -> Result<Vec<MissingRow>, StoreError> {
        let today = Zone.day(self.ctx.now);
        let visits = planned(self.tx, today, Day(today.0 + DAYS_AHEAD - 1), Some(person))?;
        let keys = |key: DocumentId| Ok(self.key_rows(queries::KEY, params![key.as_bytes()])?.into_iter().next());
        let (plan, missing) = self.forecast(&visits, Some(person), keys)?;
        missing.iter().map(|(tag, missing)| self.missing_row(&plan, tag, missing)).collect()
    }

    /// The keys that will be missing at the visits of the days to come, with their tags, by time: at all that are
    /// planned, or those that a person is planned for. What is told of them is made of the plan.
    pub(super) fn forecast<K: Borrow<KeyRow>>(
        &self,
        visits: &[(PlannedVisit, DocumentId)],
        person: Option<PersonId>,
        row_of: impl Fn(DocumentId) -> Result<Option<K>, StoreError>,
    ) -> Result<(Plan, Vec<(String, MissingKey)>), StoreError> {
        let now = self.ctx.now;
        let today = Zone.day(now);
        let shifts = shifts(self.tx, Day(today.0 - 1), Day(today.0 + DAYS_AHEAD), None)?;
        let mut needs: BTreeMap<DocumentId, Vec<(PlannedVisit, DocumentId)>> = BTreeMap::new();
        let mut homes: BTreeMap<DocumentId, Vec<HomeRow>> = BTreeMap::new();
        let is_hers = |visit: &PlannedVisit| person.is_none_or(|person| visit.person == person);
        for (visit, recipient) in visits.iter().filter(|(visit, _)| visit.start >= now && is_hers(visit)) {
            if !homes.contains_key(recipient) {
                homes.insert(*recipient, home_rows(self.tx, queries::HOMES_OF_RECIPIENT, *recipient)?);
            }
            for home in homes.get(recipient).into_iter().flatten() {
                needs.entry(home.key).or_default().push((*visit, *recipient));
            }
        }
        let visits: Vec<PlannedVisit> = visits.iter().map(|(visit, _)| *visit).collect();
        let plan = Plan::new(&shifts, &visits, person.is_none());
        let mut missing = Vec::new();
        for (key, mut needs) in needs {
            let Some(row) = row_of(key)? else { continue };
            let row: &KeyRow = row.borrow();
            if row.key.kind == KeyKind::Alarm || row.key.is_retired() {
                continue;
            }
            if row.key.lock_changed.is_some() {
                // Another key has taken its place where there is one to the changed lock.
                let mut is_replaced = BTreeSet::new();
                for (recipient, homes) in &homes {
                    for home in homes.iter().filter(|home| home.key != key) {
                        let opens = row_of(home.key)?.is_some_and(|other| {
                            let other: &KeyRow = other.borrow();
                            other.key.kind == row.key.kind
                                && other.key.lock_changed.is_none()
                                && !other.key.is_retired()
                        });
                        if opens {
                            is_replaced.insert(*recipient);
                        }
                    }
                }
                needs.retain(|(_, recipient)| !is_replaced.contains(recipient));
            }
            let mut needs: Vec<PlannedVisit> = needs.into_iter().map(|(visit, _)| visit).collect();
            needs.dedup();
            let of_key = plan.missing(key, &whereabouts(&row.key), &needs, now);
            missing.extend(of_key.into_iter().map(|missing| (row.key.tag.clone(), missing)));
        }
        missing.sort_by_key(|(_, missing)| (missing.start, missing.key));
        Ok((plan, missing))
    }

    pub(super) fn missing_row(&self, plan: &Plan, tag: &str, missing: &MissingKey) -> Result<MissingRow, StoreError> {
        let hand_over = plan.hand_over(missing, self.ctx.now).map(|meeting| -> Result<_, StoreError> {
            let giver = self.names.staff(meeting.from)?;
            Ok(HandOverView {
                from_name: self.names.person(meeting.from)?,
                telephone: giver.map(|staff| staff.telephone.clone()).unwrap_or_default(),
                at: meeting.at.0,
                after: meeting.after.map(|visit| self.visit_of(visit)).transpose()?.unwrap_or_default(),
                before: self.visit_of(meeting.before)?,
            })
        });
        Ok(MissingRow {
            key: missing.key,
            tag: tag.to_owned(),
            day: missing.day.date().to_string(),
            person: missing.person,
            name: self.names.person(missing.person)?,
            visit: missing.visit,
            visit_name: self.visit_of(missing.visit)?,
            start: missing.start.0,
            holder_name: missing.holder.map(|holder| self.names.person(holder)).transpose()?.unwrap_or_default(),
            hand_over: hand_over.transpose()?,
        })
    }

    fn visit_of(&self, visit: DocumentId) -> Result<String, StoreError> {
        rows::visit_row(self.tx, visit)?.map_or_else(|| Ok(String::new()), |visit| self.names.of_visit(&visit))
    }

    /// Everyone else of the unit, those at work first.
    pub(super) fn colleagues(&self) -> Result<Vec<Colleague>, StoreError> {
        let now = self.ctx.now;
        let is_now = |shift: &PlannedShift| shift.start <= now && now < shift.end;
        let at_work = self.shifts_now()?.iter().filter(|(_, shifts)| shifts.iter().any(is_now));
        let at_work: BTreeSet<PersonId> = at_work.map(|(person, _)| *person).collect();
        let mut query = self.tx.prepare_cached(queries::STAFF_ALL)?;
        let mut rows = query.query([])?;
        let mut colleagues = Vec::new();
        while let Some(row) = rows.next()? {
            let staff: Staff = json(&row.get::<_, String>(0)?)?;
            let Some(person) = staff.person.filter(|person| *person != self.ctx.person) else { continue };
            let is_at_work = at_work.contains(&person);
            colleagues.push(Colleague { person, name: staff.name.shown(), is_at_work });
        }
        colleagues.sort_by_cached_key(|colleague| (!colleague.is_at_work, colleague.name.clone()));
        colleagues.dedup();
        Ok(colleagues)
    }
}

/// Of copies none of which hangs in a cabinet, the one that is soonest to be had.
fn soonest(copies: &[KeyCopy]) -> Option<&KeyCopy> {
    let rank = |place: &Place| match place {
        Place::Cabinet { .. } | Place::With { .. } | Place::HandingOver { .. } => 0,
        Place::Missing { .. } => 1,
        Place::Lent { .. } => 2,
        Place::Lost | Place::Retired => 3,
    };
    let in_use = copies.iter().filter(|copy| copy.custody.place != Place::Retired);
    in_use.min_by_key(|copy| rank(&copy.custody.place))
}

/// A place in the page's terms: the word, the cabinet or borrower, who has it, and who receives it.
fn placed(place: &Place) -> (KeyPlaceKind, String, Option<PersonId>, Option<PersonId>) {
    match place {
        Place::Cabinet { cabinet } => (KeyPlaceKind::Cabinet, cabinet.clone(), None, None),
        Place::With { person } => (KeyPlaceKind::With, String::new(), Some(*person), None),
        Place::HandingOver { from, to, confirmed } => {
            let kind = if *confirmed == Side::Giver { KeyPlaceKind::Given } else { KeyPlaceKind::Received };
            (kind, String::new(), Some(*from), Some(*to))
        }
        Place::Missing { cabinet } => (KeyPlaceKind::Missing, cabinet.clone(), None, None),
        Place::Lost => (KeyPlaceKind::Lost, String::new(), None, None),
        Place::Lent { to, .. } => (KeyPlaceKind::Lent, to.clone(), None, None),
        Place::Retired => (KeyPlaceKind::Retired, String::new(), None, None),
    }
}

/// What is odd in a step, in the page's terms.
pub(super) fn flag(flag: &Flag) -> KeyFlag {
    match flag {
        Flag::ReturnedByAnother => KeyFlag::ReturnedByAnother,
        Flag::InAnotherCabinet => KeyFlag::InAnotherCabinet,
        Flag::TakenWithoutNeed => KeyFlag::TakenWithoutNeed,
        Flag::Unconfirmed => KeyFlag::Unconfirmed,
    }
}
