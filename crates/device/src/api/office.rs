//! What the office's screens show.

use rundan_model::{
    DocumentId, FactId, IncidentKind, LateReason, NotCarriedOutReason, PersonId, PoliceReport, ToldOutcome,
};
use serde::Serialize;
use ts_rs::TS;

use super::{ChangeKind, CheckItem, LateMark, Segment, SyncChip, VisitFlag, VisitState};

/// A visit as a block on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct BoardVisit {
    #[ts(type = "string")]
    pub document: DocumentId,
    /// Preferred name and surname.
    pub name: String,
    /// The preferred name alone, for a narrow block.
    pub short_name: String,
    #[ts(type = "number")]
    pub start: i64,
    pub minutes: u32,
    pub state: VisitState,
    pub segments: Vec<Segment>,
    pub late: Option<LateMark>,
    /// Should have begun and has not, as far as the server knows.
    pub overdue: bool,
    pub flags: Vec<VisitFlag>,
    pub double: bool,
    pub not_carried_out: Option<NotCarriedOutReason>,
}

/// A run sheet on the board, or the visits without staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct BoardRow {
    /// Absent for the row of visits without staff.
    #[ts(type = "string | null")]
    pub person: Option<PersonId>,
    #[ts(type = "string | null")]
    pub run_sheet: Option<DocumentId>,
    pub name: String,
    pub area: String,
    /// When her phone was last heard, by the server's clock.
    #[ts(type = "number | null")]
    pub heard: Option<i64>,
    /// Nothing heard for 15 minutes or more during her shift.
    pub silent: bool,
    #[ts(type = "number | null")]
    pub shift_start: Option<i64>,
    pub shift_minutes: u32,
    pub worked: Vec<Segment>,
    pub visits: Vec<BoardVisit>,
}

/// The figures above the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct BoardFigures {
    /// Carried out.
    pub done: u32,
    /// All but the cancelled ones.
    pub total: u32,
    pub late: u32,
    /// Late, and nobody has told the recipient.
    pub late_untold: u32,
    /// Run sheets whose phone is silent.
    pub silent: u32,
    /// Visits that should have begun and have not.
    pub overdue: u32,
    /// Visits that should have begun by now.
    pub due: u32,
}

/// What needs someone at the office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AttentionKind {
    #[allow(missing_docs)]
    Overdue,
    #[allow(missing_docs)]
    LateUntold,
    #[allow(missing_docs)]
    AskedToCall,
    #[allow(missing_docs)]
    Clash,
    #[allow(missing_docs)]
    Dispute,
    #[allow(missing_docs)]
    BegunThoughCancelled,
    #[allow(missing_docs)]
    BegunThoughMoved,
    /// Begun by a plan that has changed since.
    PlanChanged,
    #[allow(missing_docs)]
    NotCarriedOut,
    #[allow(missing_docs)]
    UnknownRecipient,
    #[allow(missing_docs)]
    Incident,
    #[allow(missing_docs)]
    Unstaffed,
    /// Someone chose against a value of this person's.
    Decided,
}

/// One card under "Behöver dig".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct Attention {
    pub kind: AttentionKind,
    #[ts(type = "string")]
    pub document: DocumentId,
    /// Whose visit.
    pub recipient: String,
    /// Which carer.
    pub carer: String,
    #[ts(type = "number | null")]
    pub planned: Option<i64>,
    #[ts(type = "number | null")]
    pub expected: Option<i64>,
    /// When the carer's phone was last heard.
    #[ts(type = "number | null")]
    pub heard: Option<i64>,
    pub told: Option<ToldOutcome>,
    pub reason: Option<NotCarriedOutReason>,
    pub incident: Option<IncidentKind>,
}

/// A carer to choose for a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct CarerChoice {
    #[ts(type = "string")]
    pub person: PersonId,
    pub name: String,
    /// Has a run sheet that day.
    pub works: bool,
}

/// The office's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct Board {
    /// `YYYY-MM-DD`.
    pub date: String,
    pub is_today: bool,
    #[ts(type = "number")]
    pub now: i64,
    pub rows: Vec<BoardRow>,
    pub figures: BoardFigures,
    pub attention: Vec<Attention>,
    pub sync: SyncChip,
    pub days: Vec<String>,
    /// Incidents that nobody at the office has opened.
    pub unread_incidents: u32,
    /// Refused work that nobody has decided on.
    pub open_refused: u32,
    /// The midnight before the day, and the one after: seconds since 1970.
    #[ts(type = "number")]
    pub from: i64,
    #[ts(type = "number")]
    pub to: i64,
}

/// A fact, with who, when, entered and received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct FactLine {
    #[ts(type = "string")]
    pub fact: FactId,
    #[ts(type = "string")]
    pub document: DocumentId,
    /// Whose visit, or what document.
    pub title: String,
    /// As in the documents' description: `started`, `done`, `note`.
    pub kind: String,
    /// The intervention's name, the other visit's name, the fact taken back: what the kind speaks of.
    pub about: String,
    /// A reason or outcome as a word of its list.
    pub word: String,
    pub text: String,
    /// Who signed it.
    pub by: String,
    /// Whose act it was, if another's.
    pub on_behalf_of: Option<String>,
    /// When it happened, as stated.
    #[ts(type = "number")]
    pub at: i64,
    /// Why another time than the phone's was stated.
    pub at_reason: String,
    /// When it was entered, by the phone's clock.
    #[ts(type = "number")]
    pub entered: i64,
    /// When the server received it.
    #[ts(type = "number | null")]
    pub received: Option<i64>,
    /// Taken back, replaced or settled: it no longer holds.
    pub superseded: bool,
}

/// One side of a clash or dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct Side {
    pub by: String,
    #[ts(type = "number | null")]
    pub at: Option<i64>,
    /// The value in the register's own form, or the fact's kind.
    pub value: String,
    /// A person or time that the value names, readable.
    pub shown: String,
    #[ts(type = "string | null")]
    pub fact: Option<FactId>,
}

/// Two values that stand in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct ClashView {
    /// `when`, `slot/1`, `cancelled`.
    pub register: String,
    pub sides: Vec<Side>,
}

/// Two people who state different things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct DisputeView {
    /// The intervention's name, or what the facts are about.
    pub about: String,
    pub sides: Vec<Side>,
}

/// What the office decided where two sides stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct DecisionView {
    /// To say that one saw it: `mark_read`.
    #[ts(type = "string")]
    pub fact: FactId,
    pub by: String,
    #[ts(type = "number")]
    pub at: i64,
    /// The register of the plan; empty for a dispute.
    pub register: String,
    /// What holds now, readable, or the intervention that was disputed.
    pub shown: String,
    pub text: String,
}

/// One statement of refused work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct RefusedFact {
    /// As in the documents' description: `started`, `done`, `note`.
    pub kind: String,
    /// The intervention's name, if it is about one.
    pub about: String,
    /// A reason or outcome as a word of its list.
    pub word: String,
    pub text: String,
    #[ts(type = "number")]
    pub at: i64,
}

/// One value that refused work would have put into a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct RefusedPut {
    pub register: String,
    pub shown: String,
}

/// What became of refused work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum RefusedState {
    Open,
    Adopted,
    PutAside,
}

/// Work that the server refused, in the office's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct RefusedLine {
    #[ts(type = "string")]
    pub document: DocumentId,
    /// What it was for.
    #[ts(type = "string")]
    pub target: DocumentId,
    /// Whose visit, or what document; empty if it is not on this computer.
    pub title: String,
    /// Whether the target is a visit on this computer.
    pub is_visit: bool,
    pub by: String,
    /// Why, as a word for the page's table.
    pub code: String,
    #[ts(type = "number")]
    pub received: i64,
    pub facts: Vec<RefusedFact>,
    pub puts: Vec<RefusedPut>,
    pub state: RefusedState,
    pub decided_by: String,
    #[ts(type = "number | null")]
    pub decided_at: Option<i64>,
    pub decided_text: String,
    /// Whether the office can say it as its own.
    pub can_adopt: bool,
}

/// A visit with all its facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct VisitFacts {
    pub visit: BoardVisit,
    #[ts(type = "string | null")]
    pub recipient: Option<DocumentId>,
    pub address: String,
    /// The slots: who, from 1.
    pub carers: Vec<Option<String>>,
    #[ts(type = "(string | null)[]")]
    pub carer_ids: Vec<Option<PersonId>>,
    pub items: Vec<CheckItem>,
    /// The newest first.
    pub facts: Vec<FactLine>,
    pub clashes: Vec<ClashView>,
    pub disputes: Vec<DisputeView>,
    /// What was decided about this person's values, until she says that she saw it.
    pub decisions: Vec<DecisionView>,
    pub cancelled_reason: Option<String>,
    /// Whom a slot can be given to.
    pub choices: Vec<CarerChoice>,
    /// Plan changes since it was made: what, who, when.
    pub plan_log: Vec<PlanLine>,
    /// Whether this person may change the plan.
    pub may_plan: bool,
    /// The name that a carer gave, when nobody was matched.
    pub stated_name: String,
}

/// One change of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct PlanLine {
    pub kind: ChangeKind,
    pub register: String,
    /// The new value, readable.
    pub shown: String,
    pub by: String,
    #[ts(type = "number")]
    pub at: i64,
}

/// A late notice in the office's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct LateLine {
    #[ts(type = "string")]
    pub visit: DocumentId,
    #[ts(type = "string")]
    pub fact: FactId,
    pub recipient: String,
    pub telephone: String,
    pub carer: String,
    #[ts(type = "number | null")]
    pub planned: Option<i64>,
    #[ts(type = "number")]
    pub expected: i64,
    pub reason: LateReason,
    pub text: String,
    pub told: Option<ToldOutcome>,
    #[ts(type = "number | null")]
    pub told_at: Option<i64>,
    pub told_by: String,
    #[ts(type = "number")]
    pub at: i64,
    #[ts(type = "number | null")]
    pub received: Option<i64>,
    pub read_by: Option<String>,
    #[ts(type = "number | null")]
    pub read_at: Option<i64>,
}

/// An incident in the office's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct IncidentLine {
    #[ts(type = "string")]
    pub document: DocumentId,
    /// The submitted fact, for `mark_read`.
    #[ts(type = "string")]
    pub fact: FactId,
    pub kind: IncidentKind,
    pub recipient: String,
    pub address: String,
    #[ts(type = "string | null")]
    pub visit: Option<DocumentId>,
    pub author: String,
    #[ts(type = "number | null")]
    pub when: Option<i64>,
    pub happened: String,
    pub measures: String,
    pub police: Option<PoliceReport>,
    #[ts(type = "number")]
    pub submitted: i64,
    #[ts(type = "number | null")]
    pub received: Option<i64>,
    pub read_by: Option<String>,
    #[ts(type = "number | null")]
    pub read_at: Option<i64>,
    pub additions: Vec<super::NoteView>,
}
