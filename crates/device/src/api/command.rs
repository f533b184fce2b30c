//! The commands of the boundary, shared by the Tauri shell and the loopback host.

use rundan_model::{ActionId, DocumentId, VaultId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{DraftText, Intent, KeyFilter, LateVisit, LedgerFormat, LedgerQuery, TextPlace};

/// How the app looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the phone.
    System,
    #[allow(missing_docs)]
    Light,
    #[allow(missing_docs)]
    Dark,
}

/// What a person chose for this phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Preferences {
    /// `sv` or `en`.
    pub language: String,
    #[allow(missing_docs)]
    pub theme: Theme,
    /// Percent of the ordinary text size: 100, 125, 150 or 200.
    pub text_size: u16,
}

/// A call from the page. The answer's type stands beside each in `generated.ts`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(tag = "command", content = "args", rename_all = "snake_case")]
pub enum Command {
    /// What the app is: vaults, preferences, clock. Answers `App`.
    App,
    /// Enrols a vault with a one-time code. Answers `App`.
    Enrol {
        /// `https://…`; `http://` only on loopback.
        server: String,
        #[allow(missing_docs)]
        code: String,
    },
    /// Makes another vault of this phone the open one. Answers `App`.
    OpenVault {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        vault: VaultId,
    },
    /// Changes the preferences. Answers `App`.
    Prefer {
        #[allow(missing_docs)]
        preferences: Preferences,
    },
    /// A carer's day; if no date, the one that she works on: today, or that of a shift since yesterday that still
    /// runs. Answers `DayView`.
    Day {
        /// `YYYY-MM-DD`.
        date: Option<String>,
    },
    /// A visit. Answers `VisitView`.
    Visit {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
    },
    /// A recipient's card. Answers `RecipientView`.
    Recipient {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        recipient: DocumentId,
    },
    /// Recipients on this phone whose name has the text. Answers `RecipientView[]`, at most 50.
    FindRecipient {
        #[allow(missing_docs)]
        text: String,
    },
    /// Shows a door code, and records that it was shown. Answers `string`.
    ShowDoorCode {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        recipient: DocumentId,
    },
    /// The catalogue of interventions, for an extra one. Answers `WishView[]`.
    Catalogue,
    /// Does what a person asks for. Answers `Done`.
    Act {
        #[allow(missing_docs)]
        intent: Intent,
    },
    /// Takes an action back by withdrawing its facts. Answers `Done`.
    Undo {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        action: ActionId,
    },
    /// Which visits a delay moves. Answers `LatePreview`.
    LatePreview {
        /// The first visit that is late.
        #[ts(type = "string")]
        visit: DocumentId,
        /// When it will begin: minutes after its planned start, or `HH:MM`.
        minutes: Option<u32>,
        #[allow(missing_docs)]
        time: Option<String>,
    },
    /// The latest notices of these visits. Answers `LatePreview`.
    LateStatus {
        #[allow(missing_docs)]
        visits: Vec<LateVisit>,
    },
    /// What the end of the shift leaves open. Answers `ShiftClosing`.
    ShiftClosing {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        run_sheet: DocumentId,
    },
    /// Drafts and submitted incidents of this person. Answers `DraftView[]`.
    MyIncidents,
    /// Keeps what is being typed, at each key press, without making a change of it. Answers `null`.
    KeepTyping {
        /// Absent while the draft has no document yet.
        #[ts(type = "string | null")]
        draft: Option<DocumentId>,
        #[allow(missing_docs)]
        text: DraftText,
    },
    /// Keeps a text of a form as it is typed, until the action that uses it. Answers `null`.
    KeepText {
        #[allow(missing_docs)]
        place: TextPlace,
        /// Empty for nothing to keep.
        text: String,
    },
    /// What was typed there before. Answers `string`, empty if nothing was.
    KeptText {
        #[allow(missing_docs)]
        place: TextPlace,
    },
    /// All that is stored about this person's work. Answers `MyRecord`.
    MyRecord {
        /// The most lines to answer with.
        most: u32,
    },
    /// How far everything has come. Answers `SyncView`.
    Sync,
    /// Synchronises now (pull-down). Answers `SyncView`, at once; progress comes as events.
    SyncNow,
    /// Says that she has seen what was refused. Answers `SyncView`.
    SeeRefused,
    /// Says that she has seen that a damaged store was mended. Answers `App`.
    SeeMended,
    /// The office's day. Answers `Board`.
    Board {
        /// `YYYY-MM-DD`, today if absent.
        date: Option<String>,
    },
    /// A visit with all its facts. Answers `VisitFacts`.
    VisitFacts {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        visit: DocumentId,
    },
    /// Late notices of a day. Answers `LateLine[]`.
    LateNotices {
        #[allow(missing_docs)]
        date: Option<String>,
    },
    /// Incidents, the newest first. Answers `IncidentLine[]`, at most 500.
    Incidents,
    /// Work that the server refused, the newest first. Answers `RefusedLine[]`, at most 500.
    Refused,
    /// A carer's keys. Answers `KeysView`.
    Keys,
    /// What a tag is that was scanned or typed. Answers `TagView`.
    FindTag {
        #[allow(missing_docs)]
        text: String,
    },
    /// The office's key board. Answers `KeyBoard`, at most 200 rows.
    KeyBoard {
        #[allow(missing_docs)]
        filter: KeyFilter,
        /// A tag, a home or a person; empty for all.
        text: String,
    },
    /// A key with its history. Answers `KeyView`.
    Key {
        #[ts(type = "string")]
        #[allow(missing_docs)]
        key: DocumentId,
    },
    /// A cabinet to be counted. Answers `CabinetCount`.
    Cabinet {
        #[allow(missing_docs)]
        cabinet: String,
        /// When this count began, seconds since 1970.
        #[ts(type = "number")]
        since: i64,
    },
    /// The ledger of keys, for the office: what this vault holds of it. Answers `LedgerView`, at most 500 lines.
    Ledger {
        #[allow(missing_docs)]
        query: LedgerQuery,
    },
    /// The ledger of keys as a file that the server signed, for the office, written among the person's downloads.
    /// Answers `LedgerFile`.
    ExportLedger {
        #[allow(missing_docs)]
        query: LedgerQuery,
        #[allow(missing_docs)]
        format: LedgerFormat,
    },
}

/// What the device tells the page unasked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Something that views show has changed; reload what is on the screen.
    Changed,
    /// The state of sync has changed.
    Sync {
        #[allow(missing_docs)]
        chip: super::SyncChip,
    },
}

/// Each command's name with the TypeScript type of its answer, in the order of [`Command`].
pub fn command_names() -> &'static [(&'static str, &'static str)] {
    &[
        ("app", "App"),
        ("enrol", "App"),
        ("open_vault", "App"),
        ("prefer", "App"),
        ("day", "DayView"),
        ("visit", "VisitView"),
        ("recipient", "RecipientView"),
        ("find_recipient", "RecipientView[]"),
        ("show_door_code", "string"),
        ("catalogue", "WishView[]"),
        ("act", "Done"),
        ("undo", "Done"),
        ("late_preview", "LatePreview"),
        ("late_status", "LatePreview"),
        ("shift_closing", "ShiftClosing"),
        ("my_incidents", "DraftView[]"),
        ("keep_typing", "null"),
        ("keep_text", "null"),
        ("kept_text", "string"),
        ("my_record", "MyRecord"),
        ("sync", "SyncView"),
        ("sync_now", "SyncView"),
        ("see_refused", "SyncView"),
        ("see_mended", "App"),
        ("board", "Board"),
        ("visit_facts", "VisitFacts"),
        ("late_notices", "LateLine[]"),
        ("incidents", "IncidentLine[]"),
        ("refused", "RefusedLine[]"),
        ("keys", "KeysView"),
        ("find_tag", "TagView"),
        ("key_board", "KeyBoard"),
        ("key", "KeyView"),
        ("cabinet", "CabinetCount"),
        ("ledger", "LedgerView"),
        ("export_ledger", "LedgerFile"),
    ]
}
