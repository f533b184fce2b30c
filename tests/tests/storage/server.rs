//! Power cuts to the server, and disks that lie to it.

use std::fs;
use std::path::Path;

use rundan_server::admin::{self, Answer, Command};
use rundan_server::backup;
use rundan_server::store::verify::verify;
use serde_json::json;

use crate::crashes::{Crash, Play, Recording, Side, is_looked_at_further};
use crate::stage::{Cast, SERVER_FOLDER, Stage, open_server};
use crate::together::{both_go_on, holds_what_it_accepted};

fn played(scenario: impl AsyncFn(&Stage, &mut Play<'_>)) -> (Recording, Cast) {
    crate::crashes::played(Stage::enrol_and_sync, |_| {}, scenario)
}

fn survives((recording, cast): (Recording, Cast)) {
    let started = std::time::Instant::now();
    let cuts = recording.every_crash(Side::Server, async |folder, crash| {
        opens_whole(folder, crash).await;
        holds_what_it_accepted(folder);
        if is_looked_at_further(crash) {
            both_go_on(folder, &cast).await;
        }
    });
    let lies = recording.every_lie(Side::Server, async |folder, crash| {
        opens_whole(folder, crash).await;
        both_go_on(folder, &cast).await;
    });
    println!("{cuts} power cuts and {lies} lies in {} ms", started.elapsed().as_millis());
}

async fn opens_whole(folder: &Path, crash: &Crash) {
    let server = open_server(folder, 99).await.unwrap_or_else(|error| panic!("{crash:?}: {error}"));
    let proof = server.db.read(verify).await.unwrap();
    assert_eq!(proof.faults, Vec::<String>::new(), "{crash:?}");
    crash.expect(Side::Server.state(folder));
}

#[test]
fn what_a_push_was_told_is_accepted_stays() {
    survives(played(async |stage, play| {
        for visit in stage.cast.visits.clone() {
            for intent in [
                json!({ "do": "start_visit", "visit": visit, "at": { "is": "now" }, "end_other": [] }),
                json!({ "do": "mark_done", "visit": visit, "items": ["OMV01"] }),
                json!({ "do": "end_visit", "visit": visit, "at": { "is": "now" } }),
            ] {
                stage.handset.act(intent).await.unwrap();
            }
            stage.handset.phone.sync().await.unwrap();
            play.told();
        }
    }));
}

#[test]
fn a_destroyed_door_code_is_gone_whole() {
    survives(played(async |stage, play| {
        let access = stage.cast.access;
        let destroy = move |commit: &mut rundan_server::scope::Commit<'_>, _: &_| commit.destroy_access(access);
        stage.server.commit(stage.cast.unit, destroy).await.unwrap();
        play.told();
        stage.handset.phone.sync().await.unwrap();
        play.told();
    }));
}

/// A unit's export, each file with its heading and a few rows.
const EXPORT: [(&str, &str); 9] = [
    ("interventions.csv", "kod;insats;grupp;schablonminuter\nOMV01;Morgonhjälp;omvårdnad;30\nHSL01;Medicin;hsl;10\n"),
    (
        "staff.csv",
        "id;förnamn;efternamn;titel;roll;område;anställning;språk;delegering_medicin_tom\n\
         M001;Alice;Prov;undersköterska;omsorgspersonal;Västertorp;tillsvidare;svenska;2027-06-30\n",
    ),
    (
        "recipients.csv",
        "id;personnummer;förnamn;efternamn;tilltalsnamn;gata;nummer;våning;område;lat;lon;portkod;ring_på_först;\
         språk;kontaktperson;nattfasta_max_h;enbart_larm;icke_val;telefon;bra_att_veta\n\
         B1;;Gun;Prov;;Provgatan;4;2 tr;Västertorp;59,29;17,95;0042;ja;svenska;M001;11;nej;nej;;Hör dåligt\n",
    ),
    ("next_of_kin.csv", "brukare;förnamn;efternamn;relation;telefon;samtycke_omsorgsdagbok\nB1;Eva;Prov;dotter;;ja\n"),
    ("keys.csv", "bricka;brukare;typ;skåp;krok;antal\nV-117;B1;bostad;Skåp Västertorp;17;2\n"),
    ("wishes.csv", "brukare;insats;önskemål\nB1;OMV01;Ett glas vatten först\n"),
    ("decisions.csv", "brukare;beslut;insats;minuter_per_månad;från;till\nB1;BS1;OMV01;510;2026-07-01;\n"),
    ("shifts.csv", "datum;personal;pass_start;pass_slut;rast_start;rast_min\n2026-11-23;M001;07:00;16:00;11:30;30\n"),
    (
        "visits.csv",
        "id;datum;brukare;start;slut;flex_före_min;flex_efter_min;personal_1;personal_2;insatser\n\
         V1;2026-11-23;B1;07:05;07:45;15;30;M001;;OMV01,HSL01\n",
    ),
];

#[test]
fn an_import_is_taken_whole_or_not_at_all() {
    let files = tempfile::tempdir().unwrap();
    for (name, text) in EXPORT {
        fs::write(files.path().join(name), text).unwrap();
    }
    survives(played(async |stage, play| {
        for _ in 0..2 {
            let import = Command::Import { directory: files.path().to_owned(), unit: None };
            let answer = admin::run(&stage.server, import).await;
            assert!(matches!(answer, Answer::Imported { has_refused: false, .. }), "{answer:?}");
            play.told();
        }
    }));
}

#[test]
fn a_backup_that_has_its_name_is_whole_and_no_watermark_runs_ahead_of_it() {
    let (recording, _) = played(async |stage, play| {
        backup::take(&stage.server, &stage.folder.join(SERVER_FOLDER).join("backups")).await.unwrap();
        play.told();
    });
    let cuts = recording.every_crash(Side::Server, async |folder, crash| {
        opens_whole(folder, crash).await;
        let database = Side::Server.database(folder).unwrap();
        let watermark: i64 = database.query_row("SELECT max(backed_up) FROM unit", [], |row| row.get(0)).unwrap();
        let mut highest = 0;
        for entry in fs::read_dir(folder.join(SERVER_FOLDER).join("backups")).into_iter().flatten() {
            let file = entry.unwrap().path();
            if file.extension().is_some_and(|extension| extension == "db") {
                let proof = backup::prove(&file).unwrap_or_else(|error| panic!("{crash:?}: {error}"));
                highest = highest.max(proof.units[0].head.seq);
            }
        }
        assert!(u64::try_from(watermark).unwrap() <= highest, "{crash:?}");
    });
    println!("{cuts} power cuts");
}
