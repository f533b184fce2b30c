//! What a screen may ask of the device and what it is told: the one boundary between Rust and the page.
//!
//! The types here become `app-ui/src/lib/api/generated.ts`. They say everything in the page's terms;
//! instants are seconds since 1970 UTC, and the page shows them in Europe/Stockholm.

mod command;
mod error;
mod intent;
mod key;
mod office;
mod typescript;
mod typing;
mod view;

pub use command::{Command, Event, Preferences, Theme, command_names};
pub use error::{ApiError, ErrorCode};
pub use intent::{Done, DraftText, EndOther, Intent, LateVisit, PlanChange, SlotTime, Stated};
pub use key::{
    AlarmFor, CabinetCount, Colleague, CountLine, HandOverView, KeyBoard, KeyBoardRow, KeyChange, KeyCopyRef,
    KeyCounts, KeyFactLine, KeyFilter, KeyFlag, KeyHomeView, KeyLine, KeyNote, KeyNoteKind, KeyPlaceKind, KeyReminder,
    KeyReminderWhy, KeyReport, KeySide, KeyView, KeysView, LedgerFile, LedgerFormat, LedgerLine, LedgerQuery,
    LedgerView, MissingRow, MyKey, NeededKey, OfficeUnit, ReceiptText, TagView,
};
pub use office::{
    Attention, AttentionKind, Board, BoardFigures, BoardRow, BoardVisit, CarerChoice, ClashView, DecisionView,
    DisputeView, FactLine, IncidentLine, LateLine, PlanLine, RefusedFact, RefusedLine, RefusedPut, RefusedState, Side,
    VisitFacts,
};
pub use typescript::typescript;
pub use typing::{TextPlace, TextUse};
pub use view::{
    App, BreakView, CarerMark, ChangeKind, ChangeNotice, CheckItem, CheckState, DayView, Delivery, DraftView, KeyTag,
    KinView, LateMark, LatePreview, LatePreviewLine, Mended, MyRecord, NoteView, OpenVisit, OtherTimeView, Partner,
    PartnerState, RecipientView, RunSheetView, Segment, ShiftClosing, Stop, SyncChip, SyncItem, SyncState, SyncView,
    VaultTrouble, VaultView, VisitCard, VisitFlag, VisitState, VisitView, WishView, YourFact,
};
