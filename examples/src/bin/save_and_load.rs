//! Keeps a model as Python Prophet's JSON and in the compact form, and loads both.
//!
//! `save_and_load [FOLDER]`: with a folder, the files are written there;
//! `prophet.serialize.model_from_json` reads `model.json`.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use forecast_core::{Prophet, Series, Spec, compact, prophet_json};

/// Days of history, and days to forecast.
const DAYS: (usize, usize) = (730, 14);

#[expect(clippy::print_stdout, reason = "what an example is for")]
fn main() -> Result<()> {
    let history = Series::new(examples::days(DAYS.0), examples::sales(DAYS.0, 3))?;
    let fitted = Prophet::new(Spec::default()).fit(&history)?;
    let rows = fitted.make_future_dataframe(DAYS.1, None, false)?;
    let forecast = fitted.predict_rows(&rows, 0)?;

    let json = prophet_json::write(&fitted);
    let whole = compact::write(&fitted);
    // Enough to forecast, not to plot or to cross-validate.
    let small = compact::write_without_history(&fitted);

    // What Python keeps in MLflow is a string in a string, which is read as well.
    let from_json = prophet_json::read(&json)?;
    let (from_whole, from_small) = (compact::read(&whole)?, compact::read(&small)?);
    for again in [&from_json, &from_whole, &from_small] {
        ensure!(again.predict_rows(&rows, 0)? == forecast, "a model has changed on its way");
    }
    println!("the same forecast, to the bit, from");
    println!("{:>8} bytes of Python's JSON", json.len());
    println!("{:>8} bytes of the compact form", whole.len());
    println!("{:>8} bytes of the compact form without the history", small.len());

    if let Some(folder) = std::env::args_os().nth(1) {
        let files = [("model.json", json.as_bytes()), ("model.bin", &whole)];
        for (name, bytes) in files {
            let path = Path::new(&folder).join(name);
            std::fs::write(&path, bytes)
                .with_context(|| format!("cannot write {}", path.display()))?;
            println!("written {}", path.display());
        }
    }
    Ok(())
}
