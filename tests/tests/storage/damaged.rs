//! Files that are damaged: never shown as other than what was written, never a panic.

use std::path::{Path, PathBuf};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rundan_device::api::ErrorCode;
use serde_json::{Value, json};

use crate::crashes::{Side, State, fresh_folder};
use rundan_tests::files::copy;

use crate::failing::{closed, count_panics, day_of_work, panics, runtime};
use crate::stage::{Cast, PHONE_FOLDER, Wire, open_phone};

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

/// Everything that a carer's screens ask for, each with its answer.
async fn looked_at(folder: &Path, cast: &Cast) -> Vec<Result<Value, ErrorCode>> {
    let handset = open_phone(folder, &Wire::default(), 41).await;
    let mut asked = vec![
        ("app", Value::Null),
        ("day", json!({ "date": null })),
        ("recipient", json!({ "recipient": cast.recipient })),
        ("find_recipient", json!({ "text": "Maj" })),
        ("catalogue", Value::Null),
        ("my_incidents", Value::Null),
        ("my_record", json!({ "most": 100 })),
        ("sync", Value::Null),
    ];
    asked.extend(cast.visits.iter().map(|visit| ("visit", json!({ "visit": visit }))));
    let mut answers = Vec::new();
    for (command, args) in asked {
        answers.push(handset.call(command, args).await.map_err(|error| error.code));
    }
    answers
}

#[test]
fn a_damaged_page_is_an_error_and_never_other_words() {
    count_panics();
    let (closed, cast) = closed();
    let file = vault_file(closed.path());
    let (name, whole) = (file.strip_prefix(closed.path()).unwrap(), std::fs::read(&file).unwrap());
    let runtime = runtime();
    let sound = runtime.block_on(looked_at(closed.path(), &cast));
    assert!(sound.iter().all(Result::is_ok));
    let (mut tried, mut noticed) = (0, 0);
    for damage in damages(whole.len(), PAGE_BYTES) {
        let folder = fresh_folder();
        copy(closed.path(), folder.path()).unwrap();
        let mut bytes = whole.clone();
        damage.strike(&mut bytes);
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let answers = runtime.block_on(looked_at(folder.path(), &cast));
        for (found, sound) in answers.iter().zip(&sound) {
            match found {
                Ok(_) => assert_eq!(found, sound, "{damage:?}"),
                Err(code) => assert!(
                    matches!(code, ErrorCode::Damaged | ErrorCode::NotEnrolled | ErrorCode::KeyMissing),
                    "{damage:?}: {code:?}"
                ),
            }
        }
        tried += 1;
        noticed += usize::from(answers.iter().any(Result::is_err));
    }
    println!("{tried} damages, {noticed} of them in what screens read");
    assert!(noticed > 0, "no damage was noticed");
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
    let mut tried = 0;
    for damage in damages(whole.len(), LOG_STEP_BYTES) {
        let folder = fresh_folder();
        copy(at_work.path(), folder.path()).unwrap();
        let mut bytes = whole.clone();
        damage.strike(&mut bytes);
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let answers = runtime.block_on(looked_at(folder.path(), &cast));
        assert!(answers.iter().all(Result::is_ok), "{damage:?}");
        assert!(states.contains(&Side::Phone.state(folder.path())), "{damage:?}");
        tried += 1;
    }
    println!("{tried} damages");
    assert!(tried > 0, "there was no log to damage");
    assert_eq!(panics(), 0);
}
