//! People of the municipality and their roles in units.

use std::collections::BTreeSet;

use rundan_model::{PersonId, Role, UnitId};
use rusqlite::{Connection, OptionalExtension, params};

use super::column;
use crate::error::Result;
use crate::seams::{Random, random_bytes};

/// A person as the server knows her.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub person: PersonId,
    /// Her id in the systems that exports come from.
    pub external_id: Option<String>,
    /// Her name.
    pub name: String,
}

const PERSON: &str = "SELECT person, external_id, name FROM person";

fn read_person(row: &rusqlite::Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person { person: column(row, 0)?, external_id: row.get(1)?, name: row.get(2)? })
}

/// Finds a person.
pub fn person(tx: &Connection, person: PersonId) -> Result<Option<Person>> {
    Ok(tx
        .prepare_cached(&format!("{PERSON} WHERE person = ?1"))?
        .query_row(params![person.0], read_person)
        .optional()?)
}

/// Finds a person by her id in an export.
pub fn by_external_id(tx: &Connection, external_id: &str) -> Result<Option<Person>> {
    Ok(tx
        .prepare_cached(&format!("{PERSON} WHERE external_id = ?1"))?
        .query_row(params![external_id], read_person)
        .optional()?)
}

/// Everyone with this name.
pub fn by_name(tx: &Connection, name: &str) -> Result<Vec<Person>> {
    let mut statement = tx.prepare_cached(&format!("{PERSON} WHERE name = ?1 ORDER BY person"))?;
    let people = statement.query_map(params![name], read_person)?;
    Ok(people.collect::<rusqlite::Result<_>>()?)
}

/// Makes a person.
pub fn create(tx: &Connection, external_id: Option<&str>, name: &str, random: &dyn Random) -> Result<PersonId> {
    let person = PersonId(random_bytes(random));
    insert(tx, person, external_id, name)?;
    Ok(person)
}

/// Writes a person whose id is known.
pub fn insert(tx: &Connection, person: PersonId, external_id: Option<&str>, name: &str) -> Result<()> {
    tx.prepare_cached("INSERT INTO person (person, external_id, name) VALUES (?1, ?2, ?3)")?.execute(params![
        person.0,
        external_id,
        name
    ])?;
    Ok(())
}

/// Finds a person by her id in an export, or makes her; her name becomes the given one.
pub fn ensure(tx: &Connection, external_id: &str, name: &str, random: &dyn Random) -> Result<PersonId> {
    let Some(known) = by_external_id(tx, external_id)? else {
        return create(tx, Some(external_id), name, random);
    };
    if known.name != name {
        tx.execute("UPDATE person SET name = ?2 WHERE person = ?1", params![known.person.0, name])?;
    }
    Ok(known.person)
}

/// A person's roles in a unit.
pub fn roles(tx: &Connection, unit: UnitId, person: PersonId) -> Result<BTreeSet<Role>> {
    let mut statement = tx.prepare_cached("SELECT role FROM role WHERE unit = ?1 AND person = ?2")?;
    let roles = statement.query_map(params![unit.0, person.0], |row| {
        let role: String = row.get(0)?;
        Ok(Role::from(role.as_str()))
    })?;
    Ok(roles.collect::<rusqlite::Result<_>>()?)
}

/// The units a person works in, in the order of their ids.
pub fn units_of(tx: &Connection, person: PersonId) -> Result<Vec<UnitId>> {
    let mut statement = tx.prepare_cached("SELECT DISTINCT unit FROM role WHERE person = ?1 ORDER BY unit")?;
    let units = statement.query_map(params![person.0], |row| column(row, 0))?;
    Ok(units.collect::<rusqlite::Result<_>>()?)
}

/// Everyone with a role in a unit, in the order of their ids.
pub fn staff_of(tx: &Connection, unit: UnitId) -> Result<Vec<PersonId>> {
    let mut statement = tx.prepare_cached("SELECT DISTINCT person FROM role WHERE unit = ?1 ORDER BY person")?;
    let people = statement.query_map(params![unit.0], |row| column(row, 0))?;
    Ok(people.collect::<rusqlite::Result<_>>()?)
}
