//! The office's day: every run sheet with its visits, the figures, and what needs someone.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rundan_model::run_sheet::RunSheet;
use rundan_model::time::next_date;
use rundan_model::visit::{State, Visit};
use rundan_model::{Day, DocumentId, PersonId, Timestamp, ToldOutcome, Zone};
use rusqlite::{Transaction, params};

use super::card::{Reader, count, flags, segment, segments, state};
use super::context::id;
use super::{ViewContext, queries, rows};
use crate::StoreError;
use crate::api::{Board, BoardFigures, BoardRow, BoardVisit};

mod attention;

/// How long after its start a visit may begin before it is overdue, seconds.
const GRACE_SECONDS: i64 = 15 * 60;
/// How long a phone may be silent during a shift, seconds.
const SILENT_SECONDS_MAX: i64 = 15 * 60;

/// The office's day; today if no date.
pub(crate) fn board(tx: &Transaction<'_>, ctx: &ViewContext, date: Option<NaiveDate>) -> Result<Board, StoreError> {
    let today = Zone.day(ctx.now);
    let day = date.map_or(today, Day::of);
    let reader = Reader::new(tx, ctx);
    let visits = reader.visits_on(day)?;
    let heard = reader.heard()?;
    let rows = reader.rows(&visits, reader.run_sheets(day)?, &heard)?;
    let unread: i64 = tx.prepare_cached(queries::INCIDENTS_UNREAD_COUNT)?.query_row([], |row| row.get(0))?;
    let refused: i64 = tx.prepare_cached(queries::REFUSED_OPEN_COUNT)?.query_row([], |row| row.get(0))?;
    let around = params![today.0 - rows::DAYS_AROUND, today.0 + rows::DAYS_AROUND];
    Ok(Board {
        date: day.date().to_string(),
        is_today: day == today,
        now: ctx.now.0,
        figures: figures(&visits, &rows, ctx.now),
        attention: reader.attention(&visits, &heard)?,
        rows,
        sync: super::sync_chip(tx, ctx)?,
        days: rows::days(tx, queries::DAYS, around)?,
        unread_incidents: u32::try_from(unread).unwrap_or(u32::MAX),
        open_refused: u32::try_from(refused).unwrap_or(u32::MAX),
        from: Zone.midnight(day.date()).0,
        to: Zone.midnight(next_date(day.date())).0,
    })
}

/// A visit of the day with whose it is.
pub(super) struct OnBoard {
    document: DocumentId,
    visit: Visit,
    name: String,
    short_name: String,
}

/// A run sheet of the day.
pub(super) struct Sheet {
    document: DocumentId,
    pub(super) person: PersonId,
    sheet: RunSheet,
}

/// When each person's phone was last heard.
type Heard = BTreeMap<PersonId, Timestamp>;

impl Reader<'_> {
    fn visits_on(&self, day: Day) -> Result<Vec<OnBoard>, StoreError> {
        let mut query = self.tx.prepare_cached(queries::VISITS_ON)?;
        let mut rows = query.query([day.0])?;
        let mut visits = Vec::new();
        while let Some(row) = rows.next()? {
            let visit: Visit = rows::json(&row.get::<_, String>(1)?)?;
            let stated = visit.begun.as_ref().map(|begun| begun.name.clone()).unwrap_or_default();
            let name = row.get::<_, Option<String>>(2)?.unwrap_or_else(|| stated.clone());
            let short_name = row.get::<_, Option<String>>(3)?.unwrap_or(stated);
            visits.push(OnBoard { document: id(&row.get::<_, Vec<u8>>(0)?)?, visit, name, short_name });
        }
        Ok(visits)
    }

    pub(super) fn run_sheets(&self, day: Day) -> Result<Vec<Sheet>, StoreError> {
        let mut query = self.tx.prepare_cached(queries::RUN_SHEETS_ON)?;
        let mut rows = query.query([day.0])?;
        let mut sheets = Vec::new();
        while let Some(row) = rows.next()? {
            let document = id(&row.get::<_, Vec<u8>>(0)?)?;
            let person = PersonId::try_from(row.get::<_, Vec<u8>>(1)?.as_slice())?;
            sheets.push(Sheet { document, person, sheet: rows::json(&row.get::<_, String>(2)?)? });
        }
        Ok(sheets)
    }

    fn heard(&self) -> Result<Heard, StoreError> {
        let mut query = self.tx.prepare_cached(queries::HEARD)?;
        let mut rows = query.query([])?;
        let mut heard = Heard::new();
        while let Some(row) = rows.next()? {
            heard.insert(PersonId::try_from(row.get::<_, Vec<u8>>(0)?.as_slice())?, Timestamp(row.get(1)?));
        }
        Ok(heard)
    }

    /// A row for each run sheet by name, one for each other person who has visits, and the visits without staff last.
    fn rows(&self, visits: &[OnBoard], sheets: Vec<Sheet>, heard: &Heard) -> Result<Vec<BoardRow>, StoreError> {
        let mut of_person: BTreeMap<PersonId, Vec<BoardVisit>> = BTreeMap::new();
        let mut unstaffed = Vec::new();
        for on_board in visits {
            let people = people(&on_board.visit);
            if people.is_empty() || is_unstaffed(&on_board.visit) {
                unstaffed.push(self.block(on_board.document, &on_board.visit, &on_board.name, None)?.named(on_board));
            }
            for person in people {
                let block = self.block(on_board.document, &on_board.visit, &on_board.name, Some(person))?;
                of_person.entry(person).or_default().push(block.named(on_board));
            }
        }
        let mut rows = Vec::new();
        for sheet in sheets {
            let visits = of_person.remove(&sheet.person).unwrap_or_default();
            rows.push(self.row(sheet.person, Some(&sheet), visits, heard)?);
        }
        for (person, visits) in of_person {
            rows.push(self.row(person, None, visits, heard)?);
        }
        rows.sort_by_cached_key(|row| (row.shift_start.is_none(), row.name.clone(), row.shift_start));
        if !unstaffed.is_empty() {
            rows.push(BoardRow { visits: unstaffed, ..empty_row() });
        }
        Ok(rows)
    }

    fn row(
        &self,
        person: PersonId,
        sheet: Option<&Sheet>,
        mut visits: Vec<BoardVisit>,
        heard: &Heard,
    ) -> Result<BoardRow, StoreError> {
        visits.sort_by_key(|visit| visit.start);
        let shift = sheet.and_then(|sheet| sheet.sheet.shift);
        let heard = heard.get(&person).copied();
        let now = self.ctx.now;
        let is_on_shift = shift.is_some_and(|shift| shift.start <= now && now < shift.end());
        let is_quiet = heard.is_none_or(|heard| now.seconds_since(heard) >= SILENT_SECONDS_MAX);
        Ok(BoardRow {
            person: Some(person),
            run_sheet: sheet.map(|sheet| sheet.document),
            name: self.names.person(person)?,
            area: self.names.area(person)?,
            heard: heard.map(|heard| heard.0),
            silent: is_on_shift && is_quiet,
            shift_start: shift.map(|shift| shift.start.0),
            shift_minutes: shift.map_or(0, |shift| shift.minutes),
            worked: sheet.map(|sheet| sheet.sheet.worked.iter().map(segment).collect()).unwrap_or_default(),
            visits,
        })
    }

    /// A visit as a block: in a person's row as hers, else as a whole.
    pub(super) fn block(
        &self,
        document: DocumentId,
        visit: &Visit,
        name: &str,
        person: Option<PersonId>,
    ) -> Result<BoardVisit, StoreError> {
        let (start, minutes) = match person {
            Some(person) => rows::planned_for(visit, person),
            None => (visit.when.map(|when| when.start), visit.when.map_or(0, |when| when.minutes)),
        };
        let start = start.or(visit.begun.as_ref().map(|begun| begun.stated.at)).unwrap_or_default();
        let time = person.and_then(|person| visit.times.get(&person));
        let all = visit.times.values().flat_map(|time| segments(Some(time)));
        let worked = if person.is_some() { segments(time) } else { all.collect() };
        Ok(BoardVisit {
            document,
            name: name.to_owned(),
            short_name: name.to_owned(),
            start: start.0,
            minutes: if visit.when.is_some() { minutes } else { unplanned_minutes(visit, self.ctx.now) },
            state: state(person.map_or_else(|| visit.state(), |person| visit.state_for(person))),
            segments: worked,
            late: self.late_mark(visit)?,
            overdue: is_overdue(visit, person, self.ctx.now),
            flags: flags(visit),
            double: visit.slots.len() > 1,
            not_carried_out: visit.not_carried_out.first().map(|statement| statement.reason.clone()),
        })
    }
}

impl BoardVisit {
    fn named(self, on_board: &OnBoard) -> Self {
        Self { short_name: on_board.short_name.clone(), ..self }
    }
}

/// Everyone whose row a visit stands in: who is to come, who was there, who began it.
fn people(visit: &Visit) -> Vec<PersonId> {
    let began = visit.begun.iter().map(|begun| begun.stated.by);
    let mut people: Vec<PersonId> = visit.staff().chain(visit.times.keys().copied()).chain(began).collect();
    people.sort();
    people.dedup();
    people
}

/// Whether a slot waits for someone, and nobody came to it unplanned.
fn is_unstaffed(visit: &Visit) -> bool {
    let is_open = visit.cancelled.is_none() && visit.times.is_empty() && visit.not_carried_out.is_empty();
    is_open && visit.slots.values().any(|slot| slot.staff.is_none())
}

/// Whether a visit should have begun and has not: for a person in her slot, or as a whole.
fn is_overdue(visit: &Visit, person: Option<PersonId>, now: Timestamp) -> bool {
    let state = person.map_or_else(|| visit.state(), |person| visit.state_for(person));
    let start = person.map_or(visit.when.map(|when| when.start), |person| visit.start_for(person));
    let due = start.map(|start| visit.late.as_ref().map_or(start, |late| late.expected.max(start)));
    state == State::Planned && due.is_some_and(|due| now.seconds_since(due) >= GRACE_SECONDS)
}

/// How long a visit without a plan has lasted, minutes.
fn unplanned_minutes(visit: &Visit, now: Timestamp) -> u32 {
    let seconds = visit.times.values().map(|time| time.performed_seconds(now)).max().unwrap_or_default();
    u32::try_from(seconds / 60).unwrap_or_default().max(1)
}

/// Whether nobody has told the recipient, or left her a message, that her carer is late.
fn is_untold(visit: &Visit) -> bool {
    let told = visit.late.as_ref().and_then(|late| late.told.as_ref()).map(|(_, outcome)| outcome);
    !matches!(told, Some(ToldOutcome::Told | ToldOutcome::MessageLeft))
}

fn figures(visits: &[OnBoard], rows: &[BoardRow], now: Timestamp) -> BoardFigures {
    let counted = |wanted: &dyn Fn(&Visit) -> bool| count(visits.iter().filter(|each| wanted(&each.visit)).count());
    let is_late = |visit: &Visit| visit.late.is_some() && visit.state() == State::Planned;
    let is_due = |visit: &Visit| visit.when.is_some_and(|when| when.start <= now);
    BoardFigures {
        done: counted(&|visit| visit.state() == State::Done),
        total: counted(&|visit| visit.state() != State::Cancelled),
        late: counted(&is_late),
        late_untold: counted(&|visit| is_late(visit) && is_untold(visit)),
        silent: count(rows.iter().filter(|row| row.silent).count()),
        overdue: counted(&|visit| is_overdue(visit, None, now)),
        due: counted(&|visit| visit.state() != State::Cancelled && is_due(visit)),
    }
}

fn empty_row() -> BoardRow {
    BoardRow {
        person: None,
        run_sheet: None,
        name: String::new(),
        area: String::new(),
        heard: None,
        silent: false,
        shift_start: None,
        shift_minutes: 0,
        worked: Vec::new(),
        visits: Vec::new(),
    }
}
