//! Who may ask, how often, and from which pages: what may change while the service runs.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use mlflow_client::Secret;

use crate::client::{self, Network};
use crate::cors::Origins;
use crate::rate_limit::RateLimiter;
use crate::settings::Settings;
use crate::state::Token;

/// The rules in force.
#[derive(Debug)]
pub struct Access {
    /// Asked of every route that shows forecasts or models, if set.
    pub token: Option<Token>,
    /// What MLflow signs its deliveries with, if any are taken.
    pub webhook_secret: Option<Secret>,
    /// Whose pages may read answers, if any of other origins.
    pub origins: Option<Origins>,
    limiter: Option<RateLimiter>,
    trusted_proxies: Vec<Network>,
}

impl Access {
    /// The rules that the settings have; nobody has asked anything yet.
    pub fn of(settings: &Settings) -> Self {
        let http = &settings.http;
        Self {
            token: http.token.clone(),
            webhook_secret: settings.webhook_secret.clone(),
            origins: http.origins.clone(),
            limiter: http.rate_limit.map(RateLimiter::new),
            trusted_proxies: http.trusted_proxies.clone(),
        }
    }

    /// Lets a request through, or says how long its client has to wait.
    pub(crate) fn admit(&self, request: &HttpRequest, now: Instant) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        match self.client(request) {
            Some(client) => limiter.admit(client, now),
            None => Ok(()),
        }
    }

    fn client(&self, request: &HttpRequest) -> Option<IpAddr> {
        client::address(request, &self.trusted_proxies)
    }
}
