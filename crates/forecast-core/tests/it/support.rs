//! Golden files and series that the tests share.

use std::{fs, path::PathBuf};

use chrono::{Days, NaiveDate};
use forecast_core::{
    Future, Growth, Mode, Scaling, SeasonalityChoice, Series, Spec,
    ds::{self, Ds, midnight},
};
use serde_json::Value;

/// A series and what Python Prophet 1.5 made of it (`make golden` rewrites it).
pub(crate) struct Golden(pub(crate) Value);

impl Golden {
    pub(crate) fn all() -> Vec<(String, Self)> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let mut files: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        // Folders beside them hold other kinds of golden files.
        files.retain(|path| path.is_file());
        files.sort();
        assert!(!files.is_empty(), "golden files are missing, run `make golden`");
        files
            .into_iter()
            .map(|path| {
                let text = fs::read_to_string(&path).unwrap();
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                (name, Self(serde_json::from_str(&text).unwrap()))
            })
            .collect()
    }

    pub(crate) fn model_json(&self) -> &str {
        self.0["model_json"].as_str().unwrap()
    }

    pub(crate) fn numbers(&self, table: &str, column: &str) -> Option<Vec<f64>> {
        let values = self.0[table][column].as_array()?;
        Some(values.iter().map(|value| value.as_f64().unwrap()).collect())
    }

    pub(crate) fn numbers_at(&self, key: &str) -> Vec<f64> {
        self.0[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    }

    pub(crate) fn ds(&self, table: &str) -> Vec<Ds> {
        let values = self.0[table]["ds"].as_array().unwrap();
        values.iter().map(|value| ds::parse(value.as_str().unwrap()).unwrap()).collect()
    }

    pub(crate) fn future(&self) -> Future {
        let mut future = Future::new(self.ds("future"));
        if self.0["config"]["growth"] == "logistic" {
            let cap = vec![self.0["config"]["cap"].as_f64().unwrap(); future.ds().len()];
            future = future.with_column("cap", cap).unwrap();
        }
        future
    }

    pub(crate) fn series(&self) -> Series {
        let y = self.numbers("history", "y").unwrap();
        let mut series = Series::new(self.ds("history"), y).unwrap();
        if let Some(cap) = self.numbers("history", "cap") {
            series = series.with_column("cap", cap).unwrap();
        }
        series
    }

    pub(crate) fn spec(&self) -> Spec {
        let config = &self.0["config"];
        let choice = |key: &str| match &config[key] {
            Value::Bool(true) => SeasonalityChoice::On,
            Value::Bool(false) => SeasonalityChoice::Off,
            Value::Number(order) => {
                SeasonalityChoice::Order(u32::try_from(order.as_u64().unwrap()).unwrap())
            }
            _ => SeasonalityChoice::Auto,
        };
        let mut spec = Spec {
            growth: match config["growth"].as_str() {
                Some("logistic") => Growth::Logistic,
                Some("flat") => Growth::Flat,
                _ => Growth::Linear,
            },
            yearly_seasonality: choice("yearly"),
            weekly_seasonality: choice("weekly"),
            daily_seasonality: choice("daily"),
            country_holidays: config["country_holidays"].as_str().map(str::to_owned),
            scaling: Scaling::AbsMax,
            ..Spec::default()
        };
        if config["seasonality_mode"] == "multiplicative" {
            spec.seasonality_mode = Mode::Multiplicative;
        }
        if let Some(scale) = config["changepoint_prior_scale"].as_f64() {
            spec.changepoint_prior_scale = scale;
        }
        if let Some(count) = config["n_changepoints"].as_u64() {
            spec.n_changepoints = usize::try_from(count).unwrap();
        }
        if let Some(share) = config["changepoint_range"].as_f64() {
            spec.changepoint_range = share;
        }
        spec
    }
}

/// `n` days from 2020-01-01.
pub(crate) fn days(n: u64) -> Vec<Ds> {
    let first = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
    (0..n).map(|i| midnight(first + Days::new(i))).collect()
}

/// A number in 0..1 from a counter: noise without a generator.
pub(crate) fn noise(i: u64) -> f64 {
    let mut x = i.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// A bent line with a weekly swing and noise.
pub(crate) fn series(n: u64) -> Series {
    let value = |i: u64| {
        let t = i as f64;
        20.0 + 0.02 * t + 0.05 * (t - 150.0).max(0.0) + (t * 0.897_6).sin() + noise(i)
    };
    Series::new(days(n), (0..n).map(value).collect()).unwrap()
}

/// Asserts that `found` equals `expected` to `tolerance`, relative to the
/// largest value.
#[track_caller]
pub(crate) fn assert_close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: rows");
    let scale = expected.iter().fold(f64::MIN_POSITIVE, |max, value| max.max(value.abs()));
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs();
        assert!(
            error <= tolerance * scale,
            "{what}, row {i}: {found} is not {expected}, off by {error:e}"
        );
    }
}
