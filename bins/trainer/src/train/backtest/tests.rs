use forecast_monitor::{Close, in_band, trailing};
use testkit::series::Prices;

use super::*;

/// Sessions of the made-up history.
const SESSIONS: usize = 820;

fn made_up() -> (Vec<NaiveDate>, Vec<f64>) {
    let start = NaiveDate::from_ymd_opt(2023, 5, 2).unwrap();
    let prices = Prices::random_walk("PETR4.SA", start, SESSIONS, 11);
    prices.rows.iter().map(|row| (row.date, row.close)).unzip()
}

fn spec() -> Spec {
    Spec { uncertainty_samples: 0, ..Spec::default() }
}

#[test]
fn cutoffs_are_a_window_apart_and_the_last_leaves_the_longest_band_its_window() {
    for rows in [0, 49, 549, 550, 648, 649, 820, 2_000] {
        let cutoffs = cutoffs(rows);
        assert!(cutoffs.windows(2).all(|pair| pair[1] - pair[0] == 20), "{rows}");
        assert!(cutoffs.iter().all(|cutoff| ROWS_MIN <= cutoff + 1), "{rows}");
        assert!(cutoffs.last().is_none_or(|last| last + 1 + 49 == rows), "{rows}");
    }
    let counts = [0, 548, 549, 648, 649, 820, 2_000].map(|rows| cutoffs(rows).len());
    assert_eq!(counts, [0, 0, 1, 5, 6, 14, FOLDS_MAX]);
}

#[test]
fn a_history_with_room_for_fewer_than_six_windows_has_no_reference() {
    let (dates, closes) = made_up();
    let spec = spec();
    let of = |rows: usize| {
        let (dates, closes) = (&dates[..rows], &closes[..rows]);
        History { spec: &spec, dates, closes, seed: 1 }.backtest().unwrap()
    };
    assert_eq!(of(648), None);
    assert_eq!(of(649).map(|backtest| (backtest.folds, backtest.bands.len())), Some((6, 5)));
    assert!(line(None).contains("fewer than 6 windows"), "{}", line(None));
}

#[test]
fn nothing_after_a_cutoff_reaches_its_fit() {
    let (dates, closes) = made_up();
    let spec = spec();
    let cutoff = 600;
    let yhat = |closes: &[f64]| -> Vec<f64> {
        let history = History { spec: &spec, dates: &dates, closes, seed: 1 };
        history.fold(cutoff).unwrap().into_iter().flatten().map(|pair| pair.yhat).collect()
    };
    let mut other = closes.clone();
    for close in &mut other[cutoff + 1..] {
        *close = 3.0 * *close + 100.0;
    }
    assert_eq!(yhat(&closes), yhat(&other));
}

#[test]
fn a_fold_is_the_first_window_that_production_would_have_filled() {
    let (dates, closes) = made_up();
    let spec = spec();
    let history = History { spec: &spec, dates: &dates, closes: &closes, seed: 1 };
    let cutoff = 600;
    let fold = history.fold(cutoff).unwrap();
    // What the version answered from every origin after its training, each with thirty rows.
    let everything: Vec<Pair> = fold.iter().flatten().copied().collect();
    let mut all = Vec::new();
    for origin in cutoff..cutoff + 49 {
        for horizon in 1..=30_usize {
            let target = origin + horizon;
            let known = everything.iter().find(|pair| pair.ds == dates[target]);
            all.extend(known.map(|known| Pair {
                origin: dates[origin],
                horizon: u32::try_from(horizon).unwrap(),
                naive: closes[origin],
                ..*known
            }));
        }
    }
    let known = dates.iter().zip(&closes).map(|(&ds, &close)| Close { ds, close });
    let known: Vec<Close> = known.collect();
    for (band, pairs) in BANDS.into_iter().zip(&fold) {
        let through = dates[cutoff + band.to() as usize + WINDOW_SESSIONS - 1];
        let window = trailing(&all, &known, through, WINDOW_SESSIONS);
        assert_eq!(scores(&in_band(&window, band)), scores(pairs), "{}", band.key());
        assert_eq!(pairs.len(), WINDOW_SESSIONS * (band.to() - band.from() + 1) as usize);
        for pair in pairs {
            let at = |ds: NaiveDate| closes[dates.binary_search(&ds).unwrap()];
            assert_eq!((pair.actual, pair.naive), (at(pair.ds), at(pair.origin)));
        }
    }
}

#[test]
fn mean_and_spread_are_of_the_folds_errors() {
    let (dates, closes) = made_up();
    let spec = spec();
    let history = History { spec: &spec, dates: &dates, closes: &closes, seed: 1 };
    let backtest = history.backtest().unwrap().unwrap();
    assert_eq!(backtest.folds, 14);
    let errors: Vec<f64> = cutoffs(SESSIONS)
        .into_iter()
        .map(|cutoff| {
            let pairs = &history.fold(cutoff).unwrap()[1];
            pairs.iter().map(|pair| (pair.yhat - pair.actual).abs()).sum::<f64>()
                / pairs.len() as f64
        })
        .collect();
    let mean = errors.iter().sum::<f64>() / 14.0;
    let sd = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / 13.0).sqrt();
    let BandReference { band, limits } = backtest.bands[1];
    assert_eq!(band.key(), "h05");
    assert!((limits.mean - mean).abs() < 1e-12 && (limits.sd - sd).abs() < 1e-12, "{limits:?}");
    let metrics = backtest.metrics();
    assert_eq!(metrics.len(), 1 + 3 * BANDS.len());
    assert!(metrics.contains(&("backtest/mae_h05_mean".to_owned(), limits.mean)));
    assert!(metrics.contains(&("backtest/folds".to_owned(), 14.0)));
    assert!(line(Some(&backtest)).contains("14 windows"), "{}", line(Some(&backtest)));
}
