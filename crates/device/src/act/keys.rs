//! Keys: taking them, putting them back, handing them over, and what the office does about them.

use chrono::{Days, NaiveDate};
use rundan_model::custody::Place;
use rundan_model::key::{COPIES_MAX, Key, KeyCopy, key_home, read_tag};
use rundan_model::plan::{FirstValues, KeyPlace, KeyReceipt, first};
use rundan_model::{DocumentId, FactBody, KeyKind, KeyUse, Kind, Timestamp, UnitId, Zone};
use rusqlite::params;
use serde_json::Value as Json;

use super::{Act, ActError, Statement, local, some_text, text};
use crate::api::{AlarmFor, Intent, KeyChange, KeyCopyRef, KeyReport, ReceiptText};
use crate::views::{self, queries};

/// The longest name of a cabinet, a hook or a borrower, characters.
const NAME_CHARS_MAX: usize = 60;
/// The longest words on a key, characters: everyone in the unit reads them.
const WORDS_CHARS_MAX: usize = 300;
/// The most keys in one press.
const KEYS_MAX: usize = 500;
/// How far ahead of the phone a clock may be that told when an alarm was raised, seconds.
const CLOCKS_APART_SECONDS: i64 = 60 * 60;

impl Act<'_, '_> {
    pub(super) fn ask_key(&mut self, intent: &Intent) -> Result<(), ActError> {
        match intent {
            Intent::TakeKeys { keys, what_for, alarm, text } => self.take_keys(keys, what_for, alarm.as_ref(), text),
            Intent::ReturnKeys { keys, cabinet } => {
                let body = FactBody::Returned { cabinet: name(cabinet)? };
                self.each_copy(keys, |_, _| Some(body.clone()))
            }
            Intent::GiveKeys { keys, to } => {
                if *to == self.actor.person {
                    return Err(ActError::BadInput("person"));
                }
                self.each_copy(keys, |_, _| Some(FactBody::Given { to: *to }))
            }
            Intent::ReceiveKeys { keys, from } => {
                if *from == self.actor.person {
                    return Err(ActError::BadInput("person"));
                }
                self.each_copy(keys, |_, _| Some(FactBody::Received { from: *from }))
            }
            Intent::ReportKey { key, report } => self.report_key(*key, report),
            Intent::NoteTag { tag, text } => self.note_tag(tag, text),
            Intent::CountCabinet { cabinet, there, missing } => {
                let cabinet = name(cabinet)?;
                self.each_copy(there, |_, _| Some(FactBody::Counted { cabinet: cabinet.clone() }))?;
                self.each_copy(missing, |_, _| Some(FactBody::Missing { cabinet: cabinet.clone() }))
            }
            Intent::NewKey { unit, tag, kind, cabinet, hook, copies, recipients } => {
                let unit = self.office_unit(*unit)?;
                let place = place(cabinet, hook)?;
                self.new_key(unit, tag, kind, &place, *copies, recipients)
            }
            Intent::ChangeKey { key, change } => self.change_key(*key, change),
            Intent::SetKeyCurfew { time } => self.set_key_curfew(time.as_deref()),
            _ => Err(ActError::BadInput("intent")),
        }
    }

    /// A key as it is projected: what a press states is written when the whole press was understood.
    fn key(&self, id: DocumentId) -> Result<Key, ActError> {
        views::key(self.tx, id)?.ok_or(ActError::NotFound)
    }

    /// States something of each copy, after what this vault knows of it.
    fn each_copy(&mut self, keys: &[KeyCopyRef], body: impl Fn(&Key, u32) -> Option<FactBody>) -> Result<(), ActError> {
        if keys.len() > KEYS_MAX {
            return Err(ActError::BadInput("keys"));
        }
        for KeyCopyRef { key: id, copy } in keys {
            let key = self.key(*id)?;
            let after = key.copy(*copy).ok_or(ActError::NotFound)?.custody.last.clone();
            let Some(body) = body(&key, *copy) else { continue };
            let about = Some(copy.to_string());
            self.state(*id, Statement { about, after, ..Statement::now(self.actor.now, body) })?;
        }
        Ok(())
    }

    fn take_keys(
        &mut self,
        keys: &[KeyCopyRef],
        what_for: &KeyUse,
        alarm: Option<&AlarmFor>,
        words: &str,
    ) -> Result<(), ActError> {
        let text = words_on_key(words)?;
        let me = self.actor.person;
        let needed = views::keys_needed(self.tx, me, self.actor.now)?;
        let sheet = alarm.map(|_| views::sheet_at(self.tx, me, self.actor.now)).transpose()?.flatten();
        if alarm.is_some() && sheet.is_none() {
            return Err(ActError::NoRunSheet);
        }
        for taken in keys {
            let key = self.key(taken.key)?;
            let copy = key.copy(taken.copy).ok_or(ActError::NotFound)?;
            let is_alarm_key = key.kind == KeyKind::Alarm;
            // An alarm key is for an alarm; for anything else there is a reason, and it is flagged.
            if is_alarm_key && alarm.is_none() && text.is_empty() {
                return Err(ActError::BadInput("alarm"));
            }
            let what_for = match what_for {
                KeyUse::Alarm if alarm.is_some() => KeyUse::Alarm,
                KeyUse::Round if needed.contains(&taken.key) && !is_alarm_key => KeyUse::Round,
                _ => KeyUse::Other,
            };
            let cabinet = match &copy.custody.place {
                Place::Cabinet { cabinet } => cabinet.clone(),
                _ => key.place.cabinet.clone(),
            };
            self.each_copy(&[*taken], |_, _| {
                let (cabinet, text) = (cabinet.clone(), text.clone());
                Some(FactBody::Taken { cabinet, what_for: what_for.clone(), text })
            })?;
            if let (Some(alarm), Some(sheet)) = (alarm, sheet) {
                let body = FactBody::KeyNoted {
                    tag: key.tag_of(taken.copy),
                    key: Some(taken.key),
                    recipient: alarm.recipient,
                    alarmed_at: Some(alarmed_at(self.actor.now, &alarm.at)?),
                    text: if alarm.recipient.is_none() {
                        some_text(&alarm.name)?
                    } else {
                        name_or_nothing(&alarm.name)?
                    },
                };
                self.state(sheet, Statement::now(self.actor.now, body))?;
            }
        }
        Ok(())
    }

    fn report_key(&mut self, key: KeyCopyRef, report: &KeyReport) -> Result<(), ActError> {
        let body = match report {
            KeyReport::NotThere => FactBody::NotThere { cabinet: self.looked_in(key)? },
            KeyReport::Lost { text } => FactBody::Lost { text: words_on_key(text)? },
            KeyReport::Found { cabinet } => FactBody::Found { cabinet: cabinet.as_deref().map(name).transpose()? },
            KeyReport::Damaged { text } => FactBody::Damaged { text: words_on_key(text)? },
        };
        self.each_copy(&[key], |_, _| Some(body.clone()))
    }

    /// The cabinet in which she looked for a copy: where it hangs by the log, else where she took it from by her own
    /// word, else its own.
    fn looked_in(&mut self, KeyCopyRef { key: id, copy }: KeyCopyRef) -> Result<String, ActError> {
        let key = self.key(id)?;
        let custody = &key.copy(copy).ok_or(ActError::NotFound)?.custody;
        if let Place::Cabinet { cabinet } | Place::Missing { cabinet } = &custody.place {
            return Ok(cabinet.clone());
        }
        let content = self.content(id)?;
        let came = custody.since.and_then(|since| content.facts.get(&since.fact));
        Ok(match came.map(|fact| &fact.body) {
            Some(FactBody::Taken { cabinet, .. }) => cabinet.clone(),
            _ => key.place.cabinet,
        })
    }

    /// Notes on her run sheet what she did with a tag that her phone does not know.
    fn note_tag(&mut self, tag: &str, words: &str) -> Result<(), ActError> {
        let tag = some_text(tag)?;
        if tag.chars().count() > NAME_CHARS_MAX {
            return Err(ActError::BadInput("tag"));
        }
        let sheet = views::sheet_at(self.tx, self.actor.person, self.actor.now)?.ok_or(ActError::NoRunSheet)?;
        let body = FactBody::KeyNoted { tag, key: None, recipient: None, alarmed_at: None, text: text(words)? };
        self.state(sheet, Statement::now(self.actor.now, body)).map(drop)
    }

    /// Says on a run sheet why she keeps keys when her shift ends; asks for it if she has any and does not.
    pub(super) fn keep_keys(&mut self, sheet: DocumentId, words: &str) -> Result<(), ActError> {
        let kept = views::keys_with(self.tx, self.actor.person)?;
        if kept.is_empty() {
            return Ok(());
        }
        let words = text(words)?;
        if words.is_empty() {
            return Err(ActError::BadInput("keys_kept"));
        }
        for (key, tag) in kept {
            let body =
                FactBody::KeyNoted { tag, key: Some(key), recipient: None, alarmed_at: None, text: words.clone() };
            self.state(sheet, Statement::now(self.actor.now, body))?;
        }
        Ok(())
    }

    /// The units that she is of the office in.
    fn office_units(&self) -> impl Iterator<Item = UnitId> {
        self.actor.units.iter().map(|(unit, _)| *unit).filter(|unit| self.actor.is_office_in(*unit))
    }

    /// The unit that is meant of those that she is of the office in; the first where none is named.
    fn office_unit(&self, meant: Option<UnitId>) -> Result<UnitId, ActError> {
        self.office_units().find(|unit| meant.is_none_or(|meant| meant == *unit)).ok_or(ActError::NotAllowed)
    }

    fn new_key(
        &mut self,
        unit: UnitId,
        tag: &str,
        kind: &KeyKind,
        place: &KeyPlace,
        copies: u32,
        recipients: &[DocumentId],
    ) -> Result<(), ActError> {
        let Some((tag, None)) = read_tag(tag) else { return Err(ActError::BadInput("tag")) };
        if !(1..=COPIES_MAX).contains(&copies) {
            return Err(ActError::BadInput("copies"));
        }
        // Also of a key whose tag was retired: a code is never used again.
        let is_used = self.tx.prepare_cached(queries::KEY_TAGGED)?.exists(params![tag, unit.as_bytes()])?;
        if is_used {
            return Err(ActError::BadInput("tag_used"));
        }
        let mut plan = FirstValues::new();
        first(&mut plan, "tag", &tag);
        first(&mut plan, "kind", kind);
        first(&mut plan, "place", place);
        first(&mut plan, "copies", &copies);
        let key = self.begin(unit, Kind::Key, plan)?;
        for recipient in recipients {
            self.begin_home(unit, key, *recipient)?;
        }
        self.began = Some(key);
        Ok(())
    }

    fn begin_home(&mut self, unit: UnitId, key: DocumentId, recipient: DocumentId) -> Result<DocumentId, ActError> {
        self.held(recipient)?;
        let mut plan = FirstValues::new();
        first(&mut plan, "key", &key);
        first(&mut plan, "recipient", &recipient);
        self.begin(unit, Kind::KeyHome, plan)
    }

    fn change_key(&mut self, id: DocumentId, change: &KeyChange) -> Result<(), ActError> {
        if !self.is_office(id)? {
            return Err(ActError::NotAllowed);
        }
        let key = self.key(id)?;
        let whole: Vec<_> = key.copies.iter().flat_map(|copy| copy.custody.last.clone()).collect();
        let of_copy = |copy: u32| KeyCopyRef { key: id, copy };
        match change {
            KeyChange::Place { cabinet, hook } => self.amend(id, "place", &place(cabinet, hook)?),
            KeyChange::Copies { copies } => {
                if !(1..=COPIES_MAX).contains(copies) {
                    return Err(ActError::BadInput("copies"));
                }
                // A copy that something was said of stays: its tag is retired.
                let has_history = |copy: &&KeyCopy| !copy.custody.last.is_empty();
                if key.copies.iter().filter(has_history).any(|copy| copy.number > *copies) {
                    return Err(ActError::BadInput("copies_in_use"));
                }
                self.put(id, "copies", Json::from(*copies))
            }
            KeyChange::Home { recipient, opens } => self.change_home(id, *recipient, *opens),
            KeyChange::Receipt { home, receipt } => self.sign_receipt(id, *home, receipt),
            KeyChange::Lent { copy, borrower, to } => {
                let body = FactBody::Lent { borrower: borrower.clone(), to: name(to)? };
                self.each_copy(&[of_copy(*copy)], |_, _| Some(body.clone()))
            }
            KeyChange::LostStep { copy, step, text } => {
                let body = FactBody::LostStep { step: step.clone(), text: words_on_key(text)? };
                self.each_copy(&[of_copy(*copy)], |_, _| Some(body.clone()))
            }
            KeyChange::LockChanged { text } => {
                let body = FactBody::LockChanged { text: words_on_key(text)? };
                self.state(id, Statement { after: whole, ..Statement::now(self.actor.now, body) }).map(drop)
            }
            KeyChange::Retired { copy, text } => {
                let body = FactBody::TagRetired { text: words_on_key(text)? };
                match copy {
                    Some(copy) => self.each_copy(&[of_copy(*copy)], |_, _| Some(body.clone())),
                    None => {
                        self.state(id, Statement { after: whole, ..Statement::now(self.actor.now, body) }).map(drop)
                    }
                }
            }
        }
    }

    /// The documents that say that a key opens a home: an import may have begun one beside the office's.
    fn homes_of(&mut self, key: DocumentId, recipient: DocumentId) -> Result<Vec<DocumentId>, ActError> {
        let homes = views::homes_of(self.tx, key)?.into_iter();
        Ok(homes.filter(|home| home.recipient == Some(recipient)).map(|home| home.document).collect())
    }

    fn change_home(&mut self, key: DocumentId, recipient: DocumentId, opens: bool) -> Result<(), ActError> {
        let unit = self.held(key)?.row.unit;
        let homes = self.homes_of(key, recipient)?;
        if homes.is_empty() && opens {
            return self.begin_home(unit, key, recipient).map(drop);
        }
        for home in homes.into_iter().filter(|_| !opens) {
            self.put(home, "recipient", Json::Null)?;
        }
        Ok(())
    }

    fn sign_receipt(&mut self, key: DocumentId, home: DocumentId, given: &ReceiptText) -> Result<(), ActError> {
        if views::homes_of(self.tx, key)?.iter().all(|of_key| of_key.document != home) {
            return Err(ActError::NotFound);
        }
        if !(1..=COPIES_MAX).contains(&given.copies) {
            return Err(ActError::BadInput("copies"));
        }
        let day: NaiveDate = given.day.parse().map_err(|_| ActError::BadInput("date"))?;
        let (from, to) = (name(&given.from)?, name(&given.to)?);
        let receipt = KeyReceipt { is_back: given.is_back, day, copies: given.copies, from, to };
        let content = self.content(home)?;
        let next = key_home(&content).receipts.keys().max().map_or(1, |last| last.saturating_add(1));
        self.amend(home, &format!("receipt/{next}"), &receipt)
    }

    fn set_key_curfew(&mut self, time: Option<&str>) -> Result<(), ActError> {
        if let Some(time) = time {
            local(Zone.date(self.actor.now), time)?;
        }
        let units: Vec<UnitId> = self.office_units().collect();
        if units.is_empty() {
            return Err(ActError::NotAllowed);
        }
        for unit in units {
            let document = views::unit_document(self.tx, unit)?.ok_or(ActError::NotFound)?;
            self.put(document, "key-curfew", time.map_or(Json::Null, Json::from))?;
        }
        Ok(())
    }
}

/// When an alarm was raised: today, or yesterday before midnight. The alarm centre's clock may be ahead of the phone's.
fn alarmed_at(now: Timestamp, time: &str) -> Result<Timestamp, ActError> {
    let date = Zone.date(now);
    let today = local(date, time)?;
    let is_yesterday = today > now.plus_seconds(CLOCKS_APART_SECONDS);
    if is_yesterday { local(date - Days::new(1), time) } else { Ok(today) }
}

fn place(cabinet: &str, hook: &str) -> Result<KeyPlace, ActError> {
    Ok(KeyPlace { cabinet: name(cabinet)?, hook: name_or_nothing(hook)? })
}

/// A short name that has to say something.
fn name(given: &str) -> Result<String, ActError> {
    let name = name_or_nothing(given)?;
    if name.is_empty() { Err(ActError::BadInput("name")) } else { Ok(name) }
}

fn name_or_nothing(given: &str) -> Result<String, ActError> {
    let name = text(given)?;
    if name.chars().count() > NAME_CHARS_MAX { Err(ActError::BadInput("text_too_long")) } else { Ok(name) }
}

fn words_on_key(given: &str) -> Result<String, ActError> {
    let words = text(given)?;
    if words.chars().count() > WORDS_CHARS_MAX { Err(ActError::BadInput("text_too_long")) } else { Ok(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yesterdays_alarm_is_at_its_time_also_in_the_nights_that_the_clocks_change() {
        let at = |day: &str, time: &str| local(day.parse().expect("a date"), time).expect("a time");
        for (yesterday, today) in [("2026-03-28", "2026-03-29"), ("2026-10-24", "2026-10-25")] {
            let raised = alarmed_at(at(today, "00:30"), "23:50").expect("a time");
            assert_eq!(raised, at(yesterday, "23:50"));
        }
        assert_eq!(alarmed_at(at("2026-11-23", "08:30"), "09:10").expect("a time"), at("2026-11-23", "09:10"));
    }
}
