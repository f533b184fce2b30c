//! One commit to a unit: changes, roles and days go into the log, then audiences follow.

use std::collections::{BTreeMap, BTreeSet};

use rundan_documents::Document;
use rundan_model::incident;
use rundan_model::policy::readers;
use rundan_model::{ActorId, ChangeHash, Content, DocumentId, Kind, PersonId, Role, Timestamp, UnitId, Zone};
use rundan_sync::Digest;
use rundan_sync::chain::{EntryKind, NO_DOCUMENT, payload_hash};
use rusqlite::{Connection, OptionalExtension, params};

use super::audience::{self, Audience, Share};
use super::plan;
use crate::error::{Error, Result};
use crate::store::documents::{Bringer, DocumentRow, NewChange, Signer};
use crate::store::log::{self, Log, UnitState};
use crate::store::{column, documents, people, sql};

/// A change that passed the gate, or that the server's own vault made.
#[derive(Debug, Clone)]
pub struct AcceptedChange {
    /// Its hash.
    pub hash: ChangeHash,
    /// The session that made it.
    pub actor: ActorId,
    /// Its number in the session.
    pub actor_seq: u64,
    /// Its bytes.
    pub payload: Vec<u8>,
    /// Who brought it, and when.
    pub signer: Signer,
    /// Whether it puts into the plan.
    pub touches_plan: bool,
    /// Whether it appends facts.
    pub states_facts: bool,
}

/// What a commit leaves to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Whose vaults have something new to ask for.
    pub people: BTreeSet<PersonId>,
    /// Whether it destroyed documents, which is to be remembered outside the database.
    pub has_destroyed: bool,
}

impl Touched {
    /// Adds what another commit leaves to do.
    pub fn add(&mut self, other: Self) {
        self.people.extend(other.people);
        self.has_destroyed |= other.has_destroyed;
    }
}

/// A commit in the making. Nothing holds unless [`Commit::finish`] is called and the transaction is committed.
pub struct Commit<'a> {
    tx: &'a Connection,
    log: Log<'a>,
    /// People whose audience is recomputed at the end.
    affected: BTreeSet<PersonId>,
    moves: BTreeMap<Audience, Moves>,
    sums: BTreeMap<Audience, (Digest, Digest)>,
    touched: BTreeSet<Audience>,
    /// Documents that are destroyed at the end, once they have left every audience.
    purges: BTreeSet<DocumentId>,
}

#[derive(Default)]
struct Moves {
    added: BTreeMap<DocumentId, Share>,
    removed: BTreeMap<DocumentId, Share>,
    members_added: BTreeSet<PersonId>,
    members_removed: BTreeSet<PersonId>,
}

impl<'a> Commit<'a> {
    /// Opens a commit. Where a new day has come, it opens the day first, which moves everyone's window.
    pub fn open(tx: &'a Connection, unit: UnitId, now: Timestamp) -> Result<Self> {
        let mut commit = Self {
            tx,
            log: Log::open(tx, unit)?,
            affected: BTreeSet::new(),
            moves: BTreeMap::new(),
            sums: BTreeMap::new(),
            touched: BTreeSet::new(),
            purges: BTreeSet::new(),
        };
        if commit.log.open_day(now)? {
            commit.affected.extend(people::staff_of(tx, unit)?);
        }
        Ok(commit)
    }

    /// The unit as it stands, with what this commit has done so far.
    pub fn state(&self) -> &UnitState {
        &self.log.state
    }

    /// The connection that the commit writes to.
    pub fn connection(&self) -> &'a Connection {
        self.tx
    }

    /// Logs changes to one document and keeps its new state; returns the changes' places in the log.
    ///
    /// `known` is the document's row from before, else the first of the changes begins it; `content` is what it says
    /// now, where that is at hand.
    pub fn accept(
        &mut self,
        known: Option<&DocumentRow>,
        document: &Document,
        changes: &[AcceptedChange],
        content: Option<&Content>,
    ) -> Result<Vec<u64>> {
        let (tx, unit, id) = (self.tx, self.log.state.unit, document.id());
        let mut places = Vec::with_capacity(changes.len());
        for change in changes {
            let place = self.log.append(EntryKind::Change, id, change.hash)?;
            let row = NewChange {
                document: id,
                hash: change.hash,
                actor: change.actor,
                actor_seq: change.actor_seq,
                payload: &change.payload,
            };
            documents::insert_change(tx, unit, place, &row, &change.signer)?;
            places.push(place);
        }
        match known {
            Some(row) => self.take_update(row, document)?,
            None => self.take_new(document, changes)?,
        }
        if known.is_none() || changes.iter().any(|change| change.touches_plan) {
            let read;
            let content = match content {
                Some(content) => content,
                None => {
                    read = document.content();
                    &read
                }
            };
            let bearing = plan::bearing(content);
            self.affected.extend(plan::write(tx, unit, id, document.kind(), &bearing, known.is_none())?);
        }
        self.note_own_work(known, document, changes)?;
        if *document.kind() == Kind::Draft && incident::draft(&document.content()).is_closed {
            self.destroy_draft(id)?;
        }
        Ok(places)
    }

    fn take_new(&mut self, document: &Document, changes: &[AcceptedChange]) -> Result<()> {
        let seq = self.log.seq();
        let begun_by = changes.first().ok_or(Error::NoDocument(document.id()))?.signer.person;
        let digest = documents::insert(self.tx, self.log.state.unit, document, begun_by, seq)?;
        let readers = readers(document.kind());
        let share = Share::new(document.kind(), digest);
        let shared = [(readers.unit, Audience::Unit), (readers.office && !readers.unit, Audience::Office)];
        for (_, audience) in shared.into_iter().filter(|(is_reader, _)| *is_reader) {
            self.moves.entry(audience).or_default().added.insert(document.id(), share);
        }
        Ok(())
    }

    fn take_update(&mut self, known: &DocumentRow, document: &Document) -> Result<()> {
        let (tx, unit, id) = (self.tx, self.log.state.unit, document.id());
        let digest = documents::update(tx, unit, document, self.log.seq())?;
        let is_private = !readers(document.kind()).office;
        for audience in audience::with_document(tx, unit, id)? {
            let sum = self.sum(audience)?;
            sum.0 = sum.0.minus(known.digest).plus(digest);
            if is_private {
                sum.1 = sum.1.minus(known.digest).plus(digest);
            }
            self.touched.insert(audience);
        }
        for moves in self.moves.values_mut() {
            if let Some(share) = moves.added.get_mut(&id) {
                share.digest = digest;
            }
        }
        Ok(())
    }

    /// A submitted draft lives on as its incident, one put away is wanted no more: both leave every phone of their
    /// author and are destroyed.
    fn destroy_draft(&mut self, draft: DocumentId) -> Result<()> {
        let (tx, unit) = (self.tx, self.log.state.unit);
        for audience in audience::with_document(tx, unit, draft)? {
            if let Audience::Person(person) = audience {
                self.affected.insert(person);
            }
        }
        tx.execute("DELETE FROM own_work WHERE unit = ?1 AND document = ?2", params![unit.0, draft.0])?;
        self.purges.insert(draft);
        Ok(())
    }

    /// Destroys a document again that a database from before its destruction may still have. Its id is remembered
    /// even where the document is not here, so that nobody brings it back.
    pub fn destroy_again(&mut self, document: DocumentId) -> Result<()> {
        let (tx, unit) = (self.tx, self.log.state.unit);
        let Some(row) = documents::row(tx, unit, document)? else {
            self.purges.insert(document);
            return Ok(());
        };
        let share = Share::new(&row.kind, row.digest);
        for audience in audience::with_document(tx, unit, document)? {
            self.moves.entry(audience).or_default().removed.insert(document, share);
        }
        self.affected.extend(plan::forget_all(tx, unit, document)?);
        self.purges.insert(document);
        Ok(())
    }

    /// Destroys a way into a home that another document replaces: a door code that no longer opens is still one
    /// that nobody need know.
    pub fn destroy_access(&mut self, access: DocumentId) -> Result<()> {
        if documents::row(self.tx, self.log.state.unit, access)?.is_some() {
            self.destroy_again(access)?;
        }
        Ok(())
    }

    /// What a person began, and visits with a fact of hers, stay in her scope for a while.
    fn note_own_work(
        &mut self,
        known: Option<&DocumentRow>,
        document: &Document,
        changes: &[AcceptedChange],
    ) -> Result<()> {
        if !readers(document.kind()).persons {
            return Ok(());
        }
        let is_visit = *document.kind() == Kind::Visit;
        let mut noted = BTreeSet::new();
        for (place, change) in changes.iter().enumerate() {
            let is_genesis = known.is_none() && place == 0;
            let is_own = is_genesis || (is_visit && change.states_facts);
            if !is_own || change.signer.by == Bringer::Server {
                continue;
            }
            let ordinal = match change.signer.by {
                Bringer::Receipt => log::ordinal_of(self.tx, &self.log.state, Zone.day(change.signer.at))?,
                _ => self.log.state.days_opened,
            };
            if noted.insert((change.signer.person, ordinal)) {
                self.note_own(document, change.signer.person, ordinal)?;
            }
        }
        Ok(())
    }

    fn note_own(&mut self, document: &Document, person: PersonId, ordinal: u64) -> Result<()> {
        let (tx, unit) = (self.tx, self.log.state.unit);
        let roles = people::roles(tx, unit, person)?;
        // The office holds it anyway, unless nobody but its author reads it. Who has no role is the server itself, or
        // has gone.
        if roles.is_empty() || (roles.iter().any(Role::is_office) && readers(document.kind()).office) {
            return Ok(());
        }
        let moved = tx
            .prepare_cached(
                "INSERT INTO own_work (unit, person, document, ordinal) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (unit, person, document) DO UPDATE SET ordinal = excluded.ordinal
                 WHERE own_work.ordinal < excluded.ordinal",
            )?
            .execute(params![unit.0, person.0, document.id().0, sql(ordinal)])?;
        // The first word of a day on a document may bring back what goes with it.
        if moved > 0 {
            self.affected.insert(person);
        }
        Ok(())
    }

    /// Gives a person a role; says whether she did not have it.
    pub fn give_role(&mut self, person: PersonId, role: &Role) -> Result<bool> {
        let rows = self.tx.execute(
            "INSERT INTO role (unit, person, role) VALUES (?1, ?2, ?3) ON CONFLICT (unit, person, role) DO NOTHING",
            params![self.log.state.unit.0, person.0, role.as_str()],
        )?;
        self.log_role(person, role, "+", rows)
    }

    /// Takes a role from a person; says whether she had it.
    pub fn take_role(&mut self, person: PersonId, role: &Role) -> Result<bool> {
        let rows = self.tx.execute(
            "DELETE FROM role WHERE unit = ?1 AND person = ?2 AND role = ?3",
            params![self.log.state.unit.0, person.0, role.as_str()],
        )?;
        self.log_role(person, role, "-", rows)
    }

    fn log_role(&mut self, person: PersonId, role: &Role, sign: &str, rows: usize) -> Result<bool> {
        if rows == 0 {
            return Ok(false);
        }
        let payload = format!("{sign}{person} {role}");
        self.log.append(EntryKind::Role, NO_DOCUMENT, payload_hash(payload.as_bytes()))?;
        let roles = people::roles(self.tx, self.log.state.unit, person)?;
        let due = [
            (Audience::Unit, !roles.is_empty()),
            (Audience::Person(person), !roles.is_empty()),
            (Audience::Office, roles.iter().any(Role::is_office)),
        ];
        for (audience, is_member) in due {
            let moves = self.moves.entry(audience).or_default();
            let (into, out) = (&mut moves.members_added, &mut moves.members_removed);
            let (yes, no) = if is_member { (into, out) } else { (out, into) };
            yes.insert(person);
            no.remove(&person);
        }
        self.affected.insert(person);
        // Who is no member any more has something new to ask for too.
        self.touched.insert(Audience::Person(person));
        Ok(true)
    }

    /// Recomputes the audiences that this commit touches and writes the end of the log.
    pub fn finish(mut self) -> Result<(UnitState, Touched)> {
        for person in std::mem::take(&mut self.affected) {
            self.recompute(person)?;
        }
        for (audience, moves) in std::mem::take(&mut self.moves) {
            self.apply(audience, &moves)?;
        }
        let has_destroyed = !self.purges.is_empty();
        for document in std::mem::take(&mut self.purges) {
            let at = self.log.append(EntryKind::Purge, document, payload_hash(&document.0))?;
            documents::purge(self.tx, self.log.state.unit, document, at)?;
        }
        for (audience, (digest, private)) in std::mem::take(&mut self.sums) {
            self.tx
                .prepare_cached(
                    "INSERT INTO audience (unit, audience, digest, digest_private) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (unit, audience) DO UPDATE
                     SET digest = excluded.digest, digest_private = excluded.digest_private",
                )?
                .execute(params![self.log.state.unit.0, audience.to_string(), digest.0, private.0])?;
        }
        let people = self.touched_people()?;
        Ok((self.log.close()?, Touched { people, has_destroyed }))
    }

    fn recompute(&mut self, person: PersonId) -> Result<()> {
        let unit = self.log.state.unit;
        let audience = Audience::Person(person);
        let has_role = !people::roles(self.tx, unit, person)?.is_empty();
        let due = if has_role { audience::due(self.tx, &self.log.state, person)? } else { BTreeSet::new() };
        let present = audience::present(self.tx, unit, audience)?;
        let is_due = |document: &DocumentId| due.contains(document) && !self.purges.contains(document);
        let mut moves = self.moves.remove(&audience).unwrap_or_default();
        for document in due.difference(&present).filter(|document| is_due(document)) {
            let share = Share::of(self.tx, unit, *document)?.filter(|share| share.is_for_persons);
            moves.added.extend(share.map(|share| (*document, share)));
        }
        for document in present.iter().filter(|document| !is_due(document)) {
            moves.removed.extend(Share::of(self.tx, unit, *document)?.map(|share| (*document, share)));
        }
        self.moves.insert(audience, moves);
        Ok(())
    }

    fn apply(&mut self, audience: Audience, moves: &Moves) -> Result<()> {
        let (tx, unit, name) = (self.tx, self.log.state.unit, audience.to_string());
        let members_added = self.not_yet(&name, &moves.members_added, true)?;
        let members_removed = self.not_yet(&name, &moves.members_removed, false)?;
        let is_empty = moves.added.is_empty() && moves.removed.is_empty();
        if is_empty && members_added.is_empty() && members_removed.is_empty() {
            return Ok(());
        }
        let payload = describe(&name, moves, &members_added, &members_removed);
        let at = sql(self.log.append(EntryKind::Audience, NO_DOCUMENT, payload_hash(&payload))?);
        for document in moves.removed.keys() {
            tx.prepare_cached(
                "UPDATE audience_document SET removed_seq = ?4
                 WHERE unit = ?1 AND audience = ?2 AND document = ?3 AND removed_seq IS NULL",
            )?
            .execute(params![unit.0, name, document.0, at])?;
        }
        for document in moves.added.keys() {
            tx.prepare_cached(
                "INSERT INTO audience_document (unit, audience, document, added_seq) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![unit.0, name, document.0, at])?;
        }
        for person in &members_removed {
            tx.prepare_cached(
                "UPDATE audience_member SET removed_seq = ?4
                 WHERE unit = ?1 AND audience = ?2 AND person = ?3 AND removed_seq IS NULL",
            )?
            .execute(params![unit.0, name, person.0, at])?;
        }
        for person in &members_added {
            tx.prepare_cached(
                "INSERT INTO audience_member (unit, audience, person, added_seq) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![unit.0, name, person.0, at])?;
        }
        let sum = self.sum(audience)?;
        for (share, is_added) in
            moves.added.values().map(|s| (s, true)).chain(moves.removed.values().map(|s| (s, false)))
        {
            let shift = |sum: Digest| if is_added { sum.plus(share.digest) } else { sum.minus(share.digest) };
            sum.0 = shift(sum.0);
            if share.is_private {
                sum.1 = shift(sum.1);
            }
        }
        self.touched.insert(audience);
        Ok(())
    }

    /// Those of `people` who are not members yet, or who still are.
    fn not_yet(&self, name: &str, people: &BTreeSet<PersonId>, is_added: bool) -> Result<Vec<PersonId>> {
        let mut statement = self.tx.prepare_cached(
            "SELECT 1 FROM audience_member WHERE unit = ?1 AND person = ?2 AND audience = ?3 AND removed_seq IS NULL",
        )?;
        let mut moving = Vec::new();
        for person in people {
            let is_member = statement.exists(params![self.log.state.unit.0, person.0, name])?;
            if is_member != is_added {
                moving.push(*person);
            }
        }
        Ok(moving)
    }

    fn sum(&mut self, audience: Audience) -> Result<&mut (Digest, Digest)> {
        let known = match self.sums.get(&audience) {
            Some(sum) => *sum,
            None => digests(self.tx, self.log.state.unit, audience)?,
        };
        Ok(self.sums.entry(audience).or_insert(known))
    }

    fn touched_people(&self) -> Result<BTreeSet<PersonId>> {
        let mut touched = BTreeSet::new();
        for audience in &self.touched {
            if let Audience::Person(person) = audience {
                touched.insert(*person);
                continue;
            }
            let mut statement = self.tx.prepare_cached(
                "SELECT person FROM audience_member WHERE unit = ?1 AND audience = ?2 AND removed_seq IS NULL",
            )?;
            let members =
                statement.query_map(params![self.log.state.unit.0, audience.to_string()], |row| column(row, 0))?;
            for member in members {
                touched.insert(member?);
            }
        }
        Ok(touched)
    }
}

/// An audience's sums: over all its documents, and over those that the office does not read.
pub(crate) fn digests(tx: &Connection, unit: UnitId, audience: Audience) -> Result<(Digest, Digest)> {
    let mut statement =
        tx.prepare_cached("SELECT digest, digest_private FROM audience WHERE unit = ?1 AND audience = ?2")?;
    let sums = statement
        .query_row(params![unit.0, audience.to_string()], |row| Ok((column(row, 0)?, column(row, 1)?)))
        .optional()?;
    Ok(sums.unwrap_or((Digest::ZERO, Digest::ZERO)))
}

/// What the entry's payload hash covers: the audience and who and what came and went, in the order of ids.
fn describe(name: &str, moves: &Moves, members_added: &[PersonId], members_removed: &[PersonId]) -> Vec<u8> {
    let mut payload = name.as_bytes().to_vec();
    for (sign, documents) in [(b'+', &moves.added), (b'-', &moves.removed)] {
        for document in documents.keys() {
            payload.push(sign);
            payload.extend(document.0);
        }
    }
    for (sign, people) in [(b'>', members_added), (b'<', members_removed)] {
        for person in people {
            payload.push(sign);
            payload.extend(person.0);
        }
    }
    payload
}
