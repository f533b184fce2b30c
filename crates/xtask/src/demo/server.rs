//! The server of the play, a process of its own that can be stopped and started.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rundan_device::seams::{Http, HttpRequest};
use tokio::process::{Child, ChildStdin, Command};

/// How often a starting server is asked whether it is there, and how many times.
const ASK_AGAIN: Duration = Duration::from_millis(50);
const ASKED_MAX: u32 = 600;
/// How an import ends that took the unit and refused some rows.
const SOME_REFUSED: i32 = 2;
/// What a healthy server answers is shorter than this.
const HEALTH_BYTES_MAX: usize = 4_096;

/// The server and its files.
#[derive(Debug)]
pub(crate) struct Server {
    binary: PathBuf,
    directory: PathBuf,
    /// By how many seconds its clock is ahead of the real one, from its next start.
    pub(crate) clock_offset_seconds: i64,
    /// Where it listens, running or not.
    pub(crate) address: SocketAddr,
    process: Option<Child>,
    /// Held as long as it may run: it stops with it, and so when the play is killed.
    _input: Option<ChildStdin>,
}

impl Server {
    /// Makes a server with an empty store in `directory`.
    pub(crate) async fn make(
        binary: PathBuf,
        directory: PathBuf,
        unit: &str,
        clock_offset_seconds: i64,
    ) -> Result<Self> {
        std::fs::create_dir_all(&directory).context("Could not make the server's directory")?;
        // Free now, and taken again at once: nobody else on this machine is waiting for just this one.
        let probe = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("Could not find a free port")?;
        let address = probe.local_addr().context("Could not find a free port")?;
        let server = Self { binary, directory, clock_offset_seconds, address, process: None, _input: None };
        server.admin(&["init", "--unit", unit]).await?;
        Ok(server)
    }

    /// Imports a unit's export files; rows that were refused are left out of the play.
    pub(crate) async fn import(&self, files: &Path) -> Result<()> {
        let output = self.command().arg("import").arg(files).output().await;
        let output = output.context("Could not start rundan-server import")?;
        if output.status.success() || output.status.code() == Some(SOME_REFUSED) {
            return Ok(());
        }
        bail!("The unit's files were not imported:\n{}", said(&output))
    }

    /// Gives out a one-time code for a person of the unit.
    pub(crate) async fn code_for(&self, person: &str, role: &str) -> Result<String> {
        let answer = self.admin(&["enrol", "--person", person, "--role", role]).await?;
        Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
    }

    /// Whether it runs.
    pub(crate) fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Starts it and waits until it answers.
    pub(crate) async fn start(&mut self, http: &dyn Http) -> Result<()> {
        let log = std::fs::File::create(self.directory.join("server.log")).context("Could not open the log")?;
        let mut serve = self.command();
        serve.args(["serve", "--until-input-ends", "--listen", &self.address.to_string()]);
        serve.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        let mut process = serve.spawn().context("Could not start the server")?;
        // Waiting for a process lets go of its input.
        self._input = process.stdin.take();
        self.process = Some(process);
        for _ in 0..ASKED_MAX {
            if is_healthy(http, self.address).await {
                return Ok(());
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
        let log = std::fs::read_to_string(self.directory.join("server.log")).unwrap_or_default();
        bail!("The server did not start:\n{log}")
    }

    /// Stops it as an operator would.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        if let Some(id) = process.id() {
            let asked = Command::new("kill").args(["-TERM", &id.to_string()]).status().await;
            asked.context("Could not ask the server to stop")?;
        }
        process.wait().await.context("Could not wait for the server")?;
        Ok(())
    }

    /// Waits until it ends by itself; never ends while it is stopped. It may be waited for again at any time.
    pub(crate) async fn ended(&mut self) {
        let Some(process) = &mut self.process else { return std::future::pending().await };
        // Whether or not it could be waited for, it is not there to answer any more.
        let _ = process.wait().await;
        self.process = None;
    }

    async fn admin(&self, arguments: &[&str]) -> Result<Output> {
        let name = arguments.first().copied().unwrap_or_default();
        let output = self.command().args(arguments).output().await;
        let output = output.with_context(|| format!("Could not start rundan-server {name}"))?;
        if !output.status.success() {
            bail!("rundan-server {name} failed ({}):\n{}", output.status, said(&output));
        }
        Ok(output)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .env("RUNDAN_DATABASE", self.directory.join("server.db"))
            .env("RUNDAN_CLOCK_OFFSET", self.clock_offset_seconds.to_string())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)).trim().to_owned()
}

async fn is_healthy(http: &dyn Http, address: SocketAddr) -> bool {
    let request = HttpRequest {
        method: "GET",
        url: format!("http://{address}/healthz"),
        headers: Vec::new(),
        body: Vec::new(),
        timeout_ms: 1_000,
        answer_bytes_max: HEALTH_BYTES_MAX,
    };
    http.send(request).await.is_ok_and(|answer| answer.status == 200)
}
