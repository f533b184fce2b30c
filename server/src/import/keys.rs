//! Keys and whose homes they open: the rows of one tag are one key.

use std::collections::BTreeMap;

use rundan_model::KeyKind;
use rundan_model::key::{COPIES_MAX, TAG_CHARS_MAX, is_tag};

use super::fields::{Row, quoted};
use super::intake::Count;
use super::people::{Index, PER_RECIPIENT_MAX, Seen, WORD_CHARS_MAX, about, index_of, known_recipient};
use super::problem::Problems;
use super::table::Table;
use super::unit::{ImportedUnit, KeyHomeCode, KeyRow, RecipientCode};

/// The longest name of a cabinet: what phones put keys back into.
const CABINET_CHARS_MAX: usize = 60;

pub(super) fn keys(unit: &mut ImportedUnit, table: &Table, problems: &mut Problems) -> Count {
    let mut count = Count::default();
    let mut reading = Reading { index: index_of(unit), ..Reading::default() };
    for record in &table.rows {
        let mut row = Row::new(table, record, problems);
        match count.row(reading.key(&mut row)) {
            Some(key) => reading.add(&mut row, &mut unit.keys, key),
            None => {
                refuse(&row, unit);
                about(&row, unit, &reading.index).for_each(|recipient| recipient.incomplete.keys = true);
            }
        }
    }
    count
}

/// What is known of the rows read so far.
#[derive(Default)]
struct Reading {
    index: Index,
    seen: Seen,
    /// Of each tag where its key lies and the line that first named it.
    by_tag: BTreeMap<String, (usize, u64)>,
    /// How many keys each recipient has.
    of_recipient: BTreeMap<RecipientCode, usize>,
}

impl Reading {
    /// A row as a key to one home.
    fn key(&mut self, row: &mut Row<'_>) -> Option<KeyRow> {
        if !row.has_its_fields() {
            return None;
        }
        let tag = tag(row);
        let position = known_recipient(row, &self.index);
        let kind = kind(row);
        let cabinet = row.text("skåp", CABINET_CHARS_MAX);
        let hook = row.text("krok", WORD_CHARS_MAX);
        let copies = row.optional_number("antal", (1, COPIES_MAX));
        let (tag, recipient) = (tag?, position.map(|_| RecipientCode(row.raw("brukare").to_owned()))?);
        if !self.seen.is_new(row, "bricka", &KeyHomeCode::new(&tag, &recipient).0) {
            return None;
        }
        let keys = self.of_recipient.entry(recipient.clone()).or_default();
        if *keys >= PER_RECIPIENT_MAX {
            row.refuse("brukare", format!("The recipient already has {PER_RECIPIENT_MAX} keys"), "Check the tags");
            return None;
        }
        let (kind, cabinet, hook, copies) = (kind?, cabinet?, hook?, copies?.unwrap_or(1));
        *keys += 1;
        if cabinet.is_empty() {
            let advice = "It was taken without; write where the key hangs, or nobody can look for it there";
            row.warn("skåp", "The key has no cabinet".to_owned(), advice);
        }
        Some(KeyRow { tag, recipients: vec![recipient], kind, cabinet, hook, copies })
    }

    /// Adds a row to the key of its tag. Where they contradict each other the first holds.
    fn add(&mut self, row: &mut Row<'_>, keys: &mut Vec<KeyRow>, mut key: KeyRow) {
        let (position, line) = *self.by_tag.entry(key.tag.clone()).or_insert((keys.len(), row.line()));
        let Some(first) = keys.get_mut(position) else {
            keys.push(key);
            return;
        };
        let differs = [
            ("typ", first.kind != key.kind),
            ("skåp", first.cabinet != key.cabinet),
            ("krok", first.hook != key.hook),
            ("antal", first.copies != key.copies),
        ];
        for (column, _) in differs.into_iter().filter(|(_, differs)| *differs) {
            let what = format!("The same tag has another {column} on line {line}");
            row.warn(column, what, "The first was taken; write the same, or give one of the keys another tag");
        }
        first.recipients.append(&mut key.recipients);
    }
}

/// Remembers a refused row, so that the home that it names is not taken for gone.
fn refuse(row: &Row<'_>, unit: &mut ImportedUnit) {
    let (tag, recipient) = (row.raw("bricka").to_uppercase(), row.raw("brukare"));
    if row.is_out_of_joint() || tag.is_empty() || recipient.is_empty() {
        unit.refused.has_key_without_id = true;
        return;
    }
    unit.refused.key_homes.insert(KeyHomeCode::new(&tag, &RecipientCode(recipient.to_owned())));
}

fn tag(row: &mut Row<'_>) -> Option<String> {
    let code = row.code("bricka")?.to_uppercase();
    if !is_tag(&code) {
        let advice = format!("Use at most {TAG_CHARS_MAX} letters, digits and -, and neither a name nor an address");
        row.refuse("bricka", format!("{} is not the code of a tag", quoted(&code)), &advice);
        return None;
    }
    Some(code)
}

fn kind(row: &mut Row<'_>) -> Option<KeyKind> {
    let word = row.required_text("typ", WORD_CHARS_MAX)?;
    let kind = match word.to_lowercase().as_str() {
        "bostad" => KeyKind::Home,
        "larm" => KeyKind::Alarm,
        "port" => KeyKind::Entrance,
        "skåp" => KeyKind::Cabinet,
        _ => {
            let what = format!("{} is an unknown kind of key", quoted(&word));
            row.warn("typ", what, "It was taken as it is; use bostad, larm, port or skåp");
            KeyKind::Unknown(word)
        }
    };
    Some(kind)
}
