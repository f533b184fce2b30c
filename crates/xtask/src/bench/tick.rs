//! A tick, from the call until it is durable, beside a bare SQLCipher commit that dirties as many pages.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rundan_model::Role;
use rusqlite::Connection;
use serde_json::json;

use super::stage::{Stage, act, sync};
use super::{Figure, milliseconds, quantile};

/// What one page takes in the write-ahead log: itself and its header.
const FRAME_BYTES: u64 = 4_096 + 24;
/// Rows of the bare store: more than one commit writes, so that no two write the same.
const ROWS: u64 = 4_000;
/// What fills a page of SQLCipher's, which keeps 80 of 4,096 bytes for itself.
const ROW_BYTES: u64 = 3_900;
const TICKS: usize = 400;

pub(super) async fn measure() -> Result<Vec<Figure>> {
    let stage = Stage::open().await?;
    let carer = stage.people(1, Role::Carer).await?.first().copied().context("There is a carer")?;
    let documents = stage.window(carer, 9, 30).await?;
    let (phone, _) = stage.phone(carer).await?;
    sync(&phone).await?;
    let mut ticks = Vec::with_capacity(TICKS);
    let mut bare = Vec::with_capacity(TICKS);
    let mut bare_store = BareStore::open(stage.directory())?;
    let log = find_log(&stage.directory_of(carer))?;
    let (mut pages, mut counted) = (0, 0);
    let visits: Vec<_> = documents.iter().filter(|_| true).collect();
    let mut done = 0;
    'all: for document in visits {
        for code in 0..13 {
            if done == TICKS {
                break 'all;
            }
            let intent = json!({ "do": "mark_done", "visit": document, "items": [format!("OMV{code:02}")] });
            let before = std::fs::metadata(&log).context("The store has a log")?.len();
            let from = Instant::now();
            if act(&phone, intent).await.is_err() {
                // A run sheet has no interventions.
                continue 'all;
            }
            ticks.push(from.elapsed());
            let after = std::fs::metadata(&log).context("The store has a log")?.len();
            if let Some(written) = pages_of(before, after) {
                pages += written;
                counted += 1;
            }
            bare.push(bare_store.commit(pages.checked_div(counted).unwrap_or(1))?);
            done += 1;
        }
    }
    let figure = |name: &str, share: f64, factor: f64, ticks: &mut [Duration], bare: &mut [Duration]| {
        let (tick, limit) = (quantile(ticks, share), quantile(bare, share));
        let ratio = tick.as_secs_f64() / limit.as_secs_f64();
        let value = format!("{} ({ratio:.2}x of {})", milliseconds(tick), milliseconds(limit));
        let goal = format!("within {factor}x of a bare commit of as many pages ({})", pages / counted.max(1));
        Figure::new(name, value, &goal, ratio <= factor)
    };
    Ok(vec![
        figure("a tick until durable, p50", 0.5, 1.5, &mut ticks, &mut bare),
        figure("a tick until durable, p99", 0.99, 3.0, &mut ticks, &mut bare),
    ])
}

/// How many pages went into a log between two lengths of it. One that began anew after a checkpoint does not tell.
pub(super) fn pages_of(before: u64, after: u64) -> Option<u64> {
    (after > before).then(|| after.div_ceil(FRAME_BYTES) - before.div_ceil(FRAME_BYTES))
}

/// A SQLCipher file whose every row fills a page.
pub(super) struct BareStore {
    connection: Connection,
    next: u64,
}

impl BareStore {
    pub(super) fn open(directory: &Path) -> Result<Self> {
        let connection = Connection::open(directory.join("bare.db"))?;
        connection.pragma_update(None, "key", format!("x'{}'", "07".repeat(32)))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        connection.execute_batch("CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)")?;
        let tx = connection.unchecked_transaction()?;
        for id in 0..ROWS {
            tx.prepare_cached("INSERT INTO row (id, body) VALUES (?1, zeroblob(?2))")?
                .execute([id as i64, ROW_BYTES as i64])?;
        }
        tx.commit()?;
        connection.pragma_update(None, "wal_checkpoint", "TRUNCATE")?;
        Ok(Self { connection, next: 0 })
    }

    /// Writes so many pages and nothing else.
    pub(super) fn commit(&mut self, pages: u64) -> Result<Duration> {
        let from = Instant::now();
        let tx = self.connection.unchecked_transaction()?;
        for _ in 0..pages {
            tx.prepare_cached("UPDATE row SET body = randomblob(?2) WHERE id = ?1")?
                .execute([(self.next % ROWS) as i64, ROW_BYTES as i64])?;
            self.next += 1;
        }
        tx.commit()?;
        Ok(from.elapsed())
    }
}

/// The write-ahead log of the only vault in a directory.
pub(super) fn find_log(directory: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(directory).context("Could not list the phone's files")?;
    let log = entries.flatten().map(|entry| entry.path()).find(|path| path.to_string_lossy().ends_with("-wal"));
    log.context("The phone has no vault with a log")
}
