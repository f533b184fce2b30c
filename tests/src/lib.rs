//! What tests and measurements share: hostile bytes, a disk that fails, the simulated world, and the app in
//! its real window.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

pub mod chunks;
pub mod files;
pub mod mutation;
pub mod simulation;
pub mod structure;
pub mod vfs;
pub mod window;
