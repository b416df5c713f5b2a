//! How long is waited, and for what.

use std::time::{Duration, Instant};

use mlflow_client::{
    ArtifactStore as _, ClientOptions, ErrorKind, RegistryStore as _, RunId, Store as _,
    TrackingStore as _,
};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::faults::{client, n_requests, options};

const ROOT: &str = "mlflow-artifacts:/1/r";

#[tokio::test]
async fn polls_files_and_the_rest_have_times_of_their_own() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(40));
    Mock::given(any()).respond_with(slow).mount(&server).await;
    let short = Duration::from_millis(50);
    let long = ClientOptions { retry_for: short, ..options() }.with_retries_max(0);
    let long = long.with_timeout(Duration::from_secs(35));
    let (id, started) = (RunId::new("r"), Instant::now());
    let polls = client(&server, &long.clone().with_poll_timeout(short));
    let transfers = client(&server, &long.clone().with_transfer_timeout(short));
    let rest =
        client(&server, &long.with_timeout(short).with_poll_timeout(Duration::from_secs(35)));
    for error in [
        polls.ping().await.unwrap_err(),
        polls.get_registered_model("P").await.unwrap_err(),
        transfers.put_artifact(ROOT, "a", vec![]).await.unwrap_err(),
        transfers.get_artifact(ROOT, "a").await.unwrap_err(),
        rest.get_run(&id).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    }
    // The slack is for a busy machine; one of the long ones would take 35 s.
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_pause_until_a_date_is_kept_by_the_clock_of_who_asks() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(503)
        .insert_header("date", "Sun, 06 Nov 1994 08:49:37 GMT")
        .insert_header("retry-after", "Sun, 06 Nov 1994 08:49:38 GMT");
    Mock::given(any()).respond_with(busy).up_to_n_times(1).mount(&server).await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .mount(&server)
        .await;
    let started = Instant::now();
    client(&server, &options()).ping().await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_proxys_login_page_is_neither_a_file_nor_a_file_taken() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_raw("<title>Sign in</title>", "text/html");
    Mock::given(any()).respond_with(page).mount(&server).await;
    let store = client(&server, &options());
    for error in [
        store.put_artifact(ROOT, "a.html", vec![]).await.unwrap_err(),
        store.set_tag(&RunId::new("r"), "k", "v").await.unwrap_err(),
        store.ping().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotMlflow, "{error}");
        assert!(error.hint().unwrap().contains("MLFLOW_TRACKING_TOKEN"), "{error:?}");
    }
    assert_eq!(n_requests(&server).await, 3, "it would be the same page again");
}
