//! Automerge chunks made by hand, with honest checksums: what an enrolled phone could send.

use rand_chacha::ChaCha8Rng;
use rand_core::Rng;
use sha2::{Digest, Sha256};

/// The chunk types of Automerge's format.
pub const DOCUMENT: u8 = 0;
/// An uncompressed change.
pub const CHANGE: u8 = 1;
/// A deflated change.
pub const COMPRESSED: u8 = 2;
/// Several changes in one.
pub const BUNDLE: u8 = 3;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHECKSUM: std::ops::Range<usize> = 4..8;

/// Wraps a body as a chunk, with its length and checksum.
pub fn seal(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![kind];
    unsigned(&mut hashed, body.len() as u64);
    hashed.extend_from_slice(body);
    let mut chunk = MAGIC.to_vec();
    chunk.extend_from_slice(&Sha256::digest(&hashed)[..CHECKSUM.len()]);
    chunk.extend_from_slice(&hashed);
    chunk
}

/// The body of a chunk.
///
/// # Panics
/// When the bytes are no chunk.
pub fn body(chunk: &[u8]) -> &[u8] {
    let length = chunk[CHECKSUM.end + 1..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    &chunk[CHECKSUM.end + 1 + length..]
}

/// Appends a number in LEB128.
pub fn unsigned(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Appends a number in signed LEB128.
pub fn signed(to: &mut Vec<u8>, mut number: i64) {
    while !(-0x40..0x40).contains(&number) {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8 & 0x7f);
}

/// A change as it lies in its chunk, each field to be forged.
#[derive(Debug, Clone)]
pub struct Forged {
    /// Dependencies.
    pub deps: Vec<[u8; 32]>,
    /// The actor.
    pub actor: Vec<u8>,
    /// Its number in the session.
    pub sequence: u64,
    /// Its first operation's counter.
    pub start: u64,
    /// When, as the phone says.
    pub time: i64,
    /// The message.
    pub message: Vec<u8>,
    /// The other sessions that it names.
    pub others: Vec<Vec<u8>>,
    /// Columns: specification and bytes.
    pub columns: Vec<(u32, Vec<u8>)>,
    /// What comes after.
    pub extra: Vec<u8>,
}

impl Forged {
    /// The body of its chunk.
    pub fn body(&self) -> Vec<u8> {
        let mut to = Vec::new();
        unsigned(&mut to, self.deps.len() as u64);
        self.deps.iter().for_each(|hash| to.extend_from_slice(hash));
        lengthened(&mut to, &self.actor);
        unsigned(&mut to, self.sequence);
        unsigned(&mut to, self.start);
        signed(&mut to, self.time);
        lengthened(&mut to, &self.message);
        unsigned(&mut to, self.others.len() as u64);
        self.others.iter().for_each(|actor| lengthened(&mut to, actor));
        unsigned(&mut to, self.columns.len() as u64);
        for (specification, bytes) in &self.columns {
            unsigned(&mut to, u64::from(*specification));
            unsigned(&mut to, bytes.len() as u64);
        }
        self.columns.iter().for_each(|(_, bytes)| to.extend_from_slice(bytes));
        to.extend_from_slice(&self.extra);
        to
    }

    /// The change as a chunk.
    pub fn seal(&self) -> Vec<u8> {
        seal(CHANGE, &self.body())
    }
}

fn lengthened(to: &mut Vec<u8>, bytes: &[u8]) {
    unsigned(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

/// Alters a body in one to four places, as chance has it.
pub fn mutate(body: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut body = body.to_vec();
    for _ in 0..1 + random.next_u32() % 4 {
        if body.is_empty() {
            return body;
        }
        let at = random.next_u32() as usize % body.len();
        let length = (1 + random.next_u32() as usize % 8).min(body.len() - at);
        match random.next_u32() % 8 {
            0 => body[at] ^= 1 << (random.next_u32() % 8),
            1 => body[at] = random.next_u32() as u8,
            // Numbers at the edges of their coding.
            2 => body[at] = [0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff][random.next_u32() as usize % 8],
            3 => body[at] = body[at].wrapping_add(1),
            4 => body[at] = body[at].wrapping_sub(1),
            5 => drop(body.drain(at..at + length)),
            6 => {
                let copied = body[at..at + length].to_vec();
                let to = random.next_u32() as usize % (body.len() + 1);
                drop(body.splice(to..to, copied));
            }
            _ => {
                let mut number = Vec::new();
                unsigned(&mut number, random.next_u64() >> (random.next_u32() % 64));
                drop(body.splice(at..at + length, number));
            }
        }
    }
    body
}
