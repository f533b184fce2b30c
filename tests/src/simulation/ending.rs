//! What must hold when the faults have stopped: queues empty, replicas equal, nothing lost, nothing readable.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use rundan_device::PROJECTIONS;
use rundan_device::api::Command;
use rundan_model::key::key;
use rundan_model::visit::visit;
use rundan_model::{Content, DocumentId, Kind};

use rusqlite::Connection;
use rusqlite::types::Value;
use serde_json::json;

use super::handset::Handset;
use super::holding::{self, Holding};
use super::scope;
use super::truth::Truth;
use super::unit::{DOOR_CODE, NAME};
use super::world::World;

/// In how many rounds of everyone all must be still.
const ROUNDS_MAX: u32 = 3;
/// In how many days what nobody can bring back must be given up.
const DAYS_MAX: u32 = 16;

/// P6 and P2 for one vault that has all: it holds what is due to it, at the heads that the server has. What it still has
/// to bring back to a server that lost it waits for work that another vault brings.
pub(crate) fn check_held(truth: &Truth, holding: &Holding, due: Option<&BTreeSet<DocumentId>>) -> Result<()> {
    let nothing = BTreeSet::new();
    let due = due.unwrap_or(&nothing);
    let held: BTreeSet<_> = holding.held().difference(&holding.offers).copied().collect();
    let due: BTreeSet<_> = due.difference(&holding.offers).copied().collect();
    if let Some(missing) = due.difference(&held).next() {
        let kind = &truth.documents[missing].content.kind;
        bail!("P6: {kind} {missing} is due and not held; {} due, {} held", due.len(), held.len());
    }
    if let Some(more) = held.difference(&due).next() {
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
        self.make_room().await?;
        for handset in &self.handsets {
            handset.wire.heal();
            handset.clock.set_ahead(0);
        }
        self.check_revoked().await?;
        for round in 1..=ROUNDS_MAX {
            for at in 0..self.handsets.len() {
                self.sync(at).await.with_context(|| format!("closing round {round}"))?;
            }
        }
        self.wait_for_lost_work().await?;
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
            let waiting = holding.offers.len();
            ensure!(waiting == 0, "P7: {name} still has {waiting} to bring back after {DAYS_MAX} days");
            let due = scope::due(&self.truth, handset.owner.person);
            check_held(&self.truth, &holding, due.as_ref()).with_context(|| format!("at the end, {name}"))?;
            for id in holding.held() {
                let content = holding.content(id)?;
                ensure!(content.as_ref() == Some(&self.truth.documents[&id].content), "P2: {id} differs at {name}");
            }
        }
        self.ledger.check_server(&self.truth)?;
        self.check_custody().await?;
        self.check_log()?;
        self.check_readable()?;
        self.check_projections().await?;
        for handset in &self.handsets {
            let traffic = handset.wire.traffic();
            self.figures.rounds += traffic.rounds;
            self.figures.cuts += traffic.cuts;
            self.figures.bytes += traffic.up + traffic.down;
        }
        Ok(())
    }

    /// P2: every phone shows each copy of each key where the server's documents say that it is.
    async fn check_custody(&mut self) -> Result<()> {
        for (id, document) in self.truth.documents.iter().filter(|(_, document)| document.content.kind == Kind::Key) {
            let key = key(&document.content);
            self.figures.disputed += u64::from(key.copies.iter().any(|copy| copy.custody.is_disputed()));
            for handset in
                self.handsets.iter().filter(|handset| scope::due(&self.truth, handset.owner.person).is_some())
            {
                let shown = handset.ask(Command::Key { key: *id }).await;
                let shown = shown.map_err(|error| anyhow!("{}: key {id}: {error:?}", handset.owner.name))?;
                let copies = shown["copies"].as_array().map(Vec::as_slice).unwrap_or_default();
                ensure!(
                    copies.len() == key.copies.len(),
                    "P2: key {id} has {} copies at {}",
                    copies.len(),
                    handset.owner.name
                );
                for (copy, line) in key.copies.iter().zip(copies) {
                    let holder = copy.custody.place.holders().first().map(|person| json!(person)).unwrap_or_default();
                    let sides = line["sides"].as_array().map(Vec::len).unwrap_or_default();
                    ensure!(
                        line["person"] == holder && (sides > 0) == copy.custody.is_disputed(),
                        "P2: copy {} of key {id} is {:?} and {} shows {line}",
                        copy.number,
                        copy.custody,
                        handset.owner.name
                    );
                }
            }
        }
        Ok(())
    }

    /// What builds on work that is lost is given up after some days, should nobody turn up with it.
    async fn wait_for_lost_work(&mut self) -> Result<()> {
        for day in 1..=DAYS_MAX {
            let mut is_waiting = false;
            for handset in &self.handsets {
                is_waiting |= !handset.holding()?.offers.is_empty();
            }
            if !is_waiting {
                return Ok(());
            }
            self.place.clock.pass(86_400);
            self.place.host.server().open_day().await?;
            for at in 0..self.handsets.len() {
                self.sync(at).await.with_context(|| format!("closing day {day}"))?;
            }
        }
        // The last to give something up may have moved what others hold.
        for at in 0..self.handsets.len() {
            self.sync(at).await.context("after the closing days")?;
        }
        Ok(())
    }

    /// P6: what a revoked phone still has, it keeps to itself.
    async fn check_revoked(&mut self) -> Result<()> {
        for (_, handset) in &self.revoked {
            handset.wire.heal();
            handset.sync().await?;
            let problem = handset.problem().await;
            ensure!(problem.as_deref() == Some("revoked"), "a revoked phone was told {problem:?}");
        }
        Ok(())
    }

    /// The server's file is sound, and nothing of a revoked vault is in it from after it was revoked.
    fn check_log(&self) -> Result<()> {
        let proof = rundan_server::store::verify::verify(&self.place.host.look()?)?;
        ensure!(proof.faults.is_empty(), "the server's file: {:?}", proof.faults);
        for (head, handset) in &self.revoked {
            let late = self.truth.changes.iter().find(|change| change.seq > *head && change.vault == handset.vault);
            // Others may bring back what a vault had sent before it was revoked.
            ensure!(
                late.is_none() || self.was_restored,
                "P6: a change of a revoked vault is at {:?}",
                late.map(|it| it.seq)
            );
        }
        Ok(())
    }

    /// P10: neither a door code nor a name can be read in any file of a phone or in what was logged.
    fn check_readable(&self) -> Result<()> {
        let log = self.journal.take();
        ensure!(!is_readable(&log), "P10: what must be secret is in the log");
        for (_, handset) in &self.revoked {
            check_files(&handset.directory)?;
        }
        self.handsets.iter().try_for_each(|handset| check_files(&handset.directory))
    }

    /// P2: tables that are made of documents come out the same when they are made anew. One phone of each seed.
    async fn check_projections(&mut self) -> Result<()> {
        let handset = &self.handsets[self.chance.below(self.handsets.len())];
        let copy = self.directory.path().join("anew");
        handset.back_up(&copy)?;
        let before = projected(&holding::open(&copy, handset.vault)?)?;
        holding::project_anew(&copy, handset.vault)?;
        let anew = Handset::over(&self.place, handset.owner.clone(), copy, handset.vault).await?;
        let after = projected(&holding::open(&anew.directory, anew.vault)?)?;
        let differs = before.iter().zip(&after).find(|(before, after)| before != after);
        ensure!(before == after, "P2: rows made anew differ: {differs:?}");
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

/// Whether what must be secret is in these bytes.
fn is_readable(bytes: &[u8]) -> bool {
    [DOOR_CODE, NAME].iter().any(|secret| has(bytes, secret.as_bytes()))
}

/// Whether `part` occurs in `bytes`; a part's length at a time, since files are long (Horspool).
fn has(bytes: &[u8], part: &[u8]) -> bool {
    let last = part.len() - 1;
    let mut skip = [part.len(); 256];
    for (n, byte) in part[..last].iter().enumerate() {
        skip[usize::from(*byte)] = last - n;
    }
    let mut end = last;
    while let Some(byte) = bytes.get(end) {
        if *byte == part[last] && bytes[end - last..=end] == *part {
            return true;
        }
        end += skip[usize::from(*byte)];
    }
    false
}

fn check_files(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            check_files(&path)?;
        } else {
            ensure!(!is_readable(&std::fs::read(&path)?), "P10: what must be secret is in {}", path.display());
        }
    }
    Ok(())
}

/// Every row of the tables that are made of documents, in a fixed order.
fn projected(connection: &Connection) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    for table in PROJECTIONS {
        let mut query = connection.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = query.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let values: rusqlite::Result<Vec<Value>> = (0..columns).map(|column| row.get(column)).collect();
            Ok(format!("{table} {:?}", values?))
        };
        rows.extend(query.query_map([], row)?.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    rows.sort();
    Ok(rows)
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
    if content.kind == Kind::Key {
        let copies = key(content).copies;
        lines.extend(copies.iter().map(|copy| format!("copy {} {:?}", copy.number, copy.custody.certainty)));
    }
    lines.join("\n")
}
