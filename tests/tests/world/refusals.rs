//! What the server refuses is rolled back, kept for its author and quoted for the office; what came after it goes on.

use rundan_model::DocumentId;
use serde_json::{Value, json};

use crate::world::{Device, Morning, World, each};

struct Cast {
    world: World,
    handheld: Device,
    office: Device,
    visit: DocumentId,
}

impl Cast {
    async fn new() -> Self {
        let Morning { world, visit, handheld, office, .. } = Morning::new().await;
        Self { world, handheld, office, visit }
    }

    /// Says something that the server will not take: its reason is longer than a fact may be.
    async fn refused(&self, text: &str) -> Value {
        let reason = "x".repeat(100_000);
        self.handheld.act(json!({ "do": "not_carried_out", "visit": self.visit, "reason": reason, "text": text })).await
    }

    fn note(&self, text: &str) -> Value {
        json!({ "do": "write_note", "visit": self.visit, "text": text })
    }

    async fn kinds(&self) -> Vec<String> {
        self.office.sync().await;
        let facts = self.office.facts(self.visit).await["facts"].clone();
        let mut kinds: Vec<String> = each(&facts, "kind").into_iter().map(ToOwned::to_owned).collect();
        kinds.sort_unstable();
        kinds
    }

    async fn list(&self) -> Vec<Value> {
        self.office.sync().await;
        self.office.ask("refused", Value::Null).await.as_array().unwrap().clone()
    }
}

/// What she sees of what was refused: why, and her own words.
async fn told(device: &Device) -> Vec<(String, String)> {
    let items = device.ask("sync", Value::Null).await["items"].clone();
    let refused = items.as_array().unwrap().iter().filter(|item| item["delivery"] == "refused");
    let mut told: Vec<_> = refused
        .map(|item| (item["why"].as_str().unwrap().to_owned(), item["text"].as_str().unwrap().to_owned()))
        .collect();
    told.sort();
    told
}

#[tokio::test]
async fn a_refusal_keeps_her_words_and_holds_up_nothing_that_came_after() {
    let cast = Cast::new().await;
    cast.handheld.start(cast.visit).await;
    cast.refused("Den här tas inte emot.").await;
    cast.handheld.done(cast.visit, "OMV01").await;
    cast.handheld.act(cast.note("Den här kommer fram.")).await;
    cast.handheld.sync().await;
    assert_eq!(cast.handheld.unsent().await, 0);
    assert_eq!(cast.kinds().await, ["done", "note", "started"]);
    assert_eq!(told(&cast.handheld).await, [("shape".to_owned(), "Den här tas inte emot.".to_owned())]);
    let notes = cast.handheld.visit(cast.visit).await["notes"].clone();
    assert_eq!(each(&notes, "text"), ["Den här kommer fram."], "rolled back from what she sees");
    // And what was made anew is hers to take back.
    cast.handheld.end(cast.visit).await;
    cast.handheld.sync().await;
    assert_eq!(cast.kinds().await, ["done", "ended", "note", "started"]);
}

#[tokio::test]
async fn what_was_refused_is_counted_until_she_says_that_she_saw_it() {
    let cast = Cast::new().await;
    cast.handheld.start(cast.visit).await;
    cast.refused("Den här tas inte emot.").await;
    cast.handheld.sync().await;
    let sync = cast.handheld.ask("sync", Value::Null).await;
    assert_eq!((&sync["chip"]["unsent"], &sync["chip"]["refused"]), (&json!(0), &json!(1)));

    let sync = cast.handheld.ask("see_refused", Value::Null).await;
    assert_eq!(sync["chip"]["refused"], 0);
    assert_eq!(sync["items"][0]["text"], "Den här tas inte emot.", "it is still there to read");
    assert_eq!(cast.handheld.day().await["sync"]["refused"], 0);
    cast.refused("Inte den här heller.").await;
    cast.handheld.sync().await;
    let sync = cast.handheld.ask("sync", Value::Null).await;
    assert_eq!(sync["chip"]["refused"], 1);
    assert_eq!(each(&sync["items"], "text")[..2], ["Inte den här heller.", "Den här tas inte emot."]);
}

#[tokio::test]
async fn what_was_corrected_stays_corrected_when_it_is_made_anew() {
    let cast = Cast::new().await;
    cast.handheld.start(cast.visit).await;
    cast.refused("Den här tas inte emot.").await;
    cast.handheld.done(cast.visit, "OMV01").await;
    let corrected = json!({
        "do": "mark_not_done", "visit": cast.visit, "items": ["OMV01"], "reason": "declined", "text": "",
    });
    cast.handheld.act(corrected).await;
    cast.handheld.sync().await;
    assert_eq!(cast.kinds().await, ["done", "not_done", "started"]);
    let facts = cast.office.facts(cast.visit).await;
    assert_eq!(facts["disputes"], json!([]), "she corrected herself; nobody disputes it");
    let standing = facts["facts"].as_array().unwrap().iter().filter(|fact| fact["superseded"] == json!(false));
    let mut standing: Vec<_> = standing.map(|fact| fact["kind"].as_str().unwrap()).collect();
    standing.sort_unstable();
    assert_eq!(standing, ["not_done", "started"]);
}

#[tokio::test]
async fn what_speaks_of_refused_work_is_refused_with_it_and_an_undo_reaches_what_was_made_anew() {
    let cast = Cast::new().await;
    let cause = "x".repeat(100_000);
    let begun = json!({ "do": "begin_unplanned", "recipient": null, "name": "Okänd", "cause": cause, "end_other": [] });
    let begun = cast.handheld.act(begun).await["began"].clone();
    let visit: DocumentId = serde_json::from_value(begun).unwrap();
    let note = |text: &str| json!({ "do": "write_note", "visit": visit, "text": text });
    cast.handheld.end(visit).await;
    cast.handheld.act(note("Allt väl.")).await;
    let undone = cast.handheld.act(note("Ångras.")).await;
    cast.handheld.sync().await;
    assert_eq!(cast.handheld.unsent().await, 0);
    cast.office.sync().await;
    let facts = cast.office.facts(visit).await["facts"].clone();
    assert_eq!(each(&facts, "kind"), ["note", "note"]);
    let told = told(&cast.handheld).await;
    assert_eq!(told, [("depends".to_owned(), String::new()), ("shape".to_owned(), "Okänd".to_owned())]);
    cast.handheld.ask("undo", json!({ "action": undone["action"] })).await;
    cast.handheld.sync().await;
    cast.office.sync().await;
    let facts = cast.office.facts(visit).await["facts"].clone();
    let standing = facts.as_array().unwrap().iter().filter(|fact| fact["superseded"] == json!(false));
    let mut standing: Vec<_> = standing.map(|fact| fact["text"].as_str().unwrap()).collect();
    standing.sort_unstable();
    assert_eq!(standing, ["", "Allt väl."], "the note that stands, and that the other was withdrawn");
}

#[tokio::test]
async fn many_refusals_among_good_work_take_each_its_turn_and_an_answer_may_be_lost() {
    let cast = Cast::new().await;
    for n in 0..6 {
        cast.refused(&format!("Nej {n}")).await;
        cast.handheld.act(cast.note(&format!("Ja {n}"))).await;
    }
    cast.handheld.lose_next_answer();
    cast.handheld.sync().await;
    cast.handheld.sync().await;
    assert_eq!(cast.handheld.unsent().await, 0);
    assert_eq!(cast.kinds().await.len(), 6);
    let facts = cast.office.facts(cast.visit).await["facts"].clone();
    assert!(each(&facts, "text").iter().all(|text| text.starts_with("Ja ")));
    assert_eq!(told(&cast.handheld).await.len(), 6);
}

#[tokio::test]
async fn the_office_takes_over_work_that_came_too_late_or_puts_it_aside() {
    let cast = Cast::new().await;
    cast.handheld.sync().await;
    cast.handheld.cut();
    cast.handheld.start(cast.visit).await;
    cast.handheld.act(cast.note("Fru Exempel var trött.")).await;
    cast.handheld.act(cast.note("Skriven av misstag.")).await;
    for _ in 0..20 {
        cast.world.pass_day().await;
    }
    cast.handheld.restore();
    cast.handheld.sync().await;
    assert_eq!(cast.handheld.unsent().await, 0);
    assert_eq!(told(&cast.handheld).await.len(), 3);
    assert!(cast.kinds().await.is_empty());

    let list = cast.list().await;
    assert_eq!(list.len(), 3, "{list:?}");
    assert_eq!(cast.office.ask("board", json!({ "date": null })).await["open_refused"], 3);
    let line = |kind: &str, text: &str| {
        list.iter()
            .find(|line| {
                line["facts"][0]["kind"] == kind && line["facts"][0]["text"].as_str().unwrap().starts_with(text)
            })
            .unwrap()
            .clone()
    };
    let (tired, mistake, started) = (line("note", "Fru"), line("note", "Skriven"), line("started", ""));
    assert_eq!(tired["by"], "Anna Exempel");
    assert_eq!(tired["code"], "not_allowed");
    assert_eq!(tired["title"], "Maj-Britt Exempel");
    assert!(list.iter().all(|line| line["can_adopt"] == json!(true) && line["state"] == "open"));

    for adopted in [&tired, &started] {
        cast.office.act(json!({ "do": "adopt_refused", "refused": adopted["document"] })).await;
    }
    let aside = json!({ "do": "put_aside_refused", "refused": mistake["document"], "text": "Anna bad om det." });
    cast.office.act(aside.clone()).await;
    // Deciding again changes nothing.
    cast.office.act(aside).await;
    cast.office.sync().await;
    assert_eq!(cast.kinds().await, ["note", "started"]);
    let facts = cast.office.facts(cast.visit).await["facts"].clone();
    for fact in facts.as_array().unwrap() {
        assert_eq!((fact["by"].as_str(), fact["on_behalf_of"].as_str()), (Some("Eva Exempel"), Some("Anna Exempel")));
    }
    let mut states =
        cast.list().await.iter().map(|line| line["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    states.sort_unstable();
    assert_eq!(states, ["adopted", "adopted", "put_aside"]);
    assert_eq!(cast.office.ask("board", json!({ "date": null })).await["open_refused"], 0);
}

#[tokio::test]
async fn refused_work_is_quoted_once_for_the_office_alone_and_a_draft_for_nobody() {
    let cast = Cast::new().await;
    let kind = "x".repeat(100_000);
    let written = json!({ "incident": kind, "visit": null, "recipient": null, "when": null,
        "happened": "Bara min.", "measures": "", "police": "no" });
    cast.handheld.act(json!({ "do": "save_draft", "draft": null, "text": written })).await;
    cast.handheld.sync().await;
    cast.handheld.cut();
    cast.handheld.act(cast.note("En gång.")).await;
    for _ in 0..20 {
        cast.world.pass_day().await;
    }
    cast.handheld.restore();
    for _ in 0..2 {
        cast.handheld.lose_next_answer();
        cast.handheld.sync().await;
    }
    cast.handheld.sync().await;
    let list = cast.list().await;
    assert_eq!(list.len(), 1, "{list:?}");
    assert_eq!(list[0]["facts"][0]["text"], "En gång.");
    assert!(cast.handheld.ask("refused", Value::Null).await.as_array().unwrap().is_empty());
    let mut kept = told(&cast.handheld).await.into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    kept.sort_unstable();
    assert_eq!(kept, ["Bara min.", "En gång."]);
}
