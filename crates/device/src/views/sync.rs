//! How far everything has come.

use rundan_model::UnitId;
use rusqlite::{Row, ToSql, Transaction, params};

use super::card::{Reader, count};
use super::context::id;
use super::{ViewContext, queries};
use crate::StoreError;
use crate::api::{Delivery, SyncChip, SyncItem, SyncState, SyncView};

/// The most actions that the sheet lists, besides those that were refused.
const ITEMS_MAX: usize = 100;
/// How long the server may be silent before the chip says so, seconds.
const SILENT_SECONDS_MAX: i64 = 15 * 60;
/// Problems that no later attempt mends.
const TROUBLES: [&str; 3] = ["revoked", "statement", "version"];

/// The chip at the top of each screen.
pub(crate) fn sync_chip(tx: &Transaction<'_>, ctx: &ViewContext) -> Result<SyncChip, StoreError> {
    let unsent: i64 = tx.prepare_cached(queries::UNSENT)?.query_row([], |row| row.get(0))?;
    let refused: i64 = tx.prepare_cached(queries::UNSEEN_REFUSED)?.query_row([], |row| row.get(0))?;
    let is_silent = ctx.heard.is_none_or(|heard| ctx.now.seconds_since(heard) > SILENT_SECONDS_MAX);
    let state = match ctx.problem.as_deref() {
        Some(problem) if TROUBLES.contains(&problem) => SyncState::Trouble,
        _ if ctx.is_loading => SyncState::Loading,
        None if unsent == 0 && !is_silent && ctx.is_working => SyncState::Working,
        None if unsent == 0 && !is_silent => SyncState::UpToDate,
        _ => SyncState::Offline,
    };
    Ok(SyncChip {
        state,
        unsent: u32::try_from(unsent).unwrap_or(u32::MAX),
        refused: u32::try_from(refused).unwrap_or(u32::MAX),
        heard: ctx.heard.map(|heard| heard.0),
        percent: ctx.is_loading.then(|| percent(ctx)),
    })
}

/// How far everything has come; when the next attempt comes is for the one who makes it to say.
pub(crate) fn sync_view(tx: &Transaction<'_>, ctx: &ViewContext) -> Result<SyncView, StoreError> {
    let reader = Reader::new(tx, ctx);
    let mut others = reader.items(queries::ITEMS_WAITING, params![count(ITEMS_MAX)])?;
    others.extend(reader.items(queries::ITEMS_ARRIVED, params![count(ITEMS_MAX - others.len())])?);
    others.sort_by_key(|item| std::cmp::Reverse(item.at));
    let mut items = reader.items(queries::ITEMS_REFUSED, params![Seen::No as u8])?;
    items.extend(reader.items(queries::ITEMS_REFUSED, params![Seen::Yes as u8])?);
    items.extend(others);
    Ok(SyncView { chip: sync_chip(tx, ctx)?, items, problem: ctx.problem.clone(), next_attempt: None })
}

/// Whether she has said that she saw a refusal; as in `intent.is_seen`.
enum Seen {
    No = 0,
    Yes = 1,
}

impl Reader<'_> {
    fn items(&self, sql: &str, params: &[&dyn ToSql]) -> Result<Vec<SyncItem>, StoreError> {
        let mut query = self.tx.prepare_cached(sql)?;
        let rows = query.query_map(params, |row| Ok(self.item(row)))?;
        rows.map(|row| row?).collect()
    }

    /// What was refused and she has not seen, then what waits.
    pub(super) fn waiting(&self) -> Result<Vec<SyncItem>, StoreError> {
        let mut items = self.items(queries::ITEMS_REFUSED, params![Seen::No as u8])?;
        items.extend(self.items(queries::ITEMS_WAITING, params![count(ITEMS_MAX)])?);
        Ok(items)
    }

    fn item(&self, row: &Row<'_>) -> Result<SyncItem, StoreError> {
        let seq: Option<i64> = row.get(5)?;
        let (refused, waits_for): (Option<String>, Option<String>) = (row.get(6)?, row.get(7)?);
        let is_waiting: bool = row.get(8)?;
        let unit: Option<Vec<u8>> = row.get(9)?;
        let own_seq: Option<i64> = row.get(10)?;
        let seq = seq.or(own_seq).unwrap_or_default().unsigned_abs();
        let delivery = match (refused.is_some(), is_waiting, unit) {
            (true, ..) => Delivery::Refused,
            (_, true, _) => Delivery::OnPhone,
            (.., Some(unit)) => self.arrived(UnitId::try_from(unit.as_slice())?, seq),
            // The document left: the server had it before.
            (.., None) => Delivery::OnServer,
        };
        Ok(SyncItem {
            document: id(&row.get::<_, Vec<u8>>(1)?)?,
            title: row.get(3)?,
            what: row.get(2)?,
            count: row.get(4)?,
            at: row.get(0)?,
            delivery,
            why: refused.or(waits_for),
            text: row.get::<_, Option<String>>(11)?.unwrap_or_default(),
        })
    }
}

/// How much of the first sync is here.
fn percent(ctx: &ViewContext) -> u8 {
    let (position, documents) = ctx.streams.values().fold((0_u64, 0_u64), |(position, documents), stream| {
        (position + stream.position, documents + stream.documents)
    });
    let percent = position.saturating_mul(100).checked_div(documents).unwrap_or_default();
    u8::try_from(percent.min(100)).unwrap_or(100)
}
