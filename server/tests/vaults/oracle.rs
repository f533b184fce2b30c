//! Random work in a unit, held against the rules of scope in their simplest form.

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rundan_model::plan::{Slot, When};
use rundan_model::{Content, DocumentId, FactBody, Kind, PersonId, Role, Zone};
use rundan_server::scope::{DAYS_AHEAD, DAYS_BACK, OWN_WORK_DAYS};
use rundan_server::seams::Clock;
use serde_json::json;

use crate::phone::Phone;
use crate::world::World;

const SEEDS: u64 = 6;
const STEPS: usize = 60;

/// What the rules say, from all documents as the office holds them.
struct Oracle {
    days_opened: u64,
    today: i32,
    /// On which opened day a person last stated something about a visit.
    stated: BTreeMap<(PersonId, DocumentId), u64>,
}

impl Oracle {
    fn held(&self, office: &Phone, person: PersonId) -> BTreeSet<DocumentId> {
        let of_kind = |kind: &Kind| -> Vec<_> {
            office
                .held
                .iter()
                .filter(|(_, document)| document.kind() == kind)
                .map(|(id, it)| (*id, it.content()))
                .collect()
        };
        let mut held: BTreeSet<DocumentId> =
            [Kind::Unit, Kind::Staff].iter().flat_map(of_kind).map(|(id, _)| id).collect();
        let mut recipients = BTreeSet::new();
        for (id, visit) in of_kind(&Kind::Visit) {
            let slots = visit.under("slot").flat_map(|(n, _)| visit.each::<Slot>(&format!("slot/{n}")));
            let is_hers = slots.into_iter().any(|slot| slot.staff == Some(person));
            let is_near = visit
                .each::<When>("when")
                .iter()
                .any(|when| (self.today - DAYS_BACK..=self.today + DAYS_AHEAD).contains(&Zone.day(when.start).0));
            let since = self.stated.get(&(person, id)).map(|day| self.days_opened - day);
            let is_recent = since.is_some_and(|days| days <= 1);
            if (is_hers && is_near) || is_recent {
                recipients.extend(visit.each::<DocumentId>("recipient"));
            }
            if (is_hers && is_near) || since.is_some_and(|days| days <= OWN_WORK_DAYS) {
                held.insert(id);
            }
        }
        let opening = [Kind::Access, Kind::KeyHome].iter().flat_map(of_kind);
        for (id, access) in opening {
            if access.each::<DocumentId>("recipient").iter().any(|recipient| recipients.contains(recipient)) {
                held.insert(id);
            }
        }
        held.extend(recipients);
        held
    }
}

#[tokio::test]
async fn whatever_happens_everyone_holds_what_the_rules_say() {
    for seed in 0..SEEDS {
        play(seed).await;
    }
}

async fn play(seed: u64) {
    let world = World::new().await;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut carers = Vec::new();
    for name in ["Alice", "Bob", "Carla"] {
        carers.push(world.phone(name, Role::Carer).await);
    }
    let mut planners = vec![world.phone("Eva", Role::Planner).await, world.phone("Maj", Role::UnitHead).await];
    let mut recipients = Vec::new();
    for _ in 0..3 {
        let recipient = world.plan_recipient().await;
        world.plan(Kind::Access, vec![("recipient", json!(recipient))]).await;
        recipients.push(recipient);
    }
    let mut oracle = Oracle { days_opened: 1, today: Zone.day(world.clock.now()).0, stated: BTreeMap::new() };
    let mut visits = Vec::new();
    for _ in 0..STEPS {
        let mut pick = |n: usize| rng.next_u32() as usize % n;
        match pick(8) {
            0 | 1 => {
                let start = world.clock.now().plus_seconds(pick(14) as i64 * 86_400 - 2 * 86_400);
                let carer = carers[pick(3)].person;
                visits.push(world.plan_visit(recipients[pick(3)], start, carer).await);
            }
            2 | 3 if !visits.is_empty() => {
                let (visit, planner, carer) = (visits[pick(visits.len())], pick(2), carers[pick(3)].person);
                // Putting what stands already is no change.
                let is_new = |it: &Content| it.get::<Slot>("slot/1").is_none_or(|slot| slot.staff != Some(carer));
                if planners[planner].held.contains_key(&visit) && is_new(&planners[planner].present(visit).content()) {
                    planners[planner].put(&world, visit, "slot/1", json!({ "staff": carer }));
                }
            }
            4 if !visits.is_empty() => {
                let (visit, planner) = (visits[pick(visits.len())], pick(2));
                let start = world.clock.now().plus_seconds(pick(14) as i64 * 86_400);
                let is_new = |it: &Content| it.get::<When>("when").is_none_or(|when| when.start != start);
                if planners[planner].held.contains_key(&visit) && is_new(&planners[planner].present(visit).content()) {
                    planners[planner].put(&world, visit, "when", json!(When { start, minutes: 30 }));
                }
            }
            5 => {
                let carer = &mut carers[pick(3)];
                let mine: Vec<_> =
                    carer.held.iter().filter(|(_, it)| *it.kind() == Kind::Visit).map(|(id, _)| *id).collect();
                if !mine.is_empty() {
                    let visit = mine[pick(mine.len())];
                    carer.state(&world, visit, FactBody::Started);
                    carer.sync(&world).await;
                    oracle.stated.insert((carer.person, visit), oracle.days_opened);
                }
            }
            6 => {
                world.pass_seconds(86_400);
                world.server.open_day().await.unwrap();
                oracle.days_opened += 1;
                oracle.today += 1;
            }
            _ => {
                let n = pick(5);
                let phone = if n < 3 { &mut carers[n] } else { &mut planners[n - 3] };
                phone.sync(&world).await;
            }
        }
    }
    for _ in 0..2 {
        for planner in &mut planners {
            planner.sync(&world).await;
        }
    }
    for carer in &mut carers {
        carer.sync(&world).await;
        let held: BTreeSet<_> = carer.held.keys().copied().collect();
        assert_eq!(held, oracle.held(&planners[0], carer.person), "seed {seed}");
        for (id, document) in &carer.held {
            assert_eq!(document.heads(), planners[0].held[id].heads(), "seed {seed}");
        }
    }
}
