//! From the start of the real app until its screen shows what the vault holds.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fantoccini::Locator;
use rundan_tests::window::{Driver, PATIENCE};

/// How often the app is started.
const STARTS: usize = 7;
/// How often the driver is asked whether the screen is there.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The app's binary, built beside this one, if there is a display to open it on.
pub(super) fn app() -> Result<Option<PathBuf>> {
    let app = std::env::current_exe().context("Could not find the binaries")?.with_file_name("rundan-app");
    let is_there = app.is_file() && std::env::var_os("DISPLAY").is_some();
    if !is_there {
        println!("        no app or no display: the real window is not measured");
    }
    Ok(is_there.then_some(app))
}

/// A screen, and what is on it once the vault has been read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    size: &'static str,
    shows: &'static str,
}

/// A carer's day: how much of it is done.
pub(super) const DAY: Screen = Screen { size: "390x844", shows: "//main//*[contains(., ' av ')]" };
/// The office's board.
pub(super) const BOARD: Screen = Screen { size: "1360x860", shows: "//*[@role='grid']" };

/// Opens the app on a phone's files and waits for a screen, some times; answers each time it took. The driver's own
/// work is in it.
pub(super) async fn starts(app: &Path, directory: &Path, screen: Screen) -> Result<Vec<Duration>> {
    let mut samples = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let driver = Driver::start(directory, 0, screen.size).await?;
        let from = Instant::now();
        let client = driver.open(app).await?;
        let shows = Locator::XPath(screen.shows);
        let found = client.wait().at_most(PATIENCE).every(LOOK_EVERY).for_element(shows).await;
        found.context("The screen did not come")?;
        samples.push(from.elapsed());
        client.close().await.context("Could not close the app")?;
    }
    Ok(samples)
}
