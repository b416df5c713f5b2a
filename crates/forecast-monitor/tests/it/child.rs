//! This test binary as another process, which one may stop, starve or forbid.

#![expect(clippy::print_stdout, reason = "the child speaks to its parent")]

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{Days, NaiveDate};
use forecast_monitor::{Forecast, Kind, Row, Spool};
use rusqlite::Connection;
use testkit::program::{Program, Running};

/// How many forecasts a writer keeps before it ends.
pub(crate) const FORECASTS: u32 = 40;

/// Longer than any child takes, also on a loaded machine.
const TIMEOUT: Duration = Duration::from_mins(1);

const TASK: &str = "SPOOL_TASK";
const PATH: &str = "SPOOL_PATH";

/// A child to be started.
#[derive(Debug)]
pub(crate) struct Child {
    wrapper: Vec<String>,
    env: [(&'static str, String); 2],
}

/// A child that was started; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Started(Running);

impl Child {
    pub(crate) fn new(task: &str, path: &Path) -> Self {
        let env = [(TASK, task.to_owned()), (PATH, path.display().to_string())];
        Self { wrapper: vec![], env }
    }

    /// Lets no file of the child grow beyond so many bytes.
    pub(crate) fn with_files_below(mut self, bytes: u64) -> Self {
        // Bash counts in 1024 bytes; without the trap the signal would end it.
        let script = format!("trap '' XFSZ; ulimit -f $(({bytes} / 1024)); exec \"$@\"");
        self.wrapper = ["bash", "-c", &script, "bash"].map(str::to_owned).to_vec();
        self
    }

    /// Makes permissions count for root as well.
    pub(crate) fn without_privileges(mut self) -> Self {
        let own = tempfile::tempfile().unwrap().metadata().unwrap();
        if own.uid() == 0 {
            let drop = "--bounding-set=-dac_override,-dac_read_search";
            self.wrapper = ["setpriv", drop].map(str::to_owned).to_vec();
        }
        self
    }

    pub(crate) fn start(self) -> Started {
        let this = std::env::current_exe().unwrap().display().to_string();
        let command =
            [&this, "--exact", "child::does_what_it_is_told", "--nocapture"].map(str::to_owned);
        let mut words = self.wrapper.into_iter().chain(command);
        let mut program = Program::new(words.next().unwrap()).args(words);
        for (name, value) in &self.env {
            program = program.env(name, value);
        }
        Started(program.start().unwrap())
    }
}

impl Started {
    /// Waits until the child has said so.
    pub(crate) fn says(&mut self, wanted: &str) {
        self.0.wait_for_line(TIMEOUT, |line| line.ends_with(wanted)).unwrap();
    }

    /// Ends it as a power cut would, and returns what it had said.
    pub(crate) fn kill(self) -> String {
        let id = self.0.id().to_string();
        let killed = Program::new("kill").args(["-KILL", &id]).run().unwrap();
        assert_eq!(killed.code, Some(0), "{}", killed.report());
        let output = self.0.finish(TIMEOUT).unwrap();
        assert_eq!(output.code, None, "a signal ended it: {}", output.report());
        output.stdout
    }

    /// Waits for its end and returns what it said.
    pub(crate) fn ends_well(self) -> String {
        let output = self.0.finish(TIMEOUT).unwrap();
        assert_eq!(output.code, Some(0), "{}", output.report());
        output.stdout
    }
}

/// A forecast of a year of rows, so that it takes several pages.
pub(crate) fn forecast(version: u32) -> Forecast {
    let origin = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    let row = |n: u64| Row {
        ds: origin + Days::new(n),
        yhat: f64::from(version) + n as f64 / 100.0,
        yhat_lower: Some(0.0),
        yhat_upper: Some(1000.0),
    };
    Forecast {
        model: "ProphetModel".to_owned(),
        version,
        symbol: "PETR4.SA".to_owned(),
        kind: Kind::Ready,
        origin,
        answers_from: origin + Days::new(1),
        issued_at: "2026-11-21T03:00:00Z".parse().unwrap(),
        trained_through: Some(origin),
        interval_width: 0.8,
        anchors: vec![(origin, 31.5)],
        rows: (1..=365).map(row).collect(),
    }
}

/// The child; on its own it has nothing to do.
#[test]
fn does_what_it_is_told() {
    let told = |name: &str| std::env::var_os(name).map(|value| value.into_string().unwrap());
    let Some(task) = told(TASK) else { return };
    let path = PathBuf::from(told(PATH).unwrap());
    match task.as_str() {
        "keep" => keep(&path),
        "keep and stay" => {
            keep(&path);
            stay();
        }
        "use" => use_it(&path),
        "hold" => hold(&path),
        other => panic!("`{other}` is no task"),
    }
}

fn keep(path: &Path) {
    let mut spool = Spool::open(path).unwrap();
    for version in 0..FORECASTS {
        spool.keep(&forecast(version)).unwrap();
        println!("kept {version}");
    }
}

/// Tries a little of everything and says how it went.
fn use_it(path: &Path) {
    let opened = Spool::open(path);
    if let Err(error) = &opened {
        println!("open: {error:?}: {error}");
    }
    let Ok(mut spool) = opened else { return };
    match spool.state() {
        Ok(state) => println!("state: {}", state.kept),
        Err(error) => println!("state: {error:?}: {error}"),
    }
    for version in 100..200 {
        if let Err(error) = spool.keep(&forecast(version)) {
            println!("keep: {error:?}: {error}");
            return;
        }
    }
    println!("kept all");
}

fn hold(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    println!("held");
    stay();
}

/// Until the parent ends it.
fn stay() -> ! {
    loop {
        std::thread::park();
    }
}
