//! One document: begun, read and written. Every document has the same two parts, `plan` and `facts`.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{Automerge, ExpandedChange, ObjType, ROOT, ReadDoc, ScalarValue};
use rundan_model::{
    ActorId, ChangeHash, Content, DocumentId, Fact, FactBody, FactId, Kind, Register, Timestamp, Value,
    plan::FirstValues,
};
use serde_json::Value as Json;

use crate::gate::chunk;

/// A key of the root, in the order in which genesis writes them.
pub(crate) const ROOT_KEYS: [&str; 5] = ["kind", "schema", "nonce", "plan", "facts"];
/// How many random bytes genesis holds.
pub(crate) const NONCE_BYTES: usize = 16;
/// The operation of genesis that makes `plan`.
pub(crate) const PLAN_OP: u64 = 4;
/// The operation of genesis that makes `facts`.
pub(crate) const FACTS_OP: u64 = 5;

/// Why bytes are not a document of Rundan.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// They are not one saved document or change of bounded size.
    #[error("The bytes are not one document or change of bounded size")]
    Unbounded,
    /// Automerge cannot read them.
    #[error("Automerge cannot read the document")]
    Automerge(#[source] Box<automerge::AutomergeError>),
    /// Reading them made Automerge panic.
    #[error("The document makes Automerge panic")]
    Panic,
    /// They are an Automerge document, but not one that begins as Rundan's do.
    #[error("The document has no genesis of Rundan")]
    NoGenesis,
    /// A change cannot be applied: its dependencies are missing, or its sequence is taken.
    #[error("A change does not fit the document")]
    DoesNotFit,
    /// It does or holds what no document of Rundan has.
    #[error("The document holds what no document of Rundan has")]
    NotOurs,
}

/// Why a document could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Automerge refused.
    #[error("Automerge refused the operation")]
    Automerge(#[source] Box<automerge::AutomergeError>),
    /// The heads to write at are not in the document.
    #[error("The heads are not in the document")]
    UnknownHeads,
    /// There is nothing to write, or every value stands already.
    #[error("There is nothing to write")]
    Nothing,
}

/// What a document begins with.
#[derive(Debug, Clone)]
pub struct Genesis {
    /// What it is.
    pub kind: Kind,
    /// 16 random bytes, so that no two documents have one id.
    pub nonce: [u8; NONCE_BYTES],
    /// The plan's first values, if its beginner may write them.
    pub plan: FirstValues,
}

/// What one change does.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Facts to append.
    pub facts: Vec<(FactId, Fact)>,
    /// Values to put; null removes.
    pub puts: Vec<(String, Json)>,
}

/// A change as it travels and is stored: an uncompressed Automerge chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its hash.
    pub hash: ChangeHash,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A document.
#[derive(Clone)]
pub struct Document {
    pub(crate) automerge: Automerge,
    id: DocumentId,
    kind: Kind,
    schema: u32,
    pub(crate) plan: automerge::ObjId,
    pub(crate) facts: automerge::ObjId,
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Document({} {})", self.kind, self.id)
    }
}

impl Document {
    /// Begins a document. Its genesis is the actor's first change there.
    pub fn begin(actor: ActorId, time: Timestamp, genesis: &Genesis) -> Result<(Self, Change), WriteError> {
        let mut automerge = Automerge::new().with_actor(actor.0.into());
        let mut tx = automerge.transaction();
        let outcome = (|| {
            let [kind, schema, nonce, plan, facts] = ROOT_KEYS;
            tx.put(ROOT, kind, genesis.kind.as_str())?;
            tx.put(ROOT, schema, ScalarValue::Uint(u64::from(genesis.kind.schema())))?;
            tx.put(ROOT, nonce, ScalarValue::Bytes(genesis.nonce.to_vec()))?;
            let plan = tx.put_object(ROOT, plan, ObjType::Map)?;
            let facts = tx.put_object(ROOT, facts, ObjType::Map)?;
            for (key, json) in &genesis.plan {
                tx.put(&plan, key.as_str(), to_scalar(json))?;
            }
            Ok((plan, facts))
        })();
        let (plan, facts) = match outcome {
            Ok(parts) => parts,
            Err(error) => {
                tx.rollback();
                return Err(WriteError::Automerge(Box::new(error)));
            }
        };
        let (hash, _) = tx.commit_with(CommitOptions::default().with_time(stated(time)));
        let change = made(&automerge, hash).ok_or(WriteError::Nothing)?;
        let id = DocumentId::of_genesis(&change.hash);
        let document = Self { automerge, id, kind: genesis.kind.clone(), schema: genesis.kind.schema(), plan, facts };
        Ok((document, change))
    }

    /// Reads a document from its saved bytes. Never panics on bytes from outside.
    pub fn load(bytes: &[u8]) -> Result<Self, LoadError> {
        if chunk::check_document(bytes).map_err(|_| LoadError::Unbounded)? != 1 {
            return Err(LoadError::NoGenesis);
        }
        let automerge = catch_unwind(AssertUnwindSafe(|| Automerge::load(bytes)))
            .map_err(|_| LoadError::Panic)?
            .map_err(|error| LoadError::Automerge(Box::new(error)))?;
        Self::from_automerge(automerge)
    }

    /// Makes a document of changes, the genesis among them.
    pub fn from_changes<'a>(changes: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, LoadError> {
        let mut automerge = Automerge::new();
        if apply(&mut automerge, changes)? != 1 {
            return Err(LoadError::NoGenesis);
        }
        Self::from_automerge(automerge)
    }

    /// Makes a document of a history in which one change depends on no other.
    pub(crate) fn from_automerge(automerge: Automerge) -> Result<Self, LoadError> {
        let read = || -> Option<(DocumentId, Kind, u32, automerge::ObjId, automerge::ObjId)> {
            let [kind, schema, _, plan, facts] = ROOT_KEYS;
            let kind = automerge.get(ROOT, kind).ok()??.0.into_string().ok()?;
            let schema = automerge.get(ROOT, schema).ok()??.0.as_u64()?;
            let part = |name: &str, counter: u64| {
                let (value, id) = automerge.get(ROOT, name).ok()??;
                let change = automerge.get_change_meta_by_hash(&automerge.hash_for_opid(&id)?)?;
                let is_of_genesis = matches!(&id, automerge::ObjId::Id(at, ..) if *at == counter);
                let is_part = value.is_object() && is_of_genesis && change.deps.is_empty();
                is_part.then_some((id, change.hash))
            };
            let (plan, genesis) = part(plan, PLAN_OP)?;
            let (facts, _) = part(facts, FACTS_OP)?;
            let id = DocumentId::of_genesis(&ChangeHash(genesis.0));
            let kind = Kind::from(kind.as_str());
            Some((id, kind, u32::try_from(schema).ok()?, plan, facts))
        };
        let parts = catch_unwind(AssertUnwindSafe(read)).map_err(|_| LoadError::Panic)?;
        let (id, kind, schema, plan, facts) = parts.ok_or(LoadError::NoGenesis)?;
        Ok(Self { automerge, id, kind, schema, plan, facts })
    }

    /// Applies changes that were accepted elsewhere. All or none: on an error the document is as before.
    pub fn apply<'a>(&mut self, changes: impl IntoIterator<Item = &'a [u8]>) -> Result<(), LoadError> {
        let mut copy = self.automerge.clone();
        apply(&mut copy, changes)?;
        self.automerge = copy;
        Ok(())
    }

    /// Applies changes in place: quicker, and on an error or a panic the document may be half of them.
    pub(crate) fn take(&mut self, changes: Vec<automerge::Change>) -> Result<(), LoadError> {
        apply_parsed(&mut self.automerge, changes)
    }

    /// Takes in everything of another copy of the same document.
    pub fn merge(&mut self, other: &Self) -> Result<(), LoadError> {
        if self.id != other.id {
            return Err(LoadError::DoesNotFit);
        }
        let mut copy = self.automerge.clone();
        let mut theirs = other.automerge.clone();
        catch_unwind(AssertUnwindSafe(|| copy.merge(&mut theirs)))
            .map_err(|_| LoadError::Panic)?
            .map_err(|error| LoadError::Automerge(Box::new(error)))?;
        self.automerge = copy;
        Ok(())
    }

    /// Writes one change at the present heads.
    pub fn write(&mut self, actor: ActorId, time: Timestamp, edit: &Edit) -> Result<Change, WriteError> {
        if edit.facts.is_empty() && edit.puts.is_empty() {
            return Err(WriteError::Nothing);
        }
        self.automerge.set_actor(actor.0.into());
        let mut tx = self.automerge.transaction();
        let outcome = (|| {
            for (key, json) in &edit.puts {
                tx.put(&self.plan, key.as_str(), to_scalar(json))?;
            }
            for (id, fact) in &edit.facts {
                tx.put(&self.facts, id.to_string(), fact.to_text())?;
            }
            Ok(())
        })();
        if let Err(error) = outcome {
            tx.rollback();
            return Err(WriteError::Automerge(Box::new(error)));
        }
        let (hash, _) = tx.commit_with(CommitOptions::default().with_time(stated(time)));
        made(&self.automerge, hash).ok_or(WriteError::Nothing)
    }

    /// Writes one change as if nothing had happened since `heads`: on a branch, which then merges.
    pub fn write_at(
        &mut self,
        heads: &[ChangeHash],
        actor: ActorId,
        time: Timestamp,
        edit: &Edit,
    ) -> Result<Change, WriteError> {
        let heads: Vec<_> = heads.iter().map(|hash| automerge::ChangeHash(hash.0)).collect();
        let branch = self.automerge.fork_at(&heads).map_err(|_| WriteError::UnknownHeads)?;
        let mut branch = Self { automerge: branch, ..self.clone() };
        // Object ids hold an index into the copy's actors: look the parts up anew.
        branch = Self::from_automerge(branch.automerge).map_err(|_| WriteError::UnknownHeads)?;
        let change = branch.write(actor, time, edit)?;
        self.apply([change.bytes.as_slice()]).map_err(|_| WriteError::UnknownHeads)?;
        Ok(change)
    }

    /// The document's id.
    pub fn id(&self) -> DocumentId {
        self.id
    }

    /// What it is.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Its bytes, readable by any Automerge library.
    pub fn save(&self) -> Vec<u8> {
        self.automerge.save()
    }

    /// Its heads, sorted.
    pub fn heads(&self) -> Vec<ChangeHash> {
        let mut heads: Vec<ChangeHash> = self.automerge.get_heads().iter().map(|hash| ChangeHash(hash.0)).collect();
        heads.sort();
        heads
    }

    /// The change that began it.
    pub fn genesis(&self) -> Option<ChangeHash> {
        self.automerge.hash_for_opid(&self.plan).map(|hash| ChangeHash(hash.0))
    }

    /// Whether it holds a change.
    pub fn has(&self, hash: &ChangeHash) -> bool {
        self.automerge.get_change_meta_by_hash(&automerge::ChangeHash(hash.0)).is_some()
    }

    /// A change that it holds, by its hash.
    pub fn change(&self, hash: &ChangeHash) -> Option<Change> {
        let change = self.automerge.get_change_by_hash(&automerge::ChangeHash(hash.0))?;
        Some(Change { hash: *hash, bytes: change.raw_bytes().to_vec() })
    }

    /// All its changes, each after those it depends on. The order is the same wherever the same bytes were loaded.
    pub fn changes(&self) -> Vec<Change> {
        let to_change = |change: automerge::Change| Change {
            hash: ChangeHash(change.hash().0),
            bytes: change.raw_bytes().to_vec(),
        };
        self.automerge.get_changes(&[]).into_iter().map(to_change).collect()
    }

    /// What it says.
    pub fn content(&self) -> Content {
        let mut content = Content { schema: self.schema, ..Content::new(self.kind.clone()) };
        for entry in self.automerge.map_range(&self.plan, ..) {
            let key = entry.key.into_owned();
            let register = self.register(&key);
            content.plan.insert(key, register);
        }
        for entry in self.automerge.map_range(&self.facts, ..) {
            // The gate lets nothing else in; what a newer version put there is not this one's to show.
            let Ok(id) = entry.key.parse::<FactId>() else { continue };
            let automerge::ValueRef::Scalar(automerge::ScalarValueRef::Str(text)) = &entry.value else { continue };
            if let Ok(fact) = Fact::from_text(text) {
                if fact.body == FactBody::Started {
                    content.changed_since.insert(id, self.changed_since(&entry.id(), &content));
                }
                content.facts.insert(id, fact);
            }
        }
        content
    }

    /// The registers that show something else than at the change that made an operation.
    fn changed_since(&self, operation: &automerge::ObjId, now: &Content) -> Vec<String> {
        let Some(change) = self.automerge.hash_for_opid(operation) else { return Vec::new() };
        let mut then = BTreeMap::new();
        for entry in self.automerge.map_range_at(&self.plan, .., &[change]) {
            let json = match &entry.value {
                automerge::ValueRef::Scalar(automerge::ScalarValueRef::Str(text)) => serde_json::from_str(text).ok(),
                _ => None,
            };
            then.insert(entry.key.into_owned(), json.unwrap_or(Json::Null));
        }
        let is_changed = |(key, register): &(&String, &Register)| register.shown() != then.get(key.as_str());
        now.plan.iter().filter(is_changed).map(|(key, _)| key.clone()).collect()
    }

    /// Whether another copy shows the same values by the same hands, without reading what they say.
    pub(crate) fn shows_same(&self, other: &Self) -> bool {
        let is_same_part = |mine: &automerge::ObjId, theirs: &automerge::ObjId| {
            let mut theirs = other.automerge.map_range(theirs, ..);
            let are_same = self.automerge.map_range(mine, ..).all(|entry| {
                let is_same = |found: automerge::iter::MapRangeItem<'_>| {
                    let is_shown = (&found.key, &found.value) == (&entry.key, &entry.value) && found.id() == entry.id();
                    let stand_beside = || self.register(&entry.key) == other.register(&entry.key);
                    is_shown && found.conflict == entry.conflict && (!entry.conflict || stand_beside())
                };
                theirs.next().is_some_and(is_same)
            });
            are_same && theirs.next().is_none()
        };
        let are_one_kind = (&self.kind, self.schema) == (&other.kind, other.schema);
        are_one_kind && is_same_part(&self.plan, &other.plan) && is_same_part(&self.facts, &other.facts)
    }

    fn register(&self, key: &str) -> Register {
        let values = self.automerge.get_all(&self.plan, key).unwrap_or_default();
        let mut values: Vec<(u64, Value)> = values
            .into_iter()
            .filter_map(|(value, id)| {
                let automerge::ObjId::Id(counter, actor, _) = id else { return None };
                let actor = ActorId::try_from(actor.to_bytes()).ok()?;
                Some((counter, Value { json: from_scalar(value.as_scalar()?), actor }))
            })
            .collect();
        // As Automerge chooses: the highest operation, then the highest actor.
        values.sort_by(|(a, left), (b, right)| (b, right.actor).cmp(&(a, left.actor)));
        Register { values: values.into_iter().map(|(_, value)| value).collect() }
    }
}

/// Applies changes; tells how many of them depend on none.
fn apply<'a>(automerge: &mut Automerge, changes: impl IntoIterator<Item = &'a [u8]>) -> Result<usize, LoadError> {
    let work = || {
        let mut parsed = Vec::new();
        let mut independent = BTreeSet::new();
        for bytes in changes {
            let counted = chunk::check_change(bytes).map_err(|_| LoadError::Unbounded)?;
            independent.extend(Some(counted.hash).filter(|_| counted.dependencies == 0));
            let change = automerge::Change::from_bytes(bytes.to_vec()).map_err(|_| LoadError::DoesNotFit)?;
            parsed.push(change);
        }
        apply_parsed(automerge, parsed)?;
        Ok(independent.len())
    };
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| LoadError::Panic)?
}

/// The time that a change bears. A phone's clock may show any year; the gate, which every reader passes, knows those
/// from 1970 to 9999. Nothing is ordered by it.
fn stated(time: Timestamp) -> i64 {
    time.in_calendar().0
}

fn apply_parsed(automerge: &mut Automerge, changes: Vec<automerge::Change>) -> Result<(), LoadError> {
    automerge.apply_changes(changes).map_err(|error| LoadError::Automerge(Box::new(error)))?;
    // Automerge queues what it cannot place yet; here that is an error.
    if automerge.get_missing_deps(&[]).is_empty() { Ok(()) } else { Err(LoadError::DoesNotFit) }
}

/// The change that a commit made; none if every value stood already.
fn made(automerge: &Automerge, hash: Option<automerge::ChangeHash>) -> Option<Change> {
    let change = automerge.get_change_by_hash(&hash?)?;
    Some(Change { hash: ChangeHash(change.hash().0), bytes: change.raw_bytes().to_vec() })
}

/// How a value of a plan is stored: its JSON as one text, null as null.
pub(crate) fn to_scalar(json: &Json) -> ScalarValue {
    match json {
        Json::Null => ScalarValue::Null,
        json => ScalarValue::Str(json.to_string().into()),
    }
}

pub(crate) fn from_scalar(scalar: &ScalarValue) -> Json {
    match scalar {
        ScalarValue::Str(text) => serde_json::from_str(text).unwrap_or(Json::Null),
        _ => Json::Null,
    }
}

/// The decoded operations of a change.
pub(crate) fn decode(bytes: &[u8]) -> Option<(automerge::Change, ExpandedChange)> {
    catch_unwind(AssertUnwindSafe(|| {
        let change = automerge::Change::from_bytes(bytes.to_vec()).ok()?;
        let expanded = change.decode();
        Some((change, expanded))
    }))
    .ok()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rundan_model::{ActionId, FactBody, PersonId, VaultId};
    use serde_json::json;

    pub(crate) fn actor(n: u8) -> ActorId {
        ActorId::new(VaultId([n; 8]), [0; 8])
    }

    fn visit() -> Document {
        let plan = vec![("when".to_owned(), json!({ "start": 1, "minutes": 30 }))];
        let genesis = Genesis { kind: Kind::Visit, nonce: [7; 16], plan };
        Document::begin(actor(1), Timestamp(100), &genesis).unwrap().0
    }

    fn note(n: u32, text: &str) -> (FactId, Fact) {
        let fact =
            Fact::stated(PersonId([1; 8]), Timestamp(5), ActionId([1; 8]), FactBody::Note { text: text.to_owned() });
        (FactId { actor: actor(2), n }, fact)
    }

    #[test]
    fn a_document_reads_back_what_was_written() {
        let mut document = visit();
        let (id, fact) = note(1, "hej");
        document.write(actor(2), Timestamp(101), &Edit { facts: vec![(id, fact.clone())], puts: Vec::new() }).unwrap();
        let read = Document::load(&document.save()).unwrap();
        assert_eq!(read.id(), document.id());
        assert_eq!(read.kind(), &Kind::Visit);
        assert_eq!(read.content(), document.content());
        assert_eq!(read.content().facts[&id], fact);
        assert_eq!(read.content().plan["when"].shown(), Some(&json!({ "start": 1, "minutes": 30 })));
    }

    #[test]
    fn what_was_written_by_a_clock_of_any_year_reads_back() {
        for seconds in [i64::MIN, -1, 0, i64::MAX] {
            let (mut document, genesis) = {
                let genesis = Genesis { kind: Kind::Visit, nonce: [7; 16], plan: Vec::new() };
                Document::begin(actor(1), Timestamp(seconds), &genesis).unwrap()
            };
            let edit = Edit { facts: vec![note(1, "hej")], puts: Vec::new() };
            let change = document.write(actor(2), Timestamp(seconds), &edit).unwrap();
            let read = Document::from_changes([genesis.bytes.as_slice(), &change.bytes]).unwrap();
            assert_eq!(read.content(), document.content());
        }
    }

    #[test]
    fn two_who_write_apart_leave_both_values_and_the_same_order_everywhere() {
        let mut alice = visit();
        let mut bob = alice.clone();
        let put = |start: i64| Edit { facts: Vec::new(), puts: vec![("when".into(), json!({ "start": start }))] };
        alice.write(actor(2), Timestamp(1), &put(10)).unwrap();
        bob.write(actor(3), Timestamp(1), &put(20)).unwrap();
        let (a, b) = (alice.clone(), bob.clone());
        alice.merge(&b).unwrap();
        bob.merge(&a).unwrap();
        assert_eq!(alice.content(), bob.content());
        assert!(alice.content().plan["when"].is_clash());
        assert_eq!(alice.heads(), bob.heads());
    }

    #[test]
    fn a_branch_at_old_heads_makes_a_clash_of_what_changed_since() {
        let mut document = visit();
        let heads = document.heads();
        let put = |start: i64| Edit { facts: Vec::new(), puts: vec![("when".into(), json!({ "start": start }))] };
        document.write(actor(2), Timestamp(1), &put(10)).unwrap();
        document.write_at(&heads, actor(3), Timestamp(2), &put(20)).unwrap();
        assert!(document.content().plan["when"].is_clash());
    }

    #[test]
    fn changes_apply_all_or_not_at_all() {
        let mut document = visit();
        let mut ahead = document.clone();
        let first = ahead.write(actor(2), Timestamp(1), &Edit { facts: vec![note(1, "a")], puts: Vec::new() }).unwrap();
        let second =
            ahead.write(actor(2), Timestamp(1), &Edit { facts: vec![note(2, "b")], puts: Vec::new() }).unwrap();
        assert!(document.apply([second.bytes.as_slice()]).is_err());
        assert_eq!(document.content().facts.len(), 0);
        document.apply([second.bytes.as_slice(), first.bytes.as_slice()]).unwrap();
        assert_eq!(document.heads(), ahead.heads());
    }

    #[test]
    fn of_two_that_begin_neither_is_begun() {
        let other = Genesis { kind: Kind::Visit, nonce: [8; 16], plan: Vec::new() };
        let (mut theirs, begun) = Document::begin(actor(2), Timestamp(1), &other).unwrap();
        let mut both = visit();
        let mine = both.changes().remove(0);
        both.automerge.merge(&mut theirs.automerge).unwrap();
        assert!(matches!(Document::load(&both.save()), Err(LoadError::NoGenesis)));
        let changes = [mine.bytes.as_slice(), begun.bytes.as_slice()];
        assert!(matches!(Document::from_changes(changes), Err(LoadError::NoGenesis)));
        assert_eq!(Document::from_changes([changes[0]; 2]).unwrap().id(), visit().id());
    }

    #[test]
    fn bytes_that_are_no_document_are_an_error() {
        assert!(Document::load(b"not a document").is_err());
        assert!(matches!(Document::load(&Automerge::new().save()), Err(LoadError::NoGenesis)));
    }
}
