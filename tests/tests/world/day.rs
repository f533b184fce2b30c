//! A carer's day, without a network and with one.

use rundan_model::Role;
use serde_json::json;

use crate::world::{Morning, World, each};

#[tokio::test]
async fn a_visit_worked_without_a_network_arrives_at_the_office() {
    let Morning { world, visit, handheld, office, .. } = Morning::new().await;

    handheld.cut();
    world.set_time("09:04");
    handheld.start(visit).await;
    handheld.done(visit, "OMV01").await;
    handheld
        .act(json!({ "do": "mark_not_done", "visit": visit, "items": ["HSL01"], "reason": "declined", "text": "" }))
        .await;
    world.set_time("09:40");
    handheld.end(visit).await;
    handheld.sync().await;
    assert_eq!(handheld.unsent().await, 4);
    assert_eq!(handheld.visit(visit).await["card"]["delivery"], "on_phone");
    let flags = handheld.visit(visit).await["card"]["flags"].clone();
    assert_eq!(flags, json!(["ended_with_open_items"]));

    handheld.restore();
    handheld.sync().await;
    assert_eq!(handheld.unsent().await, 0);
    assert_eq!(handheld.visit(visit).await["card"]["delivery"], "on_server");
    office.sync().await;
    let facts = office.facts(visit).await;
    assert_eq!(facts["visit"]["state"], "done");
    let mut kinds = each(&facts["facts"], "kind");
    kinds.sort_unstable();
    assert_eq!(kinds, ["done", "ended", "not_done", "started"]);
    assert_eq!(facts["facts"][0]["by"], "Anna Exempel");

    office.sync().await;
    handheld.sync().await;
    assert_eq!(handheld.visit(visit).await["card"]["delivery"], "at_office");
}

#[tokio::test]
async fn what_was_ticked_is_there_after_the_app_was_killed() {
    let Morning { world, visit, handheld, .. } = Morning::new().await;
    handheld.cut();
    handheld.start(visit).await;
    handheld.done(visit, "OMV01").await;
    handheld.done(visit, "OMV04").await;

    let handheld = world.reopened(handheld).await;
    let items = handheld.visit(visit).await["items"].clone();
    assert_eq!(each(&items, "state"), ["done", "done", "open"]);
    handheld.end(visit).await;
    handheld.sync().await;
    assert_eq!(handheld.unsent().await, 0);
}

#[tokio::test]
async fn a_shift_is_one_request_and_nothing_new_is_one_more() {
    let Morning { visit, handheld, .. } = Morning::new().await;
    handheld.start(visit).await;
    handheld.act(json!({ "do": "mark_all_done", "visit": visit })).await;
    handheld.end(visit).await;
    let before = handheld.requests();
    handheld.sync().await;
    assert_eq!(handheld.requests(), before + 1);
    handheld.sync().await;
    assert_eq!(handheld.requests(), before + 2);
}

#[tokio::test]
async fn all_done_never_ticks_medicine() {
    let Morning { visit, handheld, .. } = Morning::new().await;
    handheld.start(visit).await;
    handheld.act(json!({ "do": "mark_all_done", "visit": visit })).await;
    let items = handheld.visit(visit).await["items"].clone();
    assert_eq!(each(&items, "key"), ["OMV01", "OMV04", "HSL01"]);
    assert_eq!(each(&items, "state"), ["done", "done", "open"]);
}

#[tokio::test]
async fn all_done_leaves_what_the_catalogue_does_not_name_or_puts_in_a_group_that_is_not_known() {
    let Morning { world, visit, handheld, .. } = Morning::new().await;
    world.change(world.unit.document(), "catalogue/NY01", json!({ "name": "Sårvård", "group": "såromläggning" })).await;
    for code in ["NY01", "NY02"] {
        world.change(visit, &format!("intervention/{code}"), json!({ "order": 9 })).await;
    }
    handheld.sync().await;
    handheld.start(visit).await;
    handheld.act(json!({ "do": "mark_all_done", "visit": visit })).await;
    let items = handheld.visit(visit).await["items"].clone();
    assert_eq!(each(&items, "key"), ["OMV01", "OMV04", "HSL01", "NY01", "NY02"]);
    assert_eq!(each(&items, "state"), ["done", "done", "open", "open", "open"]);
    assert_eq!(each(&items, "group"), ["personal_care", "personal_care", "health_task", "", ""]);
}

#[tokio::test]
async fn an_undo_takes_back_what_the_press_did() {
    let Morning { visit, handheld, .. } = Morning::new().await;
    let started = handheld.start(visit).await;
    let done = handheld.done(visit, "OMV01").await;
    handheld.ask("undo", json!({ "action": done["action"] })).await;
    assert_eq!(handheld.visit(visit).await["items"][0]["state"], "open");
    handheld.ask("undo", json!({ "action": started["action"] })).await;
    assert_eq!(handheld.visit(visit).await["card"]["state"], "planned");
}

#[tokio::test]
async fn starting_one_visit_while_another_runs_ends_the_first_at_the_stated_time() {
    let world = World::new().await;
    let anna = world.person("Anna", Role::Carer).await;
    let maj = world.recipient("Maj-Britt").await;
    let (first, second) = (world.visit(maj, "08:00", &[anna]).await, world.visit(maj, "09:00", &[anna]).await);
    let handheld = world.phone(anna).await;
    world.set_time("08:00");
    handheld.start(first).await;
    world.set_time("09:10");
    let left = json!({ "visit": first, "at": { "is": "local", "time": "08:50", "reason": "glömde" } });
    handheld.act(json!({ "do": "start_visit", "visit": second, "at": { "is": "now" }, "end_other": [left] })).await;
    let view = handheld.visit(first).await;
    assert_eq!(view["card"]["state"], "done");
    assert_eq!(view["performed_seconds"], 50 * 60);
    assert_eq!(handheld.visit(second).await["card"]["state"], "running");
}

#[tokio::test]
async fn a_wrong_start_moves_with_its_time() {
    let world = World::new().await;
    let anna = world.person("Anna", Role::Carer).await;
    let maj = world.recipient("Maj-Britt").await;
    let (wrong, right) = (world.visit(maj, "08:00", &[anna]).await, world.visit(maj, "09:00", &[anna]).await);
    let handheld = world.phone(anna).await;
    world.set_time("09:00");
    handheld.start(wrong).await;
    world.set_time("09:05");
    handheld.act(json!({ "do": "move_start", "from": wrong, "to": right })).await;
    assert_eq!(handheld.visit(wrong).await["card"]["state"], "planned");
    let card = handheld.visit(right).await["card"].clone();
    assert_eq!(card["state"], "running");
    assert_eq!(card["segments"][0]["start"], crate::world::at("09:00").0);
}

#[tokio::test]
async fn an_unplanned_visit_to_someone_not_on_the_phone_is_matched_by_the_office() {
    let world = World::new().await;
    let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
    let tore = world.recipient("Tore").await;
    let (handheld, office) = (world.phone(anna).await, world.phone(eva).await);
    handheld.cut();
    let begin = json!({
        "do": "begin_unplanned", "recipient": null, "name": "Tore på Skidvägen", "cause": "alarm", "end_other": []
    });
    let begun = handheld.act(begin).await["began"].clone();
    handheld.restore();
    handheld.sync().await;
    office.sync().await;
    let facts = office.ask("visit_facts", json!({ "visit": begun })).await;
    assert_eq!(facts["stated_name"], "Tore på Skidvägen");
    assert!(facts["visit"]["flags"].as_array().unwrap().contains(&json!("unknown_recipient")));
    office.act(json!({ "do": "match_recipient", "visit": begun, "recipient": tore })).await;
    office.sync().await;
    handheld.sync().await;
    let card = handheld.ask("visit", json!({ "visit": begun })).await["card"].clone();
    assert_eq!(card["name"], "Tore Exempel");
    assert_eq!(card["state"], "running");
}

#[tokio::test]
async fn a_door_code_is_shown_on_a_press_and_recorded() {
    let world = World::new().await;
    let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
    let maj = world.recipient("Maj-Britt").await;
    world.run_sheet(anna).await;
    world.visit(maj, "09:00", &[anna]).await;
    let (handheld, office) = (world.phone(anna).await, world.phone(eva).await);
    let day = handheld.day().await;
    assert_eq!(day["stops"][0]["has_door_code"], true);
    assert!(!day.to_string().contains("7436"), "no list carries the code itself");
    assert_eq!(handheld.ask("show_door_code", json!({ "recipient": maj })).await, "7436");
    let record = handheld.ask("my_record", json!({ "most": 100 })).await;
    assert!(each(&record["lines"], "kind").contains(&"shown"));
    handheld.sync().await;
    office.sync().await;
    assert_eq!(handheld.unsent().await, 0);
}

#[tokio::test]
async fn shift_break_and_other_time_are_kept() {
    let world = World::new().await;
    let anna = world.person("Anna", Role::Carer).await;
    let sheet = world.run_sheet(anna).await;
    let handheld = world.phone(anna).await;
    world.set_time("07:01");
    handheld.act(json!({ "do": "start_shift", "run_sheet": sheet })).await;
    world.set_time("11:30");
    handheld.act(json!({ "do": "start_break", "run_sheet": sheet })).await;
    assert_eq!(handheld.day().await["run_sheet"]["on_break"], true);
    world.set_time("12:00");
    handheld.act(json!({ "do": "end_break", "run_sheet": sheet })).await;
    let meeting = json!({
        "do": "other_time", "run_sheet": sheet, "what": "meeting", "start": "14:00", "minutes": 30, "text": ""
    });
    handheld.act(meeting).await;
    handheld.sync().await;
    let day = handheld.day().await;
    assert_eq!(day["run_sheet"]["on_break"], false);
    assert_eq!(day["run_sheet"]["other_time"][0]["minutes"], 30);
    assert_eq!(handheld.unsent().await, 0);
}

#[tokio::test]
async fn a_shift_that_was_ended_by_mistake_is_taken_up_again_and_so_is_a_break() {
    let world = World::new().await;
    let anna = world.person("Anna", Role::Carer).await;
    let sheet = world.run_sheet(anna).await;
    let handheld = world.phone(anna).await;
    for (clock, turn) in
        [("07:00", "start_shift"), ("11:30", "start_break"), ("11:40", "end_break"), ("12:00", "end_shift")]
    {
        world.set_time(clock);
        handheld.act(json!({ "do": turn, "run_sheet": sheet })).await;
    }
    handheld.sync().await;
    world.set_time("14:00");
    for (turn, left) in [("shift_ended", "shift_started"), ("break_ended", "break_started")] {
        let facts = handheld.day().await["run_sheet"]["own_facts"].clone();
        let found = facts.as_array().unwrap().iter().find(|fact| fact["kind"] == turn).unwrap();
        handheld.act(json!({ "do": "withdraw", "document": sheet, "facts": [found["fact"]] })).await;
        let facts = handheld.day().await["run_sheet"]["own_facts"].clone();
        assert!(each(&facts, "kind").contains(&left), "then what came before it");
    }
    let day = handheld.day().await;
    let run_sheet = &day["run_sheet"];
    assert_eq!(run_sheet["worked"], json!([{ "start": crate::world::at("07:00").0, "end": null }]));
    assert_eq!(run_sheet["on_break"], true);
    handheld.sync().await;
    assert_eq!(handheld.unsent().await, 0);
}

#[tokio::test]
async fn an_unplanned_visit_is_taken_back_whole_later_too() {
    let Morning { world, handheld, .. } = Morning::new().await;
    let begin =
        json!({ "do": "begin_unplanned", "recipient": null, "name": "Tore", "cause": "other", "end_other": [] });
    let begun = handheld.act(begin).await["began"].clone();
    world.set_time("09:30");
    let facts = handheld.ask("visit", json!({ "visit": begun })).await["own_facts"].clone();
    let found = facts.as_array().unwrap().iter().find(|fact| fact["kind"] == "begun").unwrap();
    handheld.act(json!({ "do": "withdraw", "document": begun, "facts": [found["fact"]] })).await;
    let day = handheld.day().await;
    assert_eq!(each(&day["stops"], "name"), ["Maj-Britt Exempel", ""], "the visit and the break");
    assert_eq!(day["running"], json!([]));
    let view = handheld.ask("visit", json!({ "visit": begun })).await;
    assert_eq!((&view["card"]["segments"], &view["own_facts"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a_text_that_is_being_typed_survives_the_app_and_goes_with_the_action_that_uses_it() {
    let Morning { world, visit, handheld, .. } = Morning::new().await;
    let note = json!({ "what": "note", "document": visit, "about": "" });
    let reason = json!({ "what": "not_done", "document": visit, "about": "OMV01" });
    for text in ["Hon ä", "Hon är yr"] {
        handheld.ask("keep_text", json!({ "place": note, "text": text })).await;
    }
    handheld.ask("keep_text", json!({ "place": reason, "text": "Vattnet är av" })).await;

    let handheld = world.reopened(handheld).await;
    assert_eq!(handheld.ask("kept_text", json!({ "place": note })).await, "Hon är yr");
    assert_eq!(handheld.ask("kept_text", json!({ "place": reason })).await, "Vattnet är av");

    let refused = json!({ "do": "write_note", "visit": visit, "text": " " });
    handheld.try_ask("act", json!({ "intent": refused })).await.unwrap_err();
    assert_eq!(handheld.ask("kept_text", json!({ "place": note })).await, "Hon är yr", "nothing used it");
    handheld.act(json!({ "do": "write_note", "visit": visit, "text": "Hon är yr" })).await;
    assert_eq!(handheld.ask("kept_text", json!({ "place": note })).await, "");
    assert_eq!(handheld.ask("kept_text", json!({ "place": reason })).await, "Vattnet är av");
    handheld.ask("keep_text", json!({ "place": reason, "text": "" })).await;
    assert_eq!(handheld.ask("kept_text", json!({ "place": reason })).await, "");
}
