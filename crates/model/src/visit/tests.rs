use serde_json::json;

use super::*;
use crate::{ActionId, Kind, Register, Value};

const ANNA: PersonId = PersonId([1; 8]);
const FATIMA: PersonId = PersonId([2; 8]);
const EVA: PersonId = PersonId([9; 8]);

/// A visit to build facts on: ids count by actor.
struct Story {
    content: Content,
    counts: BTreeMap<PersonId, u32>,
}

impl Story {
    fn new(slots: &[PersonId], codes: &[&str]) -> Self {
        let mut content = Content::new(Kind::Visit);
        let mut put = |key: String, json: Json| {
            let value = Value { json, actor: ActorId([0; 16]) };
            content.plan.insert(key, Register { values: vec![value] });
        };
        put("recipient".into(), json!("0000000000000000000000000000000a"));
        put("when".into(), json!({ "start": 1_000, "minutes": 30 }));
        for (n, staff) in slots.iter().enumerate() {
            put(format!("slot/{}", n + 1), json!({ "staff": staff }));
        }
        for (n, code) in codes.iter().enumerate() {
            put(format!("intervention/{code}"), json!({ "order": n + 1 }));
        }
        Self { content, counts: BTreeMap::new() }
    }

    fn fact(&mut self, by: PersonId, at: i64, about: Option<&str>, after: &[FactId], body: FactBody) -> FactId {
        let n = self.counts.entry(by).and_modify(|n| *n += 1).or_insert(1);
        let id = FactId { actor: ActorId([by.0[0]; 16]), n: *n };
        let fact = Fact {
            as_office: by == EVA,
            about: about.map(Into::into),
            after: after.to_vec(),
            ..Fact::stated(by, Timestamp(at), ActionId([0; 8]), body)
        };
        self.content.facts.insert(id, fact);
        id
    }

    fn visit(&self) -> Visit {
        visit(&self.content)
    }
}

fn not_done(reason: NotDoneReason) -> FactBody {
    FactBody::NotDone { reason, text: String::new() }
}

#[test]
fn performed_time_is_the_sum_of_the_segments() {
    let mut story = Story::new(&[ANNA], &[]);
    let started = story.fact(ANNA, 1_000, None, &[], FactBody::Started);
    let paused = story.fact(ANNA, 1_300, None, &[started], FactBody::Paused { cause: crate::PauseCause::Alarm });
    assert_eq!(story.visit().state_for(ANNA), State::Paused);
    let resumed = story.fact(ANNA, 2_000, None, &[paused], FactBody::Resumed);
    story.fact(ANNA, 2_600, None, &[resumed], FactBody::Ended);
    let visit = story.visit();
    assert_eq!(visit.times[&ANNA].performed_seconds(Timestamp(9_999)), 900);
    assert_eq!(visit.state_for(ANNA), State::Done);
}

#[test]
fn start_and_end_belong_to_each_carer_and_interventions_to_the_visit() {
    let mut story = Story::new(&[ANNA, FATIMA], &["OMV01"]);
    story.fact(ANNA, 1_000, None, &[], FactBody::Started);
    story.fact(FATIMA, 1_060, None, &[], FactBody::Started);
    story.fact(FATIMA, 1_500, Some("OMV01"), &[], FactBody::Done);
    story.fact(FATIMA, 1_600, None, &[], FactBody::Ended);
    let visit = story.visit();
    assert_eq!(visit.state_for(ANNA), State::Running);
    assert_eq!(visit.state_for(FATIMA), State::Done);
    assert_eq!(visit.state(), State::Running);
    assert!(!visit.items[0].is_open());
}

#[test]
fn two_carers_who_tick_the_same_agree_and_who_differ_dispute() {
    let mut story = Story::new(&[ANNA, FATIMA], &["OMV01", "OMV02"]);
    story.fact(ANNA, 1, Some("OMV01"), &[], FactBody::Done);
    story.fact(FATIMA, 2, Some("OMV01"), &[], FactBody::Done);
    let anna_done = story.fact(ANNA, 3, Some("OMV02"), &[], FactBody::Done);
    let declined = story.fact(FATIMA, 4, Some("OMV02"), &[anna_done], not_done(NotDoneReason::Declined));
    let visit = story.visit();
    assert!(!visit.items[0].is_disputed());
    assert_eq!(visit.disputes.len(), 1, "ordered or not, two people's different statements are a dispute");
    assert_eq!(visit.disputes[0].about.as_deref(), Some("OMV02"));

    story.fact(EVA, 5, None, &[], FactBody::Settled { facts: vec![declined], text: String::new() });
    assert!(story.visit().disputes.is_empty());
}

#[test]
fn a_later_statement_replaces_ones_own_and_the_offices_replaces_anyones() {
    let mut story = Story::new(&[ANNA], &["OMV01"]);
    let done = story.fact(ANNA, 1, Some("OMV01"), &[], FactBody::Done);
    let changed = story.fact(ANNA, 2, Some("OMV01"), &[done], not_done(NotDoneReason::NoTime));
    let claims = story.visit().items[0].claims.clone();
    assert_eq!(claims.len(), 1);
    assert_eq!(claims[0].stated.fact, changed);

    story.fact(EVA, 3, Some("OMV01"), &[changed], FactBody::Done);
    assert_eq!(story.visit().items[0].claims[0].outcome, ItemOutcome::Done);
}

#[test]
fn clocks_do_not_order_anything() {
    let mut story = Story::new(&[ANNA], &["OMV01"]);
    let done = story.fact(ANNA, 5_000, Some("OMV01"), &[], FactBody::Done);
    story.fact(ANNA, 10, Some("OMV01"), &[done], not_done(NotDoneReason::Declined));
    assert!(matches!(story.visit().items[0].claims[0].outcome, ItemOutcome::NotDone { .. }));
}

#[test]
fn an_undo_brings_back_what_stood_before() {
    let mut story = Story::new(&[ANNA], &["OMV01"]);
    let done = story.fact(ANNA, 1, Some("OMV01"), &[], FactBody::Done);
    let changed = story.fact(ANNA, 2, Some("OMV01"), &[done], not_done(NotDoneReason::NoTime));
    let undo = story.fact(ANNA, 3, None, &[], FactBody::Withdrawn { facts: vec![changed] });
    assert_eq!(story.visit().items[0].claims[0].outcome, ItemOutcome::Done);
    story.fact(ANNA, 4, None, &[], FactBody::Withdrawn { facts: vec![undo] });
    assert_eq!(story.visit().items[0].claims[0].outcome, ItemOutcome::Done, "a withdrawal is never withdrawn");
}

#[test]
fn nobody_takes_back_anothers_fact() {
    let mut story = Story::new(&[ANNA, FATIMA], &["OMV01"]);
    let done = story.fact(ANNA, 1, Some("OMV01"), &[], FactBody::Done);
    story.fact(FATIMA, 2, None, &[], FactBody::Withdrawn { facts: vec![done] });
    assert!(!story.visit().items[0].is_open());
}

#[test]
fn a_start_that_was_moved_leaves_no_time_here() {
    let mut story = Story::new(&[ANNA], &[]);
    let started = story.fact(ANNA, 1_000, None, &[], FactBody::Started);
    let moved = story.fact(ANNA, 1_100, None, &[started], FactBody::Moved { to: DocumentId([5; 16]) });
    assert_eq!(story.visit().state_for(ANNA), State::Planned);
    story.fact(ANNA, 1_200, None, &[], FactBody::Withdrawn { facts: vec![moved] });
    assert_eq!(story.visit().state_for(ANNA), State::Running);
}

#[test]
fn a_visit_begun_though_cancelled_or_moved_away_is_named() {
    let mut story = Story::new(&[FATIMA], &[]);
    story.fact(ANNA, 1_000, None, &[], FactBody::Started);
    let cancelled = Value { json: json!({ "reason": "sjukhus" }), actor: ActorId([0; 16]) };
    story.content.plan.insert("cancelled".into(), Register { values: vec![cancelled] });
    let visit = story.visit();
    assert_eq!(visit.oddities, [Oddity::BegunThoughCancelled, Oddity::BegunThoughMoved]);
    assert_eq!(visit.state_for(ANNA), State::Running, "what happened is never hidden by the plan");
}

#[test]
fn a_notice_told_before_it_changed_counts_as_untold() {
    let mut story = Story::new(&[ANNA], &[]);
    let late = |expected: i64| FactBody::Late {
        expected: Timestamp(expected),
        reason: LateReason::Traffic,
        text: String::new(),
    };
    let first = story.fact(ANNA, 1, None, &[], late(2_000));
    let told = story.fact(ANNA, 2, None, &[first], FactBody::Told { outcome: ToldOutcome::Told });
    assert!(story.visit().late.unwrap().told.is_some());
    story.fact(ANNA, 3, None, &[first, told], late(3_000));
    let late = story.visit().late.unwrap();
    assert_eq!(late.expected, Timestamp(3_000));
    assert!(late.told.is_none());
}

#[test]
fn a_clash_keeps_both_values_and_equal_ones_are_none() {
    let mut story = Story::new(&[ANNA], &[]);
    let value = |start: i64, n: u8| Value { json: json!({ "start": start, "minutes": 30 }), actor: ActorId([n; 16]) };
    story.content.plan.insert("when".into(), Register { values: vec![value(1, 1), value(1, 2)] });
    assert!(story.visit().clashes.is_empty());
    story.content.plan.insert("when".into(), Register { values: vec![value(1, 1), value(2, 2)] });
    assert_eq!(story.visit().clashes[0].values.len(), 2);
}

#[test]
fn a_plan_that_changed_under_a_begun_visit_is_named_unless_it_clashes_or_she_began_again() {
    let mut story = Story::new(&[ANNA], &["OMV01"]);
    let started = story.fact(ANNA, 1, None, &[], FactBody::Started);
    assert!(story.visit().oddities.is_empty());
    story.content.changed_since.insert(started, vec!["slot/2".into()]);
    assert!(story.visit().oddities.is_empty(), "who comes is named by the slots");
    story.content.changed_since.insert(started, vec!["when".into()]);
    assert_eq!(story.visit().oddities, [Oddity::PlanChanged]);
    let value = |start: i64, n: u8| Value { json: json!({ "start": start, "minutes": 30 }), actor: ActorId([n; 16]) };
    let one = story.content.plan.insert("when".into(), Register { values: vec![value(1, 1), value(2, 2)] });
    assert!(story.visit().oddities.is_empty(), "a clash is shown as one");
    story.content.plan.insert("when".into(), one.unwrap());
    story.fact(ANNA, 2, None, &[started], FactBody::Started);
    assert!(story.visit().oddities.is_empty(), "she began by the plan that stands");
}

#[test]
fn facts_that_claim_to_follow_each_other_are_unordered() {
    let mut story = Story::new(&[ANNA], &["OMV01"]);
    let second = FactId { actor: ActorId([1; 16]), n: 2 };
    let first = story.fact(ANNA, 1, Some("OMV01"), &[second], FactBody::Done);
    story.fact(ANNA, 2, Some("OMV01"), &[first], FactBody::Done);
    assert_eq!(story.visit().items[0].claims.len(), 2);
}
