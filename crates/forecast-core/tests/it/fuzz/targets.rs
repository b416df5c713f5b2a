//! What must hold for any bytes whatever: `fuzz/` gives them to a fuzzer, the tests of
//! this crate give it a few thousand of a seeded stream, so that the targets stay alive.

use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, TimeDelta};
use forecast_core::{
    Fitted, Forecast, Future, Growth, Mode, Scaling, SeasonalityChoice, Series, Spec, compact,
    ds::{Ds, midnight},
    fit, prophet_json,
    spec::{Holiday, Regressor, Seasonality},
};
use serde_json::{Value, json};

/// Bytes as a source of decisions; zeros once they have run out.
#[derive(Debug)]
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// One of `0..count`.
    fn below(&mut self, count: usize) -> usize {
        (usize::from(self.byte()) << 8 | usize::from(self.byte())) % count.max(1)
    }

    fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    fn one_of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())].clone()
    }

    /// Mostly a tame number, now and then a huge or tiny one.
    fn number(&mut self) -> f64 {
        const EDGES: [f64; 10] =
            [0.0, -0.0, 1.0, -1.0, 1e-308, 1e300, -1e300, 1e-150, f64::NAN, f64::EPSILON];
        match self.byte() {
            0..=199 => f64::from(self.byte()) - 100.0 + f64::from(self.byte()) / 256.0,
            200..=251 => self.one_of(&EDGES),
            _ => f64::from(self.byte()) * 10_f64.powi(i32::from(self.byte()) - 128),
        }
    }
}

/// A series and a specification made of `bytes`: an error, or a finite forecast.
pub(crate) fn any_fit(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let spec = spec(&mut choices);
    let Some(series) = series(&spec, &mut choices) else { return };
    if let Ok(fitted) = fit(&spec, &series) {
        forecasts_are_finite(&fitted);
        let report = fitted.report().expect("a fit has a report");
        assert!(!report.log_posterior.is_nan(), "log posterior of {spec:?} on {series:?}");
    }
}

fn spec(choices: &mut Choices<'_>) -> Spec {
    let choice = [
        SeasonalityChoice::Auto,
        SeasonalityChoice::Off,
        SeasonalityChoice::On,
        SeasonalityChoice::Order(2),
    ];
    let modes = [Mode::Additive, Mode::Multiplicative];
    let scale = |choices: &mut Choices<'_>| match choices.byte() {
        0..=229 => choices.one_of(&[0.05, 10.0, 1e-6, 1e6]),
        _ => choices.number(),
    };
    let mut spec = Spec {
        growth: choices.one_of(&[Growth::Linear, Growth::Linear, Growth::Logistic, Growth::Flat]),
        n_changepoints: choices.one_of(&[25, 0, 1, 3, 60]),
        changepoint_range: choices.one_of(&[0.8, 1.0, 0.0, 0.3]),
        yearly_seasonality: choices.one_of(&choice),
        weekly_seasonality: choices.one_of(&choice),
        daily_seasonality: choices.one_of(&choice),
        seasonality_mode: choices.one_of(&modes),
        seasonality_prior_scale: scale(choices),
        holidays_prior_scale: scale(choices),
        changepoint_prior_scale: scale(choices),
        interval_width: choices.one_of(&[0.8, 0.999, 1e-9]),
        uncertainty_samples: choices.one_of(&[0, 1, 20]),
        scaling: choices.one_of(&[Scaling::AbsMax, Scaling::MinMax]),
        ..Spec::default()
    };
    if choices.byte() < 60 {
        spec.country_holidays = Some("BR".to_owned());
    }
    for i in 0..choices.one_of(&[0, 0, 1, 2]) {
        let holiday = Holiday {
            name: choices.one_of(&["fair", "feast"]).to_owned(),
            date: start().date() + TimeDelta::days(i64::from(choices.byte()) + i),
            lower_window: -choices.one_of(&[0, 1, 9]),
            upper_window: choices.one_of(&[0, 1, 9]),
            prior_scale: None,
        };
        spec.holidays.push(holiday);
    }
    if choices.byte() < 60 {
        let (name, mode) = ("rain".to_owned(), choices.one_of(&modes));
        let standardize = choices.one_of(&[None, Some(true), Some(false)]);
        spec.regressors.push(Regressor {
            name,
            prior_scale: 10.0,
            standardize,
            mode,
            predictor: None,
        });
    }
    if choices.byte() < 60 {
        let period = choices.number();
        let condition_name = choices.flag().then(|| "open".to_owned());
        let (name, mode) = ("own".to_owned(), choices.one_of(&modes));
        let own =
            Seasonality { name, period, fourier_order: 2, prior_scale: 10.0, mode, condition_name };
        spec.seasonalities.push(own);
    }
    spec
}

fn start() -> Ds {
    midnight(NaiveDate::from_ymd_opt(2020, 1, 1).expect("a day of the calendar"))
}

/// Up to 40 rows; `None` where they are refused, which is an answer too.
fn series(spec: &Spec, choices: &mut Choices<'_>) -> Option<Series> {
    const STEPS_S: [i64; 8] = [86_400, 86_400, 86_400, 3_600, 0, -40_000, 2_678_400, 9_000_000_000];
    let rows = choices.below(41);
    let constant = choices.byte() < 20;
    let (mut ds, mut y) = (Vec::new(), Vec::new());
    let mut at = start();
    for _ in 0..rows {
        ds.push(at);
        y.push(if constant { 7.0 } else { choices.number() });
        let step = if choices.byte() < 200 { STEPS_S[0] } else { choices.one_of(&STEPS_S) };
        at = at.checked_add_signed(TimeDelta::seconds(step))?;
    }
    let mut column =
        |limit: f64| -> Vec<f64> { (0..rows).map(|_| choices.number().abs() + limit).collect() };
    let (cap, floor, rain) = (column(1.0), column(-300.0), column(0.0));
    let open = rain.iter().map(|&x| f64::from(u8::from(x < 50.0))).collect();
    let mut series = Series::new(ds, y).ok()?;
    if spec.growth == Growth::Logistic {
        series = series.with_column("cap", cap).ok()?;
        if spec.n_changepoints == 3 {
            series = series.with_column("floor", floor).ok()?;
        }
    }
    series.with_column("rain", rain).ok()?.with_column("open", open).ok()
}

/// Bytes as the text of a model, or as changes to the text of one: an error, or a model
/// whose forecasts are finite and that can be written and read again.
pub(crate) fn any_prophet_json(bytes: &[u8]) {
    let text = if let Some(b'{' | b'"') = bytes.first() {
        String::from_utf8_lossy(bytes).into_owned()
    } else {
        let mut choices = Choices(bytes);
        let mut model = choices.one_of(templates());
        for _ in 0..=choices.below(3) {
            change(&mut model, &mut choices);
        }
        model.to_string()
    };
    let Ok(fitted) = prophet_json::read(&text) else { return };
    forecasts_are_finite(&fitted);
    let again = prophet_json::read(&prophet_json::write(&fitted));
    assert!(again.is_ok(), "{:?}", again.err());
    let again = compact::read(&compact::write(&fitted)).expect("what was read can be kept");
    assert_eq!(again, fitted);
}

/// Bytes as a compact model, or as changes to one with the checksum put right: an error,
/// or a model whose forecasts are finite.
pub(crate) fn any_compact(bytes: &[u8]) {
    if bytes.starts_with(b"FCPM") {
        compact_is_safe(bytes);
        return;
    }
    let mut choices = Choices(bytes);
    let mut model = choices.one_of(compact_templates());
    model.truncate(model.len() - 8);
    for _ in 0..=choices.below(4) {
        let at = choices.below(model.len());
        let byte = choices.byte();
        match choices.byte() {
            0..=159 => model[at] = byte,
            160..=189 => model.insert(at, byte),
            190..=219 => drop(model.remove(at)),
            _ => model.truncate(at.max(5)),
        }
    }
    // FNV-1a, as the format has it.
    let sum = model.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    model.extend(sum.to_le_bytes());
    compact_is_safe(&model);
}

fn compact_is_safe(bytes: &[u8]) {
    if let Ok(fitted) = compact::read(bytes) {
        forecasts_are_finite(&fitted);
    }
}

/// Small models of every kind, as JSON.
fn templates() -> &'static [Value] {
    static TEMPLATES: OnceLock<Vec<Value>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let rich = b"\x07 a few decisions that make a model with everything in it \x01\x02\x03";
        let mut specs = vec![
            Spec { uncertainty_samples: 10, n_changepoints: 3, ..Spec::default() },
            spec(&mut Choices(rich)),
        ];
        let mut full = specs[0].clone();
        full.growth = Growth::Logistic;
        full.scaling = Scaling::MinMax;
        full.country_holidays = Some("BR".to_owned());
        full.holidays.push(Holiday {
            name: "fair".to_owned(),
            date: start().date() + TimeDelta::days(3),
            lower_window: -1,
            upper_window: 1,
            prior_scale: Some(1.0),
        });
        full.regressors.push(Regressor {
            name: "rain".to_owned(),
            prior_scale: 10.0,
            standardize: None,
            mode: Mode::Multiplicative,
            predictor: None,
        });
        full.seasonalities.push(Seasonality {
            name: "own".to_owned(),
            period: 3.5,
            fourier_order: 1,
            prior_scale: 10.0,
            mode: Mode::Additive,
            condition_name: Some("open".to_owned()),
        });
        specs.push(full);
        specs.iter().map(template).collect()
    })
}

/// The same in the compact form.
fn compact_templates() -> &'static [Vec<u8>] {
    static TEMPLATES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let compact = |json: &Value| {
        let fitted = prophet_json::read(&json.to_string()).expect("the templates are models");
        compact::write(&fitted)
    };
    TEMPLATES.get_or_init(|| templates().iter().map(compact).collect())
}

fn template(spec: &Spec) -> Value {
    let rows = 20_u32;
    let ds = (0..rows).map(|i| start() + TimeDelta::days(i.into())).collect();
    let column = |f: fn(f64) -> f64| (0..rows).map(|i| f(f64::from(i))).collect::<Vec<f64>>();
    let series = Series::new(ds, column(|x| 5.0 + x.sin() + 0.1 * x))
        .and_then(|series| series.with_column("cap", column(|_| 20.0)))
        .and_then(|series| series.with_column("floor", column(|_| -1.0)))
        .and_then(|series| series.with_column("rain", column(|x| x * x)))
        .and_then(|series| series.with_column("open", column(|x| x % 2.0)))
        .expect("columns of one length");
    let fitted = fit(spec, &series).expect("a plain model of a plain series");
    serde_json::from_str(&prophet_json::write(&fitted)).expect("it is JSON")
}

/// Changes one thing somewhere inside, also inside the tables that are strings.
fn change(value: &mut Value, choices: &mut Choices<'_>) {
    if let Value::String(text) = value
        && let Ok(mut inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text)
        && choices.byte() < 240
    {
        change(&mut inner, choices);
        *text = inner.to_string();
        return;
    }
    let stop = 235 < choices.byte();
    match value {
        Value::Object(map) if !map.is_empty() && !stop => {
            let key = map.keys().nth(choices.below(map.len())).expect("below its length").clone();
            if 240 < choices.byte() {
                map.remove(&key);
            } else {
                change(&mut map[&key], choices);
            }
        }
        Value::Array(list) if !list.is_empty() && !stop => {
            let at = choices.below(list.len());
            match choices.byte() {
                0..=199 => change(&mut list[at], choices),
                200..=229 => drop(list.remove(at)),
                _ => list.insert(at, list[at].clone()),
            }
        }
        other => *other = any_value(other, choices),
    }
}

fn any_value(old: &Value, choices: &mut Choices<'_>) -> Value {
    let near = old.as_f64().unwrap_or(1.0);
    let values = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-1),
        json!(near + 1.0),
        json!(near * 1e200),
        json!(near * 1e-200),
        json!(-near),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(f64::MAX),
        json!(""),
        json!("auto"),
        json!("multiplicative"),
        json!("logistic"),
        json!("minmax"),
        json!("BR"),
        json!("rain"),
        json!("9999-12-31T23:59:59.999"),
        json!("-262143-01-01"),
        json!("1970-01-01T00:00:00.000"),
        json!([]),
        json!({}),
        json!([[]]),
        json!([1.0, 2.0]),
    ];
    choices.one_of(&values)
}

/// Forecasts rows before, in and after the history, near and far.
fn forecasts_are_finite(fitted: &Fitted) {
    let last = fitted.last_ds().unwrap_or_else(start);
    let days = [-400, 0, 1, 2, 40, 4_000];
    let near = days.iter().filter_map(|&day| last.checked_add_signed(TimeDelta::days(day)));
    let epoch = DateTime::UNIX_EPOCH.naive_utc();
    for ds in [near.collect(), vec![epoch, Ds::MIN, Ds::MAX], vec![Ds::MAX]] {
        let Some(rows) = rows(fitted, ds) else { continue };
        if let Ok(forecast) = fitted.predict_rows(&rows, 1) {
            assert_finite(&forecast);
        }
    }
}

/// Rows with all the columns that the model may ask for.
fn rows(fitted: &Fitted, ds: Vec<Ds>) -> Option<Future> {
    let (spec, count) = (fitted.spec(), ds.len());
    let mut rows = Future::new(ds);
    let regressors = spec.regressors.iter().map(|regressor| regressor.name.as_str());
    let conditions = spec.seasonalities.iter().filter_map(|own| own.condition_name.as_deref());
    for name in regressors.chain(conditions) {
        rows = rows.with_column(name, vec![1.0; count]).ok()?;
    }
    rows = rows.with_column("cap", vec![1e4; count]).ok()?;
    rows.with_column("floor", vec![-1e4; count]).ok()
}

fn assert_finite(forecast: &Forecast) {
    let Forecast {
        ds: _,
        yhat,
        yhat_lower,
        yhat_upper,
        trend,
        trend_lower,
        trend_upper,
        additive_terms,
        additive_terms_lower,
        additive_terms_upper,
        multiplicative_terms,
        multiplicative_terms_lower,
        multiplicative_terms_upper,
        components,
    } = forecast;
    let named = [
        ("yhat", yhat),
        ("yhat_lower", yhat_lower),
        ("yhat_upper", yhat_upper),
        ("trend", trend),
        ("trend_lower", trend_lower),
        ("trend_upper", trend_upper),
        ("additive_terms", additive_terms),
        ("additive_terms_lower", additive_terms_lower),
        ("additive_terms_upper", additive_terms_upper),
        ("multiplicative_terms", multiplicative_terms),
        ("multiplicative_terms_lower", multiplicative_terms_lower),
        ("multiplicative_terms_upper", multiplicative_terms_upper),
    ];
    let parts = components.iter().flat_map(|part| {
        [&part.values, &part.lower, &part.upper].map(|values| (part.name.as_str(), values))
    });
    for (name, values) in named.into_iter().chain(parts) {
        assert!(values.iter().all(|value| value.is_finite()), "{name}: {values:?}");
    }
}
