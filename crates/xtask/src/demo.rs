//! The demonstration: a server, a handheld, an office desktop and the other carers of a unit at work.
//!
//! Everything lies in a temporary directory and ends with the play; the user's own data and key store are never
//! touched. Start reading at [`run`].

mod carers;
mod cast;
mod clock;
mod device;
mod host;
mod keyboard;
mod made_up;
mod relay;
mod server;
mod unit;
mod window;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use rundan_device::api::Command;
use rundan_device::seams::{Clock, Http};
use rundan_device::{Phone, SystemClock, SystemHttp, SystemRandom};
use rundan_model::time::parse_clock;
use rundan_model::{Timestamp, Zone};
use rundan_server::import::{StaffCode, read_directory};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use crate::args::DemoArgs;
use carers::Carer;
use cast::{Cast, Morning, Part};
use clock::StageClock;
use host::Page;
use keyboard::{Key, Keyboard};
use relay::Relay;
use server::Server;
use window::{Window, WindowPlan};

/// How often a device is asked whether it has come as far as it must.
const ASK_AGAIN: Duration = Duration::from_millis(50);
/// How long that may take: a first sync on a busy machine.
const ASKED_MAX: u32 = 1_200;

const KEYS: &str = "  1  cut or restore the handheld's network      s  stop or start the server
  2  cut or restore the office's network        k  kill the handheld's app and open it again
  ?  show these keys                            q  end everything";

/// Plays until `q` or Ctrl-C.
pub(crate) fn run(root: &Path, args: &DemoArgs) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("Could not start")?;
    let played = runtime.block_on(play(root, args));
    // What still waits for the keyboard or the network would keep the process alive.
    runtime.shutdown_background();
    played
}

async fn play(root: &Path, args: &DemoArgs) -> Result<()> {
    let mut ends = Ends::listen()?;
    let directory = tempfile::Builder::new().prefix("rundan-demo-").tempdir().context("Could not make a directory")?;
    let stage = tokio::select! {
        biased;
        () = ends.asked() => return Ok(()),
        stage = Stage::set(root, args, directory.path()) => stage?,
    };
    stage.play(ends, args).await
}

/// Ctrl-C and the polite kill.
struct Ends {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Ends {
    fn listen() -> Result<Self> {
        let on = |kind| signal(kind).context("Could not listen for Ctrl-C");
        Ok(Self { interrupt: on(SignalKind::interrupt())?, terminate: on(SignalKind::terminate())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Everything that the play has started. It ends when this is dropped.
struct Stage {
    server: Server,
    http: Arc<dyn Http>,
    handheld: Shown,
    office: Shown,
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
        let offset = clock::offset_seconds(cast.begins);
        let http: Arc<dyn Http> = Arc::new(SystemHttp::new()?);
        let built = std::env::current_exe().context("Could not find the binaries")?;
        let built = built.parent().map(Path::to_owned).context("Could not find the binaries")?;

        say(args, "The server takes the unit's files in …");
        let mut server =
            Server::make(built.join("rundan-server"), directory.join("server"), &cast.unit, offset).await?;
        server.import(&files).await?;
        server.start(http.as_ref()).await?;

        say(args, "The handheld and the office are enrolled; the morning is played …");
        let backstage = Backstage { http: http.clone(), directory: directory.to_owned(), begins: cast.begins };
        let (handheld, office) = (Relay::open(server.address).await?, Relay::open(server.address).await?);
        let carer = backstage.enrol(&server, &cast.handheld.0, "carer", Some(&handheld), 1).await?;
        let carer = carer.has_worked_until(cast.begins, morning_of(&cast, &cast.handheld)).await?;
        let planner = backstage.enrol(&server, &cast.office.0, "planner", Some(&office), 1).await?;

        let show = Show { page: Page::read(&root.join("app-ui/dist"))?.into(), app: built.join("rundan-app"), offset };
        let in_browser = args.in_browser();
        let handheld = Shown {
            name: "handheld",
            relay: handheld,
            on: show.device(carer, in_browser, "390x844", "Rundan: handheld").await?,
        };
        let office = Shown {
            name: "office",
            relay: office,
            on: show.device(planner, in_browser, "1360x860", "Rundan: office").await?,
        };
        let codes = codes(&server, &cast).await?;
        let others = tokio::spawn(backstage.others(codes, server.address, args.speed));
        Ok(Self { server, http, handheld, office, others })
    }

    async fn play(mut self, mut ends: Ends, args: &DemoArgs) -> Result<()> {
        self.announce(args)?;
        let mut keyboard = Keyboard::take()?;
        loop {
            let key = tokio::select! {
                biased;
                () = ends.asked() => Key::Quit,
                key = keyboard.press() => key,
            };
            match key {
                Key::Handheld => say(args, &self.handheld.toggle_network()),
                Key::Office => say(args, &self.office.toggle_network()),
                Key::Server => self.toggle_server(args).await?,
                Key::Kill => say(args, self.handheld.kill().await?),
                Key::Help => say(args, KEYS),
                Key::Quit => break,
            }
        }
        say(args, "Everything is ended.");
        self.others.abort();
        self.server.stop().await
    }

    fn announce(&self, args: &DemoArgs) -> Result<()> {
        if let (Screen::Browser { link: handheld }, Screen::Browser { link: office }) =
            (&self.handheld.on, &self.office.on)
        {
            if args.json {
                println!("{}", serde_json::json!({ "handheld": handheld, "office": office }));
            } else {
                say(
                    args,
                    &format!(
                        "Open these in a browser; whoever has a link is that device's user:\n\n  handheld  {handheld}\n  office    {office}\n"
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

    async fn kill(&mut self) -> Result<&'static str> {
        match &mut self.on {
            Screen::Window(window) => {
                window.kill_and_reopen().await?;
                Ok("handheld: killed, and opened again")
            }
            Screen::Browser { .. } => Ok("handheld: only a window of its own can be killed; reload the page instead"),
        }
    }
}

/// The unit's files, and who plays which part at which time.
fn choose(args: &DemoArgs, directory: &Path) -> Result<(PathBuf, Cast)> {
    let today = Zone.date(SystemClock::default().now());
    let date = match &args.date {
        Some(date) => date.parse().with_context(|| format!("{date} is not a date such as 2026-03-02"))?,
        None => today,
    };
    let (files, mut cast) = match &args.unit {
        Some(files) => (files.clone(), cast_of(files, date)?),
        None => made_up::made_up(&directory.join("unit"), date)?,
    };
    if let Some(time) = &args.time {
        let time = parse_clock(time).with_context(|| format!("{time} is not a time such as 09:20"))?;
        cast.begins = Zone.at(date, time).first().context("The clocks leave that hour out on that date")?;
    }
    Ok((files, cast))
}

fn cast_of(files: &Path, date: NaiveDate) -> Result<Cast> {
    let reading = read_directory(files).with_context(|| format!("Could not read {}", files.display()))?;
    let unit = reading.unit.context("The unit's files cannot be read; `rundan-server import` says why")?;
    cast::choose(&unit, date)
}

/// What the devices are made with.
struct Backstage {
    http: Arc<dyn Http>,
    directory: PathBuf,
    begins: Timestamp,
}

/// A device that is enrolled and has its day.
struct Enrolled {
    phone: Phone,
    clock: Arc<StageClock>,
    directory: PathBuf,
    syncing: JoinHandle<()>,
}

/// A carer who waits to be enrolled.
struct Waiting {
    person: String,
    code: String,
    part: Part,
    morning: Morning,
}

fn morning_of(cast: &Cast, carer: &StaffCode) -> Morning {
    cast.mornings.get(carer).cloned().unwrap_or_default()
}

async fn codes(server: &Server, cast: &Cast) -> Result<Vec<Waiting>> {
    let mut waiting = Vec::new();
    for (person, part) in &cast.carers {
        let code = server.code_for(&person.0, "carer").await?;
        waiting.push(Waiting { person: person.0.clone(), code, part: *part, morning: morning_of(cast, person) });
    }
    Ok(waiting)
}

impl Backstage {
    async fn enrol(
        &self,
        server: &Server,
        person: &str,
        role: &str,
        relay: Option<&Relay>,
        speed: u32,
    ) -> Result<Enrolled> {
        let code = server.code_for(person, role).await?;
        let address = relay.map_or(server.address, |relay| relay.address);
        self.enrol_with(person, code, &address.to_string(), speed).await
    }

    async fn enrol_with(&self, person: &str, code: String, address: &str, speed: u32) -> Result<Enrolled> {
        let directory = self.directory.join(person);
        let clock = Arc::new(StageClock::new(self.begins, speed));
        let as_clock: Arc<dyn Clock> = clock.clone();
        let phone = device::open(directory.clone(), as_clock, self.http.clone()).await?;
        let server = format!("http://{address}");
        device::call(&phone, Command::Enrol { server, code })
            .await
            .with_context(|| format!("Could not enrol {person}"))?;
        let syncing = tokio::spawn({
            let phone = phone.clone();
            async move { phone.run().await }
        });
        Ok(Enrolled { phone, clock, directory, syncing })
    }

    /// Enrols the other carers one after the other and lets each work.
    async fn others(self, waiting: Vec<Waiting>, server: std::net::SocketAddr, speed: u32) {
        // Dropped with this task, and all carers with it.
        let mut at_work = tokio::task::JoinSet::new();
        for Waiting { person, code, part, morning } in waiting {
            let enrolled = self.enrol_with(&person, code, &server.to_string(), speed.max(1)).await;
            let Ok(enrolled) = enrolled else { continue };
            if enrolled.has_its_day().await.is_err() || speed == 0 {
                continue;
            }
            match part {
                // She did her morning and sent it; since then her phone is out of reach.
                Part::Silent => {
                    if let Ok(enrolled) = enrolled.has_worked_until(self.begins, morning).await {
                        enrolled.syncing.abort();
                    }
                }
                Part::Ordinary | Part::Late => {
                    at_work.spawn(Carer::new(enrolled.phone, enrolled.clock, morning).work(part, speed));
                }
            }
        }
        while at_work.join_next().await.is_some() {}
    }
}

impl Enrolled {
    /// Waits for the first sync to bring the run sheet.
    async fn has_its_day(&self) -> Result<()> {
        self.wait_for(Command::Day { date: None }, |day| {
            day.get("run_sheet").is_some_and(|run_sheet| !run_sheet.is_null())
        })
        .await
    }

    /// Plays the carer's morning, and waits until the server has it.
    async fn has_worked_until(self, begins: Timestamp, morning: Morning) -> Result<Self> {
        self.has_its_day().await?;
        Carer::new(self.phone.clone(), self.clock.clone(), morning).catch_up(begins).await?;
        self.wait_for(Command::Sync, |sync| sync.pointer("/chip/unsent").is_some_and(|unsent| unsent == 0)).await?;
        Ok(self)
    }

    async fn wait_for(&self, command: Command, is_so: impl Fn(&serde_json::Value) -> bool) -> Result<()> {
        for _ in 0..ASKED_MAX {
            if device::call(&self.phone, command.clone()).await.is_ok_and(|answer| is_so(&answer)) {
                return Ok(());
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
        bail!("A device did not get its day in time")
    }
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
        // The window's own process opens the files; this one must have let go of them.
        device.syncing.abort();
        let _ = device.syncing.await;
        drop(device.phone);
        let (app, clock_offset_seconds) = (self.app.clone(), self.offset);
        let plan = WindowPlan { app, directory: device.directory, clock_offset_seconds, size, title };
        Ok(Screen::Window(Box::new(Window::open(plan)?)))
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
