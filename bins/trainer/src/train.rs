//! The main job: fetch → clean → split → fit → evaluate → refit → backtest → track → register.

mod artifacts;
mod backtest;
mod data;
mod evaluation;
mod pictures;
mod record;
mod source_control;
mod tables;
mod track;

use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use forecast_core::{Fitted, Series, ds::midnight, prophet_json};
use market_data::{Bars, Price};
use mlflow_client::Store;

pub(crate) use backtest::line as backtest_line;
pub use backtest::{Backtest, BandReference};
pub use data::Data;
pub(crate) use data::prices;
pub use evaluation::{Evaluation, Scores};
pub(crate) use record::verdict;
pub use track::{EXPERIMENT, Tracked};

use crate::{cli::TrainArgs, progress::Progress, settings::Settings};

/// Sessions after the last one that are forecast by the version that is registered.
pub const NEXT_SESSIONS: usize = 30;

/// What came out of a training.
#[derive(Debug)]
pub struct Trained {
    /// The prices, and how they were split.
    pub data: Data,
    /// The fit on the training rows, and how it did on the test rows.
    pub evaluation: Evaluation,
    /// The fit on all rows.
    pub fitted: Fitted,
    /// What its limits come from; none where the history is too short.
    pub backtest: Option<Backtest>,
    /// Where it is kept.
    pub tracked: Tracked,
}

/// Trains, and keeps everything in `store`.
pub(crate) async fn train(
    store: &dyn Store,
    settings: &Settings,
    args: &TrainArgs,
    progress: &Progress,
) -> Result<Trained> {
    let started_ms = settings.clock().wall_ms();
    let data = data::get(settings, args, progress).await?;

    let stage = progress.begin("fit", &format!("{} rows", data.split.train.len()));
    let since = Instant::now();
    let series = series(&data.split.train, settings.price)?;
    let fitted = forecast_core::fit(&settings.train.spec, &series)
        .with_context(|| format!("cannot fit Prophet to {}", settings.symbol))?;
    let fit_seconds = since.elapsed().as_secs_f64();
    stage.done(&evaluation::fit_line(&fitted));

    let stage = progress.begin("evaluate", &format!("{} sessions", data.split.test.len()));
    let evaluation = evaluation::evaluate(fitted, fit_seconds, &data, settings)?;
    stage.done(&evaluation.line());

    let stage = progress.begin("refit", &format!("{} rows", data.bars.len()));
    let fitted = refit(&data, settings)?;
    stage.done(&format!("through {}, {}", data.last, evaluation::fit_line(&fitted)));

    let stage = progress.begin("backtest", "windows of the past");
    let backtest = backtest::backtest(&data, settings)?;
    stage.done(&backtest_line(backtest.as_ref()));

    let stage = progress.begin("draw", "plots and tables");
    let record = record::Record {
        settings,
        data: &data,
        evaluation: &evaluation,
        fitted: &fitted,
        backtest: backtest.as_ref(),
    };
    let files = artifacts::all(&record)?;
    stage.done(&format!("{} files", files.len()));

    let tracked = track::track(store, &record, files, args, started_ms, progress).await?;
    Ok(Trained { data, evaluation, fitted, backtest, tracked })
}

/// The prices as the numerics take them.
pub(crate) fn series(bars: &Bars, price: Price) -> Result<Series> {
    let ds = bars.dates().iter().map(|&date| midnight(date)).collect();
    Ok(Series::new(ds, bars.closes(price)?.to_vec())?)
}

/// Fits all rows, and makes sure that what is written is what was fitted: a
/// model that does not read back to equal predictions is never logged.
fn refit(data: &Data, settings: &Settings) -> Result<Fitted> {
    let series = series(&data.bars, settings.price)?;
    let fitted = forecast_core::fit(&settings.train.spec, &series)
        .with_context(|| format!("cannot fit Prophet to all rows of {}", settings.symbol))?;
    let ds: Vec<_> = next_sessions(data).into_iter().map(midnight).collect();
    let again = prophet_json::read(&prophet_json::write(&fitted))
        .context("the fitted model does not read back from its JSON")?;
    if fitted.predict(&ds, settings.seed)? != again.predict(&ds, settings.seed)? {
        bail!("the fitted model reads back from its JSON to other predictions");
    }
    Ok(fitted)
}

/// The sessions after the last row.
fn next_sessions(data: &Data) -> Vec<NaiveDate> {
    data.calendar.sessions_after(data.last).take(NEXT_SESSIONS).collect()
}
