//! This crate.

use anyhow::Result;
use chrono::TimeDelta;
use forecast_core::{
    batch::{BatchOptions, Threads, fit_many},
    diagnostics::{CrossValidationOptions, Cutoffs, cross_validation as validate},
    fit,
};

use crate::{
    program::{Program, Turn, log_posterior, timed},
    workload::Workload,
};

/// One series.
#[derive(Debug)]
pub(crate) struct One;

impl Program for One {
    fn name(&self) -> String {
        "forecast-core".to_owned()
    }

    fn fit(&mut self, workload: &Workload) -> Result<Turn> {
        let (seconds, fitted) = timed(|| Ok(fit(&workload.spec, workload.series())?))?;
        Ok(Turn { seconds, log_posterior: log_posterior(workload, fitted.params())? })
    }
}

/// The batch.
#[derive(Debug)]
pub(crate) struct Many;

impl Program for Many {
    fn name(&self) -> String {
        "forecast-core (batch)".to_owned()
    }

    fn fit(&mut self, workload: &Workload) -> Result<Turn> {
        let jobs: Vec<_> = workload.batch.iter().map(|series| (&workload.spec, series)).collect();
        let options = BatchOptions { threads: Threads::One, ..BatchOptions::default() };
        let (mut seconds, fitted) = timed(|| {
            let fitted: Result<Vec<_>, _> = fit_many(&jobs, &options).into_iter().collect();
            Ok(fitted?)
        })?;
        for seconds in &mut seconds {
            *seconds /= jobs.len() as f64;
        }
        Ok(Turn { seconds, log_posterior: log_posterior(workload, fitted[0].params())? })
    }
}

/// Cross-validates one series as `peers.py` is told to, in one thread.
pub(crate) fn cross_validation(workload: &Workload) -> Result<Vec<f64>> {
    let fitted = fit(&workload.spec, workload.series())?;
    let days = |days| Some(TimeDelta::days(days));
    let options = CrossValidationOptions {
        cutoffs: Cutoffs::Every { initial: days(730), period: days(180) },
        threads: Threads::One,
        ..CrossValidationOptions::default()
    };
    Ok(timed(|| Ok(validate(&fitted, TimeDelta::days(365), &options)?))?.0)
}
