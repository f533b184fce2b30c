//! A server that hangs, disks that take no more, and a server without a socket to spare.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::TcpStream;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use rundan_device::Phone;
use rundan_device::seams::{Http, HttpAnswer, HttpError, HttpRequest};
use rundan_tests::window::PATIENCE;
use serde_json::{Value, json};

use crate::disk::Disk;
use crate::phone::{self, Handset};
use crate::server::{Server, Serving, fresh_folder};
use crate::unit;

/// How long a phone of these tests waits for an answer: the real one waits a minute.
const HASTE_MS: u64 = 1_000;
/// No file may grow beyond this, in blocks of 512 bytes: some notes more than what lies there.
const FILE_BLOCKS_MAX: usize = 1_000;
/// How much room a disk has left, bytes: some notes.
const DISK_BYTES_LEFT: u64 = 512 * 1024;
/// As many notes fill such a file many times over.
const NOTES_MAX: usize = 2_000;
/// How many files the starved server may have open: enough to start.
const FILES_MAX: usize = 40;

/// The network of this machine, for one who does not wait long.
struct Hasty(Arc<dyn Http>);

impl Http for Hasty {
    fn send(&self, request: HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpAnswer, HttpError>> + Send + '_>> {
        self.0.send(HttpRequest { timeout_ms: HASTE_MS, ..request })
    }
}

/// A shell that sets a limit and then becomes the program. Without the trap a file that is too long would end it.
fn limited(limit: &str) -> Vec<String> {
    ["sh", "-c", &format!("trap '' XFSZ; ulimit {limit}; exec \"$@\""), "sh"].map(str::to_owned).into()
}

/// In what way there is no room.
enum Scarcity {
    /// No file grows beyond a length; a program that starts anew is free of it.
    Files,
    /// A disk is full, until it is given room.
    Disk(Disk),
}

impl Scarcity {
    /// A folder whose disk will soon be full; where this machine lets nobody have a disk, files that cannot grow.
    fn of_disk(folder: &Path) -> Self {
        let disk = Disk::over(folder).inspect_err(|why| {
            eprintln!("NO DISK IS FILLED HERE, files are kept from growing instead: {why}");
        });
        disk.map_or(Self::Files, Self::Disk)
    }

    /// Lets it begin; returns what a program is started by that meets it.
    fn begin(&mut self) -> Vec<String> {
        match self {
            Self::Files => limited(&format!("-f {FILE_BLOCKS_MAX}")),
            Self::Disk(disk) => {
                disk.leave(DISK_BYTES_LEFT);
                disk.before()
            }
        }
    }
}

/// A phone of this process that does not wait long, enrolled.
async fn hasty_phone(folder: &Path, address: &str) -> Phone {
    let directory = folder.join("phone");
    phone::enrolled(&directory, address, Server::of_today(folder).code()).await.close();
    phone::open(&directory, unit::clock_offset(), Arc::new(Hasty(phone::network()))).await
}

async fn problem(phone: &Phone) -> Value {
    phone::ask(phone, json!({ "command": "sync" })).await["problem"].clone()
}

/// Syncs until all is sent.
async fn comes_to_rest(phone: &Phone) {
    let syncing = async {
        while phone::unsent(phone).await > 0 {
            phone.sync().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, syncing).await.expect("all is sent once nothing is in the way");
}

/// A new phone gets from the server just what the old one has, each note once.
async fn is_with_both(folder: &Path, server: &Server, address: &str, old: &Phone) {
    let new = phone::enrolled(&folder.join("new"), address, server.code()).await;
    let (on_old, on_new) = (phone::notes(old).await, phone::notes(&new).await);
    assert_eq!(on_old, on_new);
    assert_eq!(on_new.iter().collect::<BTreeSet<_>>().len(), on_new.len(), "a note came twice");
    new.close();
    old.close();
    server.run(&["verify"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_costs_time_and_nothing_else() {
    let folder = fresh_folder();
    let server = Server::of_today(folder.path());
    server.make();
    let serving = server.start(None);
    let handheld = hasty_phone(folder.path(), &serving.address).await;
    let visits = phone::visits(&handheld).await;
    for (round, visit) in visits.iter().enumerate().take(5) {
        serving.stop();
        phone::write_note(&handheld, *visit, &format!("utan svar {round}")).await.unwrap();
        handheld.sync().await.unwrap();
        assert_eq!(problem(&handheld).await, "unreachable");
        assert_eq!(phone::unsent(&handheld).await, 1);
        // It has the request in its ears, and answers it when nobody listens any more.
        serving.go_on();
        comes_to_rest(&handheld).await;
    }
    assert_eq!(phone::notes(&handheld).await.len(), 5);
    is_with_both(folder.path(), &server, &serving.address, &handheld).await;
}

/// A phone works until there is no room, says so, and goes on when there is.
fn phone_runs_out_of(scarcity: impl FnOnce(&Path) -> Scarcity) {
    let folder = fresh_folder();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::of_today(folder.path());
    server.make();
    let (code, serving) = (server.code(), server.start(None));
    let directory = folder.path().join("phone");
    let handset = Handset::of_today(&directory);
    handset.enrol(&serving.address, &code);
    let (mut asked, mut saved) = (BTreeSet::new(), BTreeSet::new());
    let mut hear = |line: String| match line.split_once(' ') {
        Some(("asks", text)) => drop(asked.insert(text.to_owned())),
        Some(("saved", text)) => drop(saved.insert(text.to_owned())),
        _ => {}
    };
    let mut scarcity = scarcity(&directory);
    let mut at_work = Handset::of_today(&directory).within(scarcity.begin()).start(1, unit::clock_offset());
    let until_it_fails = std::iter::from_fn(|| at_work.next()).take(NOTES_MAX);
    let mut failures = 0;
    for line in until_it_fails {
        if let Some(why) = line.strip_prefix("failed ") {
            assert!(why == "DiskFull" || matches!(scarcity, Scarcity::Files), "{why}");
            failures += 1;
        }
        hear(line);
        if failures == 10 {
            break;
        }
    }
    assert_eq!(failures, 10, "the limit was never met");
    match &mut scarcity {
        Scarcity::Files => {
            at_work.kill().into_iter().for_each(&mut hear);
            at_work = handset.start(2, unit::clock_offset());
        }
        Scarcity::Disk(disk) => disk.leave_all(),
    }
    // What it still said of its failures comes first.
    let has_room = Instant::now();
    while let line = at_work.next().unwrap()
        && !line.starts_with("saved")
    {
        assert!(has_room.elapsed() < PATIENCE, "it does not go on: {line}");
        hear(line);
    }
    for _ in 0..20 {
        let line = at_work.next().unwrap();
        assert!(!line.starts_with("failed"), "{line}");
        hear(line);
    }
    at_work.kill().into_iter().for_each(&mut hear);
    let brought = match &mut scarcity {
        Scarcity::Files => None,
        Scarcity::Disk(disk) => Some(disk.bring()),
    };
    let directory = brought.as_ref().map_or(directory.as_path(), |brought| brought.path());
    runtime.block_on(async {
        let old = phone::open(directory, unit::clock_offset(), phone::network()).await;
        comes_to_rest(&old).await;
        let notes: BTreeSet<String> = phone::notes(&old).await.into_iter().collect();
        assert!(saved.is_subset(&notes) && notes.is_subset(&asked));
        is_with_both(folder.path(), &server, &serving.address, &old).await;
    });
}

#[test]
fn a_phone_whose_files_cannot_grow_says_so_and_goes_on_when_they_can() {
    phone_runs_out_of(|_| Scarcity::Files);
}

#[test]
fn a_phone_whose_disk_is_full_says_so_and_goes_on_when_there_is_room() {
    phone_runs_out_of(Scarcity::of_disk);
}

/// A server with an enrolled phone and its visits, which is then started anew by another command.
async fn restarted(folder: &Path, before: impl FnOnce(&Server) -> Vec<String>) -> (Server, Serving, Phone) {
    let server = Server::of_today(folder);
    server.make();
    let serving = server.start(None);
    let handheld = hasty_phone(folder, &serving.address).await;
    let address = serving.address.clone();
    serving.kill();
    let before = before(&server);
    let server = server.within(before);
    let serving = server.start(Some(&address));
    (server, serving, handheld)
}

/// A server takes notes until there is no room, and takes nothing by halves; when there is, it takes the rest.
async fn server_runs_out_of(scarcity: impl FnOnce(&Path) -> Scarcity) {
    let folder = fresh_folder();
    let mut scarce = Scarcity::Files;
    let (mut server, mut serving, handheld) = restarted(folder.path(), |server| {
        scarce = scarcity(&server.files());
        scarce.begin()
    })
    .await;
    let visits = phone::visits(&handheld).await;
    let mut notes = 0;
    while problem(&handheld).await != "server_trouble" {
        assert!(notes < NOTES_MAX, "the limit was never met");
        let text = format!("{notes} {}", "å".repeat(1_500));
        phone::write_note(&handheld, visits[notes % visits.len()], &text).await.unwrap();
        handheld.sync().await.unwrap();
        notes += 1;
    }
    assert!(phone::unsent(&handheld).await > 0);
    match &mut scarce {
        Scarcity::Files => {
            let address = serving.address.clone();
            serving.kill();
            server = Server::of_today(folder.path());
            serving = server.start(Some(&address));
        }
        Scarcity::Disk(disk) => {
            let told = server.try_run(&["init", "--unit", &"Enheten ".repeat(4_000)]).unwrap_err();
            assert!(told.contains("Make room on the disk"), "{told}");
            disk.leave_all();
        }
    }
    comes_to_rest(&handheld).await;
    assert_eq!(phone::notes(&handheld).await.len(), notes);
    is_with_both(folder.path(), &server, &serving.address, &handheld).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_files_cannot_grow_takes_nothing_by_halves() {
    server_runs_out_of(|_| Scarcity::Files).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_disk_is_full_takes_nothing_by_halves_and_goes_on_when_there_is_room() {
    server_runs_out_of(Scarcity::of_disk).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_socket_to_spare_answers_again_when_it_has_one() {
    let folder = fresh_folder();
    let limit = limited(&format!("-n {FILES_MAX}"));
    let (_, serving, handheld) = restarted(folder.path(), |_| limit).await;
    let visits = phone::visits(&handheld).await;
    let crowd: Vec<TcpStream> = (0..2 * FILES_MAX).map_while(|_| TcpStream::connect(&serving.address).ok()).collect();
    phone::write_note(&handheld, visits[0], "i trängseln").await.unwrap();
    handheld.sync().await.unwrap();
    assert_eq!(problem(&handheld).await, "unreachable");
    drop(crowd);
    comes_to_rest(&handheld).await;
    is_with_both(folder.path(), &Server::of_today(folder.path()), &serving.address, &handheld).await;
}
