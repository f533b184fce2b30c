//! What people do: a press on a screen, chosen by chance from what the unit has planned.

use rundan_device::api::{
    Done, DraftText, EndOther, Intent, KeyChange, KeyCopyRef, KeyReport, LateVisit, PlanChange, Stated,
};
use rundan_model::{
    ActionId, Borrower, DocumentId, IncidentKind, KeyUse, LateReason, LostStep, NotCarriedOutReason, NotDoneReason,
    OtherTimeKind, PauseCause, PersonId, Timestamp, ToldOutcome, UnplannedCause,
};

use super::seams::Dice;
use super::unit::{CABINETS, CODES, EXTRA, NAME, Plan};

/// What a person remembers of what she did on a phone.
#[derive(Debug, Default, Clone)]
pub(crate) struct Memory {
    /// The last visits that she started, the latest last.
    pub(crate) started: Vec<DocumentId>,
    pub(crate) drafts: Vec<DocumentId>,
    pub(crate) incidents: Vec<DocumentId>,
    pub(crate) actions: Vec<ActionId>,
    pub(crate) texts: u32,
}

impl Memory {
    /// Remembers what came of a press.
    pub(crate) fn remember(&mut self, intent: &Intent, done: &Done) {
        self.actions.push(done.action);
        match (intent, done.began) {
            (Intent::StartVisit { visit, .. }, _) => self.started.push(*visit),
            (Intent::BeginUnplanned { .. }, Some(visit)) => self.started.push(visit),
            (Intent::SaveDraft { draft: None, .. }, Some(draft)) => self.drafts.push(draft),
            (Intent::SubmitDraft { draft }, began) => {
                self.drafts.retain(|known| known != draft);
                self.incidents.extend(began);
            }
            (Intent::DiscardDraft { draft }, _) => self.drafts.retain(|known| known != draft),
            _ => {}
        }
    }
}

/// Someone who presses.
pub(crate) struct Presser<'a> {
    pub(crate) person: PersonId,
    pub(crate) now: Timestamp,
    pub(crate) is_timeless: bool,
    pub(crate) today: i32,
    pub(crate) plan: &'a Plan,
    pub(crate) people: &'a [PersonId],
    pub(crate) memory: &'a mut Memory,
    pub(crate) dice: &'a mut Dice,
}

impl Presser<'_> {
    /// A visit: most often one of today that she has begun or that is planned, now and then any.
    fn visit(&mut self) -> DocumentId {
        if !self.memory.started.is_empty() && self.dice.is(50) {
            let latest = self.memory.started.len() - 1;
            return self.memory.started[latest];
        }
        let today: Vec<DocumentId> =
            self.plan.visits.iter().filter(|planned| planned.day == self.today).map(|planned| planned.visit).collect();
        if !today.is_empty() && self.dice.is(85) {
            return *self.dice.one(&today);
        }
        self.dice.one(&self.plan.visits).visit
    }

    fn sheet(&mut self) -> DocumentId {
        let hers = self.plan.sheets.iter().filter(|(person, ..)| *person == self.person);
        let sheet = hers.max_by_key(|(_, day, _)| *day == self.today).or(self.plan.sheets.first());
        sheet.map_or(DocumentId([0; 16]), |(_, _, sheet)| *sheet)
    }

    fn text(&mut self) -> String {
        self.memory.texts += 1;
        let length = self.dice.below(60);
        format!("{NAME} {} {}", self.memory.texts, "ord ".repeat(length))
    }

    fn stated(&mut self) -> Stated {
        match self.dice.below(8) {
            _ if self.is_timeless => Stated::Now,
            0 => Stated::Planned,
            1 => Stated::Local { time: self.clock(), reason: "Glömde".to_owned() },
            _ => Stated::Now,
        }
    }

    fn clock(&mut self) -> String {
        format!("{:02}:{:02}", self.dice.below(24), self.dice.below(4) * 15)
    }

    fn items(&mut self) -> Vec<String> {
        let from = self.dice.below(CODES.len());
        let to = from + 1 + self.dice.below(CODES.len() - from);
        CODES[from..to].iter().map(|code| (*code).to_owned()).collect()
    }

    fn draft_text(&mut self) -> DraftText {
        DraftText {
            incident: Some(IncidentKind::ALL[self.dice.below(IncidentKind::ALL.len())].clone()),
            visit: None,
            recipient: Some(*self.dice.one(&self.plan.recipients)),
            when: Some(self.now.0),
            happened: self.text(),
            measures: self.text(),
            police: None,
        }
    }

    /// A carer's next press.
    pub(crate) fn carer(&mut self) -> Intent {
        match self.dice.below(44) {
            0..=5 => {
                let (visit, at) = (self.visit(), self.stated());
                let running = self.memory.started.last().copied().filter(|running| *running != visit);
                let end_other = match running.filter(|_| self.dice.is(40)) {
                    Some(visit) => vec![EndOther { visit, at: Stated::Now }],
                    None => Vec::new(),
                };
                Intent::StartVisit { visit, at, end_other }
            }
            6..=9 => Intent::EndVisit { visit: self.visit(), at: self.stated() },
            10..=14 => Intent::MarkDone { visit: self.visit(), items: self.items() },
            15 => Intent::MarkAllDone { visit: self.visit() },
            16 | 17 => {
                let reason = NotDoneReason::ALL[self.dice.below(NotDoneReason::ALL.len())].clone();
                Intent::MarkNotDone { visit: self.visit(), items: self.items(), reason, text: self.text() }
            }
            18 => Intent::AddExtra { visit: self.visit(), code: EXTRA.to_owned() },
            19 | 20 => Intent::WriteNote { visit: self.visit(), text: self.text() },
            21 => {
                let reason = NotCarriedOutReason::ALL[self.dice.below(NotCarriedOutReason::ALL.len())].clone();
                Intent::NotCarriedOut { visit: self.visit(), reason, text: self.text() }
            }
            22 => Intent::MoveStart { from: self.visit(), to: self.visit() },
            23 => Intent::PauseVisit { visit: self.visit(), cause: PauseCause::Alarm },
            24 => Intent::ResumeVisit { visit: self.visit() },
            25 => self.late(),
            26 if !self.is_timeless => {
                let recipient = Some(*self.dice.one(&self.plan.recipients)).filter(|_| self.dice.is(60));
                let cause = UnplannedCause::ALL[self.dice.below(UnplannedCause::ALL.len())].clone();
                Intent::BeginUnplanned { recipient, name: NAME.to_owned(), cause, end_other: Vec::new() }
            }
            27 | 28 => self.incident(),
            32..=43 if !self.is_timeless => self.keys(),
            _ => self.shift(),
        }
    }

    fn late(&mut self) -> Intent {
        let expected = self.now.plus_minutes(30).0;
        let visits = vec![LateVisit { visit: self.visit(), expected }, LateVisit { visit: self.visit(), expected }];
        let reason = LateReason::ALL[self.dice.below(LateReason::ALL.len())].clone();
        Intent::ReportLate { visits, reason, text: self.text() }
    }

    fn shift(&mut self) -> Intent {
        let run_sheet = self.sheet();
        match self.dice.below(6) {
            0 => Intent::StartShift { run_sheet },
            1 => {
                let keys_kept = if self.dice.is(50) { self.text() } else { String::new() };
                Intent::EndShift { run_sheet, keys_kept }
            }
            2 => Intent::StartBreak { run_sheet },
            3 => Intent::EndBreak { run_sheet },
            4 => Intent::Acknowledge { run_sheet: Some(run_sheet), documents: vec![self.visit()] },
            _ => Intent::OtherTime {
                run_sheet,
                what: OtherTimeKind::ALL[self.dice.below(OtherTimeKind::ALL.len())].clone(),
                start: self.clock(),
                minutes: 15,
                text: self.text(),
            },
        }
    }

    /// Up to three copies of keys, each once; now and then one that there is not.
    fn copies(&mut self) -> Vec<KeyCopyRef> {
        let mut copies = Vec::new();
        for _ in 0..=self.dice.below(3) {
            let copy = KeyCopyRef { key: *self.dice.one(&self.plan.keys), copy: 1 + u32::from(self.dice.is(20)) };
            if !copies.contains(&copy) {
                copies.push(copy);
            }
        }
        copies
    }

    fn cabinet(&mut self) -> String {
        (*self.dice.one(&CABINETS)).to_owned()
    }

    /// What a carer does with keys: most often she takes them or puts them back.
    fn keys(&mut self) -> Intent {
        let keys = self.copies();
        let key = keys[0];
        match self.dice.below(12) {
            0..=3 => Intent::TakeKeys { keys, what_for: KeyUse::Round, alarm: None, text: self.text() },
            4 | 5 => Intent::ReturnKeys { keys, cabinet: self.cabinet() },
            6 | 7 => Intent::GiveKeys { keys, to: *self.dice.one(self.people) },
            8 | 9 => Intent::ReceiveKeys { keys, from: *self.dice.one(self.people) },
            10 => Intent::ReportKey { key, report: self.report() },
            _ => Intent::CountCabinet { cabinet: self.cabinet(), there: keys, missing: Vec::new() },
        }
    }

    fn report(&mut self) -> KeyReport {
        match self.dice.below(5) {
            0 => KeyReport::NotThere,
            1 => KeyReport::Lost { text: self.text() },
            2 => KeyReport::Found { cabinet: None },
            3 => KeyReport::Found { cabinet: Some(self.cabinet()) },
            _ => KeyReport::Damaged { text: self.text() },
        }
    }

    /// What the office does with keys.
    fn office_keys(&mut self) -> Intent {
        let keys = self.copies();
        let KeyCopyRef { key, copy } = keys[0];
        let change = match self.dice.below(14) {
            0 => KeyChange::Place { cabinet: self.cabinet(), hook: self.dice.below(9).to_string() },
            1 => KeyChange::Copies { copies: 1 + self.dice.below(3) as u32 },
            2..=4 => {
                let (recipient, opens) = (*self.dice.one(&self.plan.recipients), self.dice.is(50));
                KeyChange::Home { recipient, opens }
            }
            5 => KeyChange::Lent { copy, borrower: Borrower::Locksmith, to: "Låssmeden".to_owned() },
            6 => {
                let step = LostStep::ALL[self.dice.below(LostStep::ALL.len())].clone();
                KeyChange::LostStep { copy, step, text: self.text() }
            }
            7 => KeyChange::LockChanged { text: self.text() },
            8 => KeyChange::Retired { copy: Some(copy), text: self.text() },
            9 => return Intent::ReportKey { key: keys[0], report: self.report() },
            _ => return Intent::CountCabinet { cabinet: self.cabinet(), there: Vec::new(), missing: keys },
        };
        Intent::ChangeKey { key, change }
    }

    fn incident(&mut self) -> Intent {
        let draft = self.memory.drafts.last().copied();
        let incident = self.memory.incidents.last().copied();
        match (self.dice.below(6), draft, incident) {
            (0 | 1, Some(draft), _) => Intent::SubmitDraft { draft },
            (2, Some(draft), _) => Intent::DiscardDraft { draft },
            (3, _, Some(incident)) => Intent::AddToIncident { incident, text: self.text() },
            (4, draft @ Some(_), _) => Intent::SaveDraft { draft, text: self.draft_text() },
            _ => Intent::SaveDraft { draft: None, text: self.draft_text() },
        }
    }

    /// The office's next press.
    pub(crate) fn office(&mut self) -> Intent {
        let visit = self.visit();
        if !self.is_timeless && self.dice.is(20) {
            return self.office_keys();
        }
        match self.dice.below(12) {
            0..=2 => {
                let start = format!("{:02}:{:02}", 7 + self.dice.below(12), self.dice.below(4) * 15);
                let change = PlanChange::When { start, minutes: 30 + self.dice.below(3) as u32 * 15 };
                Intent::ChangeVisit { visit, change }
            }
            3..=5 => {
                let person = Some(*self.dice.one(self.people)).filter(|_| self.dice.is(90));
                let slot = 1 + self.dice.below(2) as u8;
                Intent::ChangeVisit { visit, change: PlanChange::Carer { slot, person } }
            }
            6 => Intent::ChangeVisit { visit, change: PlanChange::Cancel { reason: self.text() } },
            7 => Intent::ChangeVisit { visit, change: PlanChange::Restore },
            8 => Intent::Tell { visit, outcome: ToldOutcome::ALL[self.dice.below(ToldOutcome::ALL.len())].clone() },
            9 => Intent::WriteNote { visit, text: self.text() },
            10 => self.incident(),
            _ => match self.memory.started.last() {
                Some(visit) => {
                    Intent::MatchRecipient { visit: *visit, recipient: *self.dice.one(&self.plan.recipients) }
                }
                None => Intent::WriteNote { visit, text: self.text() },
            },
        }
    }
}

/// A word for the trace.
pub(crate) fn word(intent: &Intent) -> String {
    let named = serde_json::to_value(intent).ok().and_then(|json| json["do"].as_str().map(str::to_owned));
    named.unwrap_or_default()
}
