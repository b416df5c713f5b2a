//! The closes that forecasts are held against.

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use forecast_monitor::{Close, alert::sessions_missing};
use market_data::{Calendar, Price, Request, Symbol, zone::earliest_close};

use crate::{
    progress::Progress,
    settings::{Settings, Source},
    train::prices,
};

/// What happened on an exchange.
#[derive(Debug)]
pub(super) struct Market {
    pub(super) symbol: Symbol,
    pub(super) price: Price,
    /// The first session that was asked for.
    start: NaiveDate,
    /// In order, through the day as of which is scored.
    pub(super) closes: Vec<Close>,
    pub(super) calendar: Calendar,
    /// Sessions that have closed since the last one with a close.
    pub(super) n_missing: usize,
}

impl Market {
    /// How many sessions with a close there are through `ds`.
    pub(super) fn n_through(&self, ds: NaiveDate) -> usize {
        self.closes.partition_point(|close| close.ds <= ds)
    }
}

/// The exchanges of a scoring; each series is fetched once.
#[derive(Debug)]
pub(super) struct Markets<'a> {
    pub(super) settings: &'a Settings,
    pub(super) as_of: NaiveDate,
    pub(super) fresh: bool,
    pub(super) progress: &'a Progress,
    pub(super) known: Vec<Market>,
}

impl Markets<'_> {
    /// The closes of a symbol, from `first` on at least.
    ///
    /// # Errors
    ///
    /// If there are none: an unknown symbol, no network and nothing kept.
    pub(super) async fn of(
        &mut self,
        symbol: &Symbol,
        price: Price,
        first: NaiveDate,
    ) -> Result<&Market> {
        let is_it = |market: &Market| {
            market.symbol == *symbol && market.price == price && market.start <= first
        };
        let known = self.known.iter().position(is_it);
        let position = known.unwrap_or(self.known.len());
        if known.is_none() {
            let market = self.fetch(symbol, price, first).await?;
            self.known.push(market);
        }
        Ok(&self.known[position])
    }

    async fn fetch(&self, symbol: &Symbol, price: Price, first: NaiveDate) -> Result<Market> {
        let Self { settings, as_of, .. } = *self;
        if let Source::File(path) = &settings.source
            && *symbol != settings.symbol
        {
            let path = path.display();
            anyhow::bail!("{path} has the prices of {}, not of {symbol}", settings.symbol);
        }
        let clock = settings.clock();
        let request = Request {
            symbol: symbol.clone(),
            // The usual start finds the answer that a training has left behind.
            start: settings.start.min(first),
            end: settings.end.map_or(as_of, |end| end.min(as_of)),
            price,
            now: clock.now(),
            wall: clock.wall(),
        };
        let prices = prices(settings, &request, self.fresh, self.progress).await?;
        if prices.provenance.is_stale() {
            tracing::warn!(provenance = %prices.provenance, "closes are those of an older answer");
        }
        let values = prices.bars.closes(price).context("no closes of that kind")?;
        let closes = prices.bars.dates().iter().zip(values);
        let closes: Vec<Close> = closes.map(|(&ds, &close)| Close { ds, close }).collect();
        let n_missing = closes.last().map_or(0, |last| {
            let is_session = |date| prices.calendar.is_session(date);
            let closes_at = |date| earliest_close(symbol, date);
            sessions_missing(last.ds, clock.now(), &is_session, &closes_at)
        });
        Ok(Market {
            symbol: symbol.clone(),
            price,
            start: request.start,
            closes,
            calendar: prices.calendar,
            n_missing,
        })
    }
}
