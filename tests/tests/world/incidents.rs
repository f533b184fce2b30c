//! Running late and incident notes.

use rundan_model::Role;
use serde_json::{Value, json};

use crate::world::{Morning, World, at, each};

#[tokio::test]
async fn a_late_notice_and_who_was_told_reach_the_office() {
    let world = World::new().await;
    let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
    let (maj, tore) = (world.recipient("Maj-Britt").await, world.recipient("Tore").await);
    world.run_sheet(anna).await;
    let first = world.visit(maj, "09:00", &[anna]).await;
    let second = world.visit(tore, "09:50", &[anna]).await;
    let (handheld, office) = (world.phone(anna).await, world.phone(eva).await);
    let preview = handheld.ask("late_preview", json!({ "visit": first, "minutes": 15, "time": null })).await;
    assert_eq!(preview["lines"][0]["expected"], at("09:15").0);
    assert_eq!(preview["lines"][1]["name"], "Tore Exempel");

    handheld.cut();
    let visits = json!([{ "visit": first, "expected": at("09:15").0 }, { "visit": second, "expected": at("10:00").0 }]);
    handheld.act(json!({ "do": "report_late", "visits": visits, "reason": "traffic", "text": "" })).await;
    handheld.act(json!({ "do": "tell", "visit": first, "outcome": "told" })).await;
    handheld.act(json!({ "do": "tell", "visit": second, "outcome": "no_answer" })).await;
    handheld.restore();
    handheld.sync().await;
    office.sync().await;
    let lines = office.ask("late_notices", json!({ "date": null })).await;
    assert_eq!(each(&lines, "recipient"), ["Maj-Britt Exempel", "Tore Exempel"]);
    assert_eq!(each(&lines, "told"), ["told", "no_answer"]);

    office.act(json!({ "do": "mark_read", "document": first, "facts": [lines[0]["fact"]] })).await;
    office.sync().await;
    handheld.sync().await;
    assert_eq!(office.ask("late_notices", json!({ "date": null })).await[0]["read_by"], "Eva Exempel");
    assert_eq!(handheld.visit(first).await["card"]["late"]["read_by"], "Eva Exempel", "its author sees who opened it");
    assert_eq!(handheld.visit(second).await["card"]["late"]["read_by"], Value::Null);
}

#[tokio::test]
async fn an_incident_note_is_a_draft_until_it_is_submitted() {
    let Morning { world, maj, visit, handheld, office, .. } = Morning::new().await;
    let text = |happened: &str| {
        json!({
            "incident": "theft", "visit": visit, "recipient": maj, "when": at("08:55").0,
            "happened": happened, "measures": "Ringde chefen.", "police": "head_reports"
        })
    };
    handheld.ask("keep_typing", json!({ "draft": null, "text": text("Två ri") })).await;
    let handheld = world.reopened(handheld).await;
    let drafts = handheld.ask("my_incidents", Value::Null).await;
    assert_eq!(drafts[0]["text"]["happened"], "Två ri", "typing survives the app");

    let saved = handheld.act(json!({ "do": "save_draft", "draft": null, "text": text("Två ringar saknas.") })).await;
    let draft = saved["began"].clone();
    handheld.sync().await;
    office.sync().await;
    assert_eq!(office.ask("incidents", Value::Null).await, json!([]), "nobody reads a draft but its author");

    let submitted = handheld.act(json!({ "do": "submit_draft", "draft": draft })).await;
    assert_eq!(submitted["can_undo"], false);
    handheld.sync().await;
    office.sync().await;
    let incidents = office.ask("incidents", Value::Null).await;
    assert_eq!(incidents[0]["happened"], "Två ringar saknas.");
    assert_eq!(incidents[0]["author"], "Anna Exempel");
    assert_eq!(incidents[0]["recipient"], "Maj-Britt Exempel");

    let incident = incidents[0]["document"].clone();
    office.act(json!({ "do": "mark_read", "document": incident, "facts": [incidents[0]["fact"]] })).await;
    office.sync().await;
    handheld.act(json!({ "do": "add_to_incident", "incident": incident, "text": "Ringarna låg i badrummet." })).await;
    handheld.sync().await;
    office.sync().await;
    let mine = handheld.ask("my_incidents", Value::Null).await;
    assert_eq!(mine[0]["read_by"], "Eva Exempel");
    assert_eq!(office.ask("incidents", Value::Null).await[0]["additions"][0]["text"], "Ringarna låg i badrummet.");
}
