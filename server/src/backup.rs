//! Backups: taken while the server runs, read back whole, and only then believed.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::DateTime;
use rundan_model::Timestamp;
use rusqlite::{Connection, OpenFlags, params};

use crate::error::{Error, Result};
use crate::files::{beside, folder_of, sync_folder};
use crate::remembered;
use crate::server::{Server, make_private};
use crate::store::verify::{Proof, verify};
use crate::store::{Db, sql};

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

fn stamp(now: Timestamp) -> String {
    DateTime::from_timestamp(now.0, 0).unwrap_or_default().format("%Y%m%dT%H%M%SZ").to_string()
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { path, source }
}
