//! What a device takes from a server: by the same reading and the same rules of operations as what a server takes from
//! a device. Who may write what was the server's to judge.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{ObjId, ROOT, ReadDoc, ScalarValueRef, ValueRef};
use rundan_model::{ActorId, ChangeHash, FactId};

use super::{Outcome, Refusal, operations, read};
use crate::document::{Document, LoadError, ROOT_KEYS};

impl Document {
    /// Reads a whole document from a server, and holds what it shows against the form of every document.
    ///
    /// # Errors
    /// Where it is too large, unreadable or of another form.
    pub fn received(bytes: &[u8]) -> Result<Self, LoadError> {
        let document = Self::load(bytes)?;
        // Automerge loads some whose changes it cannot give out again.
        let has_history = || document.changes().len() == document.infos().len();
        let is_ours = AssertUnwindSafe(|| document.is_of_form() && has_history());
        if catch_unwind(is_ours).map_err(|_| LoadError::Panic)? { Ok(document) } else { Err(LoadError::NotOurs) }
    }

    /// The document with changes from a server, each judged by what it does.
    ///
    /// # Errors
    /// Where one is too large, unreadable, out of place or does what no change of Rundan does. None is taken then.
    pub fn with_received(&self, changes: &[&[u8]]) -> Result<Self, LoadError> {
        let mut document = self.clone();
        for bytes in changes {
            let work = AssertUnwindSafe(|| document.receive(bytes));
            catch_unwind(work).map_err(|_| LoadError::Panic)??;
        }
        let saved = catch_unwind(AssertUnwindSafe(|| document.save())).map_err(|_| LoadError::Panic)?;
        let is_sound =
            Self::load(&saved).is_ok_and(|read| read.heads() == document.heads() && read.shows_same(&document));
        if is_sound { Ok(document) } else { Err(LoadError::NotOurs) }
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(), LoadError> {
        let (change, expanded) = read(bytes).map_err(|_| LoadError::NotOurs)?;
        if self.has(&ChangeHash(change.hash().0)) {
            return Ok(());
        }
        let actor = ActorId::try_from(change.actor_id().to_bytes()).map_err(|_| LoadError::NotOurs)?;
        let are_here = change.deps().iter().all(|dep| self.has(&ChangeHash(dep.0)));
        if change.deps().is_empty() || !are_here {
            return Err(LoadError::DoesNotFit);
        }
        // What a newer version says in a fact is kept and not read.
        match operations::read(self, actor, change.deps(), &expanded) {
            Ok(_) | Err(Outcome::Later(_) | Outcome::Refused(Refusal::Shape)) => self.take(vec![change]),
            Err(_) => Err(LoadError::NotOurs),
        }
    }

    /// Whether it has the root of every document, nothing but values in its plan, and under each fact's id one text by
    /// the session that the id names.
    fn is_of_form(&self) -> bool {
        let mut keys: Vec<String> = self.automerge.keys(ROOT).collect();
        keys.sort_unstable();
        let mut expected = ROOT_KEYS;
        expected.sort_unstable();
        let is_fact = |entry: automerge::iter::MapRangeItem<'_>| {
            let Ok(id) = entry.key.parse::<FactId>() else { return false };
            let ObjId::Id(_, actor, _) = entry.id() else { return false };
            let is_text = matches!(entry.value, ValueRef::Scalar(ScalarValueRef::Str(_)));
            is_text && !entry.conflict && actor.to_bytes() == id.actor.0
        };
        let is_value = |entry: automerge::iter::MapRangeItem<'_>| {
            matches!(entry.value, ValueRef::Scalar(ScalarValueRef::Str(_) | ScalarValueRef::Null))
        };
        keys == expected
            && self.automerge.map_range(&self.plan, ..).all(is_value)
            && self.automerge.map_range(&self.facts, ..).all(is_fact)
    }
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable;
    use automerge::{Automerge, ObjType, ScalarValue};
    use rundan_model::{Kind, Timestamp, VaultId};
    use serde_json::json;

    use super::*;
    use crate::{Edit, Genesis};

    fn actor(n: u8) -> ActorId {
        ActorId::new(VaultId([n; 8]), [0; 8])
    }

    fn visit() -> Document {
        let plan = vec![("when".to_owned(), json!({ "start": 1, "minutes": 30 }))];
        Document::begin(actor(1), Timestamp(100), &Genesis { kind: Kind::Visit, nonce: [7; 16], plan }).unwrap().0
    }

    /// The document and a change that Automerge makes willingly, and no gate lets through.
    fn tampered(
        with: impl FnOnce(&mut automerge::transaction::Transaction<'_>, &ObjId, &ObjId),
    ) -> (Document, Vec<u8>) {
        let before = visit();
        let mut automerge = before.automerge.clone().with_actor(actor(2).0.into());
        let mut tx = automerge.transaction();
        with(&mut tx, &before.plan, &before.facts);
        tx.commit();
        let last = automerge.get_last_local_change().unwrap().raw_bytes().to_vec();
        (Document::from_automerge(automerge).unwrap(), last)
    }

    fn is_refused(with: impl FnOnce(&mut automerge::transaction::Transaction<'_>, &ObjId, &ObjId)) {
        let (whole, change) = tampered(with);
        assert!(visit().with_received(&[&change]).is_err());
        assert!(Document::received(&whole.save()).is_err());
    }

    #[test]
    fn a_document_and_its_changes_are_received_as_they_are() {
        let mut ahead = visit();
        let put = |start: i64| Edit { facts: Vec::new(), puts: vec![("when".into(), json!({ "start": start }))] };
        let first = ahead.write(actor(2), Timestamp(1), &put(10)).unwrap();
        let second = ahead.write(actor(3), Timestamp(2), &put(20)).unwrap();
        let received = visit().with_received(&[&first.bytes, &second.bytes, &first.bytes]).unwrap();
        assert_eq!(received.heads(), ahead.heads());
        assert_eq!(Document::received(&ahead.save()).unwrap().content(), ahead.content());
        assert!(visit().with_received(&[&second.bytes]).is_err(), "what it builds on is missing");
    }

    #[test]
    fn what_no_document_of_rundan_has_is_not_received_from_a_server_either() {
        is_refused(|tx, plan, _| drop(tx.put_object(plan, "when", ObjType::List).unwrap()));
        is_refused(|tx, plan, _| tx.put(plan, "when", ScalarValue::counter(3)).unwrap());
        is_refused(|tx, _, facts| tx.put(facts, "not an id", "{}").unwrap());
        is_refused(|tx, _, facts| {
            tx.put(facts, FactId { actor: actor(9), n: 1 }.to_string(), "{}").unwrap();
        });
        is_refused(|tx, _, _| tx.put(automerge::ROOT, "more", 1).unwrap());
    }

    #[test]
    fn bytes_that_are_no_change_are_not_received() {
        assert!(visit().with_received(&[b"no change"]).is_err());
        assert!(Document::received(&Automerge::new().save()).is_err());
    }
}
