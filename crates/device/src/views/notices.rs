//! The office's list of late notices.

use chrono::NaiveDate;
use rundan_model::visit::{Late, Visit};
use rundan_model::{Day, DocumentId, Zone};
use rusqlite::Transaction;

use super::card::Reader;
use super::context::id;
use super::facts::FactLog;
use super::{ViewContext, queries, rows};
use crate::StoreError;
use crate::api::LateLine;
use crate::store::Held;

/// The late notices of a day, by the visits' planned time; today's if no date.
pub(crate) fn late_notices(
    tx: &Transaction<'_>,
    ctx: &ViewContext,
    date: Option<NaiveDate>,
) -> Result<Vec<LateLine>, StoreError> {
    let reader = Reader::new(tx, ctx);
    let day = date.map_or(Zone.day(ctx.now), Day::of);
    let mut query = tx.prepare_cached(queries::VISITS_LATE)?;
    let mut rows = query.query([day.0])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let document = id(&row.get::<_, Vec<u8>>(0)?)?;
        let visit: Visit = rows::json(&row.get::<_, String>(1)?)?;
        if let Some(late) = &visit.late {
            lines.push(reader.notice_line(document, &visit, late)?);
        }
    }
    Ok(lines)
}

impl Reader<'_> {
    fn notice_line(&self, document: DocumentId, visit: &Visit, late: &Late) -> Result<LateLine, StoreError> {
        let recipient = visit.recipient.map(|id| self.names.recipient(id)).transpose()?.flatten();
        let held = Held::load(self.tx, document)?;
        let received = held.as_ref().and_then(|held| FactLog::of(held).record(late.stated.fact).copied());
        let (read_by, read_at) = self.read_by(late.stated, &visit.reads)?;
        let told = late.told.as_ref();
        Ok(LateLine {
            visit: document,
            fact: late.stated.fact,
            recipient: self.names.of_visit(visit)?,
            telephone: recipient.as_ref().map(|recipient| recipient.telephone.clone()).unwrap_or_default(),
            carer: self.names.person(late.stated.by)?,
            planned: visit.start_for(late.stated.by).map(|start| start.0),
            expected: late.expected.0,
            reason: late.reason.clone(),
            text: late.text.clone(),
            told: told.map(|(_, outcome)| outcome.clone()),
            told_at: told.map(|(stated, _)| stated.at.0),
            told_by: told.map(|(stated, _)| self.names.person(stated.by)).transpose()?.unwrap_or_default(),
            at: late.stated.at.0,
            received: received.map(|record| record.received_at.0),
            read_by,
            read_at,
        })
    }
}
