//! The JSON of a report.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{BandReport, Daily, FORMAT, Report};
use crate::alert::{Alert, Level, Limits, What};
use crate::error::ReportError;
use crate::realised::{Close, LeftOut, Rescaled, Revision};
use crate::table::time_text;
use crate::window::{Band, Scores};

/// How much of a wrong value is shown, in characters.
const SHOWN_CHARS: usize = 40;

#[derive(Debug, Deserialize)]
struct Head {
    format: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct ReportWire {
    format: u32,
    model: String,
    version: u32,
    symbol: String,
    scored_at: String,
    through: Option<String>,
    window_sessions: usize,
    /// For people and programs that look at the file; found again from the parts.
    #[serde(skip_deserializing)]
    level: &'static str,
    bands: Vec<BandWire>,
    daily: Vec<DailyWire>,
    closes: Vec<(String, f64)>,
    alerts: Vec<AlertWire>,
    left_out: LeftOutWire,
    rescaled: Vec<RescaledWire>,
    revisions: Vec<RevisionWire>,
    requests: Vec<(String, u64)>,
    experiment_run_id: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct BandWire {
    key: String,
    #[serde(skip_deserializing)]
    from: u32,
    #[serde(skip_deserializing)]
    to: u32,
    level: String,
    scores: Option<ScoresWire>,
    limits: Option<LimitsWire>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ScoresWire {
    n: usize,
    n_targets: usize,
    n_effective: f64,
    mae: f64,
    rmse: f64,
    mape: f64,
    bias: f64,
    mase: Option<f64>,
    naive_mae: f64,
    coverage: Option<f64>,
    interval_width: Option<f64>,
    pinball: Option<f64>,
    winkler: Option<f64>,
    tracking_signal: f64,
}

#[derive(Debug, Serialize, Deserialize)]
struct LimitsWire {
    mean: f64,
    sd: f64,
    mase: Option<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DailyWire {
    ds: String,
    close: f64,
    yhat_h01: Option<f64>,
    yhat_h05: Option<f64>,
    yhat_h10: Option<f64>,
    yhat_h20: Option<f64>,
    yhat_h30: Option<f64>,
    lower_h05: Option<f64>,
    upper_h05: Option<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct AlertWire {
    level: String,
    band: Option<String>,
    what: String,
    value: f64,
    limit: f64,
    sentence: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct LeftOutWire {
    asked: u64,
    duplicate: u64,
    not_live: u64,
    clock_wrong: u64,
    not_finite: u64,
    awaiting: u64,
    no_close: u64,
    no_origin_close: u64,
    anchors_disagree: u64,
    anchors_unseen: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct RescaledWire {
    version: u32,
    origin: String,
    ratio: f64,
}

#[derive(Debug, Serialize, Deserialize)]
struct RevisionWire {
    ds: String,
    was: f64,
    is: f64,
    at: String,
}

pub(super) fn write(report: &Report) -> String {
    let wire = ReportWire {
        format: FORMAT,
        model: report.model.clone(),
        version: report.version,
        symbol: report.symbol.clone(),
        scored_at: time_text(report.scored_at),
        through: report.through.map(|day| day.to_string()),
        window_sessions: report.window_sessions,
        level: report.level().as_str(),
        bands: report.bands.iter().map(band_to_wire).collect(),
        daily: report.daily.iter().map(daily_to_wire).collect(),
        closes: report.closes.iter().map(|c| (c.ds.to_string(), c.close)).collect(),
        alerts: report.alerts.iter().map(alert_to_wire).collect(),
        left_out: left_out_to_wire(&report.left_out),
        rescaled: report
            .rescaled
            .iter()
            .map(|&Rescaled { version, origin, ratio }| RescaledWire {
                version,
                origin: origin.to_string(),
                ratio,
            })
            .collect(),
        revisions: report
            .revisions
            .iter()
            .map(|&Revision { ds, was, is, at }| RevisionWire {
                ds: ds.to_string(),
                was,
                is,
                at: time_text(at),
            })
            .collect(),
        requests: report.requests.iter().map(|(day, n)| (day.to_string(), *n)).collect(),
        experiment_run_id: report.experiment_run_id.clone(),
    };
    serde_json::to_string(&wire).expect("invariant: a report of texts and numbers is JSON")
}

fn band_to_wire(report: &BandReport) -> BandWire {
    let scores = report.scores.map(|s| ScoresWire {
        n: s.n,
        n_targets: s.n_targets,
        n_effective: s.n_effective,
        mae: s.mae,
        rmse: s.rmse,
        mape: s.mape,
        bias: s.bias,
        mase: s.mase,
        naive_mae: s.naive_mae,
        coverage: s.coverage,
        interval_width: s.interval_width,
        pinball: s.pinball,
        winkler: s.winkler,
        tracking_signal: s.tracking_signal,
    });
    let limits = report.limits.map(|Limits { mean, sd, mase }| LimitsWire { mean, sd, mase });
    BandWire {
        key: report.band.key().to_owned(),
        from: report.band.from(),
        to: report.band.to(),
        level: report.level.to_string(),
        scores,
        limits,
    }
}

fn daily_to_wire(daily: &Daily) -> DailyWire {
    let [yhat_h01, yhat_h05, yhat_h10, yhat_h20, yhat_h30] = daily.yhat;
    DailyWire {
        ds: daily.ds.to_string(),
        close: daily.close,
        yhat_h01,
        yhat_h05,
        yhat_h10,
        yhat_h20,
        yhat_h30,
        lower_h05: daily.lower_h05,
        upper_h05: daily.upper_h05,
    }
}

fn alert_to_wire(alert: &Alert) -> AlertWire {
    AlertWire {
        level: alert.level.to_string(),
        band: alert.band.map(|band| band.key().to_owned()),
        what: alert.what.to_string(),
        value: alert.value,
        limit: alert.limit,
        sentence: alert.sentence.clone(),
    }
}

fn left_out_to_wire(found: &LeftOut) -> LeftOutWire {
    LeftOutWire {
        asked: found.asked,
        duplicate: found.duplicate,
        not_live: found.not_live,
        clock_wrong: found.clock_wrong,
        not_finite: found.not_finite,
        awaiting: found.awaiting,
        no_close: found.no_close,
        no_origin_close: found.no_origin_close,
        anchors_disagree: found.anchors_disagree,
        anchors_unseen: found.anchors_unseen,
    }
}

/// Reads a report; the format is looked at first, since all else may have changed with it.
pub(super) fn read(text: &str) -> Result<Report, ReportError> {
    let head: Head = serde_json::from_str(text).map_err(ReportError::Json)?;
    if FORMAT < head.format {
        return Err(ReportError::Newer { found: head.format, known: FORMAT });
    }
    let wire: ReportWire = serde_json::from_str(text).map_err(ReportError::Json)?;
    Ok(Report {
        model: wire.model,
        version: wire.version,
        symbol: wire.symbol,
        scored_at: time("scored_at", &wire.scored_at)?,
        through: wire.through.map(|text| date("through", &text)).transpose()?,
        window_sessions: wire.window_sessions,
        bands: each(wire.bands, band)?,
        daily: each(wire.daily, |wire| daily(&wire))?,
        closes: each(wire.closes, |(ds, close)| Ok(Close { ds: date("closes", &ds)?, close }))?,
        alerts: each(wire.alerts, alert)?,
        left_out: left_out(&wire.left_out),
        rescaled: each(wire.rescaled, |RescaledWire { version, origin, ratio }| {
            Ok(Rescaled { version, origin: date("rescaled.origin", &origin)?, ratio })
        })?,
        revisions: each(wire.revisions, |RevisionWire { ds, was, is, at }| {
            let (ds, at) = (date("revisions.ds", &ds)?, time("revisions.at", &at)?);
            Ok(Revision { ds, was, is, at })
        })?,
        requests: each(wire.requests, |(day, n)| Ok((date("requests", &day)?, n)))?,
        experiment_run_id: wire.experiment_run_id,
    })
}

fn each<T, U>(
    found: Vec<T>,
    read: impl Fn(T) -> Result<U, ReportError>,
) -> Result<Vec<U>, ReportError> {
    found.into_iter().map(read).collect()
}

fn band(wire: BandWire) -> Result<BandReport, ReportError> {
    Ok(BandReport {
        band: band_of("bands.key", &wire.key)?,
        scores: wire.scores.map(|s| Scores {
            n: s.n,
            n_targets: s.n_targets,
            n_effective: s.n_effective,
            mae: s.mae,
            rmse: s.rmse,
            mape: s.mape,
            bias: s.bias,
            mase: s.mase,
            naive_mae: s.naive_mae,
            coverage: s.coverage,
            interval_width: s.interval_width,
            pinball: s.pinball,
            winkler: s.winkler,
            tracking_signal: s.tracking_signal,
        }),
        limits: wire.limits.map(|LimitsWire { mean, sd, mase }| Limits { mean, sd, mase }),
        level: level("bands.level", &wire.level)?,
    })
}

fn daily(wire: &DailyWire) -> Result<Daily, ReportError> {
    Ok(Daily {
        ds: date("daily.ds", &wire.ds)?,
        close: wire.close,
        yhat: [wire.yhat_h01, wire.yhat_h05, wire.yhat_h10, wire.yhat_h20, wire.yhat_h30],
        lower_h05: wire.lower_h05,
        upper_h05: wire.upper_h05,
    })
}

fn alert(wire: AlertWire) -> Result<Alert, ReportError> {
    let what = What::ALL.into_iter().find(|what| what.as_str() == wire.what);
    Ok(Alert {
        level: level("alerts.level", &wire.level)?,
        band: wire.band.map(|key| band_of("alerts.band", &key)).transpose()?,
        what: what.ok_or_else(|| wrong("alerts.what", &wire.what, "no alert is about that"))?,
        value: wire.value,
        limit: wire.limit,
        sentence: wire.sentence,
    })
}

fn left_out(wire: &LeftOutWire) -> LeftOut {
    LeftOut {
        asked: wire.asked,
        duplicate: wire.duplicate,
        not_live: wire.not_live,
        clock_wrong: wire.clock_wrong,
        not_finite: wire.not_finite,
        awaiting: wire.awaiting,
        no_close: wire.no_close,
        no_origin_close: wire.no_origin_close,
        anchors_disagree: wire.anchors_disagree,
        anchors_unseen: wire.anchors_unseen,
    }
}

fn date(field: &'static str, text: &str) -> Result<NaiveDate, ReportError> {
    text.parse().map_err(|_| wrong(field, text, "it must be a date such as 2026-11-20"))
}

fn time(field: &'static str, text: &str) -> Result<DateTime<Utc>, ReportError> {
    let time = DateTime::parse_from_rfc3339(text);
    let time =
        time.map_err(|_| wrong(field, text, "it must be a time such as 2026-11-20T21:05:00Z"));
    Ok(time?.to_utc())
}

fn level(field: &'static str, text: &str) -> Result<Level, ReportError> {
    let level = Level::ALL.into_iter().find(|level| level.as_str() == text);
    level.ok_or_else(|| wrong(field, text, "it must be too_few, ok, warn or alert"))
}

fn band_of(field: &'static str, key: &str) -> Result<Band, ReportError> {
    Band::by_key(key).ok_or_else(|| wrong(field, key, "it must be a band such as h05"))
}

fn wrong(field: &'static str, text: &str, wanted: &'static str) -> ReportError {
    ReportError::Field { field, found: text.chars().take(SHOWN_CHARS).collect(), wanted }
}
