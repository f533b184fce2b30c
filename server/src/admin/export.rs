//! Data leaves as any Automerge library or any reader of JSON can use it.

use std::collections::BTreeMap;
use std::sync::Arc;

use rundan_documents::Document;
use rundan_model::{DocumentId, UnitId};
use rusqlite::params;
use serde_json::{Map, Value as Json, json};

use crate::error::{Error, Result};
use crate::server::Server;
use crate::store::{column, documents, log};

/// A document's saved bytes.
pub(super) async fn document(server: &Arc<Server>, document: DocumentId) -> Result<Vec<u8>> {
    server
        .db
        .read(move |tx| {
            for unit in log::units(tx)? {
                if let Some(saved) = documents::saved(tx, unit, document)? {
                    return Ok(saved);
                }
            }
            Err(Error::NoDocument(document))
        })
        .await
}

/// A unit's documents, each with every value that stands in its plan and all its facts, as JSON.
pub(super) async fn unit(server: &Arc<Server>, unit: UnitId) -> Result<Vec<u8>> {
    server
        .db
        .read(move |tx| {
            let state = log::unit_state(tx, unit)?.ok_or(Error::NoUnit(unit))?;
            let mut statement = tx.prepare("SELECT document, saved FROM document WHERE unit = ?1 ORDER BY document")?;
            let mut rows = statement.query(params![unit.0])?;
            let mut exported = Vec::new();
            while let Some(row) = rows.next()? {
                let document: DocumentId = column(row, 0)?;
                let saved = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
                let loaded =
                    Document::load(saved).map_err(|source| Error::Load { document, source: Box::new(source) })?;
                exported.push(to_json(&loaded));
            }
            let whole = json!({
                "unit": unit,
                "name": state.name,
                "log": { "seq": state.head.seq, "chain": hex::encode(state.head.chain.0) },
                "documents": exported,
            });
            Ok(serde_json::to_vec_pretty(&whole).unwrap_or_default())
        })
        .await
}

fn to_json(document: &Document) -> Json {
    let content = document.content();
    let plan: BTreeMap<&String, Vec<&Json>> = content
        .plan
        .iter()
        .map(|(key, register)| (key, register.values.iter().map(|value| &value.json).collect()))
        .collect();
    let facts: Map<String, Json> = content
        .facts
        .iter()
        .map(|(id, fact)| (id.to_string(), serde_json::from_str(&fact.to_text()).unwrap_or(Json::Null)))
        .collect();
    json!({
        "document": document.id(),
        "kind": document.kind().as_str(),
        "schema": content.schema,
        "plan": plan,
        "facts": facts,
    })
}
