//! Folders of files, copied as a backup of a phone or a machine would have them.

use std::path::Path;
use std::{fs, io};

/// Copies a folder with all that is in it, but for the shared memory beside a database, which SQLite makes anew.
///
/// # Errors
/// When a file cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target)?;
        } else if !entry.file_name().to_string_lossy().ends_with("-shm") {
            fs::copy(path, target)?;
        }
    }
    Ok(())
}
