//! Commands of an operator, as she types them: what they print, and how they end.

use std::path::Path;
use std::process::{Output, Stdio};

use rundan_model::{PersonId, Timestamp, VaultId};
use rundan_server::Server;
use rundan_server::admin::{self, Answer};
use rundan_server::seams::{OffsetClock, SystemRandom};
use rundan_server::store::{people, vaults};
use serde_json::Value;

use crate::process::{Serving, command, run, said};

const FILES: [(&str, &str); 8] = [
    ("interventions.csv", "kod;insats;grupp;schablonminuter\nOMV01;Morgonhjälp;omvårdnad;30\n"),
    (
        "staff.csv",
        "id;förnamn;efternamn;titel;roll;område;anställning;språk;delegering_medicin_tom\n\
         M001;Alice;Prov;undersköterska;omsorgspersonal;Norr;tillsvidare;svenska;\n",
    ),
    (
        "recipients.csv",
        "id;personnummer;förnamn;efternamn;tilltalsnamn;gata;nummer;våning;område;lat;lon;portkod;ring_på_först;\
         språk;kontaktperson;nattfasta_max_h;enbart_larm;icke_val;telefon;bra_att_veta\n\
         B1;;Gun;Prov;;Provgatan;4;;Norr;;;;ja;svenska;;;nej;nej;;\n",
    ),
    ("next_of_kin.csv", "brukare;förnamn;efternamn;relation;telefon;samtycke_omsorgsdagbok\n"),
    ("keys.csv", "bricka;brukare;typ;skåp;krok;antal\n"),
    ("decisions.csv", "brukare;beslut;insats;minuter_per_månad;från;till\n"),
    ("shifts.csv", "datum;personal;pass_start;pass_slut;rast_start;rast_min\n"),
    ("visits.csv", VISITS),
];
const VISITS: &str = "id;datum;brukare;start;slut;flex_före_min;flex_efter_min;personal_1;personal_2;insatser\n\
    V1;2026-11-23;B1;07:05;07:45;0;0;M001;;OMV01\n";

/// A folder with a database of one unit, and an export beside it.
fn unit() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    said(&run(folder.path(), &["init", "--unit", "Exempelenheten"]));
    std::fs::create_dir(folder.path().join("export")).unwrap();
    for (name, text) in FILES {
        std::fs::write(folder.path().join("export").join(name), text).unwrap();
    }
    folder
}

fn import(folder: &Path, report: &str) -> (Output, Value) {
    let (export, report) = (folder.join("export"), folder.join(report));
    let output = run(folder, &["import", export.to_str().unwrap(), "--report", report.to_str().unwrap()]);
    let json = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    (output, json)
}

#[test]
fn an_import_ends_with_0_when_every_row_was_taken_and_with_2_when_some_were_refused() {
    let folder = unit();
    let (whole, json) = import(folder.path(), "first.json");
    assert_eq!(whole.status.code(), Some(0), "{}", String::from_utf8_lossy(&whole.stderr));
    assert!(String::from_utf8_lossy(&whole.stdout).contains("0 refused"));
    assert_eq!((&json["refused"], &json["applied"]["begun"]), (&Value::from(0), &Value::from(3)));

    let serving = Serving::start(folder.path());
    let broken = VISITS.replace("2026-11-23", "2026-02-30");
    std::fs::write(folder.path().join("export/visits.csv"), broken).unwrap();
    let (some, json) = import(folder.path(), "second.json");
    assert_eq!(some.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&some.stdout).contains("REFUSED visits.csv:2 [datum]"));
    assert_eq!((&json["problems"][0]["line"], &json["applied"]["cancelled"]), (&Value::from(2), &Value::from(0)));
    assert!(serving.stop().success());

    std::fs::remove_file(folder.path().join("export/visits.csv")).unwrap();
    let (nothing, json) = import(folder.path(), "third.json");
    assert_eq!((nothing.status.code(), &json["applied"]), (Some(2), &Value::Null));
}

/// Gives a person vaults, as her phones' enrolment would.
async fn vaults_of(folder: &Path, person: &str, ids: &[u8]) -> Vec<VaultId> {
    let server = Server::open(&folder.join("rundan.db"), OffsetClock(0), SystemRandom).await.unwrap();
    let (person, vaults): (String, Vec<VaultId>) = (person.to_owned(), ids.iter().map(|n| VaultId([*n; 8])).collect());
    let made = vaults.clone();
    let key = server.keys.public();
    let make = move |tx: &rusqlite::Connection| {
        let person: PersonId = people::by_external_id(tx, &person)?.unwrap().person;
        made.iter().try_for_each(|vault| vaults::create(tx, *vault, person, key, Timestamp(1_795_400_000)))
    };
    server.db.write(make).await.unwrap();
    vaults
}

#[tokio::test]
async fn a_vault_is_revoked_by_its_id_and_a_persons_vaults_by_hers() {
    let folder = unit();
    assert_eq!(import(folder.path(), "report.json").0.status.code(), Some(0));
    let vaults = vaults_of(folder.path(), "M001", &[1, 2, 3]).await;
    let one = said(&run(folder.path(), &["revoke", "--vault", &vaults[1].to_string()]));
    assert_eq!(one, vaults[1].to_string());

    let serving = Serving::start(folder.path());
    let rest = said(&run(folder.path(), &["revoke", "--person", "M001"]));
    assert_eq!(rest.lines().collect::<Vec<_>>(), [vaults[0].to_string(), vaults[2].to_string()]);
    let again = run(folder.path(), &["revoke", "--person", "M001"]);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("no vault to revoke"));
    assert!(serving.stop().success());
}

#[test]
fn a_port_that_is_taken_is_said_with_what_to_do() {
    let (folder, other) = (unit(), unit());
    let serving = Serving::start(folder.path());
    let output = run(other.path(), &["serve", "--listen", serving.address()]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    let last = words.lines().last().unwrap();
    assert!(last.contains(&format!("Could not listen on {}", serving.address())), "{words}");
    assert!(last.contains("Another program") && last.contains("--listen"), "{words}");
    assert!(serving.stop().success());
}

#[test]
fn a_server_of_a_demonstration_stops_when_whoever_started_it_is_gone() {
    let folder = unit();
    let mut command = command(folder.path());
    command.args(["serve", "--until-input-ends", "--listen", "127.0.0.1:0"]);
    let mut server = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(server.try_wait().unwrap().is_none());
    // What the system does with a pipe whose other end was killed.
    drop(server.stdin.take());
    assert!(server.wait().unwrap().success());
}

#[tokio::test]
async fn a_disk_without_room_is_said_with_what_to_do() {
    let folder = unit();
    let server = Server::open(&folder.path().join("rundan.db"), OffsetClock(0), SystemRandom).await.unwrap();
    let fill = |tx: &rusqlite::Connection| {
        let used: i64 = tx.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        Ok(tx.pragma_update(None, "max_page_count", used)?)
    };
    server.db.write(fill).await.unwrap();
    let name = "Provgatan ".repeat(2_000);
    match admin::run(&server, admin::Command::Init { name }).await {
        Answer::Failed(words) => {
            assert!(words.contains("full") && words.contains("Make room on the disk"), "{words}");
        }
        other => panic!("{other:?}"),
    }
}
