//! The commands, shared by `xtask`, which sets up, and `world`, which carries them out.

use std::env;
use std::path::PathBuf;

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
    /// Plays a unit's day: a server, a handheld, an office desktop, and the other carers at work.
    Demo(DemoArgs),
    /// Checks and tests everything, as CI does.
    Test,
    /// Measures, and prints each figure beside its limit.
    Bench(BenchArgs),
    /// Plays seeds of the simulated world, which anyone can repeat, and prints what they did.
    Torture(TortureArgs),
    /// Kills phones and a server of an older commit again and again, beside those of today, and shows that nothing is lost.
    Older(OlderArgs),
    /// Breaks the engine on purpose, one way at a time, and shows that the tests notice.
    Mutants(MutantsArgs),
    /// Writes what is made from Rust: the page's types, app-ui/src/lib/api/generated.ts, and docs/policy.md.
    Generate(GenerateArgs),
}

/// What is measured, and where it is written.
#[derive(Debug, Clone, Args)]
pub(crate) struct BenchArgs {
    /// Writes the figures as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// A unit's export files, for the import and an office's first sync.
    #[arg(long, value_name = "DIR")]
    pub(crate) unit: Option<PathBuf>,
}

/// How many seeds, and which.
#[derive(Debug, Clone, Args)]
pub(crate) struct TortureArgs {
    /// How many seeds to play.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    pub(crate) first: u64,
    /// Begins no seed after so many minutes.
    #[arg(long)]
    pub(crate) minutes: Option<u64>,
    /// How many mutated changes to put through the gate before that.
    #[arg(long, default_value_t = 0)]
    pub(crate) mutations: u64,
}

/// Which older commit, and how often.
#[derive(Debug, Clone, Args)]
pub(crate) struct OlderArgs {
    /// The commit.
    pub(crate) commit: String,
    /// How often each of the two sides is the older one.
    #[arg(long, default_value_t = 1)]
    pub(crate) times: u32,
}

/// Which mutants.
#[derive(Debug, Clone, Args)]
pub(crate) struct MutantsArgs {
    /// Only those whose name contains this.
    #[arg(long, value_name = "WORDS")]
    pub(crate) only: Option<String>,
}

/// How files are made from Rust.
#[derive(Debug, Clone, Args)]
pub(crate) struct GenerateArgs {
    /// Writes nothing, and fails when a file is stale.
    #[arg(long)]
    pub(crate) check: bool,
}

/// How the demonstration is played.
#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArgs {
    /// Shows both devices in a browser instead of in windows of their own.
    #[arg(long)]
    pub(crate) browser: bool,
    /// The day to play, YYYY-MM-DD; if absent today, or the day of the unit's files nearest to it.
    #[arg(long)]
    pub(crate) date: Option<String>,
    /// The time of that day to begin at, HH:MM; when the carer's fifth visit is due if absent.
    #[arg(long)]
    pub(crate) time: Option<String>,
    /// A unit's export files to play instead of the made-up unit.
    #[arg(long, value_name = "DIR")]
    pub(crate) unit: Option<PathBuf>,
    /// How fast the other carers work: 1 is by the clock, 0 is not at all.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=600))]
    pub(crate) speed: u32,
    /// Writes the links as one line of JSON, for a program that drives the pages.
    #[arg(long, requires = "browser")]
    pub(crate) json: bool,
}

impl DemoArgs {
    /// Whether the devices are shown in a browser: asked for, or because there is no display.
    pub(crate) fn in_browser(&self) -> bool {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        self.browser || !(is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"))
    }
}
