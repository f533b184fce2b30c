//! Keys: the office's board, the keys of a round, and a busy key's year.

use std::time::Instant;

use anyhow::{Context, Result};
use rundan_documents::{Document, Edit, Genesis};
use rundan_model::fact::OnBehalf;
use rundan_model::{
    ActionId, ActorId, DocumentId, Fact, FactBody, FactId, KeyUse, Kind, PersonId, Role, Timestamp, VaultId, Zone,
};
use rundan_server::seams::{self, Clock};
use serde_json::{Value, json};

use super::stage::{Stage, act, ask, recipient, run_sheet, sync, visit};
use super::tick::{BareStore, find_log, pages_of};
use super::{Figure, milliseconds, quantile, timed};

const KEYS: u32 = 1_000;
const FACTS_OF_KEY: u32 = 200;
const KEYS_OF_ROUND: u32 = 12;
const ROUNDS: usize = 40;
const ASKED: usize = 15;
/// A key that eight carers a day take and put back.
const FACTS_OF_YEAR: u32 = 8 * 365;
pub(super) const CABINET: &str = "Skåp Västertorp";

pub(super) async fn measure() -> Result<Vec<Figure>> {
    let mut figures = vec![busy_year()?];
    figures.extend(board().await?);
    figures.push(round().await?);
    Ok(figures)
}

pub(super) fn plan(n: u32) -> Vec<(String, Value)> {
    let place = json!({ "cabinet": CABINET, "hook": n.to_string() });
    let plan = [("tag", json!(format!("V-{n}"))), ("kind", json!("home")), ("place", place), ("copies", json!(1))];
    plan.into_iter().map(|(register, json)| (register.to_owned(), json)).collect()
}

/// Facts that take and put back the first copy in turn, each after the one before, the last of them some interval
/// before `last`. `who` tells for each who states it, by which session, and whose act it is.
pub(super) fn series(
    count: u32,
    last: Timestamp,
    seconds_between: i64,
    who: impl Fn(u32) -> (ActorId, PersonId, PersonId),
) -> Vec<(FactId, Fact)> {
    let mut after = Vec::new();
    let fact = |n: u32| {
        let (actor, by, person) = who(n);
        let cabinet = CABINET.to_owned();
        let body = if n.is_multiple_of(2) {
            FactBody::Taken { cabinet, what_for: KeyUse::Round, text: String::new() }
        } else {
            FactBody::Returned { cabinet }
        };
        let id = FactId { actor, n: n + 1 };
        let at = last.plus_seconds(-i64::from(count - n) * seconds_between);
        let fact = Fact {
            on_behalf: (person != by).then(|| OnBehalf { person, reason: "mätning".to_owned() }),
            about: Some("1".to_owned()),
            after: std::mem::replace(&mut after, vec![id]),
            ..Fact::stated(by, at, ActionId([7; 8]), body)
        };
        (id, fact)
    };
    (0..count).map(fact).collect()
}

/// Loading and deriving a key that saw this in a year: beyond 10 ms it would need a document that follows on.
fn busy_year() -> Result<Figure> {
    let carers: Vec<PersonId> = (1..=30).map(|n| PersonId([n; 8])).collect();
    let genesis = Genesis { kind: Kind::Key, nonce: [7; 16], plan: plan(1) };
    let office = ActorId::new(VaultId([99; 8]), [0; 8]);
    let (mut document, _) = Document::begin(office, Timestamp(1), &genesis)?;
    let stated = series(FACTS_OF_YEAR, Timestamp(1_811_536_000), 10_800, |n| {
        let carer = carers.get(n as usize / 2 % carers.len()).copied().unwrap_or(PersonId([1; 8]));
        (ActorId::new(VaultId(carer.0), [1; 8]), carer, carer)
    });
    for (id, fact) in stated {
        document.write(id.actor, fact.at, &Edit { facts: vec![(id, fact)], puts: Vec::new() })?;
    }
    let saved = document.save();
    let (mut loads, mut derives) = (Vec::new(), Vec::new());
    for _ in 0..ASKED {
        let from = Instant::now();
        let document = Document::load(&saved)?;
        loads.push(from.elapsed());
        let content = document.content();
        let from = Instant::now();
        std::hint::black_box(rundan_model::key::key(&content));
        derives.push(from.elapsed());
    }
    let (load, derive) = (quantile(&mut loads, 0.5), quantile(&mut derives, 0.5));
    let what = format!("a busy key's year ({FACTS_OF_YEAR} facts, {})", super::kilobytes(saved.len()));
    let value = format!("{} to load, {} to derive", milliseconds(load), milliseconds(derive));
    Ok(Figure::new(&what, value, "loaded in under 10 ms", load.as_secs_f64() < 0.01))
}

/// The office's board and a key's panel with 1,000 keys and 200,000 facts.
async fn board() -> Result<Vec<Figure>> {
    let stage = Stage::open().await?;
    let carers = stage.people(80, Role::Carer).await?;
    let planner = stage.people(1, Role::Planner).await?.first().copied().context("There is a planner")?;
    let recipients = stage.plan((0..300).map(recipient).collect()).await?;
    let keys = stage.plan((0..KEYS).map(|n| (Kind::Key, plan(n))).collect()).await?;
    let home = |(n, key): (usize, &DocumentId)| {
        let recipient = recipients.get(n % recipients.len());
        (Kind::KeyHome, vec![("key".to_owned(), json!(key)), ("recipient".to_owned(), json!(recipient))])
    };
    stage.plan(keys.iter().enumerate().map(home).collect()).await?;
    let now = seams::SystemClock.now();
    let midnight = Zone.midnight(Zone.date(now));
    for day in 0..4 {
        let of_day = midnight.plus_minutes(day * 24 * 60);
        let sheets = carers.iter().map(|carer| run_sheet(*carer, of_day));
        let visits = (0..520_u32).filter_map(|n| {
            let carer = carers.get(n as usize % carers.len())?;
            let recipient = recipients.get(n as usize % recipients.len())?;
            Some(visit(*recipient, *carer, of_day.plus_minutes(7 * 60 + n / 80 * 60)))
        });
        stage.plan(sheets.chain(visits).collect()).await?;
    }
    for some in keys.chunks(50) {
        let (some, carers) = (some.to_vec(), carers.clone());
        let write = stage.server.commit(stage.unit, move |commit, own| {
            for key in &some {
                let facts = series(FACTS_OF_KEY, now, 3_600, |n| {
                    let carer = carers.get(n as usize / 2 % carers.len()).copied();
                    (own.actor, own.person, carer.unwrap_or(own.person))
                });
                commit.write(own, now, *key, None, &Edit { facts, puts: Vec::new() })?;
            }
            Ok(())
        });
        write.await?;
    }
    let (office, _) = stage.phone(planner).await?;
    let ((), first) = timed(sync(&office)).await?;
    println!("        first sync of an office with 1,000 keys and 200,000 facts: {}", milliseconds(first));
    let mut figures = Vec::new();
    let board = |filter: &str, text: &str| json!({ "filter": filter, "text": text });
    for (name, command, args) in [
        ("the key board", "key_board", board("needs_office", "")),
        ("the key board, all", "key_board", board("all", "")),
        ("the key board, a search", "key_board", board("all", "skidvägen 12")),
        ("the key board, what will be missing", "key_board", board("missing_ahead", "")),
        ("a key with its history", "key", json!({ "key": keys.first() })),
        ("a cabinet to be counted", "cabinet", json!({ "cabinet": CABINET, "since": now })),
        ("a carer's keys", "keys", Value::Null),
    ] {
        let mut samples = Vec::new();
        for _ in 0..ASKED {
            let command = serde_json::from_value(json!({ "command": command, "args": args }))?;
            samples.push(timed(ask(&office, command)).await?.1);
        }
        let median = quantile(&mut samples, 0.5);
        let what = format!("{name}, 1,000 keys with 200,000 facts");
        figures.push(Figure::new(&what, milliseconds(median), "under 50 ms", median.as_secs_f64() < 0.05));
    }
    Ok(figures)
}

/// Taking the keys of a round in one press, beside a bare commit of as many pages.
async fn round() -> Result<Figure> {
    let stage = Stage::open().await?;
    let carer = stage.people(1, Role::Carer).await?.first().copied().context("There is a carer")?;
    let recipients = stage.plan((0..12).map(recipient).collect()).await?;
    let keys = stage.plan((0..KEYS_OF_ROUND).map(|n| (Kind::Key, plan(n))).collect()).await?;
    let home = |(key, recipient): (&DocumentId, &DocumentId)| {
        (Kind::KeyHome, vec![("key".to_owned(), json!(key)), ("recipient".to_owned(), json!(recipient))])
    };
    stage.plan(keys.iter().zip(&recipients).map(home).collect()).await?;
    let midnight = Zone.midnight(Zone.date(seams::SystemClock.now()));
    let visits = recipients.iter().zip(0..).map(|(it, n)| visit(*it, carer, midnight.plus_minutes(420 + n * 40)));
    stage.plan(visits.chain([run_sheet(carer, midnight)]).collect()).await?;
    let (phone, _) = stage.phone(carer).await?;
    sync(&phone).await?;
    let mut bare_store = BareStore::open(stage.directory())?;
    let log = find_log(&stage.directory_of(carer))?;
    let copies: Vec<Value> = keys.iter().map(|key| json!({ "key": key, "copy": 1 })).collect();
    let take = json!({ "do": "take_keys", "keys": copies, "what_for": "round", "alarm": null, "text": "" });
    let put_back = json!({ "do": "return_keys", "keys": copies, "cabinet": CABINET });
    let (mut taken, mut bare) = (Vec::new(), Vec::new());
    let (mut pages, mut counted) = (0, 0);
    for _ in 0..ROUNDS {
        let before = std::fs::metadata(&log)?.len();
        let from = Instant::now();
        act(&phone, take.clone()).await?;
        taken.push(from.elapsed());
        if let Some(written) = pages_of(before, std::fs::metadata(&log)?.len()) {
            pages += written;
            counted += 1;
        }
        bare.push(bare_store.commit(pages.checked_div(counted).unwrap_or(1))?);
        act(&phone, put_back.clone()).await?;
        sync(&phone).await?;
    }
    if let Some(first) = taken.first() {
        println!(
            "        taking the 12 keys of a round for the first time since the app's start: {}",
            milliseconds(*first)
        );
    }
    let (take, limit) = (quantile(&mut taken, 0.5), quantile(&mut bare, 0.5));
    let ratio = take.as_secs_f64() / limit.as_secs_f64();
    let value = format!("{} ({ratio:.2}x of {})", milliseconds(take), milliseconds(limit));
    let goal = format!("within 3x of a bare commit of as many pages ({})", pages / counted.max(1));
    Ok(Figure::new("taking the 12 keys of a round until durable, p50", value, &goal, ratio <= 3.0))
}
