//! Mutated changes with honest checksums through the gate. What it lets through must do no harm: it merges with
//! honest work, can be written on, saved and read again, everywhere the same.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rundan_documents::gate::{Author, Budget, Outcome, Stored, judge};
use rundan_documents::{Change, Document, Edit, Genesis};
use rundan_model::fact::Fact;
use rundan_model::policy::{Relation, Standing};
use rundan_model::{ActionId, ActorId, FactBody, FactId, Kind, PersonId, Role, Timestamp, VaultId};
use serde_json::json;

use crate::chunks;

/// What came of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Changes tried.
    pub tried: u64,
    /// Let through, and harmless.
    pub accepted: u64,
    /// Each other answer, by its name.
    pub answers: BTreeMap<String, u64>,
}

impl Tally {
    /// Adds what came of another run.
    pub fn add(&mut self, other: &Self) {
        self.tried += other.tried;
        self.accepted += other.accepted;
        for (answer, count) in &other.answers {
            *self.answers.entry(answer.clone()).or_default() += count;
        }
    }
}

/// One honest change, and the document as it was before.
struct Sample {
    before: Document,
    change: Change,
    /// Written beside it by another.
    beside: Change,
    author: Author,
}

/// Puts `count` mutated changes through the gate.
///
/// # Errors
/// The bytes that did harm, in hexadecimal, and what harm.
pub fn run(seed: u64, count: u64) -> Result<Tally, String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let samples = samples();
    let mut tally = Tally::default();
    for _ in 0..count {
        let sample = &samples[random.next_u32() as usize % samples.len()];
        let body = chunks::mutate(chunks::body(&sample.change.bytes), &mut random);
        let bytes = chunks::seal(chunks::CHANGE, &body);
        tally.tried += 1;
        let answer = attempt(sample, &bytes).map_err(|harm| format!("{harm}: {}", hex::encode(&bytes)))?;
        match answer {
            None => tally.accepted += 1,
            Some(answer) => *tally.answers.entry(answer).or_default() += 1,
        }
    }
    Ok(tally)
}

/// Tries one chunk on every sample; the gate's answers, in their order.
///
/// # Errors
/// What harm it does.
pub fn again(bytes: &[u8]) -> Result<Vec<String>, String> {
    let answer = |sample| Ok(attempt(sample, bytes)?.unwrap_or_else(|| "accepted".to_owned()));
    samples().iter().map(answer).collect()
}

/// The gate's answer, none for a change that passed.
fn attempt(sample: &Sample, bytes: &[u8]) -> Result<Option<String>, String> {
    let judged = catch_unwind(AssertUnwindSafe(|| {
        judge(sample.before.id(), Some(sample.before.clone()), &[bytes], &sample.author, &mut Budget::default())
    }));
    let verdict = judged.map_err(|_| "the gate panicked".to_owned())?;
    match verdict.outcomes.first() {
        Some(Outcome::Accepted(_)) => {}
        Some(Outcome::Refused(refusal)) => return Ok(Some(refusal.as_str().to_owned())),
        Some(Outcome::Already(_)) => return Ok(Some("already".to_owned())),
        Some(other) => return Ok(Some(format!("{other:?}"))),
        None => return Err("the gate gave no answer".to_owned()),
    }
    let document = verdict.document.ok_or("the gate lost the document")?;
    catch_unwind(AssertUnwindSafe(|| is_harmless(sample, bytes, document)))
        .map_err(|_| "it made a later step panic".to_owned())??;
    Ok(None)
}

/// Merges, writes, saves and loads; in both orders.
fn is_harmless(sample: &Sample, bytes: &[u8], mut here: Document) -> Result<(), String> {
    let told = |what: &'static str| move |error: rundan_documents::LoadError| format!("{what}: {error}");
    here.apply([sample.beside.bytes.as_slice()]).map_err(told("honest work beside it no longer fits"))?;
    let mut there = sample.before.clone();
    there.apply([sample.beside.bytes.as_slice(), bytes]).map_err(told("it does not fit after honest work"))?;
    if here.heads() != there.heads() || here.content() != there.content() {
        return Err("two orders differ".to_owned());
    }
    let session = actor(9, 77);
    here.write(session, Timestamp(9), &note(session, EVA, 1)).map_err(|error| format!("cannot be written: {error}"))?;
    let read = Document::load(&here.save()).map_err(told("cannot be loaded"))?;
    if read.heads() == here.heads() && read.content() == here.content() {
        Ok(())
    } else {
        Err("differs after loading".to_owned())
    }
}

const ANNA: PersonId = PersonId([1; 8]);
pub(crate) const EVA: PersonId = PersonId([9; 8]);

pub(crate) fn actor(vault: u8, session: u8) -> ActorId {
    ActorId::new(VaultId([vault; 8]), [session; 8])
}

pub(crate) fn note(session: ActorId, by: PersonId, n: u32) -> Edit {
    let fact = Fact::stated(by, Timestamp(5), ActionId([n as u8; 8]), FactBody::Note { text: "Åt bra.".into() });
    Edit { facts: vec![(FactId { actor: session, n }, fact)], puts: Vec::new() }
}

fn when(start: i64) -> Edit {
    Edit { facts: Vec::new(), puts: vec![("when".into(), json!({ "start": start, "minutes": 30 }))] }
}

/// A visit planned, worked and moved, with a clash: each of its changes with the document before it.
fn samples() -> Vec<Sample> {
    let planner = Standing { roles: [Role::Planner].into(), ..Standing::default() };
    let eva = Author { vault: VaultId([9; 8]), person: EVA, standing: planner, stored: Stored::default() };
    let relation = Relation { in_scope: true, ..Relation::default() };
    let carer = Standing { roles: [Role::Carer].into(), relation, is_server: false };
    let anna = Author { vault: VaultId([1; 8]), person: ANNA, standing: carer, stored: Stored::default() };

    let plan = vec![("when".to_owned(), json!({ "start": 1, "minutes": 30 }))];
    let genesis = Genesis { kind: Kind::Visit, nonce: [7; 16], plan };
    let (mut document, _) = Document::begin(actor(9, 1), Timestamp(1), &genesis).expect("a visit begins");
    let mut samples = Vec::new();
    let mut write = |document: &mut Document, session: ActorId, edit: &Edit, author: &Author| {
        let before = document.clone();
        let change = document.write(session, Timestamp(2), edit).expect("an honest edit is written");
        let other = actor(9, 66);
        let beside = before.clone().write(other, Timestamp(3), &when(500)).expect("an honest edit is written");
        samples.push(Sample { before, change, beside, author: author.clone() });
    };
    let session = actor(1, 1);
    for n in 1..=3 {
        write(&mut document, session, &note(session, ANNA, n), &anna);
    }
    let mut branch = document.clone();
    write(&mut document, actor(9, 2), &when(10), &eva);
    write(&mut branch, actor(9, 3), &when(20), &eva);
    document.merge(&branch).expect("branches merge");
    let chosen = json!({ "start": 10, "minutes": 30 });
    let session = actor(9, 4);
    let mut choice = note(session, EVA, 1);
    choice.facts[0].1.body = FactBody::Chosen { register: "when".into(), values: Vec::new(), who: Vec::new(), chosen };
    choice.puts = when(10).puts;
    write(&mut document, session, &choice, &eva);
    write(&mut document, actor(1, 2), &note(actor(1, 2), ANNA, 1), &anna);
    samples
}
