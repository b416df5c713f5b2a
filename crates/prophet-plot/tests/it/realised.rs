use chrono::{NaiveDateTime, TimeDelta};
use prophet_plot::{Foreseen, Page, Realised, Theme, plot_realised};

use crate::support::{checked_svg, every, values};

fn foreseen(ds: &[NaiveDateTime], y: &[f64]) -> Vec<Foreseen> {
    let one = |(&ds, y): (&NaiveDateTime, &f64)| {
        let yhat = y + 1.0;
        Foreseen { ds, yhat, interval: Some((yhat - 3.0, yhat + 3.0)) }
    };
    ds.iter().zip(y).map(one).collect()
}

#[test]
fn what_was_forecast_stands_over_what_came_and_its_error_below() {
    let ds = every("2025-03-03", TimeDelta::days(1), 200);
    let y = values(&ds);
    let actual: Vec<_> = ds[..170].iter().copied().zip(y.iter().copied()).collect();
    let errors: Vec<_> = ds[40..170].iter().map(|ds| (*ds, 1.0, 0.8)).collect();
    let whole = Realised {
        actual: &actual,
        forecast: &foreseen(&ds[30..170], &y[30..170]),
        ahead: &foreseen(&ds[170..], &y[170..]),
        errors: &errors,
        errors_title: "Mean absolute error, 20 sessions",
        y_label: "BRL per share",
    };
    let figure = plot_realised(&whole).unwrap().titled("Live", "since March");
    for theme in [Theme::Light, Theme::Dark] {
        let page = Page { theme, ..Page::default() };
        let svg = checked_svg(&format!("realised_{}", theme.name()), &figure, &page);
        for word in [
            "what came",
            "forecast",
            "interval",
            "last value repeated",
            "last value 2025-08-19",
            "Mean absolute error, 20 sessions",
        ] {
            assert!(svg.contains(word), "{word}");
        }
        assert_eq!(svg, figure.svg(&page).unwrap(), "the same input gives the same bytes");
    }
    checked_svg("realised_narrow", &figure, &Page { width: 500, ..Page::default() });
}

#[test]
fn what_is_not_there_yet_is_left_out() {
    let ds = every("2025-03-03", TimeDelta::days(1), 3);
    let actual = [(ds[0], 31.5)];
    let ahead = [Foreseen { ds: ds[2], yhat: 32.0, interval: None }];
    let cases = [
        (Realised::default(), vec![]),
        (Realised { actual: &actual, ..Realised::default() }, vec!["what came"]),
        (Realised { ahead: &ahead, ..Realised::default() }, vec!["forecast"]),
        (
            Realised { actual: &actual, ahead: &ahead, ..Realised::default() },
            vec!["what came", "forecast"],
        ),
    ];
    for (i, (realised, words)) in cases.iter().enumerate() {
        let figure = plot_realised(realised).unwrap();
        let svg = checked_svg(&format!("realised_few_{i}"), &figure, &Page::default());
        for word in ["what came", "forecast", "interval", "last value repeated"] {
            assert_eq!(svg.contains(word), words.contains(&word), "{i}: {word}");
        }
    }
}
