//! Daily prices from Yahoo Finance's v8 chart endpoint.

use std::path::PathBuf;

use async_trait::async_trait;
use chrono::TimeDelta;
use reqwest::Url;

use crate::cache::{AnswerCache, Kept};
use crate::error::Error;
use crate::source::{Fetched, PriceSource, Provenance, Request};
use crate::zone::{exchange_zone, start_of_day, today_in};

mod decode;
mod error;
mod http;
mod options;
mod retry;
mod wire;

pub use error::YahooError;
pub use options::YahooOptions;

/// How much before the first day's midnight a range begins.
///
/// Yahoo has stamped sessions at 22 and 23 h of the day before.
const EARLY_STAMPS: TimeDelta = TimeDelta::hours(2);

/// Prices of Yahoo, kept on disk.
#[derive(Debug)]
pub struct YahooSource {
    http: http::Http,
    options: YahooOptions,
    base_url: Url,
    cache: Option<AnswerCache>,
    refresh: bool,
}

impl YahooSource {
    /// Prepares a client; nothing is sent yet.
    ///
    /// With a `cache_dir`, answers are kept there: a second fetch on the same day needs no
    /// network, and when Yahoo fails the best older answer stands in.
    ///
    /// # Errors
    ///
    /// Returns [`Error::BadSetting`] if an option cannot be used.
    pub fn new(options: YahooOptions, cache_dir: Option<PathBuf>) -> Result<Self, Error> {
        let base_url = options.checked_base_url()?;
        let http = http::Http::new(&options, &base_url)?;
        let cache = cache_dir.map(|dir| AnswerCache::new(dir, &base_url, options.max_body_bytes));
        Ok(Self { http, options, base_url, cache, refresh: false })
    }

    /// Asks Yahoo even if today's answer is kept; older answers still stand in when it fails.
    #[must_use]
    pub fn refreshing(self, refresh: bool) -> Self {
        Self { refresh, ..self }
    }

    fn url(&self, request: &Request) -> Url {
        let zone = exchange_zone(&request.symbol);
        let after_end = request.end.succ_opt().unwrap_or(request.end);
        let from = start_of_day(zone, request.start) - EARLY_STAMPS;
        let to = start_of_day(zone, after_end);
        let mut url = self.base_url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/v8/finance/chart/{}", request.symbol.encoded()));
        // Never `range`: with it Yahoo answers long spans in months. The rest is what yfinance sends.
        url.query_pairs_mut()
            .append_pair("period1", &from.timestamp().to_string())
            .append_pair("period2", &to.timestamp().to_string())
            .append_pair("interval", "1d")
            .append_pair("includePrePost", "false")
            .append_pair("events", "div,splits,capitalGains");
        url
    }

    /// Downloads, with retries; the answer is one that can be read.
    async fn download(&self, request: &Request) -> Result<(String, Fetched), YahooError> {
        let url = self.url(request);
        let policy = retry::Policy {
            tries: self.options.tries.clamp(1, options::TRIES_MAX),
            delay: self.options.retry_delay,
            seed: request.now.timestamp_micros().unsigned_abs(),
        };
        retry::with_retries(policy, async || {
            let body = self.http.chart(url.clone(), request).await?;
            let host = self.http.host().to_owned();
            let provenance = Provenance::Network { host, fetched_at: request.wall };
            let fetched = decode::decode(&body, request, request.as_of(), provenance)?;
            Ok((body, fetched))
        })
        .await
    }

    /// The answer that is kept of the request's day, unless a session has closed since.
    async fn fresh(&self, cache: &AnswerCache, request: &Request) -> Option<Fetched> {
        let kept = cache.load(request).await?;
        let fetched = self.reread(&kept, request, None)?;
        let as_of = request.as_of();
        let same_day = today_in(fetched.zone, kept.as_of) == today_in(fetched.zone, as_of);
        let closed_since =
            fetched.period.is_some_and(|period| kept.as_of < period.end && period.end <= as_of);
        (same_day && kept.as_of <= as_of && !closed_since).then_some(fetched)
    }

    /// The best answer that is kept, as a stand-in for one that failed with `error`.
    async fn older(&self, request: &Request, error: &YahooError) -> Option<Fetched> {
        let cache = self.cache.as_ref().filter(|_| error.allows_older_answer())?;
        let because = chain(error);
        for kept in cache.load_best(request).await {
            if let Some(fetched) = self.reread(&kept, request, Some(because.clone())) {
                return Some(fetched);
            }
        }
        None
    }

    fn reread(&self, kept: &Kept, request: &Request, because: Option<String>) -> Option<Fetched> {
        let host = self.http.host().to_owned();
        let provenance = Provenance::Cache { host, fetched_at: kept.fetched_at, because };
        decode::decode(&kept.body, request, kept.as_of, provenance).ok()
    }
}

#[async_trait]
impl PriceSource for YahooSource {
    async fn fetch(&self, request: &Request) -> Result<Fetched, Error> {
        request.check()?;
        if let Some(cache) = self.cache.as_ref().filter(|_| !self.refresh)
            && let Some(fetched) = self.fresh(cache, request).await
        {
            return Ok(fetched);
        }
        match self.download(request).await {
            Ok((body, fetched)) => {
                if let Some(cache) = &self.cache
                    && let Err(error) = cache.store(request, &body).await
                {
                    tracing::warn!(error = chain(&error), "Yahoo's answer could not be kept");
                }
                Ok(fetched)
            }
            Err(error) => match self.older(request, &error).await {
                Some(fetched) => {
                    tracing::warn!(
                        symbol = %request.symbol,
                        provenance = %fetched.provenance,
                        "Yahoo failed, an older answer stands in"
                    );
                    Ok(fetched)
                }
                None => Err(error.into()),
            },
        }
    }
}

/// The error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
