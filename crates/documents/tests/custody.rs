//! Replicas of one key that write apart and meet in any order: every one of them derives the same custody of each copy,
//! no fact is gone, and exactly the true conflicts are disputes, by an oracle that tries every order with rules of its
//! own.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rundan_documents::{Document, Edit, Genesis};
use rundan_model::custody::{Certainty, Custody, Place, Side};
use rundan_model::key::{Key, key};
use rundan_model::{ActionId, ActorId, Borrower, Fact, FactBody, FactId, KeyUse, Kind, PersonId, Timestamp, VaultId};
use serde_json::json;

/// How many people have a replica each.
const VAULTS: usize = 6;
/// How many copies the key has.
const COPIES: usize = 2;
/// The most presses about one copy: the oracle tries every order of them.
const PRESSES_MAX: usize = 7;
const CABINETS: [&str; 2] = ["Väster", "Norr"];
const BORROWERS: [&str; 2] = ["Hemtjänst i Norr AB", "Lås och Nyckel"];

/// What someone says of a copy.
#[derive(Debug, Clone)]
enum Press {
    Take,
    PutBack {
        cabinet: usize,
    },
    Give {
        to: usize,
    },
    Receive {
        from: usize,
    },
    /// She came for it, and it did not hang there.
    Look {
        cabinet: usize,
    },
    /// It did not hang there when the cabinet was counted.
    Miss {
        cabinet: usize,
    },
    Count {
        cabinet: usize,
    },
    Lose {
        as_office: bool,
    },
    Find {
        cabinet: Option<usize>,
    },
    Lend {
        to: usize,
    },
    Retire,
}

#[derive(Debug, Clone)]
enum Step {
    /// She presses what her screen offers, or, blindly, anything.
    Press {
        who: usize,
        copy: usize,
        press: Press,
        is_blind: bool,
    },
    /// She gets it from who has it by her screen, and each of them says so on her own phone, if that offers it.
    HandOver {
        to: usize,
        copy: usize,
    },
    /// She takes back what she said of a copy last.
    Withdraw {
        who: usize,
        copy: usize,
    },
    /// The office says that one of the facts that it has seen of a copy does not hold.
    Settle {
        who: usize,
        copy: usize,
        which: usize,
    },
    Meet {
        who: usize,
        whom: usize,
    },
}

fn press() -> impl Strategy<Value = Press> {
    let (who, cabinet, borrower) = (0..VAULTS, 0..CABINETS.len(), 0..BORROWERS.len());
    prop_oneof![
        5 => Just(Press::Take),
        3 => cabinet.clone().prop_map(|cabinet| Press::PutBack { cabinet }),
        2 => who.clone().prop_map(|to| Press::Give { to }),
        2 => who.prop_map(|from| Press::Receive { from }),
        1 => cabinet.clone().prop_map(|cabinet| Press::Look { cabinet }),
        1 => cabinet.clone().prop_map(|cabinet| Press::Miss { cabinet }),
        1 => cabinet.clone().prop_map(|cabinet| Press::Count { cabinet }),
        2 => any::<bool>().prop_map(|as_office| Press::Lose { as_office }),
        2 => prop::option::of(cabinet).prop_map(|cabinet| Press::Find { cabinet }),
        1 => borrower.prop_map(|to| Press::Lend { to }),
        1 => Just(Press::Retire),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let (who, copy) = (0..VAULTS, 0..COPIES);
    let pressed = (who.clone(), copy.clone(), press(), prop::bool::weighted(0.1));
    prop_oneof![
        12 => pressed.prop_map(|(who, copy, press, is_blind)| Step::Press { who, copy, press, is_blind }),
        4 => (who.clone(), copy.clone()).prop_map(|(to, copy)| Step::HandOver { to, copy }),
        1 => (who.clone(), copy.clone()).prop_map(|(who, copy)| Step::Withdraw { who, copy }),
        1 => (who.clone(), copy, 0..PRESSES_MAX).prop_map(|(who, copy, which)| Step::Settle { who, copy, which }),
        8 => (who.clone(), who).prop_map(|(who, whom)| Step::Meet { who, whom }),
    ]
}

fn person(who: usize) -> PersonId {
    PersonId([who as u8 + 1; 8])
}

fn actor(who: usize) -> ActorId {
    ActorId::new(VaultId([who as u8 + 1; 8]), [0; 8])
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
        Press::Look { cabinet } => FactBody::NotThere { cabinet: named(cabinet) },
        Press::Miss { cabinet } => FactBody::Missing { cabinet: named(cabinet) },
        Press::Count { cabinet } => FactBody::Counted { cabinet: named(cabinet) },
        Press::Lose { .. } => FactBody::Lost { text: String::new() },
        Press::Find { cabinet } => FactBody::Found { cabinet: cabinet.as_ref().map(named) },
        Press::Lend { to } => FactBody::Lent { borrower: Borrower::ALL[*to].clone(), to: BORROWERS[*to].to_owned() },
        Press::Retire => FactBody::TagRetired { text: String::new() },
    }
}

/// A press about a copy, and the facts of the whole document that its author had seen.
struct Pressed {
    id: FactId,
    who: usize,
    copy: usize,
    press: Press,
    seen: BTreeSet<FactId>,
}

/// The replicas, and what was written in all of them.
struct Replicas {
    documents: Vec<Document>,
    pressed: Vec<Pressed>,
    written: BTreeMap<FactId, Fact>,
    /// What its author withdrew or the office settled.
    taken_back: BTreeSet<FactId>,
}

fn play(steps: &[Step]) -> Replicas {
    let plan = [
        ("tag", json!("V-117")),
        ("kind", json!("home")),
        ("place", json!({ "cabinet": CABINETS[0], "hook": "17" })),
        ("copies", json!(COPIES)),
    ];
    let plan = plan.into_iter().map(|(register, json)| (register.to_owned(), json)).collect();
    let genesis = Genesis { kind: Kind::Key, nonce: [7; 16], plan };
    let office = ActorId::new(VaultId([99; 8]), [0; 8]);
    let (document, _) = Document::begin(office, Timestamp(1), &genesis).unwrap();
    let mut replicas = Replicas {
        documents: vec![document; VAULTS],
        pressed: Vec::new(),
        written: BTreeMap::new(),
        taken_back: BTreeSet::new(),
    };
    for step in steps {
        match step {
            Step::Press { who, copy, press, is_blind } => replicas.press(*who, *copy, press, *is_blind),
            Step::HandOver { to, copy } => replicas.hand_over(*to, *copy),
            Step::Withdraw { who, copy } => replicas.withdraw(*who, *copy),
            Step::Settle { who, copy, which } => replicas.settle(*who, *copy, *which),
            Step::Meet { who, whom } => {
                let other = replicas.documents[*whom].clone();
                replicas.documents[*who].merge(&other).unwrap();
            }
        }
    }
    replicas
}

impl Replicas {
    /// What someone's screen shows of a copy.
    fn shown(&self, who: usize, copy: usize) -> Custody {
        key(&self.documents[who].content()).copies[copy].custody.clone()
    }

    /// What someone presses, after what her screen shows.
    fn press(&mut self, who: usize, copy: usize, press: &Press, is_blind: bool) {
        let custody = self.shown(who, copy);
        let is_offered = happens(&thing(&custody.place), who, press).is_some();
        let is_full = self.pressed.iter().filter(|pressed| pressed.copy == copy).count() == PRESSES_MAX;
        if is_full || !(is_blind || is_offered) {
            return;
        }
        let seen = self.documents[who].content().facts.into_keys().collect();
        let as_office = matches!(press, Press::Lose { as_office: true });
        let id = self.write(who, Some(copy), as_office, custody.last, body(press));
        self.pressed.push(Pressed { id, who, copy, press: press.clone(), seen });
    }

    fn hand_over(&mut self, to: usize, copy: usize) {
        if let Thing::Held(from) = thing(&self.shown(to, copy).place) {
            self.press(from, copy, &Press::Give { to }, false);
            self.press(to, copy, &Press::Receive { from }, false);
        }
    }

    fn withdraw(&mut self, who: usize, copy: usize) {
        let last = self.standing(who, copy).into_iter().rfind(|id| id.actor == actor(who));
        if let Some(fact) = last {
            self.take_back(who, false, fact, FactBody::Withdrawn { facts: vec![fact] });
        }
    }

    fn settle(&mut self, who: usize, copy: usize, which: usize) {
        let standing = self.standing(who, copy);
        if !standing.is_empty() {
            let fact = standing[which % standing.len()];
            let text = "Det var ett misstag".to_owned();
            self.take_back(who, true, fact, FactBody::Settled { facts: vec![fact], text });
        }
    }

    /// As a phone writes it: about no copy, and after what it takes back.
    fn take_back(&mut self, who: usize, as_office: bool, fact: FactId, body: FactBody) {
        self.write(who, None, as_office, vec![fact], body);
        self.taken_back.insert(fact);
    }

    /// The facts about a copy that hold by someone's replica, in the order in which they were written.
    fn standing(&self, who: usize, copy: usize) -> Vec<FactId> {
        let content = self.documents[who].content();
        let standing = content.standing();
        let own = self.pressed.iter().filter(|pressed| pressed.copy == copy).map(|pressed| pressed.id);
        own.filter(|id| content.facts.contains_key(id) && !standing.is_superseded(id)).collect()
    }

    fn write(
        &mut self,
        who: usize,
        copy: Option<usize>,
        as_office: bool,
        after: Vec<FactId>,
        body: FactBody,
    ) -> FactId {
        let n = self.written.len() as u32 + 1;
        // Clocks go as they like.
        let at = Timestamp(i64::from(n) * 7_919 % 101);
        let about = copy.map(|copy| (copy + 1).to_string());
        let stated = Fact::stated(person(who), at, ActionId([n as u8; 8]), body);
        let fact = Fact { about, as_office, after, ..stated };
        let id = FactId { actor: actor(who), n };
        let edit = Edit { facts: vec![(id, fact.clone())], puts: Vec::new() };
        self.documents[who].write(actor(who), at, &edit).unwrap();
        self.written.insert(id, fact);
        id
    }

    fn merged(&self, order: &[usize]) -> Document {
        let mut merged = self.documents[order[0]].clone();
        order.iter().for_each(|who| merged.merge(&self.documents[*who]).unwrap());
        merged
    }

    /// The presses about a copy that count once everyone has met: nobody took them back.
    fn counting(&self, copy: usize) -> Vec<&Pressed> {
        let is_counted = |pressed: &&Pressed| pressed.copy == copy && !self.taken_back.contains(&pressed.id);
        self.pressed.iter().filter(is_counted).collect()
    }

    /// Where the thing was before all of them: where it belongs, or where someone who had seen nothing of it missed it.
    fn begins(&self, counting: &[&Pressed]) -> Thing {
        let missed = counting.iter().filter(|one| !counting.iter().any(|other| one.seen.contains(&other.id)));
        let elsewhere = missed.filter_map(|pressed| match pressed.press {
            Press::Look { cabinet } | Press::Miss { cabinet } if cabinet != 0 => Some((pressed.id, cabinet)),
            _ => None,
        });
        Thing::Hangs(elsewhere.min().map_or(0, |(_, cabinet)| cabinet))
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
    /// With this borrower, who is none of those who have a phone.
    Out(usize),
    /// Its tag is cut off.
    Untagged,
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
            Thing::Untagged => None,
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
        Press::Look { cabinet } => match thing {
            Thing::Hangs(there) if *there == cabinet => Some(Thing::Unseen(cabinet)),
            // She had said that she took it, and stands before an empty hook.
            Thing::Held(holder) if *holder == who => Some(Thing::Unseen(cabinet)),
            elsewhere => Some(elsewhere.clone()),
        },
        Press::Miss { cabinet } => match thing {
            Thing::Hangs(there) if *there == cabinet => Some(Thing::Unseen(cabinet)),
            elsewhere => Some(elsewhere.clone()),
        },
        Press::Count { cabinet } => {
            matches!(thing, Thing::Hangs(_) | Thing::Unseen(_) | Thing::Lost).then_some(Thing::Hangs(cabinet))
        }
        Press::Lose { as_office } => {
            let can_be = match thing {
                Thing::Unseen(_) | Thing::Lost => true,
                Thing::Hangs(_) | Thing::Out(_) => as_office,
                _ => in_hand_of(who),
            };
            can_be.then_some(Thing::Lost)
        }
        Press::Find { cabinet } => match (thing, cabinet) {
            (Thing::Lost | Thing::Unseen(_) | Thing::Out(_), None) => Some(Thing::Held(who)),
            (Thing::Lost | Thing::Unseen(_) | Thing::Out(_), Some(cabinet)) => Some(Thing::Hangs(cabinet)),
            (Thing::Hangs(there), Some(cabinet)) if *there == cabinet => Some(thing.clone()),
            _ => None,
        },
        Press::Lend { to } => (in_hand_of(who) || matches!(thing, Thing::Hangs(_))).then_some(Thing::Out(to)),
        Press::Retire => {
            let is_in_a_hand = matches!(thing, Thing::Held(_) | Thing::Passing { .. });
            (!is_in_a_hand || in_hand_of(who)).then_some(Thing::Untagged)
        }
    }
}

/// Where the thing can be in the end, by trying every order in which nobody had seen what came later.
fn ends(begins: &Thing, all: &[&Pressed]) -> BTreeSet<Thing> {
    fn go(thing: &Thing, left: &[&Pressed], ends: &mut BTreeSet<Thing>) {
        if left.is_empty() {
            ends.insert(thing.clone());
        }
        for (n, next) in left.iter().enumerate() {
            if left.iter().any(|other| next.seen.contains(&other.id)) {
                continue;
            }
            if let Some(then) = happens(thing, next.who, &next.press) {
                let mut rest = left.to_vec();
                rest.remove(n);
                go(&then, &rest, ends);
            }
        }
    }
    let mut found = BTreeSet::new();
    go(begins, all, &mut found);
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
        Place::Lent { borrower, to } => {
            let is_this = |n: &usize| BORROWERS[*n] == to.as_str() && Borrower::ALL[*n] == *borrower;
            Thing::Out((0..BORROWERS.len()).find(is_this).unwrap())
        }
        Place::Retired => Thing::Untagged,
    }
}

fn derived(document: &Document) -> Key {
    key(&document.content())
}

/// Holds a copy's custody against the oracle.
///
/// The oracle orders by what was seen, the model by `after`, and both orders are the same among facts that count: each
/// press is after the latest facts of its copy that hold on its author's screen, and so after all of them; and what
/// counts in the end held on every screen that showed it, as nothing that was taken back comes to hold again.
fn check(replicas: &Replicas, copy: usize, custody: &Custody) -> Result<(), TestCaseError> {
    let counting = replicas.counting(copy);
    let begins = replicas.begins(&counting);
    let ends_of = |ids: &BTreeSet<FactId>| {
        let some: Vec<&Pressed> = counting.iter().copied().filter(|pressed| ids.contains(&pressed.id)).collect();
        ends(&begins, &some)
    };
    let all: BTreeSet<FactId> = counting.iter().map(|pressed| pressed.id).collect();
    let ends = ends_of(&all);
    prop_assert_eq!(custody.is_disputed(), ends.is_empty());
    prop_assert_eq!(custody.certainty == Certainty::Certain, ends.len() == 1);

    // What nobody had seen who said something later.
    let is_last = |id: &FactId| !counting.iter().any(|pressed| pressed.seen.contains(id));
    let last: BTreeSet<FactId> = all.iter().copied().filter(is_last).collect();
    prop_assert_eq!(custody.last.iter().copied().collect::<BTreeSet<_>>(), last);

    // The place is one where the told series can end: in a dispute the one before it.
    let series: BTreeSet<FactId> = custody.series.iter().map(|step| step.stated.fact).collect();
    prop_assert!(ends_of(&series).contains(&thing(&custody.place)));
    let Certainty::Disputed(sides) = &custody.certainty else {
        prop_assert_eq!(series, all);
        return Ok(());
    };

    // The sides are facts that hold, told as they were stated, and with them no series is possible.
    prop_assert!(!sides.is_empty());
    for side in sides {
        prop_assert!(all.contains(&side.fact));
        let fact = &replicas.written[&side.fact];
        prop_assert_eq!((side.by, side.at), (fact.by, fact.at));
    }
    // Whoever had it in her hand before is told too: it may be with her still.
    if let Some(since) = custody.since.filter(|_| !custody.place.holders().is_empty()) {
        prop_assert!(sides.iter().any(|side| side.fact == since.fact));
    }
    let told: BTreeSet<FactId> = series.into_iter().chain(sides.iter().map(|side| side.fact)).collect();
    prop_assert!(ends_of(&told).is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_replica_derives_the_same_and_exactly_true_conflicts_are_disputes(
        steps in prop::collection::vec(step(), 1..64),
        order in Just((0..VAULTS).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let replicas = play(&steps);
        let straight: Vec<usize> = (0..VAULTS).collect();
        let (one, other) = (replicas.merged(&straight), replicas.merged(&order));
        let key = derived(&one);
        prop_assert_eq!(&key, &derived(&other));
        prop_assert_eq!(&key, &derived(&Document::load(&other.save()).unwrap()));
        prop_assert_eq!(&one.content().facts, &replicas.written);
        prop_assert_eq!(key.copies.len(), COPIES);
        for (copy, derived) in key.copies.iter().enumerate() {
            check(&replicas, copy, &derived.custody)?;
        }
    }
}
