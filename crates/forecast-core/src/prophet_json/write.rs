//! A fitted model to Python Prophet's JSON.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    PROPHET_VERSION,
    pandas::{Split, Table},
    wire,
};
use crate::{
    design::Column,
    ds::{epoch_seconds, to_iso_ms},
    fitted::{Fitted, Params},
    spec::{Mode, SeasonalityChoice},
};

/// Writes a fitted model so that `prophet.serialize.model_from_json` reads it:
/// one level of JSON, without a trailing line end.
#[doc(alias = "model_to_json")]
pub fn write(fitted: &Fitted) -> String {
    let spec = &fitted.spec;
    let scales = &fitted.scales;
    let design = &fitted.design;
    let samples = &fitted.samples;
    let model = wire::Model {
        growth: spec.growth.name().to_owned(),
        n_changepoints: i64::try_from(spec.n_changepoints).unwrap_or(i64::MAX),
        specified_changepoints: spec.changepoints.is_some(),
        changepoint_range: spec.changepoint_range,
        yearly_seasonality: choice(spec.yearly_seasonality),
        weekly_seasonality: choice(spec.weekly_seasonality),
        daily_seasonality: choice(spec.daily_seasonality),
        seasonality_mode: spec.seasonality_mode.name().to_owned(),
        seasonality_prior_scale: spec.seasonality_prior_scale,
        changepoint_prior_scale: spec.changepoint_prior_scale,
        holidays_prior_scale: spec.holidays_prior_scale,
        mcmc_samples: u32::try_from(spec.mcmc_samples).unwrap_or(u32::MAX),
        interval_width: spec.interval_width,
        uncertainty_samples: json!(spec.uncertainty_samples),
        y_scale: scales.y_scale,
        y_min: scales.y_min,
        scaling: scales.scaling.name().to_owned(),
        logistic_floor: scales.logistic_floor,
        country_holidays: design.country.clone(),
        component_modes: Some(component_modes(fitted)),
        holidays_mode: Some(design.holidays_mode.name().to_owned()),
        changepoints: Some(changepoints(fitted)),
        history_dates: Some(times(&fitted.history.all_ds)),
        train_holiday_names: design.holiday_names.as_ref().map(|names| {
            text(&Split::numbered(None, names.iter().map(|name| json!(name)).collect()))
        }),
        start: epoch_seconds(scales.start),
        t_scale: scales.t_scale_s,
        holidays: holidays(fitted),
        history: Some(history(fitted)),
        train_component_cols: Some(component_columns(&design.columns())),
        changepoints_t: fitted.changepoints_t.clone(),
        seasonalities: seasonalities(fitted),
        extra_regressors: regressors(fitted),
        fit_kwargs: Map::new(),
        params: wire::Params {
            k: numbers(samples, |params| params.k),
            m: numbers(samples, |params| params.m),
            delta: draws(samples, |params| params.delta.clone()),
            sigma_obs: numbers(samples, |params| params.sigma_obs),
            beta: draws(samples, |params| params.beta.clone()),
        },
        prophet_version: Some(PROPHET_VERSION.to_owned()),
    };
    text(&model)
}

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("invariant: string keys and JSON values only")
}

fn draws(samples: &[Params], of: impl Fn(&Params) -> Vec<f64>) -> wire::Draws {
    wire::Draws(samples.iter().map(|params| json!(of(params))).collect())
}

/// Numbers as Python has them: rows of one for an optimum, bare for many draws.
fn numbers(samples: &[Params], of: impl Fn(&Params) -> f64) -> wire::Draws {
    match samples {
        [one] => wire::Draws(vec![json!([of(one)])]),
        many => wire::Draws(many.iter().map(|params| json!(of(params))).collect()),
    }
}

fn times(ds: &[crate::ds::Ds]) -> String {
    text(&Split::numbered(Some("ds"), ds.iter().map(|&ds| json!(to_iso_ms(ds))).collect()))
}

/// The changepoints with the rows they stand on, as Python keeps them.
fn changepoints(fitted: &Fitted) -> String {
    let mut column = Split::numbered(
        Some("ds"),
        fitted.changepoints.iter().map(|&ds| json!(to_iso_ms(ds))).collect(),
    );
    for (index, at) in column.index.iter_mut().zip(&fitted.changepoints) {
        let row = fitted.history.rows.ds().partition_point(|ds| ds < at);
        *index = i64::try_from(row).unwrap_or(*index);
    }
    text(&column)
}

fn history(fitted: &Fitted) -> String {
    let (rows, y, scales) = (&fitted.history.rows, &fitted.history.y, &fitted.scales);
    // A history that came from elsewhere without its floor still has a scale.
    let floor = scales.floor(rows).unwrap_or_else(|_| vec![0.0; y.len()]);
    let numbers = |values: Vec<f64>| values.into_iter().map(|value| json!(value)).collect();
    let mut columns = vec![
        ("ds".to_owned(), "datetime", rows.ds().iter().map(|&ds| json!(to_iso_ms(ds))).collect()),
        ("y".to_owned(), "number", numbers(y.clone())),
    ];
    for (name, values) in rows.columns().filter(|(name, _)| *name != "floor") {
        let regressor = fitted.design.regressors.iter().find(|r| r.regressor.name == name);
        let condition = fitted
            .design
            .seasonalities
            .iter()
            .any(|seasonality| seasonality.condition_name.as_deref() == Some(name));
        if condition {
            let flags = values.iter().map(|&value| json!(value != 0.0)).collect();
            columns.push((name.to_owned(), "boolean", flags));
            continue;
        }
        // Python keeps regressors as the fit saw them.
        let (mu, std) = regressor.map_or((0.0, 1.0), |scaled| (scaled.mu, scaled.std));
        let values = values.iter().map(|value| (value - mu) / std).collect();
        columns.push((name.to_owned(), "number", numbers(values)));
    }
    if let Ok(cap) = scales.cap(fitted.spec.growth, rows, &floor)
        && !cap.is_empty()
    {
        columns.push(("cap_scaled".to_owned(), "number", numbers(cap)));
    }
    let t = rows.ds().iter().map(|&ds| scales.t(ds)).collect();
    let scaled = y.iter().zip(&floor).map(|(y, floor)| (y - floor) / scales.y_scale).collect();
    columns.push(("floor".to_owned(), "number", numbers(floor)));
    columns.push(("t".to_owned(), "number", numbers(t)));
    columns.push(("y_scaled".to_owned(), "number", numbers(scaled)));
    text(&Table::new(columns))
}

fn holidays(fitted: &Fitted) -> Option<String> {
    let holidays = &fitted.design.holidays;
    if holidays.is_empty() {
        return None;
    }
    let day = |holiday: &crate::spec::Holiday| json!(to_iso_ms(crate::ds::midnight(holiday.date)));
    let prior = |holiday: &crate::spec::Holiday| {
        json!(holiday.prior_scale.unwrap_or(fitted.design.holidays_prior_scale))
    };
    let columns: Vec<(String, &str, Vec<Value>)> = vec![
        ("ds".to_owned(), "datetime", holidays.iter().map(day).collect()),
        ("holiday".to_owned(), "string", holidays.iter().map(|h| json!(h.name)).collect()),
        (
            "lower_window".to_owned(),
            "integer",
            holidays.iter().map(|h| json!(h.lower_window)).collect(),
        ),
        (
            "upper_window".to_owned(),
            "integer",
            holidays.iter().map(|h| json!(h.upper_window)).collect(),
        ),
        ("prior_scale".to_owned(), "number", holidays.iter().map(prior).collect()),
    ];
    Some(text(&Table::new(columns)))
}

fn seasonalities(fitted: &Fitted) -> (Vec<String>, Map<String, Value>) {
    let mut names = Vec::new();
    let mut by_name = Map::new();
    for seasonality in &fitted.design.seasonalities {
        names.push(seasonality.name.clone());
        let value = json!({
            "period": seasonality.period,
            "fourier_order": seasonality.fourier_order,
            "prior_scale": seasonality.prior_scale,
            "mode": seasonality.mode.name(),
            "condition_name": seasonality.condition_name,
        });
        by_name.insert(seasonality.name.clone(), value);
    }
    (names, by_name)
}

fn regressors(fitted: &Fitted) -> (Vec<String>, Map<String, Value>) {
    let mut names = Vec::new();
    let mut by_name = Map::new();
    for scaled in &fitted.design.regressors {
        let regressor = &scaled.regressor;
        names.push(regressor.name.clone());
        let value = json!({
            "prior_scale": regressor.prior_scale,
            "standardize": regressor.standardize.map_or(json!("auto"), Value::Bool),
            "mu": scaled.mu,
            "std": scaled.std,
            "mode": regressor.mode.name(),
            "predictor": null,
        });
        by_name.insert(regressor.name.clone(), value);
    }
    (names, by_name)
}

/// Names by mode, in the order in which Python collects them.
fn component_modes(fitted: &Fitted) -> wire::Modes {
    let design = &fitted.design;
    let names = |wanted: Mode| {
        let mut names: Vec<String> = design
            .seasonalities
            .iter()
            .filter(|seasonality| seasonality.mode == wanted)
            .map(|seasonality| seasonality.name.clone())
            .collect();
        if design.holidays_mode == wanted {
            names.extend(design.holiday_names.iter().flatten().cloned());
        }
        let regressors = design.regressors.iter().map(|scaled| &scaled.regressor);
        names.extend(regressors.filter(|r| r.mode == wanted).map(|r| r.name.clone()));
        names.push(format!("{}_terms", wanted.name()));
        names.push(format!("extra_regressors_{}", wanted.name()));
        if design.holidays_mode == wanted {
            names.push("holidays".to_owned());
        }
        names
    };
    wire::Modes { additive: names(Mode::Additive), multiplicative: names(Mode::Multiplicative) }
}

/// Which column of the design belongs to which components: a table of zeros and
/// ones, components sorted by name, the two sums last if nothing is in them.
fn component_columns(columns: &[Column]) -> String {
    let groups: Vec<BTreeSet<String>> = columns
        .iter()
        .map(|column| {
            let mut groups = BTreeSet::from([column.component.clone()]);
            groups.insert(format!("{}_terms", column.mode.name()));
            if column.holiday {
                groups.insert("holidays".to_owned());
            }
            if column.regressor {
                groups.insert(format!("extra_regressors_{}", column.mode.name()));
            }
            groups
        })
        .collect();
    let mut names: Vec<String> =
        groups.iter().flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    for sum in ["additive_terms", "multiplicative_terms"] {
        if !names.iter().any(|name| name == sum) {
            names.push(sum.to_owned());
        }
    }
    // A design without features has Python's one column of zeros.
    let groups = if groups.is_empty() { vec![BTreeSet::new()] } else { groups };
    let table = names
        .into_iter()
        .map(|name| {
            let flags = groups.iter().map(|group| json!(u8::from(group.contains(&name)))).collect();
            (name, "integer", flags)
        })
        .collect();
    text(&Table::new(table))
}

fn choice(choice: SeasonalityChoice) -> Value {
    match choice {
        SeasonalityChoice::Auto => json!("auto"),
        SeasonalityChoice::On => json!(true),
        SeasonalityChoice::Off => json!(false),
        SeasonalityChoice::Order(order) => json!(order),
    }
}
