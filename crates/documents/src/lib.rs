//! Automerge documents to and from the model, and the judgement of changes.
//!
//! Everything of Rundan that knows Automerge is here. It knows nothing of storage, the network or screens, and
//! reads no clock: actors, nonces and times are handed in.
//!
//! Start reading at [`Document`], then [`gate`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod document;
pub mod gate;
#[cfg(test)]
mod golden;
mod history;

pub use document::{Change, Document, Edit, Genesis, LoadError, WriteError};
pub use history::{ChangeInfo, PlanEntry, ReadChange, read_change, read_own_change};
