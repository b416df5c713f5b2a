//! What the embedded store costs: MLflow's own file, without MLflow.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mlflow_client::{
    Batch, ClientOptions, EmbeddedStore, ExperimentId, LifecycleStore as _, Metric,
    NewModelVersion, NewRun, RegistryStore as _, Run, RunStatus, Search, SearchStore as _, Stage,
    TrackingStore as _,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A moment in 2023, in milliseconds.
const NOW_MS: i64 = 1_700_000_000_000;

/// Runs of the experiment that is searched.
const N_RUNS: i64 = 1_000;

/// Points of the metric that is logged.
const N_POINTS: i64 = 10_000;

/// A fresh file with one experiment, in a folder that goes with it.
struct Fresh {
    store: EmbeddedStore,
    experiment: ExperimentId,
    folder: TempDir,
}

async fn open(folder: &Path) -> EmbeddedStore {
    let path = folder.join("mlflow.db");
    EmbeddedStore::open(&path, &ClientOptions::new()).await.expect("the file is opened")
}

async fn fresh() -> Fresh {
    let folder = tempfile::tempdir().expect("a folder is made");
    let store = open(folder.path()).await;
    let experiment = store.create_experiment("bench").await.expect("an experiment is made");
    Fresh { store, experiment, folder }
}

async fn run(fresh: &Fresh, name: &str) -> Run {
    let new = NewRun {
        experiment_id: fresh.experiment.clone(),
        name: name.to_owned(),
        start_time_ms: NOW_MS,
        user: Some("ana".to_owned()),
        tags: vec![],
    };
    fresh.store.create_run(&new).await.expect("a run is made")
}

/// A run as a training leaves it: 20 parameters, 5 metrics, ended.
async fn whole_run(fresh: &Fresh, i: i64) {
    let run = run(fresh, &format!("run {i}")).await;
    let batch = Batch {
        params: (0..20).map(|p| (format!("param {p}"), (i * p).to_string())).collect(),
        metrics: (0..5)
            .map(|m| Metric::new(format!("metric {m}"), (i * 7_919 % 1_000 + m) as f64, NOW_MS))
            .collect(),
        tags: vec![],
    };
    fresh.store.log_batch(&run.id, &batch).await.expect("a batch is logged");
    let end = NOW_MS + i;
    fresh.store.end_run(&run.id, RunStatus::Finished, end).await.expect("the run ends");
}

fn points() -> Batch {
    let point = |step: i64| Metric::new("yhat", step as f64, NOW_MS + step).with_step(step);
    Batch { metrics: (0..N_POINTS).map(point).collect(), ..Batch::default() }
}

fn writing(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");
    let mut group = c.benchmark_group("embedded/write");
    group.sample_size(10).measurement_time(Duration::from_secs(8));
    group.bench_function("create the file", |b| {
        b.iter_batched(
            || tempfile::tempdir().expect("a folder is made"),
            |folder| {
                runtime.block_on(open(folder.path()));
                folder
            },
            BatchSize::PerIteration,
        );
    });
    let batch = points();
    group.throughput(Throughput::Elements(N_POINTS.unsigned_abs()));
    group.bench_function("10,000 metrics into one run", |b| {
        b.iter_batched(
            || {
                runtime.block_on(async {
                    let fresh = fresh().await;
                    let run = run(&fresh, "x").await;
                    (fresh, run)
                })
            },
            |(fresh, run)| {
                runtime.block_on(fresh.store.log_batch(&run.id, &batch)).expect("logged");
                fresh.folder
            },
            BatchSize::PerIteration,
        );
    });
    group.throughput(Throughput::Elements(100));
    group.bench_function("100 runs, 20 params and 5 metrics each", |b| {
        b.iter_batched(
            || runtime.block_on(fresh()),
            |fresh| {
                runtime.block_on(async {
                    for i in 0..100 {
                        whole_run(&fresh, i).await;
                    }
                });
                fresh.folder
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn reading(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");
    let full = runtime.block_on(async {
        let fresh = fresh().await;
        for i in 0..N_RUNS {
            whole_run(&fresh, i).await;
        }
        let store = &fresh.store;
        store.create_registered_model("ProphetModel", None).await.expect("registered");
        let source = format!("runs:/{}/model", run(&fresh, "x").await.id);
        for _ in 0..5 {
            let new = NewModelVersion {
                name: "ProphetModel".to_owned(),
                source: source.clone(),
                run_id: None,
                model_id: None,
                description: None,
                tags: vec![],
            };
            let made = store.create_version(&new).await.expect("registered");
            let moved =
                store.transition_stage("ProphetModel", made.version, Stage::Production, true).await;
            moved.expect("moved");
        }
        fresh
    });
    let store = &full.store;
    let experiments = [full.experiment.clone()];
    let mut group = c.benchmark_group("embedded/read");
    group.sample_size(20).measurement_time(Duration::from_secs(5));
    let best = Search::new("metrics.`metric 0` < 100").with_order_by("metrics.`metric 0`");
    let some = Search::default().with_max_results(100);
    for (name, search) in [
        ("search 1,000 runs by a metric", best.with_max_results(100)),
        ("the newest 100 of 1,000 runs", some),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let page = runtime.block_on(store.search_runs(&experiments, &search));
                black_box(page.expect("found"))
            });
        });
    }
    group.bench_function("poll a registered model", |b| {
        b.iter(|| black_box(runtime.block_on(store.get_registered_model("ProphetModel"))));
    });
    group.bench_function("data_version", |b| {
        b.iter(|| black_box(runtime.block_on(store.data_version())));
    });
    group.bench_function("read an experiment", |b| {
        b.iter(|| black_box(runtime.block_on(store.get_experiment(&full.experiment))));
    });
    group.finish();
}

criterion_group!(benches, writing, reading);
criterion_main!(benches);
