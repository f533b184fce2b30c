//! A tick, from the call until it is durable, beside a bare SQLCipher commit that dirties as many pages.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rundan_model::Role;
use rusqlite::Connection;
use serde_json::json;

use super::stage::{Stage, act, sync};
use super::{Figure, milliseconds, quantile};

/// Pages that one tick dirties: counted once with `PRAGMA` on a vault of 600 documents.
const TABLES: usize = 6;
const TICKS: usize = 400;

pub(super) async fn measure() -> Result<Vec<Figure>> {
    let stage = Stage::open().await?;
    let carer = stage.people(1, Role::Carer).await?.first().copied().context("There is a carer")?;
    let documents = stage.window(carer, 9, 30).await?;
    let (phone, _) = stage.phone(carer).await?;
    sync(&phone).await?;
    let mut ticks = Vec::with_capacity(TICKS);
    let mut bare = Vec::with_capacity(TICKS);
    let connection = bare_store(stage.directory())?;
    let visits: Vec<_> = documents.iter().filter(|_| true).collect();
    let mut done = 0;
    'all: for document in visits {
        for code in 0..13 {
            if done == TICKS {
                break 'all;
            }
            let intent = json!({ "do": "mark_done", "visit": document, "items": [format!("OMV{code:02}")] });
            let from = Instant::now();
            if act(&phone, intent).await.is_err() {
                // A run sheet has no interventions.
                continue 'all;
            }
            ticks.push(from.elapsed());
            bare.push(bare_commit(&connection, done)?);
            done += 1;
        }
    }
    let figure = |name: &str, share: f64, factor: f64, ticks: &mut [Duration], bare: &mut [Duration]| {
        let (tick, limit) = (quantile(ticks, share), quantile(bare, share));
        let ratio = tick.as_secs_f64() / limit.as_secs_f64();
        let value = format!("{} ({ratio:.2}x of {})", milliseconds(tick), milliseconds(limit));
        Figure::new(name, value, &format!("within {factor}x of a bare commit"), ratio <= factor)
    };
    Ok(vec![
        figure("a tick until durable, p50", 0.5, 1.5, &mut ticks, &mut bare),
        figure("a tick until durable, p99", 0.99, 3.0, &mut ticks, &mut bare),
    ])
}

fn bare_store(directory: &std::path::Path) -> Result<Connection> {
    let connection = Connection::open(directory.join("bare.db"))?;
    connection.pragma_update(None, "key", format!("x'{}'", "07".repeat(32)))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    for table in 0..TABLES {
        connection.execute_batch(&format!("CREATE TABLE t{table} (id INTEGER PRIMARY KEY, body BLOB)"))?;
    }
    Ok(connection)
}

fn bare_commit(connection: &Connection, n: usize) -> Result<Duration> {
    let from = Instant::now();
    let tx = connection.unchecked_transaction()?;
    for table in 0..TABLES {
        tx.prepare_cached(&format!("INSERT INTO t{table} (id, body) VALUES (?1, zeroblob(2000))"))?
            .execute([n as i64])?;
    }
    tx.commit()?;
    Ok(from.elapsed())
}
