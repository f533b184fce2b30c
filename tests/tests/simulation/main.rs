//! Seeds of the simulated world: new ones in each run, and those that once failed; and every exchange cut at every byte.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod cuts;
mod seeds;
