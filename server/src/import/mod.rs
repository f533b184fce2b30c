//! Reads what a unit's planning system exports, and says of every row what became of it.
