use std::collections::BTreeMap;

use super::*;
use crate::entity::{RunInputs, RunOutputs, RunStatus};
use crate::id::RunId;

fn run(name: &str, tag: &str) -> Run {
    Run {
        id: RunId::new(name),
        experiment_id: ExperimentId::new("1"),
        name: name.to_owned(),
        status: RunStatus::Running,
        start_time_ms: 0,
        end_time_ms: None,
        artifact_uri: String::new(),
        lifecycle_stage: LifecycleStage::Active,
        params: BTreeMap::new(),
        metrics: BTreeMap::new(),
        tags: BTreeMap::from([("t".to_owned(), tag.to_owned())]),
        user: String::new(),
        inputs: RunInputs::default(),
        outputs: RunOutputs::default(),
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    let search = Search::new(format!("tags.t LIKE '{pattern}'"));
    !page("search", vec![run("x", text)], &search).unwrap().items.is_empty()
}

#[test]
fn a_percent_sign_stands_for_any_text_and_a_line_for_one_character() {
    for (pattern, text) in [
        ("%", ""),
        ("%%", "a"),
        ("a%b%c", "aXbYbZc"),
        ("_", "ã"),
        ("%ab", "aab"),
        ("a_c%", "abc"),
        ("100%", "100%"),
    ] {
        assert!(matches(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in
        [("", "a"), ("a", ""), ("_", ""), ("a%b", "abc"), ("abc", "ABC"), ("%ab%", "ba")]
    {
        assert!(!matches(pattern, text), "{pattern} {text}");
    }
}

#[test]
fn equal_runs_keep_an_order_so_that_pages_miss_none() {
    let runs = ["c", "a", "b"].map(|name| run(name, "")).to_vec();
    let mut search = Search::default().with_max_results(1);
    let mut seen = String::new();
    loop {
        let found = page("search", runs.clone(), &search).unwrap();
        seen.push_str(&found.items[0].name);
        search.page_token = found.next_page_token;
        if search.page_token.is_none() {
            break;
        }
    }
    assert_eq!(seen, "abc");
}

#[test]
fn what_is_wrong_with_a_filter_is_said() {
    for (filter, fragment) in [
        ("metrics.mae < x", "compared with a number"),
        ("tags.t = 'x' or tags.t = 'y'", "`and`"),
        ("nope.t = 'x'", "`nope`"),
        ("host = 'x'", "`host` cannot be searched"),
        ("tags.t = 'x", "a ' is not closed"),
        ("tags.t = x'", "a ' is not closed"),
        ("metrics.m < 1..2", "`1..2` is not a number"),
        ("tags.t ~ 'x'", "`~` is not understood"),
        ("run_id IN ()", "('a', 'b')"),
    ] {
        let error = page("search", vec![run("x", "")], &Search::new(filter)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains(fragment), "{filter}: {error}");
        assert_eq!(error.error_code(), Some("INVALID_PARAMETER_VALUE"));
    }
}
