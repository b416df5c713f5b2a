//! `score`: how what was forecast compares with what came, for a schedule.

use std::{collections::BTreeMap, process::ExitCode};

use anyhow::Result;
use forecast_monitor::{BandReport, Limits, Scores};

use super::{Access, connect};
use crate::{
    cli::{Cli, ScoreArgs},
    failure::usage,
    print,
    progress::Progress,
    score::{self, Scoring, State, VersionScore},
    settings::Settings,
    wire::{AlertWire, BandScoreWire, PassedOverWire, RevisionWire, ScoringWire, VersionScoreWire},
};

/// An alert stands.
const EXIT_ALERT: u8 = 3;

pub(super) async fn run(cli: &Cli, settings: &Settings, args: &ScoreArgs) -> Result<ExitCode> {
    let mut settings = settings.clone();
    if let Some(as_of) = args.as_of {
        let today = settings.clock().today();
        if today < as_of {
            return Err(usage(anyhow::anyhow!(
                "--as-of is {as_of}, it must not be after today, {today}"
            )));
        }
        // A day of the past is scored as it would have been on its evening.
        if as_of < today {
            settings.today = Some(as_of);
        }
    }
    let progress = Progress::new(!cli.common.no_progress && cli.common.quiet == 0);
    let store = connect(&settings, Access::Existing).await?;
    let scoring = score::score(store.as_ref(), &settings, args, &progress).await?;
    if cli.common.json {
        print::json(&wire(&scoring, &settings))?;
    } else {
        print::text(&format!("{}\n", scoring.line(&settings)))?;
    }
    let n_failures = scoring.failures.len();
    if let Some((version, error)) = scoring.failures.into_iter().next() {
        let others = n_failures - 1;
        let more = if others == 0 { String::new() } else { format!(", nor {others} more") };
        return Err(error.context(format!("version {version} was not scored{more}")));
    }
    let is_alert = scoring.versions.iter().any(VersionScore::is_alert);
    Ok(if is_alert { ExitCode::from(EXIT_ALERT) } else { ExitCode::SUCCESS })
}

fn wire(scoring: &Scoring, settings: &Settings) -> ScoringWire {
    let failures = scoring.failures.iter();
    ScoringWire {
        as_of: scoring.as_of.to_string(),
        model_name: settings.model_name.clone(),
        experiment: settings.monitor_experiment.clone(),
        level: scoring.level().as_str(),
        line: scoring.line(settings),
        versions: scoring.versions.iter().map(version).collect(),
        failures: failures.map(|(version, error)| (*version, format!("{error:#}"))).collect(),
    }
}

fn version(found: &VersionScore) -> VersionScoreWire {
    let report = found.report.as_ref();
    let bands = report.into_iter().flat_map(|report| &report.bands);
    let left_out = report.into_iter().flat_map(|report| report.left_out.by_reason());
    let passed_over = &found.passed_over;
    VersionScoreWire {
        version: found.version,
        run_id: found.run.id.to_string(),
        served: found.is_served,
        state: match found.state {
            State::Scored => "scored",
            State::LookedBack => "looked_back",
            State::NoForecasts => "no_forecasts",
            State::Settled => "settled",
        },
        level: found.level().as_str(),
        through: report.and_then(|report| report.through).map(|day| day.to_string()),
        new_sessions: found.n_new,
        corrected_sessions: found.n_corrected,
        revised: found
            .revised
            .iter()
            .map(|one| RevisionWire { ds: one.ds.to_string(), was: one.was, is: one.is })
            .collect(),
        rescaled_by: found.split,
        no_limits: found.no_limits.clone(),
        bands: bands.map(|of| (of.band.key(), band(of))).collect(),
        alerts: report.into_iter().flat_map(|report| &report.alerts).map(AlertWire::of).collect(),
        left_out: left_out.collect::<BTreeMap<_, _>>(),
        passed_over: PassedOverWire {
            foreign: passed_over.foreign,
            unreadable: passed_over.unreadable,
            too_many: passed_over.too_many,
            named: passed_over.named.clone(),
        },
    }
}

fn band(of: &BandReport) -> BandScoreWire {
    let score = |value: fn(&Scores) -> f64| of.scores.as_ref().map(value);
    let maybe = |value: fn(&Scores) -> Option<f64>| of.scores.as_ref().and_then(value);
    BandScoreWire {
        level: of.level.as_str(),
        n: of.scores.map_or(0, |scores| scores.n),
        mae: score(|scores| scores.mae),
        rmse: score(|scores| scores.rmse),
        mape: score(|scores| scores.mape),
        bias: score(|scores| scores.bias),
        naive_mae: score(|scores| scores.naive_mae),
        mase: maybe(|scores| scores.mase),
        coverage: maybe(|scores| scores.coverage),
        pinball: maybe(|scores| scores.pinball),
        winkler: maybe(|scores| scores.winkler),
        tracking_signal: score(|scores| scores.tracking_signal),
        warn_mae: of.limits.map(Limits::warn),
        alert_mae: of.limits.map(Limits::alert),
    }
}
