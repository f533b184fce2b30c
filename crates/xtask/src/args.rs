//! The commands, shared by `xtask`, which sets up, and `world`, which carries them out.

use clap::{Args, Parser, Subcommand};

/// Developer commands of Rundan. Each installs what it needs and says so.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Checks and tests everything, as CI does.
    Test,
    /// Writes the page's types, app-ui/src/lib/api/generated.ts.
    Types(TypesArgs),
}

/// How the page's types are made.
#[derive(Debug, Clone, Args)]
pub(crate) struct TypesArgs {
    /// Writes nothing, and fails when the file is stale.
    #[arg(long)]
    pub(crate) check: bool,
}
