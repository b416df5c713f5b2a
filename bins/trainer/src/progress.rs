//! A line of progress for each stage, on standard error.

use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// Width of a stage's name.
const NAME_WIDTH: usize = 9;

/// How often the spinner of a running stage moves.
const TICK: Duration = Duration::from_millis(100);

/// Shows stages, or keeps quiet.
#[derive(Debug)]
pub(crate) struct Progress {
    shown: bool,
}

impl Progress {
    /// Shows stages if `shown`.
    pub(crate) fn new(shown: bool) -> Self {
        Self { shown }
    }

    /// Begins a stage; a terminal shows it spinning until it is done.
    pub(crate) fn begin(&self, name: &'static str, what: &str) -> Stage {
        let spinner = if self.shown && std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{spinner} {msg}");
            let bar = ProgressBar::new_spinner();
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.set_message(format!("{name:NAME_WIDTH$} {what}"));
            bar.enable_steady_tick(TICK);
            bar
        } else {
            ProgressBar::hidden()
        };
        Stage { name, shown: self.shown, since: Instant::now(), spinner }
    }
}

/// A stage that runs; dropped without [`Stage::done`], it leaves no line.
#[derive(Debug)]
pub(crate) struct Stage {
    name: &'static str,
    shown: bool,
    since: Instant,
    spinner: ProgressBar,
}

impl Stage {
    /// Ends the stage with what came out of it.
    #[expect(clippy::print_stderr, reason = "progress is for the person at the terminal")]
    pub(crate) fn done(self, outcome: &str) {
        self.spinner.finish_and_clear();
        if self.shown {
            let seconds = self.since.elapsed().as_secs_f64();
            eprintln!("  {:NAME_WIDTH$} {outcome}  ({seconds:.2} s)", self.name);
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.spinner.finish_and_clear();
    }
}
