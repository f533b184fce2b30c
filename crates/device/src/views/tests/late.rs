use rundan_model::{DocumentId, FactBody, LateReason, ToldOutcome};
use serde_json::json;

use super::unit::{ANNA, World, at};
use crate::api::{LatePreview, LateVisit};
use crate::views;

fn lines(preview: &LatePreview) -> Vec<(DocumentId, i64)> {
    preview.lines.iter().map(|line| (line.visit, line.expected)).collect()
}

#[tokio::test]
async fn a_delay_keeps_the_walks_and_is_eaten_by_slack() {
    let mut world = World::of(ANNA, "08:58").await;
    let maj = world.recipient("Maj", &[]).await;
    world.run_sheet(ANNA, Some("10:30")).await;
    let first = world.visit(maj, "09:00", 30, &[Some(ANNA)]).await;
    let walk = world.visit(maj, "09:35", 50, &[Some(ANNA)]).await;
    let slack = world.visit(maj, "11:30", 30, &[Some(ANNA)]).await;

    let preview = world.view(move |tx, ctx| views::late_preview(tx, ctx, first, Some(20), None)).await.unwrap();
    assert_eq!(lines(&preview), [(first, at("09:20").0), (walk, at("09:55").0)]);
    assert_eq!(preview.break_start, Some(at("10:50").0), "the break comes five minutes after, as planned");
    assert_eq!(
        (preview.not_affected.as_deref(), preview.not_affected_start),
        (Some("Maj Sandell"), Some(at("11:30").0))
    );
    assert_eq!(preview.lines[0].telephone, "08-465 00 00");

    let to_ten = rundan_model::time::parse_clock("10:00");
    let preview = world.view(move |tx, ctx| views::late_preview(tx, ctx, first, None, to_ten)).await.unwrap();
    let expected = [(first, at("10:00").0), (walk, at("10:35").0), (slack, at("12:10").0)];
    assert_eq!(lines(&preview), expected);
    assert_eq!((preview.break_start, preview.not_affected), (Some(at("11:30").0), None));
    assert!(world.view(move |tx, ctx| views::late_preview(tx, ctx, maj, Some(5), None)).await.is_none());
}

#[tokio::test]
async fn a_night_without_food_that_grows_too_long_is_told() {
    let mut world = World::of(ANNA, "06:58").await;
    let maj = world.recipient("Maj", &[("overnight-fast", json!(11))]).await;
    let evening = world.visit(maj, "09:00", 30, &[]).await;
    let ended = at("20:00").plus_seconds(-86_400);
    world.put(evening, "05:00", "when", json!({ "start": ended.plus_seconds(-1_800), "minutes": 30 })).await;
    let morning = world.visit(maj, "07:00", 20, &[Some(ANNA)]).await;
    let lunch = world.visit(maj, "12:00", 20, &[Some(ANNA)]).await;
    let hours = async |minutes: u32| {
        let preview = world.view(move |tx, ctx| views::late_preview(tx, ctx, morning, Some(minutes), None)).await;
        preview.unwrap().lines.first().and_then(|line| line.overnight_fast_hours)
    };
    assert_eq!(hours(0).await, None);
    assert_eq!(hours(30).await, Some(12));
    let preview = world.view(move |tx, ctx| views::late_preview(tx, ctx, lunch, Some(60), None)).await.unwrap();
    assert_eq!(preview.lines[0].overnight_fast_hours, None, "she ate in the morning");
}

#[tokio::test]
async fn the_status_of_a_notice_says_who_was_told() {
    let mut world = World::of(ANNA, "08:58").await;
    let maj = world.recipient("Maj", &[]).await;
    let visit = world.visit(maj, "09:00", 30, &[Some(ANNA)]).await;
    let late = FactBody::Late { expected: at("09:20"), reason: LateReason::Traffic, text: String::new() };
    world.state(visit, ANNA, "08:50", late).await;
    world.state(visit, ANNA, "08:52", FactBody::Told { outcome: ToldOutcome::NoAnswer }).await;
    let asked = [LateVisit { visit, expected: at("09:20").0 }];
    let status = world.view(move |tx, ctx| views::late_status(tx, ctx, &asked)).await;
    let line = &status.lines[0];
    assert_eq!((line.planned, line.expected), (at("09:00").0, at("09:20").0));
    assert_eq!((line.told.clone(), line.told_at), (Some(ToldOutcome::NoAnswer), Some(at("08:52").0)));
}
