//! Dates after the history, as pandas makes them.

use chrono::{Datelike, NaiveDate, Weekday};
use forecast_core::{
    Fitted, Frequency, FutureError, Growth, Series, Spec,
    ds::{Ds, midnight, parse},
    fit, prophet_json,
};

use crate::{
    python::ask,
    support::{days, series},
};

/// Every frequency that pandas and this crate both know, with multiples.
const FREQUENCIES: [&str; 43] = [
    "D", "3D", "B", "2B", "7B", "W", "W-MON", "W-TUE", "2W-WED", "W-THU", "W-FRI", "3W-SAT",
    "W-SUN", "MS", "2MS", "13MS", "ME", "2ME", "7ME", "QS", "QS-FEB", "2QS-MAR", "QS-JUL", "QE",
    "QE-JAN", "QE-FEB", "3QE-MAR", "QE-NOV", "YS", "YS-APR", "2YS-DEC", "YE", "YE-FEB", "4YE-JUN",
    "h", "2h", "36h", "min", "5min", "90min", "s", "15s", "100000s",
];

/// Ends of histories: month ends, leap days, weekends, a time of day.
const LASTS: [&str; 13] = [
    "2024-01-31 00:00:00",
    "2024-02-29 00:00:00",
    "2023-02-28 00:00:00",
    "2024-12-31 00:00:00",
    "2025-01-01 00:00:00",
    "2024-06-01 00:00:00",
    "2024-06-08 00:00:00",
    "2024-06-09 00:00:00",
    "2024-04-30 00:00:00",
    "2024-03-31 17:45:10",
    "2024-10-01 09:00:00",
    "1969-12-31 23:59:59",
    "2024-07-19 16:30:00",
];

#[test]
fn dates_after_the_history_are_pandas() {
    // As forecaster.py does it: one period more, nothing up to the last date, cut to length.
    const SCRIPT: &str = r"
import json, sys
import pandas as pd
freqs, lasts = json.loads(sys.argv[1]), json.loads(sys.argv[2])
def after(last, freq, periods=9):
    dates = pd.date_range(start=last, periods=periods + 1, freq=freq)
    return [str(d) for d in dates[dates > last][:periods]]
print(json.dumps([[f, pd.tseries.frequencies.to_offset(f).freqstr,
                   [after(pd.Timestamp(last), f) for last in lasts]] for f in freqs]))";
    let args = [serde_json::to_string(&FREQUENCIES[..]), serde_json::to_string(&LASTS)];
    let args = args.map(Result::unwrap);
    let answers: Vec<(String, String, Vec<Vec<String>>)> = ask(SCRIPT, &[&args[0], &args[1]]);
    assert_eq!(answers.len(), FREQUENCIES.len());
    for (text, name, by_last) in answers {
        let frequency: Frequency = text.parse().unwrap();
        assert_eq!(frequency.to_string(), name);
        assert_eq!(name.parse::<Frequency>().unwrap(), frequency);
        for (last, expected) in LASTS.iter().zip(by_last) {
            let dates = frequency.after(parse(last).unwrap(), expected.len()).unwrap();
            let found: Vec<String> = dates.iter().map(Ds::to_string).collect();
            assert_eq!(found, expected, "{text} after {last}");
        }
    }
}

#[test]
fn a_frequency_is_inferred_where_pandas_infers_it() {
    const SCRIPT: &str = r"
import json, sys
import pandas as pd
out = []
for freq in json.loads(sys.argv[1]):
    for start in json.loads(sys.argv[2]):
        dates = pd.date_range(start=start, periods=12, freq=freq)
        out += [[[str(d) for d in dates[i:i + 5]], pd.infer_freq(dates[i:i + 5])] for i in (0, 3, 7)]
gaps = pd.DatetimeIndex(['2024-01-01', '2024-01-02', '2024-01-04', '2024-01-05', '2024-01-09'])
for dates in (gaps, gaps[:2].append(gaps[3:]), pd.date_range('2024-01-01', periods=3)):
    out.append([[str(d) for d in dates], pd.infer_freq(dates)])
print(json.dumps(out))";
    let args = [serde_json::to_string(&FREQUENCIES[..]), serde_json::to_string(&LASTS)];
    let args = args.map(Result::unwrap);
    let answers: Vec<(Vec<String>, Option<String>)> = ask(SCRIPT, &[&args[0], &args[1]]);
    for (dates, expected) in answers {
        let dates: Vec<Ds> = dates.iter().map(|date| parse(date).unwrap()).collect();
        let found = Frequency::infer(&dates).map(|frequency| frequency.to_string());
        assert_eq!(found, expected, "{dates:?}");
    }
    assert!(Frequency::infer(&days(2)).is_none(), "two show nothing");
}

fn fitted() -> Fitted {
    // The last two rows have no value, and count as history all the same.
    let base = series(60);
    let mut y = base.y().to_vec();
    y[58..].fill(f64::NAN);
    fit(&Spec::default(), &Series::new(base.ds().to_vec(), y).unwrap()).unwrap()
}

#[test]
fn the_future_starts_after_the_last_row_with_or_without_a_value() {
    let model = fitted();
    let future = model.make_future_dataframe(3, Some(Frequency::DAY), false).unwrap();
    assert_eq!(future.ds(), &days(63)[60..]);
    let whole = model.make_future_dataframe(3, None, true).unwrap();
    assert_eq!(whole.ds(), days(63), "inferred");
    assert_eq!(model.make_future_dataframe(0, None, false).unwrap().ds(), []);
    assert_eq!(model.predict_rows(&whole, 1).unwrap().ds, whole.ds());
}

#[test]
fn sessions_follow_the_calendar_given() {
    let model = fitted();
    let holiday = NaiveDate::from_ymd_opt(2020, 3, 3).unwrap();
    let open =
        |date: NaiveDate| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && date != holiday;
    let future = model.make_future_sessions(4, open, false).unwrap();
    let expected = [2, 4, 5, 6].map(|day| midnight(holiday.with_day(day).unwrap()));
    assert_eq!(future.ds(), expected);
    assert_eq!(model.make_future_sessions(1, open, true).unwrap().ds().len(), 61);
    let shut = model.make_future_sessions(1, |_| false, false).unwrap_err();
    assert_eq!(shut.to_string(), "no session in the 366 days after 2020-02-29 00:00:00");
}

#[test]
fn impossible_futures_are_refused_with_their_values() {
    for text in ["", "X", "0D", "-1D", "1.5h", "D-MON", "W-DAY", "QE-MON", "5", "99999999999D"] {
        let error = text.parse::<Frequency>().unwrap_err().to_string();
        assert!(error.starts_with(&format!("frequency `{text}` is not known")), "{error}");
    }
    for (old, new) in [("M", "ME"), ("Q", "QE-DEC"), ("AS", "YS-JAN"), ("H", "h"), ("15T", "15min")]
    {
        assert_eq!(old.parse::<Frequency>().unwrap().to_string(), new);
    }
    let model = fitted();
    let error = model.make_future_dataframe(1_000_001, None, false).unwrap_err();
    assert_eq!(error.to_string(), "`periods` is 1000001, it must be at most 1000000");
    let years: Frequency = "4000000000YE".parse().unwrap();
    let error = model.make_future_dataframe(2, Some(years), false).unwrap_err();
    assert!(matches!(error, FutureError::OutOfCalendar { .. }), "{error}");
    let gap = Series::new([days(3), days(9)[7..].to_vec()].concat(), vec![1.0; 5]).unwrap();
    let error = fit(&Spec::default(), &gap).unwrap().make_future_dataframe(1, None, true);
    assert!(matches!(error, Err(FutureError::NotInferred { rows: 5 })));
    let mut json: serde_json::Value = serde_json::from_str(&prophet_json::write(&model)).unwrap();
    json["history_dates"] = serde_json::Value::Null;
    json["history"] = serde_json::Value::Null;
    let bare = prophet_json::read(&json.to_string()).unwrap();
    let error = bare.make_future_dataframe(1, None, true).unwrap_err();
    assert!(matches!(error, FutureError::NoHistory));
}

#[test]
fn a_model_says_which_columns_its_rows_must_bring() {
    let needing = |growth, scaled: bool| {
        let rows = days(40);
        let column = |value: f64| vec![value; 40];
        let y = (0..40).map(f64::from).collect();
        let mut series = Series::new(rows, y).unwrap().with_column("cap", column(90.0)).unwrap();
        if scaled {
            series = series.with_column("floor", column(-5.0)).unwrap();
        }
        let fitted = fit(&Spec { growth, ..Spec::default() }, &series).unwrap();
        fitted.needed_columns().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(needing(Growth::Linear, true), [""; 0]);
    assert_eq!(needing(Growth::Logistic, false), ["cap"]);
    assert_eq!(needing(Growth::Logistic, true), ["cap", "floor"]);
}
