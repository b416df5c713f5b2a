//! The series that are fitted, and the models that are fitted to them.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use benches::series;
use forecast_core::{
    Series, Spec,
    ds::{self, Ds},
};
use serde_json::{Value, json};

/// Series of one batch: the first, and others like it.
pub(crate) const BATCH: usize = 50;

/// A series, its model, and both as Python gets them.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) spec: Spec,
    /// The series, and others with its dates.
    pub(crate) batch: Vec<Series>,
    pub(crate) cap: Option<f64>,
    /// Keyword arguments of Python's `Prophet`.
    prophet: Value,
    /// Files with the first series, and with all of them.
    pub(crate) one: PathBuf,
    pub(crate) many: PathBuf,
}

impl Workload {
    pub(crate) fn series(&self) -> &Series {
        &self.batch[0]
    }

    /// The model as `peers.py` understands it.
    pub(crate) fn options(&self) -> Value {
        json!({"prophet": self.prophet, "country": self.spec.country_holidays})
    }
}

/// A workload before its series is known.
struct Plan {
    name: &'static str,
    spec: Spec,
    prophet: Value,
    cap: Option<f64>,
    made: fn() -> Series,
    file: &'static str,
    /// The column of values, and the last rows that are left out.
    column: &'static str,
    without_last: usize,
}

fn plans() -> [Plan; 4] {
    let log_views = Plan {
        name: "peyton",
        spec: series::page_views_spec(),
        prophet: json!({}),
        cap: None,
        made: series::page_views,
        file: "example_wp_log_peyton_manning.csv",
        column: "y",
        without_last: 0,
    };
    let passengers = Plan {
        name: "air",
        spec: series::passengers_spec(),
        prophet: json!({"seasonality_mode": "multiplicative"}),
        made: series::passengers,
        file: "example_air_passengers.csv",
        ..log_views
    };
    let saturating = Plan {
        name: "wp_log_R",
        spec: series::saturating_spec(),
        prophet: json!({"growth": "logistic"}),
        cap: Some(series::CAP),
        made: series::saturating,
        file: "example_wp_log_R.csv",
        ..log_views
    };
    let prices = Plan {
        name: "petr4",
        spec: series::prices_spec(),
        prophet: json!({
            "yearly_seasonality": true, "weekly_seasonality": true, "daily_seasonality": false,
        }),
        made: series::prices,
        file: "PETR4.SA.raw_2018_20251107.csv",
        column: "Close",
        without_last: 60,
        ..log_views
    };
    [log_views, passengers, saturating, prices]
}

/// All four, and whether they are the real series or made in their likeness.
///
/// `folder` receives the files for Python.
pub(crate) fn all(shared: &Path, folder: &Path) -> Result<(Vec<Workload>, bool)> {
    let plans = plans();
    let is_real = plans.iter().all(|plan| shared.join("data").join(plan.file).is_file());
    let workload = |plan: Plan| {
        let first = if is_real { read(shared, &plan)? } else { (plan.made)() };
        let batch = series::like(&first, plan.cap, BATCH);
        let path = |kind: &str| folder.join(format!("{}.{kind}.csv", plan.name));
        let (one, many) = (path("one"), path("many"));
        for (file, series) in [(&one, &batch[..1]), (&many, &batch[..])] {
            fs::write(file, text(series, plan.cap)).with_context(|| file.display().to_string())?;
        }
        let Plan { name, spec, prophet, cap, .. } = plan;
        Ok(Workload { name, spec, batch, cap, prophet, one, many })
    };
    Ok((plans.into_iter().map(workload).collect::<Result<_>>()?, is_real))
}

/// Reads `ds` and one other column of a CSV file without commas inside values.
fn read(shared: &Path, plan: &Plan) -> Result<Series> {
    let path = shared.join("data").join(plan.file);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    // One of Prophet's own examples has the line ends of old Macintoshes.
    let mut lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
    let cells = |line: &str| -> Vec<String> {
        line.split(',').map(|cell| cell.trim_matches('"').to_owned()).collect()
    };
    let header = cells(lines.next().context("the file is empty")?);
    let at = header.iter().position(|name| name == plan.column).context("no such column")?;
    let mut rows: Vec<(Ds, f64)> = Vec::new();
    for line in lines {
        let row = cells(line);
        ensure!(at < row.len(), "{}: `{line}` is too short", path.display());
        rows.push((ds::parse(&row[0]).with_context(|| row[0].clone())?, row[at].parse()?));
    }
    rows.sort_by_key(|(ds, _)| *ds);
    rows.truncate(rows.len() - plan.without_last);
    let (ds, y) = rows.into_iter().unzip();
    Ok(Series::new(ds, y)?)
}

fn text(batch: &[Series], cap: Option<f64>) -> String {
    let is_many = 1 < batch.len();
    let cap = cap.map(|cap| format!(",{cap}")).unwrap_or_default();
    let mut out = String::from("ds,y");
    out += if cap.is_empty() { "" } else { ",cap" };
    out += if is_many { ",unique_id\n" } else { "\n" };
    for (id, series) in batch.iter().enumerate() {
        let id = if is_many { format!(",{id}") } else { String::new() };
        for (ds, y) in series.ds().iter().zip(series.y()) {
            writeln!(out, "{ds},{y}{cap}{id}").expect("invariant: a string takes everything");
        }
    }
    out
}
