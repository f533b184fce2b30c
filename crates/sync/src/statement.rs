//! What a vault signs with every request: COSE_Sign1 over Ed25519, in one header.
//!
//! The statement is kept by the server beside the changes it brought, so that authorship can be shown later.

use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, RegisteredLabelWithPrivate, iana};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rundan_model::{ChangeHash, DocumentId, ServerId, VaultId};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;
use sha2::{Digest as _, Sha256};

use crate::{PublicKey, base64url, wire};

/// The header that carries the statement, as unpadded base64url.
pub const HEADER: &str = "rundan-statement";
/// The longest statement that is read.
pub const STATEMENT_BYTES_MAX: usize = 1024;

/// Keeps these signatures apart from any other use of the key.
const CONTEXT: &[u8] = b"rundan-statement-1";

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// For which server; none only when enrolling, before the vault knows it.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerId>,
    /// `GET` or `POST`.
    #[serde(rename = "m")]
    pub method: String,
    /// The path, such as `/v1/sync`.
    #[serde(rename = "p")]
    pub path: String,
    /// Strictly rises with every counted request of the vault.
    #[serde(rename = "n")]
    pub counter: u64,
    /// SHA-256 of the body.
    #[serde(rename = "b")]
    pub body: ByteArray<32>,
    /// What the request pushes, see [`pushed`]; none for nothing.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub pushed: Option<ByteArray<32>>,
}

/// SHA-256 over a body.
pub fn body_hash(body: &[u8]) -> ByteArray<32> {
    ByteArray::new(Sha256::digest(body).into())
}

/// SHA-256 over the pairs (document, hash) that a request pushes, in its order over all streams; none for no pair.
pub fn pushed(pairs: impl IntoIterator<Item = (DocumentId, ChangeHash)>) -> Option<ByteArray<32>> {
    let mut hash = Sha256::new();
    let mut is_empty = true;
    for (document, change) in pairs {
        hash.update(document.0);
        hash.update(change.0);
        is_empty = false;
    }
    (!is_empty).then(|| ByteArray::new(hash.finalize().into()))
}

/// A statement with its signature, as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Signed {
    /// Whose key it claims; none only when enrolling.
    pub vault: Option<VaultId>,
    /// What it says.
    pub statement: Statement,
    /// The COSE_Sign1 bytes, for keeping.
    pub bytes: Vec<u8>,
    sign1: CoseSign1,
}

/// Says why a header holds no valid statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Not base64url, too long, or not a COSE_Sign1 of exactly this form.
    #[error("The statement is malformed")]
    Malformed,
    /// The key that was given is not an Ed25519 key.
    #[error("The key is not an Ed25519 key")]
    Key,
    /// The signature is not the key's.
    #[error("The signature does not hold")]
    Signature,
    /// The statement is about another request.
    #[error("The statement is about another {0}")]
    Mismatch(&'static str),
}

/// Signs a statement; returns the header's value.
pub fn sign(key: &SigningKey, vault: Option<VaultId>, statement: &Statement) -> Result<String, wire::WireError> {
    let mut header = HeaderBuilder::new().algorithm(iana::Algorithm::EdDSA);
    if let Some(vault) = vault {
        header = header.key_id(vault.0.to_vec());
    }
    let bytes = CoseSign1Builder::new()
        .protected(header.build())
        .payload(wire::to_cbor(statement)?)
        .create_signature(CONTEXT, |data| key.sign(data).to_bytes().to_vec())
        .build()
        .to_vec()
        .map_err(|source| wire::WireError::Write(source.to_string().into()))?;
    Ok(base64url::encode(&bytes))
}

/// Reads a header's value. Nothing of it is proven before [`Signed::verify`].
pub fn open(header: &str) -> Result<Signed, StatementError> {
    if header.len() > STATEMENT_BYTES_MAX {
        return Err(StatementError::Malformed);
    }
    read(base64url::decode(header).ok_or(StatementError::Malformed)?)
}

/// Reads a statement that was kept. Nothing of it is proven before [`Signed::verify`].
pub fn read(bytes: Vec<u8>) -> Result<Signed, StatementError> {
    let sign1 = CoseSign1::from_slice(&bytes).map_err(|_| StatementError::Malformed)?;
    let is_eddsa = sign1.protected.header.alg == Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::EdDSA));
    if !is_eddsa || !sign1.unprotected.is_empty() {
        return Err(StatementError::Malformed);
    }
    let vault = match sign1.protected.header.key_id.as_slice() {
        [] => None,
        id => Some(VaultId::try_from(id).map_err(|_| StatementError::Malformed)?),
    };
    let payload = sign1.payload.as_deref().ok_or(StatementError::Malformed)?;
    let statement: Statement = wire::from_cbor(payload).map_err(|_| StatementError::Malformed)?;
    // One spelling only: what is kept is exactly what was understood.
    if wire::to_cbor(&statement).ok().as_deref() != Some(payload) {
        return Err(StatementError::Malformed);
    }
    Ok(Signed { vault, statement, bytes, sign1 })
}

impl Signed {
    /// Checks that the holder of `key` signed it.
    pub fn verify(&self, key: PublicKey) -> Result<(), StatementError> {
        let key = VerifyingKey::from_bytes(&key.0).map_err(|_| StatementError::Key)?;
        self.sign1.verify_signature(CONTEXT, |signature, data| {
            let signature = Signature::from_slice(signature).map_err(|_| StatementError::Signature)?;
            key.verify_strict(data, &signature).map_err(|_| StatementError::Signature)
        })
    }

    /// Checks that it is about this request and server.
    pub fn is_about(
        &self,
        server: Option<ServerId>,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> Result<(), StatementError> {
        let said = &self.statement;
        let facts = [
            (said.server == server, "server"),
            (said.method == method, "method"),
            (said.path == path, "path"),
            (said.body == body_hash(body), "body"),
        ];
        match facts.into_iter().find(|(is_same, _)| !is_same) {
            Some((_, what)) => Err(StatementError::Mismatch(what)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn public(key: &SigningKey) -> PublicKey {
        PublicKey(key.verifying_key().to_bytes())
    }

    fn statement() -> Statement {
        Statement {
            server: Some(ServerId([1; 32])),
            method: "POST".into(),
            path: "/v1/sync".into(),
            counter: 42,
            body: body_hash(b"body"),
            pushed: pushed([(DocumentId([2; 16]), ChangeHash([3; 32]))]),
        }
    }

    #[test]
    fn a_signed_statement_is_opened_and_holds() {
        let header = sign(&key(), Some(VaultId([9; 8])), &statement()).unwrap();
        assert!(header.len() < 400, "{}", header.len());
        let signed = open(&header).unwrap();
        assert_eq!(signed.vault, Some(VaultId([9; 8])));
        assert_eq!(signed.statement, statement());
        signed.verify(public(&key())).unwrap();
        signed.is_about(Some(ServerId([1; 32])), "POST", "/v1/sync", b"body").unwrap();
    }

    #[test]
    fn another_key_body_path_or_server_does_not_hold() {
        let signed = open(&sign(&key(), Some(VaultId([9; 8])), &statement()).unwrap()).unwrap();
        let server = Some(ServerId([1; 32]));
        assert_eq!(signed.verify(public(&SigningKey::from_bytes(&[8; 32]))), Err(StatementError::Signature));
        assert_eq!(signed.is_about(server, "POST", "/v1/sync", b"bodY"), Err(StatementError::Mismatch("body")));
        assert!(signed.is_about(server, "POST", "/v1/enrol", b"body").is_err());
        assert!(signed.is_about(server, "GET", "/v1/sync", b"body").is_err());
        assert!(signed.is_about(None, "POST", "/v1/sync", b"body").is_err());
    }

    #[test]
    fn every_altered_bit_is_noticed() {
        let header = sign(&key(), Some(VaultId([9; 8])), &statement()).unwrap();
        let bytes = base64url::decode(&header).unwrap();
        for place in 0..bytes.len() * 8 {
            let mut altered = bytes.clone();
            altered[place / 8] ^= 1 << (place % 8);
            let outcome = open(&base64url::encode(&altered)).and_then(|signed| signed.verify(public(&key())));
            assert!(outcome.is_err(), "bit {place}");
        }
    }

    /// A statement whose envelope says that it is proven otherwise, or not at all.
    fn enveloped(header: coset::Header, unprotected: coset::Header, signature: Vec<u8>) -> String {
        let payload = wire::to_cbor(&statement()).unwrap();
        let envelope = CoseSign1Builder::new().protected(header).unprotected(unprotected).payload(payload);
        base64url::encode(&envelope.signature(signature).build().to_vec().unwrap())
    }

    #[test]
    fn another_algorithm_or_none_is_refused() {
        let id = || HeaderBuilder::new().key_id(vec![5; 8]);
        let none = coset::Header::default();
        let eddsa = || id().algorithm(iana::Algorithm::EdDSA).build();
        // An HMAC under the public key as if it were a secret, another curve, and nothing at all.
        let by_public_key = Sha256::digest(public(&key()).0).to_vec();
        for (header, unprotected, signature) in [
            (id().algorithm(iana::Algorithm::HMAC_256_256).build(), none.clone(), by_public_key.clone()),
            (id().algorithm(iana::Algorithm::ES256).build(), none.clone(), vec![0; 64]),
            (id().build(), none.clone(), Vec::new()),
            (id().build(), HeaderBuilder::new().algorithm(iana::Algorithm::EdDSA).build(), vec![0; 64]),
            (
                HeaderBuilder::new().algorithm(iana::Algorithm::EdDSA).key_id(vec![5; 7]).build(),
                none.clone(),
                vec![0; 64],
            ),
        ] {
            assert_eq!(open(&enveloped(header, unprotected, signature)), Err(StatementError::Malformed));
        }
        for signature in [Vec::new(), by_public_key, vec![0; 64]] {
            let opened = open(&enveloped(eddsa(), none.clone(), signature)).unwrap();
            assert_eq!(opened.verify(public(&key())), Err(StatementError::Signature));
        }
    }

    #[test]
    fn the_order_of_what_is_pushed_counts() {
        let (a, b) = ((DocumentId([1; 16]), ChangeHash([1; 32])), (DocumentId([1; 16]), ChangeHash([2; 32])));
        assert_ne!(pushed([a, b]), pushed([b, a]));
        assert_eq!(pushed([]), None);
    }

    #[test]
    fn a_statement_never_changes_its_bytes() {
        let header = sign(&key(), Some(VaultId([9; 8])), &statement()).unwrap();
        assert_eq!(
            header,
            "hE2iAScESAkJCQkJCQkJoFiDpmFzWCABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAWFtZFBPU1RhcGgvdjEvc3luY2FuGCphYlggIw2DWNyOiJC0xY3utikS7i8gNXrpKlzIYbmOaP4xrLVhZFggoVoZQKm2FAyLrjNa0uezHyrzGF-ZuCcEnfkmaer0m7NYQEt5YlXuF1a_6_oIEBZBO-JjzGnjkyCd87QmLSyMcEx2kqKPAElVoh_xMnBWE-5TXn188jh_RHmAOYVgDGDiBQc"
        );
    }

    proptest! {
        #[test]
        fn garbage_is_an_error_and_no_panic(garbage in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = open(&base64url::encode(&garbage));
            let _ = open(&String::from_utf8_lossy(&garbage));
        }
    }
}
