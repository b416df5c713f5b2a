//! `score`: forecasts of a service held against closes that came.

use chrono::{Datelike as _, NaiveDate};
use serde_json::{Value, json};
use testkit::series::next_session;

use crate::{
    served::{LATE, Served, TRAINED, score, yhat},
    service::{Model, Service},
    support::Shop,
};

#[test]
fn where_nothing_is_kept_yet_there_is_nothing_to_score_and_that_is_no_failure() {
    let shop = Shop::open();
    shop.fails(&["score"], 1, &["there is no store", "hint:"]);
    shop.json(&["--source", "file:prices.csv"]);
    let output = score(&shop, LATE, &[]);
    assert_eq!(output.code, Some(0), "{}", output.report());
    assert!(output.stdout.contains("nothing to score"), "{}", output.report());
    assert_eq!(output.stdout.lines().count(), 1, "{}", output.report());

    let service = Service::local(shop.path());
    assert!(score(&shop, LATE, &[]).stdout.contains("nothing to score"));
    let run = service.begin(1, &[]);
    service.put(&run, "forecasts/2025/2025-01-03.json", "{}");
    let output = score(&shop, LATE, &["--json"]);
    assert_eq!(output.code, Some(0), "{}", output.report());
    assert_eq!(output.json()["versions"][0]["state"], "no_forecasts");
    let line = output.json()["line"].to_string();
    assert!(line.contains("v1 has no forecasts, 1 files passed over"), "{line}");
    assert!(service.points(&run).is_empty());
}

#[test]
fn the_settings_of_the_api_are_let_pass_and_mistakes_are_not() {
    let served = Served::new(1, &[]);
    let settings = "[api]\nport = 8001\n[webhook]\nsecret = \"x\"\n[monitor]\nenabled = true\n\
        experiment = \"petr4_forecast_api\"\n[clock]\nstarts_at = \"2026-01-05T12:00:00Z\"\n";
    served.shop.write("petr4.toml", settings);
    assert_eq!(served.score(&served.origin(0).to_string(), &[]).code, Some(0));
    for (wrong, word) in [
        ("[monitor]\nexperiment = \"\"\n", "monitor.experiment is empty"),
        ("[score]\nalert_webhok = \"https://x\"\n", "alert_webhok"),
        ("[score]\nalert_webhook = \"ftp://x\"\n", "score.alert_webhook must be an address"),
    ] {
        served.shop.write("petr4.toml", wrong);
        served.shop.fails(&["score"], 2, &[word]);
    }
}

#[test]
fn forecasts_without_a_close_wait_for_it() {
    let served = Served::new(3, &[]);
    let today = served.origin(2).to_string();
    served.issue(2..3);
    let waiting = served.scored(&served.origin(0).to_string(), 0);
    assert_eq!((&waiting["level"], &waiting["new_sessions"]), (&json!("too_few"), &json!(0)));
    assert_eq!(waiting["left_out"]["awaiting"], 90);
    assert!(served.service.points(&served.run).is_empty());
    // Two closes later the first forecast has two of its targets, the second one of them.
    let scored = served.scored(&today, 0);
    assert_eq!((&scored["new_sessions"], &scored["bands"]["h01"]["n"]), (&json!(2), &json!(2)));
    assert_eq!(scored["bands"]["h05"]["n"], 1);
    assert!(scored["bands"]["h10"]["mae"].is_null());
    assert_eq!(scored["no_limits"], "the run names no training run");
}

#[test]
fn every_number_is_that_of_the_window() {
    let served = Served::new(60, &[]);
    let scored = served.scored(&served.origin(50).to_string(), 3);
    assert_eq!(scored["new_sessions"], 50);
    // By hand: the last 20 sessions, two to five sessions after their origin.
    let (mut errors, mut naive, mut held) = (vec![], vec![], 0.0);
    for target in 31..=50 {
        let ds = served.origin(target);
        for horizon in 2..=5 {
            let origin = served.origin(target - horizon);
            errors.push(yhat(ds) - served.close(ds));
            naive.push((served.close(origin) - served.close(ds)).abs());
            held += f64::from(u8::from((yhat(ds) - served.close(ds)).abs() <= 1.5));
        }
    }
    let n = errors.len() as f64;
    let mae = errors.iter().map(|error| error.abs()).sum::<f64>() / n;
    let naive = naive.iter().sum::<f64>() / n;
    let band = &scored["bands"]["h05"];
    let near = |value: &Value, expected: f64| {
        let value = value.as_f64().unwrap();
        // Yahoo's closes have seven digits.
        assert!((value - expected).abs() < 1e-5, "{value} is not {expected}: {scored}");
    };
    assert_eq!(band["n"], 80);
    near(&band["mae"], mae);
    near(&band["naive_mae"], naive);
    near(&band["mase"], mae / naive);
    near(&band["bias"], errors.iter().sum::<f64>() / n);
    near(&band["coverage"], held / n);

    // The same stands in the run, at the session of service and the date of the close.
    let through = served.origin(50);
    let last = *served.service.series(&served.run, "live/mae_h05").last().unwrap();
    assert_eq!((last.0, last.1, last.2), (through, 50, 0));
    near(&json!(last.3), mae);
    let first = served.service.series(&served.run, "live/close")[0];
    assert_eq!((first.0, first.1), (served.origin(1), 1));
    let yhat_h01 = served.service.series(&served.run, "live/yhat_h01");
    assert_eq!(yhat_h01.len(), 50);
    near(&json!(served.service.series(&served.run, "live/n_h30").last().unwrap().3), 200.0);
    let alert = served.service.series(&served.run, "live/alert").last().unwrap().3;
    near(&json!(alert), 2.0);
}

#[test]
fn a_year_scored_in_pieces_is_a_year_scored_late() {
    let n = 250;
    let (pieces, late) = (Served::without_forecasts(&[]), Served::new(n, &[]));
    let mut from = 0;
    for through in [1, 21, 22, 140, n] {
        pieces.issue(from..through);
        from = through;
        let today = pieces.origin(through.min(n - 1)).to_string();
        let output = pieces.score(&today, &["-q"]);
        assert!(matches!(output.code, Some(0 | 3)), "{}", output.report());
        // Nothing after the day is known: neither a point nor a row.
        let day = pieces.origin(through.min(n - 1)).and_hms_opt(0, 0, 0).unwrap();
        let points = pieces.service.points(&pieces.run);
        let last = points.iter().map(|point| point.timestamp_ms).max();
        assert_eq!(last, Some(day.and_utc().timestamp_millis()), "{through}");
    }
    let today = pieces.origin(n - 1).to_string();
    let output = late.score(&today, &["--json"]);
    assert_eq!(output.json()["versions"][0]["new_sessions"], n - 1);
    assert_eq!(pieces.service.points(&pieces.run), late.service.points(&late.run));
    for path in ["live/errors.json", "plots/live.svg", "score.json"] {
        let read = |served: &Served| {
            let text = served.service.read(&served.run, path);
            text.replace(served.run.id.as_str(), "the run")
        };
        assert_eq!(read(&pieces), read(&late), "{path}");
    }
    // And once more nothing is new.
    let before = late.service.points(&late.run);
    let again = late.score(&today, &["--json"]).json()["versions"][0].clone();
    assert_eq!((&again["new_sessions"], &again["corrected_sessions"]), (&json!(0), &json!(0)));
    assert_eq!(late.service.points(&late.run), before);
    // A look back changes nothing, and says so.
    let score_before = late.service.read(&late.run, "score.json");
    let past = late.origin(100).to_string();
    let looked = late.score(&today, &["--as-of", &past, "--json"]).json()["versions"][0].clone();
    assert_eq!((&looked["state"], &looked["through"]), (&json!("looked_back"), &json!(past)));
    assert_eq!(late.service.read(&late.run, "score.json"), score_before);
    assert_eq!(late.service.points(&late.run), before);
    let future = late.score(&today, &["--as-of", "2026-01-05"]);
    assert_eq!(future.code, Some(2), "{}", future.report());
}

#[test]
fn a_revised_close_is_corrected_and_said() {
    let mut served = Served::new(80, &[]);
    let today = served.origin(60).to_string();
    served.scored(&today, 3);
    let before = served.service.points(&served.run);
    // The close of the 30th session turns out to be another one.
    let ds = served.origin(30);
    let row = served.prices.rows.iter_mut().find(|row| row.date == ds).unwrap();
    let was = row.close;
    row.close = was + 0.5;
    served.shop.yahoo.set_prices(served.prices.clone());
    let output = served.score(&today, &["--fresh", "--json"]);
    assert_eq!(output.code, Some(3), "{}", output.report());
    assert!(output.stderr.contains("close was revised"), "{}", output.report());
    let scoring = output.json();
    let line = scoring["line"].as_str().unwrap();
    assert!(line.contains(&format!("close of {ds} revised")), "{line}");
    let version = &scoring["versions"][0];
    assert_eq!(version["revised"][0]["ds"], ds.to_string());
    // As a close it counts in 20 windows, and as the last close known in those of 30 later targets.
    assert_eq!(version["corrected_sessions"], 31);
    assert_eq!(version["new_sessions"], 0);

    // A correction is a later point of the same session, and the last one is right.
    let closes = served.service.series(&served.run, "live/close");
    let of_day: Vec<_> = closes.iter().filter(|point| point.0 == ds).collect();
    assert_eq!(of_day.len(), 2, "{of_day:?}");
    assert_eq!((of_day[0].1, of_day[1].1, of_day[1].2), (30, 30, 1));
    assert!((of_day[1].3 - of_day[0].3 - 0.5).abs() < 1e-5, "{of_day:?}");
    let after = served.service.points(&served.run);
    assert!(before.iter().all(|point| after.contains(point)), "what was written stays");

    // All of it is what a scoring would have found that knew the close at once.
    let other = Served::new(80, &[]);
    other.shop.yahoo.set_prices(served.prices.clone());
    other.scored(&today, 3);
    let newest = |served: &Served, key: &str| {
        let mut newest = std::collections::BTreeMap::new();
        for (ds, step, after, value) in served.service.series(&served.run, key) {
            let last = newest.entry((ds, step)).or_insert((after, value));
            if last.0 <= after {
                *last = (after, value);
            }
        }
        newest.into_iter().map(|(key, (_, value))| (key, value)).collect::<Vec<_>>()
    };
    for key in ["live/mae_h01", "live/mase_h05", "live/coverage_h20", "live/tracking_signal_h30"] {
        assert_eq!(newest(&served, key), newest(&other, key), "{key}");
    }
    let report: Value =
        serde_json::from_str(&served.service.read(&served.run, "score.json")).unwrap();
    assert_eq!(report["revisions"][0]["ds"], ds.to_string());
    let errors = served.service.read(&served.run, "live/errors.json");
    assert_eq!(errors.matches(",1]").count(), 60, "30 as close, 30 as the last close known");
    let note = served.service.tag(&served.run, "mlflow.note.content");
    assert!(note.contains(&format!("the close of {ds} was revised")), "{note}");

    let again = served.scored(&today, 3);
    assert_eq!((&again["corrected_sessions"], &again["revised"]), (&json!(0), &json!([])));
}

#[test]
fn after_a_split_forecasts_are_in_the_unit_of_the_closes() {
    let mut served = Served::new(80, &[]);
    let today = served.origin(60).to_string();
    let before = served.scored(&today, 3);
    for row in &mut served.prices.rows {
        row.close /= 2.0;
        row.open /= 2.0;
        row.high /= 2.0;
        row.low /= 2.0;
    }
    served.shop.yahoo.set_prices(served.prices.clone());
    let output = served.score(&today, &["--fresh", "--json"]);
    let after = output.json()["versions"][0].clone();
    assert!(output.stderr.contains("all closes have another unit"), "{}", output.report());
    assert!((after["rescaled_by"].as_f64().unwrap() - 0.5).abs() < 1e-3, "{after}");
    assert_eq!(after["revised"], json!([]), "a split is no list of revisions");
    let of = |scored: &Value, key: &str| scored["bands"]["h05"][key].as_f64().unwrap();
    assert!((of(&after, "mae") - 0.5 * of(&before, "mae")).abs() < 0.01, "{after}");
    assert!((of(&after, "mase") - of(&before, "mase")).abs() < 0.01, "{after}");
}

#[test]
fn what_cannot_be_scored_is_named_and_counted() {
    let mut served = Served::new(50, &[]);
    let (service, run) = (&served.service, &served.run);
    // A table that lost a value, one that lost its end, and files of others.
    let mut holed = served.model.forecast(served.origin(50));
    holed.rows[0].yhat = f64::NAN;
    service.issue(run, &holed);
    let text = forecast_monitor::table::to_json(&served.model.forecast(served.origin(51)));
    let path = |origin: NaiveDate| format!("forecasts/{}/{origin}.json", origin.format("%Y"));
    let [cut_short, of_other, misplaced] = [51, 52, 54].map(|n| path(served.origin(n)));
    service.put(run, &cut_short, &text[..text.len() / 2]);
    let other = Model::fitted(4, &served.prices, TRAINED, yhat).forecast(served.origin(52));
    service.put(run, &of_other, &forecast_monitor::table::to_json(&other));
    let wrong = served.model.forecast(served.origin(53));
    service.put(run, &misplaced, &forecast_monitor::table::to_json(&wrong));
    service.put(run, "forecasts/2024/notes.txt", "bought at 31");
    service.put(run, "forecasts/README.md", "see above");
    // A target on a Saturday, which no session ever answers.
    let mut saturday = served.model.forecast(served.origin(55));
    let fridays = saturday.rows.iter().position(|row| row.ds.weekday() == chrono::Weekday::Fri);
    let friday = fridays.unwrap();
    saturday.rows[friday].ds = saturday.rows[friday].ds.succ_opt().unwrap();
    service.issue(run, &saturday);
    // The exchange was shut on a day on which nobody expected it.
    let closed = served.origin(45);
    served.prices.rows.retain(|row| row.date != closed);
    served.shop.yahoo.set_prices(served.prices.clone());

    let output = served.score(LATE, &["--json"]);
    assert!(matches!(output.code, Some(0 | 3)), "{}", output.report());
    let version = output.json()["versions"][0].clone();
    let passed_over = &version["passed_over"];
    assert_eq!(passed_over["foreign"], 4, "{passed_over}");
    assert_eq!(passed_over["unreadable"], 1, "{passed_over}");
    let named = passed_over["named"].to_string();
    for name in ["notes.txt", "README.md", &cut_short, "ProphetModel v4", "its origin is"] {
        assert!(named.contains(name), "no {name} in {named}");
        assert!(output.stderr.contains(name), "no {name} in {}", output.report());
    }
    let left_out = &version["left_out"];
    assert_eq!(left_out["not_finite"], 1, "{left_out}");
    // The closed day was a target of 30 origins, the Saturday of one.
    assert_eq!(left_out["no_close"], 31, "{left_out}");
    // Nothing could be known at a close that never was.
    assert_eq!(left_out["no_origin_close"], 30, "{left_out}");
    assert!(output.json()["line"].as_str().unwrap().contains("5 files passed over"));
}

#[test]
fn a_symbol_that_is_traded_no_more_is_an_alert_of_the_data() {
    let mut served = Served::new(30, &[]);
    let last = served.origin(30);
    served.prices.rows.retain(|row| row.date <= last);
    served.shop.yahoo.set_prices(served.prices.clone());
    let later = std::iter::successors(Some(last), |day| Some(next_session(*day)));
    let days: Vec<String> = later.take(4).map(|day| day.to_string()).collect();
    let closes = |scored: &Value| {
        let alerts = scored["alerts"].as_array().unwrap();
        alerts.iter().filter(|alert| alert["what"] == "closes").count()
    };
    let two = served.score(&days[2], &["--json"]).json()["versions"][0].clone();
    assert_eq!(closes(&two), 0, "{two}");
    let output = served.score(&days[3], &["--json"]);
    assert_eq!(output.code, Some(3), "{}", output.report());
    assert_eq!(closes(&output.json()["versions"][0]), 1, "{}", output.report());
    assert!(output.stderr.contains("no close is known of 3 sessions"), "{}", output.report());
}

#[test]
fn a_version_that_is_not_served_is_scored_to_its_end_and_raises_no_alarm() {
    let served = Served::new(40, &[]);
    served.service.end(&served.run);
    let today = served.origin(45).to_string();
    let scored = served.scored(&today, 0);
    assert_eq!((&scored["level"], &scored["served"]), (&json!("alert"), &json!(false)));
    // Thirty sessions after the last forecast nothing is open; ten more and it is left alone.
    let over = served.scored(&served.origin(80).to_string(), 0);
    assert_eq!(over["left_out"]["awaiting"], 0);
    assert_eq!(over["state"], "scored");
    let settled = served.scored(LATE, 0);
    assert_eq!(settled["state"], "settled");
    let named = served.score(LATE, &["--version", "3", "--json"]);
    assert_eq!(named.json()["versions"][0]["state"], "scored", "{}", named.report());
    // It is served again, and its forecasts count once more.
    served.issue(100..102);
    assert_eq!(served.scored(LATE, 0)["state"], "scored");
}

#[test]
fn two_runs_of_a_version_are_read_as_one() {
    let served = Served::new(25, &[]);
    let second = served.service.begin(3, &[]);
    for n in 20..45 {
        served.service.issue(&second, &served.model.forecast(served.origin(n)));
    }
    let today = served.origin(45).to_string();
    let scored = served.scored(&today, 3);
    assert_eq!(scored["left_out"]["duplicate"], 150);
    let whole = Served::new(45, &[]);
    assert_eq!(scored["bands"], whole.scored(&today, 3)["bands"]);
    assert!(served.service.points(&second).is_empty());
}
