//! What crosses the border: the settings as they are written and the JSON that is printed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::IgnoredAny};

/// The settings as they are written; sections of the api are let pass, and what
/// no program knows is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsWire {
    #[serde(default, rename = "api")]
    pub(crate) _api: IgnoredAny,
    #[serde(default, rename = "webhook")]
    pub(crate) _webhook: IgnoredAny,
    pub(crate) symbol: String,
    pub(crate) source: String,
    pub(crate) start: String,
    pub(crate) end: Option<String>,
    pub(crate) price: String,
    pub(crate) seed: u64,
    pub(crate) yahoo: YahooSection,
    #[serde(default)]
    pub(crate) mlflow: MlflowSection,
    pub(crate) registry: RegistrySection,
    pub(crate) train: TrainSection,
    pub(crate) model: ModelSection,
    pub(crate) monitor: MonitorSection,
    #[serde(default)]
    pub(crate) score: ScoreSection,
    #[serde(default)]
    pub(crate) clock: ClockSection,
    #[serde(default)]
    pub(crate) log: LogSection,
}

/// `[yahoo]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct YahooSection {
    pub(crate) base_url: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) timeout_seconds: Option<f64>,
    pub(crate) proxy: Option<String>,
    pub(crate) cache_dir: String,
}

/// `[mlflow]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MlflowSection {
    pub(crate) tracking_uri: Option<String>,
}

/// `[registry]`.
#[derive(Debug, Deserialize)]
pub(crate) struct RegistrySection {
    pub(crate) model: String,
}

/// `[train]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrainSection {
    pub(crate) test_sessions: usize,
}

/// `[model]`, under Prophet's names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelSection {
    pub(crate) growth: String,
    pub(crate) n_changepoints: usize,
    pub(crate) changepoint_range: f64,
    pub(crate) changepoint_prior_scale: f64,
    pub(crate) yearly_seasonality: String,
    pub(crate) weekly_seasonality: String,
    pub(crate) daily_seasonality: String,
    pub(crate) seasonality_mode: String,
    pub(crate) seasonality_prior_scale: f64,
    pub(crate) holidays_prior_scale: f64,
    pub(crate) country_holidays: String,
    pub(crate) interval_width: f64,
    pub(crate) uncertainty_samples: usize,
    pub(crate) scaling: String,
}

/// `[monitor]`; the rest of it is the api's.
#[derive(Debug, Deserialize)]
pub(crate) struct MonitorSection {
    pub(crate) experiment: String,
}

/// `[score]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScoreSection {
    pub(crate) alert_webhook: Option<String>,
}

/// `[clock]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClockSection {
    pub(crate) today: Option<String>,
    /// The api's, whose clock goes on from there.
    #[serde(default, rename = "starts_at")]
    pub(crate) _starts_at: IgnoredAny,
}

/// `[log]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogSection {
    #[serde(default)]
    pub(crate) json: bool,
    pub(crate) filter: Option<String>,
}

/// What `train --json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct TrainedWire {
    pub(crate) run_id: String,
    pub(crate) experiment: String,
    pub(crate) experiment_id: String,
    pub(crate) model_name: String,
    /// A number, or null with `--no-register`.
    pub(crate) version: Option<u32>,
    pub(crate) stage: Option<&'static str>,
    pub(crate) symbol: String,
    pub(crate) tracking_uri: String,
    pub(crate) artifact_uri: String,
    pub(crate) source: String,
    pub(crate) cutoff: String,
    pub(crate) trained_through: String,
    pub(crate) rows: usize,
    pub(crate) train_rows: usize,
    pub(crate) test_rows: usize,
    pub(crate) data_digest: String,
    pub(crate) findings: BTreeMap<&'static str, usize>,
    pub(crate) metrics: BTreeMap<&'static str, f64>,
    pub(crate) baseline: BTreeMap<&'static str, f64>,
    /// Null where the history is too short for it.
    pub(crate) backtest: Option<BacktestWire>,
    pub(crate) fit: FitWire,
}

/// The errors in windows of the past, which the limits come from.
#[derive(Debug, Serialize)]
pub(crate) struct BacktestWire {
    pub(crate) folds: usize,
    pub(crate) bands: BTreeMap<&'static str, BandReferenceWire>,
}

/// What the windows say of a band of horizons.
#[derive(Debug, Serialize)]
pub(crate) struct BandReferenceWire {
    pub(crate) mae_mean: f64,
    pub(crate) mae_sd: f64,
    pub(crate) mase_mean: Option<f64>,
}

/// How the evaluated fit went.
#[derive(Debug, Serialize)]
pub(crate) struct FitWire {
    pub(crate) seconds: f64,
    pub(crate) log_posterior: f64,
    pub(crate) converged: bool,
    pub(crate) unidentified: Vec<String>,
}

/// A row of a forecast, as the API answers it.
#[derive(Debug, Serialize)]
pub(crate) struct RowWire {
    pub(crate) ds: String,
    pub(crate) yhat: f64,
    pub(crate) yhat_lower: Option<f64>,
    pub(crate) yhat_upper: Option<f64>,
}

/// A row of `versions --json`.
#[derive(Debug, Serialize)]
pub(crate) struct VersionWire {
    pub(crate) version: u32,
    pub(crate) stage: &'static str,
    pub(crate) aliases: Vec<String>,
    pub(crate) run_id: Option<String>,
    pub(crate) symbol: Option<String>,
    pub(crate) trained_through: Option<String>,
    pub(crate) created: String,
    pub(crate) metrics: BTreeMap<String, f64>,
}

/// What `promote --json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct PromotedWire {
    pub(crate) model_name: String,
    pub(crate) version: u32,
    pub(crate) stage: &'static str,
    pub(crate) aliases: Vec<String>,
    pub(crate) archived: Vec<u32>,
}

/// What `score --json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct ScoringWire {
    pub(crate) as_of: String,
    pub(crate) model_name: String,
    pub(crate) experiment: String,
    pub(crate) level: &'static str,
    pub(crate) line: String,
    pub(crate) versions: Vec<VersionScoreWire>,
    pub(crate) failures: BTreeMap<u32, String>,
}

/// How a version did.
#[derive(Debug, Serialize)]
pub(crate) struct VersionScoreWire {
    pub(crate) version: u32,
    pub(crate) run_id: String,
    pub(crate) served: bool,
    pub(crate) state: &'static str,
    pub(crate) level: &'static str,
    pub(crate) through: Option<String>,
    pub(crate) new_sessions: usize,
    pub(crate) corrected_sessions: usize,
    pub(crate) revised: Vec<RevisionWire>,
    pub(crate) rescaled_by: Option<f64>,
    pub(crate) no_limits: Option<String>,
    pub(crate) bands: BTreeMap<&'static str, BandScoreWire>,
    pub(crate) alerts: Vec<AlertWire>,
    pub(crate) left_out: BTreeMap<&'static str, u64>,
    pub(crate) passed_over: PassedOverWire,
}

/// A close that was revised.
#[derive(Debug, Serialize)]
pub(crate) struct RevisionWire {
    pub(crate) ds: String,
    pub(crate) was: f64,
    pub(crate) is: f64,
}

/// The scores of a band over the last window, as far as there are any.
#[derive(Debug, Serialize)]
pub(crate) struct BandScoreWire {
    pub(crate) level: &'static str,
    pub(crate) n: usize,
    pub(crate) mae: Option<f64>,
    pub(crate) rmse: Option<f64>,
    pub(crate) mape: Option<f64>,
    pub(crate) bias: Option<f64>,
    pub(crate) naive_mae: Option<f64>,
    pub(crate) mase: Option<f64>,
    pub(crate) coverage: Option<f64>,
    pub(crate) pinball: Option<f64>,
    pub(crate) winkler: Option<f64>,
    pub(crate) tracking_signal: Option<f64>,
    pub(crate) warn_mae: Option<f64>,
    pub(crate) alert_mae: Option<f64>,
}

/// Something beyond its limit: in `score --json`, and in what the webhook is sent.
#[derive(Debug, Serialize)]
pub(crate) struct AlertWire {
    pub(crate) level: &'static str,
    pub(crate) band: Option<&'static str>,
    pub(crate) what: &'static str,
    pub(crate) value: f64,
    pub(crate) limit: f64,
    pub(crate) sentence: String,
}

/// What the webhook is sent; `text` is what chat services show.
#[derive(Debug, Serialize)]
pub(crate) struct AlarmWire<'a> {
    pub(crate) text: String,
    pub(crate) model: &'a str,
    pub(crate) version: u32,
    pub(crate) symbol: &'a str,
    pub(crate) level: &'static str,
    pub(crate) was: &'static str,
    pub(crate) through: Option<String>,
    pub(crate) run_id: &'a str,
    pub(crate) alerts: Vec<AlertWire>,
}

/// Files among the forecasts that are not scored.
#[derive(Debug, Serialize)]
pub(crate) struct PassedOverWire {
    pub(crate) foreign: usize,
    pub(crate) unreadable: usize,
    pub(crate) too_many: usize,
    pub(crate) named: Vec<String>,
}
