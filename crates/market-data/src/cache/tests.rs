use super::*;
use crate::bar::Price;
use crate::symbol::Symbol;

fn request(end: &str, now: &str) -> Request {
    Request {
        symbol: Symbol::parse("^BVSP").unwrap(),
        start: "2018-01-01".parse().unwrap(),
        end: end.parse().unwrap(),
        price: Price::Close,
        now: now.parse().unwrap(),
        wall: now.parse().unwrap(),
    }
}

fn cache(dir: &Path, base_url: &str) -> AnswerCache {
    AnswerCache::new(dir.to_owned(), &base_url.parse().unwrap(), 1000)
}

const NOON: &str = "2025-07-01T12:00:00Z";

#[tokio::test]
async fn what_is_kept_comes_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(dir.path(), "http://a.test");
    // A replay: asked for one day, downloaded on another.
    let wall = "2026-02-03T04:05:06Z".parse().unwrap();
    let request = Request { wall, ..request("2025-07-01", NOON) };
    assert_eq!(cache.load(&request).await, None);
    let body = "{\"a\":\"é \\\" \n\"}";
    cache.store(&request, body).await.unwrap();
    let kept = cache.load(&request).await.unwrap();
    assert_eq!(kept.body, body);
    assert_eq!((kept.fetched_at, kept.as_of, kept.end), (request.wall, request.now, request.end));
    let names: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 1, "no half-written file stays: {names:?}");
}

#[tokio::test]
async fn answers_of_another_host_are_not_ours() {
    let dir = tempfile::tempdir().unwrap();
    let request = request("2025-07-01", NOON);
    cache(dir.path(), "http://a.test").store(&request, "{}").await.unwrap();
    let other = cache(dir.path(), "http://b.test");
    assert_eq!(other.load(&request).await, None);
    assert!(other.load_best(&request).await.is_empty());
}

#[tokio::test]
async fn a_damaged_file_counts_as_none() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(dir.path(), "http://a.test");
    let request = request("2025-07-01", NOON);
    cache.store(&request, "{\"close\":1}").await.unwrap();
    let path = cache.path(&request);
    let good = std::fs::read_to_string(&path).unwrap();
    for bad in [String::new(), good[..good.len() / 2].to_owned(), good.replace("close", "clone")] {
        std::fs::write(&path, bad).unwrap();
        assert_eq!(cache.load(&request).await, None);
        assert!(cache.load_best(&request).await.is_empty());
    }
    std::fs::write(&path, good + &" ".repeat(4000)).unwrap();
    assert_eq!(cache.load(&request).await, None, "longer than the bound");
}

#[tokio::test]
async fn the_answer_that_reaches_closest_to_the_end_is_best() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(dir.path(), "http://a.test");
    for (end, now) in [
        ("2020-01-01", "2025-06-30T12:00:00Z"),
        ("2025-06-27", "2025-06-27T12:00:00Z"),
        ("2025-06-20", "2025-06-28T12:00:00Z"),
    ] {
        cache.store(&request(end, now), end).await.unwrap();
    }
    let ends = |found: Vec<Kept>| found.iter().map(|kept| kept.body.clone()).collect::<Vec<_>>();
    let best = cache.load_best(&request("2025-07-01", NOON)).await;
    assert_eq!(ends(best), ["2025-06-27", "2025-06-20", "2020-01-01"]);
    // All reach the end of 2019, so the newest is best.
    let best = cache.load_best(&request("2019-12-30", NOON)).await;
    assert_eq!(ends(best), ["2020-01-01", "2025-06-20", "2025-06-27"]);
}

#[tokio::test]
async fn only_so_many_answers_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(dir.path(), "http://a.test");
    for day in 1..=KEPT_MAX + 5 {
        let end = format!("2025-06-{day:02}");
        cache.store(&request(&end, &format!("{end}T12:00:00Z")), "{}").await.unwrap();
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), KEPT_MAX);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let blocker = dir.path().join("blocker");
    std::fs::write(&blocker, "").unwrap();
    let error = cache(&blocker, "http://a.test").store(&request("2025-07-01", NOON), "{}").await;
    let message = error.unwrap_err().to_string();
    assert!(message.starts_with("failed to write ") && message.contains("blocker"), "{message}");
}
