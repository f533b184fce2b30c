//! Keys that one person says something of and another does not, or not yet: what each phone shows meanwhile.

use rundan_model::Role;
use serde_json::{Value, json};

use crate::keys::{CABINET, Round, flags, key, take};
use crate::world::{Device, at, each};

async fn keys(device: &Device) -> Value {
    device.ask("keys", Value::Null).await
}

#[tokio::test]
async fn who_gave_a_key_and_has_not_said_so_is_asked_and_not_told_that_she_has_it() {
    let round = Round::new().await;
    round.take(&round.anna).await;
    round.everyone_syncs().await;
    round.jonas.act(json!({ "do": "receive_keys", "keys": round.copy(), "from": round.anna_id })).await;
    round.everyone_syncs().await;
    let annas = keys(&round.anna).await;
    assert_eq!((&annas["mine"], &annas["kept"], &annas["reminder"]), (&json!([]), &json!([]), &Value::Null));
    assert_eq!(each(&annas["to_confirm"], "to_name"), ["Jonas Exempel"]);
    assert_eq!(annas["needed"][0]["line"]["tag"], "V-117", "her round needs it still");
    round.anna.act(json!({ "do": "give_keys", "keys": round.copy(), "to": round.jonas_id })).await;
    round.everyone_syncs().await;
    assert_eq!(keys(&round.anna).await["to_confirm"], json!([]));
    let line = round.line(&round.office).await;
    assert_eq!((&line["place"], &line["name"], &line["flags"]), (&json!("with"), &json!("Jonas Exempel"), &json!([])));
}

#[tokio::test]
async fn who_has_a_key_is_told_of_it_when_two_others_say_that_they_took_it() {
    let round = Round::new().await;
    let sara = round.world.person("Sara", Role::Carer).await;
    let sara = round.world.phone(sara).await;
    round.take(&round.anna).await;
    round.everyone_syncs().await;
    sara.sync().await;
    for other in [&round.jonas, &sara] {
        other.cut();
        round.take(other).await;
        other.restore();
    }
    sara.sync().await;
    round.everyone_syncs().await;
    let annas = keys(&round.anna).await;
    let mut names = each(&annas["disputed"][0]["sides"], "by");
    names.sort_unstable();
    assert_eq!(names, ["Anna Exempel", "Jonas Exempel", "Sara Exempel"]);
    assert_eq!(each(&annas["kept"], "tag"), ["V-117"]);
    let sides = round.line(&round.office).await["sides"].as_array().unwrap().clone();
    let hers = sides.iter().find(|side| side["by"] == "Anna Exempel").unwrap();
    assert_eq!(hers["overrules"].as_array().unwrap().len(), 2, "the office can say that she has it");
    let settle = json!({ "do": "settle", "document": round.key, "facts": hers["overrules"], "text": "Anna har den" });
    round.office.act(settle).await;
    let line = round.line(&round.office).await;
    assert_eq!((&line["place"], &line["name"], flags(&line)), (&json!("with"), &json!("Anna Exempel"), vec![]));
}

#[tokio::test]
async fn a_disputed_key_that_she_says_she_has_is_reminded_of_and_not_taken_home_unasked() {
    let round = Round::new().await;
    round.anna.act(json!({ "do": "start_shift", "run_sheet": round.sheet })).await;
    round.anna.cut();
    round.jonas.cut();
    round.take(&round.anna).await;
    round.take(&round.jonas).await;
    round.everyone_syncs().await;
    round.world.set_time("15:40");
    let annas = keys(&round.anna).await;
    assert_eq!((each(&annas["disputed"], "tag"), each(&annas["kept"], "tag")), (vec!["V-117"], vec!["V-117"]));
    assert_eq!((&annas["reminder"]["is_due"], &annas["reminder"]["tags"]), (&json!(true), &json!(["V-117"])));
    let damaged = json!({ "is": "damaged", "text": "Böjd" });
    round.anna.act(json!({ "do": "report_key", "key": { "key": round.key, "copy": 1 }, "report": damaged })).await;
    assert_eq!(each(&keys(&round.anna).await["kept"], "tag"), ["V-117"], "a bent key is a key");
    let end = json!({ "do": "end_shift", "run_sheet": round.sheet, "keys_kept": "" });
    let refused = round.anna.try_ask("act", json!({ "intent": end })).await.unwrap_err();
    assert_eq!(refused.detail.as_deref(), Some("keys_kept"));
    round.anna.act(json!({ "do": "return_keys", "keys": round.copy(), "cabinet": CABINET })).await;
    assert_eq!(keys(&round.anna).await["kept"], json!([]), "she says that she put it back");
}

#[tokio::test]
async fn what_she_said_last_of_a_disputed_key_is_what_she_takes_back() {
    let round = Round::new().await;
    round.anna.cut();
    round.jonas.cut();
    round.take(&round.anna).await;
    round.take(&round.jonas).await;
    round.everyone_syncs().await;
    let copy = json!({ "key": round.key, "copy": 1 });
    let lost = json!({ "do": "report_key", "key": copy, "report": { "is": "lost", "text": "" } });
    round.anna.act(lost).await;
    let own = keys(&round.anna).await["disputed"][0]["own_fact"].clone();
    round.anna.act(json!({ "do": "withdraw", "document": round.key, "facts": [own] })).await;
    let annas = keys(&round.anna).await;
    let own = annas["disputed"][0]["sides"].as_array().unwrap().iter().find(|side| side["is_me"] == true).unwrap();
    assert_eq!(own["what"], "taken", "what she said before stands");
    assert_eq!(annas["disputed"][0]["own_fact"], own["fact"]);
    assert_eq!(round.anna.ask("find_tag", json!({ "text": "V-117" })).await["lines"][0]["own_fact"], own["fact"]);
}

#[tokio::test]
async fn the_alarm_of_an_earlier_press_is_not_told_of_a_later_one() {
    let Round { world, mut anna, maj, .. } = Round::new().await;
    let key = key(&world, "L-004", "alarm", Some(maj)).await;
    anna.sync().await;
    let copy = json!([{ "key": key, "copy": 1 }]);
    // Each time in a session of its own: by the names of its facts any of them may come first.
    for (now, raised) in [("07:30", "07:15"), ("08:10", "08:07"), ("08:40", "08:31"), ("09:20", "09:02")] {
        world.set_time(now);
        anna = world.reopened(anna).await;
        let alarm = json!({ "recipient": null, "name": "Gunnel", "at": raised });
        let take = json!({ "do": "take_keys", "keys": copy, "what_for": "alarm", "alarm": alarm, "text": "" });
        anna.act(take).await;
        assert_eq!(keys(&anna).await["mine"][0]["alarmed_at"], json!(at(raised)), "{raised}");
        anna.act(json!({ "do": "return_keys", "keys": copy, "cabinet": CABINET })).await;
    }
}

#[tokio::test]
async fn a_visit_that_nobody_planned_needs_its_key_while_she_is_there() {
    let round = Round::new().await;
    let tore = round.world.recipient("Tore").await;
    let key = key(&round.world, "V-200", "home", Some(tore)).await;
    round.world.visit(tore, "09:30", &[round.jonas_id]).await;
    round.everyone_syncs().await;
    let begin = json!({
        "do": "begin_unplanned", "recipient": tore, "name": "", "cause": "alarm", "end_other": []
    });
    round.jonas.act(begin).await;
    round.jonas.act(take(&json!([{ "key": key, "copy": 1 }]))).await;
    let mine = keys(&round.jonas).await["mine"].clone();
    assert_eq!((&mine[0]["in_round"], &mine[0]["what_for"]), (&json!(true), &json!("round")));
}
