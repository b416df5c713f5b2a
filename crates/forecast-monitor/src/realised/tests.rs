use chrono::Days;
use proptest::prelude::*;

use super::*;
use crate::record::tests::{day, moment};
use crate::record::{Forecast, Kind, Row};

/// Sessions close at 20:00 UTC.
fn closes_at(ds: NaiveDate) -> DateTime<Utc> {
    ds.and_hms_opt(20, 0, 0).unwrap().and_utc()
}

fn closes(of: &[(&str, f64)]) -> Vec<Close> {
    of.iter().map(|(ds, close)| Close { ds: day(ds), close: *close }).collect()
}

/// A week that is known, from Wednesday to Wednesday.
fn week() -> Vec<Close> {
    closes(&[
        ("2026-11-18", 31.25),
        ("2026-11-19", 31.5),
        ("2026-11-20", 32.0),
        ("2026-11-23", 30.0),
        ("2026-11-24", 30.5),
        ("2026-11-25", 31.0),
    ])
}

/// Friday's forecast for the week after, issued on Saturday.
fn forecast() -> Forecast {
    let row = |ds, yhat| Row {
        ds: day(ds),
        yhat,
        yhat_lower: Some(yhat - 1.0),
        yhat_upper: Some(yhat + 1.0),
    };
    Forecast {
        model: "ProphetModel".to_owned(),
        version: 3,
        symbol: "PETR4.SA".to_owned(),
        kind: Kind::Ready,
        origin: day("2026-11-20"),
        answers_from: day("2026-11-21"),
        issued_at: moment("2026-11-21T03:00:00Z"),
        trained_through: Some(day("2026-11-20")),
        interval_width: 0.8,
        anchors: vec![
            (day("2026-11-18"), 31.25),
            (day("2026-11-19"), 31.5),
            (day("2026-11-20"), 32.0),
        ],
        rows: vec![
            row("2026-11-23", 31.0),
            row("2026-11-24", 31.25),
            row("2026-11-25", 31.5),
            row("2026-11-26", 31.75),
        ],
    }
}

fn changed(change: impl Fn(&mut Forecast)) -> Joined {
    let mut forecast = forecast();
    change(&mut forecast);
    join(&[forecast], &week(), &closes_at)
}

#[test]
fn a_forecast_meets_the_closes_of_its_dates() {
    let joined = changed(|_| {});
    let pair = |ds, horizon, yhat: f64, actual| Pair {
        version: 3,
        origin: day("2026-11-20"),
        ds: day(ds),
        horizon,
        yhat,
        lower: Some(yhat - 1.0),
        upper: Some(yhat + 1.0),
        actual,
        naive: 32.0,
        interval_width: 0.8,
    };
    let wanted = [
        pair("2026-11-23", 1, 31.0, 30.0),
        pair("2026-11-24", 2, 31.25, 30.5),
        pair("2026-11-25", 3, 31.5, 31.0),
    ];
    assert_eq!(joined.pairs, wanted);
    assert_eq!(joined.left_out, LeftOut { awaiting: 1, ..LeftOut::default() });
    assert_eq!((joined.rescaled, joined.through), (vec![], Some(day("2026-11-25"))));
}

#[test]
fn only_what_was_issued_before_the_close_is_live() {
    let at = |time: &str| changed(|f| f.issued_at = moment(time));
    // Before the close of Monday; at it; after that of Tuesday.
    assert_eq!(at("2026-11-23T19:59:59.999Z").left_out.not_live, 0);
    let joined = at("2026-11-23T20:00:00Z");
    assert_eq!((joined.pairs.len(), joined.left_out.not_live), (2, 1));
    let joined = at("2026-11-24T20:00:01Z");
    assert_eq!((joined.pairs.len(), joined.left_out.not_live), (1, 2));
    // A clock that is a year ahead, when that has passed.
    let joined = at("2027-11-21T03:00:00Z");
    assert_eq!((joined.pairs.len(), joined.left_out.not_live), (0, 4));
}

#[test]
fn a_model_that_knew_a_later_close_than_the_origins_is_not_live() {
    for through in ["2026-11-23", "2026-11-24", "2026-12-30"] {
        let joined = changed(|f| f.trained_through = Some(day(through)));
        assert_eq!((joined.pairs.len(), joined.left_out.not_live), (0, 4), "{through}");
    }
    assert_eq!(changed(|f| f.trained_through = None).pairs.len(), 3);
}

#[test]
fn a_clock_before_the_end_of_the_training_is_wrong() {
    let joined = changed(|f| f.issued_at = moment("2026-11-20T19:00:00Z"));
    assert_eq!((joined.pairs.len(), joined.left_out.clock_wrong), (0, 4));
    let joined = changed(|f| f.issued_at = moment("1970-01-01T00:00:00Z"));
    assert_eq!((joined.pairs.len(), joined.left_out.clock_wrong), (0, 4));
    assert_eq!(changed(|f| f.issued_at = moment("2026-11-20T20:00:00Z")).pairs.len(), 3);
    // Where nothing is known of the training, nothing is wrong.
    let joined = changed(|f| {
        f.issued_at = moment("2026-11-20T19:00:00Z");
        f.trained_through = None;
    });
    assert_eq!(joined.pairs.len(), 3);
}

#[test]
fn a_holiday_or_a_closure_gets_no_close_and_holds_up_nothing() {
    let mut week = week();
    week.remove(4);
    let joined = join(&[forecast()], &week, &closes_at);
    let horizons: Vec<_> = joined.pairs.iter().map(|pair| pair.horizon).collect();
    assert_eq!(horizons, [1, 3], "horizons stay those that were forecast");
    assert_eq!(joined.left_out, LeftOut { no_close: 1, awaiting: 1, ..LeftOut::default() });
}

#[test]
fn a_symbol_that_stops_trading_is_waited_for() {
    let before = &week()[..3];
    let joined = join(&[forecast()], before, &closes_at);
    assert_eq!(joined.left_out, LeftOut { awaiting: 4, ..LeftOut::default() });
    let joined = join(&[forecast()], &[], &closes_at);
    assert_eq!(joined.left_out.awaiting, 4);
    assert_eq!(joined.through, None);
}

#[test]
fn asked_and_repeated_forecasts_are_counted_and_never_scored() {
    let asked = Forecast { kind: Kind::Asked, ..forecast() };
    let mut later = forecast();
    later.issued_at = moment("2026-11-22T03:00:00Z");
    later.rows[0].yhat = 99.0;
    let another = Forecast { version: 4, ..forecast() };
    let joined = join(&[later, asked, another, forecast()], &week(), &closes_at);
    assert_eq!(
        joined.left_out,
        LeftOut { asked: 4, duplicate: 4, awaiting: 2, ..LeftOut::default() }
    );
    let first: Vec<_> = joined.pairs.iter().map(|p| (p.version, p.yhat)).collect();
    assert_eq!(first[0], (3, 31.0), "the first that was issued counts");
    assert_eq!(first.len(), 6);
}

#[test]
fn without_a_close_at_the_origin_there_is_no_naive_forecast() {
    let joined = changed(|f| f.origin = day("2026-11-21"));
    assert_eq!((joined.pairs.len(), joined.left_out.no_origin_close), (0, 3));
}

#[test]
fn values_that_are_no_prices_are_left_out() {
    let joined = changed(|f| {
        f.rows[0].yhat = f64::NAN;
        f.rows[1].yhat = 1e300;
        f.rows[2].yhat_lower = Some(f64::INFINITY);
    });
    assert_eq!((joined.pairs.len(), joined.left_out.not_finite), (1, 2));
    assert_eq!((joined.pairs[0].lower, joined.pairs[0].upper), (None, None));
    let joined = changed(|f| f.rows[0].yhat_lower = Some(40.0));
    assert_eq!(joined.pairs[0].upper, None, "the ends stand the wrong way round");
    let joined = changed(|f| f.interval_width = f64::NAN);
    assert_eq!((joined.pairs.len(), joined.left_out.not_finite), (0, 4));
    let mut week = week();
    (week[3].close, week[4].close, week[5].close) = (f64::NAN, 0.0, -1.0);
    let joined = join(&[forecast()], &week, &closes_at);
    assert_eq!((joined.through, joined.left_out.awaiting), (Some(day("2026-11-20")), 4));
}

#[test]
fn after_a_split_forecasts_come_to_the_unit_of_the_closes() {
    let mut halves = week();
    for close in &mut halves {
        close.close /= 2.0;
    }
    let joined = join(&[forecast()], &halves, &closes_at);
    let rescaled = Rescaled { version: 3, origin: day("2026-11-20"), ratio: 0.5 };
    assert_eq!(joined.rescaled, [rescaled]);
    let plain = changed(|_| {});
    for (now, before) in joined.pairs.iter().zip(&plain.pairs) {
        let halved = Pair {
            yhat: before.yhat / 2.0,
            lower: before.lower.map(|end| end / 2.0),
            upper: before.upper.map(|end| end / 2.0),
            actual: before.actual / 2.0,
            naive: before.naive / 2.0,
            ..*before
        };
        assert_eq!(*now, halved);
    }
    // What waits is not said to be rescaled.
    let joined = join(&[forecast()], &halves[..3], &closes_at);
    assert_eq!((joined.rescaled.len(), joined.left_out.awaiting), (0, 4));
}

#[test]
fn one_close_that_was_corrected_says_nothing_of_the_others() {
    let with = |corrections: &[(usize, f64)]| {
        let mut week = week();
        for (at, close) in corrections {
            week[*at].close = *close;
        }
        join(&[forecast()], &week, &closes_at)
    };
    let joined = with(&[(1, 35.0)]);
    assert_eq!((joined.pairs.len(), joined.rescaled.len()), (3, 0));
    let joined = with(&[(1, 35.0), (0, 10.0)]);
    assert_eq!((joined.pairs.len(), joined.left_out.anchors_disagree), (0, 3));
    // A change of a third of a per cent is none, one of one per cent in all of them is.
    let all = |ratio: f64| with(&[(0, 31.25 * ratio), (1, 31.5 * ratio), (2, 32.0 * ratio)]);
    assert_eq!(all(1.003).rescaled, []);
    assert!((all(1.01).rescaled[0].ratio - 1.01).abs() < 1e-12);
}

#[test]
fn anchors_that_meet_no_close_are_told_apart_from_none() {
    let joined = changed(|f| f.anchors = vec![(day("2020-01-02"), 31.0)]);
    assert_eq!((joined.pairs.len(), joined.left_out.anchors_unseen), (0, 3));
    let joined = changed(|f| f.anchors.clear());
    assert_eq!(joined.pairs.len(), 3);
    let joined = changed(|f| f.anchors = vec![(day("2026-11-18"), f64::NAN)]);
    assert_eq!(joined.pairs.len(), 3, "what is no number is no anchor");
    let joined = changed(|f| f.anchors.truncate(1));
    assert_eq!(joined.pairs.len(), 3);
    let two = changed(|f| f.anchors = vec![(day("2026-11-18"), 31.25), (day("2026-11-19"), 15.75)]);
    assert_eq!(two.left_out.anchors_disagree, 3, "of two that differ neither is the odd one");
}

#[test]
fn closes_are_needed_from_the_oldest_anchor_or_origin_on() {
    assert_eq!(closes_from(&[forecast()]), Some(day("2026-11-18")));
    let bare = Forecast { anchors: vec![], ..forecast() };
    assert_eq!(closes_from(&[bare]), Some(day("2026-11-20")));
    assert_eq!(closes_from(&[]), None);
}

#[test]
fn a_close_that_was_changed_is_told_and_rounding_is_none() {
    let at = moment("2026-11-26T22:00:00Z");
    let mut now = week();
    now[1].close = 31.25;
    now[2].close *= 1.0 + 1e-7;
    now.remove(0);
    now.push(Close { ds: day("2026-11-26"), close: 31.0 });
    let wanted = Revision { ds: day("2026-11-19"), was: 31.5, is: 31.25, at };
    assert_eq!(revisions(&week(), &now, at), [wanted]);
    let many: Vec<_> =
        (0..300).map(|n| Close { ds: day("2026-01-01") + Days::new(n), close: 1.0 }).collect();
    let doubled: Vec<_> = many.iter().map(|c| Close { close: 2.0, ..*c }).collect();
    let found = revisions(&many, &doubled, at);
    assert_eq!((found.len(), found[99].ds), (REVISIONS_MAX, many[299].ds));
}

/// Forecasts of all sorts over some weeks: of several versions and origins, repeated, asked,
/// late, with values that are none.
fn forecasts() -> impl Strategy<Value = Vec<Forecast>> {
    let one = (1_u32..3, 0_u64..12, 0_i64..4, any::<bool>(), 1_usize..8, any::<bool>(), 0..4);
    let one = one.prop_map(|(version, origin, hours, is_asked, n, is_nan, trained)| {
        let origin = day("2026-10-01") + Days::new(origin);
        let first = forecast().rows[0];
        let row =
            |n: usize| Row { ds: origin + Days::new(n as u64), yhat: 30.0 + n as f64, ..first };
        let mut rows: Vec<Row> = (1..=n).map(row).collect();
        if is_nan {
            rows[0].yhat = f64::NAN;
        }
        Forecast {
            version,
            origin,
            kind: if is_asked { Kind::Asked } else { Kind::Ready },
            issued_at: closes_at(origin) + chrono::TimeDelta::hours(20 * hours),
            trained_through: (trained > 0).then(|| origin - Days::new(u64::from(trained == 1))),
            anchors: if trained == 3 { vec![(origin, 31.0)] } else { vec![] },
            rows,
            ..forecast()
        }
    });
    prop::collection::vec(one, 0..40)
}

fn some_closes() -> impl Strategy<Value = Vec<Close>> {
    prop::collection::btree_map(0_u64..24, 25.0..35.0, 0..24).prop_map(|days| {
        let close = |(n, close)| Close { ds: day("2026-09-28") + Days::new(n), close };
        days.into_iter().map(close).collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_forecasts_and_closes_does_not_matter(
        (forecasts, shuffled) in forecasts().prop_flat_map(|f| (Just(f.clone()), Just(f).prop_shuffle())),
        (closes, mixed) in some_closes().prop_flat_map(|c| (Just(c.clone()), Just(c).prop_shuffle())),
    ) {
        prop_assert_eq!(
            join(&shuffled, &mixed, &closes_at),
            // NaN is not equal to itself, but no pair has one.
            join(&forecasts, &closes, &closes_at)
        );
    }

    #[test]
    fn each_row_is_a_pair_or_left_out_for_one_reason(forecasts in forecasts(), closes in some_closes()) {
        let joined = join(&forecasts, &closes, &closes_at);
        let n_rows: usize = forecasts.iter().map(|forecast| forecast.rows.len()).sum();
        prop_assert_eq!(joined.pairs.len() as u64 + joined.left_out.total(), n_rows as u64);
        for pair in &joined.pairs {
            // Looked up anew, by date.
            let on = |ds| closes.iter().find(|close| close.ds == ds).map(|close| close.close);
            prop_assert_eq!(on(pair.ds), Some(pair.actual));
            prop_assert_eq!(on(pair.origin), Some(pair.naive));
            prop_assert!(pair.yhat.is_finite());
        }
    }
}
