//! The server's seal on what it sent, which a vault can show again after the server was restored from an old backup.

use hmac::{Hmac, KeyInit, Mac};
use rundan_model::UnitId;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use crate::{Receipt, ReceiptMac};

/// The key of the seal; kept outside the database and backed up apart.
#[derive(Clone)]
pub struct ReceiptKey(pub [u8; 32]);

impl std::fmt::Debug for ReceiptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReceiptKey(…)")
    }
}

const DOMAIN: &[u8] = b"rundan-receipt-1";

impl ReceiptKey {
    /// Seals a receipt: over unit, document, seq, heads and the digest of the item's columns.
    pub fn seal(&self, unit: UnitId, receipt: &Receipt, columns: &[u8]) -> ReceiptMac {
        // HMAC pads a key shorter than its block with zeros.
        let mut block = [0; 64];
        block.split_at_mut(32).0.copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        mac.update(DOMAIN);
        mac.update(&unit.0);
        mac.update(&receipt.document.0);
        mac.update(&receipt.seq.to_be_bytes());
        mac.update(&(receipt.heads.len() as u64).to_be_bytes());
        for head in &receipt.heads {
            mac.update(&head.0);
        }
        mac.update(&Sha256::digest(columns));
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(whole.split_at(16).0);
        ReceiptMac(bytes)
    }

    /// Whether a receipt bears this server's seal.
    pub fn holds(&self, unit: UnitId, receipt: &Receipt, columns: &[u8]) -> bool {
        self.seal(unit, receipt, columns).0.ct_eq(&receipt.mac.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rundan_model::{ChangeHash, DocumentId};

    #[test]
    fn a_seal_holds_for_its_receipt_alone() {
        let key = ReceiptKey([7; 32]);
        let unit = UnitId([1; 16]);
        let mut receipt = Receipt {
            document: DocumentId([2; 16]),
            seq: 3,
            heads: vec![ChangeHash([4; 32])],
            mac: ReceiptMac([0; 16]),
        };
        receipt.mac = key.seal(unit, &receipt, b"columns");
        assert!(key.holds(unit, &receipt, b"columns"));
        assert!(!key.holds(unit, &receipt, b"other columns"));
        assert!(!key.holds(UnitId([9; 16]), &receipt, b"columns"));
        assert!(!ReceiptKey([8; 32]).holds(unit, &receipt, b"columns"));
        assert!(!key.holds(unit, &Receipt { seq: 4, ..receipt.clone() }, b"columns"));
        assert!(!key.holds(unit, &Receipt { heads: vec![], ..receipt }, b"columns"));
    }
}
