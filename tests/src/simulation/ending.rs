//! What must hold when the faults have stopped: queues empty, replicas equal, nothing lost, nothing readable.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use rundan_model::visit::visit;
use rundan_model::{Content, DocumentId, Kind};

use super::holding::Holding;
use super::scope;
use super::truth::Truth;
use super::world::World;

/// In how many rounds of everyone all must be still.
const ROUNDS_MAX: u32 = 3;

/// P6 and P2 for one vault that has all: it holds what is due to it, at the heads that the server has.
pub(crate) fn check_held(truth: &Truth, holding: &Holding, due: Option<&BTreeSet<DocumentId>>) -> Result<()> {
    let nothing = BTreeSet::new();
    let due = due.unwrap_or(&nothing);
    let held = holding.held();
    if let Some(missing) = due.difference(&held).next() {
        let kind = &truth.documents[missing].content.kind;
        bail!("P6: {kind} {missing} is due and not held; {} due, {} held", due.len(), held.len());
    }
    if let Some(more) = held.difference(due).next() {
        let kind = truth.documents.get(more).map(|document| document.content.kind.to_string());
        bail!("P6: {kind:?} {more} is held and not due; {} due, {} held", due.len(), held.len());
    }
    for id in &held {
        let (theirs, ours) = (&truth.documents[id].heads, &holding.documents[id].heads);
        ensure!(theirs == ours, "P2: {id} has heads {ours:?} and not the server's {theirs:?}");
    }
    ensure!(holding.sum() == holding.digest, "P2: the digest is not the sum over what is held");
    Ok(())
}

impl World {
    /// Stops all faults, lets everyone sync, and checks what must then hold.
    pub(crate) async fn end(&mut self) -> Result<()> {
        for handset in &self.handsets {
            handset.wire.heal();
            handset.clock.set_ahead(0);
        }
        for round in 1..=ROUNDS_MAX {
            for at in 0..self.handsets.len() {
                self.sync(at).await.with_context(|| format!("closing round {round}"))?;
            }
        }
        self.refresh()?;
        for handset in &self.handsets {
            let name = &handset.owner.name;
            let holding = handset.holding()?;
            ensure!(
                holding.pending.is_empty(),
                "P7: {name} still has {} unsent after {ROUNDS_MAX} rounds",
                holding.pending.len()
            );
            ensure!(
                holding.cursor == Some(self.truth.head),
                "P7: {name} is at {:?} and not at {} after {ROUNDS_MAX} rounds",
                holding.cursor,
                self.truth.head
            );
            let due = scope::due(&self.truth, handset.owner.person);
            check_held(&self.truth, &holding, due.as_ref()).with_context(|| format!("at the end, {name}"))?;
            for id in holding.held() {
                let content = holding.content(id)?;
                ensure!(content.as_ref() == Some(&self.truth.documents[&id].content), "P2: {id} differs at {name}");
            }
        }
        self.ledger.check_server(&self.truth)?;
        for handset in &self.handsets {
            let traffic = handset.wire.traffic();
            self.figures.rounds += traffic.rounds;
            self.figures.cuts += traffic.cuts;
            self.figures.bytes += traffic.up + traffic.down;
        }
        Ok(())
    }

    /// What stands in each document, without times and without ids that a time goes into.
    pub(crate) fn merged(&self) -> Vec<String> {
        let documents = self.truth.documents.values();
        let mut merged: Vec<String> = documents.map(|document| stands(&document.content)).collect();
        merged.sort();
        merged
    }
}

fn stands(content: &Content) -> String {
    let standing = content.standing();
    let mut lines = vec![content.kind.to_string()];
    for (register, values) in &content.plan {
        let values: Vec<String> = values.values.iter().map(|value| value.json.to_string()).collect();
        lines.push(format!("{register} = {}", values.join(" or ")));
    }
    for (id, fact) in &content.facts {
        let holds = if standing.is_superseded(id) { "gone" } else { "holds" };
        lines.push(format!("{id} {} {:?} by {} {holds}", fact.body.kind(), fact.about, fact.by));
    }
    if content.kind == Kind::Visit {
        let visit = visit(content);
        for item in &visit.items {
            let mut claims: Vec<String> =
                item.claims.iter().map(|claim| format!("{} {:?}", claim.stated.by, claim.outcome)).collect();
            claims.sort();
            lines.push(format!("{} {}", item.code, claims.join(" or ")));
        }
        for (person, time) in &visit.times {
            lines.push(format!("{person} {:?}", time.progress));
        }
        lines.push(format!("{} disputes, {} clashes", visit.disputes.len(), visit.clashes.len()));
    }
    lines.join("\n")
}
