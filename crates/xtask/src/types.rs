//! The page's types, made from Rust.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::args::TypesArgs;

const FILE: &str = "app-ui/src/lib/api/generated.ts";

/// Writes the page's types, or says that the file is stale.
pub(crate) fn run(root: &Path, args: &TypesArgs) -> Result<()> {
    let path = root.join(FILE);
    let types = rundan_device::api::typescript();
    let is_fresh = fs::read_to_string(&path).is_ok_and(|written| written == types);
    match (is_fresh, args.check) {
        (true, _) => println!("{FILE} is up to date"),
        (false, true) => bail!("{FILE} is stale: run `cargo xtask types`"),
        (false, false) => {
            fs::write(&path, types).with_context(|| format!("Could not write {FILE}"))?;
            println!("{FILE} is written");
        }
    }
    Ok(())
}
