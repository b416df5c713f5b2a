//! `/predict`.

use crate::app::{Answer, TestApp};
use crate::prophet;

#[tokio::test]
async fn the_next_sessions_are_forecast_from_today_on() {
    let app = TestApp::serving().await;
    let answer = app.post("/predict?days=4").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-model-name"), "ProphetModel");
    assert_eq!(answer.header("x-model-version"), "1");
    // Friday is a session and counts; the weekend does not.
    assert_eq!(answer.dates(), ["2026-01-02", "2026-01-05", "2026-01-06", "2026-01-07"]);
    for row in answer.json().as_array().unwrap() {
        let value = |key: &str| row[key].as_f64().unwrap();
        assert!((value("yhat") - 10.0).abs() < 1e-9, "{row}");
        assert!(value("yhat_lower") < 10.0 && 10.0 < value("yhat_upper"), "{row}");
        assert_eq!(row.as_object().unwrap().len(), 4, "{row}");
    }
}

#[tokio::test]
async fn thirty_rows_are_meant_when_none_are_asked_for_and_get_answers_too() {
    let app = TestApp::serving().await;
    let (posted, got) = (app.post("/predict").await, app.get("/predict").await);
    assert_eq!(posted.dates().len(), 30);
    assert_eq!(posted.body, got.body);
    assert_eq!(app.post("/predict?days=365").await.dates().len(), 365);
}

#[tokio::test]
async fn the_same_request_gets_the_same_bytes_and_a_short_answer_begins_a_long_one() {
    let app = TestApp::serving().await;
    let long = app.post("/predict?days=30").await;
    assert_eq!(long.body, app.post("/predict?days=30").await.body);
    let short = app.post("/predict?days=5").await.json();
    assert_eq!(short.as_array().unwrap()[..], long.json().as_array().unwrap()[..5]);

    let other = TestApp::serving().await;
    assert_eq!(long.body, other.post("/predict?days=30").await.body, "another replica");
}

#[tokio::test]
async fn calendar_days_count_weekends_and_holidays() {
    let app = TestApp::serving().await;
    let answer = app.get("/predict?days=3&calendar=days").await;
    assert_eq!(answer.dates(), ["2026-01-02", "2026-01-03", "2026-01-04"]);
}

#[tokio::test]
async fn a_forecast_may_start_elsewhere() {
    let app = TestApp::serving().await;
    // From a Saturday on; the week after holds Carnival, 16 and 17 February.
    let answer = app.get("/predict?days=4&from=2026-02-07").await;
    assert_eq!(answer.dates(), ["2026-02-09", "2026-02-10", "2026-02-11", "2026-02-12"]);
    let carnival = app.get("/predict?days=2&from=2026-02-14").await;
    assert_eq!(carnival.dates()[0], "2026-02-18");
    assert_eq!(answer.body, app.get("/predict?days=4&from=2026-02-07").await.body);
}

#[tokio::test]
async fn a_client_that_has_the_answer_is_told_so() {
    let app = TestApp::serving().await;
    let first = app.get("/predict?days=7").await;
    let etag = first.header("etag").to_owned();
    let request = app.client.get(app.url("/predict?days=7")).header("if-none-match", &etag);
    let again = Answer::of(request.send().await.unwrap()).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(again.header("etag"), etag);
    assert_ne!(app.get("/predict?days=8").await.header("etag"), etag);

    app.register_and_promote(&prophet::flat_at(11.0)).await;
    app.until_served(2).await;
    let request = app.client.get(app.url("/predict?days=7")).header("if-none-match", &etag);
    assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn a_version_in_memory_can_be_pinned() {
    let app = TestApp::serving().await;
    let before = app.get("/predict?days=3").await;
    app.register_and_promote(&prophet::flat_at(20.0)).await;
    app.until_served(2).await;
    let pinned = app.get("/predict?days=3&version=1").await;
    assert_eq!(pinned.header("x-model-version"), "1");
    assert_eq!(pinned.body, before.body);
    assert_eq!(app.get("/predict?days=3").await.header("x-model-version"), "2");
    let detail = app.get("/predict?version=9").await.is_problem(404, "version_not_in_memory");
    assert!(detail.contains("2, 1"), "{detail}");
}

#[tokio::test]
async fn however_a_forecast_is_asked_for_it_is_the_same() {
    let app = TestApp::serving().await;
    let expected = app.get("/predict?days=6").await;
    // A body is not read; a path may be encoded; the first date may be named.
    let with_body = app.client.post(app.url("/predict?days=6")).body("{}");
    let in_chunks = reqwest::Body::wrap_stream(futures_util::stream::iter([Ok::<_, String>("{}")]));
    let in_chunks = app.client.post(app.url("/predict?days=6")).body(in_chunks);
    for request in [
        app.client.post(app.url("/predict?days=6")),
        with_body,
        in_chunks,
        app.client.get(app.url("/pr%65dict?days=%36")),
        app.client.get(app.url("/predict?days=6&from=2026-01-02")),
        app.client.get(app.url("/predict?days=6&version=1")),
    ] {
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body, expected.body);
        for name in ["etag", "x-model-version", "content-type", "x-content-type-options"] {
            assert_eq!(answer.header(name), expected.header(name), "{name}");
        }
    }
    let head = app.client.head(app.url("/predict?days=6")).send().await.unwrap();
    let length = head.headers()["content-length"].to_str().unwrap().to_owned();
    assert_eq!((head.status().as_u16(), length), (200, expected.body.len().to_string()));
    assert_eq!(head.text().await.unwrap(), "");
}

#[tokio::test]
async fn forecasts_are_answered_while_the_service_is_about_to_stop_and_close_the_connection() {
    let app = TestApp::serving().await;
    let ask = || app.client.get(app.url("/predict?days=2")).send();
    assert_eq!(ask().await.unwrap().headers().get("connection"), None);
    app.state.drain();
    let answer = ask().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    assert_eq!(answer.headers()["connection"], "close");
}
