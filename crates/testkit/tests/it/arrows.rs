//! Which package may depend on which (A1 to A4, A6, A8).

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::repo::{assert_none, files, root};

/// The whole table of ARCHITECTURE.md: what is not here is never.
const ARROWS: [(&str, &[&str]); 10] = [
    ("market-data", &[]),
    ("forecast-core", &[]),
    ("mlflow-client", &[]),
    ("prophet-plot", &["forecast-core"]),
    ("registry-watcher", &["mlflow-client"]),
    ("forecast-monitor", &[]),
    ("telemetry", &[]),
    ("testkit", &[]),
    (
        "trainer",
        &[
            "market-data",
            "forecast-core",
            "prophet-plot",
            "mlflow-client",
            "forecast-monitor",
            "telemetry",
        ],
    ),
    (
        "api",
        &[
            "market-data",
            "forecast-core",
            "prophet-plot",
            "mlflow-client",
            "registry-watcher",
            "forecast-monitor",
            "telemetry",
        ],
    ),
];
/// They show the crates or measure them, so they may use any.
const ANYTHING: [&str; 2] = ["examples", "benches"];

/// Packages of others that stay in one place, and where (A2).
const CONFINED: [(&str, &[&str]); 4] = [
    ("polars", &["market-data"]),
    ("actix", &["api", "testkit"]),
    ("augurs", &["forecast-core", "benches"]),
    ("plotters", &["prophet-plot"]),
];

/// What `forecast-core` must not have, because it does no I/O and does not wait (A1).
const NOT_IN_FORECAST_CORE: [&str; 6] =
    ["tokio", "async-trait", "reqwest", "rusqlite", "tracing", "tempfile"];

#[derive(Debug)]
struct Edge {
    from: String,
    to: String,
    is_dev: bool,
    raw: Value,
}

fn edges() -> (Vec<String>, Vec<Edge>) {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo prints JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (mut packages, mut edges) = (Vec::new(), Vec::new());
    for package in metadata["packages"].as_array().expect("there are packages") {
        packages.push(text(&package["name"]));
        for raw in package["dependencies"].as_array().into_iter().flatten() {
            edges.push(Edge {
                from: text(&package["name"]),
                to: text(&raw["name"]),
                is_dev: raw["kind"] == "dev",
                raw: raw.clone(),
            });
        }
    }
    (packages, edges)
}

#[test]
fn crates_depend_on_each_other_only_as_the_table_allows() {
    let table: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    let (packages, edges) = edges();
    let strangers: Vec<String> = packages
        .iter()
        .filter(|p| !table.contains_key(p.as_str()) && !ANYTHING.contains(&p.as_str()))
        .cloned()
        .collect();
    assert_none("every package stands in the table of arrows", &strangers);
    let wrong: Vec<String> = edges
        .iter()
        .filter(|e| packages.contains(&e.to) && !ANYTHING.contains(&e.from.as_str()))
        .filter(|e| !table[e.from.as_str()].contains(&e.to.as_str()))
        // A crate may be its own dev-dependency, to switch a feature on for its tests.
        .filter(|e| !(e.is_dev && (e.to == "testkit" || e.to == e.from)))
        .map(|e| format!("{} → {}", e.from, e.to))
        .collect();
    assert_none("these arrows are not in the table", &wrong);
}

#[test]
fn nothing_depends_on_a_program() {
    let wrong: Vec<String> = edges()
        .1
        .iter()
        .filter(|e| e.to == "trainer" || e.to == "api")
        .map(|e| format!("{} → {}", e.from, e.to))
        .collect();
    assert_none("A6: no package depends on a program", &wrong);
}

#[test]
fn testkit_is_for_tests_only() {
    let wrong: Vec<String> = edges()
        .1
        .iter()
        .filter(|e| e.to == "testkit" && !e.is_dev && !ANYTHING.contains(&e.from.as_str()))
        .map(|e| e.from.clone())
        .collect();
    assert_none("A6: testkit appears only under dev-dependencies", &wrong);
}

#[test]
fn large_packages_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for e in &edges().1 {
        for (prefix, homes) in CONFINED {
            if e.to.starts_with(prefix) && !homes.contains(&e.from.as_str()) {
                wrong.push(format!("{} → {}", e.from, e.to));
            }
        }
    }
    assert_none("A2: polars, actix, augurs and plotters stay in their crate", &wrong);
}

#[test]
fn the_api_is_built_without_frames() {
    let (_, edges) = edges();
    let edge = edges.iter().find(|e| e.from == "api" && e.to == "market-data" && !e.is_dev);
    let Some(edge) = edge else { return };
    assert_eq!(edge.raw["uses_default_features"], false, "api → market-data brings polars");
    assert_eq!(edge.raw["features"], serde_json::json!([]), "api → market-data brings polars");
}

#[test]
fn forecast_core_neither_waits_nor_does_input_or_output() {
    let wrong: Vec<String> = edges()
        .1
        .iter()
        .filter(|e| e.from == "forecast-core" && !e.is_dev)
        .filter(|e| NOT_IN_FORECAST_CORE.contains(&e.to.as_str()))
        .map(|e| e.to.clone())
        .collect();
    assert_none("A1: forecast-core is pure, so it has no use for", &wrong);
    let reaches_out =
        ["std::fs", "std::net", "std::env", "std::io", "std::process", "SystemTime", "Instant"];
    let wrong: Vec<String> = files("rs")
        .iter()
        .filter(|f| f.is_under("crates/forecast-core/src/") && f.is_product())
        .flat_map(|f| {
            reaches_out.iter().filter(|w| f.text.contains(**w)).map(|w| format!("{}: {w}", f.path))
        })
        .collect();
    assert_none("A1: forecast-core reads no file, clock or environment", &wrong);
}

#[test]
fn libraries_have_errors_of_their_own() {
    let wrong: Vec<String> = edges()
        .1
        .iter()
        .filter(|e| e.to == "anyhow" && !e.is_dev)
        .map(|e| e.from.clone())
        .filter(|from| {
            !["trainer", "api", "examples", "benches", "telemetry"].contains(&from.as_str())
        })
        .collect();
    assert_none("A8: anyhow is for programs, and for telemetry, which prints their errors", &wrong);
}
