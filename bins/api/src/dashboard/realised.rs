//! What was forecast, and what the market did.

use chrono::NaiveDate;
use forecast_monitor::{Daily, Report};
use maud::{Markup, html};

use super::Lang;
use super::chart::{Band, Chart, Ink, Line};
use super::errors::not_scored;
use super::parts::{card, missing, numbers};
use super::view::View;

/// Sessions in the picture: the year that a score holds.
const DAYS_MAX: usize = forecast_monitor::report::DAYS_MAX;

/// Sessions in the table; the picture's numbers are all in `score.json`.
const ROWS_MAX: usize = 60;

/// Corrected closes that are named.
const REVISIONS_MAX: usize = 3;

pub(super) fn section(view: &View, lang: Lang) -> Markup {
    let title = lang.pick("Forecast and outcome", "Previsão e resultado");
    let Some(report) = view.report() else {
        return card("realised", title, &html! {}, &missing(&not_scored(view, lang)));
    };
    let days = newest(&report.daily, DAYS_MAX);
    if days.is_empty() {
        let text = html! { (lang.pick(
            "No session that this version forecast has a close yet.",
            "Nenhum pregão previsto por esta versão tem fechamento ainda.",
        )) };
        return card("realised", title, &html! {}, &missing(&text));
    }
    let intro = html! { p { (lang.pick(
        "What was forecast for each session beforehand, and the close that came. Only forecasts made before the close count.",
        "O que se previu para cada pregão com antecedência, e o fechamento que veio. Só contam previsões feitas antes do fechamento.",
    )) } };
    let content = html! {
        (chart(view, report, days, lang).figure(lang))
        (corrections(report, lang))
        (numbers("realised-rows", lang.pick("The last sessions as a table", "Os últimos pregões em tabela"),
            &table(newest(&report.daily, ROWS_MAX), lang)))
    };
    card("realised", title, &intro, &content)
}

/// What was not as it seemed: prices in another unit, closes that became others.
fn corrections(report: &Report, lang: Lang) -> Markup {
    let rescaled = report.rescaled.last().map(|it| lang.number(it.ratio, 4));
    html! {
        @if let Some(ratio) = rescaled {
            p.note { (match lang {
                Lang::En => format!(
                    "The share was split since: forecasts from before it are multiplied by {ratio}."
                ),
                Lang::Pt => format!(
                    "A ação foi desdobrada ou grupada: previsões anteriores são multiplicadas por {ratio}."
                ),
            }) }
        }
        @for revision in report.revisions.iter().rev().take(REVISIONS_MAX) {
            @let (date, was, is) =
                (lang.date(revision.ds), lang.price(revision.was), lang.price(revision.is));
            p.note { (match lang {
                Lang::En => format!("The close of {date} was corrected from {was} to {is}."),
                Lang::Pt => format!("O fechamento de {date} foi corrigido de {was} para {is}."),
            }) }
        }
    }
}

fn newest(days: &[Daily], n: usize) -> &[Daily] {
    &days[days.len().saturating_sub(n)..]
}

fn chart(view: &View, report: &Report, days: &[Daily], lang: Lang) -> Chart {
    let dates: Vec<NaiveDate> = days.iter().map(|day| day.ds).collect();
    let ends: Vec<_> = days.iter().map(|day| day.lower_h05.zip(day.upper_h05)).collect();
    let band = ends
        .iter()
        .any(Option::is_some)
        .then(|| Band { label: lang.pick("Band", "Banda").to_owned(), ends });
    let (n, version) = (days.len(), report.version);
    Chart {
        id: "realised-chart",
        title: format!(
            "{}: {}",
            view.symbol,
            lang.pick(
                "forecasts and the closes that came",
                "previsões e os fechamentos que vieram",
            )
        ),
        desc: match lang {
            Lang::En => format!("{n} sessions forecast by version {version}."),
            Lang::Pt => format!("{n} pregões previstos pela versão {version}."),
        },
        lines: vec![
            Line {
                label: lang.pick("Close", "Fechamento").to_owned(),
                ink: Ink::Close,
                values: days.iter().map(|day| Some(day.close)).collect(),
            },
            Line {
                label: lang.pick("Forecast", "Previsão").to_owned(),
                ink: Ink::Forecast,
                values: days.iter().map(forecast).collect(),
            },
        ],
        band,
        mark: None,
        currency: view.currency,
        dates,
    }
}

/// What was said of a session nearest before it.
fn forecast(day: &Daily) -> Option<f64> {
    day.yhat.iter().flatten().copied().next()
}

fn table(days: &[Daily], lang: Lang) -> Markup {
    let price =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| lang.price(value));
    let error = |day: &Daily| match forecast(day) {
        Some(yhat) => lang.signed(yhat - day.close, 2),
        None => "–".to_owned(),
    };
    html! {
        table {
            thead { tr {
                th scope="col" { (lang.pick("Session", "Pregão")) }
                th scope="col" { (lang.pick("Close", "Fechamento")) }
                th scope="col" { (lang.pick("Forecast", "Previsão")) }
                th scope="col" { (lang.pick("Error", "Erro")) }
                th scope="col" { (lang.pick("Lower end", "Limite inferior")) }
                th scope="col" { (lang.pick("Upper end", "Limite superior")) }
            } }
            tbody { @for day in days.iter().rev() {
                tr {
                    th scope="row" { time datetime=(day.ds) { (lang.date(day.ds)) } }
                    td { (lang.price(day.close)) }
                    td { (price(forecast(day))) }
                    td { (error(day)) }
                    td { (price(day.lower_h05)) }
                    td { (price(day.upper_h05)) }
                }
            } }
        }
    }
}
