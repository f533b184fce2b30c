//! The server's seal on what it sent, which a vault can show again after the server was restored from an old backup.

use hmac::{Hmac, KeyInit, Mac};
use rundan_model::{ChangeHash, DocumentId, UnitId};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use crate::columns::{self, ChangeRecord};
use crate::{Receipt, ReceiptMac};

/// The key of the seal; kept outside the database and backed up apart.
#[derive(Clone)]
pub struct ReceiptKey(pub [u8; 32]);

impl std::fmt::Debug for ReceiptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReceiptKey(…)")
    }
}

impl Receipt {
    /// The receipt of a vault's own changes by themselves: it says nothing of the document's heads.
    pub fn of_own(document: DocumentId, records: &[ChangeRecord], mac: ReceiptMac) -> Self {
        let seq = records.iter().map(|record| record.seq).max().unwrap_or(0);
        Self { document, seq, heads: Vec::new(), mac }
    }
}

const DOMAIN: &[u8] = b"rundan-receipt-2";

impl ReceiptKey {
    /// Seals a receipt: over unit, document, seq, heads, the changes that it covers in the order of the columns, and
    /// the digest of the columns.
    pub fn seal(&self, unit: UnitId, receipt: &Receipt, changes: &[ChangeHash], columns: &[u8]) -> ReceiptMac {
        // HMAC pads a key shorter than its block with zeros.
        let mut block = [0; 64];
        block.split_at_mut(32).0.copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        mac.update(DOMAIN);
        mac.update(&unit.0);
        mac.update(&receipt.document.0);
        mac.update(&receipt.seq.to_be_bytes());
        mac.update(&(receipt.heads.len() as u64).to_be_bytes());
        for hash in receipt.heads.iter().chain(changes) {
            mac.update(&hash.0);
        }
        mac.update(&Sha256::digest(columns));
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(whole.split_at(16).0);
        ReceiptMac(bytes)
    }

    /// Seals changes by themselves: the receipt that their author gets with the answer to a push.
    pub fn seal_own(
        &self,
        unit: UnitId,
        document: DocumentId,
        changes: &[ChangeHash],
        records: &[ChangeRecord],
    ) -> ReceiptMac {
        let receipt = Receipt::of_own(document, records, ReceiptMac([0; 16]));
        self.seal(unit, &receipt, changes, &columns::encode(records))
    }

    /// Whether a receipt bears this server's seal.
    pub fn holds(&self, unit: UnitId, receipt: &Receipt, changes: &[ChangeHash], columns: &[u8]) -> bool {
        self.seal(unit, receipt, changes, columns).0.ct_eq(&receipt.mac.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rundan_model::{PersonId, Timestamp, VaultId};

    const UNIT: UnitId = UnitId([1; 16]);
    const CHANGES: [ChangeHash; 2] = [ChangeHash([4; 32]), ChangeHash([5; 32])];

    fn receipt() -> Receipt {
        Receipt { document: DocumentId([2; 16]), seq: 3, heads: vec![CHANGES[1]], mac: ReceiptMac([0; 16]) }
    }

    #[test]
    fn a_seal_holds_for_its_receipt_alone() {
        let key = ReceiptKey([7; 32]);
        let mut receipt = receipt();
        receipt.mac = key.seal(UNIT, &receipt, &CHANGES, b"columns");
        assert!(key.holds(UNIT, &receipt, &CHANGES, b"columns"));
        assert!(!key.holds(UNIT, &receipt, &CHANGES, b"other columns"));
        assert!(!key.holds(UNIT, &receipt, &CHANGES[..1], b"columns"));
        assert!(!key.holds(UNIT, &receipt, &[CHANGES[1], CHANGES[0]], b"columns"));
        assert!(!key.holds(UnitId([9; 16]), &receipt, &CHANGES, b"columns"));
        assert!(!ReceiptKey([8; 32]).holds(UNIT, &receipt, &CHANGES, b"columns"));
        assert!(!key.holds(UNIT, &Receipt { seq: 4, ..receipt.clone() }, &CHANGES, b"columns"));
        assert!(!key.holds(UNIT, &Receipt { heads: vec![], ..receipt }, &CHANGES, b"columns"));
    }

    #[test]
    fn a_head_is_no_covered_change_nor_the_other_way_round() {
        let key = ReceiptKey([7; 32]);
        let mut receipt = receipt();
        receipt.mac = key.seal(UNIT, &receipt, &CHANGES, b"columns");
        let other = Receipt { heads: vec![CHANGES[1], CHANGES[0]], ..receipt };
        assert!(!key.holds(UNIT, &other, &CHANGES[1..], b"columns"));
    }

    #[test]
    fn a_seal_never_changes_its_bytes() {
        let key = ReceiptKey([7; 32]);
        let record = ChangeRecord {
            seq: 3,
            received_at: Timestamp(1_780_000_000),
            vault: VaultId([6; 8]),
            person: PersonId([8; 8]),
        };
        assert_eq!(hex::encode(key.seal(UNIT, &receipt(), &CHANGES, b"columns").0), "bf703ed1de24937ad96191561ee1c86f");
        assert_eq!(
            hex::encode(key.seal_own(UNIT, DocumentId([2; 16]), &CHANGES[..1], &[record]).0),
            "e02e2d4812475ccd3d07f03794354f83"
        );
    }
}
