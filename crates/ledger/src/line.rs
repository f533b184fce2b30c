//! A line of the ledger: one fact about a key, with all that is known of how it came.

use std::collections::BTreeMap;

use rundan_model::key::copy_of;
use rundan_model::{ChangeHash, DocumentId, Fact, FactId, PersonId, Timestamp, Zone};
use rundan_sync::columns::ChangeRecord;

use crate::cell::guard;
use crate::{query, words};

/// The heading of each column.
pub const COLUMNS: [&str; 23] = [
    "Plats i loggen",
    "Angiven tid",
    "Telefonens klocka",
    "Mottagen av servern",
    "Bricka",
    "Exemplar",
    "Skåp",
    "Händelse",
    "Vem",
    "Vem, id",
    "Motpart",
    "Motpart, id",
    "Uppgift",
    "Med egna ord",
    "Skäl till angiven tid",
    "Undertecknad av",
    "Undertecknad av, id",
    "Skäl till att en annan skrev in",
    "Gäller inte längre",
    "Valv",
    "Nyckel",
    "Uppgiftens id",
    "Ändringens hash",
];

/// The place of the column with the place in the log.
pub const SEQ: usize = 0;
/// The place of the column with the key's document.
pub const KEY: usize = 20;
/// The place of the column with the fact's id.
pub const FACT: usize = 21;
/// The place of the column with the change's hash.
pub const HASH: usize = 22;

/// The names of people, as the unit's staff list has them.
pub type Names = BTreeMap<PersonId, String>;

/// One fact about a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The key.
    pub key: DocumentId,
    /// Its tag's code when the server received the change.
    pub tag: String,
    /// The fact's id.
    pub id: FactId,
    /// The fact.
    pub fact: Fact,
    /// Whether it was taken back or settled since.
    pub is_void: bool,
    /// The phone's clock.
    pub clock: Timestamp,
    /// What the log says of the change that brought it.
    pub record: ChangeRecord,
    /// The change.
    pub hash: ChangeHash,
}

impl Line {
    /// Its cells as they are written: none begins as a formula.
    pub fn cells(&self, names: &Names) -> [String; COLUMNS.len()] {
        self.texts(names).map(|text| guard(&text))
    }

    /// What it says in each column.
    fn texts(&self, names: &Names) -> [String; COLUMNS.len()] {
        let Self { fact, record, .. } = self;
        let name = |person: PersonId| names.get(&person).cloned().unwrap_or_default();
        let (actor, other) = (fact.actor_person(), query::other(fact));
        [
            record.seq.to_string(),
            time(fact.at),
            time(self.clock),
            time(record.received_at),
            self.tag.clone(),
            copy_of(fact).map(|copy| copy.to_string()).unwrap_or_default(),
            query::cabinet(fact).unwrap_or_default().to_owned(),
            words::happened(&fact.body).to_owned(),
            name(actor),
            actor.to_string(),
            other.map(name).unwrap_or_default(),
            other.map(|other| other.to_string()).unwrap_or_default(),
            words::detail(&fact.body),
            fact.body.words(),
            fact.at_reason.clone().unwrap_or_default(),
            name(record.person),
            record.person.to_string(),
            fact.on_behalf.as_ref().map(|on_behalf| on_behalf.reason.clone()).unwrap_or_default(),
            if self.is_void { "ja".to_owned() } else { String::new() },
            record.vault.to_string(),
            self.key.to_string(),
            self.id.to_string(),
            self.hash.to_string(),
        ]
    }
}

/// An instant in Swedish time, with what that is ahead of UTC: `2026-11-22 09:07:00+01:00`.
pub fn time(at: Timestamp) -> String {
    // A time that no calendar has is told as it stands.
    if at != at.in_calendar() {
        return at.0.to_string();
    }
    let local = Zone.local(at);
    let minutes = Timestamp(local.and_utc().timestamp()).seconds_since(at) / 60;
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{}{sign}{hours:02}:{rest:02}", local.format("%Y-%m-%d %H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_hours_of_a_doubled_one_are_told_apart() {
        assert_eq!(time(Timestamp(1_795_334_820)), "2026-11-22 09:07:00+01:00");
        assert_eq!(time(Timestamp(1_792_888_200)), "2026-10-25 02:30:00+02:00");
        assert_eq!(time(Timestamp(1_792_891_800)), "2026-10-25 02:30:00+01:00");
        for beyond in [i64::MAX, i64::MIN, 8_210_266_876_799] {
            assert_eq!(time(Timestamp(beyond)), beyond.to_string());
        }
    }
}
