//! Webhooks over REST.

use async_trait::async_trait;
use reqwest::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{RestStore, wire};
use crate::error::{Error, ErrorKind, Result};
use crate::id::WebhookId;
use crate::search::Page;
use crate::webhook::{
    NewWebhook, Webhook, WebhookEvent, WebhookStatus, WebhookStore, WebhookTestResult,
    WebhookUpdate, check_max_results,
};

#[derive(Deserialize)]
struct WireAnswer {
    webhook: Wire,
}

#[derive(Deserialize)]
struct WirePage {
    #[serde(default)]
    webhooks: Vec<Wire>,
    #[serde(default, deserialize_with = "wire::token")]
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    webhook_id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    events: Vec<WireEvent>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    status: String,
    #[serde(default, deserialize_with = "wire::int")]
    creation_timestamp: i64,
    #[serde(default, deserialize_with = "wire::int")]
    last_updated_timestamp: i64,
}

#[derive(Deserialize)]
struct WireEvent {
    entity: String,
    action: String,
}

#[derive(Deserialize)]
struct WireTest {
    result: WireResult,
}

#[derive(Deserialize)]
struct WireResult {
    #[serde(default)]
    success: bool,
    response_status: Option<u16>,
    response_body: Option<String>,
    error_message: Option<String>,
}

#[async_trait]
impl WebhookStore for RestStore {
    async fn create_webhook(&self, new: &NewWebhook) -> Result<Webhook> {
        const OP: &str = "create webhook";
        new.check(OP)?;
        let mut body = json!({
            "name": new.name,
            "url": new.url,
            "events": new.events.iter().map(event).collect::<Vec<_>>(),
            "status": new.status.as_str(),
        });
        if let Some(secret) = &new.secret {
            body["secret"] = json!(secret.expose());
        }
        if let Some(description) = &new.description {
            body["description"] = json!(description);
        }
        let call = self.post(OP, &new.name, "webhooks").json(&body).once();
        let answer: WireAnswer = self.http.json(&call).await.map_err(explain)?;
        Ok(read(answer.webhook))
    }

    async fn get_webhook(&self, id: &WebhookId) -> Result<Webhook> {
        let call = self.get("read webhook", id.as_str(), &format!("webhooks/{id}"));
        let answer: WireAnswer = self.http.json(&call).await.map_err(explain)?;
        Ok(read(answer.webhook))
    }

    async fn list_webhooks(
        &self,
        max_results: u32,
        page_token: Option<&str>,
    ) -> Result<Page<Webhook>> {
        const OP: &str = "list webhooks";
        check_max_results(OP, max_results)?;
        let mut call = self.get(OP, "", "webhooks").query("max_results", &max_results.to_string());
        if let Some(token) = page_token {
            call = call.query("page_token", token);
        }
        let page: WirePage = self.http.json(&call).await.map_err(explain)?;
        Ok(Page {
            items: page.webhooks.into_iter().map(read).collect(),
            next_page_token: page.next_page_token,
        })
    }

    async fn update_webhook(&self, id: &WebhookId, update: &WebhookUpdate) -> Result<Webhook> {
        const OP: &str = "change webhook";
        update.check(OP, id)?;
        let WebhookUpdate { name, url, events, secret, description, status } = update;
        let fields = [
            ("name", name.as_ref().map(|name| json!(name))),
            ("url", url.as_ref().map(|url| json!(url))),
            ("events", events.as_ref().map(|events| events.iter().map(event).collect())),
            ("secret", secret.as_ref().map(|secret| json!(secret.expose()))),
            ("description", description.as_ref().map(|text| json!(text))),
            ("status", status.as_ref().map(|status| json!(status.as_str()))),
        ];
        let given = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        let body = Value::Object(given.collect());
        let path = format!("webhooks/{id}");
        let call = self.http.call(Method::PATCH, OP, id.as_str(), &path).json(&body);
        let answer: WireAnswer = self.http.json(&call).await.map_err(explain)?;
        Ok(read(answer.webhook))
    }

    async fn delete_webhook(&self, id: &WebhookId) -> Result<()> {
        const OP: &str = "delete webhook";
        let path = format!("webhooks/{id}");
        let call = self.http.call(Method::DELETE, OP, id.as_str(), &path).once();
        let _answer: IgnoredAny = self.http.json(&call).await.map_err(explain)?;
        Ok(())
    }

    async fn test_webhook(
        &self,
        id: &WebhookId,
        of: Option<&WebhookEvent>,
    ) -> Result<WebhookTestResult> {
        let body = of.map_or_else(|| json!({}), |of| json!({ "event": event(of) }));
        let path = format!("webhooks/{id}/test");
        let call = self.post("test webhook", id.as_str(), &path).json(&body).once();
        let WireTest { result } = self.http.json(&call).await.map_err(explain)?;
        Ok(WebhookTestResult {
            success: result.success,
            response_status: result.response_status.filter(|&status| status > 0),
            response_body: result.response_body.filter(|text| !text.is_empty()),
            error_message: result.error_message.filter(|text| !text.is_empty()),
        })
    }
}

/// Writes an event in the capital letters of the enumerations.
fn event(event: &WebhookEvent) -> Value {
    json!({
        "entity": event.entity().to_ascii_uppercase(),
        "action": event.action().to_ascii_uppercase(),
    })
}

fn read(webhook: Wire) -> Webhook {
    let events = webhook.events.iter().map(|event| WebhookEvent::new(&event.entity, &event.action));
    Webhook {
        id: WebhookId::new(webhook.webhook_id),
        name: webhook.name,
        url: webhook.url,
        events: events.collect(),
        description: Some(webhook.description).filter(|text| !text.is_empty()),
        status: WebhookStatus::parse(&webhook.status),
        creation_time_ms: webhook.creation_timestamp,
        last_updated_time_ms: webhook.last_updated_timestamp,
    }
}

/// Adds what to do about a refusal that depends on how the server was started.
fn explain(error: Error) -> Error {
    let said = error.to_string();
    let hint = if said.contains("Allowed schemes") {
        "use an https: address, or start the server with MLFLOW_WEBHOOK_ALLOWED_SCHEMES=http,https"
    } else if said.contains("non-public IP") {
        "use a public address, or start the server with MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true"
    } else if error.kind() == ErrorKind::Internal {
        "the server may not know an event, or not read the secrets of webhooks that another process \
         has written: start it with the MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY that they were written \
         with; one that keeps a folder (`./mlruns`) has no webhooks at all"
    } else {
        return error;
    };
    error.with_hint(hint)
}
