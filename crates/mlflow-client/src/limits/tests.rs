use super::*;

const OP: &str = "test";

#[test]
fn names_follow_the_rules_of_mlflow() {
    for good in ["a b", "a/b", "a:b", "a.b", "a-b", "á", &"x".repeat(250)] {
        check_key(OP, good).unwrap();
    }
    for bad in ["", "a%", "../x", "a#", "/a", "a//b", "a/.", &"x".repeat(251)] {
        assert!(check_key(OP, bad).is_err(), "{bad}");
    }
}

#[test]
fn aliases_that_mlflow_reserves_are_refused() {
    for good in ["champion", "ção", "vNext", "a-b_1"] {
        check_alias(OP, good).unwrap();
    }
    for bad in ["latest", "LATEST", "v1", "V12", "my alias", "a/b", ""] {
        assert!(check_alias(OP, bad).is_err(), "{bad}");
    }
}

#[test]
fn artifact_paths_stay_below_their_root() {
    for good in ["a", "plots/forecast.png", "ação 1.txt"] {
        check_artifact_path(OP, good).unwrap();
    }
    for bad in ["", "/a", "a/", "../a", "a/../b", "a%2e", "a#b", "a\\b", "a\0b", "a\nb"] {
        assert!(check_artifact_path(OP, bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_large_batch_is_split_to_the_limits_and_loses_nothing() {
    let pairs = |n: usize| (0..n).map(|i| (format!("k{i}"), i.to_string())).collect::<Vec<_>>();
    let metrics = (0..2500).map(|i| Metric::new(format!("m{i}"), 1.0, 1)).collect::<Vec<_>>();
    let batch = Batch { metrics, params: pairs(250), tags: pairs(130) };
    let chunks = chunks(&batch);
    for chunk in &chunks {
        assert!(chunk.metrics.len() + chunk.params.len() + chunk.tags.len() <= BATCH_ENTITIES_MAX);
        assert!(chunk.params.len() <= BATCH_PARAMS_MAX && chunk.tags.len() <= BATCH_TAGS_MAX);
    }
    let joined = chunks.into_iter().fold(Batch::default(), |mut all, chunk| {
        all.metrics.extend(chunk.metrics);
        all.params.extend(chunk.params);
        all.tags.extend(chunk.tags);
        all
    });
    assert_eq!(joined, batch);
}

#[test]
fn an_empty_batch_needs_no_request() {
    assert!(chunks(&Batch::default()).is_empty());
}

#[test]
fn values_are_cut_between_characters() {
    let long = "ã".repeat(6001);
    assert_eq!(param_value(&long).chars().count(), 6000);
    assert_eq!(tag_value("short"), "short");
}

#[test]
fn infinities_come_back_from_the_largest_double() {
    assert!(metric_from_stored(-f64::MAX).is_infinite());
    assert!((metric_from_stored(1.5) - 1.5).abs() < f64::EPSILON);
}
