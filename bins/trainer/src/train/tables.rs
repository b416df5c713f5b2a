//! Forecasts as CSV.

use anyhow::Result;
use forecast_core::{Forecast, ds::midnight};

use super::{next_sessions, record::Record};

/// The test sessions: what was forecast from the cutoff, beside what happened.
pub(super) fn test(record: &Record<'_>) -> Result<String> {
    let evaluation = record.evaluation;
    let actual = record.data.split.test.closes(record.settings.price)?;
    let mut csv = "ds,y,yhat,yhat_lower,yhat_upper,trend,naive,drift\n".to_owned();
    for (i, y) in actual.iter().enumerate() {
        let row = row(&evaluation.forecast, i, Some(*y));
        let (naive, drift) = (evaluation.naive.yhat[i], evaluation.drift.yhat[i]);
        csv += &format!("{row},{naive},{drift}\n");
    }
    Ok(csv)
}

/// The sessions after the last one, from the version that is registered.
pub(super) fn next(record: &Record<'_>) -> Result<String> {
    let ds: Vec<_> = next_sessions(record.data).into_iter().map(midnight).collect();
    let forecast = record.fitted.predict(&ds, record.settings.seed)?;
    let mut csv = "ds,yhat,yhat_lower,yhat_upper,trend\n".to_owned();
    for i in 0..ds.len() {
        csv += &row(&forecast, i, None);
        csv.push('\n');
    }
    Ok(csv)
}

fn row(forecast: &Forecast, i: usize, actual: Option<f64>) -> String {
    let end = |ends: &[f64]| ends.get(i).map_or_else(String::new, ToString::to_string);
    let actual = actual.map_or_else(String::new, |y| format!("{y},"));
    format!(
        "{},{actual}{},{},{},{}",
        forecast.ds[i].date(),
        forecast.yhat[i],
        end(&forecast.yhat_lower),
        end(&forecast.yhat_upper),
        forecast.trend[i]
    )
}
