//! Tests of the repository itself: the invariants of ARCHITECTURE.md that no compiler checks.

mod arrows;
mod documents;
mod repo;
mod sources;
