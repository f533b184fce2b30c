//! A row whose fields are read one by one, each fault noted with its line and column.

use chrono::{Datelike, NaiveDate, NaiveTime};
use rundan_model::time::{LocalTime, Timestamp, Zone, parse_clock};

use super::problem::{Place, Problems, Severity};
use super::table::{Record, Table};

/// The longest id or code of the export.
const CODE_CHARS_MAX: usize = 64;

/// The longest code that becomes part of a register's key: the longest prefix is `intervention/`.
const KEY_CODE_BYTES_MAX: usize = 48;

/// How much of a wrong value a problem quotes.
const QUOTED_CHARS_MAX: usize = 40;

/// The years in which a planned date may lie; another one is a slip of the pen.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2099;

/// A row being read.
///
/// Every reader answers `None` when the field makes the row unfit, and has then noted why; a caller reads all
/// fields before it gives up, so that one run shows every fault of the row.
pub(super) struct Row<'a> {
    table: &'a Table,
    record: &'a Record,
    problems: &'a mut Problems,
}

impl<'a> Row<'a> {
    pub(super) fn new(table: &'a Table, record: &'a Record, problems: &'a mut Problems) -> Self {
        Self { table, record, problems }
    }

    /// The line on which it begins.
    pub(super) fn line(&self) -> u64 {
        self.record.line
    }

    /// Notes that the row is refused because of a column, or of the row as a whole.
    pub(super) fn refuse(&mut self, column: impl Into<Option<&'static str>>, what: String, advice: &str) {
        self.note(column.into(), Severity::Refused, what, advice);
    }

    /// Notes something that someone should look at, though the row is taken.
    pub(super) fn warn(&mut self, column: impl Into<Option<&'static str>>, what: String, advice: &str) {
        self.note(column.into(), Severity::Warning, what, advice);
    }

    /// The field as it stands, trimmed.
    pub(super) fn raw(&self, column: &'static str) -> &'a str {
        self.table.field(self.record, column)
    }

    /// Whether it has another number of fields than the heading; more are no fault when they are empty.
    pub(super) fn is_out_of_joint(&self) -> bool {
        let (has, width) = (self.record.fields.len(), self.table.width);
        has < width || self.record.fields.iter().skip(width).any(|field| !field.trim().is_empty())
    }

    /// Whether every field stands under its heading; else the row is refused.
    pub(super) fn has_its_fields(&mut self) -> bool {
        if !self.is_out_of_joint() {
            return true;
        }
        let what = format!("The row has {} fields and the heading {}", self.record.fields.len(), self.table.width);
        let advice = "Put a text that holds the separator or a line break in quotation marks, and write every column";
        self.refuse(None, what, advice);
        false
    }

    /// An id or code that must be there.
    pub(super) fn code(&mut self, column: &'static str) -> Option<String> {
        let code = self.optional_code(column)?;
        if code.is_none() {
            self.refuse(column, "The field is empty".to_owned(), "Fill it in; nothing can be found again without it");
        }
        code
    }

    /// A code that becomes part of a register's key and must be there.
    pub(super) fn key_code(&mut self, column: &'static str) -> Option<String> {
        let code = self.code(column)?;
        if !is_key_code(&code) {
            self.refuse(column, format!("{} holds other characters", quoted(&code)), KEY_CODE_ADVICE);
            return None;
        }
        Some(code)
    }

    /// An id or code, or nothing.
    pub(super) fn optional_code(&mut self, column: &'static str) -> Option<Option<String>> {
        let text = self.raw(column);
        if text.is_empty() {
            return Some(None);
        }
        let is_fit =
            text.chars().count() <= CODE_CHARS_MAX && !text.chars().any(|c| c.is_control() || c.is_whitespace());
        if !is_fit {
            let what = format!("{} is not an id", quoted(text));
            self.refuse(column, what, "Use at most 64 characters without spaces");
            return None;
        }
        Some(Some(text.to_owned()))
    }

    /// A text on one line, perhaps empty. Line breaks and runs of spaces become one space.
    pub(super) fn text(&mut self, column: &'static str, chars_max: usize) -> Option<String> {
        let text = self.raw(column).split_whitespace().collect::<Vec<_>>().join(" ");
        let length = text.chars().count();
        if length > chars_max {
            self.refuse(column, format!("The text has {length} characters"), &format!("Shorten it to {chars_max}"));
            return None;
        }
        if text.chars().any(char::is_control) {
            self.refuse(column, "The text holds control characters".to_owned(), "Write it again by hand");
            return None;
        }
        Some(text)
    }

    /// A text on one line of a column that the file may do without; nothing if it does.
    pub(super) fn further_text(&mut self, column: &'static str, chars_max: usize) -> Option<Option<String>> {
        if self.table.has(column) { self.text(column, chars_max).map(Some) } else { Some(None) }
    }

    /// A text on one line that must be there.
    pub(super) fn required_text(&mut self, column: &'static str, chars_max: usize) -> Option<String> {
        let text = self.text(column, chars_max)?;
        if text.is_empty() {
            self.refuse(column, "The field is empty".to_owned(), "Fill it in");
            return None;
        }
        Some(text)
    }

    /// A whole number in a range, or nothing.
    pub(super) fn optional_number(&mut self, column: &'static str, range: (u32, u32)) -> Option<Option<u32>> {
        let text = self.raw(column);
        if text.is_empty() {
            return Some(None);
        }
        let (low, high) = range;
        // A spreadsheet may write 30 as 30,0.
        let whole = text.trim_end_matches('0').strip_suffix([',', '.']).unwrap_or(text);
        let is_digits = whole.bytes().all(|byte| byte.is_ascii_digit());
        match whole.parse::<u32>() {
            Ok(number) if is_digits && (low..=high).contains(&number) => Some(Some(number)),
            _ => {
                let what = format!("{} is not a whole number from {low} to {high}", quoted(text));
                self.refuse(column, what, "Correct it");
                None
            }
        }
    }

    /// A whole number in a range, 0 where the field is empty.
    pub(super) fn number(&mut self, column: &'static str, high: u32) -> Option<u32> {
        Some(self.optional_number(column, (0, high))?.unwrap_or(0))
    }

    /// A number with a decimal comma or point, or nothing. What is no number is left out with a warning.
    pub(super) fn decimal(&mut self, column: &'static str, range: (f64, f64)) -> Option<f64> {
        let text = self.raw(column);
        if text.is_empty() {
            return None;
        }
        let number = text.replace(',', ".").parse::<f64>().ok();
        let within = number.filter(|number| (range.0..=range.1).contains(number));
        if within.is_none() {
            let what = format!("{} is not a number from {} to {}", quoted(text), range.0, range.1);
            self.warn(column, what, "It was left out; correct it");
        }
        within
    }

    /// Yes or no; `default` where the field is empty.
    pub(super) fn yes(&mut self, column: &'static str, default: bool) -> Option<bool> {
        match self.raw(column).to_lowercase().as_str() {
            "ja" | "j" | "1" | "x" | "sant" | "true" | "yes" => Some(true),
            "nej" | "n" | "0" | "falskt" | "false" | "no" => Some(false),
            "" => Some(default),
            other => {
                self.refuse(column, format!("{} is neither ja nor nej", quoted(other)), "Write ja or nej");
                None
            }
        }
    }

    /// A date that must be there.
    pub(super) fn date(&mut self, column: &'static str) -> Option<NaiveDate> {
        let date = self.optional_date(column)?;
        if date.is_none() {
            self.refuse(column, "The field is empty".to_owned(), "Write a date as 2026-11-23");
        }
        date
    }

    /// A date, or nothing.
    pub(super) fn optional_date(&mut self, column: &'static str) -> Option<Option<NaiveDate>> {
        let text = self.raw(column);
        if text.is_empty() {
            return Some(None);
        }
        let date = parse_date(text);
        if date.is_none() {
            self.refuse(column, format!("{} is not a date", quoted(text)), "Write a date that exists, as 2026-11-23");
        }
        date.map(Some)
    }

    /// A time of day that must be there.
    pub(super) fn clock(&mut self, column: &'static str) -> Option<NaiveTime> {
        let text = self.raw(column);
        let time = parse_clock(text);
        if time.is_none() {
            let what = format!("{} is not a time of day", quoted(text));
            self.refuse(column, what, "Write it as 07:05, from 00:00 to 23:59");
        }
        time
    }

    /// The instant of a local time. One in the hour that spring leaves out is refused, one in the hour that
    /// autumn doubles is taken as the first, with a warning.
    pub(super) fn instant(&mut self, column: &'static str, date: NaiveDate, time: NaiveTime) -> Option<Timestamp> {
        let local = Zone.at(date, time);
        let stated = format!("{date} {}", rundan_model::time::format_clock(time));
        match local {
            LocalTime::One(_) => {}
            LocalTime::Two(..) => self.warn(
                column,
                format!("{stated} comes twice, as the clocks are set back that night"),
                "It was taken as the first of them; change the time if the second is meant",
            ),
            LocalTime::Gap => self.refuse(
                column,
                format!("{stated} does not exist, as the clocks are set forward that night"),
                "Choose a time before 02:00 or from 03:00",
            ),
        }
        local.first()
    }

    fn note(&mut self, column: Option<&'static str>, severity: Severity, what: String, advice: &str) {
        let place = Place { file: self.table.file.name(), line: Some(self.record.line), column };
        self.problems.add(place, severity, what, advice.to_owned());
    }
}

/// What to do about a code that cannot be part of a key.
pub(super) const KEY_CODE_ADVICE: &str = "Use at most 48 letters, digits, -, _ and .";

/// Whether a code can be part of a register's key.
pub(super) fn is_key_code(code: &str) -> bool {
    let is_allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    code.len() <= KEY_CODE_BYTES_MAX && code.chars().all(is_allowed)
}

/// A wrong value as a problem quotes it: short, on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(QUOTED_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() > QUOTED_CHARS_MAX {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    // Exactly this shape: chrono alone also takes 2026-2-3 and +2026-02-03.
    let is_shape = text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_shape {
        return None;
    }
    text.parse::<NaiveDate>().ok().filter(|date| YEARS.contains(&date.year()))
}
