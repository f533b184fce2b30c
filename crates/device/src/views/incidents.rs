//! Incident notes: a person's own with her drafts, and the office's list.

use std::collections::BTreeMap;

use rundan_model::fact::IncidentText;
use rundan_model::incident::{Draft, Incident};
use rundan_model::{DocumentId, IncidentKind};
use rusqlite::{Params, Transaction, params};
use serde::de::DeserializeOwned;

use super::card::{Reader, count};
use super::context::id;
use super::{ViewContext, queries, rows};
use crate::StoreError;
use crate::api::{Delivery, DraftText, DraftView, IncidentLine, NoteView};
use crate::store::records_of;

/// The most incidents in the office's list.
const INCIDENTS_MAX: usize = 500;
/// The most drafts and incidents of a person's own.
const OWN_MAX: usize = 100;

/// Drafts and submitted incidents of this person, the newest first.
pub(crate) fn my_incidents(tx: &Transaction<'_>, ctx: &ViewContext) -> Result<Vec<DraftView>, StoreError> {
    let reader = Reader::new(tx, ctx);
    let mut typing = reader.typing()?;
    let mut views = Vec::new();
    for (document, draft) in reader.list::<Draft, _>(queries::DRAFTS, params![count(OWN_MAX)])? {
        views.extend(reader.draft(document, &draft, typing.remove(&Some(document)))?);
    }
    if let Some((text, at)) = typing.remove(&None) {
        views.push(reader.draft_view(None, text, at)?);
    }
    let of_hers = params![ctx.person.as_bytes(), count(OWN_MAX)];
    for (document, incident) in reader.list::<Incident, _>(queries::INCIDENTS_OF, of_hers)? {
        views.push(reader.own_incident(document, &incident)?);
    }
    views.sort_by_key(|view| std::cmp::Reverse(view.saved_at));
    Ok(views)
}

/// Incidents, the newest first.
pub(crate) fn incidents(tx: &Transaction<'_>, ctx: &ViewContext) -> Result<Vec<IncidentLine>, StoreError> {
    let reader = Reader::new(tx, ctx);
    let incidents = reader.list::<Incident, _>(queries::INCIDENTS, params![count(INCIDENTS_MAX)])?;
    incidents.iter().map(|(document, incident)| reader.incident_line(*document, incident)).collect()
}

/// Text that is being typed, by its draft, with when it was kept.
type Typing = BTreeMap<Option<DocumentId>, (DraftText, i64)>;

impl Reader<'_> {
    fn list<T: DeserializeOwned, P: Params>(&self, sql: &str, params: P) -> Result<Vec<(DocumentId, T)>, StoreError> {
        let mut query = self.tx.prepare_cached(sql)?;
        let mut rows = query.query(params)?;
        let mut list = Vec::new();
        while let Some(row) = rows.next()? {
            list.push((id(&row.get::<_, Vec<u8>>(0)?)?, rows::json(&row.get::<_, String>(1)?)?));
        }
        Ok(list)
    }

    fn typing(&self) -> Result<Typing, StoreError> {
        let mut query = self.tx.prepare_cached(queries::TYPING)?;
        let mut rows = query.query([])?;
        let mut typing = Typing::new();
        while let Some(row) = rows.next()? {
            let draft: Vec<u8> = row.get(0)?;
            let draft = if draft.is_empty() { None } else { Some(id(&draft)?) };
            typing.insert(draft, (rows::json(&row.get::<_, String>(1)?)?, row.get(2)?));
        }
        Ok(typing)
    }

    /// A draft with what was typed since its last version; none if it has no text at all.
    fn draft(
        &self,
        document: DocumentId,
        draft: &Draft,
        typed: Option<(DraftText, i64)>,
    ) -> Result<Option<DraftView>, StoreError> {
        let latest = draft.versions.first().map(|(stated, text)| (draft_text(text), stated.at.0));
        let Some((text, at)) = typed.or(latest) else { return Ok(None) };
        let others = draft.versions.iter().skip(1).map(|(_, text)| draft_text(text));
        let view = self.draft_view(Some(document), text, at)?;
        Ok(Some(DraftView { other_versions: others.collect(), ..view }))
    }

    fn draft_view(&self, document: Option<DocumentId>, text: DraftText, at: i64) -> Result<DraftView, StoreError> {
        Ok(DraftView {
            document,
            recipient_name: self.names.recipient_name(text.recipient)?,
            text,
            submitted: false,
            saved_at: at,
            delivery: document.map_or(Ok(Delivery::OnPhone), |document| self.delivery(document))?,
            read_by: None,
            read_at: None,
            other_versions: Vec::new(),
            additions: Vec::new(),
        })
    }

    fn own_incident(&self, document: DocumentId, incident: &Incident) -> Result<DraftView, StoreError> {
        let (read_by, read_at) = self.read_by(incident.submitted, &incident.reads)?;
        let view = self.draft_view(Some(document), draft_text(&incident.text), incident.submitted.at.0)?;
        let additions = self.additions(incident, view.delivery)?;
        Ok(DraftView { submitted: true, read_by, read_at, additions, ..view })
    }

    fn additions(&self, incident: &Incident, delivery: Delivery) -> Result<Vec<NoteView>, StoreError> {
        incident.additions.iter().map(|note| self.note(note, &incident.reads, delivery)).collect()
    }

    fn incident_line(&self, document: DocumentId, incident: &Incident) -> Result<IncidentLine, StoreError> {
        let text = &incident.text;
        let recipient = text.recipient.map(|id| self.names.recipient(id)).transpose()?.flatten();
        let (read_by, read_at) = self.read_by(incident.submitted, &incident.reads)?;
        // Its first changes, the submitted text among them, were received together.
        let received = records_of(self.tx, document)?.values().map(|record| record.received_at.0).min();
        Ok(IncidentLine {
            document,
            fact: incident.submitted.fact,
            kind: text.incident.clone().unwrap_or(IncidentKind::Other),
            recipient: self.names.recipient_name(text.recipient)?,
            address: recipient.map(|recipient| recipient.address.shown()).unwrap_or_default(),
            visit: text.visit,
            author: self.names.person(incident.submitted.by)?,
            when: text.when.map(|when| when.0),
            happened: text.happened.clone(),
            measures: text.measures.clone(),
            police: text.police.clone(),
            submitted: incident.submitted.at.0,
            received,
            read_by,
            read_at,
            additions: self.additions(incident, self.delivery(document)?)?,
        })
    }
}

fn draft_text(text: &IncidentText) -> DraftText {
    DraftText {
        incident: text.incident.clone(),
        visit: text.visit,
        recipient: text.recipient,
        when: text.when.map(|when| when.0),
        happened: text.happened.clone(),
        measures: text.measures.clone(),
        police: text.police.clone(),
    }
}
