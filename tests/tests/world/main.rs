//! Several phones and one server in one process, on a clock that only the tests move: real device and server code,
//! the real router, real SQLite; no network but loopback, and that only where the network itself is tried.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod clashes;
mod copies;
mod day;
mod faults;
mod incidents;
mod key_board;
mod key_claims;
mod keys;
mod ledger;
mod night;
mod refusals;
mod restored;
mod trouble;
mod units;
mod versions;
mod world;
