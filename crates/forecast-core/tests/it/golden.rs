//! Models and forecasts of Python Prophet 1.5.

use forecast_core::{fit, posterior::log_posterior, prepare, prophet_json};

use crate::support::{Golden, assert_close};

/// Python's numbers are printed to 17 digits; what remains is the order of sums.
const EXACT: f64 = 1e-9;

#[test]
fn pythons_model_predicts_what_python_predicts() {
    for (name, golden) in Golden::all() {
        let fitted = prophet_json::read(golden.model_json()).unwrap();
        let forecast = fitted.predict_rows(&golden.future(), 1).unwrap();
        let columns: [(&str, &[f64]); 4] = [
            ("yhat", &forecast.yhat),
            ("trend", &forecast.trend),
            ("additive_terms", &forecast.additive_terms),
            ("multiplicative_terms", &forecast.multiplicative_terms),
        ];
        for (column, found) in columns {
            // Sums that are zero throughout are left out of the files.
            let zeros = vec![0.0; found.len()];
            let expected = golden.numbers("future", column).unwrap_or(zeros);
            assert_close(&format!("{name}: {column}"), found, &expected, EXACT);
        }
        for column in ["weekly", "yearly", "daily", "holidays"] {
            if let Some(expected) = golden.numbers("future", column) {
                let found = forecast.component(column).unwrap();
                assert_close(&format!("{name}: {column}"), found, &expected, EXACT);
            }
        }
    }
}

#[test]
fn columns_stand_in_pythons_order() {
    for (name, golden) in Golden::all() {
        let (data, _) = prepare(&golden.spec(), &golden.series()).unwrap();
        let scales = golden.numbers("design", "prior_scales").unwrap();
        assert_eq!(data.sigmas.iter().map(|scale| **scale).collect::<Vec<_>>(), scales, "{name}");
        for (at, row) in golden.0["design"]["rows"].as_object().unwrap() {
            let at: usize = at.parse().unwrap();
            let expected: Vec<f64> =
                row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
            let width = expected.len();
            let found = &data.X[at * width..(at + 1) * width];
            for (found, expected) in found.iter().zip(&expected) {
                assert!((found - expected).abs() <= 1e-12, "{name}: {found} is not {expected}");
            }
        }
        assert_close(&name, &data.t_change, &golden.numbers_at("changepoints_t"), 1e-14);
    }
}

#[test]
fn interval_ends_are_near_pythons() {
    for (name, golden) in Golden::all() {
        let fitted = prophet_json::read(golden.model_json()).unwrap();
        let forecast = fitted.predict_rows(&golden.future(), 7).unwrap();
        let lower = golden.numbers("future", "yhat_lower").unwrap();
        let upper = golden.numbers("future", "yhat_upper").unwrap();
        // Both are simulated with 1,000 paths: mean widths agree to some percent.
        let width = |lower: &[f64], upper: &[f64]| {
            lower.iter().zip(upper).map(|(low, high)| high - low).sum::<f64>()
        };
        let expected = width(&lower, &upper);
        let found = width(&forecast.yhat_lower, &forecast.yhat_upper);
        assert!(
            (found - expected).abs() <= 0.12 * expected + 1e-6,
            "{name}: width {found}, Python {expected}"
        );
    }
}

#[test]
fn a_string_inside_json_is_read_too() {
    let (_, golden) = &Golden::all()[0];
    let wrapped = serde_json::to_string(golden.model_json()).unwrap();
    let (bare, inside) =
        (prophet_json::read(golden.model_json()).unwrap(), prophet_json::read(&wrapped).unwrap());
    assert_eq!(bare, inside);
}

#[test]
fn a_written_model_reads_back_to_the_same_bits() {
    for (name, golden) in Golden::all() {
        let fitted = fit(&golden.spec(), &golden.series()).unwrap();
        let again = prophet_json::read(&prophet_json::write(&fitted)).unwrap();
        let (first, second) = (
            fitted.predict_rows(&golden.future(), 3).unwrap(),
            again.predict_rows(&golden.future(), 3).unwrap(),
        );
        assert_eq!(first, second, "{name}");
        assert_eq!(fitted.last_ds(), again.last_ds(), "{name}");
    }
}

#[test]
fn python_models_survive_our_writing() {
    for (name, golden) in Golden::all() {
        let fitted = prophet_json::read(golden.model_json()).unwrap();
        let again = prophet_json::read(&prophet_json::write(&fitted)).unwrap();
        assert_eq!(
            fitted.predict_rows(&golden.future(), 3).unwrap(),
            again.predict_rows(&golden.future(), 3).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn our_fit_is_at_least_as_likely_as_stans() {
    for (name, golden) in Golden::all() {
        let ours = fit(&golden.spec(), &golden.series()).unwrap();
        let report = ours.report().unwrap();
        assert!(report.converged, "{name}: {report:?}");
        // A constant series is not optimized, here or there.
        let Some(stan) = golden.0["log_posterior"].as_f64() else { continue };
        assert!(
            stan - 1e-3 <= report.log_posterior,
            "{name}: {} is below Stan's {stan}",
            report.log_posterior
        );
    }
}

#[test]
fn log_posterior_of_stans_parameters_is_stans() {
    for (name, golden) in Golden::all() {
        let Some(stan) = golden.0["log_posterior"].as_f64() else { continue };
        let (data, _) = prepare(&golden.spec(), &golden.series()).unwrap();
        let params = prophet_json::read(golden.model_json()).unwrap();
        let found = log_posterior(&data, params.params());
        // Stan prints its parameters to 8 digits.
        assert!((found - stan).abs() <= 1e-4 * stan.abs(), "{name}: {found}, Stan {stan}");
    }
}
