//! What the handheld's screens show.

use rundan_model::{
    DocumentId, FactId, IncidentKind, InterventionGroup, KeyKind, LateReason, NotCarriedOutReason, NotDoneReason,
    OtherTimeKind, PersonId, Role, ToldOutcome, VaultId,
};
use serde::Serialize;
use ts_rs::TS;

use super::{DraftText, ErrorCode, Preferences};

/// One person on this phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct VaultView {
    #[ts(type = "string")]
    pub vault: VaultId,
    #[ts(type = "string")]
    pub person: PersonId,
    /// Empty until the first sync has brought it.
    pub name: String,
    /// The roles in the unit.
    pub roles: Vec<Role>,
    /// Empty until the first sync has brought it.
    pub unit: String,
    pub open: bool,
    /// Damages to its store that were mended and that she has not said that she saw, the newest first.
    pub mended: Vec<Mended>,
}

/// A damage to a vault's store. The damaged file was kept beside the one that took its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
pub struct Mended {
    /// When it was found.
    #[ts(type = "number")]
    pub at: i64,
    /// How much that was not sent could not be read; null where nobody knows.
    pub lost: Option<u32>,
}

/// A person of this phone whose data cannot be opened. Her name lies with what cannot be read; the office knows her
/// by the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct VaultTrouble {
    #[ts(type = "string")]
    pub vault: VaultId,
    pub code: ErrorCode,
}

/// The app as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct App {
    pub vaults: Vec<VaultView>,
    /// Vaults that are on this phone and did not open.
    pub troubles: Vec<VaultTrouble>,
    pub preferences: Preferences,
    /// The device's clock, seconds since 1970. The page counts on from here.
    #[ts(type = "number")]
    pub now: i64,
    /// Version of the app.
    pub version: String,
    /// Where the store's key is kept: `system` for the operating system's secret store, `file` for a file that
    /// only this user can read.
    pub key_store: String,
    /// Where the server is, for the screen about the app.
    pub server: String,
}

/// How far something has come. Each step includes the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Only on this phone.
    OnPhone,
    /// The server has it.
    OnServer,
    /// An office desktop has it.
    AtOffice,
    /// The server refused it.
    Refused,
}

/// A visit's state for the person who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum VisitState {
    #[allow(missing_docs)]
    Planned,
    #[allow(missing_docs)]
    Running,
    #[allow(missing_docs)]
    Paused,
    #[allow(missing_docs)]
    Done,
    #[allow(missing_docs)]
    NotCarriedOut,
    #[allow(missing_docs)]
    Cancelled,
}

/// What merging made odd, or what needs someone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum VisitFlag {
    /// Begun though the office cancelled it.
    BegunThoughCancelled,
    /// Begun by someone who is no longer planned for it.
    BegunThoughMoved,
    /// Begun by a plan that has changed since.
    PlanChanged,
    /// Ended with interventions neither done nor explained.
    EndedWithOpenItems,
    /// Two values stand in the plan.
    Clash,
    /// Two people state different things.
    Dispute,
    /// Nobody planned it.
    Unplanned,
    /// It is not known to whom it was.
    UnknownRecipient,
    /// Carried out and not carried out are both stated.
    BegunThoughNotCarriedOut,
    /// It has a fact of a kind that this version does not know.
    NewerFact,
    /// The office decided about something of hers, and she has not said that she saw it.
    Decided,
}

/// A stretch of work at a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct Segment {
    #[ts(type = "number")]
    pub start: i64,
    /// Absent while it runs.
    #[ts(type = "number | null")]
    pub end: Option<i64>,
}

/// What is known of the other carer of a double-staffed visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PartnerState {
    /// Nothing is known.
    Unknown,
    #[allow(missing_docs)]
    Here,
    #[allow(missing_docs)]
    Away,
    #[allow(missing_docs)]
    Ended,
}

/// The other carer of a double-staffed visit, as of when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct Partner {
    pub name: String,
    pub given_name: String,
    pub state: PartnerState,
    /// When that began, as she stated it.
    #[ts(type = "number | null")]
    pub at: Option<i64>,
    /// When this phone last heard from the server: what is said here is as of then.
    #[ts(type = "number | null")]
    pub heard: Option<i64>,
    /// What she ticked last, and when.
    pub last_done: Option<String>,
    #[ts(type = "number | null")]
    pub last_done_at: Option<i64>,
}

/// A late notice as a mark on a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct LateMark {
    #[ts(type = "number")]
    pub expected: i64,
    pub reason: LateReason,
    pub told: Option<ToldOutcome>,
    #[ts(type = "number | null")]
    pub told_at: Option<i64>,
    /// Who besides its author opened it first, and when.
    pub read_by: Option<String>,
    #[ts(type = "number | null")]
    pub read_at: Option<i64>,
}

/// What kind of change the office made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    #[allow(missing_docs)]
    New,
    #[allow(missing_docs)]
    Moved,
    #[allow(missing_docs)]
    Cancelled,
    #[allow(missing_docs)]
    Restored,
    /// No longer hers.
    Removed,
    /// Something else: interventions, who comes with her.
    Changed,
}

/// A mark on a visit that the office changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct CarerMark {
    pub kind: ChangeKind,
    /// When the change reached the server.
    #[ts(type = "number")]
    pub at: i64,
}

/// One line of "changed while you were away".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct ChangeNotice {
    #[ts(type = "string")]
    pub document: DocumentId,
    pub kind: ChangeKind,
    /// `YYYY-MM-DD`: the day that it is planned for, or was.
    pub day: String,
    /// Whose visit.
    pub name: String,
    /// What it was, when she last acknowledged; absent for a new one.
    #[ts(type = "number | null")]
    pub start_before: Option<i64>,
    #[ts(type = "number | null")]
    pub start_now: Option<i64>,
    #[ts(type = "number")]
    pub at: i64,
    /// Who made it, if known.
    pub by: String,
}

/// A key to bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct KeyTag {
    pub tag: String,
    pub kind: KeyKind,
    pub cabinet: String,
}

/// A visit in the day's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct VisitCard {
    #[ts(type = "string")]
    pub document: DocumentId,
    #[ts(type = "string | null")]
    pub recipient: Option<DocumentId>,
    /// Preferred name and surname.
    pub name: String,
    /// Street and number.
    pub address: String,
    pub floor: String,
    /// Planned start and minutes.
    #[ts(type = "number | null")]
    pub start: Option<i64>,
    pub minutes: u32,
    pub state: VisitState,
    /// Her own stretches of work here.
    pub segments: Vec<Segment>,
    /// Names of the planned interventions.
    pub interventions: Vec<String>,
    pub done_items: u32,
    pub key: Option<KeyTag>,
    pub has_door_code: bool,
    pub ring_first: bool,
    pub partners: Vec<Partner>,
    pub late: Option<LateMark>,
    pub mark: Option<CarerMark>,
    pub flags: Vec<VisitFlag>,
    pub not_carried_out: Option<NotCarriedOutReason>,
    pub delivery: Delivery,
}

/// A break in the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct BreakView {
    #[ts(type = "number")]
    pub start: i64,
    pub minutes: u32,
    pub taken: Vec<Segment>,
}

/// A stop of the day's list, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Stop {
    #[allow(missing_docs)]
    Visit(Box<VisitCard>),
    #[allow(missing_docs)]
    Break(BreakView),
}

/// Other working time that she noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct OtherTimeView {
    #[ts(type = "string")]
    pub fact: FactId,
    pub what: OtherTimeKind,
    #[ts(type = "number")]
    pub start: i64,
    pub minutes: u32,
    pub text: String,
}

/// A carer's run sheet (arbetskort).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct RunSheetView {
    #[ts(type = "string")]
    pub document: DocumentId,
    #[ts(type = "number | null")]
    pub shift_start: Option<i64>,
    pub shift_minutes: u32,
    pub area: String,
    /// When she began and ended her shift.
    pub worked: Vec<Segment>,
    pub on_break: bool,
    pub other_time: Vec<OtherTimeView>,
    /// What she stated last of the shift and of the break, to take back; at most one of each.
    pub own_facts: Vec<YourFact>,
}

/// The state of sync in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Everything is on the server, and it answered lately.
    UpToDate,
    /// A round is under way.
    Working,
    /// Something waits, or the server has not answered for a while; all is safe on the phone.
    Offline,
    /// The first sync is bringing the day.
    Loading,
    /// A person must do something: the phone was revoked, the app is too old.
    Trouble,
}

/// The chip at the top of each screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct SyncChip {
    pub state: SyncState,
    /// Actions that the server does not have yet.
    pub unsent: u32,
    /// Actions that the server refused, wholly or in part, and that she has not said she saw.
    pub refused: u32,
    /// When the server last answered.
    #[ts(type = "number | null")]
    pub heard: Option<i64>,
    /// Percent of the first sync, while it runs.
    pub percent: Option<u8>,
}

/// A carer's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct DayView {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Whether it is the day that she works on: today, or that of a shift since yesterday that still runs.
    pub is_today: bool,
    #[ts(type = "number")]
    pub now: i64,
    pub run_sheet: Option<RunSheetView>,
    /// Her visits of the shift, also those after midnight, and on the day that she works on all that are under way.
    pub stops: Vec<Stop>,
    /// All her visits under way or paused, whatever day is shown, for "när gick du från A?".
    pub running: Vec<VisitCard>,
    /// The visit to begin next.
    #[ts(type = "string | null")]
    pub next: Option<DocumentId>,
    pub done: u32,
    pub total: u32,
    /// Changes of the day shown; on the day that she works on also of the days to come, by day.
    pub changes: Vec<ChangeNotice>,
    pub sync: SyncChip,
    /// Days that this phone holds, ascending.
    pub days: Vec<String>,
}

/// What an intervention of a visit has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    #[allow(missing_docs)]
    Open,
    #[allow(missing_docs)]
    Done,
    #[allow(missing_docs)]
    NotDone,
    /// Two people say different things.
    Disputed,
}

/// A fact of hers that she may take back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct YourFact {
    #[ts(type = "string")]
    pub fact: FactId,
    /// As in the documents' description: `started`, `done`, `note`.
    pub kind: String,
    #[ts(type = "number")]
    pub at: i64,
    /// The intervention, or the text of a note.
    pub about: String,
}

/// An intervention to tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct CheckItem {
    /// The intervention's code: what intents name.
    pub key: String,
    pub name: String,
    /// Absent where it is not known: it may be a health task.
    pub group: Option<InterventionGroup>,
    /// How this person wants it done.
    pub how: String,
    pub state: CheckState,
    /// Not planned; added in the field.
    pub extra: bool,
    /// Whose statement stands: `null` when it is one's own.
    pub by: Option<String>,
    #[ts(type = "number | null")]
    pub at: Option<i64>,
    pub reason: Option<NotDoneReason>,
    pub text: String,
    /// Her own facts behind the state, to take back.
    #[ts(type = "string[]")]
    pub own_facts: Vec<FactId>,
    /// In a dispute, what each says.
    pub sides: Vec<super::Side>,
}

/// A note on a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct NoteView {
    #[ts(type = "string")]
    pub fact: FactId,
    pub text: String,
    pub by: String,
    pub own: bool,
    #[ts(type = "number")]
    pub at: i64,
    pub delivery: Delivery,
    /// Who at the office opened it, and when.
    pub read_by: Option<String>,
    #[ts(type = "number | null")]
    pub read_at: Option<i64>,
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct VisitView {
    pub card: VisitCard,
    #[ts(type = "number")]
    pub now: i64,
    /// At most five short lines.
    pub good_to_know: Vec<String>,
    pub items: Vec<CheckItem>,
    pub notes: Vec<NoteView>,
    /// Performed time so far, her own segments, seconds.
    #[ts(type = "number")]
    pub performed_seconds: i64,
    /// When the last of her acts here was saved on the phone.
    #[ts(type = "number | null")]
    pub saved_at: Option<i64>,
    /// Her facts that she may take back, the newest first.
    pub own_facts: Vec<YourFact>,
    /// Other visits of hers under way or paused, with name and planned end, for "när gick du från A?".
    pub running: Vec<VisitCard>,
    /// Visits that a wrong start can be moved to.
    pub move_to: Vec<VisitCard>,
    pub clashes: Vec<super::ClashView>,
    pub disputes: Vec<super::DisputeView>,
    /// What was decided about hers, until she says that she saw it.
    pub decisions: Vec<super::DecisionView>,
    pub cancelled_reason: Option<String>,
    /// Whether she may work on it: it is hers, or she began it.
    pub may_act: bool,
}

/// A next of kin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct KinView {
    pub name: String,
    pub relation: String,
    pub telephone: String,
}

/// An intervention and how this person wants it done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct WishView {
    pub code: String,
    pub name: String,
    /// Absent where it is not known.
    pub group: Option<InterventionGroup>,
    pub how: String,
}

/// A recipient's card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct RecipientView {
    #[ts(type = "string")]
    pub document: DocumentId,
    /// Preferred name and surname.
    pub name: String,
    /// All names, as in the records.
    pub full_name: String,
    pub address: String,
    pub floor: String,
    pub area: String,
    pub telephone: String,
    pub language: String,
    pub next_of_kin: Vec<KinView>,
    pub contact_worker: String,
    pub keys: Vec<KeyTag>,
    pub has_door_code: bool,
    pub ring_first: bool,
    pub good_to_know: Vec<String>,
    /// Hours, at most; absent if no limit was set.
    pub overnight_fast_hours_max: Option<u32>,
    pub alarm_only: bool,
    pub wishes: Vec<WishView>,
}

/// Which visits a delay moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct LatePreview {
    pub lines: Vec<LatePreviewLine>,
    /// The first visit that is not moved.
    pub not_affected: Option<String>,
    #[ts(type = "number | null")]
    pub not_affected_start: Option<i64>,
    /// When the break begins instead, if it moves.
    #[ts(type = "number | null")]
    pub break_start: Option<i64>,
}

/// A visit that a delay moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct LatePreviewLine {
    #[ts(type = "string")]
    pub visit: DocumentId,
    pub name: String,
    #[ts(type = "number")]
    pub planned: i64,
    #[ts(type = "number")]
    pub expected: i64,
    /// For the dialler. Empty if not known.
    pub telephone: String,
    /// Set when this person's allowed overnight fast would be passed, hours.
    pub overnight_fast_hours: Option<u32>,
    pub told: Option<ToldOutcome>,
    #[ts(type = "number | null")]
    pub told_at: Option<i64>,
}

/// A visit with interventions neither done nor explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct OpenVisit {
    pub card: VisitCard,
    /// Their names, in the visit's order.
    pub items: Vec<String>,
}

/// What the end of a shift leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct ShiftClosing {
    pub running: Vec<VisitCard>,
    /// Visits that ended with interventions open.
    pub open_items: Vec<OpenVisit>,
    /// Visits neither begun nor explained.
    pub not_begun: Vec<VisitCard>,
    /// Actions that the server does not have yet.
    pub unsent: u32,
    /// What was refused and not seen, then what waits, the newest first; of these at most 100.
    pub waiting: Vec<SyncItem>,
}

/// A draft, or an incident that was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct DraftView {
    /// Absent for text that is only being typed.
    #[ts(type = "string | null")]
    pub document: Option<DocumentId>,
    pub text: DraftText,
    pub recipient_name: String,
    pub submitted: bool,
    #[ts(type = "number")]
    pub saved_at: i64,
    pub delivery: Delivery,
    pub read_by: Option<String>,
    #[ts(type = "number | null")]
    pub read_at: Option<i64>,
    /// Later versions of the same draft from another phone, side by side.
    pub other_versions: Vec<DraftText>,
    pub additions: Vec<NoteView>,
}

/// All that is stored about a person's work on this phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct MyRecord {
    /// The newest first, as many as were asked for.
    pub lines: Vec<super::FactLine>,
    /// How many there are.
    pub total: u32,
    pub incident_kinds: Vec<IncidentKind>,
}

/// One action and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct SyncItem {
    #[ts(type = "string")]
    pub document: DocumentId,
    /// Whose visit, or what it is.
    pub title: String,
    /// As in the documents' description: `started`, `done`, `note`; `plan` for an edit of the plan.
    pub what: String,
    pub count: u32,
    #[ts(type = "number")]
    pub at: i64,
    pub delivery: Delivery,
    /// Why it waits or was refused, as a word for the page's table; absent if it just waits for a network.
    pub why: Option<String>,
    /// What she wrote, where it was refused; empty if she wrote nothing.
    pub text: String,
}

/// How far everything has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct SyncView {
    pub chip: SyncChip,
    /// All that was refused, what she has not seen first; then, the newest first, what waits and the last actions
    /// that arrived, at most 100.
    pub items: Vec<SyncItem>,
    /// Why the last attempt failed, as a word for the page's table.
    pub problem: Option<String>,
    /// When the next attempt comes by itself.
    #[ts(type = "number | null")]
    pub next_attempt: Option<i64>,
}
