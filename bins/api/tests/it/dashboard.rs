//! The page for people.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{ACCEPT_LANGUAGE, AUTHORIZATION, IF_NONE_MATCH};

use crate::app::{Answer, TestApp};
use crate::prophet;

impl TestApp {
    async fn page(&self, name: reqwest::header::HeaderName, value: &str) -> Answer {
        let request = self.client.get(self.url("/")).header(name, value);
        Answer::of(request.send().await.unwrap()).await
    }
}

/// The addresses of what the page loads.
fn assets(page: &str) -> Vec<&str> {
    page.split("\"/dashboard/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn the_page_says_what_predict_says() {
    let app = TestApp::start();
    app.register_and_promote(&prophet::flat_at(31.257)).await;
    app.until_served(1).await;
    let rows = app.get("/predict?days=60").await.json();
    let page = app.get("/").await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
    let (_, data) = page.body.split_once("<script type=\"application/json\">").unwrap();
    let data: serde_json::Value =
        serde_json::from_str(data.split("</script>").next().unwrap()).unwrap();
    for (idx, row) in rows.as_array().unwrap().iter().enumerate() {
        // The closes of the four rows that the model was fitted to come first.
        let at = idx + 4;
        assert_eq!(data["dates"][at], row["ds"], "{data}");
        assert_eq!(data["lines"][1]["values"][at], row["yhat"], "{data}");
        assert_eq!(data["band"]["lower"][at], row["yhat_lower"], "{data}");
        assert_eq!(data["band"]["upper"][at], row["yhat_upper"], "{data}");
    }
    for text in ["31.26", "PETR4.SA", "30\u{a0}Dec\u{a0}2025", "Friday, 2\u{a0}Jan\u{a0}2026"] {
        assert!(page.body.contains(text), "{text}: {page:?}");
    }
}

#[tokio::test]
async fn the_language_is_the_readers() {
    let app = TestApp::serving().await;
    let page = app.page(ACCEPT_LANGUAGE, "pt-BR,pt;q=0.9,en;q=0.5").await;
    assert!(page.body.contains("Próximo pregão") && page.body.contains("10,00"), "{page:?}");
    assert_eq!(page.header("vary"), "Accept-Language");
    let page = app.get("/?lang=pt").await;
    assert!(page.body.contains("<html lang=\"pt-BR\">"), "{page:?}");
    let page = app.get("/").await;
    assert!(page.body.contains("Next session") && page.body.contains("10.00"), "{page:?}");
}

#[tokio::test]
async fn a_page_that_is_still_true_is_not_sent_again() {
    let app = TestApp::serving().await;
    let page = app.get("/").await;
    assert_eq!(page.header("cache-control"), "no-cache");
    let tag = page.header("etag").to_owned();
    let again = app.page(IF_NONE_MATCH, &tag).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""), "{again:?}");
    assert_eq!(again.header("etag"), tag);
    app.register_and_promote(&prophet::flat_at(20.0)).await;
    app.until_served(2).await;
    let after = app.page(IF_NONE_MATCH, &tag).await;
    assert!(after.status == 200 && after.body.contains("20.00"), "{after:?}");
}

#[tokio::test]
async fn without_a_model_the_page_says_so() {
    let app = TestApp::start();
    app.eventually("the registry is asked", || app.state.status.load().degraded.is_some()).await;
    let page = app.get("/").await;
    assert_eq!(page.status, 200);
    for text in ["No version is served.", "The registry names no version to serve."] {
        assert!(page.body.contains(text), "{text}: {page:?}");
    }
}

#[tokio::test]
async fn a_model_that_needs_columns_has_a_page_without_a_forecast() {
    let app = TestApp::start();
    app.register_and_promote(&prophet::needing_columns()).await;
    app.until_served(1).await;
    let page = app.get("/").await;
    assert!(page.status == 200 && page.body.contains("does not forecast from dates alone"));
}

#[tokio::test]
async fn it_loads_from_this_service_only_and_keeps_what_it_loaded() {
    let app = TestApp::serving().await;
    let page = app.get("/").await;
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let names = assets(&page.body);
    assert_eq!(names.len(), 5, "{names:?}");
    for name in names {
        let file = app.get(&format!("/dashboard/{name}")).await;
        assert_eq!(file.status, 200, "{name}");
        assert!(file.header("cache-control").contains("immutable"), "{file:?}");
        assert!(!file.header("content-type").contains("octet"), "{file:?}");
        // The addresses that stand there name a format and a project.
        let elsewhere = file.body.replace("http://www.w3.org/2000/svg", "");
        let elsewhere = elsewhere.replace("https://github.com/leeoniya/uPlot", "");
        for text in ["http:", "https:", "url(", "@import"] {
            assert!(!elsewhere.contains(text), "{text} in {name}");
        }
    }
    app.get("/dashboard/page.js").await.is_problem(404, "route_not_found");
}

#[tokio::test]
async fn the_token_is_asked_for_as_a_password() {
    let app = TestApp::start_with_token("s3cret");
    let refused = app.get("/").await;
    refused.is_problem(401, "unauthorized");
    assert!(refused.header("www-authenticate").starts_with("Basic realm="), "{refused:?}");
    let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
    for (credentials, status) in [
        (basic("anyone:s3cret"), 200),
        (basic(":s3cret"), 200),
        ("Bearer s3cret".to_owned(), 200),
        (basic("s3cret:"), 401),
        (basic("s3cret"), 401),
        (basic("anyone:s3cre"), 401),
        ("Basic s3cret".to_owned(), 401),
    ] {
        assert_eq!(app.page(AUTHORIZATION, &credentials).await.status, status, "{credentials}");
    }
    // Elsewhere it is a token and no password.
    let request = app.client.get(app.url("/model")).basic_auth("anyone", Some("s3cret"));
    let answer = Answer::of(request.send().await.unwrap()).await;
    answer.is_problem(401, "unauthorized");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    let page = app.page(AUTHORIZATION, "Bearer s3cret").await;
    for name in assets(&page.body) {
        assert_eq!(app.get(&format!("/dashboard/{name}")).await.status, 200, "{name} is open");
    }
}
