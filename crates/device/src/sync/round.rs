//! Rounds, one after another: when to ask, and what a failure means.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rundan_model::Timestamp;
use rundan_sync::statement::HEADER;
use rundan_sync::{Problem, ProblemCode, SyncAnswer, wire};
use rusqlite::params;

use super::answer::TakeError;
use super::request::SYNC_PATH;
use super::{Asked, Identity, Taken, Writer, ask, take};
use crate::act::Session;
use crate::seams::{Clock, Http, HttpError, HttpRequest, Random};
use crate::store::{Store, StoreError};

/// How long a round may take: a slow network with a full page.
const ROUND_TIMEOUT_MS: u64 = 60_000;

/// The highest counter that a server's word sets: more requests than a vault makes in a thousand years, and far from
/// where counting ends.
const COUNTER_MAX: u64 = 1 << 48;

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoundEnd {
    /// Everything is taken.
    Done {
        /// Something that screens show has changed.
        changed: bool,
    },
    /// There is more: ask again at once.
    More {
        /// Something that screens show has changed.
        changed: bool,
    },
    /// The server knows a higher counter, so this file was restored or copied: a new session has begun, ask again.
    Stale,
    /// Try again later; the word is for the page's table.
    Failed(&'static str),
    /// Trying again does not help before a person does something.
    Stopped(&'static str),
}

/// What rounds need.
pub(crate) struct Rounds {
    pub(crate) store: Store,
    pub(crate) identity: Arc<Identity>,
    pub(crate) session: Arc<Session>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) http: Arc<dyn Http>,
    /// How far the phone's clock was ahead of the server's at the last answer, seconds. Nothing is ordered or refused
    /// by it; the person is told.
    pub(crate) ahead_seconds: AtomicI64,
}

impl Rounds {
    /// Runs one round. One at a time for a vault.
    pub(crate) async fn run(&self) -> Result<RoundEnd, StoreError> {
        let identity = Arc::clone(&self.identity);
        let asked = self.store.write(move |tx| ask(tx, &identity)).await?;
        let request = HttpRequest {
            method: "POST",
            url: format!("{}{SYNC_PATH}", self.identity.address),
            headers: vec![("content-type", wire::CONTENT_TYPE.to_owned()), (HEADER, asked.statement.clone())],
            body: asked.body.clone(),
            timeout_ms: ROUND_TIMEOUT_MS,
            answer_bytes_max: wire::ANSWER_BYTES_MAX,
        };
        let end = match self.http.send(request).await {
            Ok(answer) if answer.status == 200 => self.taken(asked, &answer.body).await?,
            Ok(answer) => self.refused(&answer.body).await?,
            Err(HttpError::Unreachable) => RoundEnd::Failed("unreachable"),
            Err(HttpError::TooLong) => RoundEnd::Failed("server_trouble"),
        };
        if let RoundEnd::Failed(problem) | RoundEnd::Stopped(problem) = end {
            self.note(problem).await?;
        }
        Ok(end)
    }

    async fn taken(&self, asked: Asked, body: &[u8]) -> Result<RoundEnd, StoreError> {
        let Ok(answer) = wire::decode::<SyncAnswer>(body, wire::ANSWER_BYTES_MAX) else {
            return Ok(RoundEnd::Failed("server_trouble"));
        };
        let (identity, now): (_, Timestamp) = (Arc::clone(&self.identity), self.clock.now());
        self.ahead_seconds.store(now.seconds_since(answer.server_time), Ordering::Relaxed);
        let (session, random) = (Arc::clone(&self.session), Arc::clone(&self.random));
        let take = move |tx: &rusqlite::Transaction<'_>| {
            let writer = Writer { session: &session, random: random.as_ref() };
            take(tx, &identity, &asked, &answer, &writer, now)
        };
        let taken: Result<Taken, TakeError> = self.store.write(take).await;
        match taken {
            Ok(taken) => {
                let changed = taken.changed;
                Ok(if taken.goes_on { RoundEnd::More { changed } } else { RoundEnd::Done { changed } })
            }
            Err(TakeError::Store(error)) => Err(error),
            Err(TakeError::Round(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "an answer was not taken");
                Ok(RoundEnd::Failed("server_trouble"))
            }
        }
    }

    async fn refused(&self, body: &[u8]) -> Result<RoundEnd, StoreError> {
        let Ok(problem) = wire::from_cbor::<Problem>(body) else {
            return Ok(RoundEnd::Failed("server_trouble"));
        };
        Ok(match problem.code {
            ProblemCode::Stale => {
                self.session.renew(self.identity.vault, self.random.as_ref());
                // Up or down: a number that no server knows may be used again, and one that a liar told is forgotten.
                let known = problem.counter.unwrap_or(0).min(COUNTER_MAX) as i64;
                self.store
                    .write(move |tx| -> Result<(), StoreError> {
                        tx.execute("UPDATE vault SET counter = ?1 WHERE id = 1", [known])?;
                        Ok(())
                    })
                    .await?;
                RoundEnd::Stale
            }
            ProblemCode::Revoked => RoundEnd::Stopped("revoked"),
            ProblemCode::Statement => RoundEnd::Stopped("statement"),
            ProblemCode::Version => RoundEnd::Stopped("version"),
            ProblemCode::TooMany => RoundEnd::Failed("server_busy"),
            _ => RoundEnd::Failed("server_trouble"),
        })
    }

    /// Notes that the server does not keep its word, so that it is asked again later and not at once.
    pub(crate) async fn give_up(&self) -> Result<RoundEnd, StoreError> {
        self.note("server_trouble").await?;
        Ok(RoundEnd::Failed("server_trouble"))
    }

    async fn note(&self, problem: &'static str) -> Result<(), StoreError> {
        self.store
            .write(move |tx| -> Result<(), StoreError> {
                tx.prepare_cached("UPDATE sync_state SET problem = ?1 WHERE id = 1")?.execute(params![problem])?;
                Ok(())
            })
            .await
    }
}
