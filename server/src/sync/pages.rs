//! The lists whose pages are under way. They live in memory: a server that forgot one makes it anew.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rundan_model::{UnitId, VaultId};
use rundan_sync::Cursor;

use super::pull::ListedDocument;

/// How many documents all lists that are kept have: those of five thousand phones or of fifty large offices, in some
/// hundred megabytes. Where more first syncs go on at once, lists are made anew.
const LISTED_MAX: usize = 5_000_000;

/// From where to where a list leads, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListKey {
    pub(crate) vault: VaultId,
    pub(crate) unit: UnitId,
    pub(crate) from: Option<Cursor>,
    pub(crate) head: Cursor,
}

/// What is due, in the order in which pages take it.
#[derive(Debug)]
pub(crate) struct List {
    /// How many documents earlier pages took that are not in it.
    pub(crate) before: usize,
    /// The documents.
    pub(crate) due: Vec<ListedDocument>,
}

/// The lists under way.
#[derive(Default)]
pub(crate) struct PageMemory(Mutex<VecDeque<(ListKey, Arc<List>)>>);

impl PageMemory {
    /// Finds a list.
    pub(crate) fn find(&self, key: &ListKey) -> Option<Arc<List>> {
        let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.iter().find(|(known, _)| known == key).map(|(_, list)| Arc::clone(list))
    }

    /// Keeps a list, in place of an older one of the same vault and unit.
    pub(crate) fn keep(&self, key: ListKey, list: Arc<List>) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|(known, _)| known.vault != key.vault || known.unit != key.unit);
        lists.push_back((key, list));
        let mut listed: usize = lists.iter().map(|(_, list)| list.due.len()).sum();
        while listed > LISTED_MAX && lists.len() > 1 {
            listed -= lists.pop_front().map_or(0, |(_, list)| list.due.len());
        }
    }

    /// Forgets the list of a vault and unit.
    pub(crate) fn forget(&self, vault: VaultId, unit: UnitId) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|(known, _)| known.vault != vault || known.unit != unit);
    }
}
