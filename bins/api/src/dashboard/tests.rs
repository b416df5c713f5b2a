use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use forecast_monitor::{
    Alert, BANDS, Band, BandReport, Close, Daily, LeftOut, Level, Limits, Report, Rescaled,
    Revision, Scores, ServiceChange, SpoolState, What,
};
use registry_watcher::{Cause, Degraded, Refusal, Status};

use super::view::ServedVersion;
use super::*;
use crate::monitor::board::Board;
use crate::table::Row;

/// What nobody may have a browser read as a tag or as the end of one.
const HOSTILE: &str = "</script><script>alert(1)</script>\"' onload=x &amp;";

/// What the page may weigh, in bytes.
const BYTES_MAX: usize = 300_000;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A version in service, `n` closes and sessions.
fn view(n: usize) -> View {
    let dates: Vec<NaiveDate> = day("2025-01-02").iter_days().take(2 * n).collect();
    let row = |(idx, ds): (usize, &NaiveDate)| Row {
        ds: *ds,
        yhat: 31.5 + idx as f64 / 16.0,
        yhat_lower: Some(28.0),
        yhat_upper: Some(35.25),
    };
    View {
        symbol: "PETR4.SA".to_owned(),
        currency: "R$",
        zone: chrono_tz::America::Sao_Paulo,
        model: "ProphetModel".to_owned(),
        selector: "stage:Production".to_owned(),
        served: Some(ServedVersion {
            version: 3,
            since: moment("2026-11-23T15:00:00Z"),
            trained_through: Some(dates[n - 1]),
            needed_columns: Vec::new(),
            interval_width: 0.8,
            closes: dates[..n].iter().map(|date| (*date, 30.25)).collect(),
            rows: dates[n..].iter().enumerate().map(row).collect(),
        }),
        changes: vec![ServiceChange {
            version: 3,
            at: moment("2026-11-23T15:00:00Z"),
            reason: "promoted".to_owned(),
        }],
        status: Arc::new(Status::default()),
        board: Arc::new(Board::default()),
        recorder: None,
    }
}

/// A version in service, and how it did.
fn scored(n: usize) -> View {
    let spool = SpoolState { pending: 2, oldest_pending: None, kept: 1234, corrupt: 0 };
    let board = Board {
        reports: vec![Arc::new(report(n))],
        spool: Some(spool),
        is_on: true,
        ..Board::default()
    };
    View { board: Arc::new(board), ..view(n) }
}

fn scores(mae: f64) -> Scores {
    Scores {
        n: 20,
        n_targets: 20,
        n_effective: 5.5,
        mae,
        rmse: mae,
        mape: 2.0,
        bias: 0.0,
        mase: Some(mae / 0.5),
        naive_mae: 0.5,
        coverage: Some(0.75),
        interval_width: Some(0.8),
        pinball: None,
        winkler: None,
        tracking_signal: 1.0,
    }
}

/// A score of `n` sessions: better than the last close at one horizon, beyond a limit at another.
fn report(n: usize) -> Report {
    let band = |band: Band| BandReport {
        band,
        scores: (band.from() < 20).then(|| scores(if band.from() == 1 { 0.25 } else { 0.75 })),
        limits: Some(Limits { mean: 0.5, sd: 0.1, mase: None }),
        level: if band.from() == 1 { Level::Ok } else { Level::Warn },
    };
    let daily = |ds: NaiveDate| Daily {
        ds,
        close: 30.5,
        yhat: [Some(30.0), Some(31.0), None, Some(29.0), None],
        lower_h05: Some(28.0),
        upper_h05: Some(33.0),
    };
    let dates = day("2026-01-02").iter_days().take(n);
    Report {
        model: "ProphetModel".to_owned(),
        version: 3,
        symbol: "PETR4.SA".to_owned(),
        scored_at: moment("2026-11-23T22:00:00Z"),
        through: Some(day("2026-11-23")),
        window_sessions: 20,
        bands: BANDS.map(band).to_vec(),
        daily: dates.clone().map(daily).collect(),
        closes: dates.map(|ds| Close { ds, close: 30.5 }).collect(),
        alerts: vec![Alert {
            level: Level::Warn,
            band: Band::by_key("h05"),
            what: What::Mae,
            value: 0.75,
            limit: 0.7,
            sentence: HOSTILE.to_owned(),
        }],
        left_out: LeftOut { awaiting: 30, ..LeftOut::default() },
        rescaled: Vec::new(),
        revisions: Vec::new(),
        requests: Vec::new(),
        experiment_run_id: None,
    }
}

fn hostile() -> View {
    let mut view = view(5);
    for text in [&mut view.symbol, &mut view.model, &mut view.selector] {
        HOSTILE.clone_into(text);
    }
    view.changes[0].reason = HOSTILE.to_owned();
    let run_urls = [(3, format!("javascript:{HOSTILE}"))].into();
    view.board = Arc::new(Board {
        reports: vec![Arc::new(report(5))],
        run_urls,
        failure: Some(HOSTILE.to_owned()),
        is_on: true,
        ..Board::default()
    });
    let since = moment("2026-11-23T15:00:00Z").into();
    view.status = Arc::new(Status {
        degraded: Some(Degraded { since, why: HOSTILE.to_owned(), cause: Cause::Refused }),
        refused: vec![Refusal { version: 4.into(), at: since, reason: HOSTILE.to_owned() }],
        copy_failure: Some(HOSTILE.to_owned()),
        ..Status::default()
    });
    view
}

#[test]
fn what_others_wrote_is_text_and_nothing_else() {
    for lang in Lang::ALL {
        let html = page(&hostile(), lang);
        assert!(!html.contains("<script>alert"), "{html}");
        // Within data a quote ends with its string, and not with an attribute.
        let data = html.split("</script>").map(|it| it.split("\"application/json\"").next());
        assert!(data.flatten().all(|it| !it.contains("\"' onload")), "{html}");
        assert!(html.contains("&lt;/script&gt;&lt;script&gt;alert(1)"), "it is shown: {html}");
        assert!(!html.contains("javascript:"), "a link leads to a page or nowhere: {html}");
        let scripts = html.matches("<script").count();
        assert_eq!(scripts, html.matches("</script>").count());
        let ours = html.matches("<script defer src=\"/dashboard/").count();
        assert_eq!(scripts - ours, html.matches("<script type=\"application/json\">").count());
    }
}

/// The elements that have no end.
const VOID: [&str; 3] = ["meta", "link", "br"];

/// Checks that every element ends, in the order of their beginnings, and no `id` is there twice.
#[track_caller]
fn is_well_formed(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    for tag in html.split('<').skip(1).filter(|tag| !tag.starts_with('!')) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("no end of <{tag}"));
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{html}");
            continue;
        }
        let name = tag.split(' ').next().unwrap_or_default();
        if !VOID.contains(&name) {
            open.push(name);
        }
        if let Some((_, rest)) = tag.split_once(" id=\"") {
            ids.push(rest.split('"').next().unwrap_or_default());
        }
    }
    assert!(open.is_empty(), "{open:?}");
    let n_ids = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), n_ids, "an id is there twice: {ids:?}");
}

#[test]
fn the_page_is_well_formed_bounded_and_asks_nobody_else() {
    let whole = scored(370);
    let empty = View { served: None, changes: Vec::new(), ..view(1) };
    for view in [whole, empty, hostile(), view(1)] {
        for lang in Lang::ALL {
            let html = page(&view, lang);
            is_well_formed(&html);
            assert!(html.len() < BYTES_MAX, "{} bytes", html.len());
            for elsewhere in ["http:", "https:", "\"//", "style=", "NaN", ">inf"] {
                assert!(!html.contains(elsewhere), "{elsewhere}");
            }
        }
    }
}

#[track_caller]
fn says(view: &View, lang: Lang, texts: &[&str]) {
    let html = page(view, lang).replace('\u{a0}', " ");
    for text in texts {
        assert!(html.contains(text), "{text:?} in {html}");
    }
}

#[test]
fn each_language_has_its_words_numbers_and_dates() {
    let view = scored(300);
    says(
        &view,
        Lang::Pt,
        &[
            "<html lang=\"pt-BR\">",
            "R$ 31,50",
            "banda de 80%",
            "23/11/2026, 12:00",
            "melhor que repetir o último fechamento em 1 de 4 horizontes",
            "A 2–5 pregões, o erro é R$ 0,75, acima do limite de R$ 0,70.",
            "Promovida",
            "1.234 em disco, 2 esperam",
            "30 à espera do fechamento",
        ],
    );
    says(
        &view,
        Lang::En,
        &[
            "<html lang=\"en-GB\">",
            "R$ 31.50",
            "80% band",
            "23 Nov 2026, 12:00",
            "better than repeating the last close at 1 of 4 horizons",
            "Promoted",
            "1,234 on disk, 2 wait",
            "30 awaiting their close",
        ],
    );
}

#[test]
fn what_is_missing_is_said() {
    says(&view(3), Lang::En, &["No score of version 3 yet: run", "trainer score"]);
    let empty = View { served: None, changes: Vec::new(), ..view(1) };
    says(&empty, Lang::En, &["No version is served.", "The registry has not been asked yet."]);
    says(&empty, Lang::Pt, &["Nenhuma versão está em serviço.", "ainda não foi consultado"]);
    let mut needing = view(3);
    let served = needing.served.as_mut().unwrap();
    served.rows.clear();
    served.needed_columns = vec!["x".to_owned(), "cap".to_owned()];
    says(&needing, Lang::En, &["does not forecast from dates alone", "<code>x, cap</code>"]);
    let mut bare = view(3);
    bare.served.as_mut().unwrap().closes.clear();
    says(&bare, Lang::En, &["The model came without the prices that it was fitted to."]);
}

#[test]
fn the_run_in_mlflow_is_a_link_and_a_failure_is_told() {
    let mut view = scored(5);
    let board = Arc::make_mut(&mut view.board);
    board.run_urls = [(3, "https://mlflow.example/#/runs/1?a=\"b".to_owned())].into();
    says(&view, Lang::En, &["href=\"https://mlflow.example/#/runs/1?a=&quot;b\""]);
    let board = Arc::make_mut(&mut view.board);
    board.failure = Some("no answer within 10 s".to_owned());
    board.delivered_at = Some(moment("2026-11-23T15:00:00Z").into());
    says(&view, Lang::Pt, &["Estava em dia em", "23/11/2026, 12:00", "no answer within 10 s"]);
}

#[test]
fn the_worst_trouble_is_the_one_in_the_headline() {
    let tile = |view: &View| {
        let html = page(view, Lang::En);
        let (_, tile) = html.split_once("<h2>State</h2>").unwrap();
        tile.split("</span> ").nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    assert_eq!(tile(&view(3)), "In order");
    let mut view = scored(3);
    assert_eq!(tile(&view), "Warning");
    let mut fine = report(3);
    fine.bands.iter_mut().for_each(|band| band.level = Level::Ok);
    fine.alerts.clear();
    let board = Arc::make_mut(&mut view.board);
    board.failure = Some("away".to_owned());
    board.reports = vec![Arc::new(fine)];
    assert_eq!(tile(&view), "MLflow behind");
    view.status = hostile().status;
    assert_eq!(tile(&view), "Degraded");
}

#[test]
fn a_limit_far_above_the_errors_is_left_to_the_table() {
    let mut view = scored(5);
    let limit = "<line class=\"limit\"";
    assert!(page(&view, Lang::En).contains(limit));
    let mut far = report(5);
    for band in &mut far.bands {
        band.limits = Some(Limits { mean: 7.0, sd: 0.125, mase: None });
    }
    Arc::make_mut(&mut view.board).reports = vec![Arc::new(far)];
    let html = page(&view, Lang::En);
    assert!(!html.contains(limit) && html.contains(">7.25<"), "{html}");
}

#[test]
fn a_version_is_served_since_it_was_chosen_and_not_since_the_process_began() {
    let mut view = view(3);
    view.served.as_mut().unwrap().since = moment("2026-11-24T15:00:00Z");
    let html = page(&view, Lang::Pt);
    assert!(html.contains("23/11/2026, 12:00") && !html.contains("24/11/2026"), "{html}");
}

#[test]
fn the_outcome_is_beside_what_was_said_nearest_before() {
    let mut view = scored(3);
    let mut late = report(3);
    late.daily[2].yhat = [None, Some(31.0), None, Some(29.0), None];
    Arc::make_mut(&mut view.board).reports = vec![Arc::new(late)];
    let html = page(&view, Lang::En);
    let (_, rows) = html.split_once("id=\"realised-rows\"").unwrap();
    let row = rows.split("<tr>").nth(2).unwrap();
    let cells = "<td>30.50</td><td>31.00</td><td>+0.50</td><td>28.00</td><td>33.00</td>";
    assert!(row.contains(cells), "{row}");
}

#[test]
fn corrections_are_told() {
    let mut view = scored(5);
    let mut corrected = report(5);
    let (was, is) = (31.0, 31.25);
    let at = moment("2026-01-06T22:00:00Z");
    corrected.revisions = vec![Revision { ds: day("2026-01-05"), was, is, at }];
    corrected.rescaled = vec![Rescaled { version: 3, origin: day("2026-01-02"), ratio: 0.5 }];
    Arc::make_mut(&mut view.board).reports = vec![Arc::new(corrected)];
    let texts = ["de 05/01/2026 foi corrigido de 31,00 para 31,25", "multiplicadas por 0,5000"];
    says(&view, Lang::Pt, &texts);
}

#[test]
fn a_picture_has_its_numbers_for_the_script_and_for_readers() {
    let html = page(&view(4), Lang::En);
    let (_, data) = html.split_once("<script type=\"application/json\">").unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    let dates: Vec<_> = data["dates"].as_array().unwrap().iter().collect();
    assert_eq!(dates.len(), 8);
    assert_eq!(data["lines"][0]["values"][3], 30.25);
    assert_eq!(data["lines"][1]["values"][4], 31.5);
    assert_eq!(data["lines"][1]["values"][0], serde_json::Value::Null);
    assert_eq!(data["band"]["lower"][4], 28.0);
    assert!(html.contains("aria-labelledby=\"forecast-chart-name\""));
    assert!(html.contains("Forecast from R$\u{a0}31.50 on 6\u{a0}Jan\u{a0}2025"), "{html}");
}

#[test]
fn a_file_has_another_address_when_its_content_changes() {
    let html = page(&view(1), Lang::En);
    for asset in html.split("\"/dashboard/").skip(1).map(|it| it.split('"').next().unwrap()) {
        let digest =
            format!("{:016x}", crate::table::fnv1a(assets::Asset::named(asset).unwrap().bytes));
        assert!(asset.contains(&digest), "{asset}");
    }
    assert!(assets::Asset::named("page.js").is_none());
}
