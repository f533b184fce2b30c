//! The domain of Rundan: what a home-care unit plans, what its carers state, and what follows from both.
//!
//! Everything here is pure: no input or output, no clock, no randomness, no threads, and no word of
//! Automerge, SQL or HTTP. A document reaches this crate as a [`Content`]: its plan (registers with
//! every value that stands) and its facts (a set that only grows). Functions such as
//! [`visit::visit`] turn that into what a person sees.
//!
//! Start reading at [`content`], then [`fact`], then [`visit`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod ids;
mod words;

pub mod content;
pub mod fact;
pub mod kind;
pub mod plan;
pub mod policy;
pub mod time;

pub mod custody;
pub mod incident;
pub mod key;
pub mod recipient;
pub mod refused;
pub mod run_sheet;
pub mod staff;
pub mod unit;
pub mod visit;

pub use content::{Content, Register, Value};
pub use fact::{Fact, FactBody};
pub use ids::{ActionId, ActorId, ChangeHash, DocumentId, FactId, IdError, PersonId, ServerId, UnitId, VaultId};
pub use kind::Kind;
pub use time::{Day, Timestamp, Zone};
pub use words::{
    Borrower, EmploymentRole, IncidentKind, InterventionGroup, KeyKind, KeyUse, LateReason, LostStep,
    NotCarriedOutReason, NotDoneReason, OtherTimeKind, PauseCause, PoliceReport, Role, ToldOutcome, UnplannedCause,
};
