//! The dashboard and the alerts name metrics that there are, and labels that they have.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::app::TestApp;

const DASHBOARD: &str = include_str!("../../../../deploy/grafana/dashboard.json");
const ALERTS: &str = include_str!("../../../../deploy/prometheus/alerts.yml");
const ALERT_CASES: &str = include_str!("../../../../deploy/prometheus/alerts_test.yml");

/// Words of the query language, and the series that Prometheus makes itself.
const NOT_OURS: [&str; 7] = ["by", "on", "unless", "up", "le", "instance", "job"];

/// The names in a query that are no functions: metrics and labels. What is in quotes and in
/// brackets is no name.
fn names(query: &str) -> BTreeSet<String> {
    let unquoted: String = query.split('"').step_by(2).collect::<Vec<_>>().join("\"\"");
    let spans = unquoted.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest));
    let plain = spans.collect::<Vec<_>>().join(" ");
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = BTreeSet::new();
    let mut rest = plain.as_str();
    while let Some(begin) = rest.find(is_of_a_name) {
        rest = &rest[begin..];
        let end = rest.find(|c| !is_of_a_name(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let is_number = name.starts_with(|c: char| c.is_ascii_digit());
        let is_function = after.starts_with('(') || after.starts_with(" by (");
        if !is_number && (!is_function || NOT_OURS.contains(&name)) {
            names.insert(name.to_owned());
        }
        rest = after;
    }
    names
}

fn queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    let shown = targets.map(|target| target["expr"].as_str().unwrap().to_owned());
    let alerts = ALERTS.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    shown.chain(alerts.map(str::to_owned)).collect()
}

/// Every name that a query can have: of the samples, and of their labels.
async fn exposed() -> BTreeMap<String, BTreeSet<String>> {
    let (_dir, app) = TestApp::monitored().await;
    app.get("/health").await;
    let body = app.get("/metrics").await.body;
    let lines = body.lines().filter(|line| !line.starts_with('#'));
    let mut exposed = BTreeMap::<String, BTreeSet<String>>::new();
    for line in lines {
        let series = line.rsplit_once(' ').unwrap().0;
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels =
            labels.split(',').filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
        exposed.entry(name.to_owned()).or_default().extend(labels);
    }
    exposed
}

#[tokio::test]
async fn every_name_in_a_query_is_a_metric_or_a_label_of_one() {
    let exposed = exposed().await;
    let labels: BTreeSet<_> = exposed.values().flatten().collect();
    for query in queries() {
        let names = names(&query);
        let ours: Vec<_> = names.iter().filter(|name| !NOT_OURS.contains(&name.as_str())).collect();
        assert!(ours.iter().any(|name| exposed.contains_key(*name)), "no metric in {query}");
        for name in ours {
            let is_known = exposed.contains_key(name) || labels.contains(name);
            assert!(is_known, "{name} in {query}");
        }
    }
}

#[test]
fn every_alert_has_a_case_that_sets_it_off() {
    let names = ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let names: Vec<_> = names.collect();
    assert!(!names.is_empty());
    for name in names {
        let sets_it_off = format!("alertname: {name}\n        exp_alerts:");
        assert!(ALERT_CASES.contains(&sets_it_off), "{name}");
    }
}

#[test]
fn names_are_told_from_functions_words_and_text() {
    let query = r#"time() - 5 * sum by (route) (rate(x_total{status="no_name"}[$__interval])) > 0"#;
    let expected = ["route", "status", "x_total"].map(str::to_owned);
    let found: Vec<_> = names(query).into_iter().filter(|it| it != "by").collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn every_metric_is_on_the_dashboard() {
    let shown: BTreeSet<String> = queries().iter().flat_map(|query| names(query)).collect();
    let missing: Vec<_> =
        exposed().await.into_keys().filter(|name| !shown.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
