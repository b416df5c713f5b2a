//! The numbers of a picture, for the script.

use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::Chart;
use crate::dashboard::Lang;

/// Data, which a browser does not run, in the element that holds data.
pub(super) fn script(chart: &Chart, lang: Lang) -> Markup {
    html! { script type="application/json" { (within_script(&data(chart, lang))) } }
}

fn data(chart: &Chart, lang: Lang) -> Value {
    let lines = chart
        .lines
        .iter()
        .map(|line| json!({"label": line.label, "ink": line.ink.class(), "values": line.values}));
    let band = chart.band.as_ref().map(|band| {
        let end = |pick: fn(&(f64, f64)) -> f64| -> Vec<Option<f64>> {
            band.ends.iter().map(|ends| ends.as_ref().map(pick)).collect()
        };
        json!({"label": band.label, "lower": end(|ends| ends.0), "upper": end(|ends| ends.1)})
    });
    let dates: Vec<String> = chart.dates.iter().map(ToString::to_string).collect();
    json!({
        "title": chart.title,
        "currency": chart.currency,
        "dates": dates,
        "lines": lines.collect::<Vec<_>>(),
        "band": band,
        "mark": chart.mark.as_ref().map(|(date, _)| date.to_string()),
        "words": {
            "in": lang.pick("Zoom in", "Aproximar"),
            "out": lang.pick("Zoom out", "Afastar"),
            "reset": lang.pick("Reset zoom", "Restaurar zoom"),
            "help": lang.pick(
                "Arrow keys read the values, plus and minus zoom, zero resets.",
                "As setas leem os valores, mais e menos mudam o zoom, zero o restaura.",
            ),
        },
    })
}

/// JSON in which no end of a `script` element can be: `<` is spelt out.
fn within_script(value: &Value) -> PreEscaped<String> {
    PreEscaped(value.to_string().replace('<', "\\u003c"))
}
