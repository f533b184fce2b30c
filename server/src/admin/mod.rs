//! What an operator does: make units, enrol, revoke, export. The same whether a server runs or not.

mod export;
mod socket;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rundan_model::plan::StaffName;
use rundan_model::{DocumentId, Kind, PersonId, Role, UnitId, VaultId};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use serde_json::json;

pub use socket::{AdminSocket, Lock, ask_running, listen};

use crate::error::{Error, Result};
use crate::scope::begin_unit;
use crate::server::{Server, own_session};
use crate::store::{log, people, vaults};
use crate::{backup, enrol, import, ledger};

/// What an operator asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Make a unit.
    Init {
        /// Its name.
        name: String,
    },
    /// Give a person a role and a one-time code.
    Enrol {
        /// Which person.
        person: Who,
        /// The role.
        role: String,
        /// In which unit; none where there is one only.
        unit: Option<String>,
    },
    /// Revoke vaults at once.
    Revoke(Whose),
    /// Take in a unit's export files.
    Import {
        /// The folder with the files.
        directory: PathBuf,
        /// Into which unit; none where there is one only.
        unit: Option<String>,
    },
    /// Copy the database into a folder and read the copy back.
    Backup {
        /// The folder.
        folder: PathBuf,
    },
    /// One document as Automerge bytes.
    ExportDocument(String),
    /// A unit as JSON.
    ExportUnit(Option<String>),
    /// Hold a ledger of keys against the log that it was issued from.
    VerifyLedger(PathBuf),
    /// The server's public key.
    PublicKey,
}

/// A person as an operator names her.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Who {
    /// By her id in the export.
    ExternalId(String),
    /// By her name; made where nobody has it.
    Name(String),
}

/// Which vaults to revoke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whose {
    /// One vault.
    Vault(String),
    /// All of a person's.
    Person(Who),
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The unit that was made.
    Unit(String),
    /// The code to type on the phone; it is shown once.
    Code(String),
    /// The vaults that were revoked.
    Revoked(Vec<String>),
    /// The file that was written and read back, and what is in it.
    BackedUp(PathBuf, String),
    /// What was exported.
    Exported(ByteBuf),
    /// What became of an import.
    Imported {
        /// For a person to read.
        text: String,
        /// For a program.
        json: String,
        /// Whether some rows were refused.
        has_refused: bool,
    },
    /// What was found in a ledger.
    Ledger {
        /// For a person to read.
        text: String,
        /// Whether nothing was at fault.
        is_sound: bool,
    },
    /// A public key, hexadecimal.
    PublicKey(String),
    /// It could not be done; the text says what to do.
    Failed(String),
}

/// Does what an operator asks for.
pub async fn run(server: &Arc<Server>, command: Command) -> Answer {
    let done = match try_run(server, command).await {
        // An operator is told where it could not be written down.
        Ok(answer) => server.remember().await.map(|()| answer),
        Err(error) => Err(error),
    };
    match done {
        Ok(answer) => answer,
        Err(error) => Answer::Failed(error.told()),
    }
}

async fn try_run(server: &Arc<Server>, command: Command) -> Result<Answer> {
    match command {
        Command::Init { name } => init(server, name).await,
        Command::Enrol { person, role, unit } => enrol(server, person, &role, unit).await,
        Command::Revoke(whose) => revoke(server, whose).await,
        Command::Import { directory, unit } => import(server, &directory, unit).await,
        Command::Backup { folder } => {
            let backup = backup::take(server, &folder).await?;
            Ok(Answer::BackedUp(backup.file, backup.proof.to_string()))
        }
        Command::ExportDocument(document) => {
            let document: DocumentId = document.parse().map_err(not_an_id)?;
            Ok(Answer::Exported(ByteBuf::from(export::document(server, document).await?)))
        }
        Command::ExportUnit(unit) => {
            let unit = find_unit(server, unit).await?;
            Ok(Answer::Exported(ByteBuf::from(export::unit(server, unit).await?)))
        }
        Command::VerifyLedger(file) => {
            let keys = server.keys.clone();
            let findings = server.db.read_apart(move |tx| ledger::verify(tx, &keys, &file)).await?;
            Ok(Answer::Ledger { text: findings.to_string(), is_sound: findings.faults.is_empty() })
        }
        Command::PublicKey => Ok(Answer::PublicKey(hex::encode(server.keys.public().0))),
    }
}

fn not_an_id(error: rundan_model::IdError) -> Error {
    Error::Ask(format!("{error}: ids are shown by `rundan-server export`"))
}

/// The unit that an operator means: by id or name, or the only one.
pub async fn find_unit(server: &Arc<Server>, wanted: Option<String>) -> Result<UnitId> {
    server.db.read(move |tx| unit_named(tx, wanted.as_deref())).await
}

fn unit_named(tx: &Connection, wanted: Option<&str>) -> Result<UnitId> {
    let mut fitting = Vec::new();
    for unit in log::units(tx)? {
        let state = log::unit_state(tx, unit)?.ok_or(Error::NoUnit(unit))?;
        if wanted.is_none_or(|wanted| wanted == state.name || wanted == unit.to_string()) {
            fitting.push(unit);
        }
    }
    match fitting.as_slice() {
        [unit] => Ok(*unit),
        [] => Err(Error::Ask("There is no such unit: make one with `rundan-server init --unit NAME`".into())),
        _ => Err(Error::Ask("There are several such units: name one with --unit".into())),
    }
}

async fn init(server: &Arc<Server>, name: String) -> Result<Answer> {
    let at_work = Arc::clone(server);
    let (unit, touched) = server
        .db
        .write(move |tx| {
            if unit_named(tx, Some(&name)).is_ok() {
                return Err(Error::Ask(format!("There is a unit named {name} already")));
            }
            let own = own_session(tx, &*at_work.random)?;
            begin_unit(tx, &own, at_work.clock.now(), &*at_work.random, &name, Vec::new())
        })
        .await?;
    server.ring(&touched);
    tracing::info!(unit = %unit, "a unit was made");
    Ok(Answer::Unit(unit.to_string()))
}

async fn enrol(server: &Arc<Server>, who: Who, role: &str, unit: Option<String>) -> Result<Answer> {
    let role = Role::from(role);
    if matches!(role, Role::Unknown(_)) {
        let known: Vec<&str> = Role::ALL.iter().map(Role::as_str).collect();
        return Err(Error::Ask(format!("There is no role {role}: roles are {}", known.join(", "))));
    }
    let unit = find_unit(server, unit).await?;
    let at_work = Arc::clone(server);
    let code = server
        .commit(unit, move |commit, own| {
            let (tx, random, now) = (commit.connection(), &*at_work.random, at_work.clock.now());
            let person = match find_person(tx, &who)? {
                Some(person) => person,
                None => {
                    let name = new_name(&who)?;
                    let person = people::create(tx, None, name, random)?;
                    let plan = vec![("person".into(), json!(person)), ("name".into(), json!(staff_name(name)))];
                    commit.begin(own, now, random, Kind::Staff, plan)?;
                    person
                }
            };
            commit.give_role(person, &role)?;
            enrol::make_code(tx, person, now, random)
        })
        .await?;
    Ok(Answer::Code(code))
}

fn find_person(tx: &Connection, who: &Who) -> Result<Option<PersonId>> {
    match who {
        Who::ExternalId(id) => Ok(people::by_external_id(tx, id)?.map(|person| person.person)),
        Who::Name(name) => match people::by_name(tx, name)?.as_slice() {
            [] => Ok(None),
            [person] => Ok(Some(person.person)),
            _ => Err(Error::Ask(format!("Several people are named {name}: name one with --person ID"))),
        },
    }
}

fn new_name(who: &Who) -> Result<&str> {
    match who {
        Who::Name(name) if !name.trim().is_empty() => Ok(name.trim()),
        Who::Name(_) => Err(Error::Ask("A person needs a name".into())),
        Who::ExternalId(id) => {
            Err(Error::Ask(format!("Nobody has the id {id}: import the staff first, or use --name")))
        }
    }
}

fn staff_name(name: &str) -> StaffName {
    let (given, family) = name.rsplit_once(' ').unwrap_or((name, ""));
    StaffName { given: given.to_owned(), family: family.to_owned() }
}

async fn revoke(server: &Arc<Server>, whose: Whose) -> Result<Answer> {
    let now = server.clock.now();
    let revoked = server
        .db
        .write(move |tx| {
            let vaults: Vec<VaultId> = match &whose {
                Whose::Vault(vault) => vec![vault.parse().map_err(not_an_id)?],
                Whose::Person(who) => {
                    let nobody = || Error::Ask("There is no such person".into());
                    vaults::of_person(tx, find_person(tx, who)?.ok_or_else(nobody)?)?
                }
            };
            let mut revoked = Vec::new();
            for vault in vaults {
                if vaults::revoke(tx, vault, now)? {
                    revoked.push(vault);
                }
            }
            Ok(revoked)
        })
        .await?;
    server.bell.forget(&revoked);
    for vault in &revoked {
        tracing::info!(vault = %vault, "a vault was revoked");
    }
    Ok(Answer::Revoked(revoked.iter().map(ToString::to_string).collect()))
}

async fn import(server: &Arc<Server>, directory: &Path, unit: Option<String>) -> Result<Answer> {
    let unit = find_unit(server, unit).await?;
    let reading =
        import::read_directory(directory).map_err(|source| Error::File { path: directory.to_owned(), source })?;
    let report = import::import(server, unit, reading).await?;
    Ok(Answer::Imported {
        text: report.text(),
        json: serde_json::to_string_pretty(&report).unwrap_or_default(),
        has_refused: report.exit_code() != 0,
    })
}
