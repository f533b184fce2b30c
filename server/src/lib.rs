//! The sync server: storage, the gate's keeper, scope, enrolment, hints and administration.
//!
//! It never shows anyone what is out of her scope, and never changes what was accepted. Start reading at
//! [`server::Server`], then [`scope::Commit`], the one way to change a unit, and [`sync`], which answers vaults.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

pub mod admin;
pub mod attempts;
pub mod backup;
pub mod bell;
pub mod copies;
mod deadline;
pub mod enrol;
pub mod error;
mod files;
pub mod http;
pub mod import;
pub mod keys;
pub mod ledger;
pub mod metrics;
pub mod remembered;
pub mod scope;
pub mod seams;
pub mod serve;
pub mod server;
pub mod store;
pub mod sync;

pub use error::{Error, Result};
pub use server::Server;
