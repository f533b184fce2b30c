//! Replicas of one key that write apart and meet in any order: every one of them derives the same custody, no fact is
//! gone, and exactly the true conflicts are disputes, by an oracle that tries every order with rules of its own.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rundan_documents::{Document, Edit, Genesis};
use rundan_model::custody::{Certainty, Place, Side};
use rundan_model::key::{Key, key};
use rundan_model::{ActionId, ActorId, Fact, FactBody, FactId, KeyUse, Kind, PersonId, Timestamp, VaultId};
use serde_json::json;

/// How many people have a replica each.
const VAULTS: usize = 6;
/// The most facts of a history: the oracle tries every order of them.
const FACTS_MAX: usize = 7;
const CABINETS: [&str; 2] = ["Väster", "Norr"];

#[derive(Debug, Clone)]
enum Press {
    Take,
    PutBack { cabinet: usize },
    Give { to: usize },
    Receive { from: usize },
    NotFound { cabinet: usize },
    Count { cabinet: usize },
    Lose,
    Find,
}

#[derive(Debug, Clone)]
enum Step {
    Press { who: usize, press: Press },
    Meet { who: usize, whom: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (who, cabinet) = (0..VAULTS, 0..CABINETS.len());
    let press = prop_oneof![
        3 => Just(Press::Take),
        2 => cabinet.clone().prop_map(|cabinet| Press::PutBack { cabinet }),
        1 => who.clone().prop_map(|to| Press::Give { to }),
        1 => who.clone().prop_map(|from| Press::Receive { from }),
        1 => cabinet.clone().prop_map(|cabinet| Press::NotFound { cabinet }),
        1 => cabinet.prop_map(|cabinet| Press::Count { cabinet }),
        1 => Just(Press::Lose),
        1 => Just(Press::Find),
    ];
    prop_oneof![
        (who.clone(), press).prop_map(|(who, press)| Step::Press { who, press }),
        (who.clone(), who).prop_map(|(who, whom)| Step::Meet { who, whom }),
    ]
}

fn person(who: usize) -> PersonId {
    PersonId([who as u8 + 1; 8])
}

fn body(press: &Press) -> FactBody {
    let named = |cabinet: &usize| CABINETS[*cabinet].to_owned();
    match press {
        Press::Take => {
            FactBody::Taken { cabinet: CABINETS[0].to_owned(), what_for: KeyUse::Round, text: String::new() }
        }
        Press::PutBack { cabinet } => FactBody::Returned { cabinet: named(cabinet) },
        Press::Give { to } => FactBody::Given { to: person(*to) },
        Press::Receive { from } => FactBody::Received { from: person(*from) },
        Press::NotFound { cabinet } => FactBody::Missing { cabinet: named(cabinet) },
        Press::Count { cabinet } => FactBody::Counted { cabinet: named(cabinet) },
        Press::Lose => FactBody::Lost { text: String::new() },
        Press::Find => FactBody::Found { cabinet: None },
    }
}

/// The replicas, and every press with its author and the presses that she had seen.
struct Replicas {
    documents: Vec<Document>,
    pressed: Vec<(FactId, usize, Press, BTreeSet<FactId>)>,
}

fn play(steps: &[Step]) -> Replicas {
    let plan = [
        ("tag", json!("V-117")),
        ("kind", json!("home")),
        ("place", json!({ "cabinet": CABINETS[0], "hook": "17" })),
        ("copies", json!(1)),
    ];
    let plan = plan.into_iter().map(|(register, json)| (register.to_owned(), json)).collect();
    let genesis = Genesis { kind: Kind::Key, nonce: [7; 16], plan };
    let office = ActorId::new(VaultId([99; 8]), [0; 8]);
    let (document, _) = Document::begin(office, Timestamp(1), &genesis).unwrap();
    let mut replicas = Replicas { documents: vec![document; VAULTS], pressed: Vec::new() };
    for step in steps {
        match step {
            Step::Press { who, press } if replicas.pressed.len() < FACTS_MAX => replicas.press(*who, press),
            Step::Press { .. } => {}
            Step::Meet { who, whom } => {
                let other = replicas.documents[*whom].clone();
                replicas.documents[*who].merge(&other).unwrap();
            }
        }
    }
    replicas
}

impl Replicas {
    /// What someone presses, after what her screen shows.
    fn press(&mut self, who: usize, press: &Press) {
        let actor = ActorId::new(VaultId([who as u8 + 1; 8]), [0; 8]);
        let n = self.pressed.len() as u32 + 1;
        let content = self.documents[who].content();
        let after = key(&content).copies[0].custody.last.clone();
        // Clocks go as they like.
        let at = Timestamp(i64::from(n) * 7_919 % 101);
        let stated = Fact::stated(person(who), at, ActionId([n as u8; 8]), body(press));
        let fact = Fact { about: Some("1".into()), after, ..stated };
        let id = FactId { actor, n };
        self.documents[who].write(actor, at, &Edit { facts: vec![(id, fact)], puts: Vec::new() }).unwrap();
        self.pressed.push((id, who, press.clone(), content.facts.keys().copied().collect()));
    }

    fn merged(&self, order: &[usize]) -> Document {
        let mut merged = self.documents[order[0]].clone();
        order.iter().for_each(|who| merged.merge(&self.documents[*who]).unwrap());
        merged
    }
}

/// A thing that one can hold in one's hand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    /// On a hook of this cabinet.
    Hangs(usize),
    /// In one hand.
    Held(usize),
    /// On its way from one hand to another: who of the two has said so.
    Passing {
        from: usize,
        to: usize,
        by_giver: bool,
    },
    /// Looked for in this cabinet, and not seen.
    Unseen(usize),
    Lost,
}

/// Where the thing can be after a press, if that can happen at all.
fn happens(thing: &Thing, who: usize, press: &Press) -> Option<Thing> {
    let in_hand_of = |one: usize| match thing {
        Thing::Held(holder) => *holder == one,
        Thing::Passing { from, to, .. } => *from == one || *to == one,
        _ => false,
    };
    match *press {
        Press::Take => match thing {
            Thing::Hangs(_) | Thing::Unseen(_) => Some(Thing::Held(who)),
            Thing::Held(holder) if *holder == who => Some(thing.clone()),
            _ => None,
        },
        Press::PutBack { cabinet } => match thing {
            Thing::Hangs(there) if *there != cabinet => None,
            _ => Some(Thing::Hangs(cabinet)),
        },
        Press::Give { to } => match *thing {
            Thing::Passing { from, to: receiver, by_giver: false } if from == who => {
                (receiver == to).then_some(Thing::Held(to))
            }
            _ if in_hand_of(who) && to != who => Some(Thing::Passing { from: who, to, by_giver: true }),
            _ => None,
        },
        Press::Receive { from } => match *thing {
            Thing::Passing { from: giver, to, by_giver: true } if giver == from && to == who => Some(Thing::Held(who)),
            _ if in_hand_of(from) && from != who => Some(Thing::Passing { from, to: who, by_giver: false }),
            _ => None,
        },
        Press::NotFound { cabinet } => match thing {
            Thing::Hangs(there) if *there == cabinet => Some(Thing::Unseen(cabinet)),
            elsewhere => Some(elsewhere.clone()),
        },
        Press::Count { cabinet } => {
            matches!(thing, Thing::Hangs(_) | Thing::Unseen(_) | Thing::Lost).then_some(Thing::Hangs(cabinet))
        }
        Press::Lose => (in_hand_of(who) || matches!(thing, Thing::Unseen(_) | Thing::Lost)).then_some(Thing::Lost),
        Press::Find => matches!(thing, Thing::Lost | Thing::Unseen(_)).then_some(Thing::Held(who)),
    }
}

/// Where the thing can be in the end, by trying every order in which nobody had seen what came later.
fn ends(replicas: &Replicas) -> BTreeSet<Thing> {
    fn go(all: &Replicas, done: &BTreeSet<FactId>, thing: &Thing, ends: &mut BTreeSet<Thing>) {
        if done.len() == all.pressed.len() {
            ends.insert(thing.clone());
        }
        for (id, who, press, seen) in &all.pressed {
            if done.contains(id) || !seen.is_subset(done) {
                continue;
            }
            if let Some(next) = happens(thing, *who, press) {
                go(all, &done.iter().copied().chain([*id]).collect(), &next, ends);
            }
        }
    }
    let mut found = BTreeSet::new();
    go(replicas, &BTreeSet::new(), &Thing::Hangs(0), &mut found);
    found
}

fn thing(place: &Place) -> Thing {
    let cabinet = |name: &str| CABINETS.iter().position(|cabinet| *cabinet == name).unwrap();
    let who = |person: &PersonId| usize::from(person.0[0]) - 1;
    match place {
        Place::Cabinet { cabinet: name } => Thing::Hangs(cabinet(name)),
        Place::With { person } => Thing::Held(who(person)),
        Place::HandingOver { from, to, confirmed } => {
            Thing::Passing { from: who(from), to: who(to), by_giver: *confirmed == Side::Giver }
        }
        Place::Missing { cabinet: name } => Thing::Unseen(cabinet(name)),
        Place::Lost => Thing::Lost,
        other => panic!("nobody said {other:?}"),
    }
}

fn derived(document: &Document) -> Key {
    key(&document.content())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_replica_derives_the_same_and_exactly_true_conflicts_are_disputes(
        steps in prop::collection::vec(step(), 1..40),
        order in Just((0..VAULTS).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let replicas = play(&steps);
        let straight: Vec<usize> = (0..VAULTS).collect();
        let (one, other) = (replicas.merged(&straight), replicas.merged(&order));
        let key = derived(&one);
        prop_assert_eq!(&key, &derived(&other));
        prop_assert_eq!(&key, &derived(&Document::load(&other.save()).unwrap()));

        let facts: BTreeMap<FactId, Fact> = one.content().facts;
        prop_assert_eq!(facts.len(), replicas.pressed.len());
        for (id, who, press, _) in &replicas.pressed {
            prop_assert_eq!((&facts[id].by, &facts[id].body), (&person(*who), &body(press)));
        }

        let ends = ends(&replicas);
        let custody = &key.copies[0].custody;
        prop_assert_eq!(custody.is_disputed(), ends.is_empty());
        prop_assert_eq!(custody.certainty == Certainty::Certain, ends.len() == 1);
        if !ends.is_empty() {
            prop_assert!(ends.contains(&thing(&custody.place)));
        }
    }
}
