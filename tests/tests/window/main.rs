//! The real window, driven as a person would: Tauri's webview under a display, through WebKit's own driver.
//!
//! `cargo xtask test` starts it with what it needs built and a display of its own; the variables `RUNDAN_APP` and
//! `RUNDAN_SERVER` name the binaries.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod stage;
mod unit;

use stage::{Device, Stage};

/// A carer works a visit while the server is away and her app is killed; the office sees it when they meet.
#[tokio::test(flavor = "multi_thread")]
async fn two_ticks_survive_a_kill_without_a_network_and_reach_the_office() {
    let mut stage = Stage::set().await;
    let mut handheld = stage.device(unit::CARER, "carer", "390x844").await;
    let mut office = stage.device(unit::PLANNER, "planner", "1360x860").await;
    handheld.sees(&Device::button("Starta besök")).await;
    office.sees(&Device::text(unit::CARER_NAME)).await;

    stage.stop_server().await;
    handheld.press(&Device::button("Starta besök")).await;
    for item in [unit::MORNING, unit::BED] {
        handheld.press(&Device::check(item, "false")).await;
        handheld.sees(&Device::check(item, "true")).await;
    }

    handheld.kill_and_reopen().await;
    handheld.press(&Device::button("Till besöket")).await;
    for item in [unit::MORNING, unit::BED] {
        handheld.sees(&Device::check(item, "true")).await;
    }
    handheld.press(&Device::button("Avsluta besök")).await;
    handheld.sees(&Device::text("1 av 1 besök")).await;

    stage.start_server().await;
    office.sees(&Device::board_block("Klart")).await;

    handheld.close().await;
    office.close().await;
}
