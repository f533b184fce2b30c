//! The demo.

pub(crate) mod unit;
