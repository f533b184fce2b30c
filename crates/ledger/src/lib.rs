//! The ledger of keys as a file: its lines, its signature and its pages.
//!
//! It never does input or output and reads no clock. Which facts there are is not known here: a server derives the lines
//! and signs them, a vault checks and keeps the file, and anyone can prove it. Start reading at
//! [`mod@file`], then [`mod@line`] and [`pdf`]. What a ledger proves and what it does not is told in `docs/keys-ledger.md`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod cell;
pub mod file;
pub mod line;
pub mod pdf;
pub mod query;
mod words;

pub use file::{Head, Ledger, LedgerError};
pub use line::{Line, Names};
