//! `prophet predict`.

use anyhow::{Context as _, Result};

use crate::{
    cli::PredictArgs,
    model, picture, print,
    rows::{self, Wanted},
    wire,
};

/// Reads a model, forecasts, prints.
pub(crate) fn run(args: &PredictArgs) -> Result<()> {
    let fitted = model::read(&args.model)?;
    let wanted = match (&args.ds, args.periods) {
        (Some(path), _) => Wanted::File { path, ds_column: &args.ds_column },
        (None, periods) => {
            Wanted::Periods(periods.context("invariant: clap asks for --ds or --periods")?)
        }
    };
    let rows = rows::future(&fitted, &wanted, &args.future, args.bounds)?;
    let forecast = rows::predict(&fitted, &rows, args.future.seed)?;
    let title = args.model.file_stem().unwrap_or_default().to_string_lossy();
    let output = (title.as_ref(), &args.output, args.components.as_ref());
    picture::of_model(&fitted, &rows, args.future.seed, output)?;
    if args.output.json {
        return print::json(&wire::rows(&forecast));
    }
    let mut text = print::model(&fitted);
    text.push_str(&print::forecast(&forecast, fitted.spec().interval_width));
    print::text(&text)
}
