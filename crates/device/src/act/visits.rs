//! Work at visits: start and end, ticking, notes, late notices, and visits that nobody planned.

use rundan_model::unit::Unit;
use rundan_model::visit::{Progress, Visit};
use rundan_model::{
    DocumentId, FactBody, FactId, InterventionGroup, Kind, NotDoneReason, PauseCause, Timestamp, UnplannedCause, Zone,
};
use rusqlite::OptionalExtension;

use super::{Act, ActError, Statement, some_text, text};
use crate::api::{EndOther, Intent, LateVisit, Stated};
use crate::store::StoreError;
use crate::views;

/// The longest name of someone who is not on the phone, characters.
const NAME_CHARS_MAX: usize = 200;

impl Act<'_, '_> {
    pub(super) fn ask_visit(&mut self, intent: &Intent) -> Result<(), ActError> {
        match intent {
            Intent::StartVisit { visit, at, end_other } => self.start(*visit, at, end_other),
            Intent::EndVisit { visit, at } => self.end(*visit, at),
            Intent::PauseVisit { visit, cause } => self.pause(*visit, cause),
            Intent::ResumeVisit { visit } => self.resume(*visit),
            Intent::MarkDone { visit, items } => self.mark(*visit, items, &FactBody::Done),
            Intent::MarkAllDone { visit } => self.mark_all_done(*visit),
            Intent::MarkNotDone { visit, items, reason, text: words } => {
                let words = if *reason == NotDoneReason::Other { some_text(words)? } else { text(words)? };
                self.mark(*visit, items, &FactBody::NotDone { reason: reason.clone(), text: words })
            }
            Intent::AddExtra { visit, code } => self.mark(*visit, std::slice::from_ref(code), &FactBody::Extra),
            Intent::WriteNote { visit, text: words } => {
                self.visit(*visit)?;
                let body = FactBody::Note { text: some_text(words)? };
                self.state(*visit, Statement::now(self.actor.now, body)).map(drop)
            }
            Intent::NotCarriedOut { visit, reason, text: words } => {
                let after = self.visit(*visit)?.not_carried_out.iter().map(|said| said.stated.fact).collect();
                let body = FactBody::NotCarriedOut { reason: reason.clone(), text: text(words)? };
                self.state(*visit, Statement { after, ..Statement::now(self.actor.now, body) }).map(drop)
            }
            Intent::MoveStart { from, to } => self.move_start(*from, *to),
            Intent::BeginUnplanned { recipient, name, cause, end_other } => {
                self.begin_unplanned(*recipient, name, cause, end_other)
            }
            Intent::ReportLate { visits, reason, text: words } => {
                let words = text(words)?;
                for late in visits {
                    let body = FactBody::Late {
                        expected: Timestamp(late.expected),
                        reason: reason.clone(),
                        text: words.clone(),
                    };
                    self.report_late(late, body)?;
                }
                Ok(())
            }
            Intent::Tell { visit, outcome } => {
                let late = self.visit(*visit)?.late;
                let after = late.map(|late| late.stated.fact).into_iter().collect();
                let body = FactBody::Told { outcome: outcome.clone() };
                self.state(*visit, Statement { after, ..Statement::now(self.actor.now, body) }).map(drop)
            }
            _ => Err(ActError::BadInput("intent")),
        }
    }

    fn start(&mut self, id: DocumentId, at: &Stated, end_other: &[EndOther]) -> Result<(), ActError> {
        for other in end_other {
            self.end(other.visit, &other.at)?;
        }
        let visit = self.visit(id)?;
        let me = self.actor.person;
        let is_running = visit.times.get(&me).is_some_and(|time| time.progress == Progress::Running);
        if is_running && *at == Stated::Now {
            return Ok(());
        }
        let planned = visit.start_for(me);
        let when = self.at(at, planned, self.day_of(&visit))?;
        let after = last_of(&visit, me);
        self.state(id, Statement { after, ..Statement::when(when, FactBody::Started) }).map(drop)
    }

    fn end(&mut self, id: DocumentId, at: &Stated) -> Result<(), ActError> {
        let visit = self.visit(id)?;
        let me = self.actor.person;
        let Some(time) = visit.times.get(&me) else { return Err(ActError::BadInput("not_started")) };
        // Ending what is ended corrects the time, but only where another time is stated.
        if time.progress == Progress::Ended && *at == Stated::Now {
            return Ok(());
        }
        let planned_end = visit.when.and_then(|_| {
            let (start, minutes) = views::planned_for(&visit, me);
            start.map(|start| start.plus_minutes(minutes))
        });
        let when = self.at(at, planned_end, self.day_of(&visit))?;
        // An end before its start is one after midnight.
        let start = time.segments.last().map_or(when.at, |segment| segment.start);
        let is_next_day = matches!(at, Stated::Local { .. }) && when.at < start;
        let when = if is_next_day { super::When { at: when.at.plus_minutes(24 * 60), ..when } } else { when };
        // A phone's clock that jumped back keeps nobody from going: only a time that she states herself is refused.
        if when.at < start && *at != Stated::Now {
            return Err(ActError::BadInput("end_before_start"));
        }
        let after = last_of(&visit, me);
        self.state(id, Statement { after, ..Statement::when(when, FactBody::Ended) }).map(drop)
    }

    fn pause(&mut self, id: DocumentId, cause: &PauseCause) -> Result<(), ActError> {
        let visit = self.visit(id)?;
        let me = self.actor.person;
        if visit.times.get(&me).is_none_or(|time| time.progress != Progress::Running) {
            return Ok(());
        }
        let body = FactBody::Paused { cause: cause.clone() };
        let statement = Statement { after: last_of(&visit, me), ..Statement::now(self.actor.now, body) };
        self.state(id, statement).map(drop)
    }

    fn resume(&mut self, id: DocumentId) -> Result<(), ActError> {
        let visit = self.visit(id)?;
        let me = self.actor.person;
        if visit.times.get(&me).is_none_or(|time| time.progress == Progress::Running) {
            return Ok(());
        }
        let statement = Statement { after: last_of(&visit, me), ..Statement::now(self.actor.now, FactBody::Resumed) };
        self.state(id, statement).map(drop)
    }

    fn mark(&mut self, id: DocumentId, items: &[String], body: &FactBody) -> Result<(), ActError> {
        let visit = self.visit(id)?;
        for code in items {
            let item = visit.items.iter().find(|item| item.code == *code);
            if item.is_none() && !matches!(body, FactBody::Extra) {
                return Err(ActError::NotFound);
            }
            let claims = item.map(|item| item.claims.as_slice()).unwrap_or_default();
            let says_so = |claim: &rundan_model::visit::Claim| {
                claim.stated.by == self.actor.person
                    && claim.outcome == rundan_model::visit::ItemOutcome::Done
                    && !matches!(body, FactBody::NotDone { .. })
            };
            if claims.iter().any(says_so) {
                continue;
            }
            let after: Vec<FactId> = claims.iter().map(|claim| claim.stated.fact).collect();
            let statement =
                Statement { about: Some(code.clone()), after, ..Statement::now(self.actor.now, body.clone()) };
            self.state(id, statement)?;
        }
        Ok(())
    }

    /// Ticks what is open, but never medicine or another health task: nor what the catalogue does not name or whose
    /// group this version does not know, for it may be one.
    fn mark_all_done(&mut self, id: DocumentId) -> Result<(), ActError> {
        let unit = self.unit_of(id)?;
        let is_harmless = |code: &str| {
            let entry = unit.as_ref().and_then(|unit| unit.catalogue.get(code));
            entry.is_some_and(|entry| {
                !matches!(entry.group, InterventionGroup::HealthTask | InterventionGroup::Unknown(_))
            })
        };
        let open: Vec<String> = self
            .visit(id)?
            .items
            .into_iter()
            .filter(|item| item.is_open() && is_harmless(&item.code))
            .map(|item| item.code)
            .collect();
        self.mark(id, &open, &FactBody::Done)
    }

    /// The unit that a document lies in, with its catalogue.
    fn unit_of(&mut self, document: DocumentId) -> Result<Option<Unit>, ActError> {
        let unit = self.held(document)?.row.unit;
        let json: Option<String> = self
            .tx
            .prepare_cached("SELECT json FROM unit WHERE document = ?1")?
            .query_row([unit.as_bytes()], |row| row.get(0))
            .optional()?;
        Ok(json.map(|json| serde_json::from_str(&json)).transpose().map_err(StoreError::from)?)
    }

    /// Her time so far belongs to the other visit.
    fn move_start(&mut self, from: DocumentId, to: DocumentId) -> Result<(), ActError> {
        let me = self.actor.person;
        let wrong = self.visit(from)?;
        let right = self.visit(to)?;
        let time = wrong.times.get(&me).ok_or(ActError::BadInput("not_started"))?;
        let start = time.segments.first().map_or(self.actor.now, |segment| segment.start);
        let statement = Statement { after: vec![time.last], ..Statement::now(self.actor.now, FactBody::Moved { to }) };
        self.state(from, statement)?;
        let statement = Statement {
            at: start,
            at_reason: Some("moved".to_owned()),
            after: last_of(&right, me),
            ..Statement::now(self.actor.now, FactBody::Started)
        };
        self.state(to, statement).map(drop)
    }

    fn begin_unplanned(
        &mut self,
        recipient: Option<DocumentId>,
        name: &str,
        cause: &UnplannedCause,
        end_other: &[EndOther],
    ) -> Result<(), ActError> {
        let name = text(name)?;
        if name.chars().count() > NAME_CHARS_MAX {
            return Err(ActError::BadInput("text_too_long"));
        }
        if recipient.is_none() && name.is_empty() {
            return Err(ActError::BadInput("text_empty"));
        }
        for other in end_other {
            self.end(other.visit, &other.at)?;
        }
        let pause = if *cause == UnplannedCause::Alarm { PauseCause::Alarm } else { PauseCause::Other };
        for (running, _) in views::under_way(self.tx, self.actor.person, self.actor.now)? {
            if !end_other.iter().any(|other| other.visit == running) {
                self.pause(running, &pause)?;
            }
        }
        let unit = self.unit_about(&[recipient])?;
        let id = self.begin(unit, Kind::Visit, Vec::new())?;
        let body = FactBody::Begun { name, recipient, cause: cause.clone() };
        let begun = self.state(id, Statement::now(self.actor.now, body))?;
        let statement = Statement { after: vec![begun], ..Statement::now(self.actor.now, FactBody::Started) };
        self.state(id, statement).map(drop)
    }

    fn report_late(&mut self, late: &LateVisit, body: FactBody) -> Result<(), ActError> {
        let standing = self.visit(late.visit)?.late;
        let mut after = Vec::new();
        if let Some(earlier) = standing {
            after.push(earlier.stated.fact);
            after.extend(earlier.told.map(|(told, _)| told.fact));
        }
        self.state(late.visit, Statement { after, ..Statement::now(self.actor.now, body) }).map(drop)
    }

    fn day_of(&self, visit: &Visit) -> chrono::NaiveDate {
        Zone.date(visit.start_for(self.actor.person).unwrap_or(self.actor.now))
    }
}

fn last_of(visit: &Visit, person: rundan_model::PersonId) -> Vec<FactId> {
    visit.times.get(&person).map(|time| time.last).into_iter().collect()
}
