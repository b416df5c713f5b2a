//! Tells another program that a level has risen.

use std::{fmt, time::Duration};

use anyhow::{Context as _, Result, bail};
use reqwest::{Client, StatusCode, Url, redirect::Policy};
use serde::Serialize;

/// How long one try may take: the scoring is done, and only this is left.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Tries in all. Who is away for longer is told by the next scoring.
const TRIES: u32 = 3;

/// The pause before the second try; before the third it is twice as long.
const PAUSE: Duration = Duration::from_secs(1);

/// An address that is told of alerts. Whoever knows it may write to it, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct AlertHook(Url);

impl AlertHook {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// What is wrong with it, without the address.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "is no address, it must begin with https://")?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("must be an address that begins with https:// or http://");
        }
        Ok(Self(url))
    }

    /// Posts `body` as JSON, again if that is of use.
    ///
    /// # Errors
    ///
    /// Why it was not taken, without the address.
    pub(super) async fn post(&self, body: &(impl Serialize + Sync)) -> Result<()> {
        // A redirect would take the secret to a place that nobody wrote down.
        let client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build();
        let client = client.map_err(reqwest::Error::without_url).context("no HTTP client")?;
        let mut pause = PAUSE;
        for n_try in 1.. {
            let (problem, passes) = match client.post(self.0.clone()).json(body).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) => (format!("it answered {}", answer.status()), passes(answer.status())),
                Err(error) => (chain(&error.without_url()), true),
            };
            if !passes || n_try == TRIES {
                bail!("the alert webhook was not told in {n_try} tries: {problem}");
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        unreachable!("invariant: the last try returns")
    }
}

impl fmt::Debug for AlertHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AlertHook([redacted])")
    }
}

/// Whether a refusal may be none the next time.
fn passes(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

/// The error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
