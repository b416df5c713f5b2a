//! The files of a run.

use anyhow::{Context as _, Result};
use forecast_core::prophet_json;

use super::{pictures, record::Record, tables};

/// A file of the run: its path and its bytes.
pub(super) type File = (&'static str, Vec<u8>);

/// The model bare, as Prophet's `model_to_json` writes it.
pub(super) const MODEL_JSON: &str = "prophet_model.json";

/// All files of the run but the logged model.
pub(super) fn all(record: &Record<'_>) -> Result<Vec<File>> {
    let mut files = vec![
        (MODEL_JSON, prophet_json::write(record.fitted).into_bytes()),
        ("forecast.csv", tables::test(record)?.into_bytes()),
        ("forecast_next.csv", tables::next(record)?.into_bytes()),
        ("data/train.csv", bars(record)?),
    ];
    files.extend(pictures::all(record)?);
    Ok(files)
}

/// The rows that the registered version was fitted on.
fn bars(record: &Record<'_>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    market_data::frame::write_csv(&record.data.bars, &mut bytes)
        .context("cannot write the prices as a table")?;
    Ok(bytes)
}
