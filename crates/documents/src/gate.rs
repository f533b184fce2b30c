//! The gate: judges changes from outside by who, what, shape and amount, on their decoded operations. It never
//! refuses for the state of a document.
//!
//! The order is fixed: sizes and counts by a reading of our own, then Automerge's, then the change's place in the history, then every operation,
//! then the policy, then the shape of values. What passes is applied to a copy; the copy is saved, loaded and
//! compared before anything is handed back. What that costs is counted beforehand, and never more than a budget.

pub(crate) mod chunk;
mod limits;
mod operations;
mod received;

use std::collections::{BTreeMap, BTreeSet};

use automerge::legacy;
use rundan_model::policy::{Act, Standing, may};
use rundan_model::{ActorId, ChangeHash, DocumentId, FactId, Kind, PersonId, VaultId};

use crate::Document;
use crate::document::{FACTS_OP, decode};

pub use limits::{Amount, Budget, DOCUMENT_MAX, HEADS_OF_VAULT_MAX, SHARE_MAX, WORK_MAX};
pub use operations::Content as Written;

/// The longest change, bytes.
pub const CHANGE_BYTES_MAX: usize = 256 * 1024;
/// The most operations in one change.
pub const OPERATIONS_MAX: usize = 2_000;
/// The most dependencies of one change: everyone of a unit may have written apart from the others.
pub const DEPENDENCIES_MAX: usize = 1_024;
/// The most changes of one document.
pub const DOCUMENT_CHANGES_MAX: usize = DOCUMENT_MAX.changes as usize;
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
    /// What the document's history takes already.
    pub stored: Stored,
}

/// How many bytes the changes of a document take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stored {
    /// All of them.
    pub bytes: u64,
    /// Those of the author's vault.
    pub bytes_of_vault: u64,
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
    /// The request has caused as much work as one may.
    Load,
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
/// first change must begin. What `budget` does not allow is answered as [`Later::Load`].
pub fn judge(
    id: DocumentId,
    document: Option<Document>,
    pushed: &[&[u8]],
    author: &Author,
    budget: &mut Budget,
) -> Verdict {
    let mut bench = Bench::new(id, document.clone(), author);
    // It was loaded, and is saved and loaded again.
    if !budget.spend(2 * bench.whole.cost()) {
        return Verdict { outcomes: vec![Outcome::Later(Later::Load); pushed.len()], document };
    }
    let outcomes = bench.judge_each(pushed, budget);
    if bench.is_sound() {
        return Verdict { outcomes, document: bench.document };
    }
    // One of them breaks the document: the halves are judged apart, until it stands alone.
    let mut careful = Bench::new(id, document, author);
    let outcomes = careful.judge_halves(pushed, budget);
    Verdict { outcomes, document: careful.document }
}

#[derive(Clone)]
struct Node {
    deps: Vec<ChangeHash>,
    max_op: u64,
}

/// A change's place in the history.
struct Placed {
    hash: ChangeHash,
    actor: ActorId,
    seq: u64,
    max_op: u64,
}

/// A document on the bench: what is accepted so far, with its history as a graph.
#[derive(Clone)]
struct Bench<'a> {
    id: DocumentId,
    author: &'a Author,
    document: Option<Document>,
    nodes: BTreeMap<ChangeHash, Node>,
    last_of: BTreeMap<ActorId, (u64, ChangeHash)>,
    /// Changes of the author's vault that nothing follows yet.
    own_heads: BTreeSet<ChangeHash>,
    /// How much there is of the document, and how much of that is by the author's vault.
    whole: Amount,
    own: Amount,
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
            own_heads: BTreeSet::new(),
            whole: Amount { bytes: author.stored.bytes, ..Amount::default() },
            own: Amount { bytes: author.stored.bytes_of_vault, ..Amount::default() },
            refused: BTreeSet::new(),
            waiting: Vec::new(),
            appended: BTreeSet::new(),
            is_half: false,
        };
        for meta in document.iter().flat_map(|document| document.automerge.get_changes_meta(&[])) {
            let Ok(actor) = ActorId::try_from(meta.actor.to_bytes()) else { continue };
            let operations = (meta.max_op + 1).saturating_sub(meta.start_op);
            let change = Placed { hash: ChangeHash(meta.hash.0), actor, seq: meta.seq, max_op: meta.max_op };
            let deps = meta.deps.iter().map(|dep| ChangeHash(dep.0)).collect();
            bench.remember(change, deps, Amount { changes: 1, operations, bytes: 0 });
        }
        bench.document = document;
        bench
    }

    fn remember(&mut self, change: Placed, deps: Vec<ChangeHash>, amount: Amount) {
        let Placed { hash, actor, seq, max_op } = change;
        self.whole = self.whole.plus(amount);
        for dep in &deps {
            self.own_heads.remove(dep);
        }
        if actor.vault() == self.author.vault {
            self.own = self.own.plus(amount);
            self.own_heads.insert(hash);
        }
        self.nodes.insert(hash, Node { deps, max_op });
        let last = self.last_of.entry(actor).or_insert((seq, hash));
        if seq >= last.0 {
            *last = (seq, hash);
        }
    }

    fn judge_each(&mut self, pushed: &[&[u8]], budget: &mut Budget) -> Vec<Outcome> {
        pushed.iter().map(|bytes| self.judge(bytes, budget)).collect()
    }

    fn judge_halves(&mut self, part: &[&[u8]], budget: &mut Budget) -> Vec<Outcome> {
        let (first, second) = part.split_at(part.len() / 2);
        let mut outcomes = self.judge_part(first, budget);
        outcomes.extend(self.judge_part(second, budget));
        outcomes
    }

    /// Judges so that the document is sound afterwards, whatever is among them.
    fn judge_part(&mut self, part: &[&[u8]], budget: &mut Budget) -> Vec<Outcome> {
        if !budget.spend(self.whole.cost()) {
            return vec![Outcome::Later(Later::Load); part.len()];
        }
        let before = self.clone();
        let outcomes = self.judge_each(part, budget);
        if self.is_sound() {
            return outcomes;
        }
        *self = before;
        let [alone] = part else { return self.judge_halves(part, budget) };
        // Its place in its session is free again: what comes after it there may be good.
        self.refused.extend(chunk::check_change(alone).map(|counted| counted.hash));
        vec![Outcome::Refused(Refusal::Breaks)]
    }

    fn judge(&mut self, bytes: &[u8], budget: &mut Budget) -> Outcome {
        let counted = match chunk::check_change(bytes) {
            Ok(counted) => counted,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        let hash = counted.hash;
        if self.nodes.contains_key(&hash) {
            return Outcome::Already(hash);
        }
        let amount = Amount { changes: 1, operations: counted.operations, bytes: bytes.len() as u64 };
        let links = counted.predecessors + counted.dependencies;
        // It is judged now, and saved and loaded with all the others.
        if !budget.spend(2 * (amount.cost() + links)) {
            return Outcome::Later(Later::Load);
        }
        let kind = self.document.as_ref().map(Document::kind);
        if !limits::has_room(self.author, kind, self.whole.plus(amount), self.own.plus(amount)) {
            self.refused.insert(hash);
            return Outcome::Refused(Refusal::TooMuch);
        }
        let (change, expanded) = match read(bytes) {
            Ok(read) => read,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        // A panic may leave the document half written: `is_half` says so, and `judge` begins anew.
        let examine = std::panic::AssertUnwindSafe(|| self.examine(hash, &change, &expanded, budget));
        let examined = std::panic::catch_unwind(examine).unwrap_or(Err(Outcome::Refused(Refusal::Breaks)));
        match examined {
            Ok(judged) => {
                let deps = change.deps().iter().map(|dep| ChangeHash(dep.0)).collect();
                let placed = Placed { hash, actor: judged.actor, seq: judged.actor_seq, max_op: judged.max_op };
                self.remember(placed, deps, amount);
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

    fn examine(
        &mut self,
        hash: ChangeHash,
        change: &automerge::Change,
        expanded: &automerge::ExpandedChange,
        budget: &mut Budget,
    ) -> Result<Judged, Outcome> {
        let refuse = |refusal: Refusal| Err(Outcome::Refused(refusal));
        let Ok(actor) = ActorId::try_from(change.actor_id().to_bytes()) else { return refuse(Refusal::Actor) };
        if actor.vault() != self.author.vault {
            return refuse(Refusal::Actor);
        }
        if change.deps().is_empty() {
            return self.examine_genesis(hash, actor, change, expanded);
        }
        self.check_history(actor, change, budget)?;
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
    fn check_history(&self, actor: ActorId, change: &automerge::Change, budget: &mut Budget) -> Result<(), Outcome> {
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
        let (last_seq, last) = match self.last_of.get(&actor) {
            Some((seq, hash)) => (*seq, Some(hash)),
            None => (0, None),
        };
        let ancestors = self.ancestors(&deps, last, budget)?;
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
        if !descends || !is_honest_counter {
            return Err(history);
        }
        let heads = 1 + self.own_heads.iter().filter(|head| !deps.contains(head)).count();
        let is_server = self.author.standing.is_server;
        if heads > HEADS_OF_VAULT_MAX && !is_server { Err(Outcome::Refused(Refusal::TooMuch)) } else { Ok(()) }
    }

    /// Of what lies before these, all that may be one of them or the session's last change. A change has a higher counter
    /// than any before it, so nothing is looked at below the lowest of those that are looked for: one who writes on what
    /// she has written looks at nothing.
    fn ancestors(
        &self,
        deps: &[ChangeHash],
        last: Option<&ChangeHash>,
        budget: &mut Budget,
    ) -> Result<BTreeSet<ChangeHash>, Outcome> {
        let others = deps.iter().filter(|dep| deps.len() > 1 && Some(*dep) != last);
        let missing = last.filter(|last| !deps.contains(last));
        let max_op = |hash: &ChangeHash| self.nodes.get(hash).map(|node| node.max_op);
        let mut found = BTreeSet::new();
        let Some(lowest) = others.chain(missing).filter_map(max_op).min() else { return Ok(found) };
        let mut waiting: Vec<ChangeHash> = deps.to_vec();
        while let Some(hash) = waiting.pop() {
            let Some(node) = self.nodes.get(&hash).filter(|node| node.max_op > lowest) else { continue };
            if !budget.spend(1 + node.deps.len() as u64) {
                return Err(Outcome::Later(Later::Load));
            }
            waiting.extend(node.deps.iter().filter(|dep| found.insert(**dep)));
        }
        Ok(found)
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
