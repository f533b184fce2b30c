//! The ledger of keys, as the office sees it and keeps it.

use rundan_device::api::ErrorCode;
use rundan_ledger::line::HASH;
use rundan_ledger::{Ledger, pdf};
use rundan_model::{DocumentId, Kind, Role};
use serde_json::{Value, json};

use crate::world::{Device, World, each};

async fn plan_key(world: &World, tag: &str) -> DocumentId {
    let place = json!({ "cabinet": "Skåp A", "hook": "1" });
    let plan = vec![("tag", json!(tag)), ("kind", json!("home")), ("place", place), ("copies", json!(1))];
    world.plan(Kind::Key, plan).await
}

fn all() -> Value {
    json!({ "key": null, "person": null, "cabinet": null, "from": null, "to": null })
}

async fn export(device: &Device, query: Value, format: &str) -> Result<(Value, Vec<u8>), ErrorCode> {
    let args = json!({ "query": query, "format": format });
    let file = device.try_ask("export_ledger", args).await.map_err(|error| error.code)?;
    let bytes = std::fs::read(file["path"].as_str().unwrap()).unwrap();
    Ok((file, bytes))
}

/// A carer and a planner with a key that was taken and put back, and one that was taken.
async fn a_day(world: &World) -> (Device, Device, [DocumentId; 2]) {
    let anna = world.phone(world.person("Anna", Role::Carer).await).await;
    let eva = world.phone(world.person("Eva", Role::Planner).await).await;
    let keys = [plan_key(world, "V-117").await, plan_key(world, "V-118").await];
    anna.sync().await;
    let copies = keys.map(|key| json!({ "key": key, "copy": 1 }));
    anna.act(json!({ "do": "take_keys", "keys": copies, "what_for": "round", "alarm": null, "text": "" })).await;
    anna.act(json!({ "do": "return_keys", "keys": [copies[0]], "cabinet": "Skåp A" })).await;
    anna.sync().await;
    eva.sync().await;
    (anna, eva, keys)
}

#[tokio::test]
async fn the_office_sees_a_ledger_without_a_network_and_keeps_it_with_one() {
    let world = World::new().await;
    let (_, eva, keys) = a_day(&world).await;
    eva.cut();
    let shown = eva.ask("ledger", json!({ "query": all() })).await;
    assert_eq!(shown["total"], 3);
    assert_eq!(export(&eva, all(), "csv").await.unwrap_err(), ErrorCode::Offline);
    eva.restore();

    let (told, csv) = export(&eva, all(), "csv").await.unwrap();
    let ledger = Ledger::open(&csv).unwrap();
    ledger.prove(Some(world.server.keys.public())).unwrap();
    assert_eq!((told["lines"].clone(), told["digest"].clone()), (json!(3), json!(hex::encode(ledger.head.digest))));
    let mut exported: Vec<String> = ledger.lines().map(|line| line.unwrap()[HASH].to_owned()).collect();
    let mut hashes = each(&shown["lines"], "hash");
    exported.sort();
    hashes.sort_unstable();
    assert_eq!(exported, hashes, "the screen and the file have the same changes");

    let (again, pages) = export(&eva, all(), "pdf").await.unwrap();
    assert_ne!(told["path"], again["path"]);
    let attached = pdf::attached(&pages).unwrap();
    pdf::prove(&pages, &Ledger::open(&attached).unwrap()).unwrap();

    let of_key =
        json!({ "key": keys[1], "person": null, "cabinet": "Skåp A", "from": "2026-11-23", "to": "2026-11-23" });
    let shown = eva.ask("ledger", json!({ "query": of_key })).await;
    assert_eq!((each(&shown["lines"], "what"), each(&shown["lines"], "tag")), (vec!["taken"], vec!["V-118"]));
    let (told, _) = export(&eva, of_key, "csv").await.unwrap();
    assert_eq!(told["lines"], 1);
    let tomorrow = json!({ "key": null, "person": null, "cabinet": null, "from": "2026-11-24", "to": null });
    assert_eq!(eva.ask("ledger", json!({ "query": tomorrow })).await["total"], 0);
}

#[tokio::test]
async fn what_the_office_has_just_stated_is_in_what_it_exports() {
    let world = World::new().await;
    let (_, eva, keys) = a_day(&world).await;
    let lost = json!({ "is": "lost", "text": "=2+3" });
    eva.act(json!({ "do": "report_key", "key": { "key": keys[1], "copy": 1 }, "report": lost })).await;
    let (told, csv) = export(&eva, all(), "csv").await.unwrap();
    assert_eq!(told["lines"], 4);
    assert!(String::from_utf8(csv).unwrap().contains("\"'=2+3\""));
    assert_eq!(eva.unsent().await, 0);
}

#[tokio::test]
async fn a_carer_gets_no_ledger_and_who_is_also_one_elsewhere_gets_her_offices_alone() {
    let mut world = World::new().await;
    let (anna, _, keys) = a_day(&world).await;
    let refused = anna.try_ask("ledger", json!({ "query": all() })).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotAllowed);
    assert_eq!(export(&anna, all(), "csv").await.unwrap_err(), ErrorCode::NotAllowed);

    let karin = world.person("Karin", Role::Planner).await;
    world.unit = world.another_unit("Söder").await;
    world.give_role(karin, Role::Carer).await;
    let bob = world.phone(world.person("Bob", Role::Planner).await).await;
    let souths = plan_key(&world, "S-1").await;
    bob.sync().await;
    let taken = json!({ "do": "take_keys", "keys": [{ "key": souths, "copy": 1 }], "what_for": "round", "alarm": null,
        "text": "" });
    bob.act(taken).await;
    bob.sync().await;
    let (karin_id, karin) = (karin, world.phone(karin).await);
    assert_eq!(karin.ask("ledger", json!({ "query": all() })).await["total"], 3);
    assert_eq!(export(&karin, all(), "csv").await.unwrap().0["lines"], 3);

    // At both offices she chooses, and a key's ledger is of its own unit.
    let south = world.unit;
    world.give_role(karin_id, Role::Planner).await;
    karin.sync().await;
    let units = karin.ask("key_board", json!({ "filter": "all", "text": "" })).await["units"].clone();
    assert_eq!(units.as_array().unwrap().len(), 2);
    let mut lines: Vec<u64> = Vec::new();
    for unit in units.as_array().unwrap() {
        let of_unit =
            json!({ "unit": unit["unit"], "key": null, "person": null, "cabinet": null, "from": null, "to": null });
        let shown = karin.ask("ledger", json!({ "query": of_unit })).await["total"].as_u64().unwrap();
        assert_eq!(export(&karin, of_unit, "csv").await.unwrap().0["lines"], shown);
        lines.push(shown);
    }
    lines.sort_unstable();
    assert_eq!(lines, [1, 3]);
    for (key, total) in [(keys[0], 2), (souths, 1)] {
        let of_key = json!({ "unit": null, "key": key, "person": null, "cabinet": null, "from": null, "to": null });
        assert_eq!(karin.ask("ledger", json!({ "query": of_key })).await["total"], total);
        assert_eq!(export(&karin, of_key, "csv").await.unwrap().0["lines"], total);
    }
    let new = json!({ "do": "new_key", "unit": south, "tag": "S-2", "kind": "home", "cabinet": "Skåp A", "hook": "", "copies": 1, "recipients": [] });
    let new = karin.act(new).await["began"].clone();
    karin.sync().await;
    bob.sync().await;
    assert_eq!(bob.ask("key", json!({ "key": new })).await["tag"], "S-2");
}
