//! Phones that were restored from a backup, or copied onto two.

use rundan_model::{DocumentId, Role};
use serde_json::{Value, json};

use crate::world::{Device, World, each};

struct Cast {
    world: World,
    first: Device,
    office: Device,
    visits: [DocumentId; 2],
}

impl Cast {
    async fn new() -> Self {
        let world = World::new().await;
        let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
        let maj = world.recipient("Maj-Britt").await;
        let visits = [world.visit(maj, "09:00", &[anna]).await, world.visit(maj, "11:00", &[anna]).await];
        let (first, office) = (world.phone(anna).await, world.phone(eva).await);
        Self { world, first, office, visits }
    }

    /// The texts of all notes on a visit, as the office has them.
    async fn notes(&self, visit: DocumentId) -> Vec<String> {
        self.office.sync().await;
        let facts = self.office.facts(visit).await["facts"].clone();
        let notes = facts.as_array().unwrap().iter().filter(|fact| fact["kind"] == "note");
        let mut notes: Vec<String> = notes.map(|fact| fact["text"].as_str().unwrap().to_owned()).collect();
        notes.sort_unstable();
        notes
    }

    fn note(&self, n: usize, text: &str) -> Value {
        json!({ "do": "write_note", "visit": self.visits[n], "text": text })
    }
}

/// The end of every story: all is sent, and both phones show the same.
async fn assert_equal(phones: &[&Device], visits: &[DocumentId]) {
    for _ in 0..2 {
        for phone in phones {
            phone.sync().await;
            assert_eq!((phone.unsent().await, phone.problem().await), (0, Value::Null));
        }
    }
    for visit in visits {
        let shown = phones[0].visit(*visit).await;
        for phone in &phones[1..] {
            let other = phone.visit(*visit).await;
            for part in ["items", "notes", "performed_seconds"] {
                assert_eq!(other[part], shown[part], "{part}");
            }
        }
    }
}

#[tokio::test]
async fn two_phones_from_one_backup_deliver_everything_once_in_whatever_order_they_ask() {
    // Who asks, in turns: the first phone, or its copy.
    let orders: [&[usize]; 6] = [&[0, 1], &[1, 0], &[0, 0, 1, 1], &[1, 1, 0, 0], &[0, 1, 0, 1, 0], &[1, 0, 1, 0, 1]];
    for order in orders {
        let cast = Cast::new().await;
        let [morning, noon] = cast.visits;
        cast.first.start(morning).await;
        cast.first.act(cast.note(0, "sparad före")).await;
        let backup = cast.first.backup();
        let second = cast.world.copied(&backup, "copy").await;
        let phones = [&cast.first, &second];
        cast.first.act(cast.note(0, "första")).await;
        second.act(cast.note(0, "andra")).await;
        for (turn, n) in order.iter().enumerate() {
            phones[*n].sync().await;
            phones[*n].act(cast.note(1, &format!("{turn}"))).await;
        }
        assert_equal(&phones, &cast.visits).await;
        assert_eq!(cast.notes(morning).await, ["andra", "första", "sparad före"], "{order:?}");
        let turns: Vec<String> = (0..order.len()).map(|turn| turn.to_string()).collect();
        assert_eq!(cast.notes(noon).await, turns, "{order:?}");
        let facts = cast.office.facts(morning).await["facts"].clone();
        assert_eq!(each(&facts, "kind").iter().filter(|kind| **kind == "started").count(), 1);
    }
}

#[tokio::test]
async fn what_was_done_before_the_copy_is_undone_on_either_or_both() {
    for who in [[true, false], [false, true], [true, true]] {
        let cast = Cast::new().await;
        let [morning, _] = cast.visits;
        cast.first.start(morning).await;
        let ticked = cast.first.done(morning, "OMV01").await;
        let backup = cast.first.backup();
        let second = cast.world.copied(&backup, "copy").await;
        let phones = [&cast.first, &second];
        cast.first.sync().await;
        for (phone, undoes) in phones.iter().zip(who) {
            if undoes {
                phone.ask("undo", json!({ "action": ticked["action"] })).await;
            }
        }
        second.act(cast.note(0, "efteråt")).await;
        assert_equal(&phones, &cast.visits).await;
        cast.office.sync().await;
        assert_eq!(cast.office.facts(morning).await["items"][0]["state"], "open");
        assert_eq!(cast.notes(morning).await, ["efteråt"]);
    }
}

#[tokio::test]
async fn a_copy_is_noticed_before_anything_of_it_is_taken_and_goes_on_in_a_session_of_its_own() {
    let cast = Cast::new().await;
    let [morning, _] = cast.visits;
    let backup = cast.first.backup();
    cast.first.start(morning).await;
    cast.first.sync().await;
    let second = cast.world.copied(&backup, "copy").await;
    second.done(morning, "OMV04").await;
    let requests = second.requests();
    second.sync().await;
    assert_eq!(second.requests() - requests, 2, "one that is answered as stale, one that is taken");
    // Now it is the first phone's turn to be the one that is behind.
    cast.first.done(morning, "HSL01").await;
    let requests = cast.first.requests();
    cast.first.sync().await;
    assert_eq!(cast.first.requests() - requests, 2);
    cast.first.act(cast.note(0, "efter att den blev varse")).await;
    assert_equal(&[&cast.first, &second], &cast.visits).await;
    cast.office.sync().await;
    let facts = cast.office.facts(morning).await["facts"].clone();
    let sessions: std::collections::BTreeSet<&str> =
        each(&facts, "fact").into_iter().map(|fact| fact.split('-').next().unwrap()).collect();
    assert_eq!(sessions.len(), 3, "the first, its copy, and the first anew");
}

#[tokio::test]
async fn a_restored_phone_sends_what_its_backup_had_not_sent_and_gets_what_it_had_forgotten() {
    let cast = Cast::new().await;
    let [morning, noon] = cast.visits;
    cast.first.cut();
    cast.first.start(morning).await;
    cast.first.act(cast.note(0, "väntade i säkerhetskopian")).await;
    let backup = cast.first.backup();
    cast.first.restore();
    cast.first.sync().await;
    cast.first.end(morning).await;
    cast.first.act(cast.note(1, "glömd av säkerhetskopian")).await;
    cast.first.sync().await;
    let Cast { world, first, office, visits } = cast;
    let restored = world.restored(first, &backup).await;
    restored.act(json!({ "do": "write_note", "visit": noon, "text": "ny" })).await;
    assert_equal(&[&restored], &visits).await;
    assert_eq!(restored.visit(morning).await["card"]["state"], "done");
    let second_life = Cast { world, first: restored, office, visits };
    assert_eq!(second_life.notes(morning).await, ["väntade i säkerhetskopian"]);
    assert_eq!(second_life.notes(noon).await, ["glömd av säkerhetskopian", "ny"]);
}

#[tokio::test]
async fn work_that_was_refused_is_made_anew_once_though_two_copies_have_it() {
    let cast = Cast::new().await;
    let [morning, _] = cast.visits;
    cast.first.cut();
    cast.first.start(morning).await;
    // Longer than a fact may be: no server takes that.
    let reason = "x".repeat(100_000);
    cast.first.act(json!({ "do": "not_carried_out", "visit": morning, "reason": reason, "text": "nekad" })).await;
    cast.first.act(cast.note(0, "tagen")).await;
    let backup = cast.first.backup();
    cast.first.restore();
    let second = cast.world.copied(&backup, "copy").await;
    cast.first.sync().await;
    second.sync().await;
    assert_equal(&[&cast.first, &second], &cast.visits).await;
    assert_eq!(cast.notes(morning).await, ["tagen"]);
}

#[tokio::test]
async fn the_third_time_that_work_made_anew_cannot_be_placed_its_author_is_told_and_the_rest_goes_on() {
    let Cast { world, mut first, office, visits } = Cast::new().await;
    let [morning, noon] = visits;
    let backup = first.backup();
    let mut second = world.copied(&backup, "copy").await;
    second.sync().await;
    // Two copies with the same state of chance: each session that one opens the other has taken before it asks.
    world.next_session(0);
    second = world.reopened(second).await;
    second.cut();
    second.act(json!({ "do": "write_note", "visit": morning, "text": "Aldrig fri." })).await;
    second.act(json!({ "do": "write_note", "visit": morning, "text": "Bygger på den." })).await;
    second.act(json!({ "do": "write_note", "visit": noon, "text": "Ett annat besök." })).await;
    second.sync().await;
    for session in 0..4 {
        let sync = second.ask("sync", Value::Null).await;
        assert_eq!(sync["chip"]["refused"], 0, "made anew {session} times");
        assert!(each(&second.visit(morning).await["notes"], "text").contains(&"Aldrig fri."));
        world.next_session(session);
        first = world.reopened(first).await;
        first.act(json!({ "do": "write_note", "visit": morning, "text": format!("Session {session}.") })).await;
        first.sync().await;
        world.next_session(session + 1);
        second.restore();
        second.cut_after(1);
        second.sync().await;
    }
    let sync = second.ask("sync", Value::Null).await;
    let item = sync["items"].as_array().unwrap().iter().find(|item| item["delivery"] == "refused").unwrap();
    assert_eq!((&sync["chip"]["refused"], &item["why"]), (&json!(1), &json!("actor")));
    assert_eq!(item["text"], "Aldrig fri.", "her words are there to copy");
    let shown = second.visit(morning).await["notes"].clone();
    assert!(!each(&shown, "text").contains(&"Aldrig fri.") && each(&shown, "text").contains(&"Bygger på den."));

    second.restore();
    second.act(json!({ "do": "write_note", "visit": morning, "text": "Efteråt." })).await;
    assert_equal(&[&first, &second], &visits).await;
    let cast = Cast { world, first, office, visits };
    let others = (0..4).map(|session| format!("Session {session}."));
    let expected: Vec<String> =
        ["Bygger på den.", "Efteråt."].into_iter().map(ToOwned::to_owned).chain(others).collect();
    assert_eq!(cast.notes(morning).await, expected);
    assert_eq!(cast.notes(noon).await, ["Ett annat besök."]);
}
