use proptest::prelude::*;
use rundan_model::time::{Timestamp, Zone, parse_clock};
use rundan_model::{InterventionGroup, KeyKind};

use super::*;

const INTERVENTIONS: &str =
    "kod;insats;grupp;schablonminuter\nOMV01;Morgonhjälp;omvårdnad;30\nHSL01;Medicin (delegerad);hsl;10\n";
const STAFF: &str = "id;förnamn;efternamn;titel;roll;område;anställning;språk;delegering_medicin_tom\n\
    M001;Alice;Prov;undersköterska;omsorgspersonal;Västertorp;tillsvidare;svenska;2027-06-30\n\
    M002;Bob;Prov;vårdbiträde;omsorgspersonal;Fruängen;timanställd;finska, arabiska;\n";
const RECIPIENTS: &str = "id;personnummer;förnamn;efternamn;tilltalsnamn;gata;nummer;våning;område;lat;lon;portkod;ring_på_först;språk;kontaktperson;nattfasta_max_h;enbart_larm;icke_val;telefon;bra_att_veta\n\
    B1;;Gun;Prov;;Provgatan;4;2 tr;Västertorp;59,29;17.95;0042;ja;svenska;M001;11;nej;nej;;Hör dåligt. Hunden heter Sigge\n\
    B2;;Stig;Prov;Stickan;Provgatan;6;;Västertorp;;;;nej;svenska;;;ja;nej;;\n";
const NEXT_OF_KIN: &str =
    "brukare;förnamn;efternamn;relation;telefon;samtycke_omsorgsdagbok\nB1;Eva;Prov;dotter;070-174 06 01;ja\n";
const KEYS: &str =
    "bricka;brukare;typ;skåp;krok;antal\nV-117;B1;bostad;Skåp Västertorp;17;2\nP-1;B1;port;Skåp Västertorp;18;1\n";
const WISHES: &str = "brukare;insats;önskemål\nB1;OMV01;Ett glas vatten först\n";
const DECISIONS: &str = "brukare;beslut;insats;minuter_per_månad;från;till\nB1;BS1;OMV01;510;2026-07-01;\n";
const SHIFTS: &str = "datum;personal;pass_start;pass_slut;rast_start;rast_min\n2026-11-23;M001;07:00;16:00;11:30;30\n";
const VISITS_HEADING: &str =
    "id;datum;brukare;start;slut;flex_före_min;flex_efter_min;personal_1;personal_2;insatser\n";

fn export() -> Vec<(ExportFile, String)> {
    let visit = format!("{VISITS_HEADING}V1;2026-11-23;B1;07:05;07:45;15;30;M001;M002;OMV01,HSL01\n");
    let texts = [INTERVENTIONS, STAFF, RECIPIENTS, NEXT_OF_KIN, KEYS, WISHES, DECISIONS, SHIFTS, &visit];
    ExportFile::ALL.into_iter().zip(texts.map(str::to_owned)).collect()
}

/// The export with one file's text replaced.
fn export_with(file: ExportFile, text: &str) -> Reading {
    let mut files = export();
    files.iter_mut().filter(|(of, _)| *of == file).for_each(|(_, old)| *old = text.to_owned());
    read_texts(&files)
}

fn read_texts(files: &[(ExportFile, String)]) -> Reading {
    let files: Vec<(ExportFile, &[u8])> = files.iter().map(|(file, text)| (*file, text.as_bytes())).collect();
    read(&files)
}

/// The export with these visits, without the heading.
fn visits(rows: &str) -> Reading {
    export_with(ExportFile::Visits, &format!("{VISITS_HEADING}{rows}"))
}

fn at(date: &str, time: &str) -> Timestamp {
    Zone.at(date.parse().unwrap(), parse_clock(time).unwrap()).first().unwrap()
}

/// The one problem, as (severity, line, column).
fn only_problem(reading: &Reading) -> (Severity, Option<u64>, Option<&str>) {
    let [problem] = reading.report.problems.as_slice() else {
        panic!("expected one problem, got {:#?}", reading.report.problems);
    };
    (problem.severity, problem.line, problem.column.as_deref())
}

#[test]
fn a_whole_export_is_read_without_a_word() {
    let Reading { unit, report } = read_texts(&export());
    assert_eq!((report.exit_code(), report.problems_total), (0, 0), "{:#?}", report.problems);
    let unit = unit.unwrap();
    assert_eq!(unit.areas.iter().collect::<Vec<_>>(), ["Fruängen", "Västertorp"]);
    assert_eq!(unit.interventions[1].group, InterventionGroup::HealthTask);
    assert_eq!(unit.staff[1].languages, ["finska", "arabiska"]);
    let gun = &unit.recipients[0];
    assert_eq!(gun.coordinates, Some((59.29, 17.95)));
    assert_eq!(gun.door_code, "0042");
    assert_eq!(gun.good_to_know, ["Hör dåligt", "Hunden heter Sigge"]);
    assert_eq!((unit.keys[0].copies, &unit.keys[1].kind), (2, &KeyKind::Entrance));
    assert_eq!(unit.keys[0].recipients, [RecipientCode("B1".to_owned())]);
    assert!(gun.next_of_kin[0].has_diary_consent);
    assert_eq!(gun.wishes[&InterventionCode("OMV01".to_owned())], "Ett glas vatten först");
    assert_eq!(unit.shifts[0].code.0, "2026-11-23/M001/1");
    assert_eq!(unit.shifts[0].pause, Some(Break { start: at("2026-11-23", "11:30"), minutes: 30 }));
    let visit = &unit.visits[0];
    assert_eq!((visit.start, visit.minutes), (at("2026-11-23", "07:05"), 40));
    assert_eq!(visit.slots, [Some(StaffCode("M001".to_owned())), Some(StaffCode("M002".to_owned()))]);
    assert_eq!(visit.interventions.len(), 2);
}

#[test]
fn a_file_that_is_missing_or_no_csv_stops_the_import_and_the_rest_is_still_checked() {
    let mut files = export();
    files.retain(|(file, _)| *file != ExportFile::Keys);
    let reading = read_texts(&files);
    assert!(reading.unit.is_none());
    assert_eq!((reading.report.exit_code(), only_problem(&reading).0), (2, Severity::Refused));
    assert!(reading.report.text().starts_with("NOTHING WAS IMPORTED"));

    let reading = export_with(ExportFile::Visits, "PK\u{3}\u{4}\0\0");
    assert!(reading.unit.is_none());
    assert_eq!(reading.report.files.len(), 9);
}

#[test]
fn an_export_is_whole_without_wishes() {
    let mut files = export();
    files.retain(|(file, _)| *file != ExportFile::Wishes);
    let reading = read_texts(&files);
    assert_eq!((reading.report.problems_total, reading.report.files.len()), (0, 8));
    assert!(reading.unit.unwrap().recipients[0].incomplete.wishes, "nothing is taken for gone");
}

#[test]
fn a_file_beyond_the_limit_is_refused_by_its_size() {
    let directory = tempfile::tempdir().unwrap();
    for (file, text) in export() {
        std::fs::write(directory.path().join(file.name()), text).unwrap();
    }
    let visits = std::fs::File::create(directory.path().join("Visits.CSV")).unwrap();
    std::fs::remove_file(directory.path().join("visits.csv")).unwrap();
    // A file with a hole: its size is 200 MB, and it takes no room.
    visits.set_len(200 * 1024 * 1024).unwrap();
    let reading = read_directory(directory.path()).unwrap();
    assert!(reading.unit.is_none());
    assert!(reading.report.problems[0].what.contains("larger than 64 MiB"));
}

#[test]
fn an_unknown_column_and_an_unknown_file_are_named() {
    let reading =
        export_with(ExportFile::NextOfKin, &NEXT_OF_KIN.replace("\nB1", ";färg\nB1").replace(";ja\n", ";ja;röd\n"));
    assert_eq!(only_problem(&reading).0, Severity::Warning);
    assert!(reading.report.problems[0].what.contains("färg"));
    assert!(reading.unit.is_some());

    let directory = tempfile::tempdir().unwrap();
    for (file, text) in export() {
        std::fs::write(directory.path().join(file.name()), text).unwrap();
    }
    std::fs::write(directory.path().join("keys (2).csv"), KEYS).unwrap();
    let reading = read_directory(directory.path()).unwrap();
    assert_eq!(reading.report.problems[0].file, "keys (2).csv");
    assert_eq!(reading.report.exit_code(), 0);
}

#[test]
fn a_date_that_does_not_exist_is_refused_with_its_place() {
    let reading =
        visits("V1;2026-02-30;B1;07:05;07:45;0;0;M001;;OMV01\nV2;2026-11-23;B1;07:05;07:45;0;0;M001;;OMV01\n");
    assert_eq!(only_problem(&reading), (Severity::Refused, Some(2), Some("datum")));
    let unit = reading.unit.unwrap();
    assert_eq!(unit.visits.len(), 1);
    assert!(unit.refused.visits.contains(&VisitCode("V1".to_owned())), "a refused visit is not gone");
    for wrong in ["2026-2-03", "23/11 2026", "+2026-11-23", "1926-11-23", ""] {
        let reading = visits(&format!("V1;{wrong};B1;07:05;07:45;0;0;M001;;OMV01\n"));
        assert_eq!(only_problem(&reading).0, Severity::Refused, "{wrong}");
    }
}

#[test]
fn every_fault_of_a_row_is_named_at_once() {
    let reading = visits("V1;2026-02-30;B1;7:05;24:00;x;0;M001;;OMV01\n");
    let columns: Vec<_> = reading.report.problems.iter().filter_map(|problem| problem.column.as_deref()).collect();
    assert_eq!(columns, ["datum", "start", "slut", "flex_före_min"]);
    assert_eq!(reading.report.refused, 1, "one row");
}

#[test]
fn an_end_before_its_start_is_the_next_day() {
    let unit = visits("V1;2026-11-23;B1;23:40;00:20;0;0;M001;;OMV01\n").unit.unwrap();
    assert_eq!((unit.visits[0].start, unit.visits[0].minutes), (at("2026-11-23", "23:40"), 40));
}

#[test]
fn a_time_that_spring_leaves_out_is_refused_and_one_that_autumn_doubles_is_the_first() {
    let reading = visits("V1;2026-03-29;B1;02:10;03:10;0;0;M001;;OMV01\n");
    assert_eq!(only_problem(&reading), (Severity::Refused, Some(2), Some("start")));

    let reading = visits("V1;2026-10-25;B1;02:10;03:10;0;0;M001;;OMV01\n");
    assert_eq!(only_problem(&reading), (Severity::Warning, Some(2), Some("start")));
    let visit = &reading.unit.unwrap().visits[0];
    assert_eq!((visit.start, visit.minutes), (at("2026-10-25", "02:10"), 120));
}

#[test]
fn a_night_over_a_clock_change_lasts_as_long_as_it_lasts() {
    let spring = visits("V1;2026-03-28;B1;22:00;07:00;0;0;M001;;OMV01\n").unit.unwrap();
    assert_eq!(spring.visits[0].minutes, 8 * 60);
    let autumn = visits("V1;2026-10-24;B1;22:00;07:00;0;0;M001;;OMV01\n").unit.unwrap();
    assert_eq!(autumn.visits[0].minutes, 10 * 60);
}

#[test]
fn a_second_shift_on_a_day_has_a_name_that_the_order_of_rows_does_not_change() {
    let rows = ["2026-11-23;M001;16:00;20:00;;", "2026-11-23;M001;07:00;12:00;;", "2026-11-23;M002;07:00;12:00;;"];
    let read = |rows: &[&str]| {
        let heading = SHIFTS.lines().next().unwrap();
        let unit = export_with(ExportFile::Shifts, &format!("{heading}\n{}\n", rows.join("\n"))).unit.unwrap();
        let mut shifts: Vec<_> = unit.shifts.into_iter().map(|shift| (shift.start, shift.code.0)).collect();
        shifts.sort();
        shifts
    };
    let shifts = read(&rows);
    let codes: Vec<&str> = shifts.iter().map(|(_, code)| code.as_str()).collect();
    assert_eq!(codes, ["2026-11-23/M001/1", "2026-11-23/M002/1", "2026-11-23/M001/2"]);
    assert_eq!(shifts, read(&[rows[1], rows[2], rows[0]]));
}

#[test]
fn of_two_visits_with_one_id_the_first_is_taken() {
    let reading =
        visits("V1;2026-11-23;B1;07:05;07:45;0;0;M001;;OMV01\nV1;2026-11-24;B1;07:05;07:45;0;0;M001;;OMV01\n");
    assert_eq!(only_problem(&reading), (Severity::Refused, Some(3), Some("id")));
    let unit = reading.unit.unwrap();
    assert_eq!(unit.visits[0].date.to_string(), "2026-11-23");
    assert!(unit.refused.visits.is_empty());
}

#[test]
fn an_unknown_carer_leaves_the_visit_without_staff_and_an_unknown_recipient_refuses_it() {
    let reading = visits("V1;2026-11-23;B1;07:05;07:45;0;0;M404;M002;OMV01\n");
    assert_eq!(only_problem(&reading), (Severity::Warning, Some(2), Some("personal_1")));
    assert_eq!(reading.unit.unwrap().visits[0].slots, [None, Some(StaffCode("M002".to_owned()))]);

    let reading = visits("V1;2026-11-23;B404;07:05;07:45;0;0;M001;;OMV01\n");
    assert_eq!(only_problem(&reading), (Severity::Refused, Some(2), Some("brukare")));
    assert_eq!(reading.report.exit_code(), 2);
}

#[test]
fn what_belongs_to_an_unknown_recipient_or_carer_is_refused() {
    for (file, text) in [
        (ExportFile::NextOfKin, NEXT_OF_KIN.replace("B1", "B404")),
        (ExportFile::Keys, KEYS.replace("P-1;B1", "P-1;B404")),
        (ExportFile::Decisions, DECISIONS.replace("B1;", "B404;")),
        (ExportFile::Shifts, SHIFTS.replace("M001", "M404")),
    ] {
        let reading = export_with(file, &text);
        assert_eq!(only_problem(&reading).0, Severity::Refused, "{file:?}");
        assert!(reading.unit.is_some());
    }
}

/// The export with these keys, without the heading.
fn keys(rows: &str) -> Reading {
    export_with(ExportFile::Keys, &format!("{}\n{rows}", KEYS.lines().next().unwrap()))
}

#[test]
fn the_rows_of_a_tag_are_one_key_with_several_homes() {
    let reading = keys("p-1;B1;port;Skåp 1;18;2\nP-1;B2;port;Skåp 1;18;2\n");
    assert_eq!(reading.report.problems_total, 0, "{:#?}", reading.report.problems);
    let unit = reading.unit.unwrap();
    assert_eq!((unit.keys.len(), unit.keys[0].tag.as_str(), unit.keys[0].recipients.len()), (1, "P-1", 2));
}

#[test]
fn every_kind_of_key_has_its_word_and_another_word_is_kept_with_a_warning() {
    let reading = keys("V-1;B1;bostad;A;1;1\nL-1;B1;larm;A;2;1\nP-1;B1;port;A;3;1\nS-1;B1;Skåp;A;4;1\n");
    assert_eq!(reading.report.problems_total, 0, "{:#?}", reading.report.problems);
    let kinds: Vec<KeyKind> = reading.unit.unwrap().keys.into_iter().map(|key| key.kind).collect();
    assert_eq!(kinds, KeyKind::ALL);

    let reading = keys("F-1;B1;förråd;A;5;1\n");
    assert_eq!(only_problem(&reading), (Severity::Warning, Some(2), Some("typ")));
    assert_eq!(reading.unit.unwrap().keys[0].kind, KeyKind::Unknown("förråd".to_owned()));
}

#[test]
fn rows_of_a_tag_that_contradict_each_other_are_named_and_the_first_holds() {
    let reading = keys("P-1;B1;port;Skåp 1;18;2\nP-1;B2;larm;Skåp 2;18;3\n");
    let columns: Vec<_> = reading.report.problems.iter().filter_map(|problem| problem.column.as_deref()).collect();
    assert_eq!((columns.as_slice(), reading.report.exit_code()), (&["typ", "skåp", "antal"][..], 0));
    let key = &reading.unit.unwrap().keys[0];
    assert_eq!((&key.kind, key.cabinet.as_str(), key.copies), (&KeyKind::Entrance, "Skåp 1", 2));

    let twice = keys("P-1;B1;port;Skåp 1;18;2\nP-1;B1;port;Skåp 1;18;2\n");
    assert_eq!(only_problem(&twice), (Severity::Refused, Some(3), Some("bricka")));
}

#[test]
fn what_is_no_tag_or_too_many_copies_is_refused_and_a_key_without_a_cabinet_is_taken_with_a_warning() {
    for wrong in ["Stigs nyckel", "=1+1", "P_1", "P-1/2", "12345678901234567", ""] {
        let reading = keys(&format!("{wrong};B1;port;Skåp 1;18;2\n"));
        assert_eq!(only_problem(&reading), (Severity::Refused, Some(2), Some("bricka")), "{wrong}");
    }
    assert_eq!(only_problem(&keys("P-1;B1;port;Skåp 1;18;21\n")), (Severity::Refused, Some(2), Some("antal")));
    let reading = keys("P-1;B1;port;;18;2\n");
    assert_eq!(only_problem(&reading), (Severity::Warning, Some(2), Some("skåp")));
    assert_eq!(reading.unit.unwrap().keys.len(), 1);
}

#[test]
fn an_intervention_without_a_name_is_taken_under_its_code() {
    let reading = visits("V1;2026-11-23;B1;07:05;07:45;0;0;M001;;OMV01, NYTT9\n");
    assert_eq!(only_problem(&reading), (Severity::Warning, Some(2), Some("insatser")));
    assert_eq!(reading.unit.unwrap().visits[0].interventions[1].0, "NYTT9");
}

#[test]
fn a_wrong_personal_number_is_a_warning_that_does_not_quote_it() {
    let reading = export_with(ExportFile::Recipients, &RECIPIENTS.replace("B1;;", "B1;194203249035;"));
    assert_eq!(only_problem(&reading), (Severity::Warning, Some(2), Some("personnummer")));
    assert!(!serde_json::to_string(&reading.report).unwrap().contains("9035"));

    let twice = RECIPIENTS.replace("B1;;", "B1;194203249034;").replace("B2;;", "B2;420324-9034;");
    assert_eq!(only_problem(&export_with(ExportFile::Recipients, &twice)).1, Some(3));
}

#[test]
fn good_to_know_is_at_most_five_short_lines() {
    let long = RECIPIENTS.replace("Hör dåligt. Hunden heter Sigge", "\"Ett\nTvå; tre. Fyra\nFem\nSex\"");
    let reading = export_with(ExportFile::Recipients, &long);
    assert_eq!(only_problem(&reading), (Severity::Warning, Some(2), Some("bra_att_veta")));
    assert_eq!(reading.unit.unwrap().recipients[0].good_to_know, ["Ett", "Två", "tre", "Fyra", "Fem"]);
}

#[test]
fn a_row_with_too_few_or_too_many_fields_is_refused_and_no_visit_counts_as_gone() {
    for row in ["V1;2026-11-23;B1;07:05\n", "V1;2026-11-23;B1;07:05;07:45;0;0;M001;;OMV01;HSL01\n"] {
        let reading = visits(row);
        assert_eq!(only_problem(&reading).0, Severity::Refused);
        assert!(reading.unit.unwrap().refused.has_visit_without_id);
    }
    let reading = visits("V1;2026-11-23;B1;07:05;07:45;0;0;M001;;OMV01;;\n;;;;;;;;;\n");
    assert_eq!(reading.report.problems_total, 0, "empty fields and rows are nothing");
}

#[test]
fn commas_between_fields_and_a_quoted_comma_within_one_are_told_apart() {
    let text = format!("{VISITS_HEADING}V1;2026-11-23;B1;07:05;07:45;0;0;M001;;\"OMV01,HSL01\"\n").replace(';', ",");
    let reading = export_with(ExportFile::Visits, &text);
    assert_eq!(reading.unit.unwrap().visits[0].interventions.len(), 2);
}

#[test]
fn the_report_names_what_needs_someone_first() {
    let mut report = visits("V1;2026-02-30;B1;07:05;07:45;0;0;M404;;OMV01\n").report;
    report.applied = Some(Applied { recipients_without_visits: vec!["B7".to_owned()], ..Applied::default() });
    let text = report.text();
    assert!(text.starts_with("ATTENTION: 1 recipient(s)"), "{text}");
    assert!(text.contains("REFUSED visits.csv:2 [datum]: \"2026-02-30\" is not a date."), "{text}");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), which in 0..9_usize) {
        let files = export();
        let mut files: Vec<(ExportFile, &[u8])> = files.iter().map(|(file, text)| (*file, text.as_bytes())).collect();
        files[which].1 = &bytes;
        let reading = read(&files);
        let _ = reading.report.text();
    }

    #[test]
    fn no_row_makes_it_panic_or_vanish(
        fields in proptest::collection::vec("[\\PC;,\"\n\t]{0,12}", 10),
        which in 0..9_usize,
    ) {
        let mut files = export();
        let quoted = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\"")));
        let row = quoted.collect::<Vec<_>>().join(";");
        files[which].1.push_str(&row);
        let report = read_texts(&files).report;
        for file in &report.files {
            prop_assert_eq!(file.rows, file.taken + file.refused);
        }
    }
}
