//! What goes wrong on the way.

use rundan_device::api::{Command, ErrorCode};
use rundan_model::Role;
use serde_json::{Value, json};

use crate::world::{World, each};

#[tokio::test]
async fn an_answer_that_is_lost_has_one_effect() {
    let world = World::new().await;
    let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
    let maj = world.recipient("Maj-Britt").await;
    let visit = world.visit(maj, "09:00", &[anna]).await;
    let (handheld, office) = (world.phone(anna).await, world.phone(eva).await);
    handheld.start(visit).await;
    handheld.lose_next_answer();
    handheld.sync().await;
    assert_eq!(handheld.unsent().await, 1);
    handheld.done(visit, "OMV01").await;
    handheld.sync().await;
    assert_eq!(handheld.unsent().await, 0);
    office.sync().await;
    let facts = office.facts(visit).await["facts"].clone();
    let mut kinds = each(&facts, "kind");
    kinds.sort_unstable();
    assert_eq!(kinds, ["done", "started"]);
}

#[tokio::test]
async fn a_copied_phone_goes_on_as_a_new_session_and_loses_nothing() {
    let world = World::new().await;
    let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
    let maj = world.recipient("Maj-Britt").await;
    let visit = world.visit(maj, "09:00", &[anna]).await;
    let (handheld, office) = (world.phone(anna).await, world.phone(eva).await);
    handheld.start(visit).await;
    let backup = handheld.backup();
    handheld.sync().await;
    handheld.done(visit, "OMV01").await;
    handheld.sync().await;

    let restored = world.restored(handheld, &backup).await;
    restored.done(visit, "OMV04").await;
    restored.sync().await;
    assert_eq!(restored.unsent().await, 0);
    office.sync().await;
    let items = office.facts(visit).await["items"].clone();
    assert_eq!(each(&items, "state"), ["done", "done", "open"]);
}

#[tokio::test]
async fn a_code_is_good_once() {
    let world = World::new().await;
    let anna = world.person("Anna", Role::Carer).await;
    let handheld = world.phone(anna).await;
    let again = Command::Enrol { server: "https://rundan.test".into(), code: "0000-0000-0000-0".into() };
    assert_eq!(handheld.phone.call(again).await.unwrap_err().code, ErrorCode::CodeRefused);
    let plain = Command::Enrol { server: "http://rundan.test".into(), code: "0000-0000-0000-0".into() };
    assert_eq!(handheld.phone.call(plain).await.unwrap_err().code, ErrorCode::BadInput);
}

#[tokio::test]
async fn a_carer_who_asks_for_the_offices_work_is_told_so_and_nothing_is_written() {
    let world = World::new().await;
    let anna = world.person("Anna", Role::Carer).await;
    let maj = world.recipient("Maj-Britt").await;
    let visit = world.visit(maj, "09:00", &[anna]).await;
    let handheld = world.phone(anna).await;
    let change = json!({ "is": "cancel", "reason": "x" });
    let intent = json!({ "intent": { "do": "change_visit", "visit": visit, "change": change } });
    assert_eq!(handheld.try_ask("act", intent).await.unwrap_err().code, ErrorCode::NotAllowed);
    assert_eq!(handheld.unsent().await, 0);
}

#[tokio::test]
async fn a_time_that_the_clock_change_leaves_out_is_refused() {
    let world = World::new().await;
    let anna = world.person("Anna", Role::Carer).await;
    let maj = world.recipient("Maj-Britt").await;
    let visit = world.visit(maj, "09:00", &[anna]).await;
    let handheld = world.phone(anna).await;
    for time in ["25:00", "9:00", ""] {
        let at = json!({ "is": "local", "time": time, "reason": "x" });
        let intent = json!({ "intent": { "do": "start_visit", "visit": visit, "at": at, "end_other": [] } });
        assert_eq!(handheld.try_ask("act", intent).await.unwrap_err().code, ErrorCode::BadInput);
    }
}

#[tokio::test]
async fn without_a_network_the_day_says_so_and_works() {
    let world = World::new().await;
    let anna = world.person("Anna", Role::Carer).await;
    let handheld = world.phone(anna).await;
    handheld.cut();
    handheld.sync().await;
    let sync = handheld.ask("sync", Value::Null).await;
    assert_eq!(sync["problem"], "unreachable");
    assert_eq!(sync["chip"]["state"], "offline");
    handheld.restore();
    handheld.sync().await;
    assert_eq!(handheld.ask("sync", Value::Null).await["chip"]["state"], "up_to_date");
}
