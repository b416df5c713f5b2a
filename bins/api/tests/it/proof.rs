//! The real program beside real servers, on bad days.
//!
//! These take longer than the rest: `make e2e` and `.ci/run` run them, `make test` does not
//! (`.config/nextest.toml`).

mod bad_versions; // what must not be served, and a gigabyte
mod clients; // ask without a pause, and check every answer
mod midnight; // on the exchange
mod mlflow; // killed, hung, restarted; promotions; a webhook
mod running; // the program
mod slow_clients; // a thousand of them
