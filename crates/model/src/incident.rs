//! Incident notes (avvikelser) and the drafts they come from.

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::fact::IncidentText;
use crate::visit::{Note, Stated};
use crate::{FactBody, FactId};

/// An incident note that was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Who submitted it and when.
    pub submitted: Stated,
    /// The whole text.
    pub text: IncidentText,
    /// What was added later, in order.
    pub additions: Vec<Note>,
    /// Who opened which fact, and when.
    pub reads: Vec<(FactId, Stated)>,
}

/// Derives an incident; none while the submitted text has not arrived.
pub fn incident(content: &Content) -> Option<Incident> {
    let mut found: Option<Incident> = None;
    let (mut additions, mut reads) = (Vec::new(), Vec::new());
    for (id, fact) in content.standing().holding() {
        let stated = Stated::of(id, fact);
        match &fact.body {
            FactBody::Submitted { text } => {
                found =
                    Some(Incident { submitted: stated, text: text.clone(), additions: Vec::new(), reads: Vec::new() });
            }
            FactBody::Added { text } => additions.push(Note { stated, text: text.clone() }),
            FactBody::Read { facts } => reads.extend(facts.iter().map(|read| (*read, stated))),
            _ => {}
        }
    }
    found.map(|incident| Incident { additions, reads, ..incident })
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The latest versions: one, or several that were written apart and stand side by side.
    pub versions: Vec<(Stated, IncidentText)>,
    /// It was submitted, or put away.
    pub is_closed: bool,
}

/// Derives a draft.
pub fn draft(content: &Content) -> Draft {
    let mut draft = Draft { versions: Vec::new(), is_closed: false };
    for (id, fact) in content.standing().holding() {
        let stated = Stated::of(id, fact);
        match &fact.body {
            FactBody::Text { text } => draft.versions.push((stated, text.clone())),
            FactBody::Submitted { .. } => draft.is_closed = true,
            _ => {}
        }
    }
    draft.versions.reverse();
    draft
}
