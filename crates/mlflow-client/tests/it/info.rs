//! What a server says of itself, when it is old, something else, or cannot.

use mlflow_client::{ErrorKind, Store as _, StoreKind, WebhookStore as _};
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::faults::{answers, client, options};

async fn says(server: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(path(at)).respond_with(answer).mount(server).await;
}

#[tokio::test]
async fn a_server_that_is_older_than_the_question_has_a_version_and_no_capabilities() {
    let server = MockServer::start().await;
    says(&server, "/version", ResponseTemplate::new(200).set_body_string("2.22.0\n")).await;
    let store = client(&server, &options());
    assert_eq!(store.server_version().await.unwrap(), "2.22.0");
    let info = store.server_info().await.unwrap();
    assert_eq!((info.store, info.capabilities), (StoreKind::Other(String::new()), None));
}

#[tokio::test]
async fn what_is_true_counts_and_what_is_unknown_is_kept() {
    let server = MockServer::start().await;
    let said = json!({
        "store_type": "CloudStore", "workspaces_enabled": false, "multipart_uploads_enabled": true,
        "something_new": true, "limit": 7, "features_enabled": { "gateway": true, "x": false },
    });
    let answer = ResponseTemplate::new(200).set_body_json(said);
    says(&server, "/api/3.0/mlflow/server-info", answer).await;
    let info = client(&server, &options()).server_info().await.unwrap();
    assert_eq!(info.store, StoreKind::Other("CloudStore".to_owned()));
    let can = info.capabilities.unwrap();
    assert!(can.multipart_uploads() && !can.multipart_downloads() && !can.workspaces());
    assert!(can.has("something_new") && can.has("gateway"));
    assert!(!can.has("x") && !can.has("limit") && !can.has("features_enabled"));
}

#[tokio::test]
async fn what_is_no_mlflow_is_not_taken_for_an_old_one() {
    let (_server, store) = answers(404, "<title>Not Found</title>").await;
    assert_eq!(store.server_info().await.unwrap_err().kind(), ErrorKind::NotMlflow);
    assert_eq!(store.server_version().await.unwrap_err().kind(), ErrorKind::NotMlflow);
    for page in ["<html>welcome</html>", "", "OK", &"1.".repeat(100)] {
        let (_server, store) = answers(200, page).await;
        let error = store.server_version().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotMlflow, "{page}");
        assert!(error.hint().unwrap().contains("address"), "{error:?}");
    }
}

/// As 3.17.2 answers when it was started again without the key of the secrets.
#[tokio::test]
async fn a_server_that_cannot_read_the_secrets_of_webhooks_is_told_from_others() {
    let (_server, store) = answers(500, r#"{"error_code": "INTERNAL_ERROR", "message": ""}"#).await;
    let error = store.list_webhooks(9, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.to_string().contains("500 INTERNAL_ERROR"), "{error}");
    assert!(error.hint().unwrap().contains("MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY"), "{error:?}");
}
