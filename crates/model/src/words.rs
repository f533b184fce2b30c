//! The closed lists of the field, open at one end: a word that a newer peer wrote is kept as it is.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        pub enum $name {
            $(
                $(#[$variant_doc])*
                #[cfg_attr(feature = "ts", ts(rename = $word))]
                $variant,
            )+
            /// A word that this version does not know.
            #[cfg_attr(feature = "ts", ts(skip))]
            Unknown(String),
        }

        impl $name {
            /// Every word known to this version.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word as it is stored.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Unknown(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Unknown(other.to_owned()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Ok(Self::from(word.as_ref()))
            }
        }
    };
}

words!(
    /// What a person may do in a unit. Held by the server, never in a document.
    Role {
        /// Vårdbiträde, undersköterska.
        Carer = "carer",
        /// Samordnare, schemaplanerare.
        Planner = "planner",
        /// Administratör.
        Administrator = "administrator",
        /// Enhetschef and biträdande enhetschef.
        UnitHead = "unit_head",
    }
);

impl Role {
    /// Whether it belongs to the office: planner, administrator, unit head or deputy.
    pub fn is_office(&self) -> bool {
        matches!(self, Self::Planner | Self::Administrator | Self::UnitHead)
    }
}

words!(
    /// What someone is employed as, as the staff list says it; rights come from [`Role`] alone.
    EmploymentRole {
        /// Omsorgspersonal.
        Care = "care",
        /// Samordnare.
        Coordinator = "coordinator",
        /// Administratör.
        Administrator = "administrator",
        /// Enhetschef.
        UnitHead = "unit_head",
    }
);

words!(
    /// The groups of the intervention catalogue (domain.md §2.2).
    InterventionGroup {
        /// Omvårdnad.
        PersonalCare = "personal_care",
        /// Service.
        Service = "service",
        /// Hälso- och sjukvårdsuppgift, done on delegation. Never ticked by *Allt gjort*.
        HealthTask = "health_task",
        /// Larm.
        Alarm = "alarm",
        /// Avlösning i hemmet.
        Respite = "respite",
        /// Ledsagning.
        Escort = "escort",
    }
);

words!(
    /// What a key opens.
    KeyKind {
        /// Bostadsnyckel.
        Home = "home",
        /// Larmnyckel: only for alarm call-outs.
        Alarm = "alarm",
        /// Portnyckel: the building's door.
        Entrance = "entrance",
        /// Nyckel till ett skåp hos brukaren.
        Cabinet = "cabinet",
    }
);

words!(
    /// What a key is taken out for.
    KeyUse {
        /// Visits of the round.
        Round = "round",
        /// A call-out to a safety alarm (larmutryckning).
        Alarm = "alarm",
        /// Something else, which is flagged.
        Other = "other",
    }
);

words!(
    /// To whom a key is lent out of the unit.
    Borrower {
        /// Underleverantör.
        Subcontractor = "subcontractor",
        /// Låssmed.
        Locksmith = "locksmith",
        /// Someone else.
        Other = "other",
    }
);

words!(
    /// What is done about a lost key, in order; that it is lost is the first of seven (domain §2.7).
    LostStep {
        /// The recipient and the unit head were told.
        Told = "told",
        /// It was searched for.
        Searched = "searched",
        /// It was reported to the police, or there was no reason to.
        Reported = "reported",
        /// Whether the lock is changed, and who pays, was decided.
        Decided = "decided",
        /// There is a new key with a new tag, or none is needed.
        Replaced = "replaced",
        /// The case is closed.
        Closed = "closed",
    }
);

words!(
    /// Why a planned intervention was not done.
    NotDoneReason {
        /// The recipient declined it.
        Declined = "declined",
        /// It was not needed today.
        NotNeeded = "not_needed",
        /// There was no time.
        NoTime = "no_time",
        /// Another reason, told in words.
        Other = "other",
    }
);

words!(
    /// Why a whole visit was not carried out.
    NotCarriedOutReason {
        /// The recipient declined the visit.
        Declined = "declined",
        /// Nobody opens (bomkörning).
        NobodyOpens = "nobody_opens",
        /// In hospital.
        InHospital = "in_hospital",
        /// Away from home.
        Away = "away",
        /// There was no time.
        NoTime = "no_time",
        /// A colleague did it.
        ColleagueDidIt = "colleague_did_it",
    }
);

words!(
    /// Why a running visit was paused.
    PauseCause {
        /// A safety alarm had to be answered.
        Alarm = "alarm",
        /// Something else.
        Other = "other",
    }
);

words!(
    /// Why a visit began that nobody had planned.
    UnplannedCause {
        /// A safety alarm.
        Alarm = "alarm",
        /// The recipient or a colleague asked for it.
        Asked = "asked",
        /// Something else.
        Other = "other",
    }
);

words!(
    /// Working time that is not a visit (kringtid).
    OtherTimeKind {
        /// Travel beyond the ordinary walk.
        Travel = "travel",
        /// A meeting.
        Meeting = "meeting",
        /// Writing records.
        Documentation = "documentation",
        /// Fetching or returning keys.
        Keys = "keys",
        /// Something else.
        Other = "other",
    }
);

words!(
    /// Why a carer runs late.
    LateReason {
        /// The visit before took longer.
        PreviousVisit = "previous_visit",
        /// Traffic or transport.
        Traffic = "traffic",
        /// An alarm came between.
        Alarm = "alarm",
        /// A key had to be fetched.
        Key = "key",
        /// Something else.
        Other = "other",
    }
);

words!(
    /// What came of telling a recipient.
    ToldOutcome {
        /// She was told (fick besked).
        Told = "told",
        /// No answer.
        NoAnswer = "no_answer",
        /// A message was left.
        MessageLeft = "message_left",
        /// The office was asked to call.
        OfficeAsked = "office_asked",
    }
);

words!(
    /// What an incident note (avvikelse) is about.
    IncidentKind {
        /// A fall.
        Fall = "fall",
        /// Medicine.
        Medicine = "medicine",
        /// A missed visit.
        MissedVisit = "missed_visit",
        /// Theft.
        Theft = "theft",
        /// Threat.
        Threat = "threat",
        /// Abuse.
        Abuse = "abuse",
        /// Something broke.
        Damage = "damage",
        /// Something else.
        Other = "other",
    }
);

words!(
    /// Whether the police know of an incident.
    PoliceReport {
        /// Reported.
        Reported = "reported",
        /// The unit head reports it.
        HeadReports = "head_reports",
        /// Not known.
        NotKnown = "not_known",
    }
);
