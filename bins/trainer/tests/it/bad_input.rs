//! What is wrong is named with its value and a hint; nothing half done is left behind.

use std::os::unix::fs::PermissionsExt as _;

use testkit::{store_check::check_store, yahoo_fake::Failure};

use crate::support::Shop;

fn csv(shop: &Shop, change: impl Fn(usize, &str) -> String) -> String {
    let text = std::fs::read_to_string(shop.path().join("prices.csv")).unwrap();
    let lines: Vec<String> = text.lines().enumerate().map(|(i, line)| change(i, line)).collect();
    format!("{}\n", lines.join("\n"))
}

#[test]
fn an_unknown_symbol_is_named() {
    let shop = Shop::open();
    shop.fails(&["--symbol", "PETR9.SA"], 1, &["error:", "PETR9.SA", "hint:"]);
}

#[test]
fn an_empty_range_is_named() {
    let shop = Shop::open();
    shop.fails(&["--start", "2024-06-01", "--end", "2024-05-01"], 1, &["2024-06-01", "hint:"]);
    shop.fails(&["--start", "2001-01-01", "--end", "2001-02-01"], 1, &["2001-01-01", "hint:"]);
}

#[test]
fn too_few_rows_are_counted() {
    let shop = Shop::open();
    shop.fails(&["--start", "2024-11-01"], 1, &["rows, at least 100 are needed", "hint:"]);
    shop.fails(&["--test-sessions", "350"], 1, &["50 rows, at least 100 are needed"]);
}

#[test]
fn a_throttled_client_is_told_what_to_do() {
    let shop = Shop::open();
    shop.yahoo.fail(Failure::too_many_requests());
    shop.fails(&[], 1, &["429", "hint:", "file:"]);
    assert_eq!(shop.yahoo.n_requests(), 1, "429 is never looped on");
}

#[test]
fn a_file_without_the_columns_is_refused() {
    let shop = Shop::open();
    shop.write("other.csv", "day,price\n2024-01-02,10\n");
    shop.fails(&["--source", "file:other.csv"], 1, &["Date", "day", "hint:"]);
    shop.fails(&["--source", "file:missing.csv"], 1, &["missing.csv", "hint:"]);
}

#[test]
fn a_date_or_a_price_that_does_not_parse_is_named_with_its_row() {
    let shop = Shop::open();
    let bad_date = csv(&shop, |i, line| {
        if i == 5 { line.replacen(&line[..10], "2023-13-45", 1) } else { line.to_owned() }
    });
    shop.write("date.csv", &bad_date);
    shop.fails(&["--source", "file:date.csv"], 1, &["2023-13-45", "6"]);
    let close = |value: &'static str| {
        csv(&shop, move |i, line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if i == 7 {
                cells[4] = value;
            }
            cells.join(",")
        })
    };
    for (value, name) in [("0", "zero.csv"), ("-3.5", "below.csv"), ("abc", "word.csv")] {
        shop.write(name, &close(value));
        shop.fails(&["--source", &format!("file:{name}")], 1, &[value]);
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let shop = Shop::open();
    shop.fails(&["--no-such-flag"], 2, &["--no-such-flag"]);
    shop.fails(&["--start", "01/02/2024"], 2, &["01/02/2024", "YYYY-MM-DD"]);
    shop.fails(&["--start", "18-01-01"], 2, &["18-01-01", "YYYY-MM-DD"]);
    shop.fails(&["forecast", "--from", "25-01-01"], 2, &["25-01-01"]);
    shop.fails(&["--test-sessions", "40", "train"], 2, &["behind `train`"]);
    shop.fails(&["--source", "ftp://x"], 2, &["ftp://x", "file:PATH.csv"]);
    shop.fails(&["--price", "open"], 2, &["open", "adj_close"]);
    shop.fails(&["--test-sessions", "0"], 2, &["test_sessions is 0"]);
    shop.fails(&["--changepoint-prior-scale", "-1"], 2, &["-1"]);
    shop.fails(&["--weekly-seasonality", "maybe"], 2, &["maybe"]);
    shop.fails(&["--config", "no.toml"], 2, &["no.toml"]);
    shop.fails(&["--optimizer", "guess"], 2, &["guess", "map"]);
    shop.fails(&["promote", "--version", "1"], 2, &["--stage"]);
    shop.fails(&["promote", "--version", "one", "--stage", "Production"], 2, &["one", "latest"]);
    shop.write("petr4.toml", "[train]\ntest_session = 30\n");
    shop.fails(&[], 2, &["test_session"]);
    shop.write("petr4.toml", "symbl = \"VALE3.SA\"\n");
    shop.fails(&[], 2, &["symbl"]);
    shop.write("petr4.toml", "[trian]\ntest_sessions = 30\n");
    shop.fails(&[], 2, &["trian"]);
    shop.write("petr4.toml", "[api]\nport = 8001\n[train]\ntest_sessions = 0\n");
    shop.fails(&[], 2, &["test_sessions is 0"]);
}

#[test]
fn a_store_that_cannot_be_used_is_found_before_anything_is_fetched() {
    let shop = Shop::open();
    let uri = |uri: &str, code: i32, words: &[&str]| {
        shop.fails(&["--tracking-uri", uri], code, words);
    };
    uri("postgresql://user:secret@db/mlflow", 2, &["postgresql", "hint:", "http://"]);
    uri("ftp://example", 2, &["ftp", "hint:"]);
    shop.write("notes.db", "these are my notes, no database at all, and they stay as they are\n");
    uri("sqlite:///notes.db", 1, &["notes.db", "hint:"]);
    uri("sqlite:////no/such/folder/x.db", 1, &["/no/such/folder", "hint:"]);
    uri("http://127.0.0.1:9", 1, &["127.0.0.1:9", "hint:"]);
    assert_eq!(shop.yahoo.n_requests(), 0);
    let notes = std::fs::read_to_string(shop.path().join("notes.db")).unwrap();
    assert!(notes.starts_with("these are my notes"));
}

#[test]
fn a_password_in_an_address_is_never_shown() {
    let shop = Shop::open();
    let output =
        shop.trainer(&["--tracking-uri", "http://user:hunter2@127.0.0.1:9"]).run().unwrap();
    assert_eq!(output.code, Some(1), "{}", output.report());
    assert!(!output.report().contains("hunter2"), "{}", output.report());
}

#[test]
fn a_run_that_could_not_be_finished_is_failed_and_registers_nothing() {
    let shop = Shop::open();
    shop.json(&[]);
    // Artifacts can no longer be stored: where the folder was, there is a file.
    let folder = shop.path().join("mlruns");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    let mode = std::fs::Permissions::from_mode(0o400);
    std::fs::set_permissions(&folder, mode).unwrap();
    shop.fails(&[], 1, &["is marked as FAILED", "mlruns"]);

    let versions = shop.json(&["versions"]);
    assert_eq!(versions.as_array().unwrap().len(), 1, "{versions}");
    std::fs::remove_file(&folder).unwrap();
    let seen = check_store(
        shop.path(),
        "sqlite:///mlflow.db",
        "petr4_forecast",
        "ProphetModel",
        None,
        &[],
    );
    let seen = seen.unwrap_or_else(|error| panic!("{error}"));
    let statuses: Vec<&str> =
        seen["runs"].as_array().unwrap().iter().filter_map(|run| run["status"].as_str()).collect();
    assert!(statuses.contains(&"FAILED") && statuses.contains(&"FINISHED"), "{statuses:?}");
}
