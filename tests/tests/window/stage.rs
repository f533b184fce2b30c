use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use chrono::NaiveTime;
use fantoccini::{Client, Locator};
use rundan_device::api::Command as DeviceCommand;
use rundan_device::seams::Clock;
use rundan_device::{FileKeys, Phone, PhoneConfig, SystemClock, SystemHttp, SystemRandom};
use rundan_model::Zone;
use rundan_tests::window::{Driver, PATIENCE, accepts, free_address};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::unit;

/// A server with a unit, whose clock shows nine in the morning.
pub(crate) struct Stage {
    directory: TempDir,
    address: SocketAddr,
    clock_offset: i64,
    server: Option<Child>,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let now = SystemClock::default().now();
        let today = Zone.date(now);
        let nine = Zone.at(today, NaiveTime::from_hms_opt(9, 0, 0).unwrap()).first().unwrap();
        let mut stage =
            Self { directory, address: free_address().unwrap(), clock_offset: nine.seconds_since(now), server: None };
        let files = stage.directory.path().join("unit");
        std::fs::create_dir(&files).unwrap();
        unit::write(&files, today);
        stage.admin(&["init", "--unit", "Norr"]).await;
        stage.admin(&["import", files.to_str().unwrap()]).await;
        stage.start_server().await;
        stage
    }

    /// Enrols a person, and opens the app on her device.
    pub(crate) async fn device(&self, person: &str, role: &str, size: &str) -> Device {
        let code = self.admin(&["enrol", "--person", person, "--role", role]).await;
        let directory = self.directory.path().join(person);
        let phone = Phone::open(PhoneConfig {
            keys: Arc::new(FileKeys::new(directory.join("keys"))),
            downloads: directory.join("downloads"),
            directory: directory.clone(),
            clock: Arc::new(SystemClock::with_offset(self.clock_offset)),
            random: Arc::new(SystemRandom),
            http: Arc::new(SystemHttp::new().unwrap()),
        })
        .await
        .unwrap();
        let server = format!("http://{}", self.address);
        phone.call(DeviceCommand::Enrol { server, code: code.trim().to_owned() }).await.unwrap();
        drop(phone);
        Device::open(directory, self.clock_offset, size).await
    }

    pub(crate) async fn start_server(&mut self) {
        let mut server = self.command();
        server.args(["serve", "--listen", &self.address.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        self.server = Some(server.spawn().unwrap());
        accepts(self.address).await.unwrap();
    }

    pub(crate) async fn stop_server(&mut self) {
        self.server.take().unwrap().kill().await.unwrap();
    }

    async fn admin(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().await.unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(binary("RUNDAN_SERVER"));
        command
            .env("RUNDAN_DATABASE", self.directory.path().join("server.db"))
            .env("RUNDAN_CLOCK_OFFSET", self.clock_offset.to_string())
            .kill_on_drop(true);
        command
    }
}

/// A device's window, with the driver that opened it.
pub(crate) struct Device {
    directory: PathBuf,
    clock_offset: i64,
    size: String,
    driver: Driver,
    client: Client,
}

impl Device {
    async fn open(directory: PathBuf, clock_offset: i64, size: &str) -> Self {
        let (driver, client) = open(&directory, clock_offset, size).await;
        Self { directory, clock_offset, size: size.to_owned(), driver, client }
    }

    /// A button whose words begin so.
    pub(crate) fn button(words: &str) -> String {
        format!("//button[starts-with(normalize-space(.), '{words}')]")
    }

    /// A button of what lies over the screen.
    pub(crate) fn in_sheet(words: &str) -> String {
        format!("//dialog{}", Self::button(words))
    }

    /// The way to a room of the app.
    pub(crate) fn room(name: &str) -> String {
        format!("//nav//a[contains(normalize-space(.), '{name}')]")
    }

    /// The way to a row of a table, by its first words.
    pub(crate) fn row(words: &str) -> String {
        format!("//tr//a[starts-with(normalize-space(.), '{words}')]")
    }

    /// Text anywhere on the screen.
    pub(crate) fn text(words: &str) -> String {
        format!("//*[not(self::script)][contains(normalize-space(.), '{words}')]")
    }

    /// An intervention of the checklist, ticked or not.
    pub(crate) fn check(name: &str, ticked: &str) -> String {
        format!("//*[@role='checkbox'][@aria-checked='{ticked}'][contains(normalize-space(.), '{name}')]")
    }

    /// A visit on the office's board, by its state in words.
    pub(crate) fn board_block(state: &str) -> String {
        format!("//button[contains(concat(@aria-label, normalize-space(.)), '{state}')][ancestor::*[@role='row']]")
    }

    pub(crate) async fn sees(&mut self, what: &str) {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(what)).await;
        if let Err(error) = found {
            let shown = self.client.find(Locator::Css("body")).await.unwrap().text().await.unwrap();
            panic!("{what} is not there ({error}); the screen says:\n{shown}");
        }
    }

    pub(crate) async fn press(&mut self, what: &str) {
        self.sees(what).await;
        let element = self.client.find(Locator::XPath(what)).await.unwrap();
        // As a person would: away from what lies at the edges.
        let shown = vec![serde_json::to_value(&element).unwrap()];
        self.client.execute("arguments[0].scrollIntoView({ block: 'center' });", shown).await.unwrap();
        element.click().await.unwrap();
    }

    pub(crate) async fn write(&mut self, field: &str, words: &str) {
        self.sees(field).await;
        self.client.find(Locator::XPath(field)).await.unwrap().send_keys(words).await.unwrap();
    }

    /// Looks up the code of a key's tag on a handheld.
    pub(crate) async fn find_tag(&mut self, code: &str) {
        self.press(&Self::button("Skanna bricka eller skriv kod")).await;
        self.write("//dialog//input", code).await;
        self.press(&Self::in_sheet("Sök nyckeln")).await;
    }

    /// Ends the app as a crash would, and opens it again on the same files.
    pub(crate) async fn kill_and_reopen(&mut self) {
        let driver = self.driver.process.id().unwrap().to_string();
        let killed = Command::new("pkill").args(["-KILL", "-P", &driver]).status().await.unwrap();
        assert!(killed.success(), "the driver has no app to kill");
        self.driver.process.kill().await.unwrap();
        let (driver, client) = open(&self.directory, self.clock_offset, &self.size).await;
        self.driver = driver;
        self.client = client;
    }

    pub(crate) async fn close(self) {
        self.client.close().await.unwrap();
    }
}

async fn open(directory: &Path, clock_offset: i64, size: &str) -> (Driver, Client) {
    let driver = Driver::start(directory, clock_offset, size).await.unwrap();
    let client = driver.open(Path::new(&binary("RUNDAN_APP"))).await.unwrap();
    (driver, client)
}

fn binary(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no binary: run `cargo xtask test`"))
}
