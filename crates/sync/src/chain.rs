//! The chain over a unit's log.

use rundan_model::{ChangeHash, DocumentId};
use sha2::{Digest as _, Sha256};

use crate::Chain;

/// What an entry of the log tells. The numbers are part of the protocol and never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A document took a change; the payload is the change.
    Change,
    /// A day began in the unit; the payload is its number as 8 bytes.
    DayOpened,
    /// A person was given or lost a role.
    Role,
    /// Documents or members entered or left an audience.
    Audience,
    /// Documents were destroyed; hash and chain stay.
    Purge,
}

impl EntryKind {
    /// Its number in the log.
    pub fn number(self) -> u8 {
        match self {
            Self::Change => 1,
            Self::DayOpened => 2,
            Self::Role => 3,
            Self::Audience => 4,
            Self::Purge => 5,
        }
    }

    /// The kind of a number; none for one that this version does not know.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Change, Self::DayOpened, Self::Role, Self::Audience, Self::Purge]
            .into_iter()
            .find(|kind| kind.number() == number)
    }
}

/// One entry of a unit's log, as far as the chain covers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its place, without gaps, from 1.
    pub seq: u64,
    /// What it tells.
    pub kind: EntryKind,
    /// The document it is about; zero bytes where there is none.
    pub document: DocumentId,
    /// SHA-256 of the payload; for a change, the change's own hash.
    pub payload: ChangeHash,
}

/// The document of an entry that is about none.
pub const NO_DOCUMENT: DocumentId = DocumentId([0; 16]);

const DOMAIN: &[u8] = b"rundan-chain-1";

impl Chain {
    /// The chain after one more entry.
    pub fn then(&self, entry: &Entry) -> Self {
        let hash = Sha256::new()
            .chain_update(DOMAIN)
            .chain_update(self.0)
            .chain_update(entry.seq.to_be_bytes())
            .chain_update([entry.kind.number()])
            .chain_update(entry.document.0)
            .chain_update(entry.payload.0)
            .finalize();
        Self(hash.into())
    }
}

/// The hash of a payload that is not a change.
pub fn payload_hash(payload: &[u8]) -> ChangeHash {
    ChangeHash(Sha256::digest(payload).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_difference_in_an_entry_makes_another_chain() {
        let entry =
            Entry { seq: 7, kind: EntryKind::Change, document: DocumentId([1; 16]), payload: ChangeHash([2; 32]) };
        let chain = Chain([0; 32]).then(&entry);
        let others = [
            Entry { seq: 8, ..entry },
            Entry { kind: EntryKind::Purge, ..entry },
            Entry { document: NO_DOCUMENT, ..entry },
            Entry { payload: payload_hash(b"other"), ..entry },
        ];
        for other in others {
            assert_ne!(Chain([0; 32]).then(&other), chain);
        }
        assert_ne!(Chain([1; 32]).then(&entry), chain);
    }

    #[test]
    fn the_chain_never_changes_its_bytes() {
        let entry = Entry { seq: 1, kind: EntryKind::DayOpened, document: NO_DOCUMENT, payload: payload_hash(b"") };
        let chain = Chain([7; 32]).then(&entry);
        assert_eq!(hex::encode(chain.0), "14a907dc987eee458dd41b87161e8d08052cfcddf3b36834995a97a10edee6ad");
    }
}
