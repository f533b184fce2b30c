//! The files of an export and the columns that each must have.

use serde::Serialize;

/// A file of the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFile {
    /// The intervention catalogue.
    Interventions,
    /// Everyone employed.
    Staff,
    /// Everyone who has help or an alarm.
    Recipients,
    /// Their next of kin.
    NextOfKin,
    /// Their keys, with tag, cabinet and hook.
    Keys,
    /// How each wants an intervention done. Few planning systems know, so it may be missing.
    Wishes,
    /// What each was granted.
    Decisions,
    /// Who works when.
    Shifts,
    /// Who is visited when, by whom, for what.
    Visits,
}

impl ExportFile {
    /// Every file, in the order in which they are read: what is pointed at comes before what points.
    pub const ALL: [Self; 9] = [
        Self::Interventions,
        Self::Staff,
        Self::Recipients,
        Self::NextOfKin,
        Self::Keys,
        Self::Wishes,
        Self::Decisions,
        Self::Shifts,
        Self::Visits,
    ];

    /// The file's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interventions => "interventions.csv",
            Self::Staff => "staff.csv",
            Self::Recipients => "recipients.csv",
            Self::NextOfKin => "next_of_kin.csv",
            Self::Keys => "keys.csv",
            Self::Wishes => "wishes.csv",
            Self::Decisions => "decisions.csv",
            Self::Shifts => "shifts.csv",
            Self::Visits => "visits.csv",
        }
    }

    /// Whether an export is whole without it.
    pub fn is_optional(self) -> bool {
        self == Self::Wishes
    }

    /// The columns that it may have: few planning systems know them, and without them nothing is emptied.
    pub fn further_columns(self) -> &'static [&'static str] {
        if self == Self::Staff { &["telefon"] } else { &[] }
    }

    /// The columns it must have, in whatever order.
    ///
    /// All of them: a column left out by mistake would empty that field everywhere at the next import.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Interventions => &["kod", "insats", "grupp", "schablonminuter"],
            Self::Staff => &[
                "id",
                "förnamn",
                "efternamn",
                "titel",
                "roll",
                "område",
                "anställning",
                "språk",
                "delegering_medicin_tom",
            ],
            Self::Recipients => &[
                "id",
                "personnummer",
                "förnamn",
                "efternamn",
                "tilltalsnamn",
                "gata",
                "nummer",
                "våning",
                "område",
                "lat",
                "lon",
                "portkod",
                "ring_på_först",
                "språk",
                "kontaktperson",
                "nattfasta_max_h",
                "enbart_larm",
                "icke_val",
                "telefon",
                "bra_att_veta",
            ],
            Self::NextOfKin => &["brukare", "förnamn", "efternamn", "relation", "telefon", "samtycke_omsorgsdagbok"],
            Self::Keys => &["bricka", "brukare", "typ", "skåp", "krok", "antal"],
            Self::Wishes => &["brukare", "insats", "önskemål"],
            Self::Decisions => &["brukare", "beslut", "insats", "minuter_per_månad", "från", "till"],
            Self::Shifts => &["datum", "personal", "pass_start", "pass_slut", "rast_start", "rast_min"],
            Self::Visits => &[
                "id",
                "datum",
                "brukare",
                "start",
                "slut",
                "flex_före_min",
                "flex_efter_min",
                "personal_1",
                "personal_2",
                "insatser",
            ],
        }
    }
}
