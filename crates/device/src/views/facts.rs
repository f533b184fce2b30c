//! Facts with who, when, entered and received: of a visit for the office, and of a person for herself.

use std::collections::BTreeMap;

use rundan_documents::{ChangeInfo, Document};
use rundan_model::visit::Visit;
use rundan_model::{Content, DocumentId, EmploymentRole, Fact, FactBody, FactId, IncidentKind, Kind, Timestamp};
use rundan_sync::columns::ChangeRecord;
use rusqlite::{Params, Transaction, params};

use super::card::{Reader, count};
use super::checks::Authors;
use super::context::id;
use super::visit::Opened;
use super::{ViewContext, queries, rows};
use crate::StoreError;
use crate::api::{CarerChoice, ChangeKind, Delivery, FactLine, MyRecord, PlanLine, VisitFacts};
use crate::store::Held;

/// No limit, to a query that takes one.
const ALL: i64 = -1;

/// A visit with all its facts; none if it is not here.
pub(crate) fn visit_facts(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    document: DocumentId,
) -> Result<Option<VisitFacts>, StoreError> {
    let reader = Reader::new(tx, ctx);
    let Some(Opened { held, content, visit, recipient }) = reader.open(document)? else { return Ok(None) };
    let slots = 1..=visit.slots.keys().copied().max().unwrap_or(0);
    let carer_ids: Vec<_> = slots.map(|n| visit.slots.get(&n).and_then(|slot| slot.staff)).collect();
    let carers = carer_ids.iter().map(|person| person.map(|person| reader.names.person(person)).transpose());
    let name = reader.names.of_visit(&visit)?;
    let mut facts = reader.fact_lines(document, &held, &content, &name, &|_| true)?;
    newest_first(&mut facts);
    Ok(Some(VisitFacts {
        visit: reader.block(document, &visit, &name, None)?,
        recipient: visit.recipient,
        address: recipient.map(|recipient| recipient.address.shown()).unwrap_or_default(),
        carers: carers.collect::<Result<_, _>>()?,
        carer_ids,
        items: reader.check_items(&visit)?,
        facts,
        clashes: reader.clashes(&held, &visit.clashes)?,
        disputes: reader.disputes(&visit)?,
        decisions: reader.decisions(&content, &visit)?,
        cancelled_reason: visit.cancelled.as_ref().map(|cancelled| cancelled.reason.clone()),
        choices: reader.choices(&visit)?,
        plan_log: reader.plan_log(&held)?,
        may_plan: ctx.is_office(),
        stated_name: visit.begun.as_ref().map(|begun| begun.name.clone()).unwrap_or_default(),
    }))
}

/// All that is stored about a person's work on this phone: how much it is, and the newest `most` lines of it.
pub(crate) fn my_record(tx: &Transaction<'_>, ctx: &ViewContext, most: u32) -> Result<MyRecord, StoreError> {
    let reader = Reader::new(tx, ctx);
    let person = ctx.person.as_bytes();
    let mut documents = reader.ids(queries::VISITS_WORKED, params![person])?;
    documents.extend(reader.ids(queries::RUN_SHEETS_WORKED, params![person])?);
    documents.extend(reader.ids(queries::INCIDENTS_OF, params![person, ALL])?);
    documents.extend(reader.ids(queries::DRAFTS_HELD, params![])?);
    let mut record = MyRecord { lines: Vec::new(), total: 0, incident_kinds: Vec::new() };
    for document in documents {
        let Some(held) = Held::load(tx, document)? else { continue };
        let content = held.document.content();
        let is_own = |fact: &Fact| fact.by == ctx.person || fact.actor_person() == ctx.person;
        if !content.facts.values().any(is_own) {
            continue;
        }
        record.incident_kinds.extend(incident_kind(&content));
        let title = reader.title(document, &content)?;
        record.lines.extend(reader.fact_lines(document, &held, &content, &title, &is_own)?);
    }
    newest_first(&mut record.lines);
    record.total = count(record.lines.len());
    record.lines.truncate(most as usize);
    record.incident_kinds.sort();
    record.incident_kinds.dedup();
    Ok(record)
}

fn newest_first(lines: &mut [FactLine]) {
    lines.sort_by_key(|line| std::cmp::Reverse((line.entered, line.at, line.fact)));
}

fn incident_kind(content: &Content) -> Option<IncidentKind> {
    rundan_model::incident::incident(content)?.text.incident
}

/// Which change brought each fact of a document, and what the log says of it.
pub(super) struct FactLog<'a> {
    held: &'a Held,
    changes: BTreeMap<FactId, ChangeInfo>,
}

impl<'a> FactLog<'a> {
    pub(super) fn of(held: &'a Held) -> Self {
        Self { changes: Document::fact_log(&held.document), held }
    }

    /// What the log says of a fact; none while the server does not have it.
    pub(super) fn record(&self, fact: FactId) -> Option<&ChangeRecord> {
        self.held.row.records.get(&self.changes.get(&fact)?.hash)
    }

    /// When the phone's clock said a fact was stated.
    pub(super) fn clock(&self, fact: FactId) -> Option<Timestamp> {
        self.changes.get(&fact).map(|change| change.time)
    }

    /// How far a fact has come.
    pub(super) fn delivery(&self, reader: &Reader<'_>, fact: FactId) -> Delivery {
        self.record(fact).map_or(Delivery::OnPhone, |record| reader.arrived(self.held.row.unit, record.seq))
    }
}

impl Reader<'_> {
    /// The facts of a document that `keep` keeps, superseded ones too.
    fn fact_lines(
        &self,
        document: DocumentId,
        held: &Held,
        content: &Content,
        title: &str,
        keep: &dyn Fn(&Fact) -> bool,
    ) -> Result<Vec<FactLine>, StoreError> {
        let (log, standing) = (FactLog::of(held), content.standing());
        let line = |(id, fact): (&FactId, &Fact)| {
            let (word, text) = said(&fact.body);
            let on_behalf_of = fact.on_behalf.as_ref().map(|on_behalf| self.names.person(on_behalf.person));
            Ok(FactLine {
                fact: *id,
                document,
                title: title.to_owned(),
                kind: fact.body.kind().to_owned(),
                about: self.about(content, fact)?,
                word: word.to_owned(),
                text: text.to_owned(),
                by: self.names.person(fact.by)?,
                on_behalf_of: on_behalf_of.transpose()?,
                at: fact.at.0,
                at_reason: fact.at_reason.clone().unwrap_or_default(),
                entered: log.changes.get(id).map_or(fact.at.0, |change| change.time.0),
                received: log.record(*id).map(|record| record.received_at.0),
                superseded: standing.is_superseded(id),
            })
        };
        content.facts.iter().filter(|(_, fact)| keep(fact)).map(line).collect()
    }

    /// What a fact speaks of: an intervention, another visit, what it takes back.
    fn about(&self, content: &Content, fact: &Fact) -> Result<String, StoreError> {
        if let Some(code) = &fact.about {
            return self.names.intervention(code);
        }
        match &fact.body {
            FactBody::Moved { to } => self.visit_name(*to),
            FactBody::Withdrawn { facts } | FactBody::Settled { facts, .. } => {
                let codes = facts.iter().filter_map(|id| content.facts.get(id)?.about.as_deref());
                let names = codes.map(|code| self.names.intervention(code)).collect::<Result<Vec<_>, _>>()?;
                Ok(names.join(", "))
            }
            FactBody::Begun { name, recipient, .. } => {
                let known = self.names.recipient_name(*recipient)?;
                Ok(if known.is_empty() { name.clone() } else { known })
            }
            _ => Ok(String::new()),
        }
    }

    /// Whose a document is, or which day's.
    fn title(&self, document: DocumentId, content: &Content) -> Result<String, StoreError> {
        match content.kind {
            Kind::Visit => self.visit_name(document),
            Kind::RunSheet => Ok(content.get::<String>("date").unwrap_or_default()),
            Kind::Incident => {
                let incident = rundan_model::incident::incident(content);
                self.names.recipient_name(incident.and_then(|incident| incident.text.recipient))
            }
            Kind::Draft => {
                let texts = content.standing().holding().into_iter().rev();
                let recipient = texts.filter_map(|(_, fact)| match &fact.body {
                    FactBody::Text { text } => Some(text.recipient),
                    _ => None,
                });
                self.names.recipient_name(recipient.flatten().next())
            }
            _ => Ok(String::new()),
        }
    }

    /// What was changed in a plan since it was made, in an order that respects what followed what.
    fn plan_log(&self, held: &Held) -> Result<Vec<PlanLine>, StoreError> {
        let authors = Authors::of(held, self.ctx.vault, self.ctx.person);
        let is_genesis = |change: &ChangeInfo| DocumentId::of_genesis(&change.hash) == held.document.id();
        let log = held.document.plan_log();
        let line = |entry: &rundan_documents::PlanEntry| {
            let kind = match (entry.register.as_str(), entry.json.is_null()) {
                ("when", _) => ChangeKind::Moved,
                ("cancelled", false) => ChangeKind::Cancelled,
                ("cancelled", true) => ChangeKind::Restored,
                _ => ChangeKind::Changed,
            };
            Ok(PlanLine {
                kind,
                register: entry.register.clone(),
                shown: self.value(&entry.register, &entry.json)?,
                by: self.author(&authors, &entry.change.actor)?,
                at: entry.change.time.0,
            })
        };
        log.iter().filter(|entry| !is_genesis(&entry.change)).map(line).collect()
    }

    /// Whom a slot can be given to: those with a run sheet that day first, by name.
    fn choices(&self, visit: &Visit) -> Result<Vec<CarerChoice>, StoreError> {
        let day = visit.when.map(|when| when.day());
        let works = day.map(|day| self.run_sheets(day)).transpose()?.unwrap_or_default();
        let mut query = self.tx.prepare_cached(queries::STAFF_ALL)?;
        let mut rows = query.query([])?;
        let mut choices = Vec::new();
        while let Some(row) = rows.next()? {
            let staff: rundan_model::staff::Staff = rows::json(&row.get::<_, String>(0)?)?;
            let is_care = staff.employment.is_none_or(|employment| employment.role == EmploymentRole::Care);
            let Some(person) = staff.person.filter(|_| is_care) else { continue };
            let works = works.iter().any(|sheet| sheet.person == person);
            choices.push(CarerChoice { person, name: staff.name.shown(), works });
        }
        choices.sort_by_cached_key(|choice| (!choice.works, choice.name.clone()));
        Ok(choices)
    }

    fn ids<P: Params>(&self, sql: &str, params: P) -> Result<Vec<DocumentId>, StoreError> {
        let mut query = self.tx.prepare_cached(sql)?;
        let rows = query.query_map(params, |row| row.get::<_, Vec<u8>>(0))?;
        rows.map(|bytes| id(&bytes?)).collect()
    }
}

/// A fact's word of a list and its text; each empty if it has none.
pub(super) fn said(body: &FactBody) -> (&str, &str) {
    match body {
        FactBody::Begun { cause, .. } => (cause.as_str(), ""),
        FactBody::Paused { cause } => (cause.as_str(), ""),
        FactBody::NotDone { reason, text } => (reason.as_str(), text),
        FactBody::NotCarriedOut { reason, text } => (reason.as_str(), text),
        FactBody::Late { reason, text, .. } => (reason.as_str(), text),
        FactBody::Told { outcome } => (outcome.as_str(), ""),
        FactBody::OtherTime { what, text, .. } => (what.as_str(), text),
        FactBody::Submitted { text } | FactBody::Text { text } => {
            (text.incident.as_ref().map_or("", IncidentKind::as_str), &text.happened)
        }
        FactBody::Note { text }
        | FactBody::Added { text }
        | FactBody::KeyNoted { text, .. }
        | FactBody::Settled { text, .. }
        | FactBody::PutAside { text } => ("", text),
        _ => ("", ""),
    }
}
