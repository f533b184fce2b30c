// Printed from Rust by `cargo xtask generate`; never edited.

export type Role = "carer" | "planner" | "administrator" | "unit_head";

export type EmploymentRole = "care" | "coordinator" | "administrator" | "unit_head";

export type InterventionGroup = "personal_care" | "service" | "health_task" | "alarm" | "respite" | "escort";

export type KeyKind = "home" | "alarm" | "entrance" | "cabinet";

export type KeyUse = "round" | "alarm" | "other";

export type Borrower = "subcontractor" | "locksmith" | "other";

export type LostStep = "told" | "searched" | "reported" | "decided" | "replaced" | "closed";

export type NotDoneReason = "declined" | "not_needed" | "no_time" | "other";

export type NotCarriedOutReason = "declined" | "nobody_opens" | "in_hospital" | "away" | "no_time" | "colleague_did_it";

export type PauseCause = "alarm" | "other";

export type UnplannedCause = "alarm" | "asked" | "other";

export type OtherTimeKind = "travel" | "meeting" | "documentation" | "keys" | "other";

export type LateReason = "previous_visit" | "traffic" | "alarm" | "key" | "other";

export type ToldOutcome = "told" | "no_answer" | "message_left" | "office_asked";

export type IncidentKind = "fall" | "medicine" | "missed_visit" | "theft" | "threat" | "abuse" | "damage" | "other";

export type PoliceReport = "reported" | "head_reports" | "not_known";

export type ErrorCode = "not_enrolled" | "code_refused" | "offline" | "server_trouble" | "too_many_attempts" | "not_found" | "bad_input" | "not_allowed" | "no_run_sheet" | "disk_full" | "newer_store" | "key_missing" | "damaged" | "server_older" | "changed_since" | "key_store" | "directory" | "internal";

export type ApiError = { 
/**
 * What happened.
 */
code: ErrorCode, 
/**
 * A field or a detail that helps to choose words; never a cause chain, never personal data.
 */
detail: string | null, };

export type Theme = "system" | "light" | "dark";

export type Preferences = { 
/**
 * `sv` or `en`.
 */
language: string, theme: Theme, 
/**
 * Percent of the ordinary text size: 100, 125, 150 or 200.
 */
text_size: number, };

export type Stated = { "is": "now" } | { "is": "planned" } | { "is": "local", 
/**
 * `HH:MM`, Europe/Stockholm.
 */
time: string, 
/**
 * Why it is another time than the phone's; the page sends a text for it.
 */
reason: string, };

export type EndOther = { 
/**
 * The visit to end.
 */
visit: string, 
/**
 * When she left it.
 */
at: Stated, };

export type LateVisit = { 
/**
 * The visit.
 */
visit: string, 
/**
 * When she expects to be there, seconds since 1970.
 */
expected: number, };

export type SlotTime = { 
/**
 * `HH:MM` on the visit's day.
 */
start: string, 
/**
 * How long, minutes.
 */
minutes: number, };

export type PlanChange = { "is": "when", 
/**
 * `HH:MM`, Europe/Stockholm.
 */
start: string, 
/**
 * How long, 1 to 1,440 minutes.
 */
minutes: number, } | { "is": "carer", 
/**
 * Which slot, from 1.
 */
slot: number, 
/**
 * Who comes; nobody yet if absent.
 */
person: string | null, } | { "is": "cancel", 
/**
 * Why.
 */
reason: string, } | { "is": "restore" };

export type DraftText = { 
/**
 * What it is about, once chosen.
 */
incident: IncidentKind | null, 
/**
 * The visit, if it is about one.
 */
visit: string | null, 
/**
 * The recipient, if it is about one.
 */
recipient: string | null, 
/**
 * When it happened, seconds since 1970.
 */
when: number | null, 
/**
 * What happened, at most 10,000 characters.
 */
happened: string, 
/**
 * What was done, at most 10,000 characters.
 */
measures: string, 
/**
 * Whether the police know, where that matters.
 */
police: PoliceReport | null, };

export type KeyCopyRef = { 
/**
 * The key.
 */
key: string, 
/**
 * Which copy, from 1.
 */
copy: number, };

export type AlarmFor = { 
/**
 * Whose alarm, if she is on this phone.
 */
recipient: string | null, 
/**
 * Her name in words, if not.
 */
name: string, 
/**
 * When it was raised, `HH:MM` of today, or of yesterday if that is still to come today.
 */
at: string, };

export type KeyReport = { "is": "not_there" } | { "is": "lost", 
/**
 * Where it was last seen.
 */
text: string, } | { "is": "found", 
/**
 * The cabinet that it hangs in; none if she has it.
 */
cabinet: string | null, } | { "is": "damaged", 
/**
 * How.
 */
text: string, };

export type ReceiptText = { 
/**
 * Whether the recipient got copies back; else she handed them over.
 */
is_back: boolean, 
/**
 * `YYYY-MM-DD`.
 */
day: string, 
/**
 * How many copies.
 */
copies: number, 
/**
 * The name of who handed them over.
 */
from: string, 
/**
 * The name of who received them.
 */
to: string, };

export type KeyChange = { "is": "place", cabinet: string, hook: string, } | { "is": "copies", 
/**
 * 1 to 20.
 */
copies: number, } | { "is": "home", 
/**
 * Whose home.
 */
recipient: string, 
/**
 * Whether it opens it, or does no more.
 */
opens: boolean, } | { "is": "receipt", 
/**
 * The document that says which home it opens.
 */
home: string, receipt: ReceiptText, } | { "is": "lent", copy: number, borrower: Borrower, 
/**
 * To whom, in words.
 */
to: string, } | { "is": "lost_step", copy: number, step: LostStep, text: string, } | { "is": "lock_changed", text: string, } | { "is": "retired", 
/**
 * All if none.
 */
copy: number | null, text: string, };

export type KeyFilter = "needs_office" | "out" | "in_cabinet" | "missing_ahead" | "lost" | "all";

export type TextUse = "note" | "not_done" | "start_time" | "end_time" | "other_time" | "late" | "addition" | "unplanned" | "cancellation" | "settlement" | "put_aside" | "key" | "tag" | "keys_kept";

export type TextPlace = { what: TextUse, 
/**
 * What it is written on; absent where the action will begin it.
 */
document: string | null, 
/**
 * Which part of the document, such as an intervention's key; empty for the whole.
 */
about: string, };

export type Intent = { "do": "start_shift", run_sheet: string, } | { "do": "end_shift", run_sheet: string, 
/**
 * Why she keeps keys; needed when she has any.
 */
keys_kept: string, } | { "do": "start_break", run_sheet: string, } | { "do": "end_break", run_sheet: string, } | { "do": "other_time", run_sheet: string, what: OtherTimeKind, 
/**
 * `HH:MM` on the run sheet's day.
 */
start: string, 
/**
 * 1 to 720.
 */
minutes: number, text: string, } | { "do": "acknowledge", 
/**
 * The run sheet to record it on; without one it is her nearest, or only this phone.
 */
run_sheet: string | null, 
/**
 * The documents whose changes the list showed.
 */
documents: string[], } | { "do": "start_visit", visit: string, at: Stated, 
/**
 * Visits of hers that ran, each with when she left.
 */
end_other: Array<EndOther>, } | { "do": "end_visit", visit: string, at: Stated, } | { "do": "pause_visit", visit: string, cause: PauseCause, } | { "do": "resume_visit", visit: string, } | { "do": "mark_done", visit: string, 
/**
 * Keys of check items.
 */
items: Array<string>, } | { "do": "mark_all_done", visit: string, } | { "do": "mark_not_done", visit: string, 
/**
 * Keys of check items.
 */
items: Array<string>, reason: NotDoneReason, 
/**
 * Needed when the reason is another one.
 */
text: string, } | { "do": "add_extra", visit: string, 
/**
 * A code of the catalogue.
 */
code: string, } | { "do": "write_note", visit: string, text: string, } | { "do": "not_carried_out", visit: string, reason: NotCarriedOutReason, text: string, } | { "do": "move_start", from: string, to: string, } | { "do": "begin_unplanned", 
/**
 * The recipient, if she is on this phone.
 */
recipient: string | null, 
/**
 * Her name in words, if not; the office matches it later.
 */
name: string, cause: UnplannedCause, 
/**
 * Visits of hers that ran, each with when she left; those that still run and are not named are paused.
 */
end_other: Array<EndOther>, } | { "do": "withdraw", document: string, 
/**
 * Only her own.
 */
facts: string[], } | { "do": "report_late", visits: Array<LateVisit>, reason: LateReason, text: string, } | { "do": "tell", visit: string, outcome: ToldOutcome, } | { "do": "save_draft", 
/**
 * Absent for a new one.
 */
draft: string | null, text: DraftText, } | { "do": "submit_draft", draft: string, } | { "do": "discard_draft", draft: string, } | { "do": "add_to_incident", incident: string, text: string, } | { "do": "mark_read", document: string, facts: string[], } | { "do": "change_visit", visit: string, change: PlanChange, } | { "do": "match_recipient", visit: string, recipient: string, } | { "do": "choose", document: string, register: string, 
/**
 * Which of the sides shown, from 0.
 */
side: number, } | { "do": "settle", document: string, facts: string[], text: string, } | { "do": "adopt_refused", refused: string, } | { "do": "take_keys", keys: Array<KeyCopyRef>, what_for: KeyUse, 
/**
 * Whose alarm, for an alarm key.
 */
alarm: AlarmFor | null, 
/**
 * Why, where it is neither for the round nor for an alarm.
 */
text: string, } | { "do": "return_keys", keys: Array<KeyCopyRef>, cabinet: string, } | { "do": "give_keys", keys: Array<KeyCopyRef>, to: string, } | { "do": "receive_keys", keys: Array<KeyCopyRef>, from: string, } | { "do": "report_key", key: KeyCopyRef, report: KeyReport, } | { "do": "note_tag", 
/**
 * As it was scanned or typed.
 */
tag: string, 
/**
 * What she did with it.
 */
text: string, } | { "do": "new_key", 
/**
 * The unit whose key it is; the one whose office she works at if none.
 */
unit: string | null, 
/**
 * Its tag's code, of which there was none before.
 */
tag: string, kind: KeyKind, cabinet: string, hook: string, 
/**
 * 1 to 20.
 */
copies: number, 
/**
 * Whose homes it opens.
 */
recipients: string[], } | { "do": "change_key", key: string, change: KeyChange, } | { "do": "count_cabinet", cabinet: string, 
/**
 * What hangs there.
 */
there: Array<KeyCopyRef>, 
/**
 * What should and does not.
 */
missing: Array<KeyCopyRef>, } | { "do": "set_key_curfew", 
/**
 * `HH:MM`; none for no such time.
 */
time: string | null, } | { "do": "put_aside_refused", refused: string, 
/**
 * Why, if she wants to say.
 */
text: string, };

export type Done = { 
/**
 * Names the action for `undo`.
 */
action: string, 
/**
 * A document that the action began, such as an unplanned visit or a draft.
 */
began: string | null, 
/**
 * Whether `undo` can take it back.
 */
can_undo: boolean, };

export type Delivery = "on_phone" | "on_server" | "at_office" | "refused";

export type VisitState = "planned" | "running" | "paused" | "done" | "not_carried_out" | "cancelled";

export type VisitFlag = "begun_though_cancelled" | "begun_though_moved" | "plan_changed" | "ended_with_open_items" | "clash" | "dispute" | "unplanned" | "unknown_recipient" | "begun_though_not_carried_out" | "newer_fact" | "decided";

export type Segment = { start: number, 
/**
 * Absent while it runs.
 */
end: number | null, };

export type PartnerState = "unknown" | "here" | "away" | "ended";

export type Partner = { name: string, given_name: string, state: PartnerState, 
/**
 * When that began, as she stated it.
 */
at: number | null, 
/**
 * When this phone last heard from the server: what is said here is as of then.
 */
heard: number | null, 
/**
 * What she ticked last, and when.
 */
last_done: string | null, last_done_at: number | null, };

export type LateMark = { expected: number, reason: LateReason, told: ToldOutcome | null, told_at: number | null, 
/**
 * Who besides its author opened it first, and when.
 */
read_by: string | null, read_at: number | null, };

export type ChangeKind = "new" | "moved" | "cancelled" | "restored" | "removed" | "changed";

export type CarerMark = { kind: ChangeKind, 
/**
 * When the change reached the server.
 */
at: number, };

export type ChangeNotice = { document: string, kind: ChangeKind, 
/**
 * `YYYY-MM-DD`: the day that it is planned for, or was.
 */
day: string, 
/**
 * Whose visit.
 */
name: string, 
/**
 * What it was, when she last acknowledged; absent for a new one.
 */
start_before: number | null, start_now: number | null, at: number, 
/**
 * Who made it, if known.
 */
by: string, };

export type KeyTag = { tag: string, kind: KeyKind, cabinet: string, };

export type VisitCard = { document: string, recipient: string | null, 
/**
 * Preferred name and surname.
 */
name: string, 
/**
 * Street and number.
 */
address: string, floor: string, 
/**
 * Planned start and minutes.
 */
start: number | null, minutes: number, state: VisitState, 
/**
 * Her own stretches of work here.
 */
segments: Array<Segment>, 
/**
 * Names of the planned interventions.
 */
interventions: Array<string>, done_items: number, key: KeyTag | null, has_door_code: boolean, ring_first: boolean, partners: Array<Partner>, late: LateMark | null, mark: CarerMark | null, flags: Array<VisitFlag>, not_carried_out: NotCarriedOutReason | null, delivery: Delivery, };

export type BreakView = { start: number, minutes: number, taken: Array<Segment>, };

export type Stop = { "is": "visit" } & VisitCard | { "is": "break" } & BreakView;

export type OtherTimeView = { fact: string, what: OtherTimeKind, start: number, minutes: number, text: string, };

export type RunSheetView = { document: string, shift_start: number | null, shift_minutes: number, area: string, 
/**
 * When she began and ended her shift.
 */
worked: Array<Segment>, on_break: boolean, other_time: Array<OtherTimeView>, 
/**
 * What she stated last of the shift and of the break, to take back; at most one of each.
 */
own_facts: Array<YourFact>, };

export type SyncState = "up_to_date" | "working" | "offline" | "loading" | "trouble";

export type SyncChip = { state: SyncState, 
/**
 * Actions that the server does not have yet.
 */
unsent: number, 
/**
 * Actions that the server refused, wholly or in part, and that she has not said she saw.
 */
refused: number, 
/**
 * When the server last answered.
 */
heard: number | null, 
/**
 * Percent of the first sync, while it runs.
 */
percent: number | null, };

export type VaultView = { vault: string, person: string, 
/**
 * Empty until the first sync has brought it.
 */
name: string, 
/**
 * The roles in the unit.
 */
roles: Array<Role>, 
/**
 * Empty until the first sync has brought it.
 */
unit: string, open: boolean, 
/**
 * Damages to its store that were mended and that she has not said that she saw, the newest first.
 */
mended: Array<Mended>, };

export type VaultTrouble = { vault: string, code: ErrorCode, };

export type Mended = { 
/**
 * When it was found.
 */
at: number, 
/**
 * How much that was not sent could not be read; null where nobody knows.
 */
lost: number | null, };

export type App = { vaults: Array<VaultView>, 
/**
 * Vaults that are on this phone and did not open.
 */
troubles: Array<VaultTrouble>, preferences: Preferences, 
/**
 * The device's clock, seconds since 1970. The page counts on from here.
 */
now: number, 
/**
 * Version of the app.
 */
version: string, 
/**
 * Where the store's key is kept: `system` for the operating system's secret store, `file` for a file that
 * only this user can read.
 */
key_store: string, 
/**
 * Where the server is, for the screen about the app.
 */
server: string, };

export type DayView = { 
/**
 * `YYYY-MM-DD`.
 */
date: string, 
/**
 * Whether it is the day that she works on: today, or that of a shift since yesterday that still runs.
 */
is_today: boolean, now: number, run_sheet: RunSheetView | null, 
/**
 * Her visits of the shift, also those after midnight, and on the day that she works on all that are under way.
 */
stops: Array<Stop>, 
/**
 * All her visits under way or paused, whatever day is shown, for "när gick du från A?".
 */
running: Array<VisitCard>, 
/**
 * The visit to begin next.
 */
next: string | null, done: number, total: number, 
/**
 * Changes of the day shown; on the day that she works on also of the days to come, by day.
 */
changes: Array<ChangeNotice>, sync: SyncChip, 
/**
 * Days that this phone holds, ascending.
 */
days: Array<string>, };

export type Side = { by: string, at: number | null, 
/**
 * The value in the register's own form, or the fact's kind.
 */
value: string, 
/**
 * A person or time that the value names, readable.
 */
shown: string, fact: string | null, };

export type CheckState = "open" | "done" | "not_done" | "disputed";

export type YourFact = { fact: string, 
/**
 * As in the documents' description: `started`, `done`, `note`.
 */
kind: string, at: number, 
/**
 * The intervention, or the text of a note.
 */
about: string, };

export type CheckItem = { 
/**
 * The intervention's code: what intents name.
 */
key: string, name: string, 
/**
 * Absent where it is not known: it may be a health task.
 */
group: InterventionGroup | null, 
/**
 * How this person wants it done.
 */
how: string, state: CheckState, 
/**
 * Not planned; added in the field.
 */
extra: boolean, 
/**
 * Whose statement stands: `null` when it is one's own.
 */
by: string | null, at: number | null, reason: NotDoneReason | null, text: string, 
/**
 * Her own facts behind the state, to take back.
 */
own_facts: string[], 
/**
 * In a dispute, what each says.
 */
sides: Array<Side>, };

export type NoteView = { fact: string, text: string, by: string, own: boolean, at: number, delivery: Delivery, 
/**
 * Who at the office opened it, and when.
 */
read_by: string | null, read_at: number | null, };

export type ClashView = { 
/**
 * `when`, `slot/1`, `cancelled`.
 */
register: string, sides: Array<Side>, };

export type DisputeView = { 
/**
 * The intervention's name, or what the facts are about.
 */
about: string, sides: Array<Side>, };

export type DecisionView = { 
/**
 * To say that one saw it: `mark_read`.
 */
fact: string, by: string, at: number, 
/**
 * The register of the plan; empty for a dispute.
 */
register: string, 
/**
 * What holds now, readable, or the intervention that was disputed.
 */
shown: string, text: string, };

export type VisitView = { card: VisitCard, now: number, 
/**
 * At most five short lines.
 */
good_to_know: Array<string>, items: Array<CheckItem>, notes: Array<NoteView>, 
/**
 * Performed time so far, her own segments, seconds.
 */
performed_seconds: number, 
/**
 * When the last of her acts here was saved on the phone.
 */
saved_at: number | null, 
/**
 * Her facts that she may take back, the newest first.
 */
own_facts: Array<YourFact>, 
/**
 * Other visits of hers under way or paused, with name and planned end, for "när gick du från A?".
 */
running: Array<VisitCard>, 
/**
 * Visits that a wrong start can be moved to.
 */
move_to: Array<VisitCard>, clashes: Array<ClashView>, disputes: Array<DisputeView>, 
/**
 * What was decided about hers, until she says that she saw it.
 */
decisions: Array<DecisionView>, cancelled_reason: string | null, 
/**
 * Whether she may work on it: it is hers, or she began it.
 */
may_act: boolean, };

export type KinView = { name: string, relation: string, telephone: string, };

export type WishView = { code: string, name: string, 
/**
 * Absent where it is not known.
 */
group: InterventionGroup | null, how: string, };

export type RecipientView = { document: string, 
/**
 * Preferred name and surname.
 */
name: string, 
/**
 * All names, as in the records.
 */
full_name: string, address: string, floor: string, area: string, telephone: string, language: string, next_of_kin: Array<KinView>, contact_worker: string, keys: Array<KeyTag>, has_door_code: boolean, ring_first: boolean, good_to_know: Array<string>, 
/**
 * Hours, at most; absent if no limit was set.
 */
overnight_fast_hours_max: number | null, alarm_only: boolean, wishes: Array<WishView>, };

export type LatePreviewLine = { visit: string, name: string, planned: number, expected: number, 
/**
 * For the dialler. Empty if not known.
 */
telephone: string, 
/**
 * Set when this person's allowed overnight fast would be passed, hours.
 */
overnight_fast_hours: number | null, told: ToldOutcome | null, told_at: number | null, };

export type LatePreview = { lines: Array<LatePreviewLine>, 
/**
 * The first visit that is not moved.
 */
not_affected: string | null, not_affected_start: number | null, 
/**
 * When the break begins instead, if it moves.
 */
break_start: number | null, };

export type OpenVisit = { card: VisitCard, 
/**
 * Their names, in the visit's order.
 */
items: Array<string>, };

export type ShiftClosing = { running: Array<VisitCard>, 
/**
 * Visits that ended with interventions open.
 */
open_items: Array<OpenVisit>, 
/**
 * Visits neither begun nor explained.
 */
not_begun: Array<VisitCard>, 
/**
 * Actions that the server does not have yet.
 */
unsent: number, 
/**
 * What was refused and not seen, then what waits, the newest first; of these at most 100.
 */
waiting: Array<SyncItem>, };

export type DraftView = { 
/**
 * Absent for text that is only being typed.
 */
document: string | null, text: DraftText, recipient_name: string, submitted: boolean, saved_at: number, delivery: Delivery, read_by: string | null, read_at: number | null, 
/**
 * Later versions of the same draft from another phone, side by side.
 */
other_versions: Array<DraftText>, additions: Array<NoteView>, };

export type FactLine = { fact: string, document: string, 
/**
 * Whose visit, or what document.
 */
title: string, 
/**
 * As in the documents' description: `started`, `done`, `note`.
 */
kind: string, 
/**
 * The intervention's name, the other visit's name, the fact taken back: what the kind speaks of.
 */
about: string, 
/**
 * A reason or outcome as a word of its list.
 */
word: string, text: string, 
/**
 * Who signed it.
 */
by: string, 
/**
 * Whose act it was, if another's.
 */
on_behalf_of: string | null, 
/**
 * When it happened, as stated.
 */
at: number, 
/**
 * Why another time than the phone's was stated.
 */
at_reason: string, 
/**
 * When it was entered, by the phone's clock.
 */
entered: number, 
/**
 * When the server received it.
 */
received: number | null, 
/**
 * Taken back, replaced or settled: it no longer holds.
 */
superseded: boolean, };

export type MyRecord = { 
/**
 * The newest first, as many as were asked for.
 */
lines: Array<FactLine>, 
/**
 * How many there are.
 */
total: number, incident_kinds: Array<IncidentKind>, };

export type SyncItem = { document: string, 
/**
 * Whose visit, or what it is.
 */
title: string, 
/**
 * As in the documents' description: `started`, `done`, `note`; `plan` for an edit of the plan.
 */
what: string, count: number, at: number, delivery: Delivery, 
/**
 * Why it waits or was refused, as a word for the page's table; absent if it just waits for a network.
 */
why: string | null, 
/**
 * What she wrote, where it was refused; empty if she wrote nothing.
 */
text: string, };

export type SyncView = { chip: SyncChip, 
/**
 * All that was refused, what she has not seen first; then, the newest first, what waits and the last actions
 * that arrived, at most 100.
 */
items: Array<SyncItem>, 
/**
 * Why the last attempt failed, as a word for the page's table.
 */
problem: string | null, 
/**
 * When the next attempt comes by itself.
 */
next_attempt: number | null, };

export type BoardVisit = { document: string, 
/**
 * Preferred name and surname.
 */
name: string, 
/**
 * The preferred name alone, for a narrow block.
 */
short_name: string, start: number, minutes: number, state: VisitState, segments: Array<Segment>, late: LateMark | null, 
/**
 * Should have begun and has not, as far as the server knows.
 */
overdue: boolean, flags: Array<VisitFlag>, double: boolean, not_carried_out: NotCarriedOutReason | null, };

export type BoardRow = { 
/**
 * Absent for the row of visits without staff.
 */
person: string | null, run_sheet: string | null, name: string, area: string, 
/**
 * When her phone was last heard, by the server's clock.
 */
heard: number | null, 
/**
 * Nothing heard for 15 minutes or more during her shift.
 */
silent: boolean, shift_start: number | null, shift_minutes: number, worked: Array<Segment>, visits: Array<BoardVisit>, };

export type BoardFigures = { 
/**
 * Carried out.
 */
done: number, 
/**
 * All but the cancelled ones.
 */
total: number, late: number, 
/**
 * Late, and nobody has told the recipient.
 */
late_untold: number, 
/**
 * Run sheets whose phone is silent.
 */
silent: number, 
/**
 * Visits that should have begun and have not.
 */
overdue: number, 
/**
 * Visits that should have begun by now.
 */
due: number, };

export type AttentionKind = "overdue" | "late_untold" | "asked_to_call" | "clash" | "dispute" | "begun_though_cancelled" | "begun_though_moved" | "plan_changed" | "not_carried_out" | "unknown_recipient" | "incident" | "unstaffed" | "decided";

export type Attention = { kind: AttentionKind, document: string, 
/**
 * Whose visit.
 */
recipient: string, 
/**
 * Which carer.
 */
carer: string, planned: number | null, expected: number | null, 
/**
 * When the carer's phone was last heard.
 */
heard: number | null, told: ToldOutcome | null, reason: NotCarriedOutReason | null, incident: IncidentKind | null, };

export type CarerChoice = { person: string, name: string, 
/**
 * Has a run sheet that day.
 */
works: boolean, };

export type Board = { 
/**
 * `YYYY-MM-DD`.
 */
date: string, is_today: boolean, now: number, rows: Array<BoardRow>, figures: BoardFigures, attention: Array<Attention>, sync: SyncChip, days: Array<string>, 
/**
 * Incidents that nobody at the office has opened.
 */
unread_incidents: number, 
/**
 * Refused work that nobody has decided on.
 */
open_refused: number, 
/**
 * The midnight before the day, and the one after: seconds since 1970.
 */
from: number, to: number, };

export type PlanLine = { kind: ChangeKind, register: string, 
/**
 * The new value, readable.
 */
shown: string, by: string, at: number, };

export type VisitFacts = { visit: BoardVisit, recipient: string | null, address: string, 
/**
 * The slots: who, from 1.
 */
carers: Array<string | null>, carer_ids: (string | null)[], items: Array<CheckItem>, 
/**
 * The newest first.
 */
facts: Array<FactLine>, clashes: Array<ClashView>, disputes: Array<DisputeView>, 
/**
 * What was decided about this person's values, until she says that she saw it.
 */
decisions: Array<DecisionView>, cancelled_reason: string | null, 
/**
 * Whom a slot can be given to.
 */
choices: Array<CarerChoice>, 
/**
 * Plan changes since it was made: what, who, when.
 */
plan_log: Array<PlanLine>, 
/**
 * Whether this person may change the plan.
 */
may_plan: boolean, 
/**
 * The name that a carer gave, when nobody was matched.
 */
stated_name: string, };

export type LateLine = { visit: string, fact: string, recipient: string, telephone: string, carer: string, planned: number | null, expected: number, reason: LateReason, text: string, told: ToldOutcome | null, told_at: number | null, told_by: string, at: number, received: number | null, read_by: string | null, read_at: number | null, };

export type IncidentLine = { document: string, 
/**
 * The submitted fact, for `mark_read`.
 */
fact: string, kind: IncidentKind, recipient: string, address: string, visit: string | null, author: string, when: number | null, happened: string, measures: string, police: PoliceReport | null, submitted: number, received: number | null, read_by: string | null, read_at: number | null, additions: Array<NoteView>, };

export type RefusedFact = { 
/**
 * As in the documents' description: `started`, `done`, `note`.
 */
kind: string, 
/**
 * The intervention's name, if it is about one.
 */
about: string, 
/**
 * A reason or outcome as a word of its list.
 */
word: string, text: string, at: number, };

export type RefusedPut = { register: string, shown: string, };

export type RefusedState = "open" | "adopted" | "put_aside";

export type RefusedLine = { document: string, 
/**
 * What it was for.
 */
target: string, 
/**
 * Whose visit, or what document; empty if it is not on this computer.
 */
title: string, 
/**
 * Whether the target is a visit on this computer.
 */
is_visit: boolean, by: string, 
/**
 * Why, as a word for the page's table.
 */
code: string, received: number, facts: Array<RefusedFact>, puts: Array<RefusedPut>, state: RefusedState, decided_by: string, decided_at: number | null, decided_text: string, 
/**
 * Whether the office can say it as its own.
 */
can_adopt: boolean, };

export type CabinetCount = { cabinet: string, 
/**
 * By hook.
 */
lines: Array<CountLine>, 
/**
 * When it was counted last.
 */
counted_at: number | null, counted_by: string, };

export type Colleague = { person: string, name: string, 
/**
 * She is planned for a shift now.
 */
is_at_work: boolean, };

export type CountLine = { line: KeyLine, 
/**
 * It should hang there.
 */
is_expected: boolean, 
/**
 * As it was counted since the count began.
 */
counted: boolean | null, };

export type HandOverView = { from_name: string, telephone: string, at: number, 
/**
 * Whose home the giver comes from; empty if she has just begun.
 */
after: string, 
/**
 * Whose home the receiver goes to.
 */
before: string, };

export type KeyBoard = { counts: KeyCounts, 
/**
 * The copies of the filter; none of what will be missing, which is told by key and day.
 */
rows: Array<KeyBoardRow>, 
/**
 * What will be missing, by time, where that is the filter.
 */
missing: Array<MissingRow>, 
/**
 * How many there are beyond those shown.
 */
more: number, cabinets: Array<string>, 
/**
 * Whom a key can be handed to, and whose keys the key log can be asked for.
 */
colleagues: Array<Colleague>, 
/**
 * The units whose office she works at.
 */
units: Array<OfficeUnit>, 
/**
 * When keys should be back, `HH:MM`.
 */
curfew: string | null, 
/**
 * What carers noted of keys on their run sheets, the newest first.
 */
notes: Array<KeyNote>, sync: SyncChip, };

export type KeyBoardRow = { line: KeyLine, 
/**
 * Who is next to need it, and when.
 */
next_name: string, next_at: number | null, };

export type KeyCounts = { needs_office: number, out: number, in_cabinet: number, missing_ahead: number, lost: number, all: number, };

export type KeyFactLine = { fact: string, 
/**
 * The kind of fact.
 */
what: string, copy: number | null, 
/**
 * Whose act.
 */
name: string, 
/**
 * Who entered it, if another; empty otherwise.
 */
entered_by: string, 
/**
 * When, as stated.
 */
at: number, 
/**
 * The phone's clock.
 */
clock: number, 
/**
 * When the server got it.
 */
received_at: number | null, 
/**
 * A cabinet, a borrower, the other person of a hand-over, a step, a register.
 */
detail: string, 
/**
 * Words; of a choice the value, as stored.
 */
text: string, flags: Array<KeyFlag>, 
/**
 * Withdrawn or settled.
 */
is_void: boolean, };

export type KeyFlag = "disputed" | "order_unclear" | "returned_by_another" | "in_another_cabinet" | "taken_without_need" | "unconfirmed" | "out_overnight" | "lost" | "missing" | "damaged" | "lock_changed" | "same_tag" | "clash" | "newer_fact";

export type KeyHomeView = { 
/**
 * The document that says so.
 */
home: string, 
/**
 * Whose; nobody's any more if none, and only what was signed for it is left.
 */
recipient: string | null, name: string, address: string, receipts: Array<ReceiptText>, };

export type KeyLine = { key: string, copy: number, 
/**
 * What is written on its tag.
 */
tag: string, kind: KeyKind, 
/**
 * Street and number of the homes that it opens, where this vault may know them.
 */
homes: Array<string>, 
/**
 * Its own cabinet and hook.
 */
cabinet: string, hook: string, place: KeyPlaceKind, 
/**
 * The cabinet that it is in or should be in, or to whom it is lent.
 */
where_text: string, 
/**
 * Who has it, or gives it.
 */
person: string | null, name: string, 
/**
 * Her telephone, to ask her for it.
 */
telephone: string, 
/**
 * Who receives it, while it is handed over.
 */
to: string | null, to_name: string, 
/**
 * Since when.
 */
since: number | null, flags: Array<KeyFlag>, 
/**
 * What contradicts each other.
 */
sides: Array<KeySide>, 
/**
 * How far the case of a lost copy has come, and of how many steps.
 */
lost_step: number | null, lost_steps: number, 
/**
 * The steps taken since it was lost.
 */
lost_done: Array<LostStep>, 
/**
 * On her own lists, and where she looks up a tag: her latest fact about it that holds, to take back.
 */
own_fact: string | null, };

export type KeyNote = { fact: string, at: number, 
/**
 * Whose note.
 */
name: string, tag: string, key: string | null, what: KeyNoteKind, 
/**
 * Whose alarm it was, by name or in her words.
 */
for_name: string, 
/**
 * When it was raised.
 */
alarmed_at: number | null, text: string, };

export type KeyNoteKind = "alarm" | "kept" | "unknown_tag";

export type KeyPlaceKind = "cabinet" | "with" | "given" | "received" | "missing" | "lost" | "lent" | "retired";

export type KeyReminder = { why: KeyReminderWhy, 
/**
 * When it is due, and since when it should be told.
 */
at: number, 
/**
 * It is time now.
 */
is_due: boolean, 
/**
 * The shift has ended, or the curfew has passed.
 */
is_over: boolean, 
/**
 * Of what she has to put back by then.
 */
tags: Array<string>, };

export type KeyReminderWhy = "shift_ends" | "curfew";

export type KeySide = { fact: string, 
/**
 * Her name.
 */
by: string, 
/**
 * Hers, to ask her; empty for one's own.
 */
telephone: string, is_me: boolean, 
/**
 * The kind of fact: `taken`, `returned`.
 */
what: string, at: number, 
/**
 * What must not hold for this to hold; empty where it cannot hold, and outside the key's own view.
 */
overrules: string[], };

export type KeyView = { key: string, tag: string, kind: KeyKind, cabinet: string, hook: string, copies: Array<KeyLine>, homes: Array<KeyHomeView>, clashes: Array<ClashView>, 
/**
 * The newest first.
 */
history: Array<KeyFactLine>, 
/**
 * What carers noted of it on their run sheets, the newest first.
 */
notes: Array<KeyNote>, is_retired: boolean, 
/**
 * She may change it.
 */
may_change: boolean, };

export type KeysView = { now: number, 
/**
 * Of the round that she does not have, by when they are needed.
 */
needed: Array<NeededKey>, mine: Array<MyKey>, 
/**
 * Others say that they handed them to her, or that she handed them over.
 */
to_confirm: Array<KeyLine>, 
/**
 * Disputed ones that she says she has or had.
 */
disputed: Array<KeyLine>, 
/**
 * Those that she has, by her own word where that is disputed, and would keep if her shift ended now.
 */
kept: Array<KeyLine>, 
/**
 * Missing for her visits of the next days.
 */
ahead: Array<MissingRow>, cabinets: Array<string>, colleagues: Array<Colleague>, reminder: KeyReminder | null, sync: SyncChip, };

export type LedgerFile = { 
/**
 * Where it lies.
 */
path: string, lines: number, 
/**
 * The digest over its lines, hexadecimal.
 */
digest: string, };

export type LedgerFormat = "csv" | "pdf";

export type LedgerLine = { key: string, 
/**
 * What is written on the copy's tag.
 */
tag: string, fact: string, 
/**
 * The kind of fact.
 */
what: string, copy: number | null, 
/**
 * Whose act.
 */
name: string, 
/**
 * Who entered it, if another; empty otherwise.
 */
entered_by: string, 
/**
 * When, as stated.
 */
at: number, 
/**
 * The phone's clock.
 */
clock: number, 
/**
 * When the server got it.
 */
received_at: number | null, 
/**
 * The vault that signed it.
 */
vault: string, 
/**
 * The change that brought it, hexadecimal.
 */
hash: string, 
/**
 * A cabinet, a borrower, the other person of a hand-over, a step, a register.
 */
detail: string, 
/**
 * Words; of a choice the value, as stored.
 */
text: string, 
/**
 * Withdrawn or settled.
 */
is_void: boolean, };

export type LedgerQuery = { 
/**
 * Of one unit's keys; if none, of the unit that the key is of, or of the one whose office she works at.
 */
unit: string | null, 
/**
 * Of one key.
 */
key: string | null, 
/**
 * That a person entered, that speak of her act, or that name her as the other of a hand-over.
 */
person: string | null, 
/**
 * Of the keys whose own cabinet it is, and those that name it.
 */
cabinet: string | null, 
/**
 * The first day that is stated, `YYYY-MM-DD`.
 */
from: string | null, 
/**
 * The last day that is stated.
 */
to: string | null, };

export type LedgerView = { 
/**
 * The newest first.
 */
lines: Array<LedgerLine>, 
/**
 * How many there are, also those that are not shown.
 */
total: number, };

export type MissingRow = { key: string, tag: string, 
/**
 * `YYYY-MM-DD`.
 */
day: string, 
/**
 * Who needs it, for which visit and when.
 */
person: string, name: string, visit: string, visit_name: string, start: number, 
/**
 * Who has it then; empty if every copy is gone.
 */
holder_name: string, hand_over: HandOverView | null, };

export type MyKey = { line: KeyLine, 
/**
 * Her round needs it.
 */
in_round: boolean, 
/**
 * What she took it for; none if she was handed it.
 */
what_for: KeyUse | null, 
/**
 * When the alarm was raised that she took it for.
 */
alarmed_at: number | null, 
/**
 * Who handed it to her.
 */
from_name: string, 
/**
 * When her shift ends, and with it the time to put it back.
 */
back_by: number | null, delivery: Delivery, };

export type NeededKey = { 
/**
 * The copy that she would take, or the one that is soonest to be had.
 */
line: KeyLine, 
/**
 * Whether it hangs in a cabinet.
 */
can_take: boolean, 
/**
 * The first visit that needs it.
 */
visit: string, visit_name: string, start: number, };

export type OfficeUnit = { unit: string, name: string, };

export type TagView = { "is": "known", lines: Array<KeyLine>, } | { "is": "retired", lines: Array<KeyLine>, } | { "is": "no_copy", 
/**
 * In one spelling, with its number.
 */
tag: string, 
/**
 * The copies that there are.
 */
lines: Array<KeyLine>, } | { "is": "unknown", 
/**
 * In one spelling.
 */
tag: string, } | { "is": "no_tag" };

export type Event = { "event": "changed" } | { "event": "sync", chip: SyncChip, };

export type Command = { "command": "app" } | { "command": "enrol", "args": { 
/**
 * `https://…`; `http://` only on loopback.
 */
server: string, code: string, } } | { "command": "open_vault", "args": { vault: string, } } | { "command": "prefer", "args": { preferences: Preferences, } } | { "command": "day", "args": { 
/**
 * `YYYY-MM-DD`.
 */
date: string | null, } } | { "command": "visit", "args": { visit: string, } } | { "command": "recipient", "args": { recipient: string, } } | { "command": "find_recipient", "args": { text: string, } } | { "command": "show_door_code", "args": { recipient: string, } } | { "command": "catalogue" } | { "command": "act", "args": { intent: Intent, } } | { "command": "undo", "args": { action: string, } } | { "command": "late_preview", "args": { 
/**
 * The first visit that is late.
 */
visit: string, 
/**
 * When it will begin: minutes after its planned start, or `HH:MM`.
 */
minutes: number | null, time: string | null, } } | { "command": "late_status", "args": { visits: Array<LateVisit>, } } | { "command": "shift_closing", "args": { run_sheet: string, } } | { "command": "my_incidents" } | { "command": "keep_typing", "args": { 
/**
 * Absent while the draft has no document yet.
 */
draft: string | null, text: DraftText, } } | { "command": "keep_text", "args": { place: TextPlace, 
/**
 * Empty for nothing to keep.
 */
text: string, } } | { "command": "kept_text", "args": { place: TextPlace, } } | { "command": "my_record", "args": { 
/**
 * The most lines to answer with.
 */
most: number, } } | { "command": "sync" } | { "command": "sync_now" } | { "command": "see_refused" } | { "command": "see_mended" } | { "command": "board", "args": { 
/**
 * `YYYY-MM-DD`, today if absent.
 */
date: string | null, } } | { "command": "visit_facts", "args": { visit: string, } } | { "command": "late_notices", "args": { date: string | null, } } | { "command": "incidents" } | { "command": "refused" } | { "command": "keys" } | { "command": "find_tag", "args": { text: string, } } | { "command": "key_board", "args": { filter: KeyFilter, 
/**
 * A tag, a home or a person; empty for all.
 */
text: string, } } | { "command": "key", "args": { key: string, } } | { "command": "cabinet", "args": { cabinet: string, 
/**
 * When this count began, seconds since 1970.
 */
since: number, } } | { "command": "ledger", "args": { query: LedgerQuery, } } | { "command": "export_ledger", "args": { query: LedgerQuery, format: LedgerFormat, } };

/** Each command with the type of its answer. */
export interface Answers {
  app: App;
  enrol: App;
  open_vault: App;
  prefer: App;
  day: DayView;
  visit: VisitView;
  recipient: RecipientView;
  find_recipient: RecipientView[];
  show_door_code: string;
  catalogue: WishView[];
  act: Done;
  undo: Done;
  late_preview: LatePreview;
  late_status: LatePreview;
  shift_closing: ShiftClosing;
  my_incidents: DraftView[];
  keep_typing: null;
  keep_text: null;
  kept_text: string;
  my_record: MyRecord;
  sync: SyncView;
  sync_now: SyncView;
  see_refused: SyncView;
  see_mended: App;
  board: Board;
  visit_facts: VisitFacts;
  late_notices: LateLine[];
  incidents: IncidentLine[];
  refused: RefusedLine[];
  keys: KeysView;
  find_tag: TagView;
  key_board: KeyBoard;
  key: KeyView;
  cabinet: CabinetCount;
  ledger: LedgerView;
  export_ledger: LedgerFile;
}
