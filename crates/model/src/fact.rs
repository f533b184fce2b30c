//! Facts: what happened, as someone states it. A fact is immutable; a document's facts only grow.
//!
//! A fact is stored as one JSON text (ADR 0001). What a newer version wrote is kept: an unknown kind as
//! [`FactBody::Unknown`], unknown fields in [`Fact::extra`].

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{
    ActionId, Borrower, DocumentId, FactId, IncidentKind, KeyUse, LateReason, LostStep, NotCarriedOutReason,
    NotDoneReason, OtherTimeKind, PauseCause, PersonId, PoliceReport, Timestamp, ToldOutcome, UnplannedCause,
};

/// The longest text a person can write into one fact, characters.
pub const TEXT_CHARS_MAX: usize = 10_000;
/// The longest fact, bytes of JSON: two texts of four-byte characters and their frame.
pub const FACT_BYTES_MAX: usize = 96 * 1024;
/// The most facts that one may follow or take back.
pub const REFERENCES_MAX: usize = 256;

/// Whose act a fact is, when another enters it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnBehalf {
    /// Whose act it was.
    pub person: PersonId,
    /// Why she did not enter it: phone dead, forgotten.
    pub reason: String,
}

/// A document as a list of changes showed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The document.
    pub document: DocumentId,
    /// Its heads, hexadecimal.
    pub heads: Vec<String>,
}

/// The text of an incident note.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentText {
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentKind>,
    /// The visit, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<DocumentId>,
    /// The recipient, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<DocumentId>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Timestamp>,
    /// What happened.
    #[serde(default)]
    pub happened: String,
    /// What was done.
    #[serde(default)]
    pub measures: String,
    /// Whether the police know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub police: Option<PoliceReport>,
}

/// What a fact says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FactBody {
    /// A visit began that nobody planned.
    Begun {
        /// To whom, in words, when she is not on this phone.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        name: String,
        /// To whom, when she is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recipient: Option<DocumentId>,
        /// Why.
        cause: UnplannedCause,
    },
    /// A carer began to work at the visit.
    Started,
    /// She ended it.
    Ended,
    /// She left for something urgent.
    Paused {
        /// What.
        cause: PauseCause,
    },
    /// She came back.
    Resumed,
    /// The intervention in `about` was done.
    Done,
    /// It was not done.
    NotDone {
        /// Why.
        reason: NotDoneReason,
        /// In words, for another reason.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// An intervention that was not planned was done.
    Extra,
    /// A note.
    Note {
        /// What it says.
        text: String,
    },
    /// The visit was not carried out.
    NotCarriedOut {
        /// Why.
        reason: NotCarriedOutReason,
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// Her work so far belongs to another visit: she had started the wrong one.
    Moved {
        /// The visit she really began.
        to: DocumentId,
    },
    /// She will come later than planned.
    Late {
        /// When.
        expected: Timestamp,
        /// Why.
        reason: LateReason,
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// What came of telling the recipient.
    Told {
        /// What.
        outcome: ToldOutcome,
    },
    /// The working shift began.
    ShiftStarted,
    /// It ended.
    ShiftEnded,
    /// The break began.
    BreakStarted,
    /// It ended.
    BreakEnded,
    /// Other working time.
    OtherTime {
        /// What.
        what: OtherTimeKind,
        /// From when.
        start: Timestamp,
        /// How long.
        minutes: u32,
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// A list of changes was read.
    Acknowledged {
        /// What it showed.
        shown: Vec<Shown>,
    },
    /// A door code was looked at.
    Shown {
        /// The document that holds it.
        access: DocumentId,
    },
    /// An incident note was submitted, or a draft was.
    Submitted {
        /// The whole text.
        #[serde(flatten)]
        text: IncidentText,
    },
    /// The text of a draft at a pause.
    Text {
        /// The whole text.
        #[serde(flatten)]
        text: IncidentText,
    },
    /// Something was added to an incident.
    Added {
        /// What.
        text: String,
    },
    /// A person opened what needed one.
    Read {
        /// What she opened.
        facts: Vec<FactId>,
    },
    /// Its author takes facts back.
    Withdrawn {
        /// Which.
        facts: Vec<FactId>,
    },
    /// The office settles a dispute: these facts no longer hold.
    Settled {
        /// Which.
        facts: Vec<FactId>,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// The office chose between values that clashed; stands in the change that puts the chosen one.
    Chosen {
        /// The register.
        register: String,
        /// The values that stood, as stored.
        values: Vec<Json>,
        /// Who put them.
        who: Vec<PersonId>,
        /// The value chosen.
        chosen: Json,
    },
    /// Work that was refused is taken over by the office.
    Adopted {
        /// The fact that now says it.
        fact: FactId,
        /// The document it stands in.
        document: DocumentId,
    },
    /// Work that was refused is put aside.
    PutAside {
        /// Why.
        #[serde(default)]
        text: String,
    },
    /// The copy in `about` was taken out of a cabinet.
    Taken {
        /// Which cabinet.
        cabinet: String,
        /// What for.
        #[serde(rename = "use")]
        what_for: KeyUse,
        /// Why, where it is neither for the round nor for an alarm. Everyone in the unit reads it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// It was put back.
    Returned {
        /// Into which cabinet.
        cabinet: String,
    },
    /// It was handed over, as the giver states it.
    Given {
        /// To whom.
        to: PersonId,
    },
    /// It was handed over, as the receiver states it.
    Received {
        /// By whom.
        from: PersonId,
    },
    /// It was not where it should have been when someone came for it.
    NotThere {
        /// Which cabinet.
        cabinet: String,
    },
    /// It was there when the cabinet was counted.
    Counted {
        /// Which cabinet.
        cabinet: String,
    },
    /// It was not there when the cabinet was counted.
    Missing {
        /// Which cabinet.
        cabinet: String,
    },
    /// It is lost.
    Lost {
        /// Where it was last seen, in words. Everyone in the unit reads it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// A step of what is done about a lost key (domain §2.7).
    LostStep {
        /// Which.
        step: LostStep,
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// It was found again.
    Found {
        /// The cabinet that it hangs in; who found it has it if there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cabinet: Option<String>,
    },
    /// It is damaged.
    Damaged {
        /// How, in words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// It was lent out of the unit.
    Lent {
        /// What they are.
        borrower: Borrower,
        /// To whom, in words.
        to: String,
    },
    /// The lock was changed: no copy opens it any more.
    LockChanged {
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// The tag is used no more, nor its code ever again.
    TagRetired {
        /// Why, in words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// What a carer says of a key that names a home, on her own run sheet, where only she and the office read it: the
    /// alarm that she took an alarm key for, or a tag that her phone does not know.
    KeyNoted {
        /// The tag's code as she scanned or typed it.
        tag: String,
        /// The key, if her phone knows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<DocumentId>,
        /// Whose alarm it was, if she is on the phone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recipient: Option<DocumentId>,
        /// When the alarm was raised.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alarmed_at: Option<Timestamp>,
        /// Whose alarm it was in words, or what she did with a tag that is not known.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// A kind that this version does not know.
    #[serde(skip)]
    Unknown {
        /// The kind.
        kind: String,
        /// Its fields.
        fields: Map<String, Json>,
    },
}

/// Writes down each kind's name as stored once, for the list and for the match that the compiler holds complete.
macro_rules! kinds {
    ($($variant:ident => $name:literal,)*) => {
        /// The kinds of facts that this version knows.
        pub const KNOWN_KINDS: &[&str] = &[$($name),*];

        impl FactBody {
            /// The kind's name as stored.
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$variant { .. } => $name,)*
                    Self::Unknown { kind, .. } => kind,
                }
            }
        }
    };
}

kinds! {
    Begun => "begun",
    Started => "started",
    Ended => "ended",
    Paused => "paused",
    Resumed => "resumed",
    Done => "done",
    NotDone => "not_done",
    Extra => "extra",
    Note => "note",
    NotCarriedOut => "not_carried_out",
    Moved => "moved",
    Late => "late",
    Told => "told",
    ShiftStarted => "shift_started",
    ShiftEnded => "shift_ended",
    BreakStarted => "break_started",
    BreakEnded => "break_ended",
    OtherTime => "other_time",
    Acknowledged => "acknowledged",
    Shown => "shown",
    Submitted => "submitted",
    Text => "text",
    Added => "added",
    Read => "read",
    Withdrawn => "withdrawn",
    Settled => "settled",
    Chosen => "chosen",
    Adopted => "adopted",
    PutAside => "put_aside",
    Taken => "taken",
    Returned => "returned",
    Given => "given",
    Received => "received",
    NotThere => "not_there",
    Counted => "counted",
    Missing => "missing",
    Lost => "lost",
    LostStep => "lost_step",
    Found => "found",
    Damaged => "damaged",
    Lent => "lent",
    LockChanged => "lock_changed",
    TagRetired => "tag_retired",
    KeyNoted => "key_noted",
}

impl FactBody {
    /// What its author wrote in her own words, to be kept whatever becomes of the fact; empty if she wrote none.
    pub fn words(&self) -> String {
        match self {
            Self::Note { text }
            | Self::Added { text }
            | Self::NotDone { text, .. }
            | Self::NotCarriedOut { text, .. }
            | Self::Late { text, .. }
            | Self::OtherTime { text, .. }
            | Self::Settled { text, .. }
            | Self::PutAside { text }
            | Self::Taken { text, .. }
            | Self::Lost { text }
            | Self::LostStep { text, .. }
            | Self::Damaged { text }
            | Self::LockChanged { text }
            | Self::TagRetired { text }
            | Self::KeyNoted { text, .. } => text.clone(),
            Self::Lent { to, .. } => to.clone(),
            Self::Submitted { text } | Self::Text { text } => {
                [text.happened.as_str(), text.measures.as_str()].join("\n\n").trim().to_owned()
            }
            Self::Begun { name, .. } => name.clone(),
            _ => String::new(),
        }
    }

    /// The same with the ids of facts that were stated anew.
    #[must_use]
    pub fn renamed(mut self, name: impl Fn(FactId) -> FactId) -> Self {
        match &mut self {
            Self::Read { facts } | Self::Withdrawn { facts } | Self::Settled { facts, .. } => {
                facts.iter_mut().for_each(|fact| *fact = name(*fact));
            }
            _ => {}
        }
        self
    }

    /// The facts that one speaks of.
    pub fn references(&self) -> &[FactId] {
        match self {
            Self::Read { facts } | Self::Withdrawn { facts } | Self::Settled { facts, .. } => facts,
            _ => &[],
        }
    }
}

/// The facts of one document with the same subject speak of the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject<'a> {
    /// `item`, `outcome`, `late`, `told`, `text`.
    pub group: &'static str,
    /// An intervention, or nothing.
    pub about: Option<&'a str>,
}

/// What happened, as someone states it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Who signed it.
    pub by: PersonId,
    /// Whether she signed it for the office: the gate lets only the office say so, and only then does the fact
    /// replace another's.
    pub as_office: bool,
    /// Whose act it was, if another's.
    pub on_behalf: Option<OnBehalf>,
    /// An intervention's code, the number of a key's copy, or nothing.
    pub about: Option<String>,
    /// When it happened, as stated.
    pub at: Timestamp,
    /// Why another time than the phone's was stated.
    pub at_reason: Option<String>,
    /// The latest facts of its subject that its author's screen showed.
    pub after: Vec<FactId>,
    /// The press that it came from.
    pub action: ActionId,
    /// What it says.
    pub body: FactBody,
    /// Fields of a newer version.
    pub extra: Map<String, Json>,
}

/// Why a text is not a fact.
#[derive(Debug, thiserror::Error)]
pub enum FactError {
    /// Not a JSON object.
    #[error("Not a JSON object")]
    Json(#[source] serde_json::Error),
    /// A field that every fact has is missing or of another type.
    #[error("The field {0} is missing or of another type")]
    Field(&'static str),
    /// The fields of a known kind are not as they should be.
    #[error("The fields of {kind} are not as they should be")]
    Body {
        /// The kind.
        kind: String,
        #[allow(missing_docs)]
        source: serde_json::Error,
    },
    /// Longer than a limit.
    #[error("{0} is too long")]
    TooLong(&'static str),
}

impl Fact {
    /// A fact by who signs it, as herself: about nothing, when she says it, and after nothing.
    pub fn stated(by: PersonId, at: Timestamp, action: ActionId, body: FactBody) -> Self {
        Self {
            by,
            as_office: false,
            on_behalf: None,
            about: None,
            at,
            at_reason: None,
            after: Vec::new(),
            action,
            body,
            extra: Map::new(),
        }
    }

    /// Whose act it was.
    pub fn actor_person(&self) -> PersonId {
        self.on_behalf.as_ref().map_or(self.by, |on_behalf| on_behalf.person)
    }

    /// What it speaks of together with others, if it is of a kind where a later one replaces an earlier one.
    pub fn subject(&self) -> Option<Subject<'_>> {
        let group = match self.body {
            FactBody::Done | FactBody::NotDone { .. } | FactBody::Extra => "item",
            FactBody::NotCarriedOut { .. } => "outcome",
            FactBody::Late { .. } => "late",
            FactBody::Told { .. } => "told",
            FactBody::Text { .. } => "text",
            _ => return None,
        };
        Some(Subject { group, about: self.about.as_deref() })
    }

    /// Writes it as the JSON text that a document stores.
    pub fn to_text(&self) -> String {
        let mut object = match &self.body {
            FactBody::Unknown { kind, fields } => {
                let mut object = fields.clone();
                object.insert("kind".into(), kind.clone().into());
                object
            }
            body => match serde_json::to_value(body) {
                Ok(Json::Object(object)) => object,
                _ => Map::new(),
            },
        };
        for (key, value) in &self.extra {
            object.entry(key.clone()).or_insert_with(|| value.clone());
        }
        object.insert("by".into(), self.by.to_string().into());
        object.insert("at".into(), self.at.0.into());
        object.insert("action".into(), self.action.to_string().into());
        if self.as_office {
            object.insert("as".into(), "office".into());
        }
        if let Some(on_behalf) = &self.on_behalf {
            object.insert("for".into(), serde_json::to_value(on_behalf).unwrap_or_default());
        }
        if let Some(about) = &self.about {
            object.insert("about".into(), about.clone().into());
        }
        if let Some(reason) = &self.at_reason {
            object.insert("at_reason".into(), reason.clone().into());
        }
        if !self.after.is_empty() {
            object.insert("after".into(), self.after.iter().map(ToString::to_string).collect());
        }
        Json::Object(object).to_string()
    }

    /// Reads the JSON text that a document stores.
    pub fn from_text(text: &str) -> Result<Self, FactError> {
        if text.len() > FACT_BYTES_MAX {
            return Err(FactError::TooLong("The fact"));
        }
        let mut object: Map<String, Json> = serde_json::from_str(text).map_err(FactError::Json)?;
        let by = take(&mut object, "by")?.ok_or(FactError::Field("by"))?;
        let at = take(&mut object, "at")?.ok_or(FactError::Field("at"))?;
        let action = take(&mut object, "action")?.ok_or(FactError::Field("action"))?;
        let capacity: Option<String> = take(&mut object, "as")?;
        let on_behalf = take(&mut object, "for")?;
        let about: Option<String> = take(&mut object, "about")?;
        let at_reason: Option<String> = take(&mut object, "at_reason")?;
        let after: Vec<FactId> = take(&mut object, "after")?.unwrap_or_default();
        if after.len() > REFERENCES_MAX {
            return Err(FactError::TooLong("The list of facts before it"));
        }
        let (body, extra) = read_body(object)?;
        if body.references().len() > REFERENCES_MAX {
            return Err(FactError::TooLong("The list of facts it speaks of"));
        }
        let as_office = capacity.as_deref() == Some("office");
        Ok(Self { by, as_office, on_behalf, about, at, at_reason, after, action, body, extra })
    }
}

fn take<T: serde::de::DeserializeOwned>(
    object: &mut Map<String, Json>,
    field: &'static str,
) -> Result<Option<T>, FactError> {
    let Some(value) = object.remove(field) else { return Ok(None) };
    serde_json::from_value(value).map(Some).map_err(|_| FactError::Field(field))
}

fn read_body(mut object: Map<String, Json>) -> Result<(FactBody, Map<String, Json>), FactError> {
    let kind = object.get("kind").and_then(Json::as_str).ok_or(FactError::Field("kind"))?.to_owned();
    match serde_json::from_value::<FactBody>(Json::Object(object.clone())) {
        Ok(body) => {
            // What the body did not take is of a newer version.
            if let Ok(Json::Object(taken)) = serde_json::to_value(&body) {
                object.retain(|key, _| !taken.contains_key(key));
            }
            let is_default = |value: &Json| value.is_null() || value.as_str() == Some("");
            object.retain(|_, value| !is_default(value));
            Ok((body, object))
        }
        Err(source) if KNOWN_KINDS.contains(&kind.as_str()) => Err(FactError::Body { kind, source }),
        Err(_) => {
            object.remove("kind");
            Ok((FactBody::Unknown { kind, fields: object }, Map::new()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DONE: &str = r#"{"about":"OMV01","action":"0102030405060708","after":["000102030405060708090a0b0c0d0e0f-1"],"at":1795327200,"by":"1112131415161718","kind":"done"}"#;

    #[test]
    fn a_fact_reads_back_as_it_was_written() {
        let fact = Fact::from_text(DONE).unwrap();
        assert_eq!(fact.body, FactBody::Done);
        assert_eq!(fact.to_text(), DONE);
    }

    #[test]
    fn a_kind_of_a_newer_version_is_kept_with_all_its_fields() {
        let text = DONE.replace("\"done\"", "\"weighed\",\"kilograms\":61.5");
        let fact = Fact::from_text(&text).unwrap();
        assert_eq!(fact.body.kind(), "weighed");
        assert_eq!(Fact::from_text(&fact.to_text()).unwrap(), fact);
        assert!(fact.to_text().contains("\"kilograms\":61.5"));
    }

    #[test]
    fn a_field_of_a_newer_version_is_kept() {
        let text = DONE.replace("\"done\"", "\"done\",\"photo\":\"p1\"");
        let fact = Fact::from_text(&text).unwrap();
        assert_eq!(fact.body, FactBody::Done);
        assert!(fact.to_text().contains("\"photo\":\"p1\""));
    }

    #[test]
    fn a_reason_of_a_newer_version_is_kept() {
        let text = DONE.replace("\"done\"", "\"not_done\",\"reason\":\"weather\"");
        let fact = Fact::from_text(&text).unwrap();
        assert!(fact.to_text().contains("\"reason\":\"weather\""));
    }

    #[test]
    fn a_known_kind_with_wrong_fields_is_refused() {
        let text = DONE.replace("\"done\"", "\"not_done\",\"reason\":7");
        assert!(matches!(Fact::from_text(&text), Err(FactError::Body { .. })));
        assert!(matches!(Fact::from_text("[]"), Err(FactError::Json(_))));
        assert!(matches!(Fact::from_text("{\"kind\":\"done\"}"), Err(FactError::Field("by"))));
    }

    #[test]
    fn every_known_kind_is_listed() {
        for kind in KNOWN_KINDS {
            let body = serde_json::from_value::<FactBody>(serde_json::json!({ "kind": kind }));
            let is_unknown = body.as_ref().is_err_and(|error| error.to_string().contains("unknown variant"));
            assert!(!is_unknown, "{kind}");
        }
    }
}
