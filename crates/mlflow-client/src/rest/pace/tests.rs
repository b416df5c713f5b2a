use reqwest::header::HeaderValue;

use super::*;

#[test]
fn pauses_grow_as_mlflows_do_with_jitter_on_top_and_end() {
    let options = ClientOptions::new().with_backoff(Duration::from_secs(2)).with_retries_max(7);
    let plain = options.clone().with_jitter(Duration::ZERO);
    let seconds: Vec<_> = Pauses::new(&plain).map(|pause| pause.as_secs()).collect();
    assert_eq!(seconds, [0, 4, 8, 16, 32, 60, 60], "MLflow's, up to a minute");
    for _ in 0..20 {
        for (pause, least) in Pauses::new(&options).zip(seconds.iter().copied()) {
            let least = Duration::from_secs(least);
            assert!(pause >= least && pause <= least + Duration::from_secs(2), "{pause:?}");
        }
    }
}

#[test]
fn a_pause_that_is_asked_for_is_seconds_or_a_date() {
    const NOW_MS: i64 = 784_111_777_000; // Sun, 06 Nov 1994 08:49:37 GMT
    let asked = |after: &'static str, date: Option<&'static str>| {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static(after));
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_static(date));
        }
        retry_after(&headers, NOW_MS)
    };
    let seconds = |n| Some(Duration::from_secs(n));
    assert_eq!(asked(" 7 ", None), seconds(7));
    assert_eq!(asked("Sun, 06 Nov 1994 08:49:40 GMT", None), seconds(3));
    let theirs = Some("Sun, 06 Nov 1994 08:49:30 GMT");
    assert_eq!(asked("Sun, 06 Nov 1994 08:49:40 GMT", theirs), seconds(10), "their own clock");
    assert_eq!(asked("Sun, 06 Nov 1994 08:49:00 GMT", None), seconds(0), "gone by");
    assert_eq!(asked("soon", None), None);
    assert_eq!(asked("-3", None), None);
}
