//! The page's types, printed from the Rust ones.

use rundan_model as model;
use ts_rs::{Config, TS};

use super::*;

/// The whole of `app-ui/src/lib/api/generated.ts`.
pub fn typescript() -> String {
    let config = Config::new();
    let mut text = String::from("// Printed from Rust by `cargo xtask generate`; never edited.\n\n");
    macro_rules! declare {
        ($($type:ty),+ $(,)?) => {
            $(
                text.push_str("export ");
                text.push_str(&<$type as TS>::decl(&config));
                text.push_str("\n\n");
            )+
        };
    }
    declare!(
        model::Role,
        model::EmploymentRole,
        model::InterventionGroup,
        model::KeyKind,
        model::KeyUse,
        model::Borrower,
        model::LostStep,
        model::NotDoneReason,
        model::NotCarriedOutReason,
        model::PauseCause,
        model::UnplannedCause,
        model::OtherTimeKind,
        model::LateReason,
        model::ToldOutcome,
        model::IncidentKind,
        model::PoliceReport,
        ErrorCode,
        ApiError,
        Theme,
        Preferences,
        Stated,
        EndOther,
        LateVisit,
        SlotTime,
        PlanChange,
        DraftText,
        KeyCopyRef,
        AlarmFor,
        KeyReport,
        ReceiptText,
        KeyChange,
        KeyFilter,
        TextUse,
        TextPlace,
        Intent,
        Done,
        Delivery,
        VisitState,
        VisitFlag,
        Segment,
        PartnerState,
        Partner,
        LateMark,
        ChangeKind,
        CarerMark,
        ChangeNotice,
        KeyTag,
        VisitCard,
        BreakView,
        Stop,
        OtherTimeView,
        RunSheetView,
        SyncState,
        SyncChip,
        VaultView,
        VaultTrouble,
        Mended,
        App,
        DayView,
        Side,
        CheckState,
        YourFact,
        CheckItem,
        NoteView,
        ClashView,
        DisputeView,
        DecisionView,
        VisitView,
        KinView,
        WishView,
        RecipientView,
        LatePreviewLine,
        LatePreview,
        OpenVisit,
        ShiftClosing,
        DraftView,
        FactLine,
        MyRecord,
        SyncItem,
        SyncView,
        BoardVisit,
        BoardRow,
        BoardFigures,
        AttentionKind,
        Attention,
        CarerChoice,
        Board,
        PlanLine,
        VisitFacts,
        LateLine,
        IncidentLine,
        RefusedFact,
        RefusedPut,
        RefusedState,
        RefusedLine,
        CabinetCount,
        Colleague,
        CountLine,
        HandOverView,
        KeyBoard,
        KeyBoardRow,
        KeyCounts,
        KeyFactLine,
        KeyFlag,
        KeyHomeView,
        KeyLine,
        KeyPlaceKind,
        KeyReminder,
        KeyReminderWhy,
        KeySide,
        KeyView,
        KeysView,
        MissingRow,
        MyKey,
        NeededKey,
        TagView,
        Event,
        Command,
    );
    text.push_str("/** Each command with the type of its answer. */\nexport interface Answers {\n");
    for (name, answer) in command_names() {
        text.push_str(&format!("  {name}: {answer};\n"));
    }
    text.push_str("}\n");
    text
}
