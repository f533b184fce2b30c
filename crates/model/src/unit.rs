//! A unit: its name, areas and catalogue of interventions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::plan::CatalogueEntry;

/// A unit (hemtjänstenhet).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    #[allow(missing_docs)]
    pub name: String,
    /// The interventions it carries out, by code.
    pub catalogue: BTreeMap<String, CatalogueEntry>,
    /// When keys should be back in their cabinets, `HH:MM`.
    #[serde(default)]
    pub key_curfew: Option<String>,
}

/// Derives a unit.
pub fn unit(content: &Content) -> Unit {
    Unit {
        name: content.get("name").unwrap_or_default(),
        catalogue: content
            .under("catalogue")
            .filter_map(|(code, _)| {
                Some((code.to_owned(), content.get::<Option<CatalogueEntry>>(&format!("catalogue/{code}"))??))
            })
            .collect(),
        key_curfew: content.get::<Option<String>>("key-curfew").flatten(),
    }
}
