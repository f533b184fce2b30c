//! What happened, in order: ids, counts, offsets and lengths, never the bytes of a body. Its hash proves that a seed
//! repeats.

use std::fmt;

use sha2::{Digest, Sha256};

/// A run's trace.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    hash: Sha256,
    lines: Vec<String>,
}

impl Trace {
    pub(crate) fn note(&mut self, line: fmt::Arguments<'_>) {
        let line = line.to_string();
        self.hash.update(line.as_bytes());
        self.hash.update(b"\n");
        self.lines.push(line);
    }

    pub(crate) fn end(self) -> ([u8; 32], Vec<String>) {
        (self.hash.finalize().into(), self.lines)
    }
}
