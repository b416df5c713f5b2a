//! The settings, checked.

use std::path::PathBuf;

use chrono::NaiveDate;
use chrono_tz::Tz;
use forecast_core::Spec;
use market_data::{Price, Symbol, YahooOptions, zone::exchange_zone};
use mlflow_client::{ClientOptions, RunContext, TrackingUri};
use telemetry::Logs;

use crate::{cli::OptimizerArg, clock::Clock, score::AlertHook};

/// Where prices come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Yahoo Finance, or a host that answers as it does.
    Yahoo,
    /// A CSV file.
    File(PathBuf),
}

/// How a model is trained.
#[derive(Debug, Clone)]
pub struct TrainSettings {
    /// Sessions at the end that the evaluated fit does not see.
    pub test_sessions: usize,
    /// How parameters are found.
    pub optimizer: OptimizerArg,
    /// What is fitted.
    pub spec: Spec,
}

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The instrument.
    pub symbol: Symbol,
    /// Where its prices come from.
    pub source: Source,
    /// First session.
    pub start: NaiveDate,
    /// Last session; `None` is today.
    pub end: Option<NaiveDate>,
    /// Which price is forecast.
    pub price: Price,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// How Yahoo is asked.
    pub yahoo: YahooOptions,
    /// Where Yahoo's answers are kept.
    pub cache_dir: PathBuf,
    /// MLflow's store.
    pub tracking_uri: TrackingUri,
    /// How the store is talked to.
    pub client: ClientOptions,
    /// Experiment of the trainings.
    pub experiment: String,
    /// Experiment in which the API keeps what it forecast.
    pub monitor_experiment: String,
    /// Where a worse level than before is told; an address that is a secret.
    pub alert_webhook: Option<AlertHook>,
    /// Further tags of a run, and others in place of ours.
    pub run_context: RunContext,
    /// Registered model.
    pub model_name: String,
    /// How a model is trained.
    pub train: TrainSettings,
    /// The day to take for today.
    pub today: Option<NaiveDate>,
    /// Who runs the program, for MLflow's records.
    pub user: Option<String>,
    /// What is logged.
    pub logs: Logs,
}

impl Settings {
    /// The clock of the exchange.
    pub fn clock(&self) -> Clock {
        Clock { zone: exchange_zone(&self.symbol), today: self.today }
    }
}

/// Whether the instrument is one of B3: it is priced in reais, and Brazil's holidays are its own.
pub(crate) fn trades_in_brazil(symbol: &Symbol) -> bool {
    exchange_zone(symbol) == Tz::America__Sao_Paulo
}
