//! The second ring: the real stores on a disk that fails, stops, lies or is damaged.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod crashes;
mod damaged;
mod device;
mod failing;
mod server;
mod stage;
mod together;
