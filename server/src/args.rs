//! The command line.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args as Group, Parser, Subcommand};
use rundan_server::admin::{Command, Who, Whose};

/// The sync server of Rundan.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// The database file; its keys, lock and socket lie beside it.
    #[arg(long, env = "RUNDAN_DATABASE", default_value = "rundan.db", global = true)]
    pub(crate) database: PathBuf,
    /// Seconds by which the server's clock is moved: for demonstrations.
    #[arg(long, env = "RUNDAN_CLOCK_OFFSET", default_value_t = 0, allow_hyphen_values = true, global = true)]
    pub(crate) clock_offset: i64,
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Make a unit, and the database if there is none.
    Init {
        /// The unit's name.
        #[arg(long)]
        unit: String,
    },
    /// Take in a unit's export files. Exits with 2 if some rows were refused.
    Import {
        /// The folder with the files.
        directory: PathBuf,
        /// The unit's name or id, where there are several.
        #[arg(long)]
        unit: Option<String>,
        /// Write what became of every row into this file, as JSON.
        #[arg(long)]
        report: Option<PathBuf>,
    },
    /// Give a person a role and print a one-time code for her phone, good for ten minutes.
    Enrol {
        #[command(flatten)]
        person: WhoArgs,
        /// carer, planner, administrator or unit_head.
        #[arg(long)]
        role: String,
        /// The unit's name or id, where there are several.
        #[arg(long)]
        unit: Option<String>,
    },
    /// Revoke a vault, or all of a person's, at once.
    Revoke {
        /// The vault's id.
        #[arg(long, conflicts_with_all = ["person", "name"])]
        vault: Option<String>,
        #[command(flatten)]
        person: OptionalWhoArgs,
    },
    /// Serve until asked to stop.
    Serve(ServeArgs),
    /// Copy the database into a folder, also while it serves, and read the copy back.
    Backup {
        /// The folder: one that survives this machine.
        folder: PathBuf,
    },
    /// Read a database or a backup back whole, and say what does not fit.
    Verify {
        /// The file; the database if absent.
        file: Option<PathBuf>,
    },
    /// Prove a ledger of keys, CSV or PDF: that it is unchanged, and, against the database, that it is complete. Exits
    /// with 1 on any fault.
    VerifyLedger {
        /// The file.
        file: PathBuf,
        /// Prove it from the file alone, issued by the server with this public key (see `public-key`).
        #[arg(long)]
        key: Option<String>,
    },
    /// Print the server's public key, by which anyone can prove that a ledger is unchanged.
    PublicKey,
    /// Put a backup in the database's place while no server runs. What was there is kept beside it.
    Restore {
        /// The backup.
        file: PathBuf,
    },
    /// Play the loss of this machine: put the newest backup of a folder back beside it, read it whole, let it go again.
    Drill {
        /// The folder with the backups.
        folder: PathBuf,
    },
    /// Write a document as an `.automerge` file, or a whole unit as JSON.
    Export {
        /// The document's id; without it the unit is written.
        #[arg(long)]
        document: Option<String>,
        /// The unit's name or id, where there are several.
        #[arg(long)]
        unit: Option<String>,
        /// The file to write; without it standard output.
        #[arg(long)]
        output: Option<PathBuf>,
    },
}

/// Which person.
#[derive(Debug, Group)]
#[group(required = true, multiple = false)]
pub(crate) struct WhoArgs {
    /// Her id in the export.
    #[arg(long)]
    person: Option<String>,
    /// Her name; she is made where nobody has it.
    #[arg(long)]
    name: Option<String>,
}

/// Which person, if any.
#[derive(Debug, Group)]
#[group(multiple = false)]
pub(crate) struct OptionalWhoArgs {
    /// Her id in the export.
    #[arg(long)]
    person: Option<String>,
    /// Her name.
    #[arg(long)]
    name: Option<String>,
}

/// How to serve.
#[derive(Debug, Group)]
pub(crate) struct ServeArgs {
    /// The address; plain HTTP only on loopback.
    #[arg(long, env = "RUNDAN_LISTEN", default_value = "127.0.0.1:8470")]
    pub(crate) listen: SocketAddr,
    /// The certificate with its chain, PEM.
    #[arg(long, env = "RUNDAN_CERTIFICATE", requires = "key")]
    pub(crate) certificate: Option<PathBuf>,
    /// The certificate's private key, PEM.
    #[arg(long, env = "RUNDAN_KEY", requires = "certificate")]
    pub(crate) key: Option<PathBuf>,
    /// Stop when the standard input ends, and so with whoever started it: for demonstrations.
    #[arg(long)]
    pub(crate) until_input_ends: bool,
}

fn who(person: Option<String>, name: Option<String>) -> Option<Who> {
    person.map(Who::ExternalId).or(name.map(Who::Name))
}

impl Action {
    /// The file that the answer goes to.
    pub(crate) fn output(&self) -> Option<PathBuf> {
        match self {
            Self::Import { report, .. } => report.clone(),
            Self::Export { output, .. } => output.clone(),
            _ => None,
        }
    }

    /// The command to have done.
    pub(crate) fn command(self) -> Result<Command> {
        let nobody = "Name a person with --person or --name";
        Ok(match self {
            Self::Init { unit } => Command::Init { name: unit },
            Self::Import { directory, unit, .. } => Command::Import { directory: absolute(&directory)?, unit },
            Self::Enrol { person, role, unit } => {
                Command::Enrol { person: who(person.person, person.name).context(nobody)?, role, unit }
            }
            Self::Revoke { vault: Some(vault), .. } => Command::Revoke(Whose::Vault(vault)),
            Self::Revoke { vault: None, person } => {
                let person = who(person.person, person.name).context("Name a vault or a person to revoke")?;
                Command::Revoke(Whose::Person(person))
            }
            Self::Export { document: Some(document), .. } => Command::ExportDocument(document),
            Self::Export { document: None, unit, .. } => Command::ExportUnit(unit),
            Self::Backup { folder } => Command::Backup { folder: absolute(&folder)? },
            Self::VerifyLedger { file, .. } => Command::VerifyLedger(absolute(&file)?),
            Self::PublicKey => Command::PublicKey,
            Self::Serve(_) | Self::Verify { .. } | Self::Restore { .. } | Self::Drill { .. } => {
                anyhow::bail!("This is not for a running server")
            }
        })
    }
}

/// The running server may stand in another folder.
fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("Could not find {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split(' '))
    }

    #[test]
    fn a_person_is_named_in_one_way() {
        assert!(parse("rundan-server enrol --person p-1 --role carer").is_ok());
        assert!(parse("rundan-server enrol --person p-1 --name Eva --role carer").is_err());
        assert!(parse("rundan-server enrol --role carer").is_err());
        assert!(parse("rundan-server revoke --vault 0011223344556677 --name Eva").is_err());
    }

    #[test]
    fn a_certificate_needs_its_key() {
        assert!(parse("rundan-server serve --certificate a.pem").is_err());
        assert!(parse("rundan-server serve --certificate a.pem --key b.pem --listen 0.0.0.0:443").is_ok());
    }
}
