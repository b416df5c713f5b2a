use proptest::prelude::*;

use super::*;
use crate::record::tests::day;

#[test]
fn bands_follow_each_other_and_their_names_say_where_they_end() {
    let mut next = 1;
    for band in BANDS {
        assert_eq!(band.from(), next);
        assert_eq!(band.key(), format!("h{:02}", band.to()));
        assert_eq!(Band::by_key(band.key()), Some(band));
        for horizon in band.from()..=band.to() {
            assert_eq!(Band::of(horizon), Some(band));
        }
        next = band.to() + 1;
    }
    assert_eq!((Band::of(0), Band::of(31), Band::by_key("h5")), (None, None, None));
    // Halves are exact.
    let twice = BANDS.map(|band| format!("{}", 2.0 * band.mean_horizon()));
    assert_eq!(twice, ["2", "7", "16", "31", "51"]);
}

fn session(n: u64) -> NaiveDate {
    day("2026-11-02") + chrono::Days::new(n)
}

/// Index of the target, horizon, forecast, lower, upper, close, naive.
type Numbers = (u64, u32, f64, f64, f64, f64, f64);

fn pair((target, horizon, yhat, lower, upper, actual, naive): Numbers) -> Pair {
    Pair {
        version: 3,
        origin: session(target) - chrono::Days::new(u64::from(horizon)),
        ds: session(target),
        horizon,
        yhat,
        lower: Some(lower),
        upper: Some(upper),
        actual,
        naive,
        interval_width: 0.8,
    }
}

fn close_to(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= 1e-12 * wanted.abs(), "{found} is not {wanted}");
}

/// Computed apart from this crate, with NumPy.
#[test]
fn scores_are_those_computed_by_hand() {
    let pairs = [
        (0, 2, 30.0, 29.0, 31.0, 30.5, 31.0),
        (0, 3, 30.25, 29.0, 31.5, 30.5, 31.5),
        (1, 2, 32.0, 31.0, 33.0, 30.0, 30.75),
        (1, 3, 31.0, 30.5, 32.0, 30.0, 31.0),
        (2, 2, 29.5, 28.75, 30.25, 29.0, 30.5),
        (3, 2, 28.0, 27.0, 29.0, 30.0, 29.0),
    ]
    .map(pair);
    let found = scores(&pairs).unwrap();
    assert_eq!((found.n, found.n_targets), (6, 4));
    close_to(found.mae, 1.041_666_666_666_666_7);
    close_to(found.rmse, 1.262_438_117_295_259_7);
    close_to(found.mape, 3.474_970_165_190_629_5);
    close_to(found.bias, 0.125);
    close_to(found.mase.unwrap(), 1.086_956_521_739_130_4);
    close_to(found.naive_mae, 0.958_333_333_333_333_3);
    close_to(found.coverage.unwrap(), 0.5);
    close_to(found.interval_width.unwrap(), 0.8);
    close_to(found.pinball.unwrap(), 0.376_388_888_888_888_9);
    close_to(found.winkler.unwrap(), 6.083_333_333_333_333);
    close_to(found.tracking_signal, -0.72);
    close_to(found.n_effective, 1.714_285_714_285_714_2);
    let mut shuffled = pairs;
    shuffled.reverse();
    shuffled.swap(1, 4);
    assert_eq!(scores(&shuffled), Some(found), "the order does not matter");
}

#[test]
fn errors_that_resemble_their_neighbours_are_worth_fewer() {
    let errors = [1.0, 1.5, 1.2, 0.8, 0.3, -0.2, -0.5, -0.1, 0.4, 0.9];
    let of = |errors: &[f64], horizon: u32| {
        let pair =
            |(n, error): (u64, &f64)| pair((n, horizon, 30.0 + error, 29.0, 31.0, 30.0, 31.0));
        let pairs: Vec<_> = (0..).zip(errors).map(pair).collect();
        scores(&pairs).unwrap().n_effective
    };
    let found = of(&errors, 1);
    assert!((found - 1.571_085_702_359_832_6).abs() < 1e-9, "{found}");
    // Errors that go to and fro, or are all the same, are worth as many as they are.
    let to_and_fro: Vec<_> = (0..10).map(|n| if n % 2 == 0 { 1.0 } else { -1.0 }).collect();
    close_to(of(&to_and_fro, 1), 10.0);
    close_to(of(&[1.0; 10], 1), 10.0);
    close_to(of(&to_and_fro, 5), 2.0);
    close_to(of(&to_and_fro, 30), 1.0);
}

#[test]
fn nothing_is_said_of_nothing_and_what_is_no_number_is_not_counted() {
    assert_eq!(scores(&[]), None);
    let good = pair((0, 1, 30.0, 29.0, 31.0, 30.5, 31.0));
    let bad = [
        Pair { yhat: f64::NAN, ..good },
        Pair { yhat: 1e200, ..good },
        Pair { actual: 0.0, ..good },
        Pair { naive: f64::INFINITY, ..good },
        Pair { interval_width: 1.0, ..good },
    ];
    assert_eq!(scores(&bad), None);
    let mut all = bad.to_vec();
    all.push(good);
    assert_eq!(scores(&all), scores(&[good]));
    let bare = Pair { lower: None, ..good };
    let found = scores(&[bare]).unwrap();
    assert_eq!((found.coverage, found.pinball, found.winkler), (None, None, None));
    let flat = Pair { naive: good.actual, ..good };
    assert_eq!(scores(&[flat]).unwrap().mase, None, "nothing compares with a perfect last close");
}

fn pairs() -> impl Strategy<Value = Vec<Pair>> {
    let price = || 1.0..1e6;
    let one = (0_u64..40, 1_u32..31, price(), 0.0..5.0, price(), price());
    let one = one.prop_map(|(target, horizon, yhat, half, actual, naive)| {
        pair((target, horizon, yhat, yhat - half, yhat + half, actual, naive))
    });
    prop::collection::vec(one, 1..60)
}

proptest! {
    #[test]
    fn a_perfect_forecast_has_no_error_and_covers_every_close(pairs in pairs()) {
        let perfect: Vec<_> = pairs
            .into_iter()
            .map(|p| Pair { yhat: p.actual, lower: Some(p.actual), upper: Some(p.actual), ..p })
            .collect();
        let found = scores(&perfect).unwrap();
        for zero in [found.mae, found.rmse, found.mape, found.bias, found.tracking_signal] {
            prop_assert!(zero == 0.0);
        }
        prop_assert_eq!(found.coverage, Some(1.0));
        prop_assert!(found.pinball == Some(0.0) && found.winkler == Some(0.0));
    }

    #[test]
    fn the_naive_forecast_has_a_mase_of_exactly_one(pairs in pairs()) {
        let naive: Vec<_> = pairs.into_iter().map(|p| Pair { yhat: p.naive, ..p }).collect();
        let found = scores(&naive).unwrap();
        prop_assert!(found.mase == Some(1.0) || found.naive_mae == 0.0);
    }

    #[test]
    fn every_score_is_a_number(pairs in pairs()) {
        let s = scores(&pairs).unwrap();
        let may = [s.mase, s.coverage, s.interval_width, s.pinball, s.winkler];
        let all = [s.n_effective, s.mae, s.rmse, s.mape, s.bias, s.naive_mae, s.tracking_signal];
        prop_assert!(all.into_iter().chain(may.into_iter().flatten()).all(f64::is_finite));
        prop_assert!(s.mae <= s.rmse * (1.0 + 1e-12) && s.bias.abs() <= s.mae * (1.0 + 1e-12));
        prop_assert!((1.0..=s.n_targets.max(1) as f64).contains(&s.n_effective));
    }
}

#[test]
fn a_window_is_the_last_sessions_that_have_a_close() {
    let pairs: Vec<_> = (0..30).map(|n| pair((n, 1, 30.0, 29.0, 31.0, 30.5, 31.0))).collect();
    // Every second day is none.
    let closes: Vec<_> =
        (0..30).step_by(2).map(|n| Close { ds: session(n), close: 30.5 }).collect();
    let targets = |through: u64, sessions| -> Vec<NaiveDate> {
        trailing(&pairs, &closes, session(through), sessions).iter().map(|pair| pair.ds).collect()
    };
    assert_eq!(targets(28, 2), [session(26), session(27), session(28)]);
    assert_eq!(targets(29, 1), [session(28), session(29)]);
    assert_eq!(targets(3, 20).len(), 4, "fewer sessions than a window has");
    assert!(targets(28, 0).is_empty());
    assert!(trailing(&pairs, &closes, session(0) - chrono::Days::new(1), 20).is_empty());
    let mixed: Vec<_> =
        (1..=31).map(|horizon| pair((31, horizon, 30.0, 29.0, 31.0, 30.5, 31.0))).collect();
    let sizes = BANDS.map(|band| in_band(&mixed, band).len());
    assert_eq!(sizes, [1, 4, 5, 10, 10]);
}
