//! The tests of `registry-watcher` from outside.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene up panics")]

mod connecting; // a store that is not there yet
mod faulty; // a store that can be switched off
mod loading; // what happens while a version is loaded
mod looping; // the loop: promptness and shutdown
mod selecting; // which version each selector means
mod simulation; // random schedules against the invariants
mod stepping; // every state × every outcome
mod swapping; // the slot under reading threads
mod world; // a registry, a loader and a watcher
