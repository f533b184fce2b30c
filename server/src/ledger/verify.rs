//! Proves a ledger: from the file alone, and against the log that it was issued from.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use rundan_ledger::file::{FILE_BYTES_MAX, Head, Ledger};
use rundan_ledger::line::{FACT, HASH, KEY, SEQ, time};
use rundan_ledger::{LedgerError, Line, file, pdf};
use rundan_model::{ChangeHash, DocumentId, FactId, PersonId, UnitId, VaultId};
use rundan_sync::{PublicKey, statement};
use rusqlite::Connection;

use super::lines::{self, Derived};
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::store::vaults::{self, Pushed, Vault};
use crate::store::verify::unit_faults;
use crate::store::{documents, log};

/// The most faults, or places, that are named; after that it is enough to know how many more there are.
const NAMED_MAX: usize = 20;
/// The longest file that is read: a PDF with its ledger in it.
const READ_BYTES_MAX: u64 = 2 * FILE_BYTES_MAX as u64;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// What is proven, and what could not be, in words for an operator.
    pub notes: Vec<String>,
    /// What does not fit. Empty for a sound ledger.
    pub faults: Vec<String>,
}

impl Findings {
    fn fault(&mut self, what: String) {
        self.faults.push(what);
    }

    fn note(&mut self, what: String) {
        self.notes.push(what);
    }

    /// Ends the proof: what is read from a log that does not hold proves nothing.
    fn of_broken_log(mut self, faults: Vec<String>) -> Self {
        self.note("Not checked: whether it is complete, for the server's own log does not hold".to_owned());
        self.faults.extend(faults);
        self
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        for fault in self.faults.iter().take(NAMED_MAX) {
            writeln!(f, "FAULT: {fault}")?;
        }
        match self.faults.len().saturating_sub(NAMED_MAX) {
            0 => Ok(()),
            more => writeln!(f, "FAULT: {more} more"),
        }
    }
}

/// A file that may be a ledger, or its pages.
struct Read {
    file: Vec<u8>,
    pdf: Option<Vec<u8>>,
}

fn read(path: &Path) -> Result<Read> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(failed)?.len() > READ_BYTES_MAX {
        return Err(Error::Ledger(LedgerError::TooLong));
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    Ok(match pdf::attached(&bytes) {
        Some(file) => Read { file, pdf: Some(bytes) },
        None => Read { file: bytes, pdf: None },
    })
}

/// Proves a file alone: that who holds a key issued it just so. Where no key is trusted, that is a fault.
pub fn prove_file(path: &Path, trusted: Option<PublicKey>) -> Result<Findings> {
    let read = read(path)?;
    let mut findings = Findings::default();
    if let Some(ledger) = prove(&read, trusted, &mut findings) {
        if trusted.is_none() {
            let key = hex::encode(ledger.head.key.0);
            findings.fault(format!("nobody says whose key {key} is: name the server's with --key, or its --database"));
        }
        findings.note("Not checked: whether it is complete; for that, name the server's --database".to_owned());
    }
    Ok(findings)
}

/// Proves a file against the database of the server that issued it: its log first, then the lines by the log.
pub fn verify(tx: &Connection, keys: &Keys, path: &Path) -> Result<Findings> {
    let read = read(path)?;
    let mut findings = Findings::default();
    let Some(ledger) = prove(&read, Some(keys.public()), &mut findings) else { return Ok(findings) };
    let Head { unit, query, head, .. } = &ledger.head;
    let state = log::unit_state(tx, *unit)?;
    let Some(state) = state.filter(|_| log::is_of_log(tx, *unit, *head).unwrap_or_default()) else {
        let seq = head.seq;
        findings
            .fault(format!("the unit's log has no place {seq} with that chain: it was restored since, or is another"));
        return Ok(findings);
    };
    let faults = unit_faults(tx, *unit)?;
    if !faults.is_empty() {
        return Ok(findings.of_broken_log(faults));
    }
    let derived = lines::derive(tx, *unit, query, head.seq)?;
    let faults = forged(&derived.lines);
    if !faults.is_empty() {
        return Ok(findings.of_broken_log(faults));
    }
    compare(tx, *unit, &ledger, &derived, &mut findings)?;
    if findings.faults.is_empty() {
        let (seq, now) = (head.seq, state.head.seq);
        findings.note(format!(
            "Complete: these are all the lines that the log has for the query up to place {seq}; it ends at {now} now"
        ));
    }
    authors(tx, keys, *unit, &derived, &mut findings)?;
    Ok(findings)
}

/// What the file alone says; none if it does not hold.
fn prove<'a>(read: &'a Read, trusted: Option<PublicKey>, findings: &mut Findings) -> Option<Ledger<'a>> {
    let proven = Ledger::open(&read.file).and_then(|ledger| {
        ledger.prove(trusted)?;
        Ok(ledger)
    });
    let ledger = match proven {
        Ok(ledger) => ledger,
        Err(error) => {
            findings.fault(error.to_string());
            return None;
        }
    };
    let Head { count, unit_name, issued_at, key, head, .. } = &ledger.head;
    findings.note(format!(
        "{count} lines about the keys of {unit_name}, issued {} at place {} of its log",
        time(*issued_at),
        head.seq
    ));
    findings.note(format!("Unchanged: signature, digest and count hold, by the key {}", hex::encode(key.0)));
    if let Some(pages) = &read.pdf {
        match pdf::prove(pages, &ledger) {
            Ok(()) => findings.note("Its pages are those of the ledger in it".to_owned()),
            Err(error) => findings.fault(error.to_string()),
        }
    }
    Some(ledger)
}

/// Names the changes that are kept as others' than they say themselves.
///
/// Whose a change is kept as is not under the chain. Its bytes are: the gate lets nobody state what another signs, nor
/// write in another vault's session.
fn forged(lines: &[Line]) -> Vec<String> {
    let is_hers = |line: &Line| line.fact.by == line.record.person && line.id.actor.vault() == line.record.vault;
    let others: BTreeSet<u64> = lines.iter().filter(|line| !is_hers(line)).map(|line| line.record.seq).collect();
    others.iter().map(|seq| format!("the change of entry {seq} is kept as another's than it says")).collect()
}

/// Holds the file's lines against those of the log, one by one.
fn compare(
    tx: &Connection,
    unit: UnitId,
    ledger: &Ledger<'_>,
    derived: &Derived,
    findings: &mut Findings,
) -> Result<()> {
    if file::rows(&derived.lines, &derived.names)? == ledger.rows() {
        return Ok(());
    }
    let mut missing: BTreeMap<(u64, FactId), &Line> =
        derived.lines.iter().map(|line| ((line.record.seq, line.id), line)).collect();
    let mut destroyed = 0;
    for record in ledger.lines() {
        let record = record?;
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let (Ok(seq), Ok(fact)) = (cell(SEQ).parse::<u64>(), cell(FACT).parse::<FactId>()) else {
            findings.fault(format!("a line has no place in the log: {}", cell(SEQ)));
            continue;
        };
        match missing.remove(&(seq, fact)) {
            Some(line) => {
                if !line.cells(&derived.names).iter().eq(record.iter()) {
                    findings.fault(format!("the line of place {seq} says otherwise than the log"));
                }
            }
            None => {
                let hash: Option<ChangeHash> = cell(HASH).parse().ok();
                let key: Option<DocumentId> = cell(KEY).parse().ok();
                let is_logged = hash.is_some() && log::entry(tx, unit, seq)? == key.zip(hash);
                let is_destroyed = key.map(|key| documents::is_purged(tx, unit, key)).transpose()?.unwrap_or_default();
                if is_logged && is_destroyed {
                    destroyed += 1;
                } else {
                    findings.fault(format!("the log has no such line at place {seq}"));
                }
            }
        }
    }
    for (seq, fact) in missing.keys() {
        findings.fault(format!("a line is missing: place {seq} of the log, fact {fact}"));
    }
    if destroyed > 0 {
        findings
            .note(format!("{destroyed} lines are of keys that were destroyed since: their hashes stand in the log"));
    } else if findings.faults.is_empty() {
        findings.fault("the lines are in another order than in the log".to_owned());
    }
    Ok(())
}

/// The changes that a statement is over, each with its document; none where that was not kept yet.
type Covered = Option<BTreeSet<(DocumentId, ChangeHash)>>;

/// Says for how many lines the author's own signature shows that she stated it, by which keys, and where none does.
fn authors(tx: &Connection, keys: &Keys, unit: UnitId, derived: &Derived, findings: &mut Findings) -> Result<()> {
    let mut shown: BTreeMap<(PersonId, VaultId), (PublicKey, u64)> = BTreeMap::new();
    let mut read: BTreeMap<(VaultId, u64), Covered> = BTreeMap::new();
    let mut vaults: BTreeMap<VaultId, Option<Vault>> = BTreeMap::new();
    let (mut lost, mut old) = (Vec::new(), Vec::new());
    for Line { key, hash, record, .. } in &derived.lines {
        let Some(counter) = documents::counter(tx, unit, record.seq)? else {
            lost.push(record.seq);
            continue;
        };
        let vault = match vaults.entry(record.vault) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(vaults::vault(tx, record.vault)?),
        };
        let vault = vault.as_ref().filter(|vault| vault.person == record.person);
        let Some(vault) = vault else {
            findings.fault(format!("place {}: vault {} is not that person's", record.seq, record.vault));
            continue;
        };
        let named = (record.vault, counter);
        let covered = match read.entry(named) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(match vaults::kept_statement(tx, record.vault, counter)? {
                Some((signed, Some(pushed))) if is_signed(keys, vault, counter, &signed, &pushed) => {
                    Some(pushed.into_iter().collect())
                }
                Some((_, None)) => None,
                _ => Some(BTreeSet::new()),
            }),
        };
        match covered {
            Some(pushed) if pushed.contains(&(*key, *hash)) => {
                shown.entry((record.person, record.vault)).or_insert((vault.key, 0)).1 += 1;
            }
            Some(_) => findings.fault(format!("place {}: no statement of its vault has the change", record.seq)),
            None => old.push(record.seq),
        }
    }
    let all = derived.lines.len();
    findings.note(format!(
        "The author's own signature is kept for {} of {all} lines",
        shown.values().map(|(_, lines)| lines).sum::<u64>()
    ));
    for ((person, vault), (key, lines)) in shown {
        let name = derived.names.get(&person).map(String::as_str).unwrap_or_default();
        let key = hex::encode(key.0);
        findings.note(format!("  {name} ({person}): {lines} lines, vault {vault}, key {key}"));
    }
    for (seqs, why) in [
        (lost, "came without one: the server made them, or got them back after a restore"),
        (old, "came before the server kept what each signature is over"),
    ] {
        if !seqs.is_empty() {
            findings.note(format!("  {} lines {why}. Places in the log: {}", seqs.len(), places(&seqs)));
        }
    }
    Ok(())
}

/// Names places in the log, each once.
fn places(seqs: &[u64]) -> String {
    let places: BTreeSet<u64> = seqs.iter().copied().collect();
    let named = places.iter().take(NAMED_MAX).map(u64::to_string).collect::<Vec<_>>().join(", ");
    match places.len().saturating_sub(NAMED_MAX) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Whether a statement that was kept is the vault's own over just these changes.
fn is_signed(keys: &Keys, vault: &Vault, counter: u64, signed: &[u8], pushed: &Pushed) -> bool {
    let Ok(signed) = statement::read(signed.to_vec()) else { return false };
    let said = &signed.statement;
    signed.vault == Some(vault.vault)
        && said.server == Some(keys.server())
        && said.counter == counter
        && said.pushed == statement::pushed(pushed.iter().copied())
        && signed.verify(vault.key).is_ok()
}
