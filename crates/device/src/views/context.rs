//! Who looks, and how far this vault has come.

use std::collections::{BTreeMap, BTreeSet};

use rundan_model::{DocumentId, PersonId, Role, Timestamp, UnitId, VaultId};
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::queries;
use crate::StoreError;
use crate::api::{Mended, OfficeUnit, VaultView};
use crate::store::DocumentState;

/// Who looks, when, and how far what she wrote can have come.
#[derive(Debug, Clone)]
pub(crate) struct ViewContext {
    pub(crate) vault: VaultId,
    pub(crate) person: PersonId,
    /// In any of the vault's units.
    pub(crate) roles: BTreeSet<Role>,
    pub(crate) now: Timestamp,
    /// When the server last answered.
    pub(super) heard: Option<Timestamp>,
    /// Why the last round failed, as a word.
    pub(super) problem: Option<String>,
    /// The first sync is not over.
    pub(super) is_loading: bool,
    /// A round is under way; for the one who runs it to say.
    pub(super) is_working: bool,
    pub(super) streams: BTreeMap<UnitId, StreamFacts>,
}

/// What a view needs to know of one unit's stream.
#[derive(Debug, Clone)]
pub(super) struct StreamFacts {
    pub(super) name: String,
    /// Whether she works at its office.
    pub(super) is_office: bool,
    /// The highest place in the log that an office desktop has.
    pub(super) office_has: u64,
    /// How many documents of the answer under way were taken, and how many it brings.
    pub(super) position: u64,
    pub(super) documents: u64,
}

impl ViewContext {
    /// Reads who looks; none if the vault is not enrolled.
    pub(crate) fn read(tx: &Transaction<'_>, now: Timestamp) -> Result<Option<Self>, StoreError> {
        let Some((vault, person, _)) = vault_row(tx)? else { return Ok(None) };
        let (heard, problem, is_loading) = tx.prepare_cached(queries::SYNC_STATE)?.query_row([], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<String>>(1)?, row.get::<_, bool>(2)?))
        })?;
        let (streams, roles) = streams(tx)?;
        let heard = heard.map(Timestamp);
        Ok(Some(Self { vault, person, roles, now, heard, problem, is_loading, is_working: false, streams }))
    }

    /// The same while a round is under way, or not.
    pub(crate) fn while_working(self, is_working: bool) -> Self {
        Self { is_working, ..self }
    }

    /// The units whose office she works at, by name.
    pub(super) fn offices(&self) -> Vec<OfficeUnit> {
        let office = |unit: UnitId| OfficeUnit {
            unit,
            name: self.streams.get(&unit).map(|stream| stream.name.clone()).unwrap_or_default(),
        };
        self.office_units().map(office).collect()
    }

    /// The units whose office she works at.
    pub(super) fn office_units(&self) -> impl Iterator<Item = UnitId> {
        self.streams.iter().filter(|(_, stream)| stream.is_office).map(|(unit, _)| *unit)
    }

    /// Whether she works at a unit's office.
    pub(super) fn is_office_in(&self, unit: UnitId) -> bool {
        self.streams.get(&unit).is_some_and(|stream| stream.is_office)
    }

    /// Whether she works at the office.
    pub(super) fn is_office(&self) -> bool {
        self.roles.iter().any(Role::is_office)
    }

    /// Whether an office desktop has this place of the unit's log.
    pub(super) fn is_at_office(&self, unit: UnitId, seq: u64) -> bool {
        self.streams.get(&unit).is_some_and(|stream| seq <= stream.office_has)
    }
}

/// What the app shows of a vault; whether it is the open one is for the phone to say.
pub(crate) fn vault_view(tx: &Transaction<'_>) -> Result<Option<VaultView>, StoreError> {
    let Some((vault, person, name)) = vault_row(tx)? else { return Ok(None) };
    let (streams, roles) = streams(tx)?;
    let unit = streams.values().map(|stream| stream.name.as_str()).find(|name| !name.is_empty()).unwrap_or_default();
    let names = super::names::Names::new(tx);
    let shown = names.person(person)?;
    let name = if shown.is_empty() { name } else { shown };
    let unit = if unit.is_empty() { names.unit()? } else { unit.to_owned() };
    let mended = mended(tx)?;
    Ok(Some(VaultView { vault, person, name, roles: roles.into_iter().collect(), unit, open: false, mended }))
}

/// The damages that she has not said that she saw.
fn mended(tx: &Connection) -> Result<Vec<Mended>, StoreError> {
    let mut query = tx.prepare_cached(queries::MENDED)?;
    let rows = query.query_map([], |row| Ok(Mended { at: row.get(0)?, lost: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn vault_row(tx: &Connection) -> Result<Option<(VaultId, PersonId, String)>, StoreError> {
    let found = tx
        .prepare_cached(queries::VAULT)?
        .query_row([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, String>(2)?)))
        .optional()?;
    let Some((vault, person, name)) = found else { return Ok(None) };
    Ok(Some((VaultId::try_from(vault.as_slice())?, PersonId::try_from(person.as_slice())?, name)))
}

type Streams = (BTreeMap<UnitId, StreamFacts>, BTreeSet<Role>);

fn streams(tx: &Connection) -> Result<Streams, StoreError> {
    let (mut streams, mut roles) = (BTreeMap::new(), BTreeSet::new());
    let mut query = tx.prepare_cached(queries::STREAMS)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let unit: Vec<u8> = row.get(0)?;
        let own: Vec<Role> = serde_json::from_str(&row.get::<_, String>(2)?)?;
        let is_office = own.iter().any(Role::is_office);
        roles.extend(own);
        let facts = StreamFacts {
            name: row.get(1)?,
            is_office,
            office_has: row.get::<_, i64>(3)?.unsigned_abs(),
            position: row.get::<_, Option<i64>>(4)?.unwrap_or_default().unsigned_abs(),
            documents: row.get::<_, i64>(5)?.unsigned_abs(),
        };
        streams.insert(UnitId::try_from(unit.as_slice())?, facts);
    }
    Ok((streams, roles))
}

/// Whether a document is only kept until it may be hidden.
pub(super) fn is_leaving(state: Option<&str>) -> bool {
    state == Some(DocumentState::Leaving.as_str())
}

/// Reads an id from its bytes.
pub(super) fn id(bytes: &[u8]) -> Result<DocumentId, StoreError> {
    Ok(DocumentId::try_from(bytes)?)
}
