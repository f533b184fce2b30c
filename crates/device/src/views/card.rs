//! A visit as the handheld's lists show it.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use rundan_model::key::forecast::PlannedShift;
use rundan_model::visit::{CarerTime, ItemOutcome, Oddity, Progress, Segment as Worked, State, Visit};
use rundan_model::{DocumentId, KeyKind, PersonId, UnitId};
use rusqlite::{OptionalExtension, Transaction};

use super::names::Names;
use super::{ViewContext, queries, rows};
use crate::StoreError;
use crate::api::{
    CarerMark, Delivery, KeyTag, LateMark, Partner, PartnerState, Segment, VisitCard, VisitFlag, VisitState,
};

/// What a screen is read with: the transaction, who looks, and names.
pub(super) struct Reader<'a> {
    pub(super) tx: &'a Transaction<'a>,
    pub(super) ctx: &'a ViewContext,
    pub(super) names: Names<'a>,
    /// The codes of keys that several bear, once someone asked.
    pub(super) double_tags: OnceCell<BTreeSet<String>>,
    /// Everyone's shifts now, once someone asked.
    pub(super) shifts_now: OnceCell<BTreeMap<PersonId, Vec<PlannedShift>>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(tx: &'a Transaction<'a>, ctx: &'a ViewContext) -> Self {
        Self { tx, ctx, names: Names::new(tx), double_tags: OnceCell::new(), shifts_now: OnceCell::new() }
    }

    /// A visit of hers as a card.
    pub(super) fn card(&self, id: DocumentId, visit: &Visit, mark: Option<CarerMark>) -> Result<VisitCard, StoreError> {
        let me = self.ctx.person;
        let recipient = visit.recipient.map(|id| self.names.recipient(id)).transpose()?.flatten();
        let recipient = recipient.as_deref();
        let keys = match visit.recipient.zip(recipient) {
            Some((id, recipient)) => self.keys_to(id, recipient)?,
            None => Vec::new(),
        };
        let planned = visit.items.iter().filter(|item| item.planned.is_some());
        let (start, minutes) = rows::planned_for(visit, me);
        let done =
            |item: &&rundan_model::visit::Item| item.claims.iter().any(|claim| claim.outcome == ItemOutcome::Done);
        Ok(VisitCard {
            document: id,
            recipient: visit.recipient,
            name: self.names.of_visit(visit)?,
            address: recipient.map(|recipient| recipient.address.shown()).unwrap_or_default(),
            floor: recipient.map(|recipient| recipient.address.floor.clone()).unwrap_or_default(),
            start: start.filter(|_| visit.when.is_some()).map(|start| start.0),
            minutes,
            state: state(visit.state_for(me)),
            segments: segments(visit.times.get(&me)),
            interventions: planned.map(|item| self.names.intervention(&item.code)).collect::<Result<_, _>>()?,
            done_items: count(visit.items.iter().filter(done).count()),
            key: key_to_bring(keys),
            has_door_code: match visit.recipient {
                Some(recipient) => super::door_code(self.tx, recipient)?.is_some(),
                None => false,
            },
            ring_first: recipient.is_some_and(|recipient| recipient.ring_first),
            partners: self.partners(visit)?,
            late: self.late_mark(visit)?,
            mark,
            flags: self.flags(visit),
            not_carried_out: visit.not_carried_out.first().map(|statement| statement.reason.clone()),
            delivery: self.delivery(id)?,
        })
    }

    /// What of a visit needs a look, hers among it.
    fn flags(&self, visit: &Visit) -> Vec<VisitFlag> {
        let mut flags = flags(visit);
        flags.extend(visit.unacknowledged(self.ctx.person).next().map(|_| VisitFlag::Decided));
        flags
    }

    /// Everyone else who is to come, or who was there.
    fn partners(&self, visit: &Visit) -> Result<Vec<Partner>, StoreError> {
        let mut people: Vec<PersonId> = visit.staff().chain(visit.times.keys().copied()).collect();
        people.sort();
        people.dedup();
        people.retain(|person| *person != self.ctx.person);
        people.into_iter().map(|person| self.partner(visit, person)).collect()
    }

    fn partner(&self, visit: &Visit, person: PersonId) -> Result<Partner, StoreError> {
        let name = self.names.staff_name(person)?;
        let claims = visit.items.iter().flat_map(|item| item.claims.iter().map(move |claim| (item, claim)));
        let last = claims
            .filter(|(_, claim)| claim.stated.by == person && claim.outcome == ItemOutcome::Done)
            .max_by_key(|(_, claim)| (claim.stated.at, claim.stated.fact));
        let time = visit.times.get(&person);
        let segment = time.and_then(|time| time.segments.last());
        let (state, at) = match time.map(|time| time.progress) {
            None => (PartnerState::Unknown, None),
            Some(Progress::Running) => (PartnerState::Here, segment.map(|segment| segment.start)),
            Some(Progress::Paused) => (PartnerState::Away, segment.and_then(|segment| segment.end)),
            Some(Progress::Ended) => (PartnerState::Ended, segment.and_then(|segment| segment.end)),
        };
        Ok(Partner {
            name: name.shown(),
            given_name: name.given,
            state,
            at: at.map(|at| at.0),
            heard: self.ctx.heard.map(|heard| heard.0),
            last_done: last.map(|(item, _)| self.names.intervention(&item.code)).transpose()?,
            last_done_at: last.map(|(_, claim)| claim.stated.at.0),
        })
    }

    /// A visit's late notice as a mark.
    pub(super) fn late_mark(&self, visit: &Visit) -> Result<Option<LateMark>, StoreError> {
        let Some(late) = &visit.late else { return Ok(None) };
        let (read_by, read_at) = self.read_by(late.stated, &visit.reads)?;
        Ok(Some(LateMark {
            expected: late.expected.0,
            reason: late.reason.clone(),
            told: late.told.as_ref().map(|(_, outcome)| outcome.clone()),
            told_at: late.told.as_ref().map(|(stated, _)| stated.at.0),
            read_by,
            read_at,
        }))
    }

    /// How far a document with all that this vault wrote in it has come.
    pub(super) fn delivery(&self, id: DocumentId) -> Result<Delivery, StoreError> {
        let mut query = self.tx.prepare_cached(queries::DELIVERY)?;
        let found = query
            .query_row([id.as_bytes()], |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?, row.get::<_, bool>(3)?))
            })
            .optional()?;
        let Some((unit, own_seq, has_pending)) = found else { return Ok(Delivery::OnPhone) };
        if has_pending {
            return Ok(Delivery::OnPhone);
        }
        let mut query = self.tx.prepare_cached(queries::LAST_REFUSED)?;
        let refused: Option<Option<String>> = query.query_row([id.as_bytes()], |row| row.get(0)).optional()?;
        if refused.flatten().is_some() {
            return Ok(Delivery::Refused);
        }
        Ok(self.arrived(UnitId::try_from(unit.as_slice())?, own_seq.unsigned_abs()))
    }

    /// How far what lies at this place of the log has come; at 0 there is nothing of this vault's to wait for.
    pub(super) fn arrived(&self, unit: UnitId, seq: u64) -> Delivery {
        if seq == 0 || self.ctx.is_at_office(unit, seq) { Delivery::AtOffice } else { Delivery::OnServer }
    }
}

/// A state in the page's terms.
pub(super) fn state(state: State) -> VisitState {
    match state {
        State::Planned => VisitState::Planned,
        State::Running => VisitState::Running,
        State::Paused => VisitState::Paused,
        State::Done => VisitState::Done,
        State::NotCarriedOut => VisitState::NotCarriedOut,
        State::Cancelled => VisitState::Cancelled,
    }
}

/// Someone's stretches of work in the page's terms.
pub(super) fn segments(time: Option<&CarerTime>) -> Vec<Segment> {
    time.map(|time| time.segments.iter().map(segment).collect()).unwrap_or_default()
}

/// A stretch of work in the page's terms.
pub(super) fn segment(worked: &Worked) -> Segment {
    Segment { start: worked.start.0, end: worked.end.map(|end| end.0) }
}

/// What is odd about a visit, and what needs someone.
pub(super) fn flags(visit: &Visit) -> Vec<VisitFlag> {
    let of_oddity = |oddity: &Oddity| match oddity {
        Oddity::BegunThoughCancelled => VisitFlag::BegunThoughCancelled,
        Oddity::BegunThoughMoved => VisitFlag::BegunThoughMoved,
        Oddity::PlanChanged => VisitFlag::PlanChanged,
        Oddity::BegunThoughNotCarriedOut => VisitFlag::BegunThoughNotCarriedOut,
        Oddity::EndedWithOpenItems => VisitFlag::EndedWithOpenItems,
        Oddity::UnknownRecipient => VisitFlag::UnknownRecipient,
        Oddity::NewerFact => VisitFlag::NewerFact,
    };
    let more = [
        (!visit.clashes.is_empty(), VisitFlag::Clash),
        (!visit.disputes.is_empty(), VisitFlag::Dispute),
        (visit.begun.is_some(), VisitFlag::Unplanned),
    ];
    let more = more.into_iter().filter(|(is_so, _)| *is_so).map(|(_, flag)| flag);
    visit.oddities.iter().map(of_oddity).chain(more).collect()
}

/// A number for the page.
pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The key for an ordinary visit: to the home, else to the building; never the one for alarms.
fn key_to_bring(keys: Vec<KeyTag>) -> Option<KeyTag> {
    let rank = |key: &KeyTag| [KeyKind::Home, KeyKind::Entrance].iter().position(|kind| key.kind == *kind);
    keys.into_iter().filter(|key| rank(key).is_some()).min_by_key(rank)
}
