//! Prices in: fetched, cleaned, split by time.

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use market_data::{
    Bars, Calendar, CsvSource, PriceSource, Provenance, Quality, Request, YahooSource, clean,
    split::{self, MIN_ROWS, Split},
};

use crate::{
    cli::TrainArgs,
    progress::Progress,
    settings::{Settings, Source},
};

/// The prices of a training.
#[derive(Debug)]
pub struct Data {
    /// All sessions, cleaned.
    pub bars: Bars,
    /// The last session.
    pub last: NaiveDate,
    /// What was found in the rows, and mended.
    pub quality: Quality,
    /// Where they came from.
    pub provenance: Provenance,
    /// Training rows, test rows, and the cutoff between them.
    pub split: Split,
    /// The sessions of the exchange.
    pub calendar: Calendar,
    /// Digest of the dates and prices.
    pub digest: String,
}

/// Fetches, cleans and splits.
pub(super) async fn get(
    settings: &Settings,
    args: &TrainArgs,
    progress: &Progress,
) -> Result<Data> {
    let clock = settings.clock();
    let request = Request {
        symbol: settings.symbol.clone(),
        start: settings.start,
        end: settings.end.unwrap_or_else(|| clock.today()),
        price: settings.price,
        now: clock.now(),
        wall: clock.wall(),
    };
    let Prices { bars, quality, provenance, calendar } =
        prices(settings, &request, args.fresh, progress).await?;
    bars.require(MIN_ROWS)?;
    let split = split::last_sessions(&bars, settings.train.test_sessions)
        .context("cannot split the sessions")?;
    split.train.require(MIN_ROWS).context("too little is left to train on")?;
    let stage = progress.begin("split", "");
    stage.done(&format!(
        "{} to train on, through {}; {} to test on",
        split.train.len(),
        split.cutoff,
        split.test.len()
    ));
    Ok(Data {
        last: bars.last_date().context("no session is left")?,
        digest: bars.digest(settings.price)?,
        provenance,
        bars,
        quality,
        split,
        calendar,
    })
}

/// The prices of a symbol, fetched and cleaned.
#[derive(Debug)]
pub(crate) struct Prices {
    /// The sessions.
    pub(crate) bars: Bars,
    /// What was found in the rows, and mended.
    pub(crate) quality: Quality,
    /// Where they came from.
    pub(crate) provenance: Provenance,
    /// The sessions of the exchange.
    pub(crate) calendar: Calendar,
}

/// Fetches and cleans; `fresh` downloads even if today's answer is kept.
pub(crate) async fn prices(
    settings: &Settings,
    request: &Request,
    fresh: bool,
    progress: &Progress,
) -> Result<Prices> {
    let stage = progress.begin("fetch", &format!("{} since {}", request.symbol, request.start));
    let fetched = source(settings, fresh)?
        .fetch(request)
        .await
        .with_context(|| format!("cannot get the prices of {}", request.symbol))?;
    stage.done(&format!("{} rows, {}", fetched.rows.len(), fetched.provenance));

    let stage = progress.begin("clean", &format!("{} rows", fetched.rows.len()));
    let calendar = Calendar::for_symbol(&request.symbol);
    let (bars, quality) = clean(&fetched, &calendar, request)
        .with_context(|| format!("cannot use the prices of {}", request.symbol))?;
    stage.done(&format!("{} sessions, {}", bars.len(), quality.summary_line()));
    Ok(Prices { bars, quality, provenance: fetched.provenance, calendar })
}

fn source(settings: &Settings, fresh: bool) -> Result<Box<dyn PriceSource>> {
    match &settings.source {
        Source::File(path) => Ok(Box::new(CsvSource::new(path))),
        Source::Yahoo => {
            let cache = Some(settings.cache_dir.clone());
            let yahoo =
                YahooSource::new(settings.yahoo.clone(), cache).map_err(crate::failure::usage)?;
            Ok(Box::new(yahoo.refreshing(fresh)))
        }
    }
}
