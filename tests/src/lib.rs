//! What tests and the long runs of `cargo xtask torture` share: hostile bytes, and a world of many devices.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

pub mod chunks;
pub mod mutation;
