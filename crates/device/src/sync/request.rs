//! What a vault asks and brings.

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use rundan_documents::Document;
use rundan_model::kind::SCHEMA;
use rundan_model::{ChangeHash, DocumentId, PersonId, Role, ServerId, Timestamp, UnitId, VaultId};
use rundan_sync::message::PROTOCOL;
use rundan_sync::statement::{Statement, body_hash, pushed, sign};
use rundan_sync::{
    Chain, Cursor, Digest, HeadsHash, HeldDocument, PagePosition, PushDocument, StreamRequest, SyncRequest, wire,
};
use rusqlite::{Row, Transaction};
use serde_bytes::ByteBuf;

use super::recovery::{self, Offers, Recovery};
use crate::store::{DocumentRow, StoreError};

/// The most bytes of changes in one request: a week of one person's work.
const PUSH_BYTES_MAX: usize = 512 * 1024;
/// The most changes in one request.
const PUSH_CHANGES_MAX: usize = 1_000;
/// The path of a round.
pub(crate) const SYNC_PATH: &str = "/v1/sync";

/// Who a vault is.
pub(crate) struct Identity {
    pub(crate) vault: VaultId,
    pub(crate) person: PersonId,
    pub(crate) name: String,
    pub(crate) server: ServerId,
    pub(crate) address: String,
    pub(crate) key: SigningKey,
}

impl Identity {
    /// Reads who this vault is.
    pub(crate) fn load(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        let mut query =
            tx.prepare_cached("SELECT vault, person, name, server, address, secret FROM vault WHERE id = 1")?;
        let row = |row: &Row<'_>| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, Vec<u8>>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, Vec<u8>>(3)?,
                row.get::<_, String>(4)?,
                row.get::<_, [u8; 32]>(5)?,
            ))
        };
        let (vault, person, name, server, address, secret) = query.query_row([], row)?;
        Ok(Self {
            vault: VaultId::try_from(vault.as_slice())?,
            person: PersonId::try_from(person.as_slice())?,
            name,
            server: ServerId::try_from(server.as_slice())?,
            address,
            key: SigningKey::from_bytes(&secret),
        })
    }
}

/// A unit that the person works in, as table `stream` has it.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub(crate) unit: UnitId,
    pub(crate) roles: Vec<Role>,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) told: Option<Cursor>,
    pub(crate) page: Option<PagePosition>,
    pub(crate) must_compare: bool,
    pub(crate) recovery: Option<Recovery>,
    pub(crate) heard_since: Timestamp,
}

impl Stream {
    /// Reads every unit, in a fixed order.
    pub(crate) fn all(tx: &Transaction<'_>) -> Result<Vec<Self>, StoreError> {
        let mut query = tx.prepare_cached(
            "SELECT unit, roles, cursor_seq, cursor_chain, told_seq, told_chain, page_seq, page_chain, page_position,
                 must_compare, heard_since, recovery
             FROM stream ORDER BY unit",
        )?;
        let mut rows = query.query([])?;
        let mut streams = Vec::new();
        while let Some(row) = rows.next()? {
            let unit: Vec<u8> = row.get(0)?;
            let roles: String = row.get(1)?;
            let head = cursor(row, 6)?;
            let position: Option<i64> = row.get(8)?;
            let recovery: Option<String> = row.get(11)?;
            streams.push(Self {
                unit: UnitId::try_from(unit.as_slice())?,
                roles: serde_json::from_str(&roles)?,
                cursor: cursor(row, 2)?,
                told: cursor(row, 4)?,
                page: head
                    .zip(position)
                    .map(|(head, position)| PagePosition { head, position: position.unsigned_abs() }),
                must_compare: row.get(9)?,
                heard_since: Timestamp(row.get(10)?),
                recovery: recovery.as_deref().and_then(Recovery::parse),
            });
        }
        Ok(streams)
    }
}

fn cursor(row: &Row<'_>, from: usize) -> Result<Option<Cursor>, StoreError> {
    let seq: Option<i64> = row.get(from)?;
    let chain: Option<[u8; 32]> = row.get(from + 1)?;
    Ok(seq.zip(chain).map(|(seq, chain)| Cursor { seq: seq.unsigned_abs(), chain: Chain(chain) }))
}

/// A request ready to be sent.
pub(crate) struct Asked {
    pub(crate) request: SyncRequest,
    /// The hashes of what is pushed, in the shape of the request: by stream, by document.
    pub(crate) pushed: Vec<Vec<Vec<ChangeHash>>>,
    /// What is offered, by stream.
    pub(crate) offered: Vec<Offers>,
    pub(crate) body: Vec<u8>,
    /// The value of the statement's header.
    pub(crate) statement: String,
}

/// Makes the next request. The counter is raised here, so the transaction must be committed before it is sent.
pub(crate) fn ask(tx: &Transaction<'_>, identity: &Identity) -> Result<Asked, StoreError> {
    let mut request = SyncRequest { version: PROTOCOL, schema: SCHEMA as u16, streams: Vec::new() };
    let (mut pushed_hashes, mut offered) = (Vec::new(), Vec::new());
    for stream in Stream::all(tx)? {
        let mut asked = StreamRequest::new(stream.unit, stream.cursor);
        asked.told = stream.told.filter(|told| Some(*told) != stream.cursor);
        asked.page = stream.page;
        let says_held = match stream.recovery {
            Some(Recovery::Ask | Recovery::Compare) => true,
            // What is wanted was said to what was held before: said again, it would be offered again, and again.
            Some(Recovery::Offer) => false,
            None => stream.must_compare,
        };
        if says_held {
            asked.held = Some(held(tx, stream.unit)?);
        }
        if stream.recovery == Some(Recovery::Compare) {
            asked.cursor = None;
        }
        if stream.roles.iter().any(Role::is_office) {
            asked.heard_since = Some(stream.heard_since);
        }
        // While the server has another log it takes no new work, only what it once had.
        let is_between = matches!(stream.recovery, Some(Recovery::Ask | Recovery::Offer));
        let (push, hashes) = if is_between { Outbox::default() } else { outbox(tx, stream.unit)? };
        asked.push = push;
        pushed_hashes.push(hashes);
        let is_asking = matches!(stream.recovery, Some(Recovery::Ask | Recovery::Compare));
        let brought = if is_asking { Offers::default() } else { recovery::offers(tx, stream.unit)? };
        asked.offers.clone_from(&brought.offers);
        offered.push(brought);
        request.streams.push(asked);
    }
    let counter = next_counter(tx)?;
    let body = wire::encode(&request).map_err(|_| StoreError::Panic)?;
    let pairs = request.streams.iter().zip(&pushed_hashes).flat_map(|(stream, hashes)| {
        let documents = stream.push.iter().zip(hashes);
        documents.flat_map(|(push, hashes)| hashes.iter().map(|hash| (push.document, *hash)))
    });
    let statement = Statement {
        server: Some(identity.server),
        method: "POST".to_owned(),
        path: SYNC_PATH.to_owned(),
        counter,
        body: body_hash(&body),
        pushed: pushed(pairs),
    };
    let statement = sign(&identity.key, Some(identity.vault), &statement).map_err(|_| StoreError::Panic)?;
    Ok(Asked { request, pushed: pushed_hashes, offered, body, statement })
}

/// Raises the counter, and returns what it is then.
pub(crate) fn next_counter(tx: &Transaction<'_>) -> Result<u64, StoreError> {
    let counter: i64 = tx
        .prepare_cached("UPDATE vault SET counter = counter + 1 WHERE id = 1 RETURNING counter")?
        .query_row([], |row| row.get(0))?;
    Ok(counter.unsigned_abs())
}

type Outbox = (Vec<PushDocument>, Vec<Vec<ChangeHash>>);

/// What the server has not answered, oldest first, each document's changes together.
fn outbox(tx: &Transaction<'_>, unit: UnitId) -> Result<Outbox, StoreError> {
    let mut query =
        tx.prepare_cached("SELECT document, hash, bytes FROM pending WHERE unit = ?1 ORDER BY n LIMIT ?2")?;
    let mut rows = query.query(rusqlite::params![unit.as_bytes(), PUSH_CHANGES_MAX as i64])?;
    let mut order: Vec<DocumentId> = Vec::new();
    let mut by_document: BTreeMap<DocumentId, Vec<(ChangeHash, Vec<u8>)>> = BTreeMap::new();
    let mut size = 0;
    while let Some(row) = rows.next()? {
        let (document, hash): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let bytes: Vec<u8> = row.get(2)?;
        size += bytes.len();
        if size > PUSH_BYTES_MAX && !order.is_empty() {
            break;
        }
        let document = DocumentId::try_from(document.as_slice())?;
        if !order.contains(&document) {
            order.push(document);
        }
        by_document.entry(document).or_default().push((ChangeHash::try_from(hash.as_slice())?, bytes));
    }
    let mut outbox = Outbox::default();
    for document in order {
        let (hashes, changes) = by_document.remove(&document).unwrap_or_default().into_iter().unzip();
        outbox.1.push(hashes);
        let changes: Vec<Vec<u8>> = changes;
        outbox.0.push(PushDocument { document, changes: changes.into_iter().map(ByteBuf::from).collect() });
    }
    Ok(outbox)
}

/// All that is held of a unit, and in what state.
fn held(tx: &Transaction<'_>, unit: UnitId) -> Result<Vec<HeldDocument>, StoreError> {
    let heads = held_heads(tx, unit)?.into_iter();
    Ok(heads.map(|(document, heads)| HeldDocument(document, HeadsHash::of(document, &heads))).collect())
}

/// The sum over what is held, made anew.
pub(super) fn sum(tx: &Transaction<'_>, unit: UnitId) -> Result<Digest, StoreError> {
    let heads = held_heads(tx, unit)?.into_iter();
    Ok(heads.fold(Digest([0; 16]), |sum, (document, heads)| sum.plus(Digest::of(document, &heads))))
}

fn held_heads(tx: &Transaction<'_>, unit: UnitId) -> Result<Vec<(DocumentId, Vec<ChangeHash>)>, StoreError> {
    let mut query =
        tx.prepare_cached("SELECT document, heads FROM document WHERE unit = ?1 AND state = 'held' ORDER BY document")?;
    let mut rows = query.query([unit.as_bytes()])?;
    let mut held = Vec::new();
    while let Some(row) = rows.next()? {
        let (document, heads): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let document = DocumentId::try_from(document.as_slice())?;
        held.push((document, DocumentRow::read_heads(&heads)?));
    }
    Ok(held)
}

/// A document of accepted changes alone, empty if there is none yet.
pub(crate) fn accepted(saved: Option<&[u8]>) -> Result<Option<Document>, StoreError> {
    Ok(saved.map(Document::load).transpose()?)
}
