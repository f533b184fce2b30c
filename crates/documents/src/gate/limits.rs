//! How much there may be: of one document, of one vault in it, and of work in one request. All of it is counted, in
//! changes, operations and bytes, never in seconds.

use rundan_model::Kind;
use rundan_model::policy::readers;

use super::Author;

/// An amount of a document's history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// Changes.
    pub changes: u64,
    /// Their operations.
    pub operations: u64,
    /// Their bytes, as pushed.
    pub bytes: u64,
}

impl Amount {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            changes: self.changes.saturating_add(other.changes),
            operations: self.operations.saturating_add(other.operations),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    fn fits(self, most: Self) -> bool {
        self.changes <= most.changes && self.operations <= most.operations && self.bytes <= most.bytes
    }

    /// What it costs to copy, save, load and compare so much.
    pub(super) fn cost(self) -> u64 {
        self.changes.saturating_add(self.operations).saturating_add(self.bytes / BYTES_OF_A_UNIT)
    }
}

/// The most of one document: honest ones have some dozens of changes, and some kilobytes. An answer carries the whole
/// of it, saved or as changes, beside what else it has to say.
pub const DOCUMENT_MAX: Amount = Amount { changes: 10_000, operations: 20_000, bytes: 2 * 1024 * 1024 };

/// The most of a document by one vault, so that whoever has one phone in her hand leaves the others room.
pub const SHARE_MAX: Amount = Amount { changes: 2_500, operations: 5_000, bytes: 512 * 1024 };

/// The most heads of a document by one vault: each writes on what she has, so an honest one leaves one head, and copies
/// of a phone one each. Who writes next names them all.
pub const HEADS_OF_VAULT_MAX: usize = 64;

/// How much of a document one author may have written.
fn share(author: &Author, kind: Option<&Kind>) -> Amount {
    // Nobody else writes in what is her own alone; what a receipt proves was within its share before.
    let is_alone = kind.is_some_and(|kind| !readers(kind).unit && !readers(kind).office);
    if is_alone || author.standing.is_server { DOCUMENT_MAX } else { SHARE_MAX }
}

/// Whether a document may grow to `whole`, of which the author has written `own`.
pub(super) fn has_room(author: &Author, kind: Option<&Kind>, whole: Amount, own: Amount) -> bool {
    whole.fits(DOCUMENT_MAX) && own.fits(share(author, kind))
}

/// How many bytes cost as much as one operation.
const BYTES_OF_A_UNIT: u64 = 512;

/// The most work that one request may cause. The longest search for one change among 4,000 that breaks the largest
/// document costs some thirteen times that document, so each request decides at least one change.
pub const WORK_MAX: u64 = 600_000;

/// What one request may still cause, in units: one for each change, operation, predecessor, dependency and 512 bytes
/// that are read, one for each change passed on the way to an ancestor, and all of a document each time it is saved and
/// loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    left: u64,
    spent: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(WORK_MAX)
    }
}

impl Budget {
    /// A budget of so many units.
    pub fn new(units: u64) -> Self {
        Self { left: units, spent: 0 }
    }

    /// What was done, in units.
    pub fn spent(&self) -> u64 {
        self.spent
    }

    /// Takes so much of what is left; says whether there was so much.
    pub(super) fn spend(&mut self, units: u64) -> bool {
        let Some(left) = self.left.checked_sub(units) else { return false };
        self.left = left;
        self.spent = self.spent.saturating_add(units);
        true
    }
}
