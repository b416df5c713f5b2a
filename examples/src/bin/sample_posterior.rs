//! Draws from the whole posterior: how sure is a model of what a promotion brings?

use anyhow::{Context as _, Result};
use forecast_core::{SamplerOptions, Series, Spec, fit_bayes, utilities::regressor_coefficients};

/// Days of history.
const DAYS: usize = 400;

/// What a promotion truly brings.
const EFFECT: f64 = 8.0;

#[expect(clippy::print_stdout, reason = "what an example is for")]
fn main() -> Result<()> {
    let promotion: Vec<f64> = (0..DAYS).map(|i| f64::from(u8::from(i % 11 == 3))).collect();
    let mut y = examples::sales(DAYS, 2);
    y.iter_mut().zip(&promotion).for_each(|(y, on)| *y += EFFECT * on);
    let history = Series::new(examples::days(DAYS), y)?.with_column("promotion", promotion)?;

    // Of each chain half are warm-up, as in Python.
    let spec = Spec { mcmc_samples: 600, ..Spec::default() }.add_regressor("promotion");
    let options = SamplerOptions { seed: 7, threads: 2, ..SamplerOptions::default() };
    let fitted = fit_bayes(&spec, &history, &options)?;

    let report = fitted.report().and_then(|report| report.mcmc.as_ref()).context("no draws")?;
    println!(
        "{} draws; R-hat at most {:.3}, effective sample size at least {:.0}, {} divergences",
        fitted.samples().len(),
        report.rhat_max,
        report.ess_bulk_min.min(report.ess_tail_min),
        report.divergences
    );
    for warning in report.warnings() {
        println!("be careful: {warning}");
    }
    for found in regressor_coefficients(&fitted) {
        println!(
            "a {} brings {:.2}, between {:.2} and {:.2} with a probability of {:.0} %",
            found.regressor,
            found.coef,
            found.coef_lower,
            found.coef_upper,
            100.0 * spec.interval_width
        );
    }
    Ok(())
}
