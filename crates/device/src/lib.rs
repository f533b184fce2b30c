//! A vault without a screen: encrypted store, projections, sync over HTTP, and what a person can ask for.
//!
//! It knows nothing of windows or pages; a shell calls [`Phone::call`] and shows the answer.
//! Start reading at [`api`], then [`Phone`].

pub mod api;
mod phone;
pub mod seams;

pub use phone::{OpenError, Phone, PhoneConfig};
