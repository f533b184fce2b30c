//! From the files' bytes to a unit and a report.

use super::files::ExportFile;
use super::keys;
use super::people;
use super::plan;
use super::problem::{FileSummary, Place, Problems, Report, Severity};
use super::table::{Table, TableFault};
use super::unit::ImportedUnit;

/// What reading an export comes to.
#[derive(Debug)]
pub struct Reading {
    /// The unit; absent when a file could not be read, for then nothing may be imported.
    pub unit: Option<ImportedUnit>,
    /// What became of every file and row.
    pub report: Report,
}

/// A file of the export as it was found.
#[derive(Debug)]
pub(super) enum Source {
    Bytes(Vec<u8>),
    Missing,
    TooLarge,
    Unreadable(String),
}

/// Reads an export from memory. A file that is not given counts as missing.
pub fn read(files: &[(ExportFile, &[u8])]) -> Reading {
    let found = |file: ExportFile| files.iter().find(|(of, _)| *of == file).map(|(_, bytes)| bytes.to_vec());
    let sources = ExportFile::ALL.into_iter().map(|file| (file, found(file).map_or(Source::Missing, Source::Bytes)));
    read_sources(sources.collect(), Vec::new())
}

/// Reads an export; `unknown_files` are those beside it that it does not know.
pub(super) fn read_sources(sources: Vec<(ExportFile, Source)>, unknown_files: Vec<String>) -> Reading {
    let mut problems = Problems::default();
    for name in unknown_files {
        let place = Place { file: &name, line: None, column: None };
        let advice = "It was not read; rename it if it is one of the files of an export";
        problems.add(place, Severity::Warning, "The file has an unknown name".to_owned(), advice.to_owned());
    }
    let mut tables = Vec::new();
    let mut unreadable = Vec::new();
    for (file, source) in sources {
        if file.is_optional() && matches!(source, Source::Missing) {
            continue;
        }
        match table_of(file, source, &mut problems) {
            Some(table) => tables.push(table),
            None => unreadable.push(file),
        }
    }
    // One run shows the faults of every row that can be read, also when a file cannot.
    let (unit, counted) = read_tables(&tables, &mut problems);
    let mut summaries: Vec<FileSummary> =
        tables.iter().zip(counted).map(|(table, count)| summary(table, count)).collect();
    summaries.extend(unreadable.iter().map(|file| FileSummary {
        file: *file,
        encoding: None,
        separator: None,
        rows: 0,
        taken: 0,
        refused: 0,
    }));
    let is_readable = unreadable.is_empty();
    let report = problems.into_report(is_readable, summaries, unreadable.len() as u64);
    Reading { unit: is_readable.then_some(unit), report }
}

/// How many rows of a file were taken and refused.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    pub(super) taken: u64,
    pub(super) refused: u64,
}

impl Count {
    /// Counts a row by whether something came of it, and passes that on.
    pub(super) fn row<T>(&mut self, taken: Option<T>) -> Option<T> {
        match taken {
            Some(_) => self.taken += 1,
            None => self.refused += 1,
        }
        taken
    }
}

fn read_tables(tables: &[Table], problems: &mut Problems) -> (ImportedUnit, Vec<Count>) {
    let mut unit = ImportedUnit::default();
    let counts = tables.iter().map(|table| match table.file {
        ExportFile::Interventions => people::interventions(&mut unit, table, problems),
        ExportFile::Staff => people::staff(&mut unit, table, problems),
        ExportFile::Recipients => people::recipients(&mut unit, table, problems),
        ExportFile::NextOfKin => people::next_of_kin(&mut unit, table, problems),
        ExportFile::Keys => keys::keys(&mut unit, table, problems),
        ExportFile::Wishes => people::wishes(&mut unit, table, problems),
        ExportFile::Decisions => plan::decisions(&mut unit, table, problems),
        ExportFile::Shifts => plan::shifts(&mut unit, table, problems),
        ExportFile::Visits => plan::visits(&mut unit, table, problems),
    });
    let counts = counts.collect();
    let of_staff = unit.staff.iter().map(|staff| &staff.area);
    let of_recipients = unit.recipients.iter().map(|recipient| &recipient.area);
    unit.areas = of_staff.chain(of_recipients).filter(|area| !area.is_empty()).cloned().collect();
    (unit, counts)
}

fn summary(table: &Table, count: Count) -> FileSummary {
    FileSummary {
        file: table.file,
        encoding: Some(table.encoding),
        separator: Some(table.separator),
        rows: table.rows.len() as u64,
        taken: count.taken,
        refused: count.refused,
    }
}

fn table_of(file: ExportFile, source: Source, problems: &mut Problems) -> Option<Table> {
    let place = Place { file: file.name(), line: None, column: None };
    let mut refuse = |line: Option<u64>, what: String, advice: &str| {
        problems.add(Place { line, ..place }, Severity::Refused, what, advice.to_owned());
        None
    };
    let bytes = match source {
        Source::Bytes(bytes) => bytes,
        Source::Missing => {
            return refuse(
                None,
                "The file is missing".to_owned(),
                "Export it too; without rows, with its heading alone",
            );
        }
        Source::TooLarge => {
            let mib = super::FILE_BYTES_MAX / (1024 * 1024);
            return refuse(None, format!("The file is larger than {mib} MiB"), "Export a shorter period");
        }
        Source::Unreadable(why) => {
            return refuse(None, format!("The file cannot be read ({why})"), "See to it that the server may read it");
        }
    };
    match Table::read(file, &bytes) {
        Ok(table) => {
            for name in &table.extra {
                let what = format!("Unknown column {}", super::fields::quoted(name));
                let advice = "It was not read; rename it if it is one of the known columns";
                problems.add(Place { line: Some(1), ..place }, Severity::Warning, what, advice.to_owned());
            }
            Some(table)
        }
        Err(fault) => {
            let line = if let TableFault::OpenQuote { line } = fault { Some(line) } else { None };
            refuse(line, fault.to_string(), advice_on(&fault))
        }
    }
}

fn advice_on(fault: &TableFault) -> &'static str {
    match fault {
        TableFault::Empty => "Export it with its heading, also when there are no rows",
        TableFault::NotText | TableFault::NotCsv => "Save it as CSV, not as a workbook or an archive",
        TableFault::NoHeading => "Check that it is the right file and begins with its headings, as CSV",
        TableFault::TooManyColumns => "Export only the columns of the import's description",
        TableFault::MissingColumns(_) => "Export these columns too, even if they are empty",
        TableFault::ColumnTwice(_) => "Remove or rename one of them",
        TableFault::TooManyRows => "Export a shorter period",
        TableFault::OpenQuote { .. } => "A quotation mark is probably not closed; close it or remove it",
    }
}
