//! Which names the parts of a model may have.
//!
//! # Source
//!
//! `validate_column_name` in Prophet 1.5, `forecaster.py`.

use std::collections::BTreeSet;

use super::{BUILT_IN, Spec};
use crate::{error::FitError, holidays};

/// Names of Prophet's own components; with `_lower` and `_upper` they are taken too.
const COMPONENTS: [&str; 11] = [
    "trend",
    "additive_terms",
    "daily",
    "weekly",
    "yearly",
    "holidays",
    "zeros",
    "extra_regressors_additive",
    "yhat",
    "extra_regressors_multiplicative",
    "multiplicative_terms",
];

/// Names of Prophet's own columns. `t` is not on Python's list; a regressor of that name is
/// overwritten there.
const COLUMNS: [&str; 7] = ["ds", "y", "cap", "floor", "y_scaled", "cap_scaled", "t"];

/// Checks that every name is allowed and used once.
pub(super) fn check(spec: &Spec) -> Result<(), FitError> {
    let own_holidays = check_holidays(spec)?;
    let has_names = !(spec.seasonalities.is_empty() && spec.regressors.is_empty());
    let public = match &spec.country_holidays {
        // Only names of the model's own can clash with the country's.
        Some(country) if has_names || !own_holidays.is_empty() => {
            holidays::get_holiday_names(country)?
        }
        _ => BTreeSet::new(),
    };
    for (name, prior_scale) in &own_holidays {
        // Python cannot predict with such a model.
        if public.contains(*name) && differ(*prior_scale, spec.holidays_prior_scale) {
            return refuse(name, "holiday", "is public too, at `holidays_prior_scale`");
        }
    }
    let seasonalities = spec.seasonalities.iter().map(|s| ("seasonality", s.name.as_str()));
    let regressors = spec.regressors.iter().map(|r| ("regressor", r.name.as_str()));
    let is_holiday =
        |name: &str| public.contains(name) || own_holidays.iter().any(|(known, _)| *known == name);
    let mut seen: Vec<&str> = Vec::new();
    for (kind, name) in seasonalities.chain(regressors) {
        // The built-in seasonalities may be replaced by one of the same name.
        let built_in = kind == "seasonality" && BUILT_IN.contains(&name);
        let problem = if built_in { None } else { flaw(name) };
        let taken = seen.contains(&name) || is_holiday(name);
        if let Some(problem) = problem.or(taken.then_some("is used twice")) {
            return refuse(name, kind, problem);
        }
        seen.push(name);
    }
    for name in spec.seasonalities.iter().filter_map(|s| s.condition_name.as_deref()) {
        let taken = seen.contains(&name) || is_holiday(name);
        if let Some(problem) = flaw(name).or(taken.then_some("is used twice")) {
            return refuse(name, "condition", problem);
        }
    }
    Ok(())
}

/// The model's own holidays, each once, with their prior scales.
fn check_holidays(spec: &Spec) -> Result<Vec<(&str, f64)>, FitError> {
    let mut seen: Vec<(&str, f64)> = Vec::new();
    for holiday in &spec.holidays {
        let name = holiday.name.as_str();
        let prior_scale = holiday.prior_scale.unwrap_or(spec.holidays_prior_scale);
        match seen.iter().find(|(known, _)| *known == name) {
            Some((_, known)) if differ(*known, prior_scale) => {
                return refuse(name, "holiday", "has more than one `prior_scale`");
            }
            Some(_) => {}
            None => {
                if let Some(problem) = flaw(name) {
                    return refuse(name, "holiday", problem);
                }
                seen.push((name, prior_scale));
            }
        }
    }
    Ok(seen)
}

#[expect(clippy::float_cmp, reason = "a number given twice is the same number")]
fn differ(a: f64, b: f64) -> bool {
    a != b
}

fn refuse<T>(name: &str, kind: &'static str, problem: &'static str) -> Result<T, FitError> {
    Err(FitError::Name { name: name.to_owned(), kind, problem })
}

/// What is wrong with a name by itself.
fn flaw(name: &str) -> Option<&'static str> {
    let bare = name.strip_suffix("_lower").or_else(|| name.strip_suffix("_upper"));
    if COMPONENTS.contains(&bare.unwrap_or(name)) || COLUMNS.contains(&name) {
        Some("is reserved by Prophet")
    } else if name.is_empty() || name.contains("_delim_") {
        Some("must not be empty or contain `_delim_`")
    } else {
        None
    }
}
