//! Requests of a phone that is whose it says, mutated by the structure of their coding: types, lengths, nesting; and
//! statements that nobody signed so. Each is answered in kind, and none keeps the phone from going on.

use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode, header};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rundan_model::{FactBody, Role};
use rundan_server::sync;
use rundan_sync::statement::{self, HEADER, Statement, body_hash, pushed, sign};
use rundan_sync::{HeadsHash, HeldDocument, PushResult, wire};

use crate::world::{MONDAY, World, at};

const BODIES: usize = 3_000;
const STATEMENTS: usize = 5_000;

/// Where each item of CBOR begins, and where its head and all of it end.
#[derive(Debug, Clone, Copy)]
struct Item {
    from: usize,
    head: usize,
    to: usize,
}

/// Every item in these bytes, nested ones after those that they are in.
fn items(plain: &[u8]) -> Vec<Item> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < plain.len() {
        at = item(plain, at, &mut found);
    }
    found
}

fn item(plain: &[u8], from: usize, found: &mut Vec<Item>) -> usize {
    let (kind, short) = (plain[from] >> 5, plain[from] & 0x1f);
    let width = if short < 24 { 0 } else { 1 << (short - 24) };
    let head = from + 1 + width;
    let long = plain[from + 1..head].iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
    let argument = if width == 0 { usize::from(short) } else { long };
    let place = found.len();
    found.push(Item { from, head, to: head });
    let mut to = head;
    match kind {
        2 | 3 => to += argument,
        4 => (0..argument).for_each(|_| to = item(plain, to, found)),
        5 => (0..2 * argument).for_each(|_| to = item(plain, to, found)),
        6 => to = item(plain, to, found),
        _ => {}
    }
    found[place].to = to;
    to
}

/// Alters one to three items.
fn mutate(plain: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut mutated = plain.to_vec();
    let items = items(plain);
    let mut pick = |n: usize| random.next_u32() as usize % n;
    let mut places: Vec<Item> = (0..1 + pick(3)).map(|_| items[pick(items.len())]).collect();
    // From the end, so that the places before stay.
    places.sort_by_key(|item| std::cmp::Reverse(item.from));
    for Item { from, head, to } in places {
        let to = to.min(mutated.len());
        if from >= to {
            continue;
        }
        let whole = mutated[from..to].to_vec();
        let other = items[pick(items.len())];
        let put: Vec<u8> = match pick(9) {
            // Another type with the same length; another length of the same type.
            0 => [&[(mutated[from] & 0x1f) | (pick(8) as u8) << 5][..], &whole[1..]].concat(),
            1 => [&[(mutated[from] & 0xe0) | pick(32) as u8][..], &whole[1..]].concat(),
            2 => {
                let lengths: [&[u8]; 5] = [
                    b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
                    b"\x1a\xff\xff\xff\xff",
                    b"\x19\xff\xff",
                    b"\x18\0",
                    b"\x1f",
                ];
                let length = lengths[pick(lengths.len())];
                let kind = mutated[from] & 0xe0;
                [&[kind | length[0]][..], &length[1..], &mutated[head.min(to)..to]].concat()
            }
            3 => [vec![0x81; 1 + pick(40)], whole].concat(),
            4 => Vec::new(),
            5 => [whole.clone(), whole].concat(),
            6 => plain[other.from..other.to].to_vec(),
            7 => [
                b"\xf6".to_vec(),
                b"\xfb\x7f\xf8\0\0\0\0\0\0".to_vec(),
                vec![0xa0],
                vec![0x80],
                b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
            ][pick(5)]
            .clone(),
            _ => {
                let mut altered = whole;
                let at = pick(altered.len());
                altered[at] ^= 1 << pick(8);
                altered
            }
        };
        mutated.splice(from..to, put);
    }
    mutated
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let group = |three: &[u8]| {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        (0..=three.len()).map(|n| char::from(ALPHABET[(bits >> (18 - 6 * n) & 63) as usize])).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

#[tokio::test]
async fn bodies_mutated_by_structure_are_answered_in_kind() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let visit = world.plan_visit(world.plan_recipient().await, at(MONDAY, "08:00"), alice.person).await;
    alice.sync(&world).await;
    alice.state(&world, visit, FactBody::Started);
    alice.state(&world, visit, FactBody::Note { text: "Åt bra.".into() });
    let mut stream = alice.stream();
    stream.told = stream.cursor;
    stream.heard_since = Some(rundan_model::Timestamp(0));
    stream.held = Some(vec![HeldDocument(visit, HeadsHash::of(visit, &[]))]);
    let request = alice.request(stream);
    let plain = wire::to_cbor(&request).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut taken = 0;
    for n in 0..BODIES {
        let mutated = mutate(&plain, &mut random);
        let body = zstd::bulk::compress(&mutated, 3).unwrap();
        alice.counter += 1;
        let read = wire::decode::<rundan_sync::SyncRequest>(&body, wire::REQUEST_BYTES_MAX).ok();
        let statement = Statement {
            server: Some(world.server.keys.server()),
            method: "POST".into(),
            path: sync::PATH.into(),
            counter: alice.counter,
            body: body_hash(&body),
            pushed: read.as_ref().and_then(|read| pushed(sync::pushed_pairs(read))),
        };
        let header = sign(&alice.key, Some(alice.vault), &statement).unwrap();
        let (status, answer) = world.post(sync::PATH, &header, body).await;
        let expected = match (&read, status) {
            (None, StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE) => true,
            (Some(read), StatusCode::OK) => {
                let answer: rundan_sync::SyncAnswer = wire::decode(&answer, wire::ANSWER_BYTES_MAX).unwrap();
                answer.streams.len() == read.streams.len()
            }
            (Some(read), StatusCode::UPGRADE_REQUIRED) => read.version != 1,
            (Some(_), StatusCode::BAD_REQUEST) => true,
            _ => false,
        };
        assert!(expected, "{n}: {status}, read {} {}", read.is_some(), hex::encode(&mutated));
        taken += usize::from(status == StatusCode::OK);
    }
    assert!(taken > 0 && taken < BODIES, "{taken}");
    let results = alice.sync(&world).await;
    assert!(
        results.iter().all(|told| matches!(told, PushResult::Accepted(..) | PushResult::Already(..))),
        "{results:?}"
    );
}

#[tokio::test]
async fn statements_that_nobody_signed_so_are_refused() {
    let world = World::new().await;
    let mut alice = world.phone("Alice", Role::Carer).await;
    let (honest, body) = alice.sign(&world, 1, &alice.request(alice.stream()));
    let said = statement::open(&honest).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(12);
    for n in 0..STATEMENTS {
        let mut header = if n % 4 == 0 {
            let mut bytes = honest.clone().into_bytes();
            let at = random.next_u32() as usize % bytes.len();
            bytes[at] = b' ' + (random.next_u32() % 95) as u8;
            bytes
        } else {
            base64url(&mutate(&said.bytes, &mut random)).into_bytes()
        };
        if header == honest.as_bytes() {
            header.push(b'A');
        }
        let mut request = Request::post(sync::PATH).header(header::CONTENT_TYPE, wire::CONTENT_TYPE);
        if let Ok(value) = HeaderValue::from_bytes(&header) {
            request = request.header(HEADER, value);
        }
        let (status, _) = world.send(request.body(Body::from(body.clone())).unwrap()).await;
        // What is around what is signed has other spellings, and says the same.
        let read = statement::open(std::str::from_utf8(&header).unwrap_or_default());
        let says_the_same = read.is_ok_and(|read| (read.vault, read.statement) == (said.vault, said.statement.clone()));
        let is_answered = says_the_same && matches!(status, StatusCode::OK | StatusCode::CONFLICT);
        assert!(
            is_answered || status == StatusCode::UNAUTHORIZED,
            "{n}: {status} {}",
            String::from_utf8_lossy(&header)
        );
    }
    alice.counter = 1;
    alice.sync(&world).await;
}
