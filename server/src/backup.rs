//! Backups: taken while the server runs, read back whole, and only then believed.

use std::fmt;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime};
use rundan_model::Timestamp;
use rusqlite::{Connection, OpenFlags, params};

use crate::error::{Error, Result};
use crate::files::{beside, folder_of, sync_folder};
use crate::keys::KEY_FILES;
use crate::remembered;
use crate::seams::{Clock, Random};
use crate::server::{Server, make_private};
use crate::store::verify::{Proof, verify};
use crate::store::{Db, sql};

/// The time in a backup's name, in UTC.
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// A backup that was read back whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The file.
    pub file: PathBuf,
    /// What is in it.
    pub proof: Proof,
}

/// Copies the database into a folder, reads the copy back, and moves each unit's watermark to it.
///
/// Vaults keep their own work until the watermark has passed it, so the folder must be one that survives this
/// machine.
///
/// # Errors
/// When the folder cannot be written, or the copy is not sound: then nothing of it stays and no watermark moves.
pub async fn take(server: &Arc<Server>, folder: &Path) -> Result<Backup> {
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let file = folder.join(format!("rundan-{}.db", stamp(server.clock.now())));
    let part = file.with_extension("part");
    let copied = copy(&server.db, &part).await;
    let proof = match copied {
        Ok(proof) => proof,
        Err(error) => {
            // What is left of a copy that failed is of no use; the first error is what matters.
            let _ = fs::remove_file(&part);
            return Err(error);
        }
    };
    // A backup is believed by its name: what is remembered lies beside it before it has one.
    server.remembered.copy_to(&std::path::absolute(folder).map_err(failed(folder))?)?;
    fs::rename(&part, &file).map_err(failed(&file))?;
    sync_folder(folder).map_err(failed(folder))?;
    let heads: Vec<_> = proof.units.iter().map(|unit| (unit.unit, unit.head.seq)).collect();
    server
        .db
        .write(move |tx| {
            for (unit, head) in heads {
                tx.execute(
                    "UPDATE unit SET backed_up = max(backed_up, ?2) WHERE unit = ?1",
                    params![unit.0, sql(head)],
                )?;
            }
            Ok(())
        })
        .await?;
    tracing::info!(file = %file.display(), "a backup was taken and read back");
    Ok(Backup { file, proof })
}

async fn copy(db: &Db, part: &Path) -> Result<Proof> {
    if part.exists() {
        fs::remove_file(part).map_err(failed(part))?;
    }
    // SQLite fills a file that is there and empty; one of its own making everybody could read.
    make_private(part)?;
    db.copy_to(part.to_owned()).await?;
    File::open(part).and_then(|file| file.sync_all()).map_err(failed(part))?;
    prove(part)
}

/// Reads a database file back.
///
/// # Errors
/// When it cannot be read, or is not sound; the text names what does not fit.
pub fn prove(file: &Path) -> Result<Proof> {
    if !file.is_file() {
        return Err(Error::Ask(format!("There is no file {}", file.display())));
    }
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let proof = verify(&connection)?;
    if proof.faults.is_empty() {
        return Ok(proof);
    }
    let faults = proof.faults.join("\n  ");
    Err(Error::Ask(format!("{} is not sound; take the backup before it:\n  {faults}", file.display())))
}

/// Puts a backup in the database's place, which no server may hold. What was there is kept beside it. What lies
/// beside the backup of revocations, enrolments and destructions is brought along; the server puts it back when it opens.
///
/// # Errors
/// When the backup is not sound: then the database is as it was. When a file cannot be named: then it lies beside,
/// under the name that says so.
pub fn restore(database: &Path, backup: &Path, now: Timestamp) -> Result<Proof> {
    let proof = prove(backup)?;
    remembered::bring(database, backup)?;
    let part = beside(database, ".restored");
    fs::copy(backup, &part).map_err(failed(&part))?;
    fs::set_permissions(&part, fs::Permissions::from_mode(0o600)).map_err(failed(&part))?;
    File::open(&part).and_then(|file| file.sync_all()).map_err(failed(&part))?;
    for suffix in ["", "-wal", "-shm"] {
        let old = beside(database, suffix);
        if old.exists() {
            let kept = beside(database, &format!(".replaced-{}{suffix}", stamp(now)));
            fs::rename(&old, &kept).map_err(failed(&kept))?;
        }
    }
    fs::rename(&part, database).map_err(failed(database))?;
    let folder = folder_of(database);
    sync_folder(folder).map_err(failed(folder))?;
    Ok(proof)
}

/// What a drill found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drill {
    /// The newest backup of the folder.
    pub file: PathBuf,
    /// How old it is, seconds.
    pub age: i64,
    /// What is in it once it is put back.
    pub proof: Proof,
}

impl fmt::Display for Drill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes) = (self.age / 3_600, self.age % 3_600 / 60);
        writeln!(f, "{}, {hours} h {minutes} min old, can be put back:", self.file.display())?;
        write!(f, "{}", self.proof)
    }
}

/// Plays the loss of this machine: puts the newest backup of a folder back into a folder of its own, opens it as a server
/// does, reads it whole, and lets it go. That folder lies beside the database, as the keys do, which must not come near
/// a backup; nothing else is touched, neither the database or a running server nor any folder with backups.
///
/// # Errors
/// When there is no backup, when it cannot be put back or is not sound, and when the keys beside the database, which no
/// backup holds, are missing.
pub async fn drill(
    database: &Path,
    folder: &Path,
    clock: impl Clock + 'static,
    random: impl Random + 'static,
) -> Result<Drill> {
    let now = clock.now();
    let (file, taken) = newest(folder)?;
    let own = folder_of(database);
    let private = fs::Permissions::from_mode(0o700);
    let place = tempfile::Builder::new().prefix("drill-").permissions(private).tempdir_in(own).map_err(failed(own))?;
    for key in KEY_FILES {
        let (source, copied) = (own.join(key), place.path().join(key));
        fs::copy(&source, &copied).map_err(failed(&source))?;
        fs::set_permissions(&copied, fs::Permissions::from_mode(0o600)).map_err(failed(&copied))?;
    }
    let put_back = place.path().join("rundan.db");
    restore(&put_back, &file, now)?;
    drop(Server::open_apart(&put_back, clock, random).await?);
    let proof = prove(&put_back)?;
    Ok(Drill { file, age: now.seconds_since(taken), proof })
}

/// The newest backup of a folder by its name, and when it was taken.
fn newest(folder: &Path) -> Result<(PathBuf, Timestamp)> {
    let taken = |file: &PathBuf| {
        let stamp = file.file_name()?.to_str()?.strip_prefix("rundan-")?.strip_suffix(".db")?;
        Some(Timestamp(NaiveDateTime::parse_from_str(stamp, STAMP).ok()?.and_utc().timestamp()))
    };
    let files = fs::read_dir(folder).map_err(failed(folder))?;
    let backups = files.filter_map(|entry| Some(entry.ok()?.path())).filter_map(|file| Some((taken(&file)?, file)));
    let newest = backups.max().map(|(taken, file)| (file, taken));
    newest.ok_or_else(|| Error::Ask(format!("There is no backup in {}: take one first", folder.display())))
}

fn stamp(now: Timestamp) -> String {
    DateTime::from_timestamp(now.0, 0).unwrap_or_default().format(STAMP).to_string()
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { path, source }
}
