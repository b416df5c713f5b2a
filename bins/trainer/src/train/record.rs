//! What is written about a training: parameters, tags, a note for readers.

use forecast_core::{Fitted, SeasonalityChoice};
use mlflow_client::DatasetInput;
use serde_json::json;

use super::{Data, Evaluation, source_control};
use crate::settings::{Settings, Source};

/// A training, as the writers of its record see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) settings: &'a Settings,
    pub(super) data: &'a Data,
    pub(super) evaluation: &'a Evaluation,
    pub(super) fitted: &'a Fitted,
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
        let mut tags = vec![
            ("mlflow.source.name".to_owned(), "trainer".to_owned()),
            ("mlflow.source.type".to_owned(), "LOCAL".to_owned()),
            ("mlflow.note.content".to_owned(), self.note()),
            ("symbol".to_owned(), self.settings.symbol.to_string()),
            ("data.provenance".to_owned(), self.data.provenance.to_string()),
            ("data.repairs".to_owned(), self.data.quality.n_repairs().to_string()),
            ("data.findings".to_owned(), self.data.quality.summary_line()),
        ];
        let counts = self.data.quality.counts();
        tags.extend(counts.iter().map(|(kind, n)| (format!("data.found.{kind}"), n.to_string())));
        if let Some(user) = &self.settings.user {
            tags.push(("mlflow.user".to_owned(), user.clone()));
        }
        if let Some(commit) = source_control::commit() {
            tags.push(("mlflow.source.git.commit".to_owned(), commit));
        }
        if let Some(today) = self.settings.today {
            tags.push(("clock.today".to_owned(), today.to_string()));
        }
        if let Some(report) = self.evaluation.fitted.report() {
            tags.push(("fit.converged".to_owned(), report.converged.to_string()));
            tags.push(("fit.unidentified".to_owned(), report.unidentified.join(", ")));
        }
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
                json!({"url": settings.yahoo.base_url, "symbol": settings.symbol.to_string()})
            }
            Source::File(path) => json!({"uri": path.display().to_string()}),
        };
        DatasetInput {
            name: settings.symbol.to_string(),
            digest: data.digest.clone(),
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
        }
    }

    /// A readable summary in Markdown.
    pub(super) fn note(&self) -> String {
        let Self { settings, data, evaluation, .. } = self;
        let mut note = format!(
            "**Prophet on {}** ({}), {} sessions {} to {}.\n\n",
            settings.symbol,
            settings.price.name(),
            data.bars.len(),
            self.start(),
            data.last,
        );
        note += &format!(
            "Metrics are of the fit on the {} sessions through {}, on the {} sessions after it.\n\
             The logged and registered model is the same specification refitted on all {} sessions.\n\n",
            data.split.train.len(),
            data.split.cutoff,
            data.split.test.len(),
            data.bars.len(),
        );
        note.push_str(
            "| forecast | MAE | RMSE | MAPE % | bias | MASE |\n|---|---|---|---|---|---|\n",
        );
        let rows = [
            ("Prophet", &evaluation.prophet),
            ("last price", &evaluation.naive),
            ("drift", &evaluation.drift),
        ];
        for (name, scores) in rows {
            let m = &scores.metrics;
            note += &format!(
                "| {name} | {:.3} | {:.3} | {:.2} | {:+.3} | {:.2} |\n",
                m.mae, m.rmse, m.mape, m.bias, scores.mase
            );
        }
        note += &format!(
            "\n{}\n\nData: {}; {}.",
            self.verdict(),
            data.provenance,
            data.quality.summary_line()
        );
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
    let ratio = evaluation.prophet.metrics.mae / evaluation.naive.metrics.mae;
    let band = evaluation.prophet.metrics.coverage.map_or_else(String::new, |share| {
        let promised = 100.0 * evaluation.fitted.spec().interval_width;
        format!("; the {promised:.0} % band held {:.0} %", 100.0 * share)
    });
    if evaluation.skill() > 0.0 {
        format!("Prophet's error is {ratio:.2} of the last price's{band}.")
    } else {
        format!("Prophet's error is {ratio:.2} times that of repeating the last price{band}.")
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
