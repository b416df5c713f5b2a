use std::collections::VecDeque;

use forecast_monitor::{BANDS, BandReport, LeftOut, Rescaled};
use registry_watcher::{Swap, SwapReason};

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn change(version: u32, at: &str, reason: &str) -> ServiceChange {
    ServiceChange { version, at: moment(at), reason: reason.to_owned() }
}

fn report(version: u32, closes: &[(&str, f64)]) -> Report {
    Report {
        model: "ProphetModel".to_owned(),
        version,
        symbol: "PETR4.SA".to_owned(),
        scored_at: moment("2026-01-09T22:00:00Z"),
        through: closes.last().map(|(ds, _)| day(ds)),
        window_sessions: 20,
        bands: BANDS
            .map(|band| BandReport { band, scores: None, limits: None, level: Level::TooFew })
            .to_vec(),
        daily: Vec::new(),
        closes: closes.iter().map(|(ds, close)| Close { ds: day(ds), close: *close }).collect(),
        alerts: Vec::new(),
        left_out: LeftOut::default(),
        rescaled: Vec::new(),
        revisions: Vec::new(),
        requests: Vec::new(),
        experiment_run_id: None,
    }
}

fn board(reports: Vec<Report>) -> Board {
    Board { reports: reports.into_iter().map(Arc::new).collect(), ..Board::default() }
}

/// What is known after a history of two days.
#[track_caller]
fn check_closes(board: &Board, expect: &[(&str, f64)]) {
    let ds = ["2026-01-05", "2026-01-06"].map(|ds| forecast_core::ds::midnight(day(ds)));
    let found = closes((&ds, &[30.0, 31.0]), 3, board);
    let expect: Vec<_> = expect.iter().map(|(ds, close)| (day(ds), *close)).collect();
    assert_eq!(found, expect);
}

const HISTORY: [(&str, f64); 2] = [("2026-01-05", 30.0), ("2026-01-06", 31.0)];

#[test]
fn the_closes_since_the_training_are_those_of_the_newest_score() {
    check_closes(&board(Vec::new()), &HISTORY);
    let newer = report(2, &[("2026-01-06", 99.0), ("2026-01-07", 32.0), ("2026-01-08", 33.0)]);
    let older = report(3, &[("2026-01-07", 98.0)]);
    let expect = [HISTORY[0], HISTORY[1], ("2026-01-07", 32.0), ("2026-01-08", 33.0)];
    check_closes(&board(vec![older, newer]), &expect);
}

#[test]
fn closes_in_another_unit_than_the_models_stay_away() {
    let mut split = report(3, &[("2026-01-07", 15.5)]);
    split.rescaled = vec![Rescaled { version: 3, origin: day("2026-01-06"), ratio: 0.5 }];
    check_closes(&board(vec![split]), &HISTORY);
}

#[test]
fn a_year_is_kept_and_of_a_day_its_last_row() {
    let closes = [("2024-12-30", 1.0), ("2025-01-07", 2.0), ("2026-01-06", 3.0)];
    let mut closes: Vec<_> = closes.iter().map(|(ds, close)| (day(ds), *close)).collect();
    closes.push((day("2026-01-06"), 4.0));
    closes.insert(2, (day("2025-06-02"), f64::NAN));
    assert_eq!(last_year(&closes), [(day("2025-01-07"), 2.0), (day("2026-01-06"), 4.0)]);
    assert!(last_year(&[]).is_empty());
}

#[test]
fn changes_outlive_a_process_and_are_known_before_they_are_written_down() {
    let swap = |from: Option<u32>, to: u32, at: &str, reason| Swap {
        at: moment(at).into(),
        from: from.map(Into::into),
        to: to.into(),
        reason,
    };
    let status = Status {
        swaps: VecDeque::from([
            // The process began and went on serving what was served.
            swap(None, 1, "2026-01-05T10:00:00Z", SwapReason::First),
            swap(Some(1), 2, "2026-01-06T10:00:00.0005Z", SwapReason::Promoted),
            swap(Some(2), 1, "2026-01-07T10:00:00Z", SwapReason::RolledBack),
        ]),
        ..Status::default()
    };
    let written =
        [change(1, "2026-01-02T10:00:00Z", "first"), change(2, "2026-01-06T10:00:00Z", "promoted")];
    let expect = [
        change(1, "2026-01-07T10:00:00Z", "rolled_back"),
        change(2, "2026-01-06T10:00:00Z", "promoted"),
        change(1, "2026-01-02T10:00:00Z", "first"),
    ];
    assert_eq!(changes(&written, &status), expect);
}
