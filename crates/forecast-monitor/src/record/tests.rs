use super::*;

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A Friday's forecast for three sessions.
pub(crate) fn example() -> Forecast {
    let row = |ds, yhat, half: Option<f64>| Row {
        ds: day(ds),
        yhat,
        yhat_lower: half.map(|half| yhat - half),
        yhat_upper: half.map(|half| yhat + half),
    };
    Forecast {
        model: "ProphetModel".to_owned(),
        version: 3,
        symbol: "PETR4.SA".to_owned(),
        kind: Kind::Ready,
        origin: day("2026-11-20"),
        answers_from: day("2026-11-21"),
        issued_at: moment("2026-11-21T03:00:00.250Z"),
        trained_through: Some(day("2026-11-19")),
        interval_width: 0.8,
        anchors: vec![(day("2026-11-18"), 31.25), (day("2026-11-19"), 31.5)],
        rows: vec![
            row("2026-11-23", 31.1, Some(0.5)),
            row("2026-11-24", 31.2, Some(0.75)),
            row("2026-11-25", 31.3, None),
        ],
    }
}

fn refused(change: impl Fn(&mut Forecast)) -> String {
    let mut forecast = example();
    change(&mut forecast);
    forecast.check().unwrap_err().to_string()
}

#[test]
fn a_whole_forecast_passes_and_its_first_row_has_horizon_1() {
    example().check().unwrap();
    let horizons: Vec<_> = example().by_horizon().map(|(h, row)| (h, row.ds)).collect();
    assert_eq!(horizons[0], (1, day("2026-11-23")));
    assert_eq!(horizons[2], (3, day("2026-11-25")));
}

#[test]
fn what_no_forecast_is_is_refused_with_field_value_and_bound() {
    let cases = [
        (refused(|f| f.model.clear()), "`model` has 0 bytes, it must have 1 to 512"),
        (refused(|f| f.symbol = "x".repeat(513)), "`symbol` has 513 bytes"),
        (refused(|f| f.interval_width = 1.0), "`interval_width` is 1, it must lie between 0 and 1"),
        (refused(|f| f.interval_width = f64::NAN), "`interval_width` is NaN"),
        (refused(|f| f.rows.clear()), "it has no rows"),
        (refused(|f| f.rows.swap(0, 1)), "row of 2026-11-23 follows 2026-11-24"),
        (refused(|f| f.rows[1] = f.rows[0]), "row of 2026-11-23 follows 2026-11-23"),
        (refused(|f| f.origin = day("2026-11-23")), "row of 2026-11-23 follows 2026-11-23"),
        (refused(|f| f.anchors = vec![f.anchors[0]; 101]), "`anchors` are 101, at most 100"),
        (refused(|f| f.rows = vec![f.rows[0]; 10_001]), "`rows` are 10001, at most 10000"),
        (
            refused(|f| f.issued_at = DateTime::<Utc>::MIN_UTC),
            "`issued_at` is -262143-01-01, it must lie in the years 1970 to 9999",
        ),
        (refused(|f| f.trained_through = Some(NaiveDate::MAX)), "`trained_through` is +262142"),
    ];
    for (said, wanted) in cases {
        assert!(said.contains(wanted), "`{said}` does not say `{wanted}`");
    }
}

#[test]
fn kinds_are_read_as_they_are_written() {
    for kind in [Kind::Ready, Kind::Asked] {
        assert_eq!(kind.to_string().parse::<Kind>().unwrap(), kind);
    }
    let error = "READY".parse::<Kind>().unwrap_err().to_string();
    assert!(error.contains("`kind` is `READY`"), "{error}");
}
