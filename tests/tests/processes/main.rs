//! The third ring: the real server program and a phone in a process of its own, killed, stopped and starved.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod disk;
mod kills;
mod limits;
mod phone;
mod server;
mod unit;
