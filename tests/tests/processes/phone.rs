//! A phone: in the test's own process, or in one of its own that can be killed.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Program, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use rundan_device::api::{Command, Event, Intent};
use rundan_device::seams::Http;
use rundan_device::{FileKeys, Phone, PhoneConfig, SystemClock, SystemHttp, SystemRandom};
use rundan_model::DocumentId;
use rundan_tests::window::PATIENCE;
use serde_json::{Value, json};

use crate::unit;

/// Names the folder of the phone that this process plays; absent in the test's own process.
const FOLDER: &str = "RUNDAN_TEST_PHONE";
/// Names the life, for the notes.
const LIFE: &str = "RUNDAN_TEST_LIFE";
/// How far its clock is moved.
const OFFSET: &str = "RUNDAN_TEST_OFFSET";
/// The server's address and a one-time code, where it is to enrol and no more.
const ENROL: [&str; 2] = ["RUNDAN_TEST_ADDRESS", "RUNDAN_TEST_CODE"];
/// Names the tests of an older version, which play the phone where a story leaves it open; `cargo xtask older` sets it.
const OLDER: &str = "RUNDAN_OLDER_PHONE";

/// What it says: that it asks for a note, that it was told the note is saved, or that it failed; and how much is still
/// to be sent when a round begins or ends.
const WORDS: [&str; 4] = ["asks", "saved", "failed", "rests"];

/// Opens a phone in this process.
pub async fn open(folder: &Path, clock_offset: i64, http: Arc<dyn Http>) -> Phone {
    let config = PhoneConfig {
        keys: Arc::new(FileKeys::new(folder.join("keys"))),
        downloads: folder.join("downloads"),
        directory: folder.to_owned(),
        clock: Arc::new(SystemClock::with_offset(clock_offset)),
        random: Arc::new(SystemRandom),
        http,
    };
    Phone::open(config).await.unwrap()
}

/// The network of this machine.
pub fn network() -> Arc<dyn Http> {
    Arc::new(SystemHttp::new().unwrap())
}

/// Opens a phone in this process, enrols it and syncs.
pub async fn enrolled(folder: &Path, address: &str, code: String) -> Phone {
    let phone = open(folder, unit::clock_offset(), network()).await;
    phone.call(Command::Enrol { server: format!("http://{address}"), code }).await.unwrap();
    phone.sync().await.unwrap();
    phone
}

/// Asks as the page does.
pub async fn ask(phone: &Phone, command: Value) -> Value {
    phone.call(serde_json::from_value(command).unwrap()).await.unwrap()
}

/// The carer's visits.
pub async fn visits(phone: &Phone) -> Vec<DocumentId> {
    let day = ask(phone, json!({ "command": "day", "args": { "date": "2026-11-23" } })).await;
    let stops = day["stops"].as_array().unwrap().iter().filter(|stop| stop["is"] == "visit");
    stops.map(|stop| serde_json::from_value(stop["document"].clone()).unwrap()).collect()
}

/// The texts of all notes on all visits, sorted.
pub async fn notes(phone: &Phone) -> Vec<String> {
    let mut notes = Vec::new();
    for visit in visits(phone).await {
        let view = ask(phone, json!({ "command": "visit", "args": { "visit": visit } })).await;
        let texts = view["notes"].as_array().unwrap().iter();
        notes.extend(texts.map(|note| note["text"].as_str().unwrap().to_owned()));
    }
    notes.sort_unstable();
    notes
}

pub async fn write_note(phone: &Phone, visit: DocumentId, text: &str) -> Result<Value, rundan_device::api::ApiError> {
    phone.call(Command::Act { intent: Intent::WriteNote { visit, text: text.to_owned() } }).await
}

/// How many actions the server has not answered.
pub async fn unsent(phone: &Phone) -> u64 {
    ask(phone, json!({ "command": "sync" })).await["chip"]["unsent"].as_u64().unwrap()
}

/// A phone's files, and the program that plays it in processes of its own.
pub struct Handset {
    folder: PathBuf,
    program: PathBuf,
    before: Vec<String>,
}

impl Handset {
    /// Played by these tests.
    pub fn of_today(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), program: std::env::current_exe().unwrap(), before: Vec::new() }
    }

    /// The same, started by another command, such as a shell that sets limits first.
    pub fn within(self, before: Vec<String>) -> Self {
        Self { before, ..self }
    }

    /// Played by an older version of these tests, if one is named.
    pub fn of_any_age(folder: &Path) -> Self {
        let today = Self::of_today(folder);
        Self { program: std::env::var_os(OLDER).map_or(today.program, PathBuf::from), ..today }
    }

    fn command(&self, clock_offset: i64) -> Program {
        let part = ["--exact", "phone::plays_its_part_where_it_is_asked_to", "--nocapture"];
        let before = self.before.iter().map(String::as_str);
        let line: Vec<&str> = before.chain([self.program.to_str().unwrap()]).chain(part).collect();
        let mut command = Program::new(line[0]);
        command.args(&line[1..]).env(FOLDER, &self.folder).env(OFFSET, clock_offset.to_string()).stdin(Stdio::null());
        command
    }

    /// Enrols it.
    pub fn enrol(&self, address: &str, code: &str) {
        let [address_name, code_name] = ENROL;
        let mut command = self.command(unit::clock_offset());
        let output = command.env(address_name, address).env(code_name, code).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts it; it works and syncs until it is killed.
    pub fn start(&self, life: usize, clock_offset: i64) -> AtWork {
        let mut command = self.command(clock_offset);
        let mut process = command.env(LIFE, life.to_string()).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let said = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || said.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        AtWork { process, lines }
    }
}

/// A phone at work in a process of its own; killed when this is dropped.
pub struct AtWork {
    process: Child,
    lines: Receiver<String>,
}

impl AtWork {
    /// What it said next, one of [`WORDS`] first; none when it has ended.
    pub fn next(&self) -> Option<String> {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if WORDS.contains(&line.split(' ').next().unwrap_or_default()) => {
                    return Some(line);
                }
                Ok(_) => {}
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return None,
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("the phone says nothing"),
            }
        }
    }

    /// Kills it, and returns what it had still said.
    pub fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::iter::from_fn(|| self.next()).collect()
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The phone's part, in a process that [`Handset`] started; otherwise there is nothing to play.
#[test]
fn plays_its_part_where_it_is_asked_to() {
    let Ok(folder) = std::env::var(FOLDER).map(PathBuf::from) else { return };
    let offset = std::env::var(OFFSET).unwrap().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match ENROL.map(std::env::var) {
        [Ok(address), Ok(code)] => runtime.block_on(enrolled(&folder, &address, code)).close(),
        _ => runtime.block_on(work(folder, &std::env::var(LIFE).unwrap(), offset)),
    }
}

async fn work(folder: PathBuf, life: &str, clock_offset: i64) {
    let phone = open(&folder, clock_offset, network()).await;
    let syncing = phone.clone();
    tokio::spawn(async move { syncing.run().await });
    let mut events = phone.events();
    tokio::spawn(async move {
        while let Ok(event) = events.recv().await {
            if let Event::Sync { chip } = event {
                say("rests", &chip.unsent.to_string());
            }
        }
    });
    let visits = visits(&phone).await;
    for n in 0.. {
        let text = format!("{life}-{n}");
        say("asks", &text);
        match write_note(&phone, visits[n % visits.len()], &text).await {
            Ok(_) => say("saved", &text),
            Err(error) => say("failed", &format!("{:?}", error.code)),
        }
    }
}

/// Tells the test; a test that has gone hears nothing.
fn say(word: &str, what: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{word} {what}").and_then(|()| out.flush());
}
