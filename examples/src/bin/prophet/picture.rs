//! Pictures as files.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use forecast_core::{Fitted, Future, Growth};
use prophet_plot::{
    Changepoints, ComponentOptions, Figure, Page, PlotOptions, plot, plot_components,
};

use crate::{cli::OutputArgs, rows};

/// A file that a picture goes to, of a known format.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    path: PathBuf,
    is_svg: bool,
}

/// Reads the name of a picture: the format is its extension.
pub(crate) fn target(text: &str) -> Result<Target, String> {
    let path = PathBuf::from(text);
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("svg") => Ok(Target { path, is_svg: true }),
        Some("png") => Ok(Target { path, is_svg: false }),
        _ => Err("it must end in .svg or .png".to_owned()),
    }
}

/// Draws `figure` as the arguments want it, and writes it.
pub(crate) fn write(figure: &Figure, target: &Target, args: &OutputArgs) -> Result<()> {
    let page = Page { width: args.figsize.0, height: args.figsize.1, theme: args.theme };
    let shown = target.path.display();
    let bytes = if target.is_svg { figure.svg(&page)?.into_bytes() } else { figure.png(&page)? };
    std::fs::write(&target.path, bytes).with_context(|| format!("cannot write `{shown}`"))
}

/// Draws the forecast of `after` over its history, and the components.
pub(crate) fn of_model(
    fitted: &Fitted,
    after: &Future,
    seed: u64,
    (title, args, components): (&str, &OutputArgs, Option<&Target>),
) -> Result<()> {
    if args.plot.is_none() && components.is_none() {
        return Ok(());
    }
    let history = fitted.history_rows();
    let is_after = after.ds().first().zip(history.ds().last()).is_none_or(|(a, h)| h < a);
    let whole = if is_after { rows::joined(history, after)? } else { after.clone() };
    let forecast = rows::predict(fitted, &whole, seed)?;
    let column = |name| whole.column(name).filter(|_| fitted.spec().growth == Growth::Logistic);
    let (cap, floor) = (column("cap").unwrap_or(&[]), column("floor").unwrap_or(&[]));
    if let Some(target) = &args.plot {
        let changepoints = Some(Changepoints::default());
        let options = PlotOptions { changepoints, cap, floor, ..PlotOptions::default() };
        write(&plot(fitted, &forecast, &options)?.titled(title, ""), target, args)?;
    }
    if let Some(target) = components {
        let options = ComponentOptions { cap, floor, ..ComponentOptions::default() };
        let title = format!("{title}: components");
        write(&plot_components(fitted, &forecast, &options)?.titled(&title, ""), target, args)?;
    }
    Ok(())
}
