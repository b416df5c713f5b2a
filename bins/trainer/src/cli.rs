//! The command line.

#![expect(clippy::doc_markdown, reason = "these comments are the help text, where ticks stay")]

use std::{path::PathBuf, str::FromStr};

use chrono::NaiveDate;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use mlflow_client::{Stage, Version};

use crate::config::parse_date;

const EXAMPLES: &str = "\
Examples:
  trainer                                        train PETR4.SA and register the model
  trainer --source file:prices.csv --test-sessions 40
  trainer versions                               what is registered
  trainer promote --version latest --stage Production --archive-existing
  trainer forecast --stage Production --days 10
  trainer score                                  how the served versions did, for a schedule

Settings, lowest to highest: defaults, petr4.toml, PETR4__SECTION__KEY, flags.
MLFLOW_TRACKING_URI and its companions keep MLflow's meaning.";

const SCORE_EXIT: &str = "\
Safe to run twice, late, or after days without: what is scored already stays, the days between are
filled in, and a close that was revised since is corrected.

Exit codes:
  0  scored, or nothing to score yet; a warning is no more than a line
  1  something could not be scored, or not be written
  2  wrong usage or settings
  3  an alert stands for a version that is served";

/// Trains Prophet on daily prices, and keeps its runs and models in MLflow.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do; without it, train.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
    /// Options of train, for the call without a command.
    #[command(flatten)]
    pub train: TrainArgs,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Common {
    /// Settings file [default: petr4.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Symbol as Yahoo writes it [default: PETR4.SA]
    #[arg(long, global = true)]
    pub symbol: Option<String>,
    /// Where prices come from: yahoo or file:PATH.csv [default: yahoo]
    #[arg(long, global = true)]
    pub source: Option<String>,
    /// First session [default: 2018-01-01]
    #[arg(long, global = true, value_name = "DATE")]
    pub start: Option<String>,
    /// Last session [default: today]
    #[arg(long, global = true, value_name = "DATE")]
    pub end: Option<String>,
    /// MLflow's store [default: MLFLOW_TRACKING_URI, else sqlite:///mlflow.db]
    #[arg(long, global = true, value_name = "URI")]
    pub tracking_uri: Option<String>,
    /// Seed of everything that is drawn [default: 42]
    #[arg(long, global = true)]
    pub seed: Option<u64>,
    /// Print one JSON object instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Say less; no progress
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub quiet: u8,
    /// Say more; twice, still more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// No lines of progress
    #[arg(long, global = true)]
    pub no_progress: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fetch, clean, split, fit, evaluate, track and register (the default)
    Train(Box<TrainArgs>),
    /// Print the forecast of a registered version or of a model file
    Forecast(ForecastArgs),
    /// Move a version to a stage, or give it an alias
    Promote(PromoteArgs),
    /// List the versions of the registered model
    Versions,
    /// Hold what the API forecast against the closes that came since
    #[command(after_help = SCORE_EXIT)]
    Score(ScoreArgs),
}

/// Options of train.
#[derive(Debug, Args, Clone, Default, PartialEq)]
pub struct TrainArgs {
    /// Sessions at the end that the evaluated fit does not see [default: 60]
    #[arg(long, value_name = "N")]
    pub test_sessions: Option<usize>,
    /// How parameters are found
    #[arg(long, value_enum, default_value_t = OptimizerArg::Map)]
    pub optimizer: OptimizerArg,
    /// Which price is forecast [default: close]
    #[arg(long, value_name = "close|adj_close")]
    pub price: Option<String>,
    /// Track the run but register no version
    #[arg(long, conflicts_with = "promote")]
    pub no_register: bool,
    /// Promote the new version to this stage, as a person would
    #[arg(long, value_name = "STAGE", value_parser = promotable)]
    pub promote: Option<Stage>,
    /// Download again, even if today's answer is kept
    #[arg(long)]
    pub fresh: bool,
    /// The model.
    #[command(flatten)]
    pub model: ModelArgs,
}

/// Options of the model, under Prophet's names.
#[derive(Debug, Args, Clone, Default, PartialEq)]
#[command(next_help_heading = "Model")]
pub struct ModelArgs {
    /// Shape of the trend: linear or flat [default: linear]
    #[arg(long)]
    pub growth: Option<String>,
    /// Changepoints placed on the history [default: 25]
    #[arg(long, value_name = "N")]
    pub n_changepoints: Option<usize>,
    /// Share of the history that has changepoints [default: 0.8]
    #[arg(long, value_name = "SHARE")]
    pub changepoint_range: Option<f64>,
    /// Flexibility of the trend [default: 0.05]
    #[arg(long, value_name = "SCALE")]
    pub changepoint_prior_scale: Option<f64>,
    /// auto, true, false or a Fourier order [default: true]
    #[arg(long, value_name = "CHOICE")]
    pub yearly_seasonality: Option<String>,
    /// auto, true, false or a Fourier order [default: true]
    #[arg(long, value_name = "CHOICE")]
    pub weekly_seasonality: Option<String>,
    /// auto, true, false or a Fourier order [default: false]
    #[arg(long, value_name = "CHOICE")]
    pub daily_seasonality: Option<String>,
    /// additive or multiplicative [default: additive]
    #[arg(long, value_name = "MODE")]
    pub seasonality_mode: Option<String>,
    /// Flexibility of the seasonalities [default: 10]
    #[arg(long, value_name = "SCALE")]
    pub seasonality_prior_scale: Option<f64>,
    /// Flexibility of the holidays [default: 10]
    #[arg(long, value_name = "SCALE")]
    pub holidays_prior_scale: Option<f64>,
    /// Country whose holidays are in the model, or none [default: BR for .SA]
    #[arg(long, value_name = "COUNTRY")]
    pub country_holidays: Option<String>,
    /// Probability that the band is to hold [default: 0.8]
    #[arg(long, value_name = "SHARE")]
    pub interval_width: Option<f64>,
    /// Futures simulated for the band [default: 1000]
    #[arg(long, value_name = "N")]
    pub uncertainty_samples: Option<usize>,
    /// absmax or minmax [default: absmax]
    #[arg(long)]
    pub scaling: Option<String>,
}

/// How parameters are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OptimizerArg {
    /// The exact maximum of the posterior
    #[default]
    Map,
}

impl OptimizerArg {
    /// The name that is logged.
    pub fn name(self) -> &'static str {
        match self {
            Self::Map => "map",
        }
    }
}

/// Options of forecast.
#[derive(Debug, Args)]
pub struct ForecastArgs {
    /// Which model.
    #[command(flatten)]
    pub model: WhichModel,
    /// Sessions to forecast
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub days: u16,
    /// First date [default: today]
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub from: Option<NaiveDate>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub format: TableFormat,
}

/// A version, or a file; by default the newest in Production, else the newest.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct WhichModel {
    /// Version number, or latest
    #[arg(long, value_name = "N|latest")]
    pub version: Option<VersionArg>,
    /// The newest version in a stage
    #[arg(long)]
    pub stage: Option<Stage>,
    /// The version with an alias
    #[arg(long)]
    pub alias: Option<String>,
    /// A model in Prophet's JSON, ours or Python's
    #[arg(long, value_name = "FILE")]
    pub model_file: Option<PathBuf>,
}

/// A version by number, or the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionArg {
    /// The highest number.
    Latest,
    /// This one.
    Number(Version),
}

impl FromStr for VersionArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("latest") {
            return Ok(Self::Latest);
        }
        let number = text.parse().map(Self::Number);
        number.map_err(|_| "give a version number or `latest`".to_owned())
    }
}

/// How a table is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// For people
    Table,
    /// Comma-separated values
    Csv,
    /// A JSON list
    Json,
}

/// Options of promote.
#[derive(Debug, Args)]
pub struct PromoteArgs {
    /// Version number, or latest
    #[arg(long, value_name = "N|latest")]
    pub version: VersionArg,
    /// Stage to move it to: None, Staging, Production or Archived
    #[arg(long, required_unless_present = "alias")]
    pub stage: Option<Stage>,
    /// Move the other versions of the stage to Archived
    #[arg(long, requires = "stage")]
    pub archive_existing: bool,
    /// Alias to give it
    #[arg(long)]
    pub alias: Option<String>,
}

/// Options of score.
#[derive(Debug, Args, Clone, Default, PartialEq)]
pub struct ScoreArgs {
    /// Score this version only, also when nothing of it is open any more
    #[arg(long, value_name = "N")]
    pub version: Option<Version>,
    /// Score as on the evening of this day: no later close is used [default: today]
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub as_of: Option<NaiveDate>,
    /// Download again, even if today's answer is kept
    #[arg(long)]
    pub fresh: bool,
}

fn promotable(text: &str) -> Result<Stage, String> {
    match text.parse() {
        Ok(stage @ (Stage::Staging | Stage::Production)) => Ok(stage),
        _ => Err("a new version can be promoted to Staging or Production".to_owned()),
    }
}
