//! The office's list of work that the server refused.

use rundan_model::key::{Key, copy_of};
use rundan_model::policy::Standing;
use rundan_model::refused::{Decision, Refused};
use rundan_model::{DocumentId, Fact, Kind};
use rusqlite::Transaction;

use super::card::{Reader, count};
use super::context::id;
use super::facts::said;
use super::{ViewContext, keys, queries, rows};
use crate::StoreError;
use crate::act::adoptable;
use crate::api::{RefusedFact, RefusedLine, RefusedPut, RefusedState};
use crate::store::DocumentRow;

/// The most lines in the list.
const LINES_MAX: usize = 500;

/// Work that the server refused, the newest first.
pub(crate) fn refused(tx: &Transaction<'_>, ctx: &ViewContext) -> Result<Vec<RefusedLine>, StoreError> {
    let reader = Reader::new(tx, ctx);
    let mut query = tx.prepare_cached(queries::REFUSED)?;
    let mut rows = query.query([count(LINES_MAX)])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let refused: Refused = rows::json(&row.get::<_, String>(1)?)?;
        lines.push(reader.refused_line(id(&row.get::<_, Vec<u8>>(0)?)?, &refused)?);
    }
    Ok(lines)
}

impl Reader<'_> {
    fn refused_line(&self, document: DocumentId, refused: &Refused) -> Result<RefusedLine, StoreError> {
        let work = &refused.work;
        let kind = DocumentRow::load_alone(self.tx, work.document)?.map(|row| row.kind);
        let standing = Standing { roles: self.ctx.roles.clone(), ..Standing::default() };
        let (state, decided, decided_text) = match &refused.decision {
            None => (RefusedState::Open, None, String::new()),
            Some(Decision::Adopted(stated)) => (RefusedState::Adopted, Some(*stated), String::new()),
            Some(Decision::PutAside(stated, text)) => (RefusedState::PutAside, Some(*stated), text.clone()),
        };
        let facts = refused.facts.iter().filter_map(|text| Fact::from_text(text).ok());
        let key = if kind == Some(Kind::Key) { keys::key(self.tx, work.document)? } else { None };
        let put = |(register, json): &(String, serde_json::Value)| {
            Ok(RefusedPut { register: register.clone(), shown: self.value(register, json)? })
        };
        Ok(RefusedLine {
            document,
            target: work.document,
            title: match kind {
                Some(Kind::Recipient) => self.names.recipient_name(Some(work.document))?,
                Some(Kind::Key) => key.as_ref().map(|key| key.tag.clone()).unwrap_or_default(),
                _ => self.visit_name(work.document)?,
            },
            is_visit: kind == Some(Kind::Visit),
            by: self.names.person(work.person)?,
            code: work.code.clone(),
            received: work.received_at.0,
            facts: facts.map(|fact| self.refused_fact(&fact, key.as_ref())).collect::<Result<_, _>>()?,
            puts: refused.puts.iter().map(put).collect::<Result<_, StoreError>>()?,
            state,
            decided_by: decided.map(|stated| self.names.person(stated.by)).transpose()?.unwrap_or_default(),
            decided_at: decided.map(|stated| stated.at.0),
            decided_text,
            can_adopt: kind.is_some_and(|kind| adoptable(refused, &standing, &kind).is_some()),
        })
    }

    fn refused_fact(&self, fact: &Fact, key: Option<&Key>) -> Result<RefusedFact, StoreError> {
        let (word, _) = said(&fact.body);
        let about = match key {
            Some(key) => copy_of(fact).map(|copy| key.tag_of(copy)),
            None => fact.about.as_deref().map(|code| self.names.intervention(code)).transpose()?,
        };
        Ok(RefusedFact {
            kind: fact.body.kind().to_owned(),
            about: about.unwrap_or_default(),
            word: word.to_owned(),
            text: fact.body.words(),
            at: fact.at.0,
        })
    }
}
