//! The ledger of keys, as far as this vault holds it.

use std::collections::BTreeMap;

use rundan_ledger::query::keeps;
use rundan_model::key::copy_of;
use rundan_model::{DocumentId, FactId, Timestamp, UnitId};
use rundan_sync::LedgerQuery;
use rusqlite::{Transaction, params};

use super::card::{Reader, count};
use super::key_board::key_words;
use super::keys::KeyRow;
use super::{ViewContext, queries};
use crate::StoreError;
use crate::api::{LedgerLine, LedgerView};
use crate::store::{DocumentRow, Held};

/// The most lines that a screen is shown.
const LINES_MAX: usize = 500;

/// The unit whose keys are meant, of those whose office she works at: the one that is named, else the key's, else the
/// first; none if she works at no such office.
pub(crate) fn ledger_unit(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    unit: Option<UnitId>,
    key: Option<DocumentId>,
) -> Result<Option<UnitId>, StoreError> {
    let of_key = key.map(|key| DocumentRow::load_alone(tx, key)).transpose()?.flatten().map(|row| row.unit);
    let meant = unit.or(of_key);
    Ok(ctx.office_units().find(|unit| meant.is_none_or(|meant| meant == *unit)))
}

/// The lines of a unit's ledger, the newest first.
pub(crate) fn ledger(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    unit: UnitId,
    query: &LedgerQuery,
) -> Result<LedgerView, StoreError> {
    let reader = Reader::new(tx, ctx);
    let rows = match query.key {
        Some(key) => reader.key_rows(queries::KEY, params![key.as_bytes()])?,
        None => reader.key_rows(queries::KEYS_OF_UNIT, params![unit.as_bytes()])?,
    };
    let mut found: Vec<(Timestamp, FactId, DocumentId)> = Vec::new();
    for row in &rows {
        let Some(held) = Held::load(tx, row.document)?.filter(|held| held.row.unit == unit) else { continue };
        let facts = held.document.content().facts;
        let kept = facts.iter().filter(|(_, fact)| keeps(query, &row.key.place.cabinet, fact));
        found.extend(kept.map(|(id, fact)| (fact.at, *id, row.document)));
    }
    found.sort_unstable_by(|one, other| other.cmp(one));
    let total = count(found.len());
    found.truncate(LINES_MAX);
    let mut shown: BTreeMap<DocumentId, Vec<FactId>> = BTreeMap::new();
    for (_, fact, key) in found {
        shown.entry(key).or_default().push(fact);
    }
    let mut lines = Vec::new();
    for row in &rows {
        if let Some(facts) = shown.get(&row.document) {
            lines.extend(reader.ledger_lines(row, facts)?);
        }
    }
    lines.sort_by_key(|line| std::cmp::Reverse((line.at, line.fact)));
    Ok(LedgerView { lines, total })
}

impl Reader<'_> {
    fn ledger_lines(&self, row: &KeyRow, facts: &[FactId]) -> Result<Vec<LedgerLine>, StoreError> {
        let Some(held) = Held::load(self.tx, row.document)? else { return Ok(Vec::new()) };
        let content = held.document.content();
        let standing = content.standing();
        let mut lines = Vec::with_capacity(facts.len());
        for id in facts {
            let Some((fact, change)) = content.facts.get(id).zip(held.document.change_of(id)) else { continue };
            let acted = fact.actor_person();
            let copy = copy_of(fact);
            lines.push(LedgerLine {
                key: row.document,
                tag: copy.map_or_else(|| row.key.tag.clone(), |copy| row.key.tag_of(copy)),
                fact: *id,
                what: fact.body.kind().to_owned(),
                copy,
                name: self.names.person(acted)?,
                entered_by: if acted == fact.by { String::new() } else { self.names.person(fact.by)? },
                at: fact.at.0,
                clock: change.time.0,
                received_at: held.row.records.get(&change.hash).map(|record| record.received_at.0),
                vault: id.actor.vault(),
                hash: change.hash.to_string(),
                detail: self.key_detail(fact)?,
                text: key_words(fact),
                is_void: standing.is_superseded(id),
            });
        }
        Ok(lines)
    }
}
