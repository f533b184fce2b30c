//! The lists whose pages are under way. They live in memory: a server that forgot one begins it anew.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rundan_model::{UnitId, VaultId};
use rundan_sync::Cursor;

use super::pull::ListedDocument;

/// How many lists are kept: more first syncs at once are begun anew by turns.
const LISTS_MAX: usize = 64;

/// From where to where a list leads, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListKey {
    pub(crate) vault: VaultId,
    pub(crate) unit: UnitId,
    pub(crate) from: Option<Cursor>,
    pub(crate) head: Cursor,
}

/// The lists under way.
#[derive(Default)]
pub(crate) struct PageMemory(Mutex<VecDeque<(ListKey, Arc<Vec<ListedDocument>>)>>);

impl PageMemory {
    /// Finds a list.
    pub(crate) fn find(&self, key: &ListKey) -> Option<Arc<Vec<ListedDocument>>> {
        let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.iter().find(|(known, _)| known == key).map(|(_, list)| Arc::clone(list))
    }

    /// Keeps a list, in place of an older one of the same vault and unit.
    pub(crate) fn keep(&self, key: ListKey, list: Arc<Vec<ListedDocument>>) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|(known, _)| known.vault != key.vault || known.unit != key.unit);
        if lists.len() >= LISTS_MAX {
            lists.pop_front();
        }
        lists.push_back((key, list));
    }

    /// Forgets the list of a vault and unit.
    pub(crate) fn forget(&self, vault: VaultId, unit: UnitId) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|(known, _)| known.vault != vault || known.unit != unit);
    }
}
