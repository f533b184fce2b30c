//! Seeds of the simulated world: new ones in each run, and those that once failed.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod seeds;
