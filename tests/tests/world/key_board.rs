//! What the office sees of keys and does about them, on the real device.

use rundan_model::refused::{self, RefusedWork};
use rundan_model::{ActionId, ActorId, Fact, FactBody, FactId, Kind, Role};
use serde_json::{Value, json};

use crate::keys::{CABINET, Round, flags, key, take};
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
    let needed = round.anna.ask("keys", Value::Null).await["needed"].clone();
    assert_eq!((each(&json!([needed[0]["line"]]), "tag"), &needed[0]["can_take"]), (vec!["V-117"], &json!(false)));
    key(&round.world, "V-200", "home", Some(round.maj)).await;
    round.everyone_syncs().await;
    let ahead = round.board("missing_ahead", "").await["missing"].clone();
    assert!(!each(&ahead, "tag").contains(&"V-117"), "{ahead}");
    let needed = round.anna.ask("keys", Value::Null).await["needed"].clone();
    assert_eq!((each(&json!([needed[0]["line"]]), "tag"), &needed[1]), (vec!["V-200"], &Value::Null));
    assert_eq!(round.anna.day().await["stops"][0]["key"]["tag"], "V-200");
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
async fn a_key_counted_as_missing_in_another_cabinet_than_its_own_stays_in_that_count() {
    let round = Round::new().await;
    let fruangen = "Skåp Fruängen";
    round.take(&round.anna).await;
    round.anna.act(json!({ "do": "return_keys", "keys": round.copy(), "cabinet": fruangen })).await;
    round.everyone_syncs().await;
    let since = at("06:00").0;
    round.office.act(json!({ "do": "count_cabinet", "cabinet": fruangen, "there": [], "missing": round.copy() })).await;
    let count = round.office.ask("cabinet", json!({ "cabinet": fruangen, "since": since })).await;
    let line = &count["lines"][0];
    assert_eq!((&line["is_expected"], &line["counted"]), (&json!(false), &json!(false)));
    assert_eq!((&line["line"]["place"], &line["line"]["where_text"]), (&json!("missing"), &json!(fruangen)));
}

#[tokio::test]
async fn the_office_may_hold_to_its_own_count_of_a_key_that_was_handed_over_or_is_disputed() {
    let answers = |view: &Value| {
        let sides = view["copies"][0]["sides"].as_array().unwrap().clone();
        let words = |side: &Value| {
            let overruled = side["overrules"].as_array().unwrap().len();
            (side["what"].as_str().unwrap().to_owned(), overruled)
        };
        sides.iter().map(words).collect::<Vec<_>>()
    };
    let said = |what: &str, overruled: usize| (what.to_owned(), overruled);
    let count =
        |round: &Round| json!({ "do": "count_cabinet", "cabinet": CABINET, "there": round.copy(), "missing": [] });

    let round = Round::new().await;
    round.take(&round.anna).await;
    round.anna.act(json!({ "do": "give_keys", "keys": round.copy(), "to": round.jonas_id })).await;
    round.everyone_syncs().await;
    round.jonas.act(json!({ "do": "receive_keys", "keys": round.copy(), "from": round.anna_id })).await;
    round.everyone_syncs().await;
    round.office.act(count(&round)).await;
    let view = round.office.ask("key", json!({ "key": round.key })).await;
    assert_eq!(answers(&view)[..2], [said("received", 1), said("counted", 3)]);

    let round = Round::new().await;
    round.anna.cut();
    round.jonas.cut();
    round.take(&round.anna).await;
    round.take(&round.jonas).await;
    round.everyone_syncs().await;
    round.office.act(count(&round)).await;
    let view = round.office.ask("key", json!({ "key": round.key })).await;
    assert_eq!(answers(&view), [said("taken", 2), said("taken", 2), said("counted", 2)]);
    let counted = view["copies"][0]["sides"][2].clone();
    let settle = json!({ "do": "settle", "document": round.key, "facts": counted["overrules"], "text": "Den hänger" });
    round.office.act(settle).await;
    assert_eq!(
        (flags(&round.line(&round.office).await), &round.line(&round.office).await["place"]),
        (vec![], &json!("cabinet"))
    );
}

#[tokio::test]
async fn what_was_signed_for_a_home_is_told_also_when_it_is_nobodys_any_more() {
    let round = Round::new().await;
    let view = async || round.office.ask("key", json!({ "key": round.key })).await;
    let home = view().await["homes"][0]["home"].clone();
    let receipt = |is_back: bool| {
        let receipt = json!({ "is_back": is_back, "day": "2026-11-23", "copies": 1, "from": "Maj-Britt", "to": "Eva" });
        json!({ "is": "receipt", "home": home, "receipt": receipt })
    };
    round.change(receipt(false)).await;
    round.change(json!({ "is": "home", "recipient": round.maj, "opens": false })).await;
    let homes = view().await["homes"].clone();
    assert_eq!((&homes[0]["recipient"], homes[0]["receipts"].as_array().unwrap().len()), (&Value::Null, 1));
    assert_eq!(view().await["copies"][0]["homes"], json!([]));
    round.change(receipt(true)).await;
    assert_eq!(view().await["homes"][0]["receipts"][1]["is_back"], true);
}

#[tokio::test]
async fn copies_that_something_was_said_of_are_not_taken_away_by_a_number() {
    let round = Round::new().await;
    round.change(json!({ "is": "copies", "copies": 3 })).await;
    let copy = json!([{ "key": round.key, "copy": 2 }]);
    round.office.act(json!({ "do": "count_cabinet", "cabinet": CABINET, "there": copy, "missing": [] })).await;
    let fewer = json!({ "do": "change_key", "key": round.key, "change": { "is": "copies", "copies": 1 } });
    let refused = round.office.try_ask("act", json!({ "intent": fewer })).await.unwrap_err();
    assert_eq!(refused.detail.as_deref(), Some("copies_in_use"));
    round.change(json!({ "is": "copies", "copies": 2 })).await;
    let view = round.office.ask("key", json!({ "key": round.key })).await;
    assert_eq!(view["copies"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn steps_for_a_lost_key_count_from_whichever_report_of_its_loss() {
    let round = Round::new().await;
    let lost =
        json!({ "do": "report_key", "key": { "key": round.key, "copy": 1 }, "report": { "is": "lost", "text": "" } });
    round.office.act(json!({ "do": "count_cabinet", "cabinet": CABINET, "there": [], "missing": round.copy() })).await;
    round.everyone_syncs().await;
    round.anna.cut();
    round.world.set_time("08:00");
    round.anna.act(lost.clone()).await;
    round.world.set_time("08:05");
    round.office.act(lost).await;
    round.change(json!({ "is": "lost_step", "copy": 1, "step": "told", "text": "" })).await;
    round.everyone_syncs().await;
    let line = round.line(&round.office).await;
    assert_eq!((&line["lost_step"], &line["lost_done"]), (&json!(2), &json!(["told"])));
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

#[tokio::test]
async fn a_key_that_was_missed_in_another_cabinet_before_is_counted_as_missing_in_its_own() {
    let round = Round::new().await;
    let count =
        |cabinet: &str| json!({ "do": "count_cabinet", "cabinet": cabinet, "there": [], "missing": round.copy() });
    round.office.act(json!({ "do": "return_keys", "keys": round.copy(), "cabinet": "Skåp Fruängen" })).await;
    round.take(&round.office).await;
    round.office.act(json!({ "do": "return_keys", "keys": round.copy(), "cabinet": "Skåp Fruängen" })).await;
    round.office.act(count("Skåp Fruängen")).await;
    round.office.act(count(CABINET)).await;
    let since = at("06:00").0;
    let counted = round.office.ask("cabinet", json!({ "cabinet": CABINET, "since": since })).await;
    assert_eq!(counted["lines"][0]["counted"], false);
}

#[tokio::test]
async fn the_tab_of_what_will_be_missing_counts_what_it_lists() {
    let round = Round::new().await;
    round.change(json!({ "is": "copies", "copies": 2 })).await;
    for copy in [1, 2] {
        let copy = json!({ "key": round.key, "copy": copy });
        round.office.act(json!({ "do": "report_key", "key": copy, "report": { "is": "lost", "text": "" } })).await;
    }
    let board = round.board("missing_ahead", "").await;
    assert_eq!((&board["counts"]["missing_ahead"], each(&board["missing"], "tag")), (&json!(1), vec!["V-117"]));
}

#[tokio::test]
async fn what_waits_or_was_refused_names_its_key() {
    let round = Round::new().await;
    round.change(json!({ "is": "copies", "copies": 2 })).await;
    round.everyone_syncs().await;
    round.anna.cut();
    round.anna.act(take(&json!([{ "key": round.key, "copy": 2 }]))).await;
    let waits = round.anna.ask("sync", Value::Null).await["items"].clone();
    assert_eq!(each(&waits, "title"), ["V-117"]);
    let work = RefusedWork {
        document: round.key,
        person: round.anna_id,
        code: "too_much".to_owned(),
        received_at: at("07:00"),
    };
    let body = FactBody::Returned { cabinet: CABINET.to_owned() };
    let stated = Fact::stated(round.anna_id, at("06:50"), ActionId([1; 8]), body);
    let returned = Fact { about: Some("2".to_owned()), ..stated };
    let plan = refused::plan(&work, &[(FactId { actor: ActorId([1; 16]), n: 1 }, returned)], &[]);
    let plan = plan.iter().map(|(register, json)| (register.as_str(), json.clone())).collect();
    round.world.plan(Kind::Refused, plan).await;
    round.office.sync().await;
    let refused = round.office.ask("refused", Value::Null).await;
    assert_eq!((each(&refused, "title"), each(&refused[0]["facts"], "about")), (vec!["V-117"], vec!["V-117/2"]));
}
