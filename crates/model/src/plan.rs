//! The records that stand in plans, by register key. Each is one scalar, so a clash is always between whole records.
//!
//! Records are amended, never rebuilt: [`amend`] keeps the fields that a newer version wrote.

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::key::{COPIES_MAX, is_tag};
use crate::{
    DocumentId, EmploymentRole, InterventionGroup, KeyKind, Kind, PersonId, Timestamp,
    time::{Day, Zone},
};

/// The longest value of a register, bytes of JSON.
pub const VALUE_BYTES_MAX: usize = 16 * 1024;
/// The longest key of a register, bytes.
pub const KEY_BYTES_MAX: usize = 64;
/// The longest visit, minutes: a day and a night.
pub const VISIT_MINUTES_MAX: u32 = 1_440;
/// The longest shift, minutes: a sleeping night shift with the days around it.
pub const SHIFT_MINUTES_MAX: u32 = 2_160;
/// The most lines under "good to know".
pub const GOOD_TO_KNOW_LINES_MAX: usize = 5;

/// `visit` · `when`: the visit's time. Also `run-sheet` · `shift`, `break`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// When it begins.
    pub start: Timestamp,
    /// How long it lasts, 1 to 1,440 minutes.
    pub minutes: u32,
}

impl When {
    /// When it ends.
    pub fn end(&self) -> Timestamp {
        self.start.plus_minutes(self.minutes)
    }

    /// The local day that it begins on.
    pub fn day(&self) -> Day {
        Zone.day(self.start)
    }
}

/// `visit` · `slot/n`: who comes. The only truth about who goes where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Who, or nobody yet.
    pub staff: Option<PersonId>,
    /// Her own start, if not the visit's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// Her own minutes, if not the visit's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
}

/// `visit` · `intervention/CODE`: one intervention of the visit. Null removes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedIntervention {
    /// Its place in the list, from 1.
    pub order: u16,
    /// Planned minutes, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
}

/// `visit` · `cancelled`. Null takes it up again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// `recipient` · `name`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientName {
    /// All given names.
    pub given: String,
    #[allow(missing_docs)]
    pub family: String,
    /// What she wants to be called; empty if her given name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub preferred: String,
}

impl RecipientName {
    /// The name to call her by.
    pub fn called(&self) -> &str {
        if self.preferred.is_empty() { &self.given } else { &self.preferred }
    }

    /// Preferred name and surname, as an unlocked phone shows it.
    pub fn shown(&self) -> String {
        format!("{} {}", self.called(), self.family).trim().to_owned()
    }

    /// All names, with the preferred one between.
    pub fn full(&self) -> String {
        if self.preferred.is_empty() || self.preferred == self.given {
            return format!("{} {}", self.given, self.family).trim().to_owned();
        }
        format!("{} \u{201d}{}\u{201d} {}", self.given, self.preferred, self.family).trim().to_owned()
    }
}

/// `recipient` · `address`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Address {
    #[allow(missing_docs)]
    pub street: String,
    /// House number with its letter.
    #[serde(default)]
    pub number: String,
    /// Floor, as people say it: `2 tr`, `nb`.
    #[serde(default)]
    pub floor: String,
    /// The unit's area.
    #[serde(default)]
    pub area: String,
    /// Degrees, WGS 84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Degrees, WGS 84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
}

impl Address {
    /// Street and number.
    pub fn shown(&self) -> String {
        format!("{} {}", self.street, self.number).trim().to_owned()
    }
}

/// `recipient` · `next-of-kin/n`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextOfKin {
    #[allow(missing_docs)]
    pub name: String,
    /// Daughter, spouse, friend: in words.
    #[serde(default)]
    pub relation: String,
    #[serde(default)]
    #[allow(missing_docs)]
    pub telephone: String,
    /// Whether the recipient consented that she follows the care diary.
    #[serde(default)]
    pub may_follow: bool,
}

/// `recipient` · `key/TAG`: a key to the home, by its tag's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// What it is for.
    pub kind: KeyKind,
    /// Which cabinet.
    #[serde(default)]
    pub cabinet: String,
    /// Which hook.
    #[serde(default)]
    pub hook: String,
    /// How many copies.
    #[serde(default)]
    pub count: u32,
}

/// `key` · `place`: where a key hangs when it is not out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPlace {
    /// Which cabinet.
    pub cabinet: String,
    /// Which hook.
    #[serde(default)]
    pub hook: String,
}

/// `key-home` · `receipt/n`: what was signed when copies passed between a recipient and the unit (nyckelkvittens).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReceipt {
    /// Whether the recipient got copies back; else she handed them over.
    #[serde(default)]
    pub is_back: bool,
    /// The day.
    pub day: NaiveDate,
    /// How many copies.
    pub copies: u32,
    /// The name of who handed them over.
    pub from: String,
    /// The name of who received them.
    pub to: String,
}

/// `decision` · `granted`: what was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// The catalogue's code.
    pub intervention: String,
    /// Minutes per month.
    pub minutes_per_month: u32,
    /// First day.
    pub from: NaiveDate,
    /// Last day, if it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
}

/// `staff` · `name`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffName {
    #[allow(missing_docs)]
    pub given: String,
    #[allow(missing_docs)]
    pub family: String,
}

impl StaffName {
    /// Given name and surname.
    pub fn shown(&self) -> String {
        format!("{} {}", self.given, self.family).trim().to_owned()
    }
}

/// `staff` · `employment`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employment {
    /// Undersköterska, vårdbiträde: in words.
    #[serde(default)]
    pub title: String,
    /// What she is employed as.
    pub role: EmploymentRole,
    /// The unit's area.
    #[serde(default)]
    pub area: String,
    /// Tillsvidare, timvikarie: in words.
    #[serde(default)]
    pub form: String,
    /// Languages besides Swedish, in words.
    #[serde(default)]
    pub languages: Vec<String>,
}

/// `unit` · `catalogue/CODE`: an intervention that the unit carries out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueEntry {
    #[allow(missing_docs)]
    pub name: String,
    #[allow(missing_docs)]
    pub group: InterventionGroup,
    /// Schablontid, minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_minutes: Option<u32>,
}

/// `unit` · `area/NAME`: an area of the unit. Its name is its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {}

/// `staff` · `delegation/WHAT`: a task that she does on delegation; `medicine` is the one that an export knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// Last day.
    pub until: NaiveDate,
}

/// `visit` · `flex`: how far it may be moved for its recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flex {
    /// Minutes earlier.
    pub before: u32,
    /// Minutes later.
    pub after: u32,
}

/// Lays a register's record over the one that stands: what this version knows is as the record says, also where it
/// leaves a field out, and what a newer version wrote survives.
pub fn amend(kind: &Kind, key: &str, standing: Option<&Json>, record: &impl Serialize) -> Json {
    let new = serde_json::to_value(record).unwrap_or(Json::Null);
    let (Some(Json::Object(old)), Json::Object(new)) = (standing, &new) else { return new };
    let mut merged = old.clone();
    for known in fields(kind, key) {
        merged.remove(*known);
    }
    for (key, value) in new {
        merged.insert(key.clone(), value.clone());
    }
    Json::Object(merged)
}

/// Whether a text can be a register's key: lower-case words, digits, `/`, `-`, and codes of the unit after the
/// first `/`.
pub fn is_key(text: &str) -> bool {
    let is_allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '/' | '_' | '.' | ' ');
    !text.is_empty() && text.len() <= KEY_BYTES_MAX && text.chars().all(is_allowed)
}

/// A register that no kind has yet: what a newer version might put.
pub const NEWER_REGISTER: &str = "newer";

/// The registers of a kind that this version knows; of a family such as `slot/1` what stands before the `/`.
pub fn registers(kind: &Kind) -> &'static [&'static str] {
    match kind {
        Kind::Unit => &["name", "area", "catalogue", "key-curfew"],
        Kind::Staff => &["person", "name", "employment", "delegation", "telephone"],
        Kind::Recipient => &[
            "name",
            "address",
            "telephone",
            "language",
            "next-of-kin",
            "contact-worker",
            "key",
            "ring-first",
            "good-to-know",
            "wish",
            "overnight-fast",
            "alarm-only",
            "non-choosing",
        ],
        Kind::Access => &["recipient", "door-code", "way-in"],
        Kind::Decision => &["recipient", "granted"],
        Kind::RunSheet => &["staff", "date", "shift", "break"],
        Kind::Visit => &["recipient", "when", "slot", "intervention", "flex", "cancelled"],
        Kind::Key => &["tag", "kind", "place", "copies"],
        Kind::KeyHome => &["key", "recipient", "receipt"],
        Kind::UnitOffice | Kind::Incident | Kind::Draft | Kind::Refused | Kind::Unknown(_) => &[],
    }
}

/// The fields of a register's record that this version knows; none where it is no record of fields.
fn fields(kind: &Kind, key: &str) -> &'static [&'static str] {
    let family = key.split('/').next().unwrap_or(key);
    match (kind, family) {
        (Kind::Visit, "when") | (Kind::RunSheet, "shift" | "break") => &["start", "minutes"],
        (Kind::Visit, "slot") => &["staff", "start", "minutes"],
        (Kind::Visit, "intervention") => &["order", "minutes"],
        (Kind::Visit, "flex") => &["before", "after"],
        (Kind::Visit, "cancelled") => &["reason"],
        (Kind::Recipient, "name") => &["given", "family", "preferred"],
        (Kind::Recipient, "address") => &["street", "number", "floor", "area", "latitude", "longitude"],
        (Kind::Recipient, "next-of-kin") => &["name", "relation", "telephone", "may_follow"],
        (Kind::Recipient, "key") => &["kind", "cabinet", "hook", "count"],
        (Kind::Key, "place") => &["cabinet", "hook"],
        (Kind::KeyHome, "receipt") => &["is_back", "day", "copies", "from", "to"],
        (Kind::Decision, "granted") => &["intervention", "minutes_per_month", "from", "to"],
        (Kind::Staff, "name") => &["given", "family"],
        (Kind::Staff, "employment") => &["title", "role", "area", "form", "languages"],
        (Kind::Staff, "delegation") => &["until"],
        (Kind::Unit, "catalogue") => &["name", "group", "standard_minutes"],
        _ => &[],
    }
}

/// Whether a value fits its register. Null fits where a register can be emptied; a register of a newer version
/// takes anything.
pub fn fits(kind: &Kind, key: &str, json: &Json) -> bool {
    let family = key.split('/').next().unwrap_or(key);
    match (kind, family) {
        // A visit that nobody planned has neither, and may come to have neither again.
        (Kind::Visit, "recipient") => reads::<Option<DocumentId>>(json),
        (Kind::Visit, "when") => json.is_null() || is_time(json, VISIT_MINUTES_MAX),
        (Kind::Access | Kind::Decision, "recipient") => reads::<DocumentId>(json),
        (Kind::RunSheet, "shift") => is_time(json, SHIFT_MINUTES_MAX),
        (Kind::RunSheet, "break") => json.is_null() || is_time(json, VISIT_MINUTES_MAX),
        (Kind::Visit, "slot") => reads::<Option<Slot>>(json),
        (Kind::Visit, "intervention") => reads::<Option<PlannedIntervention>>(json),
        (Kind::Visit, "flex") => reads::<Option<Flex>>(json),
        (Kind::Visit, "cancelled") => reads::<Option<Cancelled>>(json),
        (Kind::Recipient, "name") => reads::<RecipientName>(json),
        (Kind::Recipient, "address") => reads::<Address>(json),
        (Kind::Recipient, "next-of-kin") => reads::<Option<NextOfKin>>(json),
        (Kind::Recipient, "key") => reads::<Option<Key>>(json),
        (Kind::Recipient, "contact-worker") => reads::<Option<PersonId>>(json),
        (Kind::Recipient, "ring-first" | "alarm-only") => json.is_boolean(),
        (Kind::Recipient, "non-choosing") => reads::<Option<bool>>(json),
        (Kind::Recipient, "good-to-know") => {
            serde_json::from_value::<Vec<String>>(json.clone()).is_ok_and(|lines| lines.len() <= GOOD_TO_KNOW_LINES_MAX)
        }
        (Kind::Recipient, "overnight-fast") => reads::<Option<u32>>(json),
        (Kind::Recipient | Kind::Staff, "telephone") | (Kind::Recipient, "language" | "wish") => {
            json.is_string() || json.is_null()
        }
        (Kind::Access, "door-code" | "way-in") => json.is_string() || json.is_null(),
        (Kind::Decision, "granted") => reads::<Granted>(json),
        (Kind::RunSheet | Kind::Staff, "staff" | "person") => reads::<PersonId>(json),
        (Kind::RunSheet, "date") => reads::<NaiveDate>(json),
        (Kind::Staff, "name") => reads::<StaffName>(json),
        (Kind::Staff, "employment") => reads::<Employment>(json),
        (Kind::Staff, "delegation") => reads::<Option<Delegation>>(json),
        (Kind::Unit, "area") => json.is_object() || json.is_null(),
        (Kind::Unit, "catalogue") => reads::<Option<CatalogueEntry>>(json),
        (Kind::Unit, "name") => json.is_string(),
        (Kind::Unit, "key-curfew") => json.is_null() || json.as_str().is_some_and(is_local_time),
        (Kind::Key, "tag") => json.as_str().is_some_and(is_tag),
        (Kind::Key, "kind") => reads::<KeyKind>(json),
        (Kind::Key, "place") => reads::<KeyPlace>(json),
        (Kind::Key, "copies") => {
            reads::<u32>(json) && json.as_u64().is_some_and(|n| (1..=COPIES_MAX.into()).contains(&n))
        }
        (Kind::KeyHome, "key" | "recipient") => reads::<Option<DocumentId>>(json),
        (Kind::KeyHome, "receipt") => reads::<Option<KeyReceipt>>(json),
        _ => true,
    }
}

fn reads<T: serde::de::DeserializeOwned>(json: &Json) -> bool {
    T::deserialize(json).is_ok()
}

/// `HH:MM`.
fn is_local_time(text: &str) -> bool {
    NaiveTime::parse_from_str(text, "%H:%M").is_ok() && text.len() == 5
}

fn is_time(json: &Json, minutes_max: u32) -> bool {
    When::deserialize(json).is_ok_and(|when| (1..=minutes_max).contains(&when.minutes))
}

/// A plan's first values: what a document begins with.
pub type FirstValues = Vec<(String, Json)>;

/// Puts a record among a plan's first values.
pub fn first(values: &mut FirstValues, key: impl Into<String>, record: &impl Serialize) {
    values.push((key.into(), serde_json::to_value(record).unwrap_or(Json::Null)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amending_a_record_keeps_what_a_newer_version_wrote() {
        let standing = json!({ "start": 1, "minutes": 30, "flexible": true });
        let amended = amend(&Kind::Visit, "when", Some(&standing), &When { start: Timestamp(2), minutes: 45 });
        assert_eq!(amended, json!({ "start": 2, "minutes": 45, "flexible": true }));
    }

    #[test]
    fn amending_a_record_empties_the_fields_that_it_leaves_out() {
        let standing = json!({ "given": "Stig", "family": "Prov", "preferred": "Stickan", "title": "fil. dr" });
        let name = RecipientName { given: "Stig".into(), family: "Prov".into(), preferred: String::new() };
        let amended = amend(&Kind::Recipient, "name", Some(&standing), &name);
        assert_eq!(amended, json!({ "given": "Stig", "family": "Prov", "title": "fil. dr" }));
    }

    #[test]
    fn every_field_of_a_record_is_known_to_its_register() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        let (word, time) = (|| "a".to_owned(), When { start: Timestamp(1), minutes: 1 });
        let position = Some(59.3);
        let address = Address {
            street: word(),
            number: word(),
            floor: word(),
            area: word(),
            latitude: position,
            longitude: position,
        };
        let kin = NextOfKin { name: word(), relation: word(), telephone: word(), may_follow: true };
        let key = Key { kind: KeyKind::Home, cabinet: word(), hook: word(), count: 1 };
        let granted = Granted { intervention: word(), minutes_per_month: 1, from: day, to: Some(day) };
        let role = EmploymentRole::Care;
        let employment = Employment { title: word(), role, area: word(), form: word(), languages: vec![word()] };
        let receipt = KeyReceipt { is_back: true, day, copies: 1, from: word(), to: word() };
        let group = InterventionGroup::Service;
        let entry = CatalogueEntry { name: word(), group, standard_minutes: Some(1) };
        let full = [
            (Kind::Visit, "when", json!(time)),
            (Kind::RunSheet, "shift", json!(time)),
            (Kind::RunSheet, "break", json!(time)),
            (Kind::Visit, "slot/1", json!(Slot { staff: None, start: Some(time.start), minutes: Some(1) })),
            (Kind::Visit, "intervention/A", json!(PlannedIntervention { order: 1, minutes: Some(1) })),
            (Kind::Visit, "flex", json!(Flex { before: 1, after: 1 })),
            (Kind::Visit, "cancelled", json!(Cancelled { reason: word() })),
            (Kind::Recipient, "name", json!(RecipientName { given: word(), family: word(), preferred: word() })),
            (Kind::Recipient, "address", json!(address)),
            (Kind::Recipient, "next-of-kin/1", json!(kin)),
            (Kind::Recipient, "key/A", json!(key)),
            (Kind::Decision, "granted", json!(granted)),
            (Kind::Staff, "name", json!(StaffName { given: word(), family: word() })),
            (Kind::Staff, "employment", json!(employment)),
            (Kind::Staff, "delegation/medicine", json!(Delegation { until: day })),
            (Kind::Unit, "catalogue/A", json!(entry)),
            (Kind::Key, "place", json!(KeyPlace { cabinet: word(), hook: word() })),
            (Kind::KeyHome, "receipt/1", json!(receipt)),
        ];
        for (kind, register, record) in full {
            assert!(fits(&kind, register, &record), "{kind} {register}");
            let (mut written, mut known): (Vec<&str>, Vec<&str>) =
                (record.as_object().unwrap().keys().map(String::as_str).collect(), fields(&kind, register).to_vec());
            written.sort_unstable();
            known.sort_unstable();
            assert_eq!(written, known, "{kind} {register}");
        }
    }

    #[test]
    fn every_known_register_has_a_shape() {
        for kind in Kind::ALL {
            for register in registers(kind) {
                assert!(!fits(kind, register, &json!([[7]])), "{kind} {register}");
            }
            assert!(fits(kind, NEWER_REGISTER, &json!([[7]])));
        }
    }

    #[test]
    fn the_preferred_name_comes_first() {
        let name = RecipientName { given: "Maj-Britt Ulla".into(), family: "Sandell".into(), preferred: "Maj".into() };
        assert_eq!(name.shown(), "Maj Sandell");
        assert_eq!(name.full(), "Maj-Britt Ulla ”Maj” Sandell");
    }
}
