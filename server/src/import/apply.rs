//! Lays an export over a unit: begins what is new, writes on branches what the export changed, cancels what is
//! gone, and leaves what people wrote.
//!
//! Every write is on a branch at the heads that the last run left, so that whatever a person wrote since stays
//! beside it as a clash, or as facts beside a changed plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use rundan_documents::{Document, Edit};
use rundan_model::key::key;
use rundan_model::plan::{Cancelled, FirstValues, When};
use rundan_model::{Content, DocumentId, Kind, PersonId, Timestamp, UnitId, Zone};
use serde::Serialize;
use serde_json::Value as Json;

use super::ExportFile;
use super::desired::{self, Desired, Known, Standing};
use super::intake::Reading;
use super::ledger::{self, Entry, GONE, Ledger, PAST, RowDigest};
use super::problem::Report;
use super::recovered::{Recovered, as_imported};
use super::unit::{ImportedUnit, KeyHomeCode, StaffCode, StaffRow, VisitCode};
use crate::error::{Error, Result};
use crate::scope::{Commit, OwnSession};
use crate::seams::Random;
use crate::server::Server;
use crate::store::{documents, people};

/// Why a visit was cancelled by an import, as people read it.
const GONE_REASON: &str = "Finns inte längre i planeringssystemet";

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// Documents begun.
    pub begun: u64,
    /// Documents in which the export changed something.
    pub changed: u64,
    /// Rows that are as they were.
    pub unchanged: u64,
    /// Visits that are gone from the export and were cancelled.
    pub cancelled: u64,
    /// Where a person had written since: both stand, and someone must look.
    pub met: Vec<Meeting>,
    /// A row of a visit is out of joint: which visits are gone cannot be told, so none was cancelled.
    pub none_cancelled: bool,
    /// Recipients who had visits in the last import and have none in this one, by their ids in the export.
    pub recipients_without_visits: Vec<String>,
    /// Homes that keys no longer open by the export, taken back.
    pub homes_taken_back: u64,
    /// Rows of keys that were left out, by tag: nothing was written of them.
    pub keys_left_out: BTreeMap<String, LeftOut>,
    /// What is new to be gone from the export and is no visit, as ids by kind. It stays as it was: an export may hold
    /// a part of a unit, and what someone worked or was granted is not undone by a row that is missing.
    pub gone: BTreeMap<String, Vec<String>>,
}

/// Why a key of the export was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// Its tag was retired: a code is never used again.
    Retired,
    /// Someone entered a key with this tag by hand.
    EnteredByHand,
}

/// A row that met what a person had written since the last import. Both stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Meeting {
    /// What it is: `visit`, `recipient` and so on.
    pub kind: String,
    /// The row's id in the export.
    pub external_id: String,
    /// The registers in which both values stand; none where work had begun and the plan changed under it.
    pub registers: Vec<String>,
    /// Whether someone has already stated facts about it.
    pub has_begun: bool,
}

/// Imports what was read of an export into a unit, in one transaction, and completes the report.
///
/// Nothing is imported when a file could not be read.
pub async fn import(server: &Arc<Server>, unit: UnitId, reading: Reading) -> Result<Report> {
    let Reading { unit: export, mut report } = reading;
    let Some(export) = export else { return Ok(report) };
    let whole = report.files.iter().filter(|file| file.refused == 0).map(|file| file.file).collect();
    let at_work = Arc::clone(server);
    let applied = server
        .commit(unit, move |commit, own| apply(commit, own, at_work.clock.now(), &*at_work.random, &export, &whole))
        .await?;
    report.applied = Some(applied);
    Ok(report)
}

/// Lays an export over a unit, within a commit: all of it or nothing. `whole` are the files without a refused row.
fn apply(
    commit: &mut Commit<'_>,
    own: &OwnSession,
    now: Timestamp,
    random: &dyn Random,
    unit: &ImportedUnit,
    whole: &BTreeSet<ExportFile>,
) -> Result<Applied> {
    let (tx, of_unit) = (commit.connection(), commit.state().unit);
    let ledger = Ledger::read(tx, of_unit)?;
    let recovered = Recovered::read(tx, of_unit, own, &ledger.documents())?;
    let mut run =
        Run { commit, own, now, random, ledger, recovered, applied: Applied::default(), lost: BTreeSet::new() };
    run.unit(unit)?;
    let known = run.people_and_recipients(unit)?;
    run.keys(unit, &known)?;
    run.plan(unit, &known)?;
    run.cancel_the_gone(unit)?;
    run.tell_who_has_none(unit, &known);
    run.tell_what_is_gone(unit, whole)?;
    Ok(run.applied)
}

struct Run<'a, 'c> {
    commit: &'a mut Commit<'c>,
    own: &'a OwnSession,
    now: Timestamp,
    random: &'a dyn Random,
    ledger: Ledger,
    recovered: Recovered,
    applied: Applied,
    /// Recipients of visits that the last run had and this one has not.
    lost: BTreeSet<DocumentId>,
}

impl Run<'_, '_> {
    /// The catalogue and the areas go into the unit's own document, which was there before any import.
    fn unit(&mut self, unit: &ImportedUnit) -> Result<()> {
        let desired = desired::unit(unit);
        if self.ledger.find(&Kind::Unit, &desired.external_id).is_none() {
            let document = self.commit.state().unit.document();
            let row = documents::row(self.commit.connection(), self.commit.state().unit, document)?;
            let heads = row.ok_or(Error::NoDocument(document))?.heads;
            let entry = Entry { document, heads, digest: GONE };
            self.ledger.write(self.commit.connection(), &Kind::Unit, &desired.external_id, entry)?;
        }
        self.take(&desired)?;
        Ok(())
    }

    fn people_and_recipients(&mut self, unit: &ImportedUnit) -> Result<Known> {
        let mut known = Known::default();
        for row in &unit.staff {
            let person = self.person(row)?;
            known.people.insert(row.code.clone(), person);
            self.take(&desired::staff(row, person))?;
        }
        for code in &unit.refused.staff {
            if self.ledger.find(&Kind::Staff, &code.0).is_some()
                && let Some(known_person) = self.known_person(code)?
            {
                known.people.insert(code.clone(), known_person);
            }
        }
        for row in &unit.recipients {
            let is_known = self.ledger.find(&Kind::Recipient, &row.code.0).is_some();
            let standing = if is_known { Standing::Known } else { Standing::New };
            let recipient = self.take(&desired::recipient(row, &known, standing))?;
            known.recipients.insert(row.code.clone(), recipient);
            let access = desired::access(row, recipient);
            let has_access = !row.door_code.is_empty() || self.ledger.find(&Kind::Access, &row.code.0).is_some();
            if has_access {
                self.take_access(&access)?;
            }
        }
        Ok(known)
    }

    /// The person for a row, made if the export is the first to name her. People belong to the municipality, so
    /// another unit's export may use the same id for someone else.
    fn person(&mut self, row: &StaffRow) -> Result<PersonId> {
        let (tx, unit) = (self.commit.connection(), self.commit.state().unit);
        let name = format!("{} {}", row.given_name, row.family_name);
        let of_this_unit = self.id_within_unit(&row.code);
        let is_new_here = self.ledger.find(&Kind::Staff, &row.code.0).is_none();
        let is_taken = is_new_here && ledger::is_of_another_unit(tx, unit, &row.code.0)?;
        let has_own_id = people::by_external_id(tx, &of_this_unit)?.is_some();
        let external_id = if is_taken || has_own_id { &of_this_unit } else { &row.code.0 };
        people::ensure(tx, external_id, &name, self.random)
    }

    /// The person whom an earlier import knew by this id.
    fn known_person(&self, code: &StaffCode) -> Result<Option<PersonId>> {
        let tx = self.commit.connection();
        let of_this_unit = people::by_external_id(tx, &self.id_within_unit(code))?;
        let found = if of_this_unit.is_some() { of_this_unit } else { people::by_external_id(tx, &code.0)? };
        Ok(found.map(|found| found.person))
    }

    fn id_within_unit(&self, code: &StaffCode) -> String {
        format!("{}/{code}", self.commit.state().unit.document())
    }

    /// The keys, and whose homes they open. Of homes that the export no longer names the recipient is emptied.
    fn keys(&mut self, unit: &ImportedUnit, known: &Known) -> Result<()> {
        let mut here: BTreeSet<String> = unit.refused.key_homes.iter().map(|code| code.0.clone()).collect();
        let by_hand = self.keys_entered_by_hand(unit)?;
        for row in &unit.keys {
            here.extend(row.recipients.iter().map(|recipient| KeyHomeCode::new(&row.tag, recipient).0));
            let why = match by_hand.get(&row.tag) {
                Some(why) => Some(*why),
                None => self.is_retired(&row.tag)?.then_some(LeftOut::Retired),
            };
            if let Some(why) = why {
                self.applied.keys_left_out.insert(row.tag.clone(), why);
                continue;
            }
            let key = self.take(&desired::key(row))?;
            for code in &row.recipients {
                if let Some(recipient) = known.recipients.get(code) {
                    self.take(&desired::key_home(KeyHomeCode::new(&row.tag, code), key, *recipient))?;
                }
            }
        }
        if unit.refused.has_key_without_id {
            return Ok(());
        }
        let homes = self.ledger.of(&Kind::KeyHome);
        let gone = homes.filter(|(code, entry)| entry.digest != GONE && !here.contains(*code));
        let gone: Vec<(String, Entry)> = gone.map(|(code, entry)| (code.clone(), entry.clone())).collect();
        for (code, entry) in gone {
            self.applied.homes_taken_back += 1;
            let before = self.load(entry.document)?;
            let view = as_imported(&before, self.own.actor.vault());
            let puts = vec![("recipient".to_owned(), Json::Null)];
            self.write(&Kind::KeyHome, &code, entry, GONE, (&before, &view), puts)?;
        }
        Ok(())
    }

    /// Whether every copy of a key that an import made is retired. Nobody can have retired what only imports wrote.
    fn is_retired(&self, tag: &str) -> Result<bool> {
        let Some(entry) = self.ledger.find(&Kind::Key, tag) else { return Ok(false) };
        let (tx, unit) = (self.commit.connection(), self.commit.state().unit);
        let is_only_imported = documents::row(tx, unit, entry.document)?.is_some_and(|row| row.heads == entry.heads);
        Ok(!is_only_imported && key(&self.load(entry.document)?.content()).is_retired())
    }

    /// Tags of the export, new to imports, that a key bears already which someone at the office entered.
    fn keys_entered_by_hand(&self, unit: &ImportedUnit) -> Result<BTreeMap<String, LeftOut>> {
        let mut found = BTreeMap::new();
        let new: BTreeSet<&String> =
            unit.keys.iter().map(|row| &row.tag).filter(|tag| self.ledger.find(&Kind::Key, tag).is_none()).collect();
        if new.is_empty() {
            return Ok(found);
        }
        let (tx, of_unit) = (self.commit.connection(), self.commit.state().unit);
        for document in documents::begun_by_others(tx, of_unit, &Kind::Key, self.own.person)? {
            let key = key(&self.load(document)?.content());
            if new.contains(&key.tag) {
                let why = if key.is_retired() { LeftOut::Retired } else { LeftOut::EnteredByHand };
                found.insert(key.tag, why);
            }
        }
        Ok(found)
    }

    fn plan(&mut self, unit: &ImportedUnit, known: &Known) -> Result<()> {
        for row in &unit.decisions {
            if let Some(recipient) = known.recipients.get(&row.recipient) {
                self.take(&desired::decision(row, *recipient))?;
            }
        }
        for row in &unit.shifts {
            if let Some(person) = known.people.get(&row.staff) {
                self.take(&desired::run_sheet(row, *person))?;
            }
        }
        for row in &unit.visits {
            if let Some(recipient) = known.recipients.get(&row.recipient) {
                self.take(&desired::visit(row, *recipient, known))?;
            }
        }
        Ok(())
    }

    /// Sees to it that a row's document says what the export says; returns the document.
    fn take(&mut self, desired: &Desired) -> Result<DocumentId> {
        let digest = ledger::digest(desired);
        let Some(entry) = self.ledger.find(&desired.kind, &desired.external_id).cloned() else {
            return self.begin(desired, digest);
        };
        if entry.digest == digest {
            self.applied.unchanged += 1;
            return Ok(entry.document);
        }
        let before = self.load(entry.document)?;
        let view = as_imported(&before, self.own.actor.vault());
        let puts = desired::changes(&view, desired);
        if puts.is_empty() {
            self.applied.unchanged += 1;
        } else {
            self.applied.changed += 1;
            self.note_former_recipient(desired, &view, &puts);
        }
        self.write(&desired.kind, &desired.external_id, entry, digest, (&before, &view), puts)
    }

    /// A new door code is a new document, and the old one is destroyed, unless a person wrote in it.
    fn take_access(&mut self, desired: &Desired) -> Result<()> {
        let known = self.ledger.find(&Kind::Access, &desired.external_id).cloned();
        let digest = ledger::digest(desired);
        if let Some(entry) = known.filter(|entry| entry.digest != digest) {
            let before = self.load(entry.document)?;
            let own = self.own.actor.vault();
            let is_only_imported = before.infos().iter().all(|info| info.actor.vault() == own);
            let is_changed = !desired::changes(&as_imported(&before, self.own.actor.vault()), desired).is_empty();
            if is_only_imported && is_changed {
                self.commit.destroy_access(entry.document)?;
                self.begin(desired, digest)?;
                return Ok(());
            }
        }
        self.take(desired)?;
        Ok(())
    }

    fn begin(&mut self, desired: &Desired, digest: RowDigest) -> Result<DocumentId> {
        if let Some((document, heads)) = self.recovered.take(&desired.kind, &desired.plan) {
            self.applied.unchanged += 1;
            let entry = Entry { document, heads, digest };
            self.ledger.write(self.commit.connection(), &desired.kind, &desired.external_id, entry)?;
            return Ok(document);
        }
        let plan = desired.plan.clone();
        let (document, heads) = self.commit.begin(self.own, self.now, self.random, desired.kind.clone(), plan)?;
        self.applied.begun += 1;
        let entry = Entry { document, heads, digest };
        self.ledger.write(self.commit.connection(), &desired.kind, &desired.external_id, entry)?;
        Ok(document)
    }

    /// Writes on the import's branch, and notes where it meets what a person wrote.
    fn write(
        &mut self,
        kind: &Kind,
        external_id: &str,
        entry: Entry,
        digest: RowDigest,
        (before, view): (&Document, &BTreeMap<String, Json>),
        puts: FirstValues,
    ) -> Result<DocumentId> {
        let mut heads = entry.heads;
        if !puts.is_empty() {
            self.note_meeting(kind, external_id, &before.content(), view, &puts);
            let edit = Edit { facts: Vec::new(), puts };
            heads = self.commit.write(self.own, self.now, entry.document, Some(&heads), &edit)?;
        }
        let document = entry.document;
        self.ledger.write(self.commit.connection(), kind, external_id, Entry { document, heads, digest })?;
        Ok(document)
    }

    fn load(&self, document: DocumentId) -> Result<Document> {
        let (tx, unit) = (self.commit.connection(), self.commit.state().unit);
        documents::load(tx, unit, document)?.ok_or(Error::NoDocument(document))
    }

    fn note_meeting(
        &mut self,
        kind: &Kind,
        external_id: &str,
        content: &Content,
        view: &BTreeMap<String, Json>,
        puts: &FirstValues,
    ) {
        let is_met = |(key, new): &&(String, Json)| {
            let values = content.plan.get(key).map(|register| register.values.as_slice()).unwrap_or_default();
            values.iter().any(|value| Some(&value.json) != view.get(key) && value.json != *new)
        };
        let registers: Vec<String> = puts.iter().filter(is_met).map(|(key, _)| key.clone()).collect();
        let has_begun = *kind == Kind::Visit && !content.facts.is_empty();
        if !registers.is_empty() || has_begun {
            let (kind, external_id) = (kind.as_str().to_owned(), external_id.to_owned());
            self.applied.met.push(Meeting { kind, external_id, registers, has_begun });
        }
    }

    fn note_former_recipient(&mut self, desired: &Desired, view: &BTreeMap<String, Json>, puts: &FirstValues) {
        let is_moved = desired.kind == Kind::Visit && puts.iter().any(|(key, _)| key == "recipient");
        if is_moved {
            self.lost.extend(recipient_in(view));
        }
    }

    /// Cancels the visits that the last export had and this one has not; none of before its first day, and none
    /// whose row stands in the files but was refused.
    fn cancel_the_gone(&mut self, unit: &ImportedUnit) -> Result<()> {
        if unit.refused.has_visit_without_id {
            self.applied.none_cancelled = true;
            return Ok(());
        }
        let first_day = first_day(unit).unwrap_or(Zone.date(self.now));
        let here: BTreeSet<&VisitCode> = unit.visits.iter().map(|visit| &visit.code).collect();
        let is_gone = |code: &String, entry: &Entry| {
            let code = VisitCode(code.clone());
            let is_settled = entry.digest == GONE || entry.digest == PAST;
            !is_settled && !here.contains(&code) && !unit.refused.visits.contains(&code)
        };
        let gone: Vec<(String, Entry)> = self
            .ledger
            .of(&Kind::Visit)
            .filter(|(code, entry)| is_gone(code, entry))
            .map(|(code, entry)| (code.clone(), entry.clone()))
            .collect();
        for (code, entry) in gone {
            self.cancel(&code, entry, first_day)?;
        }
        Ok(())
    }

    fn cancel(&mut self, code: &str, entry: Entry, first_day: NaiveDate) -> Result<()> {
        let before = self.load(entry.document)?;
        let view = as_imported(&before, self.own.actor.vault());
        self.lost.extend(recipient_in(&view));
        let when: Option<When> = view.get("when").and_then(|json| serde_json::from_value(json.clone()).ok());
        let is_past = when.is_some_and(|when| when.day().date() < first_day);
        if is_past {
            self.write(&Kind::Visit, code, entry, PAST, (&before, &view), FirstValues::new())?;
            return Ok(());
        }
        self.applied.cancelled += 1;
        let mut puts = FirstValues::new();
        rundan_model::plan::first(&mut puts, "cancelled", &Cancelled { reason: GONE_REASON.to_owned() });
        self.write(&Kind::Visit, code, entry, GONE, (&before, &view), puts)?;
        Ok(())
    }

    /// Names what is gone besides visits, once. A file with a refused row says nothing of what is gone.
    fn tell_what_is_gone(&mut self, unit: &ImportedUnit, whole: &BTreeSet<ExportFile>) -> Result<()> {
        let first_day = first_day(unit).unwrap_or(Zone.date(self.now)).to_string();
        let here: [(Kind, ExportFile, BTreeSet<&str>); 5] = [
            (Kind::Staff, ExportFile::Staff, unit.staff.iter().map(|row| row.code.0.as_str()).collect()),
            (Kind::Recipient, ExportFile::Recipients, unit.recipients.iter().map(|row| row.code.0.as_str()).collect()),
            (Kind::Key, ExportFile::Keys, unit.keys.iter().map(|row| row.tag.as_str()).collect()),
            (Kind::Decision, ExportFile::Decisions, unit.decisions.iter().map(|row| row.code.0.as_str()).collect()),
            (Kind::RunSheet, ExportFile::Shifts, unit.shifts.iter().map(|row| row.code.0.as_str()).collect()),
        ];
        for (kind, file, here) in here {
            if !whole.contains(&file) {
                continue;
            }
            // A run sheet's id begins with its date: one of before the export is past, not gone.
            let is_past = |code: &str| kind == Kind::RunSheet && code < first_day.as_str();
            let is_gone = |(code, entry): &(&String, &Entry)| {
                entry.digest != GONE && !here.contains(code.as_str()) && !is_past(code)
            };
            let gone: Vec<(String, Entry)> = self
                .ledger
                .of(&kind)
                .filter(is_gone)
                .map(|(code, entry)| (code.clone(), Entry { digest: GONE, ..entry.clone() }))
                .collect();
            for (code, entry) in gone {
                self.ledger.write(self.commit.connection(), &kind, &code, entry)?;
                self.applied.gone.entry(kind.as_str().to_owned()).or_default().push(code);
            }
        }
        Ok(())
    }

    fn tell_who_has_none(&mut self, unit: &ImportedUnit, known: &Known) {
        let visited = unit.visits.iter().filter_map(|visit| known.recipients.get(&visit.recipient));
        let visited: BTreeSet<&DocumentId> = visited.collect();
        let names: BTreeMap<DocumentId, &String> =
            self.ledger.of(&Kind::Recipient).map(|(code, entry)| (entry.document, code)).collect();
        let lost = self.lost.iter().filter(|recipient| !visited.contains(recipient));
        self.applied.recipients_without_visits =
            lost.filter_map(|recipient| names.get(recipient)).map(|code| (*code).clone()).collect();
        self.applied.recipients_without_visits.sort();
    }
}

fn recipient_in(view: &BTreeMap<String, Json>) -> Option<DocumentId> {
    serde_json::from_value(view.get("recipient")?.clone()).ok()
}

/// The first day that an export speaks of.
fn first_day(unit: &ImportedUnit) -> Option<NaiveDate> {
    let visits = unit.visits.iter().map(|visit| visit.date);
    visits.chain(unit.shifts.iter().map(|shift| shift.date)).min()
}

#[cfg(test)]
mod tests;
