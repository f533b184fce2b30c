//! Every exchange cut at every byte, in both directions: a retry gives exactly one effect.
//!
//! Beyond four kilobytes it is cut at the edges of its records and at their neighbours. A body that is a message is one
//! zstd frame: what is in it comes out by blocks, so the edges of its blocks are those of the documents and changes
//! that they end. A body that is text has its lines.

use rundan_tests::simulation::{Cut, End, Spoken, Stage, Way};

/// Up to here every byte is tried.
const EVERY_BYTE: u64 = 4_096;
/// How a zstd frame begins (RFC 8878, 3.1.1).
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// A block of one byte, repeated.
const RLE: usize = 1;

/// Where the records of a request or an answer end, of its head too.
fn edges(message: &[u8]) -> Vec<u64> {
    let head = message.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4;
    let text = String::from_utf8_lossy(&message[..head]).to_lowercase();
    assert!(!text.contains("transfer-encoding"), "a body of known length has no frames of HTTP's own: {text}");
    let body = &message[head..];
    let of_body = if body.starts_with(&ZSTD_MAGIC) { frame_edges(body) } else { line_edges(body) };
    let of_body = of_body.into_iter().map(|edge| edge + head);
    line_edges(&message[..head]).into_iter().chain(of_body).map(|edge| edge as u64).collect()
}

fn line_edges(text: &[u8]) -> Vec<usize> {
    (0..text.len()).filter(|place| text[*place] == b'\n').map(|place| place + 1).collect()
}

/// The ends of a frame's header, of each block's header, of each block, and of the frame.
fn frame_edges(frame: &[u8]) -> Vec<usize> {
    let described = frame[ZSTD_MAGIC.len()];
    let (is_single, has_checksum) = (described >> 5 & 1, described >> 2 & 1);
    let dictionary = [0, 1, 2, 4][usize::from(described & 3)];
    let content = [usize::from(is_single), 2, 4, 8][usize::from(described >> 6)];
    let mut at = ZSTD_MAGIC.len() + 1 + usize::from(1 - is_single) + dictionary + content;
    let mut edges = vec![at];
    loop {
        let header = u32::from_le_bytes([frame[at], frame[at + 1], frame[at + 2], 0]) as usize;
        let (is_last, kind, size) = (header & 1 == 1, header >> 1 & 3, header >> 3);
        edges.push(at + 3);
        at += 3 + if kind == RLE { 1 } else { size };
        edges.push(at);
        if is_last {
            break;
        }
    }
    at += 4 * usize::from(has_checksum);
    assert_eq!(at, frame.len(), "it is one frame");
    edges.push(at);
    edges
}

/// The places to cut a message beyond what is cut at every byte.
fn beyond(message: &[u8]) -> Vec<u64> {
    let edges = edges(message).into_iter().chain([message.len() as u64]);
    let near = edges.flat_map(|edge| [edge - 1, edge, edge + 1]).filter(|place| *place >= EVERY_BYTE);
    near.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

fn cuts(spoken: &Spoken, places: impl Fn(&[u8]) -> Vec<u64>) -> Vec<Cut> {
    let of = |way, message| {
        places(message).into_iter().map(move |after| Cut { way, after, end: End::Breaks }).collect::<Vec<_>>()
    };
    let cuts = [of(Way::Up, &spoken.up), of(Way::Down, &spoken.down)].concat();
    println!("{} cuts in {} bytes up and {} down", cuts.len(), spoken.up.len(), spoken.down.len());
    cuts
}

/// At every byte, and at the edges beyond.
fn each_cut(spoken: &Spoken) -> Vec<Cut> {
    cuts(spoken, |message| {
        let length = message.len() as u64;
        (0..EVERY_BYTE.min(length + 2)).chain(beyond(message)).collect()
    })
}

/// At the edges beyond alone, of messages that are longer.
fn far_cuts(spoken: &Spoken) -> Vec<Cut> {
    let cuts = cuts(spoken, beyond);
    assert!(!cuts.is_empty(), "it is no longer than what is cut at every byte");
    cuts
}

#[tokio::test(start_paused = true)]
async fn an_enrolment_cut_anywhere_makes_one_vault() {
    let mut stage = Stage::new().await.unwrap();
    for cut in each_cut(&stage.enrolment(None).await.unwrap()) {
        stage.enrolment(Some(cut)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_sync_cut_anywhere_brings_everything() {
    let mut stage = Stage::new().await.unwrap();
    for cut in each_cut(&stage.first_sync(0, None).await.unwrap()) {
        stage.first_sync(0, Some(cut)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_sync_of_two_pages_cut_anywhere_brings_everything() {
    let mut stage = Stage::new().await.unwrap();
    stage.lengthen().await.unwrap();
    let first_page = far_cuts(&stage.first_sync(0, None).await.unwrap());
    for cut in first_page {
        stage.first_sync(0, Some(cut)).await.unwrap();
    }
    let mut stage = Stage::new().await.unwrap();
    stage.lengthen().await.unwrap();
    for cut in each_cut(&stage.first_sync(1, None).await.unwrap()) {
        stage.first_sync(1, Some(cut)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_push_cut_anywhere_has_one_effect() {
    let mut stage = Stage::new().await.unwrap();
    for cut in each_cut(&stage.push(None).await.unwrap()) {
        stage.push(Some(cut)).await.unwrap();
    }
    for cut in far_cuts(&stage.long_push(None).await.unwrap()) {
        stage.long_push(Some(cut)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_hint_or_a_question_of_the_operator_cut_anywhere_harms_nobody() {
    let mut stage = Stage::new().await.unwrap();
    for path in ["/healthz", "/readyz", "/metrics", "/v1/hint/"] {
        for cut in each_cut(&stage.get(path, None).await.unwrap()) {
            stage.get(path, Some(cut)).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_cut_anywhere_while_it_rings_is_heard_again() {
    let mut stage = Stage::new().await.unwrap();
    for cut in each_cut(&stage.ring(None).await.unwrap()) {
        stage.ring(Some(cut)).await.unwrap();
    }
}
