//! Fixed numbers of bytes that travel as CBOR byte strings.

use std::fmt;

use rundan_model::ServerId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::ByteArray;
use sha2::{Digest as _, Sha256};

macro_rules! bytes {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))?;
                f.write_str("(")?;
                for byte in self.0 {
                    write!(f, "{byte:02x}")?;
                }
                f.write_str(")")
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = std::array::TryFromSliceError;

            fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
                bytes.try_into().map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                ByteArray::<$bytes>::deserialize(deserializer).map(|bytes| Self(bytes.into_array()))
            }
        }
    };
}

bytes!(
    /// The state of a unit's log after one entry: a hash over that entry and all before it.
    Chain,
    32
);
bytes!(
    /// A sum of hashes over held documents, modulo 2^128, big-endian.
    Digest,
    16
);
bytes!(
    /// The server's own seal on a receipt; only the server can check it.
    ReceiptMac,
    16
);
bytes!(
    /// Names what a vault waits for when it asks for a hint.
    HintToken,
    32
);
bytes!(
    /// An Ed25519 public key.
    PublicKey,
    32
);

impl PublicKey {
    /// The name of the server that has this key.
    pub fn server(&self) -> ServerId {
        ServerId(Sha256::digest(self.0).into())
    }
}

impl HintToken {
    /// Writes it as a part of a path.
    pub fn to_text(&self) -> String {
        crate::base64url::encode(&self.0)
    }

    /// Reads what [`HintToken::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::try_from(crate::base64url::decode(text)?.as_slice()).ok()
    }
}
