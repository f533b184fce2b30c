//! A unit as an export describes it, each row typed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::NaiveDate;
use rundan_model::{EmploymentRole, InterventionGroup, KeyKind, Timestamp};

macro_rules! code {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

code!(
    /// An intervention's code (insatskod).
    InterventionCode
);
code!(
    /// An employee's id in the export.
    StaffCode
);
code!(
    /// A recipient's id in the export.
    RecipientCode
);
code!(
    /// A decision's id in the export.
    DecisionCode
);
code!(
    /// A visit's id in the export.
    VisitCode
);
code!(
    /// That a key opens a home: its tag and the recipient's id, with a `/` between.
    KeyHomeCode
);
code!(
    /// A shift: the export gives it no id, so it is its date, its carer and which of her shifts that day it is.
    ShiftCode
);

impl KeyHomeCode {
    /// Names the home of a recipient that a tag's key opens.
    pub fn new(tag: &str, recipient: &RecipientCode) -> Self {
        Self(format!("{tag}/{recipient}"))
    }
}

/// Everything that could be taken from an export.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportedUnit {
    /// The areas named by recipients and staff, in alphabetical order.
    pub areas: BTreeSet<String>,
    /// The intervention catalogue.
    pub interventions: Vec<InterventionRow>,
    /// Everyone employed.
    pub staff: Vec<StaffRow>,
    /// Recipients with their next of kin.
    pub recipients: Vec<RecipientRow>,
    /// Keys, one for each tag.
    pub keys: Vec<KeyRow>,
    /// Decisions.
    pub decisions: Vec<DecisionRow>,
    /// Shifts.
    pub shifts: Vec<ShiftRow>,
    /// Visits.
    pub visits: Vec<VisitRow>,
    /// What stands in the files and was refused: it is not gone from the export.
    pub refused: RefusedRows,
}

/// The rows that were refused, so that an import does not take them for cancelled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusedRows {
    /// Employees refused, by their ids: visits keep them where an earlier import knew them.
    pub staff: BTreeSet<StaffCode>,
    /// Visits refused, by their ids.
    pub visits: BTreeSet<VisitCode>,
    /// Whether a visit was refused whose id could not be read: then no visit may be taken for gone.
    pub has_visit_without_id: bool,
    /// The homes of keys whose rows were refused.
    pub key_homes: BTreeSet<KeyHomeCode>,
    /// Whether a key was refused whose tag or recipient could not be read: then no home may be taken for gone.
    pub has_key_without_id: bool,
}

/// An intervention of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterventionRow {
    /// Its code.
    pub code: InterventionCode,
    /// Its name.
    pub name: String,
    /// Its group.
    pub group: InterventionGroup,
    /// How long it takes as a rule (schablontid).
    pub standard_minutes: u32,
}

/// Someone employed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffRow {
    /// The id in the export.
    pub code: StaffCode,
    /// First name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Title (undersköterska, vårdbiträde), empty for the office.
    pub title: String,
    /// What she is employed as. Rights come from the server's roles alone.
    pub employment: EmploymentRole,
    /// Area, empty for the office.
    pub area: String,
    /// Form of employment as the export words it (tillsvidare, timanställd).
    pub employment_form: String,
    /// Her work telephone; absent where the export does not say.
    pub telephone: Option<String>,
    /// Languages besides the unit's own.
    pub languages: Vec<String>,
    /// The last day of her delegation to give medicine.
    pub medicine_delegation_until: Option<NaiveDate>,
}

/// Someone who has help or an alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct RecipientRow {
    /// The id in the export.
    pub code: RecipientCode,
    /// First name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// The name she wants to be called by; empty where it is her first name.
    pub preferred_name: String,
    /// Street.
    pub street: String,
    /// Number in the street, with letter.
    pub street_number: String,
    /// Floor.
    pub floor: String,
    /// Area.
    pub area: String,
    /// Latitude and longitude.
    pub coordinates: Option<(f64, f64)>,
    /// The code of the building's door; empty where there is none.
    pub door_code: String,
    /// Whether one rings before using the key.
    pub ring_first: bool,
    /// The language she speaks best.
    pub language: String,
    /// Her contact worker (kontaktperson).
    pub contact_worker: Option<StaffCode>,
    /// The longest overnight fast in hours.
    pub overnight_fast_hours_max: Option<u32>,
    /// Whether she has a safety alarm and nothing else.
    pub alarm_only: bool,
    /// Whether the unit serves her because she could or would not choose (icke-valskund).
    pub non_choosing: bool,
    /// Telephone.
    pub telephone: String,
    /// What a visitor must know before the door opens: at most five short lines.
    pub good_to_know: Vec<String>,
    /// Her next of kin, in the order of the file.
    pub next_of_kin: Vec<NextOfKinRow>,
    /// How she wants interventions done.
    pub wishes: BTreeMap<InterventionCode, String>,
    /// Of which of these rows were refused, so that what is left out is not taken for gone.
    pub incomplete: Incomplete,
}

/// Which rows about a recipient were refused or not exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incomplete {
    /// A next of kin.
    pub next_of_kin: bool,
    /// A key: what the register of keys on the recipient still says of it stays.
    pub keys: bool,
    /// A wish; also when the export has no file of them.
    pub wishes: bool,
}

/// A next of kin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextOfKinRow {
    /// First name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Relation (dotter, god man).
    pub relation: String,
    /// Telephone.
    pub telephone: String,
    /// Whether there is consent to show the relative the diary (omsorgsdagbok).
    pub has_diary_consent: bool,
}

/// A key: all rows of one tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// The code on its tag: neither a name nor an address.
    pub tag: String,
    /// Whose homes it opens.
    pub recipients: Vec<RecipientCode>,
    /// What it opens.
    pub kind: KeyKind,
    /// The cabinet it hangs in.
    pub cabinet: String,
    /// The hook.
    pub hook: String,
    /// How many copies there are.
    pub copies: u32,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    /// The id in the export.
    pub code: DecisionCode,
    /// Who was granted it.
    pub recipient: RecipientCode,
    /// What was granted.
    pub intervention: InterventionCode,
    /// Minutes per month.
    pub minutes_per_month: u32,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub until: Option<NaiveDate>,
}

/// A break in a shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    /// When it begins.
    pub start: Timestamp,
    /// How long it is.
    pub minutes: u32,
}

/// Someone's shift on a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShiftRow {
    /// What it is called at the next import.
    pub code: ShiftCode,
    /// The local date on which it begins.
    pub date: NaiveDate,
    /// Whose.
    pub staff: StaffCode,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Its break.
    pub pause: Option<Break>,
}

/// A planned visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRow {
    /// The id in the export.
    pub code: VisitCode,
    /// The local date on which it begins.
    pub date: NaiveDate,
    /// To whom.
    pub recipient: RecipientCode,
    /// When it begins.
    pub start: Timestamp,
    /// How long it is planned to take: elapsed minutes, also over a clock change.
    pub minutes: u32,
    /// How much earlier it may begin.
    pub flex_before_minutes: u32,
    /// How much later it may begin.
    pub flex_after_minutes: u32,
    /// One for each carer it needs; none where nobody is assigned.
    pub slots: Vec<Option<StaffCode>>,
    /// What is to be done, in order.
    pub interventions: Vec<InterventionCode>,
}
