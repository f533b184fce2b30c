//! What is pushed: the gate judges it, and what it accepts goes into the log.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rundan_documents::gate::{self, Author, Budget, Later, Outcome, Refusal, Verdict};
use rundan_model::{ChangeHash, DocumentId, UnitId};
use rundan_sync::message::{LATER_DEPENDENCY, LATER_KIND, LATER_LOAD, REFUSED_PURGED};
use rundan_sync::{PushDocument, PushResult, change};
use rusqlite::Connection;

use super::refusal;
use crate::error::Result;
use crate::scope::{self, AcceptedChange, Commit};
use crate::server::Server;
use crate::store::documents::{self, Bringer, Signer};
use crate::store::vaults::Vault;

/// What became of the changes pushed to one document.
pub(super) struct Judged {
    /// One for each, in order.
    pub(super) results: Vec<PushResult>,
    /// Those that are in the log, from now or from before.
    pub(super) in_log: Vec<ChangeHash>,
}

impl Judged {
    fn all(push: &PushDocument, result: &PushResult) -> Self {
        Self { results: vec![result.clone(); push.changes.len()], in_log: Vec::new() }
    }
}

/// Who pushes.
pub(super) struct Pusher<'a> {
    pub(super) vault: &'a Vault,
    /// The counter of its request.
    pub(super) counter: u64,
    /// What it held after this entry it may have worked on.
    pub(super) held_since: u64,
}

/// What one request may still bring, of what one vault may bring on an opened day.
pub(super) struct Allowed {
    pub(super) changes: u64,
    pub(super) bytes: u64,
    /// What judging them may cost.
    pub(super) work: Budget,
}

/// Takes what is pushed to one document.
pub(super) fn push(
    tx: &Connection,
    server: &Server,
    commit: &mut Commit<'_>,
    pusher: &Pusher<'_>,
    push: &PushDocument,
    allowed: &mut Allowed,
) -> Result<Judged> {
    let Pusher { vault, counter, held_since } = *pusher;
    let bytes = push.changes.iter().map(|bytes| bytes.len() as u64).sum();
    let left = allowed.changes.checked_sub(push.changes.len() as u64).zip(allowed.bytes.checked_sub(bytes));
    let Some(left) = left else {
        return Ok(Judged::all(push, &PushResult::Later(LATER_LOAD.to_owned())));
    };
    (allowed.changes, allowed.bytes) = left;
    let now = server.clock.now();
    let unit = commit.state().unit;
    let known = documents::row(tx, unit, push.document)?;
    let is_purged = known.is_none() && documents::is_purged(tx, unit, push.document)?;
    if is_purged && scope::knew(tx, unit, vault.person, push.document)? {
        return push_to_purged(tx, commit, push);
    }
    // Judged as if it did not exist, and never begun a second time.
    let is_taken = is_purged || (known.is_none() && documents::is_elsewhere(tx, unit, push.document)?);
    let document = documents::load(tx, unit, push.document)?;
    let standing = scope::standing(tx, commit.state(), vault.person, held_since, push.document, known.as_ref())?;
    let stored = documents::stored(tx, unit, push.document, vault.vault)?;
    let author = Author { vault: vault.vault, person: vault.person, standing, stored };
    let pushed: Vec<&[u8]> = push.changes.iter().map(|bytes| bytes.as_slice()).collect();
    let judge = AssertUnwindSafe(|| gate::judge(push.document, document, &pushed, &author, &mut allowed.work));
    let Ok(verdict) = catch_unwind(judge) else {
        tracing::warn!(document = %push.document, vault = %vault.vault, "a push made the gate panic");
        return Ok(Judged::all(push, &refused(Refusal::Breaks)));
    };
    let signer = Signer { vault: vault.vault, person: vault.person, by: Bringer::Author(counter), at: now };
    let accepted = if is_taken { Vec::new() } else { accepted(&verdict, &pushed, &signer) };
    let mut places = Vec::new().into_iter();
    if let Some(document) = verdict.document.as_ref().filter(|_| !accepted.is_empty()) {
        places = commit.accept(known.as_ref(), document, &accepted, None)?.into_iter();
    }
    let mut judged = Judged { results: Vec::new(), in_log: Vec::new() };
    for (outcome, bytes) in verdict.outcomes.into_iter().zip(&pushed) {
        if let Outcome::Refused(refusal) = outcome {
            refusal::quote(tx, server, commit, vault, (push.document, known.as_ref()), bytes, refusal)?;
        }
        let result = match outcome {
            Outcome::Accepted(_) if is_taken => refused(Refusal::History),
            Outcome::Accepted(change) => {
                judged.in_log.push(change.hash);
                places.next().map_or_else(|| refused(Refusal::Breaks), |place| PushResult::Accepted(place, now))
            }
            Outcome::Already(hash) => {
                judged.in_log.push(hash);
                already(tx, unit, push.document, hash)?.unwrap_or_else(|| refused(Refusal::Breaks))
            }
            outcome => not_taken(&outcome),
        };
        judged.results.push(result);
    }
    Ok(judged)
}

/// The word for a change that is in the log; none for one that is not.
pub(super) fn already(
    tx: &Connection,
    unit: UnitId,
    document: DocumentId,
    hash: ChangeHash,
) -> Result<Option<PushResult>> {
    let record = documents::record(tx, unit, document, hash)?;
    Ok(record.map(|record| PushResult::Already(record.seq, record.received_at)))
}

/// The word for an outcome that leaves nothing in the log.
pub(super) fn not_taken(outcome: &Outcome) -> PushResult {
    match outcome {
        Outcome::Refused(refusal) => refused(*refusal),
        Outcome::Depends => PushResult::Depends,
        Outcome::Later(Later::UnknownKind) => PushResult::Later(LATER_KIND.to_owned()),
        Outcome::Later(Later::Load) => PushResult::Later(LATER_LOAD.to_owned()),
        Outcome::Later(Later::MissingDependency) | Outcome::Accepted(_) | Outcome::Already(_) => {
            PushResult::Later(LATER_DEPENDENCY.to_owned())
        }
    }
}

/// What was accepted before its document was destroyed still was; nothing new is.
fn push_to_purged(tx: &Connection, commit: &Commit<'_>, push: &PushDocument) -> Result<Judged> {
    let mut judged = Judged { results: Vec::new(), in_log: Vec::new() };
    for bytes in &push.changes {
        let known = match change::change_hash(bytes) {
            Some(hash) => already(tx, commit.state().unit, push.document, hash)?,
            None => None,
        };
        judged.results.push(known.unwrap_or_else(|| PushResult::Refused(REFUSED_PURGED.to_owned())));
    }
    Ok(judged)
}

/// What the gate let through of these changes, for the log.
pub(super) fn accepted(verdict: &Verdict, changes: &[&[u8]], signer: &Signer) -> Vec<AcceptedChange> {
    let accepted = |(outcome, bytes): (&Outcome, &&[u8])| match outcome {
        Outcome::Accepted(change) => Some(AcceptedChange {
            hash: change.hash,
            actor: change.actor,
            actor_seq: change.actor_seq,
            payload: bytes.to_vec(),
            signer: *signer,
            touches_plan: !change.written.puts.is_empty(),
            states_facts: !change.written.facts.is_empty(),
        }),
        _ => None,
    };
    verdict.outcomes.iter().zip(changes).filter_map(accepted).collect()
}

pub(super) fn refused(refusal: Refusal) -> PushResult {
    PushResult::Refused(refusal.as_str().to_owned())
}
