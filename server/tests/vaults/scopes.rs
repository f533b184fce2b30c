//! Who holds what, and when.

use rundan_model::{FactBody, Kind, Role};
use rundan_sync::{Item, PushResult, StreamState};
use serde_json::json;

use crate::world::{MONDAY, TUESDAY, World, at};

fn slot(person: rundan_model::PersonId) -> serde_json::Value {
    json!({ "staff": person })
}

#[tokio::test]
async fn a_carer_holds_her_visits_with_their_recipients_and_nothing_else() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let bob = world.phone("Bob", Role::Carer).await;
    let (mine, other) = (world.plan_recipient().await, world.plan_recipient().await);
    let access = world.plan(Kind::Access, vec![("recipient", json!(mine)), ("door-code", json!("1234"))]).await;
    let decision = world.plan(Kind::Decision, vec![("recipient", json!(mine))]).await;
    let visit = world.plan_visit(mine, at(MONDAY, "08:00"), alice.person).await;
    let others = world.plan_visit(other, at(MONDAY, "08:00"), bob.person).await;
    alice.sync(&world).await;
    for held in [mine, access, visit, alice.unit.document()] {
        assert!(alice.held.contains_key(&held));
    }
    for not_held in [other, others, decision] {
        assert!(!alice.held.contains_key(&not_held));
    }
    // The unit, two of staff, a visit, a recipient and her door.
    assert_eq!(alice.held.len(), 6);
}

#[tokio::test]
async fn a_reassigned_visit_leaves_one_carer_and_comes_to_the_other() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let mut bob = world.phone("Bob", Role::Carer).await;
    let mut eva = world.phone("Eva", Role::Planner).await;
    let recipient = world.plan_recipient().await;
    let access = world.plan(Kind::Access, vec![("recipient", json!(recipient))]).await;
    let visit = world.plan_visit(recipient, at(MONDAY, "08:00"), alice.person).await;
    for phone in [&mut alice, &mut bob, &mut eva] {
        phone.sync(&world).await;
    }
    eva.put(&world, visit, "slot/1", slot(bob.person));
    eva.sync(&world).await;
    alice.sync(&world).await;
    bob.sync(&world).await;
    for document in [visit, recipient, access] {
        assert!(!alice.held.contains_key(&document));
        assert!(bob.held.contains_key(&document));
    }
}

#[tokio::test]
async fn what_left_a_phone_is_written_to_only_by_what_it_had_not_confirmed() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let mut eva = world.phone("Eva", Role::Planner).await;
    let bob = world.person("Bob", Role::Carer).await;
    let recipient = world.plan_recipient().await;
    let mut visits = Vec::new();
    for clock in ["08:00", "09:00", "10:00"] {
        visits.push(world.plan_visit(recipient, at(MONDAY, clock), alice.person).await);
    }
    alice.sync(&world).await;
    eva.sync(&world).await;
    let [before, between, after] = visits[..] else { panic!("three visits") };
    let stored = alice.held.clone();
    for visit in visits {
        eva.put(&world, visit, "slot/1", slot(bob));
    }
    eva.sync(&world).await;

    alice.state(&world, before, FactBody::Started);
    let told = alice.sync(&world).await;
    assert!(matches!(told[..], [PushResult::Accepted(..)]), "written before it was told: {told:?}");
    assert!(!alice.held.contains_key(&between) && !alice.held.contains_key(&after));

    alice.held = stored.clone();
    alice.state(&world, between, FactBody::Started);
    let request = alice.request(alice.stream());
    let told = alice.ask(&world, &request).await.streams.remove(0).results;
    assert!(matches!(told[0][..], [PushResult::Accepted(..)]), "written while the answer was on its way: {told:?}");

    alice.outbox.clear();
    alice.held = stored;
    alice.state(&world, after, FactBody::Started);
    let request = alice.request(alice.stream());
    let told = alice.ask(&world, &request).await.streams.remove(0).results;
    assert!(matches!(told[0][..], [PushResult::Refused(_)]), "written after it had left: {told:?}");
}

#[tokio::test]
async fn every_value_of_a_clashing_slot_counts() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let mut bob = world.phone("Bob", Role::Carer).await;
    let mut eva = world.phone("Eva", Role::Planner).await;
    let mut maj = world.phone("Maj", Role::Planner).await;
    let carla = world.person("Carla", Role::Carer).await;
    let visit = world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), carla).await;
    eva.sync(&world).await;
    maj.sync(&world).await;
    eva.put(&world, visit, "slot/1", slot(alice.person));
    maj.put(&world, visit, "slot/1", slot(bob.person));
    eva.sync(&world).await;
    maj.sync(&world).await;
    alice.sync(&world).await;
    bob.sync(&world).await;
    assert!(alice.held.contains_key(&visit) && bob.held.contains_key(&visit));
    assert!(alice.held[&visit].content().plan["slot/1"].is_clash());
}

#[tokio::test]
async fn the_window_moves_when_the_day_is_opened() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let recipient = world.plan_recipient().await;
    let today = world.plan_visit(recipient, at(MONDAY, "08:00"), alice.person).await;
    let next_week = world.plan_visit(recipient, at("2026-12-01", "08:00"), alice.person).await;
    alice.sync(&world).await;
    assert!(alice.held.contains_key(&today) && !alice.held.contains_key(&next_week));
    world.set_time(at(TUESDAY, "00:00"));
    alice.sync(&world).await;
    assert!(alice.held.contains_key(&today) && alice.held.contains_key(&next_week));
    world.set_time(at("2026-11-25", "05:00"));
    world.server.open_day().await.unwrap();
    alice.sync(&world).await;
    assert!(!alice.held.contains_key(&today) && alice.held.contains_key(&recipient));
}

#[tokio::test]
async fn a_visit_with_a_fact_of_hers_stays_for_fourteen_opened_days() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let visit = world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    alice.state(&world, visit, FactBody::Started);
    alice.sync(&world).await;
    for day in 1..=14 {
        world.set_time(at(MONDAY, "06:00").plus_seconds(day * 86_400));
        alice.sync(&world).await;
        assert!(alice.held.contains_key(&visit), "day {day}");
    }
    world.set_time(at(MONDAY, "06:00").plus_seconds(15 * 86_400));
    alice.sync(&world).await;
    assert!(!alice.held.contains_key(&visit));
}

#[tokio::test]
async fn work_done_offline_is_taken_after_the_visit_went_to_another() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let mut eva = world.phone("Eva", Role::Planner).await;
    let bob = world.person("Bob", Role::Carer).await;
    let visit = world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    eva.sync(&world).await;
    alice.state(&world, visit, FactBody::Started);
    eva.put(&world, visit, "slot/1", slot(bob));
    eva.sync(&world).await;
    world.set_time(at(MONDAY, "06:00").plus_seconds(6 * 86_400));
    assert!(matches!(alice.sync(&world).await[..], [PushResult::Accepted(..)]));
    assert!(alice.held.contains_key(&visit));
}

#[tokio::test]
async fn who_never_had_a_visit_in_scope_may_not_work_it() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let mut bob = world.phone("Bob", Role::Carer).await;
    let visit = world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    bob.sync(&world).await;
    bob.held.insert(visit, alice.held[&visit].clone());
    bob.state(&world, visit, FactBody::Started);
    bob.held.remove(&visit);
    assert!(matches!(&bob.sync(&world).await[..], [PushResult::Refused(reason)] if reason == "not_allowed"));
}

#[tokio::test]
async fn a_new_planner_holds_all_and_one_who_leaves_nothing() {
    let world = World::new().await;
    let mut eva = world.phone("Eva", Role::Carer).await;
    let alice = world.person("Alice", Role::Carer).await;
    let visit = world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), alice).await;
    eva.sync(&world).await;
    assert!(!eva.held.contains_key(&visit));
    let person = eva.person;
    world.commit(move |commit, _, _, _| commit.give_role(person, &Role::Planner)).await;
    eva.sync(&world).await;
    assert!(eva.held.contains_key(&visit));
    world.commit(move |commit, _, _, _| commit.take_role(person, &Role::Planner)).await;
    eva.sync(&world).await;
    assert!(!eva.held.contains_key(&visit));
    world.commit(move |commit, _, _, _| commit.take_role(person, &Role::Carer)).await;
    let request = eva.request(eva.stream());
    assert_eq!(eva.ask(&world, &request).await.streams[0].state, StreamState::Closed);
}

#[tokio::test]
async fn a_first_sync_comes_in_pages_with_today_first() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let recipient = world.plan_recipient().await;
    let mut today = Vec::new();
    let wish = "Så vill hon ha det. ".repeat(700);
    for n in 0..60 {
        let person = alice.person;
        let start = at(MONDAY, "07:00").plus_seconds(n % 7 * 86_400 + n * 60);
        let visit = world.plan_visit(recipient, start, person).await;
        if n % 7 == 0 {
            today.push(visit);
        }
        // Random, so that it does not shrink away when saved.
        let noise = hex::encode(world.random_bytes::<4096>());
        let note = format!("{wish}{noise}");
        world
            .commit(move |commit, own, now, _| {
                let edit = rundan_documents::Edit { facts: Vec::new(), puts: vec![("text".into(), json!(note))] };
                commit.write(own, now, visit, None, &edit)
            })
            .await;
    }
    let request = alice.request(alice.stream());
    let first = alice.ask(&world, &request).await.streams.remove(0);
    assert!(first.more.is_some() && first.digest.is_none());
    let on_first: Vec<_> = first.items.iter().map(Item::document).collect();
    for visit in &today {
        assert!(on_first.contains(visit));
    }
    assert_eq!(first.documents, 63);
    alice.sync(&world).await;
    assert_eq!(alice.held.len(), 63);
}

#[tokio::test]
async fn pages_go_on_where_they_were_cut_while_the_unit_works_on() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let recipient = world.plan_recipient().await;
    let mut visits = Vec::new();
    for n in 0..40 {
        let visit = world.plan_visit(recipient, at(MONDAY, "07:00").plus_seconds(n * 60), alice.person).await;
        visits.push(visit);
        let noise = hex::encode(world.random_bytes::<7000>());
        world
            .commit(move |commit, own, now, _| {
                let edit = rundan_documents::Edit { facts: Vec::new(), puts: vec![("text".into(), json!(noise))] };
                commit.write(own, now, visit, None, &edit)
            })
            .await;
    }
    let request = alice.request(alice.stream());
    let first = alice.ask(&world, &request).await;
    let next = rundan_sync::round::check(&request, &first).unwrap()[0];
    let rundan_sync::round::Next::Page(page) = next else { panic!("{next:?}") };
    let (moved, bob) = (visits[39], world.person("Bob", Role::Carer).await);
    world
        .commit(move |commit, own, now, _| {
            let edit = rundan_documents::Edit { facts: Vec::new(), puts: vec![("slot/1".into(), slot(bob))] };
            commit.write(own, now, moved, None, &edit)
        })
        .await;
    let mut stream = alice.stream();
    stream.page = Some(page);
    let request = alice.request(stream);
    let second = alice.ask(&world, &request).await.streams.remove(0);
    assert_eq!(second.head, Some(page.head));
    assert!(second.digest.is_none(), "the log has gone on");
    assert!(!second.items.iter().any(|item| item.document() == moved), "what left is not read any more");
    alice.sync(&world).await;
    assert!(!alice.held.contains_key(&moved) && alice.held.contains_key(&visits[38]));
}

#[tokio::test]
async fn a_cursor_of_another_log_is_forked() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    alice.sync(&world).await;
    let mut stream = alice.stream();
    stream.cursor.as_mut().unwrap().chain.0[0] ^= 1;
    let request = alice.request(stream);
    assert_eq!(alice.ask(&world, &request).await.streams[0].state, StreamState::Forked);
    let mut stream = alice.stream();
    let told = rundan_sync::Cursor { seq: 1_000_000, ..alice.cursor.unwrap() };
    stream.told = Some(told);
    let request = alice.request(stream);
    assert_eq!(alice.ask(&world, &request).await.streams[0].state, StreamState::Forked);
}

#[tokio::test]
async fn a_vault_that_lost_a_document_gets_it_again_by_saying_what_it_holds() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let visit = world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    alice.held.remove(&visit);
    let mut stream = alice.stream();
    let hash = |(id, document): (&rundan_model::DocumentId, &rundan_documents::Document)| {
        rundan_sync::HeldDocument(*id, rundan_sync::HeadsHash::of(*id, &document.heads()))
    };
    stream.held = Some(alice.held.iter().map(hash).collect());
    let request = alice.request(stream);
    let told = alice.ask(&world, &request).await.streams.remove(0);
    assert!(matches!(&told.items[..], [Item::Whole { receipt, .. }] if receipt.document == visit));
}

#[tokio::test]
async fn the_office_learns_who_was_heard_and_what_it_has() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let mut eva = world.phone("Eva", Role::Planner).await;
    alice.sync(&world).await;
    eva.sync(&world).await;
    let mut stream = eva.stream();
    stream.heard_since = Some(rundan_model::Timestamp(0));
    let request = eva.request(stream);
    let told = eva.ask(&world, &request).await.streams.remove(0);
    let heard: Vec<_> = told.heard.iter().map(|heard| heard.0).collect();
    assert!(heard.contains(&alice.person) && heard.contains(&eva.person));
    assert_eq!(told.office_has, eva.cursor.unwrap().seq);
    let request = alice.request(alice.stream());
    assert_eq!(alice.ask(&world, &request).await.streams[0].office_has, eva.cursor.unwrap().seq);
}
