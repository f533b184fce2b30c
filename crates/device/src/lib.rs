//! A vault without a screen: encrypted store, projections, sync over HTTP, and what a person can ask for.
//!
//! It knows nothing of windows or pages; a shell calls [`Phone::call`] and shows the answer.
//! Start reading at [`api`], then [`Phone`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod act;
mod answer;
pub mod api;
mod keys;
mod ledger;
mod lookup;
mod phone;
pub mod seams;
mod seen;
mod store;
mod sync;
mod system;
mod typing;
mod vault;
mod views;

pub use keys::FileKeys;
pub use phone::{OpenError, Phone, PhoneConfig};
pub use store::{PROJECTIONS, StoreError};
pub use system::{NetworkError, SystemClock, SystemHttp, SystemRandom, is_allowed_address};
