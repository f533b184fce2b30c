//! "Changed while you were away": what her list showed when she last acknowledged it, held against the present.

use std::collections::{BTreeMap, BTreeSet};

use rundan_model::visit::Visit;
use rundan_model::{Day, DocumentId, PersonId, Timestamp, Zone};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::card::Reader;
use super::context::id;
use super::{ViewContext, queries, rows};
use crate::StoreError;
use crate::api::{CarerMark, ChangeKind, ChangeNotice};
use crate::store::records_of;

/// What of a visit, besides its time, is worth telling a carer when it changes: its interventions and who comes.
pub(crate) fn fingerprint(visit: &Visit) -> String {
    let planned = visit.items.iter().filter(|item| item.planned.is_some());
    let mut codes: Vec<&str> = planned.map(|item| item.code.as_str()).collect();
    codes.sort_unstable();
    let mut staff: Vec<PersonId> = visit.staff().collect();
    staff.sort();
    let staff: Vec<String> = staff.iter().map(ToString::to_string).collect();
    format!("{}|{}", codes.join(","), staff.join(","))
}

/// What changed in some of her visits since she last acknowledged them.
pub(crate) fn changes_of(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    documents: &[DocumentId],
) -> Result<Vec<ChangeNotice>, StoreError> {
    let mut days = BTreeSet::new();
    let mut query = tx.prepare_cached(queries::SEEN_DAYS)?;
    for document in documents {
        for day in query.query_map([document.as_bytes()], |row| row.get::<_, i32>(0))? {
            days.insert(Day(day?));
        }
    }
    let mut notices = Reader::new(tx, ctx).changes_on(days)?.notices;
    notices.retain(|notice| documents.contains(&notice.document));
    Ok(notices)
}

/// Changes to tell her of, and the marks that they and earlier ones leave on her visits.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) notices: Vec<ChangeNotice>,
    pub(super) marks: BTreeMap<DocumentId, CarerMark>,
}

impl Reader<'_> {
    /// What changed on some days, each visit once, by the day of its present plan.
    pub(super) fn changes_on(&self, days: impl IntoIterator<Item = Day>) -> Result<Changes, StoreError> {
        let mut all = Changes::default();
        for day in days {
            let of_day = self.changes(day, &rows::visits_of(self.tx, self.ctx.person, day)?)?;
            let is_told = |notice: &ChangeNotice| all.notices.iter().any(|told| told.document == notice.document);
            let new: Vec<ChangeNotice> = of_day.notices.into_iter().filter(|notice| !is_told(notice)).collect();
            all.notices.extend(new);
            all.marks.extend(of_day.marks);
        }
        all.notices.sort_by(|one, other| one.day.cmp(&other.day));
        Ok(all)
    }

    /// Holds her visits of a day against what she last acknowledged.
    pub(super) fn changes(&self, day: Day, visits: &[(DocumentId, Visit)]) -> Result<Changes, StoreError> {
        let mut changes = Changes::default();
        // While the first sync brings the day, nothing of it was there to change.
        if self.ctx.is_loading {
            return Ok(changes);
        }
        for (document, visit) in visits {
            let seen = Seen::of(self.tx, *document)?;
            match change(visit, self.ctx.person, seen.as_ref()) {
                Some(kind) => {
                    let notice = self.notice(*document, kind, Some(visit), seen.as_ref())?;
                    changes.marks.insert(*document, CarerMark { kind, at: notice.at });
                    changes.notices.push(notice);
                }
                None => changes.marks.extend(seen.and_then(|seen| seen.mark()).map(|mark| (*document, mark))),
            }
        }
        for seen in Seen::on(self.tx, day)? {
            let is_in_list = visits.iter().any(|(document, _)| *document == seen.document);
            // What left and was acknowledged is no news again while its document is kept.
            if is_in_list || (seen.left_at.is_none() && rows::has_left(self.tx, seen.document)?) {
                continue;
            }
            let visit = rows::visit_row(self.tx, seen.document)?;
            let hers = visit.as_ref().filter(|visit| seen.left_at.is_none() && is_hers(visit, self.ctx.person));
            let kind = if hers.is_some() { ChangeKind::Moved } else { ChangeKind::Removed };
            changes.notices.push(self.notice(seen.document, kind, hers, Some(&seen))?);
        }
        Ok(changes)
    }

    fn notice(
        &self,
        document: DocumentId,
        kind: ChangeKind,
        visit: Option<&Visit>,
        seen: Option<&Seen>,
    ) -> Result<ChangeNotice, StoreError> {
        let name = match visit {
            Some(visit) => self.names.of_visit(visit)?,
            None => seen.map(|seen| seen.name.clone()).unwrap_or_default(),
        };
        let (changed_at, by) = self.last_change(document)?;
        let at = seen.and_then(|seen| seen.left_at).or(changed_at).unwrap_or(self.ctx.now);
        let before = seen.filter(|_| kind != ChangeKind::New).and_then(|seen| seen.start);
        let now = visit.and_then(|visit| visit.start_for(self.ctx.person)).filter(|_| kind != ChangeKind::Removed);
        Ok(ChangeNotice {
            document,
            kind,
            day: Zone.date(now.or(before).unwrap_or(self.ctx.now)).to_string(),
            name,
            start_before: before.map(|start| start.0),
            start_now: now.map(|start| start.0),
            at: at.0,
            by,
        })
    }

    /// When another last changed a document, and who.
    fn last_change(&self, document: DocumentId) -> Result<(Option<Timestamp>, String), StoreError> {
        let records = records_of(self.tx, document)?;
        let others = records.values().filter(|record| record.vault != self.ctx.vault);
        let Some(last) = others.max_by_key(|record| record.seq) else { return Ok((None, String::new())) };
        Ok((Some(last.received_at), self.names.person(last.person)?))
    }
}

/// Planned for her, or begun by her without a plan.
fn is_hers(visit: &Visit, person: PersonId) -> bool {
    let is_begun = visit.begun.as_ref().is_some_and(|begun| begun.stated.by == person);
    rows::is_shown(visit) && (is_begun || visit.staff().any(|staff| staff == person))
}

/// What changed in a visit of her list; none if nothing that she must know.
fn change(visit: &Visit, person: PersonId, seen: Option<&Seen>) -> Option<ChangeKind> {
    let is_hers = is_hers(visit, person);
    let Some(seen) = seen.filter(|seen| seen.is_mine) else {
        let is_new = is_hers && visit.when.is_some() && visit.begun.is_none() && visit.cancelled.is_none();
        return is_new.then_some(ChangeKind::New);
    };
    if !is_hers || seen.left_at.is_some() {
        return Some(ChangeKind::Removed);
    }
    match (seen.is_cancelled, visit.cancelled.is_some()) {
        (false, true) => return Some(ChangeKind::Cancelled),
        (true, false) => return Some(ChangeKind::Restored),
        _ => {}
    }
    if rows::planned_for(visit, person) != (seen.start, seen.minutes) {
        return Some(ChangeKind::Moved);
    }
    (fingerprint(visit) != seen.fingerprint).then_some(ChangeKind::Changed)
}

/// A visit as her list showed it when she last acknowledged it.
#[derive(Debug)]
struct Seen {
    document: DocumentId,
    start: Option<Timestamp>,
    minutes: u32,
    name: String,
    is_mine: bool,
    is_cancelled: bool,
    fingerprint: String,
    left_at: Option<Timestamp>,
    mark: Option<String>,
    mark_at: Option<i64>,
}

impl Seen {
    fn of(tx: &Transaction<'_>, document: DocumentId) -> Result<Option<Self>, StoreError> {
        let mut query = tx.prepare_cached(queries::SEEN)?;
        let found = query.query_row([document.as_bytes()], |row| Ok(Self::read(row))).optional()?;
        found.transpose()
    }

    fn on(tx: &Transaction<'_>, day: Day) -> Result<Vec<Self>, StoreError> {
        let mut query = tx.prepare_cached(queries::SEEN_ON)?;
        let rows = query.query_map(params![day.0], |row| Ok(Self::read(row)))?;
        rows.map(|row| row?).collect()
    }

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            document: id(&row.get::<_, Vec<u8>>(0)?)?,
            start: row.get::<_, Option<i64>>(1)?.map(Timestamp),
            name: row.get(2)?,
            minutes: row.get(3)?,
            is_mine: row.get(4)?,
            is_cancelled: row.get(5)?,
            fingerprint: row.get(6)?,
            left_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
            mark: row.get(8)?,
            mark_at: row.get(9)?,
        })
    }

    /// The mark of a change that she has acknowledged.
    fn mark(&self) -> Option<CarerMark> {
        let kind = match self.mark.as_deref()? {
            "new" => ChangeKind::New,
            "moved" => ChangeKind::Moved,
            "cancelled" => ChangeKind::Cancelled,
            "restored" => ChangeKind::Restored,
            "removed" => ChangeKind::Removed,
            "changed" => ChangeKind::Changed,
            _ => return None,
        };
        Some(CarerMark { kind, at: self.mark_at? })
    }
}
