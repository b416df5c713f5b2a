use chrono::NaiveTime;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::source::Provenance;
use crate::symbol::Symbol;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// An ordinary row: open at 10:00, some trade.
fn row(date: &str, close: f64) -> RawBar {
    RawBar {
        at: day(date).and_time(NaiveTime::from_hms_opt(10, 0, 0).unwrap()),
        line: None,
        open: Some(close - 0.2),
        high: Some(close + 0.3),
        low: Some(close - 0.4),
        close: Some(close),
        adj_close: Some(close * 0.9),
        volume: Some(1e6),
    }
}

fn flat(date: &str, close: f64) -> RawBar {
    let price = Some(close);
    RawBar { open: price, high: price, low: price, volume: Some(0.0), ..row(date, close) }
}

fn zero(date: &str, close: f64) -> RawBar {
    let none = Some(0.0);
    RawBar { open: none, high: none, low: none, volume: none, ..row(date, close) }
}

fn fetched(rows: Vec<RawBar>) -> Fetched {
    Fetched {
        rows,
        zone: Tz::America__Sao_Paulo,
        as_of: "2025-06-30T12:00:00Z".parse().unwrap(),
        period: None,
        findings: Vec::new(),
        provenance: Provenance::File { path: "rows.csv".into() },
    }
}

fn request(start: &str, end: &str) -> Request {
    Request {
        symbol: Symbol::parse("PETR4.SA").unwrap(),
        start: day(start),
        end: day(end),
        price: Price::Close,
        now: "2025-06-30T12:00:00Z".parse().unwrap(),
        wall: "2025-06-30T12:00:00Z".parse().unwrap(),
    }
}

fn cleaned(rows: Vec<RawBar>) -> (Bars, Quality) {
    clean(&fetched(rows), &Calendar::b3(), &request("2025-01-01", "2025-06-30")).unwrap()
}

fn dates(bars: &Bars) -> Vec<String> {
    bars.dates().iter().map(ToString::to_string).collect()
}

/// What was found, but for the end of these short series, which is always long past.
fn found(quality: &Quality) -> Vec<(&'static str, usize)> {
    quality.counts().into_iter().filter(|(name, _)| *name != "stale_end").collect()
}

#[test]
fn good_rows_pass_untouched() {
    let (bars, quality) = cleaned(vec![row("2025-01-02", 36.0), row("2025-01-03", 36.5)]);
    assert_eq!(bars.close(), [36.0, 36.5]);
    assert_eq!(bars.as_slice()[0].volume, Some(1_000_000));
    assert_eq!(found(&quality), []);
    assert_eq!((quality.rows_in, quality.rows_outside, quality.rows_out), (2, 0, 2));
}

#[test]
fn a_row_belongs_to_the_date_of_its_time_however_late() {
    let at = |date: &str, hour| RawBar {
        at: day(date).and_hms_opt(hour, 0, 0).unwrap(),
        line: Some(2),
        ..row(date, 36.0)
    };
    let (bars, quality) = cleaned(vec![at("2025-01-02", 23), at("2025-01-03", 22)]);
    assert_eq!(dates(&bars), ["2025-01-02", "2025-01-03"]);
    assert_eq!(found(&quality), []);
}

#[test]
fn the_last_row_of_a_date_stays_unless_it_is_empty() {
    let late = |close: Option<f64>| RawBar {
        at: day("2025-01-03").and_hms_opt(18, 7, 52).unwrap(),
        close,
        ..row("2025-01-03", 36.9)
    };
    let head = vec![row("2025-01-02", 36.0), row("2025-01-03", 36.5)];
    let (bars, quality) = cleaned([head.clone(), vec![late(Some(36.9))]].concat());
    assert_eq!(bars.close(), [36.0, 36.9]);
    assert_eq!(found(&quality), [("duplicate_date", 1)]);
    let (bars, quality) = cleaned([head, vec![late(None)]].concat());
    assert_eq!(bars.close(), [36.0, 36.5]);
    assert_eq!(found(&quality), [("null_row", 1)]);
}

#[test]
fn three_rows_of_one_date_leave_the_last() {
    let rows = [36.0, 36.1, 36.2].map(|close| row("2025-01-02", close));
    let (bars, quality) = cleaned(rows.to_vec());
    assert_eq!(bars.close(), [36.2]);
    assert_eq!(found(&quality), [("duplicate_date", 2)]);
}

#[test]
fn rows_in_disorder_are_sorted() {
    let (bars, quality) = cleaned(vec![row("2025-01-03", 36.5), row("2025-01-02", 36.0)]);
    assert_eq!(bars.close(), [36.0, 36.5]);
    assert_eq!(found(&quality), [("unsorted", 1)]);
}

/// Two final rows and that of 2025-01-03, in an answer whose current period ends at `end`.
fn with_period(as_of: &str, end: &str) -> Fetched {
    let rows = ["2024-12-30", "2025-01-02", "2025-01-03"].map(|date| row(date, 36.0));
    let period = TradingPeriod { end: end.parse().unwrap() };
    let as_of = as_of.parse().unwrap();
    Fetched { as_of, period: Some(period), ..fetched(rows.to_vec()) }
}

fn is_live_dropped(as_of: &str, end: &str) -> bool {
    let request = request("2024-12-01", "2025-01-03");
    let (bars, quality) = clean(&with_period(as_of, end), &Calendar::b3(), &request).unwrap();
    assert_eq!(bars.len() + quality.count(FindingKind::LiveLastRow), 3);
    bars.last_date() == Some(day("2025-01-02"))
}

#[test]
fn the_candle_of_an_open_session_is_dropped_and_that_of_a_closed_one_kept() {
    let end = "2025-01-03T21:00:00Z";
    assert!(is_live_dropped("2025-01-03T14:00:00Z", end));
    assert!(!is_live_dropped("2025-01-03T21:00:00Z", end));
    // On Saturday, and on Monday before the open and just after it, Friday's row is final.
    assert!(!is_live_dropped("2025-01-04T14:00:00Z", end));
    assert!(!is_live_dropped("2025-01-06T11:00:00Z", "2025-01-06T21:00:00Z"));
    assert!(!is_live_dropped("2025-01-06T13:05:00Z", "2025-01-06T21:00:00Z"));
}

#[test]
fn a_replay_of_a_past_day_keeps_its_last_session_while_the_market_is_open_today() {
    // The clock is set to the evening of 2025-01-03; the host's session is half a year later.
    assert!(!is_live_dropped("2025-01-04T02:00:00Z", "2025-06-30T21:00:00Z"));
    assert!(!is_live_dropped("2025-01-03T14:00:00Z", "2025-06-30T21:00:00Z"));
}

#[test]
fn a_session_that_ends_at_midnight_is_that_of_the_day_before() {
    // Midnight in São Paulo.
    assert!(is_live_dropped("2025-01-03T14:00:00Z", "2025-01-04T03:00:00Z"));
    assert!(!is_live_dropped("2025-01-03T14:00:00Z", "2025-01-04T03:00:01Z"));
}

#[test]
fn a_null_close_is_dropped_and_a_null_adjusted_close_only_if_it_is_wanted() {
    let no_close = RawBar { close: None, ..row("2025-01-02", 1.0) };
    let no_adj = RawBar { adj_close: None, ..row("2025-01-03", 36.0) };
    let rows = vec![no_close, no_adj, row("2025-01-06", 36.1)];
    let (bars, quality) = cleaned(rows.clone());
    assert_eq!(dates(&bars), ["2025-01-03", "2025-01-06"]);
    assert_eq!(found(&quality), [("null_row", 1)]);
    let adjusted = Request { price: Price::AdjClose, ..request("2025-01-01", "2025-06-30") };
    let (bars, quality) = clean(&fetched(rows), &Calendar::b3(), &adjusted).unwrap();
    assert_eq!(bars.closes(Price::AdjClose).unwrap().len(), 1);
    assert_eq!(quality.count(FindingKind::NullRow), 2);
}

#[test]
fn a_holiday_filler_is_dropped_with_or_without_a_volume() {
    let no_volume = RawBar { volume: None, ..flat("2025-03-04", 36.0) };
    let rows =
        vec![row("2025-02-28", 36.0), flat("2025-03-03", 36.0), no_volume, row("2025-03-05", 36.4)];
    let (bars, quality) = cleaned(rows);
    assert_eq!(dates(&bars), ["2025-02-28", "2025-03-05"]);
    assert_eq!(found(&quality), [("holiday_filler", 2)]);
}

#[test]
fn flat_rows_without_volume_are_dropped_alone_and_in_runs() {
    let rows = vec![
        row("2025-01-02", 36.0),
        flat("2025-01-03", 36.0),
        row("2025-01-06", 36.1),
        flat("2025-01-07", 36.1),
        flat("2025-01-08", 36.1),
        flat("2025-01-09", 36.1),
        row("2025-01-10", 36.2),
    ];
    let (bars, quality) = cleaned(rows);
    assert_eq!(dates(&bars), ["2025-01-02", "2025-01-06", "2025-01-10"]);
    assert_eq!(quality.count(FindingKind::FlatRow), 1);
    assert_eq!(quality.count(FindingKind::FlatRun), 3);
    assert_eq!(quality.count(FindingKind::MissingSession), 4);
}

#[test]
fn a_filler_repeats_the_last_row_that_stays() {
    let no_volume = RawBar { volume: None, ..flat("2025-03-04", 36.0) };
    let rows = vec![row("2025-02-27", 36.0), flat("2025-02-28", 35.0), no_volume];
    let (bars, quality) = cleaned(rows);
    assert_eq!(dates(&bars), ["2025-02-27"]);
    assert_eq!(quality.count(FindingKind::HolidayFiller), 1);
}

#[test]
fn a_fund_with_one_price_a_day_keeps_its_rows() {
    let sessions = Calendar::b3().sessions_from(day("2025-01-02"), 110);
    let rows = sessions.iter().enumerate();
    let rows = rows.map(|(idx, date)| flat(&date.to_string(), 10.0 + idx as f64 / 100.0));
    let (bars, quality) = cleaned(rows.collect());
    assert_eq!(bars.len(), 110);
    assert_eq!(found(&quality), []);
}

#[test]
fn a_zero_row_is_dropped_at_the_end_and_mended_within() {
    let rows = vec![zero("2025-01-02", 36.0), row("2025-01-03", 36.1), zero("2025-01-06", 36.1)];
    let (bars, quality) = cleaned(rows);
    assert_eq!(bars.close(), [36.0, 36.1]);
    assert_eq!(bars.as_slice()[0].open, None);
    assert_eq!(found(&quality), [("bad_ohl", 1), ("zero_last_row", 1)]);
}

#[test]
fn every_zero_row_at_the_end_is_dropped_and_the_good_row_of_its_date_stays() {
    let rows = vec![
        row("2025-01-02", 36.0),
        row("2025-01-03", 36.1),
        zero("2025-01-03", 36.1),
        zero("2025-01-06", 36.1),
    ];
    let (bars, quality) = cleaned(rows);
    assert_eq!(bars.close(), [36.0, 36.1]);
    assert_eq!(found(&quality), [("zero_last_row", 2)]);
}

#[test]
fn a_row_of_zeros_within_the_series_is_refused() {
    let rows = vec![row("2025-01-02", 36.0), flat("2025-01-03", 0.0), row("2025-01-06", 36.1)];
    let request = request("2025-01-01", "2025-06-30");
    let error = clean(&fetched(rows), &Calendar::b3(), &request).unwrap_err();
    assert_eq!(error.to_string(), "Close of 2025-01-03 is 0, prices are above 0");
}

#[test]
fn a_close_of_zero_or_below_is_refused_with_its_date() {
    for close in [0.0, -3.5, f64::INFINITY] {
        let mut rows = vec![row("2025-01-02", 36.0), row("2025-01-03", close)];
        rows[1].line = Some(3);
        let request = request("2025-01-01", "2025-06-30");
        let error = clean(&fetched(rows), &Calendar::b3(), &request).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("Close of 2025-01-03 (line 3) is "), "{message}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn an_impossible_adjusted_close_is_refused_only_if_it_is_wanted() {
    let rows = vec![RawBar { adj_close: Some(f64::INFINITY), ..row("2025-01-02", 36.0) }];
    let (bars, quality) = cleaned(rows.clone());
    assert_eq!(bars.as_slice()[0].adj_close, None);
    assert_eq!(found(&quality), [("bad_adj_close", 1)]);
    let adjusted = Request { price: Price::AdjClose, ..request("2025-01-01", "2025-06-30") };
    let message = clean(&fetched(rows), &Calendar::b3(), &adjusted).unwrap_err().to_string();
    assert_eq!(message, "Adj Close of 2025-01-02 is inf, prices are above 0");
}

#[test]
fn the_range_includes_both_ends_and_nothing_else() {
    let rows = ["2025-01-02", "2025-01-03", "2025-01-06", "2025-01-07"].map(|d| row(d, 36.0));
    let request = request("2025-01-03", "2025-01-06");
    let (bars, quality) = clean(&fetched(rows.to_vec()), &Calendar::b3(), &request).unwrap();
    assert_eq!(dates(&bars), ["2025-01-03", "2025-01-06"]);
    assert_eq!(quality.rows_outside, 2);
    assert_eq!(quality.n_repairs(), 0);
}

#[test]
fn a_range_without_rows_is_refused_with_what_the_source_has() {
    let fail = |start, end| {
        let rows = fetched(vec![row("2025-01-02", 36.0), row("2025-01-03", 36.0)]);
        clean(&rows, &Calendar::b3(), &request(start, end)).unwrap_err().to_string()
    };
    assert_eq!(
        fail("2024-01-01", "2024-02-01"),
        "`PETR4.SA` has no session in 2024-01-01..2024-02-01, \
         the source has 2025-01-02..2025-01-03"
    );
    assert_eq!(
        fail("2025-02-01", "2025-01-01"),
        "range 2025-02-01..2025-01-01 is empty: it ends before it starts"
    );
}

#[test]
fn absent_sessions_odd_days_and_jumps_are_reported_and_left() {
    let rows = vec![
        row("2025-01-02", 36.0),
        row("2025-01-04", 36.1), // a Saturday with trade
        row("2025-01-07", 44.0), // Friday and Monday are absent
    ];
    let (bars, quality) = cleaned(rows);
    assert_eq!(bars.len(), 3);
    assert_eq!(quality.dates(FindingKind::OffCalendar), [day("2025-01-04")]);
    assert_eq!(quality.dates(FindingKind::MissingSession), [day("2025-01-03"), day("2025-01-06")]);
    assert_eq!(quality.dates(FindingKind::Jump), [day("2025-01-07")]);
    assert_eq!(quality.dates(FindingKind::StaleEnd), [day("2025-01-07")]);
    assert_eq!(quality.n_repairs(), 0);
}

#[test]
fn todays_session_is_not_yet_missing() {
    // 2025-06-30 is a Monday, and at noon UTC its session is open.
    let (_, quality) = cleaned(vec![row("2025-06-27", 36.0)]);
    assert_eq!(quality.count(FindingKind::StaleEnd), 0);
    let (_, quality) = cleaned(vec![row("2025-06-26", 36.0)]);
    assert_eq!(quality.count(FindingKind::StaleEnd), 1);
}

#[test]
fn without_known_holidays_no_session_is_missed() {
    let rows = fetched(vec![row("2025-01-02", 36.0), row("2025-01-10", 36.0)]);
    let request = request("2025-01-01", "2025-06-30");
    let (_, quality) = clean(&rows, &Calendar::weekdays(), &request).unwrap();
    assert_eq!(quality.findings, []);
}

#[test]
fn an_impossible_volume_counts_as_missing() {
    let rows = [f64::NAN, -1.0, 1e300].map(Some);
    let rows = rows.into_iter().zip(["2025-01-02", "2025-01-03", "2025-01-06"]);
    let rows = rows.map(|(volume, date)| RawBar { volume, ..row(date, 36.0) });
    let (bars, _) = cleaned(rows.collect());
    assert!(bars.as_slice().iter().all(|bar| bar.volume.is_none()));
}

/// Rows as bad as they come: any day of a month, prices that are none, cells that are missing.
fn any_row() -> impl Strategy<Value = RawBar> {
    let cell = prop_oneof![
        4 => (1_i32..2000).prop_map(|cents| Some(f64::from(cents) / 100.0)),
        1 => Just(Some(0.0)),
        1 => Just(None),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-1.0)].prop_map(Some),
    ];
    let close =
        prop_oneof![8 => (1_i32..2000).prop_map(|c| Some(f64::from(c) / 100.0)), 1 => Just(None)];
    let hour = prop_oneof![Just(0), Just(10), Just(23)];
    (1_u32..31, hour, prop::array::uniform4(cell.clone()), close, cell).prop_map(
        |(day, hour, [open, high, low, adj_close], close, volume)| RawBar {
            at: NaiveDate::from_ymd_opt(2025, 3, day).unwrap().and_hms_opt(hour, 0, 0).unwrap(),
            line: None,
            open,
            high,
            low,
            close,
            adj_close,
            volume,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(20_180_102), ..ProptestConfig::default() })]

    #[test]
    fn what_was_cleaned_needs_no_second_cleaning(rows in prop::collection::vec(any_row(), 0..40)) {
        let request = request("2025-03-01", "2025-03-31");
        let given = fetched(rows);
        match clean(&given, &Calendar::b3(), &request) {
            Err(error) => prop_assert!(matches!(error, Error::NoSessions { .. }), "{error}"),
            Ok((bars, quality)) => {
                prop_assert_eq!(quality.rows_out, bars.len());
                let again = bars.as_slice().iter().map(|bar| RawBar {
                    at: bar.date.and_time(NaiveTime::MIN),
                    line: None,
                    open: bar.open,
                    high: bar.high,
                    low: bar.low,
                    close: Some(bar.close),
                    adj_close: bar.adj_close,
                    volume: bar.volume.map(|volume| volume as f64),
                });
                let again = fetched(again.collect());
                let (same, quality) = clean(&again, &Calendar::b3(), &request).unwrap();
                prop_assert_eq!(quality.n_repairs(), 0, "{:?}", quality);
                prop_assert_eq!(same, bars);
            }
        }
    }
}
