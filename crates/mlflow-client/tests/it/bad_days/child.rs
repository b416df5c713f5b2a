//! What the other process does: this test program again, told by its environment.

#![expect(clippy::print_stdout, reason = "this is how it speaks to its parent")]

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mlflow_client::{
    ArtifactStore as _, Batch, ClientOptions, EmbeddedStore, Metric, NewRun, Result, RunId,
    TrackingStore as _,
};
use rusqlite::Connection;
use testkit::program::{Program, Running};

/// Runs that a writing child makes.
pub(crate) const RUNS: usize = 10;
/// Points of a batch that is one transaction.
pub(crate) const BATCH: usize = 5000;

/// Longer than any child takes, also on a loaded machine.
const TIMEOUT: Duration = Duration::from_mins(1);

const TASK: &str = "BAD_DAY_TASK";
const PATH: &str = "BAD_DAY_PATH";
const RUN: &str = "BAD_DAY_RUN";

/// A child to be started.
#[derive(Debug)]
pub(crate) struct Child {
    wrapper: Vec<String>,
    env: Vec<(&'static str, String)>,
}

/// A child that was started; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Started(Running);

impl Child {
    pub(crate) fn new(task: &str, path: &Path) -> Self {
        let env = vec![(TASK, task.to_owned()), (PATH, path.display().to_string())];
        Self { wrapper: vec![], env }
    }

    pub(crate) fn run(mut self, id: &RunId) -> Self {
        self.env.push((RUN, id.to_string()));
        self
    }

    /// Lets no file of the child grow beyond so many bytes.
    pub(crate) fn with_files_below(mut self, bytes: u64) -> Self {
        // Dash counts in 512 bytes, bash in 1024; without the trap the signal would end it.
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
        let test = "bad_days::child::does_what_it_is_told";
        let command = [this.as_str(), "--exact", test, "--nocapture"].map(str::to_owned);
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

    /// Ends it as a power cut would.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// Waits for its end and returns what it said.
    pub(crate) fn ends_well(self) -> String {
        let output = self.0.finish(TIMEOUT).unwrap();
        assert_eq!(output.code, Some(0), "{}", output.report());
        output.stdout
    }
}

/// The child; on its own it has nothing to do.
#[tokio::test]
async fn does_what_it_is_told() {
    let told = |name: &str| std::env::var_os(name).map(|value| value.into_string().unwrap());
    let Some(task) = told(TASK) else { return };
    let path = PathBuf::from(told(PATH).unwrap());
    let run = told(RUN).map(RunId::new);
    match task.as_str() {
        "write" => write(&path).await,
        "batches" => batches(&path, &run.unwrap()).await,
        "use" => use_it(&path, run).await,
        "half a schema" => half_a_schema(&path),
        "hold" => hold(&path),
        other => panic!("`{other}` is no task"),
    }
}

async fn write(path: &Path) {
    let store = EmbeddedStore::open(path, &ClientOptions::new()).await.unwrap();
    for _ in 0..RUNS {
        let new = NewRun {
            experiment_id: store.get_or_create_experiment("written at once").await.unwrap(),
            name: "x".to_owned(),
            start_time_ms: 1,
            user: None,
            tags: vec![],
        };
        let run = store.create_run(&new).await.unwrap();
        for part in 0..5_i64 {
            let point = |i| Metric { step: part * 10 + i, ..Metric::new("m", 1.5, 1) };
            let params = (0..4).map(|i| (format!("p{part}{i}"), "v".to_owned())).collect();
            let metrics = (0..10).map(point).collect();
            let batch = Batch { metrics, params, ..Batch::default() };
            store.log_batch(&run.id, &batch).await.unwrap();
        }
    }
}

async fn batches(path: &Path, run: &RunId) {
    let store = EmbeddedStore::open(path, &ClientOptions::new()).await.unwrap();
    for n in 0_i64.. {
        let first = n * i64::try_from(BATCH).unwrap();
        let point = |i: usize| Metric {
            step: first + i64::try_from(i).unwrap(),
            ..Metric::new("m", 1.5, 1)
        };
        let batch = Batch { metrics: (0..BATCH).map(point).collect(), ..Batch::default() };
        println!("batch {n} begins");
        store.log_batch(run, &batch).await.unwrap();
    }
}

/// Tries a little of everything and says how it went.
async fn use_it(path: &Path, run: Option<RunId>) {
    let store = match EmbeddedStore::open(path, &ClientOptions::new()).await {
        Ok(store) => store,
        Err(error) => return say("open", Err::<(), _>(error)),
    };
    let Some(run) = run else { return };
    let read = store.get_run(&run).await;
    let root = read.as_ref().unwrap().artifact_uri.clone();
    say("read", read);
    let params = (0..100).map(|i| (format!("p{i}"), "v".repeat(1000))).collect();
    say("log", store.log_batch(&run, &Batch { params, ..Batch::default() }).await);
    say("put", store.put_artifact(&root, "large.bin", vec![1; 4_000_000]).await);
}

fn say<T>(what: &str, outcome: Result<T>) {
    match outcome {
        Ok(_) => println!("{what}: Ok"),
        Err(error) => {
            println!("{what}: {:?} {error} hint: {}", error.kind(), error.hint().unwrap_or("none"));
        }
    }
}

/// Makes some tables, so many that a part of them is in the file, and waits for its end.
fn half_a_schema(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA cache_size = 1; BEGIN IMMEDIATE").unwrap();
    for i in 0..50 {
        let sql = format!("CREATE TABLE t{i} (a INTEGER); INSERT INTO t{i} VALUES (1)");
        connection.execute_batch(&sql).unwrap();
    }
    println!("half");
    wait();
}

fn hold(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    println!("held");
    wait();
}

/// Until the parent ends it.
fn wait() -> ! {
    loop {
        std::thread::park();
    }
}
