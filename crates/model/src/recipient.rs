//! A recipient (brukare) and the way into her home.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::plan::{Address, Key, NextOfKin, RecipientName};
use crate::visit::{Clash, Note, Stated, clashes};
use crate::{DocumentId, FactBody, PersonId};

/// A recipient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipient {
    #[allow(missing_docs)]
    pub name: RecipientName,
    #[allow(missing_docs)]
    pub address: Address,
    #[allow(missing_docs)]
    pub telephone: String,
    /// The language she speaks, in words.
    pub language: String,
    #[allow(missing_docs)]
    pub next_of_kin: Vec<NextOfKin>,
    /// Kontaktperson.
    pub contact_worker: Option<PersonId>,
    /// Keys to her home by tag, as imports wrote them before keys were documents.
    pub keys: BTreeMap<String, Key>,
    /// Ring the bell before using the key (domain K2): so unless otherwise agreed.
    pub ring_first: bool,
    /// At most five short lines.
    pub good_to_know: Vec<String>,
    /// How she wants each intervention done, by code.
    pub wishes: BTreeMap<String, String>,
    /// The longest overnight fast (nattfasta) allowed, hours.
    pub overnight_fast_hours_max: Option<u32>,
    /// Has a safety alarm and no visits.
    pub alarm_only: bool,
    /// Notes to the next visitor, in order.
    pub notes: Vec<Note>,
    /// Registers that clash.
    pub clashes: Vec<Clash>,
}

/// Derives a recipient.
pub fn recipient(content: &Content) -> Recipient {
    let note = |(id, fact): (crate::FactId, &crate::Fact)| match &fact.body {
        FactBody::Note { text } => Some(Note { stated: Stated::of(id, fact), text: text.clone() }),
        _ => None,
    };
    let mut good_to_know: Vec<String> = content.get("good-to-know").unwrap_or_default();
    good_to_know.truncate(crate::plan::GOOD_TO_KNOW_LINES_MAX);
    Recipient {
        name: content.get("name").unwrap_or_default(),
        address: content.get("address").unwrap_or_default(),
        telephone: content.get("telephone").unwrap_or_default(),
        language: content.get("language").unwrap_or_default(),
        next_of_kin: content
            .under("next-of-kin")
            .filter_map(|(n, _)| content.get::<Option<NextOfKin>>(&format!("next-of-kin/{n}"))?)
            .collect(),
        contact_worker: content.get::<Option<PersonId>>("contact-worker").flatten(),
        keys: content
            .under("key")
            .filter_map(|(tag, _)| Some((tag.to_owned(), content.get::<Option<Key>>(&format!("key/{tag}"))??)))
            .collect(),
        ring_first: content.get("ring-first").unwrap_or(true),
        good_to_know,
        wishes: content
            .under("wish")
            .filter_map(|(code, _)| Some((code.to_owned(), content.get::<String>(&format!("wish/{code}"))?)))
            .collect(),
        overnight_fast_hours_max: content.get::<Option<u32>>("overnight-fast").flatten(),
        alarm_only: content.get("alarm-only").unwrap_or(false),
        notes: content.standing().holding().into_iter().filter_map(note).collect(),
        clashes: clashes(content),
    }
}

/// The way into a recipient's home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Whose home.
    pub recipient: Option<DocumentId>,
    /// The door code; empty if there is none.
    pub door_code: String,
    /// The way in, in words.
    pub way_in: String,
}

/// Derives the way in.
pub fn access(content: &Content) -> Access {
    Access {
        recipient: content.get("recipient"),
        door_code: content.get("door-code").unwrap_or_default(),
        way_in: content.get("way-in").unwrap_or_default(),
    }
}
