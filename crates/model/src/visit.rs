//! A visit, derived from its plan and its facts. The same on every replica that holds the same facts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::content::{Content, Standing};
use crate::plan::{Cancelled, PlannedIntervention, Slot, When};
use crate::{
    ActorId, DocumentId, Fact, FactBody, FactId, LateReason, NotCarriedOutReason, NotDoneReason, PersonId, Timestamp,
    ToldOutcome, UnplannedCause,
};

/// Who stated something, and when it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// The fact.
    pub fact: FactId,
    /// Whose act.
    pub by: PersonId,
    /// When, as stated.
    pub at: Timestamp,
}

impl Stated {
    /// What a fact says of itself.
    pub fn of(id: FactId, fact: &Fact) -> Self {
        Self { fact: id, by: fact.actor_person(), at: fact.at }
    }
}

/// A stretch of one carer's work at the visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// When it began.
    pub start: Timestamp,
    /// When it ended; none while it runs.
    pub end: Option<Timestamp>,
}

/// How far a carer has come with a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// She is there.
    Running,
    /// She left for something urgent.
    Paused,
    /// She ended it.
    Ended,
}

/// One carer's time at the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarerTime {
    /// Her stretches of work, in order. Performed time is their sum.
    pub segments: Vec<Segment>,
    /// How far she has come.
    pub progress: Progress,
    /// The fact that her time now rests on: the start to correct, the end to take back.
    pub last: FactId,
}

impl CarerTime {
    /// Performed time, seconds; a running stretch counts to `now`.
    pub fn performed_seconds(&self, now: Timestamp) -> i64 {
        self.segments.iter().map(|segment| segment.end.unwrap_or(now).seconds_since(segment.start).max(0)).sum()
    }
}

/// What someone says of an intervention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who and when.
    pub stated: Stated,
    /// Done, or why not.
    pub outcome: ItemOutcome,
}

/// What an intervention came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemOutcome {
    /// It was done.
    Done,
    /// It was not done.
    NotDone {
        /// Why.
        reason: NotDoneReason,
        /// In words.
        text: String,
    },
}

/// An intervention of the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The catalogue's code.
    pub code: String,
    /// Planned, with its place; none if it was added in the field.
    pub planned: Option<PlannedIntervention>,
    /// What stands. None is open; several with different outcomes are a dispute.
    pub claims: Vec<Claim>,
}

impl Item {
    /// Whether nobody has said anything that stands.
    pub fn is_open(&self) -> bool {
        self.claims.is_empty()
    }

    /// Whether two people say different things.
    pub fn is_disputed(&self) -> bool {
        let mut outcomes = self.claims.iter().map(|claim| &claim.outcome);
        let first = outcomes.next();
        outcomes.any(|outcome| Some(outcome) != first)
    }
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Who and when.
    pub stated: Stated,
    /// What it says.
    pub text: String,
}

/// A late notice with what came of telling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// Who and when.
    pub stated: Stated,
    /// When she will come.
    pub expected: Timestamp,
    /// Why.
    pub reason: LateReason,
    /// In words.
    pub text: String,
    /// The latest attempt to tell the recipient.
    pub told: Option<(Stated, ToldOutcome)>,
}

/// That the visit was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotCarriedOut {
    /// Who and when.
    pub stated: Stated,
    /// Why.
    pub reason: NotCarriedOutReason,
    /// In words.
    pub text: String,
}

/// How an unplanned visit began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// Who and when.
    pub stated: Stated,
    /// To whom, in words.
    pub name: String,
    /// To whom, if she was on the phone.
    pub recipient: Option<DocumentId>,
    /// Why.
    pub cause: UnplannedCause,
}

/// A register with different values standing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clash {
    /// The register's key.
    pub register: String,
    /// Each value with the session that put it; the first is the one shown.
    pub values: Vec<(Json, ActorId)>,
}

/// Facts of different people that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// The intervention, or none for the visit's outcome.
    pub about: Option<String>,
    /// The facts that stand.
    pub facts: Vec<Stated>,
}

/// What the office decided where two sides stood: whose value or statement it was that stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The fact that decides, by whom and when.
    pub stated: Stated,
    /// The register, where values of a plan clashed.
    pub register: Option<String>,
    /// The intervention, where statements about one did not agree.
    pub about: Option<String>,
    /// Why, in words.
    pub text: String,
    /// The other authors.
    pub concerns: Vec<PersonId>,
}

/// What merging made odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Oddity {
    /// Begun though the office cancelled it.
    BegunThoughCancelled,
    /// Someone works at it who is in none of its slots.
    BegunThoughMoved,
    /// Begun by a plan whose time, recipient or interventions have changed since.
    PlanChanged,
    /// Carried out and not carried out are both stated.
    BegunThoughNotCarriedOut,
    /// Ended with interventions neither done nor explained.
    EndedWithOpenItems,
    /// It is not known to whom it was.
    UnknownRecipient,
    /// It has a fact of a kind that this version does not know.
    NewerFact,
}

/// A visit's state as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum State {
    Planned,
    Running,
    Paused,
    Done,
    NotCarriedOut,
    Cancelled,
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// To whom.
    pub recipient: Option<DocumentId>,
    /// When; none for one that began unplanned.
    pub when: Option<When>,
    /// Who comes, by slot number.
    pub slots: BTreeMap<u8, Slot>,
    /// Cancelled by the office.
    pub cancelled: Option<Cancelled>,
    /// How it began, if nobody planned it.
    pub begun: Option<Begun>,
    /// Each carer's time.
    pub times: BTreeMap<PersonId, CarerTime>,
    /// Its interventions: the planned ones in order, then those added.
    pub items: Vec<Item>,
    /// Notes that stand, in order.
    pub notes: Vec<Note>,
    /// That it was not carried out; several if people disagree on why.
    pub not_carried_out: Vec<NotCarriedOut>,
    /// The late notice that stands last.
    pub late: Option<Late>,
    /// Who opened which fact, and when.
    pub reads: Vec<(FactId, Stated)>,
    /// Registers that clash.
    pub clashes: Vec<Clash>,
    /// Facts that contradict each other.
    pub disputes: Vec<Dispute>,
    /// What the office chose or settled: for each author concerned to acknowledge.
    #[serde(default)]
    pub decisions: Vec<Decision>,
    /// What merging made odd.
    pub oddities: Vec<Oddity>,
}

impl Visit {
    /// The people in its slots, whatever slot clashes.
    pub fn staff(&self) -> impl Iterator<Item = PersonId> {
        self.slots.values().filter_map(|slot| slot.staff)
    }

    /// What was decided about something of a person's that she has not acknowledged: opened, as a fact says.
    pub fn unacknowledged(&self, person: PersonId) -> impl Iterator<Item = &Decision> {
        let is_read = move |fact: FactId| self.reads.iter().any(|(read, by)| *read == fact && by.by == person);
        self.decisions
            .iter()
            .filter(move |decision| decision.concerns.contains(&person) && !is_read(decision.stated.fact))
    }

    /// When a person should begin: her slot's own start, or the visit's.
    pub fn start_for(&self, person: PersonId) -> Option<Timestamp> {
        let own = self.slots.values().find(|slot| slot.staff == Some(person)).and_then(|slot| slot.start);
        own.or(self.when.map(|when| when.start)).or(self.begun.as_ref().map(|begun| begun.stated.at))
    }

    /// The state for one person: her own time where she has one.
    pub fn state_for(&self, person: PersonId) -> State {
        match self.times.get(&person).map(|time| time.progress) {
            Some(Progress::Running) => State::Running,
            Some(Progress::Paused) => State::Paused,
            Some(Progress::Ended) => State::Done,
            None if !self.not_carried_out.is_empty() => State::NotCarriedOut,
            None if self.cancelled.is_some() => State::Cancelled,
            None => State::Planned,
        }
    }

    /// The state as a whole: running while anyone is there, done when all who began have ended.
    pub fn state(&self) -> State {
        let is_any = |progress: Progress| self.times.values().any(|time| time.progress == progress);
        if is_any(Progress::Running) {
            return State::Running;
        }
        if is_any(Progress::Paused) {
            return State::Paused;
        }
        if is_any(Progress::Ended) {
            return State::Done;
        }
        if !self.not_carried_out.is_empty() {
            return State::NotCarriedOut;
        }
        if self.cancelled.is_some() {
            return State::Cancelled;
        }
        State::Planned
    }
}

/// Derives a visit.
pub fn visit(content: &Content) -> Visit {
    let standing = content.standing();
    let holding = standing.holding();
    let begun = holding.iter().find_map(|(id, fact)| begun(*id, fact));
    let recipient = content.get("recipient").or(begun.as_ref().and_then(|begun| begun.recipient));
    let items = items(content, &holding);
    let not_carried_out = holding.iter().filter_map(|(id, fact)| not_carried_out(*id, fact)).collect::<Vec<_>>();
    let mut visit = Visit {
        recipient,
        when: content.get("when"),
        slots: content.under("slot").filter_map(|(n, _)| slot(content, n)).collect(),
        cancelled: content.get::<Option<Cancelled>>("cancelled").flatten(),
        begun,
        times: times(&holding),
        disputes: disputes(&items, &not_carried_out),
        items,
        notes: holding.iter().filter_map(|(id, fact)| note(*id, fact)).collect(),
        not_carried_out,
        late: late(&standing, &holding),
        reads: holding.iter().flat_map(|(id, fact)| reads(*id, fact)).collect(),
        clashes: clashes(content),
        decisions: decisions(content, &holding),
        oddities: Vec::new(),
    };
    visit.oddities = oddities(content, &visit, &holding);
    visit
}

/// The clashes of a plan, as values that a projection can keep.
pub fn clashes(content: &Content) -> Vec<Clash> {
    let side = |value: &crate::Value| (value.json.clone(), value.actor);
    content
        .clashes()
        .map(|(key, register)| Clash { register: key.to_owned(), values: register.values.iter().map(side).collect() })
        .collect()
}

pub(crate) fn decisions(content: &Content, holding: &[(FactId, &Fact)]) -> Vec<Decision> {
    let decision = |(id, fact): &(FactId, &Fact)| {
        let (register, about, text, mut concerns) = match &fact.body {
            FactBody::Chosen { register, who, .. } => (Some(register.clone()), None, "", who.clone()),
            FactBody::Settled { facts, text } => {
                let settled = || facts.iter().filter_map(|settled| content.facts.get(settled));
                let about = settled().find_map(|fact| fact.about.clone());
                (None, about, text.as_str(), settled().map(Fact::actor_person).collect())
            }
            _ => return None,
        };
        concerns.sort();
        concerns.dedup();
        concerns.retain(|person| *person != fact.by);
        Some(Decision { stated: Stated::of(*id, fact), register, about, text: text.to_owned(), concerns })
    };
    holding.iter().filter_map(decision).collect()
}

fn slot(content: &Content, n: &str) -> Option<(u8, Slot)> {
    Some((n.parse().ok()?, content.get(&format!("slot/{n}"))?))
}

fn begun(id: FactId, fact: &Fact) -> Option<Begun> {
    let FactBody::Begun { name, recipient, cause } = &fact.body else { return None };
    Some(Begun { stated: Stated::of(id, fact), name: name.clone(), recipient: *recipient, cause: cause.clone() })
}

fn note(id: FactId, fact: &Fact) -> Option<Note> {
    let FactBody::Note { text } = &fact.body else { return None };
    Some(Note { stated: Stated::of(id, fact), text: text.clone() })
}

fn not_carried_out(id: FactId, fact: &Fact) -> Option<NotCarriedOut> {
    let FactBody::NotCarriedOut { reason, text } = &fact.body else { return None };
    Some(NotCarriedOut { stated: Stated::of(id, fact), reason: reason.clone(), text: text.clone() })
}

fn reads(id: FactId, fact: &Fact) -> Vec<(FactId, Stated)> {
    let FactBody::Read { facts } = &fact.body else { return Vec::new() };
    facts.iter().map(|read| (*read, Stated::of(id, fact))).collect()
}

fn late(standing: &Standing<'_>, holding: &[(FactId, &Fact)]) -> Option<Late> {
    let is_late = |fact: &Fact| matches!(fact.body, FactBody::Late { .. });
    let (id, fact) = holding.iter().rev().find(|(_, fact)| is_late(fact))?;
    let FactBody::Late { expected, reason, text } = &fact.body else { return None };
    let told = holding.iter().rev().find_map(|(told_id, told)| match &told.body {
        // What was told before the notice changed says nothing of the new time.
        FactBody::Told { outcome } if !standing.follows(id, told_id) => {
            Some((Stated::of(*told_id, told), outcome.clone()))
        }
        _ => None,
    });
    Some(Late { stated: Stated::of(*id, fact), expected: *expected, reason: reason.clone(), text: text.clone(), told })
}

/// Each carer's time. A second start without an end between corrects the first, as does a second end.
fn times(holding: &[(FactId, &Fact)]) -> BTreeMap<PersonId, CarerTime> {
    let mut times: BTreeMap<PersonId, CarerTime> = BTreeMap::new();
    for (id, fact) in holding {
        let person = fact.actor_person();
        match &fact.body {
            FactBody::Started | FactBody::Resumed => open(&mut times, person, *id, fact),
            FactBody::Ended => close(&mut times, person, *id, fact.at, Progress::Ended),
            FactBody::Paused { .. } => close(&mut times, person, *id, fact.at, Progress::Paused),
            FactBody::Moved { .. } => drop(times.remove(&person)),
            _ => {}
        }
    }
    times
}

fn open(times: &mut BTreeMap<PersonId, CarerTime>, person: PersonId, id: FactId, fact: &Fact) {
    let time = times.entry(person).or_insert(CarerTime { segments: Vec::new(), progress: Progress::Running, last: id });
    match time.segments.last_mut() {
        Some(running) if running.end.is_none() => running.start = fact.at,
        _ => time.segments.push(Segment { start: fact.at, end: None }),
    }
    time.progress = Progress::Running;
    time.last = id;
}

fn close(times: &mut BTreeMap<PersonId, CarerTime>, person: PersonId, id: FactId, at: Timestamp, progress: Progress) {
    // An end without a start still says that she was there.
    let time = times.entry(person).or_insert(CarerTime { segments: Vec::new(), progress, last: id });
    match time.segments.last_mut() {
        // Leaving ends the visit: the pause stays where it was.
        Some(paused) if time.progress == Progress::Paused && paused.end.is_some() => {}
        Some(last) => last.end = Some(at),
        None => time.segments.push(Segment { start: at, end: Some(at) }),
    }
    time.progress = progress;
    time.last = id;
}

fn items(content: &Content, holding: &[(FactId, &Fact)]) -> Vec<Item> {
    let planned = |code: &str| content.get::<Option<PlannedIntervention>>(&format!("intervention/{code}")).flatten();
    let mut items: Vec<Item> = content
        .under("intervention")
        .filter_map(|(code, _)| {
            let planned = planned(code)?;
            Some(Item { code: code.to_owned(), planned: Some(planned), claims: Vec::new() })
        })
        .collect();
    items.sort_by_key(|item| (item.planned.as_ref().map(|planned| planned.order), item.code.clone()));
    for (id, fact) in holding {
        let Some(claim) = claim(*id, fact) else { continue };
        let Some(code) = &fact.about else { continue };
        match items.iter_mut().find(|item| &item.code == code) {
            Some(item) => item.claims.push(claim),
            None => items.push(Item { code: code.clone(), planned: None, claims: vec![claim] }),
        }
    }
    items
}

fn claim(id: FactId, fact: &Fact) -> Option<Claim> {
    let outcome = match &fact.body {
        FactBody::Done | FactBody::Extra => ItemOutcome::Done,
        FactBody::NotDone { reason, text } => ItemOutcome::NotDone { reason: reason.clone(), text: text.clone() },
        _ => return None,
    };
    Some(Claim { stated: Stated::of(id, fact), outcome })
}

fn disputes(items: &[Item], not_carried_out: &[NotCarriedOut]) -> Vec<Dispute> {
    let of_item = |item: &Item| Dispute {
        about: Some(item.code.clone()),
        facts: item.claims.iter().map(|claim| claim.stated).collect(),
    };
    let mut disputes: Vec<Dispute> = items.iter().filter(|item| item.is_disputed()).map(of_item).collect();
    let mut reasons = not_carried_out.iter().map(|statement| &statement.reason);
    let first = reasons.next();
    if reasons.any(|reason| Some(reason) != first) {
        let facts = not_carried_out.iter().map(|statement| statement.stated).collect();
        disputes.push(Dispute { about: None, facts });
    }
    disputes
}

fn oddities(content: &Content, visit: &Visit, holding: &[(FactId, &Fact)]) -> Vec<Oddity> {
    let is_begun = !visit.times.is_empty();
    let is_planned = |person: &PersonId| visit.staff().any(|staff| staff == *person);
    let all_ended = is_begun && visit.times.values().all(|time| time.progress == Progress::Ended);
    let is_newer = |fact: &Fact| matches!(fact.body, FactBody::Unknown { .. });
    let found = [
        (is_begun && visit.cancelled.is_some(), Oddity::BegunThoughCancelled),
        (visit.begun.is_none() && !visit.times.keys().all(is_planned), Oddity::BegunThoughMoved),
        (is_begun && is_plan_changed(content, visit, holding), Oddity::PlanChanged),
        (is_begun && !visit.not_carried_out.is_empty(), Oddity::BegunThoughNotCarriedOut),
        (all_ended && visit.items.iter().any(Item::is_open), Oddity::EndedWithOpenItems),
        (visit.recipient.is_none(), Oddity::UnknownRecipient),
        (holding.iter().any(|(_, fact)| is_newer(fact)), Oddity::NewerFact),
    ];
    found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, oddity)| oddity).collect()
}

/// Whether someone began by another plan than the one that now shows. A clash is named as such, slots say it by who
/// comes, and a visit that began without a plan gets one afterwards.
fn is_plan_changed(content: &Content, visit: &Visit, holding: &[(FactId, &Fact)]) -> bool {
    let is_of_work = |register: &String| {
        let family = register.split('/').next().unwrap_or(register);
        let is_clash = visit.clashes.iter().any(|clash| clash.register == *register);
        matches!(family, "when" | "recipient" | "intervention") && !is_clash
    };
    let starts = holding.iter().filter(|(_, fact)| matches!(fact.body, FactBody::Started));
    // Of each carer the last: a start that she corrects was stated by the plan that she saw then.
    let last: BTreeMap<PersonId, FactId> = starts.map(|(id, fact)| (fact.actor_person(), *id)).collect();
    let mut changed = last.values().filter_map(|id| content.changed_since.get(id)).flatten();
    visit.begun.is_none() && changed.any(is_of_work)
}

#[cfg(test)]
mod tests;
