//! Replicas of one visit that write apart and meet in any order: what must hold for every history.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rundan_documents::{Document, Edit, Genesis};
use rundan_model::visit::{Progress, visit};
use rundan_model::{ActionId, ActorId, Fact, FactBody, FactId, Kind, NotDoneReason, PersonId, Timestamp, VaultId};
use serde_json::json;

/// How many people have a replica each.
const REPLICAS: usize = 4;
/// The interventions of the visit.
const CODES: [&str; 2] = ["OMV01", "OMV04"];

/// What somebody does.
#[derive(Debug, Clone)]
enum Step {
    Tick { who: usize, code: usize, is_done: bool },
    Withdraw { who: usize },
    Start { who: usize },
    End { who: usize },
    Put { who: usize, minutes: u8 },
    Meet { who: usize, whom: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..REPLICAS;
    prop_oneof![
        (who.clone(), 0..CODES.len(), any::<bool>()).prop_map(|(who, code, is_done)| Step::Tick { who, code, is_done }),
        who.clone().prop_map(|who| Step::Withdraw { who }),
        who.clone().prop_map(|who| Step::Start { who }),
        who.clone().prop_map(|who| Step::End { who }),
        (who.clone(), any::<u8>()).prop_map(|(who, minutes)| Step::Put { who, minutes }),
        (who.clone(), who).prop_map(|(who, whom)| Step::Meet { who, whom }),
    ]
}

fn person(who: usize) -> PersonId {
    PersonId([who as u8 + 1; 8])
}

fn actor(who: usize) -> ActorId {
    ActorId::new(VaultId([who as u8 + 1; 8]), [0; 8])
}

/// The replicas, and what was written, with what its author saw.
struct Replicas {
    documents: Vec<Document>,
    written: BTreeMap<FactId, Fact>,
    seen: BTreeMap<FactId, BTreeSet<FactId>>,
    now: i64,
}

impl Replicas {
    fn new() -> Self {
        let plan = CODES.iter().map(|code| (format!("intervention/{code}"), json!({ "order": 1 }))).collect();
        let genesis = Genesis { kind: Kind::Visit, nonce: [7; 16], plan };
        let (document, _) = Document::begin(actor(9), Timestamp(1), &genesis).unwrap();
        let documents = vec![document; REPLICAS];
        Self { documents, written: BTreeMap::new(), seen: BTreeMap::new(), now: 100 }
    }

    fn write(&mut self, who: usize, about: Option<&str>, body: FactBody) {
        let facts = self.documents[who].content().facts;
        let id =
            FactId { actor: actor(who), n: self.written.keys().filter(|id| id.actor == actor(who)).count() as u32 + 1 };
        let mut fact = Fact {
            about: about.map(ToOwned::to_owned),
            ..Fact::stated(person(who), Timestamp(self.now), ActionId([1; 8]), body)
        };
        fact.after = facts.iter().filter(|(_, other)| other.subject() == fact.subject()).map(|(id, _)| *id).collect();
        self.seen.insert(id, facts.keys().copied().collect());
        self.written.insert(id, fact.clone());
        self.edit(who, &Edit { facts: vec![(id, fact)], puts: Vec::new() });
    }

    fn edit(&mut self, who: usize, edit: &Edit) {
        self.documents[who].write(actor(who), Timestamp(self.now), edit).unwrap();
    }

    fn take(&mut self, step: &Step) {
        self.now += 60;
        match *step {
            Step::Tick { who, code, is_done: true } => self.write(who, Some(CODES[code]), FactBody::Done),
            Step::Tick { who, code, is_done: false } => {
                let body = FactBody::NotDone { reason: NotDoneReason::NoTime, text: String::new() };
                self.write(who, Some(CODES[code]), body);
            }
            Step::Withdraw { who } => {
                let mut own = self.written.iter().filter(|(_, fact)| fact.by == person(who) && fact.about.is_some());
                if let Some((id, _)) = own.next_back() {
                    let facts = vec![*id];
                    self.write(who, None, FactBody::Withdrawn { facts });
                }
            }
            Step::Start { who } => self.write(who, None, FactBody::Started),
            Step::End { who } => self.write(who, None, FactBody::Ended),
            Step::Put { who, minutes } => {
                let when = json!({ "start": self.now, "minutes": minutes });
                self.edit(who, &Edit { facts: Vec::new(), puts: vec![("when".to_owned(), when)] });
            }
            Step::Meet { who, whom } => {
                let other = self.documents[whom].clone();
                self.documents[who].merge(&other).unwrap();
            }
        }
    }

    /// What everyone has, merged in this order.
    fn merged(&self, order: &[usize]) -> Document {
        let mut merged = self.documents[order[0]].clone();
        order.iter().for_each(|who| merged.merge(&self.documents[*who]).unwrap());
        merged
    }

    /// Whether two people's last words on an intervention differ, by nothing but who had seen what.
    fn is_disputed(&self, code: &str) -> bool {
        let taken_back: BTreeSet<&FactId> = self.written.values().flat_map(|fact| fact.body.references()).collect();
        let claims: Vec<_> = self
            .written
            .iter()
            .filter(|(id, fact)| fact.about.as_deref() == Some(code) && !taken_back.contains(id))
            .collect();
        let is_last = |(id, fact): &&(&FactId, &Fact)| {
            !claims.iter().any(|(later, other)| other.by == fact.by && self.seen[*later].contains(*id))
        };
        let last: BTreeSet<&str> = claims.iter().filter(is_last).map(|(_, fact)| fact.body.kind()).collect();
        last.len() > 1
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn replicas_that_met_in_any_order_are_equal_and_nothing_is_lost(
        steps in prop::collection::vec(step(), 1..30),
        one in Just([0, 1, 2, 3]).prop_shuffle(),
        other in Just([0, 1, 2, 3]).prop_shuffle(),
    ) {
        let mut replicas = Replicas::new();
        steps.iter().for_each(|step| replicas.take(step));
        let (one, other) = (replicas.merged(&one), replicas.merged(&other));
        prop_assert_eq!(one.heads(), other.heads());
        prop_assert_eq!(one.content(), other.content());
        prop_assert_eq!(&one.content().facts, &replicas.written);
        prop_assert_eq!(visit(&one.content()), visit(&other.content()));
        let read = Document::load(&one.save()).unwrap();
        prop_assert_eq!(visit(&read.content()), visit(&one.content()));
    }

    #[test]
    fn what_differs_in_two_last_words_is_a_dispute_and_nothing_else(steps in prop::collection::vec(step(), 1..30)) {
        let mut replicas = Replicas::new();
        steps.iter().for_each(|step| replicas.take(step));
        let visit = visit(&replicas.merged(&[0, 1, 2, 3]).content());
        for item in &visit.items {
            prop_assert_eq!(item.is_disputed(), replicas.is_disputed(&item.code), "{}", item.code);
        }
    }

    #[test]
    fn a_carers_time_is_her_own_and_never_negative(steps in prop::collection::vec(step(), 1..30)) {
        let mut replicas = Replicas::new();
        steps.iter().for_each(|step| replicas.take(step));
        let whole = replicas.merged(&[0, 1, 2, 3]).content();
        for (carer, time) in visit(&whole).times {
            let now = Timestamp(replicas.now);
            prop_assert!(time.performed_seconds(now) >= 0);
            prop_assert!(time.segments.iter().all(|segment| segment.end.is_none_or(|end| end >= segment.start)));
            prop_assert_eq!(time.progress == Progress::Running, time.segments.last().is_some_and(|last| last.end.is_none()));
            let mut alone = whole.clone();
            alone.facts.retain(|_, fact| fact.by == carer);
            prop_assert_eq!(visit(&alone).times.remove(&carer), Some(time));
        }
    }
}
