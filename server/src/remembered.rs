//! What must outlive a database that is put back from an older backup: who may ask, who may not any more, and what was
//! destroyed. It is a file of lines beside the database, and a copy in every folder that backups were taken into. The
//! file is what counts and is on its disk before anybody is answered; the copies follow it ([`crate::copies`]).
//!
//! Lines are only ever appended, after the commit that they tell of; what a crash left out is found and appended when
//! the server opens. People, vaults, revocations and destructions only ever come to be, so they are put back wherever the
//! database lacks them. Roles come and go: they are put back only where the database's log is not the one that the
//! last line saw, as a vault's cursor would be `forked`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rundan_model::{DocumentId, PersonId, Role, Timestamp, UnitId, VaultId};
use rundan_sync::{Chain, Cursor, PublicKey};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::copies::{Backlog, COPY_NAME, Copies, Copying, copy, length};
use crate::error::{Error, Result};
use crate::files::beside;
use crate::scope::Commit;
use crate::store::{column, documents, log, people, vaults};

/// What the file beside the database ends in.
const SUFFIX: &str = ".remembered";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// A person.
    Person { person: PersonId, external_id: Option<String>, name: String },
    /// A vault that was enrolled.
    Vault { vault: VaultId, person: PersonId, key: String, at: Timestamp },
    /// A vault that was revoked.
    Revoked { vault: VaultId },
    /// A role, given or taken.
    Role { unit: UnitId, person: PersonId, role: Role, is_given: bool },
    /// A document that was destroyed.
    Destroyed { unit: UnitId, document: DocumentId },
    /// How far a unit's log went.
    Head { unit: UnitId, seq: u64, chain: String },
    /// A folder with backups.
    Backups { folder: PathBuf },
}

/// The file, and what is in it.
#[derive(Debug, Default)]
pub struct Remembered {
    file: Option<(PathBuf, Copies)>,
    known: Mutex<Known>,
}

/// What the lines say, taken together.
#[derive(Debug, Default)]
struct Known {
    people: BTreeMap<PersonId, (Option<String>, String)>,
    vaults: BTreeMap<VaultId, (PersonId, PublicKey, Timestamp)>,
    revoked: BTreeSet<VaultId>,
    roles: BTreeMap<(UnitId, PersonId, Role), bool>,
    destroyed: BTreeSet<(UnitId, DocumentId)>,
    heads: BTreeMap<UnitId, Cursor>,
    backups: BTreeSet<PathBuf>,
    /// Up to which row of the table the destroyed documents were looked at since the file was opened.
    destroyed_row: i64,
}

impl Remembered {
    /// Whether there is a file to remember in.
    pub fn is_kept(&self) -> bool {
        self.file.is_some()
    }

    /// Remembers nothing: for a server whose database lives in memory.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Opens the file beside a database; it comes to be with the first line. Copies are made before whoever wrote a line
    /// goes on.
    pub fn beside(database: &Path) -> Result<Self> {
        Self::open(beside(database, SUFFIX))
    }

    /// As [`Remembered::beside`], with a thread for each folder with backups, so that none of them holds up anybody.
    pub(crate) fn threads(database: &Path) -> Result<Self> {
        let file = beside(database, SUFFIX);
        let remembered = Self::with(file.clone(), Copying::Beside)?;
        remembered.copy(length(&file));
        Ok(remembered)
    }

    /// As [`Remembered::beside`], without copies.
    pub(crate) fn apart(database: &Path) -> Result<Self> {
        Self::with(beside(database, SUFFIX), Copying::Never)
    }

    /// Opens a file. A last line that a crash cut short is left out.
    pub fn open(file: PathBuf) -> Result<Self> {
        Self::with(file, Copying::AtOnce)
    }

    fn with(file: PathBuf, copying: Copying) -> Result<Self> {
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(Error::File { path: file, source }),
        };
        let mut known = Known::default();
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(line) => known.take(line),
                Err(error) => tracing::warn!(file = %file.display(), error = %error, "a line is left out"),
            }
        }
        let copies = Copies::of(file.clone(), copying);
        Ok(Self { file: Some((file, copies)), known: Mutex::new(known) })
    }

    /// How far the copies are behind.
    pub fn backlog(&self) -> Backlog {
        self.file.as_ref().map_or_else(Backlog::default, |(_, copies)| copies.backlog())
    }

    fn copy(&self, bytes: u64) {
        let Some((_, copies)) = &self.file else { return };
        let folders = self.known().backups.clone();
        copies.bring(&folders, bytes);
    }

    /// Puts back into the database what it lacks, but for what is of a person whose line a crash cut short.
    pub fn recall(&self, tx: &Connection, now: Timestamp) -> Result<()> {
        let known = self.known();
        for (person, (external_id, name)) in &known.people {
            if people::person(tx, *person)?.is_none() {
                // Somebody may have been made anew under the same id of the export meanwhile.
                let external_id = external_id.as_deref();
                let is_taken =
                    external_id.map_or(Ok(false), |id| people::by_external_id(tx, id).map(|it| it.is_some()))?;
                people::insert(tx, *person, external_id.filter(|_| !is_taken), name)?;
            }
        }
        for (vault, (person, key, at)) in &known.vaults {
            if vaults::vault(tx, *vault)?.is_none() && people::person(tx, *person)?.is_some() {
                tracing::warn!(vault = %vault, "a vault that the database had lost is put back");
                vaults::create(tx, *vault, *person, *key, *at)?;
            }
        }
        for vault in &known.revoked {
            if vaults::revoke(tx, *vault, now)? {
                tracing::warn!(vault = %vault, "a revocation that the database had lost is put back");
            }
        }
        for unit in log::units(tx)? {
            known.recall_unit(tx, unit, now)?;
        }
        Ok(())
    }

    /// What the database says that is not remembered yet, as lines.
    fn missing(&self, tx: &Connection) -> Result<Vec<Line>> {
        let known = self.known();
        let mut lines = people_lines(tx, &known)?;
        lines.extend(vault_lines(tx, &known)?);
        lines.extend(destroyed_lines(tx, &known)?);
        for unit in log::units(tx)? {
            lines.extend(known.unit_lines(tx, unit)?);
        }
        Ok(lines)
    }

    /// Appends what the database says that is not remembered yet: to the file, which its copies then follow.
    ///
    /// # Errors
    /// When the file cannot be written. A copy that cannot be is named in the log; the next line tries it again.
    pub fn catch_up(&self, tx: &Connection) -> Result<()> {
        let Some((file, _)) = &self.file else { return Ok(()) };
        let lines = self.missing(tx)?;
        let row: i64 = tx.query_row("SELECT coalesce(max(rowid), 0) FROM purged", [], |row| row.get(0))?;
        let is_of_log = |line: &Line| match line {
            // After a database was put back, its log is the one that is gone on from.
            Line::Head { unit, .. } => {
                let head = self.known().heads.get(unit).copied();
                head.map_or(Ok(true), |head| log::is_of_log(tx, *unit, head))
            }
            _ => Ok(false),
        };
        if lines.iter().map(is_of_log).collect::<Result<Vec<_>>>()?.into_iter().all(|is_of_log| is_of_log) {
            return Ok(());
        }
        self.append(file, lines)?;
        self.known().destroyed_row = row;
        Ok(())
    }

    /// Copies what is remembered into a folder with backups, and from now on writes it there too.
    pub fn copy_to(&self, folder: &Path) -> Result<()> {
        let Some((file, copies)) = &self.file else { return Ok(()) };
        let is_new = !self.known().backups.contains(folder);
        if is_new {
            self.append(file, vec![Line::Backups { folder: folder.to_owned() }])?;
        }
        // Nothing is half appended.
        let bytes = {
            let _known = self.known();
            length(file)
        };
        copies.bring_now(folder, bytes)
    }

    fn append(&self, file: &Path, lines: Vec<Line>) -> Result<()> {
        let mut known = self.known();
        let mut text = String::from("\n");
        for line in &lines {
            text.push_str(&serde_json::to_string(line).map_err(|error| Error::Ask(error.to_string()))?);
            text.push('\n');
        }
        write(file, &text)?;
        let bytes = length(file);
        lines.into_iter().for_each(|line| known.take(line));
        drop(known);
        self.copy(bytes);
        Ok(())
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings what lies beside a backup to a database, where that knows less: both are beginnings of the same lines.
pub(crate) fn bring(database: &Path, backup: &Path) -> Result<()> {
    let (own, copied) = (beside(database, SUFFIX), backup.with_file_name(COPY_NAME));
    let brought = length(&copied);
    if brought > length(&own) { copy(&copied, &own, brought) } else { Ok(()) }
}

fn write(file: &Path, text: &str) -> Result<()> {
    let failed = |source| Error::File { path: file.to_owned(), source };
    let mut opened = OpenOptions::new().append(true).create(true).mode(0o600).open(file).map_err(failed)?;
    opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all()).map_err(failed)
}

impl Known {
    fn take(&mut self, line: Line) {
        match line {
            Line::Person { person, external_id, name } => drop(self.people.insert(person, (external_id, name))),
            Line::Vault { vault, person, key, at } => {
                let mut bytes = [0; 32];
                if hex::decode_to_slice(&key, &mut bytes).is_ok() {
                    self.vaults.insert(vault, (person, PublicKey(bytes), at));
                }
            }
            Line::Revoked { vault } => drop(self.revoked.insert(vault)),
            Line::Role { unit, person, role, is_given } => drop(self.roles.insert((unit, person, role), is_given)),
            Line::Destroyed { unit, document } => drop(self.destroyed.insert((unit, document))),
            Line::Head { unit, seq, chain } => {
                let mut bytes = [0; 32];
                if hex::decode_to_slice(&chain, &mut bytes).is_ok() {
                    self.heads.insert(unit, Cursor { seq, chain: Chain(bytes) });
                }
            }
            Line::Backups { folder } => drop(self.backups.insert(folder)),
        }
    }

    fn recall_unit(&self, tx: &Connection, unit: UnitId, now: Timestamp) -> Result<()> {
        let is_older = match self.heads.get(&unit) {
            Some(head) => !log::is_of_log(tx, unit, *head)?,
            None => false,
        };
        let mut destroyed = Vec::new();
        for (_, document) in self.destroyed.iter().filter(|(of, _)| *of == unit) {
            if !documents::is_purged(tx, unit, *document)? {
                destroyed.push(*document);
            }
        }
        if !is_older && destroyed.is_empty() {
            return Ok(());
        }
        let mut commit = Commit::open(tx, unit, now)?;
        for ((_, person, role), is_given) in self.roles.iter().filter(|((of, _, _), _)| is_older && *of == unit) {
            if people::person(tx, *person)?.is_none() {
                continue;
            }
            let is_moved =
                if *is_given { commit.give_role(*person, role)? } else { commit.take_role(*person, role)? };
            if is_moved {
                tracing::warn!(unit = %unit, person = %person, role = role.as_str(), is_given, "a role is put back");
            }
        }
        for document in destroyed {
            tracing::warn!(unit = %unit, document = %document, "a document is destroyed again");
            commit.destroy_again(document)?;
        }
        commit.finish().map(drop)
    }

    fn unit_lines(&self, tx: &Connection, unit: UnitId) -> Result<Vec<Line>> {
        let mut lines = Vec::new();
        let mut query = tx.prepare_cached("SELECT person, role FROM role WHERE unit = ?1 ORDER BY person, role")?;
        let held = query.query_map([unit.0], |row| Ok((column(row, 0)?, Role::from(row.get_ref(1)?.as_str()?))))?;
        let held: BTreeSet<(PersonId, Role)> = held.collect::<rusqlite::Result<_>>()?;
        for (person, role) in &held {
            if self.roles.get(&(unit, *person, role.clone())) != Some(&true) {
                lines.push(Line::Role { unit, person: *person, role: role.clone(), is_given: true });
            }
        }
        for ((_, person, role), _) in self.roles.iter().filter(|((of, _, _), is_given)| *of == unit && **is_given) {
            if !held.contains(&(*person, role.clone())) {
                lines.push(Line::Role { unit, person: *person, role: role.clone(), is_given: false });
            }
        }
        if let Some(state) = log::unit_state(tx, unit)? {
            lines.push(Line::Head { unit, seq: state.head.seq, chain: hex::encode(state.head.chain.0) });
        }
        Ok(lines)
    }
}

fn people_lines(tx: &Connection, known: &Known) -> Result<Vec<Line>> {
    let mut query = tx.prepare_cached("SELECT person, external_id, name FROM person ORDER BY person")?;
    let mut rows = query.query([])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let (person, external_id, name) = (column(row, 0)?, row.get(1)?, row.get(2)?);
        let said = (external_id, name);
        if known.people.get(&person) != Some(&said) {
            lines.push(Line::Person { person, external_id: said.0, name: said.1 });
        }
    }
    Ok(lines)
}

fn vault_lines(tx: &Connection, known: &Known) -> Result<Vec<Line>> {
    let mut query = tx.prepare_cached(
        "SELECT vault, person, public_key, enrolled_at, revoked_at IS NOT NULL FROM vault ORDER BY vault",
    )?;
    let mut rows = query.query(params![])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let (vault, person, key): (VaultId, PersonId, PublicKey) = (column(row, 0)?, column(row, 1)?, column(row, 2)?);
        if !known.vaults.contains_key(&vault) {
            lines.push(Line::Vault { vault, person, key: hex::encode(key.0), at: Timestamp(row.get(3)?) });
        }
        if row.get(4)? && !known.revoked.contains(&vault) {
            lines.push(Line::Revoked { vault });
        }
    }
    Ok(lines)
}

fn destroyed_lines(tx: &Connection, known: &Known) -> Result<Vec<Line>> {
    let mut query = tx.prepare_cached("SELECT unit, document FROM purged WHERE rowid > ?1 ORDER BY rowid")?;
    let destroyed = query.query_map([known.destroyed_row], |row| Ok((column(row, 0)?, column(row, 1)?)))?;
    let mut lines = Vec::new();
    for destroyed in destroyed {
        let (unit, document) = destroyed?;
        if !known.destroyed.contains(&(unit, document)) {
            lines.push(Line::Destroyed { unit, document });
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_a_crash_cut_short_is_left_out_and_harms_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rundan.db.remembered");
        let remembered = Remembered::open(file.clone()).unwrap();
        let revoked = |n: u8| Line::Revoked { vault: VaultId([n; 8]) };
        remembered.append(&file, vec![revoked(1), revoked(2)]).unwrap();
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[..whole.len() - 9]).unwrap();
        let remembered = Remembered::open(file.clone()).unwrap();
        assert_eq!(remembered.known().revoked, [VaultId([1; 8])].into());
        remembered.append(&file, vec![revoked(3)]).unwrap();
        let remembered = Remembered::open(file).unwrap();
        assert_eq!(remembered.known().revoked, [VaultId([1; 8]), VaultId([3; 8])].into());
    }

    #[test]
    fn a_line_may_be_cut_inside_a_letter() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rundan.db.remembered");
        let remembered = Remembered::open(file.clone()).unwrap();
        let asa = Line::Person { person: PersonId([1; 8]), external_id: None, name: "Åsa".into() };
        remembered.append(&file, vec![Line::Revoked { vault: VaultId([1; 8]) }, asa]).unwrap();
        let whole = fs::read(&file).unwrap();
        let letter = whole.iter().position(|byte| *byte == 0xc3).unwrap();
        fs::write(&file, &whole[..=letter]).unwrap();
        let remembered = Remembered::open(file).unwrap();
        assert_eq!(remembered.known().revoked, [VaultId([1; 8])].into());
        assert!(remembered.known().people.is_empty());
    }

    #[test]
    fn a_copy_that_missed_a_line_is_made_anew_and_one_in_a_folder_that_is_gone_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rundan.db.remembered");
        let (near, far) = (folder.path().join("near"), folder.path().join("far"));
        let remembered = Remembered::open(file.clone()).unwrap();
        for backups in [&near, &far] {
            fs::create_dir(backups).unwrap();
            remembered.copy_to(backups).unwrap();
        }
        fs::remove_dir_all(&far).unwrap();
        fs::write(near.join(COPY_NAME), "").unwrap();
        for n in [1, 2] {
            remembered.append(&file, vec![Line::Revoked { vault: VaultId([n; 8]) }]).unwrap();
            assert_eq!(fs::read(near.join(COPY_NAME)).unwrap(), fs::read(&file).unwrap());
        }
        assert!(!far.exists());
    }
}
