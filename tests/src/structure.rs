//! Mutations beyond the one change that [`crate::mutation`] alters: beginnings of documents, a second kind, pushes of
//! several changes, and whole saved documents, as phones load them from a server.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rundan_documents::gate::{Author, Budget, Outcome, Stored, Verdict, WORK_MAX, judge};
use rundan_documents::{Change, Document, Edit, Genesis};
use rundan_model::policy::{Relation, Standing};
use rundan_model::{ChangeHash, DocumentId, Kind, Role, Timestamp, VaultId};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::chunks;
use crate::mutation::{EVA, actor, note};

/// How many were tried, and how many of them were taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Tried.
    pub tried: u64,
    /// Taken in, and harmless.
    pub taken: u64,
}

/// What is mutated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The first change of a document.
    Genesis,
    /// A push of several changes to one document, some of them mutated, left out, repeated or out of order.
    Push,
    /// A whole document as it is saved.
    Saved,
}

impl What {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Genesis, Self::Push, Self::Saved];
}

/// Tries `count` mutations.
///
/// # Errors
/// What did harm, in hexadecimal, and what harm.
pub fn run(what: What, seed: u64, count: u64) -> Result<Count, String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let stories = stories();
    let mut counted = Count::default();
    for _ in 0..count {
        let story = &stories[random.next_u32() as usize % stories.len()];
        let pieces = match what {
            What::Genesis => vec![mutated(chunks::CHANGE, &story.changes[0].bytes, &mut random)],
            What::Push => push(story, &mut random),
            What::Saved => vec![mutated(chunks::DOCUMENT, &story.document.save(), &mut random)],
        };
        counted.tried += 1;
        counted.taken += u64::from(again(what, &pieces).map_err(|harm| told(what, &pieces, &harm))?);
    }
    Ok(counted)
}

/// Tries these bytes again on every story; says whether any of it was taken in.
///
/// # Errors
/// What harm they do.
pub fn again(what: What, pieces: &[Vec<u8>]) -> Result<bool, String> {
    let tried = catch_unwind(AssertUnwindSafe(|| match what {
        What::Genesis => try_genesis(&pieces[0]),
        What::Push => stories().iter().try_fold(false, |taken, story| Ok(taken | try_push(story, pieces)?)),
        What::Saved => try_saved(&pieces[0]),
    }));
    tried.unwrap_or_else(|_| Err("it panicked".to_owned()))
}

fn told(what: What, pieces: &[Vec<u8>], harm: &str) -> String {
    let pieces: Vec<String> = pieces.iter().map(hex::encode).collect();
    format!("{harm}: {what:?} {}", pieces.join(","))
}

fn mutated(kind: u8, chunk: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    chunks::seal(kind, &chunks::mutate(chunks::body(chunk), random))
}

fn push(story: &Story, random: &mut ChaCha8Rng) -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<u8>> = story.changes[1..].iter().map(|change| change.bytes.clone()).collect();
    for _ in 0..1 + random.next_u32() % 2 {
        let at = random.next_u32() as usize % pieces.len();
        match random.next_u32() % 6 {
            0 => drop(pieces.remove(at)),
            1 => pieces.insert(at, pieces[at].clone()),
            2 => {
                let to = random.next_u32() as usize % pieces.len();
                pieces.swap(at, to);
            }
            _ => pieces[at] = mutated(chunks::CHANGE, &pieces[at], random),
        }
    }
    pieces
}

fn try_genesis(bytes: &[u8]) -> Result<bool, String> {
    let hash = ChangeHash(Sha256::digest(&bytes[8..]).into());
    let id = DocumentId::of_genesis(&hash);
    let verdict = judge(id, None, &[bytes], &office(), &mut Budget::default());
    is_sound(&verdict, &[bytes.to_vec()], 1)?;
    Ok(verdict.document.is_some())
}

fn try_push(story: &Story, pieces: &[Vec<u8>]) -> Result<bool, String> {
    let begun = Document::from_changes([story.changes[0].bytes.as_slice()]).map_err(|error| error.to_string())?;
    let pushed: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    let mut budget = Budget::default();
    let verdict = judge(begun.id(), Some(begun.clone()), &pushed, &office(), &mut budget);
    if budget.spent() > WORK_MAX {
        return Err(format!("it cost {}", budget.spent()));
    }
    is_sound(&verdict, pieces, pieces.len())?;
    let document = verdict.document.ok_or("the gate lost the document")?;
    let taken = verdict.outcomes.iter().filter(|told| matches!(told, Outcome::Accepted(_))).count();
    if document.changes().len() == 1 + taken { Ok(taken > 0) } else { Err("it holds what was not accepted".to_owned()) }
}

/// Whether each piece has its answer, and what was accepted is there after saving and loading.
fn is_sound(verdict: &Verdict, pieces: &[Vec<u8>], answers: usize) -> Result<(), String> {
    if verdict.outcomes.len() != answers {
        return Err("not one answer each".to_owned());
    }
    let Some(document) = &verdict.document else { return Ok(()) };
    let read = Document::load(&document.save()).map_err(|error| format!("cannot be loaded: {error}"))?;
    if read.heads() != document.heads() || read.content() != document.content() {
        return Err("differs after loading".to_owned());
    }
    for (outcome, bytes) in verdict.outcomes.iter().zip(pieces) {
        let hash = ChangeHash(Sha256::digest(bytes.get(8..).unwrap_or_default()).into());
        if matches!(outcome, Outcome::Accepted(_)) && !read.has(&hash) {
            return Err("what was accepted is not there".to_owned());
        }
    }
    Ok(())
}

/// Loads it as a phone does, and does with it all that a phone does.
fn try_saved(bytes: &[u8]) -> Result<bool, String> {
    let Ok(mut document) = Document::received(bytes) else { return Ok(false) };
    let (heads, content) = (document.heads(), document.content());
    let changes = document.changes();
    let read = changes.iter().filter_map(|change| rundan_documents::read_change(&change.bytes)).count();
    let logs = (document.infos().len(), document.plan_log().len(), document.fact_log().len());
    if read > changes.len() || logs.0 != changes.len() {
        return Err("its changes are not its history".to_owned());
    }
    for story in stories().iter().filter(|story| story.document.id() == document.id()) {
        // What does not fit is an error and nothing more.
        let mut merged = story.document.clone();
        if merged.merge(&document).is_ok() {
            Document::load(&merged.save()).map_err(|error| format!("merged, it cannot be loaded: {error}"))?;
        }
    }
    let session = actor(8, 200);
    document
        .write(session, Timestamp(9), &note(session, EVA, 1))
        .map_err(|error| format!("cannot be written: {error}"))?;
    let read = Document::load(&document.save()).map_err(|error| format!("cannot be loaded: {error}"))?;
    if read.content() != document.content() || heads.is_empty() || content.kind != *document.kind() {
        return Err("differs after loading".to_owned());
    }
    Ok(true)
}

/// A document of a kind, and the changes that it came from, its beginning first.
struct Story {
    document: Document,
    changes: Vec<Change>,
}

fn office() -> Author {
    let relation = Relation { in_scope: true, began: true, own: true, contact_worker: true };
    let standing = Standing { roles: [Role::UnitHead].into(), relation, is_server: false };
    Author { vault: VaultId([9; 8]), person: EVA, standing, stored: Stored::default() }
}

/// A visit and a recipient with puts and facts, written on and apart, so that values clash.
fn stories() -> Vec<Story> {
    let visit = [("when", json!({ "start": 1, "minutes": 30 })), ("cancelled", json!({ "reason": "Inlagd." }))];
    let recipient = [("telephone", json!("070-174 06 05")), ("good-to-know", json!(["Nyckeln kärvar."]))];
    vec![story(Kind::Visit, &visit), story(Kind::Recipient, &recipient)]
}

fn story(kind: Kind, plan: &[(&str, Json); 2]) -> Story {
    let first = |at: usize| (plan[at].0.to_owned(), plan[at].1.clone());
    let genesis = Genesis { kind, nonce: [7; 16], plan: vec![first(0)] };
    let (mut document, begun) = Document::begin(actor(9, 1), Timestamp(1), &genesis).expect("it begins");
    let mut changes = vec![begun];
    let put = |at: usize, json: Json| Edit { facts: Vec::new(), puts: vec![(first(at).0, json)] };
    let mut write = |document: &mut Document, session: u8, edit: Edit| {
        changes.push(document.write(actor(9, session), Timestamp(2), &edit).expect("an honest edit is written"));
    };
    write(&mut document, 2, note(actor(9, 2), EVA, 1));
    write(&mut document, 2, put(1, first(1).1));
    let mut apart = document.clone();
    write(&mut document, 2, put(1, Json::Null));
    write(&mut apart, 3, note(actor(9, 3), EVA, 1));
    document.merge(&apart).expect("branches merge");
    write(&mut document, 4, note(actor(9, 4), EVA, 1));
    Story { document, changes }
}
