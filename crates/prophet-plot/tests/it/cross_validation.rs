use chrono::TimeDelta;
use forecast_core::Spec;
use forecast_core::diagnostics::{
    CrossValidation, CrossValidationOptions, Cutoffs, Metric, cross_validation,
};
use prophet_plot::{Page, PlotError, Theme, plot_cross_validation_metric};

use crate::support::{SEED, checked_svg, daily, every, fit};

/// Forecasts of `horizon` from every `period` after `initial`.
fn forecasts(
    of: &forecast_core::Fitted,
    [horizon, initial, period]: [TimeDelta; 3],
) -> CrossValidation {
    let cutoffs = Cutoffs::Every { initial: Some(initial), period: Some(period) };
    let options = CrossValidationOptions { cutoffs, seed: SEED, ..Default::default() };
    cross_validation(of, horizon, &options).expect("the history is long enough")
}

#[test]
fn a_metric_is_drawn_by_horizon_in_the_unit_that_suits_it() {
    let (days, _) = daily();
    let spec = Spec { uncertainty_samples: 100, ..Spec::default() };
    let (minutes, _) = fit(spec, &every("2024-01-01", TimeDelta::minutes(5), 600), 1);
    let cases = [
        ("days", forecasts(&days, [90, 730, 30].map(TimeDelta::days)), "horizon (days)"),
        (
            "minutes",
            forecasts(&minutes, [120, 1500, 60].map(TimeDelta::minutes)),
            "horizon (minutes)",
        ),
    ];
    for (name, cv, unit) in cases {
        for metric in [Metric::Mape, Metric::Rmse, Metric::Coverage] {
            let figure = plot_cross_validation_metric(&cv, &metric, 0.1).unwrap();
            let page = Page::sized(900, 480, Theme::Light);
            let svg = checked_svg(&format!("metric_{name}_{}", metric.name()), &figure, &page);
            for word in [metric.name(), unit, "single forecast", "rolling window"] {
                assert!(svg.contains(word), "{word}");
            }
            assert_eq!(svg.contains("%\n"), metric.name() != "rmse");
            assert!(svg.contains("<circle"));
        }
    }
}

#[test]
fn a_metric_without_a_value_is_refused_with_the_reason() {
    let (days, _) = daily();
    let mut cv = forecasts(&days, [90, 730, 90].map(TimeDelta::days));
    cv.yhat_lower.clear();
    cv.yhat_upper.clear();
    let error = plot_cross_validation_metric(&cv, &Metric::Coverage, 0.1).unwrap_err();
    assert!(matches!(&error, PlotError::Skipped { metric, .. } if metric == "coverage"), "{error}");
    let empty = CrossValidation::default();
    let error = plot_cross_validation_metric(&empty, &Metric::Mae, 0.1).unwrap_err();
    assert!(matches!(error, PlotError::Metrics(_)), "{error}");
}
