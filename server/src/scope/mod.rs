//! Who reads what: audiences with documents and members, added and removed at a place in the log.
//!
//! [`Commit`] is the only way to change a unit. Whatever a commit changes of who, when or recipient, it recomputes
//! the audiences of the people it touches before it ends.

mod audience;
mod commit;
mod own;
mod plan;

pub use audience::{Audience, HeldAt, held_at, knew, standing};
pub(crate) use commit::digests;
pub use commit::{AcceptedChange, Commit, Touched};
pub use own::{OwnSession, begin_unit};

/// How many days ahead of today a carer's shifts are in her scope.
pub const DAYS_AHEAD: i32 = 7;
/// How many days back.
pub const DAYS_BACK: i32 = 1;
/// For how many opened days what a person began, or a visit with a fact of hers, stays in her scope.
pub const OWN_WORK_DAYS: u64 = 14;
