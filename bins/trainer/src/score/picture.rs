//! The picture of a run: what was forecast over what came.

use anyhow::Result;
use chrono::NaiveDate;
use forecast_core::ds::midnight;
use forecast_monitor::{BANDS, Forecast, Report};
use prophet_plot::{Foreseen, Page, Realised, plot_realised};

use super::windows::Session;

/// Where the picture lies in the run.
pub(super) const PATH: &str = "plots/live.svg";

/// The band that is drawn: a week ahead, near enough to act on and far enough to be hard.
pub(super) const SHOWN: usize = 1;

/// Draws the days of the report, the newest forecast, and the errors of `sessions`, under a
/// headline, in a unit.
pub(super) fn draw(
    report: &Report,
    newest: Option<&Forecast>,
    sessions: &[Session],
    (headline, unit): (&str, &str),
) -> Result<Vec<u8>> {
    let actual: Vec<_> = report.closes.iter().map(|c| (midnight(c.ds), c.close)).collect();
    let first = report.closes.first().map(|close| close.ds);
    let foreseen = report.daily.iter().filter(|day| first.is_some_and(|first| first <= day.ds));
    let forecast: Vec<Foreseen> = foreseen
        .filter_map(|day| {
            let interval = day.lower_h05.zip(day.upper_h05);
            Some(Foreseen { ds: midnight(day.ds), yhat: day.yhat[SHOWN]?, interval })
        })
        .collect();
    let is_ahead = |ds: NaiveDate| report.through.is_none_or(|through| through < ds);
    let rows = newest.map(|forecast| forecast.rows.as_slice()).unwrap_or_default();
    let ahead: Vec<Foreseen> = rows
        .iter()
        .filter(|row| is_ahead(row.ds) && row.yhat.is_finite())
        .map(|row| {
            let interval = row.yhat_lower.zip(row.yhat_upper);
            Foreseen { ds: midnight(row.ds), yhat: row.yhat, interval }
        })
        .collect();
    let errors: Vec<_> = sessions
        .iter()
        .filter(|session| first.is_some_and(|first| first <= session.ds))
        .filter_map(|session| {
            let scores = session.scores[SHOWN]?;
            Some((midnight(session.ds), scores.mae, scores.naive_mae))
        })
        .collect();
    let band = BANDS[SHOWN];
    let title = format!(
        "Mean absolute error {} to {} sessions ahead, over {} sessions",
        band.from(),
        band.to(),
        report.window_sessions
    );
    let realised = Realised {
        actual: &actual,
        forecast: &forecast,
        ahead: &ahead,
        errors: &errors,
        errors_title: &title,
        y_label: unit,
    };
    let name = format!(
        "{}: {} v{}, forecast {} sessions before",
        report.symbol,
        report.model,
        report.version,
        band.to()
    );
    let figure = plot_realised(&realised)?.titled(&name, headline);
    Ok(figure.svg(&Page::default())?.into_bytes())
}
