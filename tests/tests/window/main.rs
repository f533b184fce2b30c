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

/// Two carers without a network take the same key, hand one over and lose one; the office settles each when they meet.
#[tokio::test(flavor = "multi_thread")]
async fn what_two_carers_did_with_keys_without_a_network_is_settled_by_the_office() {
    let mut stage = Stage::set().await;
    let mut alice = stage.device(unit::CARER, "carer", "390x844").await;
    let mut bodil = stage.device(unit::COLLEAGUE, "carer", "390x844").await;
    let mut office = stage.device(unit::PLANNER, "planner", "1360x860").await;
    for device in [&mut alice, &mut bodil, &mut office] {
        device.press(&Device::room("Nycklar")).await;
    }
    let take_all = Device::button("Ta ut 3 nycklar till");
    alice.sees(&take_all).await;
    bodil.sees(&take_all).await;
    office.press(&Device::button("Alla")).await;
    office.sees(&Device::text("V-103")).await;

    stage.stop_server().await;
    alice.press(&take_all).await;
    alice.press(&Device::in_sheet("Klart")).await;
    bodil.find_tag("v-101").await;
    bodil.press(&Device::in_sheet("Ta ut")).await;
    bodil.sees(&Device::button("V-101")).await;

    alice.press(&Device::button("V-102")).await;
    alice.press(&Device::in_sheet("Lämna över")).await;
    alice.press(&Device::in_sheet(unit::COLLEAGUE_NAME)).await;
    alice.sees(&Device::text("Bodil Berg har inte bekräftat")).await;
    bodil.find_tag("V-102").await;
    bodil.press(&Device::in_sheet("Ta emot")).await;
    bodil.press(&Device::in_sheet(unit::CARER_NAME)).await;
    bodil.sees(&Device::text("V-102 är hos dig")).await;

    alice.press(&Device::button("V-103")).await;
    alice.press(&Device::in_sheet("Tappad")).await;
    alice.write("//dialog//textarea", "I trapphuset.").await;
    alice.press(&Device::in_sheet("Spara")).await;
    alice.sees(&Device::text("Noterat att V-103 är tappad")).await;

    stage.start_server().await;
    bodil.sees(&Device::text("Båda har bekräftat")).await;
    office.press(&Device::row("V-101")).await;
    office.sees(&Device::text("Två uppgifter om V-101")).await;
    office.write("//dialog//*[self::input or self::textarea][1]", "Bodil hängde tillbaka den.").await;
    office.press(&Device::in_sheet("Alice Almgren hade den")).await;
    office.sees(&Device::text("Bodil hängde tillbaka den.")).await;
    office.press(&Device::in_sheet("Stäng")).await;
    office.press(&Device::row("V-103")).await;
    office.press(&Device::in_sheet("Klart: chef och brukare har fått veta")).await;
    office.sees(&Device::text("steg 2 av 7")).await;
    office.press(&Device::in_sheet("Stäng")).await;
    office.press(&Device::row("V-102")).await;
    office.sees(&format!("//dialog{}", Device::text(unit::COLLEAGUE_NAME))).await;

    alice.sees(&Device::button("V-101")).await;
    bodil.sees(&Device::button("V-102")).await;
    for device in [alice, bodil, office] {
        device.close().await;
    }
}
