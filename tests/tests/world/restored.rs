//! A server that is put back from an older backup gets back from its vaults what it lost.

use std::collections::BTreeMap;

use rundan_model::{ChangeHash, DocumentId, PersonId, Role};
use serde_json::{Value, json};

use crate::world::{Device, World, at, each};

/// Anna and Fatima, who care, and Eva at the office.
struct Cast {
    world: World,
    anna: PersonId,
    fatima: PersonId,
    handheld: Device,
    fatimas: Device,
    office: Device,
    maj: DocumentId,
}

impl Cast {
    async fn new() -> Self {
        let world = World::new().await;
        let (anna, fatima) = (world.person("Anna", Role::Carer).await, world.person("Fatima", Role::Carer).await);
        let eva = world.person("Eva", Role::Planner).await;
        let maj = world.recipient("Maj-Britt").await;
        let (handheld, fatimas) = (world.phone(anna).await, world.phone(fatima).await);
        let office = world.phone(eva).await;
        Self { world, anna, fatima, handheld, fatimas, office, maj }
    }

    async fn sync_all(&self) {
        for _ in 0..2 {
            for device in [&self.handheld, &self.fatimas, &self.office] {
                device.sync().await;
            }
        }
    }
}

fn kinds(facts: &Value) -> Vec<&str> {
    let mut kinds = each(&facts["facts"], "kind");
    kinds.sort_unstable();
    kinds
}

fn to_fatima(cast: &Cast, visit: DocumentId) -> Value {
    let change = json!({ "is": "carer", "slot": 1, "person": cast.fatima });
    json!({ "do": "change_visit", "visit": visit, "change": change })
}

#[tokio::test]
async fn what_was_accepted_since_the_backup_comes_back_once() {
    let mut cast = Cast::new().await;
    let known = cast.world.visit(cast.maj, "09:00", &[cast.anna]).await;
    cast.sync_all().await;
    let backup = cast.world.server_backup("monday").await;

    let new = cast.world.visit(cast.maj, "13:00", &[cast.anna]).await;
    cast.sync_all().await;
    for visit in [known, new] {
        cast.handheld.start(visit).await;
        cast.handheld.done(visit, "OMV01").await;
        cast.handheld.end(visit).await;
    }
    cast.sync_all().await;
    cast.office.act(to_fatima(&cast, new)).await;
    cast.sync_all().await;
    cast.handheld.act(json!({ "do": "write_note", "visit": known, "text": "Skriven utan nät." })).await;
    let before: BTreeMap<DocumentId, Vec<ChangeHash>> = cast.world.documents().await;

    cast.world.restore_server(&backup).await;
    assert!(!cast.world.documents().await.contains_key(&new));
    cast.sync_all().await;
    let mut after = cast.world.documents().await;
    assert_ne!(after.insert(known, before[&known].clone()), before.get(&known).cloned(), "and the note is there");
    assert_eq!(after, before);
    assert_eq!(kinds(&cast.office.facts(known).await), ["done", "ended", "note", "started"]);
    assert_eq!(kinds(&cast.office.facts(new).await), ["done", "ended", "started"]);
    assert_eq!(cast.office.facts(new).await["carers"], json!(["Fatima Exempel"]));
    for device in [&cast.handheld, &cast.fatimas, &cast.office] {
        assert_eq!(device.unsent().await, 0);
        let requests = device.requests();
        device.sync().await;
        assert_eq!(device.requests() - requests, 1, "nothing is left to say");
    }
}

#[tokio::test]
async fn a_log_that_has_grown_past_the_cursor_is_seen_to_be_another() {
    let mut cast = Cast::new().await;
    let (hers, other) = (
        cast.world.visit(cast.maj, "09:00", &[cast.anna]).await,
        cast.world.visit(cast.maj, "10:00", &[cast.fatima]).await,
    );
    cast.sync_all().await;
    let backup = cast.world.server_backup("monday").await;
    cast.handheld.start(hers).await;
    cast.handheld.sync().await;
    for _ in 0..20 {
        cast.fatimas.act(json!({ "do": "write_note", "visit": other, "text": "Lunch i kylen." })).await;
    }
    cast.world.restore_server(&backup).await;
    cast.fatimas.sync().await;
    cast.handheld.sync().await;
    cast.office.sync().await;
    assert_eq!(kinds(&cast.office.facts(hers).await), ["started"]);
    assert_eq!(kinds(&cast.office.facts(other).await).len(), 20);
}

#[tokio::test]
async fn pages_that_a_restore_interrupts_begin_anew() {
    let mut cast = Cast::new().await;
    cast.sync_all().await;
    let backup = cast.world.server_backup("monday").await;
    let mut visits = Vec::new();
    for _ in 0..600 {
        visits.push(cast.world.visit(cast.maj, "09:00", &[cast.anna]).await);
    }
    cast.handheld.cut_after(1);
    cast.handheld.sync().await;
    assert_eq!(cast.handheld.problem().await, "unreachable", "a page has come, and no more");
    cast.world.restore_server(&backup).await;
    let grown = cast.world.visit(cast.maj, "10:00", &[cast.anna]).await;
    cast.handheld.restore();
    cast.handheld.sync().await;
    cast.office.sync().await;
    let known = cast.world.documents().await;
    let back = visits.iter().filter(|visit| known.contains_key(visit)).count();
    assert!(back > 0 && back < visits.len(), "what had come is back: {back}");
    assert!(cast.office.try_ask("visit_facts", json!({ "visit": grown })).await.is_ok());
    assert!(cast.handheld.try_ask("visit", json!({ "visit": grown })).await.is_ok());
}

#[tokio::test]
async fn pages_that_the_network_interrupts_go_on_where_they_stood() {
    let world = World::new().await;
    let anna = world.person("Anna", Role::Carer).await;
    let maj = world.recipient("Maj-Britt").await;
    let (whole, interrupted) = (world.phone(anna).await, world.phone(anna).await);
    let mut visits = Vec::new();
    for _ in 0..600 {
        visits.push(world.visit(maj, "09:00", &[anna]).await);
    }
    let before = whole.requests();
    whole.sync().await;
    let pages = whole.requests() - before;
    assert!(pages > 1, "one page is none to interrupt");
    interrupted.cut_after(pages - 1);
    interrupted.sync().await;
    interrupted.restore();
    let before = interrupted.requests();
    interrupted.sync().await;
    assert_eq!(interrupted.requests() - before, 1, "the last page, and no other twice");
    assert_eq!((whole.comparisons(), interrupted.comparisons()), (0, 0));
    for visit in visits {
        assert!(interrupted.try_ask("visit", json!({ "visit": visit })).await.is_ok());
    }
}

#[tokio::test]
async fn unsent_work_on_what_its_author_cannot_bring_back_waits_for_one_who_can() {
    let mut cast = Cast::new().await;
    let backup = cast.world.server_backup("monday").await;
    let visit = cast.world.visit(cast.maj, "09:00", &[cast.anna]).await;
    cast.sync_all().await;
    cast.handheld.cut();
    cast.handheld.start(visit).await;
    // As a vault of the first version is: its receipts named no changes.
    cast.handheld = cast.world.altered(cast.handheld, "DELETE FROM receipt").await;
    cast.world.restore_server(&backup).await;
    cast.handheld.sync().await;
    assert_eq!(cast.handheld.unsent().await, 1);
    cast.office.sync().await;
    cast.handheld.sync().await;
    assert_eq!(cast.handheld.unsent().await, 0);
    cast.office.sync().await;
    assert_eq!(kinds(&cast.office.facts(visit).await), ["started"]);
}

#[tokio::test]
async fn work_on_a_document_that_left_its_authors_phone_comes_back_when_another_brings_the_document() {
    let mut cast = Cast::new().await;
    let ingrid = cast.world.person("Ingrid", Role::UnitHead).await;
    let ingrids = cast.world.phone(ingrid).await;
    let backup = cast.world.server_backup("monday").await;
    let visit = cast.world.visit(cast.maj, "09:00", &[cast.anna]).await;
    cast.sync_all().await;
    cast.handheld.start(visit).await;
    cast.handheld.done(visit, "OMV04").await;
    cast.handheld.end(visit).await;
    cast.handheld.sync().await;
    // The office's other desktop moves the visit, and is never seen again.
    ingrids.sync().await;
    ingrids.act(to_fatima(&cast, visit)).await;
    ingrids.sync().await;
    drop(ingrids);
    for _ in 0..16 {
        cast.world.pass_day().await;
    }
    cast.handheld.sync().await;
    assert!(cast.handheld.try_ask("visit", json!({ "visit": visit })).await.is_err(), "it left her phone");

    cast.world.restore_server(&backup).await;
    cast.handheld.sync().await;
    assert!(!cast.world.documents().await.contains_key(&visit), "alone her part has nothing to stand on");
    cast.office.sync().await;
    assert_eq!(kinds(&cast.office.facts(visit).await), Vec::<&str>::new());
    cast.handheld.sync().await;
    cast.office.sync().await;
    assert_eq!(kinds(&cast.office.facts(visit).await), ["done", "ended", "started"]);
    let facts = cast.office.facts(visit).await;
    assert!(facts["facts"].as_array().unwrap().iter().all(|fact| fact["received"] == json!(at("06:30").0)));
}

#[tokio::test]
async fn an_office_desktop_alone_brings_everything_back() {
    let mut cast = Cast::new().await;
    let backup = cast.world.server_backup("monday").await;
    let visit = cast.world.visit(cast.maj, "09:00", &[cast.anna]).await;
    cast.sync_all().await;
    cast.handheld.start(visit).await;
    cast.handheld.end(visit).await;
    cast.sync_all().await;
    let before = cast.world.documents().await;
    cast.world.restore_server(&backup).await;
    cast.office.sync().await;
    assert_eq!(cast.world.documents().await, before);
    let facts = cast.office.facts(visit).await;
    assert_eq!(kinds(&facts), ["ended", "started"]);
    assert_eq!(facts["facts"][0]["by"], "Anna Exempel", "{facts}");
}

#[tokio::test]
async fn a_way_back_that_breaks_anywhere_goes_on_where_it_was() {
    for requests in 1..6 {
        let mut cast = Cast::new().await;
        let backup = cast.world.server_backup("monday").await;
        let visit = cast.world.visit(cast.maj, "09:00", &[cast.anna]).await;
        cast.sync_all().await;
        cast.handheld.start(visit).await;
        cast.sync_all().await;
        let before = cast.world.documents().await;
        cast.world.restore_server(&backup).await;
        cast.handheld.cut_after(requests);
        cast.handheld.sync().await;
        let handheld = cast.world.reopened(cast.handheld).await;
        handheld.start(visit).await;
        handheld.done(visit, "OMV01").await;
        handheld.sync().await;
        assert_eq!(handheld.unsent().await, 0);
        cast.office.sync().await;
        let after = cast.world.documents().await;
        assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
        assert_eq!(kinds(&cast.office.facts(visit).await), ["done", "started"]);
    }
}

#[tokio::test]
async fn a_server_put_back_twice_gets_back_everything_twice() {
    let mut cast = Cast::new().await;
    let first = cast.world.server_backup("monday").await;
    let visit = cast.world.visit(cast.maj, "09:00", &[cast.anna]).await;
    cast.sync_all().await;
    cast.handheld.start(visit).await;
    cast.sync_all().await;
    cast.world.restore_server(&first).await;
    cast.sync_all().await;
    cast.handheld.done(visit, "OMV01").await;
    cast.sync_all().await;
    cast.world.restore_server(&first).await;
    cast.handheld.sync().await;
    cast.office.sync().await;
    assert_eq!(kinds(&cast.office.facts(visit).await), ["done", "started"]);
}

#[tokio::test]
async fn a_server_put_back_again_on_the_way_back_is_seen_wherever_that_was() {
    for requests in 1..6 {
        let mut cast = Cast::new().await;
        let backup = cast.world.server_backup("monday").await;
        let visit = cast.world.visit(cast.maj, "09:00", &[cast.anna]).await;
        cast.handheld.sync().await;
        cast.handheld.start(visit).await;
        cast.handheld.sync().await;
        cast.world.restore_server(&backup).await;
        cast.handheld.cut_after(requests);
        cast.handheld.sync().await;
        cast.world.restore_server(&backup).await;
        // The log grows past whatever she was told of the other two.
        for minute in 0..9 {
            cast.world.visit(cast.maj, &format!("12:0{minute}"), &[cast.fatima]).await;
        }
        cast.handheld.restore();
        // A server that is not the one it was told of again ends a round; the next one goes on.
        for _ in 0..2 {
            cast.handheld.sync().await;
        }
        cast.office.sync().await;
        let facts = cast.office.try_ask("visit_facts", json!({ "visit": visit })).await;
        let facts = facts.unwrap_or_else(|error| panic!("after {requests} requests: {error:?}"));
        assert_eq!(kinds(&facts), ["started"], "after {requests} requests");
    }
}

#[tokio::test]
async fn work_taken_while_pages_came_is_brought_again_to_a_server_put_back_to_between_them() {
    let mut cast = Cast::new().await;
    let visit = cast.world.visit(cast.maj, "08:00", &[cast.anna]).await;
    cast.sync_all().await;
    for _ in 0..600 {
        cast.world.visit(cast.maj, "09:00", &[cast.anna]).await;
    }
    cast.handheld.cut_after(1);
    cast.handheld.sync().await;
    let backup = cast.world.server_backup("monday").await;
    cast.handheld.start(visit).await;
    cast.handheld.restore();
    cast.handheld.cut_after(1);
    cast.handheld.sync().await;
    assert_eq!(cast.handheld.unsent().await, 0, "it came with the rest of the pages");
    cast.world.restore_server(&backup).await;
    cast.handheld.restore();
    cast.handheld.sync().await;
    cast.office.sync().await;
    assert_eq!(kinds(&cast.office.facts(visit).await), ["started"]);
}

#[tokio::test]
async fn own_work_is_kept_until_a_backup_of_the_log_it_stands_in_has_passed_it() {
    let mut cast = Cast::new().await;
    let visit = cast.world.visit(cast.maj, "09:00", &[cast.anna]).await;
    cast.sync_all().await;
    let first = cast.world.server_backup("monday").await;
    cast.handheld.start(visit).await;
    cast.handheld.done(visit, "OMV01").await;
    cast.handheld.sync().await;
    cast.world.restore_server(&first).await;
    // The log grows first by others' work, so that her changes stand higher in it than before.
    for minute in 0..9 {
        cast.world.visit(cast.maj, &format!("12:0{minute}"), &[cast.fatima]).await;
    }
    let second = cast.world.server_backup("tuesday").await;
    cast.handheld.sync().await;
    cast.world.restore_server(&second).await;
    cast.handheld.sync().await;
    cast.office.sync().await;
    assert_eq!(kinds(&cast.office.facts(visit).await), ["done", "started"]);
}

#[tokio::test]
async fn who_was_enrolled_since_the_backup_goes_on_and_brings_her_work() {
    let mut cast = Cast::new().await;
    cast.sync_all().await;
    let backup = cast.world.server_backup("monday").await;
    let siv = cast.world.person("Siv", Role::Carer).await;
    let visit = cast.world.visit(cast.maj, "09:00", &[siv]).await;
    let sivs = cast.world.phone(siv).await;
    sivs.start(visit).await;
    sivs.sync().await;
    let before = cast.world.documents().await;
    cast.world.restore_server(&backup).await;
    sivs.done(visit, "OMV01").await;
    sivs.sync().await;
    assert_eq!((sivs.unsent().await, sivs.problem().await), (0, Value::Null));
    cast.office.sync().await;
    let facts = cast.office.facts(visit).await;
    assert_eq!(kinds(&facts), ["done", "started"]);
    assert_eq!(facts["facts"][0]["by"], "Siv Exempel", "her name came back with her");
    assert_eq!(cast.world.documents().await.len(), before.len());
}

#[tokio::test]
async fn who_was_revoked_since_the_backup_stays_out() {
    let mut cast = Cast::new().await;
    let visit = cast.world.visit(cast.maj, "09:00", &[cast.anna]).await;
    cast.sync_all().await;
    let backup = cast.world.server_backup("monday").await;
    cast.world.revoke(cast.anna).await;
    cast.world.restore_server(&backup).await;
    cast.handheld.start(visit).await;
    cast.handheld.sync().await;
    assert_eq!(cast.handheld.problem().await, "revoked");
    cast.office.sync().await;
    assert_eq!(kinds(&cast.office.facts(visit).await), Vec::<&str>::new());
}

#[tokio::test]
async fn what_was_destroyed_since_the_backup_stays_destroyed() {
    let mut cast = Cast::new().await;
    let second = cast.world.second_phone(cast.anna).await;
    let written = json!({ "incident": "fall", "visit": null, "recipient": cast.maj, "when": null,
        "happened": "Ramlade i hallen.", "measures": "", "police": "no" });
    let before = cast.world.documents().await;
    let known = cast.handheld.act(json!({ "do": "save_draft", "draft": null, "text": written })).await["began"].clone();
    cast.sync_all().await;
    let backup = cast.world.server_backup("monday").await;
    let unknown =
        cast.handheld.act(json!({ "do": "save_draft", "draft": null, "text": written })).await["began"].clone();
    cast.sync_all().await;
    second.sync().await;
    for draft in [&known, &unknown] {
        cast.handheld.act(json!({ "do": "submit_draft", "draft": draft })).await;
    }
    cast.handheld.sync().await;
    assert_eq!(cast.world.documents().await.len(), before.len() + 2, "two incidents, no draft");

    cast.world.restore_server(&backup).await;
    second.sync().await;
    cast.sync_all().await;
    second.sync().await;
    let drafts = [&known, &unknown].map(|id| id.as_str().unwrap().parse::<DocumentId>().unwrap());
    let there = cast.world.documents().await;
    assert!(drafts.iter().all(|draft| !there.contains_key(draft)), "destroyed is destroyed");
    assert_eq!(there.len(), before.len() + 2);
    assert_eq!(cast.office.ask("incidents", Value::Null).await.as_array().unwrap().len(), 2);
}

/// How many days her phone waits for another that can bring what she built on.
const DAYS_WAITED: usize = 14;

/// Anna's part of a visit whose plan went with a log that the server lost: it left her phone, and the office's desktop,
/// which has it whole, is out of reach.
async fn on_what_is_lost() -> (Cast, DocumentId) {
    let mut cast = Cast::new().await;
    let backup = cast.world.server_backup("monday").await;
    let visit = cast.world.visit(cast.maj, "09:00", &[cast.anna]).await;
    cast.sync_all().await;
    cast.handheld.start(visit).await;
    cast.handheld.act(json!({ "do": "write_note", "visit": visit, "text": "Sov gott." })).await;
    cast.handheld.end(visit).await;
    cast.handheld.sync().await;
    cast.office.sync().await;
    cast.office.act(to_fatima(&cast, visit)).await;
    cast.office.sync().await;
    cast.office.cut();
    for _ in 0..16 {
        cast.world.pass_day().await;
    }
    cast.handheld.sync().await;
    assert!(cast.handheld.try_ask("visit", json!({ "visit": visit })).await.is_err(), "it left her phone");
    cast.world.restore_server(&backup).await;
    (cast, visit)
}

/// What she is told was refused: why, and her own words.
async fn told(device: &Device) -> Vec<(String, String)> {
    let items = device.ask("sync", Value::Null).await["items"].clone();
    let refused = items.as_array().unwrap().iter().filter(|item| item["delivery"] == "refused");
    let mut told: Vec<_> = refused.map(|item| (item["why"].to_string(), item["text"].to_string())).collect();
    told.sort();
    told
}

#[tokio::test]
async fn own_work_on_what_nobody_has_any_more_is_told_to_its_author_with_her_words() {
    let (cast, _) = on_what_is_lost().await;
    for _ in 0..DAYS_WAITED {
        cast.handheld.sync().await;
        assert_eq!(told(&cast.handheld).await, [], "it waits for one who can bring the visit");
        cast.world.pass_day().await;
    }
    // A day that she hears of, and a round after it.
    cast.handheld.sync().await;
    cast.handheld.sync().await;
    let lost = |text: &str| ("\"lost\"".to_owned(), format!("{text:?}"));
    assert_eq!(told(&cast.handheld).await, [lost(""), lost(""), lost("Sov gott.")]);
    let requests = cast.handheld.requests();
    cast.handheld.sync().await;
    assert_eq!((cast.handheld.requests() - requests, cast.handheld.unsent().await), (1, 0));
}

#[tokio::test]
async fn work_that_waits_is_delivered_as_soon_as_one_brings_what_it_builds_on() {
    let (cast, visit) = on_what_is_lost().await;
    for _ in 0..DAYS_WAITED {
        cast.handheld.sync().await;
        cast.world.pass_day().await;
    }
    cast.office.restore();
    cast.office.sync().await;
    for _ in 0..3 {
        cast.handheld.sync().await;
        cast.office.sync().await;
        cast.world.pass_day().await;
    }
    assert_eq!(kinds(&cast.office.facts(visit).await), ["ended", "note", "started"]);
    assert_eq!(told(&cast.handheld).await, []);
}

#[tokio::test]
async fn what_was_given_up_and_comes_back_after_all_stands_once_and_is_no_longer_called_lost() {
    let (cast, visit) = on_what_is_lost().await;
    for _ in 0..=DAYS_WAITED {
        cast.handheld.sync().await;
        cast.world.pass_day().await;
    }
    cast.handheld.sync().await;
    assert_eq!(told(&cast.handheld).await.len(), 3);
    cast.office.restore();
    cast.office.sync().await;
    assert_eq!(kinds(&cast.office.facts(visit).await), ["ended", "note", "started"]);
    // She comes to plan too, and reads every visit of the unit.
    cast.world.give_role(cast.anna, Role::Planner).await;
    cast.handheld.sync().await;
    cast.handheld.sync().await;
    cast.office.sync().await;
    assert_eq!(kinds(&cast.office.facts(visit).await), ["ended", "note", "started"]);
    assert_eq!(kinds(&cast.handheld.facts(visit).await), ["ended", "note", "started"]);
    assert_eq!(told(&cast.handheld).await, []);
}

#[tokio::test]
async fn unsent_work_on_what_nobody_has_any_more_is_told_to_its_author_too_and_holds_up_nothing() {
    let mut cast = Cast::new().await;
    let other = cast.world.visit(cast.maj, "10:00", &[cast.anna]).await;
    let backup = cast.world.server_backup("monday").await;
    let visit = cast.world.visit(cast.maj, "09:00", &[cast.anna]).await;
    cast.handheld.sync().await;
    cast.handheld.cut();
    cast.handheld.act(json!({ "do": "write_note", "visit": visit, "text": "Sov gott." })).await;
    cast.handheld.act(json!({ "do": "write_note", "visit": other, "text": "Åt gott." })).await;
    // As a vault of the first version is: its receipts named no changes.
    cast.handheld = cast.world.altered(cast.handheld, "DELETE FROM receipt").await;
    cast.world.restore_server(&backup).await;
    for _ in 0..DAYS_WAITED {
        cast.handheld.sync().await;
        assert_eq!((cast.handheld.unsent().await, told(&cast.handheld).await), (1, Vec::new()));
        cast.world.pass_day().await;
    }
    cast.handheld.sync().await;
    cast.handheld.sync().await;
    assert_eq!(told(&cast.handheld).await, [("\"lost\"".to_owned(), "\"Sov gott.\"".to_owned())]);
    assert_eq!(cast.handheld.unsent().await, 0);
    cast.office.sync().await;
    assert_eq!(kinds(&cast.office.facts(other).await), ["note"]);
}

#[tokio::test]
async fn own_work_whose_receipt_lay_on_a_damaged_page_comes_back_to_a_restored_server() {
    for (has_synced, has_left) in [(true, false), (false, false), (true, true), (false, true)] {
        let mut cast = Cast::new().await;
        let ingrid = cast.world.person("Ingrid", Role::UnitHead).await;
        let ingrids = cast.world.phone(ingrid).await;
        let visit = cast.world.visit(cast.maj, "09:00", &[cast.anna]).await;
        cast.sync_all().await;
        let backup = cast.world.server_backup("monday").await;
        cast.handheld.start(visit).await;
        cast.handheld.done(visit, "OMV04").await;
        cast.handheld.end(visit).await;
        cast.handheld.sync().await;
        if has_left {
            ingrids.sync().await;
            ingrids.act(to_fatima(&cast, visit)).await;
            ingrids.sync().await;
            for _ in 0..16 {
                cast.world.pass_day().await;
            }
            cast.handheld.sync().await;
            cast.handheld.sync().await;
        }
        assert_eq!(has_left, cast.handheld.try_ask("visit", json!({ "visit": visit })).await.is_err());
        // Nobody else has it.
        drop(ingrids);
        cast.handheld = cast.world.damaged(cast.handheld, "DELETE FROM receipt WHERE is_own = 1").await;
        if has_synced {
            cast.handheld.sync().await;
            assert_eq!(cast.handheld.unsent().await, 0);
        }
        cast.world.restore_server(&backup).await;
        cast.handheld.sync().await;
        cast.handheld.sync().await;
        assert_eq!((cast.handheld.unsent().await, told(&cast.handheld).await), (0, Vec::new()));
        cast.office.sync().await;
        assert_eq!(kinds(&cast.office.facts(visit).await), ["done", "ended", "started"], "{has_synced} {has_left}");
    }
}
