//! Bytes of unknown encoding and separator to rows under known headings.

use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::files::ExportFile;

/// How many rows a file may have. A unit of 350 recipients has 7,300 visits in two weeks.
const ROWS_MAX: usize = 500_000;

/// How many lines one row may span. A quotation mark that is never closed swallows the rest of the file; no
/// note of five lines comes near this.
const ROW_LINES_MAX: u64 = 20;

/// How many columns a heading may have.
const COLUMNS_MAX: usize = 200;

/// Why a whole file could not be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TableFault {
    #[error("The file is empty")]
    Empty,
    #[error("The file is not text")]
    NotText,
    #[error("The first line holds none of the expected headings")]
    NoHeading,
    #[error("The first line has more than {COLUMNS_MAX} columns")]
    TooManyColumns,
    #[error("Missing column(s): {}", .0.join(", "))]
    MissingColumns(Vec<&'static str>),
    #[error("The heading \"{0}\" stands twice")]
    ColumnTwice(&'static str),
    #[error("The file has more than {ROWS_MAX} rows")]
    TooManyRows,
    #[error("The file cannot be read as rows and fields")]
    NotCsv,
    #[error("The row that begins on line {line} goes on for more than {ROW_LINES_MAX} lines")]
    OpenQuote { line: u64 },
}

/// A row and the line it begins on.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) line: u64,
    pub(super) fields: StringRecord,
}

/// A file's rows, and which field is which column.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) file: ExportFile,
    pub(super) encoding: &'static str,
    pub(super) separator: char,
    /// Headings that the import does not know.
    pub(super) extra: Vec<String>,
    /// How many fields the heading has.
    pub(super) width: usize,
    pub(super) rows: Vec<Record>,
    /// The field of each of the file's columns.
    positions: Vec<(&'static str, usize)>,
}

impl Table {
    /// Reads a file.
    pub(super) fn read(file: ExportFile, bytes: &[u8]) -> Result<Self, TableFault> {
        let (text, encoding) = decode(bytes)?;
        let separator = separator_of(file, &text)?;
        let mut reader = ReaderBuilder::new()
            .delimiter(separator as u8)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let heading = records.next().ok_or(TableFault::Empty)?.map_err(|_| TableFault::NotCsv)?;
        if heading.len() > COLUMNS_MAX {
            return Err(TableFault::TooManyColumns);
        }
        let (positions, extra) = columns_of(file, &heading)?;
        let mut rows = Vec::new();
        for fields in records {
            let fields = fields.map_err(|_| TableFault::NotCsv)?;
            if fields.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            if rows.len() >= ROWS_MAX {
                return Err(TableFault::TooManyRows);
            }
            let line = fields.position().map_or(0, csv::Position::line);
            let breaks: usize = fields.iter().map(|field| field.matches('\n').count()).sum();
            if breaks as u64 > ROW_LINES_MAX {
                return Err(TableFault::OpenQuote { line });
            }
            rows.push(Record { line, fields });
        }
        Ok(Self { file, encoding, separator, extra, width: heading.len(), rows, positions })
    }

    /// Whether it has a column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.positions.iter().any(|(name, _)| *name == column)
    }

    /// The field of a row under a heading, trimmed; empty where the row is too short.
    pub(super) fn field<'a>(&self, record: &'a Record, column: &str) -> &'a str {
        let position = self.positions.iter().find(|(name, _)| *name == column).map(|(_, position)| *position);
        position.and_then(|position| record.fields.get(position)).unwrap_or_default().trim()
    }
}

/// Text of the bytes: by their byte order mark, else UTF-8, else Windows-1252, which any bytes are.
fn decode(bytes: &[u8]) -> Result<(String, &'static str), TableFault> {
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None if std::str::from_utf8(bytes).is_ok() => UTF_8,
        None => WINDOWS_1252,
    };
    let (text, _, is_malformed) = encoding.decode(bytes);
    if is_malformed || text.contains('\0') {
        return Err(TableFault::NotText);
    }
    if text.trim().is_empty() {
        return Err(TableFault::Empty);
    }
    // One kind of line end, so that every line is counted once.
    Ok((text.replace("\r\n", "\n").replace('\r', "\n"), encoding.name()))
}

/// The separator under which the first line shows the most known headings.
fn separator_of(file: ExportFile, text: &str) -> Result<char, TableFault> {
    let first_line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let known = |separator: char| {
        first_line.split(separator).filter(|part| file.columns().contains(&heading_name(part).as_str())).count()
    };
    let counted = [';', ',', '\t'].map(|separator| (known(separator), separator));
    // The first of equals: a file with one column has no separator to tell.
    let best = counted.into_iter().rev().max_by_key(|(count, _)| *count);
    best.filter(|(count, _)| *count > 0).map(|(_, separator)| separator).ok_or(TableFault::NoHeading)
}

type Columns = (Vec<(&'static str, usize)>, Vec<String>);

fn columns_of(file: ExportFile, heading: &StringRecord) -> Result<Columns, TableFault> {
    let names: Vec<String> = heading.iter().map(heading_name).collect();
    let mut positions = Vec::new();
    let mut missing = Vec::new();
    for column in file.columns().iter().chain(file.further_columns()) {
        let mut at = names.iter().enumerate().filter(|(_, name)| name == column).map(|(position, _)| position);
        match at.next() {
            Some(position) => positions.push((*column, position)),
            None if file.columns().contains(column) => missing.push(*column),
            None => {}
        }
        if at.next().is_some() {
            return Err(TableFault::ColumnTwice(column));
        }
    }
    if !missing.is_empty() {
        return Err(TableFault::MissingColumns(missing));
    }
    let is_known = |name: &str| file.columns().contains(&name) || file.further_columns().contains(&name);
    let is_extra = |name: &&String| !name.is_empty() && !is_known(name);
    let extra = names.iter().filter(is_extra).cloned().collect();
    Ok((positions, extra))
}

/// A heading as it is compared: lower case, without quotes, and with one character for each of å, ä, ö.
fn heading_name(text: &str) -> String {
    let name = text.trim().trim_matches('"').trim().to_lowercase();
    // macOS writes the ring and the dots as characters of their own.
    name.replace("a\u{30a}", "å").replace("a\u{308}", "ä").replace("o\u{308}", "ö")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "kod;insats;grupp;schablonminuter";

    fn read(bytes: &[u8]) -> Result<Table, TableFault> {
        Table::read(ExportFile::Interventions, bytes)
    }

    fn first(table: &Table, column: &str) -> String {
        table.field(&table.rows[0], column).to_owned()
    }

    #[test]
    fn utf8_with_and_without_a_mark_and_windows_1252_read_the_same() {
        let text = format!("{HEADING}\r\nOMV01;Morgonhjälp;omvårdnad;30\r\n");
        let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        let windows = WINDOWS_1252.encode(&text).0.into_owned();
        for (bytes, encoding) in [(text.into_bytes(), "UTF-8"), (marked, "UTF-8"), (windows, "windows-1252")] {
            let table = read(&bytes).unwrap();
            assert_eq!(first(&table, "insats"), "Morgonhjälp");
            assert_eq!(table.encoding, encoding);
        }
    }

    #[test]
    fn the_separator_is_told_from_the_heading() {
        for separator in [';', ',', '\t'] {
            let text = format!("{HEADING}\nOMV01;Dusch;omvårdnad;40\n").replace(';', &separator.to_string());
            let table = read(text.as_bytes()).unwrap();
            assert_eq!((table.separator, first(&table, "kod")), (separator, "OMV01".to_owned()));
        }
    }

    #[test]
    fn columns_come_in_any_order_and_extra_ones_are_named() {
        let table =
            read("\"Grupp\";färg;KOD;schablonminuter;insats\nomvårdnad;röd;OMV01;40;Dusch\n".as_bytes()).unwrap();
        assert_eq!((first(&table, "kod"), first(&table, "insats")), ("OMV01".to_owned(), "Dusch".to_owned()));
        assert_eq!(table.extra, ["färg"]);
    }

    #[test]
    fn a_quoted_field_may_hold_a_line_break_and_lines_are_counted_on() {
        let text = format!("{HEADING}\nA;\"Hjälp\nmed; allt\";omvårdnad;30\nB;C;service;1\n");
        for line_end in ["\n", "\r\n", "\r"] {
            let table = read(text.replace('\n', line_end).as_bytes()).unwrap();
            assert_eq!(first(&table, "insats"), "Hjälp\nmed; allt");
            assert_eq!(table.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
        }
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_refuses_the_file() {
        let rows: String = (0..40).map(|n| format!("OMV{n};Dusch;omvårdnad;40\n")).collect();
        let fault = read(format!("{HEADING}\nX;\"Dusch;omvårdnad;40\n{rows}").as_bytes()).unwrap_err();
        assert_eq!(fault, TableFault::OpenQuote { line: 2 });
    }

    #[test]
    fn what_is_not_such_a_file_says_so() {
        assert_eq!(read(b"").unwrap_err(), TableFault::Empty);
        assert_eq!(read(b"PK\x03\x04\0\0\0").unwrap_err(), TableFault::NotText);
        assert_eq!(read(b"<html><body>Logga in</body></html>").unwrap_err(), TableFault::NoHeading);
        assert_eq!(read(b"kod;insats;grupp\n").unwrap_err(), TableFault::MissingColumns(vec!["schablonminuter"]));
        assert_eq!(read(format!("{HEADING};kod\n").as_bytes()).unwrap_err(), TableFault::ColumnTwice("kod"));
    }

    #[test]
    fn headings_written_on_a_mac_are_known() {
        let text = "datum;personal;pass_start;pass_slut;rast_start;rast_min\n";
        assert!(Table::read(ExportFile::Shifts, text.as_bytes()).is_ok());
        assert_eq!(heading_name("Va\u{30a}ning"), "våning");
        assert_eq!(heading_name(" \"fo\u{308}rnamn\" "), "förnamn");
    }
}
