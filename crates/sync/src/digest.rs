//! What a vault holds, as one sum: equal sums mean equal documents with equal heads.

use rundan_model::{ChangeHash, DocumentId};
use sha2::{Digest as _, Sha256};

use crate::{Digest, HeadsHash};

const DOMAIN: &[u8] = b"rundan-digest-1";

impl Digest {
    /// The sum over nothing.
    pub const ZERO: Self = Self([0; 16]);

    /// The share of one document with its accepted heads, in whatever order they are given.
    pub fn of(document: DocumentId, heads: &[ChangeHash]) -> Self {
        let hash: [u8; 32] = heads_hash(document, heads);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(hash.split_at(16).0);
        Self(bytes)
    }

    /// The sum with this share added.
    #[must_use]
    pub fn plus(self, share: Self) -> Self {
        Self(self.number().wrapping_add(share.number()).to_be_bytes())
    }

    /// The sum with this share taken away.
    #[must_use]
    pub fn minus(self, share: Self) -> Self {
        Self(self.number().wrapping_sub(share.number()).to_be_bytes())
    }

    fn number(self) -> u128 {
        u128::from_be_bytes(self.0)
    }
}

impl std::iter::Sum for Digest {
    fn sum<I: Iterator<Item = Self>>(shares: I) -> Self {
        shares.fold(Self::ZERO, Self::plus)
    }
}

impl HeadsHash {
    /// The eight bytes that tell one state of a document from another when a digest did not match.
    pub fn of(document: DocumentId, heads: &[ChangeHash]) -> Self {
        let hash = heads_hash(document, heads);
        let mut bytes = [0; 8];
        bytes.copy_from_slice(hash.split_at(8).0);
        Self(bytes)
    }
}

fn heads_hash(document: DocumentId, heads: &[ChangeHash]) -> [u8; 32] {
    let mut sorted = heads.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut hash = Sha256::new().chain_update(DOMAIN).chain_update(document.0);
    for head in sorted {
        hash.update(head.0);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn share(n: u8) -> Digest {
        Digest::of(DocumentId([n; 16]), &[ChangeHash([n; 32])])
    }

    #[test]
    fn the_order_of_heads_does_not_matter() {
        let (a, b) = (ChangeHash([1; 32]), ChangeHash([2; 32]));
        let document = DocumentId([3; 16]);
        assert_eq!(Digest::of(document, &[a, b]), Digest::of(document, &[b, a]));
        assert_eq!(HeadsHash::of(document, &[a, b]), HeadsHash::of(document, &[b, a, b]));
        assert_ne!(Digest::of(document, &[a]), Digest::of(document, &[b]));
    }

    #[test]
    fn the_share_never_changes_its_bytes() {
        assert_eq!(hex::encode(share(1).0), "080d9c6b6c1e390eb15384d9d03388d7");
    }

    proptest! {
        #[test]
        fn a_sum_kept_step_by_step_equals_one_made_at_once(steps in proptest::collection::vec((any::<u8>(), any::<bool>()), 0..60)) {
            let mut held = std::collections::BTreeSet::new();
            let mut sum = Digest::ZERO;
            for (n, is_added) in steps {
                if is_added && held.insert(n) {
                    sum = sum.plus(share(n));
                } else if !is_added && held.remove(&n) {
                    sum = sum.minus(share(n));
                }
            }
            prop_assert_eq!(sum, held.into_iter().map(share).sum());
        }
    }
}
