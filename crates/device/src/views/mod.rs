//! What screens show, read from projections. Each function takes one read transaction and answers one command.
