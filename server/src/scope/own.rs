//! The server's own vault: it is a vault in each unit, for imports and for what the server itself states.

use rundan_documents::{Change, Document, Edit, Genesis};
use rundan_model::plan::FirstValues;
use rundan_model::{
    ActorId, ChangeHash, Content, DocumentId, Kind, PersonId, Register, Timestamp, UnitId, Value, VaultId,
};
use rusqlite::Connection;

use super::{AcceptedChange, Commit, Touched};
use crate::error::{Error, Result};
use crate::seams::{Random, random_bytes};
use crate::store::documents::{self, Bringer, Signer};
use crate::store::log;

/// A session of the server's own vault.
#[derive(Debug, Clone, Copy)]
pub struct OwnSession {
    /// The session.
    pub actor: ActorId,
    /// The person that stands for the server.
    pub person: PersonId,
}

impl OwnSession {
    /// Opens a session.
    pub fn open(vault: VaultId, person: PersonId, random: &dyn Random) -> Self {
        Self { actor: ActorId::new(vault, random_bytes(random)), person }
    }

    fn signer(&self, now: Timestamp) -> Signer {
        Signer { vault: self.actor.vault(), person: self.person, by: Bringer::Server, at: now }
    }
}

impl Commit<'_> {
    /// Begins a document as the server; returns it with its heads.
    pub fn begin(
        &mut self,
        own: &OwnSession,
        now: Timestamp,
        random: &dyn Random,
        kind: Kind,
        plan: FirstValues,
    ) -> Result<(DocumentId, Vec<ChangeHash>)> {
        let genesis = Genesis { kind, nonce: random_bytes(random), plan };
        let (document, change) = Document::begin(own.actor, now, &genesis)?;
        let hash = change.hash;
        let accepted = AcceptedChange::genesis(own, now, change);
        let content = content_of(own.actor, &genesis);
        self.accept(None, &document, &[accepted], Some(&content))?;
        Ok((document.id(), vec![hash]))
    }

    /// Writes to a document as the server, as if nothing had happened since `heads` (none: at the present ones);
    /// returns the heads of what was written.
    pub fn write(
        &mut self,
        own: &OwnSession,
        now: Timestamp,
        document: DocumentId,
        heads: Option<&[ChangeHash]>,
        edit: &Edit,
    ) -> Result<Vec<ChangeHash>> {
        let (tx, unit) = (self.connection(), self.state().unit);
        let row = documents::row(tx, unit, document)?.ok_or(Error::NoDocument(document))?;
        let mut loaded = documents::load(tx, unit, document)?.ok_or(Error::NoDocument(document))?;
        let change = match heads {
            Some(heads) if heads != row.heads => loaded.write_at(heads, own.actor, now, edit)?,
            _ => loaded.write(own.actor, now, edit)?,
        };
        let actor_seq = loaded.infos().iter().find(|info| info.hash == change.hash).map_or(1, |info| info.seq);
        let accepted = AcceptedChange {
            hash: change.hash,
            actor: own.actor,
            actor_seq,
            payload: change.bytes,
            signer: own.signer(now),
            touches_plan: !edit.puts.is_empty(),
            states_facts: !edit.facts.is_empty(),
        };
        self.accept(Some(&row), &loaded, &[accepted], None)?;
        Ok(vec![change.hash])
    }
}

/// What a document says that has just begun, without reading it back: an import begins tens of thousands.
fn content_of(actor: ActorId, genesis: &Genesis) -> Content {
    let mut content = Content::new(genesis.kind.clone());
    for (key, json) in &genesis.plan {
        let value = Value { json: json.clone(), actor };
        content.plan.insert(key.clone(), Register { values: vec![value] });
    }
    content
}

/// Begins a unit: its own document, which names it, and the first entry of its log.
pub fn begin_unit(
    tx: &Connection,
    own: &OwnSession,
    now: Timestamp,
    random: &dyn Random,
    name: &str,
    plan: FirstValues,
) -> Result<(UnitId, Touched)> {
    let mut plan = plan;
    plan.retain(|(key, _)| key != "name");
    plan.insert(0, ("name".to_owned(), name.into()));
    let genesis = Genesis { kind: Kind::Unit, nonce: random_bytes(random), plan };
    let (document, change) = Document::begin(own.actor, now, &genesis)?;
    let unit = UnitId(document.id().0);
    log::create_unit(tx, unit, name, random)?;
    let mut commit = Commit::open(tx, unit, now)?;
    commit.accept(None, &document, &[AcceptedChange::genesis(own, now, change)], None)?;
    let (_, touched) = commit.finish()?;
    Ok((unit, touched))
}

impl AcceptedChange {
    fn genesis(own: &OwnSession, now: Timestamp, change: Change) -> Self {
        Self {
            hash: change.hash,
            actor: own.actor,
            actor_seq: 1,
            payload: change.bytes,
            signer: own.signer(now),
            touches_plan: true,
            states_facts: false,
        }
    }
}
