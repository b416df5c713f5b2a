//! Every answer that Yahoo is known to give.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use market_data::yahoo::YahooError;
use market_data::{
    Bars, Calendar, Error, Finding, FindingKind, PriceSource, Quality, YahooOptions, YahooSource,
    clean,
};
use serde_json::{Value, json};
use wiremock::matchers::{any, method, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{
    chain, chart, good_chart, n_requests, ok, open_of, options, request, serving, source,
};

async fn failure(answer: ResponseTemplate) -> (YahooError, usize) {
    failure_of("PETR4.SA", answer).await
}

async fn failure_of(symbol: &str, answer: ResponseTemplate) -> (YahooError, usize) {
    let server = serving(answer).await;
    match source(&server).fetch(&request(symbol)).await {
        Err(Error::Yahoo(error)) => (error, n_requests(&server).await),
        other => panic!("{other:?}"),
    }
}

async fn cleaned(body: &Value) -> (Bars, Quality) {
    let server = serving(ok(body)).await;
    let request = request("PETR4.SA");
    let fetched = source(&server).fetch(&request).await.unwrap();
    clean(&fetched, &Calendar::b3(), &request).unwrap()
}

fn refusal(status: u16, code: &str, description: &str) -> ResponseTemplate {
    let error = json!({"code": code, "description": description});
    ResponseTemplate::new(status).set_body_json(json!({"chart": {"result": null, "error": error}}))
}

#[tokio::test]
async fn a_request_names_the_symbol_the_seconds_and_a_browser() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        // 22:00 of 1 January and 24:00 of 15 January in São Paulo.
        .and(query_param("period1", "1735779600"))
        .and(query_param("period2", "1736996400"))
        .and(query_param("interval", "1d"))
        .respond_with(ok(&good_chart()))
        .expect(1)
        .mount(&server)
        .await;
    let fetched = source(&server).fetch(&request("^BVSP")).await.unwrap();
    assert_eq!(fetched.rows.len(), 10);
    assert!(fetched.provenance.to_string().starts_with("127.0.0.1:"), "{}", fetched.provenance);
    let sent = &server.received_requests().await.unwrap()[0];
    assert_eq!(sent.headers["user-agent"], YahooOptions::default().user_agent);
    assert_eq!(sent.url.path(), "/v8/finance/chart/%5EBVSP");
    assert!(!sent.url.query().unwrap().contains("range"));
}

#[tokio::test]
async fn a_good_chart_needs_no_repair() {
    let (bars, quality) = cleaned(&good_chart()).await;
    assert_eq!(bars.len(), 10);
    assert_eq!(bars.as_slice()[0].adj_close, Some(35.02));
    assert_eq!(quality.findings, []);
}

#[tokio::test]
async fn dates_follow_the_zone_and_not_the_offset_of_the_answer() {
    // 02:30 UTC is 23:30 of the day before in São Paulo; by the answer's offset it would be 00:30.
    let stamp = open_of(9) - 37_800;
    let (bars, quality) = cleaned(&chart(&[(stamp, Some(36.0))], "2025-01-15T21:00:00Z")).await;
    assert_eq!(bars.dates()[0].to_string(), "2025-01-08");
    assert_eq!(quality.count(FindingKind::ShiftedStamp), 0);
}

#[tokio::test]
async fn rows_of_22_or_23_h_move_to_the_next_day_and_the_first_of_them_is_in_range() {
    // The open is at 10:00 in São Paulo; the last row is stamped at 22:05.
    let rows = [(2, 11 * 3600), (3, 12 * 3600), (7, 12 * 3600 - 300)]
        .map(|(day, early_s)| (open_of(day) - early_s, Some(36.0)));
    let (bars, quality) = cleaned(&chart(&rows, "2025-01-15T21:00:00Z")).await;
    let dates: Vec<String> = bars.dates().iter().map(ToString::to_string).collect();
    assert_eq!(dates, ["2025-01-02", "2025-01-03", "2025-01-06"]);
    assert_eq!(quality.count(FindingKind::ShiftedStamp), 2);
}

#[tokio::test]
async fn the_live_candle_is_dropped_and_so_is_what_lies_after_the_end() {
    let live = open_of(15) + 2722;
    let rows = [(open_of(14), Some(36.0)), (live, Some(36.5)), (open_of(16), Some(37.0))];
    let (bars, quality) = cleaned(&chart(&rows[..2], "2025-01-16T01:00:00Z")).await;
    assert_eq!(bars.last_date().unwrap().to_string(), "2025-01-14");
    assert_eq!(quality.count(FindingKind::LiveLastRow), 1);
    let (bars, quality) = cleaned(&chart(&rows, "2025-01-15T21:00:00Z")).await;
    assert_eq!(bars.last_date().unwrap().to_string(), "2025-01-15");
    assert_eq!(quality.rows_outside, 1);
}

#[tokio::test]
async fn bare_infinities_are_read_as_missing_and_counted() {
    let text = good_chart().to_string().replacen("35.02", "Infinity", 1);
    let server = serving(ResponseTemplate::new(200).set_body_string(text)).await;
    let fetched = source(&server).fetch(&request("PETR4.SA")).await.unwrap();
    assert_eq!(fetched.rows[0].adj_close, None);
    assert_eq!(
        fetched.findings,
        [Finding { kind: FindingKind::NotANumber, date: None, note: None }]
    );
}

#[tokio::test]
async fn missing_columns_but_the_close_are_missing_values() {
    let mut body = good_chart();
    body["chart"]["result"][0]["indicators"] = json!({"quote": [{"close": vec![36.0; 10]}]});
    let (bars, _) = cleaned(&body).await;
    assert_eq!((bars.as_slice()[0].open, bars.as_slice()[0].volume), (None, None));
}

#[tokio::test]
async fn an_unknown_symbol_is_named_and_not_asked_for_twice() {
    let description = "No data found, symbol may be delisted";
    let (error, tries) = failure_of("PETR9.SA", refusal(404, "Not Found", description)).await;
    assert_eq!(error.to_string(), format!("Yahoo knows no symbol `PETR9.SA`: {description}"));
    assert!(error.hint().unwrap().contains("spelling"));
    assert_eq!(tries, 1);
    let (error, _) = failure_of("PETR4", refusal(404, "Not Found", description)).await;
    assert_eq!(error.hint().unwrap(), "symbols of B3 end in `.SA`: `PETR4.SA`?");
    // The same refusal with status 200.
    let (error, _) = failure_of("PETR9.SA", refusal(200, "Not Found", description)).await;
    assert!(matches!(error, YahooError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn a_range_before_the_listing_is_refused_in_yahoos_words() {
    for status in [400, 422] {
        let (error, tries) = failure(refusal(status, "Bad Request", "Data doesn't exist")).await;
        assert_eq!(error.to_string(), "Yahoo refused the range of `PETR4.SA`: Data doesn't exist");
        assert_eq!(tries, 1);
    }
}

#[tokio::test]
async fn a_429_is_not_looped_on() {
    let answer = || ResponseTemplate::new(429).set_body_string("Edge: Too Many Requests");
    let (error, tries) = failure(answer()).await;
    assert!(error.to_string().ends_with("answered 429: too many requests"), "{error}");
    assert!(error.hint().unwrap().contains("--source file:"));
    assert_eq!(tries, 1);
    let (_, tries) = failure(answer().insert_header("Retry-After", "0")).await;
    assert_eq!(tries, 2);
    let (error, tries) = failure(answer().insert_header("Retry-After", "900")).await;
    assert!(error.to_string().ends_with("too many requests, to wait 900 s"), "{error}");
    assert_eq!(tries, 1);
}

#[tokio::test]
async fn a_server_error_is_tried_three_times() {
    let (error, tries) = failure(ResponseTemplate::new(503).set_body_string("<p>busy</p>")).await;
    assert!(chain(&error).starts_with("gave up after 3 tries: 127.0.0.1:"), "{}", chain(&error));
    assert!(chain(&error).ends_with(" answered 503: <p>busy</p>"), "{}", chain(&error));
    assert_eq!(tries, 3);
}

#[tokio::test]
async fn a_server_that_recovers_is_no_error() {
    let server = MockServer::start().await;
    let busy = Mock::given(any()).respond_with(ResponseTemplate::new(502));
    busy.up_to_n_times(2).mount(&server).await;
    Mock::given(any()).respond_with(ok(&good_chart())).mount(&server).await;
    assert!(source(&server).fetch(&request("PETR4.SA")).await.is_ok());
    assert_eq!(n_requests(&server).await, 3);
}

#[tokio::test]
async fn an_outage_page_is_told_from_other_pages() {
    let page = "<html>Will be right back...</html>";
    for status in [200, 503] {
        let (error, tries) = failure(ResponseTemplate::new(status).set_body_string(page)).await;
        assert!(chain(&error).ends_with("is down: it answered \"Will be right back\""));
        assert_eq!(tries, 3);
    }
    let html = ResponseTemplate::new(200).set_body_string("<!doctype html>\n<p>Consent</p>");
    let (error, tries) = failure(html).await;
    assert!(error.to_string().ends_with("no JSON but `<!doctype html> <p>Consent</p>`"), "{error}");
    assert_eq!(tries, 1);
    let bytes = ResponseTemplate::new(200).set_body_bytes([0x1f, 0x8b, 0xff]);
    assert!(matches!(failure(bytes).await.0, YahooError::NotJson { .. }));
}

#[tokio::test]
async fn a_login_is_asked_for_by_name() {
    let body = json!({"finance": {"result": null,
        "error": {"code": "Unauthorized", "description": "Invalid Crumb"}}});
    let (error, tries) = failure(ResponseTemplate::new(401).set_body_json(body)).await;
    assert!(error.to_string().ends_with(" answered 401: Invalid Crumb"), "{error}");
    assert_eq!(tries, 1);
}

#[tokio::test]
async fn a_404_without_yahoos_words_blames_the_address() {
    let (error, _) = failure(ResponseTemplate::new(404).set_body_string("Not Found")).await;
    assert!(error.to_string().ends_with(" answered 404: Not Found"), "{error}");
    assert!(error.hint().unwrap().contains("yahoo.base_url"));
}

#[tokio::test]
async fn json_of_another_shape_is_refused_with_the_reason() {
    let mut uneven = good_chart();
    uneven["chart"]["result"][0]["indicators"]["quote"][0]["low"] = json!([1.0]);
    let mut no_zone = good_chart();
    no_zone["chart"]["result"][0]["meta"]["exchangeTimezoneName"] = json!("Mars/Olympus");
    let mut no_close = good_chart();
    no_close["chart"]["result"][0]["indicators"] = json!({"quote": [{}]});
    let mut no_time = good_chart();
    no_time["chart"]["result"][0]["timestamp"][3] = json!(null);
    let mut far_time = good_chart();
    far_time["chart"]["result"][0]["timestamp"][3] = json!(i64::MAX);
    for (body, reason) in [
        (json!({}), "it has no `chart`"),
        (json!({"chart": {"result": [], "error": null}}), "`chart.result` is empty"),
        (json!({"chart": {"result": "x"}}), "invalid type"),
        (uneven, "`low` has 1 values, `timestamp` has 10"),
        (no_zone, "`Mars/Olympus` is no time zone"),
        (no_close, "it has timestamps and no `close`"),
        (no_time, "`timestamp[3]` is no time"),
        (far_time, "`timestamp[3]` is no time"),
    ] {
        let (error, tries) = failure(ok(&body)).await;
        assert!(matches!(error, YahooError::Schema { .. }), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(tries, 1);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let whole = good_chart().to_string();
    let half = ResponseTemplate::new(200).set_body_string(&whole[..whole.len() / 2]);
    let (error, tries) = failure(half).await;
    assert!(chain(&error).contains("broke off after"), "{}", chain(&error));
    assert_eq!(tries, 3);
    let (error, tries) = failure(ResponseTemplate::new(200)).await;
    assert!(chain(&error).contains("broke off after 0 bytes"), "{}", chain(&error));
    assert_eq!(tries, 3);
}

#[tokio::test]
async fn a_connection_that_breaks_off_is_told_from_one_that_never_was() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 4096];
        assert!(0 < stream.read(&mut head).unwrap());
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"chart\":").unwrap();
    });
    let url = format!("http://{address}");
    let source = YahooSource::new(YahooOptions { tries: 1, ..options(&url) }, None).unwrap();
    let error = source.fetch(&request("PETR4.SA")).await.unwrap_err();
    assert_eq!(error.to_string(), format!("answer of {address} broke off after 9 bytes"));
    server.join().unwrap();
    let error = source.fetch(&request("PETR4.SA")).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot reach {address}"));
    assert!(error.hint().unwrap().contains("network"));
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read_to_its_end() {
    let server = serving(ok(&good_chart())).await;
    let small = YahooOptions { max_body_bytes: 100, ..options(&server.uri()) };
    let source = YahooSource::new(small, None).unwrap();
    let error = source.fetch(&request("PETR4.SA")).await.unwrap_err();
    assert!(error.to_string().ends_with("is longer than 100 bytes"), "{error}");
    assert_eq!(n_requests(&server).await, 1);
}

#[tokio::test]
async fn a_silent_server_is_given_up_in_time() {
    let server = serving(ok(&good_chart()).set_delay(Duration::from_mins(1))).await;
    let hasty = YahooOptions { timeout: Duration::from_millis(50), ..options(&server.uri()) };
    let source = YahooSource::new(hasty, None).unwrap();
    let error = source.fetch(&request("PETR4.SA")).await.unwrap_err();
    assert!(chain(&error).ends_with("gave no answer within 0.05 s"), "{}", chain(&error));
}

#[tokio::test]
async fn months_are_not_taken_for_days() {
    let mut body = good_chart();
    body["chart"]["result"][0]["meta"]["dataGranularity"] = json!("1mo");
    let (error, _) = failure(ok(&body)).await;
    assert_eq!(
        error.to_string(),
        "Yahoo answered `PETR4.SA` in steps of 1mo, wanted are days (1d)"
    );
}

#[tokio::test]
async fn placeholders_and_empty_ranges_are_told_apart() {
    let empty = |meta: Value| {
        ok(&json!({"chart": {"result": [
            {"meta": meta, "indicators": {"quote": [{}], "adjclose": [{}]}}
        ], "error": null}}))
    };
    for meta in [json!({"currency": null, "instrumentType": "ECNQUOTE"}), json!({"currency": null})]
    {
        let (error, _) = failure_of("THF", empty(meta)).await;
        let message = error.to_string();
        assert!(
            message.starts_with("Yahoo has no prices of `THF`: it is a placeholder"),
            "{message}"
        );
    }
    for meta in [json!({"currency": "BRL"}), json!({"instrumentType": "FUTURE"})] {
        let (error, _) = failure(empty(meta)).await;
        assert_eq!(
            error.to_string(),
            "Yahoo has no session of `PETR4.SA` in the range 2025-01-02..2025-01-15"
        );
    }
}

#[tokio::test]
async fn an_empty_range_asks_nobody() {
    let server = serving(ok(&good_chart())).await;
    let mut request = request("PETR4.SA");
    request.end = "2024-01-01".parse().unwrap();
    let error = source(&server).fetch(&request).await.unwrap_err();
    assert!(matches!(error, Error::EmptyRange { .. }), "{error:?}");
    assert_eq!(n_requests(&server).await, 0);
}

#[test]
fn settings_that_cannot_work_are_refused_without_their_secrets() {
    let refused = |options: YahooOptions| YahooSource::new(options, None).unwrap_err().to_string();
    assert!(refused(options("query2.finance.yahoo.com")).contains("is no URL"));
    assert!(refused(options("ftp://x.test")).ends_with("must begin with http:// or https://"));
    let message = refused(options("http://me:hunter2@x.test"));
    assert!(message.ends_with("must not hold a user or password") && !message.contains("hunter2"));
    let agent = YahooOptions { user_agent: "a\nb".to_owned(), ..YahooOptions::default() };
    assert!(refused(agent).contains("yahoo.user_agent"));
    let proxy = Some("http://me:hunter2@[::".to_owned());
    let proxy = YahooOptions { proxy, ..YahooOptions::default() };
    assert!(!format!("{proxy:?}").contains("hunter2"));
    let message = refused(proxy);
    assert!(message.contains("yahoo.proxy") && !message.contains("hunter2"), "{message}");
}
