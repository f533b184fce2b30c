//! The server as vaults see it: in process, on a clock that only the tests move.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod amounts;
mod attempts;
mod backups;
mod commands;
mod counters;
mod crowd;
mod enrolment;
mod hostile;
mod input;
mod ledger;
mod mutated;
mod network;
mod offers;
mod oracle;
mod phone;
mod policy;
mod process;
mod pushes;
mod scopes;
mod world;
