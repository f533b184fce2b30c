//! Which facts a query keeps.

use rundan_model::{Day, DocumentId, Fact, FactBody, PersonId, Zone};
use rundan_sync::LedgerQuery;

/// The longest name of a cabinet in a query, characters.
pub const CABINET_CHARS_MAX: usize = 200;

/// Whether a query makes sense: its days are in order, and its cabinet is a name.
pub fn is_sound(query: &LedgerQuery) -> bool {
    let is_in_order = query.from.zip(query.to).is_none_or(|(from, to)| from <= to);
    let is_name = |name: &String| !name.is_empty() && name.chars().count() <= CABINET_CHARS_MAX;
    is_in_order && query.cabinet.as_ref().is_none_or(is_name)
}

/// Whether a query asks about this key at all.
pub fn keeps_key(query: &LedgerQuery, key: DocumentId) -> bool {
    query.key.is_none_or(|wanted| wanted == key)
}

/// Whether a query keeps a fact of a key whose own cabinet this is.
pub fn keeps(query: &LedgerQuery, own: &str, fact: &Fact) -> bool {
    let day: Day = Zone.day(fact.at);
    let is_in_time = query.from.is_none_or(|from| from <= day) && query.to.is_none_or(|to| day <= to);
    let is_of_person = query.person.is_none_or(|person| names(fact, person));
    let is_of_cabinet = query.cabinet.as_deref().is_none_or(|name| own == name || cabinet(fact) == Some(name));
    is_in_time && is_of_person && is_of_cabinet
}

fn names(fact: &Fact, person: PersonId) -> bool {
    fact.by == person || fact.actor_person() == person || other(fact) == Some(person)
}

/// The other side of a hand-over.
pub fn other(fact: &Fact) -> Option<PersonId> {
    match &fact.body {
        FactBody::Given { to: person } | FactBody::Received { from: person } => Some(*person),
        _ => None,
    }
}

/// The cabinet that a fact names.
pub fn cabinet(fact: &Fact) -> Option<&str> {
    match &fact.body {
        FactBody::Taken { cabinet, .. }
        | FactBody::Returned { cabinet }
        | FactBody::NotThere { cabinet }
        | FactBody::Counted { cabinet }
        | FactBody::Missing { cabinet }
        | FactBody::Found { cabinet: Some(cabinet) } => Some(cabinet),
        _ => None,
    }
}
