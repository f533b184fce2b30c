//! Power cuts to the phone, and disks that lie to it.

use std::path::Path;

use rundan_device::api::ErrorCode;
use serde_json::{Value, json};

use crate::crashes::{Crash, Play, Recording, Side, is_looked_at_further};
use crate::stage::{Cast, Stage, Wire, open_phone};
use crate::together::both_go_on;

/// Plays a scenario with an enrolled and synced phone.
fn played(scenario: impl AsyncFn(&Stage, &mut Play<'_>)) -> (Recording, Cast) {
    crate::crashes::played(Stage::enrol_and_sync, |_| {}, scenario)
}

/// Cuts the phone's power everywhere, has its disk lie, and looks whether all is there that must be.
fn survives((recording, cast): (Recording, Cast)) {
    let started = std::time::Instant::now();
    let cuts = recording.every_crash(Side::Phone, async |folder, crash| {
        opens_whole(folder, crash).await;
        if is_looked_at_further(crash) {
            both_go_on(folder, &cast).await;
        }
    });
    let lies = recording.every_lie(Side::Phone, async |folder, crash| {
        opens_whole(folder, crash).await;
        both_go_on(folder, &cast).await;
    });
    println!("{cuts} power cuts and {lies} lies in {} ms", started.elapsed().as_millis());
}

/// Opens the phone as its app does.
async fn opens_whole(folder: &Path, crash: &Crash) {
    let handset = open_phone(folder, &Wire::default(), 99).await;
    match handset.call("sync", Value::Null).await {
        Ok(_) => {}
        Err(error) if error.code == ErrorCode::NotEnrolled => {}
        Err(error) => panic!("{crash:?}: {error:?}"),
    }
    crash.expect(Side::Phone.state(folder));
}

#[test]
fn a_visit_is_kept_as_far_as_it_was_said_to_be() {
    survives(played(async |stage, play| {
        stage.wire.cut();
        let visit = stage.cast.visits[0];
        for intent in [
            json!({ "do": "start_visit", "visit": visit, "at": { "is": "now" }, "end_other": [] }),
            json!({ "do": "mark_done", "visit": visit, "items": ["OMV01"] }),
            json!({ "do": "write_note", "visit": visit, "text": "Åt hela frukosten." }),
            json!({ "do": "end_visit", "visit": visit, "at": { "is": "now" } }),
        ] {
            stage.handset.act(intent).await.unwrap();
            play.told();
        }
    }));
}

#[test]
fn an_undo_is_kept_whole() {
    survives(played(async |stage, play| {
        let visit = stage.cast.visits[0];
        let start = json!({ "do": "start_visit", "visit": visit, "at": { "is": "now" }, "end_other": [] });
        for _ in 0..3 {
            let done = stage.handset.act(start.clone()).await.unwrap();
            play.told();
            stage.handset.call("undo", json!({ "action": done["action"] })).await.unwrap();
            play.told();
        }
    }));
}

#[test]
fn an_answer_is_taken_whole_with_its_cursor() {
    survives(played(async |stage, play| {
        for (hour, visit) in (4..).zip(stage.cast.visits.clone()) {
            stage.another_visit(hour).await;
            stage.handset.act(json!({ "do": "write_note", "visit": visit, "text": "Trött." })).await.unwrap();
            play.told();
            stage.handset.phone.sync().await.unwrap();
            play.told();
        }
    }));
}

#[test]
fn a_draft_is_kept_until_its_incident_is() {
    survives(played(async |stage, play| {
        let text = |happened: &str| {
            json!({ "incident": "fall", "visit": null, "recipient": stage.cast.recipient, "when": null,
                    "happened": happened, "measures": "Ringde sjuksköterskan.", "police": null })
        };
        let save = json!({ "do": "save_draft", "draft": null, "text": text("Ramlade i hallen") });
        let draft = stage.handset.act(save).await.unwrap()["began"].clone();
        play.told();
        stage.handset.phone.sync().await.unwrap();
        play.told();
        let save = json!({ "do": "save_draft", "draft": draft, "text": text("Ramlade i hallen i morse.") });
        stage.handset.act(save).await.unwrap();
        play.told();
        stage.handset.act(json!({ "do": "submit_draft", "draft": draft })).await.unwrap();
        play.told();
        for _ in 0..2 {
            stage.handset.phone.sync().await.unwrap();
            play.told();
        }
    }));
}

#[test]
fn what_is_typed_is_kept_at_each_key() {
    survives(played(async |stage, play| {
        stage.wire.cut();
        let place = json!({ "what": "note", "document": stage.cast.visits[0], "about": "" });
        for text in ["H", "Ho", "Hon", "Hon ä", "Hon är", "Hon är yr"] {
            stage.handset.call("keep_text", json!({ "place": place, "text": text })).await.unwrap();
            play.told();
        }
    }));
}

#[test]
fn an_enrolment_makes_a_whole_vault_or_none() {
    survives(crate::crashes::played(
        async |_: &Stage| {},
        |_| {},
        async |stage, play| {
            stage.enrol().await.unwrap();
            play.told();
            stage.handset.phone.sync().await.unwrap();
            play.told();
        },
    ));
}

/// The tables as the first version had them, with what lies in them now.
const FIRST_VERSION: &str = "
    DROP TABLE key_note;
    DROP TABLE mended;
    DROP TABLE key_home;
    DROP TABLE key_copy;
    DROP TABLE key;
    ALTER TABLE kept DROP COLUMN action;
    ALTER TABLE pending DROP COLUMN waited;
    ALTER TABLE sync_state DROP COLUMN schema;
    DROP INDEX intent_refused;
    ALTER TABLE intent DROP COLUMN is_seen;
    DROP TABLE refused;
    ALTER TABLE intent DROP COLUMN words;
    ALTER TABLE pending DROP COLUMN redone;
    DROP TABLE offer;
    ALTER TABLE stream DROP COLUMN recovery;
    DROP TABLE receipt;
    CREATE TABLE receipt (document BLOB NOT NULL, seq INTEGER NOT NULL, sealed BLOB NOT NULL,
        PRIMARY KEY (document, seq)) STRICT, WITHOUT ROWID;
    DROP TABLE board_visit;
    DROP TABLE recipient_name;
    DROP TABLE kept_text;
    UPDATE sync_state SET projected = 1;
    PRAGMA user_version = 1;";

/// Opens a vault that another version of the app left, again and again cut short.
fn is_brought_up_to_date_from(left: &'static str) {
    let leave = |folder: &Path| Side::Phone.database(folder).unwrap().execute_batch(left).unwrap();
    let (recording, cast) = crate::crashes::played(Stage::enrol_and_sync, leave, async |_, _| {});
    let cuts = recording.every_crash(Side::Phone, async |folder, crash| {
        drop(open_phone(folder, &Wire::default(), 99).await);
        crash.expect_last(Side::Phone.state(folder));
        if is_looked_at_further(crash) {
            both_go_on(folder, &cast).await;
        }
    });
    println!("{cuts} power cuts");
}

#[test]
fn a_vault_of_the_first_version_is_brought_up_to_date_however_often_it_is_cut_short() {
    is_brought_up_to_date_from(FIRST_VERSION);
}

#[test]
fn projections_are_made_anew_however_often_that_is_cut_short() {
    is_brought_up_to_date_from("UPDATE sync_state SET projected = 0");
}
