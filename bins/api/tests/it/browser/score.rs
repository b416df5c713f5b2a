//! A score as `trainer score` leaves one, made up.

use std::time::{Duration, Instant};

use forecast_monitor::{
    BANDS, Band, BandReport, Close, Daily, LeftOut, Level, Limits, Report, Scores,
};
use mlflow_client::{Search, Store};
use testkit::series::Row;

use super::PATIENCE;
use crate::app::NAME;

/// Sessions that were forecast.
const SESSIONS: usize = 90;

/// What the page's table says of one session ahead: the horizon, the error, that of the last
/// close, their ratio, the share within the band, how many, the limit, the state.
pub(super) const FIRST_ROW: &str = "10.400.202.0075%200.50✓ in order";

/// Puts a score into the run of the first version, once the service has made that run.
pub(super) async fn score(store: &dyn Store, prices: &[Row]) {
    let run = first_run(store).await;
    let score = report(prices).to_json().into_bytes();
    store.put_artifact(&run, "score.json", score).await.unwrap();
}

/// Where the files of the only run lie.
async fn first_run(store: &dyn Store) -> String {
    let began = Instant::now();
    loop {
        if let Some(experiment) = store.experiment_by_name("petr4_forecast_api").await.unwrap() {
            let runs = store.search_runs(&[experiment.id], &Search::default()).await.unwrap();
            if let Some(run) = runs.items.into_iter().next() {
                return run.artifact_uri;
            }
        }
        assert!(began.elapsed() < PATIENCE, "the version has no run");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn report(prices: &[Row]) -> Report {
    let days = &prices[prices.len() - SESSIONS..];
    let daily = |day: &Row| Daily {
        ds: day.date,
        close: day.close,
        yhat: [Some(day.open); BANDS.len()],
        lower_h05: Some(day.open - 0.8),
        upper_h05: Some(day.open + 0.8),
    };
    Report {
        model: NAME.to_owned(),
        version: 1,
        symbol: "PETR4.SA".to_owned(),
        scored_at: "2025-12-30T22:00:00Z".parse().unwrap(),
        through: days.last().map(|day| day.date),
        window_sessions: 20,
        bands: BANDS.map(band).to_vec(),
        daily: days.iter().map(daily).collect(),
        closes: days.iter().map(|day| Close { ds: day.date, close: day.close }).collect(),
        alerts: Vec::new(),
        left_out: LeftOut { awaiting: 30, ..LeftOut::default() },
        rescaled: Vec::new(),
        revisions: Vec::new(),
        requests: Vec::new(),
        experiment_run_id: None,
    }
}

/// The further ahead, the worse the last close; the forecast is as wrong everywhere.
fn band(band: Band) -> BandReport {
    let (mae, naive_mae) = (0.4, 0.2 * band.mean_horizon().sqrt());
    BandReport {
        band,
        scores: Some(Scores {
            n: 20,
            n_targets: 20,
            n_effective: 4.0,
            mae,
            rmse: mae,
            mape: 4.0,
            bias: 0.0,
            mase: Some(mae / naive_mae),
            naive_mae,
            coverage: Some(0.75),
            interval_width: Some(0.8),
            pinball: None,
            winkler: None,
            tracking_signal: 0.0,
        }),
        limits: Some(Limits { mean: 0.4, sd: 0.05, mase: None }),
        level: Level::Ok,
    }
}
