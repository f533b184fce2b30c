//! What the plans should say by an export: one document for each row, register by register.

use std::collections::BTreeMap;

use rundan_model::plan::{
    self, Address, Area, CatalogueEntry, Delegation, Employment, FirstValues, Flex, Granted, KeyPlace, NextOfKin,
    PlannedIntervention, RecipientName, Slot, StaffName, When,
};
use rundan_model::{DocumentId, Kind, PersonId};
use serde_json::Value as Json;

use super::unit::{
    DecisionRow, ImportedUnit, KeyHomeCode, KeyRow, RecipientCode, RecipientRow, ShiftRow, StaffCode, StaffRow,
    VisitRow,
};

/// A document as an export has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Desired {
    pub(super) kind: Kind,
    /// The row's id in the export.
    pub(super) external_id: String,
    /// The whole plan, as far as an export knows it.
    pub(super) plan: FirstValues,
    /// Families of registers that the export owns whole: what it no longer names is emptied.
    pub(super) owned: Vec<&'static str>,
}

/// Whether an earlier import brought a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    New,
    Known,
}

/// Who is who: the ids that the server gave.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) people: BTreeMap<StaffCode, PersonId>,
    pub(super) recipients: BTreeMap<RecipientCode, DocumentId>,
}

impl Known {
    fn person(&self, code: &StaffCode) -> Option<PersonId> {
        self.people.get(code).copied()
    }
}

/// The catalogue and areas, which lie in the unit's own document. They only grow: old visits still name what a
/// catalogue no longer has.
pub(super) fn unit(unit: &ImportedUnit) -> Desired {
    let mut plan = FirstValues::new();
    for row in &unit.interventions {
        let entry = CatalogueEntry {
            name: row.name.clone(),
            group: row.group.clone(),
            standard_minutes: (row.standard_minutes > 0).then_some(row.standard_minutes),
        };
        plan::first(&mut plan, format!("catalogue/{}", row.code), &entry);
    }
    let areas = unit.areas.iter().map(|area| format!("area/{area}")).filter(|key| plan::is_key(key));
    areas.for_each(|key| plan::first(&mut plan, key, &Area {}));
    Desired { kind: Kind::Unit, external_id: String::new(), plan, owned: Vec::new() }
}

pub(super) fn staff(row: &StaffRow, person: PersonId) -> Desired {
    let mut plan = FirstValues::new();
    plan::first(&mut plan, "person", &person);
    plan::first(&mut plan, "name", &StaffName { given: row.given_name.clone(), family: row.family_name.clone() });
    let employment = Employment {
        title: row.title.clone(),
        role: row.employment.clone(),
        area: row.area.clone(),
        form: row.employment_form.clone(),
        languages: row.languages.clone(),
    };
    plan::first(&mut plan, "employment", &employment);
    if let Some(until) = row.medicine_delegation_until {
        plan::first(&mut plan, "delegation/medicine", &Delegation { until });
    }
    let mut owned = vec!["delegation"];
    if let Some(telephone) = &row.telephone {
        put_text(&mut plan, "telephone", telephone);
        owned.push("telephone");
    }
    Desired { kind: Kind::Staff, external_id: row.code.0.clone(), plan, owned }
}

pub(super) fn recipient(row: &RecipientRow, known: &Known, standing: Standing) -> Desired {
    let mut plan = FirstValues::new();
    let name = RecipientName {
        given: row.given_name.clone(),
        family: row.family_name.clone(),
        preferred: row.preferred_name.clone(),
    };
    plan::first(&mut plan, "name", &name);
    plan::first(&mut plan, "address", &address(row));
    put_text(&mut plan, "telephone", &row.telephone);
    put_text(&mut plan, "language", &row.language);
    for (number, relative) in row.next_of_kin.iter().enumerate() {
        let relative = NextOfKin {
            name: format!("{} {}", relative.given_name, relative.family_name).trim().to_owned(),
            relation: relative.relation.clone(),
            telephone: relative.telephone.clone(),
            may_follow: relative.has_diary_consent,
        };
        plan::first(&mut plan, format!("next-of-kin/{}", number + 1), &relative);
    }
    for (code, text) in &row.wishes {
        plan::first(&mut plan, format!("wish/{code}"), text);
    }
    if let Some(person) = row.contact_worker.as_ref().and_then(|code| known.person(code)) {
        plan::first(&mut plan, "contact-worker", &person);
    }
    plan::first(&mut plan, "ring-first", &row.ring_first);
    plan::first(&mut plan, "alarm-only", &row.alarm_only);
    if row.non_choosing {
        plan::first(&mut plan, "non-choosing", &true);
    }
    if !row.good_to_know.is_empty() {
        plan::first(&mut plan, "good-to-know", &row.good_to_know);
    }
    if let Some(hours) = row.overnight_fast_hours_max {
        plan::first(&mut plan, "overnight-fast", &hours);
    }
    let mut owned = vec![
        "telephone",
        "language",
        "next-of-kin",
        "key",
        "contact-worker",
        "non-choosing",
        "good-to-know",
        "overnight-fast",
    ];
    // Keys are documents of their own now: what earlier imports put here is emptied. Rows that were refused are not
    // gone: what an earlier import brought stays.
    if row.incomplete.keys {
        owned.retain(|family| *family != "key");
    }
    if !row.incomplete.wishes {
        owned.push("wish");
    }
    if row.incomplete.next_of_kin && standing == Standing::Known {
        owned.retain(|family| *family != "next-of-kin");
        plan.retain(|(key, _)| !key.starts_with("next-of-kin/"));
    }
    Desired { kind: Kind::Recipient, external_id: row.code.0.clone(), plan, owned }
}

fn address(row: &RecipientRow) -> Address {
    Address {
        street: row.street.clone(),
        number: row.street_number.clone(),
        floor: row.floor.clone(),
        area: row.area.clone(),
        latitude: row.coordinates.map(|(latitude, _)| latitude),
        longitude: row.coordinates.map(|(_, longitude)| longitude),
    }
}

fn put_text(plan: &mut FirstValues, key: &str, text: &str) {
    if !text.is_empty() {
        plan::first(plan, key, &text);
    }
}

/// The way into a home; none where the export knows no door code.
pub(super) fn access(row: &RecipientRow, recipient: DocumentId) -> Desired {
    let mut plan = FirstValues::new();
    plan::first(&mut plan, "recipient", &recipient);
    put_text(&mut plan, "door-code", &row.door_code);
    Desired { kind: Kind::Access, external_id: row.code.0.clone(), plan, owned: vec!["door-code"] }
}

pub(super) fn key(row: &KeyRow) -> Desired {
    let mut plan = FirstValues::new();
    plan::first(&mut plan, "tag", &row.tag);
    plan::first(&mut plan, "kind", &row.kind);
    plan::first(&mut plan, "place", &KeyPlace { cabinet: row.cabinet.clone(), hook: row.hook.clone() });
    plan::first(&mut plan, "copies", &row.copies);
    Desired { kind: Kind::Key, external_id: row.tag.clone(), plan, owned: Vec::new() }
}

/// That a key opens a recipient's home.
pub(super) fn key_home(code: KeyHomeCode, key: DocumentId, recipient: DocumentId) -> Desired {
    let mut plan = FirstValues::new();
    plan::first(&mut plan, "key", &key);
    plan::first(&mut plan, "recipient", &recipient);
    Desired { kind: Kind::KeyHome, external_id: code.0, plan, owned: Vec::new() }
}

pub(super) fn decision(row: &DecisionRow, recipient: DocumentId) -> Desired {
    let mut plan = FirstValues::new();
    plan::first(&mut plan, "recipient", &recipient);
    let granted = Granted {
        intervention: row.intervention.0.clone(),
        minutes_per_month: row.minutes_per_month,
        from: row.from,
        to: row.until,
    };
    plan::first(&mut plan, "granted", &granted);
    Desired { kind: Kind::Decision, external_id: row.code.0.clone(), plan, owned: Vec::new() }
}

pub(super) fn run_sheet(row: &ShiftRow, person: PersonId) -> Desired {
    let mut plan = FirstValues::new();
    plan::first(&mut plan, "date", &row.date);
    plan::first(&mut plan, "staff", &person);
    let minutes = u32::try_from(row.end.seconds_since(row.start) / 60).unwrap_or(0);
    plan::first(&mut plan, "shift", &When { start: row.start, minutes });
    if let Some(pause) = row.pause {
        plan::first(&mut plan, "break", &When { start: pause.start, minutes: pause.minutes });
    }
    Desired { kind: Kind::RunSheet, external_id: row.code.0.clone(), plan, owned: vec!["break"] }
}

pub(super) fn visit(row: &VisitRow, recipient: DocumentId, known: &Known) -> Desired {
    let mut plan = FirstValues::new();
    plan::first(&mut plan, "recipient", &recipient);
    plan::first(&mut plan, "when", &When { start: row.start, minutes: row.minutes });
    for (number, staff) in row.slots.iter().enumerate() {
        let staff = staff.as_ref().and_then(|code| known.person(code));
        plan::first(&mut plan, format!("slot/{}", number + 1), &Slot { staff, start: None, minutes: None });
    }
    for (place, code) in row.interventions.iter().enumerate() {
        let order = u16::try_from(place + 1).unwrap_or(u16::MAX);
        plan::first(&mut plan, format!("intervention/{code}"), &PlannedIntervention { order, minutes: None });
    }
    if row.flex_before_minutes > 0 || row.flex_after_minutes > 0 {
        plan::first(&mut plan, "flex", &Flex { before: row.flex_before_minutes, after: row.flex_after_minutes });
    }
    let owned = vec!["slot", "intervention", "flex", "cancelled"];
    Desired { kind: Kind::Visit, external_id: row.code.0.clone(), plan, owned }
}

/// What to put so that `view`, the plan as the import left it, becomes as desired.
///
/// Records are laid over those that stand, so that fields of a newer version stay.
pub(super) fn changes(view: &BTreeMap<String, Json>, desired: &Desired) -> FirstValues {
    let mut puts = FirstValues::new();
    for (key, json) in &desired.plan {
        let standing = view.get(key);
        let new = plan::amend(&desired.kind, key, standing, json);
        if standing != Some(&new) {
            puts.push((key.clone(), new));
        }
    }
    for (key, json) in view {
        let family = key.split('/').next().unwrap_or(key);
        let is_named = desired.plan.iter().any(|(of, _)| of == key);
        if !is_named && !json.is_null() && desired.owned.contains(&family) {
            puts.push((key.clone(), Json::Null));
        }
    }
    puts
}
