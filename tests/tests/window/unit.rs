//! A unit with a visit for each of two carers, and keys to the home that they go to, as a planning system would export it. Nobody in it exists.

use std::fs;
use std::path::Path;

pub(crate) const CARER: &str = "M1";
pub(crate) const PLANNER: &str = "S1";
pub(crate) const CARER_NAME: &str = "Alice Almgren";
pub(crate) const COLLEAGUE: &str = "M2";
pub(crate) const COLLEAGUE_NAME: &str = "Bodil Berg";
pub(crate) const MORNING: &str = "Morgonhjälp";
pub(crate) const BED: &str = "Bäddning";

/// Writes the export of a unit whose visits are at nine and ten on `date`.
pub(crate) fn write(directory: &Path, date: chrono::NaiveDate) {
    let files = [
        (
            "interventions.csv",
            "kod;insats;grupp;schablonminuter\nOMV01;Morgonhjälp;omvårdnad;30\nSER01;Bäddning;service;10\n".to_owned(),
        ),
        (
            "staff.csv",
            "id;förnamn;efternamn;titel;roll;område;anställning;språk;delegering_medicin_tom\n\
             M1;Alice;Almgren;undersköterska;omsorgspersonal;Norr;tillsvidare;svenska;\n\
             M2;Bodil;Berg;undersköterska;omsorgspersonal;Norr;tillsvidare;svenska;\n\
             S1;Eva;Ekdal;;samordnare;;tillsvidare;svenska;\n"
                .to_owned(),
        ),
        (
            "recipients.csv",
            "id;personnummer;förnamn;efternamn;tilltalsnamn;gata;nummer;våning;område;lat;lon;portkod;ring_på_först;\
             språk;kontaktperson;nattfasta_max_h;enbart_larm;icke_val;telefon;bra_att_veta\n\
             B1;;Testa;Person;;Norrgatan;1;nb;Norr;;;1234;ja;svenska;M1;;nej;nej;;\n"
                .to_owned(),
        ),
        ("next_of_kin.csv", "brukare;förnamn;efternamn;relation;telefon;samtycke_omsorgsdagbok\n".to_owned()),
        (
            "keys.csv",
            "bricka;brukare;typ;skåp;krok;antal\n\
             V-101;B1;bostad;Skåp Norr;1;1\nV-102;B1;port;Skåp Norr;2;1\nV-103;B1;port;Skåp Norr;3;1\n"
                .to_owned(),
        ),
        ("decisions.csv", "brukare;beslut;insats;minuter_per_månad;från;till\n".to_owned()),
        (
            "shifts.csv",
            format!(
                "datum;personal;pass_start;pass_slut;rast_start;rast_min\n\
                 {date};M1;07:00;16:00;;\n{date};M2;07:00;16:00;;\n"
            ),
        ),
        (
            "visits.csv",
            format!(
                "id;datum;brukare;start;slut;flex_före_min;flex_efter_min;personal_1;personal_2;insatser\n\
                 V1;{date};B1;09:00;09:30;0;0;M1;;OMV01,SER01\nV2;{date};B1;10:00;10:30;0;0;M2;;OMV01\n"
            ),
        ),
    ];
    for (name, text) in files {
        fs::write(directory.join(name), text).unwrap();
    }
}
