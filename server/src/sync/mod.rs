//! The answer to a sync: first all that is pushed is taken in one commit, then what is due is read on one state.

mod offer;
mod pages;
mod pull;
mod push;
mod refusal;

use std::collections::BTreeSet;
use std::sync::Arc;

use rundan_documents::gate::Budget;
use rundan_model::policy::Standing;
use rundan_model::{ChangeHash, DocumentId};
use rundan_sync::message::PROTOCOL;
use rundan_sync::statement::{self, Signed};
use rundan_sync::{
    HintToken, Problem, ProblemCode, PushResult, ReceiptMac, StreamAnswer, StreamRequest, StreamState, SyncAnswer,
    SyncRequest, change, wire,
};
use rusqlite::Connection;

use self::push::{Allowed, Pusher};
use crate::error::{Error, Result};
use crate::scope::{Commit, Touched};
use crate::server::Server;
use crate::store::vaults::{Pushed, Vault};
use crate::store::{log, people, vaults};

pub(crate) use pages::PageMemory;
pub use pull::{Due, ListedDocument};

/// The path of a sync.
pub const PATH: &str = "/v1/sync";
/// The most units in one request: nobody works in more.
const STREAMS_MAX: usize = 32;
/// The most changes that one request may push; what is over comes again later.
pub const CHANGES_MAX: u64 = 4_000;

/// The most changes that one vault may push to a unit on one opened day: a busy carer makes some 300, an office some
/// thousands; a broken or hostile one fills no disk.
pub const CHANGES_PER_DAY_MAX: u64 = 20_000;
/// The most bytes of changes that one vault may push to a unit on one opened day, for the same reason: a change of a
/// person's work takes some 300.
pub const BYTES_PER_DAY_MAX: u64 = 64 * 1024 * 1024;
/// The longest body that is read from an enrolled vault which tells its length first: an office says what it holds of
/// 140,000 documents, 27 bytes each.
const LIST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How far a counter may be ahead of the highest known: a server that was restored may lack what a vault has asked since,
/// every 15 seconds for two years.
pub const COUNTER_STEP_MAX: u64 = 1 << 22;
/// What an answer keeps free of documents for all that is not one: roles, places, who was heard.
const REST_BYTES_MAX: usize = 256 * 1024;

/// Answers a sync: the header's statement and the body in, the answer's body out.
pub async fn answer(server: &Arc<Server>, header: &str, body: Vec<u8>) -> Result<Vec<u8>> {
    let signed = open(server, header, PATH, &body).await?;
    let request: SyncRequest = wire::decode(&body, LIST_BYTES_MAX).map_err(|error| match error {
        wire::WireError::TooLong => ProblemCode::TooLong,
        _ => ProblemCode::Malformed,
    })?;
    if request.version != PROTOCOL {
        return Err(ProblemCode::Version.into());
    }
    if request.streams.len() > STREAMS_MAX {
        return Err(ProblemCode::Malformed.into());
    }
    let (vault, request) = (signed.vault, Arc::new(request));
    let taken = take(server, signed, Arc::clone(&request)).await.inspect_err(|error| {
        if let (Error::Problem(Problem { code: ProblemCode::Stale, .. }), Some(vault)) = (error, vault) {
            tracing::warn!(vault = %vault, "a counter is not the next: its phone was put back or copied, or it came twice");
            server.metrics.stale();
        }
    })?;
    taken.streams.iter().flat_map(|stream| stream.results.iter().flatten()).for_each(|result| {
        server.metrics.pushed(result);
    });
    server.ring(&taken.touched);
    if taken.touched.has_destroyed {
        server.remember_or_say().await;
    }
    let hint = server.bell.token(taken.vault.vault, taken.vault.person);
    let answer = read(server, request, taken, hint).await?;
    let body = wire::encode(&answer)?;
    // An answer that no vault reads would hold up all that is due to it.
    if body.len() > wire::ANSWER_BYTES_MAX {
        return Err(Error::Wire(wire::WireError::TooLong));
    }
    Ok(body)
}

/// Reads who asks for what. Nobody's body is read before it is known whose it is.
pub(crate) async fn open(server: &Server, header: &str, path: &str, body: &[u8]) -> Result<Signed> {
    let signed = statement::open(header).map_err(|_| ProblemCode::Statement)?;
    signed.is_about(Some(server.keys.server()), "POST", path, body).map_err(|_| ProblemCode::Statement)?;
    prove(server, &signed).await?;
    Ok(signed)
}

/// The longest body that is read: a longer one is announced by a vault that is known and signed for it.
pub async fn bytes_max(server: &Server, header: &str, announced: Option<u64>) -> usize {
    let is_long = announced.is_some_and(|bytes| bytes > wire::REQUEST_BYTES_MAX as u64);
    let signed = statement::open(header).ok().filter(|_| is_long);
    let is_known = match &signed {
        Some(signed) => prove(server, signed).await.is_ok(),
        None => false,
    };
    if is_known { LIST_BYTES_MAX } else { wire::REQUEST_BYTES_MAX }
}

/// What became of a request's pushes.
struct Taken {
    vault: Vault,
    streams: Vec<TakenStream>,
    touched: Touched,
}

/// What became of one stream.
struct TakenStream {
    state: StreamState,
    results: Vec<Vec<PushResult>>,
    offered: Vec<Vec<PushResult>>,
    seals: Vec<Option<ReceiptMac>>,
    /// Changes of this request that are in the log: the vault has them.
    pushed: BTreeSet<ChangeHash>,
}

impl TakenStream {
    fn bare(state: StreamState) -> Self {
        Self { state, results: Vec::new(), offered: Vec::new(), seals: Vec::new(), pushed: BTreeSet::new() }
    }

    /// What is answered to what was brought.
    fn answered(self, tx: &Connection, stream: &StreamRequest) -> Result<StreamAnswer> {
        let held = stream.held.as_ref().filter(|_| self.state == StreamState::Forked);
        let wanted = held.map(|held| offer::wanted(tx, stream.unit, held)).transpose()?;
        let is_on_its_way = self.state == StreamState::Forked
            && stream.told.map_or(Ok(true), |told| log::is_of_log(tx, stream.unit, told))?;
        let latest = if is_on_its_way { log::unit_state(tx, stream.unit)?.map(|state| state.head) } else { None };
        let bare = StreamAnswer::bare(stream.unit, self.state);
        Ok(StreamAnswer { results: self.results, offered: self.offered, seals: self.seals, wanted, latest, ..bare })
    }
}

async fn take(server: &Arc<Server>, signed: Signed, request: Arc<SyncRequest>) -> Result<Taken> {
    let server_of_work = Arc::clone(server);
    server
        .db
        .write(move |tx| {
            let server = &*server_of_work;
            let vault = admit(tx, server, &signed, &pushed_pairs(&request).collect())?;
            let mut taken = Taken { vault, streams: Vec::new(), touched: Touched::default() };
            let mut allowed = Allowed { changes: CHANGES_MAX, bytes: BYTES_PER_DAY_MAX, work: Budget::default() };
            for stream in &request.streams {
                let counter = signed.statement.counter;
                let outcome = take_stream(tx, server, &taken.vault, counter, stream, &mut allowed)?;
                taken.streams.push(outcome.0);
                taken.touched.add(outcome.1);
            }
            Ok(taken)
        })
        .await
}

/// Checks that a vault that is known signed.
async fn prove(server: &Server, signed: &Signed) -> Result<()> {
    let id = signed.vault.ok_or(ProblemCode::Statement)?;
    let vault = server.db.read(move |tx| vaults::vault(tx, id)).await?.ok_or(ProblemCode::Statement)?;
    signed.verify(vault.key).map_err(|_| ProblemCode::Statement)?;
    Ok(())
}

/// Counts the request of a vault that is proven, unless it was revoked or has asked this before, or signed for other
/// changes than it pushes.
pub(crate) fn admit(tx: &Connection, server: &Server, signed: &Signed, pushed: &Pushed) -> Result<Vault> {
    let id = signed.vault.ok_or(ProblemCode::Statement)?;
    let vault = vaults::vault(tx, id)?.ok_or(ProblemCode::Statement)?;
    if signed.statement.pushed != statement::pushed(pushed.iter().copied()) {
        return Err(ProblemCode::Statement.into());
    }
    if vault.is_revoked {
        return Err(ProblemCode::Revoked.into());
    }
    let counter = signed.statement.counter;
    if counter <= vault.counter {
        return Err(Error::Problem(Problem { code: ProblemCode::Stale, counter: Some(vault.counter) }));
    }
    // A vault follows a server's word only so far: one that a copy of it drove up would never be heard again. Whom a
    // liar between drove up comes down to what is told here.
    if counter - vault.counter > COUNTER_STEP_MAX {
        tracing::warn!(vault = %id, "a vault's counter leaps");
        return Err(Error::Problem(Problem { code: ProblemCode::Stale, counter: Some(vault.counter) }));
    }
    let now = server.clock.now();
    vaults::count(tx, id, counter, now)?;
    if signed.statement.pushed.is_some() {
        vaults::keep_statement(tx, id, counter, now, &signed.bytes, pushed)?;
    }
    Ok(vault)
}

/// What the statement covers: every pushed chunk that is framed as a change. Others are refused one by one.
pub fn pushed_pairs(request: &SyncRequest) -> impl Iterator<Item = (DocumentId, ChangeHash)> {
    request
        .streams
        .iter()
        .flat_map(|stream| &stream.push)
        .flat_map(|push| push.changes.iter().filter_map(|bytes| Some((push.document, change::change_hash(bytes)?))))
}

fn take_stream(
    tx: &Connection,
    server: &Server,
    vault: &Vault,
    counter: u64,
    stream: &StreamRequest,
    allowed: &mut Allowed,
) -> Result<(TakenStream, Touched)> {
    let unit = stream.unit;
    let bare = |state| Ok((TakenStream::bare(state), Touched::default()));
    let roles = people::roles(tx, unit, vault.person)?;
    if roles.is_empty() {
        return bare(StreamState::Closed);
    }
    let mut taken = TakenStream::bare(StreamState::Open);
    for cursor in [stream.cursor, stream.told].into_iter().flatten() {
        if !log::is_of_log(tx, unit, cursor)? {
            tracing::warn!(vault = %vault.vault, unit = %unit, seq = cursor.seq, "a vault knows another log");
            taken.state = StreamState::Forked;
        }
    }
    let is_forked = taken.state == StreamState::Forked;
    if is_forked && stream.offers.is_empty() {
        return Ok((taken, Touched::default()));
    }
    let mut commit = Commit::open(tx, unit, server.clock.now())?;
    taken.offered = offer::take(tx, server, &mut commit, &stream.offers)?;
    if is_forked {
        taken.seals = seals(tx, server, vault, stream, &taken)?;
        return Ok((taken, commit.finish()?.1));
    }
    let days_opened = commit.state().days_opened;
    let before = vaults::progress(tx, unit, vault.vault)?;
    let is_same_day = before.days_opened == days_opened;
    let (changes, bytes) = if is_same_day { (before.changes_today, before.bytes_today) } else { (0, 0) };
    let confirmed = stream.cursor.map_or(0, |cursor| cursor.seq);
    // What she wrote before the last answer came is pushed after it. Another copy of the phone may have come further.
    let pusher = Pusher { vault, counter, held_since: confirmed.min(before.confirmed) };
    let changes_before = allowed.changes.min(CHANGES_PER_DAY_MAX.saturating_sub(changes));
    let bytes_before = BYTES_PER_DAY_MAX.saturating_sub(bytes);
    let mut left = Allowed { changes: changes_before, bytes: bytes_before, work: allowed.work.clone() };
    for push in &stream.push {
        let judged = push::push(tx, server, &mut commit, &pusher, push, &mut left)?;
        taken.results.push(judged.results);
        taken.pushed.extend(judged.in_log);
    }
    let judged = changes_before - left.changes;
    *allowed = Allowed { changes: allowed.changes - judged, work: left.work, ..*allowed };
    let progress = vaults::Progress {
        confirmed,
        is_office: Standing { roles, ..Standing::default() }.is_office(),
        days_opened,
        changes_today: changes + judged,
        bytes_today: bytes + (bytes_before - left.bytes),
    };
    vaults::confirm(tx, unit, vault.vault, &progress)?;
    taken.seals = seals(tx, server, vault, stream, &taken)?;
    let (_, touched) = commit.finish()?;
    Ok((taken, touched))
}

fn seals(
    tx: &Connection,
    server: &Server,
    vault: &Vault,
    stream: &StreamRequest,
    taken: &TakenStream,
) -> Result<Vec<Option<ReceiptMac>>> {
    let pushed = stream.push.iter().map(|push| (push.document, push.changes.as_slice()));
    let offered = stream.offers.iter().map(|offer| (offer.receipt.document, offer.changes.as_slice()));
    let answered = pushed.zip(&taken.results).chain(offered.zip(&taken.offered));
    let answered = answered.map(|((document, changes), results)| (document, changes, results.as_slice()));
    offer::seals(tx, server, stream.unit, vault.vault, answered)
}

async fn read(server: &Arc<Server>, request: Arc<SyncRequest>, taken: Taken, hint: HintToken) -> Result<SyncAnswer> {
    let server_of_work = Arc::clone(server);
    server
        .db
        .read(move |tx| {
            let server = &*server_of_work;
            // Nothing leaves for a vault that was revoked while it was answered, and its new token is worth nothing.
            if vaults::vault(tx, taken.vault.vault)?.is_none_or(|known| known.is_revoked) {
                server.bell.forget(&[taken.vault.vault]);
                return Err(ProblemCode::Revoked.into());
            }
            // What answers the pushes comes first, and tells how much room there is for documents.
            let mut streams = Vec::with_capacity(request.streams.len());
            let mut pushed = Vec::with_capacity(request.streams.len());
            for (stream, mut taken_stream) in request.streams.iter().zip(taken.streams) {
                let in_log = std::mem::take(&mut taken_stream.pushed);
                pushed.push((taken_stream.state == StreamState::Open).then_some(in_log));
                streams.push(taken_stream.answered(tx, stream)?);
            }
            let mut room = wire::ANSWER_BYTES_MAX.saturating_sub(REST_BYTES_MAX + wire::to_cbor(&streams)?.len());
            for ((stream, pushed), told) in request.streams.iter().zip(pushed).zip(&mut streams) {
                let Some(pushed) = pushed else { continue };
                pull::pull(tx, server, &taken.vault, stream, &pushed, room, told)?;
                room = room.saturating_sub(wire::to_cbor(&told.items)?.len());
            }
            Ok(SyncAnswer {
                version: PROTOCOL,
                schema: u16::try_from(rundan_model::kind::SCHEMA).unwrap_or(u16::MAX),
                server_time: server.clock.now(),
                hint,
                streams,
            })
        })
        .await
}
