//! The tests of `registry-watcher` from outside.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene up panics")]

mod faulty; // a store that can be switched off
mod looping; // the loop: promptness and shutdown
mod selecting; // which version each selector means
mod simulation; // random schedules against the invariants
mod stepping; // every state × every outcome
mod swapping; // the slot under reading threads
mod world; // a registry, a loader and a watcher
