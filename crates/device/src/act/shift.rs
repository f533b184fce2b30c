//! The working day: shift, break, other time, and the list of changes.

use rundan_model::fact::Shown;
use rundan_model::run_sheet::{RunSheet, run_sheet};
use rundan_model::{DocumentId, FactBody, Kind};
use rusqlite::params;

use super::{Act, ActError, Statement, local, text};
use crate::api::{ChangeKind, Intent};
use crate::store::StoreError;
use crate::views::{self, ViewContext};

/// The longest stretch of other working time, minutes: a whole long shift.
const OTHER_TIME_MINUTES_MAX: u32 = 720;

impl Act<'_, '_> {
    pub(super) fn ask_shift(&mut self, intent: &Intent) -> Result<(), ActError> {
        match intent {
            Intent::StartShift { run_sheet } => self.turn(*run_sheet, FactBody::ShiftStarted),
            Intent::EndShift { run_sheet, keys_kept } => {
                self.turn(*run_sheet, FactBody::ShiftEnded)?;
                self.keep_keys(*run_sheet, keys_kept)
            }
            Intent::StartBreak { run_sheet } => self.turn(*run_sheet, FactBody::BreakStarted),
            Intent::EndBreak { run_sheet } => self.turn(*run_sheet, FactBody::BreakEnded),
            Intent::OtherTime { run_sheet, what, start, minutes, text: words } => {
                let sheet = self.own_sheet(*run_sheet)?;
                let day = sheet.day.ok_or(ActError::NotFound)?.date();
                if !(1..=OTHER_TIME_MINUTES_MAX).contains(minutes) {
                    return Err(ActError::BadInput("minutes"));
                }
                let body = FactBody::OtherTime {
                    what: what.clone(),
                    start: local(day, start)?,
                    minutes: *minutes,
                    text: text(words)?,
                };
                self.state(*run_sheet, Statement::now(self.actor.now, body))?;
                Ok(())
            }
            Intent::Acknowledge { run_sheet, documents } => self.acknowledge(*run_sheet, documents),
            _ => Err(ActError::BadInput("intent")),
        }
    }

    fn own_sheet(&mut self, id: DocumentId) -> Result<RunSheet, ActError> {
        let content = self.content(id)?;
        let sheet = run_sheet(&content);
        if content.kind != Kind::RunSheet {
            return Err(ActError::NotFound);
        }
        if sheet.staff != Some(self.actor.person) {
            return Err(ActError::NotAllowed);
        }
        Ok(sheet)
    }

    /// Begins or ends shift or break, if it is not so already.
    fn turn(&mut self, id: DocumentId, body: FactBody) -> Result<(), ActError> {
        let sheet = self.own_sheet(id)?;
        let is_open = |segments: &[rundan_model::visit::Segment]| segments.last().is_some_and(|one| one.end.is_none());
        let is_so = match body {
            FactBody::ShiftStarted => is_open(&sheet.worked),
            FactBody::ShiftEnded => !is_open(&sheet.worked),
            FactBody::BreakStarted => is_open(&sheet.breaks),
            _ => !is_open(&sheet.breaks),
        };
        if is_so {
            return Ok(());
        }
        let after = sheet.last.into_iter().collect();
        self.state(id, Statement { after, ..Statement::now(self.actor.now, body) })?;
        Ok(())
    }

    /// Records that a door code is shown: on the sheet of the shift under way, else on her nearest one.
    pub(super) fn record_shown(&mut self, access: DocumentId) -> Result<(), ActError> {
        let sheet = views::sheet_at(self.tx, self.actor.person, self.actor.now)?.ok_or(ActError::NoRunSheet)?;
        self.state(sheet, Statement::now(self.actor.now, FactBody::Shown { access })).map(drop)
    }

    /// Records that she has read the changes of these visits: on the run sheet given, else on her nearest. With none
    /// at all only this phone remembers it.
    fn acknowledge(&mut self, sheet: Option<DocumentId>, documents: &[DocumentId]) -> Result<(), ActError> {
        let Some(viewer) = ViewContext::read(self.tx, self.actor.now)? else { return Err(ActError::NotFound) };
        let sheet = match sheet {
            Some(sheet) => Some(self.own_sheet(sheet).map(|_| sheet)?),
            None => views::sheet_at(self.tx, self.actor.person, self.actor.now)?,
        };
        let mut shown = Vec::new();
        for document in documents.iter().take(rundan_model::fact::REFERENCES_MAX) {
            // A visit that left has no heads to name any more.
            let heads = match self.held(*document) {
                Ok(held) => held.document.heads().iter().map(ToString::to_string).collect(),
                Err(ActError::NotFound) => Vec::new(),
                Err(error) => return Err(error),
            };
            shown.push(Shown { document: *document, heads });
        }
        if shown.is_empty() {
            return Ok(());
        }
        if let Some(sheet) = sheet {
            self.state(sheet, Statement::now(self.actor.now, FactBody::Acknowledged { shown }))?;
        }
        for change in views::changes_of(self.tx, &viewer, documents)? {
            if change.kind == ChangeKind::Removed {
                crate::seen::forget(self.tx, change.document)?;
                continue;
            }
            crate::seen::remember(self.tx, self.actor.person, change.document)?;
            let kind = serde_json::to_value(change.kind).map_err(StoreError::from)?;
            self.tx
                .prepare_cached("UPDATE seen_visit SET mark = ?2, mark_at = ?3 WHERE document = ?1")?
                .execute(params![change.document.as_bytes(), kind.as_str(), change.at])?;
        }
        Ok(())
    }
}
