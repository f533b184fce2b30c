//! Incident notes: the draft, its submission, and what is added later.

use rundan_model::fact::IncidentText;
use rundan_model::incident::draft;
use rundan_model::{DocumentId, FactBody, FactId, Kind, Timestamp};
use rusqlite::params;

use super::{Act, ActError, Statement, some_text, text};
use crate::api::{DraftText, Intent};

impl Act<'_, '_> {
    pub(super) fn ask_incident(&mut self, intent: &Intent) -> Result<(), ActError> {
        match intent {
            Intent::SaveDraft { draft, text } => self.save_draft(*draft, text).map(drop),
            Intent::SubmitDraft { draft } => self.submit(*draft),
            Intent::DiscardDraft { draft } => self.discard(*draft),
            Intent::AddToIncident { incident, text } => {
                if self.content(*incident)?.kind != Kind::Incident {
                    return Err(ActError::NotFound);
                }
                let body = FactBody::Added { text: some_text(text)? };
                self.state(*incident, Statement::now(self.actor.now, body)).map(drop)
            }
            _ => Err(ActError::BadInput("intent")),
        }
    }

    fn save_draft(&mut self, known: Option<DocumentId>, given: &DraftText) -> Result<DocumentId, ActError> {
        let written = incident_text(given)?;
        let (id, after) = match known {
            Some(id) => {
                let versions = self.versions(id)?;
                if versions.first().is_some_and(|(_, text)| versions.len() == 1 && *text == written) {
                    return Ok(id);
                }
                (id, versions.iter().map(|(fact, _)| *fact).collect())
            }
            None => {
                let unit = self.unit_about(&[written.visit, written.recipient])?;
                (self.begin(unit, Kind::Draft, Vec::new())?, Vec::new())
            }
        };
        let body = FactBody::Text { text: written };
        self.state(id, Statement { after, ..Statement::now(self.actor.now, body) })?;
        self.stop_typing(known)?;
        Ok(id)
    }

    fn versions(&mut self, id: DocumentId) -> Result<Vec<(FactId, IncidentText)>, ActError> {
        let content = self.content(id)?;
        if content.kind != Kind::Draft {
            return Err(ActError::NotFound);
        }
        Ok(draft(&content).versions.into_iter().map(|(stated, text)| (stated.fact, text)).collect())
    }

    /// The incident begins with the whole text; the draft is closed.
    fn submit(&mut self, id: DocumentId) -> Result<(), ActError> {
        let content = self.content(id)?;
        if draft(&content).is_closed {
            return Ok(());
        }
        let versions = self.versions(id)?;
        let (_, text) = versions.first().ok_or(ActError::NotFound)?;
        if text.happened.is_empty() || text.incident.is_none() {
            return Err(ActError::BadInput("text_empty"));
        }
        let unit = self.unit_about(&[text.visit, text.recipient, Some(id)])?;
        let incident = self.begin(unit, Kind::Incident, Vec::new())?;
        let now = self.actor.now;
        self.state(incident, Statement::now(now, FactBody::Submitted { text: text.clone() }))?;
        let after = versions.iter().map(|(fact, _)| *fact).collect();
        let closing = FactBody::Submitted { text: IncidentText::default() };
        self.state(id, Statement { after, ..Statement::now(now, closing) })?;
        // An incident is never taken back by an undo: one adds to it.
        self.undo.facts.clear();
        self.stop_typing(Some(id))
    }

    fn discard(&mut self, id: DocumentId) -> Result<(), ActError> {
        let versions: Vec<FactId> = self.versions(id)?.into_iter().map(|(fact, _)| fact).collect();
        let closing = FactBody::Submitted { text: IncidentText::default() };
        self.state(id, Statement { after: versions, ..Statement::now(self.actor.now, closing) })?;
        self.stop_typing(Some(id))
    }

    fn stop_typing(&self, draft: Option<DocumentId>) -> Result<(), ActError> {
        self.tx.prepare_cached("DELETE FROM typing WHERE draft = ?1")?.execute(params![typing_key(draft)])?;
        Ok(())
    }
}

/// The key of a typed text: the draft's id, or nothing for one that has no document yet.
pub(crate) fn typing_key(draft: Option<DocumentId>) -> Vec<u8> {
    draft.map(|draft| draft.0.to_vec()).unwrap_or_default()
}

fn incident_text(given: &DraftText) -> Result<IncidentText, ActError> {
    Ok(IncidentText {
        incident: given.incident.clone(),
        visit: given.visit,
        recipient: given.recipient,
        when: given.when.map(Timestamp),
        happened: text(&given.happened)?,
        measures: text(&given.measures)?,
        police: given.police.clone(),
    })
}
