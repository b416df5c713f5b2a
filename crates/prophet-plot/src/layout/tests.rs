use chrono::TimeDelta;
use forecast_core::ds::parse;

use super::sheet;
use crate::{
    Page, Theme,
    axis::time::seconds,
    figure::{Entry, Figure, HEIGHT, Layer, Panel, Swatch, XAxis},
    sheet::{Align, Mark, Pen, Sheet},
    theme::Ink,
};

/// A picture with everything that is written, over `step` × 300.
fn figure(first: &str, step: TimeDelta, top: f64) -> Figure {
    let from = parse(first).expect("a date");
    let points: Vec<(f64, f64)> =
        (0..300).map(|i| (seconds(from + step * i), top * f64::from(i) / 299.0)).collect();
    let mut panel =
        Panel::new("Heading", "thousands of visits", XAxis::Time { from, to: from + step * 299 });
    let last = points[299];
    panel.layers.push(Layer::Line { points, pen: Pen::solid(Ink::Forecast, 2.0) });
    panel.layers.push(Layer::Last { at: last, ink: Ink::Test });
    "ds".clone_into(&mut panel.x_label);
    let entry = |label| Entry { label, swatch: Swatch::Dot(Ink::History) };
    let legend = ["history", "test", "forecast", "interval", "changepoint", "cutoff"].map(entry);
    let panels = vec![panel.clone(), panel];
    Figure { legend: legend.to_vec(), panels, height: HEIGHT, ..Figure::default() }
        .titled("A title of some length for a picture", "and a line below it that says more")
}

/// Left, top, right and bottom of every text.
fn boxes(sheet: &Sheet) -> Vec<(String, [f64; 4])> {
    let texts = sheet.marks.iter().filter_map(|mark| match mark {
        Mark::Text { text, at, align, of } => {
            let width = of.width(text).expect("the fonts are bundled");
            let left = match align {
                Align::Left => at.0,
                Align::Centre => at.0 - width / 2.0,
                Align::Right => at.0 - width,
            };
            // Capitals and digits are 0.73 em high.
            let half = 0.36 * of.px;
            Some((text.clone(), [left, at.1 - half, left + width, at.1 + half]))
        }
        _ => None,
    });
    texts.collect()
}

#[test]
fn no_text_leaves_the_page_or_lies_on_another() {
    let spans = [
        ("2024-03-09 23:10", TimeDelta::seconds(1), 7.0),
        ("2024-03-09 23:10", TimeDelta::minutes(1), 0.031),
        ("2024-02-20 05:00", TimeDelta::hours(1), 1.3e7),
        ("2019-11-30", TimeDelta::days(1), -4.2e4),
        ("1987-11-30", TimeDelta::days(31), 123.0),
        ("1600-01-01", TimeDelta::days(400), 1e-12),
    ];
    let pages = [(320, 420), (500, 1200), (900, 500), (1600, 900), (3200, 900), (4000, 4000)];
    for (first, step, top) in spans {
        let figure = figure(first, step, top);
        for (width, height) in pages {
            let page = Page::sized(width, height, Theme::Light);
            let sheet = sheet(&figure, &page).unwrap();
            let boxes = boxes(&sheet);
            let (w, h) = (f64::from(width), f64::from(height));
            for (i, (text, a)) in boxes.iter().enumerate() {
                let inside = 0.0 <= a[0] && 0.0 <= a[1] && a[2] <= w && a[3] <= h;
                assert!(inside, "`{text}` at {a:?} leaves {width} x {height} ({first})");
                for (other, b) in &boxes[..i] {
                    let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
                    assert!(apart, "`{text}` lies on `{other}` at {width} x {height} ({first})");
                }
            }
        }
    }
}

#[test]
fn a_page_without_a_height_gets_the_one_that_suits_the_figure() {
    let figure = figure("2024-01-01", TimeDelta::days(1), 9.0);
    let of = |width| sheet(&figure, &Page { width, ..Page::default() }).unwrap().height;
    assert_eq!((of(1600), of(3200)), (900, 1800));
    // Letters do not shrink without end, so neither does the height.
    assert_eq!(of(400), 594);
}
