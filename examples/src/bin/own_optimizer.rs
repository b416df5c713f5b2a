//! The seams to augurs: an optimizer of one's own finds the parameters, and the model
//! stands behind augurs' traits.

use std::cell::Cell;

use anyhow::{Context as _, Result};
use forecast_core::{
    Prophet, Series, Spec,
    augurs::{Fit as _, Predict as _, Regular},
    fit_with,
    map::MapOptimizer,
    optimizer::{Data, Error, InitialParams, OptimizeOpts, OptimizedParams, Optimizer},
};

/// Days of history, and days to forecast.
const DAYS: (usize, usize) = (400, 7);

/// Any optimizer of augurs-prophet's kind will do; this one looks over another's shoulder.
#[derive(Debug, Default)]
struct Watched {
    calls: Cell<usize>,
}

impl Optimizer for Watched {
    fn optimize(
        &self,
        init: &InitialParams,
        data: &Data,
        opts: &OptimizeOpts,
    ) -> Result<OptimizedParams, Error> {
        self.calls.set(self.calls.get() + 1);
        MapOptimizer.optimize(init, data, opts)
    }
}

#[expect(clippy::print_stdout, reason = "what an example is for")]
fn main() -> Result<()> {
    let (ds, y) = (examples::days(DAYS.0), examples::sales(DAYS.0, 4));
    let history = Series::new(ds.clone(), y.clone())?;
    let spec = Spec::default();

    let watched = Watched::default();
    let theirs = fit_with(&spec, &history, &watched, &OptimizeOpts::default())?;
    let ours = Prophet::new(spec.clone()).fit(&history)?;
    println!("{} call of the optimizer", watched.calls.get());
    for (name, fitted) in [("fit_with", &theirs), ("fit", &ours)] {
        let report = fitted.report().context("a fit has a report")?;
        println!("{name:>8}: log posterior {:.6}", report.log_posterior);
    }

    // augurs knows values in order, without dates: `Regular` gives them dates.
    let regular = Regular::daily(spec, ds[0].date(), 0).fit(&y)?;
    let forecast = regular.predict(DAYS.1, 0.8)?;
    let intervals = forecast.intervals.context("a level was asked for")?;
    for (i, point) in forecast.point.iter().enumerate() {
        println!("{point:.2}  {:.2}..{:.2}", intervals.lower[i], intervals.upper[i]);
    }
    Ok(())
}
