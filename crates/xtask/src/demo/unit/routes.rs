//! Where the day goes: eighteen routes with their stops, and what is done at each.

use super::dice::Dice;
use super::people::{AREAS, People};
use super::{POOL, ROUTES};

/// How many carers of an area work each day.
pub(super) const IN_AREA: usize = ROUTES;

/// The catalogue: code, name, group, standard minutes.
const CATALOGUE: [(&str, &str, &str, u32); 20] = [
    ("OMV01", "Morgonhjälp", "omvårdnad", 20),
    ("OMV02", "Frukost", "omvårdnad", 15),
    ("OMV03", "Lunch", "omvårdnad", 20),
    ("OMV04", "Dusch", "omvårdnad", 30),
    ("OMV05", "Tillsyn", "omvårdnad", 15),
    ("OMV06", "Bäddning", "omvårdnad", 10),
    ("OMV07", "Påklädning", "omvårdnad", 10),
    ("OMV08", "Promenad", "omvårdnad", 45),
    ("OMV09", "Titta till huden", "omvårdnad", 5),
    ("OMV10", "Kvällshjälp", "omvårdnad", 20),
    ("OMV11", "Kvällsmat", "omvårdnad", 15),
    ("SRV01", "Städning", "service", 70),
    ("SRV02", "Inköp", "service", 45),
    ("SRV03", "Tvätt", "service", 30),
    ("SRV04", "Apoteksärende", "service", 45),
    ("SRV05", "Disk och sopor", "service", 10),
    ("HSL01", "Medicin (delegerad)", "hsl", 5),
    ("LRM01", "Trygghetslarm", "larm", 15),
    ("LED01", "Ledsagning", "ledsagning", 120),
    ("AVL01", "Avlösning i hemmet", "avlösning", 180),
];

/// What is done in a visit of this length, in the morning.
const MORNING: [(u32, &[&[&str]]); 5] = [
    (15, &[&["OMV05"], &["HSL01", "OMV06"]]),
    (20, &[&["OMV01"], &["OMV05", "HSL01"]]),
    (25, &[&["OMV01", "HSL01"], &["OMV02", "OMV07"]]),
    (30, &[&["OMV01", "OMV06"], &["OMV04"], &["OMV02", "OMV07", "HSL01"]]),
    (35, &[&["OMV01", "OMV02"], &["OMV04", "HSL01"]]),
];

/// What is done in a visit of this length, after the break.
const AFTERNOON: [(u32, &[&[&str]]); 3] = [
    (25, &[&["OMV03", "HSL01"]]),
    (30, &[&["OMV03", "SRV05"], &["SRV03"]]),
    (45, &[&["OMV08"], &["SRV02"], &["SRV04"]]),
];

/// The lengths of a morning's visits; each route has them in an order of its own.
const MORNING_MINUTES: [u32; 8] = [20, 25, 15, 30, 20, 35, 25, 30];
/// The lengths of an afternoon's visits.
const AFTERNOON_MINUTES: [u32; 4] = [30, 45, 25, 30];

/// The day that the story tells: minutes after midnight, length, recipient, interventions.
///
/// At 09:22 four are over, one is due and seven are to come.
const STORY: [(u32, u32, &str, &[&str]); 12] = [
    (7 * 60 + 5, 20, "B001", &["OMV01"]),
    (7 * 60 + 30, 30, "B002", &["OMV01", "OMV02", "HSL01"]),
    (8 * 60 + 5, 15, "B003", &["OMV05", "HSL01"]),
    (8 * 60 + 30, 30, "B004", &["OMV01", "OMV05"]),
    (9 * 60 + 20, 45, MAJ_BRITT, &["OMV04", "OMV02", "HSL01", "OMV06", "OMV09"]),
    (10 * 60 + 15, 15, "B006", &["HSL01", "OMV05"]),
    (10 * 60 + 35, 25, "B007", &["OMV02", "OMV07"]),
    (11 * 60 + 5, 20, "B008", &["OMV05", "HSL01"]),
    (12 * 60 + 10, 30, "B002", &["OMV03", "HSL01"]),
    (13 * 60, 25, "B009", &["OMV03", "SRV05"]),
    (13 * 60 + 35, 30, "B010", &["SRV03"]),
    (14 * 60 + 15, 30, "B011", &["OMV03", "SRV05"]),
];

/// Who is visited by two.
const MAJ_BRITT: &str = "B005";

/// The routes' place in the list: Anna's, and Fatima's who shares a stop with her.
const ANNA: usize = 0;
const FATIMA: usize = 1;
/// Pairs of further routes that share their third stop: lifting takes two.
const PAIRS: [(usize, usize); 2] = [(7, 8), (13, 14)];
/// Which stop such a pair shares.
const SHARED_STOP: usize = 3;

/// A stop on a route.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    pub(super) recipient: String,
    /// Minutes after midnight.
    pub(super) start: u32,
    pub(super) minutes: u32,
    pub(super) interventions: Vec<&'static str>,
    /// Whether the route's partner comes too.
    pub(super) is_double: bool,
}

/// A route template (slinga).
#[derive(Debug, Clone, Default)]
pub(super) struct Route {
    /// Whose it is on the chosen date, as a place in the area's pool; nobody's for visits without staff.
    pub(super) carer: Option<usize>,
    /// Who comes to its double stops, as a place in the same pool.
    pub(super) partner: Option<usize>,
    pub(super) stops: Vec<Stop>,
}

/// All routes, area by area, and the visits that have no carer yet as one more.
pub(super) fn all(people: &mut People, dice: &mut Dice) -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    for number in 0..AREAS.len() * ROUTES {
        let area = number / ROUTES;
        let partner_of = PAIRS.iter().find(|(_, second)| *second == number).map(|(first, _)| *first);
        let stops = match (number, partner_of.and_then(|first| routes.get(first))) {
            (ANNA, _) => story(),
            (FATIMA, _) => beside_the_story(people, dice),
            (_, Some(first)) => beside(&first.stops.clone(), area, people, dice),
            _ => random(area, people, dice),
        };
        let place = number % ROUTES;
        let has_partner = number == ANNA || PAIRS.iter().any(|(first, _)| *first == number);
        let partner = has_partner.then_some(place + 1);
        routes.push(Route { carer: Some(place), partner, stops });
    }
    for (first, _) in PAIRS {
        if let Some(stop) = routes.get_mut(first).and_then(|route| route.stops.get_mut(SHARED_STOP)) {
            stop.is_double = true;
        }
    }
    // The eighteenth run sheet has one visit less, so that the day has 214.
    if let Some(last) = routes.last_mut() {
        last.stops.pop();
    }
    routes.push(without_staff(people, dice));
    routes
}

/// The catalogue's file.
pub(super) fn catalogue() -> String {
    let rows = CATALOGUE.iter().map(|(code, name, group, minutes)| format!("{code};{name};{group};{minutes}\r\n"));
    std::iter::once("kod;insats;grupp;schablonminuter\r\n".to_owned()).chain(rows).collect()
}

/// The standard minutes of an intervention.
pub(super) fn minutes_of(code: &str) -> u32 {
    CATALOGUE.iter().find(|(of, ..)| *of == code).map_or(0, |(.., minutes)| *minutes)
}

fn story() -> Vec<Stop> {
    let stop = |(start, minutes, recipient, interventions): (u32, u32, &str, &[&'static str])| Stop {
        recipient: recipient.to_owned(),
        start,
        minutes,
        interventions: interventions.to_vec(),
        is_double: recipient == MAJ_BRITT,
    };
    STORY.map(stop).into()
}

/// Fatima's day: as Anna's, with people of her own, and free for the stop that they share.
fn beside_the_story(people: &mut People, dice: &mut Dice) -> Vec<Stop> {
    let mut stops = story();
    stops.retain(|stop| !stop.is_double);
    for stop in &mut stops {
        stop.recipient = people.enrol(0, dice);
    }
    stops
}

/// A day that is free for the stop shared with another's route, with people of its own.
fn beside(others: &[Stop], area: usize, people: &mut People, dice: &mut Dice) -> Vec<Stop> {
    let own = others.iter().enumerate().filter(|(place, _)| *place != SHARED_STOP);
    own.map(|(_, stop)| Stop { recipient: people.enrol(area, dice), ..stop.clone() }).collect()
}

/// A day of eight visits before the break and four after it, two of them to people seen in the morning.
fn random(area: usize, people: &mut People, dice: &mut Dice) -> Vec<Stop> {
    let mut stops = Vec::new();
    let mut morning = MORNING_MINUTES;
    dice.shuffle(&mut morning);
    let mut start = 7 * 60 + 5 * u32::try_from(1 + dice.below(3)).unwrap_or(1);
    for minutes in morning {
        let recipient = people.enrol(area, dice);
        stops.push(stop(recipient, start, minutes, &MORNING, dice));
        start += minutes + 5;
    }
    let mut afternoon = AFTERNOON_MINUTES;
    dice.shuffle(&mut afternoon);
    start = 12 * 60 + 5 * u32::try_from(1 + dice.below(3)).unwrap_or(1);
    for (place, minutes) in afternoon.into_iter().enumerate() {
        let seen = stops.get(place * 3).map(|stop: &Stop| stop.recipient.clone());
        let recipient = seen.filter(|_| place < 2).unwrap_or_else(|| people.enrol(area, dice));
        stops.push(stop(recipient, start, minutes, &AFTERNOON, dice));
        start += minutes + 10;
    }
    stops
}

fn stop(recipient: String, start: u32, minutes: u32, menu: &[(u32, &[&[&'static str]])], dice: &mut Dice) -> Stop {
    let choices = menu.iter().find(|(of, _)| *of == minutes).map(|(_, choices)| *choices).unwrap_or_default();
    let interventions = choices.get(dice.below(choices.len())).map(|codes| codes.to_vec()).unwrap_or_default();
    Stop { recipient, start, minutes, interventions, is_double: false }
}

/// What nobody has yet: the office must find someone.
fn without_staff(people: &mut People, dice: &mut Dice) -> Route {
    let open = [(10 * 60, 30, &["OMV04"][..]), (12 * 60 + 40, 30, &["OMV03", "SRV05"][..])];
    let stops = open.map(|(start, minutes, interventions)| Stop {
        recipient: people.enrol(dice.below(AREAS.len()), dice),
        start,
        minutes,
        interventions: interventions.to_vec(),
        is_double: false,
    });
    Route { carer: None, partner: None, stops: stops.into() }
}

const _: () = assert!(ROUTES < POOL, "everyone needs days off");
