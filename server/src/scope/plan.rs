//! What plans say of who, when and recipient, as rows. Every visible value of a clashing register counts.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rundan_model::plan::{Slot, When};
use rundan_model::{Content, Day, DocumentId, Kind, PersonId, Timestamp, UnitId, Zone};
use rusqlite::{Connection, params};

use crate::error::Result;
use crate::store::column;

/// A document's bearing on scope.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Bearing {
    /// Who is at work, on which day and from when.
    work: BTreeSet<(PersonId, Day, Timestamp)>,
    /// To whom a visit goes, or whose home an access or a key opens.
    recipients: BTreeSet<DocumentId>,
    /// Who is a recipient's contact worker.
    contacts: BTreeSet<PersonId>,
}

/// Reads a document's bearing on scope from its plan.
pub(super) fn bearing(content: &Content) -> Bearing {
    match content.kind {
        Kind::Visit => Bearing {
            work: visit_work(content),
            recipients: content.each("recipient").into_iter().collect(),
            ..Bearing::default()
        },
        Kind::RunSheet => Bearing { work: run_sheet_work(content), ..Bearing::default() },
        Kind::Access | Kind::KeyHome => {
            Bearing { recipients: content.each("recipient").into_iter().collect(), ..Bearing::default() }
        }
        Kind::Recipient => {
            let contacts = content.each::<Option<PersonId>>("contact-worker").into_iter().flatten().collect();
            Bearing { contacts, ..Bearing::default() }
        }
        _ => Bearing::default(),
    }
}

fn visit_work(content: &Content) -> BTreeSet<(PersonId, Day, Timestamp)> {
    let starts: Vec<Timestamp> = content.each::<When>("when").iter().map(|when| when.start).collect();
    let mut work = BTreeSet::new();
    for (n, _) in content.under("slot") {
        for slot in content.each::<Slot>(&format!("slot/{n}")) {
            let Some(person) = slot.staff else { continue };
            let own = slot.start.map(|start| vec![start]);
            for start in own.as_ref().unwrap_or(&starts) {
                work.insert((person, Zone.day(*start), *start));
            }
        }
    }
    work
}

fn run_sheet_work(content: &Content) -> BTreeSet<(PersonId, Day, Timestamp)> {
    let start = content.get::<When>("shift").map(|shift| shift.start);
    let mut work = BTreeSet::new();
    for person in content.each::<PersonId>("staff") {
        for date in content.each::<NaiveDate>("date") {
            work.insert((person, Day::of(date), start.unwrap_or(Zone.midnight(date))));
        }
    }
    work
}

/// Writes a document's bearing; returns the people whose scope it may change.
pub(super) fn write(
    tx: &Connection,
    unit: UnitId,
    document: DocumentId,
    kind: &Kind,
    bearing: &Bearing,
    is_new: bool,
) -> Result<BTreeSet<PersonId>> {
    let mut affected = BTreeSet::new();
    match kind {
        Kind::Visit | Kind::RunSheet => {
            if !is_new {
                affected.extend(people(
                    tx,
                    "SELECT person FROM work_day WHERE unit = ?1 AND document = ?2",
                    unit,
                    document,
                )?);
                forget(tx, "DELETE FROM work_day WHERE unit = ?1 AND document = ?2", unit, document)?;
                forget(tx, "DELETE FROM visit_recipient WHERE unit = ?1 AND document = ?2", unit, document)?;
            }
            write_work(tx, unit, document, bearing)?;
            affected.extend(bearing.work.iter().map(|(person, _, _)| *person));
            if !is_new {
                // Who began it unplanned is in none of its slots, and reads the recipient that it is matched with.
                let begun = "SELECT person FROM own_work WHERE unit = ?1 AND document = ?2";
                affected.extend(people(tx, begun, unit, document)?);
            }
        }
        Kind::Access | Kind::KeyHome => {
            if !is_new {
                affected.extend(carers_of_access(tx, unit, document)?);
                forget(tx, "DELETE FROM recipient_access WHERE unit = ?1 AND document = ?2", unit, document)?;
            }
            for recipient in &bearing.recipients {
                tx.prepare_cached("INSERT INTO recipient_access (unit, recipient, document) VALUES (?1, ?2, ?3)")?
                    .execute(params![unit.0, recipient.0, document.0])?;
            }
            affected.extend(carers_of_access(tx, unit, document)?);
        }
        Kind::Recipient => {
            let known = "SELECT person FROM contact_worker WHERE unit = ?1 AND document = ?2";
            affected.extend(people(tx, known, unit, document)?);
            forget(tx, "DELETE FROM contact_worker WHERE unit = ?1 AND document = ?2", unit, document)?;
            for person in &bearing.contacts {
                tx.prepare_cached("INSERT INTO contact_worker (unit, person, document) VALUES (?1, ?2, ?3)")?
                    .execute(params![unit.0, person.0, document.0])?;
            }
            affected.extend(&bearing.contacts);
            if is_new {
                // Visits may have come before the recipient they go to.
                let awaited = "SELECT w.person FROM visit_recipient v JOIN work_day w ON w.unit = v.unit AND w.document = v.document
                         WHERE v.unit = ?1 AND v.recipient = ?2
                     UNION SELECT o.person FROM visit_recipient v JOIN own_work o ON o.unit = v.unit AND o.document = v.document
                         WHERE v.unit = ?1 AND v.recipient = ?2";
                affected.extend(people(tx, awaited, unit, document)?);
            }
        }
        _ => {}
    }
    Ok(affected)
}

/// Forgets whatever a document bore on; returns the people whose scope it may change.
pub(super) fn forget_all(tx: &Connection, unit: UnitId, document: DocumentId) -> Result<BTreeSet<PersonId>> {
    let mut affected = carers_of_access(tx, unit, document)?;
    for table in ["work_day", "contact_worker", "own_work"] {
        let named = format!("SELECT person FROM {table} WHERE unit = ?1 AND document = ?2");
        affected.extend(people(tx, &named, unit, document)?);
    }
    for table in ["work_day", "visit_recipient", "recipient_access", "contact_worker", "own_work"] {
        forget(tx, &format!("DELETE FROM {table} WHERE unit = ?1 AND document = ?2"), unit, document)?;
    }
    Ok(affected)
}

fn write_work(tx: &Connection, unit: UnitId, document: DocumentId, bearing: &Bearing) -> Result<()> {
    for (person, day, at) in &bearing.work {
        tx.prepare_cached(
            "INSERT INTO work_day (unit, person, day, document, at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (unit, person, day, document) DO NOTHING",
        )?
        .execute(params![unit.0, person.0, day.0, document.0, at.0])?;
    }
    for recipient in &bearing.recipients {
        tx.prepare_cached("INSERT INTO visit_recipient (unit, document, recipient) VALUES (?1, ?2, ?3)")?
            .execute(params![unit.0, document.0, recipient.0])?;
    }
    Ok(())
}

/// Who is planned to go where an access or a key opens, or has begun a visit there unplanned.
fn carers_of_access(tx: &Connection, unit: UnitId, document: DocumentId) -> Result<BTreeSet<PersonId>> {
    let carers = "SELECT w.person FROM recipient_access a
             JOIN visit_recipient v ON v.unit = a.unit AND v.recipient = a.recipient
             JOIN work_day w ON w.unit = v.unit AND w.document = v.document
             WHERE a.unit = ?1 AND a.document = ?2
         UNION SELECT o.person FROM recipient_access a
             JOIN visit_recipient v ON v.unit = a.unit AND v.recipient = a.recipient
             JOIN own_work o ON o.unit = v.unit AND o.document = v.document
             WHERE a.unit = ?1 AND a.document = ?2";
    people(tx, carers, unit, document)
}

fn people(tx: &Connection, select: &str, unit: UnitId, document: DocumentId) -> Result<BTreeSet<PersonId>> {
    let mut statement = tx.prepare_cached(select)?;
    let people = statement.query_map(params![unit.0, document.0], |row| column(row, 0))?;
    Ok(people.collect::<rusqlite::Result<_>>()?)
}

fn forget(tx: &Connection, delete: &str, unit: UnitId, document: DocumentId) -> Result<()> {
    tx.prepare_cached(delete)?.execute(params![unit.0, document.0])?;
    Ok(())
}
