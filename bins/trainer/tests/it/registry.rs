//! `versions`, `promote` and `forecast`.

use crate::support::{SESSIONS, Shop};

#[test]
fn the_highest_number_in_a_stage_wins_until_the_others_are_archived() {
    let shop = Shop::open();
    let missing = shop.trainer(&["promote", "--version", "latest", "--stage", "Production"]);
    let missing = missing.run().unwrap();
    assert_eq!(missing.code, Some(1));
    assert!(missing.stderr.contains("there is no store"), "{}", missing.report());
    assert!(!shop.path().join("mlflow.db").exists(), "looking makes no store");
    shop.json(&["--source", "file:prices.csv", "--no-register"]);
    shop.fails(&["forecast"], 1, &["no registered version", "hint:"]);
    for _ in 0..3 {
        shop.json(&["--source", "file:prices.csv"]);
    }
    let promote = |version: &str, more: &[&str]| {
        let args = ["promote", "--version", version, "--stage", "production"];
        shop.json(&[&args, more].concat())
    };
    assert_eq!(promote("latest", &[])["version"], 3);
    assert_eq!(promote("2", &[])["stage"], "Production");
    let said = shop.trainer(&["promote", "--version", "2", "--stage", "Production"]).run().unwrap();
    assert!(said.stdout.contains("Production serves v3"), "{}", said.report());
    assert!(said.stdout.contains("--archive-existing"), "{}", said.report());

    let archived = promote("2", &["--archive-existing", "--alias", "champion"]);
    assert_eq!(archived["archived"], serde_json::json!([3]));
    assert_eq!(archived["aliases"], serde_json::json!(["champion"]));
    let versions = shop.json(&["versions"]);
    let stages: Vec<_> = versions.as_array().unwrap().iter().map(|v| &v["stage"]).collect();
    assert_eq!(stages, ["Archived", "Production", "None"]);
    assert_eq!(versions[1]["trained_through"], versions[0]["trained_through"]);
    assert!(versions[1]["metrics"]["mape"].is_number());

    for which in [["--stage", "Production"], ["--alias", "champion"], ["--version", "2"]] {
        let rows = shop.json(&[&["forecast", "--days", "3"], which.as_slice()].concat());
        assert_eq!(rows.as_array().unwrap().len(), 3);
    }
    shop.fails(&["forecast", "--stage", "Staging"], 1, &["Staging", "hint:"]);
    shop.fails(&["forecast", "--alias", "nobody"], 1, &["nobody"]);
    shop.fails(&["forecast", "--version", "9"], 1, &["no version 9", "hint:"]);
}

#[test]
fn forecasts_are_for_sessions_and_come_as_table_csv_and_json() {
    let shop = Shop::open();
    shop.json(&["--source", "file:prices.csv", "--promote", "Production"]);
    // 24, 25 and 31 December 2025 and 1 January 2026 are no sessions, nor are weekends.
    let from = ["forecast", "--from", "2025-12-23", "--days", "5"];
    let rows = shop.json(&from);
    let days: Vec<_> = rows.as_array().unwrap().iter().map(|row| &row["ds"]).collect();
    assert_eq!(days, ["2025-12-23", "2025-12-26", "2025-12-29", "2025-12-30", "2026-01-02"]);
    for row in rows.as_array().unwrap() {
        let [lower, yhat, upper] =
            ["yhat_lower", "yhat", "yhat_upper"].map(|k| row[k].as_f64().unwrap());
        assert!(lower < yhat && yhat < upper, "{row}");
    }
    let text = |format: &str| {
        let output = shop.trainer(&from).args(["--format", format]).run().unwrap();
        assert_eq!(output.code, Some(0), "{}", output.report());
        output.stdout
    };
    assert!(text("table").contains("ProphetModel v1 (Production), trained through"));
    assert_eq!(text("csv").lines().count(), 6);
    assert!(text("csv").starts_with("ds,yhat,yhat_lower,yhat_upper\n2025-12-23,"));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text("json")).unwrap(), rows);
}

#[test]
fn a_model_file_is_forecast_without_a_store() {
    let shop = Shop::open();
    let trained = shop.json(&["--source", "file:prices.csv"]);
    assert_eq!(trained["rows"], SESSIONS);
    let registered = shop.json(&["forecast", "--version", "1"]);
    let uri = trained["artifact_uri"].as_str().unwrap();
    let model = std::path::Path::new(uri.trim_start_matches("file://")).join("prophet_model.json");
    std::fs::copy(model, shop.path().join("mine.json")).unwrap();
    std::fs::remove_file(shop.path().join("mlflow.db")).unwrap();
    assert_eq!(shop.json(&["forecast", "--model-file", "mine.json"]), registered);
    assert!(!shop.path().join("mlflow.db").exists());
    shop.write("broken.json", "{\"growth\": \"linear\"}");
    shop.fails(&["forecast", "--model-file", "broken.json"], 1, &["broken.json", "hint:"]);
}
