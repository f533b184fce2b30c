//! What every person was told is saved, kept outside the product: the oracle of durability.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail, ensure};
use rundan_model::{ActionId, ChangeHash, Content, DocumentId, VaultId};

use super::holding::Holding;
use super::truth::Truth;

/// A fact by what it says: its document, kind and what it is about.
pub(crate) type Said = (DocumentId, String, Option<String>);

/// What became of saved work, other than that it must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It must be on the server in the end.
    Owed,
    /// The only copy of it was on a phone that is no more, or whose vault was revoked.
    Lost,
    /// The server refused it, and the person was told.
    Refused,
}

/// One action that a phone said was saved.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) vault: VaultId,
    pub(crate) action: ActionId,
    pub(crate) changes: Vec<(DocumentId, ChangeHash)>,
    pub(crate) facts: Vec<Said>,
    pub(crate) fate: Fate,
}

/// All that was said to be saved.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) saved: Vec<Saved>,
}

/// The facts of one action in a document.
pub(crate) fn facts_of(id: DocumentId, content: &Content, action: ActionId) -> Vec<Said> {
    let hers = content.facts.values().filter(|fact| fact.action == action);
    hers.map(|fact| (id, fact.body.kind().to_owned(), fact.about.clone())).collect()
}

impl Ledger {
    /// Takes down what a phone has just said is saved; says how many changes it wrote. The phone must show it (P5).
    pub(crate) fn note(&mut self, vault: VaultId, action: ActionId, holding: &Holding) -> Result<usize> {
        let pending = holding.pending.iter().filter(|change| change.action == action);
        let changes: Vec<_> = pending.map(|change| (change.document, change.hash)).collect();
        let is_logged = holding.actions.contains_key(&action);
        ensure!(is_logged != changes.is_empty(), "action {action}: {} changes, logged: {is_logged}", changes.len());
        let documents: BTreeSet<DocumentId> = changes.iter().map(|(document, _)| *document).collect();
        let mut facts = Vec::new();
        for id in documents {
            let Some(content) = holding.content(id)? else { bail!("P5: {id} is not where it was just written") };
            facts.extend(facts_of(id, &content, action));
        }
        let written = changes.len();
        if written > 0 {
            self.saved.push(Saved { vault, action, changes, facts, fate: Fate::Owed });
        }
        Ok(written)
    }

    /// What stands beside something refused is written anew: the same press in other changes, or in none where it says
    /// nothing any more, as the undo of what was refused. What it stated must still stand in the end.
    fn follow(&mut self, vault: VaultId, holding: &Holding, truth: &Truth) -> Result<()> {
        if holding.actions.values().all(Option::is_none) {
            return Ok(());
        }
        let mut known = holding.could_bring()?;
        known.extend(truth.changes.iter().map(|change| change.hash));
        known.extend(holding.kept.iter().map(|change| change.hash));
        // Another copy of the same phone may know of others.
        let is_here = |saved: &&mut Saved| saved.vault == vault && holding.actions.contains_key(&saved.action);
        for saved in self.saved.iter_mut().filter(is_here).filter(|saved| saved.fate == Fate::Owed) {
            saved.changes.retain(|(_, hash)| known.contains(hash));
            let anew = holding.pending.iter().filter(|change| change.action == saved.action);
            for change in anew.map(|change| (change.document, change.hash)) {
                if !saved.changes.contains(&change) {
                    saved.changes.push(change);
                }
            }
        }
        Ok(())
    }

    /// Files were replaced or lost: what neither the server has nor a living phone can bring is gone with them.
    pub(crate) fn lose(&mut self, bringable: &BTreeSet<ChangeHash>) -> usize {
        let mut lost = 0;
        for saved in self.saved.iter_mut().filter(|saved| saved.fate == Fate::Owed) {
            if !saved.changes.iter().all(|(_, hash)| bringable.contains(hash)) {
                saved.fate = Fate::Lost;
                lost += 1;
            }
        }
        lost
    }

    /// Reads what a phone says was refused: how much is new, and each action for which there is no good reason, with
    /// the one given.
    ///
    /// A draft that was submitted or put away on another phone of the same person is a good reason; so are a role that
    /// was taken from her, work that builds on what went with a lost log, and a document that became hers in a log that
    /// the server has lost and is not hers in this one.
    pub(crate) fn note_refusals(
        &mut self,
        vault: VaultId,
        holding: &Holding,
        truth: &Truth,
        is_demoted: bool,
        was_hers: impl Fn(DocumentId) -> Result<bool>,
    ) -> Result<(usize, Vec<String>)> {
        let (mut new, mut wrong) = (0, Vec::new());
        for saved in self.saved.iter_mut().filter(|saved| saved.fate == Fate::Owed) {
            if let Some(Some(reason)) = holding.actions.get(&saved.action) {
                saved.fate = Fate::Refused;
                let is_destroyed = saved.changes.iter().any(|(document, _)| !truth.documents.contains_key(document));
                new += 1;
                let is_of_rights = matches!(reason.as_str(), "not_allowed" | "depends");
                // What is given up must not be on the server.
                let is_there = |(_, hash): &(DocumentId, ChangeHash)| truth.changes.iter().any(|it| it.hash == *hash);
                let is_lost = reason == "lost" && !saved.changes.iter().all(is_there);
                if (reason == "purged" && is_destroyed) || (is_of_rights && is_demoted) || is_lost {
                    continue;
                }
                let mut hers = saved.changes.iter().map(|(document, _)| was_hers(*document));
                if is_of_rights && hers.try_fold(false, |lost, is| Ok::<_, anyhow::Error>(lost || !is?))? {
                    continue;
                }
                wrong.push(format!("{} ({:?}): {reason}", saved.action, saved.facts));
            }
        }
        self.follow(vault, holding, truth)?;
        Ok((new, wrong))
    }

    /// P5: what a phone said is saved it still shows, in every document that it holds. What it still has to bring back to
    /// a server that lost it may build on work that only another vault can bring.
    pub(crate) fn check_shown(&self, holding: &Holding) -> Result<()> {
        let mut contents: BTreeMap<DocumentId, Option<Content>> = BTreeMap::new();
        for saved in self.saved.iter().filter(|saved| saved.fate == Fate::Owed) {
            if !holding.actions.contains_key(&saved.action) {
                continue;
            }
            for said in saved.facts.iter().filter(|said| !holding.offers.contains(&said.0)) {
                let content = match contents.entry(said.0) {
                    Entry::Occupied(read) => read.into_mut(),
                    Entry::Vacant(free) => free.insert(holding.content(said.0)?),
                };
                let Some(content) = content else { continue };
                let shown = facts_of(said.0, content, saved.action);
                ensure!(shown.contains(said), "P5: {said:?} of action {} is not shown", saved.action);
            }
        }
        Ok(())
    }

    /// P1 and P3: all that is owed is on the server, each fact once, and nothing that nobody said.
    pub(crate) fn check_server(&self, truth: &Truth) -> Result<()> {
        let mut logged: BTreeMap<ChangeHash, usize> = BTreeMap::new();
        for change in &truth.changes {
            *logged.entry(change.hash).or_default() += 1;
        }
        if let Some((hash, times)) = logged.iter().find(|(_, times)| **times > 1) {
            bail!("P3: change {hash} is in the log {times} times");
        }
        let mut stated: BTreeMap<(ActionId, Said), usize> = BTreeMap::new();
        for (id, document) in &truth.documents {
            for fact in document.content.facts.values() {
                let said = (*id, fact.body.kind().to_owned(), fact.about.clone());
                *stated.entry((fact.action, said)).or_default() += 1;
            }
        }
        for saved in self.saved.iter().filter(|saved| saved.fate == Fate::Owed) {
            let changes = saved.changes.iter().filter(|(document, _)| !truth.destroyed.contains(document));
            for (document, hash) in changes {
                ensure!(
                    logged.contains_key(hash),
                    "P1: action {} of vault {} is not in {document} on the server",
                    saved.action,
                    saved.vault
                );
            }
        }
        let mut said: BTreeMap<(ActionId, Said), usize> = BTreeMap::new();
        for saved in &self.saved {
            for fact in &saved.facts {
                *said.entry((saved.action, fact.clone())).or_default() += 1;
            }
        }
        for (fact, times) in &stated {
            let expected = said.get(fact).copied().unwrap_or(0);
            ensure!(*times == expected, "P3: {fact:?} stands {times} times and was said {expected} times");
        }
        for saved in self.saved.iter().filter(|saved| saved.fate == Fate::Owed) {
            for fact in saved.facts.iter().filter(|fact| truth.documents.contains_key(&fact.0)) {
                let is_there = stated.contains_key(&(saved.action, fact.clone()));
                ensure!(is_there, "P1: {fact:?} of action {} is not on the server", saved.action);
            }
        }
        Ok(())
    }
}
