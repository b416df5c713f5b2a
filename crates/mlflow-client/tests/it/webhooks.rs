//! Webhooks and workspaces of a real server that may call this machine.

use std::collections::BTreeSet;
use std::time::Duration;

use mlflow_client::{
    ClientOptions, Clock, ErrorKind, NewModelVersion, NewWebhook, RegistryStore as _, RestStore,
    Secret, Store as _, TrackingStore as _, Version, WebhookEvent, WebhookHeaders, WebhookPayload,
    WebhookStatus, WebhookStore as _, WebhookUpdate, parse_webhook, verify_webhook,
};
use testkit::mlflow_server::Settings;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use url::Url;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// A delivery takes some milliseconds, on a machine that has nothing else to do.
const PATIENCE: Duration = Duration::from_secs(30);

const SECRET: &str = "segredo";

/// A receiver that takes what comes to `/hook`, and refuses the rest.
async fn receiver() -> (MockServer, UnboundedReceiver<Request>) {
    let (sender, arrived) = unbounded_channel();
    let server = MockServer::start().await;
    Mock::given(path("/hook"))
        .respond_with(move |request: &Request| {
            sender.send(request.clone()).unwrap();
            ResponseTemplate::new(200).set_body_string("took it")
        })
        .mount(&server)
        .await;
    (server, arrived)
}

async fn next(arrived: &mut UnboundedReceiver<Request>) -> Request {
    tokio::time::timeout(PATIENCE, arrived.recv()).await.unwrap().unwrap()
}

fn verify(request: &Request, secret: &str) -> mlflow_client::Result<()> {
    let header = |name: &str| request.headers[name].to_str().unwrap();
    let headers = WebhookHeaders {
        delivery_id: header("X-MLflow-Delivery-Id"),
        timestamp: header("X-MLflow-Timestamp"),
        signature: header("X-MLflow-Signature"),
    };
    let now_ms = Clock::system().now_ms();
    verify_webhook(&Secret::new(secret), &headers, &request.body, now_ms, Duration::from_mins(5))
}

fn webhook(receiver: &MockServer, events: impl IntoIterator<Item = WebhookEvent>) -> NewWebhook {
    NewWebhook {
        name: "watcher".to_owned(),
        url: format!("{}/hook", receiver.uri()),
        events: events.into_iter().collect(),
        secret: Some(Secret::new(SECRET)),
        description: None,
        status: WebhookStatus::Active,
    }
}

#[tokio::test]
async fn deliveries_arrive_signed_and_workspaces_are_apart() {
    let dir = testkit::program::workdir().unwrap();
    let server = Settings::new(dir.path())
        .env("MLFLOW_WEBHOOK_ALLOWED_SCHEMES", "http,https")
        .env("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true")
        .arg("--enable-workspaces")
        .start()
        .unwrap();
    let url = Url::parse(&server.url()).unwrap();
    let store = RestStore::new(&url, &ClientOptions::new()).unwrap();
    everything_that_happens_is_delivered(&store).await;
    the_result_of_a_test_is_told(&store).await;
    workspaces_are_apart(&url, &store).await;
}

async fn everything_that_happens_is_delivered(store: &RestStore) {
    let (receiver, mut arrived) = receiver().await;
    let events = [
        WebhookEvent::RegisteredModelCreated,
        WebhookEvent::ModelVersionCreated,
        WebhookEvent::ModelVersionTagSet,
        WebhookEvent::ModelVersionTagDeleted,
        WebhookEvent::ModelVersionAliasCreated,
        WebhookEvent::ModelVersionAliasDeleted,
    ];
    // Before the first event: the server looks for new webhooks once a minute only.
    let made = store.create_webhook(&webhook(&receiver, events.clone())).await.unwrap();
    assert_eq!(made.events, BTreeSet::from(events.clone()));

    let (name, version) = ("ProphetModel".to_owned(), Version::new(1));
    let new = NewModelVersion {
        name: name.clone(),
        source: "s3://bucket/key".to_owned(),
        run_id: None,
        model_id: None,
        description: None,
        tags: vec![("a b".to_owned(), "ç".to_owned())],
    };
    cause_them_all(store, &new).await;

    // Several threads deliver, so the order is not that of the events.
    let mut read = Vec::new();
    for _ in &events {
        let request = next(&mut arrived).await;
        verify(&request, SECRET).unwrap();
        let error = verify(&request, "outro").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        let delivery = parse_webhook(&request.body).unwrap();
        assert_eq!(delivery.workspace.as_deref(), Some("default"));
        assert!(delivery.timestamp.starts_with("20"), "{delivery:?}");
        read.push((delivery.event, delivery.payload));
    }
    read.sort_by(|(a, _), (b, _)| a.cmp(b));
    let (seen, payloads): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    assert_eq!(seen, events);
    let (key, alias) = ("k".to_owned(), "champion".to_owned());
    let expected = [
        WebhookPayload::RegisteredModelCreated {
            name: name.clone(),
            tags: [].into(),
            description: Some("ações".to_owned()),
        },
        WebhookPayload::ModelVersionCreated {
            name: name.clone(),
            version,
            source: new.source,
            run_id: None,
            tags: new.tags.into_iter().collect(),
            description: None,
        },
        WebhookPayload::ModelVersionTagSet {
            name: name.clone(),
            version,
            key: key.clone(),
            value: "v".to_owned(),
        },
        WebhookPayload::ModelVersionTagDeleted { name: name.clone(), version, key },
        WebhookPayload::ModelVersionAliasCreated {
            name: name.clone(),
            alias: alias.clone(),
            version,
        },
        WebhookPayload::ModelVersionAliasDeleted { name, alias },
    ];
    assert_eq!(payloads, expected);
    store.delete_webhook(&made.id).await.unwrap();
}

async fn cause_them_all(store: &RestStore, new: &NewModelVersion) {
    store.create_registered_model(&new.name, Some("ações")).await.unwrap();
    let version = store.create_version(new).await.unwrap().version;
    store.set_version_tag(&new.name, version, "k", "v").await.unwrap();
    store.delete_version_tag(&new.name, version, "k").await.unwrap();
    store.set_alias(&new.name, "champion", version).await.unwrap();
    store.delete_alias(&new.name, "champion").await.unwrap();
}

async fn the_result_of_a_test_is_told(store: &RestStore) {
    let (receiver, mut arrived) = receiver().await;
    let new = webhook(&receiver, [WebhookEvent::ModelVersionTagSet]);
    let made = store.create_webhook(&new).await.unwrap();
    let result = store.test_webhook(&made.id, None).await.unwrap();
    assert_eq!((result.success, result.response_status), (true, Some(200)));
    assert_eq!(result.response_body.as_deref(), Some("took it"));
    let request = next(&mut arrived).await;
    verify(&request, SECRET).unwrap();
    let delivery = parse_webhook(&request.body).unwrap();
    assert_eq!(delivery.event, WebhookEvent::ModelVersionTagSet);

    let other = WebhookEvent::ModelVersionAliasCreated;
    store.test_webhook(&made.id, Some(&other)).await.unwrap();
    assert_eq!(parse_webhook(&next(&mut arrived).await.body).unwrap().event, other);
    let unknown = "model_version.updated".parse().unwrap();
    let error = store.test_webhook(&made.id, Some(&unknown)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");

    let url = Some(format!("{}/elsewhere", receiver.uri()));
    let update = WebhookUpdate { url, secret: Some(Secret::new("")), ..WebhookUpdate::default() };
    store.update_webhook(&made.id, &update).await.unwrap();
    let result = store.test_webhook(&made.id, None).await.unwrap();
    assert_eq!((result.success, result.response_status), (false, Some(404)));
    let requests = receiver.received_requests().await.unwrap();
    let signature = requests.last().unwrap().headers.get("X-MLflow-Signature");
    assert!(signature.is_none(), "an empty secret ends the signing");
    store.delete_webhook(&made.id).await.unwrap();
}

async fn workspaces_are_apart(url: &Url, store: &RestStore) {
    let capabilities = store.server_info().await.unwrap().capabilities.unwrap();
    assert!(capabilities.workspaces());
    let made = reqwest::Client::new()
        .post(url.join("/api/3.0/mlflow/workspaces").unwrap())
        .header("Content-Type", "application/json")
        .body(r#"{"name": "acme"}"#)
        .send()
        .await
        .unwrap();
    assert!(made.status().is_success(), "{made:?}");
    let of = |workspace: &str| {
        RestStore::new(url, &ClientOptions::new().with_workspace(workspace)).unwrap()
    };
    let acme = of("acme");
    acme.create_experiment("x").await.unwrap();
    acme.create_registered_model("X", None).await.unwrap();
    assert!(store.experiment_by_name("x").await.unwrap().is_none());
    assert!(store.get_registered_model("X").await.unwrap_err().is_not_found());
    assert!(of("default").get_registered_model("ProphetModel").await.is_ok());
    let error = of("nobody").create_experiment("x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}
