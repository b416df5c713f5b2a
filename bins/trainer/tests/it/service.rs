//! What the API leaves in MLflow, made by hand: a run a version, a table a session.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use forecast_monitor::{Forecast, Kind, Row, table};
use mlflow_client::{
    ClientOptions, ExperimentId, Metric, NewRun, Run, RunId, RunStatus, Store, TrackingUri,
};
use testkit::series::{Prices, next_session};

/// The experiment of the API's forecasts.
pub(crate) const EXPERIMENT: &str = "petr4_forecast_api";

/// Rows of a table: beyond what is scored, as those of the API are.
const ROWS: usize = 33;

/// MLflow, from the side of the API.
pub(crate) struct Service {
    runtime: tokio::runtime::Runtime,
    pub(crate) store: Arc<dyn Store>,
    experiment: ExperimentId,
    /// Runs begin one after the other.
    n_runs: AtomicI64,
}

impl Service {
    /// Opens the store and the experiment, which are made if they are not there.
    pub(crate) fn open(uri: &str) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let uri = TrackingUri::parse(uri).unwrap();
        let (store, experiment) = runtime.block_on(async {
            let store = mlflow_client::connect(&uri, &ClientOptions::default()).await.unwrap();
            let experiment = store.get_or_create_experiment(EXPERIMENT).await.unwrap();
            (store, experiment)
        });
        Self { runtime, store, experiment, n_runs: AtomicI64::new(1_700_000_000_000) }
    }

    pub(crate) fn local(folder: &Path) -> Self {
        Self::open(&format!("sqlite:///{}", folder.join("mlflow.db").display()))
    }

    /// Waits for what the store is asked.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The run of a version, as the API makes it.
    pub(crate) fn begin(&self, version: u32, labels: &[(&str, &str)]) -> Run {
        let mut tags = vec![
            ("model_name".to_owned(), "ProphetModel".to_owned()),
            ("model_version".to_owned(), version.to_string()),
            ("symbol".to_owned(), "PETR4.SA".to_owned()),
        ];
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        tags.extend(labels);
        let run = NewRun {
            experiment_id: self.experiment.clone(),
            name: format!("ProphetModel v{version} in production"),
            start_time_ms: self.n_runs.fetch_add(1, Ordering::Relaxed),
            user: None,
            tags,
        };
        self.wait(self.store.create_run(&run)).unwrap()
    }

    /// The version is not served any more.
    pub(crate) fn end(&self, run: &Run) {
        self.wait(self.store.end_run(&run.id, RunStatus::Finished, 1_800_000_000_000)).unwrap();
    }

    /// Puts a file where the API does.
    pub(crate) fn put(&self, run: &Run, path: &str, text: &str) {
        let put = self.store.put_artifact(&run.artifact_uri, path, text.as_bytes().to_vec());
        self.wait(put).unwrap();
    }

    /// Puts a forecast where the API does.
    pub(crate) fn issue(&self, run: &Run, forecast: &Forecast) {
        let origin = forecast.origin;
        let path = format!("forecasts/{}/{origin}.json", origin.format("%Y"));
        self.put(run, &path, &table::to_json(forecast));
    }

    /// A file of the run.
    pub(crate) fn read(&self, run: &Run, path: &str) -> String {
        let bytes = self.wait(self.store.get_artifact(&run.artifact_uri, path)).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    pub(crate) fn run(&self, id: &RunId) -> Run {
        self.wait(self.store.get_run(id)).unwrap()
    }

    pub(crate) fn tag(&self, run: &Run, key: &str) -> String {
        self.run(&run.id).tags.get(key).cloned().unwrap_or_default()
    }

    /// Every point of every metric `live/…`.
    pub(crate) fn points(&self, run: &Run) -> Vec<Metric> {
        let keys: Vec<String> =
            self.run(&run.id).metrics.into_keys().filter(|key| key.starts_with("live/")).collect();
        keys.iter()
            .flat_map(|key| self.wait(self.store.metric_history(&run.id, key)).unwrap())
            .collect()
    }

    /// The points of one metric: date, step, milliseconds after midnight, value.
    pub(crate) fn series(&self, run: &Run, key: &str) -> Vec<(NaiveDate, i64, i64, f64)> {
        let points = self.wait(self.store.metric_history(&run.id, key)).unwrap();
        points
            .into_iter()
            .map(|point| {
                let at = DateTime::from_timestamp_millis(point.timestamp_ms).unwrap();
                let after = (at - at.date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc())
                    .num_milliseconds();
                (at.date_naive(), point.step, after, point.value)
            })
            .collect()
    }
}

/// A model that was fitted to the first sessions of some prices: its answers are a function of
/// the date, so a table from any origin repeats them.
pub(crate) struct Model {
    pub(crate) version: u32,
    /// The rows that it was fitted to, as anchors.
    pub(crate) anchors: Vec<(NaiveDate, f64)>,
    pub(crate) yhat: fn(NaiveDate) -> f64,
}

impl Model {
    /// Fitted to the first `n_rows` of `prices`.
    pub(crate) fn fitted(
        version: u32,
        prices: &Prices,
        n_rows: usize,
        yhat: fn(NaiveDate) -> f64,
    ) -> Self {
        let rows = &prices.rows[n_rows - 5..n_rows];
        Self { version, anchors: rows.iter().map(|row| (row.date, row.close)).collect(), yhat }
    }

    /// What the API records for an origin, in the night after it.
    pub(crate) fn forecast(&self, origin: NaiveDate) -> Forecast {
        let targets =
            std::iter::successors(Some(next_session(origin)), |day| Some(next_session(*day)));
        let answers_from = origin.succ_opt().unwrap();
        Forecast {
            model: "ProphetModel".to_owned(),
            version: self.version,
            symbol: "PETR4.SA".to_owned(),
            kind: Kind::Ready,
            origin,
            answers_from,
            issued_at: night(answers_from),
            trained_through: self.anchors.last().map(|anchor| anchor.0),
            interval_width: 0.8,
            anchors: self.anchors.clone(),
            rows: targets.take(ROWS).map(|ds| self.row(ds)).collect(),
        }
    }

    fn row(&self, ds: NaiveDate) -> Row {
        let yhat = (self.yhat)(ds);
        Row { ds, yhat, yhat_lower: Some(yhat - 1.5), yhat_upper: Some(yhat + 1.5) }
    }
}

/// The first hour of a day in São Paulo.
fn night(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(3, 0, 0).unwrap().and_utc() + TimeDelta::minutes(1)
}
