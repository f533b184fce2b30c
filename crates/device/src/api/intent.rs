//! What a person asks for, in domain words. Each is one durable action, logged beside its changes.

use rundan_model::{
    DocumentId, FactId, IncidentKind, KeyKind, KeyUse, LateReason, NotCarriedOutReason, NotDoneReason, OtherTimeKind,
    PauseCause, PersonId, PoliceReport, ToldOutcome, UnitId, UnplannedCause,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{AlarmFor, KeyChange, KeyCopyRef, KeyReport};

/// When something happened, as the person states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Stated {
    /// Now, by the phone's clock.
    Now,
    /// At the planned time.
    Planned,
    /// At a local time of the visit's day, `HH:MM`, because the moment itself was missed.
    Local {
        /// `HH:MM`, Europe/Stockholm.
        time: String,
        /// Why it is another time than the phone's; the page sends a text for it.
        reason: String,
    },
}

/// The visit that was still running when another one began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EndOther {
    /// The visit to end.
    #[ts(type = "string")]
    pub visit: DocumentId,
    /// When she left it.
    pub at: Stated,
}

/// One visit that will begin later than planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LateVisit {
    /// The visit.
    #[ts(type = "string")]
    pub visit: DocumentId,
    /// When she expects to be there, seconds since 1970.
    #[ts(type = "number")]
    pub expected: i64,
}

/// When one carer of a visit comes, if not with the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SlotTime {
    /// `HH:MM` on the visit's day.
    pub start: String,
    /// How long, minutes.
    pub minutes: u32,
}

/// What the office changes in a visit's plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum PlanChange {
    /// Another time on the visit's day.
    When {
        /// `HH:MM`, Europe/Stockholm.
        start: String,
        /// How long, 1 to 1,440 minutes.
        minutes: u32,
    },
    /// Another carer, or none.
    Carer {
        /// Which slot, from 1.
        slot: u8,
        /// Who comes; nobody yet if absent.
        #[ts(type = "string | null")]
        person: Option<PersonId>,
    },
    /// Cancelled, with the reason in words.
    Cancel {
        /// Why.
        reason: String,
    },
    /// Taken up again after it was cancelled.
    Restore,
}

/// The text of an incident note as it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DraftText {
    /// What it is about, once chosen.
    pub incident: Option<IncidentKind>,
    /// The visit, if it is about one.
    #[ts(type = "string | null")]
    pub visit: Option<DocumentId>,
    /// The recipient, if it is about one.
    #[ts(type = "string | null")]
    pub recipient: Option<DocumentId>,
    /// When it happened, seconds since 1970.
    #[ts(type = "number | null")]
    pub when: Option<i64>,
    /// What happened, at most 10,000 characters.
    pub happened: String,
    /// What was done, at most 10,000 characters.
    pub measures: String,
    /// Whether the police know, where that matters.
    pub police: Option<PoliceReport>,
}

/// What a person asks for. The page sends one; the device makes one transaction of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Intent {
    /// Begins the working shift.
    StartShift {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        run_sheet: DocumentId,
    },
    /// Ends it.
    EndShift {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        run_sheet: DocumentId,
        /// Why she keeps keys; needed when she has any.
        #[serde(default)]
        keys_kept: String,
    },
    /// Begins the break.
    StartBreak {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        run_sheet: DocumentId,
    },
    /// Ends it.
    EndBreak {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        run_sheet: DocumentId,
    },
    /// Other working time (kringtid) of the day.
    OtherTime {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        run_sheet: DocumentId,
        #[allow(missing_docs)]
        what: OtherTimeKind,
        /// `HH:MM` on the run sheet's day.
        start: String,
        /// 1 to 720.
        minutes: u32,
        #[allow(missing_docs)]
        text: String,
    },
    /// Says that the list of changes was read.
    Acknowledge {
        /// The run sheet to record it on; without one it is her nearest, or only this phone.
        #[ts(type = "string | null")]
        run_sheet: Option<DocumentId>,
        /// The documents whose changes the list showed.
        #[ts(type = "string[]")]
        documents: Vec<DocumentId>,
    },
    /// Begins a visit.
    StartVisit {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
        #[allow(missing_docs)]
        at: Stated,
        /// Visits of hers that ran, each with when she left.
        end_other: Vec<EndOther>,
    },
    /// Ends a visit; open interventions stay open and are flagged.
    EndVisit {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
        #[allow(missing_docs)]
        at: Stated,
    },
    /// Leaves a running visit for something urgent.
    PauseVisit {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
        #[allow(missing_docs)]
        cause: PauseCause,
    },
    /// Comes back to it.
    ResumeVisit {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
    },
    /// Ticks interventions.
    MarkDone {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
        /// Keys of check items.
        items: Vec<String>,
    },
    /// Ticks every open intervention but medicine and other health tasks.
    MarkAllDone {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
    },
    /// Says that interventions were not done, and why.
    MarkNotDone {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
        /// Keys of check items.
        items: Vec<String>,
        #[allow(missing_docs)]
        reason: NotDoneReason,
        /// Needed when the reason is another one.
        text: String,
    },
    /// Adds an intervention that was not planned, as done.
    AddExtra {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
        /// A code of the catalogue.
        code: String,
    },
    /// Writes a note on the visit.
    WriteNote {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
        #[allow(missing_docs)]
        text: String,
    },
    /// Says that the visit was not carried out, and why.
    NotCarriedOut {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
        #[allow(missing_docs)]
        reason: NotCarriedOutReason,
        #[allow(missing_docs)]
        text: String,
    },
    /// Moves her start, with its time, to the visit that she really began.
    MoveStart {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        from: DocumentId,
        #[ts(type = "string")]
        #[allow(missing_docs)]
        to: DocumentId,
    },
    /// Begins a visit that nobody planned.
    BeginUnplanned {
        /// The recipient, if she is on this phone.
        #[ts(type = "string | null")]
        recipient: Option<DocumentId>,
        /// Her name in words, if not; the office matches it later.
        name: String,
        #[allow(missing_docs)]
        cause: UnplannedCause,
        /// Visits of hers that ran, each with when she left; those that still run and are not named are paused.
        end_other: Vec<EndOther>,
    },
    /// Takes facts back. Every undo is one.
    Withdraw {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        document: DocumentId,
        /// Only her own.
        #[ts(type = "string[]")]
        facts: Vec<FactId>,
    },
    /// Says when visits will begin instead.
    ReportLate {
        #[allow(missing_docs)]
        visits: Vec<LateVisit>,
        #[allow(missing_docs)]
        reason: LateReason,
        #[allow(missing_docs)]
        text: String,
    },
    /// Says what came of telling the recipient of a visit.
    Tell {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
        #[allow(missing_docs)]
        outcome: ToldOutcome,
    },
    /// Saves a draft of an incident note at a pause in typing; begins one if there is none.
    SaveDraft {
        /// Absent for a new one.
        #[ts(type = "string | null")]
        draft: Option<DocumentId>,
        #[allow(missing_docs)]
        text: DraftText,
    },
    /// Submits it: the incident begins with the whole text.
    SubmitDraft {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        draft: DocumentId,
    },
    /// Puts a draft away without submitting it.
    DiscardDraft {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        draft: DocumentId,
    },
    /// Adds to an incident that was submitted.
    AddToIncident {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        incident: DocumentId,
        #[allow(missing_docs)]
        text: String,
    },
    /// Says that this person opened what needed one.
    MarkRead {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        document: DocumentId,
        #[ts(type = "string[]")]
        #[allow(missing_docs)]
        facts: Vec<FactId>,
    },
    /// Changes a visit's plan (office).
    ChangeVisit {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
        #[allow(missing_docs)]
        change: PlanChange,
    },
    /// Says who an unplanned visit was to (office).
    MatchRecipient {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
        #[ts(type = "string")]
        #[allow(missing_docs)]
        recipient: DocumentId,
    },
    /// Chooses between the values of a register that clash (office).
    Choose {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        document: DocumentId,
        #[allow(missing_docs)]
        register: String,
        /// Which of the sides shown, from 0.
        side: usize,
    },
    /// Settles a dispute: these facts no longer hold (office).
    Settle {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        document: DocumentId,
        #[ts(type = "string[]")]
        #[allow(missing_docs)]
        facts: Vec<FactId>,
        #[allow(missing_docs)]
        text: String,
    },
    /// Takes refused work over: the office says it as its own, for whoever did it (office).
    AdoptRefused {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        refused: DocumentId,
    },
    /// Takes copies out of their cabinets.
    TakeKeys {
        #[allow(missing_docs)]
        keys: Vec<KeyCopyRef>,
        #[allow(missing_docs)]
        what_for: KeyUse,
        /// Whose alarm, for an alarm key.
        alarm: Option<AlarmFor>,
        /// Why, where it is neither for the round nor for an alarm.
        text: String,
    },
    /// Puts copies back.
    ReturnKeys {
        #[allow(missing_docs)]
        keys: Vec<KeyCopyRef>,
        #[allow(missing_docs)]
        cabinet: String,
    },
    /// Hands copies over to someone.
    GiveKeys {
        #[allow(missing_docs)]
        keys: Vec<KeyCopyRef>,
        #[ts(type = "string")]
        #[allow(missing_docs)]
        to: PersonId,
    },
    /// Confirms that someone handed copies over to her.
    ReceiveKeys {
        #[allow(missing_docs)]
        keys: Vec<KeyCopyRef>,
        #[ts(type = "string")]
        #[allow(missing_docs)]
        from: PersonId,
    },
    /// Says what became of a copy.
    ReportKey {
        #[allow(missing_docs)]
        key: KeyCopyRef,
        #[allow(missing_docs)]
        report: KeyReport,
    },
    /// Notes a tag that this phone does not know, for the office.
    NoteTag {
        /// As it was scanned or typed.
        tag: String,
        /// What she did with it.
        text: String,
    },
    /// Begins a key (office).
    NewKey {
        /// The unit whose key it is; the one whose office she works at if none.
        #[ts(type = "string | null")]
        unit: Option<UnitId>,
        /// Its tag's code, of which there was none before.
        tag: String,
        #[allow(missing_docs)]
        kind: KeyKind,
        #[allow(missing_docs)]
        cabinet: String,
        #[allow(missing_docs)]
        hook: String,
        /// 1 to 20.
        copies: u32,
        /// Whose homes it opens.
        #[ts(type = "string[]")]
        recipients: Vec<DocumentId>,
    },
    /// Changes a key (office).
    ChangeKey {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        key: DocumentId,
        #[allow(missing_docs)]
        change: KeyChange,
    },
    /// Counts a cabinet, or a part of it.
    CountCabinet {
        #[allow(missing_docs)]
        cabinet: String,
        /// What hangs there.
        there: Vec<KeyCopyRef>,
        /// What should and does not.
        missing: Vec<KeyCopyRef>,
    },
    /// Says when keys should be back (office).
    SetKeyCurfew {
        /// `HH:MM`; none for no such time.
        time: Option<String>,
    },
    /// Puts refused work aside (office).
    PutAsideRefused {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        refused: DocumentId,
        /// Why, if she wants to say.
        text: String,
    },
}

/// What came of an intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Done {
    /// Names the action for `undo`.
    #[ts(type = "string")]
    pub action: rundan_model::ActionId,
    /// A document that the action began, such as an unplanned visit or a draft.
    #[ts(type = "string | null")]
    pub began: Option<DocumentId>,
    /// Whether `undo` can take it back.
    pub can_undo: bool,
}
