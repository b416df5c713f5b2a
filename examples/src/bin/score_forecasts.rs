//! Keeps the forecasts of a model of one's own, and scores them when the closes are known.
//!
//! `score_forecasts [SPOOL]`: the model forecasts the last close and a little more, every session
//! of half a year. Run it twice: what was kept is not kept again, and the scores are the same.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Datelike as _, NaiveDate, Utc, Weekday};
use examples::sales;
use forecast_monitor::report::{About, Report};
use forecast_monitor::{Close, Forecast, Kind, Outcome, Recorder, Row, Spool, join};

/// How many sessions each forecast looks ahead, and how many forecasts there are.
const HORIZON: usize = 30;
const ORIGINS: usize = 120;

fn is_session(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The exchange's clock: a session closes at 21:00 UTC.
fn closes_at(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(21, 0, 0).unwrap_or_default().and_utc()
}

/// What version 1 says after the close of `origin`.
fn forecast(closes: &[Close], origin: usize, ahead: &[NaiveDate]) -> Forecast {
    let Close { ds, close } = closes[origin];
    let row = |(h, &ds): (usize, &NaiveDate)| {
        let (yhat, half) = (close + 0.2 * h as f64, 12.0 + 0.5 * h as f64);
        Row { ds, yhat, yhat_lower: Some(yhat - half), yhat_upper: Some(yhat + half) }
    };
    Forecast {
        model: "LastCloseAndMore".to_owned(),
        version: 1,
        symbol: "SHOP".to_owned(),
        kind: Kind::Ready,
        origin: ds,
        answers_from: ahead[0],
        issued_at: closes_at(ds) + Duration::from_hours(1),
        trained_through: Some(ds),
        interval_width: 0.8,
        anchors: vec![(ds, close)],
        rows: ahead.iter().enumerate().map(row).collect(),
    }
}

#[expect(clippy::print_stdout, reason = "what an example is for")]
fn main() -> Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "forecasts.db".to_owned());
    let first = NaiveDate::from_ymd_opt(2026, 1, 5).context("a date")?;
    let sessions: Vec<NaiveDate> =
        first.iter_days().filter(|day| is_session(*day)).take(ORIGINS + HORIZON).collect();
    let closes: Vec<Close> = sessions
        .iter()
        .zip(sales(sessions.len(), 1))
        .map(|(&ds, close)| Close { ds, close })
        .collect();

    // The service: each forecast is on disk before anybody is answered with it.
    #[expect(clippy::disallowed_methods, reason = "a program may read the clock")]
    let recorder = Recorder::start(&path, SystemTime::now);
    for origin in 0..ORIGINS {
        let ticket =
            recorder.handle().keep(forecast(&closes, origin, &sessions[origin + 1..][..HORIZON]));
        ensure!(ticket.wait(Duration::from_secs(10)) == Outcome::Kept, "{:?}", recorder.stop());
    }
    println!("{} of {ORIGINS} forecasts are new in {path}", recorder.stop().kept);

    // The job after the close: here only some closes are known yet.
    let known = &closes[..ORIGINS];
    let pending = Spool::open(path.as_ref())?.pending(NaiveDate::MAX, ORIGINS)?;
    let forecasts: Vec<Forecast> = pending.into_iter().map(|found| found.forecast).collect();
    let joined = join(&forecasts, known, &closes_at);
    for (reason, n) in joined.left_out.by_reason().into_iter().filter(|(_, n)| *n > 0) {
        println!("{n} rows are left out: {reason}");
    }
    let about = About {
        model: "LastCloseAndMore".to_owned(),
        version: 1,
        symbol: "SHOP".to_owned(),
        scored_at: closes_at(known[ORIGINS - 1].ds),
    };
    let report = Report::of(about, &joined, known, &[], 0);
    for band in &report.bands {
        let scores = band.scores.context("every band has been forecast")?;
        println!(
            "{}: {} forecasts of {} sessions, mae {:.1}, {:.2} of the last close's, {:.0} % in \
             the band: {}",
            band.band.key(),
            scores.n,
            scores.n_targets,
            scores.mae,
            scores.mase.context("the last close errs")?,
            100.0 * scores.coverage.context("there are intervals")?,
            band.level
        );
    }
    for alert in &report.alerts {
        println!("{}: {}", alert.level, alert.sentence);
    }
    Ok(())
}
