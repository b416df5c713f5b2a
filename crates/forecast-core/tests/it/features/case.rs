//! The golden files of options: a specification as JSON, a series, Python's answers.

use std::fs;

use forecast_core::{
    Future, Growth, Mode, Scaling, SeasonalityChoice, Series, Spec, ds,
    spec::{Holiday, Regressor, Seasonality},
};
use serde_json::Value;

/// A specification, a series, and Python's answers.
pub(crate) struct Case(pub(crate) Value);

impl Case {
    /// The cases of one file.
    pub(crate) fn group(name: &str) -> Vec<Self> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/features");
        let text = fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert!(!cases.is_empty());
        cases.into_iter().map(Self).collect()
    }

    /// All cases that were fitted.
    pub(crate) fn fitted() -> Vec<Self> {
        let groups = ["trend", "scaling", "seasonality", "holidays", "regressors"];
        groups.into_iter().flat_map(Self::group).collect()
    }

    pub(crate) fn name(&self) -> &str {
        self.0["name"].as_str().unwrap()
    }

    pub(crate) fn numbers(&self, path: &str) -> Vec<f64> {
        numbers(self.0.pointer(path).unwrap())
    }

    pub(crate) fn series(&self) -> Series {
        let table = &self.0["history"];
        let series = Series::new(dates(&table["ds"]), numbers(&table["y"])).unwrap();
        let extra = columns(table).filter(|(name, _)| *name != "y");
        extra.fold(series, |series, (name, values)| series.with_column(name, values).unwrap())
    }

    pub(crate) fn future(&self) -> Future {
        let table = &self.0["python"]["future"];
        let future = Future::new(dates(&table["ds"]));
        columns(table).fold(future, |rows, (name, values)| rows.with_column(name, values).unwrap())
    }

    pub(crate) fn model_json(&self) -> &str {
        self.0["python"]["model_json"].as_str().unwrap()
    }

    pub(crate) fn spec(&self) -> Spec {
        let mut spec = spec_of(&self.0["spec"]);
        spec.uncertainty_samples = 0;
        spec
    }
}

fn spec_of(given: &Value) -> Spec {
    let mut spec = Spec::default();
    let number = |key: &str, value: &mut f64| {
        *value = given[key].as_f64().unwrap_or(*value);
    };
    number("changepoint_range", &mut spec.changepoint_range);
    number("seasonality_prior_scale", &mut spec.seasonality_prior_scale);
    number("holidays_prior_scale", &mut spec.holidays_prior_scale);
    number("changepoint_prior_scale", &mut spec.changepoint_prior_scale);
    if let Some(count) = given["n_changepoints"].as_u64() {
        spec.n_changepoints = usize::try_from(count).unwrap();
    }
    if given["changepoints"].is_array() {
        spec.changepoints = Some(dates(&given["changepoints"]));
    }
    if let Some(growth) = given["growth"].as_str() {
        spec.growth = Growth::from_name(growth).unwrap();
    }
    if let Some(scaling) = given["scaling"].as_str() {
        spec.scaling = Scaling::from_name(scaling).unwrap();
    }
    spec.seasonality_mode = mode(&given["seasonality_mode"]).unwrap_or_default();
    spec.holidays_mode = mode(&given["holidays_mode"]);
    spec.yearly_seasonality = choice(&given["yearly_seasonality"]);
    spec.weekly_seasonality = choice(&given["weekly_seasonality"]);
    spec.daily_seasonality = choice(&given["daily_seasonality"]);
    spec.country_holidays = given["country_holidays"].as_str().map(str::to_owned);
    spec.holidays = list(&given["holidays"]).map(holiday).collect();
    for row in list(&given["seasonalities"]) {
        spec = with_seasonality(spec, row);
    }
    for row in list(&given["regressors"]) {
        spec = with_regressor(spec, row);
    }
    spec
}

fn with_seasonality(spec: Spec, row: &Value) -> Spec {
    let order = u32::try_from(row["fourier_order"].as_u64().unwrap()).unwrap();
    let (name, period) = (row["name"].as_str().unwrap(), row["period"].as_f64().unwrap());
    let mut spec = spec.add_seasonality(name, period, order);
    let added: &mut Seasonality = spec.seasonalities.last_mut().unwrap();
    added.prior_scale = row["prior_scale"].as_f64().unwrap_or(added.prior_scale);
    added.mode = mode(&row["mode"]).unwrap_or(added.mode);
    added.condition_name = row["condition_name"].as_str().map(str::to_owned);
    spec
}

fn with_regressor(spec: Spec, row: &Value) -> Spec {
    let mut spec = spec.add_regressor(row["name"].as_str().unwrap());
    let added: &mut Regressor = spec.regressors.last_mut().unwrap();
    added.prior_scale = row["prior_scale"].as_f64().unwrap_or(added.prior_scale);
    added.mode = mode(&row["mode"]).unwrap_or(added.mode);
    added.standardize = row["standardize"].as_bool();
    added.predictor = match &row["regressor_predictor"] {
        Value::Null => None,
        // `true` stands for the defaults.
        own => Some(Box::new(spec_of(own))),
    };
    spec
}

fn holiday(row: &Value) -> Holiday {
    let date = ds::parse(row["ds"].as_str().unwrap()).unwrap().date();
    let days = |key: &str| i32::try_from(row[key].as_i64().unwrap_or(0)).unwrap();
    Holiday {
        lower_window: days("lower_window"),
        upper_window: days("upper_window"),
        prior_scale: row["prior_scale"].as_f64(),
        ..Holiday::new(row["holiday"].as_str().unwrap(), date)
    }
}

fn choice(value: &Value) -> SeasonalityChoice {
    match value {
        Value::Bool(true) => SeasonalityChoice::On,
        Value::Bool(false) => SeasonalityChoice::Off,
        Value::Number(order) => {
            SeasonalityChoice::Order(u32::try_from(order.as_u64().unwrap()).unwrap())
        }
        _ => SeasonalityChoice::Auto,
    }
}

fn mode(value: &Value) -> Option<Mode> {
    value.as_str().map(|name| Mode::from_name(name).unwrap())
}

pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn dates(value: &Value) -> Vec<ds::Ds> {
    list(value).map(|date| ds::parse(date.as_str().unwrap()).unwrap()).collect()
}

/// Numbers, with `null` for a missing one.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    list(value).map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

pub(crate) fn columns(table: &Value) -> impl Iterator<Item = (&str, Vec<f64>)> {
    let columns = table.as_object().unwrap().iter().filter(|(name, _)| *name != "ds");
    columns.map(|(name, values)| (name.as_str(), numbers(values)))
}
