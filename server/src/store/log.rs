//! A unit's log: every entry has the next number and carries the chain on.

use rundan_model::{Day, DocumentId, Timestamp, UnitId, Zone};
use rundan_sync::chain::{Entry, EntryKind, NO_DOCUMENT, payload_hash};
use rundan_sync::{Chain, Cursor};
use rusqlite::{Connection, OptionalExtension, params};

use super::{column, seq, sql};
use crate::error::{Error, Result};
use crate::seams::{Random, random_bytes};
use rundan_model::ChangeHash;

/// A unit as it stands, with the end of its log.
#[derive(Debug, Clone)]
pub struct UnitState {
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// The end of its log.
    pub head: Cursor,
    /// The day that is open.
    pub day: Day,
    /// How many days were opened.
    pub days_opened: u64,
    /// The highest entry in a proven backup.
    pub backed_up: u64,
}

/// Reads a unit.
pub fn unit_state(tx: &Connection, unit: UnitId) -> Result<Option<UnitState>> {
    let mut statement =
        tx.prepare_cached("SELECT name, head_seq, chain, day, days_opened, backed_up FROM unit WHERE unit = ?1")?;
    let state = statement.query_row(params![unit.0], |row| {
        Ok(UnitState {
            unit,
            name: row.get(0)?,
            head: Cursor { seq: seq(row, 1)?, chain: column(row, 2)? },
            day: Day(row.get(3)?),
            days_opened: seq(row, 4)?,
            backed_up: seq(row, 5)?,
        })
    });
    Ok(state.optional()?)
}

/// Every unit of the server, in the order of their ids.
pub fn units(tx: &Connection) -> Result<Vec<UnitId>> {
    let mut statement = tx.prepare_cached("SELECT unit FROM unit ORDER BY unit")?;
    let units = statement.query_map([], |row| column(row, 0))?;
    Ok(units.collect::<rusqlite::Result<_>>()?)
}

/// The place before the first entry of a unit's log.
pub fn first(tx: &Connection, unit: UnitId) -> Result<Cursor> {
    let mut statement = tx.prepare_cached("SELECT first_chain FROM unit WHERE unit = ?1")?;
    let chain = statement.query_row(params![unit.0], |row| column(row, 0))?;
    Ok(Cursor { seq: 0, chain })
}

/// Makes a unit with an empty log whose first chain is random.
pub fn create_unit(tx: &Connection, unit: UnitId, name: &str, random: &dyn Random) -> Result<()> {
    let chain: [u8; 32] = random_bytes(random);
    tx.execute(
        "INSERT INTO unit (unit, name, head_seq, chain, first_chain, day, days_opened, backed_up)
         VALUES (?1, ?2, 0, ?3, ?3, 0, 0, 0)",
        params![unit.0, name, chain],
    )?;
    Ok(())
}

/// The end of a unit's log, open for writing. What is appended is lost unless [`Log::close`] is called.
#[derive(Debug)]
pub struct Log<'a> {
    tx: &'a Connection,
    /// The unit as it stands, with what was appended so far.
    pub state: UnitState,
}

impl<'a> Log<'a> {
    /// Opens a unit's log and, if a new day has come, opens the day.
    pub fn open(tx: &'a Connection, unit: UnitId) -> Result<Self> {
        let state = unit_state(tx, unit)?.ok_or(Error::NoUnit(unit))?;
        Ok(Self { tx, state })
    }

    /// The place of the last entry.
    pub fn seq(&self) -> u64 {
        self.state.head.seq
    }

    /// Appends an entry; returns its place.
    pub fn append(&mut self, kind: EntryKind, document: DocumentId, payload: ChangeHash) -> Result<u64> {
        let entry = Entry { seq: self.state.head.seq + 1, kind, document, payload };
        let chain = self.state.head.chain.then(&entry);
        self.tx
            .prepare_cached(
                "INSERT INTO log (unit, seq, kind, document, payload, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![self.state.unit.0, sql(entry.seq), kind.number(), document.0, payload.0, chain.0])?;
        self.state.head = Cursor { seq: entry.seq, chain };
        Ok(entry.seq)
    }

    /// Appends `day opened` where the clock shows another day than the open one; says whether it did.
    ///
    /// A clock set back opens no day twice.
    pub fn open_day(&mut self, now: Timestamp) -> Result<bool> {
        let today = Zone.day(now);
        if today <= self.state.day {
            return Ok(false);
        }
        let seq = self.append(EntryKind::DayOpened, NO_DOCUMENT, payload_hash(&i64::from(today.0).to_be_bytes()))?;
        self.state.day = today;
        self.state.days_opened += 1;
        self.tx.execute(
            "INSERT INTO day_opened (unit, ordinal, day, seq) VALUES (?1, ?2, ?3, ?4)",
            params![self.state.unit.0, sql(self.state.days_opened), today.0, sql(seq)],
        )?;
        Ok(true)
    }

    /// Writes the end of the log.
    pub fn close(self) -> Result<UnitState> {
        self.tx
            .prepare_cached("UPDATE unit SET head_seq = ?2, chain = ?3, day = ?4, days_opened = ?5 WHERE unit = ?1")?
            .execute(params![
                self.state.unit.0,
                sql(self.state.head.seq),
                self.state.head.chain.0,
                self.state.day.0,
                sql(self.state.days_opened)
            ])?;
        Ok(self.state)
    }
}

/// Whether a place and its chain are of this log.
pub fn is_of_log(tx: &Connection, unit: UnitId, cursor: Cursor) -> Result<bool> {
    let chain: Option<Chain> = if cursor.seq == 0 {
        tx.prepare_cached("SELECT first_chain FROM unit WHERE unit = ?1")?
            .query_row(params![unit.0], |row| column(row, 0))
            .optional()?
    } else {
        tx.prepare_cached("SELECT chain FROM log WHERE unit = ?1 AND seq = ?2")?
            .query_row(params![unit.0, sql(cursor.seq)], |row| column(row, 0))
            .optional()?
    };
    Ok(chain == Some(cursor.chain))
}

/// The document and the payload's hash of an entry; none where the log has no such place.
pub fn entry(tx: &Connection, unit: UnitId, at_seq: u64) -> Result<Option<(DocumentId, ChangeHash)>> {
    let mut statement = tx.prepare_cached("SELECT document, payload FROM log WHERE unit = ?1 AND seq = ?2")?;
    let entry = statement.query_row(params![unit.0, sql(at_seq)], |row| Ok((column(row, 0)?, column(row, 1)?)));
    Ok(entry.optional()?)
}

/// The ordinal of the last opened day that is not after `day`; of none, 0.
pub fn ordinal_of(tx: &Connection, state: &UnitState, day: Day) -> Result<u64> {
    let mut statement =
        tx.prepare_cached("SELECT coalesce(max(ordinal), 0) FROM day_opened WHERE unit = ?1 AND day <= ?2")?;
    Ok(statement.query_row(params![state.unit.0, day.0], |row| seq(row, 0))?)
}

/// The place of the entry that opened the day `days` opened days ago; 0 before there were so many.
pub fn seq_of_day_back(tx: &Connection, state: &UnitState, days: u64) -> Result<u64> {
    let ordinal = state.days_opened.saturating_sub(days);
    let found = tx
        .prepare_cached("SELECT seq FROM day_opened WHERE unit = ?1 AND ordinal = ?2")?
        .query_row(params![state.unit.0, sql(ordinal)], |row| seq(row, 0))
        .optional()?;
    Ok(found.unwrap_or(0))
}
