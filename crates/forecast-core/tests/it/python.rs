//! Answers of Python's own packages, asked for as the tests run.

use std::{collections::BTreeMap, path::Path};

use forecast_core::holidays;
use serde::de::DeserializeOwned;

/// Runs `script` in the Python that has Prophet and reads the JSON that it prints.
pub(crate) fn ask<T: DeserializeOwned>(script: &str, args: &[&str]) -> T {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = testkit::python::run_script(dir, script, args.iter().copied()).unwrap();
    assert_eq!(out.code, Some(0), "{}", out.stderr);
    // Prophet may say that it has no plotly before.
    serde_json::from_str(out.stdout.lines().last().unwrap()).unwrap()
}

#[derive(serde::Deserialize)]
struct Country {
    /// `(day, name)` by year, sorted.
    days: BTreeMap<i32, Vec<(String, String)>>,
    names: Vec<String>,
}

#[test]
fn holidays_of_every_year_are_pythons() {
    const SCRIPT: &str = r"
import json, logging
from prophet.make_holidays import get_holiday_names, make_holidays_df
FIRST = {'BR': 1890, 'US': 1862}
print(json.dumps({country: {
    'days': {year: sorted([str(d.date()), h] for d, h in zip(frame['ds'], frame['holiday']))
             for year in range(first, 2100) for frame in [make_holidays_df([year], country)]},
    'names': sorted(get_holiday_names(country)),
} for country, first in FIRST.items()}))";
    let countries: BTreeMap<String, Country> = ask(SCRIPT, &[]);
    let frame = holidays::make_holidays_df(&[2024, 2000, 2024], "BR").unwrap();
    let sum = |year: i32| countries["BR"].days[&year].len();
    assert_eq!(frame.len(), sum(2000) + sum(2024), "each year once, in order");
    assert!(frame.is_sorted_by_key(|holiday| holiday.date));
    assert_eq!(countries.keys().collect::<Vec<_>>(), ["BR", "US"]);
    for (code, python) in countries {
        for (year, expected) in python.days {
            let days = holidays::of_year(&code, year).unwrap();
            let found: Vec<(String, String)> =
                days.iter().map(|(day, name)| (day.to_string(), (*name).to_owned())).collect();
            assert_eq!(found, expected, "{code} {year}");
        }
        let names = holidays::get_holiday_names(&code).unwrap();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), python.names, "{code}");
    }
}
