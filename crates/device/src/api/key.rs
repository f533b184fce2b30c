//! What the screens about keys ask for and show.

use rundan_model::{Borrower, DocumentId, FactId, KeyKind, KeyUse, LostStep, PersonId, UnitId, VaultId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{ClashView, Delivery, SyncChip};

/// One copy of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
pub struct KeyCopyRef {
    /// The key.
    #[ts(type = "string")]
    pub key: DocumentId,
    /// Which copy, from 1.
    pub copy: u32,
}

/// The alarm that an alarm key is taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AlarmFor {
    /// Whose alarm, if she is on this phone.
    #[ts(type = "string | null")]
    pub recipient: Option<DocumentId>,
    /// Her name in words, if not.
    pub name: String,
    /// When it was raised, `HH:MM` of today, or of yesterday if that is still to come today.
    pub at: String,
}

/// What someone says of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum KeyReport {
    /// It does not hang where it should (Fanns inte).
    NotThere,
    /// It is lost.
    Lost {
        /// Where it was last seen.
        text: String,
    },
    /// It was found.
    Found {
        /// The cabinet that it hangs in; none if she has it.
        cabinet: Option<String>,
    },
    /// It is damaged.
    Damaged {
        /// How.
        text: String,
    },
}

/// A receipt between a recipient and the unit (nyckelkvittens).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReceiptText {
    /// Whether the recipient got copies back; else she handed them over.
    pub is_back: bool,
    /// `YYYY-MM-DD`.
    pub day: String,
    /// How many copies.
    pub copies: u32,
    /// The name of who handed them over.
    pub from: String,
    /// The name of who received them.
    pub to: String,
}

/// What the office changes about a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum KeyChange {
    /// Where it hangs.
    Place {
        #[allow(missing_docs)]
        cabinet: String,
        #[allow(missing_docs)]
        hook: String,
    },
    /// How many copies there are.
    Copies {
        /// 1 to 20.
        copies: u32,
    },
    /// Which home it opens.
    Home {
        /// Whose home.
        #[ts(type = "string")]
        recipient: DocumentId,
        /// Whether it opens it, or does no more.
        opens: bool,
    },
    /// What was signed.
    Receipt {
        /// The document that says which home it opens.
        #[ts(type = "string")]
        home: DocumentId,
        #[allow(missing_docs)]
        receipt: ReceiptText,
    },
    /// A copy was lent out of the unit.
    Lent {
        #[allow(missing_docs)]
        copy: u32,
        #[allow(missing_docs)]
        borrower: Borrower,
        /// To whom, in words.
        to: String,
    },
    /// A step of what is done about a lost copy.
    LostStep {
        #[allow(missing_docs)]
        copy: u32,
        #[allow(missing_docs)]
        step: LostStep,
        #[allow(missing_docs)]
        text: String,
    },
    /// The lock was changed.
    LockChanged {
        #[allow(missing_docs)]
        text: String,
    },
    /// The tag is used no more, of one copy or of all.
    Retired {
        /// All if none.
        copy: Option<u32>,
        #[allow(missing_docs)]
        text: String,
    },
}

/// Where a copy is, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum KeyPlaceKind {
    Cabinet,
    With,
    /// Being handed over, as the giver says.
    Given,
    /// Being handed over, as the receiver says.
    Received,
    Missing,
    Lost,
    Lent,
    Retired,
}

/// What is odd about a key, or needs someone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeyFlag {
    /// What people state contradicts each other.
    Disputed,
    /// Only clocks say in which order it happened.
    OrderUnclear,
    /// Put back by another than who had it.
    ReturnedByAnother,
    /// In another cabinet than its own.
    InAnotherCabinet,
    /// Taken without a visit or an alarm that needs it.
    TakenWithoutNeed,
    /// It went on before the other side of a hand-over had confirmed it.
    Unconfirmed,
    /// Still out though whoever has it has no shift any more.
    OutOvernight,
    /// Lost.
    Lost,
    /// Not where it should hang.
    Missing,
    /// Damaged.
    Damaged,
    /// The lock was changed since: it opens nothing.
    LockChanged,
    /// Another key bears the same code.
    SameTag,
    /// Two values stand in what the office entered.
    Clash,
    /// It has a fact of a kind that this version does not know.
    NewerFact,
}

/// Someone's word on where a copy is, where it contradicts another's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct KeySide {
    #[ts(type = "string")]
    pub fact: FactId,
    /// Her name.
    pub by: String,
    /// Hers, to ask her; empty for one's own.
    pub telephone: String,
    pub is_me: bool,
    /// The kind of fact: `taken`, `returned`.
    pub what: String,
    #[ts(type = "number")]
    pub at: i64,
    /// What must not hold for this to hold; empty where it cannot hold, and outside the key's own view.
    #[ts(type = "string[]")]
    pub overrules: Vec<FactId>,
}

/// A copy of a key in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct KeyLine {
    #[ts(type = "string")]
    pub key: DocumentId,
    pub copy: u32,
    /// What is written on its tag.
    pub tag: String,
    pub kind: KeyKind,
    /// Street and number of the homes that it opens, where this vault may know them.
    pub homes: Vec<String>,
    /// Its own cabinet and hook.
    pub cabinet: String,
    pub hook: String,
    pub place: KeyPlaceKind,
    /// The cabinet that it is in or should be in, or to whom it is lent.
    pub where_text: String,
    /// Who has it, or gives it.
    #[ts(type = "string | null")]
    pub person: Option<PersonId>,
    pub name: String,
    /// Her telephone, to ask her for it.
    pub telephone: String,
    /// Who receives it, while it is handed over.
    #[ts(type = "string | null")]
    pub to: Option<PersonId>,
    pub to_name: String,
    /// Since when.
    #[ts(type = "number | null")]
    pub since: Option<i64>,
    pub flags: Vec<KeyFlag>,
    /// What contradicts each other.
    pub sides: Vec<KeySide>,
    /// How far the case of a lost copy has come, and of how many steps.
    pub lost_step: Option<u32>,
    pub lost_steps: u32,
    /// The steps taken since it was lost.
    pub lost_done: Vec<LostStep>,
    /// On her own lists, and where she looks up a tag: her latest fact about it that holds, to take back.
    #[ts(type = "string | null")]
    pub own_fact: Option<FactId>,
}

/// A key that she has, as her list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct MyKey {
    pub line: KeyLine,
    /// Her round needs it.
    pub in_round: bool,
    /// What she took it for; none if she was handed it.
    pub what_for: Option<KeyUse>,
    /// When the alarm was raised that she took it for.
    #[ts(type = "number | null")]
    pub alarmed_at: Option<i64>,
    /// Who handed it to her.
    pub from_name: String,
    /// When her shift ends, and with it the time to put it back.
    #[ts(type = "number | null")]
    pub back_by: Option<i64>,
    pub delivery: Delivery,
}

/// A key of her round that she does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct NeededKey {
    /// The copy that she would take, or the one that is soonest to be had.
    pub line: KeyLine,
    /// Whether it hangs in a cabinet.
    pub can_take: bool,
    /// The first visit that needs it.
    #[ts(type = "string")]
    pub visit: DocumentId,
    pub visit_name: String,
    #[ts(type = "number")]
    pub start: i64,
}

/// A key that will be missing on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct MissingRow {
    #[ts(type = "string")]
    pub key: DocumentId,
    pub tag: String,
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Who needs it, for which visit and when.
    #[ts(type = "string")]
    pub person: PersonId,
    pub name: String,
    #[ts(type = "string")]
    pub visit: DocumentId,
    pub visit_name: String,
    #[ts(type = "number")]
    pub start: i64,
    /// Who has it then; empty if every copy is gone.
    pub holder_name: String,
    pub hand_over: Option<HandOverView>,
}

/// How a missing key could come in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct HandOverView {
    pub from_name: String,
    pub telephone: String,
    #[ts(type = "number")]
    pub at: i64,
    /// Whose home the giver comes from; empty if she has just begun.
    pub after: String,
    /// Whose home the receiver goes to.
    pub before: String,
}

/// Someone to hand a key to, or to be handed it by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct Colleague {
    #[ts(type = "string")]
    pub person: PersonId,
    pub name: String,
    /// She is planned for a shift now.
    pub is_at_work: bool,
}

/// Why a carer is reminded of the keys that she has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum KeyReminderWhy {
    ShiftEnds,
    Curfew,
}

/// A reminder to put keys back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct KeyReminder {
    pub why: KeyReminderWhy,
    /// When it is due, and since when it should be told.
    #[ts(type = "number")]
    pub at: i64,
    /// It is time now.
    pub is_due: bool,
    /// The shift has ended, or the curfew has passed.
    pub is_over: bool,
    /// Of what she has to put back by then.
    pub tags: Vec<String>,
}

/// A carer's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct KeysView {
    #[ts(type = "number")]
    pub now: i64,
    /// Of the round that she does not have, by when they are needed.
    pub needed: Vec<NeededKey>,
    pub mine: Vec<MyKey>,
    /// Others say that they handed them to her, or that she handed them over.
    pub to_confirm: Vec<KeyLine>,
    /// Disputed ones that she says she has or had.
    pub disputed: Vec<KeyLine>,
    /// Those that she has, by her own word where that is disputed, and would keep if her shift ended now.
    pub kept: Vec<KeyLine>,
    /// Missing for her visits of the next days.
    pub ahead: Vec<MissingRow>,
    pub cabinets: Vec<String>,
    pub colleagues: Vec<Colleague>,
    pub reminder: Option<KeyReminder>,
    pub sync: SyncChip,
}

/// What a tag that was scanned or typed is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum TagView {
    /// A key; its copies, the one that the tag names alone if it names one.
    Known {
        #[allow(missing_docs)]
        lines: Vec<KeyLine>,
    },
    /// Its tag is used no more.
    Retired {
        #[allow(missing_docs)]
        lines: Vec<KeyLine>,
    },
    /// A key has its code, and no copy with its number.
    NoCopy {
        /// In one spelling, with its number.
        tag: String,
        /// The copies that there are.
        lines: Vec<KeyLine>,
    },
    /// No key of the unit has it: it may be another unit's.
    Unknown {
        /// In one spelling.
        tag: String,
    },
    /// It is no code of a tag.
    NoTag,
}

/// Which keys the office looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum KeyFilter {
    NeedsOffice,
    Out,
    InCabinet,
    MissingAhead,
    Lost,
    All,
}

/// A row of the office's key board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct KeyBoardRow {
    pub line: KeyLine,
    /// Who is next to need it, and when.
    pub next_name: String,
    #[ts(type = "number | null")]
    pub next_at: Option<i64>,
}

/// How many copies each filter has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct KeyCounts {
    pub needs_office: u32,
    pub out: u32,
    pub in_cabinet: u32,
    pub missing_ahead: u32,
    pub lost: u32,
    pub all: u32,
}

/// The office's key board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct KeyBoard {
    pub counts: KeyCounts,
    /// The copies of the filter; none of what will be missing, which is told by key and day.
    pub rows: Vec<KeyBoardRow>,
    /// What will be missing, by time, where that is the filter.
    pub missing: Vec<MissingRow>,
    /// How many there are beyond those shown.
    pub more: u32,
    pub cabinets: Vec<String>,
    /// Whom a key can be handed to, and whose keys the key log can be asked for.
    pub colleagues: Vec<Colleague>,
    /// The units whose office she works at.
    pub units: Vec<OfficeUnit>,
    /// When keys should be back, `HH:MM`.
    pub curfew: Option<String>,
    /// What carers noted of keys on their run sheets, the newest first.
    pub notes: Vec<KeyNote>,
    pub sync: SyncChip,
}

/// A unit whose office someone works at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct OfficeUnit {
    #[ts(type = "string")]
    pub unit: UnitId,
    pub name: String,
}

/// What a note on a key is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum KeyNoteKind {
    /// The alarm that an alarm key was taken for.
    Alarm,
    /// Why it was kept when a shift ended.
    Kept,
    /// A tag that the phone did not know, or that is used no more.
    UnknownTag,
}

/// What a carer noted of a key on her run sheet, where only she and the office read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct KeyNote {
    #[ts(type = "string")]
    pub fact: FactId,
    #[ts(type = "number")]
    pub at: i64,
    /// Whose note.
    pub name: String,
    pub tag: String,
    #[ts(type = "string | null")]
    pub key: Option<DocumentId>,
    pub what: KeyNoteKind,
    /// Whose alarm it was, by name or in her words.
    pub for_name: String,
    /// When it was raised.
    #[ts(type = "number | null")]
    pub alarmed_at: Option<i64>,
    pub text: String,
}

/// One fact of a key's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct KeyFactLine {
    #[ts(type = "string")]
    pub fact: FactId,
    /// The kind of fact.
    pub what: String,
    pub copy: Option<u32>,
    /// Whose act.
    pub name: String,
    /// Who entered it, if another; empty otherwise.
    pub entered_by: String,
    /// When, as stated.
    #[ts(type = "number")]
    pub at: i64,
    /// The phone's clock.
    #[ts(type = "number")]
    pub clock: i64,
    /// When the server got it.
    #[ts(type = "number | null")]
    pub received_at: Option<i64>,
    /// A cabinet, a borrower, the other person of a hand-over, a step, a register.
    pub detail: String,
    /// Words; of a choice the value, as stored.
    pub text: String,
    pub flags: Vec<KeyFlag>,
    /// Withdrawn or settled.
    pub is_void: bool,
}

/// A home that a key opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct KeyHomeView {
    /// The document that says so.
    #[ts(type = "string")]
    pub home: DocumentId,
    /// Whose; nobody's any more if none, and only what was signed for it is left.
    #[ts(type = "string | null")]
    pub recipient: Option<DocumentId>,
    pub name: String,
    pub address: String,
    pub receipts: Vec<ReceiptText>,
}

/// A key with its whole history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct KeyView {
    #[ts(type = "string")]
    pub key: DocumentId,
    pub tag: String,
    pub kind: KeyKind,
    pub cabinet: String,
    pub hook: String,
    pub copies: Vec<KeyLine>,
    pub homes: Vec<KeyHomeView>,
    pub clashes: Vec<ClashView>,
    /// The newest first.
    pub history: Vec<KeyFactLine>,
    /// What carers noted of it on their run sheets, the newest first.
    pub notes: Vec<KeyNote>,
    pub is_retired: bool,
    /// She may change it.
    pub may_change: bool,
}

/// A copy that a count of a cabinet asks about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct CountLine {
    pub line: KeyLine,
    /// It should hang there.
    pub is_expected: bool,
    /// As it was counted since the count began.
    pub counted: Option<bool>,
}

/// A cabinet to be counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct CabinetCount {
    pub cabinet: String,
    /// By hook.
    pub lines: Vec<CountLine>,
    /// When it was counted last.
    #[ts(type = "number | null")]
    pub counted_at: Option<i64>,
    pub counted_by: String,
}

/// Which facts about keys a ledger lists: those that fit all that is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LedgerQuery {
    /// Of one unit's keys; if none, of the unit that the key is of, or of the one whose office she works at.
    #[ts(type = "string | null")]
    pub unit: Option<UnitId>,
    /// Of one key.
    #[ts(type = "string | null")]
    pub key: Option<DocumentId>,
    /// That a person entered, that speak of her act, or that name her as the other of a hand-over.
    #[ts(type = "string | null")]
    pub person: Option<PersonId>,
    /// Of the keys whose own cabinet it is, and those that name it.
    pub cabinet: Option<String>,
    /// The first day that is stated, `YYYY-MM-DD`.
    pub from: Option<String>,
    /// The last day that is stated.
    pub to: Option<String>,
}

/// In what form a ledger is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum LedgerFormat {
    Csv,
    Pdf,
}

/// A fact about a key, with all that is known of how it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct LedgerLine {
    #[ts(type = "string")]
    pub key: DocumentId,
    /// What is written on the copy's tag.
    pub tag: String,
    #[ts(type = "string")]
    pub fact: FactId,
    /// The kind of fact.
    pub what: String,
    pub copy: Option<u32>,
    /// Whose act.
    pub name: String,
    /// Who entered it, if another; empty otherwise.
    pub entered_by: String,
    /// When, as stated.
    #[ts(type = "number")]
    pub at: i64,
    /// The phone's clock.
    #[ts(type = "number")]
    pub clock: i64,
    /// When the server got it.
    #[ts(type = "number | null")]
    pub received_at: Option<i64>,
    /// The vault that signed it.
    #[ts(type = "string")]
    pub vault: VaultId,
    /// The change that brought it, hexadecimal.
    pub hash: String,
    /// A cabinet, a borrower, the other person of a hand-over, a step, a register.
    pub detail: String,
    /// Words; of a choice the value, as stored.
    pub text: String,
    /// Withdrawn or settled.
    pub is_void: bool,
}

/// The lines of a ledger that this vault holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct LedgerView {
    /// The newest first.
    pub lines: Vec<LedgerLine>,
    /// How many there are, also those that are not shown.
    pub total: u32,
}

/// A ledger that was written into a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[allow(missing_docs)]
pub struct LedgerFile {
    /// Where it lies.
    pub path: String,
    pub lines: u32,
    /// The digest over its lines, hexadecimal.
    pub digest: String,
}
