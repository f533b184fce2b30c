//! One person in two units, and two people on one phone.

use rundan_model::{DocumentId, Kind, Role};
use serde_json::{Value, json};

use crate::world::{Device, World, each};

/// What each fact of a document says: its kind, and whether it was signed for the office.
async fn signed(world: &World, document: DocumentId) -> Vec<(String, bool)> {
    let content = world.stored(document).await;
    let mut facts: Vec<_> = content.facts.values().map(|fact| (fact.body.kind().to_owned(), fact.as_office)).collect();
    facts.sort();
    facts
}

/// The vault of a person of the phone, as the phone shows it.
fn vault_of<'a>(app: &'a Value, given: &str) -> &'a Value {
    let is_hers = |vault: &&Value| vault["name"].as_str().unwrap().starts_with(given);
    app["vaults"].as_array().unwrap().iter().find(is_hers).unwrap()
}

async fn cancels(device: &Device, visit: DocumentId) -> Result<Value, rundan_device::api::ApiError> {
    let change = json!({ "is": "cancel", "reason": "Dubbelbokat" });
    device.try_ask("act", json!({ "intent": { "do": "change_visit", "visit": visit, "change": change } })).await
}

#[tokio::test]
async fn who_plans_in_one_unit_and_gives_care_in_another_acts_in_each_as_what_she_is_there() {
    let mut world = World::new().await;
    let karin = world.person("Karin", Role::Planner).await;
    let bob = world.person("Bob", Role::Carer).await;
    let gun = world.recipient("Gun").await;
    let planned = world.visit(gun, "08:00", &[bob]).await;
    let north = world.unit;

    world.unit = world.another_unit("Söder").await;
    world.give_role(karin, Role::Carer).await;
    let maj = world.recipient("Maj-Britt").await;
    let hers = world.visit(maj, "09:00", &[karin]).await;
    let phone = world.phone(karin).await;

    phone.start(hers).await;
    phone.act(json!({ "do": "write_note", "visit": planned, "text": "Ring dottern." })).await;
    assert_eq!(cancels(&phone, hers).await.unwrap_err().code, rundan_device::api::ErrorCode::NotAllowed);
    cancels(&phone, planned).await.unwrap();
    let unplanned = json!({ "do": "begin_unplanned", "recipient": maj, "name": "", "cause": "asked", "end_other": [] });
    let unplanned = phone.act(unplanned).await["began"].clone();
    let mut incidents = Vec::new();
    for visit in [hers, planned] {
        let text = json!({ "incident": "fall", "visit": visit, "recipient": null, "when": null,
            "happened": "Ramlade vid sängen.", "measures": "", "police": null });
        let draft = phone.act(json!({ "do": "save_draft", "draft": null, "text": text })).await["began"].clone();
        incidents.push(phone.act(json!({ "do": "submit_draft", "draft": draft })).await["began"].clone());
    }
    phone.sync().await;
    assert_eq!((phone.unsent().await, phone.problem().await), (0, Value::Null), "the server took all of it");

    let south = world.unit;
    let note = |as_office| vec![("note".to_owned(), as_office)];
    assert_eq!(signed(&world, hers).await, [("paused".to_owned(), false), ("started".to_owned(), false)]);
    let unplanned: DocumentId = serde_json::from_value(unplanned).unwrap();
    assert!(signed(&world, unplanned).await.iter().all(|(_, as_office)| !as_office));
    let incidents: Vec<DocumentId> = incidents.into_iter().map(|id| serde_json::from_value(id).unwrap()).collect();
    assert_eq!(world.stored(incidents[0]).await.kind, Kind::Incident);
    world.unit = north;
    assert_eq!(signed(&world, planned).await, note(true));
    assert_eq!(world.stored(incidents[1]).await.kind, Kind::Incident);
    assert_ne!(north, south);
}

#[tokio::test]
async fn two_people_on_one_phone_each_open_their_own_day_and_both_sync() {
    let world = World::new().await;
    let (anna, fatima) = (world.person("Anna", Role::Carer).await, world.person("Fatima", Role::Carer).await);
    let maj = world.recipient("Maj-Britt").await;
    let (annas, fatimas) = (world.visit(maj, "09:00", &[anna]).await, world.visit(maj, "11:00", &[fatima]).await);
    let phone = world.phone(anna).await;
    phone.start(annas).await;
    let app = world.enrol_too(&phone, fatima).await;
    phone.sync().await;
    assert_eq!(each(&app["vaults"], "name"), ["Anna Exempel", "Fatima"]);
    phone.start(fatimas).await;
    assert_eq!(phone.unsent().await, 1, "hers alone");
    phone.sync().await;
    assert_eq!(phone.unsent().await, 0);
    assert!(signed(&world, annas).await.is_empty(), "the other's work waits for her own sync");

    let app = phone.ask("open_vault", json!({ "vault": vault_of(&app, "Anna")["vault"] })).await;
    assert_eq!((&vault_of(&app, "Anna")["open"], &vault_of(&app, "Fatima")["open"]), (&json!(true), &json!(false)));
    assert_eq!(phone.unsent().await, 1);
    phone.sync().await;
    assert_eq!(phone.unsent().await, 0);
    assert_eq!(signed(&world, annas).await, [("started".to_owned(), false)]);
    assert_eq!(phone.visit(annas).await["card"]["state"], "running");
}

#[tokio::test]
async fn of_two_people_on_one_phone_the_one_whose_key_is_gone_is_named_beside_the_other() {
    let world = World::new().await;
    let (anna, fatima) = (world.person("Anna", Role::Carer).await, world.person("Fatima", Role::Carer).await);
    let phone = world.phone(anna).await;
    let app = world.enrol_too(&phone, fatima).await;
    assert_eq!(app["troubles"], json!([]));
    let vault = vault_of(&app, "Anna")["vault"].clone();
    let phone = world.without_key(phone, vault.as_str().unwrap()).await;
    let app = phone.ask("app", Value::Null).await;
    assert_eq!(each(&app["vaults"], "name"), ["Fatima"]);
    assert_eq!(app["troubles"], json!([{ "vault": vault, "code": "key_missing" }]));
    phone.sync().await;
    assert_eq!(phone.problem().await, Value::Null, "the other works on");
}
