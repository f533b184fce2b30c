//! The tables that lists and boards read, made of documents: in the same transaction, and rebuilt with the same
//! result. Each row holds the derived thing whole, as JSON of the model's type.

use std::collections::BTreeMap;

use rundan_model::custody::Certainty;
use rundan_model::incident::{draft, incident};
use rundan_model::key::{Key, key, key_home};
use rundan_model::recipient::{Recipient, access, recipient};
use rundan_model::refused::refused;
use rundan_model::run_sheet::{key_notes, run_sheet};
use rundan_model::staff::staff;
use rundan_model::unit::unit;
use rundan_model::visit::{Clash, Visit, visit};
use rundan_model::{Content, Day, DocumentId, FactId, Kind, PersonId, Timestamp, Zone};
use rusqlite::{Transaction, params};

use super::{Held, StoreError};

/// The version of what is projected: raised whenever a row would come out otherwise.
pub(crate) const VERSION: i64 = 7;

/// The tables that are projections, each with one or more rows for a document: they can be made of documents anew.
pub const PROJECTIONS: [&str; 16] = [
    "visit",
    "visit_person",
    "board_visit",
    "run_sheet",
    "recipient",
    "recipient_name",
    "access",
    "staff",
    "unit",
    "incident",
    "draft",
    "refused",
    "key",
    "key_copy",
    "key_home",
    "key_note",
];

/// Projects a document anew: with its pending changes, as the person sees it. A document that left is taken out.
pub(crate) fn project(tx: &Transaction<'_>, id: DocumentId) -> Result<(), StoreError> {
    match Held::load(tx, id)? {
        Some(held) => project_content(tx, id, &held.document.content()),
        None => clear(tx, id),
    }
}

/// Projects content that is at hand.
pub(crate) fn project_content(tx: &Transaction<'_>, id: DocumentId, content: &Content) -> Result<(), StoreError> {
    match content.kind {
        Kind::Visit => put_visit(tx, id, &visit(content)),
        Kind::RunSheet => put_run_sheet(tx, id, content),
        Kind::Recipient => put_recipient(tx, id, &recipient(content)),
        Kind::Access => put_access(tx, id, content),
        Kind::Staff => put_staff(tx, id, content),
        Kind::Unit => {
            tx.prepare_cached("INSERT OR REPLACE INTO unit (document, json) VALUES (?1, ?2)")?
                .execute(params![id.as_bytes(), serde_json::to_string(&unit(content))?])?;
            Ok(())
        }
        Kind::Incident => put_incident(tx, id, content),
        Kind::Draft => put_draft(tx, id, content),
        Kind::Refused => put_refused(tx, id, content),
        Kind::Key => put_key(tx, id, key(content)),
        Kind::KeyHome => put_key_home(tx, id, content),
        Kind::UnitOffice | Kind::Decision | Kind::Unknown(_) => Ok(()),
    }
}

/// Takes a document out of every projection.
pub(crate) fn clear(tx: &Transaction<'_>, id: DocumentId) -> Result<(), StoreError> {
    for table in PROJECTIONS {
        tx.prepare_cached(&format!("DELETE FROM {table} WHERE document = ?1"))?.execute([id.as_bytes()])?;
    }
    Ok(())
}

/// Makes every projection anew.
pub(crate) fn rebuild(tx: &Transaction<'_>) -> Result<(), StoreError> {
    for table in PROJECTIONS {
        tx.execute(&format!("DELETE FROM {table}"), [])?;
    }
    let ids: Vec<Vec<u8>> = {
        let mut query = tx.prepare("SELECT document FROM document WHERE state <> 'broken' ORDER BY document")?;
        let rows = query.query_map([], |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    for id in ids {
        project(tx, DocumentId::try_from(id.as_slice())?)?;
    }
    Ok(())
}

/// Text as search compares it: lower case, without the marks that a hurried thumb leaves out.
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .map(|c| match c {
            'å' | 'ä' | 'á' | 'à' => 'a',
            'ö' | 'ó' | 'ø' => 'o',
            'é' | 'è' | 'ë' => 'e',
            'ü' | 'ú' => 'u',
            other => other,
        })
        .collect()
}

fn put_visit(tx: &Transaction<'_>, id: DocumentId, visit: &Visit) -> Result<(), StoreError> {
    let start = visit.when.map(|when| when.start).or(visit.begun.as_ref().map(|begun| begun.stated.at));
    let day = start.map(|start| Zone.day(start));
    let needs_office = !visit.clashes.is_empty()
        || !visit.disputes.is_empty()
        || !visit.oddities.is_empty()
        || !visit.not_carried_out.is_empty()
        || visit.late.is_some();
    // An update touches only the indexes of what changed; a replacement would write them all.
    tx.prepare_cached(
        "INSERT INTO visit (document, day, start, minutes, recipient, is_late, needs_office, json)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (document) DO UPDATE SET day = excluded.day, start = excluded.start, minutes = excluded.minutes,
             recipient = excluded.recipient, is_late = excluded.is_late, needs_office = excluded.needs_office,
             json = excluded.json",
    )?
    .execute(params![
        id.as_bytes(),
        day.map(|day| day.0),
        start.map(|start| start.0),
        visit.when.map_or(0, |when| when.minutes),
        visit.recipient.map(|recipient| recipient.0),
        visit.late.is_some(),
        needs_office,
        serde_json::to_string(visit)?,
    ])?;
    put_board_visit(tx, id, start, visit)?;
    put_visit_people(tx, id, day, visit)
}

/// Projects who a visit is planned for or worked by. The same people on the same day write nothing.
fn put_visit_people(tx: &Transaction<'_>, id: DocumentId, day: Option<Day>, visit: &Visit) -> Result<(), StoreError> {
    let mut people = BTreeMap::new();
    if let Some(day) = day {
        let begun = visit.begun.iter().map(|begun| begun.stated.by);
        let worked = visit.times.keys().copied().chain(begun).map(|person| (person, false));
        let is_on = visit.cancelled.is_none();
        for (person, is_planned) in worked.chain(visit.staff().map(|person| (person, is_on))) {
            people.insert(person.0, (day.0, visit.start_for(person).unwrap_or_default().0, is_planned));
        }
    }
    let known: BTreeMap<[u8; PersonId::BYTES], (i32, i64, bool)> = {
        let mut query =
            tx.prepare_cached("SELECT person, day, start, is_planned FROM visit_person WHERE document = ?1")?;
        let rows =
            query.query_map([id.as_bytes()], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?))))?;
        rows.collect::<Result<_, _>>()?
    };
    if known == people {
        return Ok(());
    }
    tx.prepare_cached("DELETE FROM visit_person WHERE document = ?1")?.execute([id.as_bytes()])?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO visit_person (person, day, document, start, is_planned) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (person, (day, start, is_planned)) in people {
        insert.execute(params![person, day, id.as_bytes(), start, is_planned])?;
    }
    Ok(())
}

/// Projects a visit for the board. What does not change its block writes nothing.
fn put_board_visit(
    tx: &Transaction<'_>,
    id: DocumentId,
    start: Option<Timestamp>,
    visit: &Visit,
) -> Result<(), StoreError> {
    let Some(start) = start else {
        tx.prepare_cached("DELETE FROM board_visit WHERE document = ?1")?.execute([id.as_bytes()])?;
        return Ok(());
    };
    let day = Zone.day(start);
    tx.prepare_cached("DELETE FROM board_visit WHERE document = ?1 AND (day <> ?2 OR start <> ?3)")?
        .execute(params![id.as_bytes(), day.0, start.0])?;
    tx.prepare_cached(
        "INSERT INTO board_visit (day, start, document, recipient, json) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (day, start, document) DO UPDATE SET recipient = excluded.recipient, json = excluded.json
             WHERE recipient IS NOT excluded.recipient OR json <> excluded.json",
    )?
    .execute(params![
        day.0,
        start.0,
        id.as_bytes(),
        visit.recipient.map(|recipient| recipient.0),
        serde_json::to_string(&on_board(visit))?,
    ])?;
    Ok(())
}

/// A visit without what the board does not show: interventions, notes, words, and who read what else.
fn on_board(visit: &Visit) -> Visit {
    let is_shown = |fact: &FactId| {
        let late = visit.late.iter().map(|late| late.stated.fact);
        let said = visit.not_carried_out.iter().map(|said| said.stated.fact);
        late.chain(said).chain(visit.decisions.iter().map(|it| it.stated.fact)).any(|shown| shown == *fact)
    };
    let clash = |clash: &Clash| Clash { register: clash.register.clone(), values: Vec::new() };
    Visit {
        recipient: visit.recipient,
        when: visit.when,
        slots: visit.slots.clone(),
        cancelled: visit.cancelled.clone(),
        begun: visit.begun.clone(),
        times: visit.times.clone(),
        items: Vec::new(),
        notes: Vec::new(),
        not_carried_out: visit.not_carried_out.clone(),
        late: visit.late.clone(),
        reads: visit.reads.iter().filter(|(fact, _)| is_shown(fact)).copied().collect(),
        clashes: visit.clashes.iter().map(clash).collect(),
        disputes: visit.disputes.clone(),
        decisions: visit.decisions.clone(),
        oddities: visit.oddities.clone(),
    }
}

fn put_recipient(tx: &Transaction<'_>, id: DocumentId, recipient: &Recipient) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO recipient (document, name, json) VALUES (?1, ?2, ?3)")?
        .execute(params![id.as_bytes(), fold(&recipient.name.full()), serde_json::to_string(recipient)?])?;
    tx.prepare_cached("INSERT OR REPLACE INTO recipient_name (document, shown, called) VALUES (?1, ?2, ?3)")?
        .execute(params![id.as_bytes(), recipient.name.shown(), recipient.name.called()])?;
    Ok(())
}

fn put_run_sheet(tx: &Transaction<'_>, id: DocumentId, content: &Content) -> Result<(), StoreError> {
    let sheet = run_sheet(content);
    let (Some(day), Some(person)) = (sheet.day, sheet.staff) else { return clear(tx, id) };
    tx.prepare_cached("INSERT OR REPLACE INTO run_sheet (document, day, person, json) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id.as_bytes(), day.0, person.as_bytes(), serde_json::to_string(&sheet)?])?;
    tx.prepare_cached("DELETE FROM key_note WHERE document = ?1")?.execute([id.as_bytes()])?;
    for note in key_notes(content) {
        tx.prepare_cached("INSERT INTO key_note (document, fact, at, key, json) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                id.as_bytes(),
                note.stated.fact.to_string(),
                note.stated.at.0,
                note.key.map(|key| key.0),
                serde_json::to_string(&note)?,
            ])?;
    }
    Ok(())
}

fn put_access(tx: &Transaction<'_>, id: DocumentId, content: &Content) -> Result<(), StoreError> {
    let access = access(content);
    let Some(recipient) = access.recipient else { return clear(tx, id) };
    tx.prepare_cached("INSERT OR REPLACE INTO access (document, recipient, json) VALUES (?1, ?2, ?3)")?
        .execute(params![id.as_bytes(), recipient.as_bytes(), serde_json::to_string(&access)?])?;
    Ok(())
}

fn put_staff(tx: &Transaction<'_>, id: DocumentId, content: &Content) -> Result<(), StoreError> {
    let staff = staff(content);
    let Some(person) = staff.person else { return clear(tx, id) };
    tx.prepare_cached("INSERT OR REPLACE INTO staff (document, person, json) VALUES (?1, ?2, ?3)")?
        .execute(params![id.as_bytes(), person.as_bytes(), serde_json::to_string(&staff)?])?;
    Ok(())
}

fn put_incident(tx: &Transaction<'_>, id: DocumentId, content: &Content) -> Result<(), StoreError> {
    let Some(incident) = incident(content) else { return clear(tx, id) };
    let author = incident.submitted.by;
    let is_read = incident.reads.iter().any(|(_, reader)| reader.by != author);
    tx.prepare_cached(
        "INSERT OR REPLACE INTO incident (document, at, author, is_read, json) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        id.as_bytes(),
        incident.submitted.at.0,
        author.as_bytes(),
        is_read,
        serde_json::to_string(&incident)?,
    ])?;
    Ok(())
}

fn put_draft(tx: &Transaction<'_>, id: DocumentId, content: &Content) -> Result<(), StoreError> {
    let draft = draft(content);
    let at = draft.versions.first().map_or(0, |(stated, _)| stated.at.0);
    tx.prepare_cached("INSERT OR REPLACE INTO draft (document, at, is_closed, json) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id.as_bytes(), at, draft.is_closed, serde_json::to_string(&draft)?])?;
    Ok(())
}

fn put_refused(tx: &Transaction<'_>, id: DocumentId, content: &Content) -> Result<(), StoreError> {
    let Some(refused) = refused(content) else { return clear(tx, id) };
    tx.prepare_cached("INSERT OR REPLACE INTO refused (document, at, is_open, json) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            id.as_bytes(),
            refused.work.received_at.0,
            refused.decision.is_none(),
            serde_json::to_string(&refused)?,
        ])?;
    Ok(())
}

/// Projects a key, with of each copy's history no more than how it came to where it is.
fn put_key(tx: &Transaction<'_>, id: DocumentId, mut key: Key) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM key_copy WHERE document = ?1")?.execute([id.as_bytes()])?;
    for copy in &mut key.copies {
        copy.custody.series = copy.recent().to_vec();
        let sides = match &copy.custody.certainty {
            Certainty::Disputed(sides) => sides.iter().map(|side| side.by).collect(),
            Certainty::Certain | Certainty::OrderUnclear => copy.custody.place.holders(),
        };
        for person in sides {
            tx.prepare_cached("INSERT OR IGNORE INTO key_copy (document, copy, person) VALUES (?1, ?2, ?3)")?
                .execute(params![id.as_bytes(), copy.number, person.as_bytes()])?;
        }
    }
    tx.prepare_cached(
        "INSERT INTO key (document, tag, cabinet, json) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (document) DO UPDATE SET tag = excluded.tag, cabinet = excluded.cabinet, json = excluded.json",
    )?
    .execute(params![id.as_bytes(), key.tag, key.place.cabinet, serde_json::to_string(&key)?])?;
    Ok(())
}

fn put_key_home(tx: &Transaction<'_>, id: DocumentId, content: &Content) -> Result<(), StoreError> {
    let home = key_home(content);
    // Of a home that is not opened any more what was signed stays.
    let Some(key) = home.key.filter(|_| home.recipient.is_some() || !home.receipts.is_empty()) else {
        return clear(tx, id);
    };
    tx.prepare_cached("INSERT OR REPLACE INTO key_home (document, key, recipient, json) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            id.as_bytes(),
            key.as_bytes(),
            home.recipient.map(|recipient| recipient.0),
            serde_json::to_string(&home)?
        ])?;
    Ok(())
}
