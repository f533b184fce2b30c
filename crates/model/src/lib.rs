//! The domain of Rundan: what a home-care unit plans, what its carers state, and what follows from both.
//!
//! Everything here is pure: no input or output, no clock, no randomness, no threads, and no word of
//! Automerge, SQL or HTTP.

mod ids;
mod words;

pub mod time;

pub use ids::{ActionId, ActorId, ChangeHash, DocumentId, FactId, IdError, PersonId, ServerId, UnitId, VaultId};
pub use time::{Timestamp, Zone};
pub use words::{
    EmploymentRole, IncidentKind, InterventionGroup, KeyKind, LateReason, NotCarriedOutReason, NotDoneReason,
    OtherTimeKind, PauseCause, PoliceReport, Role, ToldOutcome, UnplannedCause,
};
