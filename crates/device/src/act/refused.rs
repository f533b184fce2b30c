//! What the office makes of work that the server refused.

use rundan_model::fact::OnBehalf;
use rundan_model::policy::{self, Standing};
use rundan_model::refused::{Refused, refused};
use rundan_model::{DocumentId, Fact, FactBody, Kind};

use super::{Act, ActError, Statement};

/// Why the office states what another did: the word stands in the fact for whoever reads it.
const REASON: &str = "refused";

impl Act<'_, '_> {
    /// The office says it as its own, for whoever did it, with the time that she stated.
    pub(super) fn adopt(&mut self, id: DocumentId) -> Result<(), ActError> {
        let Some(refused) = self.open_refused(id)? else { return Ok(()) };
        let target = refused.work.document;
        let content = self.content(target)?;
        let unit = self.held(target)?.row.unit;
        let roles = self.actor.roles_in(unit).iter().cloned().collect();
        let standing = Standing { roles, ..Standing::default() };
        let facts = adoptable(&refused, &standing, &content.kind).ok_or(ActError::BadInput("refused"))?;
        let mut adopted = Vec::new();
        for fact in facts {
            let after = fact.after.iter().filter(|earlier| content.facts.contains_key(earlier)).copied().collect();
            let statement = Statement {
                about: fact.about,
                at: fact.at,
                at_reason: fact.at_reason,
                after,
                on_behalf: Some(OnBehalf { person: refused.work.person, reason: REASON.to_owned() }),
                body: fact.body,
            };
            adopted.push(self.state(target, statement)?);
        }
        for fact in adopted {
            let body = FactBody::Adopted { fact, document: target };
            self.state(id, Statement::now(self.actor.now, body))?;
        }
        // One decides once: what was adopted is taken back like any other fact of the office's.
        self.undo.facts.clear();
        Ok(())
    }

    pub(super) fn put_aside(&mut self, id: DocumentId, text: String) -> Result<(), ActError> {
        if self.open_refused(id)?.is_none() {
            return Ok(());
        }
        self.state(id, Statement::now(self.actor.now, FactBody::PutAside { text })).map(drop)
    }

    /// Refused work that nobody has decided on; none where someone has.
    fn open_refused(&mut self, id: DocumentId) -> Result<Option<Refused>, ActError> {
        let content = self.content(id)?;
        let refused = refused(&content).filter(|_| content.kind == Kind::Refused).ok_or(ActError::NotFound)?;
        Ok(Some(refused).filter(|refused| refused.decision.is_none()))
    }
}

/// The facts that the office can say as its own in a document of this kind; none unless it can say all, and something.
///
/// What begins a document, or takes back or reads another's fact, is nobody's to say again.
pub(crate) fn adoptable(refused: &Refused, standing: &Standing, kind: &Kind) -> Option<Vec<Fact>> {
    let can_say = |fact: &Fact| {
        let is_own = matches!(
            fact.body,
            FactBody::Begun { .. }
                | FactBody::Submitted { .. }
                | FactBody::Text { .. }
                | FactBody::Read { .. }
                | FactBody::Withdrawn { .. }
                | FactBody::Settled { .. }
                | FactBody::Chosen { .. }
                | FactBody::Adopted { .. }
                | FactBody::PutAside { .. }
                | FactBody::Unknown { .. }
        );
        !is_own && policy::may(standing, kind, policy::Act::Append(fact.body.kind()))
    };
    let facts: Option<Vec<Fact>> =
        refused.facts.iter().map(|text| Fact::from_text(text).ok().filter(|fact| can_say(fact))).collect();
    facts.filter(|facts| !facts.is_empty() && refused.puts.is_empty())
}
