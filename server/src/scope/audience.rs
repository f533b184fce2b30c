//! Audiences: their names, what each person should have in hers, and what she holds.

use std::collections::BTreeSet;
use std::fmt;

use rundan_model::policy::{Relation, Standing, readers};
use rundan_model::{DocumentId, Kind, PersonId, UnitId};
use rundan_sync::Digest;
use rusqlite::{Connection, OptionalExtension, params};

use super::{DAYS_AHEAD, DAYS_BACK, OWN_WORK_DAYS};
use crate::error::Result;
use crate::store::documents::DocumentRow;
use crate::store::log::{UnitState, seq_of_day_back};
use crate::store::{column, people, sql};

/// Who reads together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Everyone with a role in the unit.
    Unit,
    /// The office.
    Office,
    /// One person.
    Person(PersonId),
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit => f.write_str("unit"),
            Self::Office => f.write_str("office"),
            Self::Person(person) => write!(f, "person/{person}"),
        }
    }
}

impl Audience {
    /// Reads the name that `Display` wrote.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "unit" => Some(Self::Unit),
            "office" => Some(Self::Office),
            other => other.strip_prefix("person/")?.parse().ok().map(Self::Person),
        }
    }
}

/// What a person should have in her own audience, as far as the plan says; see [`Share::of`] for who reads what.
///
/// Reads keys alone: a commit does this for everyone whom it concerns, and midnight for the whole unit. The joins are
/// in the order to be followed: what a person has is little, what the unit has is not.
pub(super) fn due(tx: &Connection, state: &UnitState, person: PersonId) -> Result<BTreeSet<DocumentId>> {
    let mut statement = tx.prepare_cached(
        "WITH visit AS (
             SELECT document FROM work_day WHERE unit = ?1 AND person = ?2 AND day BETWEEN ?3 AND ?4
         ), recipient AS (
             SELECT v.recipient FROM visit CROSS JOIN visit_recipient v
                 WHERE v.unit = ?1 AND v.document = visit.document
             UNION SELECT v.recipient FROM own_work o CROSS JOIN visit_recipient v
                 WHERE o.unit = ?1 AND o.person = ?2 AND o.ordinal >= ?6 AND v.unit = ?1 AND v.document = o.document
         )
         SELECT document FROM visit
         UNION ALL SELECT recipient FROM recipient
         UNION ALL SELECT a.document FROM recipient CROSS JOIN recipient_access a
             WHERE a.unit = ?1 AND a.recipient = recipient.recipient
         UNION ALL SELECT document FROM contact_worker WHERE unit = ?1 AND person = ?2
         UNION ALL SELECT document FROM own_work WHERE unit = ?1 AND person = ?2 AND ordinal >= ?5",
    )?;
    let oldest = state.days_opened.saturating_sub(OWN_WORK_DAYS);
    let recent = state.days_opened.saturating_sub(DAYS_BACK.unsigned_abs().into());
    let rows = statement.query_map(
        params![state.unit.0, person.0, state.day.0 - DAYS_BACK, state.day.0 + DAYS_AHEAD, sql(oldest), sql(recent)],
        |row| column(row, 0),
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A document's part in an audience's sums.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub(super) digest: Digest,
    pub(super) is_private: bool,
    /// Whether those whom it concerns read it, one by one.
    pub(super) is_for_persons: bool,
}

impl Share {
    /// The part of a document of this kind.
    pub(super) fn new(kind: &Kind, digest: Digest) -> Self {
        let readers = readers(kind);
        Self { digest, is_private: !readers.office, is_for_persons: readers.persons }
    }

    /// A document's part as it stands; none if there is no such document.
    pub(super) fn of(tx: &Connection, unit: UnitId, document: DocumentId) -> Result<Option<Self>> {
        let mut statement = tx.prepare_cached("SELECT kind, digest FROM document WHERE unit = ?1 AND document = ?2")?;
        let found = statement.query_row(params![unit.0, document.0], |row| {
            Ok(Self::new(&Kind::from(row.get_ref(0)?.as_str()?), column(row, 1)?))
        });
        Ok(found.optional()?)
    }
}

/// What is in an audience now.
pub(super) fn present(tx: &Connection, unit: UnitId, audience: Audience) -> Result<BTreeSet<DocumentId>> {
    let mut statement = tx.prepare_cached(
        "SELECT document FROM audience_document WHERE unit = ?1 AND audience = ?2 AND removed_seq IS NULL",
    )?;
    let rows = statement.query_map(params![unit.0, audience.to_string()], |row| column(row, 0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The audiences that have a document now.
pub(super) fn with_document(tx: &Connection, unit: UnitId, document: DocumentId) -> Result<Vec<Audience>> {
    let mut statement = tx.prepare_cached(
        "SELECT audience FROM audience_document WHERE unit = ?1 AND document = ?2 AND removed_seq IS NULL",
    )?;
    let rows =
        statement.query_map(params![unit.0, document.0], |row| Ok(Audience::parse(row.get_ref(0)?.as_str()?)))?;
    let audiences: Vec<Option<Audience>> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(audiences.into_iter().flatten().collect())
}

/// Whether a person holds a document at a place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldAt(pub bool);

/// Says whether a person held a document after the entry at `at_seq`.
pub fn held_at(tx: &Connection, unit: UnitId, person: PersonId, document: DocumentId, at_seq: u64) -> Result<HeldAt> {
    let mut statement = tx.prepare_cached(
        "SELECT 1 FROM audience_document d
         JOIN audience_member m ON m.unit = d.unit AND m.audience = d.audience AND m.person = ?2
             AND m.added_seq <= ?4 AND (m.removed_seq IS NULL OR m.removed_seq > ?4)
         WHERE d.unit = ?1 AND d.document = ?3
             AND d.added_seq <= ?4 AND (d.removed_seq IS NULL OR d.removed_seq > ?4)",
    )?;
    Ok(HeldAt(statement.exists(params![unit.0, person.0, document.0, sql(at_seq)])?))
}

/// Whether a person ever held a document or wrote to it: to anybody else it has never been there. Of one that was
/// destroyed before the database was put back nothing is known but that; whoever names it has known it.
pub fn knew(tx: &Connection, unit: UnitId, person: PersonId, document: DocumentId) -> Result<bool> {
    let mut statement = tx.prepare_cached(
        "SELECT 1 FROM change WHERE unit = ?1 AND document = ?3 AND person = ?2
         UNION ALL SELECT 1 FROM audience_document d
         JOIN audience_member m ON m.unit = d.unit AND m.audience = d.audience AND m.person = ?2
             AND (m.removed_seq IS NULL OR m.removed_seq > d.added_seq)
             AND (d.removed_seq IS NULL OR d.removed_seq > m.added_seq)
         WHERE d.unit = ?1 AND d.document = ?3
         UNION ALL SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM change WHERE unit = ?1 AND document = ?3)",
    )?;
    Ok(statement.exists(params![unit.0, person.0, document.0])?)
}

/// How a person stands to a document: what the gate judges by. Her vault had confirmed the log up to `held_since` when
/// it wrote; `known` is none for a document that she is about to begin.
pub fn standing(
    tx: &Connection,
    state: &UnitState,
    person: PersonId,
    held_since: u64,
    document: DocumentId,
    known: Option<&DocumentRow>,
) -> Result<Standing> {
    let unit = state.unit;
    let exists = |select: &str| -> Result<bool> {
        Ok(tx.prepare_cached(select)?.exists(params![unit.0, person.0, document.0])?)
    };
    let relation = Relation {
        in_scope: was_in_scope(tx, state, person, held_since, document)?,
        began: known.is_none_or(|row| row.begun_by == person),
        own: known.is_some_and(|row| row.kind == Kind::RunSheet)
            && exists("SELECT 1 FROM work_day WHERE unit = ?1 AND person = ?2 AND document = ?3")?,
        contact_worker: exists("SELECT 1 FROM contact_worker WHERE unit = ?1 AND person = ?2 AND document = ?3")?,
    };
    let roles: BTreeSet<_> = people::roles(tx, unit, person)?;
    Ok(Standing { roles, relation, is_server: false })
}

/// Whether her vault held it at the place in the log that it had confirmed or since, but no longer than 14 opened days
/// back.
fn was_in_scope(
    tx: &Connection,
    state: &UnitState,
    person: PersonId,
    held_since: u64,
    document: DocumentId,
) -> Result<bool> {
    let oldest = seq_of_day_back(tx, state, OWN_WORK_DAYS)?.max(held_since);
    let mut statement = tx.prepare_cached(
        "SELECT 1 FROM audience_document d
         JOIN audience_member m ON m.unit = d.unit AND m.audience = d.audience AND m.person = ?2
             AND (m.removed_seq IS NULL OR m.removed_seq > ?4)
         WHERE d.unit = ?1 AND d.document = ?3 AND (d.removed_seq IS NULL OR d.removed_seq > ?4)",
    )?;
    Ok(statement.exists(params![state.unit.0, person.0, document.0, sql(oldest)])?)
}
