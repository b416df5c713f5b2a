use chrono::TimeDelta;
use forecast_core::Spec;
use prophet_plot::{Changepoints, History, Page, PlotError, PlotOptions, Theme, plot};

use crate::support::{checked_svg, count, daily, decode, every, fit, keep};

#[test]
fn a_forecast_shows_history_interval_trend_and_changepoints() {
    let (fitted, forecast) = daily();
    let options = PlotOptions {
        changepoints: Some(Changepoints::default()),
        x_label: "ds",
        y_label: "visits a day",
        ..PlotOptions::default()
    };
    let figure = plot(&fitted, &forecast, &options)
        .unwrap()
        .titled("Visits <by day & week>", "1,100 days, and 90 ahead");
    let svg = checked_svg("forecast", &figure, &Page::default());
    for word in [
        "Visits &lt;by day &amp; week&gt;",
        "visits a day",
        "history",
        "forecast",
        "interval",
        "trend",
        "changepoint",
        "2022",
        "ds",
    ] {
        assert!(svg.contains(word), "{word}");
    }
    assert!(svg.starts_with("<svg width=\"1600\" height=\"900\" viewBox=\"0 0 12800 7200\""));
    assert!(1 < svg.matches("<polygon").count() + svg.matches("<circle").count());
    let dark = Page { theme: Theme::Dark, ..Page::default() };
    checked_svg("forecast_dark", &figure, &dark);
}

#[test]
fn a_picture_has_its_size_and_the_colours_of_its_theme() {
    let (fitted, forecast) = daily();
    let figure = plot(&fitted, &forecast, &PlotOptions::default()).unwrap();
    let page = Page::sized(900, 500, Theme::Light);
    let bytes = figure.png(&page).unwrap();
    assert_eq!(bytes, figure.png(&page).unwrap(), "the same input gives the same bytes");
    let (width, height, pixels) = decode(&bytes);
    assert_eq!((width, height), (900, 500));
    for colour in [[255, 255, 255], [52, 62, 74], [0, 114, 178], [204, 227, 240]] {
        assert!(300 < count(&pixels, colour), "{colour:?}: {}", count(&pixels, colour));
    }
    let dark = figure.png(&Page { theme: Theme::Dark, ..page }).unwrap();
    let (_, _, pixels) = decode(&dark);
    for colour in [[17, 22, 29], [196, 205, 215], [86, 180, 233]] {
        assert!(300 < count(&pixels, colour), "{colour:?}: {}", count(&pixels, colour));
    }
    keep("small_dark.png", &dark);
}

#[test]
fn the_time_axis_is_readable_from_hours_to_decades() {
    let spans = [
        ("minutes", "2024-03-09 23:40", TimeDelta::seconds(20), 100, "00:00"),
        ("hours", "2024-03-09 18:00", TimeDelta::minutes(5), 160, "10 Mar 2024"),
        ("days", "2024-02-27", TimeDelta::hours(3), 300, "4 Mar"),
        ("months", "2023-10-02", TimeDelta::days(1), 150, "2024"),
        ("years", "1995-06-01", TimeDelta::days(7), 1500, "2010"),
        ("centuries", "1700-01-01", TimeDelta::days(365), 320, "1900"),
    ];
    for (name, first, step, n, label) in spans {
        let spec = Spec { uncertainty_samples: 50, ..Spec::default() };
        let (fitted, forecast) = fit(spec, &every(first, step, n), n / 10);
        let figure = plot(&fitted, &forecast, &PlotOptions::default()).unwrap().titled(name, "");
        for width in [500, 1600] {
            let page = Page { width, ..Page::default() };
            let svg = checked_svg(&format!("time_{name}_{width}"), &figure, &page);
            assert!(width < 1600 || svg.contains(&format!(">\n{label}\n<")), "{name}: {label}");
        }
    }
}

#[test]
fn an_evaluation_shows_test_cutoff_and_the_last_rows_enlarged() {
    let ds = every("2019-01-01", TimeDelta::days(1), 1500);
    let (fitted, forecast) = fit(Spec::default(), &ds[..1440], 90);
    let y = crate::support::values(&ds);
    let test: Vec<_> = ds[1440..].iter().copied().zip(y[1440..].iter().copied()).collect();
    let options = PlotOptions {
        history: History::Line,
        test: &test,
        cutoff: fitted.last_ds(),
        detail_rows: Some(250),
        changepoints: Some(Changepoints { threshold: 0.0, trend: false }),
        y_label: "BRL per share",
        ..PlotOptions::default()
    };
    let subtitle =
        "60 test sessions: MAE 2.02, RMSE 2.31, MAPE 6.3 % · naive MAE 0.87 · coverage 71 %";
    let figure = plot(&fitted, &forecast, &options).unwrap().titled("PETR4.SA: Prophet", subtitle);
    for (name, page) in [
        ("evaluation", Page::default()),
        ("evaluation_narrow", Page::sized(640, 700, Theme::Dark)),
        ("evaluation_flat", Page::sized(1200, 380, Theme::Light)),
    ] {
        let svg = checked_svg(name, &figure, &page);
        for word in ["Whole series", "Last 250 rows", "cutoff", "test", "2022"] {
            assert!(svg.contains(word), "{name}: {word}");
        }
    }
}

#[test]
fn lines_are_thinned_to_what_the_page_can_show() {
    let ds = every("2020-01-01", TimeDelta::minutes(5), 40_000);
    let spec = Spec { uncertainty_samples: 20, ..Spec::default() };
    let (fitted, forecast) = fit(spec, &ds, 10);
    let options = PlotOptions { history: History::Line, ..PlotOptions::default() };
    let figure = plot(&fitted, &forecast, &options).unwrap();
    let svg = checked_svg("long", &figure, &Page::default());
    let points: usize = svg.matches(',').count();
    assert!((2_000..60_000).contains(&points), "{points}");
    assert!(svg.len() < 1_500_000, "{}", svg.len());
}

#[test]
fn few_rows_no_interval_and_gaps_are_drawn() {
    let spec = Spec { uncertainty_samples: 0, ..Spec::default() };
    let (fitted, mut forecast) = fit(spec, &every("2024-05-01", TimeDelta::days(1), 2), 1);
    forecast.yhat[1] = f64::NAN;
    let figure = plot(&fitted, &forecast, &PlotOptions::default()).unwrap();
    let svg = checked_svg("two_rows", &figure, &Page::default());
    assert!(!svg.contains("interval"));
    let empty = forecast_core::Forecast::default();
    let hidden = PlotOptions { history: History::Hidden, ..PlotOptions::default() };
    let figure = plot(&fitted, &empty, &hidden).unwrap();
    assert!(checked_svg("empty", &figure, &Page::default()).contains("nothing to draw"));
}

#[test]
fn a_cap_is_drawn_and_must_be_as_long_as_the_forecast() {
    let (fitted, forecast) = daily();
    let cap = vec![50.0; forecast.ds.len()];
    let options = PlotOptions { cap: &cap, ..PlotOptions::default() };
    let svg = checked_svg("cap", &plot(&fitted, &forecast, &options).unwrap(), &Page::default());
    assert!(svg.contains("cap"));
    let options = PlotOptions { cap: &cap[1..], ..PlotOptions::default() };
    let error = plot(&fitted, &forecast, &options).unwrap_err();
    assert!(matches!(error, PlotError::Length { what: "cap", found: 1189, rows: 1190 }));
}
