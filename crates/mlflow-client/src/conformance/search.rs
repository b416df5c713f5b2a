//! Searching.

use std::collections::BTreeMap;

use super::{NOW_MS, assert_kind};
use crate::entity::{Batch, DatasetInput, Metric, NewRun, RunStatus};
use crate::error::ErrorKind;
use crate::id::{ExperimentId, RunId};
use crate::search::{Search, ViewType};
use crate::store::Store;

/// What a run is made of: its name, its `mae`, its parameter `growth` and its tag `a b/c`.
type Made = (&'static str, Option<f64>, Option<&'static str>, Option<&'static str>);

/// A dataset that a run read: its name, its digest and its context.
type ReadDataset = (&'static str, &'static str, Option<&'static str>);

/// The runs that are searched, each started a second after the one before.
const RUNS: [Made; 5] = [
    ("first", Some(1.0), Some("linear"), Some("Ação")),
    ("second", Some(2.5), Some("flat"), Some("100%")),
    ("third", Some(f64::NAN), Some("Linear"), None),
    ("fourth", Some(-3.0), None, Some("acao")),
    ("fifth", None, Some("logistic"), None),
];

async fn runs(store: &dyn Store, prefix: &str, name: &str) -> (ExperimentId, Vec<RunId>) {
    let name = format!("{prefix} {name}");
    let experiment_id = store.create_experiment(&name).await.expect("an experiment is made");
    let mut ids = Vec::new();
    for (start, (name, mae, growth, tag)) in (0..).zip(RUNS) {
        let new = NewRun {
            experiment_id: experiment_id.clone(),
            name: name.to_owned(),
            start_time_ms: NOW_MS + 1000 * start,
            user: None,
            tags: vec![],
        };
        let run = store.create_run(&new).await.expect("a run is made");
        let own = |text: &str| text.to_owned();
        let batch = Batch {
            metrics: mae.map(|mae| Metric::new("mae", mae, NOW_MS)).into_iter().collect(),
            params: growth.map(|growth| (own("growth"), own(growth))).into_iter().collect(),
            tags: tag.map(|tag| (own("a b/c"), own(tag))).into_iter().collect(),
        };
        store.log_batch(&run.id, &batch).await.expect("a run is filled");
        ids.push(run.id);
    }
    store.end_run(&ids[0], RunStatus::Finished, NOW_MS + 9000).await.expect("a run ends");
    (experiment_id, ids)
}

async fn names(store: &dyn Store, experiment: &ExperimentId, search: &Search) -> Vec<String> {
    let experiments = std::slice::from_ref(experiment);
    let page = store.search_runs(experiments, search).await.expect(&search.filter);
    page.items.into_iter().map(|run| run.name).collect()
}

/// Runs are found by metrics, parameters, tags and attributes.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn runs_are_found_by_filters(store: &dyn Store, prefix: &str) {
    let (experiment, ids) = runs(store, prefix, "filtered").await;
    let all = ["fifth", "fourth", "third", "second", "first"];
    let by_id = format!("run_id IN ('{}', '{}', 'x')", ids[0], ids[3]);
    let started = format!("attributes.start_time >= {}", NOW_MS + 3000);
    let cases: [(&str, &[&str]); 18] = [
        ("", &all),
        ("metrics.mae > 0", &["second", "first"]),
        ("metric.mae >= 1.0 and metrics.`mae` != 2.5", &["first"]),
        ("params.growth = 'linear'", &["first"]),
        ("params.growth != 'linear'", &["fifth", "third", "second"]),
        ("params.growth LIKE 'l%r'", &["first"]),
        ("parameter.growth ILIKE 'LIN_ar'", &["third", "first"]),
        ("params.growth IS NULL", &["fourth"]),
        ("params.growth IS NOT NULL AND tags.`a b/c` IS NULL", &["fifth", "third"]),
        ("tags.\"a b/c\" = \"100%\"", &["second"]),
        ("tags.`a b/c` LIKE 'A__o'", &["first"]),
        ("status = 'FINISHED'", &["first"]),
        ("attributes.status != 'FINISHED' AND metrics.mae < 0", &["fourth"]),
        ("attributes.run_name LIKE 'f%'", &["fifth", "fourth", "first"]),
        ("attr.end_time > 0", &["first"]),
        (&by_id, &["fourth", "first"]),
        (&started, &["fifth", "fourth"]),
        ("tags.mlflow.runName = 'third'", &["third"]),
    ];
    for (filter, expected) in cases {
        assert_eq!(names(store, &experiment, &Search::new(filter)).await, expected, "{filter}");
    }
    let not_in = format!("run_id NOT IN ('{}')", ids[0]);
    assert_eq!(names(store, &experiment, &Search::new(not_in)).await, all[..4]);

    store.delete_run(&ids[1]).await.expect("a run is deleted");
    for (view, expected) in [
        (ViewType::ActiveOnly, &["fifth", "fourth", "third", "first"] as &[_]),
        (ViewType::DeletedOnly, &["second"]),
        (ViewType::All, &all),
    ] {
        let search = Search::default().with_view_type(view);
        assert_eq!(names(store, &experiment, &search).await, expected, "{view:?}");
    }
    let none = store.search_runs(&[], &Search::default()).await.expect("a search");
    assert!(none.items.is_empty() && none.next_page_token.is_none(), "no experiment, no runs");
    let found = store.search_runs(&[experiment], &Search::new("run_name = 'first'")).await;
    let found = found.expect("a search").items.remove(0);
    let read = store.get_run(&ids[0]).await.expect("the run is read");
    assert_eq!(found, read, "a run that is found is whole");
}

/// NaN is unequal to every number, and neither less nor more than one.
///
/// # Panics
///
/// If the store breaks the rule, as servers before 3.13 do: to them NaN is 0.
pub async fn nan_is_unequal_to_every_number(store: &dyn Store, prefix: &str) {
    let (experiment, _) = runs(store, prefix, "compared with NaN").await;
    let cases: [(&str, &[&str]); 4] = [
        ("metrics.mae != 1", &["fourth", "third", "second"]),
        ("metrics.mae = 0", &[]),
        ("metrics.mae <= 1.0", &["fourth", "first"]),
        ("metrics.mae > -1e3", &["fourth", "second", "first"]),
    ];
    for (filter, expected) in cases {
        assert_eq!(names(store, &experiment, &Search::new(filter)).await, expected, "{filter}");
    }
}

/// Runs are found by what they read and by who ran them.
///
/// # Panics
///
/// If the store breaks the rule, as 3.4 and 3.12 do: they find nothing by `dataset.name IN`.
pub async fn runs_are_found_by_dataset_and_user(store: &dyn Store, prefix: &str) {
    let name = format!("{prefix} by dataset");
    let experiment_id = store.create_experiment(&name).await.expect("an experiment is made");
    let runs: [(_, Option<&str>, &[ReadDataset]); 3] = [
        ("one", Some("ana"), &[("PETR4", "d1", Some("training")), ("VALE3", "d2", Some("test"))]),
        ("two", Some("bob"), &[("PETR4", "d9", None)]),
        ("three", None, &[]),
    ];
    for (name, user, datasets) in runs {
        let new = NewRun {
            experiment_id: experiment_id.clone(),
            name: name.to_owned(),
            start_time_ms: NOW_MS,
            user: user.map(str::to_owned),
            tags: vec![],
        };
        let run = store.create_run(&new).await.expect("a run is made").id;
        let datasets = datasets.iter().map(|(name, digest, context)| DatasetInput {
            name: (*name).to_owned(),
            digest: (*digest).to_owned(),
            source_type: "local".to_owned(),
            source: "{}".to_owned(),
            schema: None,
            profile: None,
            context: context.map(str::to_owned),
            tags: BTreeMap::new(),
        });
        let datasets: Vec<_> = datasets.collect();
        store.log_inputs(&run, &datasets, &[]).await.expect("datasets are logged");
    }
    let cases: [(&str, &[&str]); 15] = [
        ("dataset.name = 'PETR4'", &["one", "two"]),
        ("datasets.`name` LIKE 'P%'", &["one", "two"]),
        // One dataset that fits is enough, and each comparison may have its own.
        ("dataset.name != 'PETR4'", &["one"]),
        ("dataset.name ILIKE 'vale%' and dataset.digest = 'd1'", &["one"]),
        ("dataset.name IN ('VALE3', 'x')", &["one"]),
        ("dataset.digest NOT IN ('d1', 'd2')", &["two"]),
        ("dataset.digest = 'd9'", &["two"]),
        ("dataset.context = 'training'", &["one"]),
        ("dataset.context != 'training'", &["one"]),
        ("dataset.context = 'x'", &[]),
        ("user_id = 'ana'", &["one"]),
        ("attributes.user_id != 'ana'", &["three", "two"]),
        ("user_id LIKE '%o%'", &["three", "two"]),
        ("user_id = 'unknown'", &["three"]),
        ("user_id = 'bob' AND dataset.name = 'VALE3'", &[]),
    ];
    for (filter, expected) in cases {
        let search = Search::new(filter).with_order_by("run_name");
        assert_eq!(names(store, &experiment_id, &search).await, expected, "{filter}");
    }
    let by_user = Search::default().with_order_by("attributes.user_id DESC");
    assert_eq!(names(store, &experiment_id, &by_user).await, ["three", "two", "one"]);
}

/// Runs come in the order that is asked for, what has no value last, in pages that miss none.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn runs_are_ordered_and_paged(store: &dyn Store, prefix: &str) {
    let (experiment, _) = runs(store, prefix, "ordered").await;
    let cases: [(&[&str], [&str; 5]); 7] = [
        (&["metrics.mae"], ["fourth", "first", "second", "third", "fifth"]),
        (&["metrics.mae DESC"], ["second", "first", "fourth", "third", "fifth"]),
        (&["params.growth ASC"], ["third", "second", "first", "fifth", "fourth"]),
        (&["tags.`a b/c` desc"], ["fourth", "first", "second", "fifth", "third"]),
        (&["attributes.start_time ASC"], ["first", "second", "third", "fourth", "fifth"]),
        (&["attributes.end_time"], ["first", "fifth", "fourth", "third", "second"]),
        (&["status DESC", "run_name"], ["fifth", "fourth", "second", "third", "first"]),
    ];
    for (order, expected) in cases {
        let whole = Search { order_by: owned(order), ..Search::default() };
        assert_eq!(names(store, &experiment, &whole).await, expected, "{order:?}");
        let mut paged = whole.with_max_results(2);
        let mut seen = Vec::new();
        for _ in 0..3 {
            let experiments = std::slice::from_ref(&experiment);
            let page = store.search_runs(experiments, &paged).await.expect("a page");
            seen.extend(page.items.into_iter().map(|run| run.name));
            paged.page_token = page.next_page_token;
        }
        assert_eq!((seen, &paged.page_token), (owned(&expected), &None), "{order:?} in pages");
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// What MLflow does not understand is refused, never taken for something else.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn filters_that_mean_nothing_are_refused(store: &dyn Store, prefix: &str) {
    let experiment = [super::experiment(store, prefix).await];
    let filters = [
        "metrics.mae = 'one'",
        "params.growth = linear",
        "params.growth > 'a'",
        "metrics.mae LIKE '1%'",
        "metrics.mae > 1 or metrics.mae < 0",
        "attributes.nope = 'x'",
        "nope.x = 'x'",
        "metrics.mae IS NULL",
        "start_time = 'today'",
        "params.growth IN ('a')",
        "metrics.mae",
        "params.growth = 'open",
        "dataset.nope = 'x'",
        "dataset.name IS NULL",
        "dataset.name > 'a'",
        "dataset = 'x'",
        "user_id IN ('ana')",
    ];
    for filter in filters {
        let found = store.search_runs(&experiment, &Search::new(filter)).await;
        assert_kind(found, ErrorKind::InvalidArgument, filter);
    }
    for order in ["metrics.mae SIDEWAYS", "nope.x", "attributes.nope", "dataset.name"] {
        let search = Search::default().with_order_by(order);
        let found = store.search_runs(&experiment, &search).await;
        assert_kind(found, ErrorKind::InvalidArgument, order);
    }
    for max_results in [0, 50_001] {
        let search = Search::default().with_max_results(max_results);
        let found = store.search_runs(&experiment, &search).await;
        assert_kind(found, ErrorKind::InvalidArgument, "a page of no or too many runs");
    }
    let search = Search::default().with_page_token("not a token");
    let found = store.search_runs(&experiment, &search).await;
    assert_kind(found, ErrorKind::InvalidArgument, "a page that nobody gave");
}

/// Experiments are found by name and tag, the newest first, deleted ones on request.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn experiments_are_searched(store: &dyn Store, prefix: &str) {
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        let name = format!("{prefix} searched {name}");
        ids.push(store.create_experiment(&name).await.expect("an experiment is made"));
    }
    store.set_experiment_tag(&ids[1], "desk", "energy").await.expect("a tag is set");
    store.delete_experiment(&ids[2]).await.expect("an experiment is deleted");
    let of_us = format!("name LIKE '{prefix} searched %'");
    let tagged = format!("{of_us} AND tags.desk = 'energy'");
    let numbered = format!("attribute.experiment_id IN ('{}', '{}')", ids[0], ids[1]);
    let cases = [
        (Search::new(&of_us).with_order_by("name ASC"), vec![&ids[0], &ids[1]]),
        (Search::new(&of_us).with_order_by("experiment_id DESC"), vec![&ids[1], &ids[0]]),
        (Search::new(&of_us).with_view_type(ViewType::DeletedOnly), vec![&ids[2]]),
        (Search::new(tagged).with_view_type(ViewType::All), vec![&ids[1]]),
        (Search::new(numbered).with_order_by("name DESC"), vec![&ids[1], &ids[0]]),
    ];
    for (search, expected) in cases {
        let page = store.search_experiments(&search).await.expect("a search");
        let found: Vec<_> = page.items.iter().map(|experiment| &experiment.id).collect();
        assert_eq!(found, expected, "{search:?}");
    }
    let first = Search::new(of_us).with_order_by("name").with_max_results(1);
    let page = store.search_experiments(&first).await.expect("a search");
    let token = page.next_page_token.expect("there is another page");
    let page = store.search_experiments(&first.with_page_token(token)).await.expect("a search");
    assert_eq!((&page.items[0].id, page.next_page_token), (&ids[1], None));
}
