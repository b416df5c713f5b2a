//! Python Prophet's JSON to a fitted model.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Fault, ReadError, excerpt,
    pandas::{Split, Table},
    wire,
};
use crate::{
    design::{Design, ScaledRegressor},
    ds::{self, Ds},
    fitted::{Fitted, History, Params, check::DRAWS_MAX},
    holidays,
    scale::Scales,
    series::Future,
    spec::{
        BUILT_IN, Growth, Holiday, Mode, PERIOD_ALLOWED, Regressor, Scaling, Seasonality,
        SeasonalityChoice, Spec, UNCERTAINTY_SAMPLES_MAX, WINDOW_DAYS_MAX, is_period,
    },
};

/// Reads a fitted model that Python Prophet or [`write`](super::write()) wrote,
/// bare or inside one JSON string.
///
/// # Errors
///
/// [`ReadError`] for anything that is not a complete, consistent model; never a
/// panic.
#[doc(alias = "model_from_json")]
pub fn read(json: &str) -> Result<Fitted, ReadError> {
    let model: wire::Model = match serde_json::from_str::<Value>(json)
        .map_err(|error| ReadError::Json(Fault::of(&error)))?
    {
        Value::String(inner) => {
            serde_json::from_str(&inner).map_err(|error| ReadError::Json(Fault::of(&error)))?
        }
        value => {
            serde_json::from_value(value).map_err(|error| ReadError::Json(Fault::of(&error)))?
        }
    };
    let scales = scales(&model)?;
    let design = design(&model)?;
    let samples = samples(&model, &design)?;
    let history = history(&model, &design)?;
    let changepoints: Vec<Ds> = match &model.changepoints {
        Some(text) => times("changepoints", text)?,
        None => Vec::new(),
    };
    let spec = spec(&model, &design, &changepoints)?;
    Ok(Fitted {
        mean: Params::mean(&samples),
        changepoints_t: model.changepoints_t,
        changepoints,
        spec,
        scales,
        design,
        samples,
        history,
        report: None,
    })
}

fn value_error(key: &str, value: impl std::fmt::Display, allowed: &'static str) -> ReadError {
    ReadError::Value { key: key.to_owned(), value: excerpt(&value.to_string()), allowed }
}

fn scales(model: &wire::Model) -> Result<Scales, ReadError> {
    for (key, value) in [("y_scale", model.y_scale), ("t_scale", model.t_scale)] {
        if !(value.is_finite() && 0.0 < value) {
            return Err(value_error(key, value, "a number above 0"));
        }
    }
    if !model.y_min.is_finite() {
        return Err(value_error("y_min", model.y_min, "a finite number"));
    }
    let start = ds::from_epoch_seconds(model.start)
        .ok_or_else(|| value_error("start", model.start, "seconds since 1970-01-01"))?;
    Ok(Scales {
        start,
        t_scale_s: model.t_scale,
        y_scale: model.y_scale,
        y_min: model.y_min,
        logistic_floor: model.logistic_floor,
        scaling: scaling(model)?,
    })
}

fn mode(key: &str, text: &str) -> Result<Mode, ReadError> {
    Mode::from_name(text).ok_or_else(|| value_error(key, text, "`additive` or `multiplicative`"))
}

fn scaling(model: &wire::Model) -> Result<Scaling, ReadError> {
    Scaling::from_name(&model.scaling)
        .ok_or_else(|| value_error("scaling", &model.scaling, "`absmax` or `minmax`"))
}

fn design(model: &wire::Model) -> Result<Design, ReadError> {
    let mut seasonalities = Vec::new();
    for name in &model.seasonalities.0 {
        let wire: wire::Seasonality = entry("seasonalities", name, &model.seasonalities.1)?;
        if !is_period(wire.period) {
            return Err(value_error(name, wire.period, PERIOD_ALLOWED));
        }
        seasonalities.push(Seasonality {
            name: name.clone(),
            period: wire.period,
            fourier_order: wire.fourier_order,
            prior_scale: wire.prior_scale,
            mode: mode(name, &wire.mode)?,
            condition_name: wire.condition_name,
        });
    }
    let mut regressors = Vec::new();
    for name in &model.extra_regressors.0 {
        let wire: wire::Regressor = entry("extra_regressors", name, &model.extra_regressors.1)?;
        if !(wire.mu.is_finite() && wire.std.is_finite() && wire.std != 0.0) {
            return Err(value_error(name, wire.std, "a standard deviation other than 0"));
        }
        let regressor = Regressor {
            name: name.clone(),
            prior_scale: wire.prior_scale,
            standardize: wire.standardize.as_bool(),
            mode: mode(name, &wire.mode)?,
            // Python does not write them.
            predictor: None,
        };
        let (mu, std) = (wire.mu, wire.std);
        regressors.push(ScaledRegressor { regressor, mu, std, predictor: None });
    }
    if let Some(country) = &model.country_holidays {
        holidays::known(country).map_err(ReadError::Spec)?;
    }
    let holidays_mode = model.holidays_mode.as_ref().unwrap_or(&model.seasonality_mode);
    Ok(Design {
        seasonalities,
        holidays: holiday_table(model)?,
        country: model.country_holidays.clone(),
        holiday_names: match &model.train_holiday_names {
            Some(text) => Some(names(text)?),
            None => None,
        },
        holidays_prior_scale: model.holidays_prior_scale,
        holidays_mode: mode("holidays_mode", holidays_mode)?,
        regressors,
    })
}

fn entry<T: DeserializeOwned>(
    key: &'static str,
    name: &str,
    map: &serde_json::Map<String, Value>,
) -> Result<T, ReadError> {
    let value = map.get(name).cloned().unwrap_or(Value::Null);
    serde_json::from_value(value)
        .map_err(|error| ReadError::Table { key, source: Fault::of(&error) })
}

fn parse<T: DeserializeOwned>(key: &'static str, text: &str) -> Result<T, ReadError> {
    serde_json::from_str(text).map_err(|error| ReadError::Table { key, source: Fault::of(&error) })
}

fn time(key: &str, value: Option<&Value>) -> Result<Ds, ReadError> {
    let text = value.and_then(Value::as_str).unwrap_or_default();
    ds::parse(text).ok_or_else(|| value_error(key, text, "a date in ISO 8601"))
}

fn times(key: &'static str, text: &str) -> Result<Vec<Ds>, ReadError> {
    let column: Split = parse(key, text)?;
    column.data.iter().map(|value| time(key, Some(value))).collect()
}

fn names(text: &str) -> Result<Vec<String>, ReadError> {
    let key = "train_holiday_names";
    let column: Split = parse(key, text)?;
    let name = |value: &Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| value_error(key, value, "a list of names"))
    };
    column.data.iter().map(name).collect()
}

fn holiday_table(model: &wire::Model) -> Result<Vec<Holiday>, ReadError> {
    let Some(text) = &model.holidays else { return Ok(Vec::new()) };
    let table: Table = parse("holidays", text)?;
    let window = |row: &serde_json::Map<String, Value>, key: &str| {
        let days = row.get(key).and_then(Value::as_f64).unwrap_or(0.0);
        #[expect(clippy::cast_possible_truncation, reason = "clamped to the range of i32")]
        let days = days.clamp(f64::from(i32::MIN), f64::from(i32::MAX)) as i32;
        if (-WINDOW_DAYS_MAX..=WINDOW_DAYS_MAX).contains(&days) {
            Ok(days)
        } else {
            Err(value_error(key, days, "at most 366 days"))
        }
    };
    let holiday = |row: &serde_json::Map<String, Value>| {
        let name = row.get("holiday").and_then(Value::as_str);
        Ok(Holiday {
            name: name.ok_or_else(|| value_error("holiday", "missing", "a name"))?.to_owned(),
            date: time("holidays", row.get("ds"))?.date(),
            lower_window: window(row, "lower_window")?.min(0),
            upper_window: window(row, "upper_window")?.max(0),
            prior_scale: row.get("prior_scale").and_then(Value::as_f64),
        })
    };
    table.data.iter().map(holiday).collect()
}

/// The draws of the parameters, checked against the design.
fn samples(model: &wire::Model, design: &Design) -> Result<Vec<Params>, ReadError> {
    let params = &model.params;
    let (k, m, sigma) =
        (rows("k", &params.k)?, rows("m", &params.m)?, rows("sigma_obs", &params.sigma_obs)?);
    let (delta, beta) = (rows("delta", &params.delta)?, rows("beta", &params.beta)?);
    let draws = k.len();
    let lengths = [
        ("params.m", m.len()),
        ("params.sigma_obs", sigma.len()),
        ("params.delta", delta.len()),
        ("params.beta", beta.len()),
    ];
    for (key, found) in lengths {
        if found != draws {
            return Err(ReadError::Shape { key, found, expected: draws });
        }
    }
    if !(1..=DRAWS_MAX).contains(&draws) {
        return Err(value_error("params.k", format!("{draws} rows"), "1 to 20000 rows"));
    }
    for t in &model.changepoints_t {
        if !t.is_finite() {
            return Err(value_error("changepoints_t", t, "a finite number"));
        }
    }
    let orders = design.seasonalities.iter().map(|s| 2 * u64::from(s.fourier_order));
    let (seasonal, found) = (orders.sum::<u64>(), beta[0].len());
    if (found as u64) < seasonal {
        // Checked before the columns are laid out: an order may be any number.
        let expected = usize::try_from(seasonal).unwrap_or(usize::MAX);
        return Err(ReadError::Shape { key: "params.beta", found, expected });
    }
    let width = design.columns().len().max(1);
    let scalar = |key, row: &[f64]| match row {
        [value] => Ok(*value),
        _ => Err(ReadError::Shape { key, found: row.len(), expected: 1 }),
    };
    (0..draws)
        .map(|i| {
            let shapes = [
                ("params.delta", delta[i].len(), model.changepoints_t.len()),
                ("params.beta", beta[i].len(), width),
            ];
            for (key, found, expected) in shapes {
                if found != expected {
                    return Err(ReadError::Shape { key, found, expected });
                }
            }
            let sigma_obs = scalar("params.sigma_obs", &sigma[i])?;
            if sigma_obs < 0.0 {
                return Err(value_error("params.sigma_obs", sigma_obs, "zero or above"));
            }
            Ok(Params {
                k: scalar("params.k", &k[i])?,
                m: scalar("params.m", &m[i])?,
                delta: delta[i].clone(),
                beta: beta[i].clone(),
                sigma_obs,
            })
        })
        .collect()
}

/// Rows of draws; a bare number is a row of one.
fn rows(key: &str, draws: &wire::Draws) -> Result<Vec<Vec<f64>>, ReadError> {
    let number = |value: &Value| {
        value
            .as_f64()
            .filter(|value| value.is_finite())
            .ok_or_else(|| value_error(&format!("params.{key}"), value, "a finite number"))
    };
    let row = |value: &Value| match value {
        Value::Array(values) => values.iter().map(number).collect(),
        other => Ok(vec![number(other)?]),
    };
    draws.0.iter().map(row).collect()
}

fn history(model: &wire::Model, design: &Design) -> Result<History, ReadError> {
    let mut history = History::default();
    if let Some(text) = &model.history {
        let table: Table = parse("history", text)?;
        let column = |key: &str| -> Result<Vec<f64>, ReadError> {
            let number = |row: &serde_json::Map<String, Value>| {
                let value = row.get(key).unwrap_or(&Value::Null);
                let number =
                    value.as_f64().or_else(|| value.as_bool().map(|b| f64::from(u8::from(b))));
                number.ok_or_else(|| value_error(&format!("history.{key}"), value, "a number"))
            };
            table.data.iter().map(number).collect()
        };
        let ds = table.data.iter().map(|row| time("history.ds", row.get("ds")));
        history.y = column("y")?;
        history.rows = Future::new(ds.collect::<Result<_, _>>()?);
        let conditions = design.seasonalities.iter().filter_map(|s| s.condition_name.clone());
        let mut extra: Vec<(String, f64, f64)> = conditions.map(|name| (name, 0.0, 1.0)).collect();
        if model.growth == "logistic" {
            extra.push(("cap".to_owned(), 0.0, 1.0));
        }
        if model.logistic_floor {
            extra.push(("floor".to_owned(), 0.0, 1.0));
        }
        // Python keeps regressors scaled; the fit wants them as they came.
        let scaled = design.regressors.iter();
        extra.extend(scaled.map(|r| (r.regressor.name.clone(), r.mu, r.std)));
        for (name, mu, std) in extra {
            let values = column(&name)?.iter().map(|value| value * std + mu).collect();
            history.rows = history.rows.with_column(&name, values).map_err(ReadError::Spec)?;
        }
    }
    history.all_ds = match &model.history_dates {
        Some(text) => times("history_dates", text)?,
        None => history.rows.ds().to_vec(),
    };
    history.all_ds.sort_unstable();
    Ok(history)
}

fn spec(model: &wire::Model, design: &Design, changepoints: &[Ds]) -> Result<Spec, ReadError> {
    let choice = |key: &str, value: &Value| match value {
        Value::Bool(true) => Ok(SeasonalityChoice::On),
        Value::Bool(false) => Ok(SeasonalityChoice::Off),
        Value::String(auto) if auto == "auto" => Ok(SeasonalityChoice::Auto),
        other => other
            .as_u64()
            .and_then(|order| u32::try_from(order).ok())
            .map(SeasonalityChoice::Order)
            .ok_or_else(|| value_error(key, other, "`auto`, true, false or an order")),
    };
    let choice_of = |name: &str| match name {
        "yearly" => Some(&model.yearly_seasonality),
        "weekly" => Some(&model.weekly_seasonality),
        "daily" => Some(&model.daily_seasonality),
        _ => None,
    };
    // A built-in name is the model's own where it was left to `auto` and differs
    // from what `auto` makes.
    let own = |seasonality: &&Seasonality| match choice_of(&seasonality.name) {
        Some(choice) if choice.as_str() == Some("auto") => {
            !is_default(seasonality, model.seasonality_prior_scale, &model.seasonality_mode)
        }
        Some(_) => false,
        None => true,
    };
    Ok(Spec {
        growth: Growth::from_name(&model.growth)
            .ok_or_else(|| value_error("growth", &model.growth, "linear, logistic or flat"))?,
        changepoints: model.specified_changepoints.then(|| changepoints.to_vec()),
        n_changepoints: usize::try_from(model.n_changepoints).unwrap_or(0),
        changepoint_range: model.changepoint_range,
        yearly_seasonality: choice("yearly_seasonality", &model.yearly_seasonality)?,
        weekly_seasonality: choice("weekly_seasonality", &model.weekly_seasonality)?,
        daily_seasonality: choice("daily_seasonality", &model.daily_seasonality)?,
        seasonalities: design.seasonalities.iter().filter(own).cloned().collect(),
        holidays: design.holidays.clone(),
        country_holidays: design.country.clone(),
        regressors: design.regressors.iter().map(|scaled| scaled.regressor.clone()).collect(),
        seasonality_mode: mode("seasonality_mode", &model.seasonality_mode)?,
        holidays_mode: Some(design.holidays_mode),
        seasonality_prior_scale: model.seasonality_prior_scale,
        holidays_prior_scale: model.holidays_prior_scale,
        changepoint_prior_scale: model.changepoint_prior_scale,
        interval_width: interval_width(model)?,
        mcmc_samples: model.mcmc_samples as usize,
        uncertainty_samples: uncertainty_samples(&model.uncertainty_samples)?,
        scaling: scaling(model)?,
    })
}

/// Whether a seasonality of a built-in name is what Prophet makes by itself.
fn is_default(seasonality: &Seasonality, prior_scale: f64, mode: &str) -> bool {
    let defaults = [365.25, 7.0, 1.0].into_iter().zip([10, 3, 4]);
    let default = BUILT_IN.iter().zip(defaults).find(|(name, _)| **name == seasonality.name);
    default.is_some_and(|(_, (period, order))| {
        (seasonality.period - period).abs() < f64::EPSILON
            && seasonality.fourier_order == order
            && (seasonality.prior_scale - prior_scale).abs() < f64::EPSILON
            && seasonality.mode.name() == mode
            && seasonality.condition_name.is_none()
    })
}

fn interval_width(model: &wire::Model) -> Result<f64, ReadError> {
    let width = model.interval_width;
    if 0.0 < width && width < 1.0 {
        Ok(width)
    } else {
        Err(value_error("interval_width", width, "between 0 and 1"))
    }
}

fn uncertainty_samples(value: &Value) -> Result<usize, ReadError> {
    if value.as_bool() == Some(false) || value.is_null() {
        return Ok(0);
    }
    let count =
        value.as_u64().ok_or_else(|| value_error("uncertainty_samples", value, "a count"))?;
    // More paths than we draw are no reason to refuse a model.
    Ok(usize::try_from(count).unwrap_or(usize::MAX).min(UNCERTAINTY_SAMPLES_MAX))
}
