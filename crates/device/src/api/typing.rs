//! What is being typed on a screen, before it is anything that the person has said.

use rundan_model::DocumentId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a text that is being typed is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TextUse {
    /// A note on a visit.
    Note,
    /// Why an intervention was not done; `about` is its key.
    NotDone,
    /// Why a visit began at another time than the phone's.
    StartTime,
    /// Why it ended at another time.
    EndTime,
    /// What other working time was for; the document is the run sheet.
    OtherTime,
    /// Why she is late; the document is the first visit that is.
    Late,
    /// What is added to an incident.
    Addition,
    /// To whom an unplanned visit is; there is no document yet.
    Unplanned,
    /// Why a visit is cancelled (office).
    Cancellation,
    /// Why a dispute is settled as it is (office).
    Settlement,
    /// Why refused work is put aside (office).
    PutAside,
    /// Words on a key; `about` is which copy and what of it.
    Key,
    /// What she did with a tag that her phone does not know, which is `about`; there is no document.
    Tag,
    /// Why she keeps keys when her shift ends; the document is the run sheet.
    KeysKept,
}

impl TextUse {
    /// The word for it in the store.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::NotDone => "not_done",
            Self::StartTime => "start_time",
            Self::EndTime => "end_time",
            Self::OtherTime => "other_time",
            Self::Late => "late",
            Self::Addition => "addition",
            Self::Unplanned => "unplanned",
            Self::Cancellation => "cancellation",
            Self::Settlement => "settlement",
            Self::PutAside => "put_aside",
            Self::Key => "key",
            Self::Tag => "tag",
            Self::KeysKept => "keys_kept",
        }
    }
}

/// Where a text that is being typed belongs: one place holds one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TextPlace {
    #[allow(missing_docs)]
    pub what: TextUse,
    /// What it is written on; absent where the action will begin it.
    #[ts(type = "string | null")]
    pub document: Option<DocumentId>,
    /// Which part of the document, such as an intervention's key; empty for the whole.
    pub about: String,
}
