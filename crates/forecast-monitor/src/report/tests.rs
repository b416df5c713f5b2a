use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::alert::What;
use crate::realised::{Joined, Pair};
use crate::record::tests::{day, moment};

fn scores(seed: f64) -> Scores {
    Scores {
        n: 80,
        n_targets: 20,
        n_effective: 5.5,
        mae: seed,
        rmse: 1.25 * seed,
        mape: 2.5,
        bias: -0.1,
        mase: Some(1.1),
        naive_mae: 0.5,
        coverage: Some(0.75),
        interval_width: Some(0.8),
        pinball: Some(0.1),
        winkler: None,
        tracking_signal: -3.5,
    }
}

fn example() -> Report {
    let band = |band: Band| BandReport {
        band,
        scores: (band.from() < 20).then(|| scores(band.mean_horizon())),
        limits: (band.from() < 10).then_some(Limits { mean: 1.0, sd: 0.1, mase: Some(1.5) }),
        level: if band.key() == "h05" { Level::Warn } else { Level::TooFew },
    };
    Report {
        model: "ProphetModel".to_owned(),
        version: 3,
        symbol: "PETR4.SA".to_owned(),
        scored_at: moment("2026-11-23T22:00:00.125Z"),
        through: Some(day("2026-11-23")),
        window_sessions: 20,
        bands: BANDS.map(band).to_vec(),
        daily: vec![Daily {
            ds: day("2026-11-23"),
            close: 31.5,
            yhat: [Some(31.0), Some(30.5), None, Some(30.25), None],
            lower_h05: Some(30.0),
            upper_h05: Some(32.0),
        }],
        closes: vec![Close { ds: day("2026-11-23"), close: 31.5 }],
        alerts: vec![Alert {
            level: Level::Warn,
            band: Band::by_key("h05"),
            what: What::Mae,
            value: 1.25,
            limit: 1.2,
            sentence: "the error is above the limit".to_owned(),
        }],
        left_out: LeftOut { awaiting: 30, no_close: 1, ..LeftOut::default() },
        rescaled: vec![Rescaled { version: 3, origin: day("2026-11-20"), ratio: 0.5 }],
        revisions: vec![Revision {
            ds: day("2026-11-20"),
            was: 31.0,
            is: 31.25,
            at: moment("2026-11-22T22:00:00Z"),
        }],
        requests: vec![(day("2026-11-22"), 1_000_000)],
        experiment_run_id: Some("8d5c".to_owned()),
    }
}

#[test]
fn a_report_is_read_as_it_was_written() {
    assert_eq!(Report::from_json(&example().to_json()).unwrap(), example());
}

#[test]
fn the_file_says_by_name_what_a_page_shows() {
    let json: Value = serde_json::from_str(&example().to_json()).unwrap();
    assert_eq!(json["format"], 1);
    assert_eq!(json["level"], "warn");
    assert_eq!(json["scored_at"], "2026-11-23T22:00:00.125Z");
    let band = &json["bands"][1];
    assert_eq!((&band["key"], &band["from"], &band["to"]), (&"h05".into(), &2.into(), &5.into()));
    assert_eq!(band["scores"]["mae"], 3.5);
    assert_eq!(json["bands"][4]["scores"], Value::Null);
    assert_eq!(json["daily"][0]["yhat_h20"], 30.25);
    assert_eq!(json["closes"][0], serde_json::json!(["2026-11-23", 31.5]));
    assert_eq!(json["left_out"]["awaiting"], 30);
}

#[test]
fn a_report_of_a_newer_program_is_read_while_its_format_is_known() {
    let mut json: Value = serde_json::from_str(&example().to_json()).unwrap();
    json["more"] = "than was known".into();
    json["left_out"]["a_new_reason"] = 1.into();
    assert_eq!(Report::from_json(&json.to_string()).unwrap(), example());
    json["format"] = 2.into();
    json["bands"] = "of another form".into();
    let error = Report::from_json(&json.to_string()).unwrap_err().to_string();
    assert_eq!(error, "report has format 2, this program reads up to 1: update it");
}

#[test]
fn what_is_no_report_is_refused_with_the_field() {
    let cases: [(&str, Value, &str); 6] = [
        ("/scored_at", "today".into(), "`scored_at` is `today`"),
        ("/through", "31/12/2026".into(), "`through` is `31/12/2026`"),
        ("/bands/0/key", "h02".into(), "`bands.key` is `h02`"),
        ("/bands/0/level", "fine".into(), "`bands.level` is `fine`"),
        ("/alerts/0/what", "luck".into(), "`alerts.what` is `luck`"),
        ("/daily/0/ds", "".into(), "`daily.ds` is ``"),
    ];
    for (at, value, wanted) in cases {
        let mut json: Value = serde_json::from_str(&example().to_json()).unwrap();
        *json.pointer_mut(at).unwrap() = value;
        let error = Report::from_json(&json.to_string()).unwrap_err().to_string();
        assert!(error.contains(wanted), "`{error}` does not say `{wanted}`");
    }
    let whole = example().to_json();
    for length in 0..whole.len() {
        Report::from_json(&whole[..length]).unwrap_err();
    }
}

#[test]
fn the_level_is_the_worst_of_bands_and_alerts() {
    let mut report = example();
    assert_eq!(report.level(), Level::Warn);
    report.alerts[0].level = Level::Alert;
    assert_eq!(report.level(), Level::Alert);
    assert_eq!(report.level().number(), 2);
    report.alerts.clear();
    report.bands.clear();
    assert_eq!(report.level(), Level::TooFew);
}

proptest! {
    #[test]
    fn numbers_come_back_to_the_last_bit(
        values in prop::collection::vec(-1e15..1e15, 8),
        is_there in any::<bool>(),
        n in any::<u64>(),
    ) {
        let mut report = example();
        report.daily[0].close = values[0];
        report.daily[0].yhat[3] = is_there.then_some(values[1]);
        report.closes[0].close = values[2];
        report.alerts[0].value = values[3];
        report.bands[0].scores = is_there.then(|| scores(values[4]));
        report.revisions[0].was = values[5];
        report.rescaled[0].ratio = values[6];
        report.through = is_there.then(|| day("2026-01-02"));
        report.requests[0].1 = n;
        report.left_out.duplicate = n / 2;
        prop_assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
    }
}

/// A version that is always 2 too high over `n` sessions, each forecast 1 and 5 sessions ahead.
fn joined(n: u64) -> (Joined, Vec<Close>) {
    let session = |n: u64| day("2026-01-01") + chrono::Days::new(n);
    let close = |n: u64| 30.0 + (n % 3) as f64;
    let pair = |n: u64, horizon: u32, version: u32| Pair {
        version,
        origin: session(n) - chrono::Days::new(u64::from(horizon)),
        ds: session(n),
        horizon,
        yhat: close(n) + 2.0,
        lower: Some(close(n) + 1.0),
        upper: Some(close(n) + 3.0),
        actual: close(n),
        naive: close(n) + 1.0,
        interval_width: 0.8,
    };
    let pairs = (0..n).flat_map(|n| [pair(n, 1, 3), pair(n, 5, 3), pair(n, 365, 3), pair(n, 1, 4)]);
    let closes: Vec<_> = (0..n).map(|n| Close { ds: session(n), close: close(n) }).collect();
    let through = closes.last().map(|close| close.ds);
    let left_out = LeftOut { awaiting: 7, ..LeftOut::default() };
    let rescaled = [3, 4].map(|version| Rescaled { version, origin: session(0), ratio: 0.5 });
    (Joined { pairs: pairs.collect(), left_out, rescaled: rescaled.to_vec(), through }, closes)
}

fn about() -> About {
    About {
        model: "ProphetModel".to_owned(),
        version: 3,
        symbol: "PETR4.SA".to_owned(),
        scored_at: moment("2026-11-23T22:00:00Z"),
    }
}

#[test]
fn a_report_is_of_the_last_sessions_of_its_version() {
    let (joined, closes) = joined(300);
    let limits = [(BANDS[0], Limits { mean: 1.0, sd: 0.25, mase: Some(1.0) })];
    let report = Report::of(about(), &joined, &closes, &limits, 0);
    assert_eq!((report.through, report.window_sessions), (joined.through, 20));
    assert_eq!((report.daily.len(), report.closes.len()), (DAYS_MAX, DAYS_MAX));
    assert_eq!(report.closes.last(), closes.last());
    let day = report.daily.last().unwrap();
    assert_eq!((day.ds, day.close), (closes[299].ds, closes[299].close));
    assert_eq!(day.yhat, [Some(34.0), Some(34.0), None, None, None]);
    assert_eq!((day.lower_h05, day.upper_h05), (Some(33.0), Some(35.0)));
    assert_eq!(report.left_out, joined.left_out);
    assert_eq!(report.rescaled, joined.rescaled[..1]);
    let levels: Vec<_> = report.bands.iter().map(|band| band.level).collect();
    let few = Level::TooFew;
    assert_eq!(levels, [Level::Alert, Level::Alert, few, few, few]);
    let first = report.bands[0].scores.unwrap();
    assert_eq!((first.n, first.n_targets), (20, 20));
    assert_eq!((report.bands[0].limits, report.bands[1].limits), (Some(limits[0].1), None));
    let subjects: Vec<_> = report.alerts.iter().map(|a| (a.band.map(Band::key), a.what)).collect();
    // Twice the last close's error, no close within the interval, always too high.
    let h01 = [What::Mae, What::Mase, What::Coverage, What::TrackingSignal];
    assert_eq!(subjects[..4], h01.map(|what| (Some("h01"), what)));
    assert_eq!(subjects[4], (Some("h05"), What::Mase));
    assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
}

#[test]
fn a_report_of_nothing_says_so() {
    let (joined, closes) = joined(0);
    let report = Report::of(about(), &joined, &closes, &[], 0);
    assert!(report.bands.iter().all(|band| band.scores.is_none() && band.level == Level::TooFew));
    let what: Vec<_> = report.alerts.iter().map(|alert| alert.what).collect();
    assert_eq!((what, report.level()), (vec![What::Closes], Level::Alert));
    assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
}
