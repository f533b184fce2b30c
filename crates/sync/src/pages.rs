//! In what order documents travel, and how many of them at once.

use std::ops::Range;

use rundan_model::DocumentId;

/// How much of documents the first page brings, so that the day shows at once: on the wire about a third of it.
pub const FIRST_PAGE_BYTES: usize = 192 * 1024;
/// How much of documents each later page brings.
pub const PAGE_BYTES: usize = 1024 * 1024;

/// Why a person needs a document, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// What left goes first: it costs nothing and must not be read any more.
    Leaves,
    /// The unit's settings, without which nothing shows.
    Unit,
    /// Names of staff.
    Names,
    /// The person's own run sheets of today.
    OwnDay,
    /// Today's visits, and the recipients and accesses they need; for the office, the run sheets of today.
    Today,
    /// The same for a later day, so many days ahead.
    Later(u16),
    /// All the rest.
    Rest,
}

/// One document's place in the order: need, then time, then id, so that the order is always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Urgency {
    /// Why it is needed.
    pub need: Need,
    /// When in seconds; 0 where time says nothing.
    pub at: i64,
    /// Which document.
    pub document: DocumentId,
}

/// The documents of the page that begins at `position`, given the sizes from there on.
///
/// A page always takes one document, however large, so that paging ends.
pub fn cut(position: usize, sizes: impl IntoIterator<Item = usize>) -> Range<usize> {
    let limit = if position == 0 { FIRST_PAGE_BYTES } else { PAGE_BYTES };
    let mut end = position;
    let mut bytes = 0usize;
    for size in sizes {
        bytes = bytes.saturating_add(size);
        if bytes > limit && end > position {
            break;
        }
        end += 1;
    }
    position..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pages_cover_every_document_once(sizes in proptest::collection::vec(0..400_000usize, 0..80)) {
            let mut position = 0;
            while position < sizes.len() {
                let page = cut(position, sizes[position..].iter().copied());
                prop_assert_eq!(page.start, position);
                prop_assert!(page.end > position);
                let bytes: usize = sizes[page.clone()].iter().sum();
                prop_assert!(page.len() == 1 || bytes <= PAGE_BYTES);
                position = page.end;
            }
        }
    }

    #[test]
    fn today_comes_before_tomorrow_and_morning_before_evening() {
        let urgency = |need, at| Urgency { need, at, document: DocumentId([0; 16]) };
        let ordered = [
            urgency(Need::Unit, 0),
            urgency(Need::OwnDay, 9),
            urgency(Need::Today, 7),
            urgency(Need::Today, 19),
            urgency(Need::Later(1), 8),
            urgency(Need::Later(2), 7),
            urgency(Need::Rest, 0),
        ];
        assert!(ordered.is_sorted());
    }
}
