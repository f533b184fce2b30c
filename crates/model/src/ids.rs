//! Identifiers: each its own type, so that two of them cannot be swapped.
//!
//! In JSON they are lower-case hexadecimal text, in CBOR bytes.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Says why a text or some bytes are not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is not lower-case hexadecimal of the right length.
    #[error("Expected {bytes} bytes as {0} lower-case hexadecimal digits", bytes * 2)]
    Hex {
        /// How many bytes the identifier has.
        bytes: usize,
    },
    /// The text is not `<actor>-<n>`.
    #[error("Expected a fact id, <actor>-<number>")]
    Fact,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// How many bytes it has.
            pub const BYTES: usize = $bytes;

            /// The bytes.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let wrong = IdError::Hex { bytes: $bytes };
                // One spelling for one id: upper case is refused.
                if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
                    return Err(wrong);
                }
                let mut bytes = [0; $bytes];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| wrong)?;
                Ok(Self(bytes))
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = IdError;

            fn try_from(bytes: &[u8]) -> Result<Self, IdError> {
                bytes.try_into().map(Self).map_err(|_| IdError::Hex { bytes: $bytes })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    return serializer.collect_str(self);
                }
                serializer.serialize_bytes(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct IdVisitor;
                impl Visitor<'_> for IdVisitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "{} bytes, or twice as many hexadecimal digits", $bytes)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }

                    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<$name, E> {
                        $name::try_from(bytes).map_err(E::custom)
                    }
                }
                if deserializer.is_human_readable() {
                    return deserializer.deserialize_str(IdVisitor);
                }
                deserializer.deserialize_bytes(IdVisitor)
            }
        }
    };
}

id!(
    /// A document: the first 16 bytes of the hash of its genesis change.
    DocumentId,
    16
);
id!(
    /// A unit (hemtjänstenhet): the id of its `unit` document.
    UnitId,
    16
);
id!(
    /// Who works in the municipality, whatever unit or phone; given by the server.
    PersonId,
    8
);
id!(
    /// One person on one phone, with its own key, store, cursor and counter; given at enrolment.
    VaultId,
    8
);
id!(
    /// A session of a vault: the vault's id and 8 random bytes. Automerge's actor.
    ActorId,
    16
);
id!(
    /// What ties the changes of one press together, over all documents it touched.
    ActionId,
    8
);
id!(
    /// A server: SHA-256 of its public key.
    ServerId,
    32
);
id!(
    /// An Automerge change: SHA-256 of its bytes.
    ChangeHash,
    32
);

impl UnitId {
    /// The unit's own document.
    pub fn document(self) -> DocumentId {
        DocumentId(self.0)
    }
}

impl DocumentId {
    /// The id of the document that a genesis change with this hash begins.
    pub fn of_genesis(hash: &ChangeHash) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.0[..16]);
        Self(bytes)
    }
}

impl ActorId {
    /// The actor of a session of `vault`.
    pub fn new(vault: VaultId, session: [u8; 8]) -> Self {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&vault.0);
        bytes[8..].copy_from_slice(&session);
        Self(bytes)
    }

    /// The vault whose session it is.
    pub fn vault(&self) -> VaultId {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.0[..8]);
        VaultId(bytes)
    }
}

/// A fact: its actor and a number that counts through the actor's session, from 1. Written `<actor>-<n>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId {
    /// The session that stated it.
    pub actor: ActorId,
    /// Its number in that session, from 1.
    pub n: u32,
}

impl fmt::Display for FactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.actor, self.n)
    }
}

impl FromStr for FactId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (actor, n) = text.split_once('-').ok_or(IdError::Fact)?;
        let is_canonical = n.bytes().all(|byte| byte.is_ascii_digit()) && !n.starts_with('0');
        if !is_canonical {
            return Err(IdError::Fact);
        }
        Ok(Self { actor: actor.parse()?, n: n.parse().map_err(|_| IdError::Fact)? })
    }
}

impl Serialize for FactId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FactId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id: DocumentId = "000102030405060708090a0b0c0d0e0f".parse().expect("lower case");
        assert_eq!(id.to_string(), "000102030405060708090a0b0c0d0e0f");
        assert!("000102030405060708090A0B0C0D0E0F".parse::<DocumentId>().is_err());
        assert!("00".parse::<DocumentId>().is_err());
    }

    #[test]
    fn a_fact_id_has_one_spelling() {
        let text = "000102030405060708090a0b0c0d0e0f-12";
        assert_eq!(text.parse::<FactId>().expect("canonical").to_string(), text);
        for wrong in ["000102030405060708090a0b0c0d0e0f-012", "000102030405060708090a0b0c0d0e0f-+1", "0-1", "x"] {
            assert!(wrong.parse::<FactId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_actor_knows_its_vault() {
        let actor = ActorId::new(VaultId([7; 8]), [9; 8]);
        assert_eq!(actor.vault(), VaultId([7; 8]));
    }
}
