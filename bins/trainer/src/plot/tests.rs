use chrono::{Datelike as _, NaiveDate, Weekday};
use testkit::series::{Prices, next_session};

use super::axis::{date_axis, number, value_axis};
use super::{ComponentsPlot, ForecastPlot, Panel, Point, Values};

/// A run made up from a seed: history, test sessions, fit, forecast.
struct Sample {
    history: Vec<(NaiveDate, f64)>,
    test: Vec<(NaiveDate, f64)>,
    forecast: Vec<Point>,
    changepoints: Vec<NaiveDate>,
}

impl Sample {
    fn new(n_sessions: usize, n_test: usize) -> Self {
        let start = "2018-01-02".parse().unwrap();
        let prices = Prices::random_walk("PETR4.SA", start, n_sessions, 11);
        let closes: Vec<(NaiveDate, f64)> = prices.rows.iter().map(|r| (r.date, r.close)).collect();
        let (history, test) = closes.split_at(n_sessions - n_test);
        let mut level = history.first().map_or(0.0, |h| h.1);
        let mut forecast: Vec<Point> = Vec::new();
        for (date, close) in history {
            level += 0.04 * (close - level);
            forecast.push(Point {
                date: *date,
                yhat: level,
                lower: level - 3.0,
                upper: level + 3.0,
            });
        }
        let mut date = history.last().map_or(start, |h| h.0);
        for i in 0..n_test + 30 {
            date = next_session(date);
            let (step, half) = (i as f64, 2.5 + 0.05 * i as f64);
            let yhat = level + 0.02 * step + 0.4 * (step / 9.0).sin();
            forecast.push(Point { date, yhat, lower: yhat - half, upper: yhat + half });
        }
        let n_changepoints = 25;
        let every = (history.len() * 8 / 10 / n_changepoints).max(1);
        let changepoints = history.iter().step_by(every).skip(1).take(n_changepoints).map(|h| h.0);
        Self {
            changepoints: changepoints.collect(),
            history: history.to_vec(),
            test: test.to_vec(),
            forecast,
        }
    }

    fn plot(&self) -> ForecastPlot<'_> {
        ForecastPlot {
            title: "PETR4.SA: Prophet <trend & seasons>",
            subtitle: "60 test sessions: MAE 2.02, RMSE 2.31, MAPE 6.3 % · naive MAE 0.87 · coverage 71 %",
            history: &self.history,
            test: &self.test,
            forecast: &self.forecast,
            changepoints: &self.changepoints,
            cutoff: self.history.last().map(|h| h.0),
            unit: "BRL per share",
        }
    }
}

/// Width, height and the pixels of a PNG.
fn decode(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}

/// How many pixels are close to a colour.
fn count(pixels: &[u8], colour: [u8; 3]) -> usize {
    pixels
        .chunks_exact(3)
        .filter(|p| p.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 24))
        .count()
}

/// Fails unless every tag is closed in the right order and every `&` begins an entity.
fn assert_well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').expect("a tag ends");
        for entity in text.split('&').skip(1) {
            assert!(entity.split_once(';').is_some_and(|(name, _)| name.len() <= 5), "{text}");
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in the wrong order");
        } else if !tag.ends_with('/') && !tag.starts_with(['?', '!']) {
            open.push(tag.split_whitespace().next().unwrap());
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

/// Writes a picture where `PETR4_PLOTS` says, for a person to look at.
fn keep(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("PETR4_PLOTS") {
        std::fs::write(std::path::Path::new(&folder).join(name), bytes).unwrap();
    }
}

#[test]
fn the_forecast_plot_has_its_size_and_every_colour_of_its_legend() {
    let sample = Sample::new(1900, 60);
    let bytes = sample.plot().png().unwrap();
    keep("forecast.png", &bytes);
    let (width, height, pixels) = decode(&bytes);
    assert_eq!((width, height), (1600, 900));
    for colour in [[52, 62, 74], [213, 94, 0], [0, 114, 178], [204, 227, 240]] {
        assert!(300 < count(&pixels, colour), "{colour:?}: {}", count(&pixels, colour));
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let sample = Sample::new(400, 20);
    assert_eq!(sample.plot().png().unwrap(), sample.plot().png().unwrap());
}

#[test]
fn the_svg_is_well_formed_and_escapes_its_title() {
    let svg = Sample::new(1900, 60).plot().svg().unwrap();
    keep("forecast.svg", svg.as_bytes());
    assert_well_formed(&svg);
    assert!(svg.contains("Prophet &lt;trend &amp; seasons&gt;"), "{}", &svg[..2000]);
    assert!(svg.starts_with("<svg width=\"1600\" height=\"900\" viewBox=\"0 0 12800 7200\""));
    assert!(svg.len() < 1_500_000, "{}", svg.len());
}

#[test]
fn short_and_empty_inputs_are_drawn_without_a_panic() {
    for (n_sessions, n_test) in [(1, 0), (2, 1), (3, 0), (100, 60), (331, 1)] {
        let sample = Sample::new(n_sessions, n_test);
        assert_well_formed(&sample.plot().svg().unwrap());
    }
    let few = Sample::new(2, 1);
    let bytes = few.plot().png().unwrap();
    keep("forecast_2.png", &bytes);
    assert_eq!(decode(&bytes).0, 1600);
    let empty = ForecastPlot {
        title: "",
        subtitle: "",
        history: &[],
        test: &[],
        forecast: &[],
        changepoints: &[],
        cutoff: None,
        unit: "",
    };
    assert_well_formed(&empty.svg().unwrap());
    let nothing = ComponentsPlot { title: "", subtitle: "", panels: &[] };
    assert_well_formed(&nothing.svg().unwrap());
}

#[test]
fn dates_without_an_interval_leave_a_gap_in_the_band() {
    let mut sample = Sample::new(400, 60);
    let whole = sample.plot().svg().unwrap();
    let middle = sample.forecast.len() - 40;
    sample.forecast[middle].upper = f64::NAN;
    sample.forecast[middle + 1].yhat = f64::INFINITY;
    let split = sample.plot().svg().unwrap();
    let polygons = |svg: &str| svg.matches("<polygon").count();
    assert!(polygons(&whole) < polygons(&split), "{} {}", polygons(&whole), polygons(&split));
    assert!(!split.contains("NaN") && !split.contains("inf"));
}

#[test]
fn every_kind_of_component_is_drawn() {
    let sample = Sample::new(1900, 60);
    let weekdays = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
    let weekly: Vec<(Weekday, f64)> =
        weekdays.into_iter().zip([0.031, -0.012, 0.004, f64::NAN, -0.052]).collect();
    let yearly: Vec<(u16, f64)> = (1..=366)
        .map(|d| (d, 0.8 * (f64::from(d) / 58.1).sin() + 0.2 * (f64::from(d) / 9.7).cos()))
        .collect();
    let unit = "BRL per share";
    let panels = [
        Panel { title: "Trend", unit, values: Values::Dates(&sample.forecast) },
        Panel { title: "Weekly", unit, values: Values::Weekdays(&weekly) },
        Panel { title: "Yearly", unit, values: Values::DaysOfYear(&yearly) },
        Panel { title: "Holidays", unit, values: Values::Dates(&[]) },
    ];
    let plot =
        ComponentsPlot { title: "PETR4.SA: components", subtitle: "version 3", panels: &panels };
    let bytes = plot.png().unwrap();
    keep("components.png", &bytes);
    let (width, height, pixels) = decode(&bytes);
    assert_eq!((width, height), (1600, 1184));
    assert!(2000 < count(&pixels, [0, 114, 178]));
    let svg = plot.svg().unwrap();
    assert_well_formed(&svg);
    for word in ["Trend", "Weekly", "Yearly", "Mon", "Fri", "Jan", "Dec", "2018"] {
        assert!(svg.contains(word), "{word}");
    }
}

#[test]
fn value_axes_end_on_round_numbers_around_the_values() {
    let ((low, high), ticks) = value_axis([23.4, 41.9, f64::NAN], 5.0);
    assert!(low <= 23.4 && 41.9 <= high);
    let labels: Vec<&str> = ticks.iter().map(|t| t.label.as_str()).collect();
    assert_eq!(labels, ["20", "25", "30", "35", "40", "45"]);
    let ((low, high), _) = value_axis([7.0, 7.0], 5.0);
    assert!(low < 7.0 && 7.0 < high);
    assert_eq!(value_axis([], 4.0).0, (0.0, 1.0));
    assert_eq!(number(-0.025, 0.005), "\u{2212}0.025");
    assert_eq!(number(-0.0, 0.5), "0.0");
}

#[test]
fn date_axes_step_by_what_the_room_allows_and_name_each_year_once() {
    let (from, to): (NaiveDate, NaiveDate) =
        ("2024-11-12".parse().unwrap(), "2025-12-18".parse().unwrap());
    let ticks = date_axis(from, to, 20.0);
    assert_eq!(ticks[0].label, "Dec");
    let years: Vec<&str> =
        ticks.iter().map(|t| t.below.as_str()).filter(|y| !y.is_empty()).collect();
    assert_eq!(years, ["2024", "2025"]);
    let ticks = date_axis("2018-01-02".parse().unwrap(), to, 20.0);
    assert!(ticks.iter().all(|t| t.label.len() == 4 || t.label.len() == 3), "{ticks:?}");
    let days = date_axis(from, from, 20.0);
    assert_eq!(days.len(), 1);
    assert_eq!(days[0].label, format!("{} {}", from.day(), "Nov"));
}
