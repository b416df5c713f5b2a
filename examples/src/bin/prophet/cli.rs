//! The arguments.

use std::path::PathBuf;

use chrono::{NaiveDateTime, TimeDelta};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use forecast_core::{
    Growth, Mode, Scaling, SeasonalityChoice,
    diagnostics::parse_timedelta,
    frequency::Frequency,
    spec::{Regressor, Seasonality},
};
use prophet_plot::Theme;

use crate::{
    column,
    picture::{self, Target},
    spec,
};

/// Forecasts that are made where nobody says how many.
const PERIODS: usize = 365;

/// Prophet on the command line: fits a series in a CSV file, forecasts it, and
/// says how good the forecasts would have been.
#[derive(Debug, Parser)]
#[command(name = "prophet", version, arg_required_else_help = true)]
#[command(after_help = "\
Examples:
  prophet fit --csv sales.csv --periods 30 --plot sales.svg
  prophet fit --csv PETR4.csv --ds-column Date --y-column Close --freq B --country-holidays BR
  prophet fit --csv sales.csv --model sales.json && prophet predict --model sales.json --periods 90
  prophet cv --csv sales.csv --initial '730 days' --period '180 days' --horizon '365 days'

A CSV file has the columns ds (dates or times in ISO form) and y (empty: no value),
and where the model uses them cap, floor, regressors and conditions by name; with
semicolons between the columns, a comma may be the decimal sign.
Results go to standard output, everything else to standard error.
It ends with 0 when done, 1 when it failed, 2 when the arguments are wrong.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fit a series and forecast it.
    Fit(Box<FitArgs>),
    /// Forecast with a model that was fitted here or by Python Prophet.
    Predict(Box<PredictArgs>),
    /// Cross-validate: fit at cutoffs in the history, and score what was forecast.
    Cv(Box<CvArgs>),
}

#[derive(Debug, Args)]
pub(crate) struct FitArgs {
    #[command(flatten)]
    pub(crate) series: SeriesArgs,
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) future: FutureArgs,
    /// The rows to forecast: a CSV with the time stamps, and the columns that the model needs.
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["periods", "freq", "include_history"])]
    #[arg(help_heading = "Forecast")]
    pub(crate) ds: Option<PathBuf>,
    /// Rows to forecast after the history.
    #[arg(long, value_name = "N", default_value_t = PERIODS, value_parser = count, allow_negative_numbers = true)]
    #[arg(help_heading = "Forecast")]
    pub(crate) periods: usize,
    /// Write the fitted model as Python Prophet's JSON.
    #[arg(long, value_name = "OUT.json", help_heading = "Output")]
    pub(crate) model: Option<PathBuf>,
    /// Fit so many times and report the median time.
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Output", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) repeat: u32,
    /// Draw the components; .svg or .png.
    #[arg(long, value_name = "FILE", value_parser = picture::target, help_heading = "Output")]
    pub(crate) components: Option<Target>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("wanted").required(true).args(["ds", "periods"])))]
pub(crate) struct PredictArgs {
    /// A model as JSON, ours or Python's, bare or in a string.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) model: PathBuf,
    /// The rows to predict: a CSV with the column ds, and the columns that the model needs.
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["freq", "include_history"])]
    #[arg(help_heading = "Forecast")]
    pub(crate) ds: Option<PathBuf>,
    /// Rows to forecast after the model's history.
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    #[arg(help_heading = "Forecast")]
    pub(crate) periods: Option<usize>,
    #[command(flatten)]
    pub(crate) future: FutureArgs,
    /// The column of the time stamps in the CSV.
    #[arg(long, value_name = "NAME", default_value = "ds", help_heading = "Forecast")]
    pub(crate) ds_column: String,
    #[command(flatten)]
    pub(crate) bounds: BoundArgs,
    /// Draw the components; .svg or .png.
    #[arg(long, value_name = "FILE", value_parser = picture::target, help_heading = "Output")]
    pub(crate) components: Option<Target>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CvArgs {
    #[command(flatten)]
    pub(crate) series: SeriesArgs,
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// How far ahead each forecast goes, such as `365 days`, `12 hours`.
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Cutoffs")]
    pub(crate) horizon: TimeDelta,
    /// The history before the first cutoff [default: three horizons, or the longest season].
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Cutoffs")]
    pub(crate) initial: Option<TimeDelta>,
    /// From one cutoff to the next [default: half the horizon].
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Cutoffs")]
    pub(crate) period: Option<TimeDelta>,
    /// Cutoffs by hand, instead of --initial and --period.
    #[arg(long, value_name = "D1,D2", value_delimiter = ',', value_parser = date)]
    #[arg(help_heading = "Cutoffs", conflicts_with_all = ["initial", "period"])]
    pub(crate) cutoffs: Vec<NaiveDateTime>,
    /// Share of the rows that each metric is averaged over, along the horizon.
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = 0.1,
        help_heading = "Cutoffs",
        allow_negative_numbers = true
    )]
    pub(crate) rolling_window: f64,
    /// Seed of what is drawn; the intervals of an optimum are exact and need none.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Cutoffs")]
    pub(crate) seed: u64,
    /// The metric that --plot draws.
    #[arg(long, value_name = "NAME", default_value = "mape", help_heading = "Output")]
    pub(crate) metric: String,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Values of logistic growth for all rows.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct BoundArgs {
    /// Cap of logistic growth, for all rows; or a column `cap` of the CSV.
    #[arg(long, value_name = "Y", allow_negative_numbers = true)]
    pub(crate) cap: Option<f64>,
    /// Floor of logistic growth, for all rows; or a column `floor` of the CSV.
    #[arg(long, value_name = "Y", allow_negative_numbers = true)]
    pub(crate) floor: Option<f64>,
}

/// Where the series comes from.
#[derive(Debug, Args)]
pub(crate) struct SeriesArgs {
    /// The series: a CSV file with the columns ds and y.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: PathBuf,
    /// The column of the time stamps.
    #[arg(long, value_name = "NAME", default_value = "ds")]
    pub(crate) ds_column: String,
    /// The column of the values.
    #[arg(long, value_name = "NAME", default_value = "y")]
    pub(crate) y_column: String,
}

/// Which rows are forecast.
#[derive(Debug, Args)]
pub(crate) struct FutureArgs {
    /// Step of the rows: D, B, W, MS, ME, QS, YE, h, 5min, … [default: as the history].
    #[arg(long, value_name = "F", help_heading = "Forecast", allow_hyphen_values = true)]
    pub(crate) freq: Option<Frequency>,
    /// Forecast the rows of the history too.
    #[arg(long, help_heading = "Forecast")]
    pub(crate) include_history: bool,
    /// Seed of what is drawn; the intervals of an optimum are exact and need none.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Forecast")]
    pub(crate) seed: u64,
}

/// What comes out.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Draw the forecast (with `cv`: the metric); .svg or .png.
    #[arg(long, value_name = "FILE", value_parser = picture::target)]
    pub(crate) plot: Option<Target>,
    /// Colours of the pictures: light or dark.
    #[arg(long, value_name = "NAME", default_value = "light", value_parser = theme)]
    pub(crate) theme: Theme,
    /// Size of the pictures in pixels, such as 1200x700 or 1200.
    #[arg(long, value_name = "WxH", default_value = "1600", value_parser = size)]
    pub(crate) figsize: (u32, Option<u32>),
}

/// Who finds the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OptimizerChoice {
    /// The exact maximum of the posterior.
    Map,
    /// Stan's L-BFGS; needs a build with `--features stan`.
    Stan,
}

/// The options of Prophet's constructor, and what its `add_…` methods add.
#[derive(Debug, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct SpecArgs {
    /// Shape of the trend: linear, logistic (needs a cap) or flat.
    #[arg(long, default_value = "linear", value_parser = named("linear, logistic or flat", Growth::from_name))]
    pub(crate) growth: Growth,
    #[command(flatten)]
    pub(crate) bounds: BoundArgs,
    /// Changepoints by hand.
    #[arg(long, value_name = "D1,D2", value_delimiter = ',', value_parser = date)]
    pub(crate) changepoints: Option<Vec<NaiveDateTime>>,
    /// How many changepoints to place.
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = count, allow_negative_numbers = true)]
    pub(crate) n_changepoints: usize,
    /// Share of the history in which they are placed.
    #[arg(long, value_name = "SHARE", default_value_t = 0.8, allow_negative_numbers = true)]
    pub(crate) changepoint_range: f64,
    /// Yearly seasonality: auto, true, false, or its Fourier order.
    #[arg(long, value_name = "auto|true|false|N", default_value = "auto", value_parser = spec::choice)]
    pub(crate) yearly_seasonality: SeasonalityChoice,
    /// Weekly seasonality.
    #[arg(long, value_name = "auto|true|false|N", default_value = "auto", value_parser = spec::choice)]
    pub(crate) weekly_seasonality: SeasonalityChoice,
    /// Daily seasonality.
    #[arg(long, value_name = "auto|true|false|N", default_value = "auto", value_parser = spec::choice)]
    pub(crate) daily_seasonality: SeasonalityChoice,
    /// How seasonalities act: additive or multiplicative.
    #[arg(long, default_value = "additive", value_parser = named("additive or multiplicative", Mode::from_name))]
    pub(crate) seasonality_mode: Mode,
    /// How holidays act [default: as the seasonalities].
    #[arg(long, value_name = "MODE", value_parser = named("additive or multiplicative", Mode::from_name))]
    pub(crate) holidays_mode: Option<Mode>,
    /// Scale of the prior of the rate changes: larger is more flexible.
    #[arg(long, value_name = "TAU", default_value_t = 0.05, allow_negative_numbers = true)]
    pub(crate) changepoint_prior_scale: f64,
    /// Scale of the prior of the seasonalities.
    #[arg(long, value_name = "SIGMA", default_value_t = 10.0, allow_negative_numbers = true)]
    pub(crate) seasonality_prior_scale: f64,
    /// Scale of the prior of the holidays.
    #[arg(long, value_name = "SIGMA", default_value_t = 10.0, allow_negative_numbers = true)]
    pub(crate) holidays_prior_scale: f64,
    /// Public holidays of a country: BR, US.
    #[arg(long, value_name = "CODE")]
    pub(crate) country_holidays: Option<String>,
    /// Holidays of one's own: a CSV with the columns holiday and ds, and perhaps
    /// `lower_window`, `upper_window`, `prior_scale`.
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) holidays: Option<PathBuf>,
    /// A seasonality: NAME:PERIOD:ORDER (the period in days), and perhaps :PRIOR:MODE:CONDITION.
    #[arg(long, value_name = "SPEC", value_parser = column::seasonality, action = ArgAction::Append)]
    pub(crate) add_seasonality: Vec<Seasonality>,
    /// A regressor, which is a column of the CSV: NAME, and perhaps :PRIOR:STANDARDIZE:MODE.
    #[arg(long, value_name = "SPEC", value_parser = column::regressor, action = ArgAction::Append)]
    pub(crate) add_regressor: Vec<Regressor>,
    /// How y is scaled: absmax or minmax.
    #[arg(long, default_value = "absmax", value_parser = named("absmax or minmax", Scaling::from_name))]
    pub(crate) scaling: Scaling,
    /// Probability that the interval is to hold.
    #[arg(long, value_name = "SHARE", default_value_t = 0.8, allow_negative_numbers = true)]
    pub(crate) interval_width: f64,
    /// 0 gives no intervals; over posterior draws, the paths simulated for them.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = count, allow_negative_numbers = true)]
    pub(crate) uncertainty_samples: usize,
    /// Draws of each of four chains, half of them warm-up; 0 finds the optimum only.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = count, allow_negative_numbers = true)]
    pub(crate) mcmc_samples: usize,
    /// Who finds the parameters.
    #[arg(long, value_enum, default_value_t = OptimizerChoice::Map)]
    pub(crate) optimizer: OptimizerChoice,
}

/// A value that is known by a name of a short list.
fn named<T: Copy + Send + Sync + 'static>(
    known: &'static str,
    from_name: fn(&str) -> Option<T>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| from_name(text).ok_or_else(|| format!("it must be {known}"))
}

fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "it must be a whole number from 0 on".to_owned())
}

fn theme(text: &str) -> Result<Theme, String> {
    Theme::from_name(text).ok_or_else(|| "it must be light or dark".to_owned())
}

pub(crate) fn date(text: &str) -> Result<NaiveDateTime, String> {
    column::ds(text).ok_or_else(|| "it must be a date such as 2024-05-31".to_owned())
}

fn time(text: &str) -> Result<TimeDelta, String> {
    parse_timedelta(text).ok_or_else(|| "it must be a length of time such as `365 days`".to_owned())
}

fn size(text: &str) -> Result<(u32, Option<u32>), String> {
    let problem = || "it must be a width such as 1200, or a size such as 1200x700".to_owned();
    let pixels = |text: &str| text.trim().parse::<u32>().map_err(|_| problem());
    match text.split_once('x') {
        Some((width, height)) => Ok((pixels(width)?, Some(pixels(height)?))),
        None => Ok((pixels(text)?, None)),
    }
}
