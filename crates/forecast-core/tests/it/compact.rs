//! The compact form.

use forecast_core::{Fitted, Future, Spec, compact, fit, prophet_json};

use crate::support::{Golden, days, series};

/// Our fits and Python's, with rows to predict.
fn models() -> Vec<(String, Fitted, Future)> {
    let mut models = Vec::new();
    for (name, golden) in Golden::all() {
        let ours = fit(&golden.spec(), &golden.series()).unwrap();
        let python = prophet_json::read(golden.model_json()).unwrap();
        models.push((format!("{name}, ours"), ours, golden.future()));
        models.push((format!("{name}, Python's"), python, golden.future()));
    }
    models
}

/// A model with draws: those of an optimum, shaken.
fn with_draws() -> Fitted {
    let golden = &Golden::all()[0].1;
    let mut model: serde_json::Value = serde_json::from_str(golden.model_json()).unwrap();
    for values in model["params"].as_object_mut().unwrap().values_mut() {
        let draw = values.as_array().unwrap()[0].clone();
        let shaken = |i: i32| {
            let by = 1.0 + 1e-3 * f64::from(i);
            let numbers = draw.as_array().unwrap().iter();
            serde_json::json!(numbers.map(|x| x.as_f64().unwrap() * by).collect::<Vec<_>>())
        };
        *values = (0..5).map(shaken).collect();
    }
    prophet_json::read(&model.to_string()).unwrap()
}

#[test]
fn a_model_comes_back_equal() {
    for (name, model, _) in models() {
        assert_eq!(compact::read(&compact::write(&model)).unwrap(), model, "{name}");
    }
    let draws = with_draws();
    assert_eq!(compact::read(&compact::write(&draws)).unwrap(), draws);
}

#[test]
fn without_its_history_a_model_predicts_the_same_bits() {
    for (name, model, future) in models() {
        let small = compact::read(&compact::write_without_history(&model)).unwrap();
        let expected = model.predict_rows(&future, 3).unwrap();
        assert_eq!(small.predict_rows(&future, 3).unwrap(), expected, "{name}");
        assert_eq!(small.last_ds(), model.last_ds(), "{name}");
        assert_eq!(small.rows(), 0, "{name}");
    }
}

#[test]
fn a_compact_model_is_a_tenth_of_pythons_json() {
    let history = series(2_905);
    let model = fit(&Spec::default(), &history).unwrap();
    let json = prophet_json::write(&model).len();
    let (whole, small) =
        (compact::write(&model).len(), compact::write_without_history(&model).len());
    assert!(10 * whole <= json, "{whole} bytes, JSON has {json}");
    assert!(100 * small <= json, "{small} bytes without history, JSON has {json}");
    // And the dates are all that is left of the history.
    assert!(small < days(2_905).len() + 1_000, "{small} bytes");
}
