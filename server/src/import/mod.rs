//! Reads what a unit's planning system exports, and says of every row what became of it.
//!
//! Start at [`read_directory`]: an export's files become one [`ImportedUnit`] and a [`Report`]. Every fault of a file or a
//! row is a value; none is an error, none a panic. Then [`import`] lays the unit over what the server has; only
//! `apply` and `ledger` know of the store and of documents.

mod apply;
mod desired;
mod directory;
mod fields;
mod files;
mod intake;
mod keys;
mod ledger;
mod people;
mod personal_number;
mod plan;
mod problem;
mod recovered;
mod table;
mod unit;

pub use apply::{Applied, LeftOut, Meeting, import};
pub use directory::{FILE_BYTES_MAX, read_directory};
pub use files::ExportFile;
pub use intake::{Reading, read};
pub use problem::{FileSummary, Problem, Report, Severity};
pub use unit::{
    Break, DecisionCode, DecisionRow, ImportedUnit, Incomplete, InterventionCode, InterventionRow, KeyHomeCode, KeyRow,
    NextOfKinRow, RecipientCode, RecipientRow, RefusedRows, ShiftCode, ShiftRow, StaffCode, StaffRow, VisitCode,
    VisitRow,
};

#[cfg(test)]
mod tests;
