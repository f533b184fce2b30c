//! What a change's operations write, judged one by one.

use std::collections::{BTreeMap, BTreeSet};

use automerge::legacy::{self, Key, ObjectId, OpId, OpType};
use automerge::{ObjId, ObjType, ReadDoc, ScalarValue};
use rundan_model::fact::KNOWN_KINDS;
use rundan_model::{ActorId, Fact, FactBody, FactId, Kind, plan};
use serde_json::Value as Json;

use super::{Author, Later, Outcome, Refusal};
use crate::Document;
use crate::document::{FACTS_OP, NONCE_BYTES, PLAN_OP, ROOT_KEYS, from_scalar};

/// What a change writes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Content {
    /// Values put into the plan.
    pub puts: BTreeMap<String, Json>,
    /// Registers whose put chose between several standing values.
    pub chose: Vec<String>,
    /// Facts appended.
    pub facts: Vec<(FactId, Fact)>,
}

type Judgement<T> = Result<T, Outcome>;

fn refuse<T>(refusal: Refusal) -> Judgement<T> {
    Err(Outcome::Refused(refusal))
}

/// Reads the operations of a genesis: kind, schema and nonce, the two parts, then first values of the plan.
pub(super) fn read_genesis(actor: ActorId, expanded: &automerge::ExpandedChange) -> Judgement<(Kind, Content)> {
    let frame = expanded.operations.get(..ROOT_KEYS.len());
    let Some([kind, schema, nonce, plan_part, facts_part]) = frame else { return refuse(Refusal::Operation) };
    for (op, key) in [kind, schema, nonce, plan_part, facts_part].into_iter().zip(ROOT_KEYS) {
        let is_plain = op.obj == ObjectId::Root && op.pred.is_empty() && !op.insert;
        if !is_plain || op.key != Key::Map(key.into()) {
            return refuse(Refusal::Operation);
        }
    }
    let (OpType::Put(ScalarValue::Str(kind)), OpType::Put(ScalarValue::Uint(_))) = (&kind.action, &schema.action)
    else {
        return refuse(Refusal::Operation);
    };
    let is_nonce = matches!(&nonce.action, OpType::Put(ScalarValue::Bytes(bytes)) if bytes.len() == NONCE_BYTES);
    let are_parts = [plan_part, facts_part].into_iter().all(|part| matches!(part.action, OpType::Make(ObjType::Map)));
    if !is_nonce || !are_parts {
        return refuse(Refusal::Operation);
    }
    let mut content = Content::default();
    for op in expanded.operations.iter().skip(ROOT_KEYS.len()) {
        if op.obj != part(PLAN_OP, &automerge::ActorId::from(actor.0)) || !op.pred.is_empty() {
            return refuse(Refusal::Operation);
        }
        take_put(&mut content, op)?;
    }
    Ok((Kind::from(kind.as_str()), content))
}

/// Reads the operations of a later change.
pub(super) fn read(
    document: &Document,
    actor: ActorId,
    deps: &[automerge::ChangeHash],
    expanded: &automerge::ExpandedChange,
) -> Judgement<Content> {
    let ObjId::Id(_, beginner, _) = &document.plan else { return refuse(Refusal::Operation) };
    let (plan, facts) = (part(PLAN_OP, beginner), part(FACTS_OP, beginner));
    let mut content = Content::default();
    for op in &expanded.operations {
        if op.obj == plan && matches!(op.action, OpType::Delete) {
            take_choice(document, deps, op, &mut content)?;
        } else if op.obj == plan {
            check_predecessors(document, deps, op, &mut content)?;
            take_put(&mut content, op)?;
        } else if op.obj == facts {
            take_fact(document, actor, op, &mut content)?;
        } else {
            return refuse(Refusal::Operation);
        }
    }
    check_choices(&content)?;
    Ok(content)
}

fn part(counter: u64, beginner: &automerge::ActorId) -> ObjectId {
    ObjectId::Id(OpId(counter, beginner.clone()))
}

/// A put's predecessors are exactly the values that stood at its dependencies.
fn check_predecessors(
    document: &Document,
    deps: &[automerge::ChangeHash],
    op: &legacy::Op,
    content: &mut Content,
) -> Judgement<()> {
    let Key::Map(key) = &op.key else { return refuse(Refusal::Operation) };
    let standing: BTreeSet<OpId> = standing(document, deps, key).into_keys().collect();
    if standing != op.pred.iter().cloned().collect() {
        return refuse(Refusal::Operation);
    }
    if standing.len() > 1 {
        content.chose.push(key.to_string());
    }
    Ok(())
}

/// The values of a register that stood at these dependencies, the one that Automerge shows last.
fn standing(document: &Document, deps: &[automerge::ChangeHash], key: &str) -> BTreeMap<OpId, Json> {
    let values = document.automerge.get_all_at(&document.plan, key, deps).unwrap_or_default();
    let value = |(value, id): (automerge::Value<'_>, ObjId)| match id {
        ObjId::Id(counter, actor, _) => Some((OpId(counter, actor), from_scalar(value.as_scalar()?))),
        ObjId::Root => None,
    };
    values.into_iter().filter_map(value).collect()
}

/// Who puts the value that is shown already over others that stand beside it makes Automerge delete those others.
/// That is a choice like any other; nothing else is ever deleted.
fn take_choice(
    document: &Document,
    deps: &[automerge::ChangeHash],
    op: &legacy::Op,
    content: &mut Content,
) -> Judgement<()> {
    let Key::Map(key) = &op.key else { return refuse(Refusal::Operation) };
    let mut others = standing(document, deps, key);
    let Some((_, shown)) = others.pop_last().filter(|_| !others.is_empty()) else {
        return refuse(Refusal::Operation);
    };
    let are_the_others = op.pred.iter().cloned().collect::<BTreeSet<_>>() == others.into_keys().collect();
    if !are_the_others || op.insert || content.puts.insert(key.to_string(), shown).is_some() {
        return refuse(Refusal::Operation);
    }
    content.chose.push(key.to_string());
    Ok(())
}

fn take_put(content: &mut Content, op: &legacy::Op) -> Judgement<()> {
    let (Key::Map(key), OpType::Put(scalar), false) = (&op.key, &op.action, op.insert) else {
        return refuse(Refusal::Operation);
    };
    if !plan::is_key(key) {
        return refuse(Refusal::Shape);
    }
    match scalar {
        ScalarValue::Null => {}
        ScalarValue::Str(text) if text.len() <= plan::VALUE_BYTES_MAX => {
            if serde_json::from_str::<Json>(text).map_or(true, |json| json.is_null()) {
                return refuse(Refusal::Shape);
            }
        }
        ScalarValue::Str(_) => return refuse(Refusal::TooMuch),
        _ => return refuse(Refusal::Operation),
    }
    // A register is written once in a change.
    if content.puts.insert(key.to_string(), from_scalar(scalar)).is_some() {
        return refuse(Refusal::Operation);
    }
    Ok(())
}

fn take_fact(document: &Document, actor: ActorId, op: &legacy::Op, content: &mut Content) -> Judgement<()> {
    let (Key::Map(key), OpType::Put(ScalarValue::Str(text)), false) = (&op.key, &op.action, op.insert) else {
        return refuse(Refusal::Operation);
    };
    let Ok(id) = key.parse::<FactId>() else { return refuse(Refusal::Operation) };
    let is_taken = content.facts.iter().any(|(other, _)| *other == id)
        || document.automerge.get(&document.facts, key.as_str()).is_ok_and(|found| found.is_some());
    if id.actor != actor || !op.pred.is_empty() || is_taken {
        return refuse(Refusal::Operation);
    }
    let Ok(fact) = Fact::from_text(text) else { return refuse(Refusal::Shape) };
    content.facts.push((id, fact));
    Ok(())
}

/// A put over several standing values comes with a fact that says what was chosen.
fn check_choices(content: &Content) -> Judgement<()> {
    let is_told = |key: &String| {
        content.facts.iter().any(|(_, fact)| match &fact.body {
            FactBody::Chosen { register, chosen, .. } => register == key && content.puts.get(key) == Some(chosen),
            _ => false,
        })
    };
    if content.chose.iter().all(is_told) { Ok(()) } else { refuse(Refusal::Operation) }
}

/// Checks that every fact is of a known kind: what a newer version states waits until this one is as new.
pub(super) fn check_known(content: &Content) -> Judgement<()> {
    let are_known = content.facts.iter().all(|(_, fact)| KNOWN_KINDS.contains(&fact.body.kind()));
    if are_known { Ok(()) } else { Err(Outcome::Later(Later::UnknownKind)) }
}

/// Checks that facts are signed by who signs, and that known registers hold what they should.
pub(super) fn check_shapes(kind: &Kind, author: &Author, content: &Content) -> Judgement<()> {
    for (_, fact) in &content.facts {
        if fact.by != author.person || (fact.as_office && !author.standing.is_office()) {
            return refuse(Refusal::NotAllowed);
        }
    }
    let all_fit = content.puts.iter().all(|(key, json)| plan::fits(kind, key, json));
    if all_fit { Ok(()) } else { refuse(Refusal::Shape) }
}
