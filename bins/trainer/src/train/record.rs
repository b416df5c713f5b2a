//! What is written about a training: parameters, tags, a note for readers.

use std::collections::BTreeMap;

use forecast_core::{Fitted, SeasonalityChoice};
use mlflow_client::DatasetInput;
use serde_json::json;

use super::{Backtest, Data, Evaluation, Scores, backtest_line, source_control};
use crate::settings::{Settings, Source};

/// Length of a dataset's digest: MLflow's own, and what its pages have room for.
const DIGEST_CHARS: usize = 8;

/// A training, as the writers of its record see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) settings: &'a Settings,
    pub(super) data: &'a Data,
    pub(super) evaluation: &'a Evaluation,
    pub(super) fitted: &'a Fitted,
    pub(super) backtest: Option<&'a Backtest>,
}

impl Record<'_> {
    /// Every option of the specification under its Prophet name, and the data.
    pub(super) fn params(&self) -> Vec<(String, String)> {
        let Self { settings, data, .. } = self;
        let spec = &settings.train.spec;
        let pairs = [
            ("growth", spec.growth.name().to_owned()),
            ("n_changepoints", spec.n_changepoints.to_string()),
            ("changepoint_range", spec.changepoint_range.to_string()),
            ("changepoint_prior_scale", spec.changepoint_prior_scale.to_string()),
            ("yearly_seasonality", choice(spec.yearly_seasonality)),
            ("weekly_seasonality", choice(spec.weekly_seasonality)),
            ("daily_seasonality", choice(spec.daily_seasonality)),
            ("seasonality_mode", spec.seasonality_mode.name().to_owned()),
            ("seasonality_prior_scale", spec.seasonality_prior_scale.to_string()),
            ("holidays_prior_scale", spec.holidays_prior_scale.to_string()),
            ("holidays_mode", spec.holidays_mode().name().to_owned()),
            (
                "country_holidays",
                spec.country_holidays.clone().unwrap_or_else(|| "none".to_owned()),
            ),
            ("interval_width", spec.interval_width.to_string()),
            ("uncertainty_samples", spec.uncertainty_samples.to_string()),
            ("scaling", spec.scaling.name().to_owned()),
            ("mcmc_samples", "0".to_owned()),
            ("symbol", settings.symbol.to_string()),
            ("price", settings.price.name().to_owned()),
            ("source", self.source()),
            ("start", self.start()),
            ("end", data.last.to_string()),
            ("cutoff", data.split.cutoff.to_string()),
            ("rows", data.bars.len().to_string()),
            ("train_rows", data.split.train.len().to_string()),
            ("test_rows", data.split.test.len().to_string()),
            ("seed", settings.seed.to_string()),
            ("optimizer", settings.train.optimizer.name().to_owned()),
            ("data_digest", data.digest.clone()),
        ];
        pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    /// Tags of the run: who, from what, what was mended, and the note.
    pub(super) fn run_tags(&self) -> Vec<(String, String)> {
        let mut tags = self.author_tags();
        tags.extend([
            ("symbol".to_owned(), self.settings.symbol.to_string()),
            ("data.provenance".to_owned(), self.data.provenance.to_string()),
            ("data.repairs".to_owned(), self.data.quality.n_repairs().to_string()),
            ("data.findings".to_owned(), self.data.quality.summary_line()),
        ]);
        let counts = self.data.quality.counts();
        tags.extend(counts.iter().map(|(kind, n)| (format!("data.found.{kind}"), n.to_string())));
        if let Some(commit) = source_control::commit() {
            tags.push(("mlflow.source.git.commit".to_owned(), commit));
        }
        if let Some(today) = self.settings.today {
            tags.push(("clock.today".to_owned(), today.to_string()));
        }
        if let Some(report) = self.evaluation.fitted.report() {
            tags.push(("fit.converged".to_owned(), report.converged.to_string()));
            let refit = self.fitted.report().is_some_and(|report| report.converged);
            tags.push(("refit.converged".to_owned(), refit.to_string()));
            tags.push(("fit.unidentified".to_owned(), report.unidentified.len().to_string()));
        }
        // What the surroundings say of a run goes before what we say, but for who runs it.
        tags.extend_from_slice(self.settings.run_context.tags());
        tags
    }

    /// Tags of the logged model.
    pub(super) fn model_tags(&self) -> Vec<(String, String)> {
        let mut tags = self.author_tags();
        tags.extend(self.version_tags());
        tags
    }

    /// The note, and who made it with what.
    fn author_tags(&self) -> Vec<(String, String)> {
        let mut tags = vec![
            ("mlflow.source.name".to_owned(), "trainer".to_owned()),
            ("mlflow.source.type".to_owned(), "LOCAL".to_owned()),
            ("mlflow.note.content".to_owned(), self.note()),
        ];
        tags.extend(self.settings.user.iter().map(|u| ("mlflow.user".to_owned(), u.clone())));
        tags
    }

    /// Tags of the registered version.
    pub(super) fn version_tags(&self) -> Vec<(String, String)> {
        let Self { settings, data, .. } = self;
        let pairs = [
            ("symbol", settings.symbol.to_string()),
            ("price", settings.price.name().to_owned()),
            ("trained_through", data.last.to_string()),
            ("rows", data.bars.len().to_string()),
            ("data_digest", data.digest.clone()),
        ];
        pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    /// The rows, as MLflow's dataset.
    pub(super) fn dataset(&self) -> DatasetInput {
        let Self { settings, data, .. } = self;
        let column = |kind: &str, name: &str| json!({"type": kind, "name": name, "required": true});
        let source = match &settings.source {
            Source::Yahoo => {
                let host = settings.yahoo.base_url.trim_end_matches('/');
                json!({"url": format!("{host}/v8/finance/chart/{}", settings.symbol)})
            }
            Source::File(path) => json!({"uri": path.display().to_string()}),
        };
        DatasetInput {
            name: settings.symbol.to_string(),
            digest: data.digest.chars().take(DIGEST_CHARS).collect(),
            source_type: match settings.source {
                Source::Yahoo => "http".to_owned(),
                Source::File(_) => "local".to_owned(),
            },
            source: source.to_string(),
            schema: Some(
                json!({"mlflow_colspec": [column("datetime", "ds"), column("double", "y")]}).to_string(),
            ),
            profile: Some(
                json!({"num_rows": data.bars.len(), "start": self.start(), "end": data.last.to_string()})
                    .to_string(),
            ),
            context: Some("training".to_owned()),
            tags: BTreeMap::new(),
        }
    }

    /// The metrics in a line, for lists that show the beginning of a description.
    fn headline(&self) -> String {
        let (ours, naive) = (&self.evaluation.prophet.metrics, &self.evaluation.naive.metrics);
        format!(
            "{} through {}: MAPE {:.2} % (last price {:.2} %), MAE {:.2} (last price {:.2})",
            self.settings.symbol, self.data.last, ours.mape, naive.mape, ours.mae, naive.mae
        )
    }

    /// A readable summary in Markdown. The table is a code block, for MLflow draws
    /// tables without space between their columns.
    pub(super) fn note(&self) -> String {
        let Self { settings, data, evaluation, .. } = self;
        let row = |name: &str, scores: &Scores| {
            let m = &scores.metrics;
            format!(
                "{name:<10} {:>7.3} {:>7.3} {:>7.2} {:>+7.3} {:>6.2}\n",
                m.mae, m.rmse, m.mape, m.bias, scores.mase
            )
        };
        let mut note = format!("{}\n\n", self.headline());
        note += &format!("{}\n\n```\n", self.verdict());
        note += "              MAE    RMSE  MAPE %    bias   MASE\n";
        note += &row("Prophet", &evaluation.prophet);
        note += &row("last price", &evaluation.naive);
        note += &row("drift", &evaluation.drift);
        note += &format!(
            "```\n\nMetrics are of the fit on the {} sessions through {}, on the {} sessions after it. \
             The logged and registered model is the same specification refitted on all {} sessions \
             ({}, {} to {}).\n\n",
            data.split.train.len(),
            data.split.cutoff,
            data.split.test.len(),
            data.bars.len(),
            settings.price.name(),
            self.start(),
            data.last,
        );
        note += &format!("Backtest: {}.\n\n", backtest_line(self.backtest));
        let report = evaluation.fitted.report();
        if let Some(names) = report.map(|report| &report.unidentified).filter(|n| !n.is_empty()) {
            note += &format!("Not determined by the data: {}.\n\n", names.join(", "));
        }
        note += &format!("Data: {}; {}.", data.provenance, data.quality.summary_line());
        note
    }

    /// Prophet against the last price, in a sentence.
    pub(super) fn verdict(&self) -> String {
        verdict(self.evaluation)
    }

    fn start(&self) -> String {
        self.data.bars.first_date().map_or_else(String::new, |date| date.to_string())
    }

    fn source(&self) -> String {
        match &self.settings.source {
            Source::Yahoo => "yahoo".to_owned(),
            Source::File(path) => format!("file:{}", path.display()),
        }
    }
}

/// Prophet against the last price, in a sentence.
pub(crate) fn verdict(evaluation: &Evaluation) -> String {
    let band = evaluation.prophet.metrics.coverage.map_or_else(String::new, |share| {
        let promised = 100.0 * evaluation.fitted.spec().interval_width;
        format!("; the {promised:.0} % band held {:.0} %", 100.0 * share)
    });
    match evaluation.ratio() {
        Some(ratio) if ratio < 1.0 => {
            format!("Prophet's error is {ratio:.2} of the last price's{band}.")
        }
        Some(ratio) => {
            format!("Prophet's error is {ratio:.2} times that of repeating the last price{band}.")
        }
        None => format!("The last price was exact{band}."),
    }
}

fn choice(choice: SeasonalityChoice) -> String {
    match choice {
        SeasonalityChoice::Auto => "auto".to_owned(),
        SeasonalityChoice::On => "true".to_owned(),
        SeasonalityChoice::Off => "false".to_owned(),
        SeasonalityChoice::Order(order) => order.to_string(),
    }
}
