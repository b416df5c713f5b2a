//! How Yahoo is asked.

use std::fmt;
use std::time::Duration;

use reqwest::Url;

use crate::error::Error;

/// The most requests that one fetch makes: more only prolongs a block.
pub(super) const TRIES_MAX: usize = 3;

/// How Yahoo is asked. Start from the default and change what differs.
#[derive(Clone, PartialEq, Eq)]
pub struct YahooOptions {
    /// Scheme and host, before `/v8/finance/chart/…`: `https://query2.finance.yahoo.com`.
    pub base_url: String,
    /// The `User-Agent`: Yahoo turns away those that no browser sends.
    pub user_agent: String,
    /// How long one request may take, to the end of its body: 20 s.
    pub timeout: Duration,
    /// How long an answer may be: 16 MiB, ten times the 40 years of a share.
    pub max_body_bytes: usize,
    /// Requests in all, the first one included: 1 to 3.
    pub tries: usize,
    /// The least wait before the second request; it grows, with jitter.
    pub retry_delay: Duration,
    /// A proxy to go through, instead of the one that the environment names.
    pub proxy: Option<String>,
}

impl Default for YahooOptions {
    fn default() -> Self {
        Self {
            base_url: "https://query2.finance.yahoo.com".to_owned(),
            user_agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                         Chrome/131.0.0.0 Safari/537.36"
                .to_owned(),
            timeout: Duration::from_secs(20),
            max_body_bytes: 16 << 20,
            tries: TRIES_MAX,
            retry_delay: Duration::from_millis(500),
            proxy: None,
        }
    }
}

impl YahooOptions {
    /// Reads the base URL.
    pub(super) fn checked_base_url(&self) -> Result<Url, Error> {
        let bad = |value: &str, reason: String| Error::BadSetting {
            name: "yahoo.base_url",
            value: value.to_owned(),
            reason,
        };
        let url = Url::parse(&self.base_url)
            .map_err(|error| bad(&self.base_url, format!("is no URL: {error}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("https://…@…", "must not hold a user or password".to_owned()));
        }
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(bad(&self.base_url, "must begin with http:// or https://".to_owned()));
        }
        Ok(url)
    }
}

impl fmt::Debug for YahooOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("YahooOptions")
            .field("base_url", &self.base_url)
            .field("user_agent", &self.user_agent)
            .field("timeout", &self.timeout)
            .field("max_body_bytes", &self.max_body_bytes)
            .field("tries", &self.tries)
            .field("retry_delay", &self.retry_delay)
            // It may hold a password.
            .field("proxy", &self.proxy.as_ref().map(|_| "…"))
            .finish()
    }
}
