//! Who should hold what, by the rules of scope in their simplest form: computed anew from every document's content and
//! the log, with nothing of the tables that the server answers from.

use std::collections::BTreeSet;

use rundan_model::plan::{Slot, When};
use rundan_model::policy::readers;
use rundan_model::{Content, DocumentId, Kind, PersonId, Zone};
use rundan_server::scope::{DAYS_AHEAD, DAYS_BACK, OWN_WORK_DAYS};

use super::truth::Truth;

/// What a person should hold now; none if she has no role in the unit.
pub(crate) fn due(truth: &Truth, person: PersonId) -> Option<BTreeSet<DocumentId>> {
    let roles = truth.roles_at(person, truth.head);
    if roles.is_empty() {
        return None;
    }
    let is_office = roles.iter().any(|role| role.is_office());
    let shared = truth.documents.iter().filter(|(_, document)| {
        let readers = readers(&document.content.kind);
        readers.unit || (is_office && readers.office)
    });
    let mut due: BTreeSet<DocumentId> = shared.map(|(id, _)| *id).collect();
    due.extend(own(truth, person).into_iter().filter(|id| {
        let document = truth.documents.get(id);
        document.is_some_and(|document| readers(&document.content.kind).persons)
    }));
    Some(due)
}

/// What a person holds for her own work's sake.
fn own(truth: &Truth, person: PersonId) -> BTreeSet<DocumentId> {
    let near = truth.today - DAYS_BACK..=truth.today + DAYS_AHEAD;
    let worked = truth.own_work(person);
    let since = |id: &DocumentId| worked.get(id).map(|day| truth.days_opened().saturating_sub(*day));
    let mut held = BTreeSet::new();
    let mut recipients = BTreeSet::new();
    for (id, document) in &truth.documents {
        let content = &document.content;
        let is_near = work_days(content, person).iter().any(|day| near.contains(day));
        if is_near || since(id).is_some_and(|days| days <= OWN_WORK_DAYS) {
            held.insert(*id);
        }
        if content.kind == Kind::Visit
            && (is_near || since(id).is_some_and(|days| days <= DAYS_BACK.unsigned_abs().into()))
        {
            recipients.extend(content.each::<DocumentId>("recipient"));
        }
    }
    for (id, document) in &truth.documents {
        let content = &document.content;
        let opens_a_home = matches!(content.kind, Kind::Access | Kind::KeyHome)
            && content.each::<DocumentId>("recipient").iter().any(|recipient| recipients.contains(recipient));
        let is_contact = content.kind == Kind::Recipient
            && content.each::<Option<PersonId>>("contact-worker").contains(&Some(person));
        if opens_a_home || is_contact {
            held.insert(*id);
        }
    }
    held.extend(recipients);
    held
}

/// The days on which a document has work for a person: every value of a clash counts.
fn work_days(content: &Content, person: PersonId) -> BTreeSet<i32> {
    match content.kind {
        Kind::Visit => {
            let starts: Vec<_> = content.each::<When>("when").iter().map(|when| when.start).collect();
            let slots = content.under("slot").flat_map(|(n, _)| content.each::<Slot>(&format!("slot/{n}")));
            let hers = slots.filter(|slot| slot.staff == Some(person));
            hers.flat_map(|slot| slot.start.map_or_else(|| starts.clone(), |start| vec![start]))
                .map(|start| Zone.day(start).0)
                .collect()
        }
        Kind::RunSheet if content.each::<PersonId>("staff").contains(&person) => {
            content.each("date").into_iter().map(|date| rundan_model::Day::of(date).0).collect()
        }
        _ => BTreeSet::new(),
    }
}
