//! Cells that no spreadsheet runs.

/// What begins a formula in some spreadsheet, the wide forms too; and the mark that keeps one from being run, so that
/// it can be told from a text's own.
const MARKED: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\''];
/// After these another cell begins for a spreadsheet that takes another separator.
const SEPARATORS: [char; 5] = [';', ',', '\t', '\r', '\n'];

/// A text as it stands in a cell: an apostrophe is put before what a spreadsheet would run.
pub(crate) fn guard(text: &str) -> String {
    let mut guarded = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        if begins && MARKED.contains(&c) {
            guarded.push('\'');
        }
        begins = SEPARATORS.contains(&c);
        guarded.push(c);
    }
    guarded
}

/// The text of a cell that [`guard`] wrote.
pub(crate) fn unguard(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    let (mut begins, mut is_marked) = (true, false);
    for c in cell.chars() {
        if begins && !is_marked && c == '\'' {
            is_marked = true;
            continue;
        }
        is_marked = false;
        begins = SEPARATORS.contains(&c);
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_cell_begins_as_a_formula() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+46", "'+46"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("låset,=HYPERLINK(1)", "låset,'=HYPERLINK(1)"),
            ("rad\n=2", "rad\n'=2"),
            ("'=1", "''=1"),
            ("V-117", "V-117"),
            ("1-2", "1-2"),
        ] {
            assert_eq!(guard(text), cell);
        }
    }

    proptest! {
        #[test]
        fn a_guarded_text_reads_back(text in "[=+@'a,;\t\n\r-]{0,12}") {
            let cell = guard(&text);
            prop_assert_eq!(unguard(&cell), text);
            let starts = cell.split(SEPARATORS).filter_map(|part| part.chars().next());
            prop_assert!(starts.into_iter().all(|c| c == '\'' || !MARKED.contains(&c)));
        }
    }
}
