//! What a server delivers to a webhook.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::WebhookEvent;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{RunId, Version};

const OP: &str = "read webhook delivery";

/// What a server says to a webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookDelivery {
    /// What happened.
    pub event: WebhookEvent,
    /// When the server sent it, as ISO 8601 text.
    pub timestamp: String,
    /// The workspace it happened in, if the server has workspaces.
    pub workspace: Option<String>,
    /// To what it happened.
    pub payload: WebhookPayload,
}

/// To what an event happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum WebhookPayload {
    /// A model was registered.
    RegisteredModelCreated {
        /// Its name.
        name: String,
        /// Its tags.
        tags: BTreeMap<String, String>,
        /// Its description.
        description: Option<String>,
    },
    /// A version was registered.
    ModelVersionCreated {
        /// The registered model.
        name: String,
        /// Its number.
        version: Version,
        /// Where its files come from.
        source: String,
        /// The run that made it.
        run_id: Option<RunId>,
        /// Its tags.
        tags: BTreeMap<String, String>,
        /// Its description.
        description: Option<String>,
    },
    /// A tag of a version was set.
    ModelVersionTagSet {
        /// The registered model.
        name: String,
        /// The number of the version.
        version: Version,
        /// The tag.
        key: String,
        /// Its value.
        value: String,
    },
    /// A tag of a version was removed.
    ModelVersionTagDeleted {
        /// The registered model.
        name: String,
        /// The number of the version.
        version: Version,
        /// The tag.
        key: String,
    },
    /// An alias was set, or moved.
    ModelVersionAliasCreated {
        /// The registered model.
        name: String,
        /// The alias.
        alias: String,
        /// The version that it names now.
        version: Version,
    },
    /// An alias was removed.
    ModelVersionAliasDeleted {
        /// The registered model.
        name: String,
        /// The alias.
        alias: String,
    },
    /// Something else, as it came: what prompts and budgets have to say, and what this crate
    /// does not know.
    Other(Value),
}

#[derive(Deserialize)]
struct Envelope {
    entity: String,
    action: String,
    #[serde(default)]
    timestamp: String,
    workspace: Option<String>,
    #[serde(default)]
    data: Value,
}

/// All fields of the payloads that are read; each has some of them.
#[derive(Deserialize)]
struct Data {
    name: String,
    version: Option<String>,
    alias: Option<String>,
    key: Option<String>,
    value: Option<String>,
    source: Option<String>,
    run_id: Option<String>,
    description: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// Reads what arrived at a webhook.
///
/// Anybody may have sent it: see [`verify_webhook`](super::verify_webhook), and verify it first.
///
/// # Errors
///
/// [`ErrorKind::Protocol`] if it is not what MLflow delivers; the message does not repeat it.
///
/// # Source
///
/// `mlflow/webhooks/types.py` of 3.17.2.
pub fn parse_webhook(body: &[u8]) -> Result<WebhookDelivery> {
    let Envelope { entity, action, timestamp, workspace, data } =
        serde_json::from_slice(body).map_err(|error| not_understood("", &error))?;
    let event = WebhookEvent::new(&entity, &action);
    let payload = payload(&event, data)?;
    Ok(WebhookDelivery { event, timestamp, workspace, payload })
}

fn payload(event: &WebhookEvent, data: Value) -> Result<WebhookPayload> {
    use WebhookEvent as Event;
    let is_read = matches!(
        event,
        Event::RegisteredModelCreated
            | Event::ModelVersionCreated
            | Event::ModelVersionTagSet
            | Event::ModelVersionTagDeleted
            | Event::ModelVersionAliasCreated
            | Event::ModelVersionAliasDeleted
    );
    if !is_read {
        return Ok(WebhookPayload::Other(data));
    }
    let Data { name, version, alias, key, value, source, run_id, description, tags } =
        read(event, data)?;
    let need = |field: &str, text: Option<String>| {
        text.ok_or_else(|| {
            let message = format!("it has no `{field}`");
            Error::new(ErrorKind::Protocol, OP, event.to_string(), message)
        })
    };
    let number = || -> Result<Version> {
        let text = need("version", version)?;
        text.parse().map_err(|error: std::num::ParseIntError| {
            let message = format!("`{text}` is not the number of a version");
            Error::new(ErrorKind::Protocol, OP, event.to_string(), message).with_source(error)
        })
    };
    let description = description.filter(|text| !text.is_empty());
    Ok(match event {
        Event::RegisteredModelCreated => {
            WebhookPayload::RegisteredModelCreated { name, tags, description }
        }
        Event::ModelVersionCreated => WebhookPayload::ModelVersionCreated {
            name,
            version: number()?,
            source: need("source", source)?,
            run_id: run_id.filter(|id| !id.is_empty()).map(RunId::new),
            tags,
            description,
        },
        Event::ModelVersionTagSet => WebhookPayload::ModelVersionTagSet {
            name,
            version: number()?,
            key: need("key", key)?,
            value: need("value", value)?,
        },
        Event::ModelVersionTagDeleted => WebhookPayload::ModelVersionTagDeleted {
            name,
            version: number()?,
            key: need("key", key)?,
        },
        Event::ModelVersionAliasCreated => WebhookPayload::ModelVersionAliasCreated {
            name,
            alias: need("alias", alias)?,
            version: number()?,
        },
        _ => WebhookPayload::ModelVersionAliasDeleted { name, alias: need("alias", alias)? },
    })
}

fn read<T: DeserializeOwned>(event: &WebhookEvent, data: Value) -> Result<T> {
    serde_json::from_value(data).map_err(|error| not_understood(&event.to_string(), &error))
}

/// Says where reading ended, and nothing of what was read.
fn not_understood(subject: &str, error: &serde_json::Error) -> Error {
    let what = if error.is_data() {
        "a field of it is missing or of another type"
    } else {
        "it is no JSON"
    };
    let message = format!("{what} (line {}, column {})", error.line(), error.column());
    Error::new(ErrorKind::Protocol, OP, subject, message)
        .with_hint("is it MLflow that calls? verify the signature first")
}
