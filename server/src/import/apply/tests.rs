use rundan_model::{ActionId, Fact, FactBody, FactId, Role, VaultId};
use serde_json::json;

use super::super::{ExportFile, read};
use super::*;
use crate::keys::Keys;
use crate::scope::begin_unit;
use crate::seams::{Clock, SystemRandom};
use crate::server::own_session;
use crate::store::{Db, vaults};

const STAFF: &str = "id;förnamn;efternamn;titel;roll;område;anställning;språk;delegering_medicin_tom\n\
    M001;Alice;Prov;undersköterska;omsorgspersonal;Västertorp;tillsvidare;svenska;2027-06-30\n\
    M002;Bob;Prov;vårdbiträde;omsorgspersonal;Västertorp;tillsvidare;svenska;\n";
const RECIPIENTS: &str = "id;personnummer;förnamn;efternamn;tilltalsnamn;gata;nummer;våning;område;lat;lon;portkod;ring_på_först;språk;kontaktperson;nattfasta_max_h;enbart_larm;icke_val;telefon;bra_att_veta\n\
    B1;;Gun;Prov;;Provgatan;4;2 tr;Västertorp;59,29;17,95;0042;ja;svenska;M001;11;nej;nej;;Hör dåligt\n\
    B2;;Stig;Prov;Stickan;Provgatan;6;;Västertorp;;;;nej;svenska;;;nej;nej;;\n";
const VISITS: &str = "id;datum;brukare;start;slut;flex_före_min;flex_efter_min;personal_1;personal_2;insatser\n\
    V1;2026-11-23;B1;07:05;07:45;15;30;M001;M002;OMV01,HSL01\n\
    V2;2026-11-23;B2;08:00;08:30;0;0;M001;;OMV01\n\
    V3;2026-11-24;B1;07:05;07:45;15;30;M002;;OMV01\n";

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp(1_795_400_000)
    }
}

/// A server with one unit, and the files of an export.
struct World {
    server: Arc<Server>,
    unit: UnitId,
    files: BTreeMap<ExportFile, String>,
}

impl World {
    async fn new() -> Self {
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let keys = Keys::new(&*random);
        let server = Server::new(Db::in_memory().unwrap(), keys, Arc::new(Stopped), random).await.unwrap();
        let unit = Self::another_unit(&server).await;
        let text = |file| match file {
            ExportFile::Interventions => {
                "kod;insats;grupp;schablonminuter\nOMV01;Morgonhjälp;omvårdnad;30\nHSL01;Medicin;hsl;10\n"
            }
            ExportFile::Staff => STAFF,
            ExportFile::Recipients => RECIPIENTS,
            ExportFile::NextOfKin => {
                "brukare;förnamn;efternamn;relation;telefon;samtycke_omsorgsdagbok\nB1;Eva;Prov;dotter;;ja\n"
            }
            ExportFile::Keys => "bricka;brukare;typ;skåp;krok;antal\nV-117;B1;bostad;Skåp Västertorp;17;2\n",
            ExportFile::Wishes => "brukare;insats;önskemål\nB1;OMV01;Ett glas vatten först\n",
            ExportFile::Decisions => {
                "brukare;beslut;insats;minuter_per_månad;från;till\nB1;BS1;OMV01;510;2026-07-01;\n"
            }
            ExportFile::Shifts => {
                "datum;personal;pass_start;pass_slut;rast_start;rast_min\n2026-11-23;M001;07:00;16:00;11:30;30\n"
            }
            ExportFile::Visits => VISITS,
        };
        let files = ExportFile::ALL.into_iter().map(|file| (file, text(file).to_owned())).collect();
        Self { server, unit, files }
    }

    async fn another_unit(server: &Arc<Server>) -> UnitId {
        let at_work = Arc::clone(server);
        let begin = move |tx: &rusqlite::Connection| {
            let own = own_session(tx, &*at_work.random)?;
            begin_unit(tx, &own, at_work.clock.now(), &*at_work.random, "Prov", Vec::new())
        };
        server.db.write(begin).await.unwrap().0
    }

    /// Changes a file.
    fn edit(&mut self, file: ExportFile, from: &str, to: &str) {
        let text = self.files.get_mut(&file).unwrap();
        assert!(text.contains(from), "{from}");
        *text = text.replace(from, to);
    }

    async fn import(&self) -> Applied {
        self.import_into(self.unit).await.applied.unwrap()
    }

    async fn import_into(&self, unit: UnitId) -> Report {
        let files: Vec<(ExportFile, &[u8])> = self.files.iter().map(|(file, text)| (*file, text.as_bytes())).collect();
        import(&self.server, unit, read(&files)).await.unwrap()
    }

    async fn document(&self, kind: Kind, code: &str) -> Document {
        let (unit, code) = (self.unit, code.to_owned());
        let find = move |tx: &rusqlite::Connection| {
            let ledger = Ledger::read(tx, unit)?;
            let id = ledger.find(&kind, &code).unwrap().document;
            Ok(documents::load(tx, unit, id)?.unwrap())
        };
        self.server.db.read(find).await.unwrap()
    }

    async fn shown(&self, kind: Kind, code: &str, register: &str) -> Option<Json> {
        let content = self.document(kind, code).await.content();
        content.plan.get(register).and_then(|register| register.shown().cloned())
    }

    /// The recipient whose home a key opens.
    async fn home(&self, code: &str) -> Option<DocumentId> {
        rundan_model::key::key_home(&self.document(Kind::KeyHome, code).await.content()).recipient
    }

    /// A planner or a carer writes to a visit.
    async fn someone_writes(&self, code: &str, edit: Edit) {
        self.someone_writes_to(Kind::Visit, code, edit).await;
    }

    async fn someone_writes_to(&self, kind: Kind, code: &str, edit: Edit) {
        let unit = self.unit;
        let id = self.document(kind, code).await.id();
        let vault = VaultId([9; 8]);
        let at_work = Arc::clone(&self.server);
        let make = move |tx: &rusqlite::Connection| {
            let person = people::ensure(tx, "S1", "Eva Prov", &*at_work.random)?;
            if vaults::vault(tx, vault)?.is_none() {
                vaults::create(tx, vault, person, at_work.keys.public(), at_work.clock.now())?;
            }
            Ok(person)
        };
        let person = self.server.db.write(make).await.unwrap();
        let random = Arc::clone(&self.server.random);
        let write = move |commit: &mut Commit<'_>, _: &OwnSession| {
            let session = OwnSession::open(vault, person, &*random);
            commit.write(&session, Timestamp(1_795_400_100), id, None, &edit)
        };
        self.server.commit(unit, write).await.unwrap();
    }
}

fn puts(key: &str, json: Json) -> Edit {
    Edit { facts: Vec::new(), puts: vec![(key.to_owned(), json)] }
}

fn started() -> Edit {
    stated(FactBody::Started)
}

fn stated(body: FactBody) -> Edit {
    let id = FactId { actor: rundan_model::ActorId::new(VaultId([9; 8]), [1; 8]), n: 1 };
    let fact = Fact::stated(PersonId([7; 8]), Timestamp(1_795_400_050), ActionId([1; 8]), body);
    Edit { facts: vec![(id, fact)], puts: Vec::new() }
}

#[tokio::test]
async fn an_export_becomes_documents_and_the_same_export_again_changes_nothing() {
    let world = World::new().await;
    let first = world.import().await;
    // Two employees, two recipients, one way in, one key with its home, one decision, one shift, three visits.
    assert_eq!((first.begun, first.changed, first.cancelled), (12, 1, 0));
    let unit = world.document(Kind::Unit, "").await.content();
    assert_eq!(unit.plan["catalogue/HSL01"].shown().unwrap()["name"], "Medicin");
    assert_eq!(world.shown(Kind::Access, "B1", "door-code").await, Some(json!("0042")));
    assert_eq!(world.shown(Kind::Recipient, "B1", "good-to-know").await, Some(json!(["Hör dåligt"])));
    let heads = world.document(Kind::Visit, "V1").await.heads();

    let again = world.import().await;
    assert_eq!((again.begun, again.changed, again.unchanged, again.cancelled), (0, 0, 13, 0));
    assert!(again.met.is_empty() && again.recipients_without_visits.is_empty());
    assert_eq!(world.document(Kind::Visit, "V1").await.heads(), heads);
}

#[tokio::test]
async fn rows_that_a_restored_database_has_lost_find_the_documents_that_vaults_brought_back() {
    let mut world = World::new().await;
    world.import().await;
    let count = |tx: &rusqlite::Connection| -> Result<i64> {
        Ok(tx.query_row("SELECT count(*) FROM document", [], |row| row.get(0))?)
    };
    let documents = world.server.db.read(count).await.unwrap();
    let lose = |tx: &rusqlite::Connection| Ok(tx.execute("DELETE FROM imported WHERE external_id <> 'V1'", [])?);
    world.server.db.write(lose).await.unwrap();
    world.edit(ExportFile::Visits, "V3;2026-11-24;B1;07:05;07:45", "V3;2026-11-24;B1;07:15;07:45");
    let applied = world.import().await;
    assert_eq!(applied.begun, 1, "only the visit that the export moved is not known any more");
    assert_eq!(world.server.db.read(count).await.unwrap(), documents + 1);
    assert_eq!(world.import().await.begun, 0);
}

#[tokio::test]
async fn a_lost_row_is_known_by_what_the_last_import_made_of_its_document() {
    let mut world = World::new().await;
    world.import().await;
    let (was, is) = ("08:00;08:30", "08:10;08:40");
    let before = world.shown(Kind::Visit, "V2", "when").await;
    world.edit(ExportFile::Visits, was, is);
    world.import().await;
    let after = world.shown(Kind::Visit, "V2", "when").await;
    world.server.db.write(|tx| Ok(tx.execute("DELETE FROM imported", [])?)).await.unwrap();
    assert_eq!(world.import().await.begun, 0);
    assert_eq!(world.shown(Kind::Visit, "V2", "when").await, after);
    world.edit(ExportFile::Visits, is, was);
    assert_eq!(world.import().await.changed, 1);
    assert_eq!(world.shown(Kind::Visit, "V2", "when").await, before);
    assert!(!world.document(Kind::Visit, "V2").await.content().plan["when"].is_clash());
}

#[tokio::test]
async fn only_what_the_export_changed_is_written() {
    let mut world = World::new().await;
    world.import().await;
    world.edit(ExportFile::Visits, "08:00;08:30;0;0;M001;;OMV01", "08:10;08:40;0;0;M001;;HSL01");
    world.edit(ExportFile::Keys, ";17;2", ";18;2");
    let applied = world.import().await;
    assert_eq!((applied.begun, applied.changed, applied.cancelled), (0, 2, 0));
    assert!(applied.met.is_empty());
    let log = world.document(Kind::Visit, "V2").await.plan_log();
    let last = &log.last().unwrap().change.hash;
    let written: Vec<&str> = log.iter().filter(|e| e.change.hash == *last).map(|e| e.register.as_str()).collect();
    assert_eq!(written, ["when", "intervention/HSL01", "intervention/OMV01"]);
    assert_eq!(world.shown(Kind::Visit, "V2", "intervention/OMV01").await, Some(Json::Null));
    let log = world.document(Kind::Key, "V-117").await.plan_log();
    assert_eq!(log.last().map(|entry| entry.register.as_str()), Some("place"));
    assert_eq!(log.len(), 5, "tag, kind, place and copies, and the place again");
}

#[tokio::test]
async fn a_planners_edit_and_the_exports_change_both_stand() {
    let mut world = World::new().await;
    world.import().await;
    let mine = json!({ "start": 1_795_420_000, "minutes": 30 });
    world.someone_writes("V2", puts("when", mine.clone())).await;

    let untouched = world.import().await;
    assert_eq!(untouched.changed, 0, "the export has not changed: the planner's time stands alone");
    assert_eq!(world.shown(Kind::Visit, "V2", "when").await, Some(mine.clone()));

    world.edit(ExportFile::Visits, "08:00;08:30", "08:10;08:40");
    let applied = world.import().await;
    assert_eq!(applied.met.len(), 1);
    assert_eq!(
        (applied.met[0].external_id.as_str(), applied.met[0].registers.as_slice()),
        ("V2", &["when".to_owned()][..])
    );
    let content = world.document(Kind::Visit, "V2").await.content();
    assert!(content.plan["when"].is_clash());
    assert!(content.plan["when"].values.iter().any(|value| value.json == mine));
}

#[tokio::test]
async fn a_visit_gone_from_the_export_is_cancelled_and_one_that_returns_is_taken_up_again() {
    let mut world = World::new().await;
    world.import().await;
    world.edit(ExportFile::Visits, "V2;2026-11-23;B2;08:00;08:30;0;0;M001;;OMV01\n", "");
    let applied = world.import().await;
    assert_eq!((applied.cancelled, applied.recipients_without_visits), (1, vec!["B2".to_owned()]));
    assert_eq!(world.shown(Kind::Visit, "V2", "cancelled").await.unwrap()["reason"], GONE_REASON);
    let quiet = world.import().await;
    assert_eq!((quiet.cancelled, quiet.recipients_without_visits.len()), (0, 0), "said once");

    world.files.insert(ExportFile::Visits, VISITS.to_owned());
    assert_eq!(world.import().await.changed, 1);
    assert_eq!(world.shown(Kind::Visit, "V2", "cancelled").await, Some(Json::Null));
}

#[tokio::test]
async fn a_visit_that_a_carer_has_begun_keeps_her_facts_when_it_is_gone() {
    let mut world = World::new().await;
    world.import().await;
    world.someone_writes("V2", started()).await;
    world.edit(ExportFile::Visits, "V2;2026-11-23;B2;08:00;08:30;0;0;M001;;OMV01\n", "");
    let applied = world.import().await;
    assert!(applied.met[0].has_begun);
    let content = world.document(Kind::Visit, "V2").await.content();
    assert_eq!(content.facts.len(), 1);
    assert!(rundan_model::visit::visit(&content).cancelled.is_some());
}

#[tokio::test]
async fn a_refused_row_and_a_day_before_the_export_are_not_gone() {
    let mut world = World::new().await;
    world.import().await;
    world.edit(ExportFile::Visits, "V2;2026-11-23", "V2;2026-11-31");
    let report = world.import_into(world.unit).await;
    assert_eq!((report.exit_code(), report.applied.unwrap().cancelled), (2, 0));

    let heading = VISITS.lines().next().unwrap();
    let rest = VISITS.lines().last().unwrap();
    world.files.insert(ExportFile::Visits, format!("{heading}\n{rest}\n"));
    world.edit(ExportFile::Shifts, "2026-11-23", "2026-11-24");
    let applied = world.import().await;
    assert_eq!(applied.cancelled, 0, "the new export begins a day later");
    assert_eq!(applied.recipients_without_visits, ["B2"]);
}

#[tokio::test]
async fn a_visit_that_needs_one_carer_less_loses_the_slot() {
    let mut world = World::new().await;
    world.import().await;
    world.edit(ExportFile::Visits, "M001;M002;OMV01,HSL01", "M001;;OMV01,HSL01");
    world.import().await;
    let visit = rundan_model::visit::visit(&world.document(Kind::Visit, "V1").await.content());
    assert_eq!(visit.slots.len(), 1);
}

#[tokio::test]
async fn a_refused_row_takes_nothing_away_that_an_earlier_import_brought() {
    let mut world = World::new().await;
    world.import().await;
    world.edit(ExportFile::Staff, "M001;Alice;Prov", "M001;;Prov");
    world.edit(ExportFile::Keys, "V-117;B1;bostad;Skåp Västertorp;17;2", "V-117;B1;bostad;Skåp Västertorp;17;many");
    world.edit(ExportFile::NextOfKin, "dotter;;ja", "dotter;;kanske");
    let report = world.import_into(world.unit).await;
    // The employee, her shift, the key and the next of kin.
    assert_eq!(report.refused, 4, "{}", report.text());
    let applied = report.applied.unwrap();
    assert_eq!((applied.changed, applied.cancelled), (0, 0));
    let visit = rundan_model::visit::visit(&world.document(Kind::Visit, "V2").await.content());
    assert!(visit.slots[&1].staff.is_some());
    assert_eq!((applied.homes_taken_back, world.home("V-117/B1").await.is_some()), (0, true));
    assert!(world.shown(Kind::Recipient, "B1", "next-of-kin/1").await.unwrap().is_object());
}

#[tokio::test]
async fn a_wish_goes_when_its_row_goes_and_stays_when_the_file_is_not_exported() {
    let mut world = World::new().await;
    world.import().await;
    let wish = "wish/OMV01";
    world.files.remove(&ExportFile::Wishes);
    world.import().await;
    assert_eq!(world.shown(Kind::Recipient, "B1", wish).await, Some(json!("Ett glas vatten först")));
    world.files.insert(ExportFile::Wishes, "brukare;insats;önskemål\n".to_owned());
    world.import().await;
    assert_eq!(world.shown(Kind::Recipient, "B1", wish).await, Some(Json::Null));
}

#[tokio::test]
async fn a_work_telephone_is_emptied_with_its_field_and_stays_when_the_column_is_not_exported() {
    let mut world = World::new().await;
    let without = world.files[&ExportFile::Staff].clone();
    world.edit(ExportFile::Staff, "delegering_medicin_tom\n", "delegering_medicin_tom;telefon\n");
    world.edit(ExportFile::Staff, "2027-06-30\n", "2027-06-30;070-174 06 05\n");
    world.edit(ExportFile::Staff, "svenska;\n", "svenska;;\n");
    let with = world.files[&ExportFile::Staff].clone();
    assert_eq!(world.import_into(world.unit).await.exit_code(), 0);
    let number = Some(json!("070-174 06 05"));
    assert_eq!(world.shown(Kind::Staff, "M001", "telephone").await, number);
    world.files.insert(ExportFile::Staff, without);
    world.import().await;
    assert_eq!(world.shown(Kind::Staff, "M001", "telephone").await, number);
    world.files.insert(ExportFile::Staff, with.replace("070-174 06 05", ""));
    world.import().await;
    assert_eq!(world.shown(Kind::Staff, "M001", "telephone").await, Some(Json::Null));
}

#[tokio::test]
async fn a_new_door_code_is_a_new_document_and_the_old_one_is_destroyed() {
    let mut world = World::new().await;
    world.import().await;
    let old = world.document(Kind::Access, "B1").await.id();
    world.edit(ExportFile::Recipients, ";0042;", ";7351;");
    assert_eq!(world.import().await.begun, 1);
    let new = world.document(Kind::Access, "B1").await;
    assert_ne!(new.id(), old);
    assert_eq!(world.shown(Kind::Access, "B1", "door-code").await, Some(json!("7351")));
    let unit = world.unit;
    assert!(world.server.db.read(move |tx| documents::row(tx, unit, old)).await.unwrap().is_none());

    let way_in = json!("Genom gården");
    world.someone_writes_to(Kind::Access, "B1", puts("way-in", way_in.clone())).await;
    world.edit(ExportFile::Recipients, ";7351;", ";1111;");
    world.import().await;
    assert_eq!(world.document(Kind::Access, "B1").await.id(), new.id(), "a person wrote in it");
    assert_eq!(world.shown(Kind::Access, "B1", "door-code").await, Some(json!("1111")));
    assert_eq!(world.shown(Kind::Access, "B1", "way-in").await, Some(way_in));
}

#[tokio::test]
async fn a_field_that_the_export_empties_is_emptied() {
    let mut world = World::new().await;
    world.import().await;
    world.edit(ExportFile::Interventions, "omvårdnad;30", "omvårdnad;0");
    world.edit(ExportFile::Recipients, "Prov;Stickan;", "Prov;;");
    world.edit(ExportFile::Recipients, ";59,29;17,95;", ";;;");
    world.edit(ExportFile::Decisions, "2026-07-01;\n", "2026-07-01;2026-12-31\n");
    assert_eq!(world.import().await.changed, 4);
    world.edit(ExportFile::Decisions, "2026-12-31", "");
    assert_eq!(world.import().await.changed, 1);
    let entry = world.document(Kind::Unit, "").await.content().plan["catalogue/OMV01"].shown().cloned();
    assert_eq!(entry, Some(json!({ "name": "Morgonhjälp", "group": "personal_care" })));
    let name = world.shown(Kind::Recipient, "B2", "name").await;
    assert_eq!(name, Some(json!({ "given": "Stig", "family": "Prov" })));
    assert_eq!(world.shown(Kind::Recipient, "B1", "address").await.unwrap().get("latitude"), None);
    assert_eq!(world.shown(Kind::Decision, "BS1", "granted").await.unwrap().get("to"), None);
}

#[tokio::test]
async fn every_register_that_an_import_puts_is_a_known_one_and_has_its_shape() {
    let mut world = World::new().await;
    world.edit(ExportFile::Recipients, ";11;nej;nej;;", ";11;nej;ja;070-174 06 01;");
    world.edit(ExportFile::Recipients, "nej;nej;;\n", "ja;nej;;\n");
    world.import().await;
    let unit = world.unit;
    let all = move |tx: &rusqlite::Connection| {
        let entries = Ledger::read(tx, unit)?.documents();
        entries.into_iter().map(|id| Ok(documents::load(tx, unit, id)?.unwrap())).collect::<Result<Vec<_>>>()
    };
    let mut seen = BTreeSet::new();
    for document in world.server.db.read(all).await.unwrap() {
        let content = document.content();
        for (key, register) in &content.plan {
            let family = key.split('/').next().unwrap();
            let kind = &content.kind;
            assert!(rundan_model::plan::registers(kind).contains(&family), "{kind} {key}");
            assert!(rundan_model::plan::fits(kind, key, register.shown().unwrap()), "{kind} {key}");
            seen.insert(format!("{kind} {family}"));
        }
    }
    for written in ["unit area", "staff delegation", "recipient non-choosing", "recipient alarm-only", "visit flex"] {
        assert!(seen.contains(written), "{written} is not among {seen:?}");
    }
    let alarm_only = rundan_model::recipient::recipient(&world.document(Kind::Recipient, "B2").await.content());
    assert!(alarm_only.alarm_only);
}

#[tokio::test]
async fn a_row_out_of_joint_cancels_nothing_and_says_so_loudly() {
    let mut world = World::new().await;
    world.import().await;
    world.edit(ExportFile::Visits, "V2;2026-11-23;B2;08:00;08:30;0;0;M001;;OMV01\n", "");
    world.edit(ExportFile::Visits, "V3;2026-11-24;B1;07:05", "V3;2026-11-24;07:05");
    let report = world.import_into(world.unit).await;
    let applied = report.applied.as_ref().unwrap();
    assert_eq!((report.exit_code(), applied.cancelled, applied.none_cancelled), (2, 0, true));
    assert!(report.text().starts_with("ATTENTION: NO VISIT WAS CANCELLED."), "{}", report.text());
}

#[tokio::test]
async fn nothing_is_imported_when_a_file_cannot_be_read() {
    let mut world = World::new().await;
    world.files.remove(&ExportFile::Visits);
    let report = world.import_into(world.unit).await;
    assert_eq!((report.exit_code(), report.applied), (2, None));
}

#[tokio::test]
async fn two_units_may_use_one_id_for_two_people() {
    let mut world = World::new().await;
    world.import().await;
    let alice = world.shown(Kind::Staff, "M001", "person").await;
    let first = world.unit;
    world.unit = World::another_unit(&world.server).await;
    world.import().await;
    let other = world.shown(Kind::Staff, "M001", "person").await;
    assert_ne!(alice, other);
    world.import().await;
    assert_eq!(world.shown(Kind::Staff, "M001", "person").await, other);
    world.unit = first;
    assert_eq!(world.import().await.changed, 0);
    assert_eq!(world.shown(Kind::Staff, "M001", "person").await, alice);
    let nobody_has_a_role = world.server.staff_of(world.unit).await.unwrap();
    assert!(nobody_has_a_role.is_empty(), "roles never come from a file: {:?}", Role::ALL);
}

#[tokio::test]
async fn a_key_gone_from_the_export_is_named_once_and_its_homes_are_taken_back_until_it_returns() {
    let mut world = World::new().await;
    world.edit(ExportFile::Keys, ";17;2\n", ";17;2\nV-117;B2;bostad;Skåp Västertorp;17;2\n");
    world.import().await;
    assert!(world.home("V-117/B1").await.is_some() && world.home("V-117/B2").await.is_some());
    world.edit(ExportFile::Keys, "V-117;B2;bostad;Skåp Västertorp;17;2\n", "");
    let applied = world.import().await;
    assert_eq!((applied.homes_taken_back, applied.gone.len()), (1, 0));
    assert_eq!((world.home("V-117/B1").await.is_some(), world.home("V-117/B2").await), (true, None));

    let before = world.files.clone();
    world.edit(ExportFile::Keys, "V-117;", "V-118;");
    let applied = world.import().await;
    assert_eq!((applied.begun, applied.homes_taken_back, &applied.gone["key"][0]), (2, 1, &"V-117".to_owned()));
    assert_eq!(world.shown(Kind::Key, "V-117", "tag").await, Some(json!("V-117")), "the key itself stays");
    let again = world.import().await;
    assert_eq!((again.changed, again.homes_taken_back, again.gone.len()), (0, 0, 0), "said once");

    world.files = before;
    let applied = world.import().await;
    assert_eq!((applied.begun, applied.homes_taken_back), (0, 1));
    assert!(world.home("V-117/B1").await.is_some() && world.home("V-118/B1").await.is_none());
}

#[tokio::test]
async fn a_home_that_is_taken_back_keeps_what_was_signed_for_it() {
    let mut world = World::new().await;
    world.edit(ExportFile::Keys, ";17;2\n", ";17;2\nV-117;B2;bostad;Skåp Västertorp;17;2\n");
    world.import().await;
    let receipt = json!({ "is_back": false, "day": "2026-11-20", "copies": 2, "from": "Stig Prov", "to": "Eva Prov" });
    world.someone_writes_to(Kind::KeyHome, "V-117/B2", puts("receipt/1", receipt.clone())).await;
    world.edit(ExportFile::Keys, "V-117;B2;bostad;Skåp Västertorp;17;2\n", "");
    let applied = world.import().await;
    assert_eq!((applied.homes_taken_back, applied.met.len(), world.home("V-117/B2").await), (1, 0, None));
    assert_eq!(world.shown(Kind::KeyHome, "V-117/B2", "receipt/1").await, Some(receipt));
}

#[tokio::test]
async fn a_key_whose_row_cannot_be_read_keeps_its_home() {
    let mut world = World::new().await;
    world.import().await;
    for wrong in ["V-117;B1;bostad;Skåp Västertorp;17;21\n", "V-117;B1\n", ";B1;bostad;Skåp Västertorp;17;2\n"] {
        let heading = "bricka;brukare;typ;skåp;krok;antal\n";
        world.files.insert(ExportFile::Keys, format!("{heading}{wrong}"));
        let report = world.import_into(world.unit).await;
        let applied = report.applied.unwrap();
        assert_eq!((report.refused, applied.homes_taken_back, applied.gone.len()), (1, 0, 0), "{wrong}");
    }
    assert!(world.home("V-117/B1").await.is_some());
}

#[tokio::test]
async fn an_offices_place_for_a_key_and_the_exports_both_stand() {
    let mut world = World::new().await;
    world.import().await;
    world.someone_writes_to(Kind::Key, "V-117", puts("place", json!({ "cabinet": "Skåp 9", "hook": "1" }))).await;
    assert_eq!(world.import().await.changed, 0);
    world.edit(ExportFile::Keys, ";17;2", ";18;2");
    let applied = world.import().await;
    assert_eq!((applied.met[0].kind.as_str(), applied.met[0].registers.as_slice()), ("key", &["place".to_owned()][..]));
    assert!(world.document(Kind::Key, "V-117").await.content().plan["place"].is_clash());
}

#[tokio::test]
async fn a_retired_code_that_an_export_still_names_is_left_out_and_told() {
    let mut world = World::new().await;
    world.import().await;
    world.someone_writes_to(Kind::Key, "V-117", stated(FactBody::TagRetired { text: String::new() })).await;
    world.edit(ExportFile::Keys, ";17;2", ";18;3");
    let report = world.import_into(world.unit).await;
    let applied = report.applied.as_ref().unwrap();
    assert_eq!((applied.changed, &applied.keys_left_out["V-117"]), (0, &LeftOut::Retired));
    assert!(report.text().contains("tag V-117 of keys.csv was left out"), "{}", report.text());
    assert_eq!(world.shown(Kind::Key, "V-117", "copies").await, Some(json!(2)));
}

#[tokio::test]
async fn a_code_of_a_key_that_the_office_entered_is_left_out_and_told() {
    let world = World::new().await;
    world.import().await;
    let give = |tx: &rusqlite::Connection| {
        Ok(tx.execute("UPDATE document SET begun_by = ?1 WHERE kind = 'key'", [[7_u8; 8]])?)
    };
    world.server.db.write(give).await.unwrap();
    let forget = |tx: &rusqlite::Connection| Ok(tx.execute("DELETE FROM imported WHERE source = 'key'", [])?);
    world.server.db.write(forget).await.unwrap();
    let applied = world.import().await;
    assert_eq!((applied.begun, &applied.keys_left_out["V-117"]), (0, &LeftOut::EnteredByHand));
}

#[tokio::test]
async fn what_an_earlier_import_put_of_keys_on_a_recipient_is_emptied() {
    let mut world = World::new().await;
    world.import().await;
    let (unit, id) = (world.unit, world.document(Kind::Recipient, "B1").await.id());
    let old = puts("key/V-117", json!({ "kind": "home", "cabinet": "Skåp Västertorp", "hook": "17", "count": 2 }));
    let write = move |commit: &mut Commit<'_>, own: &OwnSession| {
        let heads = commit.write(own, Timestamp(1_795_400_000), id, None, &old)?;
        let mut ledger = Ledger::read(commit.connection(), unit)?;
        ledger.write(commit.connection(), &Kind::Recipient, "B1", Entry { document: id, heads, digest: [7; 32] })
    };
    world.server.commit(unit, write).await.unwrap();

    world.edit(ExportFile::Keys, "Västertorp;17;2", "Västertorp;17;many");
    world.import_into(unit).await;
    assert!(world.shown(Kind::Recipient, "B1", "key/V-117").await.unwrap().is_object(), "her row was refused");
    world.edit(ExportFile::Keys, "Västertorp;17;many", "Västertorp;17;2");
    assert_eq!(world.import().await.changed, 1);
    assert_eq!(world.shown(Kind::Recipient, "B1", "key/V-117").await, Some(Json::Null));
}

#[tokio::test]
async fn what_is_gone_besides_visits_stays_and_is_named_once() {
    let mut world = World::new().await;
    world.import().await;
    world.edit(ExportFile::Shifts, "2026-11-23;M001;07:00;16:00;11:30;30\n", "");
    world.edit(ExportFile::Decisions, "B1;BS1;OMV01;510;2026-07-01;\n", "");
    world.edit(ExportFile::Staff, "M002;Bob;", "M003;Bo;");
    let before = world.files.clone();
    let report = world.import_into(world.unit).await;
    let gone = &report.applied.as_ref().unwrap().gone;
    let named: Vec<(&str, &str)> = gone.iter().map(|(kind, ids)| (kind.as_str(), ids[0].as_str())).collect();
    assert_eq!(named, [("decision", "BS1"), ("run-sheet", "2026-11-23/M001/1"), ("staff", "M002")]);
    assert!(report.text().contains("ATTENTION: 1 of kind decision gone from the export"), "{}", report.text());
    assert_eq!(world.shown(Kind::RunSheet, "2026-11-23/M001/1", "date").await, Some(json!("2026-11-23")));
    assert!(world.import().await.gone.is_empty(), "named once");

    world.edit(ExportFile::Staff, "M003;Bo;", "M002;Bob;");
    let applied = world.import().await;
    assert_eq!(applied.gone["staff"], ["M003"], "who returns is here again");
    world.files = before;
    assert_eq!(world.import().await.gone["staff"], ["M002"], "and can go again");
}

#[tokio::test]
async fn a_row_that_was_refused_is_not_gone() {
    let mut world = World::new().await;
    world.import().await;
    world.edit(ExportFile::Decisions, "510;2026-07-01", "510;2026-02-30");
    let report = world.import_into(world.unit).await;
    assert_eq!((report.refused, report.applied.unwrap().gone.len()), (1, 0));
}
