//! How often the forecast of missing keys is wrong, on a unit's own plan: each day it tells what will be missing, and
//! the same days are then played by who takes what from the cabinets when.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use chrono::Days;
use rundan_model::key::forecast::{DAYS_AHEAD, Plan, PlannedShift, PlannedVisit, Whereabouts};
use rundan_model::{Day, DocumentId, KeyKind, PersonId, Timestamp, Zone};
use rundan_server::import::{ImportedUnit, StaffCode, read_directory};

use super::Figure;

/// How many days forecasts are made on.
const DAYS: i32 = 10;
/// The local time of each.
const HOUR_MINUTES: u32 = 6 * 60;

/// Measures the forecast on a unit's export files; nothing without them.
pub(super) fn measure(files: Option<&Path>) -> Result<Option<Figure>> {
    let Some(files) = files else { return Ok(None) };
    let reading = read_directory(files).with_context(|| format!("Could not read {}", files.display()))?;
    let round = Round::of(&reading.unit.context("The unit's files can be read")?);
    let first = round.visits.iter().map(|visit| Zone.day(visit.start).0).min().context("The unit has visits")?;
    let mut tally = Tally::default();
    for day in first..first + DAYS {
        tally.add(&round, Day(day));
    }
    let value = format!(
        "{} rows, {} % false, {} % untold",
        tally.told,
        percent(tally.told_falsely, tally.told),
        percent(tally.untold, tally.missing)
    );
    println!(
        "        of {} keys and days on which a visit had none: {} told, {} untold",
        tally.missing,
        tally.missing - tally.untold,
        tally.untold
    );
    Ok(Some(Figure::new("keys missing, as told at 06:00 for four days, ten times", value, "printed", true)))
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.1}", 100.0 * part as f64 / whole.max(1) as f64)
}

/// What was told and what came of it, in keys and days.
#[derive(Debug, Default)]
struct Tally {
    told: usize,
    /// At each visit that needed it that day one of its carers had it.
    told_falsely: usize,
    missing: usize,
    untold: usize,
}

impl Tally {
    fn add(&mut self, round: &Round, day: Day) {
        let now = Zone.midnight(day.date()).plus_minutes(HOUR_MINUTES);
        let until = Zone.midnight(day.date() + Days::new(DAYS_AHEAD.unsigned_abs().into()));
        let told = round.forecast(now, until);
        let missed = round.play(now, until);
        self.told += told.len();
        self.told_falsely += told.difference(&missed).count();
        self.missing += missed.len();
        self.untold += missed.difference(&told).count();
    }
}

/// A visit with everyone who comes to it.
struct Visit {
    document: DocumentId,
    start: Timestamp,
    end: Timestamp,
    people: Vec<PersonId>,
    /// The keys that it needs.
    keys: Vec<DocumentId>,
}

/// A unit's plan, as far as keys go.
struct Round {
    shifts: Vec<PlannedShift>,
    visits: Vec<Visit>,
    /// How many copies there are.
    copies: BTreeMap<DocumentId, u32>,
}

/// What happens while days are played; at the same time in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    PutBack(PersonId),
    TakeForShift(usize),
    Visit(usize),
}

impl Round {
    fn of(unit: &ImportedUnit) -> Self {
        let people: BTreeMap<&StaffCode, PersonId> =
            unit.staff.iter().zip(1..).map(|(staff, n)| (&staff.code, PersonId(u64::to_be_bytes(n)))).collect();
        let key = |n: u128| DocumentId(n.to_be_bytes());
        let for_rounds = || unit.keys.iter().zip(1..).filter(|(row, _)| row.kind != KeyKind::Alarm);
        let shift = |shift: &rundan_server::import::ShiftRow| {
            Some(PlannedShift { person: *people.get(&shift.staff)?, start: shift.start, end: shift.end })
        };
        let visits = unit.visits.iter().zip(1..).map(|(visit, n)| Visit {
            document: key(n),
            start: visit.start,
            end: visit.start.plus_minutes(visit.minutes),
            people: visit.slots.iter().flatten().filter_map(|staff| people.get(staff).copied()).collect(),
            keys: for_rounds()
                .filter(|(row, _)| row.recipients.contains(&visit.recipient))
                .map(|(_, n)| key(n))
                .collect(),
        });
        Self {
            shifts: unit.shifts.iter().filter_map(shift).collect(),
            visits: visits.collect(),
            copies: for_rounds().map(|(row, n)| (key(n), row.copies)).collect(),
        }
    }

    /// The keys that the forecast tells will be missing, with all of them in their cabinets.
    fn forecast(&self, now: Timestamp, until: Timestamp) -> BTreeSet<(DocumentId, Day)> {
        let planned = |visit: &Visit| -> Vec<PlannedVisit> {
            let of = |person: &PersonId| PlannedVisit {
                start: visit.start,
                end: visit.end,
                person: *person,
                visit: visit.document,
            };
            visit.people.iter().map(of).collect()
        };
        let ahead = || self.visits.iter().filter(|visit| (now..until).contains(&visit.start));
        let visits: Vec<PlannedVisit> = ahead().flat_map(planned).collect();
        let plan = Plan::new(&self.shifts, &visits, true);
        let mut told = BTreeSet::new();
        for (key, copies) in &self.copies {
            let needs: Vec<PlannedVisit> = ahead().filter(|visit| visit.keys.contains(key)).flat_map(planned).collect();
            let copies = vec![Whereabouts::Free; *copies as usize];
            told.extend(plan.missing(*key, &copies, &needs, now).into_iter().map(|row| (row.key, row.day)));
        }
        told
    }

    /// Plays the days: who begins her shift takes what hangs there of the keys that it needs, looks again before each
    /// visit, and puts all back when it ends. Tells which keys a visit had to do without, by day.
    fn play(&self, now: Timestamp, until: Timestamp) -> BTreeSet<(DocumentId, Day)> {
        let mut hanging = self.copies.clone();
        let mut held: BTreeMap<PersonId, BTreeSet<DocumentId>> = BTreeMap::new();
        let mut missed = BTreeSet::new();
        for (_, event) in self.events(now, until) {
            match event {
                Event::PutBack(person) => {
                    for key in held.remove(&person).unwrap_or_default() {
                        hanging.entry(key).and_modify(|copies| *copies += 1);
                    }
                }
                Event::TakeForShift(shift) => {
                    let Some(shift) = self.shifts.get(shift) else { continue };
                    let is_hers =
                        |visit: &&Visit| is_in(shift, shift.person, visit) && visit.start >= now && visit.start < until;
                    for key in self.visits.iter().filter(is_hers).flat_map(|visit| &visit.keys) {
                        take(&mut hanging, held.entry(shift.person).or_default(), *key);
                    }
                }
                Event::Visit(visit) => {
                    let Some(visit) = self.visits.get(visit) else { continue };
                    for key in &visit.keys {
                        let mut has = |person: &PersonId| take(&mut hanging, held.entry(*person).or_default(), *key);
                        // Each takes what hangs there; one of them is enough.
                        if !visit.people.is_empty() && visit.people.iter().filter(|person| has(person)).count() == 0 {
                            missed.insert((*key, Zone.day(visit.start)));
                        }
                    }
                }
            }
        }
        missed
    }

    fn events(&self, now: Timestamp, until: Timestamp) -> Vec<(Timestamp, Event)> {
        let mut events = Vec::new();
        for (n, shift) in self.shifts.iter().enumerate().filter(|(_, shift)| shift.end > now && shift.start < until) {
            events.push((shift.start.max(now), Event::TakeForShift(n)));
            events.push((shift.end, Event::PutBack(shift.person)));
        }
        for (n, visit) in self.visits.iter().enumerate().filter(|(_, visit)| (now..until).contains(&visit.start)) {
            events.push((visit.start, Event::Visit(n)));
            // Who comes without a shift puts back what she took when the visit ends.
            let without =
                visit.people.iter().filter(|person| !self.shifts.iter().any(|shift| is_in(shift, **person, visit)));
            events.extend(without.map(|person| (visit.end, Event::PutBack(*person))));
        }
        events.sort();
        events
    }
}

/// Whether a visit lies in a person's shift.
fn is_in(shift: &PlannedShift, person: PersonId, visit: &Visit) -> bool {
    shift.person == person && visit.people.contains(&person) && shift.start <= visit.start && visit.start < shift.end
}

/// Takes a copy if she has none and one hangs there; returns whether she has one.
fn take(hanging: &mut BTreeMap<DocumentId, u32>, held: &mut BTreeSet<DocumentId>, key: DocumentId) -> bool {
    if held.contains(&key) {
        return true;
    }
    let Some(copies) = hanging.get_mut(&key).filter(|copies| **copies > 0) else { return false };
    *copies -= 1;
    held.insert(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: DocumentId = DocumentId([9; 16]);
    const ANNA: PersonId = PersonId([1; 8]);
    const JONAS: PersonId = PersonId([2; 8]);

    fn hour(hour: i64) -> Timestamp {
        Timestamp(hour * 3_600)
    }

    fn round(copies: u32, shifts: &[(PersonId, i64, i64)], visits: &[(&[PersonId], i64)]) -> Round {
        let shift = |(person, from, to): &(PersonId, i64, i64)| PlannedShift {
            person: *person,
            start: hour(*from),
            end: hour(*to),
        };
        let visit = |(people, at): &(&[PersonId], i64)| Visit {
            document: DocumentId([*at as u8; 16]),
            start: hour(*at),
            end: hour(*at).plus_minutes(30),
            people: people.to_vec(),
            keys: vec![KEY],
        };
        Round {
            shifts: shifts.iter().map(shift).collect(),
            visits: visits.iter().map(visit).collect(),
            copies: [(KEY, copies)].into(),
        }
    }

    /// Whether a visit had to do without.
    fn misses(round: &Round) -> bool {
        !round.play(hour(6), hour(30)).is_empty()
    }

    #[test]
    fn who_comes_second_stands_without_the_only_copy_until_it_is_put_back() {
        let both = [(ANNA, 7, 16), (JONAS, 7, 16)];
        assert!(misses(&round(1, &both, &[(&[ANNA], 8), (&[JONAS], 13)])));
        assert!(!misses(&round(2, &both, &[(&[ANNA], 8), (&[JONAS], 13)])));
        let after = [(ANNA, 7, 12), (JONAS, 12, 20)];
        assert!(!misses(&round(1, &after, &[(&[ANNA], 8), (&[JONAS], 13)])));
    }

    #[test]
    fn at_a_visit_for_two_one_key_is_enough() {
        let both = [(ANNA, 7, 16), (JONAS, 7, 16)];
        assert!(!misses(&round(1, &both, &[(&[ANNA, JONAS], 8)])));
    }

    #[test]
    fn who_took_it_first_for_later_leaves_the_other_without_and_the_forecast_does_not_tell() {
        let round = round(1, &[(ANNA, 7, 16), (JONAS, 8, 12)], &[(&[JONAS], 9), (&[ANNA], 14)]);
        assert!(misses(&round));
        let mut tally = Tally::default();
        tally.add(&round, Day(0));
        assert_eq!((tally.told, tally.missing, tally.untold), (0, 1, 1));
    }
}
