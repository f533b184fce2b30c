//! Keys: taken twice, handed over, lost, counted, and brought back, on phones that have no network.

use rundan_device::api::ErrorCode;
use rundan_model::{DocumentId, Kind, PersonId, Role};
use serde_json::{Value, json};

use crate::world::{Device, World, at, each};

pub(crate) const CABINET: &str = "Skåp Västertorp";

/// Anna and Jonas each have a visit that needs the key to Maj-Britt's home; Eva is at her desktop.
pub(crate) struct Round {
    pub(crate) world: World,
    pub(crate) anna: Device,
    pub(crate) jonas: Device,
    pub(crate) office: Device,
    pub(crate) anna_id: PersonId,
    pub(crate) jonas_id: PersonId,
    pub(crate) sheet: DocumentId,
    pub(crate) maj: DocumentId,
    pub(crate) key: DocumentId,
}

impl Round {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        let anna_id = world.person("Anna", Role::Carer).await;
        let jonas_id = world.person("Jonas", Role::Carer).await;
        let eva = world.person("Eva", Role::Planner).await;
        let maj = world.recipient("Maj-Britt").await;
        let sheet = world.run_sheet(anna_id).await;
        world.run_sheet(jonas_id).await;
        world.visit(maj, "09:00", &[anna_id]).await;
        world.visit(maj, "13:00", &[jonas_id]).await;
        let key = key(&world, "V-117", "home", Some(maj)).await;
        let (anna, jonas) = (world.phone(anna_id).await, world.phone(jonas_id).await);
        let office = world.phone(eva).await;
        Self { world, anna, jonas, office, anna_id, jonas_id, sheet, maj, key }
    }

    pub(crate) fn copy(&self) -> Value {
        json!([{ "key": self.key, "copy": 1 }])
    }

    pub(crate) async fn take(&self, device: &Device) -> Value {
        device.act(take(&self.copy())).await
    }

    pub(crate) async fn everyone_syncs(&self) {
        for _ in 0..2 {
            for device in [&self.anna, &self.jonas, &self.office] {
                device.restore();
                device.sync().await;
            }
        }
    }

    /// The first copy as a device's panel of the key shows it.
    pub(crate) async fn line(&self, device: &Device) -> Value {
        device.ask("key", json!({ "key": self.key })).await["copies"][0].clone()
    }
}

pub(crate) async fn key(world: &World, tag: &str, kind: &str, home: Option<DocumentId>) -> DocumentId {
    let place = json!({ "cabinet": CABINET, "hook": "17" });
    let plan = vec![("tag", json!(tag)), ("kind", json!(kind)), ("place", place), ("copies", json!(1))];
    let key = world.plan(Kind::Key, plan).await;
    if let Some(home) = home {
        world.plan(Kind::KeyHome, vec![("key", json!(key)), ("recipient", json!(home))]).await;
    }
    key
}

pub(crate) fn take(keys: &Value) -> Value {
    json!({ "do": "take_keys", "keys": keys, "what_for": "round", "alarm": null, "text": "" })
}

pub(crate) fn flags(line: &Value) -> Vec<&str> {
    line["flags"].as_array().unwrap().iter().filter_map(Value::as_str).collect()
}

#[tokio::test]
async fn who_is_late_still_needs_the_key_and_a_key_put_back_at_noon_is_needed_again() {
    let Round { world, anna, maj, anna_id, key, .. } = Round::new().await;
    let needed = async || each(&anna.ask("keys", Value::Null).await["needed"], "visit").len();
    let later = world.visit(maj, "14:00", &[anna_id]).await;
    anna.sync().await;
    world.set_time("09:20");
    assert_eq!(needed().await, 1, "the visit of nine has not begun");
    let copy = json!([{ "key": key, "copy": 1 }]);
    anna.act(take(&copy)).await;
    assert_eq!(needed().await, 0);
    let day = anna.day().await;
    let first = day["stops"].as_array().unwrap().iter().find(|stop| stop["start"] == crate::world::at("09:00").0);
    let first: DocumentId = first.unwrap()["document"].as_str().unwrap().parse().unwrap();
    anna.start(first).await;
    world.set_time("10:00");
    anna.end(first).await;
    anna.act(json!({ "do": "return_keys", "keys": copy, "cabinet": CABINET })).await;
    let keys = anna.ask("keys", Value::Null).await;
    assert_eq!(keys["needed"][0]["visit"], json!(later));
}

#[tokio::test]
async fn the_keys_of_a_round_are_taken_in_one_press_and_undone_in_another() {
    let round = Round::new().await;
    let before = round.anna.ask("keys", Value::Null).await;
    assert_eq!(each(&json!([before["needed"][0]["line"]]), "tag"), ["V-117"]);
    assert_eq!(
        (&before["needed"][0]["can_take"], &before["needed"][0]["visit_name"]),
        (&json!(true), &json!("Maj-Britt Exempel"))
    );
    assert_eq!(before["needed"][0]["line"]["homes"], json!(["Skidvägen 4"]));
    round.anna.cut();
    let done = round.take(&round.anna).await;
    let with_me = round.anna.ask("keys", Value::Null).await;
    assert_eq!(with_me["needed"], json!([]));
    assert_eq!((&with_me["mine"][0]["in_round"], &with_me["mine"][0]["what_for"]), (&json!(true), &json!("round")));
    round.anna.ask("undo", json!({ "action": done["action"] })).await;
    assert_eq!(round.anna.ask("keys", Value::Null).await["mine"], json!([]));
}

#[tokio::test]
async fn two_who_take_the_same_key_offline_see_both_names_and_the_office_settles_it() {
    let round = Round::new().await;
    round.anna.cut();
    round.jonas.cut();
    round.take(&round.anna).await;
    round.world.set_time("08:31");
    round.take(&round.jonas).await;
    round.everyone_syncs().await;
    for carer in [&round.anna, &round.jonas] {
        let keys = carer.ask("keys", Value::Null).await;
        assert_eq!(keys["mine"], json!([]), "nobody is said to have it");
        let mut names = each(&keys["disputed"][0]["sides"], "by");
        names.sort_unstable();
        assert_eq!(names, ["Anna Exempel", "Jonas Exempel"]);
    }
    let board = round.office.ask("key_board", json!({ "filter": "needs_office", "text": "" })).await;
    assert_eq!(flags(&board["rows"][0]["line"]), ["disputed"]);
    let sides = round.line(&round.office).await["sides"].as_array().unwrap().clone();
    let of = |name: &str| sides.iter().find(|side| side["by"] == name).unwrap().clone();
    let facts = of("Jonas Exempel")["overrules"].clone();
    assert_eq!(facts, json!([of("Anna Exempel")["fact"]]), "what cannot be if Jonas is right");
    let settle = json!({ "do": "settle", "document": round.key, "facts": facts, "text": "Anna hade fel bricka" });
    round.office.act(settle).await;
    round.everyone_syncs().await;
    for device in [&round.anna, &round.jonas, &round.office] {
        let line = round.line(device).await;
        assert_eq!((&line["place"], &line["name"]), (&json!("with"), &json!("Jonas Exempel")));
    }
    let history = round.office.ask("key", json!({ "key": round.key })).await["history"].clone();
    assert_eq!(history.as_array().unwrap().len(), 3, "no fact is gone");
}

#[tokio::test]
async fn a_key_handed_over_without_a_network_is_with_the_receiver_when_both_have_said_so() {
    let round = Round::new().await;
    round.take(&round.anna).await;
    round.everyone_syncs().await;
    round.anna.cut();
    round.jonas.cut();
    round.anna.act(json!({ "do": "give_keys", "keys": round.copy(), "to": round.jonas_id })).await;
    assert_eq!(round.line(&round.anna).await["place"], "given");
    round.jonas.act(json!({ "do": "receive_keys", "keys": round.copy(), "from": round.anna_id })).await;
    assert_eq!(round.line(&round.jonas).await["place"], "received");
    round.everyone_syncs().await;
    let line = round.line(&round.office).await;
    assert_eq!((&line["place"], &line["name"], &line["flags"]), (&json!("with"), &json!("Jonas Exempel"), &json!([])));
    let mine = round.jonas.ask("keys", Value::Null).await["mine"].clone();
    assert_eq!((&mine[0]["from_name"], &mine[0]["in_round"]), (&json!("Anna Exempel"), &json!(true)));
}

#[tokio::test]
async fn a_hand_over_that_one_side_confirmed_waits_and_what_goes_on_is_flagged() {
    let round = Round::new().await;
    round.take(&round.anna).await;
    round.anna.act(json!({ "do": "give_keys", "keys": round.copy(), "to": round.jonas_id })).await;
    round.everyone_syncs().await;
    let keys = round.jonas.ask("keys", Value::Null).await;
    assert_eq!(each(&keys["to_confirm"], "name"), ["Anna Exempel"]);
    round.jonas.act(json!({ "do": "return_keys", "keys": round.copy(), "cabinet": "Skåp Fruängen" })).await;
    round.everyone_syncs().await;
    let line = round.line(&round.office).await;
    assert_eq!((&line["place"], &line["where_text"]), (&json!("cabinet"), &json!("Skåp Fruängen")));
    assert_eq!(flags(&line), ["in_another_cabinet", "unconfirmed"]);
}

#[tokio::test]
async fn a_lost_key_has_its_steps_and_is_missing_for_the_next_visit() {
    let round = Round::new().await;
    round.take(&round.anna).await;
    round.everyone_syncs().await;
    round.anna.cut();
    let report = json!({ "is": "lost", "text": "I cykelkorgen" });
    round.anna.act(json!({ "do": "report_key", "key": { "key": round.key, "copy": 1 }, "report": report })).await;
    round.everyone_syncs().await;
    let board = round.office.ask("key_board", json!({ "filter": "lost", "text": "v-117" })).await;
    let line = &board["rows"][0]["line"];
    assert_eq!((&line["lost_step"], &line["lost_steps"]), (&json!(1), &json!(7)));
    assert_eq!(board["counts"]["missing_ahead"], 1);
    let board = round.office.ask("key_board", json!({ "filter": "missing_ahead", "text": "v-117" })).await;
    let missing: Vec<_> = each(&board["missing"], "name");
    assert_eq!(missing, ["Anna Exempel"], "one row for a key and day, for the first who needs it");
    for step in ["told", "searched"] {
        let change = json!({ "is": "lost_step", "copy": 1, "step": step, "text": "" });
        round.office.act(json!({ "do": "change_key", "key": round.key, "change": change })).await;
    }
    assert_eq!(round.line(&round.office).await["lost_step"], 3);
    round.everyone_syncs().await;
    let found = json!({ "is": "found", "cabinet": CABINET });
    round.jonas.act(json!({ "do": "report_key", "key": { "key": round.key, "copy": 1 }, "report": found })).await;
    round.everyone_syncs().await;
    assert_eq!(round.line(&round.office).await["place"], "cabinet");
}

#[tokio::test]
async fn words_on_a_key_are_kept_while_they_are_typed_and_gone_when_they_are_said() {
    let round = Round::new().await;
    round.take(&round.anna).await;
    round.everyone_syncs().await;
    let of_key = |what: &str, about: &str| json!({ "what": what, "document": round.key, "about": about });
    let places = [of_key("key", "1 lost"), json!({ "what": "tag", "document": null, "about": "X-9" })];
    for place in &places {
        round.anna.ask("keep_text", json!({ "place": place, "text": "I cykelk" })).await;
    }
    let report = json!({ "is": "lost", "text": "I cykelkorgen" });
    round.anna.act(json!({ "do": "report_key", "key": { "key": round.key, "copy": 1 }, "report": report })).await;
    assert_eq!(round.anna.ask("kept_text", json!({ "place": places[0] })).await, "");
    assert_eq!(round.anna.ask("kept_text", json!({ "place": places[1] })).await, "I cykelk", "it is of another tag");
    let settlement = of_key("settlement", "1");
    round.office.ask("keep_text", json!({ "place": settlement, "text": "Anna har den" })).await;
    let settle =
        |facts: Value| json!({ "do": "settle", "document": round.key, "facts": facts, "text": "Anna har den" });
    let nothing = round.office.try_ask("act", json!({ "intent": settle(json!([])) })).await.unwrap_err();
    assert_eq!(nothing.detail.as_deref(), Some("facts"), "what settles nothing is not settled");
    let taken = round.office.ask("key", json!({ "key": round.key })).await["history"][0]["fact"].clone();
    round.office.act(settle(json!([taken]))).await;
    assert_eq!(round.office.ask("kept_text", json!({ "place": settlement })).await, "");
}

#[tokio::test]
async fn an_alarm_key_asks_for_the_alarm_or_a_reason_and_its_home_stays_with_her_and_the_office() {
    let round = Round::new().await;
    let key = key(&round.world, "L-004", "alarm", Some(round.maj)).await;
    round.everyone_syncs().await;
    let keys = json!([{ "key": key, "copy": 1 }]);
    assert_eq!(
        round.jonas.try_ask("act", json!({ "intent": take(&keys) })).await.unwrap_err().detail.as_deref(),
        Some("alarm")
    );
    let alarm = json!({ "recipient": null, "name": "Gunnel", "at": "08:07" });
    round.world.set_time("08:10");
    round.jonas.act(json!({ "do": "take_keys", "keys": keys, "what_for": "alarm", "alarm": alarm, "text": "" })).await;
    let mine = round.jonas.ask("keys", Value::Null).await["mine"].clone();
    assert_eq!((&mine[0]["what_for"], &mine[0]["alarmed_at"]), (&json!("alarm"), &json!(at("08:07"))));
    round.everyone_syncs().await;
    let facts = round.world.stored(key).await.facts;
    assert!(facts.values().all(|fact| !fact.to_text().contains("Gunnel")), "the unit reads what is said of the key");
    assert!(flags(&round.office.ask("key", json!({ "key": key })).await["copies"][0]).is_empty());

    let other = self::key(&round.world, "L-005", "alarm", None).await;
    round.everyone_syncs().await;
    let keys = json!([{ "key": other, "copy": 1 }]);
    let why = json!({ "do": "take_keys", "keys": keys, "what_for": "other", "alarm": null, "text": "Provas i låset" });
    round.anna.act(why).await;
    round.everyone_syncs().await;
    let line = round.office.ask("key", json!({ "key": other })).await["copies"][0].clone();
    assert_eq!(flags(&line), ["taken_without_need"]);
}

#[tokio::test]
async fn a_shift_does_not_end_with_a_key_out_unless_she_says_why() {
    let round = Round::new().await;
    round.anna.act(json!({ "do": "start_shift", "run_sheet": round.sheet })).await;
    round.take(&round.anna).await;
    let end = |why: &str| json!({ "intent": { "do": "end_shift", "run_sheet": round.sheet, "keys_kept": why } });
    let refused = round.anna.try_ask("act", end("")).await.unwrap_err();
    assert_eq!((refused.code, refused.detail.as_deref()), (ErrorCode::BadInput, Some("keys_kept")));
    round.anna.try_ask("act", end("Kvällspasset tar den vid porten")).await.unwrap();
    let facts = round.world.stored(round.sheet).await.facts;
    assert!(facts.is_empty(), "she has no network yet");
    round.everyone_syncs().await;
    let facts = round.world.stored(round.sheet).await.facts;
    assert!(facts.values().any(|fact| fact.to_text().contains("Kvällspasset")));
}

#[tokio::test]
async fn a_tag_that_is_unknown_or_retired_is_said_so_and_noted() {
    let round = Round::new().await;
    let find = |text: &'static str| json!({ "text": text });
    assert_eq!(round.anna.ask("find_tag", find("v-117")).await["is"], "known");
    assert_eq!(round.anna.ask("find_tag", find("Q-9/2")).await, json!({ "is": "unknown", "tag": "Q-9" }));
    assert_eq!(round.anna.ask("find_tag", find("https://example.org/?x=1")).await["is"], "no_tag");
    let no_copy = round.anna.ask("find_tag", find("v-117/3")).await;
    assert_eq!((&no_copy["is"], &no_copy["tag"]), (&json!("no_copy"), &json!("V-117/3")));
    assert_eq!(each(&no_copy["lines"], "tag"), ["V-117"], "the copies that there are");
    round.anna.act(json!({ "do": "note_tag", "tag": "Q-9", "text": "Låg i trapphuset" })).await;
    round.everyone_syncs().await;
    assert_eq!(round.world.stored(round.sheet).await.facts.len(), 1);

    let retire = json!({ "is": "retired", "copy": null, "text": "" });
    round.office.act(json!({ "do": "change_key", "key": round.key, "change": retire })).await;
    round.everyone_syncs().await;
    assert_eq!(round.anna.ask("find_tag", find("V-117")).await["is"], "retired");
    let again = json!({ "do": "new_key", "tag": "V-117", "kind": "home", "cabinet": CABINET, "hook": "", "copies": 1, "recipients": [] });
    let refused = round.office.try_ask("act", json!({ "intent": again })).await.unwrap_err();
    assert_eq!(refused.detail.as_deref(), Some("tag_used"));
}

#[tokio::test]
async fn a_counted_cabinet_says_what_differs() {
    let round = Round::new().await;
    let other = key(&round.world, "V-118", "home", None).await;
    round.take(&round.anna).await;
    round.everyone_syncs().await;
    let since = at("08:40").0;
    round.world.set_time("08:41");
    let there = json!([{ "key": round.key, "copy": 1 }]);
    let missing = json!([{ "key": other, "copy": 1 }]);
    round.office.act(json!({ "do": "count_cabinet", "cabinet": CABINET, "there": there, "missing": missing })).await;
    let count = round.office.ask("cabinet", json!({ "cabinet": CABINET, "since": since })).await;
    let line = |tag: &str| {
        let lines = count["lines"].as_array().unwrap();
        lines.iter().find(|line| line["line"]["tag"] == tag).unwrap().clone()
    };
    assert_eq!(flags(&line("V-117")["line"]), ["disputed"], "it hangs there though Anna has it");
    assert_eq!(line("V-117")["counted"], true);
    assert_eq!((&line("V-118")["line"]["place"], &line("V-118")["counted"]), (&json!("missing"), &json!(false)));
    round.anna.cut();
    round.anna.act(json!({ "do": "return_keys", "keys": there, "cabinet": CABINET })).await;
    round.everyone_syncs().await;
    assert_eq!(flags(&round.line(&round.office).await), ["order_unclear"][..0].to_vec());
}

#[tokio::test]
async fn a_key_that_someone_has_and_that_hangs_in_another_cabinet_is_in_the_count_of_that() {
    let round = Round::new().await;
    round.take(&round.anna).await;
    round.everyone_syncs().await;
    let since = at("06:00").0;
    let count = json!({ "do": "count_cabinet", "cabinet": "Skåp Fruängen", "there": round.copy(), "missing": [] });
    let done = round.office.act(count).await;
    let counted = async |cabinet: &str| {
        let count = round.office.ask("cabinet", json!({ "cabinet": cabinet, "since": since })).await;
        count["lines"].as_array().unwrap().iter().map(|line| line["counted"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(counted("Skåp Fruängen").await, [json!(true)]);
    assert_eq!(counted(CABINET).await, [Value::Null], "in its own it was not counted");
    round.office.ask("undo", json!({ "action": done["action"] })).await;
    assert_eq!(counted("Skåp Fruängen").await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_phone_whose_clock_is_a_day_wrong_states_in_its_own_order() {
    let round = Round::new().await;
    round.anna.set_clock_ahead(-86_400);
    round.take(&round.anna).await;
    round.everyone_syncs().await;
    round.jonas.act(json!({ "do": "receive_keys", "keys": round.copy(), "from": round.anna_id })).await;
    round.everyone_syncs().await;
    round.anna.act(json!({ "do": "give_keys", "keys": round.copy(), "to": round.jonas_id })).await;
    round.everyone_syncs().await;
    let line = round.line(&round.office).await;
    assert_eq!((&line["place"], &line["name"]), (&json!("with"), &json!("Jonas Exempel")));
}

#[tokio::test]
async fn who_has_no_visit_there_knows_the_tag_and_not_the_home() {
    let round = Round::new().await;
    let sara = round.world.person("Sara", Role::Carer).await;
    round.world.run_sheet(sara).await;
    let sara = round.world.phone(sara).await;
    let found = sara.ask("find_tag", json!({ "text": "V-117" })).await;
    assert_eq!((&found["is"], &found["lines"][0]["homes"]), (&json!("known"), &json!([])));
    sara.act(take(&round.copy())).await;
    sara.sync().await;
    round.office.sync().await;
    assert_eq!(flags(&round.line(&round.office).await), ["taken_without_need"], "none of her visits needs it");
}

#[tokio::test]
async fn a_key_to_a_home_comes_to_who_is_there_on_an_unplanned_visit() {
    let world = World::new().await;
    let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
    let tore = world.recipient("Tore").await;
    world.run_sheet(anna).await;
    let (handheld, office) = (world.phone(anna).await, world.phone(eva).await);
    let begin = json!({
        "do": "begin_unplanned", "recipient": null, "name": "Tore på Skidvägen", "cause": "alarm", "end_other": []
    });
    let begun = handheld.act(begin).await["began"].clone();
    handheld.sync().await;
    office.sync().await;
    office.act(json!({ "do": "match_recipient", "visit": begun, "recipient": tore })).await;
    office.sync().await;
    handheld.sync().await;
    assert_eq!(handheld.ask("show_door_code", json!({ "recipient": tore })).await, "7436");
    key(&world, "V-117", "home", Some(tore)).await;
    handheld.sync().await;
    assert_eq!(handheld.ask("visit", json!({ "visit": begun })).await["card"]["key"]["tag"], "V-117");
}

#[tokio::test]
async fn what_was_not_there_after_all_were_taken_is_missing_and_not_with_her() {
    let round = Round::new().await;
    round.anna.cut();
    round.take(&round.anna).await;
    let not_there = json!({ "is": "not_there" });
    let report = json!({ "do": "report_key", "key": { "key": round.key, "copy": 1 }, "report": not_there });
    let done = round.anna.act(report.clone()).await;
    let keys = round.anna.ask("keys", Value::Null).await;
    assert_eq!(keys["mine"], json!([]));
    assert_eq!(each(&json!([keys["needed"][0]["line"]]), "place"), ["missing"]);
    assert_eq!(keys["needed"][0]["can_take"], false);
    round.anna.ask("undo", json!({ "action": done["action"] })).await;
    assert_eq!(each(&json!([round.anna.ask("keys", Value::Null).await["mine"][0]["line"]]), "tag"), ["V-117"]);
    round.anna.act(report).await;
    round.everyone_syncs().await;
    let board = round.office.ask("key_board", json!({ "filter": "lost", "text": "" })).await;
    assert_eq!(flags(&board["rows"][0]["line"]), ["missing"]);
    assert_eq!(board["rows"][0]["line"]["where_text"], CABINET);
}

#[tokio::test]
async fn who_is_handed_a_key_that_her_phone_believes_in_its_cabinet_has_it_and_may_put_it_back() {
    let round = Round::new().await;
    round.anna.cut();
    round.jonas.cut();
    round.take(&round.anna).await;
    round.anna.act(json!({ "do": "give_keys", "keys": round.copy(), "to": round.jonas_id })).await;
    round.jonas.act(json!({ "do": "receive_keys", "keys": round.copy(), "from": round.anna_id })).await;
    let keys = round.jonas.ask("keys", Value::Null).await;
    assert_eq!(keys["disputed"], json!([]), "nobody says otherwise");
    let line = &keys["mine"][0]["line"];
    assert_eq!((&line["place"], &line["name"]), (&json!("received"), &json!("Anna Exempel")));
    assert_eq!(keys["mine"][0]["from_name"], "Anna Exempel");
    let by_tag = round.jonas.ask("find_tag", json!({ "text": "v-117" })).await["lines"][0].clone();
    assert_eq!((flags(&by_tag), &by_tag["place"]), (vec![], &json!("received")), "also by its tag");
    let given = round.jonas.act(json!({ "do": "give_keys", "keys": round.copy(), "to": round.anna_id })).await;
    let keys = round.jonas.ask("keys", Value::Null).await;
    assert_eq!((&keys["mine"][0]["line"]["place"], &keys["disputed"]), (&json!("given"), &json!([])));
    round.jonas.ask("undo", json!({ "action": given["action"] })).await;
    round.jonas.act(json!({ "do": "return_keys", "keys": round.copy(), "cabinet": CABINET })).await;
    let keys = round.jonas.ask("keys", Value::Null).await;
    assert_eq!((&keys["mine"], &keys["disputed"]), (&json!([]), &json!([])));
    assert_eq!(keys["needed"][0]["can_take"], true, "she hung it there herself");
    round.everyone_syncs().await;
    let line = round.line(&round.office).await;
    assert_eq!((&line["place"], &line["where_text"], &line["flags"]), (&json!("cabinet"), &json!(CABINET), &json!([])));
}

#[tokio::test]
async fn a_shift_does_not_end_with_a_key_that_she_says_she_was_handed() {
    let round = Round::new().await;
    round.jonas.act(json!({ "do": "receive_keys", "keys": round.copy(), "from": round.anna_id })).await;
    let sheet = round.jonas.day().await["run_sheet"]["document"].clone();
    round.jonas.act(json!({ "do": "start_shift", "run_sheet": sheet })).await;
    let end = json!({ "do": "end_shift", "run_sheet": sheet, "keys_kept": "" });
    let refused = round.jonas.try_ask("act", json!({ "intent": end })).await.unwrap_err();
    assert_eq!(refused.detail.as_deref(), Some("keys_kept"));
}

#[tokio::test]
async fn a_reminder_that_is_due_stays_until_the_keys_are_back() {
    let round = Round::new().await;
    let curfew = json!({ "do": "set_key_curfew", "time": "21:00" });
    let reminder = async || round.anna.ask("keys", Value::Null).await["reminder"].clone();
    let told = |reminder: &Value| (reminder["why"].clone(), reminder["at"].clone(), reminder["is_due"].clone());
    round.world.plan(Kind::Unit, vec![("name", json!("Enheten"))]).await;
    round.everyone_syncs().await;
    round.office.act(curfew).await;
    round.everyone_syncs().await;
    round.world.set_time("07:10");
    assert_eq!(reminder().await, Value::Null, "she has no key");
    round.take(&round.anna).await;
    let shift_end = json!(at("15:30"));
    assert_eq!(told(&reminder().await), (json!("shift_ends"), shift_end.clone(), json!(false)));
    for time in ["15:30", "15:59", "16:01", "20:59"] {
        round.world.set_time(time);
        assert_eq!(told(&reminder().await), (json!("shift_ends"), shift_end.clone(), json!(true)), "{time}");
    }
    round.world.set_time("21:00");
    let curfew = (json!("curfew"), json!(at("21:00")), json!(true));
    assert_eq!(told(&reminder().await), curfew);
    round.world.set_time("06:00");
    round.world.pass_day().await;
    assert_eq!(told(&reminder().await), curfew, "over midnight");
    round.anna.act(json!({ "do": "return_keys", "keys": round.copy(), "cabinet": CABINET })).await;
    assert_eq!(reminder().await, Value::Null);
}

#[tokio::test]
async fn a_reminder_is_of_the_keys_that_are_due() {
    let round = Round::new().await;
    let other = key(&round.world, "V-118", "home", None).await;
    round.everyone_syncs().await;
    round.world.set_time("07:10");
    round.take(&round.anna).await;
    round.world.set_time("15:40");
    let reminder = async || round.anna.ask("keys", Value::Null).await["reminder"].clone();
    assert_eq!((&reminder().await["tags"], &reminder().await["is_over"]), (&json!(["V-117"]), &json!(false)));
    round.world.set_time("17:00");
    round.anna.act(take(&json!([{ "key": other, "copy": 1 }]))).await;
    assert_eq!((&reminder().await["tags"], &reminder().await["is_over"]), (&json!(["V-117"]), &json!(true)));
    round.anna.act(json!({ "do": "give_keys", "keys": round.copy(), "to": round.jonas_id })).await;
    assert_eq!(reminder().await, Value::Null, "what she gave is not hers to put back, and the other is not due");
}

#[tokio::test]
async fn who_took_a_key_while_her_clock_was_a_day_ahead_is_reminded() {
    let round = Round::new().await;
    round.world.set_time("07:10");
    round.anna.set_clock_ahead(86_400);
    round.take(&round.anna).await;
    round.anna.set_clock_ahead(0);
    round.world.set_time("15:40");
    let reminder = round.anna.ask("keys", Value::Null).await["reminder"].clone();
    assert_eq!((&reminder["is_due"], &reminder["tags"]), (&json!(true), &json!(["V-117"])));
}

#[tokio::test]
async fn what_she_said_last_of_a_key_is_taken_back_also_that_it_is_damaged() {
    let round = Round::new().await;
    round.take(&round.anna).await;
    let damaged = json!({ "is": "damaged", "text": "Böjd" });
    let copy = json!({ "key": round.key, "copy": 1 });
    round.anna.act(json!({ "do": "report_key", "key": copy, "report": damaged })).await;
    let view = round.anna.ask("keys", Value::Null).await;
    let own = view["mine"][0]["line"]["own_fact"].clone();
    round.anna.act(json!({ "do": "withdraw", "document": round.key, "facts": [own] })).await;
    let view = round.anna.ask("keys", Value::Null).await;
    assert_eq!(
        (flags(&view["mine"][0]["line"]), each(&json!([view["mine"][0]["line"]]), "tag")),
        (vec![], vec!["V-117"])
    );
}

#[tokio::test]
async fn of_two_copies_that_are_out_the_one_that_a_colleague_has_is_told() {
    let round = Round::new().await;
    let copies = json!({ "is": "copies", "copies": 2 });
    round.office.act(json!({ "do": "change_key", "key": round.key, "change": copies })).await;
    round.everyone_syncs().await;
    let copy = |number: u32| json!({ "key": round.key, "copy": number });
    round.jonas.act(take(&json!([copy(1), copy(2)]))).await;
    let lost = json!({ "is": "lost", "text": "" });
    round.jonas.act(json!({ "do": "report_key", "key": copy(1), "report": lost })).await;
    round.everyone_syncs().await;
    let needed = round.anna.ask("keys", Value::Null).await["needed"][0].clone();
    assert_eq!((&needed["line"]["copy"], &needed["line"]["name"]), (&json!(2), &json!("Jonas Exempel")));
}

#[tokio::test]
async fn a_lent_key_is_had_back_and_nobody_is_told_to_call_herself() {
    let round = Round::new().await;
    let lent = json!({ "is": "lent", "copy": 1, "borrower": "locksmith", "to": "Låssmeden" });
    round.office.act(json!({ "do": "change_key", "key": round.key, "change": lent })).await;
    round.everyone_syncs().await;
    let found = json!({ "is": "found", "cabinet": null });
    round.anna.act(json!({ "do": "report_key", "key": { "key": round.key, "copy": 1 }, "report": found })).await;
    let line = round.anna.ask("keys", Value::Null).await["mine"][0]["line"].clone();
    assert_eq!((&line["place"], &line["telephone"]), (&json!("with"), &json!("")));
}
