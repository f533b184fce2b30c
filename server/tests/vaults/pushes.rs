//! What is pushed, and how it comes to others.

use std::sync::Arc;

use rundan_model::fact::IncidentText;
use rundan_model::visit::{State, visit};
use rundan_model::{FactBody, Kind, Role};
use rundan_server::store::Db;
use rundan_sync::PushResult;
use serde_json::json;

use crate::world::{MONDAY, World, at};

#[tokio::test]
async fn two_vaults_share_a_visit() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let mut eva = world.phone("Eva", Role::Planner).await;
    let recipient = world.plan_recipient().await;
    let id = world.plan_visit(recipient, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    eva.sync(&world).await;
    alice.state(&world, id, FactBody::Started);
    eva.put(&world, id, "when", json!({ "start": at(MONDAY, "09:00"), "minutes": 30 }));
    assert!(matches!(alice.sync(&world).await[..], [PushResult::Accepted(..)]));
    assert!(matches!(eva.sync(&world).await[..], [PushResult::Accepted(..)]));
    alice.sync(&world).await;
    assert_eq!(alice.held[&id].heads(), eva.held[&id].heads());
    let derived = visit(&alice.held[&id].content());
    assert_eq!(derived.state_for(alice.person), State::Running);
    assert_eq!(derived.when.unwrap().start, at(MONDAY, "09:00"));
}

#[tokio::test]
async fn the_same_push_twice_happens_once() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let recipient = world.plan_recipient().await;
    let id = world.plan_visit(recipient, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    alice.state(&world, id, FactBody::Started);
    let waiting = alice.outbox.clone();
    let first = alice.sync(&world).await;
    alice.outbox = waiting;
    let second = alice.sync(&world).await;
    let ([PushResult::Accepted(seq, at)], [PushResult::Already(seq_again, at_again)]) = (&first[..], &second[..])
    else {
        panic!("{first:?} {second:?}");
    };
    assert_eq!((seq, at), (seq_again, at_again));
    assert_eq!(alice.held[&id].content().facts.len(), 1);
}

#[tokio::test]
async fn a_carer_who_plans_is_refused_and_what_builds_on_it_depends() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let recipient = world.plan_recipient().await;
    let id = world.plan_visit(recipient, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    alice.put(&world, id, "when", json!({ "start": at(MONDAY, "12:00"), "minutes": 30 }));
    alice.state(&world, id, FactBody::Started);
    let results = alice.sync(&world).await;
    assert!(matches!(&results[..], [PushResult::Refused(reason), PushResult::Depends] if reason == "not_allowed"));
    assert!(alice.held[&id].content().facts.is_empty());
}

#[tokio::test]
async fn one_bad_change_holds_up_no_other_document() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let recipient = world.plan_recipient().await;
    let first = world.plan_visit(recipient, at(MONDAY, "08:00"), alice.person).await;
    let second = world.plan_visit(recipient, at(MONDAY, "09:00"), alice.person).await;
    alice.sync(&world).await;
    alice.put(&world, first, "cancelled", json!({}));
    alice.state(&world, second, FactBody::Started);
    let mut garbage = alice.outbox[0].clone();
    garbage.1.bytes = b"not a change".to_vec();
    alice.outbox.push(garbage);
    let results = alice.sync(&world).await;
    let refused = results.iter().filter(|result| matches!(result, PushResult::Refused(_))).count();
    assert_eq!((refused, results.len()), (2, 3));
    assert_eq!(alice.held[&second].content().facts.len(), 1);
}

#[tokio::test]
async fn a_change_whose_dependency_is_missing_is_kept_for_later() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let recipient = world.plan_recipient().await;
    let id = world.plan_visit(recipient, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    alice.state(&world, id, FactBody::Started);
    alice.state(&world, id, FactBody::Ended);
    let first = alice.outbox.remove(0);
    assert!(matches!(&alice.sync(&world).await[..], [PushResult::Later(reason)] if reason == "dependency"));
    alice.outbox.insert(0, first);
    assert!(matches!(alice.sync(&world).await[..], [PushResult::Accepted(..), PushResult::Accepted(..)]));
}

#[tokio::test]
async fn a_kind_that_this_version_does_not_know_is_kept_for_later_by_its_phone_and_holds_up_nothing() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let recipient = world.plan_recipient().await;
    let id = world.plan_visit(recipient, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    let newer = alice.begin(&world, Kind::Unknown("alarm".into()));
    alice.state(&world, newer, FactBody::Read { facts: Vec::new() });
    alice.state(&world, id, FactBody::Started);
    let results = alice.sync(&world).await;
    assert!(
        matches!(&results[..], [PushResult::Later(kind), PushResult::Later(dependency), PushResult::Accepted(..)]
            if kind == "kind" && dependency == "dependency"),
        "{results:?}"
    );
    let (waiting, head) = (alice.outbox.clone(), alice.cursor);
    assert_eq!(waiting.len(), 2);
    let again = alice.sync(&world).await;
    assert_eq!((&again[..], alice.cursor), (&results[..2], head), "nothing of it is in the log");
    assert_eq!(alice.outbox, waiting);
    let unit = world.unit;
    let row = world.server.db.read(move |tx| rundan_server::store::documents::row(tx, unit, newer)).await.unwrap();
    assert!(row.is_none());
}

#[tokio::test]
async fn a_carer_begins_a_visit_and_the_office_sees_it() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let mut eva = world.phone("Eva", Role::UnitHead).await;
    alice.sync(&world).await;
    let id = alice.begin(&world, Kind::Visit);
    let begun = FactBody::Begun { name: "Okänd".into(), recipient: None, cause: rundan_model::UnplannedCause::Asked };
    alice.state(&world, id, begun);
    assert!(alice.sync(&world).await.iter().all(|result| matches!(result, PushResult::Accepted(..))));
    eva.sync(&world).await;
    assert_eq!(visit(&eva.held[&id].content()).begun.unwrap().name, "Okänd");
}

#[tokio::test]
async fn a_draft_is_its_authors_alone() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let mut eva = world.phone("Eva", Role::UnitHead).await;
    let draft = alice.begin(&world, Kind::Draft);
    let drafted = eva.begin(&world, Kind::Draft);
    alice.sync(&world).await;
    eva.sync(&world).await;
    assert!(alice.held.contains_key(&draft) && !alice.held.contains_key(&drafted));
    assert!(eva.held.contains_key(&drafted) && !eva.held.contains_key(&draft));
}

#[tokio::test]
async fn another_vaults_session_is_refused() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let mut bob = world.phone("Bob", Role::Carer).await;
    let recipient = world.plan_recipient().await;
    let id = world.plan_visit(recipient, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    bob.sync(&world).await;
    alice.state(&world, id, FactBody::Started);
    bob.outbox = std::mem::take(&mut alice.outbox);
    assert!(matches!(&bob.sync(&world).await[..], [PushResult::Refused(reason)] if reason == "actor"));
}

#[tokio::test]
async fn a_submitted_draft_leaves_its_author_and_is_destroyed() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let draft = alice.begin(&world, Kind::Draft);
    let text = IncidentText { happened: "Hemligt utkast".into(), ..IncidentText::default() };
    alice.state(&world, draft, FactBody::Text { text: text.clone() });
    alice.sync(&world).await;
    alice.state(&world, draft, FactBody::Submitted { text });
    let waiting = alice.outbox.clone();
    alice.sync(&world).await;
    assert!(!alice.held.contains_key(&draft));
    let count = |tx: &rusqlite::Connection| {
        let select = "SELECT count(*) FROM change WHERE instr(payload, CAST('Hemligt' AS BLOB)) > 0";
        Ok(tx.query_row(select, [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(world.server.db.read(count).await.unwrap(), 0);
    alice.outbox = waiting;
    assert!(matches!(alice.sync(&world).await[..], [PushResult::Already(..)]));
}

#[tokio::test]
async fn a_draft_that_was_begun_and_given_up_between_two_syncs_leaves_with_the_answer() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    alice.sync(&world).await;
    let draft = alice.begin(&world, Kind::Draft);
    alice.state(&world, draft, FactBody::Submitted { text: IncidentText::default() });
    // Sync compares the digest.
    let told = alice.sync(&world).await;
    assert!(matches!(told[..], [PushResult::Accepted(..), PushResult::Accepted(..)]), "{told:?}");
    assert!(!alice.held.contains_key(&draft));
}

#[tokio::test]
async fn what_builds_on_a_document_that_was_destroyed_in_a_lost_log_does_not_wait_for_ever() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    alice.sync(&world).await;
    let draft = alice.begin(&world, Kind::Draft);
    alice.state(&world, draft, FactBody::Submitted { text: IncidentText::default() });
    alice.outbox.remove(0);
    assert!(matches!(&alice.sync(&world).await[..], [PushResult::Later(_)]));
    world.commit(move |commit, _, _, _| commit.destroy_again(draft)).await;
    assert!(matches!(&alice.sync(&world).await[..], [PushResult::Refused(reason)] if reason == "purged"));
}

#[tokio::test]
async fn many_vaults_push_at_once_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(Db::threads(&folder.path().join("rundan.db")).unwrap()).await;
    let recipient = world.plan_recipient().await;
    let mut phones = Vec::new();
    for n in 0..12 {
        let mut phone = world.phone(&format!("Carer {n}"), Role::Carer).await;
        let id = world.plan_visit(recipient, at(MONDAY, "08:00"), phone.person).await;
        phone.sync(&world).await;
        phone.state(&world, id, FactBody::Started);
        phones.push((phone, id));
    }
    let world = Arc::new(world);
    let pushing: Vec<_> = phones
        .into_iter()
        .map(|(mut phone, id)| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let results = phone.sync(&world).await;
                assert!(matches!(results[..], [PushResult::Accepted(..)]));
                id
            })
        })
        .collect();
    let mut eva = world.phone("Eva", Role::Planner).await;
    let mut visits = Vec::new();
    for push in pushing {
        visits.push(push.await.unwrap());
    }
    eva.sync(&world).await;
    for visit in visits {
        assert_eq!(eva.held[&visit].content().facts.len(), 1);
    }
}

#[tokio::test]
async fn a_vault_that_pushed_too_much_today_is_asked_to_come_back() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let id = world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    for (column, full, next_day) in [
        ("changes", rundan_server::sync::CHANGES_PER_DAY_MAX, "2026-11-24"),
        ("bytes", rundan_server::sync::BYTES_PER_DAY_MAX, "2026-11-25"),
    ] {
        let (fill, full) = (format!("UPDATE vault_cursor SET {column} = ?1"), i64::try_from(full).unwrap());
        world.server.db.write(move |tx| Ok(tx.execute(&fill, [full])?)).await.unwrap();
        alice.state(&world, id, FactBody::Started);
        assert!(matches!(&alice.sync(&world).await[..], [PushResult::Later(reason)] if reason == "load"), "{column}");
        world.set_time(at(next_day, "06:00"));
        assert!(matches!(alice.sync(&world).await[..], [PushResult::Accepted(..)]), "{column}");
    }
}

#[tokio::test]
async fn a_request_that_is_cut_happens_once_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(Db::threads(&folder.path().join("rundan.db")).unwrap()).await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let id = world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    for polls in 1..6 {
        alice.state(&world, id, FactBody::Note { text: format!("{polls}") });
        alice.counter += 1;
        let (header, body) = alice.sign(&world, alice.counter, &alice.request(alice.stream()));
        let mut cut = Box::pin(world.post(rundan_server::sync::PATH, &header, body));
        for _ in 0..polls {
            tokio::select! { biased; _ = &mut cut => break, () = tokio::task::yield_now() => {} }
        }
        drop(cut);
        let results = alice.sync(&world).await;
        assert!(matches!(results[..], [PushResult::Accepted(..) | PushResult::Already(..)]), "{results:?}");
        assert_eq!(alice.held[&id].content().facts.len(), polls);
    }
}
