//! A document's history: who changed what, when, by the phone's clock.

use std::collections::BTreeMap;

use automerge::{ObjId, legacy};
use rundan_model::{ActorId, ChangeHash, FactId, Timestamp};
use serde_json::Value as Json;

use crate::Document;
use crate::document::{decode, from_scalar};

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
