use std::collections::BTreeMap;

use super::*;
use crate::id::{RunId, Version};

fn delivered(event: &str, data: &str) -> Result<WebhookDelivery> {
    let (entity, action) = event.split_once('.').unwrap();
    let body = format!(
        r#"{{"entity": "{entity}", "action": "{action}", "timestamp": "2026-11-23T03:49:32.931604+00:00", "data": {data}}}"#
    );
    parse_webhook(body.as_bytes())
}

/// What Python's `WebhookEvent.from_str` knows.
const EVENTS: [&str; 15] = [
    "registered_model.created",
    "model_version.created",
    "model_version_tag.set",
    "model_version_tag.deleted",
    "model_version_alias.created",
    "model_version_alias.deleted",
    "prompt.created",
    "prompt_version.created",
    "prompt_tag.set",
    "prompt_tag.deleted",
    "prompt_version_tag.set",
    "prompt_version_tag.deleted",
    "prompt_alias.created",
    "prompt_alias.deleted",
    "budget_policy.exceeded",
];

#[test]
fn events_have_the_names_of_python_and_strange_ones_are_kept() {
    for text in EVENTS {
        let event: WebhookEvent = text.parse().unwrap();
        assert!(!matches!(event, WebhookEvent::Other(..)), "{text}");
        assert_eq!(event.to_string(), text);
        let capitals = text.to_ascii_uppercase();
        let (entity, action) = capitals.split_once('.').unwrap();
        assert_eq!(WebhookEvent::new(entity, action), event);
    }
    let strange: WebhookEvent = "model_version.transitioned".parse().unwrap();
    assert_eq!((strange.entity(), strange.action()), ("model_version", "transitioned"));
    assert_eq!(strange.to_string(), "model_version.transitioned");
    for wrong in ["", "created", ".created", "prompt."] {
        let error = wrong.parse::<WebhookEvent>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{wrong}");
    }
}

#[test]
fn deliveries_are_read_by_what_happened() {
    let name = "ProphetModel".to_owned();
    let version = Version::new(12);
    for (event, data, expected) in [
        (
            EVENTS[0],
            r#"{"name": "ProphetModel", "tags": {"a": "ç"}, "description": ""}"#,
            WebhookPayload::RegisteredModelCreated {
                name: name.clone(),
                tags: BTreeMap::from([("a".to_owned(), "ç".to_owned())]),
                description: None,
            },
        ),
        (
            EVENTS[1],
            r#"{"name": "ProphetModel", "version": "12", "source": "models:/m-1", "run_id": "r",
                "tags": {}, "description": "d", "a new field": 1}"#,
            WebhookPayload::ModelVersionCreated {
                name: name.clone(),
                version,
                source: "models:/m-1".to_owned(),
                run_id: Some(RunId::new("r")),
                tags: BTreeMap::new(),
                description: Some("d".to_owned()),
            },
        ),
        (
            EVENTS[2],
            r#"{"name": "ProphetModel", "version": "12", "key": "k", "value": ""}"#,
            WebhookPayload::ModelVersionTagSet {
                name: name.clone(),
                version,
                key: "k".to_owned(),
                value: String::new(),
            },
        ),
        (
            EVENTS[3],
            r#"{"name": "ProphetModel", "version": "12", "key": "k"}"#,
            WebhookPayload::ModelVersionTagDeleted {
                name: name.clone(),
                version,
                key: "k".to_owned(),
            },
        ),
        (
            EVENTS[4],
            r#"{"name": "ProphetModel", "alias": "champion", "version": "12"}"#,
            WebhookPayload::ModelVersionAliasCreated {
                name: name.clone(),
                alias: "champion".to_owned(),
                version,
            },
        ),
        (
            EVENTS[5],
            r#"{"name": "ProphetModel", "alias": "champion"}"#,
            WebhookPayload::ModelVersionAliasDeleted { name, alias: "champion".to_owned() },
        ),
        (EVENTS[6], r#"{"name": "p"}"#, WebhookPayload::Other(serde_json::json!({ "name": "p" }))),
        ("model_version.moved", "[1]", WebhookPayload::Other(serde_json::json!([1]))),
    ] {
        let read = delivered(event, data).unwrap();
        assert_eq!(read.event.to_string(), event);
        assert_eq!(read.payload, expected, "{event}");
        assert_eq!(read.timestamp, "2026-11-23T03:49:32.931604+00:00");
    }
}

#[test]
fn what_is_no_delivery_is_refused_and_not_repeated() {
    for (event, data, fragment) in [
        (EVENTS[1], r#"{"name": "hunter2"}"#, "no `version`"),
        (EVENTS[4], r#"{"name": "hunter2", "version": "1"}"#, "no `alias`"),
        (EVENTS[4], r#"{"alias": "hunter2", "version": "1"}"#, "missing or of another type"),
        (EVENTS[4], r#"{"name": "n", "alias": "a", "version": 1}"#, "missing or of another type"),
        (EVENTS[4], r#"{"name": "n", "alias": "a", "version": "one"}"#, "`one` is not the number"),
        (EVENTS[4], "null", "missing or of another type"),
        (EVENTS[4], "{", "it is no JSON"),
    ] {
        let error = delivered(event, data).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{data}");
        assert!(error.to_string().contains(fragment), "{data}: {error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    assert_eq!(parse_webhook(b"\xff").unwrap_err().kind(), ErrorKind::Protocol);
    assert_eq!(parse_webhook(b"{}").unwrap_err().kind(), ErrorKind::Protocol);
}

#[test]
fn neither_the_secret_nor_the_path_of_the_address_is_shown() {
    let url = "https://ana:hunter2@hooks.example/T0/hunter2?token=hunter2".to_owned();
    let new = NewWebhook {
        name: "pager".to_owned(),
        url: url.clone(),
        events: BTreeSet::from([WebhookEvent::ModelVersionCreated]),
        secret: Some(Secret::new("hunter2")),
        description: None,
        status: WebhookStatus::Active,
    };
    let update = WebhookUpdate {
        url: Some(url.clone()),
        secret: new.secret.clone(),
        ..WebhookUpdate::default()
    };
    let stored = Webhook {
        id: WebhookId::new("w"),
        name: "pager".to_owned(),
        url,
        events: new.events.clone(),
        description: None,
        status: WebhookStatus::Disabled,
        creation_time_ms: 1,
        last_updated_time_ms: 2,
    };
    let shown = format!("{new:?} {update:?} {stored:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(shown.matches("https://hooks.example/…").count(), 3, "{shown}");
}
