//! Files made from Rust: the page's types and the policy's tables.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::args::GenerateArgs;

/// A file that is made from Rust.
struct Generated {
    path: &'static str,
    make: fn() -> String,
}

const FILES: &[Generated] = &[
    Generated { path: "app-ui/src/lib/api/generated.ts", make: rundan_device::api::typescript },
    Generated { path: "docs/policy.md", make: rundan_model::policy::table },
];

/// Writes the generated files, or says which are stale.
pub(crate) fn run(root: &Path, args: &GenerateArgs) -> Result<()> {
    let mut stale = Vec::new();
    for Generated { path: file, make } in FILES {
        let (path, text) = (root.join(file), make());
        let is_fresh = fs::read_to_string(&path).is_ok_and(|written| written == text);
        match (is_fresh, args.check) {
            (true, _) => println!("{file} is up to date"),
            (false, true) => stale.push(*file),
            (false, false) => {
                fs::write(&path, text).with_context(|| format!("Could not write {file}"))?;
                println!("{file} is written");
            }
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    bail!("Stale: {}; run `cargo xtask generate`", stale.join(", "))
}
