use rundan_model::{FactBody, LateReason, NotCarriedOutReason, ToldOutcome};
use serde_json::json;

use super::unit::{ANNA, EVA, FATIMA, World, at};
use crate::api::{AttentionKind, ChangeKind, SyncState, VisitState};
use crate::views;

#[tokio::test]
async fn the_board_has_a_row_for_each_run_sheet_and_says_what_needs_someone() {
    let mut world = World::of(EVA, "10:00").await;
    let maj = world.recipient("Maj", &[]).await;
    for person in [ANNA, FATIMA] {
        world.run_sheet(person, None).await;
    }
    let done = world.visit(maj, "07:30", 20, &[Some(ANNA)]).await;
    world.state(done, ANNA, "07:31", FactBody::Started).await;
    world.state(done, ANNA, "07:50", FactBody::Ended).await;
    let double = world.visit(maj, "09:00", 45, &[Some(ANNA), Some(FATIMA)]).await;
    world.state(double, ANNA, "09:01", FactBody::Started).await;
    let unstaffed = world.visit(maj, "11:00", 30, &[None]).await;
    let late = world.visit(maj, "10:05", 30, &[Some(FATIMA)]).await;
    let notice = FactBody::Late { expected: at("10:40"), reason: LateReason::Traffic, text: String::new() };
    world.state(late, FATIMA, "09:50", notice).await;
    let cancelled = world.visit(maj, "12:00", 30, &[Some(ANNA)]).await;
    world.put(cancelled, "08:00", "cancelled", json!({ "reason": "sjukhus" })).await;
    world
        .write(|tx| {
            Ok(tx.execute("INSERT INTO heard VALUES (?1, ?2)", rusqlite::params![ANNA.as_bytes(), at("09:50").0])?)
        })
        .await;

    let board = world.view(|tx, ctx| views::board(tx, ctx, None)).await;
    let rows: Vec<_> = board.rows.iter().map(|row| (row.name.as_str(), row.visits.len(), row.silent)).collect();
    assert_eq!(rows, [("Anna Exempel", 3, false), ("Fatima Exempel", 2, true), ("", 1, false)]);
    assert_eq!(board.rows[2].visits[0].document, unstaffed);
    let of_anna = &board.rows[0].visits;
    assert_eq!((of_anna[0].state, of_anna[1].state), (VisitState::Done, VisitState::Running));
    assert_eq!((of_anna[0].short_name.as_str(), of_anna[0].name.as_str()), ("Maj", "Maj Sandell"));
    let of_fatima = &board.rows[1].visits;
    assert_eq!((of_fatima[0].document, of_fatima[0].overdue, of_fatima[0].double), (double, true, true));
    let figures = board.figures;
    assert_eq!((figures.done, figures.total, figures.due), (1, 4, 2));
    assert_eq!((figures.late, figures.late_untold, figures.silent, figures.overdue), (1, 1, 1, 0));
    let needs: Vec<_> = board.attention.iter().map(|need| (need.kind, need.document)).collect();
    let expected =
        [(AttentionKind::Overdue, double), (AttentionKind::LateUntold, late), (AttentionKind::Unstaffed, unstaffed)];
    assert_eq!(needs, expected);
    assert_eq!(board.attention[0].carer, "Fatima Exempel");
    assert_eq!(board.days, ["2026-11-21"]);
    assert_eq!(board.to - board.from, 86_400);
    assert_eq!(board.rows[0].worked.len(), 0);
}

#[tokio::test]
async fn what_was_told_and_what_was_read_needs_nobody_any_more() {
    let mut world = World::of(EVA, "10:00").await;
    let maj = world.recipient("Maj", &[]).await;
    let late = world.visit(maj, "10:05", 30, &[Some(FATIMA)]).await;
    let notice = FactBody::Late { expected: at("10:40"), reason: LateReason::Traffic, text: "kö".into() };
    let stated = world.state(late, FATIMA, "09:50", notice).await;
    let outcome = FactBody::Told { outcome: ToldOutcome::OfficeAsked };
    world.state(late, FATIMA, "09:51", outcome).await;
    let missed = world.visit(maj, "08:00", 30, &[Some(ANNA)]).await;
    let reason = FactBody::NotCarriedOut { reason: NotCarriedOutReason::NobodyOpens, text: String::new() };
    let missed_fact = world.state(missed, ANNA, "08:10", reason).await;
    let kinds = async |world: &World| {
        let board = world.view(|tx, ctx| views::board(tx, ctx, None)).await;
        board.attention.iter().map(|need| need.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&world).await, [AttentionKind::AskedToCall, AttentionKind::NotCarriedOut]);
    let figures = world.view(|tx, ctx| views::board(tx, ctx, None)).await.figures;
    assert_eq!((figures.done, figures.total), (0, 2), "what was not carried out is not done");
    world.state(late, EVA, "09:55", FactBody::Told { outcome: ToldOutcome::Told }).await;
    world.state(missed, EVA, "09:56", FactBody::Read { facts: vec![missed_fact] }).await;
    world.state(late, EVA, "09:57", FactBody::Read { facts: vec![stated] }).await;
    assert!(kinds(&world).await.is_empty());

    let lines = world.view(|tx, ctx| views::late_notices(tx, ctx, None)).await;
    let line = &lines[0];
    assert_eq!((lines.len(), line.fact, line.carer.as_str()), (1, stated, "Fatima Exempel"));
    assert_eq!((line.received, line.text.as_str()), (Some(at("09:50").0), "kö"));
    assert_eq!((line.told.clone(), line.told_by.as_str()), (Some(ToldOutcome::Told), "Eva Exempel"));
    assert_eq!(line.read_by.as_deref(), Some("Eva Exempel"));
}

#[tokio::test]
async fn a_visit_opens_to_its_facts_its_plans_changes_and_both_sides_of_a_clash() {
    let mut world = World::of(EVA, "10:00").await;
    let maj = world.recipient("Maj", &[]).await;
    world.run_sheet(ANNA, None).await;
    let visit = world.visit(maj, "09:00", 45, &[Some(ANNA), None]).await;
    let started = world.state(visit, ANNA, "09:01", FactBody::Started).await;
    world.state(visit, ANNA, "09:03", FactBody::Withdrawn { facts: vec![started] }).await;
    let when = |start: &str| json!({ "start": at(start), "minutes": 45 });
    world.clash(visit, "when", when("10:30"), when("11:00")).await;

    let facts = world.view(move |tx, ctx| views::visit_facts(tx, ctx, visit)).await.unwrap();
    assert!(facts.may_plan);
    assert_eq!(facts.carers, [Some("Anna Exempel".to_owned()), None]);
    let lines: Vec<_> = facts.facts.iter().map(|line| (line.kind.as_str(), line.superseded)).collect();
    assert_eq!(lines, [("withdrawn", false), ("started", true)]);
    assert_eq!((facts.facts[1].entered, facts.facts[1].received), (at("09:01").0, Some(at("09:01").0)));
    let mut sides: Vec<_> =
        facts.clashes[0].sides.iter().map(|side| (side.shown.as_str(), side.by.as_str(), side.at)).collect();
    sides.sort_unstable();
    let expected = [
        ("10:30\u{2013}11:15", "Eva Exempel", Some(at("06:10").0)),
        ("11:00\u{2013}11:45", "Fatima Exempel", Some(at("06:20").0)),
    ];
    assert_eq!(sides, expected);
    assert_eq!(facts.plan_log.len(), 2, "what the visit was made with is no change");
    assert!(facts.plan_log.iter().all(|line| line.kind == ChangeKind::Moved && line.register == "when"));
    let choices: Vec<_> = facts.choices.iter().map(|choice| (choice.name.as_str(), choice.works)).collect();
    assert_eq!(choices, [("Anna Exempel", true), ("Fatima Exempel", false)], "only carers, those who work first");
    assert!(world.view(move |tx, ctx| views::visit_facts(tx, ctx, maj)).await.is_none());
}

#[tokio::test]
async fn an_incident_that_nobody_opened_is_on_the_board() {
    let mut world = World::of(EVA, "10:00").await;
    let text = rundan_model::fact::IncidentText {
        incident: Some(rundan_model::IncidentKind::Fall),
        happened: "Föll".into(),
        ..Default::default()
    };
    let incident = world.begin(rundan_model::Kind::Incident, ANNA, &[]).await;
    let submitted = world.state(incident, ANNA, "08:00", FactBody::Submitted { text }).await;
    let board = world.view(|tx, ctx| views::board(tx, ctx, None)).await;
    assert_eq!((board.unread_incidents, board.attention[0].kind), (1, AttentionKind::Incident));
    world.state(incident, EVA, "09:00", FactBody::Read { facts: vec![submitted] }).await;
    let board = world.view(|tx, ctx| views::board(tx, ctx, None)).await;
    assert_eq!((board.unread_incidents, board.attention.len()), (0, 0));
}

#[tokio::test]
async fn the_board_follows_a_visit_to_another_day_and_a_recipient_to_another_name() {
    let mut world = World::of(EVA, "10:00").await;
    let maj = world.recipient("Maj", &[]).await;
    let visit = world.visit(maj, "09:00", 45, &[Some(ANNA)]).await;
    let blocks = async |world: &World| {
        let board = world.view(|tx, ctx| views::board(tx, ctx, None)).await;
        board.rows.into_iter().flat_map(|row| row.visits).map(|block| (block.start, block.name)).collect::<Vec<_>>()
    };
    world.put(visit, "08:00", "when", json!({ "start": at("11:30"), "minutes": 45 })).await;
    assert_eq!(blocks(&world).await, [(at("11:30").0, "Maj Sandell".to_owned())], "one block, where it is now");
    world.put(maj, "08:10", "name", json!({ "given": "Maj", "family": "Ek", "preferred": "" })).await;
    assert_eq!(blocks(&world).await, [(at("11:30").0, "Maj Ek".to_owned())]);
    let tomorrow = at("11:30").plus_minutes(24 * 60);
    world.put(visit, "08:20", "when", json!({ "start": tomorrow, "minutes": 45 })).await;
    assert!(blocks(&world).await.is_empty());
}

#[tokio::test]
async fn every_chip_says_that_a_round_is_under_way() {
    let world = World::of(EVA, "06:05").await;
    let chips = world
        .view(|tx, ctx| {
            let ctx = ctx.clone().while_working(true);
            let day = views::day(tx, &ctx, None)?.sync.state;
            Ok([day, views::board(tx, &ctx, None)?.sync.state, views::sync_view(tx, &ctx)?.chip.state])
        })
        .await;
    assert_eq!(chips, [SyncState::Working; 3]);
}
