//! A visit of hers, opened.

use std::rc::Rc;

use rundan_model::content::Standing;
use rundan_model::recipient::Recipient;
use rundan_model::visit::{Note, State, Stated, Visit, visit as derive};
use rundan_model::{Content, Day, DocumentId, Fact, FactBody, FactId, Kind, PersonId, Role, Zone};
use rusqlite::Transaction;

use super::card::Reader;
use super::facts::FactLog;
use super::{ViewContext, queries, rows};
use crate::StoreError;
use crate::api::{CarerMark, Delivery, NoteView, VisitCard, VisitView, YourFact};
use crate::store::Held;

/// A visit; none if it is not on this phone.
pub(crate) fn visit(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    document: DocumentId,
) -> Result<Option<VisitView>, StoreError> {
    let reader = Reader::new(tx, ctx);
    let Some(Opened { held, content, visit, recipient }) = reader.open(document)? else { return Ok(None) };
    let day = visit.start_for(ctx.person).map(|start| Zone.day(start));
    let saved_at: Option<i64> =
        tx.prepare_cached(queries::LAST_SAVED)?.query_row([document.as_bytes()], |row| row.get(0))?;
    let time = visit.times.get(&ctx.person);
    Ok(Some(VisitView {
        card: reader.card(document, &visit, reader.mark(document, &visit)?)?,
        now: ctx.now.0,
        good_to_know: recipient.as_ref().map(|recipient| recipient.good_to_know.clone()).unwrap_or_default(),
        items: reader.check_items(&visit)?,
        notes: reader.notes(&held, &visit)?,
        performed_seconds: time.map_or(0, |time| time.performed_seconds(ctx.now)),
        saved_at,
        own_facts: reader.own_facts(&content.standing())?,
        running: reader.running(document)?,
        move_to: reader.move_to(document, day)?,
        clashes: reader.clashes(&held, &visit.clashes)?,
        disputes: reader.disputes(&visit)?,
        decisions: reader.decisions(&content, &visit)?,
        cancelled_reason: visit.cancelled.as_ref().map(|cancelled| cancelled.reason.clone()),
        may_act: ctx.roles.contains(&Role::Carer) && is_hers(&visit, ctx),
    }))
}

/// A visit's document, opened.
pub(super) struct Opened {
    pub(super) held: Held,
    pub(super) content: Content,
    pub(super) visit: Visit,
    /// To whom, if she is on this phone.
    pub(super) recipient: Option<Rc<Recipient>>,
}

/// It is hers, or she began it.
fn is_hers(visit: &Visit, ctx: &ViewContext) -> bool {
    let is_begun = visit.begun.as_ref().is_some_and(|begun| begun.stated.by == ctx.person);
    is_begun || visit.times.contains_key(&ctx.person) || visit.staff().any(|person| person == ctx.person)
}

/// A step of someone's time at a visit.
fn is_of_time(fact: &Fact) -> bool {
    matches!(fact.body, FactBody::Started | FactBody::Ended | FactBody::Paused { .. } | FactBody::Resumed)
}

/// Nothing but how a person began a visit and what time she was there, or what says nothing of it.
fn is_beginning(fact: &Fact, person: PersonId) -> bool {
    let is_hers = fact.by == person && (is_of_time(fact) || matches!(fact.body, FactBody::Begun { .. }));
    is_hers || matches!(fact.body, FactBody::Withdrawn { .. } | FactBody::Read { .. })
}

impl Reader<'_> {
    /// Opens a visit's document; none if it is not here, or is none of a visit.
    pub(super) fn open(&self, document: DocumentId) -> Result<Option<Opened>, StoreError> {
        let Some(held) = Held::load(self.tx, document)? else { return Ok(None) };
        let content = held.document.content();
        if content.kind != Kind::Visit {
            return Ok(None);
        }
        let visit = derive(&content);
        let recipient = visit.recipient.map(|id| self.names.recipient(id)).transpose()?.flatten();
        Ok(Some(Opened { held, content, visit, recipient }))
    }

    fn mark(&self, document: DocumentId, visit: &Visit) -> Result<Option<CarerMark>, StoreError> {
        let Some(start) = visit.start_for(self.ctx.person) else { return Ok(None) };
        let one = [(document, visit.clone())];
        Ok(self.changes(Zone.day(start), &one)?.marks.remove(&document))
    }

    fn notes(&self, held: &Held, visit: &Visit) -> Result<Vec<NoteView>, StoreError> {
        if visit.notes.is_empty() {
            return Ok(Vec::new());
        }
        let log = FactLog::of(held);
        visit.notes.iter().map(|note| self.note(note, &visit.reads, log.delivery(self, note.stated.fact))).collect()
    }

    /// A note, with the first who opened it besides its author.
    pub(super) fn note(
        &self,
        note: &Note,
        reads: &[(FactId, Stated)],
        delivery: Delivery,
    ) -> Result<NoteView, StoreError> {
        let (read_by, read_at) = self.read_by(note.stated, reads)?;
        Ok(NoteView {
            fact: note.stated.fact,
            text: note.text.clone(),
            by: self.names.person(note.stated.by)?,
            own: note.stated.by == self.ctx.person,
            at: note.stated.at.0,
            delivery,
            read_by,
            read_at,
        })
    }

    /// The first who opened a fact besides its author, and when.
    pub(super) fn read_by(
        &self,
        fact: Stated,
        reads: &[(FactId, Stated)],
    ) -> Result<(Option<String>, Option<i64>), StoreError> {
        let read = reads.iter().find(|(read, reader)| *read == fact.fact && reader.by != fact.by);
        let name = read.map(|(_, reader)| self.names.person(reader.by)).transpose()?;
        Ok((name, read.map(|(_, reader)| reader.at.0)))
    }

    /// What she stated here and may take back, the newest first.
    fn own_facts(&self, standing: &Standing<'_>) -> Result<Vec<YourFact>, StoreError> {
        let holding = standing.holding();
        let is_last = |id: FactId| {
            let mut times = holding.iter().rev().filter(|(_, fact)| fact.by == self.ctx.person && is_of_time(fact));
            times.next().is_some_and(|(last, _)| *last == id)
        };
        let is_bare = holding.iter().all(|(_, fact)| is_beginning(fact, self.ctx.person));
        let mut facts = Vec::new();
        for (id, fact) in holding.iter().rev().filter(|(_, fact)| fact.by == self.ctx.person) {
            let is_offered = match &fact.body {
                // Without the pause what came after it would tell another time.
                FactBody::Paused { .. } | FactBody::Resumed => is_last(*id),
                // With it the visit is no more: what else was stated of it has to be taken back first.
                FactBody::Begun { .. } => is_bare,
                _ => true,
            };
            let id = *id;
            if let Some(about) = self.taken_back(fact)?.filter(|_| is_offered) {
                facts.push(YourFact { fact: id, kind: fact.body.kind().to_owned(), at: fact.at.0, about });
            }
        }
        Ok(facts)
    }

    /// What a fact speaks of, if its author may take it back.
    fn taken_back(&self, fact: &Fact) -> Result<Option<String>, StoreError> {
        let about = fact.about.as_deref().map(|code| self.names.intervention(code)).transpose()?.unwrap_or_default();
        Ok(match &fact.body {
            FactBody::Started
            | FactBody::Ended
            | FactBody::Paused { .. }
            | FactBody::Resumed
            | FactBody::Done
            | FactBody::NotDone { .. }
            | FactBody::Extra => Some(about),
            FactBody::Begun { name, .. } => Some(name.clone()),
            FactBody::NotCarriedOut { text, .. } | FactBody::Late { text, .. } | FactBody::Note { text } => {
                Some(text.clone())
            }
            FactBody::Told { .. } => Some(about),
            FactBody::Moved { to } => Some(self.visit_name(*to)?),
            _ => None,
        })
    }

    /// Whose visit a document is; empty if it is not on this phone.
    pub(super) fn visit_name(&self, document: DocumentId) -> Result<String, StoreError> {
        rows::visit_row(self.tx, document)?.map_or_else(|| Ok(String::new()), |visit| self.names.of_visit(&visit))
    }

    /// Her other visits that run or are paused.
    fn running(&self, document: DocumentId) -> Result<Vec<VisitCard>, StoreError> {
        let running = rows::under_way(self.tx, self.ctx.person, self.ctx.now)?;
        let others = running.iter().filter(|(id, _)| *id != document);
        others.map(|(id, visit)| self.card(*id, visit, None)).collect()
    }

    /// Her visits of the day that a wrong start can be moved to.
    fn move_to(&self, document: DocumentId, day: Option<Day>) -> Result<Vec<VisitCard>, StoreError> {
        let Some(day) = day else { return Ok(Vec::new()) };
        let visits = rows::visits_of(self.tx, self.ctx.person, day)?;
        let is_open = |visit: &Visit| visit.state_for(self.ctx.person) == State::Planned;
        let open = visits.iter().filter(|(id, visit)| *id != document && is_open(visit));
        open.map(|(id, visit)| self.card(*id, visit, None)).collect()
    }
}
