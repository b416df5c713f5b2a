//! Models as files.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use forecast_core::{Fitted, prophet_json};
use telemetry::WithHint as _;

/// A model with a history of ten million rows is smaller.
const BYTES_MAX: u64 = 2_000_000_000;

/// Reads a model, as written here or by Python's `model_to_json`.
pub(crate) fn read(path: &Path) -> Result<Fitted> {
    let shown = path.display();
    let size = std::fs::metadata(path).with_context(|| format!("cannot open `{shown}`"))?.len();
    if BYTES_MAX < size {
        bail!("`{shown}` has {size} bytes, a model has at most {BYTES_MAX}");
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{shown}`"))?;
    let hint = "a model is what `prophet fit --model OUT.json` or Python's \
                `prophet.serialize.model_to_json` wrote";
    let model = prophet_json::read(&text).with_hint(hint);
    model.with_context(|| format!("cannot read the model `{shown}`"))
}

/// Writes a model as Python's `model_from_json` reads it.
pub(crate) fn write(path: &Path, fitted: &Fitted) -> Result<()> {
    std::fs::write(path, prophet_json::write(fitted))
        .with_context(|| format!("cannot write the model to `{}`", path.display()))
}
