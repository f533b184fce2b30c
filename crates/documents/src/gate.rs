//! The gate: judges changes from outside by who, what, shape and amount, on their decoded operations. It never
//! refuses for the state of a document.
//!
//! The order is fixed: sizes and counts by a reading of our own, then Automerge's, then the change's place in the history, then every operation,
//! then the policy, then the shape of values. What passes is applied to a copy; the copy is saved, loaded and
//! compared before anything is handed back.

pub(crate) mod chunk;
mod operations;
mod received;

use std::collections::{BTreeMap, BTreeSet};

use automerge::legacy;
use rundan_model::policy::{Act, Standing, may};
use rundan_model::{ActorId, ChangeHash, DocumentId, FactId, Kind, PersonId, VaultId};

use crate::Document;
use crate::document::{FACTS_OP, decode};

pub use operations::Content as Written;

/// The longest change, bytes.
pub const CHANGE_BYTES_MAX: usize = 256 * 1024;
/// The most operations in one change.
pub const OPERATIONS_MAX: usize = 2_000;
/// The most dependencies of one change.
pub const DEPENDENCIES_MAX: usize = 64;
/// The most changes of one document: honest ones have some dozens.
pub const DOCUMENT_CHANGES_MAX: usize = 10_000;
/// The latest time that a change may claim: the end of the year 9999.
pub(crate) const TIME_MAX: i64 = 253_402_300_799;
/// The greatest operation counter of an honest document. Automerge's own end is 2^32, where it panics.
const COUNTER_MAX: u64 = (DOCUMENT_CHANGES_MAX * OPERATIONS_MAX) as u64;

/// Who pushes, and how she stands to the document.
#[derive(Debug, Clone)]
pub struct Author {
    /// Her vault: the first half of every actor of hers.
    pub vault: VaultId,
    /// Who signed.
    pub person: PersonId,
    /// Her roles, and how she stands to the document.
    pub standing: Standing,
}

/// Why a change is refused, whatever else is in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Too long, not a change, or unreadable.
    Malformed,
    /// More operations, dependencies or changes than allowed.
    TooMuch,
    /// The actor is not a session of the signer's vault, or its number is taken.
    Actor,
    /// Its place in the history is not honest: dependencies, sequence or counter.
    History,
    /// An operation that no document of Rundan has.
    Operation,
    /// The signer may not do that.
    NotAllowed,
    /// A value is not as its register or fact should be.
    Shape,
    /// The document would not survive it.
    Breaks,
}

impl Refusal {
    /// The word for the wire and the table of texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooMuch => "too_much",
            Self::Actor => "actor",
            Self::History => "history",
            Self::Operation => "operation",
            Self::NotAllowed => "not_allowed",
            Self::Shape => "shape",
            Self::Breaks => "breaks",
        }
    }
}

/// Refusals of a change's place among others, not of what it says: its vault makes it anew.
pub const OF_PLACE: [Refusal; 2] = [Refusal::Actor, Refusal::History];

/// Why a change cannot be judged now: its vault keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// A dependency is not here.
    MissingDependency,
    /// A kind of document or fact that this version does not know.
    UnknownKind,
}

/// A change that passed.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Its hash.
    pub hash: ChangeHash,
    /// The session.
    pub actor: ActorId,
    /// Its number in the session.
    pub actor_seq: u64,
    /// Its highest operation counter.
    pub max_op: u64,
    /// What it wrote.
    pub written: Written,
}

/// What became of one change of a push.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It passed.
    Accepted(Box<Judged>),
    /// The document has it.
    Already(ChangeHash),
    /// It is refused for good.
    Refused(Refusal),
    /// It depends on a refused one of this push.
    Depends,
    /// It cannot be judged now.
    Later(Later),
}

/// What became of a push to one document.
#[derive(Debug)]
pub struct Verdict {
    /// One for each change, in order.
    pub outcomes: Vec<Outcome>,
    /// The document with all that was accepted; none if there is no document.
    pub document: Option<Document>,
}

/// Judges changes pushed to one document. `document` is none when the push begins it: then `id` is what the
/// first change must begin.
pub fn judge(id: DocumentId, document: Option<Document>, pushed: &[&[u8]], author: &Author) -> Verdict {
    let mut bench = Bench::new(id, document.clone(), author);
    let outcomes: Vec<Outcome> = pushed.iter().map(|bytes| bench.judge(bytes)).collect();
    if bench.is_sound() {
        return Verdict { outcomes, document: bench.document };
    }
    // One of them breaks the document: find out which, one by one.
    let mut careful = Bench::new(id, document, author);
    let outcomes = pushed.iter().map(|bytes| careful.judge_soundly(bytes)).collect();
    Verdict { outcomes, document: careful.document }
}

struct Node {
    deps: Vec<ChangeHash>,
    max_op: u64,
}

/// A document on the bench: what is accepted so far, with its history as a graph.
struct Bench<'a> {
    id: DocumentId,
    author: &'a Author,
    document: Option<Document>,
    nodes: BTreeMap<ChangeHash, Node>,
    last_of: BTreeMap<ActorId, (u64, ChangeHash)>,
    refused: BTreeSet<ChangeHash>,
    /// Judged good and not yet applied, to be applied together: nothing but appended facts, under these ids.
    waiting: Vec<automerge::Change>,
    appended: BTreeSet<FactId>,
    /// Whether a change was begun to be applied and not finished: the document may be half of it.
    is_half: bool,
}

impl<'a> Bench<'a> {
    fn new(id: DocumentId, document: Option<Document>, author: &'a Author) -> Self {
        let mut bench = Self {
            id,
            author,
            document: None,
            nodes: BTreeMap::new(),
            last_of: BTreeMap::new(),
            refused: BTreeSet::new(),
            waiting: Vec::new(),
            appended: BTreeSet::new(),
            is_half: false,
        };
        for meta in document.iter().flat_map(|document| document.automerge.get_changes_meta(&[])) {
            let hash = ChangeHash(meta.hash.0);
            if let Ok(actor) = ActorId::try_from(meta.actor.to_bytes()) {
                bench.remember(hash, actor, meta.seq, meta.max_op, meta.deps.iter().map(|dep| ChangeHash(dep.0)));
            }
        }
        bench.document = document;
        bench
    }

    fn remember(
        &mut self,
        hash: ChangeHash,
        actor: ActorId,
        seq: u64,
        max_op: u64,
        deps: impl Iterator<Item = ChangeHash>,
    ) {
        self.nodes.insert(hash, Node { deps: deps.collect(), max_op });
        let last = self.last_of.entry(actor).or_insert((seq, hash));
        if seq >= last.0 {
            *last = (seq, hash);
        }
    }

    fn judge(&mut self, bytes: &[u8]) -> Outcome {
        let (change, expanded) = match read(bytes) {
            Ok(read) => read,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        let hash = ChangeHash(change.hash().0);
        if self.nodes.contains_key(&hash) {
            return Outcome::Already(hash);
        }
        // A panic may leave the document half written: `is_half` says so, and `judge` begins anew.
        let examine = std::panic::AssertUnwindSafe(|| self.examine(hash, &change, &expanded));
        let examined = std::panic::catch_unwind(examine).unwrap_or(Err(Outcome::Refused(Refusal::Breaks)));
        match examined {
            Ok(judged) => {
                let deps = change.deps().iter().map(|dep| ChangeHash(dep.0));
                self.remember(hash, judged.actor, judged.actor_seq, judged.max_op, deps);
                Outcome::Accepted(Box::new(judged))
            }
            Err(outcome) => {
                if matches!(outcome, Outcome::Refused(_) | Outcome::Depends) {
                    self.refused.insert(hash);
                }
                outcome
            }
        }
    }

    fn judge_soundly(&mut self, bytes: &[u8]) -> Outcome {
        let before = (self.document.clone(), self.last_of.clone());
        let outcome = self.judge(bytes);
        if self.is_sound() {
            return outcome;
        }
        // Its place in its session is free again: what comes after it there may be good.
        (self.document, self.last_of) = before;
        self.waiting.clear();
        self.appended.clear();
        self.is_half = false;
        if let Outcome::Accepted(judged) = &outcome {
            self.refused.insert(judged.hash);
            self.nodes.remove(&judged.hash);
        }
        Outcome::Refused(Refusal::Breaks)
    }

    fn examine(
        &mut self,
        hash: ChangeHash,
        change: &automerge::Change,
        expanded: &automerge::ExpandedChange,
    ) -> Result<Judged, Outcome> {
        let refuse = |refusal: Refusal| Err(Outcome::Refused(refusal));
        if self.nodes.len() >= DOCUMENT_CHANGES_MAX {
            return refuse(Refusal::TooMuch);
        }
        let Ok(actor) = ActorId::try_from(change.actor_id().to_bytes()) else { return refuse(Refusal::Actor) };
        if actor.vault() != self.author.vault {
            return refuse(Refusal::Actor);
        }
        if change.deps().is_empty() {
            return self.examine_genesis(hash, actor, change, expanded);
        }
        self.check_history(actor, change)?;
        if !self.appends_beside(expanded) {
            self.settle();
        }
        let Some(document) = &self.document else { return Err(Outcome::Later(Later::MissingDependency)) };
        if matches!(document.kind(), Kind::Unknown(_)) {
            return Err(Outcome::Later(Later::UnknownKind));
        }
        let written = operations::read(document, actor, change.deps(), expanded)?;
        operations::check_known(&written)?;
        self.check_policy(document.kind(), &written)?;
        operations::check_shapes(document.kind(), self.author, &written)?;
        self.apply(change, Judged { hash, actor, actor_seq: change.seq(), max_op: change.max_op(), written })
    }

    fn examine_genesis(
        &mut self,
        hash: ChangeHash,
        actor: ActorId,
        change: &automerge::Change,
        expanded: &automerge::ExpandedChange,
    ) -> Result<Judged, Outcome> {
        let is_first = self.document.is_none() && change.seq() == 1 && change.start_op().get() == 1;
        if !is_first || DocumentId::of_genesis(&hash) != self.id {
            return Err(Outcome::Refused(Refusal::History));
        }
        let (kind, written) = operations::read_genesis(actor, expanded)?;
        if matches!(kind, Kind::Unknown(_)) {
            return Err(Outcome::Later(Later::UnknownKind));
        }
        if !may(&self.author.standing, &kind, Act::Begin) {
            return Err(Outcome::Refused(Refusal::NotAllowed));
        }
        self.check_policy(&kind, &written)?;
        operations::check_shapes(&kind, self.author, &written)?;
        let document = Document::from_changes([change.raw_bytes()]);
        self.document = Some(document.map_err(|_| Outcome::Refused(Refusal::Breaks))?);
        Ok(Judged { hash, actor, actor_seq: 1, max_op: change.max_op(), written })
    }

    /// Dependencies are here, none an ancestor of another, descending from the session's previous change; the
    /// sequence follows on; the counter is the honest one.
    ///
    /// That previous change alone may be named besides its descendants: Automerge always names it.
    fn check_history(&self, actor: ActorId, change: &automerge::Change) -> Result<(), Outcome> {
        let history = Outcome::Refused(Refusal::History);
        let deps: Vec<ChangeHash> = change.deps().iter().map(|dep| ChangeHash(dep.0)).collect();
        if deps.iter().any(|dep| self.refused.contains(dep)) {
            return Err(Outcome::Depends);
        }
        let mut max_op = 0;
        for dep in &deps {
            let node = self.nodes.get(dep).ok_or(Outcome::Later(Later::MissingDependency))?;
            max_op = max_op.max(node.max_op);
        }
        let ancestors = self.ancestors(&deps);
        let (last_seq, last) = match self.last_of.get(&actor) {
            Some((seq, hash)) => (*seq, Some(hash)),
            None => (0, None),
        };
        let is_idle = |dep: &ChangeHash| ancestors.contains(dep) && Some(dep) != last;
        if deps.iter().collect::<BTreeSet<_>>().len() != deps.len() || deps.iter().any(is_idle) {
            return Err(history);
        }
        if change.seq() > last_seq + 1 {
            return Err(Outcome::Later(Later::MissingDependency));
        }
        if change.seq() <= last_seq {
            return Err(Outcome::Refused(Refusal::Actor));
        }
        let descends = last.is_none_or(|last| deps.contains(last) || ancestors.contains(last));
        let is_honest_counter = change.start_op().get() == max_op + 1;
        if descends && is_honest_counter { Ok(()) } else { Err(history) }
    }

    /// All that lies before these, themselves excluded unless one lies before another.
    fn ancestors(&self, of: &[ChangeHash]) -> BTreeSet<ChangeHash> {
        let mut found = BTreeSet::new();
        let mut waiting: Vec<ChangeHash> = of.to_vec();
        while let Some(hash) = waiting.pop() {
            for dep in self.nodes.get(&hash).map(|node| node.deps.as_slice()).unwrap_or_default() {
                if found.insert(*dep) {
                    waiting.push(*dep);
                }
            }
        }
        found
    }

    fn check_policy(&self, kind: &Kind, written: &Written) -> Result<(), Outcome> {
        let standing = &self.author.standing;
        let may_put = written.puts.keys().all(|register| may(standing, kind, Act::Put(register)));
        let may_append = written.facts.iter().all(|(_, fact)| may(standing, kind, Act::Append(fact.body.kind())));
        if may_put && may_append { Ok(()) } else { Err(Outcome::Refused(Refusal::NotAllowed)) }
    }

    /// Whether a change appends facts and nothing else, under other ids than what waits.
    fn appends_beside(&self, expanded: &automerge::ExpandedChange) -> bool {
        expanded.operations.iter().all(|op| match (&op.obj, &op.key) {
            (legacy::ObjectId::Id(legacy::OpId(FACTS_OP, _)), legacy::Key::Map(key)) => {
                key.parse().is_ok_and(|id| !self.appended.contains(&id))
            }
            _ => false,
        })
    }

    /// Notes a change that is good, to be applied with those after it.
    fn apply(&mut self, change: &automerge::Change, judged: Judged) -> Result<Judged, Outcome> {
        self.appended.extend(judged.written.facts.iter().map(|(id, _)| *id));
        self.waiting.push(change.clone());
        if !judged.written.puts.is_empty() {
            self.settle();
        }
        if self.is_half { Err(Outcome::Refused(Refusal::Breaks)) } else { Ok(judged) }
    }

    /// Applies what waits. Where that fails the document is half of it.
    fn settle(&mut self) {
        let Some(document) = self.document.as_mut().filter(|_| !self.waiting.is_empty()) else { return };
        self.appended.clear();
        let waiting = std::mem::take(&mut self.waiting);
        let hashes: Vec<ChangeHash> = waiting.iter().map(|change| ChangeHash(change.hash().0)).collect();
        self.is_half = true;
        let take = std::panic::AssertUnwindSafe(|| document.take(waiting).is_ok());
        let is_taken = std::panic::catch_unwind(take).unwrap_or(false);
        self.is_half = !is_taken || !hashes.iter().all(|hash| document.has(hash));
    }

    /// Whether what is on the bench can be saved and read again, equal.
    fn is_sound(&mut self) -> bool {
        self.settle();
        if self.is_half {
            return false;
        }
        let Some(document) = &self.document else { return true };
        let save = std::panic::AssertUnwindSafe(|| document.save());
        let Ok(bytes) = std::panic::catch_unwind(save) else { return false };
        Document::load(&bytes).is_ok_and(|read| read.heads() == document.heads() && read.shows_same(document))
    }
}

/// Reads a change. Automerge sees only what is bounded.
fn read(bytes: &[u8]) -> Result<(automerge::Change, automerge::ExpandedChange), Refusal> {
    chunk::check_change(bytes)?;
    let (change, expanded) = decode(bytes).ok_or(Refusal::Malformed)?;
    // A second way to write the same change is refused.
    if change.raw_bytes() == bytes { Ok((change, expanded)) } else { Err(Refusal::Malformed) }
}

#[cfg(test)]
mod tests;
