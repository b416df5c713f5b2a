//! Programs that embed the crates in another service; each is a file in `src/bin/`.
//!
//! | program | shows |
//! |---|---|
//! | `fit_and_predict` | fit, forecast with intervals, a baseline beside it, a model for Python |
//! | `cross_validate` | `cross_validation` and `performance_metrics`, MASE and skill among them |
//! | `sample_posterior` | `mcmc_samples`: diagnostics, and the doubt about a regressor's coefficient |
//! | `save_and_load` | a model as Python's JSON, and in the compact form |
//! | `many_series` | a batch on all cores, a bad series among them, with progress |
//! | `own_optimizer` | an optimizer of one's own, and the model behind augurs' traits |
//! | `prophet` | Prophet on the command line: `docs/prophet-cli.md` |
//! | `track_a_run` | a run in MLflow: parameters, metrics, a dataset, a table, a child, a failure |
//! | `search_runs` | MLflow's filters, order and pages |
//! | `register_and_promote` | versions, stages, aliases, and the way back |
//! | `load_a_production_model` | a Prophet model for Python's MLflow, loaded by its stage |
//! | `watch_an_alias` | the served model follows an alias: a model type of one's own, a refusal |
//! | `embed_in_axum` | the same in a service of another framework |
//! | `score_forecasts` | forecasts kept in a spool, joined with closes, scored by horizon |
//! | `artifacts` | folders up and down, listings, a range of a file |
//! | `fetch_and_split` | prices from Yahoo or a file, cleaned, split by time |
//!
//! ```text
//! cargo run -p examples --bin cross_validate
//! cargo run --release -p examples --bin prophet -- fit --csv series.csv
//! cargo run -p examples --bin track_a_run -- http://127.0.0.1:5000
//! cargo run -p examples --features market --bin fetch_and_split -- prices.csv
//! ```

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use forecast_core::ds::{Ds, midnight};
use mlflow_client::{
    ClientOptions, NewModelVersion, Result, StartRun, Store, TrackingUri, Version, connect,
    start_run,
};

/// Opens the store that the program's first argument names: an `http://…` of a server, a
/// `sqlite:///…`, or without one `mlflow.db` in the working folder.
///
/// # Errors
///
/// What the store says when it cannot be opened.
pub async fn mlflow_store() -> Result<Arc<dyn Store>> {
    let uri = TrackingUri::parse(&std::env::args().nth(1).unwrap_or_default())?;
    connect(&uri, &ClientOptions::new()).await
}

/// Logs a text as the file `file` of a run, and registers it as the next version of `model`.
///
/// # Errors
///
/// What the store says.
pub async fn register_text(
    store: &Arc<dyn Store>,
    model: &str,
    file: &str,
    text: &str,
) -> Result<Version> {
    let experiment = store.get_or_create_experiment("examples").await?;
    let run = start_run(store, StartRun::new(experiment, model)).await?;
    run.log_text(text, &format!("model/{file}")).await?;
    let new = NewModelVersion {
        name: model.to_owned(),
        source: format!("runs:/{}/model", run.id()),
        run_id: Some(run.id().clone()),
        model_id: None,
        description: None,
        tags: vec![],
    };
    run.end().await?;
    Ok(store.create_version(&new).await?.version)
}

/// Days from 2022-01-03 on, a Monday, to have something to forecast.
#[must_use]
pub fn days(n: usize) -> Vec<Ds> {
    let first = NaiveDate::from_ymd_opt(2022, 1, 3).unwrap_or_default();
    (0..n as u64).map(|i| midnight(first + Days::new(i))).collect()
}

/// Sales of `n` days: growth that slows, busy weekends, a warm season, and noise
/// that `seed` decides.
#[must_use]
pub fn sales(n: usize, seed: u64) -> Vec<f64> {
    let day = |i: usize| {
        let t = i as f64;
        // The fraction of a multiple of an irrational number, as good as random here.
        let noise = (t + 1.0).mul_add(0.754_877_666, seed as f64 * 0.569_840_291).fract() - 0.5;
        100.0 + 0.2 * t - 0.1 * (t - 400.0).max(0.0)
            + if i % 7 > 4 { 15.0 } else { 0.0 }
            + 10.0 * (t * std::f64::consts::TAU / 365.25).sin()
            + 4.0 * noise
    };
    (0..n).map(day).collect()
}
