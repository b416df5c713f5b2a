//! What is kept on disk: a second run, and one without a network.

use market_data::{Calendar, PriceSource, Provenance, Request, YahooSource, clean};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{
    chart, good_chart, keeping, n_requests, ok, open_of, options, request, serving,
};

fn at(now: &str, request: Request) -> Request {
    let now = now.parse().unwrap();
    Request { now, wall: now, ..request }
}

/// A replay: the clock is set to `now`, the one on the wall shows `wall`.
fn replaying(now: &str, wall: &str) -> Request {
    Request { wall: wall.parse().unwrap(), ..at(now, request("PETR4.SA")) }
}

/// A server that answers once so and fails from then on.
async fn failing_after(first: ResponseTemplate, then: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(first).up_to_n_times(1).mount(&server).await;
    Mock::given(any()).respond_with(then).mount(&server).await;
    server
}

#[tokio::test]
async fn a_second_fetch_of_the_day_needs_no_network_and_gives_equal_bars() {
    let dir = tempfile::tempdir().unwrap();
    let server = serving(ok(&good_chart())).await;
    let source = keeping(&server, dir.path());
    let first = source.fetch(&request("PETR4.SA")).await.unwrap();
    // Half past midnight UTC is still the same day in São Paulo.
    let later = at("2025-01-16T00:30:00Z", request("PETR4.SA"));
    let second = source.fetch(&later).await.unwrap();
    assert_eq!(n_requests(&server).await, 1);
    assert!(matches!(first.provenance, Provenance::Network { .. }));
    assert!(matches!(second.provenance, Provenance::Cache { because: None, .. }));
    assert!(second.provenance.to_string().ends_with("fetched 2025-01-15 23:00 UTC"));
    let bars = |fetched| clean(&fetched, &Calendar::b3(), &later).unwrap();
    assert_eq!(bars(first), bars(second));
}

#[tokio::test]
async fn a_replay_tells_when_the_download_really_was() {
    let dir = tempfile::tempdir().unwrap();
    let server = failing_after(ok(&good_chart()), ResponseTemplate::new(503)).await;
    let source = keeping(&server, dir.path());
    let evening = "2025-01-15T23:00:00Z";
    let said = async |now, wall| {
        let fetched = source.fetch(&replaying(now, wall)).await.unwrap();
        assert_eq!(fetched.as_of, evening.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
        let said = fetched.provenance.to_string();
        said.split_once(", fetched ").unwrap().1.to_owned()
    };
    assert_eq!(said(evening, "2026-11-23T07:00:00Z").await, "2026-11-23 07:00 UTC");
    // From the disk, and as a stand-in for another day's.
    assert_eq!(said(evening, "2026-11-25T08:00:00Z").await, "2026-11-23 07:00 UTC");
    let stale = said("2025-01-17T23:00:00Z", "2026-11-25T09:00:00Z").await;
    assert!(stale.starts_with("2026-11-23 07:00 UTC (stale: "), "{stale}");
}

#[tokio::test]
async fn replays_of_one_day_ask_once_and_those_of_a_later_day_ask_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = serving(ok(&good_chart())).await;
    let source = keeping(&server, dir.path());
    for (now, wall, n) in [
        ("2025-01-15T23:00:00Z", "2026-11-23T07:00:00Z", 1),
        ("2025-01-15T23:00:00Z", "2026-11-23T08:00:00Z", 1),
        ("2025-01-15T23:00:00Z", "2026-11-25T08:00:00Z", 1),
        ("2025-01-17T23:00:00Z", "2026-11-25T08:01:00Z", 2),
    ] {
        source.fetch(&replaying(now, wall)).await.unwrap();
        assert_eq!(n_requests(&server).await, n, "{now} at {wall}");
    }
}

#[tokio::test]
async fn a_clock_set_to_this_evening_does_not_close_the_session() {
    let dir = tempfile::tempdir().unwrap();
    let server = serving(ok(&good_chart())).await;
    let source = keeping(&server, dir.path());
    for (wall, last, n) in [
        ("2025-01-15T15:00:00Z", "2025-01-14", 1),
        ("2025-01-15T15:01:00Z", "2025-01-14", 1),
        ("2025-01-15T21:30:00Z", "2025-01-15", 2),
    ] {
        let request = replaying("2025-01-16T02:00:00Z", wall);
        let fetched = source.fetch(&request).await.unwrap();
        let (bars, _) = clean(&fetched, &Calendar::b3(), &request).unwrap();
        assert_eq!(bars.last_date().unwrap().to_string(), last, "{wall}");
        assert_eq!(n_requests(&server).await, n, "{wall}");
    }
}

#[tokio::test]
async fn the_next_day_asks_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = serving(ok(&good_chart())).await;
    let source = keeping(&server, dir.path());
    source.fetch(&request("PETR4.SA")).await.unwrap();
    source.fetch(&at("2025-01-16T12:00:00Z", request("PETR4.SA"))).await.unwrap();
    assert_eq!(n_requests(&server).await, 2);
}

#[tokio::test]
async fn the_close_of_a_session_asks_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = serving(ok(&good_chart())).await;
    let source = keeping(&server, dir.path());
    for (now, n) in [
        ("2025-01-15T15:00:00Z", 1),
        ("2025-01-15T20:59:00Z", 1),
        ("2025-01-15T21:00:00Z", 2),
        ("2025-01-15T22:00:00Z", 2),
    ] {
        source.fetch(&at(now, request("PETR4.SA"))).await.unwrap();
        assert_eq!(n_requests(&server).await, n, "{now}");
    }
}

#[tokio::test]
async fn refreshing_asks_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = serving(ok(&good_chart())).await;
    keeping(&server, dir.path()).fetch(&request("PETR4.SA")).await.unwrap();
    let source = keeping(&server, dir.path()).refreshing(true);
    source.fetch(&request("PETR4.SA")).await.unwrap();
    assert_eq!(n_requests(&server).await, 2);
}

#[tokio::test]
async fn without_a_network_the_last_answer_stands_in_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let server = failing_after(ok(&good_chart()), ResponseTemplate::new(503)).await;
    let source = keeping(&server, dir.path());
    let online = source.fetch(&request("PETR4.SA")).await.unwrap();
    let mut later = at("2025-01-20T12:00:00Z", request("PETR4.SA"));
    later.end = "2025-01-20".parse().unwrap();
    let offline = source.fetch(&later).await.unwrap();
    assert_eq!(offline.rows, online.rows);
    assert!(offline.provenance.is_stale());
    let said = offline.provenance.to_string();
    assert!(said.contains("fetched 2025-01-15 23:00 UTC (stale: gave up after 3 tries"), "{said}");
    let bars = |fetched| clean(&fetched, &Calendar::b3(), &later).unwrap().0;
    assert_eq!(bars(offline), bars(online));
}

#[tokio::test]
async fn a_live_candle_stays_live_in_an_answer_that_was_kept() {
    let dir = tempfile::tempdir().unwrap();
    let rows = [(open_of(14), Some(36.0)), (open_of(15) + 2722, Some(36.5))];
    let live = ok(&chart(&rows, "2025-01-15T21:00:00Z"));
    let server = failing_after(live, ResponseTemplate::new(429)).await;
    let source = keeping(&server, dir.path());
    source.fetch(&at("2025-01-15T14:00:00Z", request("PETR4.SA"))).await.unwrap();
    let later = at("2025-01-17T14:00:00Z", request("PETR4.SA"));
    let fetched = source.fetch(&later).await.unwrap();
    assert!(fetched.provenance.to_string().contains("429"), "{}", fetched.provenance);
    let (bars, _) = clean(&fetched, &Calendar::b3(), &later).unwrap();
    assert_eq!(bars.last_date().unwrap().to_string(), "2025-01-14");
}

#[tokio::test]
async fn a_symbol_that_is_gone_is_not_served_from_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let gone = serde_json::json!({"chart": {"error": {"code": "Not Found"}}});
    let gone = ResponseTemplate::new(404).set_body_json(gone);
    let server = failing_after(ok(&good_chart()), gone).await;
    let source = keeping(&server, dir.path());
    source.fetch(&request("PETR4.SA")).await.unwrap();
    let error = source.fetch(&at("2025-01-17T14:00:00Z", request("PETR4.SA"))).await.unwrap_err();
    assert_eq!(error.to_string(), "Yahoo knows no symbol `PETR4.SA`: Not Found");
}

#[tokio::test]
async fn answers_that_cannot_be_used_are_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let server = serving(ResponseTemplate::new(200).set_body_string("<html>")).await;
    keeping(&server, dir.path()).fetch(&request("PETR4.SA")).await.unwrap_err();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_to_does_not_stop_a_fetch() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let server = serving(ok(&good_chart())).await;
    assert!(keeping(&server, &file).fetch(&request("PETR4.SA")).await.is_ok());
}

#[tokio::test]
async fn another_hosts_answers_are_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let server = serving(ok(&good_chart())).await;
    keeping(&server, dir.path()).fetch(&request("PETR4.SA")).await.unwrap();
    let nobody = YahooSource::new(options("http://127.0.0.1:9"), Some(dir.path().to_owned()));
    assert!(nobody.unwrap().fetch(&request("PETR4.SA")).await.is_err());
}
