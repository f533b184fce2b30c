//! What a person asks for becomes changes: one action, one transaction, one change for each document touched,
//! logged as she asked for it.

mod incidents;
mod keys;
mod office;
mod refused;
mod shift;
mod visits;

pub(crate) use incidents::typing_key;
pub(crate) use refused::adoptable;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use rundan_documents::{Document, Edit, Genesis};
use rundan_model::fact::OnBehalf;
use rundan_model::plan::{FirstValues, amend};
use rundan_model::time::parse_clock;
use rundan_model::visit::Visit;
use rundan_model::{
    ActionId, ActorId, Content, DocumentId, Fact, FactBody, FactId, Kind, PersonId, Role, Timestamp, UnitId, VaultId,
    Zone,
};
use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::api::{Done, Intent, Stated};
use crate::seams::Random;
use crate::store::{DocumentRow, DocumentState, Held, Recent, StoreError, projection};
use crate::typing;

/// The longest text a person can write, characters.
const TEXT_CHARS_MAX: usize = rundan_model::fact::TEXT_CHARS_MAX;

/// Why an intent was not carried out. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ActError {
    /// There is no such thing on this phone.
    #[error("There is no such thing here")]
    NotFound,
    /// The request makes no sense; the word says which part.
    #[error("The request makes no sense: {0}")]
    BadInput(&'static str),
    /// This person may not do that.
    #[error("This person may not do that")]
    NotAllowed,
    /// There is no run sheet of hers to record it on.
    #[error("There is no run sheet to record it on")]
    NoRunSheet,
    /// The server announced that it does not know that kind of document yet.
    #[error("The server does not know that kind of document yet")]
    ServerOlder,
    /// What is to be undone does not stand alone any more.
    #[error("It has changed since")]
    ChangedSince,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for ActError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A session: the actor, and how many facts it has stated.
///
/// A new one opens at process start and whenever the vault may have been copied or rolled back, so no actor is
/// ever used twice.
#[derive(Debug)]
pub(crate) struct Session {
    next: Mutex<(ActorId, u32)>,
    recent: Recent,
}

impl Session {
    pub(crate) fn open(vault: VaultId, random: &dyn Random) -> Self {
        Self { next: Mutex::new((fresh_actor(vault, random), 0)), recent: Recent::default() }
    }

    /// Begins a new session in place of this one.
    pub(crate) fn renew(&self, vault: VaultId, random: &dyn Random) {
        *self.lock() = (fresh_actor(vault, random), 0);
    }

    pub(crate) fn next(&self) -> FactId {
        let mut state = self.lock();
        state.1 += 1;
        FactId { actor: state.0, n: state.1 }
    }

    pub(crate) fn actor(&self) -> ActorId {
        self.lock().0
    }

    fn lock(&self) -> MutexGuard<'_, (ActorId, u32)> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fresh_actor(vault: VaultId, random: &dyn Random) -> ActorId {
    let mut session = [0; 8];
    random.fill(&mut session);
    ActorId::new(vault, session)
}

/// Who acts, when.
pub(crate) struct Actor<'a> {
    pub(crate) vault: VaultId,
    pub(crate) person: PersonId,
    /// Her units and her roles in each; those where she has one come first, and there is at least one.
    pub(crate) units: Vec<(UnitId, Vec<Role>)>,
    pub(crate) now: Timestamp,
    pub(crate) session: &'a Session,
    pub(crate) random: &'a dyn Random,
}

impl Actor<'_> {
    fn roles_in(&self, unit: UnitId) -> &[Role] {
        self.units.iter().find(|(of, _)| *of == unit).map(|(_, roles)| roles.as_slice()).unwrap_or_default()
    }

    fn is_office_in(&self, unit: UnitId) -> bool {
        self.roles_in(unit).iter().any(Role::is_office)
    }

    /// Where a document begins that is about nothing else: the first unit where she has the role, else her first.
    fn unit_as(&self, role: &Role) -> Result<UnitId, ActError> {
        let has_role = |(_, roles): &&(UnitId, Vec<Role>)| roles.contains(role);
        let found = self.units.iter().find(has_role).or(self.units.first());
        found.map(|(unit, _)| *unit).ok_or(ActError::NotFound)
    }
}

/// What it takes to undo an action.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Undo {
    facts: Vec<(DocumentId, Vec<FactId>)>,
    puts: Vec<PutBack>,
}

/// A put that can be put back while it stands alone.
#[derive(Debug, Serialize, Deserialize)]
struct PutBack {
    document: DocumentId,
    register: String,
    before: Json,
    put: Json,
}

/// Carries out what a person asked for.
pub(crate) fn perform(tx: &Transaction<'_>, actor: &Actor<'_>, intent: &Intent) -> Result<Done, ActError> {
    let mut act = Act::new(tx, actor);
    act.ask(intent)?;
    typing::forget_used(tx, intent)?;
    act.finish(&serde_json::to_string(intent).map_err(StoreError::from)?)
}

/// Takes an action back: its facts are withdrawn, its puts put back.
pub(crate) fn undo(tx: &Transaction<'_>, actor: &Actor<'_>, action: ActionId) -> Result<Done, ActError> {
    let text: Option<String> = tx
        .prepare_cached("SELECT undo FROM intent WHERE action = ?1")?
        .query_row([action.as_bytes()], |row| row.get(0))
        .optional()?;
    let undo: Undo = serde_json::from_str(&text.ok_or(ActError::NotFound)?).map_err(StoreError::from)?;
    let mut act = Act::new(tx, actor);
    for (document, facts) in undo.facts {
        act.withdraw(document, &facts)?;
    }
    for put in undo.puts {
        act.put_back(put)?;
    }
    act.finish(&format!("{{\"undo\":\"{action}\"}}"))
}

/// Gives the facts of an action that were stated anew their new ids in what it takes to undo it.
pub(crate) fn rename_undo(
    tx: &Transaction<'_>,
    action: &[u8],
    document: DocumentId,
    renamed: &BTreeMap<FactId, FactId>,
) -> Result<(), StoreError> {
    let mut query = tx.prepare_cached("SELECT undo FROM intent WHERE action = ?1")?;
    let Some(text) = query.query_row([action], |row| row.get::<_, String>(0)).optional()? else { return Ok(()) };
    let mut undo: Undo = serde_json::from_str(&text)?;
    for (_, facts) in undo.facts.iter_mut().filter(|(of, _)| *of == document) {
        facts.iter_mut().for_each(|fact| *fact = renamed.get(fact).copied().unwrap_or(*fact));
    }
    tx.prepare_cached("UPDATE intent SET undo = ?2 WHERE action = ?1")?
        .execute(params![action, serde_json::to_string(&undo)?])?;
    Ok(())
}

/// Records on a run sheet of hers that a door code is shown.
pub(crate) fn record_shown(tx: &Transaction<'_>, actor: &Actor<'_>, access: DocumentId) -> Result<Done, ActError> {
    let mut act = Act::new(tx, actor);
    act.record_shown(access)?;
    act.finish("{\"do\":\"show_door_code\"}")
}

/// An action under way.
pub(crate) struct Act<'a, 'tx> {
    tx: &'a Transaction<'tx>,
    actor: &'a Actor<'a>,
    action: ActionId,
    held: BTreeMap<DocumentId, Held>,
    edits: BTreeMap<DocumentId, Edit>,
    order: Vec<DocumentId>,
    began: Option<DocumentId>,
    undo: Undo,
}

impl<'a, 'tx> Act<'a, 'tx> {
    fn new(tx: &'a Transaction<'tx>, actor: &'a Actor<'a>) -> Self {
        let mut action = [0; 8];
        actor.random.fill(&mut action);
        Self {
            tx,
            actor,
            action: ActionId(action),
            held: BTreeMap::new(),
            edits: BTreeMap::new(),
            order: Vec::new(),
            began: None,
            undo: Undo::default(),
        }
    }

    fn ask(&mut self, intent: &Intent) -> Result<(), ActError> {
        match intent {
            Intent::StartShift { .. }
            | Intent::EndShift { .. }
            | Intent::StartBreak { .. }
            | Intent::EndBreak { .. }
            | Intent::OtherTime { .. }
            | Intent::Acknowledge { .. } => self.ask_shift(intent),
            Intent::SaveDraft { .. }
            | Intent::SubmitDraft { .. }
            | Intent::DiscardDraft { .. }
            | Intent::AddToIncident { .. } => self.ask_incident(intent),
            Intent::ChangeVisit { .. }
            | Intent::MatchRecipient { .. }
            | Intent::Choose { .. }
            | Intent::Settle { .. }
            | Intent::AdoptRefused { .. }
            | Intent::PutAsideRefused { .. } => self.ask_office(intent),
            Intent::TakeKeys { .. }
            | Intent::ReturnKeys { .. }
            | Intent::GiveKeys { .. }
            | Intent::ReceiveKeys { .. }
            | Intent::ReportKey { .. }
            | Intent::NoteTag { .. }
            | Intent::NewKey { .. }
            | Intent::ChangeKey { .. }
            | Intent::CountCabinet { .. }
            | Intent::SetKeyCurfew { .. } => self.ask_key(intent),
            Intent::Withdraw { document, facts } => self.withdraw(*document, facts),
            Intent::MarkRead { document, facts } => self.mark_read(*document, facts),
            _ => self.ask_visit(intent),
        }
    }

    /// The document with its pending changes, as the screen showed it.
    fn content(&mut self, id: DocumentId) -> Result<Arc<Content>, ActError> {
        Ok(self.held(id)?.content())
    }

    fn held(&mut self, id: DocumentId) -> Result<&mut Held, ActError> {
        use std::collections::btree_map::Entry;
        match self.held.entry(id) {
            Entry::Occupied(found) => Ok(found.into_mut()),
            Entry::Vacant(free) => {
                let held = self.actor.session.recent.load(self.tx, id)?;
                Ok(free.insert(held.ok_or(ActError::NotFound)?))
            }
        }
    }

    fn visit(&mut self, id: DocumentId) -> Result<Visit, ActError> {
        let content = self.content(id)?;
        if content.kind != Kind::Visit {
            return Err(ActError::NotFound);
        }
        Ok(rundan_model::visit::visit(&content))
    }

    /// States a fact; returns its id.
    fn state(&mut self, document: DocumentId, statement: Statement) -> Result<FactId, ActError> {
        let as_office = self.is_office(document)?;
        let id = self.actor.session.next();
        let fact = Fact {
            by: self.actor.person,
            as_office,
            on_behalf: statement.on_behalf,
            about: statement.about,
            at: statement.at,
            at_reason: statement.at_reason,
            after: statement.after,
            action: self.action,
            body: statement.body,
            extra: serde_json::Map::new(),
        };
        let can_undo = !matches!(
            fact.body,
            FactBody::Withdrawn { .. }
                | FactBody::Settled { .. }
                | FactBody::Chosen { .. }
                | FactBody::Read { .. }
                | FactBody::Adopted { .. }
                | FactBody::PutAside { .. }
        );
        if can_undo {
            match self.undo.facts.iter_mut().find(|(other, _)| *other == document) {
                Some((_, facts)) => facts.push(id),
                None => self.undo.facts.push((document, vec![id])),
            }
        }
        self.edit(document).facts.push((id, fact));
        Ok(id)
    }

    /// Whether she is of the office in the unit that a document lies in.
    fn is_office(&mut self, document: DocumentId) -> Result<bool, ActError> {
        let unit = self.held(document)?.row.unit;
        Ok(self.actor.is_office_in(unit))
    }

    /// The unit of the first of these documents that is on this phone, else her own as a carer.
    fn unit_about(&mut self, documents: &[Option<DocumentId>]) -> Result<UnitId, ActError> {
        for document in documents.iter().flatten() {
            match self.held(*document) {
                Ok(held) => return Ok(held.row.unit),
                Err(ActError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        self.actor.unit_as(&Role::Carer)
    }

    /// Puts a value into a register; says what was chosen where several stood, which no undo takes back.
    fn put(&mut self, document: DocumentId, register: &str, json: Json) -> Result<(), ActError> {
        let content = self.content(document)?;
        let standing = content.plan.get(register).cloned().unwrap_or_default();
        if standing.values.len() <= 1 && standing.shown() == Some(&json) {
            return Ok(());
        }
        if standing.values.len() > 1 {
            let who = self.writers(document, &standing.values)?;
            let body = FactBody::Chosen {
                register: register.to_owned(),
                values: standing.values.iter().map(|value| value.json.clone()).collect(),
                who,
                chosen: json.clone(),
            };
            self.state(document, Statement::now(self.actor.now, body))?;
        } else {
            let before = standing.shown().cloned().unwrap_or(Json::Null);
            self.undo.puts.push(PutBack { document, register: register.to_owned(), before, put: json.clone() });
        }
        self.edit(document).puts.push((register.to_owned(), json));
        Ok(())
    }

    /// Takes a put back while it stands alone: what another wrote since is not hers to undo.
    fn put_back(&mut self, put: PutBack) -> Result<(), ActError> {
        let content = self.content(put.document)?;
        let standing = content.plan.get(&put.register).map(|register| register.values.as_slice()).unwrap_or_default();
        match standing {
            [value] if value.json == put.before => Ok(()),
            [value] if value.json == put.put && value.actor.vault() == self.actor.vault => {
                self.put(put.document, &put.register, put.before)
            }
            _ => Err(ActError::ChangedSince),
        }
    }

    /// Puts a record over the one that stands, keeping fields of a newer version.
    fn amend(&mut self, document: DocumentId, register: &str, record: &impl Serialize) -> Result<(), ActError> {
        let content = self.content(document)?;
        let standing = content.plan.get(register).and_then(|register| register.shown());
        let json = amend(&content.kind, register, standing, record);
        self.put(document, register, json)
    }

    fn writers(&mut self, document: DocumentId, values: &[rundan_model::Value]) -> Result<Vec<PersonId>, ActError> {
        let (vault, person) = (self.actor.vault, self.actor.person);
        let records = &self.held(document)?.row.records;
        let writer = |value: &rundan_model::Value| {
            let of = value.actor.vault();
            let found = records.values().find(|record| record.vault == of).map(|record| record.person);
            found.unwrap_or(if of == vault { person } else { PersonId([0; 8]) })
        };
        Ok(values.iter().map(writer).collect())
    }

    /// Begins a document in a unit, unless its kind is newer than the server.
    fn begin(&mut self, unit: UnitId, kind: Kind, plan: FirstValues) -> Result<DocumentId, ActError> {
        let announced: u32 =
            self.tx.prepare_cached("SELECT schema FROM sync_state")?.query_row([], |row| row.get(0))?;
        if kind.schema() > announced {
            return Err(ActError::ServerOlder);
        }
        let mut nonce = [0; 16];
        self.actor.random.fill(&mut nonce);
        let genesis = Genesis { kind: kind.clone(), nonce, plan };
        let (document, change) =
            Document::begin(self.actor.session.actor(), self.actor.now, &genesis).map_err(StoreError::from)?;
        let id = document.id();
        let row = DocumentRow {
            document: id,
            unit,
            kind,
            state: DocumentState::Own,
            heads: Vec::new(),
            records: BTreeMap::new(),
            own_seq: 0,
        };
        row.save(self.tx, None)?;
        self.insert_pending(id, unit, &change)?;
        self.held.insert(id, Held::new(row, vec![change.hash], document));
        self.order.push(id);
        self.began = Some(id);
        Ok(id)
    }

    fn withdraw(&mut self, document: DocumentId, facts: &[FactId]) -> Result<(), ActError> {
        let content = self.content(document)?;
        let standing = content.standing();
        let is_mine = |id: &&FactId| {
            content.facts.get(id).is_some_and(|fact| fact.by == self.actor.person) && !standing.is_superseded(id)
        };
        let mut mine: Vec<FactId> = facts.iter().filter(is_mine).copied().collect();
        if mine.is_empty() {
            return Ok(());
        }
        // A visit that never began has no time in it either.
        let of_begun = |id: &FactId| content.facts.get(id).is_some_and(|fact| is_begun(&fact.body));
        if mine.iter().any(of_begun) {
            let times = content.facts.iter().filter(|(_, fact)| is_of_time(&fact.body)).map(|(id, _)| id);
            let more: Vec<FactId> = times.filter(is_mine).filter(|id| !mine.contains(id)).copied().collect();
            mine.extend(more);
        }
        let body = FactBody::Withdrawn { facts: mine.clone() };
        self.state(document, Statement { after: mine, ..Statement::now(self.actor.now, body) })?;
        Ok(())
    }

    fn mark_read(&mut self, document: DocumentId, facts: &[FactId]) -> Result<(), ActError> {
        let content = self.content(document)?;
        let has_read = |id: &FactId| {
            content.facts.values().any(|fact| {
                fact.by == self.actor.person && matches!(&fact.body, FactBody::Read { facts } if facts.contains(id))
            })
        };
        let unread: Vec<FactId> =
            facts.iter().filter(|id| content.facts.contains_key(id) && !has_read(id)).copied().collect();
        if unread.is_empty() {
            return Ok(());
        }
        let body = FactBody::Read { facts: unread.clone() };
        self.state(document, Statement { after: unread, ..Statement::now(self.actor.now, body) })?;
        Ok(())
    }

    fn edit(&mut self, document: DocumentId) -> &mut Edit {
        if !self.order.contains(&document) {
            self.order.push(document);
        }
        self.edits.entry(document).or_default()
    }

    fn insert_pending(
        &self,
        document: DocumentId,
        unit: UnitId,
        change: &rundan_documents::Change,
    ) -> Result<(), ActError> {
        self.tx
            .prepare_cached("INSERT INTO pending (unit, document, hash, bytes, action) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                unit.as_bytes(),
                document.as_bytes(),
                change.hash.as_bytes(),
                change.bytes,
                self.action.as_bytes()
            ])?;
        Ok(())
    }

    /// Writes the changes, projects the documents and logs the intent.
    fn finish(mut self, asked: &str) -> Result<Done, ActError> {
        let (mut what, mut count) = (String::new(), 0);
        for (id, edit) in std::mem::take(&mut self.edits) {
            if let Some((_, fact)) = edit.facts.first()
                && self.order.first() == Some(&id)
            {
                what = fact.body.kind().to_owned();
            }
            count += edit.facts.len() + edit.puts.len();
            let (actor, now) = (self.actor.session.actor(), self.actor.now);
            let held = self.held(id)?;
            let unit = held.row.unit;
            let change = held.write(actor, now, edit).map_err(StoreError::from)?;
            self.insert_pending(id, unit, &change)?;
        }
        let done = Done { action: self.action, began: self.began, can_undo: self.can_undo() };
        let Some(first) = self.order.first().copied() else { return Ok(done) };
        for id in &self.order {
            let Some(held) = self.held.get_mut(id) else { continue };
            projection::project_content(self.tx, *id, &held.content())?;
        }
        let what = if what.is_empty() { "plan" } else { &what };
        let title = title(self.tx, first)?;
        self.tx
            .prepare_cached(
                "INSERT INTO intent (action, at, document, what, title, count, asked, undo)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                self.action.as_bytes(),
                self.actor.now.0,
                first.as_bytes(),
                what,
                title,
                count.max(1) as i64,
                asked,
                serde_json::to_string(&self.undo).map_err(StoreError::from)?
            ])?;
        let written = self.order.iter().rev();
        written.filter_map(|id| self.held.remove(id)).for_each(|held| self.actor.session.recent.keep(held));
        Ok(done)
    }

    fn can_undo(&self) -> bool {
        !self.undo.facts.is_empty() || !self.undo.puts.is_empty()
    }

    /// When something happened, on a given day.
    fn at(&self, stated: &Stated, planned: Option<Timestamp>, day: NaiveDate) -> Result<When, ActError> {
        match stated {
            Stated::Now => Ok(When { at: self.actor.now, reason: None }),
            Stated::Planned => {
                let at = planned.ok_or(ActError::BadInput("planned"))?;
                Ok(When { at, reason: Some("planned".to_owned()) })
            }
            Stated::Local { time, reason } => {
                let reason = text(reason)?;
                Ok(When { at: local(day, time)?, reason: Some(reason) })
            }
        }
    }
}

/// When something happened, and why that is not the phone's now.
struct When {
    at: Timestamp,
    reason: Option<String>,
}

/// A fact to state.
struct Statement {
    about: Option<String>,
    at: Timestamp,
    at_reason: Option<String>,
    after: Vec<FactId>,
    /// Whose act it was, if another's.
    on_behalf: Option<OnBehalf>,
    body: FactBody,
}

impl Statement {
    fn now(now: Timestamp, body: FactBody) -> Self {
        Self { about: None, at: now, at_reason: None, after: Vec::new(), on_behalf: None, body }
    }

    fn when(when: When, body: FactBody) -> Self {
        Self { about: None, at: when.at, at_reason: when.reason, after: Vec::new(), on_behalf: None, body }
    }
}

fn is_begun(body: &FactBody) -> bool {
    matches!(body, FactBody::Begun { .. })
}

/// A step of someone's time at a visit.
fn is_of_time(body: &FactBody) -> bool {
    matches!(body, FactBody::Started | FactBody::Ended | FactBody::Paused { .. } | FactBody::Resumed)
}

/// A local time on a day; a time that a clock change leaves out is refused.
fn local(day: NaiveDate, time: &str) -> Result<Timestamp, ActError> {
    let time = parse_clock(time).ok_or(ActError::BadInput("time"))?;
    Zone.at(day, time).first().ok_or(ActError::BadInput("time_gap"))
}

/// A text within its limit, without the spaces around it.
fn text(text: &str) -> Result<String, ActError> {
    let text = text.trim();
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(ActError::BadInput("text_too_long"));
    }
    Ok(text.to_owned())
}

/// A text that has to say something.
fn some_text(given: &str) -> Result<String, ActError> {
    let given = text(given)?;
    if given.is_empty() { Err(ActError::BadInput("text_empty")) } else { Ok(given) }
}

/// Whose visit or what document an action is about, for the list of what waits.
fn title(tx: &Transaction<'_>, document: DocumentId) -> Result<String, ActError> {
    let found = crate::lookup::title(tx, document)?;
    Ok(found)
}
