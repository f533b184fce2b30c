//! The program itself: its commands, its sockets, its stop.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rundan_documents::Document;
use rundan_model::Kind;
use sha2::{Digest, Sha256};

/// How long something may take that takes a moment.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rundan-server"));
    command.env("RUNDAN_DATABASE", folder.join("rundan.db")).stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder).args(arguments).output().unwrap()
}

pub fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A server that is stopped when the test ends, however it ends.
pub struct Serving(Child, String);

impl Serving {
    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.1
    }

    pub fn start(folder: &Path) -> Self {
        let mut process = command(folder)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self(process, address.trim().trim_start_matches("http://").to_owned())
    }

    fn exchange(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.1).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub fn stop(mut self) -> std::process::ExitStatus {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.0.wait().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

#[test]
fn an_operator_makes_a_unit_enrols_and_exports_with_and_without_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let unit = said(&run(folder.path(), &["init", "--unit", "Exempelenheten"]));
    let serving = Serving::start(folder.path());
    let code = said(&run(folder.path(), &["enrol", "--name", "Eva Exempel", "--role", "unit_head"]));
    assert_eq!(code.len(), 16);
    let health = serving.exchange(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(health.starts_with("HTTP/1.1 200") && health.ends_with("ok\n"), "{health}");
    assert!(!run(folder.path(), &["serve"]).status.success(), "one server at a time");
    assert!(serving.stop().success());
    let file = folder.path().join("unit.automerge");
    said(&run(folder.path(), &["export", "--document", &unit, "--output", file.to_str().unwrap()]));
    let document = Document::load(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!((document.kind(), document.id().to_string()), (&Kind::Unit, unit));
    let json: serde_json::Value = serde_json::from_str(&said(&run(folder.path(), &["export"]))).unwrap();
    assert_eq!(json["name"], "Exempelenheten");
    assert_eq!(json["documents"].as_array().unwrap().len(), 2);
}

/// Every file beneath a folder, with the hash over what is in it; what is no file, as a socket, counts as empty.
fn files_in(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(files_in(&path)),
            false => {
                let hash = Sha256::digest(std::fs::read(&path).unwrap_or_default());
                files.insert(path, hex::encode(hash));
            }
        }
    }
    files
}

/// The drill that `docs/server.md` tells: back up while it serves, lose the database, put it back, go on.
#[test]
fn a_lost_database_is_put_back_from_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    said(&run(folder.path(), &["init", "--unit", "Exempelenheten"]));
    let serving = Serving::start(folder.path());
    said(&run(folder.path(), &["enrol", "--name", "Eva Exempel", "--role", "unit_head"]));
    let backups = folder.path().join("backups");
    let told = said(&run(folder.path(), &["backup", backups.to_str().unwrap()]));
    let backup = told.lines().next().unwrap().to_owned();
    assert!(told.contains("Exempelenheten"), "{told}");
    assert!(!run(folder.path(), &["restore", &backup]).status.success(), "not while a server runs");
    said(&run(folder.path(), &["enrol", "--name", "Anna Exempel", "--role", "carer"]));
    let (before, kept) = (files_in(folder.path()), files_in(&backups));
    let drilled = said(&run(folder.path(), &["drill", backups.to_str().unwrap()]));
    assert_eq!(files_in(&backups), kept, "a drill leaves the backups as they are");
    assert_eq!(files_in(folder.path()), before, "and all that lies beside the database");
    assert!(drilled.starts_with(&backup) && drilled.contains("Exempelenheten"), "{drilled}");
    assert!(serving.stop().success());
    let before = said(&run(folder.path(), &["export"]));

    for suffix in ["", "-wal", "-shm", ".remembered"] {
        let file = folder.path().join(format!("rundan.db{suffix}"));
        if file.exists() {
            std::fs::remove_file(file).unwrap();
        }
    }
    assert!(said(&run(folder.path(), &["verify", &backup])).contains("Exempelenheten"));
    said(&run(folder.path(), &["restore", &backup]));
    assert!(said(&run(folder.path(), &["verify"])).contains("Exempelenheten"));
    let after: Vec<_> = said(&run(folder.path(), &["export"])).lines().map(ToOwned::to_owned).collect();
    assert!(after.len() < before.lines().count(), "what came after the backup is for the vaults to bring");
    let remembered = std::fs::read_to_string(folder.path().join("rundan.db.remembered")).unwrap();
    assert!(remembered.contains("Anna Exempel"), "but who may ask is put back at once");
    assert!(said(&run(folder.path(), &["enrol", "--name", "Anna Exempel", "--role", "carer"])).len() == 16);
    let before = said(&run(folder.path(), &["export"]));
    assert!(Serving::start(folder.path()).stop().success());

    std::fs::write(&backup, "not a database").unwrap();
    for line in [["restore", &backup], ["drill", backups.to_str().unwrap()]] {
        assert!(!run(folder.path(), &line).status.success(), "{line:?}");
    }
    assert_eq!(said(&run(folder.path(), &["export"])), before);
}

/// What comes of work that must not take long.
fn soon<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, outcome) = channel();
    std::thread::spawn(move || done.send(work()));
    outcome.recv_timeout(PATIENCE).expect("it hangs")
}

/// How many bytes a copy of what is remembered lacks, as the server tells.
fn uncopied(serving: &Serving) -> u64 {
    let told = serving.exchange(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let lacks = told.lines().find_map(|line| line.strip_prefix("rundan_remembered_uncopied_bytes "));
    lacks.and_then(|bytes| bytes.parse().ok()).unwrap_or_else(|| panic!("{told}"))
}

/// Starts a server, and waits until it has looked at its copies: from then on it writes none unasked.
fn settled(folder: &Path) -> Serving {
    let serving = Serving::start(folder);
    let end = Instant::now() + PATIENCE;
    while uncopied(&serving) > 0 {
        assert!(Instant::now() < end, "it never looks at its copies");
    }
    serving
}

/// Nobody reads this pipe: whoever opens it to write waits, as for a disk that does not answer.
fn hang(file: &Path) {
    assert!(Command::new("mkfifo").arg(file).status().unwrap().success());
}

#[test]
fn a_disk_for_backups_that_hangs_holds_up_nobody_and_gets_what_it_lacks_when_it_answers() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_owned();
    said(&run(&at, &["init", "--unit", "Exempelenheten"]));
    let backups = at.join("backups");
    said(&run(&at, &["backup", backups.to_str().unwrap()]));
    let serving = settled(&at);
    let (copy, part) = (backups.join("rundan.remembered"), backups.join("rundan.part"));
    let own = || std::fs::read_to_string(folder.path().join("rundan.db.remembered")).unwrap();
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), own());

    std::fs::remove_file(&copy).unwrap();
    hang(&part);
    for name in ["Anna Exempel", "Bo Exempel", "Eva Exempel"] {
        let at = at.clone();
        soon(move || said(&run(&at, &["enrol", "--name", name, "--role", "carer"])));
        assert!(own().contains(name), "{name} is remembered beside the database");
    }
    assert!(uncopied(&serving) > 0);
    let ready = serving.exchange(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");

    // It answers, and has nothing of what was written meanwhile.
    let pipe = backups.join("pipe");
    std::fs::rename(&part, &pipe).unwrap();
    soon(move || std::fs::read(pipe).unwrap());
    assert!(serving.stop().success());
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), own(), "a server that stops waits for a disk that answers");

    let serving = settled(&at);
    std::fs::remove_file(&copy).unwrap();
    hang(&part);
    said(&run(&at, &["enrol", "--name", "Dag Exempel", "--role", "carer"]));
    assert!(soon(move || serving.stop()).success(), "and not for one that does not");
    std::fs::remove_file(&part).unwrap();
    said(&run(&at, &["export"]));
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), own(), "the next process brings what it left");
}

#[test]
fn what_an_operator_asks_wrongly_is_answered_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let why = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(why(&["serve"]).contains("rundan-server init"));
    assert!(why(&["enrol", "--name", "Eva", "--role", "carer"]).contains("init"));
    said(&run(folder.path(), &["init", "--unit", "Exempelenheten"]));
    assert!(why(&["init", "--unit", "Exempelenheten"]).contains("already"));
    assert!(why(&["enrol", "--name", "Eva", "--role", "king"]).contains("planner"));
    assert!(why(&["enrol", "--person", "p-1", "--role", "carer"]).contains("import"));
    assert!(why(&["revoke", "--name", "Nobody"]).contains("no such person"));
    assert!(why(&["serve", "--listen", "0.0.0.0:0"]).contains("--certificate"));
}

#[test]
fn a_broken_request_is_answered_and_the_server_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    said(&run(folder.path(), &["init", "--unit", "Exempelenheten"]));
    let serving = Serving::start(folder.path());
    assert!(serving.exchange(b"\x16\x03\x01 not http at all\r\n\r\n").starts_with("HTTP/1.1 400"));
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(100_000));
    let mut stream = TcpStream::connect(&serving.1).unwrap();
    let _ = stream.write_all(long.as_bytes());
    let missing = serving.exchange(b"POST /v1/sync HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(missing.starts_with("HTTP/1.1 401"), "{missing}");
    let endless = "POST /v1/sync HTTP/1.1\r\nhost: x\r\nconnection: close\r\nrundan-statement: x\r\ncontent-length: 10000000000\r\n\r\n";
    let mut stream = TcpStream::connect(&serving.1).unwrap();
    stream.write_all(endless.as_bytes()).unwrap();
    let chunk = vec![0; 65_536];
    // The server answers and closes long before ten gigabytes have come.
    let sent = (0..200).take_while(|_| stream.write_all(&chunk).is_ok()).count();
    assert!(sent < 200);
    let health = serving.exchange(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(health.starts_with("HTTP/1.1 200"));
}
