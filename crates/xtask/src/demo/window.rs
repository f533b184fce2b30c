//! A device in a window of the real app, in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::process::{Child, ChildStdin, Command};

/// How a device's window is opened.
#[derive(Debug, Clone)]
pub(crate) struct WindowPlan {
    pub(crate) app: PathBuf,
    pub(crate) directory: PathBuf,
    pub(crate) clock_offset_seconds: i64,
    pub(crate) size: &'static str,
    pub(crate) title: &'static str,
}

/// A window, and how to open it again.
#[derive(Debug)]
pub(crate) struct Window {
    plan: WindowPlan,
    /// Absent once the window is closed.
    process: Option<Child>,
    /// Held as long as the window may live: it closes with it, and so when the play is killed.
    _input: Option<ChildStdin>,
}

impl Window {
    /// Opens the window; it closes with the play.
    pub(crate) fn open(plan: WindowPlan) -> Result<Self> {
        let (process, input) = start(&plan)?;
        Ok(Self { plan, process: Some(process), _input: input })
    }

    /// Ends the app as a crash would, without a chance to save anything, and opens it again.
    pub(crate) async fn kill_and_reopen(&mut self) -> Result<()> {
        self.kill().await?;
        let (process, input) = start(&self.plan)?;
        (self.process, self._input) = (Some(process), input);
        Ok(())
    }

    /// Ends the app, and waits until it is gone.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        match self.process.take() {
            Some(mut process) => process.kill().await.context("Could not end the app"),
            None => Ok(()),
        }
    }

    /// Whether it is open.
    pub(crate) fn is_open(&self) -> bool {
        self.process.is_some()
    }

    /// Waits until somebody closes it; never ends while it is closed. It may be waited for again at any time.
    pub(crate) async fn closed(&mut self) {
        let Some(process) = &mut self.process else { return std::future::pending().await };
        // Whether or not it could be waited for, it is not there to be shown any more.
        let _ = process.wait().await;
        self.process = None;
    }
}

fn start(plan: &WindowPlan) -> Result<(Child, Option<ChildStdin>)> {
    let mut app = Command::new(&plan.app);
    app.env("RUNDAN_DATA_DIR", &plan.directory)
        .env("RUNDAN_KEY_STORE", "file")
        .env("RUNDAN_CLOCK_OFFSET", plan.clock_offset_seconds.to_string())
        .env("RUNDAN_WINDOW", plan.size)
        .env("RUNDAN_TITLE", plan.title)
        .env("RUNDAN_INPUT", "end")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log(&plan.directory)?)
        .kill_on_drop(true);
    let mut process = app.spawn().context("Could not open a window")?;
    // Waiting for a process lets go of its input.
    let input = process.stdin.take();
    Ok((process, input))
}

/// What the app says goes beside its data: the terminal shows the play.
fn log(directory: &Path) -> Result<Stdio> {
    let log = std::fs::File::create(directory.join("app.log")).context("Could not open the app's log")?;
    Ok(log.into())
}
