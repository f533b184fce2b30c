//! A document's content, free of its storage: the plan's registers and the facts.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::{ActorId, Fact, FactId, Kind, PersonId};

/// One value that stands in a register.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The record: what `plan` describes for the register's key.
    pub json: Json,
    /// The session that put it.
    pub actor: ActorId,
}

/// A register of a plan. With more than one distinct value it is a clash: both stand until someone chooses.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Register {
    /// At least one; the first is the one to show. All replicas have the same order.
    pub values: Vec<Value>,
}

impl Register {
    /// The value to show.
    pub fn shown(&self) -> Option<&Json> {
        self.values.first().map(|value| &value.json)
    }

    /// Whether different values stand.
    pub fn is_clash(&self) -> bool {
        let mut values = self.values.iter().map(|value| &value.json);
        let first = values.next();
        values.any(|value| Some(value) != first)
    }
}

/// The content of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// What it is.
    pub kind: Kind,
    /// The schema that its kind came with.
    pub schema: u32,
    /// Registers by key; a removed one holds null.
    pub plan: BTreeMap<String, Register>,
    /// The facts by id.
    pub facts: BTreeMap<FactId, Fact>,
    /// For each start of work, the registers that show something else than when its author stated it.
    pub changed_since: BTreeMap<FactId, Vec<String>>,
}

impl Content {
    /// Nothing yet, of a kind.
    pub fn new(kind: Kind) -> Self {
        Self {
            schema: kind.schema(),
            kind,
            plan: BTreeMap::new(),
            facts: BTreeMap::new(),
            changed_since: BTreeMap::new(),
        }
    }

    /// The shown value of a register, if it is there and reads as `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        T::deserialize(self.plan.get(key)?.shown()?).ok()
    }

    /// Every value of a register that reads as `T`: what a clash leaves standing, all of it counts for scope.
    pub fn each<T: DeserializeOwned>(&self, key: &str) -> Vec<T> {
        let values = self.plan.get(key).map(|register| register.values.as_slice()).unwrap_or_default();
        values.iter().filter_map(|value| T::deserialize(&value.json).ok()).collect()
    }

    /// The registers under `prefix/`, each with the rest of its key.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Register)> {
        self.plan.iter().filter_map(move |(key, register)| {
            let rest = key.strip_prefix(prefix)?.strip_prefix('/')?;
            Some((rest, register))
        })
    }

    /// The keys of registers that clash.
    pub fn clashes(&self) -> impl Iterator<Item = (&str, &Register)> {
        self.plan.iter().filter(|(_, register)| register.is_clash()).map(|(key, register)| (key.as_str(), register))
    }

    /// The order of the facts and which of them still hold.
    pub fn standing(&self) -> Standing<'_> {
        Standing::of(&self.facts)
    }
}

/// Which facts hold: the rules of `after`, `withdrawn` and `settled`.
///
/// Order comes from `after` alone, closed transitively; an unknown id orders nothing, and two facts that claim
/// to follow each other are unordered.
#[derive(Debug)]
pub struct Standing<'a> {
    facts: &'a BTreeMap<FactId, Fact>,
    before: BTreeMap<FactId, BTreeSet<FactId>>,
    superseded: BTreeSet<FactId>,
}

impl<'a> Standing<'a> {
    fn of(facts: &'a BTreeMap<FactId, Fact>) -> Self {
        let mut standing = Self { facts, before: closure(facts), superseded: taken_back(facts) };
        let replaced: Vec<FactId> =
            facts.iter().filter(|(id, fact)| standing.is_replaced(**id, fact)).map(|(id, _)| *id).collect();
        standing.superseded.extend(replaced);
        standing
    }

    /// Whether a fact was taken back, settled or replaced.
    pub fn is_superseded(&self, id: &FactId) -> bool {
        self.superseded.contains(id)
    }

    /// The facts that hold, in an order that respects `after`; what `after` leaves open goes by stated time, then id.
    pub fn holding(&self) -> Vec<(FactId, &'a Fact)> {
        let mut waiting: Vec<(FactId, &Fact)> =
            self.facts.iter().filter(|(id, _)| !self.is_superseded(id)).map(|(id, fact)| (*id, fact)).collect();
        waiting.sort_by_key(|(id, fact)| (fact.at, *id));
        let mut ordered = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let is_free = |(id, _): &(FactId, &Fact)| !waiting.iter().any(|(other, _)| self.follows(id, other));
            // `follows` is a strict order, so something is always free; the first entry guards against a loop.
            let next = waiting.iter().position(is_free).unwrap_or(0);
            ordered.push(waiting.remove(next));
        }
        ordered
    }

    /// Whether `later` is known to follow `earlier`.
    pub fn follows(&self, later: &FactId, earlier: &FactId) -> bool {
        let is_after = |a: &FactId, b: &FactId| self.before.get(a).is_some_and(|before| before.contains(b));
        is_after(later, earlier) && !is_after(earlier, later)
    }

    fn is_replaced(&self, id: FactId, fact: &Fact) -> bool {
        let Some(subject) = fact.subject() else { return false };
        self.facts.iter().any(|(other_id, other)| {
            let may_replace = other.by == fact.by || other.as_office;
            may_replace
                && other.subject() == Some(subject)
                && !self.superseded.contains(other_id)
                && self.follows(other_id, &id)
        })
    }
}

fn closure(facts: &BTreeMap<FactId, Fact>) -> BTreeMap<FactId, BTreeSet<FactId>> {
    let mut closed = BTreeMap::new();
    for id in facts.keys() {
        let mut before = BTreeSet::new();
        let mut waiting = vec![*id];
        while let Some(next) = waiting.pop() {
            for earlier in facts.get(&next).map(|fact| fact.after.as_slice()).unwrap_or_default() {
                if facts.contains_key(earlier) && before.insert(*earlier) {
                    waiting.push(*earlier);
                }
            }
        }
        before.remove(id);
        closed.insert(*id, before);
    }
    closed
}

/// What its author withdrew and what the office settled. A withdrawal of another's fact means nothing, and a
/// withdrawal is never withdrawn.
fn taken_back(facts: &BTreeMap<FactId, Fact>) -> BTreeSet<FactId> {
    let mut taken = BTreeSet::new();
    for fact in facts.values() {
        let (named, may): (&[FactId], &dyn Fn(PersonId) -> bool) = match &fact.body {
            crate::FactBody::Withdrawn { facts } => (facts, &|author| author == fact.by),
            crate::FactBody::Settled { facts, .. } => (facts, &|_| fact.as_office),
            _ => continue,
        };
        for id in named {
            let Some(target) = facts.get(id) else { continue };
            let is_final = matches!(target.body, crate::FactBody::Withdrawn { .. } | crate::FactBody::Settled { .. });
            if !is_final && may(target.by) {
                taken.insert(*id);
            }
        }
    }
    taken
}
