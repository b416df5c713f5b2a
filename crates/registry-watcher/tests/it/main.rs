//! The tests of `registry-watcher` from outside.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene up panics")]

mod connecting; // a store that is not there yet
mod copies; // the last good version on disk
mod faulty; // a store that can be switched off
mod loading; // what happens while a version is loaded
mod looping; // the loop: promptness and shutdown
mod rivals; // several versions in the stage
mod selecting; // which version each selector means
mod simulation; // random schedules against the invariants
mod staging; // a moment at which many replicas switch
mod stepping; // every state × every outcome
mod swapping; // the slot under reading threads
mod world; // a registry, a loader and a watcher
