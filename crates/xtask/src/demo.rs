//! The demonstration: a server, a handheld, an office desktop and the other carers of a unit at work.
//!
//! Everything lies in a temporary directory and ends with the play; the user's own data and key store are never
//! touched. Start reading at [`run`].

mod backstage;
mod carers;
mod cast;
mod clock;
mod device;
mod host;
mod keyboard;
mod keys;
mod made_up;
mod relay;
mod server;
mod unit;
mod window;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::NaiveDate;
use rundan_device::seams::{Clock, Http};
use rundan_device::{SystemClock, SystemHttp, SystemRandom};
use rundan_model::Zone;
use rundan_model::time::parse_clock;
use rundan_server::import::read_directory;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use crate::args::DemoArgs;
use backstage::{Backstage, Enrolled};
use cast::{Cast, Part};
use host::Page;
use keyboard::{Key, Keyboard};
use relay::Relay;
use server::Server;
use window::{Window, WindowPlan};

const KEYS: &str = "  1  cut or restore the handheld's network      s  stop or start the server
  2  cut or restore the office's network        k  kill the handheld's app and open it again
  ?  show these keys                            q  end everything";

/// How long what still runs at the end may take before it is left to the end of the process.
const END_WITHIN: Duration = Duration::from_secs(3);

/// Plays until `q`, Ctrl-C, or both windows are closed.
pub(crate) fn run(root: &Path, args: &DemoArgs) -> Result<()> {
    let directory = tempfile::Builder::new().prefix("rundan-demo-").tempdir().context("Could not make a directory")?;
    let runtime = tokio::runtime::Runtime::new().context("Could not start")?;
    let played = runtime.block_on(play(root, args, directory.path()));
    // Nobody may write in the directory any more when it is removed.
    runtime.shutdown_timeout(END_WITHIN);
    let path = directory.path().to_owned();
    played.and(directory.close().with_context(|| format!("Could not remove {}", path.display())))
}

async fn play(root: &Path, args: &DemoArgs, directory: &Path) -> Result<()> {
    let mut ends = Ends::listen()?;
    let stage = tokio::select! {
        biased;
        () = ends.asked() => return Ok(()),
        stage = Stage::set(root, args, directory) => stage?,
    };
    stage.play(ends, args).await
}

/// Ctrl-C, the polite kill, and a terminal that is closed.
struct Ends {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Ends {
    fn listen() -> Result<Self> {
        let on = |kind| signal(kind).context("Could not listen for Ctrl-C");
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            hang_up: on(SignalKind::hangup())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

/// What the play waits for.
enum Happening {
    Pressed(Key),
    ServerEnded,
    HandheldClosed,
    OfficeClosed,
}

/// Everything that the play has started. It ends when this is dropped.
struct Stage {
    server: Server,
    http: Arc<dyn Http>,
    handheld: Shown,
    office: Shown,
    /// In a browser, the handheld of a colleague who works by herself.
    colleague: Option<String>,
    others: JoinHandle<()>,
}

/// A device on the screen, and its network.
struct Shown {
    name: &'static str,
    relay: Relay,
    on: Screen,
}

/// Where a device is shown.
enum Screen {
    Window(Box<Window>),
    Browser { link: String },
}

impl Stage {
    async fn set(root: &Path, args: &DemoArgs, directory: &Path) -> Result<Self> {
        let (files, cast) = choose(args, directory)?;
        let built = std::env::current_exe().context("Could not find the binaries")?;
        let built = built.parent().map(Path::to_owned).context("Could not find the binaries")?;
        let offset = clock::offset_seconds(cast.begins);
        let backstage = Backstage {
            http: Arc::new(SystemHttp::new()?),
            directory: directory.to_owned(),
            begins: cast.begins,
            started: Instant::now(),
        };
        let http = backstage.http.clone();

        say(args, "The server takes the unit's files in …");
        let mut server =
            Server::make(built.join("rundan-server"), directory.join("server"), &cast.unit, offset).await?;
        server.import(&files).await?;

        say(args, "The carers' phones are enrolled, and their mornings played …");
        play_silent(&backstage, &mut server, &cast, offset).await?;
        server.start(http.as_ref()).await?;
        let (to_handheld, to_office) = (Relay::open(server.address).await?, Relay::open(server.address).await?);
        let others = backstage.others(&server, &cast, args.speed, |ready, all| count(args, ready, all)).await?;
        // After the others: a key that one of them hands over to her is not hers to take.
        let carer = backstage.enrol(&server, &cast.handheld.0, "carer", to_handheld.address).await?;
        let carer = carer.has_worked_until(cast.begins, cast.before(&cast.handheld)).await?;
        let planner = backstage.enrol(&server, &cast.office.0, "planner", to_office.address).await?;
        planner.has_everything().await?;
        planner.has_played(cast.before(&cast.office).keys).await?;

        let show = Show { page: Page::read(&root.join("app-ui/dist"))?.into(), app: built.join("rundan-app"), offset };
        let in_browser = args.in_browser();
        let on = show.device(carer, in_browser, "390x844", "Rundan: handheld").await?;
        let handheld = Shown { name: "handheld", relay: to_handheld, on };
        let on = show.device(planner, in_browser, "1360x860", "Rundan: office").await?;
        let office = Shown { name: "office", relay: to_office, on };
        let colleague = match others.colleague().filter(|_| in_browser) {
            Some(phone) => Some(host::show(phone.clone(), show.page.clone(), &SystemRandom).await?.link),
            None => None,
        };
        let others = tokio::spawn(others.work(args.speed));
        Ok(Self { server, http, handheld, office, colleague, others })
    }

    async fn play(mut self, mut ends: Ends, args: &DemoArgs) -> Result<()> {
        self.announce(args)?;
        let mut keyboard = Keyboard::take()?;
        while self.handheld.is_shown() || self.office.is_shown() {
            match self.next(&mut ends, &mut keyboard).await {
                Happening::Pressed(Key::Handheld) => say(args, &self.handheld.toggle_network()),
                Happening::Pressed(Key::Office) => say(args, &self.office.toggle_network()),
                Happening::Pressed(Key::Server) => self.toggle_server(args).await?,
                Happening::Pressed(Key::Kill) => say(args, &self.kill().await?),
                Happening::Pressed(Key::Help) => say(args, KEYS),
                Happening::Pressed(Key::Quit) => break,
                Happening::ServerEnded => say(args, "server: ended by itself; s starts it again"),
                Happening::HandheldClosed => say(args, "handheld: its window is closed; k opens it again"),
                Happening::OfficeClosed => say(args, "office: its window is closed; k opens it again"),
            }
        }
        let ended = self.end().await;
        say(args, "Everything is ended.");
        ended
    }

    async fn next(&mut self, ends: &mut Ends, keyboard: &mut Keyboard) -> Happening {
        tokio::select! {
            biased;
            () = ends.asked() => Happening::Pressed(Key::Quit),
            key = keyboard.press() => Happening::Pressed(key),
            () = self.server.ended() => Happening::ServerEnded,
            () = self.handheld.closed() => Happening::HandheldClosed,
            () = self.office.closed() => Happening::OfficeClosed,
        }
    }

    /// Kills the handheld's app and opens it again, unless it is the office's window that is missing.
    async fn kill(&mut self) -> Result<String> {
        if self.handheld.is_shown() && !self.office.is_shown() {
            return self.office.reopen().await;
        }
        self.handheld.reopen().await
    }

    async fn end(mut self) -> Result<()> {
        self.others.abort();
        let handheld = self.handheld.end().await;
        let office = self.office.end().await;
        self.server.stop().await.and(handheld).and(office)
    }

    fn announce(&self, args: &DemoArgs) -> Result<()> {
        if let (Screen::Browser { link: handheld }, Screen::Browser { link: office }) =
            (&self.handheld.on, &self.office.on)
        {
            if args.json {
                let colleague = &self.colleague;
                println!("{}", serde_json::json!({ "handheld": handheld, "office": office, "colleague": colleague }));
            } else {
                let colleague = self.colleague.as_ref().map(|link| format!("  colleague {link}\n")).unwrap_or_default();
                say(
                    args,
                    &format!(
                        "Open these in a browser; whoever has a link is that device's user:\n\n  handheld  {handheld}\n  office    {office}\n{colleague}"
                    ),
                );
            }
        }
        say(args, KEYS);
        Ok(())
    }

    async fn toggle_server(&mut self, args: &DemoArgs) -> Result<()> {
        if self.server.is_running() {
            self.server.stop().await?;
            say(args, "server: stopped");
        } else {
            self.server.start(self.http.as_ref()).await?;
            say(args, "server: started");
        }
        Ok(())
    }
}

impl Shown {
    fn toggle_network(&self) -> String {
        let state = if self.relay.toggle() { "the network is back" } else { "the network is cut" };
        format!("{}: {state}", self.name)
    }

    /// Kills a window's app if it runs, and opens it again.
    async fn reopen(&mut self) -> Result<String> {
        let happened = match &mut self.on {
            Screen::Window(window) => {
                let happened = if window.is_open() { "killed, and opened again" } else { "opened again" };
                window.kill_and_reopen().await?;
                happened
            }
            Screen::Browser { .. } => "only a window of its own can be killed; reload the page instead",
        };
        Ok(format!("{}: {happened}", self.name))
    }

    fn is_shown(&self) -> bool {
        match &self.on {
            Screen::Window(window) => window.is_open(),
            Screen::Browser { .. } => true,
        }
    }

    async fn closed(&mut self) {
        match &mut self.on {
            Screen::Window(window) => window.closed().await,
            Screen::Browser { .. } => std::future::pending().await,
        }
    }

    async fn end(&mut self) -> Result<()> {
        match &mut self.on {
            Screen::Window(window) => window.kill().await,
            Screen::Browser { .. } => Ok(()),
        }
    }
}

/// The unit's files, and who plays which part at which time.
fn choose(args: &DemoArgs, directory: &Path) -> Result<(PathBuf, Cast)> {
    let today = Zone.date(SystemClock::default().now());
    let parse = |date: &String| date.parse().with_context(|| format!("{date} is not a date such as 2026-03-02"));
    let date: Option<NaiveDate> = args.date.as_ref().map(parse).transpose()?;
    let (files, mut cast) = match &args.unit {
        Some(files) => (files.clone(), cast_of(files, date, today)?),
        None => made_up::made_up(&directory.join("unit"), date.unwrap_or(today))?,
    };
    if let Some(time) = &args.time {
        let time = parse_clock(time).with_context(|| format!("{time} is not a time such as 09:20"))?;
        let date = Zone.date(cast.begins);
        cast.begin_at(Zone.at(date, time).first().context("The clocks leave that hour out on that date")?);
    }
    Ok((files, cast))
}

fn cast_of(files: &Path, date: Option<NaiveDate>, today: NaiveDate) -> Result<Cast> {
    let reading = read_directory(files).with_context(|| format!("Could not read {}", files.display()))?;
    let unit = reading.unit.context("The unit's files cannot be read; `rundan-server import` says why")?;
    cast::choose(&unit, date.unwrap_or_else(|| cast::nearest_day(&unit, today)))
}

/// Lets the silent one work and send while the server's clock shows when she was last heard.
async fn play_silent(backstage: &Backstage, server: &mut Server, cast: &Cast, offset: i64) -> Result<()> {
    let Some((silent, _)) = cast.carers.iter().find(|(_, part)| *part == Part::Silent) else { return Ok(()) };
    server.clock_offset_seconds = offset.saturating_sub(cast.begins.seconds_since(cast.silent_since));
    server.start(backstage.http.as_ref()).await?;
    let carer = backstage.enrol(server, &silent.0, "carer", server.address).await?;
    carer.has_worked_until(cast.silent_since, cast.before(silent)).await?.close().await;
    server.stop().await?;
    server.clock_offset_seconds = offset;
    Ok(())
}

/// How devices are shown.
struct Show {
    page: Arc<Page>,
    app: PathBuf,
    offset: i64,
}

impl Show {
    async fn device(
        &self,
        device: Enrolled,
        in_browser: bool,
        size: &'static str,
        title: &'static str,
    ) -> Result<Screen> {
        if in_browser {
            let link = host::show(device.phone, self.page.clone(), &SystemRandom).await?.link;
            return Ok(Screen::Browser { link });
        }
        let directory = device.close().await;
        let (app, clock_offset_seconds) = (self.app.clone(), self.offset);
        let plan = WindowPlan { app, directory, clock_offset_seconds, size, title };
        Ok(Screen::Window(Box::new(Window::open(plan)?)))
    }
}

/// Tells how many of the carers are ready, on one line.
fn count(args: &DemoArgs, ready: usize, all: usize) {
    if !args.json {
        let ends = if ready == all { "\r\n" } else { "" };
        print!("\r  {ready} of {all}{ends}");
        let _ = std::io::Write::flush(&mut std::io::stdout());
    }
}

/// Tells the audience. A terminal that gives single keys needs the carriage return too.
fn say(args: &DemoArgs, text: &str) {
    let text = text.replace('\n', "\r\n");
    if args.json {
        eprint!("{text}\r\n")
    } else {
        print!("{text}\r\n")
    }
    let _ = std::io::Write::flush(&mut std::io::stdout());
}
