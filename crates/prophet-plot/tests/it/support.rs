//! Made-up series, and what every picture must hold.

use chrono::{NaiveDateTime, TimeDelta};
use forecast_core::{Fitted, Forecast, Prophet, Series, Spec};
use prophet_plot::{Figure, Page};
use testkit::draw::Draw;

pub(crate) const SEED: u64 = 42;

/// `n` time stamps from `first`, every `step`.
pub(crate) fn every(first: &str, step: TimeDelta, n: usize) -> Vec<NaiveDateTime> {
    let first = forecast_core::ds::parse(first).expect("the test gives a date");
    (0..n).map(|i| first + step * i32::try_from(i).expect("a short series")).collect()
}

/// A level that bends, a week, a year, a day, and noise.
pub(crate) fn values(ds: &[NaiveDateTime]) -> Vec<f64> {
    let mut draw = Draw::new(SEED);
    let span = (ds[ds.len() - 1] - ds[0]).num_seconds() as f64;
    let wave = |s: f64, days: f64| (s / 86_400.0 / days * std::f64::consts::TAU).sin();
    ds.iter()
        .map(|at| {
            let s = at.and_utc().timestamp() as f64;
            let share = (*at - ds[0]).num_seconds() as f64 / span;
            let bend = 8.0 * share - 13.0 * (share - 0.4).max(0.0);
            30.0 + bend
                + 1.5 * wave(s, 7.0)
                + 3.0 * wave(s, 365.25)
                + wave(s, 1.0)
                + 0.8 * draw.normal()
        })
        .collect()
}

/// Fits `spec` to the values at `ds` and forecasts history and `ahead` more steps.
pub(crate) fn fit(spec: Spec, ds: &[NaiveDateTime], ahead: usize) -> (Fitted, Forecast) {
    let series = Series::new(ds.to_vec(), values(ds)).expect("finite values");
    let fitted = Prophet::new(spec).fit(&series).expect("made-up series are fitted");
    let step = ds[ds.len() - 1] - ds[ds.len() - 2];
    let mut rows = ds.to_vec();
    for _ in 0..ahead {
        rows.push(rows[rows.len() - 1] + step);
    }
    let forecast = fitted.predict(&rows, SEED).expect("a fitted model predicts");
    (fitted, forecast)
}

/// Three years of days and a forecast of 90.
pub(crate) fn daily() -> (Fitted, Forecast) {
    fit(Spec::default(), &every("2021-03-01", TimeDelta::days(1), 1100), 90)
}

/// Width, height and the RGB pixels of a PNG.
pub(crate) fn decode(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader =
        png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("the bytes are a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("it fits into memory")];
    let info = reader.next_frame(&mut pixels).expect("the picture is whole");
    (info.width, info.height, pixels)
}

/// How many pixels are close to a colour.
pub(crate) fn count(pixels: &[u8], colour: [u8; 3]) -> usize {
    let is_close = |p: &&[u8]| p.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 24);
    pixels.chunks_exact(3).filter(is_close).count()
}

/// Writes a picture where `PETR4_PLOTS` says, for a person to look at.
pub(crate) fn keep(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("PETR4_PLOTS") {
        std::fs::write(std::path::Path::new(&folder).join(name), bytes)
            .expect("the folder can be written");
    }
}

/// Draws as SVG and holds it against the rules; returns the document.
pub(crate) fn checked_svg(name: &str, figure: &Figure, page: &Page) -> String {
    let svg = figure.svg(page).expect("the page has room");
    keep(&format!("{name}.svg"), svg.as_bytes());
    if std::env::var_os("PETR4_PLOTS").is_some() {
        keep(&format!("{name}.png"), &figure.png(page).expect("the page has room"));
    }
    assert_well_formed(&svg);
    assert_within_the_page(&svg);
    svg
}

/// Fails unless every tag is closed in the right order and every `&` begins an entity.
fn assert_well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').expect("a tag ends");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        for entity in text.split('&').skip(1) {
            assert!(entity.split_once(';').is_some_and(|(name, _)| name.len() <= 5), "{text}");
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in the wrong order");
        } else if !tag.ends_with('/') && !tag.starts_with(['?', '!']) {
            open.push(tag.split_whitespace().next().expect("a tag has a name"));
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

/// Fails if a coordinate is no number, or lies outside the view box.
fn assert_within_the_page(svg: &str) {
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "not a number");
    let view = attribute(svg, "viewBox").expect("the document has a view box");
    let size: Vec<f64> = view.split(' ').map(|v| v.parse().expect("a number")).collect();
    for tag in svg.split('<').skip(2) {
        for (names, end) in [(["x", "x1", "x2", "cx"], size[2]), (["y", "y1", "y2", "cy"], size[3])]
        {
            for value in names.into_iter().filter_map(|name| attribute(tag, name)) {
                let value: f64 = value.parse().expect("a number");
                assert!((0.0..=end).contains(&value), "{value} is not in 0 to {end}: {tag}");
            }
        }
        for pair in attribute(tag, "points").unwrap_or("").split_whitespace() {
            let (x, y) = pair.split_once(',').expect("a point is a pair");
            let (x, y): (f64, f64) = (x.parse().expect("x"), y.parse().expect("y"));
            assert!((0.0..=size[2]).contains(&x) && (0.0..=size[3]).contains(&y), "{x},{y}");
        }
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}
