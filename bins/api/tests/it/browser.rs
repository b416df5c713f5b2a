//! The dashboard in a real browser, of the executable over MLflow's file: what is seen, pressed
//! and read aloud, and that nobody else is asked.

mod score;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use forecast_core::{Series, Spec, ds::midnight, prophet_json};
use mlflow_client::{ClientOptions, Stage, Store, TrackingUri, connect};
use serde_json::{Value, json};
use testkit::browser::{self, Browser, Look};
use testkit::program::{Program, Running, workdir};
use testkit::series::Prices;

use crate::app::{NAME, TODAY, register};

const PATIENCE: Duration = Duration::from_mins(1);

/// A phone, a tablet, a desk.
const WIDTHS: [u32; 3] = [390, 768, 1440];

/// The narrowest screen that is still sold.
const NARROWEST: u32 = 320;

/// Keeps what the page repeats, so that a test need not wait for it.
const CLOCKWORK: &str = "window.setInterval = (act, ms) => { window.repeated = { act, ms }; };";

/// The service over a file of its own.
struct Service {
    dir: tempfile::TempDir,
    store: Arc<dyn Store>,
    running: Running,
    url: String,
}

impl Service {
    /// With version 1 in production, scored, and version 2 beside it.
    async fn start() -> Self {
        let dir = workdir().unwrap();
        let uri = format!("sqlite:///{}", dir.path().join("mlflow.db").display());
        let uri = TrackingUri::parse(&uri).unwrap();
        let store = connect(&uri, &ClientOptions::new()).await.unwrap();
        for prior_scale in [0.05, 0.5] {
            register(store.as_ref(), &model(prior_scale)).await;
        }
        let mut running = Program::new(env!("CARGO_BIN_EXE_api"))
            .current_dir(dir.path())
            .args(["--port", "0", "--poll-seconds", "0.05"])
            .env("PETR4__CLOCK__TODAY", TODAY)
            .env("PETR4__MONITOR__DRAIN_SECONDS", "0.1")
            .start()
            .unwrap();
        let url = running.listening_on(PATIENCE).unwrap();
        promote(store.as_ref(), 1, &url).await;
        score::score(store.as_ref(), &prices().rows).await;
        until_shown(&url, "trainer score", false).await;
        Self { dir, store, running, url }
    }
}

async fn promote(store: &dyn Store, version: u32, url: &str) {
    store.transition_stage(NAME, version.into(), Stage::Production, true).await.unwrap();
    let began = Instant::now();
    while get(&format!("{url}/model")).await["version"] != version {
        assert!(began.elapsed() < PATIENCE, "version {version} is never served");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until the page says something, or no longer does.
async fn until_shown(url: &str, what: &str, is_there: bool) {
    let began = Instant::now();
    while reqwest::get(url).await.unwrap().text().await.unwrap().contains(what) != is_there {
        assert!(began.elapsed() < PATIENCE, "{what}: {is_there}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn get(url: &str) -> Value {
    reqwest::get(url).await.unwrap().json().await.unwrap()
}

/// Three years of made-up prices, up to the day before the clock's.
fn prices() -> Prices {
    Prices::random_walk("PETR4.SA", "2023-01-02".parse().unwrap(), 745, 7)
}

/// A model of them.
fn model(changepoint_prior_scale: f64) -> String {
    let prices = prices();
    let ds = prices.rows.iter().map(|row| midnight(row.date)).collect();
    let series = Series::new(ds, prices.rows.iter().map(|row| row.close).collect()).unwrap();
    let spec = Spec { changepoint_prior_scale, ..Spec::default() };
    prophet_json::write(&forecast_core::fit(&spec, &series).unwrap())
}

/// The pictures of the last run, for people.
fn keep(browser: &mut Browser, name: &str) {
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dashboard");
    std::fs::create_dir_all(&folder).unwrap();
    let picture = BASE64_STANDARD.decode(browser.picture().unwrap()).unwrap();
    std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
}

fn text(browser: &mut Browser, selector: &str) -> String {
    let expression = format!("document.querySelector({selector:?}).textContent");
    let text = browser.evaluate(&expression).unwrap();
    text.as_str().unwrap_or_default().replace('\u{a0}', " ")
}

/// A price as the page writes it.
fn price(value: &Value) -> String {
    format!("R$ {:.2}", value.as_f64().unwrap())
}

fn press(browser: &mut Browser, key: &str) {
    for kind in ["keyDown", "keyUp"] {
        let text = if key.len() == 1 && kind == "keyDown" { key } else { "" };
        let event = json!({"type": kind, "key": key, "text": text});
        browser.call("Input.dispatchKeyEvent", &event).unwrap();
    }
}

/// Has the page ask whether it is still true, until what is expected is.
fn until_asked(browser: &mut Browser, expected: &str) {
    browser.until(&format!("(window.repeated.act(), {expected})")).unwrap();
}

/// What no page of ours does, asked after each.
#[track_caller]
fn is_silent_and_alone(browser: &mut Browser, url: &str) {
    let said = browser.console();
    assert!(said.is_empty(), "{said:#?}");
    let elsewhere: Vec<String> =
        browser.requests().into_iter().filter(|it| !it.starts_with(url)).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

#[track_caller]
fn fits(browser: &mut Browser, width: u32) {
    let widest = browser.evaluate("document.documentElement.scrollWidth").unwrap();
    assert_eq!(widest, width, "the page is as wide as the screen");
}

fn looks(browser: &mut Browser, url: &str) {
    let looks = WIDTHS.into_iter().flat_map(|width| [(width, false), (width, true)]);
    for (width, is_dark) in looks.chain([(NARROWEST, false)]) {
        browser.look(Look { width, is_dark, has_scripts: true }).unwrap();
        browser.open(&format!("{url}/?lang=pt")).unwrap();
        browser.until("document.querySelector('.uplot')").unwrap();
        fits(browser, width);
        keep(browser, &format!("{width}-{}", if is_dark { "dark" } else { "light" }));
        is_silent_and_alone(browser, url);
    }
}

/// The value of the forecast in the legend of its picture.
const READ: &str = "#forecast .legend .forecast b";

fn reads_by_keys(browser: &mut Browser, rows: &Value) {
    let is_whole = "document.querySelector('.tools button:last-child').disabled";
    let rows = rows.as_array().unwrap();
    let [before, last] =
        [2, 1].map(|back| format!("{:.2}", rows[rows.len() - back]["yhat"].as_f64().unwrap()));
    assert_ne!(before, last, "or nothing would be tested");
    browser.evaluate("document.querySelector('.u-over').focus()").unwrap();
    assert_eq!(text(browser, READ), last);
    press(browser, "ArrowLeft");
    browser.until(&format!("document.querySelector({READ:?}).textContent === {before:?}")).unwrap();
    let aloud = text(browser, "#forecast .legend [role=status]");
    assert!(aloud.contains(&before), "{aloud}");
    press(browser, "+");
    browser.until(&format!("!{is_whole}")).unwrap();
    press(browser, "0");
    browser.until(is_whole).unwrap();
    let hide = "document.querySelector('.legend button.forecast')";
    browser.evaluate(&format!("{hide}.click()")).unwrap();
    browser.until(&format!("{hide}.getAttribute('aria-pressed') === 'false'")).unwrap();
}

#[tokio::test]
async fn a_browser_shows_what_the_api_says_and_follows_it() {
    if !browser::is_installed() {
        return crate::openapi::skip("there is no Chromium");
    }
    let service = Service::start().await;
    let url = service.url.clone();
    let mut browser = Browser::start().unwrap();
    let clockwork = json!({"source": CLOCKWORK});
    browser.call("Page.addScriptToEvaluateOnNewDocument", &clockwork).unwrap();
    looks(&mut browser, &url);

    // What is seen is what the API says.
    let look = Look { width: 1440, is_dark: false, has_scripts: true };
    browser.look(look).unwrap();
    browser.open(&url).unwrap();
    browser.until("document.querySelector('.uplot') && window.repeated").unwrap();
    let rows = get(&format!("{url}/predict?days=60")).await;
    assert_eq!(text(&mut browser, ".next .value"), price(&rows[0]["yhat"]));
    assert_eq!(text(&mut browser, "#versions .version"), "Version 1");
    let seen = "document.querySelector('#errors tbody tr').textContent";
    assert_eq!(browser.evaluate(seen).unwrap(), score::FIRST_ROW);
    let n_drawn =
        browser.evaluate("document.querySelectorAll('.chart .plot > svg').length").unwrap();
    assert_eq!(n_drawn, 0, "every picture can be zoomed");
    reads_by_keys(&mut browser, &rows);

    // A promotion shows without the page being loaded again.
    assert_eq!(browser.evaluate("window.stays = true, window.repeated.ms").unwrap(), 15_000);
    browser.evaluate("document.querySelector('#forecast-rows').open = true").unwrap();
    browser.evaluate("window.repeated.act()").unwrap();
    promote(service.store.as_ref(), 2, &url).await;
    let rows = get(&format!("{url}/predict?days=60")).await;
    until_asked(
        &mut browser,
        "document.querySelector('#versions .version').textContent.endsWith('2')",
    );
    assert_eq!(text(&mut browser, ".next .value"), price(&rows[0]["yhat"]));
    assert_eq!(text(&mut browser, "#news"), "Version 2 is served.");
    browser.until("document.querySelector('#forecast .uplot')").unwrap();
    let kept = "window.stays && document.querySelector('#forecast-rows').open";
    assert_eq!(browser.evaluate(kept).unwrap(), true, "nothing was loaded again or folded up");
    is_silent_and_alone(&mut browser, &url);

    // Without scripts there is all of it but the zoom.
    browser.look(Look { has_scripts: false, ..look }).unwrap();
    browser.open(&url).unwrap();
    assert_eq!(text(&mut browser, ".next .value"), price(&rows[0]["yhat"]));
    let seen = "document.querySelector('#forecast .plot > svg').getBoundingClientRect().width";
    assert!(browser.evaluate(seen).unwrap().as_f64() > Some(900.0));
    keep(&mut browser, "1440-without-scripts");
    is_silent_and_alone(&mut browser, &url);

    // A service that is gone is said to be.
    browser.look(look).unwrap();
    browser.open(&url).unwrap();
    browser.until("window.repeated").unwrap();
    let output = service.running.terminate(PATIENCE).unwrap();
    assert_eq!(output.code, Some(0), "{}", output.report());
    until_asked(&mut browser, "!document.querySelector('#lost').hidden");
    drop(service.dir);
}
