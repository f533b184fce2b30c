//! What is wrong with an export, for the operator who can put it right.

use std::fmt::Write as _;

use serde::Serialize;

use super::apply::{Applied, LeftOut};
use super::files::ExportFile;

/// How many problems a report lists; more are counted only. A file of nothing but faults stays readable.
const PROBLEMS_LISTED_MAX: usize = 100_000;

/// How many ids of a kind that is gone the text names; all are in the JSON.
const GONE_SHOWN_MAX: usize = 10;

/// How many problems the readable report shows; the JSON report has the rest.
const PROBLEMS_SHOWN_MAX: usize = 200;

/// Whether what the problem is about was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The row, or the whole file, was not taken.
    Refused,
    /// It was taken, and someone should look.
    Warning,
}

/// One thing that is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file's name.
    pub file: String,
    /// The line where the row begins, from 1; absent when it is about the file.
    pub line: Option<u64>,
    /// The column's heading; absent when it is about the row.
    pub column: Option<String>,
    /// Whether the row was taken.
    pub severity: Severity,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

/// What was read of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileSummary {
    /// Which file.
    pub file: ExportFile,
    /// The encoding it was read as; absent when it could not be read.
    pub encoding: Option<&'static str>,
    /// The separator between fields.
    pub separator: Option<char>,
    /// Rows with something in them, without the heading.
    pub rows: u64,
    /// Rows taken.
    pub taken: u64,
    /// Rows refused.
    pub refused: u64,
}

/// What became of an export. Nothing is dropped without a line here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether anything could be imported: one unreadable file stops the whole import.
    pub readable: bool,
    /// What was read of each file.
    pub files: Vec<FileSummary>,
    /// Rows and files refused.
    pub refused: u64,
    /// Warnings about rows and files that were taken.
    pub warnings: u64,
    /// All problems; a refused row may have several.
    pub problems_total: u64,
    /// The problems, up to a limit; the count goes on beyond it.
    pub problems: Vec<Problem>,
    /// What was done to the unit; absent when nothing was.
    pub applied: Option<Applied>,
}

impl Report {
    /// The exit code: 0 when every row was taken, 2 when some were refused.
    pub fn exit_code(&self) -> u8 {
        if self.refused == 0 { 0 } else { 2 }
    }

    /// How many problems were counted but not listed.
    pub fn unlisted(&self) -> u64 {
        self.problems_total.saturating_sub(self.problems.len() as u64)
    }

    /// The report as text for a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write_loud(&mut text);
        self.write_files(&mut text);
        self.write_applied(&mut text);
        self.write_problems(&mut text);
        text
    }

    fn write_loud(&self, text: &mut String) {
        if !self.readable {
            text.push_str("NOTHING WAS IMPORTED: a file could not be read, see below.\n\n");
        }
        if self.applied.as_ref().is_some_and(|applied| applied.none_cancelled) {
            text.push_str(
                "ATTENTION: NO VISIT WAS CANCELLED. A refused row of visits.csv has no id that can be trusted, so it \
                 cannot be told\nwhich visits are gone from the export. Correct the row, see below, and import again; \
                 until then visits that\nare gone stand as before, in the carers' run sheets too.\n\n",
            );
        }
        self.write_keys_left_out(text);
        self.write_gone(text);
        let lost =
            self.applied.as_ref().map(|applied| applied.recipients_without_visits.as_slice()).unwrap_or_default();
        if lost.is_empty() {
            return;
        }
        let count = lost.len();
        let _ =
            writeln!(text, "ATTENTION: {count} recipient(s) had visits in the last import and have none in this one:");
        for recipient in lost {
            let _ = writeln!(text, "  {recipient}");
        }
        text.push_str("Check that each of them has really ended or paused the help.\n\n");
    }

    fn write_keys_left_out(&self, text: &mut String) {
        for (tag, why) in self.applied.iter().flat_map(|applied| &applied.keys_left_out) {
            let why = match why {
                LeftOut::Retired => "it was retired, and a code is never used again; give the key a new tag",
                LeftOut::EnteredByHand => {
                    "the office has entered a key with this tag; keep it there or give one a new tag"
                }
            };
            let _ = writeln!(text, "ATTENTION: tag {tag} of keys.csv was left out: {why}");
        }
        if self.applied.as_ref().is_some_and(|applied| !applied.keys_left_out.is_empty()) {
            text.push('\n');
        }
    }

    fn write_gone(&self, text: &mut String) {
        let gone = self.applied.iter().flat_map(|applied| &applied.gone);
        for (kind, ids) in gone {
            let shown = ids.iter().take(GONE_SHOWN_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if ids.len() > GONE_SHOWN_MAX { ", …" } else { "" };
            let count = ids.len();
            let _ =
                writeln!(text, "ATTENTION: {count} of kind {kind} gone from the export, left as before: {shown}{more}");
        }
        if self.applied.as_ref().is_some_and(|applied| !applied.gone.is_empty()) {
            text.push_str("Check whether they have ended; an import removes nothing but visits.\n\n");
        }
    }

    fn write_applied(&self, text: &mut String) {
        let Some(applied) = &self.applied else { return };
        let _ = writeln!(
            text,
            "{} begun, {} changed, {} unchanged, {} visit(s) cancelled that are gone from the export",
            applied.begun, applied.changed, applied.unchanged, applied.cancelled
        );
        if applied.homes_taken_back > 0 {
            let _ = writeln!(text, "{} home(s) are opened by a key no longer", applied.homes_taken_back);
        }
        for meeting in &applied.met {
            let _ = write!(text, "BOTH STAND {} {}: ", meeting.kind, meeting.external_id);
            match (meeting.registers.as_slice(), meeting.has_begun) {
                ([], _) => text.push_str("work had begun when the export changed its plan"),
                (registers, _) => {
                    let _ = write!(text, "a person had changed {} since the last import", registers.join(", "));
                }
            }
            text.push_str(". Look at it in the office window.\n");
        }
    }

    fn write_files(&self, text: &mut String) {
        for file in &self.files {
            let _ = write!(
                text,
                "{:<18} {:>6} rows, {:>6} taken, {:>4} refused",
                file.file.name(),
                file.rows,
                file.taken,
                file.refused
            );
            if let (Some(encoding), Some(separator)) = (file.encoding, file.separator) {
                let separator = if separator == '\t' { "tab".to_owned() } else { format!("\"{separator}\"") };
                let _ = write!(text, "  ({encoding}, separator {separator})");
            }
            text.push('\n');
        }
        let _ = writeln!(text, "{} refused, {} warning(s)", self.refused, self.warnings);
    }

    fn write_problems(&self, text: &mut String) {
        let mut shown: Vec<&Problem> = self.problems.iter().collect();
        // Stable: within a severity, the order of the files and lines.
        shown.sort_by_key(|problem| problem.severity);
        for problem in shown.iter().take(PROBLEMS_SHOWN_MAX) {
            let _ = writeln!(text, "{}", line_of(problem));
        }
        let hidden = shown.len().saturating_sub(PROBLEMS_SHOWN_MAX) as u64 + self.unlisted();
        if hidden > 0 {
            let _ = writeln!(text, "… and {hidden} more; write them all with --report FILE.json");
        }
    }
}

fn line_of(problem: &Problem) -> String {
    let mut place = problem.file.clone();
    if let Some(line) = problem.line {
        let _ = write!(place, ":{line}");
    }
    if let Some(column) = &problem.column {
        let _ = write!(place, " [{column}]");
    }
    let severity = match problem.severity {
        Severity::Refused => "REFUSED",
        Severity::Warning => "warning",
    };
    format!("{severity} {place}: {}. {}.", problem.what, problem.advice)
}

/// Where in a file a problem is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) line: Option<u64>,
    pub(super) column: Option<&'a str>,
}

/// Collects the problems of an import while it is read.
#[derive(Debug, Default)]
pub(super) struct Problems {
    listed: Vec<Problem>,
    total: u64,
    warnings: u64,
}

impl Problems {
    /// Notes a problem.
    pub(super) fn add(&mut self, place: Place<'_>, severity: Severity, what: String, advice: String) {
        self.total += 1;
        if severity == Severity::Warning {
            self.warnings += 1;
        }
        if self.listed.len() >= PROBLEMS_LISTED_MAX {
            return;
        }
        self.listed.push(Problem {
            file: place.file.to_owned(),
            line: place.line,
            column: place.column.map(str::to_owned),
            severity,
            what,
            advice,
        });
    }

    /// Makes the report of what was collected.
    pub(super) fn into_report(self, readable: bool, files: Vec<FileSummary>, files_refused: u64) -> Report {
        let rows_refused: u64 = files.iter().map(|file| file.refused).sum();
        Report {
            readable,
            files,
            refused: rows_refused + files_refused,
            warnings: self.warnings,
            problems_total: self.total,
            problems: self.listed,
            applied: None,
        }
    }
}
