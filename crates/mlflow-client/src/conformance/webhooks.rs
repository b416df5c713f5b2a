//! Webhooks, and what a store says of itself.

use std::collections::BTreeSet;

use super::assert_kind;
use crate::error::ErrorKind;
use crate::id::WebhookId;
use crate::options::Secret;
use crate::server::StoreKind;
use crate::store::Store;
use crate::webhook::{NewWebhook, WebhookEvent, WebhookStatus, WebhookUpdate};

/// A public address that is never called: the webhook is disabled, and for an event that no
/// other case causes.
const URL: &str = "https://1.1.1.1/hook?a=b%20c";

fn new_webhook(name: &str) -> NewWebhook {
    NewWebhook {
        name: name.to_owned(),
        url: URL.to_owned(),
        events: BTreeSet::from([WebhookEvent::PromptAliasDeleted]),
        secret: Some(Secret::new("segredo")),
        description: Some("avisa a mesa".to_owned()),
        status: WebhookStatus::Disabled,
    }
}

/// Webhooks are made, read, listed, changed and deleted; a store that calls nobody refuses, and
/// says what is needed.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn webhooks_are_managed(store: &dyn Store, _prefix: &str) {
    let new = new_webhook("conformance.A-1_b");
    let first = match store.create_webhook(&new).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            assert!(error.hint().is_some_and(|hint| hint.contains("server")), "{error:?}");
            assert_kind(store.list_webhooks(9, None).await, ErrorKind::Unsupported, "none to list");
            return;
        }
        made => made.expect("a webhook is made"),
    };
    assert_eq!((&first.name, &first.url, &first.events), (&new.name, &new.url, &new.events));
    assert_eq!((&first.description, &first.status), (&new.description, &new.status));
    assert_eq!(store.get_webhook(&first.id).await.expect("it is read"), first);
    let second = store.create_webhook(&new).await.expect("a name may be there twice");
    assert_ne!(first.id, second.id);

    let mut listed = Vec::new();
    let mut token = None;
    loop {
        let page = store.list_webhooks(1, token.as_deref()).await.expect("they are listed");
        assert!(page.items.len() <= 1);
        listed.extend(page.items.into_iter().map(|webhook| webhook.id));
        token = page.next_page_token;
        if token.is_none() {
            break;
        }
    }
    assert!(listed.contains(&first.id) && listed.contains(&second.id), "{listed:?}");

    let events = [WebhookEvent::PromptTagDeleted, WebhookEvent::BudgetPolicyExceeded];
    let update = WebhookUpdate {
        events: Some(events.into_iter().collect()),
        description: Some(String::new()),
        ..WebhookUpdate::default()
    };
    let changed = store.update_webhook(&first.id, &update).await.expect("it is changed");
    assert_eq!(changed.events, update.events.expect("they were given above"));
    assert_eq!((&changed.name, &changed.description), (&first.name, &None));
    assert_eq!(changed.status, WebhookStatus::Disabled, "what is not given stays");
    assert_eq!(store.get_webhook(&first.id).await.expect("it is read"), changed);
    let renamed = WebhookUpdate { name: Some("x".to_owned()), ..WebhookUpdate::default() };
    assert_eq!(store.update_webhook(&first.id, &renamed).await.expect("it is renamed").name, "x");

    for id in [&first.id, &second.id] {
        store.delete_webhook(id).await.expect("it is deleted");
        let rule = "a webhook that is deleted";
        assert_kind(store.get_webhook(id).await, ErrorKind::NotFound, rule);
        assert_kind(store.delete_webhook(id).await, ErrorKind::NotFound, rule);
        assert_kind(store.update_webhook(id, &renamed).await, ErrorKind::NotFound, rule);
    }
    wrong_webhooks_are_refused(store).await;
}

async fn wrong_webhooks_are_refused(store: &dyn Store) {
    let good = new_webhook("good");
    let wrong =
        ["", "a b", "-a", "a.", "ação", &"x".repeat(64)].map(new_webhook).into_iter().chain(
            ["", "ftp://1.1.1.1/x", "https://", "hook"]
                .map(|url| NewWebhook { url: url.to_owned(), ..good.clone() }),
        );
    for wrong in wrong.chain([NewWebhook { events: BTreeSet::new(), ..good.clone() }]) {
        let made = store.create_webhook(&wrong).await;
        assert_kind(made, ErrorKind::InvalidArgument, &format!("{wrong:?}"));
    }
    for max_results in [0, 1001] {
        let listed = store.list_webhooks(max_results, None).await;
        assert_kind(listed, ErrorKind::InvalidArgument, "a page of no or too many webhooks");
    }
    let listed = store.list_webhooks(9, Some("not a token")).await;
    assert_kind(listed, ErrorKind::InvalidArgument, "a page that nobody gave");
    let nope = WebhookId::new("nope");
    assert_kind(store.get_webhook(&nope).await, ErrorKind::NotFound, "an unknown webhook");
}

/// A store says what keeps the data, and a server which version it is.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn a_store_says_what_it_is(store: &dyn Store, _prefix: &str) {
    let info = store.server_info().await.expect("it says what it is");
    match (&info.store, store.server_version().await) {
        (StoreKind::Embedded { schema_revision }, version) => {
            let is_revision = schema_revision.chars().all(|c| c.is_ascii_alphanumeric());
            assert!(is_revision && schema_revision.len() == 12, "{schema_revision}");
            assert_kind(version, ErrorKind::Unsupported, "the version of no server");
        }
        (StoreKind::Memory, version) => {
            assert_kind(version, ErrorKind::Unsupported, "the version of no server");
        }
        (_, version) => {
            let version = version.expect("a server has a version");
            assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{version}");
        }
    }
}
