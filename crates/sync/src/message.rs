//! The messages of the protocol, version 1.
//!
//! Field names are one or two letters on the wire. Absent fields take their default, unknown ones are skipped, so
//! that a later version may add to a message. What a document or a change means is not known here.

use rundan_model::{ChangeHash, Day, DocumentId, PersonId, Role, ServerId, Timestamp, UnitId, VaultId};
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use crate::{Chain, Digest, HintToken, PublicKey, ReceiptMac};

/// The version of the protocol that this crate speaks.
pub const PROTOCOL: u16 = 1;

/// A place in a unit's log, and the chain there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The last entry taken.
    #[serde(rename = "s")]
    pub seq: u64,
    /// The chain after that entry.
    #[serde(rename = "c")]
    pub chain: Chain,
}

/// What a vault asks and brings, for every unit its person works in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncRequest {
    /// The protocol's version.
    #[serde(rename = "v")]
    pub version: u16,
    /// The newest schema of documents that the vault writes.
    #[serde(rename = "s")]
    pub schema: u16,
    /// One for each unit.
    #[serde(rename = "u")]
    pub streams: Vec<StreamRequest>,
}

/// What a vault asks and brings for one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamRequest {
    /// The unit.
    #[serde(rename = "u")]
    pub unit: UnitId,
    /// Up to where the vault holds everything; none for all from the beginning.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// The highest place the vault was ever told, where that is not its cursor; on the way into another log, of that one.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Cursor>,
    /// Which page of the answer from `cursor` to an earlier head; none for the first.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PagePosition>,
    /// New changes, by document, each document's in the order of their dependencies.
    #[serde(rename = "d", default, skip_serializing_if = "Vec::is_empty")]
    pub push: Vec<PushDocument>,
    /// All that the vault holds, when a digest did not match or after `forked`.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Vec<HeldDocument>>,
    /// After `forked`: changes that the server once sent or accepted, with their receipts.
    #[serde(rename = "o", default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
    /// An office vault asks who was heard since; none asks nothing.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub heard_since: Option<Timestamp>,
}

impl StreamRequest {
    /// A request that brings nothing and asks for all from the cursor.
    pub fn new(unit: UnitId, cursor: Option<Cursor>) -> Self {
        Self {
            unit,
            cursor,
            told: None,
            page: None,
            push: Vec::new(),
            held: None,
            offers: Vec::new(),
            heard_since: None,
        }
    }
}

/// A place among the pages of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PagePosition {
    /// The head that the answer leads to.
    #[serde(rename = "h")]
    pub head: Cursor,
    /// How many documents of it were taken before this page.
    #[serde(rename = "n")]
    pub position: u64,
}

/// New changes to one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushDocument {
    /// The document, begun by the first of the changes or known to the server.
    #[serde(rename = "d")]
    pub document: DocumentId,
    /// Uncompressed change chunks.
    #[serde(rename = "c")]
    pub changes: Vec<ByteBuf>,
}

/// The first eight bytes of the hash over a document and its accepted heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadsHash(pub [u8; 8]);

impl Serialize for HeadsHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for HeadsHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ByteArray::<8>::deserialize(deserializer).map(|bytes| Self(bytes.into_array()))
    }
}

/// A document that a vault holds, and in what state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldDocument(pub DocumentId, pub HeadsHash);

/// Changes that a vault offers back to a server which no longer has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The receipt they came with.
    #[serde(rename = "r")]
    pub receipt: Receipt,
    /// The columns that the receipt covers.
    #[serde(rename = "m")]
    pub columns: ByteBuf,
    /// Uncompressed change chunks: exactly those that the receipt covers, in the order of the columns.
    #[serde(rename = "c")]
    pub changes: Vec<ByteBuf>,
}

/// The server's word that a document stood so at a place in the log.
///
/// The unit is the stream's, the changes are those beside it, and the digest of the columns is that of the columns
/// beside it: none of them is sent twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The document.
    #[serde(rename = "d")]
    pub document: DocumentId,
    /// The last entry of the log that changed it.
    #[serde(rename = "s")]
    pub seq: u64,
    /// Its heads then, ascending.
    #[serde(rename = "h")]
    pub heads: Vec<ChangeHash>,
    /// The seal.
    #[serde(rename = "m")]
    pub mac: ReceiptMac,
}

/// What the server answers, for every stream of the request in its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncAnswer {
    /// The protocol's version.
    #[serde(rename = "v")]
    pub version: u16,
    /// The newest schema of documents that the server takes: a vault writes no newer kind. Who says nothing takes the
    /// first.
    #[serde(rename = "s", default = "first_schema")]
    pub schema: u16,
    /// The server's clock: shown, never used to order or decide.
    #[serde(rename = "t")]
    pub server_time: Timestamp,
    /// For the next hint.
    #[serde(rename = "h")]
    pub hint: HintToken,
    /// One for each stream of the request.
    #[serde(rename = "u")]
    pub streams: Vec<StreamAnswer>,
}

fn first_schema() -> u16 {
    1
}

/// Whether a stream goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StreamState {
    /// It does.
    #[serde(rename = "o")]
    Open,
    /// The cursor or the highest place ever told is not of this log: nothing that was pushed was taken. The vault says
    /// what it holds, then offers what the server lacks.
    #[serde(rename = "f")]
    Forked,
    /// The person has no role in the unit, or there is no such unit.
    #[serde(rename = "c")]
    Closed,
}

/// What the server answers for one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamAnswer {
    /// The unit.
    #[serde(rename = "u")]
    pub unit: UnitId,
    /// Whether it goes on; when not, only `offered`, `seals`, `wanted` and `latest` may say more.
    #[serde(rename = "k")]
    pub state: StreamState,
    /// What became of each pushed change: by document, by change, in the order of the request.
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<Vec<PushResult>>,
    /// What became of each offered change: by offer, by change, in the order of the request.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub offered: Vec<Vec<PushResult>>,
    /// For each pushed document and then for each offer: the seal on the receipt of those of its changes that are in the
    /// log and this vault's own ([`Receipt::of_own`]). By it the vault can offer them without the document.
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    pub seals: Vec<Option<ReceiptMac>>,
    /// Forked, and told what the vault holds: the documents that the server has not in that state.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Vec<DocumentId>>,
    /// The person's own roles in the unit.
    #[serde(rename = "o", default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// This page's documents, the most urgent first.
    #[serde(rename = "i", default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// Where this answer leads to once its last page is taken; none unless open.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Cursor>,
    /// The end of the log when this was answered, where `head` is another place: what it holds of the vault's work is
    /// proven by this one. Forked, where `told` is none or a place of this log: else the log was replaced once more.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Cursor>,
    /// Where the next page begins; none on the last.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub more: Option<u64>,
    /// How many documents all pages bring, for progress.
    #[serde(rename = "n", default)]
    pub documents: u64,
    /// On the last page, the sum over all that is held at the head; none while the log has gone on meanwhile.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The unit's day, as days since 1970-01-01.
    #[serde(rename = "y", default)]
    pub day: i32,
    /// The highest entry in the newest backup that was read back whole and copied away.
    #[serde(rename = "b", default)]
    pub backed_up: u64,
    /// The highest entry that an office vault has confirmed.
    #[serde(rename = "f", default)]
    pub office_has: u64,
    /// For an office vault: who was heard since the time it named.
    #[serde(rename = "w", default, skip_serializing_if = "Vec::is_empty")]
    pub heard: Vec<HeardPerson>,
}

impl StreamAnswer {
    /// An answer that says no more than its state.
    pub fn bare(unit: UnitId, state: StreamState) -> Self {
        Self {
            unit,
            state,
            results: Vec::new(),
            offered: Vec::new(),
            seals: Vec::new(),
            wanted: None,
            roles: Vec::new(),
            items: Vec::new(),
            head: None,
            latest: None,
            more: None,
            documents: 0,
            digest: None,
            day: 0,
            backed_up: 0,
            office_has: 0,
            heard: Vec::new(),
        }
    }
}

/// What became of a pushed change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PushResult {
    /// It is in the log, at this place and time.
    #[serde(rename = "a")]
    Accepted(u64, Timestamp),
    /// It was in the log before, at this place and time.
    #[serde(rename = "y")]
    Already(u64, Timestamp),
    /// It may not be, for a reason whose code is given.
    #[serde(rename = "r")]
    Refused(String),
    /// It builds on a refused one.
    #[serde(rename = "d")]
    Depends,
    /// Not now, for a reason whose code is given: the vault keeps it and tries again; nothing is stored.
    #[serde(rename = "l")]
    Later(String),
}

/// `Later`: a dependency is not known.
pub const LATER_DEPENDENCY: &str = "dependency";
/// `Later`: the kind of the document is newer than this server.
pub const LATER_KIND: &str = "kind";
/// `Later`: too much at once.
pub const LATER_LOAD: &str = "load";
/// `Refused`, of an offer: the receipt does not bear this server's seal.
pub const REFUSED_RECEIPT: &str = "receipt";
/// `Refused`: the document was destroyed.
pub const REFUSED_PURGED: &str = "purged";

/// A document's share of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Item {
    /// A document new to the vault; merged in where it is known.
    #[serde(rename = "w")]
    Whole {
        /// The receipt.
        #[serde(rename = "r")]
        receipt: Receipt,
        /// The document as it is saved.
        #[serde(rename = "b")]
        document: ByteBuf,
        /// The columns of all its changes, in ascending order of their hashes.
        #[serde(rename = "m")]
        columns: ByteBuf,
    },
    /// What is new in a document that the vault holds.
    #[serde(rename = "c")]
    Changes {
        /// The receipt.
        #[serde(rename = "r")]
        receipt: Receipt,
        /// Uncompressed change chunks, in the order of the log.
        #[serde(rename = "c")]
        changes: Vec<ByteBuf>,
        /// The columns of these changes, in the order they are listed.
        #[serde(rename = "m")]
        columns: ByteBuf,
    },
    /// The person no longer reads it.
    #[serde(rename = "l")]
    Leave(DocumentId),
}

impl Item {
    /// The document it is about.
    pub fn document(&self) -> DocumentId {
        match self {
            Self::Whole { receipt, .. } | Self::Changes { receipt, .. } => receipt.document,
            Self::Leave(document) => *document,
        }
    }
}

/// When a person's vault last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeardPerson(pub PersonId, pub Timestamp);

/// Asks for a vault, with a one-time code. The statement has counter 0 and is signed by the new key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The protocol's version.
    #[serde(rename = "v")]
    pub version: u16,
    /// The code as it was typed.
    #[serde(rename = "c")]
    pub code: String,
    /// The vault's new public key.
    #[serde(rename = "k")]
    pub key: PublicKey,
}

impl std::fmt::Debug for EnrolRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnrolRequest").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Gives a vault; the same again for the same code and key within ten minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolAnswer {
    /// The protocol's version.
    #[serde(rename = "v")]
    pub version: u16,
    /// The server, named in every later statement.
    #[serde(rename = "s")]
    pub server: ServerId,
    /// The vault.
    #[serde(rename = "a")]
    pub vault: VaultId,
    /// Whose it is.
    #[serde(rename = "p")]
    pub person: PersonId,
    /// Her name as the server knows it.
    #[serde(rename = "n")]
    pub name: String,
    /// The units she works in.
    #[serde(rename = "u")]
    pub units: Vec<EnrolledUnit>,
}

/// A unit and the person's roles in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolledUnit {
    /// The unit.
    #[serde(rename = "u")]
    pub unit: UnitId,
    /// Its name.
    #[serde(rename = "n")]
    pub name: String,
    /// The roles.
    #[serde(rename = "o")]
    pub roles: Vec<Role>,
}

/// Asks for a ledger of a unit's keys. It is answered with the ledger's file itself, not with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRequest {
    /// The protocol's version.
    #[serde(rename = "v")]
    pub version: u16,
    /// The unit.
    #[serde(rename = "u")]
    pub unit: UnitId,
    /// Which lines.
    #[serde(rename = "q")]
    pub query: LedgerQuery,
}

/// Which facts of a unit's keys a ledger lists: those that fit all that is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerQuery {
    /// Of one key.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub key: Option<DocumentId>,
    /// That a person signed, that speak of her act, or that name her as the other of a hand-over.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Of the keys whose own cabinet it is, and those that name it.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub cabinet: Option<String>,
    /// The first day that is stated.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// The last day that is stated.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Day>,
}

/// Why a request was not answered; the body of every answer that is not 200.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What is wrong.
    #[serde(rename = "p")]
    pub code: ProblemCode,
    /// With `stale`: the highest counter that the server knows of the vault.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<u64>,
}

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// 409: the counter is not higher than the highest known. The vault acts as a restored copy.
    Stale,
    /// 401: no such vault, or not signed by its key, or not for this server, path and body.
    Statement,
    /// 403: the vault was revoked.
    Revoked,
    /// 403: the code is wrong, used or too old.
    Code,
    /// 400: not a message of this protocol.
    Malformed,
    /// 404: there is no such thing for this person.
    NotFound,
    /// 413: longer than the server reads, or than it writes.
    TooLong,
    /// 426: a version that this server does not speak.
    Version,
    /// 429: too many attempts; later.
    TooMany,
    /// 503: the server cannot write now; later.
    Unavailable,
    /// A code that this version does not know.
    #[serde(other)]
    Unknown,
}
