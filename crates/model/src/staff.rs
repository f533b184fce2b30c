//! Someone employed in the unit.

use serde::{Deserialize, Serialize};

use crate::PersonId;
use crate::content::Content;
use crate::plan::{Employment, StaffName};

/// Someone employed. What she may do is not here: roles are the server's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// Who.
    pub person: Option<PersonId>,
    #[allow(missing_docs)]
    pub name: StaffName,
    #[allow(missing_docs)]
    pub employment: Option<Employment>,
    /// Her work telephone; empty if the unit has not said.
    #[serde(default)]
    pub telephone: String,
}

/// Derives someone employed.
pub fn staff(content: &Content) -> Staff {
    Staff {
        person: content.get("person"),
        name: content.get("name").unwrap_or_default(),
        employment: content.get("employment"),
        telephone: content.get("telephone").unwrap_or_default(),
    }
}
