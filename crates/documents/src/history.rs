//! A document's history: who changed what, when, by the phone's clock.

use std::collections::BTreeMap;

use automerge::{ObjId, ReadDoc, legacy};
use rundan_model::{ActorId, ChangeHash, Fact, FactBody, FactId, Kind, Timestamp};
use serde_json::Value as Json;

use crate::document::{FACTS_OP, PLAN_OP, decode, from_scalar};
use crate::gate::chunk;
use crate::{Document, Edit};

/// What a change says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeInfo {
    /// Its hash.
    pub hash: ChangeHash,
    /// The session that made it.
    pub actor: ActorId,
    /// Its number among the session's changes to the document, from 1.
    pub seq: u64,
    /// When, by the phone's clock.
    pub time: Timestamp,
}

/// One put into a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanEntry {
    /// The change.
    pub change: ChangeInfo,
    /// The register.
    pub register: String,
    /// The value.
    pub json: Json,
}

/// What a change says, without the document that it is of.
#[derive(Debug, Clone)]
pub struct ReadChange {
    /// Its own words.
    pub info: ChangeInfo,
    /// What it builds on.
    pub deps: Vec<ChangeHash>,
    /// What it begins; none where it is not a genesis.
    pub begins: Option<Kind>,
    /// What it appends and puts. A fact that cannot be read is left out.
    pub edit: Edit,
    /// Whether one was left out.
    pub has_unread: bool,
}

/// Reads a change that is not trusted; none where it is no change of a document of Rundan.
pub fn read_change(bytes: &[u8]) -> Option<ReadChange> {
    chunk::check_change(bytes).ok()?;
    read_own_change(bytes)
}

/// Reads a change that was made here, also one that no gate would let in; none where it is none of a document of Rundan.
pub fn read_own_change(bytes: &[u8]) -> Option<ReadChange> {
    let (change, expanded) = decode(bytes)?;
    let info = ChangeInfo {
        hash: ChangeHash(change.hash().0),
        actor: ActorId::try_from(change.actor_id().to_bytes()).ok()?,
        seq: change.seq(),
        time: Timestamp(change.timestamp()),
    };
    let mut read = ReadChange {
        info,
        deps: change.deps().iter().map(|dep| ChangeHash(dep.0)).collect(),
        begins: None,
        edit: Edit::default(),
        has_unread: false,
    };
    for op in &expanded.operations {
        let (legacy::Key::Map(key), legacy::OpType::Put(scalar)) = (&op.key, &op.action) else { continue };
        match &op.obj {
            legacy::ObjectId::Root if key == "kind" => {
                read.begins = scalar.as_str().map(Kind::from).filter(|_| read.deps.is_empty());
            }
            legacy::ObjectId::Id(legacy::OpId(PLAN_OP, _)) => {
                read.edit.puts.push((key.to_string(), from_scalar(scalar)));
            }
            legacy::ObjectId::Id(legacy::OpId(FACTS_OP, _)) => {
                let fact = key.parse().ok().zip(scalar.as_str().and_then(|text| Fact::from_text(text).ok()));
                read.has_unread |= fact.is_none();
                read.edit.facts.extend(fact);
            }
            _ => {}
        }
    }
    // A choice of what was shown already puts nothing: it takes the other values away.
    for (_, fact) in &read.edit.facts {
        if let FactBody::Chosen { register, chosen, .. } = &fact.body
            && !read.edit.puts.iter().any(|(key, _)| key == register)
        {
            read.edit.puts.push((register.clone(), chosen.clone()));
        }
    }
    Some(read)
}

impl Document {
    /// Its changes' own words, each after those it depends on.
    pub fn infos(&self) -> Vec<ChangeInfo> {
        let metas = self.automerge.get_changes_meta(&[]);
        metas
            .iter()
            .filter_map(|meta| {
                Some(ChangeInfo {
                    hash: ChangeHash(meta.hash.0),
                    actor: ActorId::try_from(meta.actor.to_bytes()).ok()?,
                    seq: meta.seq,
                    time: Timestamp(meta.timestamp),
                })
            })
            .collect()
    }

    /// The change that stated a fact; none if there is no such fact.
    pub fn change_of(&self, fact: &FactId) -> Option<ChangeInfo> {
        let (_, operation) = self.automerge.get(&self.facts, fact.to_string()).ok()??;
        let meta = self.automerge.get_change_meta_by_hash(&self.automerge.hash_for_opid(&operation)?)?;
        Some(ChangeInfo {
            hash: ChangeHash(meta.hash.0),
            actor: ActorId::try_from(meta.actor.to_bytes()).ok()?,
            seq: meta.seq,
            time: Timestamp(meta.timestamp),
        })
    }

    /// Every put into the plan, genesis included, each after those it depends on.
    pub fn plan_log(&self) -> Vec<PlanEntry> {
        let ObjId::Id(counter, actor, _) = &self.plan else { return Vec::new() };
        let plan = legacy::ObjectId::Id(legacy::OpId(*counter, actor.clone()));
        let mut log = Vec::new();
        for info in self.infos() {
            let Some(change) = self.change(&info.hash) else { continue };
            let Some((_, expanded)) = decode(&change.bytes) else { continue };
            for op in expanded.operations.iter().filter(|op| op.obj == plan) {
                let (legacy::Key::Map(key), legacy::OpType::Put(scalar)) = (&op.key, &op.action) else { continue };
                log.push(PlanEntry { change: info.clone(), register: key.to_string(), json: from_scalar(scalar) });
            }
        }
        log
    }

    /// Which change brought each fact.
    pub fn fact_log(&self) -> BTreeMap<FactId, ChangeInfo> {
        let ObjId::Id(counter, actor, _) = &self.facts else { return BTreeMap::new() };
        let facts = legacy::ObjectId::Id(legacy::OpId(*counter, actor.clone()));
        let mut log = BTreeMap::new();
        for info in self.infos() {
            let Some(change) = self.change(&info.hash) else { continue };
            let Some((_, expanded)) = decode(&change.bytes) else { continue };
            for op in expanded.operations.iter().filter(|op| op.obj == facts) {
                let legacy::Key::Map(key) = &op.key else { continue };
                if let Ok(id) = key.parse::<FactId>() {
                    log.insert(id, info.clone());
                }
            }
        }
        log
    }
}
