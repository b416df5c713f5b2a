use std::path::Path;

use testkit::python::run_script;

use crate::support::{Desk, numbers};

/// Fits with Python, writes its model bare and in a string and what it predicts;
/// then predicts with the model that was fitted here.
const SCRIPT: &str = r#"
import json, logging
logging.disable(logging.CRITICAL)
import pandas as pd
from prophet import Prophet
from prophet.serialize import model_from_json, model_to_json
df = pd.read_csv("sales.csv", parse_dates=["ds"])
m = Prophet(seasonality_mode="multiplicative", n_changepoints=5)
m.add_regressor("promotion")
m.fit(df)
text = model_to_json(m)
open("python.json", "w").write(text)
json.dump(text, open("python_in_a_string.json", "w"))
rows = pd.DataFrame({"ds": pd.date_range("2023-02-01", periods=30), "promotion": [0, 1, 0] * 10})
rows.to_csv("rows.csv", index=False)
m.predict(rows)[["ds", "yhat", "trend"]].to_json("python_forecast.json", orient="records")
ours = model_from_json(open("ours.json").read())
ours.predict(rows)[["ds", "yhat", "trend"]].to_json("our_forecast.json", orient="records")
"#;

fn assert_near(desk: &Desk, model: &str, expected: &str) {
    let found = desk.json(&format!("predict --model {model} --ds rows.csv"));
    let expected: serde_json::Value =
        serde_json::from_str(&desk.read(expected)).expect("pandas writes JSON");
    for name in ["yhat", "trend"] {
        let (found, expected) = (numbers(&found, name), numbers(&expected, name));
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(&expected) {
            // pandas writes ten decimals.
            assert!((a - b).abs() < 2e-9 * b.abs(), "{model} {name}: {a} {b}");
        }
    }
}

#[test]
fn models_go_to_python_and_come_from_it_with_equal_predictions() {
    let desk = Desk::new(300);
    desk.json("fit --csv sales.csv --periods 0 --add-regressor promotion --model ours.json");
    let dir: &Path = desk.dir.path();
    let out = run_script(dir, SCRIPT, Vec::<&str>::new()).unwrap();
    assert_eq!(out.code, Some(0), "{}", out.report());
    assert_near(&desk, "python.json", "python_forecast.json");
    assert_near(&desk, "python_in_a_string.json", "python_forecast.json");
    assert_near(&desk, "ours.json", "our_forecast.json");
}
