//! What the office sees of keys and does about them, on the real device.

use rundan_model::{Kind, Role};
use serde_json::{Value, json};

use crate::keys::{Round, flags, key, take};
use crate::world::{at, each};

impl Round {
    async fn board(&self, filter: &str, text: &str) -> Value {
        self.office.ask("key_board", json!({ "filter": filter, "text": text })).await
    }

    async fn found(&self, filter: &str, text: &str) -> Vec<String> {
        let board = self.board(filter, text).await;
        let tags = board["rows"].as_array().unwrap().iter().map(|row| row["line"]["tag"].as_str().unwrap().to_owned());
        tags.collect()
    }

    async fn change(&self, change: Value) {
        self.office.act(json!({ "do": "change_key", "key": self.key, "change": change })).await;
    }
}

#[tokio::test]
async fn a_key_is_found_by_its_tag_its_home_and_whoever_has_it_or_says_so() {
    let round = Round::new().await;
    key(&round.world, "V-118", "home", None).await;
    round.everyone_syncs().await;
    for text in ["v-117", "skidv", "maj-britt", "vastertorp 117"] {
        assert_eq!(round.found("all", text).await, ["V-117"], "{text}");
    }
    assert_eq!(round.found("all", "anna").await, Vec::<String>::new());
    round.anna.cut();
    round.jonas.cut();
    round.take(&round.anna).await;
    round.take(&round.jonas).await;
    round.everyone_syncs().await;
    for name in ["anna", "jonas exempel"] {
        assert_eq!(round.found("needs_office", name).await, ["V-117"], "{name} says that it is with her");
    }
}

#[tokio::test]
async fn what_is_out_over_night_and_what_two_keys_are_called_needs_the_office() {
    let round = Round::new().await;
    round.world.set_time("07:10");
    round.take(&round.anna).await;
    round.everyone_syncs().await;
    assert_eq!(flags(&round.line(&round.office).await), [""; 0]);
    round.world.set_time("06:00");
    round.world.pass_day().await;
    assert_eq!(flags(&round.line(&round.office).await), ["out_overnight"]);
    assert_eq!(round.found("needs_office", "").await, ["V-117"]);
    key(&round.world, "V-117", "home", None).await;
    round.everyone_syncs().await;
    assert_eq!(flags(&round.line(&round.office).await), ["out_overnight", "same_tag"]);
    assert_eq!(round.found("needs_office", "").await, ["V-117", "V-117"]);
}

#[tokio::test]
async fn a_key_to_a_changed_lock_is_no_key_until_another_opens_it() {
    let round = Round::new().await;
    round.change(json!({ "is": "lock_changed", "text": "Nytt lås på tisdag" })).await;
    round.everyone_syncs().await;
    assert_eq!(flags(&round.line(&round.office).await), ["lock_changed"]);
    assert_eq!(round.found("needs_office", "").await, ["V-117"]);
    let ahead = round.board("missing_ahead", "").await["missing"].clone();
    assert_eq!(each(&ahead, "tag"), ["V-117"]);
    assert_eq!(round.anna.ask("keys", Value::Null).await["needed"], json!([]), "nobody takes what opens nothing");
    key(&round.world, "V-200", "home", Some(round.maj)).await;
    round.everyone_syncs().await;
    let ahead = round.board("missing_ahead", "").await["missing"].clone();
    assert!(!each(&ahead, "tag").contains(&"V-117"), "{ahead}");
    assert_eq!(each(&json!([round.anna.ask("keys", Value::Null).await["needed"][0]["line"]]), "tag"), ["V-200"]);
    round.change(json!({ "is": "retired", "copy": null, "text": "" })).await;
    assert_eq!(round.found("needs_office", "").await, Vec::<String>::new());
}

#[tokio::test]
async fn one_retired_copy_leaves_the_others() {
    let round = Round::new().await;
    round.change(json!({ "is": "copies", "copies": 2 })).await;
    round.change(json!({ "is": "retired", "copy": 1, "text": "Böjd" })).await;
    round.everyone_syncs().await;
    let view = round.office.ask("key", json!({ "key": round.key })).await;
    assert_eq!(each(&view["copies"], "place"), ["retired", "cabinet"]);
    assert_eq!(view["is_retired"], false);
    let needed = round.anna.ask("keys", Value::Null).await["needed"].clone();
    assert_eq!((&needed[0]["line"]["copy"], &needed[0]["can_take"]), (&json!(2), &json!(true)));
}

#[tokio::test]
async fn steps_for_a_lost_key_count_though_the_phone_that_lost_it_is_a_day_ahead() {
    let round = Round::new().await;
    round.anna.set_clock_ahead(86_400);
    round.take(&round.anna).await;
    let lost = json!({ "is": "lost", "text": "" });
    round.anna.act(json!({ "do": "report_key", "key": { "key": round.key, "copy": 1 }, "report": lost })).await;
    round.everyone_syncs().await;
    round.change(json!({ "is": "lost_step", "copy": 1, "step": "told", "text": "" })).await;
    let line = round.line(&round.office).await;
    assert_eq!((&line["lost_step"], &line["lost_done"]), (&json!(2), &json!(["told"])));
}

#[tokio::test]
async fn what_carers_note_of_keys_is_told_to_the_office() {
    let round = Round::new().await;
    let alarm_key = key(&round.world, "L-004", "alarm", None).await;
    round.everyone_syncs().await;
    round.world.set_time("08:10");
    round.anna.act(json!({ "do": "note_tag", "tag": "Q-9", "text": "Låg i trapphuset" })).await;
    round.world.set_time("08:11");
    let alarm = json!({ "recipient": null, "name": "Gunnel", "at": "08:07" });
    let keys = json!([{ "key": alarm_key, "copy": 1 }]);
    round.anna.act(json!({ "do": "take_keys", "keys": keys, "what_for": "alarm", "alarm": alarm, "text": "" })).await;
    round.anna.act(json!({ "do": "start_shift", "run_sheet": round.sheet })).await;
    round.world.set_time("16:00");
    let kept = json!({ "do": "end_shift", "run_sheet": round.sheet, "keys_kept": "Larmet igen i natt" });
    round.anna.act(kept).await;
    round.everyone_syncs().await;
    let notes = round.board("all", "").await["notes"].clone();
    assert_eq!(each(&notes, "what"), ["kept", "alarm", "unknown_tag"], "the newest first");
    assert_eq!(each(&notes, "tag"), ["L-004", "L-004", "Q-9"]);
    assert_eq!(each(&notes, "for_name"), ["", "Gunnel", ""]);
    assert_eq!(each(&notes, "text"), ["Larmet igen i natt", "", "Låg i trapphuset"]);
    assert_eq!(notes[1]["alarmed_at"], json!(at("08:07")));
    assert_eq!(each(&notes, "name"), ["Anna Exempel"; 3]);
    let of_key = round.office.ask("key", json!({ "key": alarm_key })).await["notes"].clone();
    assert_eq!(each(&of_key, "what"), ["kept", "alarm"]);
    let for_jonas = round.jonas.ask("key", json!({ "key": alarm_key })).await["notes"].clone();
    assert_eq!(for_jonas, json!([]), "her run sheet is hers and the office's");
}

#[tokio::test]
async fn a_home_that_was_entered_twice_is_one_home() {
    let round = Round::new().await;
    let again = vec![("key", json!(round.key)), ("recipient", json!(round.maj))];
    round.world.plan(Kind::KeyHome, again).await;
    round.everyone_syncs().await;
    let view = round.office.ask("key", json!({ "key": round.key })).await;
    assert_eq!(view["homes"].as_array().unwrap().len(), 1);
    assert_eq!(view["copies"][0]["homes"], json!(["Skidvägen 4"]));
    let row = &round.board("all", "").await["rows"][0];
    assert_eq!(row["line"]["homes"], json!(["Skidvägen 4"]));
    round.change(json!({ "is": "home", "recipient": round.maj, "opens": false })).await;
    assert_eq!(round.office.ask("key", json!({ "key": round.key })).await["homes"], json!([]));
}

#[tokio::test]
async fn a_carer_is_told_of_a_key_that_a_colleague_has_and_where_they_could_meet() {
    let round = Round::new().await;
    let sara = round.world.person("Sara", Role::Carer).await;
    let sara = round.world.phone(sara).await;
    sara.act(take(&round.copy())).await;
    sara.sync().await;
    round.everyone_syncs().await;
    round.world.set_time("07:10");
    let ahead = round.anna.ask("keys", Value::Null).await["ahead"].clone();
    assert_eq!(each(&ahead, "holder_name"), ["Sara Exempel"]);
    assert_eq!(ahead[0]["hand_over"]["from_name"], "Sara Exempel");
    assert!(ahead[0]["hand_over"]["at"].as_i64().unwrap() <= at("09:00").0);
}
