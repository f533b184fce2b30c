//! Work that the server refused: what it was, whose, and what the office made of it.
//!
//! The server quotes it in the plan of a document of its own, as one JSON text in pieces that each fit a register.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::content::Content;
use crate::plan::FirstValues;
use crate::visit::Stated;
use crate::{DocumentId, Fact, FactBody, FactId, PersonId, Timestamp};

/// The longest piece of a quotation, characters: fits a register however it is escaped.
const PIECE_CHARS_MAX: usize = 3_000;
/// The register that says what was refused.
const WHAT: &str = "refused";
/// The family of registers that quote it.
const QUOTE: &str = "quote";

/// What was refused, whose and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedWork {
    /// The document that it was for, which may not exist.
    pub document: DocumentId,
    /// Who signed it.
    pub person: PersonId,
    /// Why, as the word that her phone was told.
    pub code: String,
    /// When the server received it.
    pub received_at: Timestamp,
}

/// The words of the work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Quote {
    /// Facts as they would have been stored.
    facts: Vec<String>,
    /// Values for the plan.
    puts: Vec<(String, Json)>,
}

/// What the office made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// It is the office's own fact now.
    Adopted(Stated),
    /// It is put aside, in words if there are any.
    PutAside(Stated, String),
}

/// A refused piece of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// Whose, and why.
    pub work: RefusedWork,
    /// The facts that it stated, as stored.
    pub facts: Vec<String>,
    /// What it put into a plan.
    pub puts: Vec<(String, Json)>,
    /// What the office made of it first; none while it is open.
    pub decision: Option<Decision>,
}

/// The plan of a document that quotes refused work.
pub fn plan(work: &RefusedWork, facts: &[(FactId, Fact)], puts: &[(String, Json)]) -> FirstValues {
    let quote = Quote { facts: facts.iter().map(|(_, fact)| fact.to_text()).collect(), puts: puts.to_vec() };
    let text: Vec<char> = serde_json::to_string(&quote).unwrap_or_default().chars().collect();
    let pieces = text.chunks(PIECE_CHARS_MAX).map(|piece| piece.iter().collect::<String>());
    let quoted = pieces.enumerate().map(|(n, piece)| (format!("{QUOTE}/{n:03}"), Json::String(piece)));
    let what = serde_json::to_value(work).unwrap_or_default();
    std::iter::once((WHAT.to_owned(), what)).chain(quoted).collect()
}

/// Derives refused work; none where the document does not say what it was.
pub fn refused(content: &Content) -> Option<Refused> {
    let work = content.get::<RefusedWork>(WHAT)?;
    let pieces = content.under(QUOTE).filter_map(|(_, register)| register.shown()?.as_str());
    let quote: Quote = serde_json::from_str(&pieces.collect::<String>()).unwrap_or_default();
    let decision = content.standing().holding().iter().find_map(|(id, fact)| {
        let stated = Stated::of(*id, fact);
        match &fact.body {
            FactBody::Adopted { .. } => Some(Decision::Adopted(stated)),
            FactBody::PutAside { text } => Some(Decision::PutAside(stated, text.clone())),
            _ => None,
        }
    });
    Some(Refused { work, facts: quote.facts, puts: quote.puts, decision })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::VALUE_BYTES_MAX;
    use crate::{ActionId, ActorId, Kind, Register, Value};

    #[test]
    fn the_longest_text_is_quoted_whole_in_registers_that_fit() {
        let work = RefusedWork {
            document: DocumentId([1; 16]),
            person: PersonId([2; 8]),
            code: "not_allowed".into(),
            received_at: Timestamp(9),
        };
        let fact = Fact::stated(
            work.person,
            Timestamp(5),
            ActionId([1; 8]),
            FactBody::Note { text: "\u{1F600}\"\\\n".repeat(2_500) },
        );
        let id = FactId { actor: ActorId([3; 16]), n: 1 };
        let plan = plan(&work, &[(id, fact.clone())], &[("when".into(), serde_json::json!({ "start": 1 }))]);
        let mut content = Content::new(Kind::Refused);
        for (key, json) in plan {
            assert!(json.to_string().len() <= VALUE_BYTES_MAX && crate::plan::is_key(&key), "{key}");
            let register = Register { values: vec![Value { json, actor: id.actor }] };
            content.plan.insert(key, register);
        }
        let read = refused(&content).unwrap();
        assert_eq!((read.work, read.decision), (work, None));
        assert_eq!(Fact::from_text(&read.facts[0]).unwrap(), fact);
        assert_eq!(read.puts[0].0, "when");
    }
}
