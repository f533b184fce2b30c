//! Documents that an import made and whose rows the table has lost: after the database was put back from a backup they
//! came back from vaults. The next import knows them by what they said when they began.

use std::collections::{BTreeMap, BTreeSet};

use rundan_documents::Document;
use rundan_model::plan::FirstValues;
use rundan_model::{ChangeHash, DocumentId, Kind, PersonId, UnitId};
use rusqlite::{Connection, params};

use crate::error::Result;
use crate::store::{column, documents};

/// What a document is and what its plan said first, in the order of the registers.
type Beginning = (String, Vec<(String, String)>);

/// The documents of the server's own that no row is known of.
#[derive(Debug, Default)]
pub(super) struct Recovered(BTreeMap<Beginning, Vec<(DocumentId, ChangeHash)>>);

impl Recovered {
    /// Finds them; `known` are those of which a row is known.
    pub(super) fn read(tx: &Connection, unit: UnitId, own: PersonId, known: &BTreeSet<DocumentId>) -> Result<Self> {
        let mut statement = tx.prepare(
            "SELECT document, kind FROM document WHERE unit = ?1 AND begun_by = ?2 AND kind NOT IN (?3, ?4)
             ORDER BY document DESC",
        )?;
        let (unit_kind, refused) = (Kind::Unit, Kind::Refused);
        let rows = statement.query_map(params![unit.0, own.0, unit_kind.as_str(), refused.as_str()], |row| {
            Ok((column::<DocumentId>(row, 0)?, row.get::<_, String>(1)?))
        })?;
        let mut recovered = Self::default();
        for row in rows {
            let (id, kind) = row?;
            if known.contains(&id) {
                continue;
            }
            let Some(document) = documents::load(tx, unit, id)? else { continue };
            if let Some((genesis, plan)) = first_plan(&document) {
                recovered.0.entry((kind, plan)).or_default().push((id, genesis));
            }
        }
        Ok(recovered)
    }

    /// Takes one that began with just this plan, with the hash of its genesis.
    pub(super) fn take(&mut self, kind: &Kind, plan: &FirstValues) -> Option<(DocumentId, ChangeHash)> {
        if self.0.is_empty() {
            return None;
        }
        let plan = sorted(plan.iter().map(|(key, json)| (key.clone(), json.to_string())));
        self.0.get_mut(&(kind.as_str().to_owned(), plan))?.pop()
    }
}

fn first_plan(document: &Document) -> Option<(ChangeHash, Vec<(String, String)>)> {
    let genesis = document.infos().into_iter().find(|info| DocumentId::of_genesis(&info.hash) == document.id())?.hash;
    let log = document.plan_log();
    let first = log.iter().filter(|entry| entry.change.hash == genesis);
    Some((genesis, sorted(first.map(|entry| (entry.register.clone(), entry.json.to_string())))))
}

fn sorted(values: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut values: Vec<_> = values.collect();
    values.sort();
    values
}
