//! Which keys will be missing: at a visit's start no copy can be with the carer, nor with a colleague at that visit.
//!
//! A carer takes the keys of her round from the cabinet, and puts them back when her shift ends. A copy is therefore
//! with whoever needed it first until then, and what is lost, lent or not where it should be is with nobody.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Days;
use serde::{Deserialize, Serialize};

use super::Key;
use crate::custody::{Certainty, Place};
use crate::{Day, DocumentId, PersonId, Timestamp, Zone};

/// How many days ahead a missing key is told, today among them.
pub const DAYS_AHEAD: i32 = 4;

/// A visit that someone is planned for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlannedVisit {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Who is planned for it.
    pub person: PersonId,
    /// The visit.
    pub visit: DocumentId,
}

/// A shift that someone is planned for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlannedShift {
    /// Who.
    pub person: PersonId,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
}

/// Where a copy is as the forecast begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// In a cabinet.
    Free,
    /// With one of these.
    With(BTreeSet<PersonId>),
    /// With nobody who could bring it.
    Gone,
}

/// Where each copy of a key is as the forecast begins. Of a dispute each side may have it.
pub fn whereabouts(key: &Key) -> Vec<Whereabouts> {
    let of_copy = |copy: &super::KeyCopy| match (&copy.custody.certainty, &copy.custody.place) {
        _ if key.lock_changed.is_some() => Whereabouts::Gone,
        (Certainty::Disputed(sides), _) => Whereabouts::With(sides.iter().map(|side| side.by).collect()),
        (_, Place::Cabinet { .. }) => Whereabouts::Free,
        (_, Place::With { person }) => Whereabouts::With([*person].into()),
        (_, Place::HandingOver { from, to, .. }) => Whereabouts::With([*from, *to].into()),
        (_, Place::Missing { .. } | Place::Lost | Place::Lent { .. } | Place::Retired) => Whereabouts::Gone,
    };
    key.copies.iter().map(of_copy).collect()
}

/// A meeting at which a key can change hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// Who has it by then.
    pub from: PersonId,
    /// When both are between visits.
    pub at: Timestamp,
    /// The giver's visit before.
    pub after: Option<DocumentId>,
    /// The receiver's visit after.
    pub before: DocumentId,
}

/// A key that will be missing on a day, for the first visit that needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingKey {
    /// The key.
    pub key: DocumentId,
    /// The local day.
    pub day: Day,
    /// Who needs it.
    pub person: PersonId,
    /// For which visit.
    pub visit: DocumentId,
    /// When that begins.
    pub start: Timestamp,
    /// Who has a copy then; none if every copy is gone.
    pub holder: Option<PersonId>,
}

/// A copy in the forecast.
struct Held {
    by: BTreeSet<PersonId>,
    /// When it is put back; none while it hangs in a cabinet.
    until: Option<Timestamp>,
}

/// The plan that a forecast is made of.
pub struct Plan {
    shifts: BTreeMap<PersonId, Vec<PlannedShift>>,
    visits: BTreeMap<PersonId, Vec<PlannedVisit>>,
    is_whole: bool,
}

impl Plan {
    /// Orders a plan by person. Of whom a plan that is not `is_whole` says nothing puts keys back before the next day.
    pub fn new(shifts: &[PlannedShift], visits: &[PlannedVisit], is_whole: bool) -> Self {
        let mut plan = Self { shifts: BTreeMap::new(), visits: BTreeMap::new(), is_whole };
        shifts.iter().for_each(|shift| plan.shifts.entry(shift.person).or_default().push(*shift));
        visits.iter().for_each(|visit| plan.visits.entry(visit.person).or_default().push(*visit));
        plan.shifts.values_mut().for_each(|shifts| shifts.sort());
        plan.visits.values_mut().for_each(|visits| visits.sort());
        plan
    }

    /// The days on which a key will be missing. `needs` are the visits it is needed for that have not begun.
    pub fn missing(
        &self,
        key: DocumentId,
        copies: &[Whereabouts],
        needs: &[PlannedVisit],
        now: Timestamp,
    ) -> Vec<MissingKey> {
        let mut held: Vec<Held> = copies.iter().filter_map(|copy| self.held(copy, now)).collect();
        let mut needs = needs.to_vec();
        needs.sort();
        let mut missing: BTreeMap<Day, MissingKey> = BTreeMap::new();
        for need in &needs {
            let until = Some(self.shift_end(need));
            if let Some(own) =
                held.iter_mut().find(|copy| copy.by.contains(&need.person) && copy.until >= Some(need.start))
            {
                own.by = [need.person].into();
                own.until = own.until.max(until);
                continue;
            }
            if held.iter().any(|copy| copy.until >= Some(need.start) && copy.by.iter().any(|by| self.comes(*by, need)))
            {
                continue;
            }
            let soonest = held.iter_mut().min_by_key(|copy| copy.until);
            match soonest {
                Some(copy) if copy.until.is_none_or(|free| free <= need.start) => {
                    *copy = Held { by: [need.person].into(), until };
                }
                other => {
                    let holder = other.and_then(|copy| copy.by.first().copied());
                    let day = Zone.day(need.start);
                    missing.entry(day).or_insert_with(|| MissingKey {
                        key,
                        day,
                        person: need.person,
                        visit: need.visit,
                        start: need.start,
                        holder,
                    });
                }
            }
        }
        missing.into_values().collect()
    }

    /// Whether someone comes to a visit no later than who needs a key there.
    fn comes(&self, person: PersonId, need: &PlannedVisit) -> bool {
        let visits = self.visits.get(&person).into_iter().flatten();
        visits.into_iter().any(|visit| visit.visit == need.visit && visit.start <= need.start)
    }

    /// A copy as it is held now. Who is at work puts it back when her shift ends; who is not, when her next begins.
    fn held(&self, copy: &Whereabouts, now: Timestamp) -> Option<Held> {
        let by = match copy {
            Whereabouts::Free => return Some(Held { by: BTreeSet::new(), until: None }),
            Whereabouts::Gone => return None,
            Whereabouts::With(by) => by.clone(),
        };
        let back = |person: &PersonId| {
            let shifts = self.shifts.get(person)?;
            let next = shifts.iter().find(|shift| shift.end > now)?;
            Some(if next.start <= now { next.end } else { next.start })
        };
        let unknown = if self.is_whole { NEVER } else { Zone.midnight(Zone.date(now) + Days::new(1)) };
        let until = by.iter().map(|person| back(person).unwrap_or(unknown)).min();
        Some(Held { by, until })
    }

    /// When the shift that a visit lies in ends; without one, when the visit does.
    fn shift_end(&self, need: &PlannedVisit) -> Timestamp {
        let mut shifts = self.shifts.get(&need.person).into_iter().flatten();
        shifts.find(|shift| shift.start <= need.start && need.start < shift.end).map_or(need.end, |shift| shift.end)
    }

    /// How a missing key could come to her in time: the last time before her visit when neither is at one.
    pub fn hand_over(&self, need: &MissingKey, now: Timestamp) -> Option<HandOver> {
        let from = need.holder?;
        let of = |person: &PersonId| self.visits.get(person).map(Vec::as_slice).unwrap_or_default();
        let is_free = |person: PersonId, at: Timestamp| {
            of(&person).iter().all(|visit| visit.visit == need.visit || at < visit.start || visit.end <= at)
        };
        // Of others a plan that is not whole says nothing: they are asked whether they can.
        let is_unknown = |person: PersonId| !self.is_whole && !self.shifts.contains_key(&person);
        let is_at_work = |person: PersonId, at: Timestamp| {
            let mut shifts = self.shifts.get(&person).into_iter().flatten();
            is_unknown(person) || shifts.any(|shift| shift.start <= at && at < shift.end)
        };
        // A gap begins where a visit ends or a shift begins, or now; nobody has to look further.
        let ends = of(&from).iter().chain(of(&need.person)).map(|visit| visit.end);
        let begins = [from, need.person].into_iter().flat_map(|person| self.shifts.get(&person).into_iter().flatten());
        let times: BTreeSet<Timestamp> = ends.chain(begins.map(|shift| shift.start)).chain([now]).collect();
        let is_possible = |at: &&Timestamp| {
            **at >= now
                && **at <= need.start
                && Zone.day(**at) == Zone.day(need.start)
                && [from, need.person].into_iter().all(|person| is_free(person, **at) && is_at_work(person, **at))
        };
        let at = *times.iter().rev().find(is_possible)?;
        let after = of(&from).iter().rev().find(|visit| visit.end <= at && Zone.day(visit.end) == Zone.day(at));
        let before = of(&need.person).iter().find(|visit| visit.start >= at).map_or(need.visit, |visit| visit.visit);
        Some(HandOver { from, at, after: after.map(|visit| visit.visit), before })
    }
}

/// Later than any plan.
const NEVER: Timestamp = Timestamp(i64::MAX);

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: PersonId = PersonId([1; 8]);
    const JONAS: PersonId = PersonId([2; 8]);
    const KEY: DocumentId = DocumentId([9; 16]);
    const NOW: Timestamp = Timestamp(6 * 3_600);

    fn shift(person: PersonId, from: i64, to: i64) -> PlannedShift {
        PlannedShift { person, start: Timestamp(from * 3_600), end: Timestamp(to * 3_600) }
    }

    fn visit(person: PersonId, hour: i64) -> PlannedVisit {
        let start = Timestamp(hour * 3_600);
        PlannedVisit { start, end: start.plus_minutes(30), person, visit: DocumentId([hour as u8; 16]) }
    }

    fn missing(shifts: &[PlannedShift], visits: &[PlannedVisit], copies: &[Whereabouts]) -> Vec<MissingKey> {
        Plan::new(shifts, visits, true).missing(KEY, copies, visits, NOW)
    }

    #[test]
    fn one_copy_that_two_need_in_the_same_shift_is_missing_for_the_second_with_a_meeting_between() {
        let shifts = [shift(ANNA, 7, 16), shift(JONAS, 7, 16)];
        let visits = [visit(ANNA, 8), visit(JONAS, 13)];
        let rows = missing(&shifts, &visits, &[Whereabouts::Free]);
        assert_eq!(rows.iter().map(|row| (row.person, row.holder)).collect::<Vec<_>>(), [(JONAS, Some(ANNA))]);
        let meeting = Plan::new(&shifts, &visits, true).hand_over(&rows[0], NOW).unwrap();
        assert_eq!((meeting.at, meeting.after), (visits[0].end, Some(visits[0].visit)));
        assert_eq!((meeting.from, meeting.before), (ANNA, visits[1].visit));
        assert_eq!(missing(&shifts, &visits, &[Whereabouts::Free, Whereabouts::Free]), []);
    }

    #[test]
    fn at_a_visit_for_two_one_key_is_enough_unless_she_who_has_it_comes_later() {
        let both = [shift(ANNA, 7, 16), shift(JONAS, 7, 16)];
        let (hers, his) = (visit(ANNA, 8), visit(JONAS, 8));
        assert_eq!(missing(&both, &[hers, his], &[Whereabouts::Free]), []);
        let later = PlannedVisit { start: hers.start.plus_minutes(30), ..hers };
        let missing = missing(&both, &[visit(ANNA, 7), later, his], &[Whereabouts::Free]);
        assert_eq!(missing.iter().map(|row| row.person).collect::<Vec<_>>(), [JONAS]);
    }

    #[test]
    fn what_is_put_back_before_is_not_missing() {
        let shifts = [shift(ANNA, 7, 12), shift(JONAS, 12, 20)];
        let visits = [visit(ANNA, 8), visit(JONAS, 13)];
        assert_eq!(missing(&shifts, &visits, &[Whereabouts::Free]), []);
        assert_eq!(missing(&shifts, &visits[1..], &[Whereabouts::With([ANNA].into())]), []);
    }

    #[test]
    fn with_someone_at_home_it_is_missing_until_she_comes_back() {
        let shifts = [shift(ANNA, 40, 48), shift(JONAS, 7, 16)];
        let rows = missing(&shifts, &[visit(JONAS, 13)], &[Whereabouts::With([ANNA].into())]);
        assert_eq!((rows.len(), Plan::new(&shifts, &[visit(JONAS, 13)], true).hand_over(&rows[0], NOW)), (1, None));
    }

    #[test]
    fn of_a_dispute_either_may_have_it_and_what_is_gone_nobody_has() {
        let shifts = [shift(ANNA, 7, 16), shift(JONAS, 7, 16)];
        let disputed = [Whereabouts::With([ANNA, JONAS].into())];
        assert_eq!(missing(&shifts, &[visit(JONAS, 13)], &disputed), []);
        let gone = missing(&shifts, &[visit(JONAS, 9), visit(JONAS, 13)], &[Whereabouts::Gone]);
        assert_eq!((gone.len(), gone[0].holder, gone[0].visit), (1, None, visit(JONAS, 9).visit));
    }
}
