//! A run sheet (arbetskort): one carer's working day.

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::fact::Shown;
use crate::plan::When;
use crate::time::Day;
use crate::visit::{Segment, Stated};
use crate::{DocumentId, Fact, FactBody, FactId, OtherTimeKind, PersonId, Timestamp};

/// Other working time (kringtid) that she noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherTime {
    /// The fact.
    pub fact: FactId,
    /// What.
    pub what: OtherTimeKind,
    /// From when.
    pub start: Timestamp,
    /// How long.
    pub minutes: u32,
    /// In words.
    pub text: String,
}

/// A step of the working day that its carer stated: shift or break, begun or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The fact, and when it happened.
    pub stated: Stated,
    /// Which, as the fact's kind.
    pub kind: String,
}

/// What a carer noted of a key on her run sheet, where only she and the office read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyNote {
    /// The fact.
    pub stated: Stated,
    /// What is written on the tag.
    pub tag: String,
    /// The key, if her phone knew it.
    pub key: Option<DocumentId>,
    /// Whose alarm she took it for, if she was on the phone.
    pub recipient: Option<DocumentId>,
    /// When that alarm was raised.
    pub alarmed_at: Option<Timestamp>,
    /// In words: whose alarm, why she kept it, or what she did with a tag that is not known.
    pub text: String,
}

/// What holds of a run sheet's notes on keys.
pub fn key_notes(content: &Content) -> Vec<KeyNote> {
    let note = |(id, fact): (FactId, &Fact)| match &fact.body {
        FactBody::KeyNoted { tag, key, recipient, alarmed_at, text } => Some(KeyNote {
            stated: Stated::of(id, fact),
            tag: tag.clone(),
            key: *key,
            recipient: *recipient,
            alarmed_at: *alarmed_at,
            text: text.clone(),
        }),
        _ => None,
    };
    content.standing().holding().into_iter().filter_map(note).collect()
}

/// A run sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSheet {
    /// Whose.
    pub staff: Option<PersonId>,
    /// Which day.
    pub day: Option<Day>,
    /// The planned shift.
    pub shift: Option<When>,
    /// The planned break.
    pub rest: Option<When>,
    /// When she worked.
    pub worked: Vec<Segment>,
    /// When she had her break.
    pub breaks: Vec<Segment>,
    /// Shift and break as she stated them, in order.
    #[serde(default)]
    pub turns: Vec<Turn>,
    /// Other working time.
    pub other_time: Vec<OtherTime>,
    /// What lists of changes she has read, in order.
    pub acknowledged: Vec<(Stated, Vec<Shown>)>,
    /// Door codes she looked at, in order.
    pub codes_shown: Vec<(Stated, DocumentId)>,
    /// The last fact on shift and break: what the next one follows.
    pub last: Option<FactId>,
}

/// Derives a run sheet.
pub fn run_sheet(content: &Content) -> RunSheet {
    let standing = content.standing();
    let mut sheet = RunSheet {
        staff: content.get("staff"),
        day: content.get("date").map(Day::of),
        shift: content.get("shift"),
        rest: content.get::<Option<When>>("break").flatten(),
        worked: Vec::new(),
        breaks: Vec::new(),
        turns: Vec::new(),
        other_time: Vec::new(),
        acknowledged: Vec::new(),
        codes_shown: Vec::new(),
        last: None,
    };
    for (id, fact) in standing.holding() {
        sheet.take(id, fact);
    }
    sheet
}

impl RunSheet {
    fn take(&mut self, id: FactId, fact: &Fact) {
        let stated = Stated::of(id, fact);
        let is_turn = matches!(
            fact.body,
            FactBody::ShiftStarted | FactBody::ShiftEnded | FactBody::BreakStarted | FactBody::BreakEnded
        );
        if is_turn && Some(fact.by) == self.staff {
            self.turns.push(Turn { stated, kind: fact.body.kind().to_owned() });
        }
        match &fact.body {
            FactBody::ShiftStarted => begin(&mut self.worked, fact.at),
            FactBody::ShiftEnded => end(&mut self.worked, fact.at),
            FactBody::BreakStarted => begin(&mut self.breaks, fact.at),
            FactBody::BreakEnded => end(&mut self.breaks, fact.at),
            FactBody::OtherTime { what, start, minutes, text } => self.other_time.push(OtherTime {
                fact: id,
                what: what.clone(),
                start: *start,
                minutes: *minutes,
                text: text.clone(),
            }),
            FactBody::Acknowledged { shown } => self.acknowledged.push((stated, shown.clone())),
            FactBody::Shown { access } => self.codes_shown.push((stated, *access)),
            _ => return,
        }
        self.last = Some(id);
    }
}

fn begin(segments: &mut Vec<Segment>, at: Timestamp) {
    match segments.last_mut() {
        Some(running) if running.end.is_none() => running.start = at,
        _ => segments.push(Segment { start: at, end: None }),
    }
}

fn end(segments: &mut Vec<Segment>, at: Timestamp) {
    match segments.last_mut() {
        Some(last) => last.end = Some(at),
        None => segments.push(Segment { start: at, end: Some(at) }),
    }
}
