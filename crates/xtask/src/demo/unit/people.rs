//! Who works in the unit and who has help from it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::dice::Dice;
use super::names;
use super::{POOL, routes};

/// The unit's areas with the letter on their keys.
pub(super) const AREAS: [(&str, char); 3] = [("Västertorp", 'V'), ("Fruängen", 'F'), ("Hägerstensåsen", 'H')];

/// Recipients who have a safety alarm and no visits.
const ALARM_ONLY: usize = 14;

/// The carers whom the story names, by area, in the order of their routes on the chosen date.
const NAMED: [&[(&str, &str, &str)]; 3] = [
    &[("M01", "Anna", "Karlsson"), ("M02", "Fatima", "Omar"), ("M06", "Ali", "Hosseini"), ("M08", "Hodan", "Yusuf")],
    &[("M03", "Jonas", "Wik"), ("M05", "Sara", "Bergman"), ("M09", "Erik", "Lundell")],
    &[("M04", "Mehret", "Tesfay"), ("M07", "Linnea", "Strand")],
];

/// The office.
const OFFICE: [(&str, &str, &str, &str); 4] = [
    ("S01", "Eva", "Nyström", "samordnare"),
    ("S02", "Petra", "Holst", "samordnare"),
    ("S03", "Gunilla", "Ek", "administratör"),
    ("S04", "Karim", "Sandberg", "enhetschef"),
];

/// Recipients whom the story names: id, first name, family name, street, number, floor.
const STORY: [(&str, &str, &str, &str, &str, &str); 11] = [
    ("B001", "Sven", "Ekdahl", "Personnevägen", "8", "1 tr"),
    ("B002", "Karin", "Lindgren", "Vattenledningsvägen", "12", "nb"),
    ("B003", "Gerd", "Sundin", "Störtloppsvägen", "28", "3 tr"),
    ("B004", "Nils-Erik", "Boman", "Störtloppsvägen", "30", "2 tr"),
    ("B005", "Maj-Britt", "Sandell", "Skidvägen", "4", "2 tr"),
    ("B006", "Abdi", "Hersi", "Personnevägen", "21", "nb"),
    ("B007", "Gun", "Ahlin", "Bäckvägen", "44", "1 tr"),
    ("B008", "Rolf", "Wikner", "Bäckvägen", "46", "2 tr"),
    ("B009", "Stig", "Wallin", "Personnevägen", "3", "nb"),
    ("B010", "Ingrid", "Palm", "Skidvägen", "9", "1 tr"),
    ("B011", "Aino", "Niemi", "Störtloppsvägen", "17", "3 tr"),
];

/// The number on Maj-Britt Sandell's key: V-117.
const MAJ_BRITTS: u32 = 117;
/// Every so many home keys there are two of.
const TWO_COPIES_EACH: usize = 5;
/// Every so many recipients with visits have a safety alarm too.
const ALARM_EACH: usize = 6;
/// The recipients whose entrance one key opens.
const BEHIND_ENTRANCE: [&str; 3] = ["B003", "B004", "B011"];

/// How those of the story want it done.
const WISHES: [(&str, &str, &str); 9] = [
    ("B001", "OMV01", "Vill ligga kvar tills persiennen är uppdragen"),
    ("B002", "OMV02", "Filmjölk och en halv smörgås, kaffet först"),
    ("B002", "HSL01", "Dosetten ligger i skåpet över spisen"),
    ("B005", "OMV04", "Duschpallen fram, ljummet vatten, tvättar håret själv"),
    ("B005", "OMV02", "Havregrynsgröt med lingon, te i stora koppen"),
    ("B005", "OMV06", "Två kuddar, fönstret på glänt"),
    ("B005", "OMV09", "Hälar och svanskota, säg till om något är rött"),
    ("B007", "OMV07", "Stödstrumporna före skorna"),
    ("B011", "OMV03", "Värm maten två gånger, hon äter långsamt"),
];

struct Carer {
    id: String,
    name: (String, String),
    area: &'static str,
    has_delegation: bool,
}

struct Recipient {
    id: String,
    name: (String, String),
    preferred: &'static str,
    street: String,
    number: String,
    floor: &'static str,
    area: (&'static str, char),
    door_code: String,
    rings: bool,
    fast: &'static str,
    alarm_only: bool,
    good_to_know: String,
    key: u32,
}

pub(super) struct People {
    carers: Vec<Carer>,
    recipients: Vec<Recipient>,
    taken: BTreeSet<(String, String)>,
    kin: String,
}

impl People {
    pub(super) fn new(dice: &mut Dice) -> Self {
        let taken = STORY.iter().map(|person| (person.1.to_owned(), person.2.to_owned())).collect();
        let kin = "brukare;förnamn;efternamn;relation;telefon;samtycke_omsorgsdagbok\r\n".to_owned();
        let mut people = Self { carers: Vec::new(), recipients: Vec::new(), taken, kin };
        people.hire(dice);
        for person in STORY {
            people.enrol_named(person, dice);
        }
        for number in 0..ALARM_ONLY {
            let recipient = people.enrol(number % AREAS.len(), dice);
            if let Some(recipient) = people.recipients.iter_mut().find(|other| other.id == recipient) {
                recipient.alarm_only = true;
            }
        }
        people
    }

    /// The carer at a place of an area's pool.
    pub(super) fn carer(&self, area: usize, place: usize) -> String {
        self.carers.get(area * POOL + place).map(|carer| carer.id.clone()).unwrap_or_default()
    }

    /// The ids of all recipients.
    pub(super) fn recipients(&self) -> impl Iterator<Item = &str> {
        self.recipients.iter().map(|recipient| recipient.id.as_str())
    }

    fn hire(&mut self, dice: &mut Dice) {
        let mut firsts: Vec<&str> = names::CARER_NAMES.to_vec();
        dice.shuffle(&mut firsts);
        let mut firsts = firsts.into_iter().cycle();
        let mut number = NAMED.iter().map(|named| named.len()).sum::<usize>();
        for ((area, _), named) in AREAS.iter().zip(NAMED) {
            for (id, first, family) in named {
                let name = ((*first).to_owned(), (*family).to_owned());
                self.carers.push(Carer { id: (*id).to_owned(), name, area, has_delegation: true });
            }
            for _ in named.len()..POOL {
                number += 1;
                let families = if dice.falls(35) { names::FAMILY_NAMES_FROM_ELSEWHERE } else { names::FAMILY_NAMES };
                let name = (firsts.next().unwrap_or_default().to_owned(), dice.one_of(families).to_owned());
                let has_delegation = dice.falls(85);
                self.carers.push(Carer { id: format!("M{number:02}"), name, area, has_delegation });
            }
        }
    }

    fn enrol_named(
        &mut self,
        (id, first, family, street, number, floor): (&str, &str, &str, &str, &str, &'static str),
        dice: &mut Dice,
    ) {
        let area = AREAS.first().copied().unwrap_or_default();
        let mut recipient = self.random(id.to_owned(), area, dice);
        recipient.name = (first.to_owned(), family.to_owned());
        recipient.preferred = "";
        recipient.street = street.to_owned();
        recipient.number = number.to_owned();
        recipient.floor = floor;
        match id {
            "B005" => {
                recipient.door_code = "2580".to_owned();
                recipient.rings = true;
                recipient.fast = "11";
                recipient.good_to_know = "Hör dåligt på vänster öra. Hunden heter Sigge".to_owned();
                recipient.key = MAJ_BRITTS;
            }
            "B007" => recipient.fast = "11",
            _ => {}
        }
        self.add(recipient, dice);
    }

    /// Takes in someone new and answers her id.
    pub(super) fn enrol(&mut self, area: usize, dice: &mut Dice) -> String {
        let id = format!("B{:03}", self.recipients.len() + 1);
        let area = AREAS.get(area).copied().unwrap_or_default();
        let recipient = self.random(id.clone(), area, dice);
        self.add(recipient, dice);
        id
    }

    fn add(&mut self, recipient: Recipient, dice: &mut Dice) {
        let (_, family) = &recipient.name;
        let count = dice.below(3);
        for _ in 0..count {
            let relation = dice.one_of(&["dotter", "son", "syskon", "granne", "god man"]);
            let first = dice.one_of(names::CARER_NAMES);
            let family = if dice.falls(50) { family } else { dice.one_of(names::FAMILY_NAMES) };
            let consent = if dice.falls(40) { "ja" } else { "nej" };
            let telephone = telephone(dice);
            let _ = write!(self.kin, "{};{first};{family};{relation};{telephone};{consent}\r\n", recipient.id);
        }
        self.recipients.push(recipient);
    }

    fn random(&mut self, id: String, area: (&'static str, char), dice: &mut Dice) -> Recipient {
        let name = self.free_name(dice);
        let known = dice.below(3);
        let known: Vec<&str> = (0..known).map(|_| dice.one_of(names::GOOD_TO_KNOW)).collect();
        let mut good_to_know: Vec<&str> = Vec::new();
        known.into_iter().for_each(|line| {
            if !good_to_know.contains(&line) {
                good_to_know.push(line);
            }
        });
        let has_letter = dice.falls(20);
        Recipient {
            id,
            name,
            preferred: if dice.falls(8) { dice.one_of(&["Lillan", "Kajsa", "Bosse", "Nenne"]) } else { "" },
            street: format!("{}{}", dice.one_of(names::STREETS), dice.one_of(names::STREET_ENDINGS)),
            number: format!("{}{}", 1 + dice.below(64), if has_letter { dice.one_of(&["A", "B"]) } else { "" }),
            floor: dice.one_of(&["nb", "1 tr", "2 tr", "3 tr", ""]),
            area,
            door_code: if dice.falls(60) { format!("{:04}", dice.below(10_000)) } else { String::new() },
            rings: dice.falls(80),
            fast: dice.one_of(&["", "10", "11", "11", "11", "12"]),
            alarm_only: false,
            good_to_know: good_to_know.join(". "),
            key: 200 + u32::try_from(self.recipients.len()).unwrap_or(0),
        }
    }

    /// A name that nobody else has: two of one name would only confuse a demo.
    fn free_name(&mut self, dice: &mut Dice) -> (String, String) {
        const TRIES: usize = 200;
        let mut name = (String::new(), String::new());
        for _ in 0..TRIES {
            let is_from_elsewhere = dice.falls(12);
            let (firsts, families) = if is_from_elsewhere {
                (names::OLD_NAMES_FROM_ELSEWHERE, names::FAMILY_NAMES_FROM_ELSEWHERE)
            } else {
                (names::OLD_NAMES, names::FAMILY_NAMES)
            };
            name = (dice.one_of(firsts).to_owned(), dice.one_of(families).to_owned());
            if self.taken.insert(name.clone()) {
                break;
            }
        }
        name
    }

    /// The files about people: staff, recipients, next of kin, keys, wishes.
    pub(super) fn files(&self) -> Vec<(&'static str, String)> {
        vec![
            ("staff.csv", self.staff()),
            ("recipients.csv", self.recipients_file()),
            ("next_of_kin.csv", self.kin.clone()),
            ("keys.csv", self.keys()),
            ("wishes.csv", wishes()),
        ]
    }

    fn staff(&self) -> String {
        let mut text =
            "id;förnamn;efternamn;titel;roll;område;anställning;språk;delegering_medicin_tom;telefon\r\n".to_owned();
        for (number, carer) in self.carers.iter().enumerate() {
            let (first, family) = &carer.name;
            let title = if carer.has_delegation { "undersköterska" } else { "vårdbiträde" };
            let form = if number % POOL < routes::IN_AREA { "tillsvidare" } else { "timanställd" };
            let until = if carer.has_delegation { "2027-12-31" } else { "" };
            let _ = write!(
                text,
                "{};{first};{family};{title};omsorgspersonal;{};{form};svenska;{until};{}\r\n",
                carer.id,
                carer.area,
                fictional(number)
            );
        }
        for (number, (id, first, family, role)) in OFFICE.iter().enumerate() {
            let telephone = fictional(self.carers.len() + number);
            let _ = write!(text, "{id};{first};{family};;{role};;tillsvidare;svenska;;{telephone}\r\n");
        }
        text
    }

    fn recipients_file(&self) -> String {
        let mut text = "id;personnummer;förnamn;efternamn;tilltalsnamn;gata;nummer;våning;område;lat;lon;portkod;\
            ring_på_först;språk;kontaktperson;nattfasta_max_h;enbart_larm;icke_val;telefon;bra_att_veta\r\n"
            .to_owned();
        for (number, person) in self.recipients.iter().enumerate() {
            let (first, family) = &person.name;
            let area = AREAS.iter().position(|(name, _)| *name == person.area.0).unwrap_or(0);
            let contact = self.carer(area, number % POOL);
            let yes = |is: bool| if is { "ja" } else { "nej" };
            let telephone = fictional(number);
            let _ = write!(
                text,
                "{};;{first};{family};{};{};{};{};{};;;{};{};svenska;{contact};{};{};nej;{telephone};{}\r\n",
                person.id,
                person.preferred,
                person.street,
                person.number,
                person.floor,
                person.area.0,
                person.door_code,
                yes(person.rings),
                person.fast,
                yes(person.alarm_only),
                person.good_to_know
            );
        }
        text
    }

    fn keys(&self) -> String {
        let mut text = "bricka;brukare;typ;skåp;krok;antal\r\n".to_owned();
        for (number, person) in self.recipients.iter().enumerate() {
            let ((area, letter), key, hook) = (person.area, person.key, 1 + number % 120);
            let copies = if key == MAJ_BRITTS || number % TWO_COPIES_EACH == TWO_COPIES_EACH - 1 { 2 } else { 1 };
            let _ = write!(text, "{letter}-{key};{};bostad;Skåp {area};{hook};{copies}\r\n", person.id);
            if person.alarm_only || number % ALARM_EACH == 0 {
                let _ = write!(text, "L-{key};{};larm;Skåp {area};{};1\r\n", person.id, 500 + hook);
            }
        }
        let (area, _) = AREAS.first().copied().unwrap_or_default();
        for recipient in BEHIND_ENTRANCE {
            let _ = write!(text, "P-1;{recipient};port;Skåp {area};490;3\r\n");
        }
        text
    }
}

fn wishes() -> String {
    let rows = WISHES.map(|(recipient, code, wish)| format!("{recipient};{code};{wish}\r\n"));
    std::iter::once("brukare;insats;önskemål\r\n".to_owned()).chain(rows).collect()
}

/// One of the numbers that the Swedish Post and Telecom Authority keeps free for fiction.
fn telephone(dice: &mut Dice) -> String {
    fictional(dice.below(95))
}

/// The same by number.
fn fictional(number: usize) -> String {
    format!("070-174 06 {:02}", 5 + number % 95)
}
