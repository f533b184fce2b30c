//! What a vault and the server say to each other: messages, signed statements, the log's chain, digest and receipts.
//!
//! It never does input or output, knows no SQL and no clock, and looks into no document: changes and documents
//! are bytes here. Start reading at [`message`], then [`round`], which holds an answer against its request.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod base64url;
mod bytes;
#[cfg(test)]
mod golden;

pub mod backoff;
pub mod chain;
pub mod change;
pub mod columns;
pub mod digest;
pub mod message;
pub mod pages;
pub mod receipt;
pub mod round;
pub mod statement;
pub mod wire;

pub use bytes::{Chain, Digest, HintToken, PublicKey, ReceiptMac};
pub use message::{
    Cursor, EnrolAnswer, EnrolRequest, EnrolledUnit, HeadsHash, HeardPerson, HeldDocument, Item, LedgerQuery,
    LedgerRequest, Offer, PagePosition, Problem, ProblemCode, PushDocument, PushResult, Receipt, StreamAnswer,
    StreamRequest, StreamState, SyncAnswer, SyncRequest,
};
