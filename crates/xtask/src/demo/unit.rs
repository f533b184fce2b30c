//! The demo's unit, Hägerstens hemtjänst, as the files that a planning system would export.
//!
//! Nobody in it exists. The same date and seed always make the same unit: 18 run sheets and 214 visits a day
//! from yesterday to seven days ahead. At [`CLOCK`] on the chosen date the carer with the handheld has four
//! visits done, one due now and seven to come.

mod dice;
mod keys;
mod names;
mod people;
mod routes;

use std::fmt::Write as _;

use chrono::{Days, NaiveDate, NaiveTime};

pub(crate) use keys::KeyTold;

use dice::Dice;
use people::People;
use routes::{Route, Stop};

/// What the unit is called.
const UNIT_NAME: &str = "Hägerstens hemtjänst";
/// What the demo's clock shows on the chosen date: nine twenty-two.
pub(crate) const CLOCK: (u32, u32) = (9, 22);
/// The carer with the handheld: Anna Karlsson.
pub(crate) const HANDHELD: &str = "M01";
/// Who joins her at the double-staffed visit: Fatima Omar.
pub(crate) const PARTNER: &str = "M02";
/// Whose phone is silent: Jonas Wik.
pub(crate) const SILENT: &str = "M03";
/// Who runs late: Hodan Yusuf.
pub(crate) const LATE: &str = "M08";
/// The planner at the office desktop: Eva Nyström.
pub(crate) const PLANNER: &str = "S01";

/// When the silent phone was last heard.
pub(crate) const SILENT_SINCE: (u32, u32) = (8, 47);
/// How late the late carer is.
const LATE_MINUTES: i64 = 15;
/// The days of the export, from the one before the chosen date.
const DAYS: i64 = 9;
/// The carers of each area's pool, of whom as many work as the area has routes.
const POOL: usize = 8;
/// The routes of each area.
const ROUTES: usize = 6;

/// A visit that is already under way or over when the demo begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Worked {
    /// The visit's id in the files.
    pub(crate) visit: String,
    /// The carer's id in the files.
    pub(crate) staff: String,
    /// When she began, local time on the chosen date.
    pub(crate) started: NaiveTime,
    /// When she ended; absent while she is there.
    pub(crate) ended: Option<NaiveTime>,
}

/// The demo's unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DemoUnit {
    /// What it is called.
    pub(crate) name: &'static str,
    /// The export: the files' names and texts.
    pub(crate) files: Vec<(&'static str, String)>,
    /// What the carers have done by [`CLOCK`], in order of time.
    pub(crate) worked: Vec<Worked>,
    /// What has happened with keys by then, besides those of the rounds, in order.
    pub(crate) key_scenes: Vec<KeyTold>,
}

/// Makes the unit around a date.
pub(crate) fn demo_unit(date: NaiveDate, seed: u64) -> DemoUnit {
    let mut dice = Dice::new(seed);
    let mut people = People::new(&mut dice);
    let routes = routes::all(&mut people, &mut dice);
    let plan = plan(date, &routes, &people);
    let mut files = people.files();
    files.push(("interventions.csv", routes::catalogue()));
    files.push(("decisions.csv", decisions(date, &routes, &people)));
    files.push(("shifts.csv", shifts(&plan)));
    files.push(("visits.csv", visits(&plan)));
    let worked = worked(date, &plan, &mut dice);
    DemoUnit { name: UNIT_NAME, files, worked, key_scenes: keys::scenes() }
}

/// One visit of the plan.
struct Visit {
    id: String,
    date: NaiveDate,
    stop: Stop,
    staff: [String; 2],
}

/// Who works which day.
struct Shift {
    date: NaiveDate,
    staff: String,
}

struct Plan {
    visits: Vec<Visit>,
    shifts: Vec<Shift>,
}

fn plan(date: NaiveDate, routes: &[Route], people: &People) -> Plan {
    let mut plan = Plan { visits: Vec::new(), shifts: Vec::new() };
    for offset in -1..DAYS - 1 {
        let Some(day) = shifted(date, offset) else { continue };
        for (number, route) in routes.iter().enumerate() {
            let carer = route.carer.map(|place| people.carer(number / ROUTES, turn(place, offset)));
            if let Some(carer) = &carer {
                plan.shifts.push(Shift { date: day, staff: carer.clone() });
            }
            let partner = route.partner.map(|place| people.carer(number / ROUTES, turn(place, offset)));
            for (place, stop) in route.stops.iter().enumerate() {
                let second = if stop.is_double { partner.clone() } else { None };
                plan.visits.push(Visit {
                    id: format!("B{}-{:02}-{:02}", day.format("%y%m%d"), number + 1, place + 1),
                    date: day,
                    stop: stop.clone(),
                    staff: [carer.clone().unwrap_or_default(), second.unwrap_or_default()],
                });
            }
        }
    }
    plan
}

/// Who of an area's pool has a route that is `place`'s on the chosen date: everyone moves on by one each day,
/// so that each has days off and each recipient meets several carers.
fn turn(place: usize, offset: i64) -> usize {
    let pool = i64::try_from(POOL).unwrap_or(1);
    let place = i64::try_from(place).unwrap_or(0);
    usize::try_from((place + offset).rem_euclid(pool)).unwrap_or(0)
}

fn shifted(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    if days < 0 {
        return date.checked_sub_days(Days::new(days.unsigned_abs()));
    }
    date.checked_add_days(Days::new(days.unsigned_abs()))
}

fn visits(plan: &Plan) -> String {
    let mut text =
        "id;datum;brukare;start;slut;flex_före_min;flex_efter_min;personal_1;personal_2;insatser\r\n".to_owned();
    for visit in &plan.visits {
        let stop = &visit.stop;
        let [first, second] = &visit.staff;
        let _ = write!(
            text,
            "{};{};{};{};{};15;30;{first};{second};{}\r\n",
            visit.id,
            visit.date,
            stop.recipient,
            clock(stop.start),
            clock(stop.start + stop.minutes),
            stop.interventions.join(",")
        );
    }
    text
}

fn shifts(plan: &Plan) -> String {
    let mut text = "datum;personal;pass_start;pass_slut;rast_start;rast_min\r\n".to_owned();
    for shift in &plan.shifts {
        let _ = write!(text, "{};{};07:00;16:00;11:30;30\r\n", shift.date, shift.staff);
    }
    text
}

/// What each recipient was granted: what the routes give her, for a month of thirty days.
fn decisions(date: NaiveDate, routes: &[Route], people: &People) -> String {
    let mut text = "brukare;beslut;insats;minuter_per_månad;från;till\r\n".to_owned();
    let since = date.checked_sub_days(Days::new(120)).unwrap_or(date);
    let mut number = 0;
    for recipient in people.recipients() {
        let mut granted: Vec<(&str, u32)> = Vec::new();
        let stops = routes.iter().flat_map(|route| &route.stops).filter(|stop| stop.recipient == recipient);
        for code in stops.flat_map(|stop| &stop.interventions) {
            let minutes = 30 * routes::minutes_of(code);
            match granted.iter_mut().find(|(of, _)| of == code) {
                Some((_, sum)) => *sum += minutes,
                None => granted.push((code, minutes)),
            }
        }
        for (code, minutes) in granted {
            number += 1;
            let _ = write!(text, "{recipient};BS{number:05};{code};{minutes};{since};\r\n");
        }
    }
    text
}

/// What has been done on the chosen date when the demo begins.
fn worked(date: NaiveDate, plan: &Plan, dice: &mut Dice) -> Vec<Worked> {
    let now = i64::from(CLOCK.0 * 60 + CLOCK.1);
    let silent_since = i64::from(SILENT_SINCE.0 * 60 + SILENT_SINCE.1);
    let mut worked = Vec::new();
    for visit in plan.visits.iter().filter(|visit| visit.date == date) {
        for staff in visit.staff.iter().filter(|staff| !staff.is_empty()) {
            let lateness = if staff == LATE { LATE_MINUTES } else { dice.between(-1, 3) };
            let started = i64::from(visit.stop.start) + lateness;
            let ended = started + i64::from(visit.stop.minutes) + dice.between(-3, 1);
            // The silent phone has sent what ended before it fell silent. What Anna does now is for her to press.
            let is_unheard = staff == SILENT && ended > silent_since;
            let is_hers = visit.staff.iter().any(|staff| staff == HANDHELD);
            let is_to_come = started > now || (is_hers && ended > now);
            if is_unheard || is_to_come {
                continue;
            }
            let ended = (ended <= now).then_some(ended);
            worked.push(Worked {
                visit: visit.id.clone(),
                staff: staff.clone(),
                started: time(started),
                ended: ended.map(time),
            });
        }
    }
    worked.sort_by(|a, b| (a.started, &a.visit, &a.staff).cmp(&(b.started, &b.visit, &b.staff)));
    worked
}

fn clock(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn time(minutes: i64) -> NaiveTime {
    let minutes = u32::try_from(minutes).unwrap_or(0);
    NaiveTime::from_hms_opt(minutes / 60, minutes % 60, 0).unwrap_or_default()
}

#[cfg(test)]
mod tests;
