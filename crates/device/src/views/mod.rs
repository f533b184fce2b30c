//! What screens show, read from projections. Each function takes one read transaction and answers one command.
//!
//! The law: nothing here writes, and a list costs the same with 600 documents as with 70,000. Only a visit that is
//! opened, a person's own record and the ledger of keys read documents themselves.

mod board;
mod card;
mod changes;
mod checks;
mod context;
mod day;
mod facts;
mod incidents;
mod key_board;
mod keys;
mod late;
mod ledger;
mod names;
mod notices;
pub(crate) mod queries;
mod recipient;
mod refused;
mod rows;
mod sync;
mod visit;

#[cfg(test)]
mod tests;

pub(crate) use board::board;
pub(crate) use changes::{changes_of, fingerprint};
pub(crate) use context::{ViewContext, vault_view};
pub(crate) use day::{day, shift_closing};
pub(crate) use facts::{my_record, visit_facts};
pub(crate) use incidents::{incidents, my_incidents};
pub(crate) use key_board::{cabinet, key_board, key_view};
pub(crate) use keys::{find_tag, homes_of, key, keys, keys_needed, keys_with, unit_document};
pub(crate) use late::{late_preview, late_status};
pub(crate) use ledger::{ledger, ledger_unit};
pub(crate) use notices::late_notices;
pub(crate) use recipient::{catalogue, door_code, find_recipient, recipient};
pub(crate) use refused::refused;
pub(crate) use rows::{planned_for, sheet_at, under_way};
pub(crate) use sync::{sync_chip, sync_view};
pub(crate) use visit::visit;
