//! The vault's side of one round: holds an answer against its request and says what follows.

use rundan_model::{DocumentId, UnitId};

use crate::message::{Cursor, PROTOCOL, PagePosition, StreamAnswer, StreamRequest, StreamState};
use crate::{SyncAnswer, SyncRequest, columns};

/// Says why an answer cannot be the answer to its request. Nothing of it may be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoundError {
    /// A version that this crate does not speak.
    #[error("The answer is of version {0}")]
    Version(u16),
    /// Not one stream for each of the request's, in its order.
    #[error("The answer has other streams than the request")]
    Streams,
    /// Not one result for each pushed change.
    #[error("The answer for unit {0} has other results than the request has changes")]
    Results(UnitId),
    /// An open stream without a head, or one that goes backwards.
    #[error("The answer for unit {0} leads nowhere")]
    Head(UnitId),
    /// A page that does not go on from the one asked for.
    #[error("The pages for unit {0} do not follow each other")]
    Page(UnitId),
    /// The columns of a document are not those of its changes.
    #[error("The columns of document {0} are malformed")]
    Columns(DocumentId),
}

/// What follows for one stream, once its items and results are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// All is taken: this is the new cursor.
    Done(Cursor),
    /// There is more: ask for this page, with the same cursor as before.
    Page(PagePosition),
    /// The log is another one: keep all, send what is held, offer what is above the common base.
    Forked,
    /// The person has no role in the unit any more.
    Closed,
}

/// Checks an answer against its request; returns what follows for each stream, in the request's order.
///
/// It looks at form only: whether receipts, digest and documents hold is for those who know documents.
pub fn check(request: &SyncRequest, answer: &SyncAnswer) -> Result<Vec<Next>, RoundError> {
    if answer.version != PROTOCOL {
        return Err(RoundError::Version(answer.version));
    }
    let is_one_each = request.streams.len() == answer.streams.len()
        && request.streams.iter().zip(&answer.streams).all(|(asked, told)| asked.unit == told.unit);
    if !is_one_each {
        return Err(RoundError::Streams);
    }
    request.streams.iter().zip(&answer.streams).map(|(asked, told)| check_stream(asked, told)).collect()
}

fn check_stream(asked: &StreamRequest, told: &StreamAnswer) -> Result<Next, RoundError> {
    check_offers(asked, told)?;
    match told.state {
        StreamState::Forked => return Ok(Next::Forked),
        StreamState::Closed => return Ok(Next::Closed),
        StreamState::Open => {}
    }
    let is_one_result_each = asked.push.len() == told.results.len()
        && asked.push.iter().zip(&told.results).all(|(push, results)| push.changes.len() == results.len());
    if !is_one_result_each {
        return Err(RoundError::Results(asked.unit));
    }
    for item in &told.items {
        check_columns(item)?;
    }
    let head = told.head.ok_or(RoundError::Head(asked.unit))?;
    let is_forward = asked.cursor.is_none_or(|cursor| head.seq > cursor.seq || head == cursor);
    if !is_forward || told.latest.is_some_and(|latest| latest.seq <= head.seq) {
        return Err(RoundError::Head(asked.unit));
    }
    let Some(position) = told.more else {
        return Ok(Next::Done(head));
    };
    // A server that forgot the pages begins them anew, with a new head.
    let goes_on_from = asked.page.filter(|page| page.head == head).map_or(0, |page| page.position);
    let is_progress = position > goes_on_from && position <= told.documents;
    if !is_progress {
        return Err(RoundError::Page(asked.unit));
    }
    Ok(Next::Page(PagePosition { head, position }))
}

/// One result for each offered change, and a seal, if any, for each pushed document and offer. A server that takes no
/// offers says nothing of them.
fn check_offers(asked: &StreamRequest, told: &StreamAnswer) -> Result<(), RoundError> {
    let is_one_each = told.offered.is_empty()
        || (asked.offers.len() == told.offered.len()
            && asked.offers.iter().zip(&told.offered).all(|(offer, results)| offer.changes.len() == results.len()));
    let is_sealed = told.seals.is_empty() || told.seals.len() == told.results.len() + told.offered.len();
    if is_one_each && is_sealed { Ok(()) } else { Err(RoundError::Results(asked.unit)) }
}

fn check_columns(item: &crate::Item) -> Result<(), RoundError> {
    let is_well_formed = match item {
        crate::Item::Whole { columns, .. } => columns::decode(columns).is_some(),
        crate::Item::Changes { changes, columns, .. } => {
            columns::decode(columns).is_some_and(|records| records.len() == changes.len())
        }
        crate::Item::Leave(_) => true,
    };
    if is_well_formed { Ok(()) } else { Err(RoundError::Columns(item.document())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{PushDocument, PushResult};
    use crate::{Chain, HintToken, Offer, Receipt, ReceiptMac};
    use rundan_model::Timestamp;
    use serde_bytes::ByteBuf;

    const UNIT: UnitId = UnitId([1; 16]);

    fn cursor(seq: u64) -> Cursor {
        Cursor { seq, chain: Chain([seq as u8; 32]) }
    }

    fn request(stream: StreamRequest) -> SyncRequest {
        SyncRequest { version: PROTOCOL, schema: 1, streams: vec![stream] }
    }

    fn answer(stream: StreamAnswer) -> SyncAnswer {
        SyncAnswer {
            version: PROTOCOL,
            schema: 1,
            server_time: Timestamp(0),
            hint: HintToken([0; 32]),
            streams: vec![stream],
        }
    }

    fn open(head: Cursor) -> StreamAnswer {
        StreamAnswer { head: Some(head), ..StreamAnswer::bare(UNIT, StreamState::Open) }
    }

    #[test]
    fn an_answer_without_more_moves_the_cursor() {
        let request = request(StreamRequest::new(UNIT, Some(cursor(3))));
        assert_eq!(check(&request, &answer(open(cursor(7)))), Ok(vec![Next::Done(cursor(7))]));
    }

    #[test]
    fn a_cursor_never_goes_back_nor_changes_its_chain() {
        let request = request(StreamRequest::new(UNIT, Some(cursor(3))));
        assert_eq!(check(&request, &answer(open(cursor(2)))), Err(RoundError::Head(UNIT)));
        let other = Cursor { chain: Chain([9; 32]), ..cursor(3) };
        assert_eq!(check(&request, &answer(open(other))), Err(RoundError::Head(UNIT)));
    }

    #[test]
    fn every_pushed_change_has_its_result() {
        let mut stream = StreamRequest::new(UNIT, None);
        stream.push = vec![PushDocument { document: DocumentId([2; 16]), changes: vec![ByteBuf::new(); 2] }];
        let mut told = open(cursor(1));
        told.results = vec![vec![PushResult::Depends]];
        assert_eq!(check(&request(stream.clone()), &answer(told.clone())), Err(RoundError::Results(UNIT)));
        told.results = vec![vec![PushResult::Depends; 2]];
        assert!(check(&request(stream), &answer(told)).is_ok());
    }

    #[test]
    fn every_offered_change_has_its_result_and_every_offer_its_seal() {
        let mut stream = StreamRequest::new(UNIT, Some(cursor(3)));
        let receipt = Receipt { document: DocumentId([2; 16]), seq: 1, heads: Vec::new(), mac: ReceiptMac([0; 16]) };
        stream.offers = vec![Offer { receipt, columns: ByteBuf::new(), changes: vec![ByteBuf::new(); 2] }];
        let mut told = StreamAnswer::bare(UNIT, StreamState::Forked);
        assert_eq!(check(&request(stream.clone()), &answer(told.clone())), Ok(vec![Next::Forked]));
        told.offered = vec![vec![PushResult::Depends]];
        assert_eq!(check(&request(stream.clone()), &answer(told.clone())), Err(RoundError::Results(UNIT)));
        told.offered = vec![vec![PushResult::Depends; 2]];
        assert_eq!(check(&request(stream.clone()), &answer(told.clone())), Ok(vec![Next::Forked]));
        told.seals = vec![None];
        assert_eq!(check(&request(stream.clone()), &answer(told.clone())), Ok(vec![Next::Forked]));
        told.seals = vec![None; 2];
        assert_eq!(check(&request(stream), &answer(told)), Err(RoundError::Results(UNIT)));
    }

    #[test]
    fn pages_go_on_or_begin_anew_but_never_stand() {
        let mut stream = StreamRequest::new(UNIT, None);
        stream.page = Some(PagePosition { head: cursor(5), position: 10 });
        let mut told = open(cursor(5));
        told.documents = 30;
        told.more = Some(20);
        let next = PagePosition { head: cursor(5), position: 20 };
        assert_eq!(check(&request(stream.clone()), &answer(told.clone())), Ok(vec![Next::Page(next)]));
        told.more = Some(10);
        assert_eq!(check(&request(stream.clone()), &answer(told.clone())), Err(RoundError::Page(UNIT)));
        told.head = Some(cursor(6));
        let anew = PagePosition { head: cursor(6), position: 10 };
        assert_eq!(check(&request(stream), &answer(told)), Ok(vec![Next::Page(anew)]));
    }

    #[test]
    fn another_stream_than_asked_is_no_answer() {
        let request = request(StreamRequest::new(UNIT, None));
        let other = StreamAnswer::bare(UnitId([9; 16]), StreamState::Closed);
        assert_eq!(check(&request, &answer(other)), Err(RoundError::Streams));
    }
}
