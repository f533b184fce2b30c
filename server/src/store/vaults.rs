//! Vaults: their keys, their counters, how far they have confirmed, and the codes that make them.

use rundan_model::{ChangeHash, DocumentId, PersonId, Timestamp, UnitId, VaultId};
use rundan_sync::{HeardPerson, PublicKey};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest as _, Sha256};

use super::{column, seq, sql};
use crate::error::Result;

/// A vault as the server knows it.
#[derive(Debug, Clone)]
pub struct Vault {
    /// Which.
    pub vault: VaultId,
    /// Whose.
    pub person: PersonId,
    /// Its key.
    pub key: PublicKey,
    /// The highest counter that it used.
    pub counter: u64,
    /// Whether it was revoked.
    pub is_revoked: bool,
}

/// Finds a vault.
pub fn vault(tx: &Connection, vault: VaultId) -> Result<Option<Vault>> {
    let mut statement =
        tx.prepare_cached("SELECT person, public_key, counter, revoked_at FROM vault WHERE vault = ?1")?;
    let found = statement.query_row(params![vault.0], |row| {
        Ok(Vault {
            vault,
            person: column(row, 0)?,
            key: column(row, 1)?,
            counter: seq(row, 2)?,
            is_revoked: row.get::<_, Option<i64>>(3)?.is_some(),
        })
    });
    Ok(found.optional()?)
}

/// Makes a vault.
pub fn create(tx: &Connection, vault: VaultId, person: PersonId, key: PublicKey, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO vault (vault, person, public_key, counter, enrolled_at, heard_at) VALUES (?1, ?2, ?3, 0, ?4, ?4)",
        params![vault.0, person.0, key.0, now.0],
    )?;
    Ok(())
}

/// Notes a counted request.
pub fn count(tx: &Connection, vault: VaultId, counter: u64, now: Timestamp) -> Result<()> {
    tx.prepare_cached("UPDATE vault SET counter = ?2, heard_at = ?3 WHERE vault = ?1")?.execute(params![
        vault.0,
        sql(counter),
        now.0
    ])?;
    Ok(())
}

/// A document and the hash of a change that was pushed to it, for each change of a request in its order.
pub type Pushed = Vec<(DocumentId, ChangeHash)>;

/// Keeps what a vault signed, and what its digest is over.
pub fn keep_statement(
    tx: &Connection,
    vault: VaultId,
    counter: u64,
    now: Timestamp,
    signed: &[u8],
    pushed: &Pushed,
) -> Result<()> {
    let pushed: Vec<u8> = pushed.iter().flat_map(|(document, hash)| document.0.into_iter().chain(hash.0)).collect();
    tx.prepare_cached(
        "INSERT INTO statement (vault, counter, received_at, signed, pushed) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![vault.0, sql(counter), now.0, signed, pushed])?;
    Ok(())
}

/// What a vault signed with a counter, and what its digest is over; without the latter where it was not kept yet.
pub fn kept_statement(tx: &Connection, vault: VaultId, counter: u64) -> Result<Option<(Vec<u8>, Option<Pushed>)>> {
    let mut statement = tx.prepare_cached("SELECT signed, pushed FROM statement WHERE vault = ?1 AND counter = ?2")?;
    let pair = |bytes: &[u8]| {
        let (document, hash) = bytes.split_at_checked(DocumentId::BYTES)?;
        Some((DocumentId::try_from(document).ok()?, ChangeHash::try_from(hash).ok()?))
    };
    let found = statement.query_row(params![vault.0, sql(counter)], |row| {
        let pushed = row.get_ref(1)?.as_blob_or_null()?;
        let pairs = |bytes: &[u8]| bytes.chunks(DocumentId::BYTES + ChangeHash::BYTES).filter_map(pair).collect();
        Ok((row.get(0)?, pushed.map(pairs)))
    });
    Ok(found.optional()?)
}

/// Revokes a vault at once; says whether there was one to revoke.
pub fn revoke(tx: &Connection, vault: VaultId, now: Timestamp) -> Result<bool> {
    let rows = tx
        .execute("UPDATE vault SET revoked_at = ?2 WHERE vault = ?1 AND revoked_at IS NULL", params![vault.0, now.0])?;
    Ok(rows > 0)
}

/// The vaults of a person that may still ask.
pub fn of_person(tx: &Connection, person: PersonId) -> Result<Vec<VaultId>> {
    let mut statement =
        tx.prepare_cached("SELECT vault FROM vault WHERE person = ?1 AND revoked_at IS NULL ORDER BY vault")?;
    let vaults = statement.query_map(params![person.0], |row| column(row, 0))?;
    Ok(vaults.collect::<rusqlite::Result<_>>()?)
}

/// What a vault's request leaves behind in a unit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// How far it has confirmed.
    pub confirmed: u64,
    /// Whether it is an office's.
    pub is_office: bool,
    /// The ordinal of the day that is open.
    pub days_opened: u64,
    /// How many changes it has pushed on that day.
    pub changes_today: u64,
    /// How many bytes those took.
    pub bytes_today: u64,
}

/// Notes how far a vault has come with a unit.
pub fn confirm(tx: &Connection, unit: UnitId, vault: VaultId, progress: &Progress) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO vault_cursor (unit, vault, seq, is_office, ordinal, changes, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (unit, vault) DO UPDATE SET seq = excluded.seq, is_office = excluded.is_office,
             ordinal = excluded.ordinal, changes = excluded.changes, bytes = excluded.bytes",
    )?
    .execute(params![
        unit.0,
        vault.0,
        sql(progress.confirmed),
        progress.is_office,
        sql(progress.days_opened),
        sql(progress.changes_today),
        sql(progress.bytes_today)
    ])?;
    Ok(())
}

/// What a vault's last request left behind in a unit; nothing, if it was the first.
pub fn progress(tx: &Connection, unit: UnitId, vault: VaultId) -> Result<Progress> {
    let mut statement = tx.prepare_cached(
        "SELECT seq, is_office, ordinal, changes, bytes FROM vault_cursor WHERE unit = ?1 AND vault = ?2",
    )?;
    let found = statement.query_row(params![unit.0, vault.0], |row| {
        Ok(Progress {
            confirmed: seq(row, 0)?,
            is_office: row.get(1)?,
            days_opened: seq(row, 2)?,
            changes_today: seq(row, 3)?,
            bytes_today: seq(row, 4)?,
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// The highest place that an office vault has confirmed.
pub fn office_has(tx: &Connection, unit: UnitId) -> Result<u64> {
    let mut statement =
        tx.prepare_cached("SELECT coalesce(max(seq), 0) FROM vault_cursor WHERE unit = ?1 AND is_office = 1")?;
    Ok(statement.query_row(params![unit.0], |row| seq(row, 0))?)
}

/// Who of a unit was heard after a time, and when last.
pub fn heard_since(tx: &Connection, unit: UnitId, since: Timestamp) -> Result<Vec<HeardPerson>> {
    let mut statement = tx.prepare_cached(
        "SELECT v.person, max(v.heard_at) FROM vault v
         WHERE EXISTS (SELECT 1 FROM role r WHERE r.unit = ?1 AND r.person = v.person) AND v.counter > 0
         GROUP BY v.person HAVING max(v.heard_at) > ?2 ORDER BY v.person",
    )?;
    let heard = statement
        .query_map(params![unit.0, since.0], |row| Ok(HeardPerson(column(row, 0)?, Timestamp(row.get(1)?))))?;
    Ok(heard.collect::<rusqlite::Result<_>>()?)
}

/// The server's own vault.
pub fn own(tx: &Connection) -> Result<Option<Vault>> {
    let found: Option<VaultId> =
        tx.prepare_cached("SELECT vault FROM own_vault")?.query_row([], |row| column(row, 0)).optional()?;
    found.map_or(Ok(None), |own| vault(tx, own))
}

/// A code's place in the table: codes are stored hashed only.
fn code_hash(code: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"rundan-code-1").chain_update(code).finalize().into()
}

/// Keeps a one-time code.
pub fn keep_code(tx: &Connection, code: &str, person: PersonId, expires_at: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO enrolment (code_hash, person, expires_at) VALUES (?1, ?2, ?3)",
        params![code_hash(code), person.0, expires_at.0],
    )?;
    Ok(())
}

/// A code that was made here.
#[derive(Debug)]
pub struct Enrolment {
    /// For whom.
    pub person: PersonId,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// The vault and key that used it.
    pub used: Option<(VaultId, PublicKey)>,
}

/// Finds a code.
pub fn enrolment(tx: &Connection, code: &str) -> Result<Option<Enrolment>> {
    let mut statement =
        tx.prepare_cached("SELECT person, expires_at, vault, public_key FROM enrolment WHERE code_hash = ?1")?;
    let found = statement.query_row(params![code_hash(code)], |row| {
        let is_used = row.get_ref(2)?.as_blob_or_null()?.is_some();
        let used = if is_used { Some((column(row, 2)?, column(row, 3)?)) } else { None };
        Ok(Enrolment { person: column(row, 0)?, expires_at: Timestamp(row.get(1)?), used })
    });
    Ok(found.optional()?)
}

/// Notes who used a code, and until when the answer repeats.
pub fn use_code(tx: &Connection, code: &str, vault: VaultId, key: PublicKey, repeats_until: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE enrolment SET vault = ?2, public_key = ?3, expires_at = ?4 WHERE code_hash = ?1",
        params![code_hash(code), vault.0, key.0, repeats_until.0],
    )?;
    Ok(())
}
