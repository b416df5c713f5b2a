use tokio::time::Instant;

use super::*;

const POLICY: Policy = Policy { tries: 3, delay: Duration::from_millis(500), seed: 7 };

fn limited(wait_s: Option<u64>) -> YahooError {
    YahooError::RateLimited { host: "h".to_owned(), retry_after: wait_s.map(Duration::from_secs) }
}

fn upstream(status: u16, wait_s: Option<u64>) -> YahooError {
    YahooError::Upstream {
        host: "h".to_owned(),
        status,
        description: "no".to_owned(),
        retry_after: wait_s.map(Duration::from_secs),
    }
}

/// Fails with each of `failures` in turn, then succeeds; tells tries, time and result.
async fn run(mut failures: Vec<YahooError>) -> (usize, Duration, Result<(), YahooError>) {
    failures.reverse();
    let (mut tries, begin) = (0, Instant::now());
    let result = with_retries(POLICY, || {
        tries += 1;
        let outcome = failures.pop().map_or(Ok(()), Err);
        async { outcome }
    })
    .await;
    (tries, begin.elapsed(), result)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_recovers_is_asked_again_after_growing_waits() {
    let (tries, waited, result) = run(vec![upstream(503, None), upstream(502, None)]).await;
    assert!(result.is_ok());
    assert_eq!(tries, 3);
    // 0.5 s and 1.5 s, each with up to as much again for jitter.
    assert!(Duration::from_secs(2) <= waited && waited <= Duration::from_secs(4), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn three_tries_are_all() {
    let (tries, _, result) = run((0..9).map(|_| upstream(500, None)).collect()).await;
    assert_eq!(tries, 3);
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), "gave up after 3 tries");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "h answered 500: no");
}

#[tokio::test(start_paused = true)]
async fn what_will_not_change_is_not_asked_again() {
    let not_found = YahooError::NotFound { symbol: "X".to_owned(), description: "none".to_owned() };
    for error in [not_found, upstream(404, None), upstream(410, None)] {
        let (tries, _, result) = run(vec![error]).await;
        assert_eq!(tries, 1);
        assert!(!matches!(result.unwrap_err(), YahooError::GaveUp { .. }));
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_time_ends_the_tries() {
    let (tries, waited, result) = run(vec![limited(None)]).await;
    assert_eq!((tries, waited), (1, Duration::ZERO));
    assert!(matches!(result.unwrap_err(), YahooError::RateLimited { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_429_with_a_time_is_repeated_once_after_it() {
    let (tries, waited, result) = run(vec![limited(Some(5)), limited(Some(5))]).await;
    assert_eq!(tries, 2);
    assert!(Duration::from_secs(5) <= waited && waited < Duration::from_secs(6), "{waited:?}");
    assert!(result.is_err());
    let (tries, _, result) = run(vec![limited(Some(0))]).await;
    assert_eq!(tries, 2);
    assert!(result.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_long_retry_after_ends_the_tries() {
    for error in [limited(Some(31)), upstream(503, Some(3600))] {
        let (tries, waited, _) = run(vec![error]).await;
        assert_eq!((tries, waited), (1, Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn a_servers_retry_after_is_waited_for() {
    let (tries, waited, result) = run(vec![upstream(503, Some(20))]).await;
    assert_eq!(tries, 2);
    assert!(Duration::from_secs(20) <= waited, "{waited:?}");
    assert!(result.is_ok());
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let now: DateTime<Utc> = "2025-10-21T07:27:30Z".parse().unwrap();
    let parse = |text| parse_retry_after(text, now);
    assert_eq!(parse(" 12 "), Some(Duration::from_secs(12)));
    assert_eq!(parse("Tue, 21 Oct 2025 07:28:00 GMT"), Some(Duration::from_secs(30)));
    assert_eq!(parse("Tue, 21 Oct 2025 07:00:00 GMT"), Some(Duration::ZERO));
    assert_eq!(parse("soon"), None);
    assert_eq!(parse("-1"), None);
}
