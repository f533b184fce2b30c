//! Documents that an import made and whose rows the table has lost: after the database was put back from a backup they
//! came back from vaults. The next import knows them by what the last one made of them.

use std::collections::{BTreeMap, BTreeSet};

use rundan_documents::Document;
use rundan_model::plan::FirstValues;
use rundan_model::{ChangeHash, DocumentId, Kind, UnitId, VaultId};
use rusqlite::{Connection, params};
use serde_json::Value as Json;

use crate::error::Result;
use crate::scope::OwnSession;
use crate::store::{column, documents};

/// What a document is and what its plan says, in the order of the registers.
type Imported = (String, Vec<(String, String)>);

/// The documents of the server's own that no row is known of.
#[derive(Debug, Default)]
pub(super) struct Recovered(BTreeMap<Imported, Vec<(DocumentId, Vec<ChangeHash>)>>);

impl Recovered {
    /// Finds them; `known` are those of which a row is known.
    pub(super) fn read(tx: &Connection, unit: UnitId, own: &OwnSession, known: &BTreeSet<DocumentId>) -> Result<Self> {
        let mut statement = tx.prepare(
            "SELECT document, kind FROM document WHERE unit = ?1 AND begun_by = ?2 AND kind NOT IN (?3, ?4)
             ORDER BY document DESC",
        )?;
        let (unit_kind, refused) = (Kind::Unit, Kind::Refused);
        let rows = statement.query_map(params![unit.0, own.person.0, unit_kind.as_str(), refused.as_str()], |row| {
            Ok((column::<DocumentId>(row, 0)?, row.get::<_, String>(1)?))
        })?;
        let mut recovered = Self::default();
        for row in rows {
            let (id, kind) = row?;
            if known.contains(&id) {
                continue;
            }
            let Some(document) = documents::load(tx, unit, id)? else { continue };
            let vault = own.actor.vault();
            let plan = as_imported(&document, vault).into_iter().filter(|(_, json)| !json.is_null());
            let plan = sorted(plan.map(|(register, json)| (register, json.to_string())));
            let last = document.infos().into_iter().rfind(|info| info.actor.vault() == vault).map(|info| info.hash);
            recovered.0.entry((kind, plan)).or_default().push((id, last.into_iter().collect()));
        }
        Ok(recovered)
    }

    /// Takes one that imports left with just this plan, with the heads of their branch.
    pub(super) fn take(&mut self, kind: &Kind, plan: &FirstValues) -> Option<(DocumentId, Vec<ChangeHash>)> {
        if self.0.is_empty() {
            return None;
        }
        let plan = sorted(plan.iter().map(|(key, json)| (key.clone(), json.to_string())));
        self.0.get_mut(&(kind.as_str().to_owned(), plan))?.pop()
    }
}

/// A plan as the imports left it: the last value that the server's own vault put in each register.
pub(super) fn as_imported(document: &Document, own: VaultId) -> BTreeMap<String, Json> {
    let puts = document.plan_log().into_iter().filter(|entry| entry.change.actor.vault() == own);
    puts.map(|entry| (entry.register, entry.json)).collect()
}

fn sorted(values: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut values: Vec<_> = values.collect();
    values.sort();
    values
}
