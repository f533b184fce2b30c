//! What goes wrong on the way.

use rundan_device::api::{Command, ErrorCode};
use rundan_model::time::parse_clock;
use rundan_model::{Kind, Role, Zone};
use serde_json::{Value, json};

use crate::world::{Morning, World, at, each};

#[tokio::test]
async fn an_answer_that_is_lost_has_one_effect() {
    let Morning { visit, handheld, office, .. } = Morning::new().await;
    handheld.start(visit).await;
    handheld.lose_next_answer();
    handheld.sync().await;
    assert_eq!(handheld.unsent().await, 1);
    handheld.done(visit, "OMV01").await;
    handheld.sync().await;
    assert_eq!(handheld.unsent().await, 0);
    office.sync().await;
    let facts = office.facts(visit).await["facts"].clone();
    let mut kinds = each(&facts, "kind");
    kinds.sort_unstable();
    assert_eq!(kinds, ["done", "started"]);
}

#[tokio::test]
async fn a_copied_phone_goes_on_as_a_new_session_and_loses_nothing() {
    let Morning { world, visit, handheld, office, .. } = Morning::new().await;
    handheld.start(visit).await;
    let backup = handheld.backup();
    handheld.sync().await;
    handheld.done(visit, "OMV01").await;
    handheld.sync().await;

    let restored = world.restored(handheld, &backup).await;
    restored.done(visit, "OMV04").await;
    restored.sync().await;
    assert_eq!(restored.unsent().await, 0);
    office.sync().await;
    let items = office.facts(visit).await["items"].clone();
    assert_eq!(each(&items, "state"), ["done", "done", "open"]);
}

#[tokio::test]
async fn a_code_is_good_once() {
    let world = World::new().await;
    let anna = world.person("Anna", Role::Carer).await;
    let handheld = world.phone(anna).await;
    let again = Command::Enrol { server: "https://rundan.test".into(), code: "0000-0000-0000-0".into() };
    assert_eq!(handheld.phone.call(again).await.unwrap_err().code, ErrorCode::CodeRefused);
    let plain = Command::Enrol { server: "http://rundan.test".into(), code: "0000-0000-0000-0".into() };
    assert_eq!(handheld.phone.call(plain).await.unwrap_err().code, ErrorCode::BadInput);
}

#[tokio::test]
async fn a_carer_who_asks_for_the_offices_work_is_told_so_and_nothing_is_written() {
    let Morning { visit, handheld, .. } = Morning::new().await;
    let change = json!({ "is": "cancel", "reason": "x" });
    let intent = json!({ "intent": { "do": "change_visit", "visit": visit, "change": change } });
    assert_eq!(handheld.try_ask("act", intent).await.unwrap_err().code, ErrorCode::NotAllowed);
    assert_eq!(handheld.unsent().await, 0);
}

#[tokio::test]
async fn a_time_that_is_none_is_refused() {
    let Morning { visit, handheld, .. } = Morning::new().await;
    for time in ["25:00", "9:00", ""] {
        let at = json!({ "is": "local", "time": time, "reason": "x" });
        let intent = json!({ "intent": { "do": "start_visit", "visit": visit, "at": at, "end_other": [] } });
        assert_eq!(handheld.try_ask("act", intent).await.unwrap_err().code, ErrorCode::BadInput);
    }
}

#[tokio::test]
async fn a_time_that_the_clock_change_leaves_out_is_refused_and_one_that_it_doubles_is_the_first() {
    let Morning { world, maj, office, .. } = Morning::new().await;
    let on = |date: &str, time: &str| {
        let date = date.parse().unwrap();
        Zone.at(date, parse_clock(time).unwrap()).first()
    };
    let mut visits = Vec::new();
    for date in ["2027-03-28", "2027-10-31"] {
        let when = json!({ "start": on(date, "01:30"), "minutes": 30 });
        visits.push(world.plan(Kind::Visit, vec![("recipient", json!(maj)), ("when", when)]).await);
    }
    office.sync().await;
    assert_eq!(on("2027-03-28", "02:30"), None, "spring leaves it out");
    let local = json!({ "is": "local", "time": "02:30", "reason": "x" });
    let start = |visit| json!({ "do": "start_visit", "visit": visit, "at": local, "end_other": [] });
    let change = json!({ "is": "when", "start": "02:30", "minutes": 30 });
    let moved = |visit| json!({ "do": "change_visit", "visit": visit, "change": change });
    for intent in [start(visits[0]), moved(visits[0])] {
        let error = office.try_ask("act", json!({ "intent": intent })).await.unwrap_err();
        assert_eq!((error.code, error.detail.as_deref()), (ErrorCode::BadInput, Some("time_gap")));
    }
    office.act(start(visits[1])).await;
    office.act(moved(visits[1])).await;
    let facts = office.facts(visits[1]).await;
    // Autumn goes through 02:30 twice; the first is in summer time, two hours ahead of UTC.
    let first = on("2027-10-31", "01:30").unwrap().plus_minutes(60).0;
    assert_eq!((&facts["visit"]["start"], &facts["facts"][0]["at"]), (&json!(first), &json!(first)));
}

#[tokio::test]
async fn without_a_network_the_day_says_so_and_works() {
    let world = World::new().await;
    let anna = world.person("Anna", Role::Carer).await;
    let handheld = world.phone(anna).await;
    handheld.cut();
    handheld.sync().await;
    let sync = handheld.ask("sync", Value::Null).await;
    assert_eq!(sync["problem"], "unreachable");
    assert_eq!(sync["chip"]["state"], "offline");
    handheld.restore();
    handheld.sync().await;
    assert_eq!(handheld.ask("sync", Value::Null).await["chip"]["state"], "up_to_date");
}

const DAY_SECONDS: i64 = 24 * 60 * 60;

#[tokio::test]
async fn a_phone_whose_clock_is_a_day_wrong_works_and_both_she_and_the_office_can_see_it() {
    for ahead in [DAY_SECONDS, -DAY_SECONDS] {
        let Morning { world, visit, handheld, office, .. } = Morning::new().await;
        handheld.set_clock_ahead(ahead);
        world.set_time("09:00");
        handheld.start(visit).await;
        handheld.done(visit, "OMV01").await;
        world.set_time("09:40");
        handheld.end(visit).await;
        handheld.sync().await;
        assert_eq!(handheld.unsent().await, 0, "no clock is a reason to refuse");
        assert_eq!(handheld.problem().await, "clock");
        office.sync().await;
        assert_eq!(office.problem().await, Value::Null);
        let facts = office.facts(visit).await;
        assert_eq!(facts["visit"]["state"], "done");
        for fact in facts["facts"].as_array().unwrap() {
            let (entered, received) = (fact["entered"].as_i64().unwrap(), fact["received"].as_i64().unwrap());
            assert_eq!(received, at("09:40").0, "by the server's clock");
            assert!((entered - received - ahead).abs() <= 40 * 60, "by the phone's clock");
        }
        assert_eq!(handheld.visit(visit).await["performed_seconds"], 40 * 60);

        handheld.set_clock_ahead(0);
        handheld.sync().await;
        assert_eq!(handheld.problem().await, Value::Null);
    }
}

#[tokio::test]
async fn a_clock_that_jumps_during_a_visit_changes_no_order_and_invents_no_time() {
    let Morning { world, visit, handheld, office, .. } = Morning::new().await;
    world.set_time("09:00");
    handheld.start(visit).await;
    handheld.done(visit, "OMV01").await;
    handheld.set_clock_ahead(-DAY_SECONDS);
    handheld
        .act(json!({ "do": "mark_not_done", "visit": visit, "items": ["OMV01"], "reason": "declined", "text": "" }))
        .await;
    handheld.end(visit).await;
    handheld.sync().await;
    office.sync().await;
    let view = handheld.visit(visit).await;
    assert_eq!(view["card"]["state"], "done");
    assert_eq!(view["items"][0]["state"], "not_done", "the later word holds, whatever the clock showed");
    assert_eq!(view["performed_seconds"], 0);
    assert_eq!(office.facts(visit).await["items"][0]["state"], "not_done");
}

/// Lets the server's database grow by no more than `pages`, as a disk with that much room would.
async fn leave_room(world: &World, pages: i64) {
    let limit = move |tx: &rusqlite::Connection| -> rundan_server::Result<()> {
        let used: i64 = tx.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        Ok(tx.pragma_update(None, "max_page_count", used + pages)?)
    };
    world.server.db.write(limit).await.unwrap();
}

#[tokio::test]
async fn a_server_whose_disk_is_full_takes_nothing_by_halves_and_everything_when_there_is_room() {
    let world = World::new().await;
    let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
    let maj = world.recipient("Maj-Britt").await;
    let (first, second) = (world.visit(maj, "09:00", &[anna]).await, world.visit(maj, "11:00", &[anna]).await);
    let (handheld, office) = (world.phone(anna).await, world.phone(eva).await);
    handheld.start(first).await;
    for visit in [first, second] {
        for _ in 0..20 {
            handheld.act(json!({ "do": "write_note", "visit": visit, "text": "å".repeat(1_900) })).await;
        }
    }
    leave_room(&world, 4).await;
    for _ in 0..2 {
        handheld.sync().await;
        assert_eq!(handheld.problem().await, "server_trouble");
        assert_eq!(handheld.unsent().await, 41);
    }
    leave_room(&world, 10_000).await;
    office.sync().await;
    assert_eq!(office.facts(first).await["facts"], json!([]));
    handheld.sync().await;
    assert_eq!(handheld.unsent().await, 0);
    office.sync().await;
    assert_eq!(office.facts(first).await["facts"].as_array().unwrap().len(), 21);
    assert_eq!(office.facts(second).await["facts"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn a_sum_that_differs_is_compared_and_what_is_missing_comes_again() {
    let Morning { world, visit, handheld: phone, .. } = Morning::new().await;
    let loss = "DELETE FROM document WHERE kind = 'visit'; DELETE FROM visit; DELETE FROM visit_person;
        DELETE FROM board_visit; UPDATE stream SET digest = zeroblob(16)";
    let phone = world.altered(phone, loss).await;
    phone.sync().await;
    assert_eq!(phone.problem().await, json!(null));
    assert_eq!(phone.visit(visit).await["card"]["state"], "planned");
    let asked = phone.requests();
    phone.sync().await;
    assert_eq!(phone.requests() - asked, 1, "it is not compared for ever");
}
