//! Webhooks in memory: kept, and never called.

use async_trait::async_trait;
use url::Url;

use super::MemoryStore;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{WebhookId, new_webhook_id};
use crate::search::Page;
use crate::webhook::{NewWebhook, Webhook, WebhookStore, WebhookUpdate, check_max_results};

#[async_trait]
impl WebhookStore for MemoryStore {
    async fn create_webhook(&self, new: &NewWebhook) -> Result<Webhook> {
        const OP: &str = "create webhook";
        new.check(OP)?;
        check_url(OP, &new.name, &new.url)?;
        let now = self.clock.now_ms();
        let webhook = Webhook {
            id: new_webhook_id(),
            name: new.name.clone(),
            url: new.url.clone(),
            events: new.events.clone(),
            description: new.description.clone().filter(|text| !text.is_empty()),
            status: new.status.clone(),
            creation_time_ms: now,
            last_updated_time_ms: now,
        };
        self.state().webhooks.push(webhook.clone());
        Ok(webhook)
    }

    async fn get_webhook(&self, id: &WebhookId) -> Result<Webhook> {
        let state = self.state();
        let found = state.webhooks.iter().find(|webhook| webhook.id == *id);
        found.cloned().ok_or_else(|| unknown("read webhook", id))
    }

    async fn list_webhooks(
        &self,
        max_results: u32,
        page_token: Option<&str>,
    ) -> Result<Page<Webhook>> {
        const OP: &str = "list webhooks";
        check_max_results(OP, max_results)?;
        let start: usize = match page_token {
            None => 0,
            Some(token) => token.parse().map_err(|error| {
                let message = "it is no token of a page of this store";
                Error::new(ErrorKind::InvalidArgument, OP, token, message).with_source(error)
            })?,
        };
        let state = self.state();
        let end = start.saturating_add(max_results as usize);
        let next_page_token = (end < state.webhooks.len()).then(|| end.to_string());
        let newest_first = state.webhooks.iter().rev().skip(start).take(max_results as usize);
        Ok(Page { items: newest_first.cloned().collect(), next_page_token })
    }

    async fn update_webhook(&self, id: &WebhookId, update: &WebhookUpdate) -> Result<Webhook> {
        const OP: &str = "change webhook";
        update.check(OP, id)?;
        update.url.iter().try_for_each(|url| check_url(OP, id.as_str(), url))?;
        let mut state = self.state();
        let found = state.webhooks.iter_mut().find(|webhook| webhook.id == *id);
        let webhook = found.ok_or_else(|| unknown(OP, id))?;
        // There is nobody to sign anything, so the secret is not kept.
        let WebhookUpdate { name, url, events, secret: _, description, status } = update.clone();
        webhook.name = name.unwrap_or_else(|| webhook.name.clone());
        webhook.url = url.unwrap_or_else(|| webhook.url.clone());
        webhook.events = events.unwrap_or_else(|| webhook.events.clone());
        webhook.status = status.unwrap_or_else(|| webhook.status.clone());
        if let Some(text) = description {
            webhook.description = Some(text).filter(|text| !text.is_empty());
        }
        webhook.last_updated_time_ms = self.clock.now_ms();
        Ok(webhook.clone())
    }

    async fn delete_webhook(&self, id: &WebhookId) -> Result<()> {
        let mut state = self.state();
        let before = state.webhooks.len();
        state.webhooks.retain(|webhook| webhook.id != *id);
        if state.webhooks.len() == before {
            return Err(unknown("delete webhook", id));
        }
        Ok(())
    }
}

fn unknown(op: &'static str, id: &WebhookId) -> Error {
    Error::new(ErrorKind::NotFound, op, id.as_str(), "there is no webhook of that id")
        .with_error_code("RESOURCE_DOES_NOT_EXIST")
}

/// As a server that was told nothing about schemes.
fn check_url(op: &'static str, subject: &str, url: &str) -> Result<()> {
    if Url::parse(url).is_ok_and(|url| url.scheme() == "https" && url.has_host()) {
        return Ok(());
    }
    let message = "a webhook's address is an https: URL with a host";
    Err(Error::new(ErrorKind::InvalidArgument, op, subject, message)
        .with_error_code("INVALID_PARAMETER_VALUE"))
}
