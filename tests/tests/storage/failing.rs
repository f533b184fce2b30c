//! Disks that refuse: an action is there whole or not at all, the person is told which, and work goes on when the disk
//! does.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rundan_device::api::ErrorCode;
use rundan_server::backup;
use rundan_tests::files::copy;
use rundan_tests::vfs::{Disk, Extent, Fault};
use serde_json::{Value, json};

use crate::crashes::{Side, State, fresh_folder};
use crate::stage::{Cast, PHONE_FOLDER, SERVER_FOLDER, Stage, open_phone};
use crate::together::{both_go_on, holds_what_it_accepted};

/// How many failures lie between two that are followed further.
const FURTHER_LOOKS_APART: usize = 11;

/// A fault, and what it strikes from an operation on.
type Failure = (Fault, fn(usize) -> Extent);

/// Every way in which one operation, or all from one on, can fail.
const FAILURES: [Failure; 5] = [
    (Fault::Io, Extent::Once),
    (Fault::Io, Extent::From),
    (Fault::Full, Extent::Once),
    (Fault::Full, Extent::From),
    (Fault::Unreadable, Extent::Once),
];

/// How many panics there were in this process: no failure of a disk is a reason for one.
static PANICS: AtomicUsize = AtomicUsize::new(0);

pub fn count_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        before(panic);
    }));
}

/// How many panics were counted.
pub fn panics() -> usize {
    PANICS.load(Ordering::Relaxed)
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A synced phone and its server, closed.
pub fn closed() -> (tempfile::TempDir, Cast) {
    let folder = fresh_folder();
    let cast = runtime().block_on(async {
        let stage = Stage::new(folder.path()).await;
        stage.enrol_and_sync().await;
        stage.cast.clone()
    });
    (folder, cast)
}

pub fn day_of_work(cast: &Cast) -> Vec<Value> {
    let (first, second) = (cast.visits[0], cast.visits[1]);
    let text = json!({ "incident": "fall", "visit": null, "recipient": cast.recipient, "when": null,
                       "happened": "Ramlade i hallen.", "measures": "", "police": null });
    vec![
        json!({ "do": "start_visit", "visit": first, "at": { "is": "now" }, "end_other": [] }),
        json!({ "do": "mark_done", "visit": first, "items": ["OMV01"] }),
        json!({ "do": "write_note", "visit": first, "text": "Åt hela frukosten." }),
        json!({ "do": "save_draft", "draft": null, "text": text }),
        json!({ "do": "end_visit", "visit": first, "at": { "is": "now" } }),
        json!({ "do": "start_visit", "visit": second, "at": { "is": "now" }, "end_other": [] }),
    ]
}

/// What the phone holds before each action and after the last, where nothing fails.
fn states_where_nothing_fails(closed: &Path, cast: &Cast) -> Vec<State> {
    let folder = fresh_folder();
    copy(closed, folder.path()).unwrap();
    runtime().block_on(async {
        let stage = Stage::open(folder.path(), cast.clone(), 31).await;
        let mut states = vec![Side::Phone.state(folder.path())];
        for intent in day_of_work(cast) {
            stage.handset.act(intent).await.unwrap();
            states.push(Side::Phone.state(folder.path()));
        }
        states
    })
}

/// Works with a disk that fails. Returns how many operations failed.
async fn works_with(closed: &Path, cast: &Cast, states: &[State], fault: Fault, extent: Extent) -> usize {
    let folder = fresh_folder();
    copy(closed, folder.path()).unwrap();
    let disk = Disk::take(&folder.path().join(PHONE_FOLDER));
    let stage = Stage::open(folder.path(), cast.clone(), 31).await;
    let mut struck = 0;
    disk.fail(fault, extent);
    for (n, intent) in day_of_work(cast).into_iter().enumerate() {
        let Err(error) = stage.handset.act(intent.clone()).await else { continue };
        if fault == Fault::Full {
            assert_eq!(error.code, ErrorCode::DiskFull, "{extent:?}");
            stage.handset.call("day", json!({ "date": null })).await.expect("a full disk can be read");
        }
        let killed = fresh_folder();
        copy(folder.path(), killed.path()).unwrap();
        struck += disk.heal();
        assert_eq!(
            Side::Phone.state(folder.path()),
            states[n],
            "{fault:?} {extent:?}: something of action {n} is there"
        );
        drop(open_phone(killed.path(), &crate::stage::Wire::default(), 32).await);
        let after_death = Side::Phone.state(killed.path());
        assert!(states[n..=n + 1].contains(&after_death), "{fault:?} {extent:?}: half of action {n} is there");
        stage.handset.act(intent).await.unwrap_or_else(|error| panic!("{fault:?} {extent:?}: {error:?}"));
    }
    stage.handset.phone.sync().await.ok();
    struck += disk.heal();
    for _ in 0..2 {
        stage.handset.phone.sync().await.unwrap();
    }
    let view = stage.handset.call("visit", json!({ "visit": cast.visits[0] })).await.unwrap();
    assert_eq!((&view["card"]["state"], &view["items"][0]["state"]), (&json!("done"), &json!("done")));
    assert_eq!(view["notes"].as_array().unwrap().len(), 1);
    drop(stage);
    drop(disk);
    if is_looked_at_further(extent) {
        both_go_on(folder.path(), cast).await;
    }
    struck
}

/// Whether both sides are played on after this failure; it takes longer than a look.
fn is_looked_at_further(extent: Extent) -> bool {
    let (Extent::Once(at) | Extent::From(at)) = extent;
    at.is_multiple_of(FURTHER_LOOKS_APART)
}

/// Each kind of failure at one operation after the other, until one comes too late to strike.
fn every_failure(strike: impl Fn(Fault, Extent) -> usize) {
    count_panics();
    let mut failures = 0;
    for (fault, extent) in FAILURES {
        failures += (0..).take_while(|at| strike(fault, extent(*at)) > 0).count();
    }
    println!("{failures} failures");
    assert!(failures > FAILURES.len());
    assert_eq!(panics(), 0);
}

#[test]
fn an_action_on_a_disk_that_fails_is_whole_or_nothing_and_works_when_the_disk_does() {
    let (closed, cast) = closed();
    let states = states_where_nothing_fails(closed.path(), &cast);
    every_failure(|fault, extent| runtime().block_on(works_with(closed.path(), &cast, &states, fault, extent)));
}

/// A push, a plan and a backup with a disk that fails under the server. Returns how many operations failed.
async fn serves_with(closed: &Path, cast: &Cast, fault: Fault, extent: Extent) -> usize {
    let folder = fresh_folder();
    copy(closed, folder.path()).unwrap();
    let disk = Disk::take(&folder.path().join(SERVER_FOLDER));
    let stage = Stage::open(folder.path(), cast.clone(), 31).await;
    for intent in day_of_work(cast) {
        stage.handset.act(intent).await.unwrap();
    }
    disk.fail(fault, extent);
    stage.handset.phone.sync().await.unwrap();
    let own = stage.cast.access;
    let destroyed = stage.server.commit(cast.unit, move |commit, _| commit.destroy_access(own)).await;
    let taken = backup::take(&stage.server, &folder.path().join(SERVER_FOLDER).join("backups")).await;
    let struck = disk.heal();
    holds_what_it_accepted(folder.path());
    let is_gone = |tx: &rusqlite::Connection| rundan_server::store::documents::is_purged(tx, cast.unit, own);
    if destroyed.is_ok() {
        assert!(is_gone(&Side::Server.database(folder.path()).unwrap()).unwrap(), "{fault:?} {extent:?}");
    }
    if let Ok(backup) = taken {
        backup::prove(&backup.file).unwrap();
    }
    stage.handset.phone.sync().await.unwrap();
    let sync = stage.handset.call("sync", Value::Null).await.unwrap();
    assert_eq!((&sync["chip"]["unsent"], &sync["problem"]), (&json!(0), &Value::Null), "{fault:?} {extent:?}: {sync}");
    drop(stage);
    drop(disk);
    if is_looked_at_further(extent) {
        both_go_on(folder.path(), cast).await;
    }
    struck
}

#[test]
fn a_server_on_a_disk_that_fails_keeps_what_it_said_and_works_when_the_disk_does() {
    let (closed, cast) = closed();
    every_failure(|fault, extent| runtime().block_on(serves_with(closed.path(), &cast, fault, extent)));
}
