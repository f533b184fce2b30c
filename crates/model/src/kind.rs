//! The kinds of documents (design: "a document is the unit of reading").

use std::fmt;

/// The newest schema that this code writes: that of its newest kind. A client writes only kinds up to the schema that
/// its server announced.
pub const SCHEMA: u32 = 1;

/// What a document is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The unit's settings, areas and catalogue.
    Unit,
    /// Settings that only the office sees.
    UnitOffice,
    /// Someone employed.
    Staff,
    /// A recipient (brukare).
    Recipient,
    /// A recipient's door codes and the way in.
    Access,
    /// A care decision (biståndsbeslut).
    Decision,
    /// One carer's working day (arbetskort).
    RunSheet,
    /// A visit (besök).
    Visit,
    /// An incident note that was submitted (avvikelse).
    Incident,
    /// Text that its author has not submitted.
    Draft,
    /// Work that the server refused, kept for the office.
    Refused,
    /// A kind that this version does not know: kept, never judged.
    Unknown(String),
}

impl Kind {
    /// Every kind known to this version.
    pub const ALL: &[Self] = &[
        Self::Unit,
        Self::UnitOffice,
        Self::Staff,
        Self::Recipient,
        Self::Access,
        Self::Decision,
        Self::RunSheet,
        Self::Visit,
        Self::Incident,
        Self::Draft,
        Self::Refused,
    ];

    /// The kind as genesis states it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unit => "unit",
            Self::UnitOffice => "unit-office",
            Self::Staff => "staff",
            Self::Recipient => "recipient",
            Self::Access => "access",
            Self::Decision => "decision",
            Self::RunSheet => "run-sheet",
            Self::Visit => "visit",
            Self::Incident => "incident",
            Self::Draft => "draft",
            Self::Refused => "refused",
            Self::Unknown(kind) => kind,
        }
    }

    /// The schema that the kind came with: servers that announce less do not know it. A kind keeps its own for ever.
    pub fn schema(&self) -> u32 {
        match self {
            Self::Unit
            | Self::UnitOffice
            | Self::Staff
            | Self::Recipient
            | Self::Access
            | Self::Decision
            | Self::RunSheet
            | Self::Visit
            | Self::Incident
            | Self::Draft
            | Self::Refused => 1,
            Self::Unknown(_) => SCHEMA + 1,
        }
    }
}

impl From<&str> for Kind {
    fn from(text: &str) -> Self {
        Self::ALL.iter().find(|kind| kind.as_str() == text).cloned().unwrap_or_else(|| Self::Unknown(text.to_owned()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_reads_back_and_a_newer_one_is_kept() {
        for kind in Kind::ALL {
            assert_eq!(&Kind::from(kind.as_str()), kind);
        }
        assert_eq!(Kind::from("key").as_str(), "key");
    }

    #[test]
    fn the_newest_kind_sets_the_schema() {
        assert_eq!(Kind::ALL.iter().map(Kind::schema).max(), Some(SCHEMA));
        assert!(Kind::Unknown("key".into()).schema() > SCHEMA);
    }
}
