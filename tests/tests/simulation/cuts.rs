//! Every exchange cut at every byte, in both directions: a retry gives exactly one effect.
//!
//! Beyond four kilobytes it is cut at the edges of what lies on the way at once, and at their neighbours.

use rundan_tests::simulation::{Cut, End, Stage, Way};

/// Up to here every byte is tried.
const EVERY_BYTE: u64 = 4_096;
/// Beyond, these edges with their neighbours.
const EDGE: u64 = 4_096;

/// The places to cut an exchange that takes `length` bytes in a direction.
fn places(length: u64) -> impl Iterator<Item = u64> {
    let is_near_an_edge = |place: &u64| (place + 1) % EDGE <= 2;
    let beyond = (EVERY_BYTE..length).filter(is_near_an_edge);
    (0..length.min(EVERY_BYTE)).chain(beyond).chain([length.saturating_sub(1), length, length + 1])
}

fn each_cut(lengths: (u64, u64)) -> Vec<Cut> {
    let of = |way, length| places(length).map(move |after| Cut { way, after, end: End::Breaks });
    of(Way::Up, lengths.0).chain(of(Way::Down, lengths.1)).collect()
}

#[tokio::test(start_paused = true)]
async fn an_enrolment_cut_anywhere_makes_one_vault() {
    let mut stage = Stage::new().await.unwrap();
    let cuts = each_cut(stage.enrolment(None).await.unwrap());
    println!("{} cuts", cuts.len());
    for cut in cuts {
        stage.enrolment(Some(cut)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_sync_cut_anywhere_brings_everything() {
    let mut stage = Stage::new().await.unwrap();
    let cuts = each_cut(stage.first_sync(None).await.unwrap());
    println!("{} cuts", cuts.len());
    for cut in cuts {
        stage.first_sync(Some(cut)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_push_cut_anywhere_has_one_effect() {
    let mut stage = Stage::new().await.unwrap();
    let cuts = each_cut(stage.push(None).await.unwrap());
    println!("{} cuts", cuts.len());
    for cut in cuts {
        stage.push(Some(cut)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_or_a_health_check_cut_anywhere_harms_nobody() {
    let mut stage = Stage::new().await.unwrap();
    for path in ["/healthz", "/v1/hint/"] {
        for cut in each_cut(stage.get(path, None).await.unwrap()) {
            stage.get(path, Some(cut)).await.unwrap();
        }
    }
}
