//! `prophet fit`.

use std::{num::NonZeroUsize, thread::available_parallelism, time::Instant};

use anyhow::{Context as _, Result};
use forecast_core::{FitError, FitReport, Fitted, Growth, SamplerOptions, Series, Spec};

use telemetry::Hinted;

use crate::{
    cli::{FitArgs, OptimizerChoice},
    model, picture, print,
    rows::{self, History, Wanted},
    spec, wire,
};

/// Fits, forecasts, prints.
pub(crate) fn run(args: &FitArgs) -> Result<()> {
    let spec = spec::spec(&args.spec)?;
    let history = History::read(&args.series, &spec, args.spec.bounds)?;
    let bounds = args.spec.bounds;
    if spec.growth != Growth::Logistic && (bounds.cap.is_some() || bounds.floor.is_some()) {
        print::warn("--cap and --floor are used with --growth logistic only");
    }
    let fit = Fitter::new(args.spec.optimizer)?;
    let (fitted, seconds) = repeated(&fit, &spec, &history, (args.repeat, args.future.seed))?;
    let report = fitted.report().context("invariant: a fit has a report")?;
    warnings(report);
    if let Some(path) = &args.model {
        model::write(path, &fitted)?;
    }
    let wanted = match &args.ds {
        Some(path) => Wanted::File { path, ds_column: &args.series.ds_column },
        None => Wanted::Periods(args.periods),
    };
    let rows = rows::future(&fitted, &wanted, &args.future, args.spec.bounds)?;
    let forecast = match rows.ds() {
        [] => forecast_core::Forecast::default(),
        _ => rows::predict(&fitted, &rows, args.future.seed)?,
    };
    let title = args.series.csv.file_stem().unwrap_or_default().to_string_lossy();
    let output = (title.as_ref(), &args.output, args.components.as_ref());
    picture::of_model(&fitted, &rows, args.future.seed, output)?;
    if args.output.json {
        return print::json(&wire::Fit {
            log_posterior: report.log_posterior,
            exact_log_posterior: report.exact_log_posterior,
            converged: report.converged,
            kkt_residual: report.kkt_residual,
            fit_seconds: seconds,
            fits: args.repeat,
            rows: fitted.rows(),
            params: wire::Params::of(&fitted),
            changepoints: wire::times(fitted.changepoints()),
            unidentified: &report.unidentified,
            mcmc: report.mcmc.as_ref().map(|mcmc| wire::Mcmc::of(mcmc, seconds)),
            forecast: wire::rows(&forecast),
        });
    }
    let mut text = print::model(&fitted);
    let converged = if report.converged { "converged" } else { "not converged" };
    let fits =
        if args.repeat == 1 { String::new() } else { format!(", median of {}", args.repeat) };
    text.push_str(&format!(
        "fitted in {}{fits}; log posterior {:.4}, {converged}\n",
        print::seconds(seconds),
        report.log_posterior
    ));
    if let Some(mcmc) = &report.mcmc {
        text.push_str(&format!(
            "{} draws of {} chains: R-hat at most {:.3}, effective sample size at least {:.0}\n",
            mcmc.chains * mcmc.draws_per_chain,
            mcmc.chains,
            mcmc.rhat_max,
            mcmc.ess_bulk_min.min(mcmc.ess_tail_min)
        ));
    }
    text.push_str(&print::forecast(&forecast, spec.interval_width));
    print::text(&text)
}

/// Fits `times` times; returns the last fit and the median time in seconds.
pub(crate) fn repeated(
    fitter: &Fitter,
    spec: &Spec,
    history: &History,
    (times, seed): (u32, u64),
) -> Result<(Fitted, f64)> {
    if 0 < spec.mcmc_samples {
        print::progress("sampling the posterior");
    }
    let mut seconds = Vec::new();
    let mut fitted = None;
    for _ in 0..times {
        let series = history.series()?;
        let start = Instant::now();
        let done = fitter.fit(spec, &series, seed).map_err(with_hint)?;
        seconds.push(start.elapsed().as_secs_f64());
        fitted = Some(done);
    }
    seconds.sort_by(f64::total_cmp);
    let middle = f64::midpoint(seconds[(seconds.len() - 1) / 2], seconds[seconds.len() / 2]);
    Ok((fitted.context("invariant: there is at least one fit")?, middle))
}

/// Says what to do where a column is missing.
fn with_hint(error: FitError) -> anyhow::Error {
    let hint = match &error {
        FitError::MissingColumn { column, .. } if column == "cap" => {
            "give one value for all rows with --cap, or a column `cap` in the CSV"
        }
        FitError::MissingColumn { .. } => "regressors and conditions are columns of the CSV",
        _ => return error.into(),
    };
    Hinted::new(error, hint).into()
}

/// Says on standard error what the reader of the forecast should know.
pub(crate) fn warnings(report: &FitReport) {
    if !report.converged {
        print::warn("the optimizer stopped before the optimum; the forecast may be off");
    }
    for warning in report.mcmc.iter().flat_map(forecast_core::McmcReport::warnings) {
        print::warn(&warning.to_string());
    }
    if !report.unidentified.is_empty() {
        let names = report.unidentified.join(", ");
        print::warn(&format!(
            "the rows do not identify: {names} (wholly or in part); what they leave open is zero"
        ));
    }
}

/// Whoever finds the parameters, ready to be used.
pub(crate) enum Fitter {
    Map,
    #[cfg(feature = "stan")]
    Stan(forecast_core::optimizer::stan::WasmstanOptimizer),
}

impl Fitter {
    #[cfg(feature = "stan")]
    pub(crate) fn new(choice: OptimizerChoice) -> Result<Self> {
        if choice == OptimizerChoice::Map {
            return Ok(Self::Map);
        }
        print::progress("starting Stan");
        Ok(Self::Stan(forecast_core::optimizer::stan::WasmstanOptimizer::new()))
    }

    #[cfg(not(feature = "stan"))]
    pub(crate) fn new(choice: OptimizerChoice) -> Result<Self> {
        if choice == OptimizerChoice::Map {
            return Ok(Self::Map);
        }
        let hint =
            "build it in: cargo run --release -p examples --features stan --bin prophet -- …";
        Err(Hinted::new("`--optimizer` is stan, which this program was built without", hint).into())
    }

    fn fit(&self, spec: &Spec, series: &Series, seed: u64) -> Result<Fitted, FitError> {
        match self {
            Self::Map if 0 < spec.mcmc_samples => {
                let threads = available_parallelism().map_or(1, NonZeroUsize::get);
                let options = SamplerOptions { seed, threads, ..SamplerOptions::default() };
                forecast_core::fit_bayes(spec, series, &options)
            }
            Self::Map => forecast_core::fit(spec, series),
            #[cfg(feature = "stan")]
            Self::Stan(stan) => {
                let opts = forecast_core::optimizer::OptimizeOpts::default();
                forecast_core::fit_with(spec, series, stan, &opts)
            }
        }
    }
}
