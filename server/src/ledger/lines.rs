//! The lines of a ledger, read from the log.

use rundan_documents::{ReadChange, read_own_change};
use rundan_ledger::file::{FILE_BYTES_MAX, LINES_MAX};
use rundan_ledger::query::{keeps, keeps_key};
use rundan_ledger::{Line, Names};
use rundan_model::plan::{KeyPlace, StaffName};
use rundan_model::{ChangeHash, Content, DocumentId, Kind, PersonId, UnitId};
use rundan_sync::columns::ChangeRecord;
use rundan_sync::{LedgerQuery, ProblemCode};
use rusqlite::Connection;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::store::documents;

/// The lines that a query has, and what they need to be read.
pub(super) struct Derived {
    /// In the order of the log.
    pub(super) lines: Vec<Line>,
    pub(super) names: Names,
    /// The tag of the key that is asked about; empty if none is.
    pub(super) key_tag: String,
}

/// What the log says up to a place. Later entries make no difference.
pub(super) fn derive(tx: &Connection, unit: UnitId, query: &LedgerQuery, up_to: u64) -> Result<Derived> {
    let mut derived = Derived { lines: Vec::new(), names: names(tx, unit, up_to)?, key_tag: String::new() };
    let mut bytes = 0;
    for key in documents::of_kind(tx, unit, &Kind::Key)?.into_iter().filter(|key| keeps_key(query, *key)) {
        let history = History::read(tx, unit, key, up_to)?;
        if query.key.is_some() {
            derived.key_tag.clone_from(&history.tag);
        }
        for (line, size) in history.lines(query) {
            bytes += size;
            derived.lines.push(line);
            if derived.lines.len() > LINES_MAX || bytes > FILE_BYTES_MAX {
                return Err(ProblemCode::TooLong.into());
            }
        }
    }
    derived.lines.sort_by_key(|line| (line.record.seq, line.id));
    Ok(derived)
}

/// A change of a document with what the log says of it, and how many bytes it takes.
struct Logged {
    hash: ChangeHash,
    record: ChangeRecord,
    read: ReadChange,
    size: usize,
}

fn logged(tx: &Connection, unit: UnitId, document: DocumentId, up_to: u64) -> Result<Vec<Logged>> {
    let mut logged = Vec::new();
    for (hash, record, payload) in documents::changes_after(tx, unit, document, 0)? {
        if record.seq > up_to {
            break;
        }
        // The gate let it in, so it reads.
        let read = read_own_change(&payload).ok_or(Error::NoDocument(document))?;
        logged.push(Logged { hash, record, read, size: payload.len() });
    }
    Ok(logged)
}

/// A key as the log tells of it.
struct History {
    key: DocumentId,
    /// The last code of its tag.
    tag: String,
    /// Its own cabinet.
    cabinet: String,
    /// Its changes, each with the tag's code then.
    changes: Vec<(Logged, String)>,
}

impl History {
    fn read(tx: &Connection, unit: UnitId, key: DocumentId, up_to: u64) -> Result<Self> {
        let mut history = Self { key, tag: String::new(), cabinet: String::new(), changes: Vec::new() };
        for change in logged(tx, unit, key, up_to)? {
            for (register, json) in &change.read.edit.puts {
                match register.as_str() {
                    "tag" => history.tag = json.as_str().unwrap_or_default().to_owned(),
                    "place" => {
                        history.cabinet = KeyPlace::deserialize(json).map(|place| place.cabinet).unwrap_or_default()
                    }
                    _ => {}
                }
            }
            history.changes.push((change, history.tag.clone()));
        }
        Ok(history)
    }

    /// The lines that a query keeps, each with the bytes of its change.
    fn lines(self, query: &LedgerQuery) -> Vec<(Line, usize)> {
        let mut content = Content::new(Kind::Key);
        let mut found = Vec::new();
        for (change, tag) in self.changes {
            let Logged { hash, record, read, size } = change;
            for (id, fact) in read.edit.facts {
                let is_void = false;
                if keeps(query, &self.cabinet, &fact) {
                    let clock = read.info.time;
                    let fact = fact.clone();
                    found
                        .push((Line { key: self.key, tag: tag.clone(), id, fact, is_void, clock, record, hash }, size));
                }
                content.facts.insert(id, fact);
            }
        }
        let standing = content.standing();
        for (line, _) in &mut found {
            line.is_void = standing.is_superseded(&line.id);
        }
        found
    }
}

/// What the unit's staff are called, those who have left too.
fn names(tx: &Connection, unit: UnitId, up_to: u64) -> Result<Names> {
    let mut names = Names::new();
    for document in documents::of_kind(tx, unit, &Kind::Staff)? {
        let (mut person, mut name) = (None, String::new());
        for change in logged(tx, unit, document, up_to)? {
            for (register, json) in &change.read.edit.puts {
                match register.as_str() {
                    "person" => person = PersonId::deserialize(json).ok(),
                    "name" => name = StaffName::deserialize(json).map(|name| name.shown()).unwrap_or_default(),
                    _ => {}
                }
            }
        }
        names.extend(person.map(|person| (person, name)));
    }
    Ok(names)
}
