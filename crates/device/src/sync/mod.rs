//! One round trip: what a vault asks and brings, and what it makes of the answer.
//!
//! Cursor, outbox and data move in one transaction each: the counter before a request is sent, everything an answer
//! says when it has come. A request or answer that is lost changes nothing; the next one repeats it.

mod answer;
mod lost;
mod recovery;
mod replay;
mod request;
mod round;

pub(crate) use answer::{Taken, Writer, take};
pub(crate) use recovery::proven;
pub(crate) use replay::{give_up, stand_alone};
pub(crate) use request::{Asked, Identity, ask, next_counter};
pub(crate) use round::{RoundEnd, Rounds};
