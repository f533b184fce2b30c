//! Who plays which part: chosen from the unit's own files, so that any unit can be played.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use chrono::NaiveDate;
use rundan_model::{EmploymentRole, Timestamp};
use rundan_server::import::{ImportedUnit, StaffCode, VisitRow};

use super::keys::KeyScene;

/// How many visits the carer with the handheld has behind her, where the unit allows it.
const DONE: usize = 4;
/// How many she has in all: done, one due now, and seven to come.
const ALL: usize = 12;

/// For how long the silent one has not been heard when the play begins.
const SILENT_SECONDS: i64 = 35 * 60;

/// What a carer did before the play begins: by planned start, when she came and when she left.
pub(crate) type Morning = BTreeMap<Timestamp, (Timestamp, Option<Timestamp>)>;

/// What someone did before the play begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Before {
    pub(crate) morning: Morning,
    /// What happened with keys besides those of the round, in order.
    pub(crate) keys: Vec<(Timestamp, KeyScene)>,
}

/// Everyone in the play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cast {
    /// What the unit is called.
    pub(crate) unit: String,
    /// The carer whose handheld is shown.
    pub(crate) handheld: StaffCode,
    /// The planner whose desktop is shown.
    pub(crate) office: StaffCode,
    /// The carers who work on their own.
    pub(crate) carers: Vec<(StaffCode, Part)>,
    /// When the play begins, unless another time was asked for: the handheld's next visit is due.
    pub(crate) begins: Timestamp,
    /// When the silent one was last heard.
    pub(crate) silent_since: Timestamp,
    /// How the morning really went; by the plan for those who are not named.
    pub(crate) mornings: BTreeMap<StaffCode, Morning>,
    /// What happened with keys, in order.
    pub(crate) key_scenes: Vec<(StaffCode, Timestamp, KeyScene)>,
}

impl Cast {
    /// Begins the play at another time than the one it was made for. Until then all goes by the plan.
    pub(crate) fn begin_at(&mut self, begins: Timestamp) {
        self.begins = begins;
        self.silent_since = begins.plus_seconds(-SILENT_SECONDS);
        self.mornings.clear();
        self.key_scenes.clear();
    }

    /// What someone did before.
    pub(crate) fn before(&self, person: &StaffCode) -> Before {
        let hers = self.key_scenes.iter().filter(|(of, _, _)| of == person);
        Before {
            morning: self.mornings.get(person).cloned().unwrap_or_default(),
            keys: hers.map(|(_, at, scene)| (*at, scene.clone())).collect(),
        }
    }
}

/// What is special about a carer's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Nothing.
    Ordinary,
    /// Her phone is not heard: it lies in a drawer, or she is where no network reaches.
    Silent,
    /// She runs late, and says so.
    Late,
    /// She meets the carer with the handheld; in a browser, hers is shown too.
    Colleague,
}

/// Chooses the cast for a date.
pub(crate) fn choose(unit: &ImportedUnit, date: NaiveDate) -> Result<Cast> {
    let days = days(unit, date);
    let handheld = handheld(&days).with_context(|| nobody(unit, date))?;
    let visits = days.get(&handheld).map(Vec::as_slice).unwrap_or_default();
    let due = visits.get(DONE).or_else(|| visits.last()).context("She has no visit")?;
    let office = unit.staff.iter().find(|one| one.employment == EmploymentRole::Coordinator);
    let office = office.or_else(|| unit.staff.iter().find(|one| one.employment != EmploymentRole::Care));
    let office = office.context("The unit's files name nobody at the office")?;
    Ok(Cast {
        unit: unit.areas.first().cloned().unwrap_or_else(|| "Rundan".into()),
        silent_since: due.start.plus_seconds(-SILENT_SECONDS),
        mornings: BTreeMap::new(),
        key_scenes: Vec::new(),
        office: office.code.clone(),
        carers: parts(&days, &handheld, due.start),
        begins: due.start,
        handheld,
    })
}

/// The day nearest to `today` on which the unit has visits: an export need not hold today's.
pub(crate) fn nearest_day(unit: &ImportedUnit, today: NaiveDate) -> NaiveDate {
    let days = unit.visits.iter().map(|visit| visit.date);
    days.min_by_key(|date| (date.signed_duration_since(today).abs(), *date)).unwrap_or(today)
}

fn nobody(unit: &ImportedUnit, date: NaiveDate) -> String {
    let days = || unit.visits.iter().map(|visit| visit.date);
    let held = days().min().zip(days().max());
    let held = held.map(|(first, last)| format!("; its visits are from {first} to {last}")).unwrap_or_default();
    format!("No carer of this unit has a visit on {date}{held}")
}

/// The carers who have a visit on the date.
pub(crate) fn at_work(unit: &ImportedUnit, date: NaiveDate) -> Vec<StaffCode> {
    days(unit, date).into_keys().collect()
}

type Days<'a> = BTreeMap<StaffCode, Vec<&'a VisitRow>>;

/// The visits of each carer who works on the date, by time.
fn days(unit: &ImportedUnit, date: NaiveDate) -> Days<'_> {
    let mut days: Days<'_> = BTreeMap::new();
    for visit in unit.visits.iter().filter(|visit| visit.date == date) {
        let carers: BTreeSet<&StaffCode> = visit.slots.iter().flatten().collect();
        for carer in carers {
            days.entry(carer.clone()).or_default().push(visit);
        }
    }
    for visits in days.values_mut() {
        visits.sort_by_key(|visit| visit.start);
    }
    days
}

/// The carer whose day is nearest to the one wanted; with a double visit to come if there is one.
fn handheld(days: &Days<'_>) -> Option<StaffCode> {
    let nearest = days.iter().min_by_key(|(_, visits)| {
        let has_partner = visits.iter().skip(DONE).any(|visit| visit.slots.len() > 1);
        (visits.len().abs_diff(ALL), !has_partner)
    });
    nearest.map(|(carer, _)| carer.clone())
}

/// Gives the parts out: a partner of the handheld's double visits is neither late nor silent, so that she comes.
fn parts(days: &Days<'_>, handheld: &StaffCode, begins: Timestamp) -> Vec<(StaffCode, Part)> {
    let own = days.get(handheld).map(Vec::as_slice).unwrap_or_default();
    let partners: BTreeSet<&StaffCode> = own.iter().flat_map(|visit| visit.slots.iter().flatten()).collect();
    let is_at_work = |visits: &[&VisitRow]| {
        visits.first().is_some_and(|first| first.start < begins)
            && visits.last().is_some_and(|last| last.start > begins)
    };
    let mut special = [Part::Late, Part::Silent].into_iter();
    let mut colleague = Some(Part::Colleague);
    let others = days.iter().filter(|(carer, _)| *carer != handheld);
    let part = |(carer, visits): (&StaffCode, &Vec<&VisitRow>)| {
        let part = match (partners.contains(carer), is_at_work(visits)) {
            (true, _) => colleague.take(),
            (false, true) => special.next(),
            (false, false) => None,
        };
        (carer.clone(), part.unwrap_or(Part::Ordinary))
    };
    others.map(part).collect()
}

#[cfg(test)]
mod tests {
    use rundan_server::import::{RecipientCode, StaffRow, VisitCode};

    use super::*;

    fn staff(code: &str, employment: EmploymentRole) -> StaffRow {
        StaffRow {
            code: StaffCode(code.into()),
            given_name: "Alice".into(),
            family_name: "A".into(),
            title: String::new(),
            employment,
            area: String::new(),
            employment_form: String::new(),
            telephone: None,
            languages: Vec::new(),
            medicine_delegation_until: None,
        }
    }

    fn visit(carers: &[&str], hour: i64) -> VisitRow {
        VisitRow {
            code: VisitCode(format!("{carers:?}-{hour}")),
            date: date(),
            recipient: RecipientCode("B1".into()),
            start: Timestamp(hour * 3_600),
            minutes: 30,
            flex_before_minutes: 0,
            flex_after_minutes: 0,
            slots: carers.iter().map(|carer| Some(StaffCode((*carer).into()))).collect(),
            interventions: Vec::new(),
        }
    }

    fn date() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 2).unwrap()
    }

    fn unit() -> ImportedUnit {
        let mut visits = Vec::new();
        for carer in ["alice", "bob", "carol", "dave"] {
            let hours = if carer == "alice" { 1..13 } else { 1..8 };
            visits.extend(hours.map(|hour| visit(&[carer], hour)));
        }
        visits.push(visit(&["bob", "alice"], 13));
        let people = [("alice", EmploymentRole::Care), ("eva", EmploymentRole::Coordinator)];
        let staff = people.map(|(code, employment)| staff(code, employment)).to_vec();
        ImportedUnit { staff, visits, ..ImportedUnit::default() }
    }

    #[test]
    fn the_handheld_has_four_visits_behind_her_and_one_due() {
        let cast = choose(&unit(), date()).unwrap();
        assert_eq!(cast.handheld.0, "alice");
        assert_eq!(cast.office.0, "eva");
        assert_eq!(cast.begins, Timestamp(5 * 3_600));
    }

    #[test]
    fn her_partner_is_the_colleague_she_meets_and_neither_silent_nor_late() {
        let cast = choose(&unit(), date()).unwrap();
        let part = |name: &str| cast.carers.iter().find(|(carer, _)| carer.0 == name).map(|(_, part)| *part);
        assert_eq!(part("bob"), Some(Part::Colleague));
        assert_eq!(part("carol"), Some(Part::Late));
        assert_eq!(part("dave"), Some(Part::Silent));
        assert_eq!(part("alice"), None);
    }

    #[test]
    fn a_day_without_visits_cannot_be_played_but_the_nearest_can() {
        let another = NaiveDate::from_ymd_opt(2026, 3, 3).unwrap();
        let refused = choose(&unit(), another).unwrap_err().to_string();
        assert!(refused.contains("from 2026-03-02 to 2026-03-02"), "{refused}");
        assert_eq!(nearest_day(&unit(), another), date());
    }
}
