//! `train`: the main job, and its summary.

use anyhow::{Context as _, Result};
use forecast_monitor::Limits;
use mlflow_client::Stage;

use super::{Access, connect};
use crate::{
    cli::{Cli, TrainArgs},
    print,
    progress::Progress,
    settings::Settings,
    train::{self, Backtest, BandReference, Scores, Trained, backtest_line, verdict},
    wire::{BacktestWire, BandReferenceWire, FitWire, TrainedWire},
};

pub(super) async fn run(cli: &Cli, settings: &Settings, args: &TrainArgs) -> Result<()> {
    let progress = Progress::new(!cli.common.no_progress && cli.common.quiet == 0);
    // First of all, for a store that cannot be used makes the rest pointless.
    let stage = progress.begin("connect", &settings.tracking_uri.to_string());
    let store = connect(settings, Access::Create).await?;
    stage.done(store.uri());
    let trained = train::train(store.as_ref(), settings, args, &progress)
        .await
        .with_context(|| format!("failed to train `{}`", settings.symbol))?;
    if cli.common.json {
        return print::json(&wire(&trained, settings, store.uri()));
    }
    print::text(&summary(&trained, settings, store.uri()))
}

fn wire(trained: &Trained, settings: &Settings, uri: &str) -> TrainedWire {
    let Trained { data, evaluation, tracked, .. } = trained;
    let report = evaluation.fitted.report();
    TrainedWire {
        run_id: tracked.run.id.to_string(),
        experiment: settings.experiment.clone(),
        experiment_id: tracked.experiment_id.to_string(),
        model_name: settings.model_name.clone(),
        version: tracked.version.as_ref().map(|version| version.version.number()),
        stage: tracked.version.as_ref().map(|version| version.stage.as_str()),
        symbol: settings.symbol.to_string(),
        tracking_uri: uri.to_owned(),
        artifact_uri: tracked.run.artifact_uri.clone(),
        source: data.provenance.to_string(),
        cutoff: data.split.cutoff.to_string(),
        trained_through: data.last.to_string(),
        rows: data.bars.len(),
        train_rows: data.split.train.len(),
        test_rows: data.split.test.len(),
        data_digest: data.digest.clone(),
        findings: data.quality.counts(),
        metrics: evaluation.metrics(),
        baseline: evaluation.baseline(),
        backtest: trained.backtest.as_ref().map(backtest_wire),
        fit: FitWire {
            seconds: evaluation.fit_seconds,
            log_posterior: report.map_or(f64::NAN, |report| report.log_posterior),
            converged: report.is_some_and(|report| report.converged),
            unidentified: report.map(|report| report.unidentified.clone()).unwrap_or_default(),
        },
    }
}

fn backtest_wire(backtest: &Backtest) -> BacktestWire {
    let band = |of: &BandReference| {
        let Limits { mean: mae_mean, sd: mae_sd, mase: mase_mean } = of.limits;
        (of.band.key(), BandReferenceWire { mae_mean, mae_sd, mase_mean })
    };
    BacktestWire { folds: backtest.folds, bands: backtest.bands.iter().map(band).collect() }
}

fn summary(trained: &Trained, settings: &Settings, uri: &str) -> String {
    let Trained { data, evaluation, tracked, .. } = trained;
    let first = data.bars.first_date().unwrap_or(data.last);
    let price = settings.price.name();
    let mut out = format!("\n{}, {price}, {first} to {}\n", settings.symbol, data.last);
    let (train, test) = (data.split.train.len(), data.split.test.len());
    out += &format!("sessions  {}: {train} to train on, {test} to test on\n", data.bars.len());
    out += &format!("source    {}\n", data.provenance);
    out += &format!("data      {}\n\n", data.quality.summary_line());
    out += &scores(trained);
    out += &format!("{}\n\n", verdict(evaluation));
    out += &format!("backtest  {}\n", backtest_line(trained.backtest.as_ref()));
    if let Some(report) = evaluation.fitted.report() {
        let state = if report.converged { "converged" } else { "did NOT converge" };
        out += &format!(
            "fit       {state}, log posterior {:.3}, {:.1} ms\n",
            report.log_posterior,
            1e3 * evaluation.fit_seconds
        );
        if !trained.fitted.report().is_some_and(|report| report.converged) {
            out += "          the fit on all rows, which is registered, did NOT converge\n";
        }
        if !report.unidentified.is_empty() {
            out += &format!(
                "          not determined by the data: {}\n",
                report.unidentified.join(", ")
            );
        }
    }
    out += &format!("run       {} in experiment {}\n", tracked.run.id, settings.experiment);
    let next = match &tracked.version {
        Some(version) => {
            out += &format!(
                "model     {} v{}, stage {}, trained through {}\n",
                version.name, version.version, version.stage, data.last
            );
            if version.stage == Stage::Production {
                "cargo run -p api    (serves it)".to_owned()
            } else {
                format!(
                    "cargo run -p trainer -- promote --version {} --stage Production",
                    version.version
                )
            }
        }
        None => "cargo run -p trainer    (registers the model, too)".to_owned(),
    };
    out += &format!("stored    {uri}, files in {}\n", tracked.run.artifact_uri);
    out +=
        &format!("next      {next}\n          make mlflow    (to look at it in the MLflow UI)\n");
    out
}

/// The table of errors, on the same dates.
fn scores(trained: &Trained) -> String {
    let evaluation = &trained.evaluation;
    let test = &trained.data.split.test;
    let span = test.first_date().zip(test.last_date());
    let title = span.map_or_else(String::new, |(first, last)| format!("test {first} to {last}"));
    let row = |name: &str, scores: &Scores| {
        let m = &scores.metrics;
        vec![
            name.to_owned(),
            format!("{:.3}", m.mae),
            format!("{:.3}", m.rmse),
            format!("{:.2}", m.mape),
            format!("{:+.3}", m.bias),
            format!("{:.2}", scores.mase),
            m.coverage.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", 100.0 * share)),
        ]
    };
    let promised = 100.0 * evaluation.fitted.spec().interval_width;
    let band = format!("in {promised:.0} % band");
    print::table(
        &[&title, "MAE", "RMSE", "MAPE %", "bias", "MASE", &band],
        &[
            row("prophet", &evaluation.prophet),
            row("last price", &evaluation.naive),
            row("drift", &evaluation.drift),
        ],
    )
}
