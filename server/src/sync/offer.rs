//! What is offered: changes that this server had accepted before it was restored, brought back with its own receipts.
//!
//! A receipt replaces the checks of signer, scope and policy, which were made when the change first came. It never
//! replaces those of shape and history: the gate sees every change again.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rundan_documents::Document;
use rundan_documents::gate::{self, Author, Budget, Outcome, Refusal, Stored};
use rundan_model::policy::Standing;
use rundan_model::{ChangeHash, DocumentId, PersonId, UnitId, VaultId};
use rundan_sync::columns::{self, ChangeRecord};
use rundan_sync::message::{LATER_LOAD, REFUSED_PURGED, REFUSED_RECEIPT};
use rundan_sync::{HeadsHash, HeldDocument, Offer, PushResult, ReceiptMac, change};
use rusqlite::Connection;
use serde_bytes::ByteBuf;

use super::push::{accepted, already, not_taken, refused};
use crate::error::Result;
use crate::scope::{AcceptedChange, Commit};
use crate::server::Server;
use crate::store::documents::{self, Bringer, Signer};

/// The most changes that one request may offer.
const OFFERED_MAX: usize = 8_000;

/// The documents of these that the server has not, or has in another state. Whose they are is not asked: who names a
/// document and its state has read it.
pub(super) fn wanted(tx: &Connection, unit: UnitId, held: &[HeldDocument]) -> Result<Vec<DocumentId>> {
    let mut wanted = Vec::new();
    for HeldDocument(document, hash) in held {
        let known = documents::row(tx, unit, *document)?.map(|row| HeadsHash::of(*document, &row.heads));
        if known != Some(*hash) && !documents::is_purged(tx, unit, *document)? {
            wanted.push(*document);
        }
    }
    Ok(wanted)
}

/// Takes what is offered; the results are one for each change, by offer.
pub(super) fn take(
    tx: &Connection,
    server: &Server,
    commit: &mut Commit<'_>,
    offers: &[Offer],
) -> Result<Vec<Vec<PushResult>>> {
    let unit = commit.state().unit;
    let mut left = OFFERED_MAX;
    let mut told: Vec<Result<Vec<ChangeHash>, PushResult>> = Vec::with_capacity(offers.len());
    let mut by_document: BTreeMap<DocumentId, BTreeMap<ChangeHash, Offered<'_>>> = BTreeMap::new();
    for offer in offers {
        let opened = open(server, unit, offer, &mut left);
        if let Ok(changes) = &opened {
            by_document.entry(offer.receipt.document).or_default().extend(changes.iter().cloned());
        }
        told.push(opened.map(|changes| changes.into_iter().map(|(hash, _)| hash).collect()));
    }
    let (mut outcomes, mut work) = (BTreeMap::new(), Budget::default());
    for (document, changes) in by_document {
        outcomes.extend(take_document(tx, commit, document, changes, &mut work)?);
    }
    let results = offers.iter().zip(told).map(|(offer, told)| match told {
        Err(result) => vec![result; offer.changes.len()],
        Ok(hashes) => {
            hashes.iter().map(|hash| outcomes.get(hash).cloned().unwrap_or_else(|| refused(Refusal::Breaks))).collect()
        }
    });
    Ok(results.collect())
}

/// A change whose receipt holds.
#[derive(Clone, Copy)]
struct Offered<'a> {
    bytes: &'a [u8],
    record: ChangeRecord,
}

/// Checks an offer's receipt; returns what it covers.
fn open<'a>(
    server: &Server,
    unit: UnitId,
    offer: &'a Offer,
    left: &mut usize,
) -> Result<Vec<(ChangeHash, Offered<'a>)>, PushResult> {
    *left = left.checked_sub(offer.changes.len()).ok_or_else(|| PushResult::Later(LATER_LOAD.to_owned()))?;
    let hashes: Option<Vec<ChangeHash>> = offer.changes.iter().map(|bytes| change::change_hash(bytes)).collect();
    let hashes = hashes.ok_or_else(|| refused(Refusal::Malformed))?;
    let forged = || PushResult::Refused(REFUSED_RECEIPT.to_owned());
    if !server.keys.receipts.holds(unit, &offer.receipt, &hashes, &offer.columns) {
        tracing::warn!(document = %offer.receipt.document, "a receipt without this server's seal was offered");
        return Err(forged());
    }
    let records = columns::decode(&offer.columns).filter(|records| records.len() == hashes.len()).ok_or_else(forged)?;
    let offered = |(record, bytes)| Offered { bytes, record };
    let changes = records.into_iter().zip(offer.changes.iter().map(|bytes| bytes.as_slice())).map(offered);
    Ok(hashes.into_iter().zip(changes).collect())
}

/// Takes one document's changes back, in the order in which the log had them.
fn take_document(
    tx: &Connection,
    commit: &mut Commit<'_>,
    id: DocumentId,
    changes: BTreeMap<ChangeHash, Offered<'_>>,
    work: &mut Budget,
) -> Result<BTreeMap<ChangeHash, PushResult>> {
    let unit = commit.state().unit;
    let mut results = BTreeMap::new();
    let mut waiting = Vec::new();
    for (hash, offered) in changes {
        match already(tx, unit, id, hash)? {
            Some(known) => drop(results.insert(hash, known)),
            None => waiting.push((hash, offered)),
        }
    }
    let known = documents::row(tx, unit, id)?;
    let is_purged = known.is_none() && documents::is_purged(tx, unit, id)?;
    if is_purged || (known.is_none() && documents::is_elsewhere(tx, unit, id)?) {
        let purged = PushResult::Refused(REFUSED_PURGED.to_owned());
        let result = if is_purged { purged } else { refused(Refusal::History) };
        results.extend(waiting.into_iter().map(|(hash, _)| (hash, result.clone())));
        return Ok(results);
    }
    waiting.sort_by_key(|(hash, offered)| (offered.record.seq, *hash));
    let stored = documents::stored(tx, unit, id, VaultId([0; 8]))?;
    let mut bench = Bench { id, document: documents::load(tx, unit, id)?, stored, work, accepted: Vec::new() };
    let refused = bench.judge_all(waiting);
    results.extend(refused.iter().map(|(hash, outcome)| (*hash, not_taken(outcome))));
    if let Some(document) = bench.document.as_ref().filter(|_| !bench.accepted.is_empty()) {
        let places = commit.accept(known.as_ref(), document, &bench.accepted, None)?;
        let placed = bench.accepted.iter().zip(places);
        results.extend(placed.map(|(change, place)| (change.hash, PushResult::Accepted(place, change.signer.at))));
    }
    Ok(results)
}

/// A document with what was taken back so far.
struct Bench<'a> {
    id: DocumentId,
    document: Option<Document>,
    stored: Stored,
    work: &'a mut Budget,
    accepted: Vec<AcceptedChange>,
}

impl Bench<'_> {
    /// Judges all; returns those that are not taken. Places in logs of before and after a restore do not compare, so
    /// what waits for another of them is tried again as long as any is taken.
    fn judge_all(&mut self, mut waiting: Vec<(ChangeHash, Offered<'_>)>) -> Vec<(ChangeHash, Outcome)> {
        let mut settled = Vec::new();
        loop {
            let (before, mut later) = (self.accepted.len(), Vec::new());
            for run in waiting.chunk_by(|(_, a), (_, b)| signer(a) == signer(b)) {
                let outcomes = self.judge(run);
                for ((hash, offered), outcome) in run.iter().zip(outcomes) {
                    match outcome {
                        Outcome::Accepted(_) | Outcome::Already(_) => {}
                        Outcome::Later(_) => later.push(((*hash, *offered), outcome)),
                        outcome => settled.push((*hash, outcome)),
                    }
                }
            }
            if later.is_empty() || self.accepted.len() == before {
                settled.extend(later.into_iter().map(|((hash, _), outcome)| (hash, outcome)));
                return settled;
            }
            waiting = later.into_iter().map(|(change, _)| change).collect();
        }
    }

    /// Judges changes of one signer.
    fn judge(&mut self, run: &[(ChangeHash, Offered<'_>)]) -> Vec<Outcome> {
        let Some((_, first)) = run.first() else { return Vec::new() };
        let (vault, person) = signer(first);
        let author = Author { vault, person, standing: Standing::anybody(), stored: self.stored };
        let bytes: Vec<&[u8]> = run.iter().map(|(_, offered)| offered.bytes).collect();
        let document = self.document.clone();
        let judge = AssertUnwindSafe(|| gate::judge(self.id, document, &bytes, &author, self.work));
        let Ok(verdict) = catch_unwind(judge) else {
            tracing::warn!(document = %self.id, "an offer made the gate panic");
            return vec![Outcome::Refused(Refusal::Breaks); run.len()];
        };
        let signed = Signer { vault, person, by: Bringer::Receipt, at: first.record.received_at };
        let mut taken = accepted(&verdict, &bytes, &signed);
        for change in &mut taken {
            let record = run.iter().find(|(hash, _)| *hash == change.hash);
            change.signer.at = record.map_or(signed.at, |(_, offered)| offered.record.received_at);
        }
        self.stored.bytes += taken.iter().map(|change| change.payload.len() as u64).sum::<u64>();
        self.accepted.extend(taken);
        self.document = verdict.document;
        verdict.outcomes
    }
}

fn signer(offered: &Offered<'_>) -> (VaultId, PersonId) {
    (offered.record.vault, offered.record.person)
}

/// For each pushed document and offer, the seal by which the vault can show later that its own changes are in the log.
pub(super) fn seals<'a>(
    tx: &Connection,
    server: &Server,
    unit: UnitId,
    vault: VaultId,
    answered: impl Iterator<Item = (DocumentId, &'a [ByteBuf], &'a [PushResult])>,
) -> Result<Vec<Option<ReceiptMac>>> {
    let mut seals = Vec::new();
    for (document, changes, results) in answered {
        let (mut hashes, mut records) = (Vec::new(), Vec::new());
        for (bytes, result) in changes.iter().zip(results) {
            if !matches!(result, PushResult::Accepted(..) | PushResult::Already(..)) {
                continue;
            }
            let Some(hash) = change::change_hash(bytes) else { continue };
            if let Some(record) = documents::record(tx, unit, document, hash)?.filter(|record| record.vault == vault) {
                hashes.push(hash);
                records.push(record);
            }
        }
        let is_sealed = !hashes.is_empty();
        seals.push(is_sealed.then(|| server.keys.receipts.seal_own(unit, document, &hashes, &records)));
    }
    Ok(seals)
}
