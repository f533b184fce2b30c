//! Decisions, shifts and visits.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveTime};
use rundan_model::Timestamp;
use rundan_model::plan::VISIT_MINUTES_MAX;
use rundan_model::time::next_date;

use super::fields::{KEY_CODE_ADVICE, Row, is_key_code, quoted};
use super::intake::Count;
use super::people::{Index, Seen, index_of, known_recipient, staff_of};
use super::problem::Problems;
use super::table::Table;
use super::unit::{
    Break, DecisionCode, DecisionRow, ImportedUnit, InterventionCode, RecipientCode, ShiftCode, ShiftRow, StaffCode,
    VisitCode, VisitRow,
};

/// More minutes than a month of 31 days has, times two for double staffing.
const MINUTES_PER_MONTH_MAX: u32 = 2 * 31 * 24 * 60;

/// How far a visit may be moved within its window.
const FLEX_MINUTES_MAX: u32 = 24 * 60;

/// The longest break.
const BREAK_MINUTES_MAX: u32 = 4 * 60;

/// From here on a length is looked at: an end that was mistyped looks like a visit over midnight.
const LONG_MINUTES: u32 = 14 * 60;

/// How many interventions a visit may have.
const INTERVENTIONS_MAX: usize = 40;

pub(super) fn decisions(unit: &mut ImportedUnit, table: &Table, problems: &mut Problems) -> Count {
    let index = index_of(unit);
    let catalogue = catalogue_of(unit);
    let mut count = Count::default();
    let mut seen = Seen::default();
    for record in &table.rows {
        let row = decision(&mut Row::new(table, record, problems), &index, &catalogue, &mut seen);
        unit.decisions.extend(count.row(row));
    }
    count
}

fn decision(
    row: &mut Row<'_>,
    index: &Index,
    catalogue: &BTreeSet<InterventionCode>,
    seen: &mut Seen,
) -> Option<DecisionRow> {
    if !row.has_its_fields() {
        return None;
    }
    let recipient = known_recipient(row, index).map(|_| RecipientCode(row.raw("brukare").to_owned()));
    let code = row.code("beslut");
    let intervention = row.key_code("insats").map(InterventionCode);
    let minutes_per_month = row.number("minuter_per_månad", MINUTES_PER_MONTH_MAX);
    let from = row.date("från");
    let until = row.optional_date("till");
    if let (Some(from), Some(Some(until))) = (from, until)
        && until < from
    {
        row.refuse("till", format!("The decision ends on {until}, before it begins"), "Correct one of the dates");
        return None;
    }
    let code = code?;
    if !seen.is_new(row, "beslut", &code) {
        return None;
    }
    let intervention = intervention?;
    warn_of_unknown(row, "insats", &intervention, catalogue);
    Some(DecisionRow {
        code: DecisionCode(code),
        recipient: recipient?,
        intervention,
        minutes_per_month: minutes_per_month?,
        from: from?,
        until: until?,
    })
}

pub(super) fn shifts(unit: &mut ImportedUnit, table: &Table, problems: &mut Problems) -> Count {
    let staff = unit.staff.iter().map(|staff| staff.code.clone()).collect();
    let mut count = Count::default();
    let mut of_day: BTreeMap<(NaiveDate, StaffCode), Vec<(Timestamp, u64)>> = BTreeMap::new();
    for record in &table.rows {
        let row = shift(&mut Row::new(table, record, problems), &staff, &mut of_day);
        unit.shifts.extend(count.row(row));
    }
    number(&mut unit.shifts);
    count
}

/// Gives each shift its name: the export has none, so it is its date, its carer and which of her shifts it is.
fn number(shifts: &mut [ShiftRow]) {
    let mut order: Vec<(NaiveDate, StaffCode, Timestamp)> =
        shifts.iter().map(|shift| (shift.date, shift.staff.clone(), shift.start)).collect();
    order.sort();
    for shift in shifts {
        let before = order.partition_point(|other| *other < (shift.date, shift.staff.clone(), shift.start));
        let day = order.partition_point(|(date, staff, _)| (date, staff) < (&shift.date, &shift.staff));
        shift.code = ShiftCode(format!("{}/{}/{}", shift.date, shift.staff, before - day + 1));
    }
}

fn shift(
    row: &mut Row<'_>,
    staff: &BTreeSet<StaffCode>,
    of_day: &mut BTreeMap<(NaiveDate, StaffCode), Vec<(Timestamp, u64)>>,
) -> Option<ShiftRow> {
    if !row.has_its_fields() {
        return None;
    }
    let date = row.date("datum");
    let carer = row.code("personal").map(StaffCode);
    if let Some(carer) = carer.as_ref().filter(|carer| !staff.contains(carer)) {
        let what = format!("{} was not taken from staff.csv", quoted(&carer.0));
        row.refuse("personal", what, "Export the employee too, or correct her row there");
        return None;
    }
    let start = row.clock("pass_start");
    let end = row.clock("pass_slut");
    let (date, carer) = (date?, carer?);
    let (start, end) = span(row, date, ("pass_start", start?), ("pass_slut", end?))?;
    let pause = pause(row, date, start, end)?;
    let others = of_day.entry((date, carer.clone())).or_default();
    if let Some((_, line)) = others.iter().find(|(other, _)| *other == start) {
        let what = format!("The same shift already stands on line {line}");
        row.refuse("pass_start", what, "Only the first was taken; remove one");
        return None;
    }
    others.push((start, row.line()));
    Some(ShiftRow { code: ShiftCode(String::new()), date, staff: carer, start, end, pause })
}

fn pause(row: &mut Row<'_>, date: NaiveDate, start: Timestamp, end: Timestamp) -> Option<Option<Break>> {
    let minutes = row.number("rast_min", BREAK_MINUTES_MAX)?;
    if row.raw("rast_start").is_empty() {
        if minutes > 0 {
            let advice = "The shift was taken without a break; write when it begins";
            row.warn("rast_start", "The break has a length but no start".to_owned(), advice);
        }
        return Some(None);
    }
    let time = row.clock("rast_start")?;
    let mut at = row.instant("rast_start", date, time)?;
    if at < start {
        at = row.instant("rast_start", next_date(date), time)?;
    }
    if at > end {
        let advice = "The shift was taken without a break; correct its start";
        row.warn("rast_start", "The break lies outside the shift".to_owned(), advice);
        return Some(None);
    }
    Some((minutes > 0).then_some(Break { start: at, minutes }))
}

pub(super) fn visits(unit: &mut ImportedUnit, table: &Table, problems: &mut Problems) -> Count {
    let known = Known { index: index_of(unit), staff: staff_of(unit), catalogue: catalogue_of(unit) };
    let mut count = Count::default();
    let mut seen = Seen::default();
    for record in &table.rows {
        let mut row = Row::new(table, record, problems);
        let taken = count.row(visit(&mut row, &known, &mut seen));
        match taken {
            Some(visit) => unit.visits.push(visit),
            None if row.raw("id").is_empty() => unit.refused.has_visit_without_id = true,
            None => {
                unit.refused.visits.insert(VisitCode(row.raw("id").to_owned()));
                // A row that is out of joint may show another field as its id.
                unit.refused.has_visit_without_id |= row.is_out_of_joint();
            }
        }
    }
    // Of two rows with one id the first was taken.
    for visit in &unit.visits {
        unit.refused.visits.remove(&visit.code);
    }
    count
}

struct Known {
    index: Index,
    staff: BTreeSet<StaffCode>,
    catalogue: BTreeSet<InterventionCode>,
}

fn visit(row: &mut Row<'_>, known: &Known, seen: &mut Seen) -> Option<VisitRow> {
    if !row.has_its_fields() {
        return None;
    }
    let code = row.code("id");
    let date = row.date("datum");
    let recipient = known_recipient(row, &known.index).map(|_| RecipientCode(row.raw("brukare").to_owned()));
    let start = row.clock("start");
    let end = row.clock("slut");
    let flex_before_minutes = row.number("flex_före_min", FLEX_MINUTES_MAX);
    let flex_after_minutes = row.number("flex_efter_min", FLEX_MINUTES_MAX);
    let interventions = interventions(row, &known.catalogue);
    let code = code?;
    if !seen.is_new(row, "id", &code) {
        return None;
    }
    let (start, end) = span(row, date?, ("start", start?), ("slut", end?))?;
    let minutes = minutes_between(start, end);
    if minutes > VISIT_MINUTES_MAX {
        row.refuse("slut", "It lasts more than a day".to_owned(), "Correct one of the times");
        return None;
    }
    let recipient = recipient?;
    let interventions = interventions?;
    let (flex_before_minutes, flex_after_minutes) = (flex_before_minutes?, flex_after_minutes?);
    let slots = slots(row, &known.staff)?;
    Some(VisitRow {
        code: VisitCode(code),
        date: date?,
        recipient,
        start,
        minutes,
        flex_before_minutes,
        flex_after_minutes,
        slots,
        interventions,
    })
}

fn slots(row: &mut Row<'_>, staff: &BTreeSet<StaffCode>) -> Option<Vec<Option<StaffCode>>> {
    let first = row.optional_code("personal_1")?.map(StaffCode);
    let second = row.optional_code("personal_2")?.map(StaffCode);
    if first.is_some() && first == second {
        let advice = "It was taken as a visit for one; name the other carer if two are needed";
        row.warn("personal_2", "The same carer is named twice".to_owned(), advice);
        return Some(vec![known_staff(row, "personal_1", first, staff)]);
    }
    let is_double = second.is_some();
    let mut slots = vec![known_staff(row, "personal_1", first, staff)];
    if is_double {
        slots.push(known_staff(row, "personal_2", second, staff));
    }
    Some(slots)
}

fn known_staff(
    row: &mut Row<'_>,
    column: &'static str,
    code: Option<StaffCode>,
    staff: &BTreeSet<StaffCode>,
) -> Option<StaffCode> {
    let code = code?;
    if staff.contains(&code) {
        return Some(code);
    }
    let what = format!("{} was not taken from staff.csv", quoted(&code.0));
    row.warn(column, what, "The visit was taken without her; assign someone, or export the employee too");
    None
}

fn interventions(row: &mut Row<'_>, catalogue: &BTreeSet<InterventionCode>) -> Option<Vec<InterventionCode>> {
    let mut codes: Vec<InterventionCode> = Vec::new();
    let words = row.raw("insatser").split([',', ';', '|', ' ', '\n', '\r']).filter(|word| !word.is_empty());
    for word in words {
        let code = InterventionCode(word.to_owned());
        if codes.contains(&code) {
            continue;
        }
        if !is_key_code(word) {
            row.refuse("insatser", format!("{} is no code", quoted(word)), KEY_CODE_ADVICE);
            return None;
        }
        if codes.len() >= INTERVENTIONS_MAX {
            let what = format!("The visit has more than {INTERVENTIONS_MAX} interventions");
            row.refuse("insatser", what, "Write the codes of interventions.csv, with commas between");
            return None;
        }
        // Taken all the same: what someone needs help with must not vanish for a missing name.
        warn_of_unknown(row, "insatser", &code, catalogue);
        codes.push(code);
    }
    if codes.is_empty() {
        let advice = "It was taken without; write the codes of interventions.csv, with commas between";
        row.warn("insatser", "The visit has no interventions".to_owned(), advice);
    }
    Some(codes)
}

fn warn_of_unknown(
    row: &mut Row<'_>,
    column: &'static str,
    code: &InterventionCode,
    catalogue: &BTreeSet<InterventionCode>,
) {
    if !catalogue.contains(code) {
        let what = format!("{} was not taken from interventions.csv", quoted(&code.0));
        row.warn(column, what, "It was taken under its code; export the intervention too");
    }
}

/// The instants of a start and an end on a date; an end before its start is on the next day.
fn span(
    row: &mut Row<'_>,
    date: NaiveDate,
    (start_column, start): (&'static str, NaiveTime),
    (end_column, end): (&'static str, NaiveTime),
) -> Option<(Timestamp, Timestamp)> {
    if start == end {
        row.refuse(end_column, "It ends when it begins".to_owned(), "Correct one of the times");
        return None;
    }
    let end_date = if end < start { next_date(date) } else { date };
    let start = row.instant(start_column, date, start);
    let end = row.instant(end_column, end_date, end);
    let (start, end) = (start?, end?);
    if end <= start {
        row.refuse(end_column, "It ends before it begins".to_owned(), "Correct one of the times");
        return None;
    }
    let minutes = minutes_between(start, end);
    if minutes > LONG_MINUTES {
        let what = format!("It lasts {} h {} min", minutes / 60, minutes % 60);
        row.warn(end_column, what, "It was taken so; check whether the end was mistyped");
    }
    Some((start, end))
}

fn minutes_between(start: Timestamp, end: Timestamp) -> u32 {
    u32::try_from(end.seconds_since(start) / 60).unwrap_or(0)
}

fn catalogue_of(unit: &ImportedUnit) -> BTreeSet<InterventionCode> {
    unit.interventions.iter().map(|intervention| intervention.code.clone()).collect()
}
