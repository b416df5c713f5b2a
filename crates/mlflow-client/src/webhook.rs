//! Webhooks: what a server calls when something happens in the registry.

mod delivery;
mod event;
mod signature;

use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;
use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::id::WebhookId;
use crate::options::Secret;
use crate::search::Page;

pub use delivery::{WebhookDelivery, WebhookPayload, parse_webhook};
pub use event::WebhookEvent;
pub use signature::{WebhookHeaders, verify_webhook};

/// Length of a webhook's name.
const NAME_CHARS_MAX: usize = 63;

/// Webhooks in one page.
const RESULTS_MAX: u32 = 1000;

/// Whether a webhook is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum WebhookStatus {
    /// It is called.
    #[default]
    Active,
    /// It is kept, and not called.
    Disabled,
    /// Something that this crate does not know, as MLflow spells it.
    Other(String),
}

impl WebhookStatus {
    /// Returns the status as MLflow spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
            Self::Other(text) => text,
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        match text {
            // The first of the enumeration, which is left out.
            "" | "ACTIVE" => Self::Active,
            "DISABLED" => Self::Disabled,
            _ => Self::Other(text.to_owned()),
        }
    }
}

/// A webhook to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Its name, not unique: 1 to 63 letters, digits, `.`, `_` and `-`, with a letter or digit at
    /// both ends.
    pub name: String,
    /// What is called. A server takes public `https:` addresses unless it was told otherwise.
    pub url: String,
    /// What it is called for; at least one.
    pub events: BTreeSet<WebhookEvent>,
    /// What deliveries are signed with; without one they are not signed.
    ///
    /// A server of several workers, or one that is to be started again, needs
    /// `MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY`: without it each process makes up a key of its own,
    /// and cannot read what another one has written.
    pub secret: Option<Secret>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is called.
    pub status: WebhookStatus,
}

/// What to change of a webhook; what is `None` stays as it is.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct WebhookUpdate {
    /// Its name.
    pub name: Option<String>,
    /// What is called.
    pub url: Option<String>,
    /// What it is called for, in place of what it was called for; at least one.
    pub events: Option<BTreeSet<WebhookEvent>>,
    /// What deliveries are signed with; an empty one ends the signing.
    pub secret: Option<Secret>,
    /// What it is for; an empty text removes it.
    pub description: Option<String>,
    /// Whether it is called.
    pub status: Option<WebhookStatus>,
}

/// A webhook as stored. Nobody gives its secret back.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Its name.
    pub name: String,
    /// What is called.
    pub url: String,
    /// What it is called for.
    pub events: BTreeSet<WebhookEvent>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is called.
    pub status: WebhookStatus,
    /// When it was made, in milliseconds since 1970.
    pub creation_time_ms: i64,
    /// When it was last changed, in milliseconds since 1970.
    pub last_updated_time_ms: i64,
}

/// What came of a delivery that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookTestResult {
    /// Whether the receiver took it: it answered with a status below 400.
    pub success: bool,
    /// The status that the receiver answered with, if it did.
    pub response_status: Option<u16>,
    /// What the receiver answered.
    pub response_body: Option<String>,
    /// Why there was no answer.
    pub error_message: Option<String>,
}

/// Manages webhooks.
///
/// A server sees a webhook that was made or changed some time later, a minute by default
/// (`MLFLOW_WEBHOOK_CACHE_TTL`). It sends deliveries from memory and gives up after some tries,
/// so that one may be lost: what must not be missed is asked for now and then. There is no event
/// for a version that changes its stage.
///
/// The methods have a default that refuses: only a server calls anybody.
#[async_trait]
pub trait WebhookStore: fmt::Debug + Send + Sync {
    /// Makes a webhook. Not safe to repeat: names are not unique.
    async fn create_webhook(&self, webhook: &NewWebhook) -> Result<Webhook> {
        Err(needs_a_server("create webhook", &webhook.name))
    }

    /// Returns a webhook.
    async fn get_webhook(&self, id: &WebhookId) -> Result<Webhook> {
        Err(needs_a_server("read webhook", id.as_str()))
    }

    /// Returns the webhooks, the newest first, 1 to 1,000 in a page.
    async fn list_webhooks(
        &self,
        _max_results: u32,
        _page_token: Option<&str>,
    ) -> Result<Page<Webhook>> {
        Err(needs_a_server("list webhooks", ""))
    }

    /// Changes a webhook. Safe to repeat.
    async fn update_webhook(&self, id: &WebhookId, _update: &WebhookUpdate) -> Result<Webhook> {
        Err(needs_a_server("change webhook", id.as_str()))
    }

    /// Deletes a webhook.
    async fn delete_webhook(&self, id: &WebhookId) -> Result<()> {
        Err(needs_a_server("delete webhook", id.as_str()))
    }

    /// Has an example of an event delivered now: of the one given, or of one it is called for.
    ///
    /// That the receiver refuses it or cannot be reached is no error but the result.
    async fn test_webhook(
        &self,
        id: &WebhookId,
        _event: Option<&WebhookEvent>,
    ) -> Result<WebhookTestResult> {
        Err(needs_a_server("test webhook", id.as_str()))
    }
}

fn needs_a_server(op: &'static str, subject: &str) -> Error {
    Error::unsupported(op, subject)
        .with_hint("webhooks need an MLflow server: start one, and use its http:// address")
}

impl NewWebhook {
    /// Checks what MLflow refuses, besides what depends on the server.
    pub(crate) fn check(&self, op: &'static str) -> Result<()> {
        check_name(op, &self.name)?;
        check_events(op, &self.name, &self.events)
    }
}

impl WebhookUpdate {
    pub(crate) fn check(&self, op: &'static str, id: &WebhookId) -> Result<()> {
        self.name.iter().try_for_each(|name| check_name(op, name))?;
        self.events.iter().try_for_each(|events| check_events(op, id.as_str(), events))
    }
}

/// Checks the size of a page.
pub(crate) fn check_max_results(op: &'static str, max_results: u32) -> Result<()> {
    if (1..=RESULTS_MAX).contains(&max_results) {
        return Ok(());
    }
    Err(invalid(op, "", format!("max_results is {max_results}, 1 to {RESULTS_MAX} go")))
}

fn check_name(op: &'static str, name: &str) -> Result<()> {
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let has_ends = is_end(name.chars().next()) && is_end(name.chars().next_back());
    if is_plain && has_ends && name.len() <= NAME_CHARS_MAX {
        return Ok(());
    }
    let message = "a webhook's name has 1 to 63 letters, digits, `.`, `_` and `-`, with a letter \
                   or digit at both ends";
    Err(invalid(op, name, message))
}

fn check_events(op: &'static str, subject: &str, events: &BTreeSet<WebhookEvent>) -> Result<()> {
    if events.is_empty() {
        return Err(invalid(op, subject, "a webhook is called for at least one event"));
    }
    Ok(())
}

fn invalid(op: &'static str, subject: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, op, subject, message)
        .with_error_code("INVALID_PARAMETER_VALUE")
}

/// The host that is called: the path of many services is as good as a password.
fn host(url: &str) -> String {
    let origin = Url::parse(url).map(|url| url.origin().ascii_serialization());
    format!("{}/…", origin.unwrap_or_default())
}

impl fmt::Debug for NewWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, url, events, secret, description, status } = self;
        f.debug_struct("NewWebhook")
            .field("name", name)
            .field("url", &host(url))
            .field("events", events)
            .field("secret", secret)
            .field("description", description)
            .field("status", status)
            .finish()
    }
}

impl fmt::Debug for WebhookUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, url, events, secret, description, status } = self;
        f.debug_struct("WebhookUpdate")
            .field("name", name)
            .field("url", &url.as_deref().map(host))
            .field("events", events)
            .field("secret", secret)
            .field("description", description)
            .field("status", status)
            .finish()
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("url", &host(&self.url))
            .field("events", &self.events)
            .field("description", &self.description)
            .field("status", &self.status)
            .field("creation_time_ms", &self.creation_time_ms)
            .field("last_updated_time_ms", &self.last_updated_time_ms)
            .finish()
    }
}

#[cfg(test)]
mod tests;
