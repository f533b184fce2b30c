//! A small unit at work: its people, those they go to, and what is planned.

use std::sync::Arc;

use anyhow::Result;
use chrono::NaiveDate;
use rundan_model::plan::{Slot, When};
use rundan_model::{DocumentId, Kind, PersonId, Role, Timestamp, UnitId, Zone};
use rundan_server::Server;
use rundan_server::scope::begin_unit;
use rundan_server::store::people;
use rundan_server::{enrol, server};
use serde_json::{Value, json};

use super::handset::{Owner, Place};
use super::seams::Dice;

/// Interventions of every visit; the last is a health task.
pub(crate) const CODES: [&str; 3] = ["OMV01", "OMV04", "HSL01"];
/// Codes of the catalogue that no visit plans.
pub(crate) const EXTRA: &str = "SER02";
/// The cabinets that keys hang in.
pub(crate) const CABINETS: [&str; 2] = ["Skåp 1", "Skåp 2"];
/// A door code that must never be readable in a file or a log.
pub(crate) const DOOR_CODE: &str = "74361928";
/// A name that must never be readable in a file or a log.
pub(crate) const NAME: &str = "Kanariefågel";
/// Mornings to begin on: an ordinary one, two before a clock change, one before a leap day, and the last of a year.
const DATES: [&str; 5] = ["2026-11-23", "2026-03-28", "2026-10-24", "2028-02-28", "2026-12-31"];
/// On which days, counted from the first, a carer has visits: the last two come into the window at midnights.
const VISIT_DAYS: [i64; 8] = [0, 0, 0, 1, 1, 2, 8, 9];

/// A visit as it was first planned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned {
    pub(crate) visit: DocumentId,
    pub(crate) day: i32,
}

/// What is planned.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) recipients: Vec<DocumentId>,
    /// A key to each recipient's home, and one for alarms.
    pub(crate) keys: Vec<DocumentId>,
    pub(crate) visits: Vec<Planned>,
    pub(crate) sheets: Vec<(PersonId, i32, DocumentId)>,
}

/// The morning that a seed begins on.
pub(crate) fn first_morning(dice: &mut Dice) -> Timestamp {
    let date: NaiveDate = dice.one(&DATES).parse().expect("a date");
    Zone.midnight(date).plus_seconds(6 * 3_600 + 30 * 60)
}

/// Begins the unit with its catalogue.
pub(crate) async fn begin(server: &Arc<Server>) -> Result<UnitId> {
    let at_work = Arc::clone(server);
    let catalogue = |group: &str| json!({ "name": "Insats", "group": group });
    let mut plan = vec![(format!("catalogue/{EXTRA}"), catalogue("service"))];
    for (n, code) in CODES.iter().enumerate() {
        let group = if n + 1 == CODES.len() { "health_task" } else { "personal_care" };
        plan.push((format!("catalogue/{code}"), catalogue(group)));
    }
    let work = move |tx: &rusqlite::Connection| {
        let own = server::own_session(tx, &*at_work.random)?;
        Ok(begin_unit(tx, &own, at_work.clock.now(), &*at_work.random, "Exempelenheten", plan)?.0)
    };
    Ok(server.db.write(work).await?)
}

/// Makes a person with a role; the server knows her from then on.
pub(crate) async fn employ(place: &Place, name: &str, role: Role) -> Result<Owner> {
    let (server, given) = (place.host.server(), name.to_owned());
    let (random, now, hers) = (Arc::clone(&place.random), place.clock.time(), role.clone());
    let person = server
        .commit(place.unit, move |commit, own| {
            let person = people::create(commit.connection(), None, &given, &*random)?;
            commit.give_role(person, &hers)?;
            let name = json!({ "given": given, "family": NAME });
            commit.begin(
                own,
                now,
                &*random,
                Kind::Staff,
                vec![("person".to_owned(), json!(person)), ("name".to_owned(), name)],
            )?;
            Ok(person)
        })
        .await?;
    Ok(Owner { name: name.to_owned(), person, role })
}

/// A one-time code for a person.
pub(crate) async fn code(place: &Place, person: PersonId) -> Result<String> {
    let (random, now) = (Arc::clone(&place.random), place.clock.time());
    Ok(place.host.server().db.write(move |tx| enrol::make_code(tx, person, now, &*random)).await?)
}

async fn write(place: &Place, kind: Kind, plan: Vec<(String, Value)>) -> Result<DocumentId> {
    let (server, random, now) = (place.host.server(), Arc::clone(&place.random), place.clock.time());
    let begun = server.commit(place.unit, move |commit, own| Ok(commit.begin(own, now, &*random, kind, plan)?.0));
    Ok(begun.await?)
}

impl Plan {
    /// Plans the unit's days: recipients with their doors, run sheets, visits, some of them for two.
    pub(crate) async fn make(place: &Place, carers: &[PersonId], dice: &mut Dice) -> Result<Self> {
        let mut plan = Self::default();
        for n in 0..4 {
            plan.add_recipient(place, n).await?;
            let recipient = plan.recipients[n];
            plan.add_key(place, recipient, n, "home").await?;
        }
        let recipient = plan.recipients[0];
        plan.add_key(place, recipient, 4, "alarm").await?;
        for carer in carers {
            for day in 0..3 {
                plan.add_sheet(place, *carer, day).await?;
            }
            for day in VISIT_DAYS {
                let partner = *dice.one(carers);
                let staff = if partner != *carer && dice.is(30) { vec![*carer, partner] } else { vec![*carer] };
                plan.add_visit(place, &staff, day, dice).await?;
            }
        }
        Ok(plan)
    }

    async fn add_recipient(&mut self, place: &Place, n: usize) -> Result<()> {
        let recipient = write(
            place,
            Kind::Recipient,
            vec![
                ("name".to_owned(), json!({ "given": format!("Recipient{n}"), "family": NAME })),
                (
                    "address".to_owned(),
                    json!({ "street": "Skidvägen", "number": n.to_string(), "floor": "2 tr", "area": "" }),
                ),
            ],
        );
        let recipient = recipient.await?;
        let door = vec![("recipient".to_owned(), json!(recipient)), ("door-code".to_owned(), json!(DOOR_CODE))];
        write(place, Kind::Access, door).await?;
        self.recipients.push(recipient);
        Ok(())
    }

    async fn add_key(&mut self, place: &Place, recipient: DocumentId, n: usize, kind: &str) -> Result<()> {
        let hangs = json!({ "cabinet": CABINETS[n % CABINETS.len()], "hook": n.to_string() });
        let plan = vec![
            ("tag".to_owned(), json!(format!("V-{n}"))),
            ("kind".to_owned(), json!(kind)),
            ("place".to_owned(), hangs),
            ("copies".to_owned(), json!(1 + n % 2)),
        ];
        let key = write(place, Kind::Key, plan).await?;
        let opens = vec![("key".to_owned(), json!(key)), ("recipient".to_owned(), json!(recipient))];
        write(place, Kind::KeyHome, opens).await?;
        self.keys.push(key);
        Ok(())
    }

    async fn add_sheet(&mut self, place: &Place, carer: PersonId, day: i64) -> Result<()> {
        let start = place.clock.time().plus_seconds(day * 86_400 + 1_800);
        let date = Zone.date(start);
        let sheet = write(
            place,
            Kind::RunSheet,
            vec![
                ("staff".to_owned(), json!(carer)),
                ("date".to_owned(), json!(date)),
                ("shift".to_owned(), json!(When { start, minutes: 540 })),
                ("break".to_owned(), json!(When { start: start.plus_minutes(240), minutes: 30 })),
            ],
        );
        self.sheets.push((carer, rundan_model::Day::of(date).0, sheet.await?));
        Ok(())
    }

    /// Plans a visit on a day counted from today.
    pub(crate) async fn add_visit(
        &mut self,
        place: &Place,
        staff: &[PersonId],
        day: i64,
        dice: &mut Dice,
    ) -> Result<DocumentId> {
        let start = place.clock.time().plus_seconds(day * 86_400 + 1_800 + dice.below(32) as i64 * 900);
        let mut plan = vec![
            ("recipient".to_owned(), json!(dice.one(&self.recipients))),
            ("when".to_owned(), json!(When { start, minutes: 45 })),
        ];
        for (n, person) in staff.iter().enumerate() {
            plan.push((format!("slot/{}", n + 1), json!(Slot { staff: Some(*person), start: None, minutes: None })));
        }
        for (n, code) in CODES.iter().enumerate() {
            plan.push((format!("intervention/{code}"), json!({ "order": n + 1 })));
        }
        let visit = write(place, Kind::Visit, plan).await?;
        self.visits.push(Planned { visit, day: Zone.day(start).0 });
        Ok(visit)
    }
}
