//! The server program, on loopback.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::unit;

/// The folder of the server within a test's.
const FOLDER: &str = "server";

/// Names an older program that plays the server where a story leaves it open; `cargo xtask older` sets it.
const OLDER: &str = "RUNDAN_OLDER_SERVER";

/// A server's files, and the program that works on them.
pub struct Server {
    folder: PathBuf,
    program: PathBuf,
    before: Vec<String>,
}

impl Server {
    /// Played by today's program, which `cargo` builds beside the tests.
    pub fn of_today(folder: &Path) -> Self {
        let own = std::env::current_exe().unwrap();
        let program = own.ancestors().nth(2).unwrap().join("rundan-server");
        assert!(program.is_file(), "{} is missing: run the tests of the whole workspace", program.display());
        Self { folder: folder.to_owned(), program, before: Vec::new() }
    }

    /// The same, started by another command, such as a shell that sets limits first.
    pub fn within(self, before: Vec<String>) -> Self {
        Self { before, ..self }
    }

    /// Where its files lie.
    pub fn files(&self) -> PathBuf {
        self.folder.join(FOLDER)
    }

    /// Played by an older program, if one is named.
    pub fn of_any_age(folder: &Path) -> Self {
        let today = Self::of_today(folder);
        Self { program: std::env::var_os(OLDER).map_or(today.program, PathBuf::from), ..today }
    }

    /// A command of the server's operator.
    fn command(&self, clock_offset: i64) -> Command {
        let before = self.before.iter().map(String::as_str);
        let line: Vec<&str> = before.chain([self.program.to_str().unwrap()]).collect();
        let mut command = Command::new(line[0]);
        command
            .args(&line[1..])
            .env("RUNDAN_DATABASE", self.files().join("rundan.db"))
            .env("RUNDAN_CLOCK_OFFSET", clock_offset.to_string())
            .env("RUNDAN_LOG", "error")
            .stdin(Stdio::null());
        command
    }

    /// Has a command done, and returns what it printed.
    pub fn run(&self, arguments: &[&str]) -> String {
        self.try_run(arguments).unwrap_or_else(|why| panic!("{arguments:?}: {why}"))
    }

    /// Has a command done; returns what it printed, or what it said when it failed.
    pub fn try_run(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.command(unit::clock_offset()).args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Makes it, with its unit.
    pub fn make(&self) {
        std::fs::create_dir_all(self.files()).unwrap();
        self.run(&["init", "--unit", "Exempelenheten"]);
        let export = self.folder.join("export");
        unit::write(&export);
        self.run(&["import", export.to_str().unwrap()]);
    }

    /// A one-time code for the carer.
    pub fn code(&self) -> String {
        self.run(&["enrol", "--person", unit::CARER, "--role", "carer"])
    }

    /// Starts it at an address, or at any.
    pub fn start(&self, listen: Option<&str>) -> Serving {
        Serving::start(&mut self.command(unit::clock_offset()), listen)
    }

    /// Starts it with a clock that is wrong by so many seconds.
    pub fn start_with_clock(&self, listen: &str, wrong_by: i64) -> Serving {
        Serving::start(&mut self.command(unit::clock_offset() + wrong_by), Some(listen))
    }
}

/// An address of this process's own, so that no other takes the port of a server that starts again.
fn own_loopback() -> String {
    let [.., a, b] = std::process::id().to_be_bytes();
    format!("127.{a}.{b}.2:0")
}

/// The server at work; killed when this is dropped.
pub struct Serving {
    process: Child,
    /// Where it listens.
    pub address: String,
}

impl Serving {
    fn start(command: &mut Command, listen: Option<&str>) -> Self {
        let mut process = command
            .args(["serve", "--listen", listen.unwrap_or(&own_loopback())])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        assert!(address.starts_with("http://"), "the server did not start");
        Self { process, address: address.trim().trim_start_matches("http://").to_owned() }
    }

    /// As a power cut to the process: no signal handler, nothing flushed.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Stops the process, and waits until each of its threads stands: the signal alone comes to them a little later.
    pub fn stop(&self) {
        self.signal("STOP");
        let tasks = format!("/proc/{}/task", self.process.id());
        let stands = |task: PathBuf| {
            let stat = std::fs::read_to_string(task.join("stat")).unwrap_or_default();
            stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('T'))
        };
        while !std::fs::read_dir(&tasks).unwrap().all(|task| stands(task.unwrap().path())) {
            std::thread::yield_now();
        }
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A folder in memory where the machine has one: a killed process leaves its writes there as on a disk.
pub fn fresh_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let beside = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    tempfile::Builder::new().prefix("rundan-").tempdir_in(beside).unwrap()
}
