//! Files that are damaged: never shown as other than what was written, moved aside and fetched anew; never a panic.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rundan_device::api::ErrorCode;
use serde_json::{Value, json};

use crate::crashes::{Side, State, fresh_folder};
use rundan_tests::files::copy;

use crate::failing::{closed, count_panics, day_of_work, panics, runtime};
use crate::stage::{Cast, Handset, PHONE_FOLDER, Stage, Wire, open_phone};

/// The size of a page.
const PAGE_BYTES: usize = 4_096;
/// How far apart two damages to a write-ahead log are.
const LOG_STEP_BYTES: usize = 4_096;

/// One damage.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Bit(usize),
    Zeros { from: usize, bytes: usize },
    End(usize),
}

impl Damage {
    fn strike(self, bytes: &mut Vec<u8>) {
        match self {
            Self::Bit(bit) => bytes[bit / 8] ^= 1 << (bit % 8),
            Self::Zeros { from, bytes: length } => {
                let end = bytes.len().min(from + length);
                bytes[from..end].fill(0);
            }
            Self::End(end) => bytes.truncate(end),
        }
    }
}

/// One bit, all and the rest of each stretch of a file.
fn damages(length: usize, step: usize) -> impl Iterator<Item = Damage> {
    let mut chance = ChaCha8Rng::seed_from_u64(5);
    (0..length).step_by(step).flat_map(move |from| {
        let bytes = step.min(length - from);
        let bit = from * 8 + chance.next_u32() as usize % (bytes * 8);
        [Damage::Bit(bit), Damage::Zeros { from, bytes }, Damage::End(from)]
    })
}

fn vault_file(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder.join(PHONE_FOLDER)).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "rundan")).last().unwrap()
}

/// What a carer's screens ask for that comes from documents, and what she has typed.
async fn looked_at(handset: &Handset, cast: &Cast) -> Vec<Result<Value, ErrorCode>> {
    let mut asked = vec![
        ("day", json!({ "date": null })),
        ("recipient", json!({ "recipient": cast.recipient })),
        ("find_recipient", json!({ "text": "Maj" })),
        ("catalogue", Value::Null),
        ("my_incidents", Value::Null),
        ("kept_text", json!({ "place": place(cast) })),
    ];
    asked.extend(cast.visits.iter().map(|visit| ("visit", json!({ "visit": visit }))));
    let mut answers = Vec::new();
    for (command, args) in asked {
        answers.push(handset.call(command, args).await.map_err(|error| error.code));
    }
    answers
}

/// Where she types something that is still to be said.
fn place(cast: &Cast) -> Value {
    json!({ "what": "cancellation", "document": cast.visits[2], "about": "" })
}

/// How many notes she writes at one visit without a network: enough for several pages.
const NOTES: usize = 40;

/// A phone that has worked without a network and was closed, and its server.
fn worked() -> (tempfile::TempDir, Cast) {
    let (closed, cast) = closed();
    runtime().block_on(async {
        let handset = open_phone(closed.path(), &Wire::default(), 51).await;
        for intent in day_of_work(&cast) {
            handset.act(intent).await.unwrap();
        }
        for n in 0..NOTES {
            let note = json!({ "do": "write_note", "visit": cast.visits[2], "text": format!("Anteckning {n}.") });
            handset.act(note).await.unwrap();
        }
        handset.call("keep_text", json!({ "place": place(&cast), "text": "Hon är på" })).await.unwrap();
    });
    (closed, cast)
}

/// Every change of the phone's that the server has.
fn delivered(folder: &Path, cast: &Cast) -> i64 {
    let database = Side::Server.database(folder).unwrap();
    let count = "SELECT count(*) FROM change WHERE person = ?1";
    database.query_row(count, [cast.anna.0], |row| row.get(0)).unwrap()
}

/// The notes that a visit shows, in a fixed order.
fn notes(visit: &Result<Value, ErrorCode>) -> Vec<String> {
    let notes = visit.as_ref().unwrap()["notes"].as_array().unwrap().iter();
    let mut texts: Vec<String> = notes.map(|note| note["text"].as_str().unwrap().to_owned()).collect();
    texts.sort_unstable();
    texts
}

/// What screens show, but for what only this phone knew and that is no work: which changes of the plan she has read,
/// and when she last saved something.
fn gist(mut shown: Value) -> Value {
    match &mut shown {
        Value::Object(fields) => {
            for own in ["changes", "change", "mark", "saved_at"] {
                fields.remove(own);
            }
            fields.values_mut().for_each(|field| *field = gist(field.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = gist(item.take())),
        _ => {}
    }
    shown
}

fn gists(shown: &[Result<Value, ErrorCode>]) -> Vec<Result<Value, ErrorCode>> {
    shown.iter().map(|shown| shown.clone().map(gist)).collect()
}

/// Brings phone and server together.
async fn sync(stage: &Stage) -> Value {
    for _ in 0..3 {
        stage.handset.phone.sync().await.unwrap();
    }
    let sync = stage.handset.call("sync", Value::Null).await.unwrap();
    assert_eq!((&sync["chip"]["unsent"], &sync["problem"]), (&json!(0), &Value::Null), "{sync}");
    sync
}

/// The files of a phone with their bytes, but for its keys.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder.join(PHONE_FOLDER)).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.path().is_file());
    files.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

/// What became of a phone whose file was damaged.
enum Became {
    /// Nobody noticed.
    Sound,
    /// It was mended, and so much that was not sent could not be read.
    Mended { lost: Option<u64> },
    /// It cannot be read whose it is.
    Closed,
}

/// Opens a phone with a damaged file and its server, and lets them sync. What it had not sent must arrive once, but for
/// what it says it could not read.
async fn mends(
    folder: &Path,
    cast: &Cast,
    damaged: &[u8],
    whole: usize,
    sound: &[Result<Value, ErrorCode>],
    all: i64,
) -> Became {
    let stage = Stage::open(folder, cast.clone(), 61).await;
    let first = looked_at(&stage.handset, cast).await;
    if let Err(error) = &first[0] {
        assert!(matches!(error, ErrorCode::Damaged | ErrorCode::KeyMissing | ErrorCode::NotEnrolled), "{error:?}");
        // In an empty file there is nothing to keep.
        assert!(damaged.is_empty() || files(folder).values().any(|bytes| bytes == damaged), "a damaged file is gone");
        stage.enrol_and_sync().await;
        return Became::Closed;
    }
    let sync = sync(&stage).await;
    let app = stage.handset.call("app", Value::Null).await.unwrap();
    let now = looked_at(&stage.handset, cast).await;
    let Some(mended) = app["vaults"][0]["mended"].get(0) else {
        assert_eq!((now.as_slice(), delivered(folder, cast)), (sound, all));
        return Became::Sound;
    };
    // What was noticed late was also written to.
    let aside = files(folder).into_iter().find(|(name, _)| name.contains(".damaged-") && !name.ends_with("-wal"));
    assert!(aside.is_some_and(|(_, bytes)| bytes.len() >= damaged.len()), "the damaged file is not kept");
    let lost = mended["lost"].as_u64();
    // One page has a change or the words that she asked with; the end of a file may have had both.
    let is_much = damaged.len() < whole;
    let refused = sync["items"].as_array().unwrap().iter().filter(|item| item["delivery"] == "refused");
    let refused: Vec<&str> = refused.map(|item| item["text"].as_str().unwrap()).collect();
    if lost == Some(0) {
        assert_eq!((gists(&now), delivered(folder, cast)), (gists(sound), all));
        assert_eq!(refused, Vec::<&str>::new());
        return Became::Mended { lost };
    }
    // No note is there twice, and one that is not there was told of.
    let (there, wrote) = (notes(&now[8]), notes(&sound[8]));
    let missing: Vec<&String> = wrote.iter().filter(|note| !there.contains(note)).collect();
    assert_eq!(there.len() + missing.len(), wrote.len(), "a note is there twice");
    if let Some(lost) = lost {
        assert!(missing.len() <= lost as usize, "{missing:?} of {lost}");
        let is_told = missing.iter().all(|note| refused.contains(&note.as_str()));
        assert!(is_told || is_much, "{missing:?}: {refused:?}");
    }
    Became::Mended { lost }
}

#[test]
fn a_damaged_file_is_moved_aside_and_what_was_not_sent_arrives_once() {
    count_panics();
    let (worked, cast) = worked();
    let runtime = runtime();
    let control = fresh_folder();
    copy(worked.path(), control.path()).unwrap();
    let sound = runtime.block_on(async {
        let stage = Stage::open(control.path(), cast.clone(), 61).await;
        sync(&stage).await;
        looked_at(&stage.handset, &cast).await
    });
    assert!(sound.iter().all(Result::is_ok));
    let all = delivered(control.path(), &cast);
    let file = vault_file(worked.path());
    let (name, whole) = (file.strip_prefix(worked.path()).unwrap(), std::fs::read(&file).unwrap());
    let (mut tried, mut closed, mut mended, mut lossy, mut unknown) = (0, 0, 0, 0, 0);
    for damage in damages(whole.len(), PAGE_BYTES) {
        let folder = fresh_folder();
        copy(worked.path(), folder.path()).unwrap();
        let mut bytes = whole.clone();
        damage.strike(&mut bytes);
        std::fs::write(folder.path().join(name), &bytes).unwrap();
        println!("{damage:?}");
        match runtime.block_on(mends(folder.path(), &cast, &bytes, whole.len(), &sound, all)) {
            Became::Sound => {}
            Became::Mended { lost } => {
                mended += 1;
                lossy += usize::from(lost != Some(0));
                unknown += usize::from(lost.is_none());
            }
            Became::Closed => closed += 1,
        }
        tried += 1;
    }
    println!(
        "{tried} damages: {mended} mended, {lossy} of them with a loss, {unknown} of them uncounted; {closed} closed"
    );
    assert!(mended > 0 && lossy > 0 && closed > 0);
    assert_eq!(panics(), 0);
}

#[test]
fn a_kill_anywhere_in_the_moving_aside_loses_nothing() {
    count_panics();
    let (worked, cast) = worked();
    let file = vault_file(worked.path());
    let whole = std::fs::read(&file).unwrap();
    let runtime = runtime();
    let name = file.file_name().unwrap().to_str().unwrap();
    let stem = file.file_stem().unwrap().to_str().unwrap();
    // A page that is read at the start: not every one is.
    let noticed = (1..whole.len() / PAGE_BYTES).rev().find_map(|page| {
        let mut bytes = whole.clone();
        Damage::Zeros { from: page * PAGE_BYTES, bytes: PAGE_BYTES }.strike(&mut bytes);
        std::fs::write(&file, &bytes).unwrap();
        let folder = fresh_folder();
        copy(worked.path(), folder.path()).unwrap();
        let sound = runtime.block_on(async {
            let handset = open_phone(folder.path(), &Wire::default(), 61).await;
            looked_at(&handset, &cast).await
        });
        let moved = files(folder.path());
        let aside = moved.keys().find(|name| name.contains(".damaged-"))?.clone();
        Some((bytes, sound, moved, aside))
    });
    let (bytes, sound, moved, aside) = noticed.expect("it was mended");
    let stamp = aside.split('-').next_back().unwrap();
    let mended = moved[name].clone();
    // The log is moved with its file. What is in it here is read by nobody.
    let log = b"a log".to_vec();
    let (fresh, half) = (format!("{stem}.mended-{stamp}"), format!("{stem}.new"));
    let (log_before, log_aside) = (format!("{name}-wal"), format!("{aside}-wal"));
    let places = [
        vec![(name, &bytes), (half.as_str(), &bytes)],
        vec![(name, &bytes), (&log_before, &log), (&fresh, &mended)],
        vec![(name, &bytes), (&log_aside, &log), (&fresh, &mended)],
        vec![(aside.as_str(), &bytes), (&log_aside, &log), (&fresh, &mended)],
        vec![(aside.as_str(), &bytes), (&log_aside, &log), (name, &mended)],
    ];
    for (n, place) in places.into_iter().enumerate() {
        let killed = fresh_folder();
        copy(worked.path(), killed.path()).unwrap();
        std::fs::remove_file(killed.path().join(PHONE_FOLDER).join(name)).unwrap();
        for (name, bytes) in place {
            std::fs::write(killed.path().join(PHONE_FOLDER).join(name), bytes).unwrap();
        }
        let opened = runtime.block_on(async {
            let handset = open_phone(killed.path(), &Wire::default(), 61).await;
            looked_at(&handset, &cast).await
        });
        assert_eq!(opened, sound, "killed at {n}");
        let left = files(killed.path());
        assert_eq!(left.get(&aside), Some(&bytes), "killed at {n}");
        let left_log = left.get(&log_aside).filter(|log| !log.is_empty());
        assert_eq!(left_log, (n > 0).then_some(&log), "killed at {n}");
        assert!(!left.keys().any(|name| name.ends_with(".new") || name.contains(".mended-")), "killed at {n}");
    }
    assert_eq!(panics(), 0);
}

#[test]
fn a_damaged_write_ahead_log_ends_before_the_damage_at_a_whole_action() {
    count_panics();
    let (closed, cast) = closed();
    let at_work = fresh_folder();
    let runtime = runtime();
    let states: Vec<State> = runtime.block_on(async {
        let open = fresh_folder();
        copy(closed.path(), open.path()).unwrap();
        let handset = open_phone(open.path(), &Wire::default(), 42).await;
        let mut states = vec![Side::Phone.state(open.path())];
        for intent in day_of_work(&cast) {
            handset.act(intent).await.unwrap();
            states.push(Side::Phone.state(open.path()));
        }
        // As a killed process leaves it: with a log.
        copy(open.path(), at_work.path()).unwrap();
        states
    });
    let file = vault_file(at_work.path()).with_extension("rundan-wal");
    let (name, whole) = (file.strip_prefix(at_work.path()).unwrap(), std::fs::read(&file).unwrap());
    let (mut tried, mut told) = (0, 0);
    for damage in damages(whole.len(), LOG_STEP_BYTES) {
        let folder = fresh_folder();
        copy(at_work.path(), folder.path()).unwrap();
        let mut bytes = whole.clone();
        damage.strike(&mut bytes);
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let (answers, app) = runtime.block_on(async {
            let handset = open_phone(folder.path(), &Wire::default(), 43).await;
            (looked_at(&handset, &cast).await, handset.call("app", Value::Null).await.unwrap())
        });
        assert!(answers.iter().all(Result::is_ok), "{damage:?}");
        let found = Side::Phone.state(folder.path());
        let lost = states.iter().rev().position(|state| *state == found);
        let lost = lost.unwrap_or_else(|| panic!("{damage:?} left half an action"));
        // The last one may have been cut short by a power cut, as far as anybody knows, and so a log that just ends. With
        // the mark between the last two gone, both look like one.
        let is_told = app["vaults"][0]["mended"][0] == json!({ "at": app["now"], "lost": null });
        let is_kept = files(folder.path()).keys().any(|name| name.ends_with("-wal") && name.contains(".damaged-"));
        match damage {
            Damage::End(_) => {}
            _ if lost > 2 => assert!(is_told && is_kept, "{damage:?}: {lost} actions are lost"),
            _ if lost == 0 => assert!(!is_told, "{damage:?}: nothing is lost"),
            _ => {}
        }
        told += usize::from(is_told);
        tried += 1;
    }
    println!("{tried} damages, {told} of them told");
    assert!(tried > 0 && told > 0, "there was no log to damage");
    assert_eq!(panics(), 0);
}
