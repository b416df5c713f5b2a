//! Searching registered models and their versions.

use super::{assert_kind, versions};
use crate::entity::{ModelVersion, RegisteredModel};
use crate::error::ErrorKind;
use crate::id::Version;
use crate::search::{Page, Search};
use crate::store::Store;

/// Registered models are found by name and tag, ordered and paged; prompts only when asked for.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn registered_models_are_searched(store: &dyn Store, prefix: &str) {
    let name = |of: &str| format!("{prefix} found {of}");
    for of in ["b", "A", "c", "prompt"] {
        store.create_registered_model(&name(of), None).await.expect("a model is registered");
    }
    for (of, key, value) in [
        ("b", "desk", "energy"),
        ("c", "desk", "Energy 2"),
        ("prompt", "mlflow.prompt.is_prompt", "true"),
    ] {
        store.set_model_tag(&name(of), key, value).await.expect("a tag is set");
    }
    let of_us = format!("name LIKE '{prefix} found %'");
    let cases: [(String, &[&str]); 14] = [
        (of_us.clone(), &["A", "b", "c"]),
        (format!("name ILIKE '{prefix} FOUND a'"), &["A"]),
        (format!("name LIKE '{prefix} found a'"), &[]),
        (format!("name = '{prefix} found b'"), &["b"]),
        (format!("{of_us} AND name != '{prefix} found b'"), &["A", "c"]),
        (format!("name IN ('{prefix} found b', '{prefix} found c', 'x')"), &["b", "c"]),
        (format!("{of_us} AND name NOT IN ('{prefix} found b')"), &["A", "c"]),
        (format!("{of_us} AND tags.desk = 'energy'"), &["b"]),
        (format!("{of_us} AND tag.desk != 'energy'"), &["c"]),
        (format!("{of_us} AND tags.`desk` ILIKE 'ENERGY%'"), &["b", "c"]),
        (format!("attribute.name = '{prefix} found A'"), &["A"]),
        (format!("{of_us} AND tags.`mlflow.prompt.is_prompt` = 'true'"), &["prompt"]),
        (format!("{of_us} AND tags.`mlflow.prompt.is_prompt` != 'true'"), &["A", "b", "c"]),
        (format!("{of_us} AND tags.`mlflow.prompt.is_prompt` = 'false'"), &["A", "b", "c"]),
    ];
    let names = |page: &Page<RegisteredModel>| {
        page.items.iter().map(|model| model.name.clone()).collect::<Vec<_>>()
    };
    for (filter, expected) in cases {
        let page = store.search_registered_models(&Search::new(&filter)).await.expect(&filter);
        let expected: Vec<_> = expected.iter().map(|of| name(of)).collect();
        assert_eq!(names(&page), expected, "{filter}");
    }
    let down = Search::new(&of_us).with_order_by("name DESC");
    let mut paged = down.clone().with_max_results(2);
    let mut seen = Vec::new();
    for _ in 0..2 {
        let page = store.search_registered_models(&paged).await.expect("a page");
        seen.extend(names(&page));
        paged.page_token = page.next_page_token;
    }
    assert_eq!((seen, paged.page_token), (["c", "b", "A"].map(name).to_vec(), None));
    store.update_registered_model(&name("b"), "changed last").await.expect("it is described");
    for order in ["last_updated_timestamp DESC", "timestamp DESC"] {
        let search = Search::new(&of_us).with_order_by(order);
        let page = store.search_registered_models(&search).await.expect(order);
        let times = page.items.iter().map(|model| model.last_updated_time_ms);
        assert!(times.is_sorted_by(|a, b| a >= b), "{order}: {page:?}");
        let read = store.get_registered_model(&page.items[0].name).await;
        assert_eq!(page.items[0], read.expect("the model is read"), "what is found is whole");
    }
    let wrong =
        ["description = 'x'", "name > 'a'", "name = 5", "creation_timestamp > 0", "name = x"];
    let wrong = wrong.map(Search::new).into_iter().chain([
        Search::new(format!("{of_us} or {of_us}")),
        Search::default().with_order_by("creation_timestamp"),
        Search::default().with_order_by("tags.desk"),
        Search::default().with_max_results(1001),
        Search::default().with_max_results(0),
        Search::default().with_page_token("not a token"),
    ]);
    for search in wrong {
        let found = store.search_registered_models(&search).await;
        assert_kind(found, ErrorKind::InvalidArgument, &format!("{search:?}"));
    }
}

/// Versions are found by model, number, run, source and tag, ordered and paged.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn model_versions_are_searched(store: &dyn Store, prefix: &str) {
    let (a, b) = (format!("{prefix} versions a"), format!("{prefix} versions B"));
    versions(store, &a, prefix, 3).await;
    versions(store, &b, prefix, 1).await;
    store.delete_version(&a, Version::new(2)).await.expect("a version is deleted");
    store.set_version_tag(&a, Version::new(3), "a b", "c").await.expect("a tag is set");
    store.set_alias(&a, "champion", Version::new(1)).await.expect("an alias is set");
    let first = store.get_version(&a, Version::new(1)).await.expect("a version is read");
    let (run, source) = (first.run_id.clone().expect("it has a run"), first.source.clone());
    let of_us = format!("name LIKE '{prefix} versions %'");
    let cases = [
        (of_us.clone(), vec!["B1", "a3", "a1"]),
        (format!("name = '{a}'"), vec!["a3", "a1"]),
        (format!("name IN ('{a}', '{b}', 'x')"), vec!["B1", "a3", "a1"]),
        (format!("{of_us} AND version_number = 1"), vec!["B1", "a1"]),
        (format!("{of_us} AND version_number > 1"), vec!["a3"]),
        (format!("{of_us} AND version_number != 3 AND name != '{b}'"), vec!["a1"]),
        (format!("run_id = '{run}'"), vec!["a3", "a1"]),
        (format!("run_id IN ('{run}')"), vec!["a3", "a1"]),
        (format!("source_path = '{source}'"), vec!["a3", "a1"]),
        (format!("source_path LIKE 'runs:/{run}%'"), vec!["a3", "a1"]),
        (format!("{of_us} AND tags.`a b` = 'c'"), vec!["a3"]),
        (format!("{of_us} AND tag.`trained through` LIKE '2024%'"), vec!["B1", "a3", "a1"]),
    ];
    for (filter, expected) in cases {
        // The order by name, so that the moments of their making do not matter.
        let search = Search::new(&filter).with_order_by("name");
        let page = store.search_model_versions(&search).await.expect(&filter);
        assert_eq!(page.items.iter().map(label).collect::<Vec<_>>(), expected, "{filter}");
        assert!(page.items.iter().all(|version| version.aliases.is_empty()), "as MLflow does");
    }
    let wrong = [
        "current_stage = 'Production'",
        "aliases = 'champion'",
        "version_number LIKE '1'",
        "version_number = 'one'",
        "creation_timestamp > 0",
        "source_path IN ('a')",
        "name = 'a' or name = 'b'",
    ];
    let wrong = wrong.map(Search::new).into_iter().chain([
        Search::default().with_order_by("run_id"),
        Search::default().with_order_by("current_stage"),
        Search::default().with_order_by("tags.x"),
        Search::default().with_max_results(200_001),
        Search::default().with_page_token("not a token"),
    ]);
    for search in wrong {
        let found = store.search_model_versions(&search).await;
        assert_kind(found, ErrorKind::InvalidArgument, &format!("{search:?}"));
    }
}

/// The last letter of the model's name, and the number.
fn label(version: &ModelVersion) -> String {
    let letter = version.name.chars().next_back().expect("a model has a name");
    format!("{letter}{}", version.version)
}

/// Versions come in the order that is asked for, in pages that miss none.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn model_versions_are_ordered_and_paged(store: &dyn Store, prefix: &str) {
    for (of, n) in [("a", 3), ("B", 1)] {
        versions(store, &format!("{prefix} ordered {of}"), prefix, n).await;
    }
    let of_us = format!("name LIKE '{prefix} ordered %'");
    for (order, expected) in [
        (vec!["name DESC"], ["a3", "a2", "a1", "B1"]),
        (vec!["version_number ASC"], ["B1", "a1", "a2", "a3"]),
        (vec!["version_number DESC", "name DESC"], ["a3", "a2", "a1", "B1"]),
        (vec!["attribute.name"], ["B1", "a3", "a2", "a1"]),
    ] {
        let order_by = order.iter().map(|&text| text.to_owned()).collect();
        let mut paged = Search { order_by, ..Search::new(&of_us).with_max_results(2) };
        let mut seen = Vec::new();
        for _ in 0..2 {
            let page = store.search_model_versions(&paged).await.expect("a page");
            seen.extend(page.items.iter().map(label));
            paged.page_token = page.next_page_token;
        }
        assert_eq!(
            (seen, paged.page_token),
            (expected.map(str::to_owned).to_vec(), None),
            "{order:?}"
        );
    }
    for order in [None, Some("last_updated_timestamp DESC"), Some("creation_timestamp DESC")] {
        let mut search = Search::new(&of_us);
        search.order_by.extend(order.map(str::to_owned));
        let page = store.search_model_versions(&search).await.expect("a search");
        let times: Vec<_> = page
            .items
            .iter()
            .map(|v| {
                if order == Some("creation_timestamp DESC") {
                    v.creation_time_ms
                } else {
                    v.last_updated_time_ms
                }
            })
            .collect();
        assert!(times.is_sorted_by(|a, b| a >= b), "{order:?}: {times:?}");
    }
}
