use rundan_model::{FactBody, NotDoneReason, PoliceReport, UnplannedCause};
use serde_json::json;

use super::unit::{ANNA, EVA, FATIMA, World, at};
use crate::api::{CheckState, Delivery, VisitState};
use crate::views;

#[tokio::test]
async fn a_visit_shows_how_she_wants_it_what_was_done_and_what_can_be_taken_back() {
    let mut world = World::of(ANNA, "09:20").await;
    let more = [("good-to-know", json!(["Hör dåligt."])), ("wish/OMV01", json!("Sittande."))];
    let maj = world.recipient("Maj", &more).await;
    let visit = world.visit(maj, "09:00", 45, &[Some(ANNA), Some(FATIMA)]).await;
    let next = world.visit(maj, "10:00", 30, &[Some(ANNA)]).await;
    let runs = world.visit(maj, "08:00", 30, &[Some(ANNA)]).await;
    world.state(runs, ANNA, "08:01", FactBody::Started).await;
    let started = world.state(visit, ANNA, "09:01", FactBody::Started).await;
    world.state(visit, FATIMA, "09:02", FactBody::Started).await;
    let done = world.state_about(visit, ANNA, "09:05", Some("OMV01"), &[], FactBody::Done).await;
    let note = world.wait(visit, ANNA, "09:15", FactBody::Note { text: "Sov gott.".into() }).await;

    let view = world.view(move |tx, ctx| views::visit(tx, ctx, visit)).await.unwrap();
    assert!(view.may_act);
    assert_eq!(view.good_to_know, ["Hör dåligt."]);
    assert_eq!(view.card.state, VisitState::Running);
    assert_eq!(view.performed_seconds, 19 * 60);
    assert_eq!(view.saved_at, Some(at("09:15").0));
    let item = &view.items[0];
    assert_eq!((item.name.as_str(), item.how.as_str(), item.state), ("Dusch", "Sittande.", CheckState::Done));
    assert_eq!((item.by.as_deref(), item.own_facts.as_slice()), (None, [done].as_slice()));
    let own: Vec<_> = view.own_facts.iter().map(|fact| (fact.fact, fact.kind.as_str(), fact.about.as_str())).collect();
    assert_eq!(own, [(note, "note", "Sov gott."), (done, "done", "Dusch"), (started, "started", "")]);
    assert_eq!((view.notes[0].delivery, view.notes[0].own), (Delivery::OnPhone, true));
    assert_eq!(view.running.iter().map(|card| card.document).collect::<Vec<_>>(), [runs]);
    assert_eq!(view.move_to.iter().map(|card| card.document).collect::<Vec<_>>(), [next]);
}

#[tokio::test]
async fn a_dispute_shows_both_sides_and_anothers_tick_says_whose_it_is() {
    let mut world = World::of(ANNA, "09:20").await;
    let maj = world.recipient("Maj", &[]).await;
    let visit = world.visit(maj, "09:00", 45, &[Some(ANNA), Some(FATIMA)]).await;
    let theirs = world.state_about(visit, FATIMA, "09:05", Some("OMV01"), &[], FactBody::Done).await;
    let view = world.view(move |tx, ctx| views::visit(tx, ctx, visit)).await.unwrap();
    assert_eq!((view.items[0].state, view.items[0].by.as_deref()), (CheckState::Done, Some("Fatima Exempel")));
    let declined = FactBody::NotDone { reason: NotDoneReason::Declined, text: String::new() };
    world.state_about(visit, ANNA, "09:06", Some("OMV01"), &[theirs], declined).await;
    let view = world.view(move |tx, ctx| views::visit(tx, ctx, visit)).await.unwrap();
    assert_eq!(view.items[0].state, CheckState::Disputed);
    let dispute = &view.disputes[0];
    assert_eq!(dispute.about, "Dusch");
    let sides: Vec<_> = dispute.sides.iter().map(|side| (side.by.as_str(), side.value.as_str())).collect();
    assert_eq!(sides, [("Fatima Exempel", "done"), ("Anna Exempel", "not_done")]);
    assert_eq!(dispute.sides[1].shown, "declined");
}

#[tokio::test]
async fn a_note_that_the_office_opened_says_by_whom() {
    let mut world = World::of(ANNA, "09:20").await;
    let maj = world.recipient("Maj", &[]).await;
    let visit = world.visit(maj, "09:00", 45, &[Some(ANNA)]).await;
    let note = world.state(visit, ANNA, "09:10", FactBody::Note { text: "Yr.".into() }).await;
    world.state(visit, EVA, "09:31", FactBody::Read { facts: vec![note] }).await;
    let view = world.view(move |tx, ctx| views::visit(tx, ctx, visit)).await.unwrap();
    assert_eq!((view.notes[0].read_by.as_deref(), view.notes[0].read_at), (Some("Eva Exempel"), Some(at("09:31").0)));
    assert_eq!(view.notes[0].delivery, Delivery::OnServer);
}

#[tokio::test]
async fn another_carers_visit_can_be_seen_and_not_worked_on() {
    let mut world = World::of(ANNA, "09:20").await;
    let maj = world.recipient("Maj", &[]).await;
    let visit = world.visit(maj, "09:00", 45, &[Some(FATIMA)]).await;
    assert!(!world.view(move |tx, ctx| views::visit(tx, ctx, visit)).await.unwrap().may_act);
    assert!(world.view(move |tx, ctx| views::visit(tx, ctx, maj)).await.is_none(), "a recipient is no visit");
    let body = FactBody::Begun { name: "Rut".into(), recipient: None, cause: UnplannedCause::Asked };
    let begun = world.begin(rundan_model::Kind::Visit, ANNA, &[]).await;
    world.state(begun, ANNA, "09:10", body).await;
    assert!(world.view(move |tx, ctx| views::visit(tx, ctx, begun)).await.unwrap().may_act);
}

#[tokio::test]
async fn a_recipient_is_found_by_any_part_of_her_name_without_its_marks() {
    let mut world = World::of(ANNA, "09:20").await;
    let more = [
        ("next-of-kin/1", json!({ "name": "Lisa", "relation": "dotter", "telephone": "070-174 06 00" })),
        ("contact-worker", json!(FATIMA)),
        ("wish/OMV01", json!("Sittande.")),
        ("overnight-fast", json!(11)),
    ];
    let asa = world.recipient("Åsa", &more).await;
    world.recipient("Maj", &[]).await;
    let found = world.view(|tx, ctx| views::find_recipient(tx, ctx, "sandell asa")).await;
    assert_eq!(found.iter().map(|recipient| recipient.document).collect::<Vec<_>>(), [asa]);
    assert_eq!(world.view(|tx, ctx| views::find_recipient(tx, ctx, "SAND")).await.len(), 2);
    let card = world.view(move |tx, ctx| views::recipient(tx, ctx, asa)).await.unwrap();
    assert_eq!((card.contact_worker.as_str(), card.next_of_kin[0].relation.as_str()), ("Fatima Exempel", "dotter"));
    assert_eq!((card.wishes[0].name.as_str(), card.wishes[0].how.as_str()), ("Dusch", "Sittande."));
    assert_eq!((card.overnight_fast_hours_max, card.has_door_code), (Some(11), false));
    let catalogue = world.view(|tx, _| views::catalogue(tx)).await;
    assert_eq!(catalogue.iter().map(|wish| wish.code.as_str()).collect::<Vec<_>>(), ["OMV01", "SRV01"]);
    let vault = world.view(|tx, _| views::vault_view(tx)).await.unwrap();
    assert_eq!((vault.name.as_str(), vault.unit.as_str()), ("Anna Exempel", "Norr"));
}

#[tokio::test]
async fn her_record_has_her_facts_and_nobody_elses() {
    let mut world = World::of(ANNA, "09:20").await;
    let maj = world.recipient("Maj", &[]).await;
    let visit = world.visit(maj, "09:00", 45, &[Some(ANNA), Some(FATIMA)]).await;
    let sheet = world.run_sheet(ANNA, None).await;
    world.state(sheet, ANNA, "06:58", FactBody::ShiftStarted).await;
    world.state(visit, FATIMA, "09:00", FactBody::Started).await;
    let started = world.state(visit, ANNA, "09:01", FactBody::Started).await;
    world.wait(visit, ANNA, "09:10", FactBody::Withdrawn { facts: vec![started] }).await;
    let record = world.view(|tx, ctx| views::my_record(tx, ctx, 100)).await;
    let lines: Vec<_> =
        record.lines.iter().map(|line| (line.kind.as_str(), line.title.as_str(), line.superseded)).collect();
    let expected =
        [("withdrawn", "Maj Sandell", false), ("started", "Maj Sandell", true), ("shift_started", "2026-11-21", false)];
    assert_eq!(lines, expected);
    assert_eq!((record.lines[0].received, record.lines[1].received), (None, Some(at("09:01").0)));
}

#[tokio::test]
async fn her_record_says_how_much_there_is_and_has_her_drafts() {
    let mut world = World::of(ANNA, "09:20").await;
    let maj = world.recipient("Maj", &[]).await;
    let text = rundan_model::fact::IncidentText { recipient: Some(maj), happened: "Hon".into(), ..Default::default() };
    let draft = world.begin(rundan_model::Kind::Draft, ANNA, &[]).await;
    world.state(draft, ANNA, "09:19", FactBody::Text { text }).await;
    for _ in 0..6 {
        let visit = world.visit(maj, "09:00", 45, &[Some(ANNA)]).await;
        for n in 0..85 {
            world.state(visit, ANNA, "09:01", FactBody::Note { text: format!("{n}") }).await;
        }
    }
    let record = world.view(|tx, ctx| views::my_record(tx, ctx, 100)).await;
    assert_eq!((record.lines.len(), record.total), (100, 511));
    let first = &record.lines[0];
    assert_eq!((first.kind.as_str(), first.title.as_str(), first.text.as_str()), ("text", "Maj Sandell", "Hon"));
    let all = world.view(|tx, ctx| views::my_record(tx, ctx, 600)).await;
    assert_eq!(all.lines.len(), 511);
}

#[tokio::test]
async fn a_pause_is_taken_back_while_it_is_the_last_word_and_a_beginning_while_it_is_bare() {
    let mut world = World::of(ANNA, "09:20").await;
    let visit = world.begin(rundan_model::Kind::Visit, ANNA, &[]).await;
    let body = FactBody::Begun { name: "Rut".into(), recipient: None, cause: UnplannedCause::Asked };
    let begun = world.state(visit, ANNA, "09:00", body).await;
    let started = world.state(visit, ANNA, "09:00", FactBody::Started).await;
    let cause = rundan_model::PauseCause::Alarm;
    let paused = world.state(visit, ANNA, "09:05", FactBody::Paused { cause }).await;
    assert_eq!(offered(&world, visit).await, [paused, started, begun]);
    let resumed = world.state(visit, ANNA, "09:10", FactBody::Resumed).await;
    assert_eq!(offered(&world, visit).await, [resumed, started, begun]);
    world.state(visit, ANNA, "09:11", FactBody::Withdrawn { facts: vec![resumed] }).await;
    assert_eq!(offered(&world, visit).await, [paused, started, begun]);
    let note = world.state(visit, ANNA, "09:12", FactBody::Note { text: "Yr.".into() }).await;
    assert_eq!(offered(&world, visit).await, [note, paused, started]);
}

async fn offered(world: &World, visit: rundan_model::DocumentId) -> Vec<rundan_model::FactId> {
    let view = world.view(move |tx, ctx| views::visit(tx, ctx, visit)).await.unwrap();
    view.own_facts.iter().map(|fact| fact.fact).collect()
}

#[tokio::test]
async fn her_drafts_show_what_was_typed_last_and_her_incidents_who_read_them() {
    let mut world = World::of(ANNA, "09:20").await;
    let maj = world.recipient("Maj", &[]).await;
    let mut text =
        rundan_model::fact::IncidentText { recipient: Some(maj), happened: "Hon".into(), ..Default::default() };
    let draft = world.begin(rundan_model::Kind::Draft, ANNA, &[]).await;
    world.state(draft, ANNA, "09:00", FactBody::Text { text: text.clone() }).await;
    text.police = Some(PoliceReport::NotKnown);
    text.incident = Some(rundan_model::IncidentKind::Fall);
    let incident = world.begin(rundan_model::Kind::Incident, ANNA, &[]).await;
    let submitted = world.state(incident, ANNA, "08:00", FactBody::Submitted { text }).await;
    world.state(incident, EVA, "09:31", FactBody::Read { facts: vec![submitted] }).await;
    world
        .write(move |tx| {
            let typed = json!({ "incident": null, "visit": null, "recipient": null, "when": null,
                "happened": "Hon föll", "measures": "", "police": null });
            let put = "INSERT INTO typing VALUES (?1, ?2, ?3)";
            tx.execute(put, rusqlite::params![draft.as_bytes(), typed.to_string(), at("09:05").0])?;
            tx.execute(put, rusqlite::params![[0_u8; 0], typed.to_string(), at("09:06").0])?;
            Ok(())
        })
        .await;
    let mine = world.view(views::my_incidents).await;
    assert_eq!(mine.iter().map(|view| view.document).collect::<Vec<_>>(), [None, Some(draft), Some(incident)]);
    assert_eq!(mine[1].text.happened, "Hon föll");
    assert_eq!(mine[2].recipient_name, "Maj Sandell");
    assert!(mine[2].submitted);
    assert_eq!(mine[2].read_by.as_deref(), Some("Eva Exempel"));
    let lines = world.view(views::incidents).await;
    assert_eq!((lines.len(), lines[0].fact, lines[0].received), (1, submitted, Some(at("08:00").0)));
    assert_eq!((lines[0].author.as_str(), lines[0].address.as_str()), ("Anna Exempel", "Skidvägen 4"));
}
