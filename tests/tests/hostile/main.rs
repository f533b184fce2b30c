//! Hostile bytes: everything that an enrolled phone, or whoever stole one, could send.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod attacks;
mod bombs;
mod corpus;
mod limits;
mod mutated;
mod structure;
