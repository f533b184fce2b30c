//! "Behöver dig": what on the board needs someone at the office.

use rundan_model::incident::Incident;
use rundan_model::visit::{NotCarriedOut, Oddity, State, Visit};
use rundan_model::{PersonId, ToldOutcome};

use super::{Heard, OnBoard, is_overdue, is_unstaffed, is_untold, people};
use crate::StoreError;
use crate::api::{Attention, AttentionKind};
use crate::views::card::{Reader, count};
use crate::views::context::id;
use crate::views::{queries, rows};

/// The most unread incidents among what needs someone.
const INCIDENTS_MAX: usize = 20;

impl Reader<'_> {
    /// What needs someone, visits by their start, then incidents that nobody has opened.
    pub(super) fn attention(&self, visits: &[OnBoard], heard: &Heard) -> Result<Vec<Attention>, StoreError> {
        let mut attention = Vec::new();
        for on_board in visits {
            for (kind, person) in needs(&on_board.visit, self.ctx.now) {
                attention.push(self.need(on_board, kind, person, heard)?);
            }
            if let Some(decision) = on_board.visit.unacknowledged(self.ctx.person).next() {
                attention.push(self.need(on_board, AttentionKind::Decided, Some(decision.stated.by), heard)?);
            }
        }
        attention.sort_by_key(|need| (urgency(need.kind), need.planned));
        attention.extend(self.unread_incidents()?);
        Ok(attention)
    }

    fn need(
        &self,
        on_board: &OnBoard,
        kind: AttentionKind,
        person: Option<PersonId>,
        heard: &Heard,
    ) -> Result<Attention, StoreError> {
        let visit = &on_board.visit;
        let late = visit.late.as_ref();
        let planned = person.map_or(visit.when.map(|when| when.start), |person| visit.start_for(person));
        Ok(Attention {
            kind,
            document: on_board.document,
            recipient: on_board.name.clone(),
            carer: person.map(|person| self.names.person(person)).transpose()?.unwrap_or_default(),
            planned: planned.map(|planned| planned.0),
            expected: late.map(|late| late.expected.0),
            heard: person.and_then(|person| heard.get(&person)).map(|heard| heard.0),
            told: late.and_then(|late| late.told.as_ref()).map(|(_, outcome)| outcome.clone()),
            reason: visit.not_carried_out.first().map(|statement| statement.reason.clone()),
            incident: None,
        })
    }

    fn unread_incidents(&self) -> Result<Vec<Attention>, StoreError> {
        let mut query = self.tx.prepare_cached(queries::INCIDENTS_UNREAD)?;
        let mut rows = query.query([count(INCIDENTS_MAX)])?;
        let mut unread = Vec::new();
        while let Some(row) = rows.next()? {
            let incident: Incident = rows::json(&row.get::<_, String>(1)?)?;
            unread.push(Attention {
                kind: AttentionKind::Incident,
                document: id(&row.get::<_, Vec<u8>>(0)?)?,
                recipient: self.names.recipient_name(incident.text.recipient)?,
                carer: self.names.person(incident.submitted.by)?,
                planned: Some(incident.submitted.at.0),
                expected: None,
                heard: None,
                told: None,
                reason: None,
                incident: incident.text.incident,
            });
        }
        Ok(unread)
    }
}

fn urgency(kind: AttentionKind) -> u8 {
    match kind {
        AttentionKind::Overdue => 0,
        AttentionKind::AskedToCall => 1,
        AttentionKind::LateUntold => 2,
        AttentionKind::Unstaffed => 3,
        AttentionKind::Clash | AttentionKind::Dispute => 4,
        AttentionKind::BegunThoughCancelled | AttentionKind::BegunThoughMoved | AttentionKind::PlanChanged => 5,
        AttentionKind::UnknownRecipient | AttentionKind::Decided => 6,
        AttentionKind::NotCarriedOut | AttentionKind::Incident => 7,
    }
}

/// Why a visit needs someone at the office, each with the carer it is about.
fn needs(visit: &Visit, now: rundan_model::Timestamp) -> Vec<(AttentionKind, Option<PersonId>)> {
    let mut needs = Vec::new();
    let first = people(visit).first().copied();
    let overdue = visit.staff().filter(|person| is_overdue(visit, Some(*person), now));
    needs.extend(overdue.map(|person| (AttentionKind::Overdue, Some(person))));
    if let Some(late) = visit.late.as_ref().filter(|_| visit.state() == State::Planned && is_untold(visit)) {
        let is_asked = matches!(late.told, Some((_, ToldOutcome::OfficeAsked)));
        let kind = if is_asked { AttentionKind::AskedToCall } else { AttentionKind::LateUntold };
        needs.push((kind, Some(late.stated.by)));
    }
    if is_unstaffed(visit) {
        needs.push((AttentionKind::Unstaffed, None));
    }
    if !visit.clashes.is_empty() {
        needs.push((AttentionKind::Clash, first));
    }
    if !visit.disputes.is_empty() || visit.oddities.contains(&Oddity::BegunThoughNotCarriedOut) {
        needs.push((AttentionKind::Dispute, first));
    }
    let worked = visit.times.keys().next().copied();
    for oddity in &visit.oddities {
        match oddity {
            Oddity::BegunThoughCancelled => needs.push((AttentionKind::BegunThoughCancelled, worked)),
            Oddity::BegunThoughMoved => needs.push((AttentionKind::BegunThoughMoved, stranger(visit))),
            Oddity::PlanChanged => needs.push((AttentionKind::PlanChanged, worked)),
            Oddity::UnknownRecipient => needs.push((AttentionKind::UnknownRecipient, first)),
            _ => {}
        }
    }
    let is_read = |statement: &&NotCarriedOut| visit.reads.iter().any(|(read, _)| *read == statement.stated.fact);
    let unread = visit.not_carried_out.iter().find(|statement| !is_read(statement));
    needs.extend(unread.map(|statement| (AttentionKind::NotCarriedOut, Some(statement.stated.by))));
    needs
}

/// Someone who worked at a visit that is not hers.
fn stranger(visit: &Visit) -> Option<PersonId> {
    visit.times.keys().find(|person| !visit.staff().any(|staff| staff == **person)).copied()
}
