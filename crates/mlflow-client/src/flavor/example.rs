//! The rows that show how a model is asked.

use serde_json::{Value, json};

use super::ProphetFlavor;

/// Dates of the input example when none are given; any date can be predicted.
const EXAMPLE_DS: [&str; 3] = ["2025-01-02T00:00:00", "2025-01-03T00:00:00", "2025-01-06T00:00:00"];

/// Returns the input example as pandas writes it with `orient="split"`.
pub(super) fn example(flavor: &ProphetFlavor) -> Value {
    let model: Value = serde_json::from_str(&flavor.model_json).unwrap_or_default();
    let given = flavor.example_ds.iter().map(String::as_str);
    let dates: Vec<&str> =
        if flavor.example_ds.is_empty() { EXAMPLE_DS.to_vec() } else { given.collect() };
    let columns: Vec<&str> =
        std::iter::once("ds").chain(flavor.extra_inputs.iter().map(String::as_str)).collect();
    let row = |ds: &str| {
        let others = flavor.extra_inputs.iter().map(|name| json!(usual(&model, name)));
        std::iter::once(json!(ds)).chain(others).collect::<Vec<_>>()
    };
    json!({ "columns": columns, "data": dates.into_iter().map(row).collect::<Vec<_>>() })
}

/// A value of a column that the model can be asked with.
///
/// Prophet refuses a `cap` that is not above the `floor`: the scale of `y` is above zero. A
/// regressor has the mean of its history, any other column zero.
fn usual(model: &Value, name: &str) -> f64 {
    let value = match name {
        "cap" => &model["y_scale"],
        _ => &model["extra_regressors"][1][name]["mu"],
    };
    value.as_f64().unwrap_or(0.0)
}
