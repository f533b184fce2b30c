//! One SQLite file. SQL is written for SQLite and PostgreSQL alike; every key of a unit's data begins with the unit.

mod db;
pub mod documents;
pub mod log;
pub mod people;
pub mod vaults;
pub mod verify;

pub use db::{Db, open_file};

use rusqlite::types::FromSqlError;

/// Reads a fixed-length value from a row.
pub(crate) fn column<T>(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<T>
where
    T: for<'a> TryFrom<&'a [u8]>,
{
    let bytes = row.get_ref(index)?.as_blob()?;
    T::try_from(bytes).map_err(|_| {
        let source = FromSqlError::InvalidBlobSize { expected_size: std::mem::size_of::<T>(), blob_size: bytes.len() };
        rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Blob, Box::new(source))
    })
}

/// Reads a place in the log, which is never negative.
pub(crate) fn seq(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(index).map(|seq| seq.max(0) as u64)
}

/// Writes a place in the log or a counter: a signed number in SQL, as PostgreSQL has no other.
pub(crate) fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
