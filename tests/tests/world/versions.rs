//! Neighbours of another version: a server that is newer than its phones, and what the phones leave alone.

use rundan_documents::Edit;
use rundan_model::{ActionId, Content, DocumentId, Fact, FactBody, FactId, Kind, Role};
use rundan_server::store::documents;
use serde_json::{Value, json};

use crate::world::{Morning, World, at};

/// What a newer server writes in a visit: a register, a field of a known record, and a fact of a new kind.
async fn newer_server_writes(world: &World, visit: DocumentId) {
    let when = json!({ "start": at("09:00"), "minutes": 45, "flexible": true });
    world
        .server
        .commit(world.unit, move |commit, own| {
            let fields = json!({ "kilograms": 61 }).as_object().cloned().unwrap_or_default();
            let fact = Fact {
                as_office: true,
                extra: json!({ "scale": "bathroom" }).as_object().cloned().unwrap_or_default(),
                ..Fact::stated(
                    own.person,
                    at("08:00"),
                    ActionId([3; 8]),
                    FactBody::Unknown { kind: "weighed".into(), fields },
                )
            };
            let facts = vec![(FactId { actor: own.actor, n: 1 }, fact)];
            let puts = vec![("when".to_owned(), when), ("companion".to_owned(), json!({ "animal": "dog" }))];
            commit.write(own, at("08:00"), visit, None, &Edit { facts, puts })
        })
        .await
        .expect("the commit holds");
}

async fn stored(world: &World, document: DocumentId) -> Content {
    let unit = world.unit;
    let loaded = world.server.db.read(move |tx| documents::load(tx, unit, document)).await.unwrap();
    loaded.expect("the server has it").content()
}

fn flags(visit: &Value) -> &Vec<Value> {
    visit["card"]["flags"].as_array().unwrap()
}

#[tokio::test]
async fn what_a_newer_version_wrote_survives_a_round_through_older_phones() {
    let Morning { world, visit, handheld, office, .. } = Morning::new().await;
    newer_server_writes(&world, visit).await;
    for device in [&handheld, &office] {
        device.sync().await;
        assert!(flags(&device.visit(visit).await).contains(&json!("newer_fact")), "what it cannot show is said");
    }

    handheld.start(visit).await;
    handheld.done(visit, "OMV01").await;
    let handheld = world.reopened(handheld).await;
    handheld.sync().await;
    let change = json!({ "is": "when", "start": "10:00", "minutes": 45 });
    office.act(json!({ "do": "change_visit", "visit": visit, "change": change })).await;
    office.sync().await;
    handheld.sync().await;

    let content = stored(&world, visit).await;
    let shown = |register: &str| content.plan[register].shown().cloned().unwrap();
    assert_eq!(shown("companion"), json!({ "animal": "dog" }));
    assert_eq!(shown("when"), json!({ "start": at("10:00"), "minutes": 45, "flexible": true }));
    let texts: Vec<String> = content.facts.values().map(Fact::to_text).collect();
    assert!(texts.iter().any(|text| text.contains(r#""kilograms":61"#) && text.contains(r#""scale":"bathroom""#)));
    assert_eq!(texts.len(), 3);
    assert_eq!(handheld.problem().await, json!(null));
}

#[tokio::test]
async fn a_kind_of_document_that_a_phone_does_not_know_hinders_nothing() {
    let world = World::new().await;
    let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
    let maj = world.recipient("Maj-Britt").await;
    let visit = world.visit(maj, "09:00", &[anna]).await;
    let newer = world.plan(Kind::Unknown("alarm".into()), vec![("recipient", json!(maj))]).await;
    let (handheld, office) = (world.phone(anna).await, world.phone(eva).await);
    handheld.start(visit).await;
    for device in [&handheld, &office] {
        device.sync().await;
        assert_eq!(device.problem().await, json!(null));
        assert_eq!(device.unsent().await, 0);
    }
    let again = office.requests();
    office.sync().await;
    assert_eq!(office.requests() - again, 1, "nothing is repaired over and over");
    assert_eq!(stored(&world, newer).await.kind, Kind::Unknown("alarm".into()));
}
