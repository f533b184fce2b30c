//! The catalogue, the staff, and the recipients with their next of kin.

use std::collections::{BTreeMap, BTreeSet};

use rundan_model::{EmploymentRole, InterventionGroup};

use super::fields::{Row, quoted};
use super::intake::Count;
use super::personal_number::ten_digits;
use super::problem::Problems;
use super::table::Table;
use super::unit::{
    ImportedUnit, Incomplete, InterventionCode, InterventionRow, NextOfKinRow, RecipientCode, RecipientRow, StaffCode,
    StaffRow,
};

/// The longest name of a person, a street, an area or an intervention.
const NAME_CHARS_MAX: usize = 100;

/// The longest word-like text: a title, a relation, a telephone number, a door code.
pub(super) const WORD_CHARS_MAX: usize = 40;

/// How many lines "good to know" has at most: what one reads before ringing.
const GOOD_TO_KNOW_LINES_MAX: usize = 5;

/// The longest line of "good to know".
const GOOD_TO_KNOW_CHARS_MAX: usize = 120;

/// The longest "good to know" that is read at all.
const GOOD_TO_KNOW_READ_CHARS_MAX: usize = 4_000;

/// The longest wish: a few sentences beside a checkbox.
const WISH_CHARS_MAX: usize = 400;

/// How many next of kin, keys and wishes one recipient may have.
pub(super) const PER_RECIPIENT_MAX: usize = 30;

/// Lines by the id that stands on them, to name the first one when an id comes again.
#[derive(Default)]
pub(super) struct Seen(BTreeMap<String, u64>);

impl Seen {
    /// Whether the id is new; else the row is refused.
    pub(super) fn is_new(&mut self, row: &mut Row<'_>, column: &'static str, id: &str) -> bool {
        if let Some(line) = self.0.get(id) {
            let what = format!("{} already stands on line {line}", quoted(id));
            row.refuse(column, what, "Only the first was taken; give each its own id or remove one");
            return false;
        }
        self.0.insert(id.to_owned(), row.line());
        true
    }
}

pub(super) fn interventions(unit: &mut ImportedUnit, table: &Table, problems: &mut Problems) -> Count {
    let mut count = Count::default();
    let mut seen = Seen::default();
    for record in &table.rows {
        let row = intervention(&mut Row::new(table, record, problems), &mut seen);
        unit.interventions.extend(count.row(row));
    }
    count
}

fn intervention(row: &mut Row<'_>, seen: &mut Seen) -> Option<InterventionRow> {
    if !row.has_its_fields() {
        return None;
    }
    let code = row.key_code("kod");
    let name = row.required_text("insats", NAME_CHARS_MAX);
    let group = group(row);
    let standard_minutes = row.number("schablonminuter", 24 * 60);
    let code = code?;
    if !seen.is_new(row, "kod", &code) {
        return None;
    }
    Some(InterventionRow {
        code: InterventionCode(code),
        name: name?,
        group: group?,
        standard_minutes: standard_minutes?,
    })
}

fn group(row: &mut Row<'_>) -> Option<InterventionGroup> {
    let word = row.required_text("grupp", WORD_CHARS_MAX)?;
    let group = match word.to_lowercase().as_str() {
        "omvårdnad" => InterventionGroup::PersonalCare,
        "service" => InterventionGroup::Service,
        "hsl" => InterventionGroup::HealthTask,
        "larm" => InterventionGroup::Alarm,
        "avlösning" => InterventionGroup::Respite,
        "ledsagning" => InterventionGroup::Escort,
        _ => {
            let advice = "It was taken as it is; use omvårdnad, service, hsl, larm, avlösning or ledsagning";
            row.warn("grupp", format!("{} is an unknown group", quoted(&word)), advice);
            InterventionGroup::Unknown(word)
        }
    };
    Some(group)
}

pub(super) fn staff(unit: &mut ImportedUnit, table: &Table, problems: &mut Problems) -> Count {
    let mut count = Count::default();
    let mut seen = Seen::default();
    for record in &table.rows {
        let mut row = Row::new(table, record, problems);
        let taken = count.row(staff_member(&mut row, &mut seen));
        if taken.is_none() && !row.is_out_of_joint() && !row.raw("id").is_empty() {
            unit.refused.staff.insert(StaffCode(row.raw("id").to_owned()));
        }
        unit.staff.extend(taken);
    }
    for staff in &unit.staff {
        unit.refused.staff.remove(&staff.code);
    }
    count
}

fn staff_member(row: &mut Row<'_>, seen: &mut Seen) -> Option<StaffRow> {
    if !row.has_its_fields() {
        return None;
    }
    let code = row.code("id");
    let given_name = row.required_text("förnamn", NAME_CHARS_MAX);
    let family_name = row.required_text("efternamn", NAME_CHARS_MAX);
    let title = row.text("titel", WORD_CHARS_MAX);
    let employment = employment(row);
    let area = row.text("område", NAME_CHARS_MAX);
    let employment_form = row.text("anställning", WORD_CHARS_MAX);
    let languages = row.text("språk", NAME_CHARS_MAX);
    let medicine_delegation_until = row.optional_date("delegering_medicin_tom");
    let telephone = row.further_text("telefon", WORD_CHARS_MAX);
    let code = code?;
    if !seen.is_new(row, "id", &code) {
        return None;
    }
    Some(StaffRow {
        code: StaffCode(code),
        given_name: given_name?,
        family_name: family_name?,
        title: title?,
        employment: employment?,
        area: area?,
        employment_form: employment_form?,
        telephone: telephone?,
        languages: languages?
            .split([',', '/', ';'])
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect(),
        medicine_delegation_until: medicine_delegation_until?,
    })
}

fn employment(row: &mut Row<'_>) -> Option<EmploymentRole> {
    let word = row.required_text("roll", WORD_CHARS_MAX)?;
    let role = match word.to_lowercase().as_str() {
        "omsorgspersonal" => EmploymentRole::Care,
        "samordnare" | "planerare" | "schemaplanerare" | "schemosplanerare" => EmploymentRole::Coordinator,
        "administratör" => EmploymentRole::Administrator,
        "enhetschef" | "biträdande enhetschef" => EmploymentRole::UnitHead,
        _ => {
            let advice = "It was taken as it is; use omsorgspersonal, samordnare, administratör or enhetschef";
            row.warn("roll", format!("{} is an unknown role", quoted(&word)), advice);
            EmploymentRole::Unknown(word)
        }
    };
    Some(role)
}

pub(super) fn recipients(unit: &mut ImportedUnit, table: &Table, problems: &mut Problems) -> Count {
    let staff = staff_of(unit);
    let mut count = Count::default();
    let mut seen = Seen::default();
    let mut numbers = Seen::default();
    for record in &table.rows {
        let mut row = Row::new(table, record, problems);
        let taken = recipient(&mut row, &mut seen, &staff);
        if taken.is_some() {
            check_personal_number(&mut row, &mut numbers);
        }
        unit.recipients.extend(count.row(taken));
    }
    count
}

fn recipient(row: &mut Row<'_>, seen: &mut Seen, staff: &BTreeSet<StaffCode>) -> Option<RecipientRow> {
    if !row.has_its_fields() {
        return None;
    }
    let code = row.code("id");
    let given_name = row.required_text("förnamn", NAME_CHARS_MAX);
    let family_name = row.required_text("efternamn", NAME_CHARS_MAX);
    let preferred_name = row.text("tilltalsnamn", NAME_CHARS_MAX);
    let street = row.text("gata", NAME_CHARS_MAX);
    let street_number = row.text("nummer", WORD_CHARS_MAX);
    let floor = row.text("våning", WORD_CHARS_MAX);
    let area = row.text("område", NAME_CHARS_MAX);
    let coordinates = row.decimal("lat", (-90.0, 90.0)).zip(row.decimal("lon", (-180.0, 180.0)));
    let door_code = row.text("portkod", WORD_CHARS_MAX);
    // One rings before using the key unless otherwise agreed.
    let ring_first = row.yes("ring_på_först", true);
    let language = row.text("språk", WORD_CHARS_MAX);
    let contact_worker = contact_worker(row, staff);
    let overnight_fast_hours_max = row.optional_number("nattfasta_max_h", (1, 24));
    let alarm_only = row.yes("enbart_larm", false);
    let non_choosing = row.yes("icke_val", false);
    let telephone = row.text("telefon", WORD_CHARS_MAX);
    let good_to_know = good_to_know(row);
    let code = code?;
    if !seen.is_new(row, "id", &code) {
        return None;
    }
    Some(RecipientRow {
        code: RecipientCode(code),
        given_name: given_name?,
        family_name: family_name?,
        preferred_name: preferred_name?,
        street: street?,
        street_number: street_number?,
        floor: floor?,
        area: area?,
        coordinates,
        door_code: door_code?,
        ring_first: ring_first?,
        language: language?,
        contact_worker: contact_worker?,
        overnight_fast_hours_max: overnight_fast_hours_max?,
        alarm_only: alarm_only?,
        non_choosing: non_choosing?,
        telephone: telephone?,
        good_to_know: good_to_know?,
        next_of_kin: Vec::new(),
        wishes: BTreeMap::new(),
        incomplete: Incomplete { next_of_kin: false, keys: false, wishes: true },
    })
}

fn contact_worker(row: &mut Row<'_>, staff: &BTreeSet<StaffCode>) -> Option<Option<StaffCode>> {
    let Some(code) = row.optional_code("kontaktperson")?.map(StaffCode) else {
        return Some(None);
    };
    if staff.contains(&code) {
        return Some(Some(code));
    }
    let what = format!("{} is not in staff.csv", quoted(&code.0));
    row.warn("kontaktperson", what, "The recipient was taken without a contact worker; name one who is in staff.csv");
    Some(None)
}

/// Warns of a number that cannot be right or comes twice. The number itself goes nowhere: nobody needs it to
/// give care, so no document holds it, and no problem quotes it.
fn check_personal_number(row: &mut Row<'_>, numbers: &mut Seen) {
    let text = row.raw("personnummer");
    if text.is_empty() {
        return;
    }
    let Some(digits) = ten_digits(text) else {
        row.warn("personnummer", "The personal number cannot be right".to_owned(), "Check its digits in the register");
        return;
    };
    if let Some(line) = numbers.0.get(&digits) {
        let what = format!("The same personal number already stands on line {line}");
        row.warn("personnummer", what, "Both recipients were taken; check whether they are one person");
        return;
    }
    numbers.0.insert(digits, row.line());
}

/// At most five short lines, one for each line, sentence or part between semicolons.
fn good_to_know(row: &mut Row<'_>) -> Option<Vec<String>> {
    let text = row.raw("bra_att_veta");
    if text.chars().count() > GOOD_TO_KNOW_READ_CHARS_MAX {
        let advice = "Shorten it to five short lines; the rest belongs in the care plan";
        row.refuse("bra_att_veta", format!("The text is longer than {GOOD_TO_KNOW_READ_CHARS_MAX} characters"), advice);
        return None;
    }
    let mut lines = lines_of(text);
    let has_too_many = lines.len() > GOOD_TO_KNOW_LINES_MAX;
    lines.truncate(GOOD_TO_KNOW_LINES_MAX);
    let mut is_cut = false;
    for line in &mut lines {
        if line.chars().count() > GOOD_TO_KNOW_CHARS_MAX {
            *line = line.chars().take(GOOD_TO_KNOW_CHARS_MAX - 1).chain(['…']).collect();
            is_cut = true;
        }
    }
    if has_too_many || is_cut {
        let what =
            format!("The text is longer than {GOOD_TO_KNOW_LINES_MAX} lines of {GOOD_TO_KNOW_CHARS_MAX} characters");
        row.warn("bra_att_veta", what, "Only its beginning was taken; the rest belongs in the care plan");
    }
    Some(lines)
}

fn lines_of(text: &str) -> Vec<String> {
    // A full stop ends a line only before a space or the end: 10.30 and st.st stay whole.
    let parts = text.split(['\n', '\r', ';']).flat_map(|part| part.split(". "));
    let clean = |part: &str| {
        let words = part.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
    };
    parts.map(clean).filter(|line| !line.is_empty()).collect()
}

pub(super) fn next_of_kin(unit: &mut ImportedUnit, table: &Table, problems: &mut Problems) -> Count {
    let index = index_of(unit);
    let mut count = Count::default();
    for record in &table.rows {
        let mut row = Row::new(table, record, problems);
        match count.row(relative(&mut row, unit, &index)) {
            Some((position, relative)) => {
                if let Some(recipient) = unit.recipients.get_mut(position) {
                    recipient.next_of_kin.push(relative);
                }
            }
            None => about(&row, unit, &index).for_each(|recipient| recipient.incomplete.next_of_kin = true),
        }
    }
    count
}

fn relative(row: &mut Row<'_>, unit: &ImportedUnit, index: &Index) -> Option<(usize, NextOfKinRow)> {
    if !row.has_its_fields() {
        return None;
    }
    let position = known_recipient(row, index);
    let given_name = row.required_text("förnamn", NAME_CHARS_MAX);
    let family_name = row.text("efternamn", NAME_CHARS_MAX);
    let relation = row.text("relation", WORD_CHARS_MAX);
    let telephone = row.text("telefon", WORD_CHARS_MAX);
    let has_diary_consent = row.yes("samtycke_omsorgsdagbok", false);
    let relative = NextOfKinRow {
        given_name: given_name?,
        family_name: family_name?,
        relation: relation?,
        telephone: telephone?,
        has_diary_consent: has_diary_consent?,
    };
    let position = position?;
    let has_place =
        unit.recipients.get(position).is_some_and(|recipient| recipient.next_of_kin.len() < PER_RECIPIENT_MAX);
    if !has_place {
        let what = format!("The recipient already has {PER_RECIPIENT_MAX} next of kin");
        row.refuse("brukare", what, "Keep those whom a carer may have to call");
        return None;
    }
    Some((position, relative))
}

pub(super) fn wishes(unit: &mut ImportedUnit, table: &Table, problems: &mut Problems) -> Count {
    let index = index_of(unit);
    unit.recipients.iter_mut().for_each(|recipient| recipient.incomplete.wishes = false);
    let mut count = Count::default();
    for record in &table.rows {
        let mut row = Row::new(table, record, problems);
        match count.row(wish(&mut row, unit, &index)) {
            Some((position, code, text)) => {
                if let Some(recipient) = unit.recipients.get_mut(position) {
                    recipient.wishes.insert(code, text);
                }
            }
            None => about(&row, unit, &index).for_each(|recipient| recipient.incomplete.wishes = true),
        }
    }
    count
}

fn wish(row: &mut Row<'_>, unit: &ImportedUnit, index: &Index) -> Option<(usize, InterventionCode, String)> {
    if !row.has_its_fields() {
        return None;
    }
    let position = known_recipient(row, index);
    let code = row.key_code("insats").map(InterventionCode);
    let text = row.required_text("önskemål", WISH_CHARS_MAX);
    let (position, code, text) = (position?, code?, text?);
    let recipient = unit.recipients.get(position)?;
    if recipient.wishes.contains_key(&code) || recipient.wishes.len() >= PER_RECIPIENT_MAX {
        let what = format!("The recipient already has a wish for {}, or {PER_RECIPIENT_MAX} wishes", quoted(&code.0));
        row.refuse("insats", what, "Only the first was taken; write all of it in one row");
        return None;
    }
    Some((position, code, text))
}

/// The recipient whom a refused row is about; anyone, where that cannot be read.
pub(super) fn about<'u>(
    row: &Row<'_>,
    unit: &'u mut ImportedUnit,
    index: &Index,
) -> impl Iterator<Item = &'u mut RecipientRow> {
    let code = RecipientCode(row.raw("brukare").to_owned());
    let is_readable = !row.is_out_of_joint() && !code.0.is_empty();
    let position = index.get(&code).copied();
    let recipients = unit.recipients.iter_mut().enumerate();
    recipients.filter(move |(at, _)| !is_readable || position == Some(*at)).map(|(_, recipient)| recipient)
}

/// Everyone employed, those too whose rows were refused.
pub(super) fn staff_of(unit: &ImportedUnit) -> BTreeSet<StaffCode> {
    unit.staff.iter().map(|staff| staff.code.clone()).chain(unit.refused.staff.iter().cloned()).collect()
}

/// Where each recipient lies in the unit.
pub(super) type Index = BTreeMap<RecipientCode, usize>;

pub(super) fn index_of(unit: &ImportedUnit) -> Index {
    unit.recipients.iter().enumerate().map(|(position, recipient)| (recipient.code.clone(), position)).collect()
}

/// The recipient whom a row is about; the row is refused when recipients.csv does not have her.
pub(super) fn known_recipient(row: &mut Row<'_>, index: &Index) -> Option<usize> {
    let code = RecipientCode(row.code("brukare")?);
    let position = index.get(&code).copied();
    if position.is_none() {
        let what = format!("{} was not taken from recipients.csv", quoted(&code.0));
        row.refuse("brukare", what, "Export the recipient too, or correct her row there");
    }
    position
}
