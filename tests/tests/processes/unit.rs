//! The unit that is worked in: one carer with thirty visits on one day.

use std::fmt::Write as _;
use std::path::Path;

use rundan_model::Timestamp;
use rundan_server::seams::{Clock, SystemClock};

/// The carer, as the export names her.
pub const CARER: &str = "M001";
/// How many visits she has.
pub const VISITS: usize = 30;
/// 07:30 on the day of the visits.
const MORNING: Timestamp = Timestamp(1_795_415_400);

/// How far the clocks must be moved so that the day has begun.
pub fn clock_offset() -> i64 {
    MORNING.seconds_since(SystemClock.now())
}

/// Writes the export.
pub fn write(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for (name, text) in FILES {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let mut visits =
        "id;datum;brukare;start;slut;flex_före_min;flex_efter_min;personal_1;personal_2;insatser\n".to_owned();
    for n in 0..VISITS {
        let start = 8 * 60 + n * 10;
        let (from, to) = (clock(start), clock(start + 10));
        writeln!(visits, "V{n};2026-11-23;B1;{from};{to};0;0;{CARER};;OMV01").unwrap();
    }
    std::fs::write(folder.join("visits.csv"), visits).unwrap();
}

fn clock(minutes: usize) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

const FILES: [(&str, &str); 8] = [
    ("interventions.csv", "kod;insats;grupp;schablonminuter\nOMV01;Morgonhjälp;omvårdnad;30\n"),
    (
        "staff.csv",
        "id;förnamn;efternamn;titel;roll;område;anställning;språk;delegering_medicin_tom\n\
         M001;Alice;Prov;undersköterska;omsorgspersonal;Västertorp;tillsvidare;svenska;\n",
    ),
    (
        "recipients.csv",
        "id;personnummer;förnamn;efternamn;tilltalsnamn;gata;nummer;våning;område;lat;lon;portkod;ring_på_först;\
         språk;kontaktperson;nattfasta_max_h;enbart_larm;icke_val;telefon;bra_att_veta\n\
         B1;;Gun;Prov;;Provgatan;4;2 tr;Västertorp;59,29;17,95;0042;ja;svenska;M001;11;nej;nej;;Hör dåligt\n",
    ),
    ("next_of_kin.csv", "brukare;förnamn;efternamn;relation;telefon;samtycke_omsorgsdagbok\n"),
    ("keys.csv", "bricka;brukare;typ;skåp;krok;antal\n"),
    ("wishes.csv", "brukare;insats;önskemål\n"),
    ("decisions.csv", "brukare;beslut;insats;minuter_per_månad;från;till\n"),
    ("shifts.csv", "datum;personal;pass_start;pass_slut;rast_start;rast_min\n2026-11-23;M001;07:00;16:00;11:30;30\n"),
];
