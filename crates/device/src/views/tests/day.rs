use rundan_model::{FactBody, Kind, LateReason, PauseCause, UnplannedCause};
use serde_json::json;

use super::unit::{ANNA, EVA, FATIMA, World, at};
use crate::api::{ChangeKind, DayView, Delivery, PartnerState, Stop, SyncState, VisitCard, VisitFlag, VisitState};
use crate::views;

fn cards(stops: &[Stop]) -> Vec<&VisitCard> {
    stops
        .iter()
        .filter_map(|stop| match stop {
            Stop::Visit(card) => Some(&**card),
            Stop::Break(_) => None,
        })
        .collect()
}

#[tokio::test]
async fn the_key_to_bring_is_that_of_the_home_and_an_old_register_speaks_only_of_tags_that_no_key_bears() {
    let mut world = World::of(ANNA, "08:58").await;
    let old = json!({ "kind": "home", "cabinet": "Skåp 9" });
    let maj = world.recipient("Maj", &[("key/V-117", old.clone()), ("key/A-1", old)]).await;
    world.run_sheet(ANNA, None).await;
    world.visit(maj, "09:00", 45, &[Some(ANNA)]).await;
    let tags = async |world: &World| {
        let day = world.view(|tx, ctx| views::day(tx, ctx, None)).await;
        let bring = cards(&day.stops)[0].key.as_ref().map(|key| key.tag.clone());
        let card = world.view(move |tx, ctx| views::recipient(tx, ctx, maj)).await.unwrap();
        let keys: Vec<String> = card.keys.iter().map(|key| format!("{} {}", key.tag, key.cabinet)).collect();
        (bring.unwrap_or_default(), keys)
    };
    assert_eq!(tags(&world).await, ("A-1".to_owned(), vec!["A-1 Skåp 9".to_owned(), "V-117 Skåp 9".to_owned()]));

    world.put(maj, "08:00", "key/A-1", json!(null)).await;
    let mut keys = Vec::new();
    for (tag, kind) in [("L-1", "alarm"), ("P-1", "entrance"), ("V-117", "home")] {
        let place = json!({ "cabinet": "Skåp 2", "hook": "1" });
        let plan = [("tag", json!(tag)), ("kind", json!(kind)), ("place", place), ("copies", json!(1))];
        let key = world.begin(Kind::Key, EVA, &plan).await;
        world.begin(Kind::KeyHome, EVA, &[("key", json!(key)), ("recipient", json!(maj))]).await;
        keys.push(key);
    }
    let listed = ["L-1 Skåp 2", "P-1 Skåp 2", "V-117 Skåp 2"].map(str::to_owned);
    assert_eq!(tags(&world).await, ("V-117".to_owned(), listed.to_vec()));

    world.state(keys[2], EVA, "08:00", FactBody::TagRetired { text: String::new() }).await;
    assert_eq!(tags(&world).await, ("P-1".to_owned(), listed[..2].to_vec()), "nor does the register bring it back");
}

#[tokio::test]
async fn a_day_is_her_visits_in_order_with_the_break_between() {
    let mut world = World::of(ANNA, "08:58").await;
    let maj = world
        .recipient(
            "Maj",
            &[
                ("key/A-9", json!({ "kind": "alarm" })),
                ("key/V-117", json!({ "kind": "home", "cabinet": "Skåp 2" })),
                ("ring-first", json!(true)),
            ],
        )
        .await;
    let code = [("recipient", json!(maj)), ("door-code", json!("1234"))];
    let access = world.begin(Kind::Access, EVA, &code).await;
    world.run_sheet(ANNA, Some("12:00")).await;
    let late = world.visit(maj, "13:00", 30, &[Some(ANNA)]).await;
    let first = world.visit(maj, "07:30", 20, &[Some(ANNA)]).await;
    let second = world.visit(maj, "09:00", 45, &[Some(ANNA), Some(FATIMA)]).await;
    let other = world.visit(maj, "09:00", 45, &[Some(FATIMA)]).await;
    world.state(first, ANNA, "07:31", FactBody::Started).await;
    world.state(first, ANNA, "07:50", FactBody::Ended).await;
    world.acknowledge(&[first, second, late]).await;

    let day = world.view(|tx, ctx| views::day(tx, ctx, None)).await;
    let shown = cards(&day.stops);
    assert_eq!(shown.iter().map(|card| card.document).collect::<Vec<_>>(), [first, second, late]);
    assert!(!shown.iter().any(|card| card.document == other));
    assert!(matches!(&day.stops[2], Stop::Break(rest) if rest.start == at("12:00").0 && rest.minutes == 30));
    assert_eq!((day.done, day.total, day.next), (1, 3, Some(second)));
    assert_eq!(day.date, "2026-11-21");
    assert_eq!(day.days, ["2026-11-21"]);
    assert!(day.is_today && day.changes.is_empty());
    let sheet = day.run_sheet.unwrap();
    assert_eq!((sheet.area.as_str(), sheet.shift_start), ("Norr", Some(at("07:00").0)));

    let card = shown[1];
    assert_eq!(card.name, "Maj Sandell");
    assert_eq!((card.address.as_str(), card.floor.as_str()), ("Skidvägen 4", "2 tr"));
    assert_eq!(card.interventions, ["Dusch"]);
    assert_eq!(card.key.as_ref().unwrap().tag, "V-117");
    assert!(card.has_door_code && card.ring_first);
    assert_eq!(shown[0].state, VisitState::Done);
    assert_eq!(shown[0].segments[0].end, Some(at("07:50").0));
    let found = world.view(move |tx, _| views::door_code(tx, maj)).await;
    assert_eq!(found, Some((access, "1234".to_owned())));
}

#[tokio::test]
async fn the_partner_is_always_as_of_when_the_server_was_heard() {
    let mut world = World::of(ANNA, "09:20").await;
    let maj = world.recipient("Maj", &[]).await;
    let visit = world.visit(maj, "09:00", 45, &[Some(ANNA), Some(FATIMA)]).await;
    let partner = |day: DayView| cards(&day.stops)[0].partners[0].clone();
    let before = partner(world.view(|tx, ctx| views::day(tx, ctx, None)).await);
    assert_eq!((before.given_name.as_str(), before.state, before.at), ("Fatima", PartnerState::Unknown, None));
    assert_eq!(before.heard, Some(at("06:00").0));
    world.state(visit, FATIMA, "09:02", FactBody::Started).await;
    world.state_about(visit, FATIMA, "09:10", Some("OMV01"), &[], FactBody::Done).await;
    let here = partner(world.view(|tx, ctx| views::day(tx, ctx, None)).await);
    assert_eq!((here.state, here.at), (PartnerState::Here, Some(at("09:02").0)));
    assert_eq!((here.last_done.as_deref(), here.last_done_at), (Some("Dusch"), Some(at("09:10").0)));
    world.state(visit, FATIMA, "09:12", FactBody::Paused { cause: PauseCause::Alarm }).await;
    let away = partner(world.view(|tx, ctx| views::day(tx, ctx, None)).await);
    assert_eq!((away.state, away.at), (PartnerState::Away, Some(at("09:12").0)));
}

#[tokio::test]
async fn what_the_office_changed_is_told_until_she_acknowledges_it() {
    let mut world = World::of(ANNA, "08:58").await;
    let maj = world.recipient("Maj", &[]).await;
    let mut visits = Vec::new();
    for start in ["09:00", "10:00", "11:00", "12:00", "13:00"] {
        visits.push(world.visit(maj, start, 30, &[Some(ANNA)]).await);
    }
    let [same, moved, cancelled, removed, changed] = visits[..] else { panic!("five visits") };
    world.acknowledge(&visits).await;
    let new = world.visit(maj, "14:00", 30, &[Some(ANNA)]).await;
    world.put(moved, "08:01", "when", json!({ "start": at("10:15"), "minutes": 30 })).await;
    world.put(cancelled, "08:02", "cancelled", json!({ "reason": "sjukhus" })).await;
    world.put(removed, "08:03", "slot/1", json!({ "staff": FATIMA })).await;
    world.put(changed, "08:04", "intervention/SRV01", json!({ "order": 2 })).await;

    let day = world.view(|tx, ctx| views::day(tx, ctx, None)).await;
    let kinds: Vec<_> = day.changes.iter().map(|change| (change.document, change.kind)).collect();
    let expected = [
        (moved, ChangeKind::Moved),
        (cancelled, ChangeKind::Cancelled),
        (changed, ChangeKind::Changed),
        (new, ChangeKind::New),
        (removed, ChangeKind::Removed),
    ];
    assert_eq!(kinds, expected);
    let notice = &day.changes[0];
    assert_eq!((notice.start_before, notice.start_now), (Some(at("10:00").0), Some(at("10:15").0)));
    assert_eq!((notice.at, notice.by.as_str()), (at("08:01").0, "Eva Exempel"));
    assert!(!cards(&day.stops).iter().any(|card| card.document == removed));
    let mark = |id| cards(&day.stops).iter().find(|card| card.document == id).unwrap().mark;
    assert_eq!(mark(same), None);
    assert_eq!(mark(moved).unwrap().kind, ChangeKind::Moved);

    world.acknowledge(&[same, moved, cancelled, changed, new]).await;
    world.write(move |tx| Ok(tx.execute("DELETE FROM seen_visit WHERE document = ?1", [removed.as_bytes()])?)).await;
    world
        .write(move |tx| {
            let mark = "UPDATE seen_visit SET mark = 'moved', mark_at = 5 WHERE document = ?1";
            Ok(tx.execute(mark, [moved.as_bytes()])?)
        })
        .await;
    let day = world.view(|tx, ctx| views::day(tx, ctx, None)).await;
    assert!(day.changes.is_empty());
    let card = cards(&day.stops).into_iter().find(|card| card.document == moved).unwrap();
    assert_eq!(card.mark.unwrap().at, 5, "a change that she has read still marks the visit");
}

#[tokio::test]
async fn a_visit_that_left_her_scope_is_told_of_and_gone() {
    let mut world = World::of(ANNA, "08:58").await;
    let maj = world.recipient("Maj", &[]).await;
    let visit = world.visit(maj, "09:00", 30, &[Some(ANNA)]).await;
    world.acknowledge(&[visit]).await;
    world
        .execute("UPDATE document SET state = 'leaving' WHERE kind = 'visit'; UPDATE seen_visit SET left_at = 77")
        .await;
    let day = world.view(|tx, ctx| views::day(tx, ctx, None)).await;
    assert!(day.stops.is_empty());
    assert_eq!((day.changes[0].kind, day.changes[0].at), (ChangeKind::Removed, 77));
    assert_eq!(day.changes[0].name, "Maj Sandell");
    world.acknowledge(&[visit]).await;
    assert!(world.view(|tx, ctx| views::day(tx, ctx, None)).await.changes.is_empty());
}

#[tokio::test]
async fn an_unplanned_visit_stands_where_it_began_and_goes_when_it_is_taken_back() {
    let mut world = World::of(ANNA, "08:58").await;
    let visit = world.begin(rundan_model::Kind::Visit, ANNA, &[]).await;
    let body = FactBody::Begun { name: "Rut på trean".into(), recipient: None, cause: UnplannedCause::Alarm };
    let begun = world.state(visit, ANNA, "08:10", body).await;
    let day = world.view(|tx, ctx| views::day(tx, ctx, None)).await;
    let card = cards(&day.stops)[0];
    assert_eq!((card.name.as_str(), card.start), ("Rut på trean", None));
    assert!(card.flags.contains(&VisitFlag::Unplanned) && card.flags.contains(&VisitFlag::UnknownRecipient));
    assert!(day.changes.is_empty(), "her own act is no news to her");
    world.acknowledge(&[visit]).await;
    assert!(world.view(|tx, ctx| views::day(tx, ctx, None)).await.changes.is_empty());
    world.execute("DELETE FROM seen_visit").await;
    world.state(visit, ANNA, "08:12", FactBody::Withdrawn { facts: vec![begun] }).await;
    assert!(world.view(|tx, ctx| views::day(tx, ctx, None)).await.stops.is_empty());
}

#[tokio::test]
async fn what_she_did_is_on_the_phone_then_on_the_server_then_at_the_office() {
    let mut world = World::of(ANNA, "08:58").await;
    let maj = world.recipient("Maj", &[]).await;
    let visit = world.visit(maj, "09:00", 30, &[Some(ANNA)]).await;
    world.execute("UPDATE sync_state SET heard = (SELECT max(changed_at) FROM document)").await;
    let delivery = async |world: &World| {
        let day = world.view(|tx, ctx| views::day(tx, ctx, None)).await;
        (cards(&day.stops)[0].delivery, day.sync.state, day.sync.unsent)
    };
    assert_eq!(delivery(&world).await, (Delivery::AtOffice, SyncState::UpToDate, 0));
    world.wait(visit, ANNA, "08:57", FactBody::Started).await;
    assert_eq!(delivery(&world).await, (Delivery::OnPhone, SyncState::Offline, 1));
    let sync = world.view(views::sync_view).await;
    assert_eq!((sync.items.len(), sync.items[0].delivery), (1, Delivery::OnPhone));
    assert_eq!((sync.items[0].what.as_str(), sync.items[0].title.as_str()), ("started", "Maj Sandell"));

    world
        .execute(
            "DELETE FROM pending; UPDATE intent SET seq = 50; UPDATE document SET own_seq = 50 WHERE kind = 'visit'",
        )
        .await;
    assert_eq!(delivery(&world).await.0, Delivery::OnServer);
    world.execute("UPDATE stream SET office_has = 50").await;
    assert_eq!(delivery(&world).await.0, Delivery::AtOffice);
    assert_eq!(world.view(views::sync_view).await.items[0].delivery, Delivery::AtOffice);
    world.execute("UPDATE intent SET refused = 'policy'").await;
    let sync = world.view(views::sync_view).await;
    assert_eq!((sync.items[0].delivery, sync.items[0].why.as_deref()), (Delivery::Refused, Some("policy")));
    world.execute("UPDATE sync_state SET is_loading = 1; UPDATE stream SET page_position = 30, documents = 120").await;
    let chip = world.view(views::sync_chip).await;
    assert_eq!((chip.state, chip.percent), (SyncState::Loading, Some(25)));
}

#[tokio::test]
async fn what_was_refused_is_listed_first_however_much_came_after() {
    let mut world = World::of(ANNA, "08:58").await;
    let maj = world.recipient("Maj", &[]).await;
    let visit = world.visit(maj, "09:00", 30, &[Some(ANNA)]).await;
    for n in 0..130 {
        world.wait(visit, ANNA, "08:57", FactBody::Note { text: format!("{n}") }).await;
    }
    world.execute("UPDATE intent SET refused = 'shape'; DELETE FROM pending").await;
    for n in 130..240 {
        world.wait(visit, ANNA, "08:58", FactBody::Note { text: format!("{n}") }).await;
    }
    let sync = world.view(views::sync_view).await;
    assert_eq!((sync.chip.refused, sync.chip.unsent), (130, 110));
    assert!(sync.items[..130].iter().all(|item| item.delivery == Delivery::Refused));
    assert_eq!(sync.items.len(), 130 + 100);
}

#[tokio::test]
async fn the_end_of_a_shift_shows_what_is_open() {
    let mut world = World::of(ANNA, "15:58").await;
    let maj = world.recipient("Maj", &[]).await;
    let sheet = world.run_sheet(ANNA, None).await;
    let runs = world.visit(maj, "09:00", 30, &[Some(ANNA)]).await;
    let open = world.visit(maj, "10:00", 30, &[Some(ANNA)]).await;
    let untouched = world.visit(maj, "11:00", 30, &[Some(ANNA)]).await;
    world.state(runs, ANNA, "09:00", FactBody::Started).await;
    world.state(open, ANNA, "10:00", FactBody::Started).await;
    world.state(open, ANNA, "10:30", FactBody::Ended).await;
    let late = FactBody::Late { expected: at("11:10"), reason: LateReason::Traffic, text: String::new() };
    world.state(untouched, ANNA, "10:40", late).await;
    let closing = world.view(move |tx, ctx| views::shift_closing(tx, ctx, sheet)).await.unwrap();
    let ids = |cards: &[VisitCard]| cards.iter().map(|card| card.document).collect::<Vec<_>>();
    assert_eq!(ids(&closing.running), [runs]);
    let [of_open] = &closing.open_items[..] else { panic!("one visit with something open") };
    assert_eq!((of_open.card.document, of_open.items.as_slice()), (open, ["Dusch".to_owned()].as_slice()));
    assert_eq!(ids(&closing.not_begun), [untouched]);
    assert_eq!(closing.not_begun[0].late.as_ref().unwrap().expected, at("11:10").0);
    assert!(world.view(move |tx, ctx| views::shift_closing(tx, ctx, runs)).await.is_none());
    assert!(closing.waiting.is_empty());
    world.wait(open, ANNA, "10:40", FactBody::Note { text: "Yr.".into() }).await;
    let closing = world.view(move |tx, ctx| views::shift_closing(tx, ctx, sheet)).await.unwrap();
    let waiting: Vec<_> = closing.waiting.iter().map(|item| (item.title.as_str(), item.what.as_str())).collect();
    assert_eq!((closing.unsent, waiting), (1, vec![("Maj Sandell", "note")]));
}
