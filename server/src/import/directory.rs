//! Reads the files of an export from a directory, bounded.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::files::ExportFile;
use super::intake::{Reading, Source, read_sources};

/// The largest file that is read. A unit's two weeks are half a megabyte; a year of a large one is under 20.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Reads the export in `directory`.
///
/// Fails only when the directory itself cannot be listed; a file that cannot be read is a problem in the report.
pub fn read_directory(directory: &Path) -> io::Result<Reading> {
    let mut paths = BTreeMap::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        // Exports made on Windows come with any case in their names.
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if name.ends_with(".csv") {
            paths.insert(name, entry.path());
        }
    }
    let sources = ExportFile::ALL.into_iter().map(|file| match paths.remove(file.name()) {
        Some(path) => (file, read_bounded(&path)),
        None => (file, Source::Missing),
    });
    let sources: Vec<(ExportFile, Source)> = sources.collect();
    Ok(read_sources(sources, paths.into_keys().collect()))
}

fn read_bounded(path: &Path) -> Source {
    let result = (|| {
        let file = File::open(path)?;
        // By size before any byte is read, and again by count: a pipe has no size.
        if file.metadata()?.len() > FILE_BYTES_MAX {
            return Ok(Source::TooLarge);
        }
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Ok(Source::TooLarge);
        }
        Ok(Source::Bytes(bytes))
    })();
    result.unwrap_or_else(|error: io::Error| Source::Unreadable(error.to_string()))
}
