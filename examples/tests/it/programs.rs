//! The small programs, each run as its documentation says.

use testkit::program::{Output, Program, workdir};

fn run(path: &str) -> Output {
    let dir = workdir().expect("a folder can be made");
    let out = Program::new(path)
        .current_dir(dir.path())
        .args(Vec::<String>::new())
        .run()
        .expect("the program starts");
    assert_eq!(out.code, Some(0), "{}", out.report());
    assert!(out.stderr.is_empty(), "{}", out.report());
    out
}

/// Runs a program, which must print each of these.
fn prints(path: &str, words: &[&str]) {
    let out = run(path);
    for word in words {
        assert!(out.stdout.contains(word), "no `{word}` in {}", out.report());
    }
}

#[test]
fn fit_and_predict_prints_two_weeks() {
    prints(env!("CARGO_BIN_EXE_fit_and_predict"), &["converged: true", "2025-12-31", "2026-01-13"]);
}

#[test]
fn cross_validate_scores_every_metric() {
    let metrics = ["rmse", "mape", "coverage", "mase", "skill", "at 28 days"];
    prints(env!("CARGO_BIN_EXE_cross_validate"), &metrics);
}

#[test]
fn sample_posterior_finds_the_effect_and_its_doubt() {
    let out = run(env!("CARGO_BIN_EXE_sample_posterior"));
    assert!(out.stdout.contains("1200 draws"), "{}", out.report());
    let (_, found) = out.stdout.split_once("brings ").expect("the effect");
    let number = |text: &str| text.trim().trim_end_matches(',').parse::<f64>().expect("a number");
    let words: Vec<&str> = found.split_whitespace().collect();
    let (mean, low, high) = (number(words[0]), number(words[2]), number(words[4]));
    assert!(low < mean && mean < high, "{}", out.report());
    // What `sample_posterior.rs` adds on days with a promotion.
    assert!((mean - 8.0).abs() < 1.0, "{}", out.report());
}

#[test]
fn save_and_load_changes_no_bit() {
    prints(env!("CARGO_BIN_EXE_save_and_load"), &["to the bit", "without the history"]);
}

#[test]
fn many_series_reports_the_one_that_cannot_be_fitted() {
    let words = ["40 of 40", "shop 0: ", "shop 20: the series could not be fitted"];
    prints(env!("CARGO_BIN_EXE_many_series"), &words);
}

#[test]
fn own_optimizer_is_called_once_and_agrees() {
    let out = run(env!("CARGO_BIN_EXE_own_optimizer"));
    assert!(out.stdout.contains("1 call of the optimizer"), "{}", out.report());
    let posterior = |line: &str| line.rsplit(' ').next().and_then(|n| n.parse::<f64>().ok());
    let lines = out.stdout.lines().filter(|line| line.contains("log posterior"));
    let found: Vec<f64> = lines.filter_map(posterior).collect();
    assert!(found.len() == 2 && (found[0] - found[1]).abs() < 1e-4, "{}", out.report());
}

#[test]
fn track_a_run_leaves_a_finished_and_a_failed_run() {
    let words = ["track_a_run is FINISHED, loss 0.01", "refused: ", "1 run is FAILED"];
    prints(env!("CARGO_BIN_EXE_track_a_run"), &words);
}

#[test]
fn search_runs_finds_the_linear_ones_in_pages() {
    let out = run(env!("CARGO_BIN_EXE_search_runs"));
    let expected =
        ["try 8: mae 2", "try 6: mae 4", "-- a page of 2", "try 4: mae 6", "-- a page of 1"];
    assert_eq!(out.stdout.lines().collect::<Vec<_>>(), expected, "{}", out.report());
}

#[test]
fn register_and_promote_goes_forward_and_back() {
    let words = ["served: version 2, champion 2", "after the way back: version 1, champion 1"];
    prints(env!("CARGO_BIN_EXE_register_and_promote"), &words);
}

#[test]
fn load_a_production_model_forecasts_the_same() {
    let words = ["version 1 forecasts 7 days", "the same as before it was logged: true"];
    prints(env!("CARGO_BIN_EXE_load_a_production_model"), &words);
}

#[test]
fn score_forecasts_keeps_each_once_and_scores_by_horizon() {
    let words = [
        "120 of 120 forecasts are new",
        "465 rows are left out: awaiting",
        "h01: 20 forecasts of 20 sessions",
        "h30: 200 forecasts of 20 sessions",
    ];
    prints(env!("CARGO_BIN_EXE_score_forecasts"), &words);
}

#[test]
fn artifacts_go_up_and_come_down() {
    let words = [
        "written: data/plots/forecast.svg",
        "listed: data/plots, a folder",
        "its first bytes: ds,y",
        "read back: 37",
    ];
    prints(env!("CARGO_BIN_EXE_artifacts"), &words);
}

#[test]
fn watch_an_alias_follows_it_and_refuses_nonsense() {
    let out = run(env!("CARGO_BIN_EXE_watch_an_alias"));
    let expected = [
        "version 1 says that bread costs 7",
        "version 2 is refused: it has no price of bread",
        "version 1 is still served",
        "version 3 says that bread costs 8",
    ];
    assert_eq!(out.stdout.lines().collect::<Vec<_>>(), expected, "{}", out.report());
}

#[test]
fn embed_in_axum_answers_with_what_is_in_production() {
    let out = run(env!("CARGO_BIN_EXE_embed_in_axum"));
    let expected = ["version 1: bom dia", "version 2: boa noite"];
    assert_eq!(out.stdout.lines().collect::<Vec<_>>(), expected, "{}", out.report());
}
