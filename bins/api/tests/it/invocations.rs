//! `/invocations`: rows in, Prophet's columns out, and what is refused.

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::app::{Answer, TestApp, settings};
use crate::prophet;

const JSON: &str = "application/json";
const CSV: &str = "text/csv";

async fn invoke(app: &TestApp, media: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = app.client.post(app.url("/invocations")).header(CONTENT_TYPE, media).body(body);
    Answer::of(request.send().await.unwrap()).await
}

async fn invoke_json(app: &TestApp, body: &Value) -> Answer {
    invoke(app, JSON, body.to_string()).await
}

/// A service over a model with logistic growth, a regressor and a condition.
async fn needing_columns() -> TestApp {
    let app = TestApp::start();
    app.register_and_promote(&prophet::needing_columns()).await;
    app.until_served(1).await;
    app
}

#[tokio::test]
async fn rows_come_back_in_order_of_time_with_the_versions_headers() {
    let app = TestApp::serving().await;
    let rows = json!({"dataframe_records": [{"ds": "2026-01-06"}, {"ds": "2026-01-05"}]});
    let answer = invoke_json(&app, &rows).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, JSON));
    assert_eq!(answer.header("x-model-name"), "ProphetModel");
    assert_eq!(answer.header("x-model-version"), "1");
    let predictions = answer.json()["predictions"].clone();
    assert_eq!(predictions[0]["ds"], "2026-01-05T00:00:00");
    assert_eq!(predictions[1]["ds"], "2026-01-06T00:00:00");
    assert_eq!(predictions[0]["trend"], 10.0);
    let again = invoke_json(&app, &rows).await;
    assert_eq!(again.body, answer.body, "the same question has the same answer");
    let forecast = app.get("/predict?days=2&from=2026-01-05").await.json();
    for row in [0, 1] {
        for column in ["yhat", "yhat_lower", "yhat_upper"] {
            assert_eq!(predictions[row][column], forecast[row][column], "{column}");
        }
    }
}

#[tokio::test]
async fn a_model_that_needs_columns_is_served_and_names_the_one_that_is_missing() {
    let app = needing_columns().await;
    assert_eq!(app.get("/ready").await.status, 200);
    let row = json!({"ds": "2026-01-05", "cap": 50.0, "x": 0.5, "on": true});
    let answer = invoke_json(&app, &json!({"inputs": row})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["predictions"][0]["cap"], 50.0);
    for column in ["ds", "cap", "x", "on"] {
        let mut less = row.clone();
        less.as_object_mut().unwrap().remove(column);
        let answer = invoke_json(&app, &json!({"dataframe_records": [less]})).await;
        let detail = answer.is_problem(400, "column_missing");
        assert!(detail.contains(&format!("`{column}`")), "{detail}");
    }
    for (column, value) in [("cap", json!(-1)), ("x", json!("much")), ("on", json!(0.5))] {
        let mut other = row.clone();
        other[column] = value;
        let answer = invoke_json(&app, &json!({"instances": [other]})).await;
        let detail = answer.is_problem(400, "value_not_usable");
        assert!(detail.contains(&format!("`{column}`")), "{detail}");
    }
    let detail = app.post("/predict").await.is_problem(409, "columns_needed");
    assert!(detail.contains("cap, x, on") && detail.contains("/invocations"), "{detail}");
}

#[tokio::test]
async fn a_bad_row_is_named_by_its_line() {
    let app = needing_columns().await;
    let header = "ds,cap,x,on\n2026-01-05,50,1,True\n";
    let ok = invoke(&app, CSV, format!("\u{feff}{header}\n2026-01-06,50,-1e-1,FALSE\n")).await;
    assert_eq!(ok.status, 200, "{ok:?}");
    for (row, code, texts) in [
        ("2026-01-06,50,1", "csv_malformed", ["line 3", "3 fields"]),
        ("2026-01-06,50,1,True,9", "csv_malformed", ["line 3", "5 fields"]),
        ("2026-01-06,50,one,True", "value_not_usable", ["`x` of line 3", "\"one\""]),
        ("2026-01-06,50,inf,True", "value_not_usable", ["`x` of line 3", "finite"]),
        ("2026-01-06,,1,True", "value_not_usable", ["`cap` of line 3", "missing"]),
        ("06/01/2026,50,1,True", "value_not_usable", ["`ds` of line 3", "2026-01-05"]),
        ("1500-01-06,50,1,True", "value_not_usable", ["`ds` of line 3", "1500"]),
    ] {
        let answer = invoke(&app, CSV, format!("{header}{row}\n")).await;
        let detail = answer.is_problem(400, code);
        assert!(texts.iter().all(|text| detail.contains(text)), "{detail}");
    }
    let bytes = [header.as_bytes(), b"2026-01-06,50,\xff,True\n"].concat();
    invoke(&app, CSV, bytes).await.is_problem(400, "csv_malformed");
    invoke(&app, CSV, "ds\n").await.is_problem(422, "body_misshapen");
}

#[tokio::test]
async fn what_is_not_a_table_of_rows_is_refused() {
    let app = TestApp::serving().await;
    for (body, status, code) in [
        ("", 400, "body_empty"),
        ("ds=2026-01-05", 400, "body_not_json"),
        ("{\"inputs\": [{\"ds\": NaN}]}", 400, "body_not_json"),
        ("[]", 422, "body_misshapen"),
        ("{}", 422, "body_misshapen"),
        ("{\"inputs\": [], \"instances\": []}", 422, "body_misshapen"),
        ("{\"inputs\": 3}", 422, "body_misshapen"),
        ("{\"inputs\": []}", 422, "body_misshapen"),
        ("{\"inputs\": [[\"2026-01-05\"]]}", 422, "body_misshapen"),
        ("{\"inputs\": {\"ds\": [\"2026-01-05\"], \"x\": []}}", 422, "body_misshapen"),
        ("{\"inputs\": {\"ds\": [\"2026-01-05\"], \"x\": 3}}", 422, "body_misshapen"),
        ("{\"dataframe_records\": {\"ds\": \"2026-01-05\"}}", 422, "body_misshapen"),
        ("{\"dataframe_split\": {\"data\": [[\"2026-01-05\"]]}}", 422, "body_misshapen"),
        ("{\"dataframe_split\": {\"columns\": [\"ds\"], \"data\": [[]]}}", 422, "body_misshapen"),
        ("{\"dataframe_split\": {\"columns\": [\"ds\"], \"data\": [3]}}", 422, "body_misshapen"),
        ("{\"inputs\": {\"ds\": 3}}", 400, "value_not_usable"),
        ("{\"inputs\": {\"ds\": {}}}", 400, "value_not_usable"),
        ("{\"inputs\": {\"ds\": \"2100-01-01T24:00:00\"}}", 400, "value_not_usable"),
    ] {
        let answer = invoke(&app, JSON, body).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        answer.is_problem(status, code);
    }
    let deep = format!("{{\"inputs\": {}", "[".repeat(100_000));
    invoke(&app, JSON, deep).await.is_problem(400, "body_not_json");
    for media in ["text/plain", "application/vnd.apache.parquet", "application/json; a=b", ""] {
        let answer = invoke(&app, media, "{}").await;
        let detail = answer.is_problem(415, "content_type_unsupported");
        assert!(detail.contains("text/csv"), "{detail}");
    }
    let response = app.client.post(app.url("/invocations")).body("{}").send().await.unwrap();
    Answer::of(response).await.is_problem(415, "content_type_unsupported");
    app.get("/invocations").await.is_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn rows_and_bytes_are_bounded() {
    let app = TestApp::serving().await;
    let records = |n: usize| json!({"inputs": vec![json!({"ds": "2026-01-05"}); n]});
    let answer = invoke_json(&app, &records(10_000)).await;
    assert_eq!(answer.json()["predictions"].as_array().unwrap().len(), 10_000);
    let detail = invoke_json(&app, &records(10_001)).await.is_problem(422, "too_many_rows");
    assert!(detail.contains("10000"), "{detail}");
    let lines = format!("ds\n{}", "2026-01-05\n".repeat(10_001));
    invoke(&app, CSV, lines).await.is_problem(422, "too_many_rows");

    let mut settings = settings();
    settings.http.invocations_bytes_max = 2000;
    let app = TestApp::start_with(settings);
    let detail = invoke(&app, JSON, vec![b' '; 2001]).await.is_problem(413, "body_too_large");
    assert!(detail.contains("2000"), "{detail}");
    let chunks =
        futures_util::stream::iter([(); 2].map(|()| Ok::<_, std::io::Error>(vec![b' '; 1001])));
    let answer = invoke(&app, JSON, reqwest::Body::wrap_stream(chunks)).await;
    answer.is_problem(413, "body_too_large");
}

#[tokio::test]
async fn without_a_model_or_a_token_there_is_no_forecast() {
    let app = TestApp::start();
    app.eventually("the registry was asked", || app.state.status.load().stepped_at.is_some()).await;
    let rows = json!({"inputs": {"ds": "2026-01-05"}});
    invoke_json(&app, &rows).await.is_problem(503, "no_version_selected");
    app.get("/ping").await.is_problem(503, "no_version_selected");
    assert_eq!(app.get("/version").await.body, "3.17.2");
    let app = TestApp::start_with_token("s3cret");
    for answer in [invoke_json(&app, &rows).await, app.get("/ping").await] {
        answer.is_problem(401, "unauthorized");
    }
}
