use crate::support::{Desk, numbers};

const ARGS: &str = "cv --csv sales.csv --initial 200_days --period 40_days --horizon 30_days";

#[test]
fn cv_prints_metrics_by_horizon_and_its_time() {
    let desk = Desk::new(400);
    let json = desk.json(ARGS);
    assert!(json["seconds"].as_f64().unwrap() > 0.0);
    let metrics = json["metrics"].as_array().unwrap();
    assert_eq!(metrics.last().unwrap()["horizon"], "30 days");
    for name in ["mse", "rmse", "mae", "mape", "mdape", "smape", "coverage"] {
        assert!(numbers(&json["metrics"], name).iter().all(|v| v.is_finite()), "{name}");
    }
    let cutoffs = json["cutoffs"].as_array().unwrap();
    assert_eq!(cutoffs.len(), 5);
    assert_eq!(cutoffs[4], "2023-01-06", "a horizon before the last row with a value");
    let again = desk.json(ARGS);
    assert_eq!(again["metrics"], json["metrics"]);
}

#[test]
fn cutoffs_can_be_given_and_the_metric_drawn() {
    let desk = Desk::new(400);
    let args = "cv --csv sales.csv --horizon 20_days --cutoffs 2022-09-01,2022-11-01 --metric mae --plot m.svg";
    let json = desk.json(args);
    assert_eq!(json["cutoffs"], serde_json::json!(["2022-09-01", "2022-11-01"]));
    let svg = desk.read("m.svg");
    assert!(svg.contains("horizon (days)") && svg.contains("mae"));
    let text = desk.run(args).stdout;
    for word in ["2 cutoffs", "horizon", "coverage", "20 days"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}
