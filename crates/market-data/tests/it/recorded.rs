//! Answers and files that were recorded from Yahoo and B3, where this machine has them.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use market_data::yahoo::YahooError;
use market_data::{Bars, Calendar, Error, PriceSource, Quality, Request, Symbol, clean};
use wiremock::ResponseTemplate;

use crate::support::{recordings, request, serving, source};

fn ranged(symbol: &str, start: &str, end: &str, now: &str) -> Request {
    Request {
        symbol: Symbol::parse(symbol).unwrap(),
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
        now: now.parse().unwrap(),
        wall: now.parse().unwrap(),
        ..request(symbol)
    }
}

async fn answer(
    name: &str,
    status: u16,
    request: &Request,
) -> Option<Result<(Bars, Quality), Error>> {
    let text = std::fs::read_to_string(recordings()?.join("yahoo").join(name)).unwrap();
    let server = serving(ResponseTemplate::new(status).set_body_string(text)).await;
    let fetched = source(&server).fetch(request).await;
    Some(
        fetched
            .and_then(|fetched| clean(&fetched, &Calendar::for_symbol(&request.symbol), request)),
    )
}

#[tokio::test]
async fn an_answer_of_an_open_session_loses_its_live_candle_only() {
    let request = ranged("PETR4.SA", "2024-12-02", "2025-01-24", "2025-01-24T13:45:30Z");
    let name = "A_petr4_1d_2024-12-02_2025-01-24_live_last_row.json";
    let Some(result) = answer(name, 200, &request).await else { return };
    let (bars, quality) = result.unwrap();
    assert_eq!(bars.len(), 35);
    assert_eq!(bars.last_date(), Some("2025-01-23".parse().unwrap()));
    assert_eq!(quality.counts().into_iter().collect::<Vec<_>>(), [("live_last_row", 1)]);
    assert!(bars.dates().iter().all(|date| Calendar::b3().is_session(*date)));
}

#[tokio::test]
async fn an_answer_with_a_wrong_offset_has_the_right_dates() {
    let request = ranged("PETR4.SA", "2022-11-23", "2022-12-22", "2022-12-23T23:00:00Z");
    let Some(result) = answer("B_petr4_1d_2022-11-23_2022-12-22_brst.json", 200, &request).await
    else {
        return;
    };
    let (bars, quality) = result.unwrap();
    assert_eq!(bars.len(), 22);
    assert_eq!(quality.n_repairs(), 0);
    let sessions = Calendar::b3().sessions_from(request.start, 22);
    assert_eq!(bars.dates(), sessions);
}

#[tokio::test]
async fn minutes_and_empty_arrays_are_refused() {
    let request = request("PETR4.SA");
    let Some(minutes) = answer("C_petr4_1m_2023-03-06_null_row.json", 200, &request).await else {
        return;
    };
    assert!(matches!(minutes, Err(Error::Yahoo(YahooError::Granularity { .. }))), "{minutes:?}");
    let empty = answer("D_grnd3_1m_2019-10-21_empty_arrays.json", 200, &request).await;
    assert!(matches!(empty, Some(Err(Error::Yahoo(YahooError::NoSessions { .. })))), "{empty:?}");
}

#[tokio::test]
async fn recorded_refusals_have_their_names() {
    let request = request("PETR4.SA");
    for (name, status, expected) in [
        ("err_400_before_listing.json", 400, "refused the range of `PETR4.SA`: Data doesn't exist"),
        ("err_401_invalid_crumb.json", 401, "answered 401: Invalid Crumb"),
        ("err_404_not_found.json", 404, "knows no symbol `PETR4.SA`: No data found"),
        ("err_422_range_too_long.json", 422, "refused the range of `PETR4.SA`: 1h data not"),
        ("err_429_edge.txt", 429, "answered 429: too many requests"),
        ("ok_200_no_sessions_in_range.json", 200, "has no session of `PETR4.SA` in the range"),
        ("ok_200_phantom_symbol.json", 200, "has no prices of `PETR4.SA`: it is a placeholder"),
    ] {
        let Some(result) = answer(name, status, &request).await else { return };
        let message = result.unwrap_err().to_string();
        assert!(message.contains(expected), "{name}: {message}");
    }
}

#[test]
fn b3_was_closed_on_exactly_the_recorded_weekdays() {
    let Some(data) = recordings() else { return };
    let text = std::fs::read_to_string(data.join("b3_closed_weekdays_2010_2027.txt")).unwrap();
    let recorded: BTreeSet<NaiveDate> = text.lines().map(|line| line.parse().unwrap()).collect();
    let (first, last) = ("2010-01-01".parse().unwrap(), "2027-12-31".parse().unwrap());
    let b3 = Calendar::b3();
    let closed: BTreeSet<NaiveDate> = Calendar::weekdays()
        .sessions_between(first, last)
        .filter(|date| !b3.is_session(*date))
        .collect();
    assert_eq!(closed, recorded);
}

#[cfg(feature = "frame")]
#[tokio::test]
async fn recorded_files_are_clean_but_for_what_is_known() {
    let Some(data) = recordings() else { return };
    let request = ranged("PETR4.SA", "2018-01-01", "2025-12-31", "2026-01-05T12:00:00Z");
    let source = market_data::CsvSource::new(data.join("PETR4.SA.csv"));
    let fetched = source.fetch(&request).await.unwrap();
    let (bars, quality) = clean(&fetched, &Calendar::b3(), &request).unwrap();
    eprintln!("PETR4.SA.csv: {} rows, {}", bars.len(), quality.summary_line());
    let missing = quality.dates(market_data::FindingKind::MissingSession);
    assert_eq!(missing, ["2020-11-20".parse::<NaiveDate>().unwrap()]);
    assert_eq!(quality.count(market_data::FindingKind::OffCalendar), 0);
}
