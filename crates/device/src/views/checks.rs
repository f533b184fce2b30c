//! A visit's interventions, clashes and disputes, with what each side says.

use std::collections::BTreeMap;

use rundan_documents::PlanEntry;
use rundan_model::plan::{Cancelled, Slot, When};
use rundan_model::time::format_clock;
use rundan_model::visit::{Claim, Clash, Decision, Dispute, Item, ItemOutcome, Visit};
use rundan_model::{ActorId, Content, DocumentId, PersonId, Timestamp, VaultId, Zone};
use serde::Deserialize;
use serde_json::Value as Json;

use super::card::Reader;
use crate::StoreError;
use crate::api::{CheckItem, CheckState, ClashView, DecisionView, DisputeView, Side};
use crate::store::Held;

impl Reader<'_> {
    /// The interventions of a visit, as someone ticks them; `how` as its recipient wants them.
    pub(super) fn check_items(&self, visit: &Visit) -> Result<Vec<CheckItem>, StoreError> {
        let recipient = visit.recipient.map(|id| self.names.recipient(id)).transpose()?.flatten();
        let how = |item: &Item| recipient.as_ref().and_then(|recipient| recipient.wishes.get(&item.code)).cloned();
        visit.items.iter().map(|item| self.check_item(item, how(item).unwrap_or_default())).collect()
    }

    fn check_item(&self, item: &Item, how: String) -> Result<CheckItem, StoreError> {
        let own: Vec<&Claim> = item.claims.iter().filter(|claim| claim.stated.by == self.ctx.person).collect();
        let stands = own.last().copied().or(item.claims.last());
        let state = match stands.map(|claim| &claim.outcome) {
            None => CheckState::Open,
            Some(_) if item.is_disputed() => CheckState::Disputed,
            Some(ItemOutcome::Done) => CheckState::Done,
            Some(ItemOutcome::NotDone { .. }) => CheckState::NotDone,
        };
        let (reason, text) = match stands.map(|claim| &claim.outcome) {
            Some(ItemOutcome::NotDone { reason, text }) => (Some(reason.clone()), text.clone()),
            _ => (None, String::new()),
        };
        let other = stands.filter(|_| own.is_empty());
        Ok(CheckItem {
            key: item.code.clone(),
            name: self.names.intervention(&item.code)?,
            group: self.names.group(&item.code)?,
            how,
            state,
            extra: item.planned.is_none(),
            by: other.map(|claim| self.names.person(claim.stated.by)).transpose()?,
            at: stands.map(|claim| claim.stated.at.0),
            reason,
            text,
            own_facts: own.iter().map(|claim| claim.stated.fact).collect(),
            sides: if item.is_disputed() { self.sides(item)? } else { Vec::new() },
        })
    }

    fn sides(&self, item: &Item) -> Result<Vec<Side>, StoreError> {
        let side = |claim: &Claim| {
            let (value, shown) = match &claim.outcome {
                ItemOutcome::Done => ("done", String::new()),
                ItemOutcome::NotDone { reason, text } => ("not_done", said(reason.as_str(), text)),
            };
            Ok(Side {
                by: self.names.person(claim.stated.by)?,
                at: Some(claim.stated.at.0),
                value: value.to_owned(),
                shown,
                fact: Some(claim.stated.fact),
            })
        };
        item.claims.iter().map(side).collect()
    }

    /// What people state differently.
    pub(super) fn disputes(&self, visit: &Visit) -> Result<Vec<DisputeView>, StoreError> {
        visit.disputes.iter().map(|dispute| self.dispute(visit, dispute)).collect()
    }

    fn dispute(&self, visit: &Visit, dispute: &Dispute) -> Result<DisputeView, StoreError> {
        if let Some(code) = &dispute.about {
            let item = visit.items.iter().find(|item| &item.code == code);
            let sides = item.map(|item| self.sides(item)).transpose()?.unwrap_or_default();
            return Ok(DisputeView { about: self.names.intervention(code)?, sides });
        }
        let side = |statement: &rundan_model::visit::NotCarriedOut| {
            Ok(Side {
                by: self.names.person(statement.stated.by)?,
                at: Some(statement.stated.at.0),
                value: "not_carried_out".to_owned(),
                shown: said(statement.reason.as_str(), &statement.text),
                fact: Some(statement.stated.fact),
            })
        };
        let sides = visit.not_carried_out.iter().map(side).collect::<Result<_, StoreError>>()?;
        Ok(DisputeView { about: String::new(), sides })
    }

    /// What was decided about values or statements of hers, until she says that she saw it.
    pub(super) fn decisions(&self, content: &Content, visit: &Visit) -> Result<Vec<DecisionView>, StoreError> {
        let view = |decision: &Decision| {
            let register = decision.register.clone().unwrap_or_default();
            let holds = content.plan.get(&register).and_then(|register| register.shown());
            let shown = match (&decision.about, holds) {
                (Some(code), _) => self.names.intervention(code)?,
                (None, Some(json)) => self.value(&register, json)?,
                (None, None) => String::new(),
            };
            Ok(DecisionView {
                fact: decision.stated.fact,
                by: self.names.person(decision.stated.by)?,
                at: decision.stated.at.0,
                register,
                shown,
                text: decision.text.clone(),
            })
        };
        visit.unacknowledged(self.ctx.person).map(view).collect()
    }

    /// The registers of a visit with several values, each with who put it.
    pub(super) fn clashes(&self, held: &Held, clashes: &[Clash]) -> Result<Vec<ClashView>, StoreError> {
        if clashes.is_empty() {
            return Ok(Vec::new());
        }
        let authors = Authors::of(held, self.ctx.vault, self.ctx.person);
        let log = held.document.plan_log();
        let side = |clash: &Clash, (json, actor): &(Json, ActorId)| {
            let is_put = |entry: &&PlanEntry| entry.register == clash.register && entry.change.actor == *actor;
            Ok(Side {
                by: self.author(&authors, actor)?,
                at: log.iter().rev().find(is_put).map(|entry| entry.change.time.0),
                value: json.to_string(),
                shown: self.value(&clash.register, json)?,
                fact: None,
            })
        };
        let view = |clash: &Clash| {
            let sides = clash.values.iter().map(|value| side(clash, value)).collect::<Result<_, StoreError>>()?;
            Ok(ClashView { register: clash.register.clone(), sides })
        };
        clashes.iter().map(view).collect()
    }

    /// The name of a session's person; empty if she is not known here.
    pub(super) fn author(&self, authors: &Authors, actor: &ActorId) -> Result<String, StoreError> {
        authors.0.get(&actor.vault()).map_or_else(|| Ok(String::new()), |person| self.names.person(*person))
    }

    /// A register's value, readable in any language: times, names, what someone wrote.
    pub(super) fn value(&self, register: &str, json: &Json) -> Result<String, StoreError> {
        let family = register.split('/').next().unwrap_or(register);
        Ok(match family {
            "when" | "shift" | "break" => When::deserialize(json).map(|when| span(&when)).unwrap_or_default(),
            "slot" => self.slot(json)?,
            "cancelled" => Cancelled::deserialize(json).map(|cancelled| cancelled.reason).unwrap_or_default(),
            "intervention" if !json.is_null() => {
                self.names.intervention(register.split('/').nth(1).unwrap_or_default())?
            }
            "recipient" => self.names.recipient_name(DocumentId::deserialize(json).ok())?,
            _ => json.as_str().unwrap_or_default().to_owned(),
        })
    }

    fn slot(&self, json: &Json) -> Result<String, StoreError> {
        let Ok(slot) = Slot::deserialize(json) else { return Ok(String::new()) };
        let name = slot.staff.map(|person| self.names.person(person)).transpose()?.unwrap_or_default();
        Ok(match slot.start {
            Some(start) => format!("{name} {}", clock(start)).trim().to_owned(),
            None => name,
        })
    }
}

/// Whose vault made each change of a document.
pub(super) struct Authors(BTreeMap<VaultId, PersonId>);

impl Authors {
    pub(super) fn of(held: &Held, vault: VaultId, person: PersonId) -> Self {
        let mut authors: BTreeMap<_, _> =
            held.row.records.values().map(|record| (record.vault, record.person)).collect();
        authors.insert(vault, person);
        Self(authors)
    }
}

/// What someone gave as a reason: her words, or the word of the list.
fn said(word: &str, text: &str) -> String {
    if text.is_empty() { word.to_owned() } else { text.to_owned() }
}

fn clock(instant: Timestamp) -> String {
    format_clock(Zone.local(instant).time())
}

fn span(when: &When) -> String {
    format!("{}\u{2013}{}", clock(when.start), clock(when.end()))
}
