use chrono::TimeDelta;
use forecast_core::spec::{Holiday, Regressor, Seasonality};
use forecast_core::{Fitted, Forecast, Future, Mode, Prophet, Series, Spec};
use prophet_plot::{
    ComponentOptions, Page, PlotError, Theme, plot_components, plot_forecast_component,
    plot_seasonality, plot_weekly, plot_yearly,
};

use crate::support::{SEED, checked_svg, daily, every, fit, values};

/// Weekdays only, with a monthly season, a holiday and a regressor, all of one mode.
fn rich(mode: Mode) -> (Fitted, Forecast) {
    let spec = Spec {
        seasonality_mode: mode,
        seasonalities: vec![Seasonality {
            name: "monthly".to_owned(),
            period: 30.5,
            fourier_order: 3,
            prior_scale: 10.0,
            mode,
            condition_name: None,
        }],
        holidays: (2021..2025)
            .map(|year| Holiday {
                name: "founding_day".to_owned(),
                date: chrono::NaiveDate::from_ymd_opt(year, 5, 12).expect("a date"),
                lower_window: 0,
                upper_window: 1,
                prior_scale: None,
            })
            .collect(),
        regressors: vec![Regressor {
            name: "promotion".to_owned(),
            prior_scale: 10.0,
            standardize: None,
            mode,
            predictor: None,
        }],
        ..Spec::default()
    };
    let all = every("2021-03-01", TimeDelta::days(1), 1100);
    let ds: Vec<_> =
        all.into_iter().filter(|d| d.format("%u").to_string().as_str() < "6").collect();
    let on: Vec<f64> = (0..ds.len()).map(|i| f64::from(u8::from(i % 17 == 3))).collect();
    let mut y = values(&ds);
    y.iter_mut().zip(&on).for_each(|(y, on)| *y += 4.0 * on);
    let series = Series::new(ds.clone(), y)
        .expect("finite")
        .with_column("promotion", on.clone())
        .expect("as long");
    let fitted = Prophet::new(spec).fit(&series).expect("it is fitted");
    let rows = Future::new(ds).with_column("promotion", on).expect("as long");
    let forecast = fitted.predict_rows(&rows, SEED).expect("it predicts");
    (fitted, forecast)
}

#[test]
fn components_come_in_prophets_order_with_the_axes_that_suit_them() {
    let (fitted, forecast) = rich(Mode::Additive);
    let options = ComponentOptions { weekly_start: 1, y_label: "visits", ..Default::default() };
    let figure = plot_components(&fitted, &forecast, &options).unwrap().titled("Components", "");
    let svg = checked_svg("components", &figure, &Page::default());
    let at = |word: &str| svg.find(word).unwrap_or_else(|| panic!("{word}"));
    let order = ["Trend", "Holidays", "Weekly", "Yearly", "Monthly", "Extra regressors additive"];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{order:?}");
    for word in ["Mon", "Fri", "Jan", "2022", "visits", "days"] {
        at(word);
    }
    assert!(!svg.contains("\nSat\n"), "the history has no Saturday");
    assert!(at("\nMon\n") < at("\nFri\n"));
    assert!(!svg.contains('%'));
    checked_svg("components_dark", &figure, &Page { width: 800, theme: Theme::Dark, height: None });
}

#[test]
fn multiplicative_components_are_percentages() {
    let (fitted, forecast) = rich(Mode::Multiplicative);
    let options = ComponentOptions::default();
    let figure = plot_components(&fitted, &forecast, &options).unwrap();
    let svg = checked_svg("components_multiplicative", &figure, &Page::default());
    assert!(5 < svg.matches("%\n").count());
    assert!(svg.contains("share of the trend"));
    assert!(svg.contains("Extra regressors multiplicative"));
}

#[test]
fn draws_of_the_posterior_give_components_bands_and_bars_their_ends() {
    let ds = every("2021-03-01", TimeDelta::days(1), 800);
    let svg = |mcmc_samples, name: &str| {
        let spec = Spec { mcmc_samples, ..Spec::default() };
        let (fitted, forecast) = fit(spec, &ds, 30);
        let figure = plot_components(&fitted, &forecast, &ComponentOptions::default()).unwrap();
        checked_svg(name, &figure, &Page::default())
    };
    let (optimum, draws) = (svg(0, "bands_none"), svg(200, "bands"));
    let bands = |svg: &str| svg.matches("<polygon").count();
    let lines = |svg: &str| svg.matches("<polyline").count();
    // The trend has a band in both; the year gains one, and each of seven bars three strokes.
    assert_eq!((bands(&optimum), bands(&draws)), (1, 2));
    assert!(lines(&optimum) + 21 <= lines(&draws) + 4, "{} {}", lines(&optimum), lines(&draws));
}

#[test]
fn hours_have_a_daily_panel_and_a_week_without_bars() {
    let ds = every("2024-01-01", TimeDelta::hours(1), 24 * 40);
    let (fitted, forecast) = fit(Spec::default(), &ds, 24);
    let figure = plot_components(&fitted, &forecast, &ComponentOptions::default()).unwrap();
    let svg = checked_svg("components_hourly", &figure, &Page::default());
    for word in ["Daily", "\n06:00\n", "Weekly", "\nSun\n"] {
        assert!(svg.contains(word), "{word}");
    }
}

#[test]
fn each_component_has_a_plot_of_its_own() {
    let (fitted, forecast) = rich(Mode::Additive);
    let options = ComponentOptions::default();
    let page = Page::sized(800, 400, Theme::Light);
    for name in ["trend", "holidays", "founding_day", "promotion", "extra_regressors_additive"] {
        let figure = plot_forecast_component(&forecast, name, &options).unwrap();
        checked_svg(&format!("component_{name}"), &figure, &page);
    }
    let figures = [
        plot_weekly(&fitted, "weekly", &options).unwrap(),
        plot_yearly(&fitted, "yearly", &options).unwrap(),
        plot_seasonality(&fitted, "monthly", &options).unwrap(),
        plot_seasonality(&fitted, "weekly", &options).unwrap(),
    ];
    for (i, figure) in figures.iter().enumerate() {
        checked_svg(&format!("season_{i}"), figure, &page);
    }
}

#[test]
fn an_unknown_component_is_named_with_those_that_are_there() {
    let (fitted, forecast) = daily();
    let options = ComponentOptions::default();
    let error = plot_forecast_component(&forecast, "hourly", &options).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("`hourly`") && text.contains("trend, yearly, weekly"), "{text}");
    let error = plot_seasonality(&fitted, "hourly", &options).unwrap_err();
    assert!(matches!(error, PlotError::UnknownComponent { .. }), "{error}");
    // The model was fitted to days.
    let error = plot_seasonality(&fitted, "daily", &options).unwrap_err();
    assert!(matches!(error, PlotError::UnknownComponent { .. }), "{error}");
}
