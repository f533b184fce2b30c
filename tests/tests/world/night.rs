//! A shift over midnight, door codes at odd hours, and leaving one visit for another.

use rundan_model::plan::{Slot, When};
use rundan_model::{DocumentId, Kind, PersonId, Role};
use serde_json::{Value, json};

use crate::keys::key;
use crate::world::{Device, MONDAY, Morning, World, at, each};

const TUESDAY: &str = "2026-11-24";

/// Anna works the night to Tuesday: a visit before midnight, one after it.
struct Night {
    world: World,
    handheld: Device,
    anna: PersonId,
    maj: DocumentId,
    sheet: DocumentId,
    before: DocumentId,
    after: DocumentId,
}

impl Night {
    async fn new() -> Self {
        let world = World::new().await;
        let anna = world.person("Anna", Role::Carer).await;
        let maj = world.recipient("Maj-Britt").await;
        let sheet = run_sheet(&world, anna, MONDAY, When { start: at("21:30"), minutes: 570 }).await;
        let before = world.visit(maj, "23:30", &[anna]).await;
        let when = json!(When { start: at("00:40").plus_minutes(24 * 60), minutes: 30 });
        let slot = json!(Slot { staff: Some(anna), start: None, minutes: None });
        let plan = vec![("recipient", json!(maj)), ("when", when), ("slot/1", slot)];
        let after = world.plan(Kind::Visit, plan).await;
        let handheld = world.phone(anna).await;
        Self { world, handheld, anna, maj, sheet, before, after }
    }

    async fn turn_to_tuesday(&self, clock: &str) {
        self.world.set_time(clock);
        self.world.pass_day().await;
    }
}

async fn run_sheet(world: &World, staff: PersonId, date: &str, shift: When) -> DocumentId {
    let plan = vec![("staff", json!(staff)), ("date", json!(date)), ("shift", json!(shift)), ("break", json!(null))];
    world.plan(Kind::RunSheet, plan).await
}

fn stops(day: &Value) -> Vec<&str> {
    each(&day["stops"], "document")
}

#[tokio::test]
async fn a_shift_over_midnight_stays_on_the_screen_until_it_ends() {
    let night = Night::new().await;
    night.world.set_time("21:28");
    night.handheld.act(json!({ "do": "start_shift", "run_sheet": night.sheet })).await;
    let day = night.handheld.day().await;
    let (before, after) = (night.before.to_string(), night.after.to_string());
    assert_eq!(stops(&day), [before.as_str(), after.as_str()], "the night's visits after midnight too");
    night.world.set_time("23:31");
    night.handheld.start(night.before).await;

    night.turn_to_tuesday("00:05").await;
    night.handheld.sync().await;
    let day = night.handheld.day().await;
    assert_eq!((&day["date"], &day["is_today"]), (&json!(MONDAY), &json!(true)));
    assert_eq!(day["run_sheet"]["document"], json!(night.sheet));
    assert_eq!(stops(&day), [before.as_str(), after.as_str()]);
    assert_eq!(day["stops"][0]["state"], "running");
    assert_eq!((&day["done"], &day["total"]), (&json!(0), &json!(2)));
    let closing = night.handheld.ask("shift_closing", json!({ "run_sheet": night.sheet })).await;
    assert_eq!(each(&closing["running"], "document"), [before.as_str()]);
    assert_eq!(each(&closing["not_begun"], "document"), [after.as_str()]);

    night.handheld.end(night.before).await;
    night.handheld.act(json!({ "do": "end_shift", "run_sheet": night.sheet })).await;
    let day = night.handheld.day().await;
    assert_eq!((&day["date"], stops(&day)), (&json!(TUESDAY), vec![after.as_str()]));
}

#[tokio::test]
async fn a_nights_keys_are_those_of_its_own_visits_also_after_midnight() {
    let night = Night::new().await;
    let hers = key(&night.world, "V-117", "home", Some(night.maj)).await;
    let next = night.world.recipient("Gunnel").await;
    let other = key(&night.world, "V-118", "home", Some(next)).await;
    let when = json!(When { start: at("22:00").plus_minutes(24 * 60), minutes: 30 });
    let slot = json!(Slot { staff: Some(night.anna), start: None, minutes: None });
    night.world.plan(Kind::Visit, vec![("recipient", json!(next)), ("when", when), ("slot/1", slot)]).await;
    night.handheld.sync().await;
    night.world.set_time("21:28");
    let needed = async || {
        let view = night.handheld.ask("keys", Value::Null).await;
        view["needed"].as_array().unwrap().iter().map(|needed| needed["line"]["key"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(needed().await, [json!(hers)], "{other} is tomorrow night's");
    night.turn_to_tuesday("00:10").await;
    assert_eq!(needed().await, [json!(hers)]);
    let view = night.handheld.ask("keys", Value::Null).await;
    assert_eq!(view["needed"][0]["visit"], json!(night.before), "she is late, and still has to go there");
}

#[tokio::test]
async fn a_shift_that_nobody_ended_does_not_hide_the_next_day() {
    let night = Night::new().await;
    night.world.set_time("21:28");
    night.handheld.act(json!({ "do": "start_shift", "run_sheet": night.sheet })).await;
    night.turn_to_tuesday("12:55").await;
    assert_eq!(night.handheld.day().await["date"], MONDAY);
    night.turn_to_tuesday("13:05").await;
    assert_eq!(night.handheld.day().await["date"], TUESDAY);
    let monday = night.handheld.ask("day", json!({ "date": MONDAY })).await;
    assert_eq!(monday["is_today"], false);
    assert_eq!(monday["run_sheet"]["worked"][0]["end"], json!(null), "and there it can be ended");
}

#[tokio::test]
async fn a_visit_of_last_night_that_still_runs_is_shown_and_asked_about() {
    let night = Night::new().await;
    night.world.set_time("23:31");
    night.handheld.start(night.before).await;
    night.turn_to_tuesday("00:20").await;
    let day = night.handheld.day().await;
    let (before, after) = (night.before.to_string(), night.after.to_string());
    assert_eq!(day["date"], TUESDAY);
    assert_eq!(stops(&day), [before.as_str(), after.as_str()]);
    assert_eq!((&day["total"], &day["next"]), (&json!(1), &json!(after)));
    assert_eq!(each(&day["running"], "document"), [before.as_str()]);

    night.handheld.act(json!({ "do": "pause_visit", "visit": night.before, "cause": "alarm" })).await;
    let paused = night.handheld.day().await;
    assert_eq!(each(&paused["running"], "state"), ["paused"], "as the visit's screen counts them");
    assert_eq!(paused["running"], night.handheld.visit(night.after).await["running"]);
    let other_day = night.handheld.ask("day", json!({ "date": MONDAY })).await;
    assert_eq!(each(&other_day["running"], "document"), [before.as_str()]);
}

#[tokio::test]
async fn after_midnight_a_door_code_is_recorded_on_the_sheet_of_the_shift() {
    let night = Night::new().await;
    night.world.set_time("21:28");
    night.handheld.act(json!({ "do": "start_shift", "run_sheet": night.sheet })).await;
    night.turn_to_tuesday("00:35").await;
    assert_eq!(night.handheld.ask("show_door_code", json!({ "recipient": night.maj })).await, "7436");
    assert_eq!(codes_recorded(&night.handheld).await, [MONDAY]);
    night.handheld.sync().await;
    assert_eq!(night.handheld.unsent().await, 0, "the server takes it");
}

#[tokio::test]
async fn a_door_code_is_recorded_on_the_nearest_sheet_or_not_shown() {
    let world = World::new().await;
    let extra = world.person("Anna", Role::Carer).await;
    let maj = world.recipient("Maj-Britt").await;
    world.visit(maj, "09:00", &[extra]).await;
    let handheld = world.phone(extra).await;
    let refused = handheld.try_ask("show_door_code", json!({ "recipient": maj })).await.unwrap_err();
    assert_eq!(json!(refused.code), "no_run_sheet", "no record, no code");

    run_sheet(&world, extra, TUESDAY, When { start: at("07:00").plus_minutes(24 * 60), minutes: 540 }).await;
    handheld.sync().await;
    assert_eq!(handheld.ask("show_door_code", json!({ "recipient": maj })).await, "7436");
    assert_eq!(codes_recorded(&handheld).await, [TUESDAY]);
}

/// The run sheets on which she is said to have seen a door code.
async fn codes_recorded(device: &Device) -> Vec<String> {
    let record = device.ask("my_record", json!({ "most": 100 })).await;
    let lines = record["lines"].as_array().unwrap().iter().filter(|line| line["kind"] == "shown");
    lines.map(|line| line["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_visit_left_for_an_unplanned_one_is_paused_for_the_cause_that_she_gave() {
    for (cause, pause) in [("asked", "other"), ("alarm", "alarm")] {
        let Morning { world, visit, handheld, office, .. } = Morning::new().await;
        world.set_time("09:04");
        handheld.start(visit).await;
        let begin = json!({
            "do": "begin_unplanned", "recipient": null, "name": "Tore", "cause": cause, "end_other": []
        });
        handheld.act(begin).await;
        handheld.sync().await;
        office.sync().await;
        let facts = office.facts(visit).await["facts"].clone();
        let paused = facts.as_array().unwrap().iter().find(|fact| fact["kind"] == "paused").unwrap();
        assert_eq!(paused["word"], pause);
    }
}

#[tokio::test]
async fn the_planned_end_is_that_of_her_own_slot() {
    let world = World::new().await;
    let anna = world.person("Anna", Role::Carer).await;
    let maj = world.recipient("Maj-Britt").await;
    let slot = Slot { staff: Some(anna), start: Some(at("09:15")), minutes: Some(20) };
    let when = json!(When { start: at("09:00"), minutes: 60 });
    let plan = vec![("recipient", json!(maj)), ("when", when), ("slot/1", json!(slot))];
    let visit = world.plan(Kind::Visit, plan).await;
    let handheld = world.phone(anna).await;
    world.set_time("09:14");
    handheld.start(visit).await;
    let card = handheld.visit(visit).await["card"].clone();
    let shown = card["start"].as_i64().unwrap() + card["minutes"].as_i64().unwrap() * 60;
    world.set_time("09:50");
    handheld.act(json!({ "do": "end_visit", "visit": visit, "at": { "is": "planned" } })).await;
    let ended = handheld.visit(visit).await["card"]["segments"][0]["end"].clone();
    assert_eq!((ended.as_i64(), shown), (Some(at("09:35").0), at("09:35").0), "as the button says");
}
