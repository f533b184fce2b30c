//! What must hold of the repository itself: who may use whom, and that its documents say what is there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod layering;
mod written;

use cargo_metadata::{Metadata, MetadataCommand};

fn metadata() -> Metadata {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().unwrap()
}
