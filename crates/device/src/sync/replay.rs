//! What a refusal leaves behind: the refused change is rolled back, and what came after it is made anew.
//!
//! Replay is pure: each later change is written again with its own facts, times and values, in a new session, on what its
//! author saw less what was refused. What speaks of a refused fact is refused with it; all else stands. A change that the
//! server could not place, though nothing was wrong with what it says, is made anew itself, three times at most.
//!
//! What builds on a change that is nowhere any more, because the file that had it was damaged, is made anew too: on the
//! own change before that one, or on the document's beginning. What it puts there stands beside what came since, openly.

use std::collections::{BTreeMap, BTreeSet};

use rundan_documents::gate::{OF_PLACE, Refusal};
use rundan_documents::{Document, Edit, ReadChange, WriteError, read_own_change};
use rundan_model::{ChangeHash, DocumentId, Fact, FactBody, FactId};
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::Value as Json;

use super::request::accepted;
use crate::act::{Session, rename_undo};
use crate::store::{DocumentRow, DocumentState, StoreError};

/// How often a change is made anew that the server could not place.
const REDONE_MAX: i64 = 3;
/// Why something is refused that speaks of what was.
const DEPENDS: &str = "depends";

/// The fields of an intent that hold a person's own words.
const WORDS: [&str; 4] = ["text", "happened", "measures", "name"];

/// A pending change of the document.
struct Pending {
    n: i64,
    hash: ChangeHash,
    bytes: Vec<u8>,
    action: Vec<u8>,
    redone: i64,
}

/// Rolls back what was refused of a document's pending changes, and makes the rest anew.
pub(super) fn roll_back(
    tx: &Transaction<'_>,
    session: &Session,
    id: DocumentId,
    refused: &BTreeMap<ChangeHash, String>,
) -> Result<(), StoreError> {
    let Some((row, saved)) = DocumentRow::load(tx, id)? else { return Ok(()) };
    let (document, pending) = (accepted(saved.as_deref())?, pending(tx, id)?);
    // Of a document that is not here nobody can say what is missing.
    let is_here = row.state != DocumentState::Broken;
    let mut replay = Replay {
        tx,
        session,
        id,
        missing: if is_here { missing(document.as_ref(), &pending) } else { BTreeSet::new() },
        document,
        last: Vec::new(),
        in_place_of: BTreeMap::new(),
        lost: BTreeSet::new(),
        unchosen: BTreeSet::new(),
        renamed: BTreeMap::new(),
    };
    for pending in pending {
        replay.take(&pending, refused.get(&pending.hash).map(String::as_str))?;
        replay.last = replay.in_place_of.get(&pending.hash).cloned().unwrap_or_else(|| vec![pending.hash]);
    }
    if row.state == DocumentState::Own && replay.document.is_none() {
        tx.prepare_cached("DELETE FROM document WHERE document = ?1")?.execute([id.as_bytes()])?;
    }
    Ok(())
}

/// Makes anew what builds on own changes that could not be read; nothing where none are missing.
pub(crate) fn stand_alone(tx: &Transaction<'_>, session: &Session, id: DocumentId) -> Result<(), StoreError> {
    roll_back(tx, session, id, &BTreeMap::new())
}

/// Refuses an action in the phone's own name, with the words that she asked with.
pub(crate) fn give_up(tx: &Transaction<'_>, action: &[u8], code: &str) -> Result<(), StoreError> {
    refuse(tx, action, code, &asked_words(tx, action)?)
}

/// What pending changes build on that is neither accepted nor among them.
fn missing(document: Option<&Document>, pending: &[Pending]) -> BTreeSet<ChangeHash> {
    let hashes: BTreeSet<ChangeHash> = pending.iter().map(|change| change.hash).collect();
    let is_known = |dep: &ChangeHash| hashes.contains(dep) || document.is_some_and(|document| document.has(dep));
    let deps = pending.iter().filter_map(|change| read_own_change(&change.bytes)).flat_map(|read| read.deps);
    deps.filter(|dep| !is_known(dep)).collect()
}

fn pending(tx: &Transaction<'_>, id: DocumentId) -> Result<Vec<Pending>, StoreError> {
    let mut query =
        tx.prepare_cached("SELECT n, hash, bytes, action, redone FROM pending WHERE document = ?1 ORDER BY n")?;
    let mut rows = query.query([id.as_bytes()])?;
    let mut pending = Vec::new();
    while let Some(row) = rows.next()? {
        let hash: Vec<u8> = row.get(1)?;
        pending.push(Pending {
            n: row.get(0)?,
            hash: ChangeHash::try_from(hash.as_slice())?,
            bytes: row.get(2)?,
            action: row.get(3)?,
            redone: row.get(4)?,
        });
    }
    Ok(pending)
}

/// A document's pending changes being made anew.
struct Replay<'a, 'tx> {
    tx: &'a Transaction<'tx>,
    session: &'a Session,
    id: DocumentId,
    /// What is accepted, with the pending changes taken so far.
    document: Option<Document>,
    /// What is built on and is neither accepted nor pending.
    missing: BTreeSet<ChangeHash>,
    /// What the last pending change became.
    last: Vec<ChangeHash>,
    /// What later changes build on in the place of one that is gone.
    in_place_of: BTreeMap<ChangeHash, Vec<ChangeHash>>,
    /// Facts that are gone.
    lost: BTreeSet<FactId>,
    /// Registers whose clash a choice closed that is gone: what was put there after it speaks of it.
    unchosen: BTreeSet<String>,
    /// Facts that were stated anew.
    renamed: BTreeMap<FactId, FactId>,
}

impl Replay<'_, '_> {
    fn take(&mut self, pending: &Pending, refused: Option<&str>) -> Result<(), StoreError> {
        let Some(read) = read_own_change(&pending.bytes) else {
            return self.close(pending, None, Refusal::Malformed.as_str());
        };
        let is_of_place = refused.is_some_and(|code| OF_PLACE.iter().any(|refusal| refusal.as_str() == code));
        if let Some(code) = refused
            && (!is_of_place || pending.redone >= REDONE_MAX || read.begins.is_some())
        {
            return self.close(pending, Some(&read), code);
        }
        for dep in read.deps.iter().filter(|dep| self.missing.contains(dep)) {
            self.in_place_of.entry(*dep).or_insert_with(|| self.last.clone());
        }
        let is_touched = is_of_place || read.deps.iter().any(|dep| self.in_place_of.contains_key(dep));
        if !is_touched {
            return self.apply(&pending.bytes);
        }
        if self.document.is_none() || self.speaks_of_lost(&read.edit) {
            return self.close(pending, Some(&read), DEPENDS);
        }
        // What cannot be read cannot be said again: it would be refused in its turn.
        if read.has_unread {
            return self.close(pending, Some(&read), Refusal::Shape.as_str());
        }
        if self.is_said(&read) {
            let deps = self.deps(&read);
            return self.forget(pending, deps);
        }
        self.redo(pending, &read, is_of_place)
    }

    /// Whether another copy of this phone has made it anew already: the same press said the same.
    fn is_said(&self, read: &ReadChange) -> bool {
        let Some(document) = self.document.as_ref().filter(|_| !read.edit.facts.is_empty()) else { return false };
        let standing = document.content();
        read.edit.facts.iter().all(|(_, fact)| {
            let is_same = |other: &Fact| {
                other.action == fact.action && other.about == fact.about && other.body.kind() == fact.body.kind()
            };
            standing.facts.values().any(is_same)
        })
    }

    fn apply(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        match &mut self.document {
            Some(document) => document.apply([bytes])?,
            // Of a document that is not here, as after a damage: the change stands, and waits for it.
            None => self.document = Document::from_changes([bytes]).ok(),
        }
        Ok(())
    }

    fn speaks_of_lost(&self, edit: &Edit) -> bool {
        let is_of_fact = |fact: &Fact| fact.after.iter().chain(fact.body.references()).any(|of| self.lost.contains(of));
        let is_of_choice =
            |register: &String| self.unchosen.contains(register) && !chosen(edit).any(|own| own == register);
        edit.facts.iter().any(|(_, fact)| is_of_fact(fact))
            || edit.puts.iter().any(|(register, _)| is_of_choice(register))
    }

    /// What a change builds on now.
    fn deps(&self, read: &ReadChange) -> Vec<ChangeHash> {
        let mut deps: Vec<ChangeHash> = Vec::new();
        for dep in &read.deps {
            match self.in_place_of.get(dep) {
                Some(others) => deps.extend(others),
                None => deps.push(*dep),
            }
        }
        if deps.is_empty() && read.begins.is_none() {
            deps.extend(self.document.as_ref().and_then(Document::genesis));
        }
        deps.sort();
        deps.dedup();
        deps
    }

    fn redo(&mut self, pending: &Pending, read: &ReadChange, is_failed: bool) -> Result<(), StoreError> {
        let renamed: BTreeMap<FactId, FactId> =
            read.edit.facts.iter().map(|(fact, _)| (*fact, self.session.next())).collect();
        self.renamed.extend(&renamed);
        let name = |fact: FactId| self.renamed.get(&fact).copied().unwrap_or(fact);
        let stated = read.edit.facts.iter().map(|(id, fact)| {
            let after = fact.after.iter().map(|earlier| name(*earlier)).collect();
            (name(*id), Fact { after, body: fact.body.clone().renamed(name), ..fact.clone() })
        });
        let edit = Edit { facts: stated.collect(), puts: read.edit.puts.clone() };
        let deps = self.deps(read);
        let Some(document) = &mut self.document else { return Ok(()) };
        let change = match document.write_at(&deps, self.session.actor(), read.info.time, &edit) {
            Ok(change) => change,
            // It says nothing new any more: that is done.
            Err(WriteError::Nothing) => return self.forget(pending, deps),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a change could not be made anew");
                return self.close(pending, Some(read), DEPENDS);
            }
        };
        self.in_place_of.insert(pending.hash, vec![change.hash]);
        self.tx
            .prepare_cached(
                "UPDATE pending SET hash = ?2, bytes = ?3, redone = redone + ?4, waits_for = NULL WHERE n = ?1",
            )?
            .execute(params![pending.n, change.hash.as_bytes(), change.bytes, is_failed])?;
        rename_undo(self.tx, &pending.action, self.id, &renamed)
    }

    /// Closes an action as refused. What she wrote in it is kept.
    fn close(&mut self, pending: &Pending, read: Option<&ReadChange>, code: &str) -> Result<(), StoreError> {
        tracing::warn!(document = %self.id, hash = %pending.hash, code, "a change was refused");
        tell_refused(self.tx, &pending.action, code, read)?;
        self.lost.extend(read.iter().flat_map(|read| read.edit.facts.iter().map(|(id, _)| *id)));
        self.unchosen.extend(read.iter().flat_map(|read| chosen(&read.edit).cloned()));
        let deps = read.map(|read| self.deps(read)).unwrap_or_default();
        self.forget(pending, deps)
    }

    fn forget(&mut self, pending: &Pending, deps: Vec<ChangeHash>) -> Result<(), StoreError> {
        self.in_place_of.insert(pending.hash, deps);
        self.tx.prepare_cached("DELETE FROM pending WHERE n = ?1")?.execute([pending.n])?;
        Ok(())
    }
}

/// Tells an action's author that a change of it was refused, and keeps what she wrote in it.
pub(super) fn tell_refused(
    tx: &Transaction<'_>,
    action: &[u8],
    code: &str,
    read: Option<&ReadChange>,
) -> Result<(), StoreError> {
    let mut words: Vec<String> = read.map(words).unwrap_or_default();
    if words.is_empty() {
        words = asked_words(tx, action)?;
    }
    refuse(tx, action, code, &words)
}

/// Closes an action as refused. An action can have changes in several documents: the first cause is told, and no words
/// are lost.
fn refuse(tx: &Transaction<'_>, action: &[u8], code: &str, words: &[String]) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE intent SET refused = coalesce(refused, ?2), is_seen = 0,
             words = CASE WHEN instr(?3, coalesce(words, '')) THEN ?3
                          WHEN instr(words, ?3) THEN words
                          ELSE words || char(10, 10) || ?3 END
         WHERE action = ?1",
    )?
    .execute(params![action, code, words.join("\n\n")])?;
    Ok(())
}

/// What she wrote as the intent has it, where no fact of it can be read.
fn asked_words(tx: &Transaction<'_>, action: &[u8]) -> Result<Vec<String>, StoreError> {
    let asked: Option<String> = tx
        .prepare_cached("SELECT asked FROM intent WHERE action = ?1")?
        .query_row([action], |row| row.get(0))
        .optional()?;
    let asked: Json = asked.map(|asked| serde_json::from_str(&asked)).transpose()?.unwrap_or_default();
    let texts = [Some(&asked), asked.get("text")];
    let words = texts.into_iter().flatten().flat_map(|of| WORDS.iter().filter_map(|key| of.get(key)?.as_str()));
    Ok(words.filter(|words| !words.is_empty()).map(ToOwned::to_owned).collect())
}

/// The registers whose clash an edit closes by a choice.
fn chosen(edit: &Edit) -> impl Iterator<Item = &String> {
    edit.facts.iter().filter_map(|(_, fact)| match &fact.body {
        FactBody::Chosen { register, .. } => Some(register),
        _ => None,
    })
}

/// What was written in words: in facts, and as a reason in a plan.
fn words(read: &ReadChange) -> Vec<String> {
    let stated = read.edit.facts.iter().map(|(_, fact)| fact.body.words());
    let put = read.edit.puts.iter().filter_map(|(_, json)| Some(json.get("reason")?.as_str()?.to_owned()));
    stated.chain(put).filter(|words| !words.is_empty()).collect()
}
