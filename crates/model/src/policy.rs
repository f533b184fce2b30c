//! Who may begin, write and read what. The server holds it against every incoming operation.

mod table;

use std::collections::BTreeSet;

use crate::{Kind, Role};

pub use table::table;

/// What a change does to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act<'a> {
    /// Begins it.
    Begin,
    /// Puts a value into this register.
    Put(&'a str),
    /// Appends a fact of this kind.
    Append(&'a str),
}

/// How a person stands to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Relation {
    /// Her vault held it at its last confirmed cursor or since, up to 14 opened days back.
    pub in_scope: bool,
    /// She began it.
    pub began: bool,
    /// It is her own run sheet.
    pub own: bool,
    /// She is the recipient's contact worker.
    pub contact_worker: bool,
}

/// What a person is in a unit and to a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Her roles in the unit.
    pub roles: BTreeSet<Role>,
    /// How she stands to the document.
    pub relation: Relation,
    /// The server's own vault: imports and refusals.
    pub is_server: bool,
}

impl Standing {
    /// The server's own vault.
    pub fn server() -> Self {
        Self { is_server: true, ..Self::default() }
    }

    /// One who may do whatever anybody may: for changes that the server has accepted before, as its receipt says.
    pub fn anybody() -> Self {
        let relation = Relation { in_scope: true, began: true, own: true, contact_worker: true };
        Self { roles: Role::ALL.iter().cloned().collect(), relation, is_server: true }
    }

    /// Whether she belongs to the office.
    pub fn is_office(&self) -> bool {
        self.is_server || self.roles.iter().any(Role::is_office)
    }

    fn is_carer(&self) -> bool {
        self.roles.contains(&Role::Carer)
    }

    fn is_administrator(&self) -> bool {
        self.is_server || self.roles.contains(&Role::Administrator) || self.roles.contains(&Role::UnitHead)
    }
}

/// Facts of carers' work at a visit.
const VISIT_WORK: &[&str] = &[
    "begun",
    "started",
    "ended",
    "paused",
    "resumed",
    "done",
    "not_done",
    "extra",
    "note",
    "not_carried_out",
    "moved",
    "late",
    "told",
    "withdrawn",
    "read",
];

/// Facts of a carer's working day.
const SHIFT_WORK: &[&str] = &[
    "shift_started",
    "shift_ended",
    "break_started",
    "break_ended",
    "other_time",
    "acknowledged",
    "shown",
    "key_noted",
    "withdrawn",
];

/// What anyone in the unit states of a key that passes through her hands.
const KEY_WORK: &[&str] = &[
    "taken",
    "returned",
    "given",
    "received",
    "not_there",
    "counted",
    "missing",
    "lost",
    "found",
    "damaged",
    "withdrawn",
    "read",
];

/// What only the office states of a key.
const KEY_OFFICE_WORK: &[&str] = &["lent", "lock_changed", "tag_retired", "lost_step"];

/// Facts that only the office states, whatever the document.
const OFFICE_WORK: &[&str] = &["settled", "chosen"];

/// The register of a recipient that names her contact worker.
const CONTACT_WORKER: &str = "contact-worker";

/// Whether someone who stands so may do that to a document of this kind. An unknown kind is nobody's.
pub fn may(standing: &Standing, kind: &Kind, act: Act<'_>) -> bool {
    if standing.roles.is_empty() && !standing.is_server {
        return false;
    }
    match act {
        Act::Begin => may_begin(standing, kind),
        Act::Put(register) => may_put(standing, kind, register),
        Act::Append(fact) => may_append(standing, kind, fact),
    }
}

fn may_begin(standing: &Standing, kind: &Kind) -> bool {
    match kind {
        Kind::Unit | Kind::UnitOffice => standing.is_administrator(),
        Kind::Staff | Kind::Recipient | Kind::Access | Kind::Decision | Kind::RunSheet | Kind::Key | Kind::KeyHome => {
            standing.is_office()
        }
        Kind::Visit => standing.is_office() || standing.is_carer(),
        Kind::Incident | Kind::Draft => true,
        Kind::Refused => standing.is_server,
        Kind::Unknown(_) => false,
    }
}

fn may_put(standing: &Standing, kind: &Kind, register: &str) -> bool {
    match kind {
        Kind::Draft | Kind::Unknown(_) => false,
        // It quotes in its plan what was refused; nobody changes that.
        Kind::Refused => standing.is_server,
        // Who the contact worker is stays the office's to say: it brings the recipient into her scope.
        Kind::Recipient if register == CONTACT_WORKER => standing.is_office(),
        Kind::Recipient => standing.is_office() || standing.relation.contact_worker,
        _ => standing.is_office(),
    }
}

fn may_append(standing: &Standing, kind: &Kind, fact: &str) -> bool {
    let office = standing.is_office();
    if OFFICE_WORK.contains(&fact) {
        return office && !matches!(kind, Kind::Draft | Kind::Unknown(_));
    }
    let relation = standing.relation;
    match kind {
        Kind::Unit => fact == "read" && (office || relation.in_scope),
        Kind::Recipient => matches!(fact, "note" | "withdrawn" | "read") && (office || relation.in_scope),
        Kind::RunSheet => SHIFT_WORK.contains(&fact) && (office || relation.own),
        Kind::Visit => VISIT_WORK.contains(&fact) && (office || relation.in_scope || relation.began),
        Kind::Incident => match fact {
            "submitted" => relation.began,
            "added" | "told" | "read" | "withdrawn" => office || relation.began,
            _ => false,
        },
        Kind::Draft => matches!(fact, "text" | "submitted" | "withdrawn") && relation.began,
        Kind::Refused => matches!(fact, "adopted" | "put_aside") && office,
        Kind::Key => {
            let is_work = KEY_WORK.contains(&fact) && (office || relation.in_scope);
            is_work || (KEY_OFFICE_WORK.contains(&fact) && office)
        }
        Kind::UnitOffice | Kind::Staff | Kind::Access | Kind::Decision | Kind::KeyHome | Kind::Unknown(_) => false,
    }
}

/// Who reads the documents of a kind: which audiences they are added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readers {
    /// Everyone in the unit.
    pub unit: bool,
    /// The office.
    pub office: bool,
    /// The carers whose run brings it into scope, and who began it.
    pub persons: bool,
}

/// Who reads documents of this kind.
pub fn readers(kind: &Kind) -> Readers {
    let (unit, office, persons) = match kind {
        Kind::Unit | Kind::Staff | Kind::Key => (true, false, false),
        Kind::UnitOffice | Kind::Decision | Kind::Refused => (false, true, false),
        Kind::Recipient | Kind::Access | Kind::KeyHome | Kind::RunSheet | Kind::Visit | Kind::Incident => {
            (false, true, true)
        }
        Kind::Draft => (false, false, true),
        Kind::Unknown(_) => (false, false, false),
    };
    Readers { unit, office, persons }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carer(relation: Relation) -> Standing {
        Standing { roles: [Role::Carer].into(), relation, is_server: false }
    }

    fn planner() -> Standing {
        Standing { roles: [Role::Planner].into(), ..Standing::default() }
    }

    #[test]
    fn a_carer_writes_facts_on_visits_in_her_scope_and_never_plans() {
        let in_scope = carer(Relation { in_scope: true, ..Relation::default() });
        assert!(may(&in_scope, &Kind::Visit, Act::Append("started")));
        assert!(!may(&in_scope, &Kind::Visit, Act::Put("when")));
        assert!(!may(&in_scope, &Kind::Visit, Act::Append("settled")));
        assert!(!may(&carer(Relation::default()), &Kind::Visit, Act::Append("started")));
    }

    #[test]
    fn a_run_sheet_is_worked_by_its_carer_alone() {
        let other = carer(Relation { in_scope: true, ..Relation::default() });
        assert!(!may(&other, &Kind::RunSheet, Act::Append("shift_started")));
        assert!(may(&carer(Relation { own: true, ..Relation::default() }), &Kind::RunSheet, Act::Append("shown")));
    }

    #[test]
    fn a_contact_worker_writes_the_recipient_she_has() {
        let contact = carer(Relation { contact_worker: true, ..Relation::default() });
        assert!(may(&contact, &Kind::Recipient, Act::Put("good-to-know")));
        assert!(!may(&contact, &Kind::Access, Act::Put("door-code")));
        assert!(!may(&contact, &Kind::Recipient, Act::Put("contact-worker")));
    }

    #[test]
    fn a_draft_is_nobodys_but_its_authors() {
        assert!(!may(&planner(), &Kind::Draft, Act::Append("text")));
        assert!(!may(&planner(), &Kind::Draft, Act::Append("settled")));
        assert!(!readers(&Kind::Draft).office);
    }

    #[test]
    fn what_nobody_may_a_receipt_does_not_allow() {
        let anybody = Standing::anybody();
        assert!(may(&anybody, &Kind::Draft, Act::Append("text")) && may(&anybody, &Kind::Refused, Act::Begin));
        assert!(!may(&anybody, &Kind::Draft, Act::Put("x")) && !may(&anybody, &Kind::Access, Act::Append("note")));
        assert!(!may(&anybody, &Kind::Unknown("x".into()), Act::Begin));
    }

    #[test]
    fn without_a_role_nothing_is_allowed() {
        let nobody = Standing {
            relation: Relation { in_scope: true, began: true, own: true, contact_worker: true },
            ..Standing::default()
        };
        for kind in Kind::ALL {
            assert!(!may(&nobody, kind, Act::Begin));
            assert!(!may(&nobody, kind, Act::Append("note")));
        }
    }
}
