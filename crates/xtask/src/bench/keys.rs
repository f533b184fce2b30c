//! Keys: the office's board, the keys of a round, and a busy key's year.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use rundan_device::Phone;
use rundan_documents::{Document, Edit, Genesis};
use rundan_model::fact::OnBehalf;
use rundan_model::{
    ActionId, ActorId, DocumentId, Fact, FactBody, FactId, KeyUse, Kind, PersonId, Role, Timestamp, VaultId, Zone,
};
use rundan_server::scope::OwnSession;
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
/// A key that four carers a day take and put back.
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
        let body = if n.is_multiple_of(2) { taken() } else { returned() };
        let id = FactId { actor, n: n + 1 };
        let at = last.plus_seconds(-i64::from(count - n) * seconds_between);
        (id, stated((by, person), at, std::mem::replace(&mut after, vec![id]), body))
    };
    (0..count).map(fact).collect()
}

fn taken() -> FactBody {
    FactBody::Taken { cabinet: CABINET.to_owned(), what_for: KeyUse::Round, text: String::new() }
}

fn returned() -> FactBody {
    FactBody::Returned { cabinet: CABINET.to_owned() }
}

/// A fact about a first copy, by who states it and whose act it is.
fn stated((by, person): (PersonId, PersonId), at: Timestamp, after: Vec<FactId>, body: FactBody) -> Fact {
    Fact {
        on_behalf: (person != by).then(|| OnBehalf { person, reason: "mätning".to_owned() }),
        about: Some("1".to_owned()),
        after,
        ..Fact::stated(by, at, ActionId([7; 8]), body)
    }
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

/// Where a key of the board is in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Hanging,
    /// With who goes to the home that it opens.
    Out,
    Lost,
    /// Two say that they took it, and neither knew of the other.
    Disputed,
}

impl End {
    /// Of a thousand keys twenty are lost and ten are disputed, and a third of the carers have those to the homes that
    /// they go to.
    fn of(key: usize, carer: usize) -> Self {
        match (key % 51, key % 102) {
            (2, _) => Self::Lost,
            (_, 80) => Self::Disputed,
            _ if carer.is_multiple_of(3) => Self::Out,
            _ => Self::Hanging,
        }
    }
}

/// What was stated of a key of the board, [`FACTS_OF_KEY`] facts: it was taken and put back in turn, then came its end.
/// `carer` is the place among the carers of who goes to the home that it opens.
fn history(key: usize, carer: usize, now: Timestamp, own: &OwnSession, carers: &[PersonId]) -> Vec<(FactId, Fact)> {
    let person = |place: usize| carers.get(place % carers.len()).copied().unwrap_or(own.person);
    let hour = 3_600;
    let mut facts = series(FACTS_OF_KEY - 2, now.plus_seconds(-hour), hour, |n| {
        (own.actor, own.person, person(carer + n as usize / 2))
    });
    let end = End::of(key, carer);
    let (hers, colleague) = (person(carer), person(carer + 1));
    let (one, other) = match end {
        End::Hanging => ((hers, taken()), (hers, returned())),
        End::Out => ((own.person, FactBody::Counted { cabinet: CABINET.to_owned() }), (hers, taken())),
        End::Lost => ((hers, taken()), (hers, FactBody::Lost { text: String::new() })),
        End::Disputed => ((hers, taken()), (colleague, taken())),
    };
    let before: Vec<FactId> = facts.last().map(|(id, _)| *id).into_iter().collect();
    let id = |n| FactId { actor: own.actor, n };
    let first = id(FACTS_OF_KEY - 1);
    let after_other = if end == End::Disputed { before.clone() } else { vec![first] };
    facts.push((first, stated((own.person, one.0), now.plus_seconds(-hour), before, one.1)));
    let at = now.plus_seconds(-hour / 2);
    facts.push((id(FACTS_OF_KEY), stated((own.person, other.0), at, after_other, other.1)));
    facts
}

/// A unit with 1,000 keys and 200,000 facts.
struct Unit {
    stage: Stage,
    planner: PersonId,
    /// She has a shift with visits and the keys to most of them; one key of hers is disputed.
    carer: PersonId,
    keys: Vec<DocumentId>,
    now: Timestamp,
}

async fn unit_with_keys() -> Result<Unit> {
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
        // The first who goes to a home is the carer of its number.
        let visits = (0..520_u32).filter_map(|n| {
            let carer = carers.get(n as usize % carers.len())?;
            let recipient = recipients.get(n as usize % recipients.len())?;
            Some(visit(*recipient, *carer, of_day.plus_minutes(7 * 60 + n / 80 * 60)))
        });
        stage.plan(sheets.chain(visits).collect()).await?;
    }
    let numbered: Vec<(usize, DocumentId)> = keys.iter().copied().enumerate().collect();
    let homes = recipients.len();
    for some in numbered.chunks(50) {
        let (some, carers) = (some.to_vec(), carers.clone());
        let write = stage.server.commit(stage.unit, move |commit, own| {
            for (n, key) in &some {
                let facts = history(*n, n % homes % carers.len(), now, own, &carers);
                commit.write(own, now, *key, None, &Edit { facts, puts: Vec::new() })?;
            }
            Ok(())
        });
        write.await?;
    }
    let carer = carers.first().copied().context("There is a carer")?;
    Ok(Unit { stage, planner, carer, keys, now })
}

/// The office's board and a key's panel with 1,000 keys and 200,000 facts, and the keys of a carer of that unit.
async fn board() -> Result<Vec<Figure>> {
    let Unit { stage, planner, carer, keys, now } = unit_with_keys().await?;
    let (office, _) = stage.phone(planner).await?;
    let ((), first) = timed(sync(&office)).await?;
    println!("        first sync of an office with 1,000 keys and 200,000 facts: {}", milliseconds(first));
    let board = |filter: &str, text: &str| json!({ "filter": filter, "text": text });
    let shown =
        ask(&office, serde_json::from_value(json!({ "command": "key_board", "args": board("all", "") }))?).await?;
    println!("        of its keys: {}", shown.get("counts").context("The board counts")?);
    let mut figures = Vec::new();
    for (name, command, args) in [
        ("the key board", "key_board", board("needs_office", "")),
        ("the key board, all", "key_board", board("all", "")),
        ("the key board, a search", "key_board", board("all", "skidvägen 12")),
        ("the key board, what will be missing", "key_board", board("missing_ahead", "")),
        ("a key with its history", "key", json!({ "key": keys.first() })),
        ("a cabinet to be counted", "cabinet", json!({ "cabinet": CABINET, "since": now })),
    ] {
        figures.push(asked(&office, name, &json!({ "command": command, "args": args })).await?.1);
    }
    drop(office);
    let (phone, _) = stage.phone(carer).await?;
    let ((), first) = timed(sync(&phone)).await?;
    println!("        first sync of a carer of that unit: {}", milliseconds(first));
    let (shown, figure) = asked(&phone, "a carer's keys", &json!({ "command": "keys", "args": null })).await?;
    let count = |list: &str| shown.get(list).and_then(Value::as_array).map_or(0, Vec::len);
    let [mine, needed, disputed] = ["mine", "needed", "disputed"].map(count);
    println!("        she has {mine} keys, needs {needed} more for her round, and {disputed} of hers are disputed");
    ensure!(mine > 0 && needed > 0 && disputed > 0, "her keys are of every sort");
    figures.push(figure);
    Ok(figures)
}

/// How long a call takes that the page makes, and what it is answered.
async fn asked(phone: &Phone, name: &str, call: &Value) -> Result<(Value, Figure)> {
    let (mut samples, mut answer) = (Vec::new(), Value::Null);
    for _ in 0..ASKED {
        let (answered, took) = timed(ask(phone, serde_json::from_value(call.clone())?)).await?;
        samples.push(took);
        answer = answered;
    }
    let median = quantile(&mut samples, 0.5);
    let what = format!("{name}, 1,000 keys with 200,000 facts");
    Ok((answer, Figure::new(&what, milliseconds(median), "under 50 ms", median.as_secs_f64() < 0.05)))
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
