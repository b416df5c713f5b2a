//! The forecast with its band after the last year of closes.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::Lang;
use super::chart::{Band, Chart, Ink, Line};
use super::parts::{card, missing, money, numbers};
use super::view::{ServedVersion, View};
use crate::table::Row;

pub(super) fn section(view: &View, lang: Lang) -> Markup {
    let title = lang.pick("Forecast", "Previsão");
    let Some(served) = &view.served else {
        let text = html! { (lang.pick(
            "There is no forecast: no version is served.",
            "Não há previsão: nenhuma versão está em serviço.",
        )) };
        return card("forecast", title, &html! {}, &missing(&text));
    };
    let content = html! {
        @if !served.rows.is_empty() || !served.closes.is_empty() {
            (chart(view, served, lang).figure(lang))
        }
        @if served.rows.is_empty() { (no_rows(served, lang)) } @else {
            (numbers("forecast-rows", lang.pick("The forecast as a table", "A previsão em tabela"),
                &rows(served, lang)))
        }
        @if served.closes.is_empty() {
            (missing(&html! { (lang.pick(
                "The model came without the prices that it was fitted to.",
                "O modelo veio sem os preços com que foi ajustado.",
            )) }))
        } @else {
            (numbers("forecast-closes", lang.pick("The closes as a table", "Os fechamentos em tabela"),
                &closes(&served.closes, lang)))
        }
    };
    card("forecast", title, &intro(served, lang), &content)
}

fn intro(served: &ServedVersion, lang: Lang) -> Markup {
    let (n, version) = (served.rows.len(), served.version);
    let width = lang.percent(served.interval_width);
    html! {
        @if n != 0 {
            p { (match lang {
                Lang::En => format!(
                    "The next {n} sessions by version {version}. Its band is meant to hold {width} of the closes."
                ),
                Lang::Pt => format!(
                    "Os próximos {n} pregões pela versão {version}. A banda deve conter {width} dos fechamentos."
                ),
            }) }
        }
    }
}

/// Why there are no rows.
fn no_rows(served: &ServedVersion, lang: Lang) -> Markup {
    let columns = served.needed_columns.join(", ");
    let text = html! {
        @if served.needed_columns.is_empty() {
            (lang.pick(
                "The forecast of today is being made.",
                "A previsão de hoje está sendo calculada.",
            ))
        } @else {
            (lang.pick(
                "This version does not forecast from dates alone; send these columns to /invocations: ",
                "Esta versão não prevê só com datas; envie estas colunas para /invocations: ",
            ))
            code { (columns) }
        }
    };
    missing(&text)
}

fn chart(view: &View, served: &ServedVersion, lang: Lang) -> Chart {
    // A model may be asked about dates that it knows: the rows of both, each date once.
    let mut dates: Vec<NaiveDate> = served.closes.iter().map(|(date, _)| *date).collect();
    dates.extend(served.rows.iter().map(|row| row.ds));
    dates.sort_unstable();
    dates.dedup();
    let close = |date: &NaiveDate| {
        let idx = served.closes.binary_search_by_key(date, |(date, _)| *date).ok()?;
        Some(served.closes[idx].1)
    };
    let row = |date: &NaiveDate| -> Option<&Row> {
        Some(&served.rows[served.rows.binary_search_by_key(date, |row| row.ds).ok()?])
    };
    let ends = |date: &NaiveDate| row(date).and_then(|row| row.yhat_lower.zip(row.yhat_upper));
    let has_band = served.rows.iter().any(|row| row.yhat_lower.is_some());
    let width = lang.percent(served.interval_width);
    let band = has_band.then(|| Band {
        label: match lang {
            Lang::En => format!("Band of {width}"),
            Lang::Pt => format!("Banda de {width}"),
        },
        ends: dates.iter().map(ends).collect(),
    });
    let begins = served.rows.first().map(|row| row.ds);
    Chart {
        id: "forecast-chart",
        title: format!(
            "{}: {}",
            view.symbol,
            lang.pick(
                "the last year of closes and the forecast",
                "o último ano de fechamentos e a previsão",
            )
        ),
        desc: describe(view, served, lang),
        lines: vec![
            Line {
                label: lang.pick("Close", "Fechamento").to_owned(),
                ink: Ink::Close,
                values: dates.iter().map(close).collect(),
            },
            Line {
                label: lang.pick("Forecast", "Previsão").to_owned(),
                ink: Ink::Forecast,
                values: dates.iter().map(|date| row(date).map(|row| row.yhat)).collect(),
            },
        ],
        band,
        mark: begins.map(|date| (date, lang.date(date))),
        currency: view.currency,
        dates,
    }
}

/// The picture in a sentence or two.
fn describe(view: &View, served: &ServedVersion, lang: Lang) -> String {
    let money = |value| money(lang, view.currency, value);
    let mut said = Vec::new();
    if let (Some(first), Some(last)) = (served.closes.first(), served.closes.last()) {
        let (from, to) = (lang.date(first.0), lang.date(last.0));
        let (began, ended) = (money(first.1), money(last.1));
        said.push(match lang {
            Lang::En => format!("Closes from {began} on {from} to {ended} on {to}."),
            Lang::Pt => format!("Fechamentos de {began} em {from} a {ended} em {to}."),
        });
    }
    if let (Some(first), Some(last)) = (served.rows.first(), served.rows.last()) {
        let (from, to) = (lang.date(first.ds), lang.date(last.ds));
        let (begins, ends) = (money(first.yhat), money(last.yhat));
        said.push(match lang {
            Lang::En => format!("Forecast from {begins} on {from} to {ends} on {to}."),
            Lang::Pt => format!("Previsão de {begins} em {from} a {ends} em {to}."),
        });
    }
    said.join(" ")
}

fn rows(served: &ServedVersion, lang: Lang) -> Markup {
    let price =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| lang.price(value));
    html! {
        table {
            thead { tr {
                th scope="col" { (lang.pick("Session", "Pregão")) }
                th scope="col" { (lang.pick("Forecast", "Previsão")) }
                th scope="col" { (lang.pick("Lower end", "Limite inferior")) }
                th scope="col" { (lang.pick("Upper end", "Limite superior")) }
            } }
            tbody { @for row in &served.rows {
                tr {
                    th scope="row" { time datetime=(row.ds) { (lang.date(row.ds)) } }
                    td { (lang.price(row.yhat)) }
                    td { (price(row.yhat_lower)) }
                    td { (price(row.yhat_upper)) }
                }
            } }
        }
    }
}

fn closes(closes: &[(NaiveDate, f64)], lang: Lang) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { (lang.pick("Session", "Pregão")) }
                th scope="col" { (lang.pick("Close", "Fechamento")) }
            } }
            tbody { @for (date, close) in closes.iter().rev() {
                tr {
                    th scope="row" { time datetime=(date) { (lang.date(*date)) } }
                    td { (lang.price(*close)) }
                }
            } }
        }
    }
}
