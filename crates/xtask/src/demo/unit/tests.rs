use rundan_model::KeyKind;
use rundan_server::import::{ExportFile, ImportedUnit, VisitRow, read};

use super::*;

const SEED: u64 = 7;

fn date() -> NaiveDate {
    "2026-11-21".parse().unwrap()
}

fn imported(unit: &DemoUnit) -> ImportedUnit {
    let bytes = |file: ExportFile| {
        let (_, text) = unit.files.iter().find(|(name, _)| *name == file.name()).unwrap();
        (file, text.as_bytes())
    };
    let reading = read(&ExportFile::ALL.map(bytes));
    assert_eq!(reading.report.problems, [], "the demo's own files are without fault");
    reading.unit.unwrap()
}

fn on_the_day(unit: &ImportedUnit) -> Vec<&VisitRow> {
    unit.visits.iter().filter(|visit| visit.date == date()).collect()
}

fn staff_of(visit: &VisitRow) -> Vec<&str> {
    visit.slots.iter().flatten().map(|staff| staff.0.as_str()).collect()
}

#[test]
fn the_day_has_eighteen_run_sheets_and_two_hundred_and_fourteen_visits() {
    let unit = imported(&demo_unit(date(), SEED));
    assert_eq!(unit.shifts.iter().filter(|shift| shift.date == date()).count(), 18);
    let visits = on_the_day(&unit);
    assert_eq!(visits.len(), 214);
    assert_eq!(visits.iter().filter(|visit| staff_of(visit).is_empty()).count(), 2, "without staff");
    assert_eq!(visits.iter().filter(|visit| visit.slots.len() == 2).count(), 3, "for two");
    assert_eq!(unit.areas.len(), 3);
    assert!(unit.staff.iter().any(|staff| staff.code.0 == PLANNER && staff.family_name == "Nyström"));
    assert!(unit.staff.iter().any(|staff| staff.code.0 == LATE && staff.given_name == "Hodan"));
    assert_eq!(unit.visits.len(), 214 * 9);
}

#[test]
fn the_handheld_has_four_visits_done_one_due_and_seven_to_come() {
    let demo = demo_unit(date(), SEED);
    let unit = imported(&demo);
    let now = NaiveTime::from_hms_opt(CLOCK.0, CLOCK.1, 0).unwrap();
    let hers: Vec<_> = on_the_day(&unit).into_iter().filter(|visit| staff_of(visit).contains(&HANDHELD)).collect();
    assert_eq!(hers.len(), 12);
    let done = demo.worked.iter().filter(|worked| worked.staff == HANDHELD);
    assert_eq!(done.map(|worked| worked.ended.is_some()).collect::<Vec<_>>(), [true; 4]);
    let starts: Vec<_> =
        hers.iter().map(|visit| rundan_model::Zone.local(visit.start).time()).filter(|start| *start <= now).collect();
    assert_eq!(starts.len(), 5, "four done and one due");
    let due = hers.iter().find(|visit| visit.slots.len() == 2).unwrap();
    assert_eq!(staff_of(due), [HANDHELD, PARTNER]);
    assert!(demo.worked.iter().all(|worked| worked.visit != due.code.0), "it begins before everyone's eyes");
}

#[test]
fn nobody_is_in_two_places() {
    let unit = imported(&demo_unit(date(), SEED));
    for staff in &unit.staff {
        let mut hers: Vec<_> =
            unit.visits.iter().filter(|visit| staff_of(visit).contains(&staff.code.0.as_str())).collect();
        hers.sort_by_key(|visit| visit.start);
        for pair in hers.windows(2) {
            assert!(pair[0].start.plus_minutes(pair[0].minutes) < pair[1].start, "{:?}", pair);
        }
        for visit in hers {
            assert!(unit.shifts.iter().any(|shift| shift.staff == staff.code && shift.date == visit.date));
        }
    }
    let mut recipients: Vec<_> = on_the_day(&unit).into_iter().map(|visit| (&visit.recipient, visit.start)).collect();
    let visits = recipients.len();
    recipients.sort();
    recipients.dedup();
    assert_eq!(recipients.len(), visits);
}

#[test]
fn the_others_are_at_work_and_one_has_gone_silent() {
    let demo = demo_unit(date(), SEED);
    let ended = demo.worked.iter().filter(|worked| worked.ended.is_some()).count();
    let running = demo.worked.len() - ended;
    assert!((65..=90).contains(&ended), "{ended} ended");
    assert!((8..=18).contains(&running), "{running} running");
    let silent = demo.worked.iter().filter(|worked| worked.staff == SILENT);
    let last = silent.map(|worked| worked.ended.unwrap()).max().unwrap();
    assert!(last <= NaiveTime::from_hms_opt(8, 47, 0).unwrap());
    let mut at_once: Vec<_> = demo.worked.iter().filter(|worked| worked.ended.is_none()).map(|w| &w.staff).collect();
    at_once.sort();
    at_once.dedup();
    assert_eq!(at_once.len(), running, "nobody runs two visits");
}

#[test]
fn the_keys_of_the_story_are_there_and_those_that_others_have_nobody_needs() {
    let demo = demo_unit(date(), SEED);
    let unit = imported(&demo);
    let key = |tag: &str| unit.keys.iter().find(|key| key.tag == tag).unwrap_or_else(|| panic!("no {tag}"));
    let needed: Vec<_> = on_the_day(&unit).into_iter().map(|visit| &visit.recipient).collect();
    let is_needed = |tag: &str| key(tag).recipients.iter().any(|recipient| needed.contains(&recipient));
    assert!(["F-212", "H-213", "F-215", "L-216"].iter().all(|tag| !is_needed(tag)));
    assert!(["V-201", "V-210"].iter().all(|tag| is_needed(tag) && key(tag).copies == 1));
    assert_eq!((key("V-117").copies, key("P-1").recipients.len(), &key("L-216").kind), (2, 3, &KeyKind::Alarm));
    assert!(unit.staff.iter().all(|staff| staff.telephone.as_ref().is_some_and(|at| at.starts_with("070-174 06 "))));
}

#[test]
fn the_same_date_and_seed_make_the_same_unit() {
    assert_eq!(demo_unit(date(), SEED), demo_unit(date(), SEED));
    assert_ne!(demo_unit(date(), SEED).files, demo_unit(date(), SEED + 1).files);
}
