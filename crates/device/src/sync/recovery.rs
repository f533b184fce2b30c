//! The way into another log: a server that was put back from an older backup answers `forked`, and gets back from its
//! vaults what it lost.
//!
//! ```text
//! none ── forked ──> ask ── wanted ──> offer ── nothing more to offer ──> compare ── done ──> none
//! ```
//! *Ask* says what is held. *Offer* brings, with the server's own receipts, each document that it has not in that state,
//! and every own change that no backup is known to hold. *Compare* begins without a cursor: the server sends what
//! differs. What could not be placed yet, because it builds on work that another vault still has to bring, is offered
//! again with each later round, and nothing of it leaves this phone before it is answered, or given up (`lost`).

use std::collections::{BTreeMap, BTreeSet};

use rundan_documents::Change;
use rundan_model::{ChangeHash, DocumentId, UnitId};
use rundan_sync::columns::{self, ChangeRecord};
use rundan_sync::message::{LATER_DEPENDENCY, LATER_LOAD, REFUSED_PURGED};
use rundan_sync::{Cursor, Offer, PushResult, Receipt, ReceiptMac, wire};
use rusqlite::{OptionalExtension, Transaction, params};
use serde_bytes::ByteBuf;

use super::request::{Identity, accepted};
use crate::store::{DocumentRow, StoreError};

/// The most bytes of changes that one request offers, unless a single document has more.
const OFFER_BYTES_MAX: usize = 512 * 1024;
/// The most changes that one request offers, unless a single document has more.
const OFFER_CHANGES_MAX: usize = 2_000;
/// The place of an own change that the server has not said anew.
pub(super) const UNPLACED: i64 = i64::MAX;
/// How many bytes of a hash tell a document's changes apart.
const PREFIX_BYTES: usize = 8;

/// How far a stream has come in finding its way into another log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// It says what it holds, and asks what of it is wanted.
    Ask,
    /// It offers what is wanted.
    Offer,
    /// It gets what differs, and a cursor.
    Compare,
}

impl Recovery {
    /// Reads the word in the table.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "ask" => Some(Self::Ask),
            "offer" => Some(Self::Offer),
            "compare" => Some(Self::Compare),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Offer => "offer",
            Self::Compare => "compare",
        }
    }
}

/// A receipt as it is stored, with the first bytes of the hashes of the changes that it covers, in its order.
type Sealed = (Receipt, ByteBuf, ByteBuf);

/// Keeps the receipt of what came from the server, with what it covers.
pub(super) fn keep_receipt(
    tx: &Transaction<'_>,
    receipt: &Receipt,
    packed: &[u8],
    changes: &[ChangeHash],
) -> Result<(), StoreError> {
    insert_receipt(tx, receipt, packed, changes, false)
}

/// Keeps the receipt of own changes by themselves, in the order in which they were sent.
pub(super) fn keep_own_receipt(
    tx: &Transaction<'_>,
    document: DocumentId,
    changes: &[(ChangeHash, ChangeRecord)],
    mac: ReceiptMac,
) -> Result<(), StoreError> {
    let (hashes, records): (Vec<_>, Vec<_>) = changes.iter().copied().unzip();
    insert_receipt(tx, &Receipt::of_own(document, &records, mac), &columns::encode(&records), &hashes, true)
}

fn insert_receipt(
    tx: &Transaction<'_>,
    receipt: &Receipt,
    packed: &[u8],
    changes: &[ChangeHash],
    is_own: bool,
) -> Result<(), StoreError> {
    let prefixes: Vec<u8> = changes.iter().flat_map(|hash| hash.0.into_iter().take(PREFIX_BYTES)).collect();
    let sealed: Sealed = (receipt.clone(), ByteBuf::from(packed), ByteBuf::from(prefixes));
    tx.prepare_cached("INSERT INTO receipt (document, is_own, sealed) VALUES (?1, ?2, ?3)")?.execute(params![
        receipt.document.as_bytes(),
        is_own,
        wire::to_cbor(&sealed).unwrap_or_default()
    ])?;
    Ok(())
}

/// Forgets a document's receipts, but not those of own changes that are kept.
pub(super) fn forget_receipts(tx: &Transaction<'_>, document: DocumentId) -> Result<(), StoreError> {
    tx.prepare_cached(
        "DELETE FROM receipt WHERE document = ?1
             AND (is_own = 0 OR NOT EXISTS (SELECT 1 FROM kept WHERE kept.document = receipt.document))",
    )?
    .execute([document.as_bytes()])?;
    Ok(())
}

/// Keeps own changes no longer than until a backup has passed them.
pub(super) fn forget_backed_up(tx: &Transaction<'_>, unit: UnitId, backed_up: u64) -> Result<(), StoreError> {
    let forgotten = tx
        .prepare_cached("DELETE FROM kept WHERE unit = ?1 AND seq <= ?2")?
        .execute(params![unit.as_bytes(), backed_up as i64])?;
    if forgotten > 0 {
        tx.prepare_cached(
            "DELETE FROM receipt WHERE is_own = 1
                 AND NOT EXISTS (SELECT 1 FROM kept WHERE kept.document = receipt.document)
                 AND NOT EXISTS (SELECT 1 FROM document WHERE document.document = receipt.document)",
        )?
        .execute([])?;
    }
    Ok(())
}

/// Begins to find the way into another log. Where its places were told, they mean nothing any more: the highest of them
/// takes the cursor's place, by which the server knows that this is not its log, and what is told is of the new one.
pub(super) fn begin(tx: &Transaction<'_>, unit: UnitId) -> Result<(), StoreError> {
    tracing::warn!(unit = %unit, "the server has another log; offering what it lacks");
    tx.prepare_cached(
        "UPDATE stream SET recovery = 'ask', page_seq = NULL, page_chain = NULL, page_position = NULL,
             cursor_seq = coalesce(told_seq, cursor_seq), cursor_chain = coalesce(told_chain, cursor_chain),
             told_seq = NULL, told_chain = NULL, backed_up = 0, office_has = 0 WHERE unit = ?1",
    )?
    .execute([unit.as_bytes()])?;
    tx.prepare_cached("DELETE FROM offer WHERE unit = ?1")?.execute([unit.as_bytes()])?;
    tx.prepare_cached(
        "INSERT OR IGNORE INTO offer (document, unit) SELECT document, unit FROM kept WHERE unit = ?1
         UNION SELECT document, unit FROM document WHERE unit = ?1 AND state = 'leaving'",
    )?
    .execute([unit.as_bytes()])?;
    // The places of own changes are unknown until the server says them anew: no watermark passes them before that.
    tx.prepare_cached("UPDATE kept SET seq = ?2 WHERE unit = ?1")?.execute(params![unit.as_bytes(), UNPLACED])?;
    tx.prepare_cached("UPDATE document SET own_seq = ?2 WHERE unit = ?1 AND document IN (SELECT document FROM kept)")?
        .execute(params![unit.as_bytes(), UNPLACED])?;
    tx.prepare_cached(
        "UPDATE intent SET seq = NULL
         WHERE seq IS NOT NULL AND document NOT IN (SELECT document FROM document WHERE unit <> ?1)",
    )?
    .execute([unit.as_bytes()])?;
    Ok(())
}

/// Notes what the server wants of what is held.
pub(super) fn want(tx: &Transaction<'_>, unit: UnitId, wanted: &[DocumentId]) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT OR IGNORE INTO offer (document, unit) SELECT document, unit FROM document
         WHERE document = ?1 AND unit = ?2",
    )?;
    for document in wanted {
        insert.execute(params![document.as_bytes(), unit.as_bytes()])?;
    }
    turn(tx, unit, Recovery::Offer)
}

/// Goes on: offers the rest, or compares when nothing is left that was not tried. The end of the new log is told with
/// each step, so that the server sees in the next one whether that log was replaced meanwhile.
pub(super) fn go_on(tx: &Transaction<'_>, unit: UnitId, latest: Option<Cursor>) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE stream SET told_seq = ?2, told_chain = ?3 WHERE unit = ?1")?.execute(params![
        unit.as_bytes(),
        latest.map(|latest| latest.seq as i64),
        latest.map(|latest| latest.chain.0)
    ])?;
    let has_more: bool = tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM offer WHERE unit = ?1 AND is_stuck = 0 AND tries = 0)")?
        .query_row([unit.as_bytes()], |row| row.get(0))?;
    if has_more {
        return turn(tx, unit, Recovery::Offer);
    }
    tx.prepare_cached("UPDATE stream SET must_compare = 1 WHERE unit = ?1")?.execute([unit.as_bytes()])?;
    turn(tx, unit, Recovery::Compare)
}

fn turn(tx: &Transaction<'_>, unit: UnitId, recovery: Recovery) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE stream SET recovery = ?2 WHERE unit = ?1")?
        .execute(params![unit.as_bytes(), recovery.as_str()])?;
    Ok(())
}

/// What is offered for one document, and the changes of each offer.
#[derive(Default)]
pub(crate) struct Offers {
    pub(crate) offers: Vec<Offer>,
    pub(crate) hashes: Vec<Vec<ChangeHash>>,
}

/// The next documents to offer, those tried least first.
pub(super) fn offers(tx: &Transaction<'_>, unit: UnitId) -> Result<Offers, StoreError> {
    let ids: Vec<Vec<u8>> = {
        let mut query = tx.prepare_cached(
            "SELECT document FROM offer WHERE unit = ?1 AND is_stuck = 0 ORDER BY tries, document LIMIT ?2",
        )?;
        let rows = query.query_map(params![unit.as_bytes(), OFFER_CHANGES_MAX as i64], |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    let (mut all, mut bytes, mut changes) = (Offers::default(), 0, 0);
    for id in ids {
        let id = DocumentId::try_from(id.as_slice())?;
        let of_document = offers_of(tx, id)?;
        if of_document.offers.is_empty() {
            // Nothing proves it: it stays, as what the server does not take.
            tx.prepare_cached("UPDATE offer SET is_stuck = 1 WHERE document = ?1")?.execute([id.as_bytes()])?;
            continue;
        }
        bytes += of_document.offers.iter().flat_map(|offer| &offer.changes).map(|bytes| bytes.len()).sum::<usize>();
        changes += of_document.hashes.iter().map(Vec::len).sum::<usize>();
        if (bytes > OFFER_BYTES_MAX || changes > OFFER_CHANGES_MAX) && !all.offers.is_empty() {
            break;
        }
        all.offers.extend(of_document.offers);
        all.hashes.extend(of_document.hashes);
    }
    Ok(all)
}

/// The changes of a document that receipts prove to a server that lost them: of those that are accepted here, and those
/// that are kept.
pub(crate) fn proven(
    tx: &Transaction<'_>,
    id: DocumentId,
    accepted: impl Iterator<Item = ChangeHash>,
) -> Result<BTreeSet<ChangeHash>, StoreError> {
    let mut kept = tx.prepare_cached("SELECT hash FROM kept WHERE document = ?1")?;
    let kept = kept.query_map([id.as_bytes()], |row| Ok(ChangeHash(row.get(0)?)))?;
    let hashes = accepted.map(Ok).chain(kept).collect::<rusqlite::Result<Vec<_>>>()?;
    let prefixed = hashes.into_iter().filter_map(|hash| Some((*hash.0.first_chunk()?, hash)));
    let known: BTreeMap<[u8; PREFIX_BYTES], ChangeHash> = prefixed.collect();
    let mut query = tx.prepare_cached("SELECT sealed FROM receipt WHERE document = ?1")?;
    let mut rows = query.query([id.as_bytes()])?;
    let mut proven = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let covered = covered(row.get_ref(0)?.as_blob().unwrap_or_default(), &known);
        proven.extend(covered.into_iter().flat_map(|(_, _, hashes)| hashes));
    }
    Ok(proven)
}

/// A stored receipt with its columns and all that it covers; none where not all of that is known.
fn covered<'a, T>(sealed: &[u8], known: &'a BTreeMap<[u8; PREFIX_BYTES], T>) -> Option<(Receipt, ByteBuf, Vec<&'a T>)> {
    let (receipt, columns, prefixes) = wire::from_cbor::<Sealed>(sealed).ok()?;
    let (prefixes, _) = prefixes.as_chunks();
    let covered: Option<Vec<&T>> = prefixes.iter().map(|prefix| known.get(prefix)).collect();
    Some((receipt, columns, covered?))
}

fn offers_of(tx: &Transaction<'_>, id: DocumentId) -> Result<Offers, StoreError> {
    let mut changes: BTreeMap<[u8; PREFIX_BYTES], Change> = BTreeMap::new();
    let mut know = |change: Change| {
        if let Some(prefix) = change.hash.0.first_chunk() {
            changes.insert(*prefix, change);
        }
    };
    if let Some((row, saved)) = DocumentRow::load(tx, id)?
        // One that cannot be read is not offered, and holds up nothing.
        && let Some(document) = accepted(saved.as_deref()).ok().flatten()
    {
        row.records.keys().filter_map(|hash| document.change(hash)).for_each(&mut know);
    }
    {
        let mut query = tx.prepare_cached("SELECT hash, bytes FROM kept WHERE document = ?1")?;
        let mut rows = query.query([id.as_bytes()])?;
        while let Some(row) = rows.next()? {
            let hash = ChangeHash::try_from(row.get_ref(0)?.as_blob().unwrap_or_default())?;
            know(Change { hash, bytes: row.get(1)? });
        }
    }
    let mut offers = Offers::default();
    let mut query = tx.prepare_cached("SELECT sealed FROM receipt WHERE document = ?1 ORDER BY n")?;
    let mut rows = query.query([id.as_bytes()])?;
    while let Some(row) = rows.next()? {
        offers.add(row.get_ref(0)?.as_blob().unwrap_or_default(), &changes);
    }
    Ok(offers)
}

impl Offers {
    /// Adds what a stored receipt covers, if all of it is here.
    fn add(&mut self, sealed: &[u8], changes: &BTreeMap<[u8; PREFIX_BYTES], Change>) {
        let Some((receipt, columns, covered)) = covered(sealed, changes) else { return };
        self.hashes.push(covered.iter().map(|change| change.hash).collect());
        let changes = covered.into_iter().map(|change| ByteBuf::from(change.bytes.clone())).collect();
        self.offers.push(Offer { receipt, columns, changes });
    }
}

/// What became of the offers of one request.
pub(super) fn results(
    tx: &Transaction<'_>,
    identity: &Identity,
    offers: &Offers,
    results: &[Vec<PushResult>],
    seals: &[Option<ReceiptMac>],
) -> Result<(), StoreError> {
    let mut by_document: BTreeMap<DocumentId, Outcome<'_>> = BTreeMap::new();
    for (n, (offer, hashes)) in offers.offers.iter().zip(&offers.hashes).enumerate() {
        let outcome = by_document.entry(offer.receipt.document).or_default();
        let Some(results) = results.get(n) else {
            outcome.later.insert(LATER_LOAD);
            continue;
        };
        let records = columns::decode(&offer.columns).unwrap_or_default();
        let mut own = Vec::new();
        for (((hash, bytes), record), result) in hashes.iter().zip(&offer.changes).zip(records).zip(results) {
            match result {
                PushResult::Accepted(seq, at) | PushResult::Already(seq, at) => {
                    outcome.places.insert(*hash, *seq);
                    if record.vault == identity.vault {
                        own.push((*hash, ChangeRecord { seq: *seq, received_at: *at, ..record }));
                        outcome.own.insert(*hash, bytes);
                    }
                }
                PushResult::Later(reason) => {
                    outcome.later.insert(reason);
                }
                PushResult::Refused(reason) if reason == REFUSED_PURGED => outcome.is_purged = true,
                PushResult::Refused(_) | PushResult::Depends => outcome.is_refused = true,
            }
        }
        outcome.receipts.extend(seals.get(n).copied().flatten().map(|mac| (own, mac)));
    }
    for (id, outcome) in by_document {
        settle(tx, id, &outcome)?;
    }
    Ok(())
}

#[derive(Default)]
struct Outcome<'a> {
    places: BTreeMap<ChangeHash, u64>,
    own: BTreeMap<ChangeHash, &'a ByteBuf>,
    receipts: Vec<(Vec<(ChangeHash, ChangeRecord)>, ReceiptMac)>,
    /// What keeps some of it from being taken now.
    later: BTreeSet<&'a str>,
    is_refused: bool,
    is_purged: bool,
}

/// Keeps the places that changes have in the new log; own ones are kept until a backup of that log has passed them.
fn settle(tx: &Transaction<'_>, id: DocumentId, outcome: &Outcome<'_>) -> Result<(), StoreError> {
    let unit: Option<Vec<u8>> = tx
        .prepare_cached("SELECT unit FROM offer WHERE document = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    let own_seq = outcome.own.keys().filter_map(|hash| outcome.places.get(hash)).max().copied().unwrap_or(0);
    let mut insert = tx.prepare_cached(
        "INSERT INTO kept (document, hash, unit, seq, bytes) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (document, hash) DO UPDATE SET seq = excluded.seq",
    )?;
    if let Some(unit) = unit {
        for (hash, bytes) in &outcome.own {
            insert.execute(params![id.as_bytes(), hash.as_bytes(), unit, own_seq as i64, bytes.as_slice()])?;
        }
    }
    if let Some((mut row, saved)) = DocumentRow::load(tx, id)? {
        for (hash, seq) in &outcome.places {
            if let Some(record) = row.records.get_mut(hash) {
                record.seq = *seq;
            }
        }
        if own_seq > 0 {
            row.own_seq = own_seq;
        }
        row.save(tx, saved.as_deref())?;
    }
    // Of several reasons the one that is not others' work: that one passes by itself.
    let waits_for = outcome.later.iter().find(|reason| **reason != LATER_DEPENDENCY).or(outcome.later.first());
    tx.prepare_cached("UPDATE offer SET waits_for = ?2 WHERE document = ?1")?
        .execute(params![id.as_bytes(), waits_for])?;
    let change = if waits_for.is_some() {
        "UPDATE offer SET tries = tries + 1 WHERE document = ?1"
    } else if outcome.is_refused {
        "UPDATE offer SET is_stuck = 1 WHERE document = ?1"
    } else {
        // All of it stands in the new log: the receipts of that one take the place of those that were shown.
        if !outcome.receipts.is_empty() {
            tx.prepare_cached("DELETE FROM receipt WHERE document = ?1 AND is_own = 1")?.execute([id.as_bytes()])?;
        }
        for (own, mac) in &outcome.receipts {
            keep_own_receipt(tx, id, own, *mac)?;
        }
        "DELETE FROM offer WHERE document = ?1"
    };
    tx.prepare_cached(change)?.execute([id.as_bytes()])?;
    if outcome.is_purged {
        tx.prepare_cached("DELETE FROM kept WHERE document = ?1")?.execute([id.as_bytes()])?;
    }
    Ok(())
}
