//! Two who change the same thing apart.

use rundan_device::api::ErrorCode;
use rundan_model::plan::{Slot, When};
use rundan_model::{DocumentId, Kind, PersonId, Role};
use serde_json::{Value, json};

use crate::world::{Device, Morning, World, at, each};

#[tokio::test]
async fn a_visit_moved_by_the_office_while_its_carer_is_there_keeps_both() {
    let Morning { world, visit, handheld, office, .. } = Morning::new().await;
    let fatima = world.person("Fatima", Role::Carer).await;
    let other = world.phone(fatima).await;

    handheld.cut();
    handheld.start(visit).await;
    handheld.done(visit, "OMV01").await;
    let change = json!({ "is": "carer", "slot": 1, "person": fatima });
    office.act(json!({ "do": "change_visit", "visit": visit, "change": change })).await;
    office.sync().await;
    other.sync().await;
    assert_eq!(other.visit(visit).await["card"]["state"], "planned");

    handheld.restore();
    handheld.sync().await;
    let mine = handheld.visit(visit).await;
    assert_eq!(mine["card"]["state"], "running", "what she does is never hidden by the plan");
    assert!(mine["card"]["flags"].as_array().unwrap().contains(&json!("begun_though_moved")));
    office.sync().await;
    let theirs = office.facts(visit).await;
    assert_eq!(theirs["visit"]["state"], "running");
    assert_eq!(theirs["carers"][0], "Fatima Exempel");
    assert_eq!(each(&theirs["facts"], "kind").len(), 2);

    handheld.end(visit).await;
    handheld.sync().await;
    office.sync().await;
    assert_eq!(office.facts(visit).await["visit"]["state"], "done");
}

#[tokio::test]
async fn a_plan_that_changes_under_a_begun_visit_is_said_to_its_carer_and_to_the_office() {
    let Morning { world, visit, handheld, office, .. } = Morning::new().await;
    handheld.start(visit).await;
    handheld.done(visit, "OMV01").await;
    handheld.sync().await;
    let says_so = |visit: &Value| visit["card"]["flags"].as_array().unwrap().contains(&json!("plan_changed"));
    assert!(!says_so(&handheld.visit(visit).await));

    world.change(visit, "when", json!({ "start": at("13:00"), "minutes": 45 })).await;
    handheld.sync().await;
    office.sync().await;
    assert!(says_so(&handheld.visit(visit).await));
    let cards = office.ask("board", json!({ "date": null })).await["attention"].clone();
    assert_eq!(each(&cards, "kind"), ["plan_changed"]);
    assert_eq!(cards[0]["carer"], "Anna Exempel");

    world.change(visit, "when", json!({ "start": at("09:00"), "minutes": 45 })).await;
    handheld.sync().await;
    assert!(!says_so(&handheld.visit(visit).await), "it is as she began it");
    world.change(visit, "intervention/OMV04", Value::Null).await;
    handheld.sync().await;
    assert!(says_so(&handheld.visit(visit).await));
}

/// Two planners' times for one visit, on one desktop of each.
async fn two_times() -> (World, DocumentId, Device, Device) {
    let world = World::new().await;
    let (eva, ingrid) = (world.person("Eva", Role::Planner).await, world.person("Ingrid", Role::UnitHead).await);
    let maj = world.recipient("Maj-Britt").await;
    let visit = world.visit(maj, "09:00", &[]).await;
    let (evas, ingrids) = (world.phone(eva).await, world.phone(ingrid).await);
    for (device, start) in [(&evas, "10:00"), (&ingrids, "11:00")] {
        let change = json!({ "is": "when", "start": start, "minutes": 45 });
        device.act(json!({ "do": "change_visit", "visit": visit, "change": change })).await;
    }
    evas.sync().await;
    ingrids.sync().await;
    evas.sync().await;
    (world, visit, evas, ingrids)
}

#[tokio::test]
async fn a_choice_between_two_values_cannot_be_undone_and_does_not_say_that_it_can() {
    for side in [0, 1] {
        let (_world, visit, evas, _) = two_times().await;
        let choice = evas.act(json!({ "do": "choose", "document": visit, "register": "when", "side": side })).await;
        assert_eq!(choice["can_undo"], false);
        let chosen = evas.facts(visit).await["visit"]["start"].clone();
        evas.ask("undo", json!({ "action": choice["action"] })).await;
        let facts = evas.facts(visit).await;
        assert_eq!((&facts["visit"]["start"], &facts["clashes"]), (&chosen, &json!([])));
    }
}

#[tokio::test]
async fn what_was_put_after_a_choice_that_is_refused_is_refused_as_depending_on_it() {
    let world = World::new().await;
    let eva = world.person("Eva", Role::Planner).await;
    let visit = world.visit(world.recipient("Maj-Britt").await, "09:00", &[]).await;
    let office = world.phone(eva).await;
    let to = |start: &str| {
        let change = json!({ "is": "when", "start": start, "minutes": 45 });
        json!({ "do": "change_visit", "visit": visit, "change": change })
    };
    office.act(to("10:00")).await;
    world.change(visit, "when", json!({ "start": at("13:00"), "minutes": 45 })).await;
    office.sync().await;
    office.cut();
    office.act(json!({ "do": "choose", "document": visit, "register": "when", "side": 0 })).await;
    office.act(to("12:00")).await;
    world.give_role(eva, Role::Carer).await;
    world.take_role(eva, Role::Planner).await;
    office.restore();
    office.sync().await;
    let sync = office.ask("sync", Value::Null).await;
    let refused = sync["items"].as_array().unwrap().iter().filter(|item| item["delivery"] == "refused");
    let mut why: Vec<&str> = refused.map(|item| item["why"].as_str().unwrap()).collect();
    why.sort_unstable();
    assert_eq!(why, ["depends", "not_allowed"]);
    assert_eq!(sync["chip"]["unsent"], 0);
}

#[tokio::test]
async fn a_change_of_the_plan_is_undone_only_while_it_stands_alone() {
    let Morning { world, visit, office, .. } = Morning::new().await;
    let to = |start: &str| {
        let change = json!({ "is": "when", "start": start, "minutes": 45 });
        json!({ "do": "change_visit", "visit": visit, "change": change })
    };
    let moved = office.act(to("10:00")).await;
    assert_eq!(moved["can_undo"], true);
    let undo = json!({ "action": moved["action"] });
    office.ask("undo", undo.clone()).await;
    assert_eq!(office.facts(visit).await["visit"]["start"], at("09:00").0);
    office.ask("undo", undo).await;

    let moved = office.act(to("10:00")).await;
    world.change(visit, "when", json!({ "start": at("13:00"), "minutes": 45 })).await;
    office.sync().await;
    let before = office.facts(visit).await["clashes"].clone();
    assert_eq!(before[0]["sides"].as_array().unwrap().len(), 2);
    let error = office.try_ask("undo", json!({ "action": moved["action"] })).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::ChangedSince);
    assert_eq!(office.facts(visit).await["clashes"], before, "both sides stand");
}

#[tokio::test]
async fn two_planners_who_move_a_visit_apart_leave_both_times_until_one_chooses() {
    let world = World::new().await;
    let (eva, ingrid) = (world.person("Eva", Role::Planner).await, world.person("Ingrid", Role::UnitHead).await);
    let anna = world.person("Anna", Role::Carer).await;
    let maj = world.recipient("Maj-Britt").await;
    let visit = world.visit(maj, "09:00", &[anna]).await;
    let (evas, ingrids, handheld) = (world.phone(eva).await, world.phone(ingrid).await, world.phone(anna).await);
    let to = |start: &str| {
        let change = json!({ "is": "when", "start": start, "minutes": 45 });
        json!({ "do": "change_visit", "visit": visit, "change": change })
    };
    evas.cut();
    evas.act(to("10:00")).await;
    ingrids.act(to("11:00")).await;
    ingrids.sync().await;
    evas.restore();
    evas.sync().await;
    ingrids.sync().await;
    handheld.sync().await;
    for device in [&evas, &ingrids] {
        let clashes = device.facts(visit).await["clashes"].clone();
        assert_eq!(clashes[0]["register"], "when");
        assert_eq!(clashes[0]["sides"].as_array().unwrap().len(), 2);
    }
    assert_eq!(handheld.visit(visit).await["clashes"][0]["sides"].as_array().unwrap().len(), 2);

    ingrids.act(json!({ "do": "choose", "document": visit, "register": "when", "side": 1 })).await;
    ingrids.sync().await;
    evas.sync().await;
    handheld.sync().await;
    let chosen = ingrids.facts(visit).await["visit"]["start"].clone();
    for device in [&evas, &ingrids] {
        let facts = device.facts(visit).await;
        assert_eq!(facts["clashes"], json!([]));
        assert_eq!(facts["visit"]["start"], chosen);
    }
    assert_eq!(handheld.visit(visit).await["card"]["start"], chosen);

    // Whose value did not stand is told so until she says that she saw it; who chose need not.
    assert_eq!(ingrids.facts(visit).await["decisions"], json!([]));
    let for_eva = evas.facts(visit).await["decisions"].clone();
    assert_eq!(for_eva[0]["register"], "when");
    assert_eq!(for_eva[0]["by"], "Ingrid Exempel");
    let cards = evas.ask("board", json!({ "date": null })).await["attention"].clone();
    assert!(each(&cards, "kind").contains(&"decided"));
    evas.act(json!({ "do": "mark_read", "document": visit, "facts": [for_eva[0]["fact"]] })).await;
    assert_eq!(evas.facts(visit).await["decisions"], json!([]));
    evas.sync().await;
    ingrids.sync().await;
    assert!(each(&ingrids.facts(visit).await["facts"], "kind").contains(&"read"), "and whoever chose can see it");
}

#[tokio::test]
async fn two_carers_who_say_different_things_dispute_until_the_office_settles() {
    let world = World::new().await;
    let (anna, fatima) = (world.person("Anna", Role::Carer).await, world.person("Fatima", Role::Carer).await);
    let eva = world.person("Eva", Role::Planner).await;
    let maj = world.recipient("Maj-Britt").await;
    let visit = world.visit(maj, "09:00", &[anna, fatima]).await;
    let (annas, fatimas, office) = (world.phone(anna).await, world.phone(fatima).await, world.phone(eva).await);
    annas.cut();
    fatimas.cut();
    annas.start(visit).await;
    annas.done(visit, "OMV04").await;
    fatimas.start(visit).await;
    fatimas
        .act(json!({ "do": "mark_not_done", "visit": visit, "items": ["OMV04"], "reason": "declined", "text": "" }))
        .await;
    annas.restore();
    fatimas.restore();
    annas.sync().await;
    fatimas.sync().await;
    annas.sync().await;
    office.sync().await;
    for device in [&annas, &fatimas] {
        let items = device.visit(visit).await["items"].clone();
        assert_eq!(items[1]["state"], "disputed");
        assert_eq!(items[1]["sides"].as_array().unwrap().len(), 2);
    }
    let disputes = office.facts(visit).await["disputes"].clone();
    assert_eq!(disputes[0]["about"], "Dusch");
    let wrong = disputes[0]["sides"][0]["fact"].clone();
    office.act(json!({ "do": "settle", "document": visit, "facts": [wrong], "text": "" })).await;
    office.sync().await;
    annas.sync().await;
    let view = annas.visit(visit).await;
    assert_ne!(view["items"][1]["state"], "disputed");
    fatimas.sync().await;
    let views = [(annas.visit(visit).await, &annas), (fatimas.visit(visit).await, &fatimas)];
    let told: Vec<_> = views.iter().filter(|(view, _)| view["decisions"] != json!([])).collect();
    let [(view, device)] = told[..] else { panic!("one of them was settled against: {told:?}", told = told.len()) };
    assert_eq!(view["decisions"][0]["shown"], "Dusch");
    assert!(view["card"]["flags"].as_array().unwrap().contains(&json!("decided")));
    device.act(json!({ "do": "mark_read", "document": visit, "facts": [view["decisions"][0]["fact"]] })).await;
    let view = device.visit(visit).await;
    assert_eq!(view["decisions"], json!([]));
    assert!(!view["card"]["flags"].as_array().unwrap().contains(&json!("decided")));
}

#[tokio::test]
async fn changes_made_while_she_was_away_are_listed_until_she_acknowledges() {
    let world = World::new().await;
    let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
    let (maj, tore) = (world.recipient("Maj-Britt").await, world.recipient("Tore").await);
    let sheet = world.run_sheet(anna).await;
    let moved = world.visit(maj, "09:00", &[anna]).await;
    let handheld = world.phone(anna).await;
    let office = world.phone(eva).await;
    assert_eq!(handheld.day().await["changes"], json!([]));

    let change = json!({ "is": "when", "start": "10:15", "minutes": 45 });
    office.act(json!({ "do": "change_visit", "visit": moved, "change": change })).await;
    office.sync().await;
    let new = world.visit(tore, "13:00", &[anna]).await;
    handheld.sync().await;
    let changes = handheld.day().await["changes"].clone();
    let mut kinds = each(&changes, "kind");
    kinds.sort_unstable();
    assert_eq!(kinds, ["moved", "new"]);
    let of_moved = changes.as_array().unwrap().iter().find(|change| change["kind"] == "moved").unwrap();
    assert_eq!(of_moved["start_before"], at("09:00").0);
    assert_eq!(of_moved["start_now"], at("10:15").0);

    handheld.act(json!({ "do": "acknowledge", "run_sheet": sheet, "documents": [moved, new] })).await;
    let day = handheld.day().await;
    assert_eq!(day["changes"], json!([]));
    assert_eq!(day["stops"][0]["mark"]["kind"], "moved");
    handheld.sync().await;
    assert_eq!(handheld.unsent().await, 0);
}

#[tokio::test]
async fn changes_of_days_to_come_are_told_on_the_day_she_works_on_with_or_without_a_run_sheet() {
    let world = World::new().await;
    let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
    let (maj, fatima) = (world.recipient("Maj-Britt").await, world.person("Fatima", Role::Carer).await);
    let (moved, given) = (tomorrow(&world, maj, anna).await, tomorrow(&world, maj, anna).await);
    let (handheld, office) = (world.phone(anna).await, world.phone(eva).await);
    assert_eq!(handheld.day().await["changes"], json!([]), "what the first sync brought is no news");

    let change = json!({ "is": "when", "start": "10:15", "minutes": 45 });
    office.act(json!({ "do": "change_visit", "visit": moved, "change": change })).await;
    let change = json!({ "is": "carer", "slot": 1, "person": fatima });
    office.act(json!({ "do": "change_visit", "visit": given, "change": change })).await;
    office.sync().await;
    handheld.sync().await;
    let changes = handheld.day().await["changes"].clone();
    assert_eq!(each(&changes, "kind"), ["moved", "removed"]);
    assert_eq!(each(&changes, "day"), ["2026-11-24", "2026-11-24"]);

    let acknowledge = json!({ "do": "acknowledge", "run_sheet": null, "documents": [moved, given] });
    handheld.act(acknowledge).await;
    assert_eq!(handheld.day().await["changes"], json!([]), "this phone remembers it");
    assert_eq!(handheld.unsent().await, 0, "there is no run sheet to record it on");
    let tuesday = handheld.ask("day", json!({ "date": "2026-11-24" })).await;
    assert_eq!((&tuesday["changes"], &tuesday["stops"][0]["mark"]["kind"]), (&json!([]), &json!("moved")));

    world.run_sheet(anna).await;
    handheld.sync().await;
    let change = json!({ "is": "when", "start": "11:00", "minutes": 45 });
    office.act(json!({ "do": "change_visit", "visit": moved, "change": change })).await;
    office.sync().await;
    handheld.sync().await;
    assert_eq!(each(&handheld.day().await["changes"], "kind"), ["moved"]);
    handheld.act(json!({ "do": "acknowledge", "run_sheet": null, "documents": [moved] })).await;
    assert_eq!(handheld.day().await["changes"], json!([]));
    assert_eq!(handheld.unsent().await, 1, "recorded on the run sheet that there is");
    handheld.sync().await;
    assert_eq!(handheld.unsent().await, 0);
}

/// A visit of tomorrow.
async fn tomorrow(world: &World, recipient: DocumentId, staff: PersonId) -> DocumentId {
    let when = json!(When { start: at("09:00").plus_minutes(24 * 60), minutes: 45 });
    let slot = json!(Slot { staff: Some(staff), start: None, minutes: None });
    world.plan(Kind::Visit, vec![("recipient", json!(recipient)), ("when", when), ("slot/1", slot)]).await
}

#[tokio::test]
async fn a_visit_given_to_another_leaves_the_first_ones_phone() {
    let Morning { world, maj, visit, handheld: annas, office, .. } = Morning::new().await;
    let fatima = world.person("Fatima", Role::Carer).await;
    let fatimas = world.phone(fatima).await;
    let change = json!({ "is": "carer", "slot": 1, "person": fatima });
    office.act(json!({ "do": "change_visit", "visit": visit, "change": change })).await;
    office.sync().await;
    annas.sync().await;
    fatimas.sync().await;
    assert!(annas.try_ask("visit", json!({ "visit": visit })).await.is_err());
    assert!(annas.try_ask("recipient", json!({ "recipient": maj })).await.is_err());
    assert_eq!(each(&annas.day().await["changes"], "kind"), ["removed"]);
    assert_eq!(fatimas.visit(visit).await["card"]["name"], "Maj-Britt Exempel");
}
