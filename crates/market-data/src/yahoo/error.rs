//! Why Yahoo gave no prices.

use std::time::Duration;

/// Everything that Yahoo, or the way to it, can do wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum YahooError {
    /// Yahoo does not list the symbol.
    #[error("Yahoo knows no symbol `{symbol}`: {description}")]
    NotFound {
        /// The symbol.
        symbol: String,
        /// What Yahoo says.
        description: String,
    },
    /// Yahoo does not accept the range, most often because it lies before the listing.
    #[error("Yahoo refused the range of `{symbol}`: {description}")]
    BadRequest {
        /// The symbol.
        symbol: String,
        /// What Yahoo says.
        description: String,
    },
    /// Yahoo answered for a symbol that nobody trades.
    #[error("Yahoo has no prices of `{symbol}`: it is a placeholder ({reason})")]
    Phantom {
        /// The symbol.
        symbol: String,
        /// How it shows.
        reason: &'static str,
    },
    /// The instrument has no session in the range.
    #[error("Yahoo has no session of `{symbol}` in the range {start}..{end}")]
    NoSessions {
        /// The symbol.
        symbol: String,
        /// First session wanted.
        start: chrono::NaiveDate,
        /// Last session wanted.
        end: chrono::NaiveDate,
    },
    /// The rows are not those of days.
    #[error("Yahoo answered `{symbol}` in steps of {granularity}, wanted are days (1d)")]
    Granularity {
        /// The symbol.
        symbol: String,
        /// The step.
        granularity: String,
    },
    /// Too many requests, or an address or client that Yahoo does not serve.
    #[error(
        "{host} answered 429: too many requests{}",
        .retry_after.map_or_else(String::new, |wait| format!(", to wait {} s", wait.as_secs()))
    )]
    RateLimited {
        /// The host.
        host: String,
        /// How long to wait, if it said.
        retry_after: Option<Duration>,
    },
    /// The host wants a login.
    #[error("{host} answered {status}: {description}")]
    Unauthorized {
        /// The host.
        host: String,
        /// 401 or 403.
        status: u16,
        /// What it says.
        description: String,
    },
    /// The host failed.
    #[error("{host} answered {status}: {description}")]
    Upstream {
        /// The host.
        host: String,
        /// The status.
        status: u16,
        /// What it says.
        description: String,
        /// How long to wait, if it said.
        retry_after: Option<Duration>,
    },
    /// Yahoo is down and says so on a page.
    #[error("{host} is down: it answered \"Will be right back\"")]
    Outage {
        /// The host.
        host: String,
    },
    /// The answer is no JSON.
    #[error("{host} answered no JSON but `{start}`")]
    NotJson {
        /// The host.
        host: String,
        /// How the answer begins.
        start: String,
    },
    /// The answer is JSON of another shape.
    #[error("answer of {host} is not the chart that was expected: {reason}")]
    Schema {
        /// The host.
        host: String,
        /// What is wrong.
        reason: String,
    },
    /// The answer ended early.
    #[error("answer of {host} broke off after {bytes} bytes")]
    Truncated {
        /// The host.
        host: String,
        /// How much had come.
        bytes: usize,
    },
    /// The answer is longer than any chart.
    #[error("answer of {host} is longer than {limit} bytes")]
    BodyTooLarge {
        /// The host.
        host: String,
        /// The bound.
        limit: usize,
    },
    /// No answer in time.
    #[error("{host} gave no answer within {} s", limit.as_secs_f64())]
    Timeout {
        /// The host.
        host: String,
        /// The bound.
        limit: Duration,
    },
    /// The host cannot be reached.
    #[error("cannot reach {host}")]
    Network {
        /// The host.
        host: String,
        /// What the network says.
        #[source]
        source: reqwest::Error,
    },
    /// Every try failed.
    #[error("gave up after {tries} tries")]
    GaveUp {
        /// How many.
        tries: usize,
        /// How the last one failed.
        #[source]
        source: Box<Self>,
    },
}

impl YahooError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::GaveUp { source, .. } => return source.hint(),
            Self::NotFound { symbol, .. } | Self::Phantom { symbol, .. } => {
                return Some(if symbol.contains(['.', '^', '-', '=']) {
                    format!("check the spelling of `{symbol}` on finance.yahoo.com")
                } else {
                    format!("symbols of B3 end in `.SA`: `{symbol}.SA`?")
                });
            }
            Self::BadRequest { .. } | Self::NoSessions { .. } => {
                "choose a --start after the listing and an --end with sessions before it"
            }
            Self::RateLimited { .. } | Self::Unauthorized { .. } => {
                "Yahoo blocks data centres and hasty clients: wait a quarter of an hour, run from \
                 a residential address, or use --source file:PRICES.csv"
            }
            Self::NotJson { .. } | Self::Schema { .. } | Self::Granularity { .. } => {
                "check yahoo.base_url, or use --source file:PRICES.csv"
            }
            Self::Upstream { status: 404, .. } => "check yahoo.base_url: it names no chart service",
            Self::Upstream { .. } | Self::Outage { .. } | Self::Truncated { .. } => {
                "try again later, or use --source file:PRICES.csv"
            }
            Self::BodyTooLarge { .. } => "check yahoo.base_url, or choose a later --start",
            Self::Timeout { .. } | Self::Network { .. } => {
                "check the network, the proxy and yahoo.base_url, or use --source file:PRICES.csv"
            }
        };
        Some(text.to_owned())
    }

    /// Whether the same request may succeed if it is made again.
    pub(crate) const fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::Outage { .. }
            | Self::Truncated { .. }
            | Self::Timeout { .. }
            | Self::Network { .. } => true,
            Self::Upstream { status, .. } => 500 <= *status,
            _ => false,
        }
    }

    /// Whether an older answer may stand in: the failure says nothing about the symbol or range.
    pub(crate) fn allows_older_answer(&self) -> bool {
        match self {
            Self::GaveUp { source, .. } => source.allows_older_answer(),
            Self::NotFound { .. }
            | Self::BadRequest { .. }
            | Self::Phantom { .. }
            | Self::NoSessions { .. }
            | Self::Granularity { .. } => false,
            _ => true,
        }
    }

    /// How long the host asked to wait.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Upstream { retry_after, .. } => {
                *retry_after
            }
            _ => None,
        }
    }
}
