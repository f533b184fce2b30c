//! A server that hangs, disks that take no more, and a server without a socket to spare.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::TcpStream;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use rundan_device::Phone;
use rundan_device::seams::{Http, HttpAnswer, HttpError, HttpRequest};
use rundan_model::DocumentId;
use rundan_tests::window::PATIENCE;
use serde_json::{Value, json};

use crate::phone::{self, Handset};
use crate::server::{Server, Serving, fresh_folder};
use crate::unit;

/// How long a phone of these tests waits for an answer: the real one waits a minute.
const HASTE_MS: u64 = 1_000;
/// No file may grow beyond this, in blocks of 512 bytes: some notes more than what lies there.
const FILE_BLOCKS_MAX: usize = 1_000;
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
fn within(limit: &str) -> [String; 4] {
    ["sh".to_owned(), "-c".to_owned(), format!("trap '' XFSZ; ulimit {limit}; exec \"$@\""), "sh".to_owned()]
}

fn borrowed(line: &[String; 4]) -> Vec<&str> {
    line.iter().map(String::as_str).collect()
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
async fn is_with_both(folder: &Path, address: &str, old: &Phone) {
    let new = phone::enrolled(&folder.join("new"), address, Server::of_today(folder).code()).await;
    let (on_old, on_new) = (phone::notes(old).await, phone::notes(&new).await);
    assert_eq!(on_old, on_new);
    assert_eq!(on_new.iter().collect::<BTreeSet<_>>().len(), on_new.len(), "a note came twice");
    new.close();
    old.close();
    Server::of_today(folder).run(&["verify"]);
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
    is_with_both(folder.path(), &serving.address, &handheld).await;
}

#[test]
fn a_phone_whose_files_cannot_grow_says_so_and_goes_on_when_they_can() {
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
    let limit = within(&format!("-f {FILE_BLOCKS_MAX}"));
    let at_work = handset.start(1, unit::clock_offset(), &borrowed(&limit));
    let until_it_fails = std::iter::from_fn(|| at_work.next()).take(NOTES_MAX);
    let mut failures = 0;
    for line in until_it_fails {
        failures += usize::from(line.starts_with("failed"));
        hear(line);
        if failures == 10 {
            break;
        }
    }
    at_work.kill().into_iter().for_each(&mut hear);
    let at_work = handset.start(2, unit::clock_offset(), &[]);
    for _ in 0..20 {
        let line = at_work.next().unwrap();
        assert!(!line.starts_with("failed"), "{line}");
        hear(line);
    }
    at_work.kill().into_iter().for_each(&mut hear);
    assert_eq!(failures, 10, "the limit was never met");
    runtime.block_on(async {
        let old = phone::open(&directory, unit::clock_offset(), phone::network()).await;
        comes_to_rest(&old).await;
        let notes: BTreeSet<String> = phone::notes(&old).await.into_iter().collect();
        assert!(saved.is_subset(&notes) && notes.is_subset(&asked));
        is_with_both(folder.path(), &serving.address, &old).await;
    });
}

/// A server that a limit of the shell holds back, and an enrolled phone with its visits.
async fn starved(folder: &Path, limit: &str) -> (Serving, Phone, Vec<DocumentId>) {
    let server = Server::of_today(folder);
    server.make();
    let serving = server.start(None);
    let handheld = hasty_phone(folder, &serving.address).await;
    let address = serving.address.clone();
    serving.kill();
    let serving = server.start_within(&address, &borrowed(&within(limit)));
    let visits = phone::visits(&handheld).await;
    (serving, handheld, visits)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_files_cannot_grow_takes_nothing_by_halves() {
    let folder = fresh_folder();
    let (serving, handheld, visits) = starved(folder.path(), &format!("-f {FILE_BLOCKS_MAX}")).await;
    let mut notes = 0;
    while problem(&handheld).await != "server_trouble" {
        assert!(notes < NOTES_MAX, "the limit was never met");
        let text = format!("{notes} {}", "å".repeat(1_500));
        phone::write_note(&handheld, visits[notes % visits.len()], &text).await.unwrap();
        handheld.sync().await.unwrap();
        notes += 1;
    }
    assert!(phone::unsent(&handheld).await > 0);
    let address = serving.address.clone();
    serving.kill();
    let serving = Server::of_today(folder.path()).start(Some(&address));
    comes_to_rest(&handheld).await;
    assert_eq!(phone::notes(&handheld).await.len(), notes);
    is_with_both(folder.path(), &serving.address, &handheld).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_socket_to_spare_answers_again_when_it_has_one() {
    let folder = fresh_folder();
    let (serving, handheld, visits) = starved(folder.path(), &format!("-n {FILES_MAX}")).await;
    let crowd: Vec<TcpStream> = (0..2 * FILES_MAX).map_while(|_| TcpStream::connect(&serving.address).ok()).collect();
    phone::write_note(&handheld, visits[0], "i trängseln").await.unwrap();
    handheld.sync().await.unwrap();
    assert_eq!(problem(&handheld).await, "unreachable");
    drop(crowd);
    comes_to_rest(&handheld).await;
    is_with_both(folder.path(), &serving.address, &handheld).await;
}
