//! In what order documents travel, and how many of them at once.

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

/// A page while it fills.
#[derive(Debug, Clone, Copy)]
pub struct Filling {
    bytes: usize,
    bytes_max: usize,
    room: usize,
    is_empty: bool,
}

impl Filling {
    /// An empty page that begins at `position` of its list, in an answer that has room for so many bytes of documents.
    pub fn at(position: usize, room: usize) -> Self {
        let bytes_max = if position == 0 { FIRST_PAGE_BYTES } else { PAGE_BYTES };
        Self { bytes: 0, bytes_max, room, is_empty: true }
    }

    /// Whether the next document still goes onto the page; if so, it is counted.
    ///
    /// A page always takes one document that its answer has room for, so that paging ends: an answer has room for the
    /// largest document that there is.
    pub fn takes(&mut self, bytes: usize) -> bool {
        let filled = self.bytes.saturating_add(bytes);
        let is_full = filled > self.bytes_max && !self.is_empty;
        if is_full || filled > self.room {
            return false;
        }
        self.bytes = filled;
        self.is_empty = false;
        true
    }
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
                let mut page = Filling::at(position, usize::MAX);
                let taken = sizes[position..].iter().take_while(|size| page.takes(**size)).count();
                let bytes: usize = sizes[position..position + taken].iter().sum();
                prop_assert!(taken == 1 || (taken > 1 && bytes <= PAGE_BYTES));
                position += taken;
            }
        }
    }

    #[test]
    fn no_page_takes_more_than_its_answer_has_room_for() {
        let mut page = Filling::at(0, 100);
        assert!(!page.takes(101) && page.takes(60) && !page.takes(60) && page.takes(40) && !page.takes(1));
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
