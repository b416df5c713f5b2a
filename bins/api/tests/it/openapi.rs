//! The document of the routes, the page that shows it, and whether both are true.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;
use testkit::program::Program;
use testkit::python;

use crate::app::{Answer, TestApp, settings};

/// Where the routes are mounted.
const ROUTES: &str = include_str!("../../src/routes.rs");

const CHROMIUM: &str = "/usr/bin/chromium";

/// The paths of `web::resource("/x")` and `reading("/x")`.
fn mounted() -> BTreeSet<&'static str> {
    let after =
        ["resource(\"", "reading(\""].into_iter().flat_map(|call| ROUTES.split(call).skip(1));
    after.filter_map(|rest| rest.split('"').next()).collect()
}

/// The methods of each path.
fn documented(document: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let paths = document["paths"].as_object().unwrap().iter();
    let methods = |path: &Value| {
        let keys = path.as_object().unwrap().keys().filter(|key| *key != "parameters");
        keys.map(|key| key.to_uppercase()).collect()
    };
    paths.map(|(path, methods_of)| (path.clone(), methods(methods_of))).collect()
}

#[tokio::test]
async fn every_route_is_in_the_document_and_the_other_way_round() {
    let app = TestApp::serving().await;
    let documented = documented(&app.get("/openapi.json").await.json());
    let paths: BTreeSet<&str> = documented.keys().map(String::as_str).collect();
    assert_eq!(mounted(), paths, "src/routes.rs, and `paths` of assets/openapi.json");
    for (path, methods) in documented {
        let request = app.client.delete(app.url(&path.replace("{file}", "page.js")));
        let answer = Answer::of(request.send().await.unwrap()).await;
        answer.is_problem(405, "method_not_allowed");
        let allowed = answer.header("allow").split(", ").filter(|method| *method != "HEAD");
        assert_eq!(allowed.map(str::to_owned).collect::<BTreeSet<_>>(), methods, "{path}");
    }
}

#[tokio::test]
async fn the_bounds_in_the_document_are_those_of_the_settings() {
    let mut settings = settings();
    settings.http.days_max = 12;
    settings.http.invocations_bytes_max = 23_456;
    let app = TestApp::start_with(settings);
    let answer = app.get("/openapi.json").await;
    let document = answer.json();
    assert!(!answer.body.contains("_max}") && !answer.body.contains("{version}"), "all filled in");
    let days = &document["components"]["parameters"]["days"]["schema"];
    assert_eq!((days["maximum"].as_u64(), days["default"].as_u64()), (Some(12), Some(12)));
    let records = &document["components"]["schemas"]["Records"]["maxItems"];
    assert_eq!(records.as_u64(), Some(10_000));
    assert!(document["paths"]["/invocations"]["post"]["description"].to_string().contains("23456"));
    assert_eq!(document["security"].as_array().map(Vec::len), Some(0), "no token is set");
}

#[tokio::test]
async fn answers_have_the_members_that_the_document_says() {
    let app = TestApp::serving().await;
    let schemas = app.get("/openapi.json").await.json()["components"]["schemas"].clone();
    let row = app.get("/predict?days=1").await.json()[0].clone();
    for (name, answer) in [
        ("Health", app.get("/health").await.json()),
        ("Ready", app.get("/ready").await.json()),
        ("Model", app.get("/model").await.json()),
        ("Problem", app.get("/nowhere").await.json()),
        ("ForecastRow", row),
    ] {
        let members = |value: &Value| {
            value.as_object().unwrap().keys().cloned().collect::<BTreeSet<String>>()
        };
        assert_eq!(members(&answer), members(&schemas[name]["properties"]), "{name}");
        let required = schemas[name]["required"].as_array().unwrap().len();
        assert_eq!(required, members(&answer).len(), "{name}: every member is always there");
    }
}

#[tokio::test]
async fn with_a_token_the_page_is_open_and_the_document_is_not() {
    let app = TestApp::start_with_token("s3cret");
    app.get("/openapi.json").await.is_problem(401, "unauthorized");
    let request = app.client.get(app.url("/openapi.json")).bearer_auth("s3cret");
    let document = Answer::of(request.send().await.unwrap()).await.json();
    assert!(document["security"][0]["bearer"].is_array(), "{}", document["security"]);
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    let page = app.get("/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    for (file, media) in [("page.js", "javascript"), ("swagger-ui.css", "css")] {
        let answer = app.get(&format!("/docs/{file}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.header("content-type").contains(media), "{answer:?}");
    }
    let bundle = app.client.get(app.url("/docs/swagger-ui-bundle.js")).send().await.unwrap();
    assert_eq!(bundle.headers()["content-encoding"], "gzip");
    assert_eq!(bundle.bytes().await.unwrap()[..2], [0x1f, 0x8b]);
    app.get("/docs/else.js").await.is_problem(404, "route_not_found");
}

/// Says on standard error that a test does less than its name, and why.
#[expect(clippy::print_stderr, reason = "a test that does less than its name must say so")]
pub(crate) fn skip(what: &str) {
    eprintln!("{what}: the test does without it");
}

#[tokio::test]
async fn a_browser_shows_the_page_and_asks_nobody_else() {
    if !std::path::Path::new(CHROMIUM).is_file() {
        return skip(&format!("there is no {CHROMIUM}"));
    }
    let app = TestApp::serving().await;
    let profile = testkit::program::workdir().unwrap();
    let mut browser = Command::new(CHROMIUM);
    browser.args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]);
    browser.args(["--virtual-time-budget=20000", "--dump-dom"]);
    // What the page's policy forbids is said on the console; what it allows is this service.
    browser.arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1");
    browser.arg(format!("--user-data-dir={}", profile.path().display())).arg(app.url("/docs"));
    let shown = tokio::task::spawn_blocking(move || browser.output().unwrap()).await.unwrap();
    let [page, said] = [shown.stdout, shown.stderr].map(|text| String::from_utf8(text).unwrap());
    let console: Vec<&str> = said.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(console.is_empty(), "{console:#?}");
    for text in ["getForecast", "/invocations", "PETR4 Forecast API"] {
        assert!(page.contains(text), "{text}: {page}\n{said}");
    }
}

#[tokio::test]
async fn schemathesis_finds_nothing_to_say() {
    let st = python::python().unwrap().with_file_name("../schemathesis/bin/st");
    if !st.is_file() {
        return skip("schemathesis is not installed (`make schemathesis`)");
    }
    let app = TestApp::serving().await;
    let dir = testkit::program::workdir().unwrap();
    let config = include_str!("../../../../schemathesis.toml");
    std::fs::write(dir.path().join("schemathesis.toml"), config).unwrap();
    let program = Program::new(st).current_dir(dir.path()).env("NO_COLOR", "1");
    let program = program.args(["run", &app.url("/openapi.json")]);
    let output = tokio::task::spawn_blocking(move || program.run().unwrap()).await.unwrap();
    assert_eq!(output.code, Some(0), "{}", output.report());
}
