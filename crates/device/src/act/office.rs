//! What the office decides: a visit's time, carer and cancellation, choices between clashing values, settlements.

use rundan_model::plan::{Cancelled, Slot, VISIT_MINUTES_MAX, When};
use rundan_model::{DocumentId, FactBody, Zone};
use serde_json::Value as Json;

use super::{Act, ActError, Statement, local, some_text, text};
use crate::api::{Intent, PlanChange};

impl Act<'_, '_> {
    pub(super) fn ask_office(&mut self, intent: &Intent) -> Result<(), ActError> {
        let document = match intent {
            Intent::ChangeVisit { visit, .. } | Intent::MatchRecipient { visit, .. } => *visit,
            Intent::Choose { document, .. } | Intent::Settle { document, .. } => *document,
            Intent::AdoptRefused { refused } | Intent::PutAsideRefused { refused, .. } => *refused,
            _ => return Err(ActError::BadInput("intent")),
        };
        if !self.is_office(document)? {
            return Err(ActError::NotAllowed);
        }
        match intent {
            Intent::ChangeVisit { visit, change } => self.change_visit(*visit, change),
            Intent::MatchRecipient { visit, recipient } => {
                self.visit(*visit)?;
                self.put(*visit, "recipient", Json::String(recipient.to_string()))
            }
            Intent::Choose { document, register, side } => {
                let content = self.content(*document)?;
                let standing = content.plan.get(register).ok_or(ActError::NotFound)?;
                let chosen = standing.values.get(*side).ok_or(ActError::NotFound)?.json.clone();
                self.put(*document, register, chosen)
            }
            Intent::Settle { document, facts, text: words } => {
                self.held(*document)?;
                if facts.is_empty() {
                    return Err(ActError::BadInput("facts"));
                }
                let body = FactBody::Settled { facts: facts.clone(), text: text(words)? };
                let statement = Statement { after: facts.clone(), ..Statement::now(self.actor.now, body) };
                self.state(*document, statement).map(drop)
            }
            Intent::AdoptRefused { refused } => self.adopt(*refused),
            Intent::PutAsideRefused { refused, text: words } => self.put_aside(*refused, text(words)?),
            _ => Err(ActError::BadInput("intent")),
        }
    }

    fn change_visit(&mut self, id: DocumentId, change: &PlanChange) -> Result<(), ActError> {
        let visit = self.visit(id)?;
        match change {
            PlanChange::When { start, minutes } => {
                if !(1..=VISIT_MINUTES_MAX).contains(minutes) {
                    return Err(ActError::BadInput("minutes"));
                }
                let day = Zone.date(visit.when.map_or(self.actor.now, |when| when.start));
                self.amend(id, "when", &When { start: local(day, start)?, minutes: *minutes })
            }
            PlanChange::Carer { slot, person } => {
                let standing = visit.slots.get(slot);
                let new = Slot { staff: *person, ..standing.copied().unwrap_or(NO_SLOT) };
                self.amend(id, &format!("slot/{slot}"), &new)
            }
            PlanChange::Cancel { reason } => self.amend(id, "cancelled", &Cancelled { reason: some_text(reason)? }),
            PlanChange::Restore => self.put(id, "cancelled", Json::Null),
        }
    }
}

const NO_SLOT: Slot = Slot { staff: None, start: None, minutes: None };
