//! The REST store against a real `mlflow server`.

use mlflow_client::{
    Batch, ClientOptions, ErrorKind, Metric, NewLoggedModel, NewModelVersion, NewRun, NewWebhook,
    RestStore, Search, Store, StoreKind, WebhookEvent, WebhookStatus, conformance,
};
use testkit::mlflow_server::Settings;
use url::Url;

use crate::flavor::check_old_runs;
use crate::python::{check, check_promotion_by_python, fit, store, train};
use crate::relay::Relay;
use crate::tls::{Certificates, Front};

#[tokio::test]
async fn a_server_conforms_and_python_reads_what_we_sent() {
    let dir = testkit::program::workdir().unwrap();
    let server = Settings::new(dir.path()).arg("--allowed-hosts=localhost:*").start().unwrap();
    let url = format!("http://localhost:{}", server.port());
    let store = store(&url).await;
    conformance::all(&*store, "rest").await;

    let model_json = fit(dir.path());
    let version = train(&*store, "petr4_forecast", &model_json).await;
    check(dir.path(), &url, "petr4_forecast", &version);
    check_promotion_by_python(dir.path(), &url, &*store, &model_json).await;
    let ours = version.source.trim_start_matches("models:/");
    check_old_runs(dir.path(), &url, &*store, ours, &model_json).await;
    let run = store.get_run(version.run_id.as_ref().unwrap()).await.unwrap();
    crate::large::check(dir.path(), &*store, &run.artifact_uri).await;

    // The embedded store over the same file finds what went through the server's proxy.
    let uri = format!("sqlite:///{}/mlflow.db", dir.path().display());
    let beside = crate::python::store(&uri).await;
    let read = mlflow_client::flavor::load_model_json(&*beside, &version.name, version.version);
    assert_eq!(
        read.await.unwrap(),
        model_json,
        "an mlflow-artifacts: root is read beside the file"
    );

    check_lost_answers(server.port(), &*store).await;
    check_behind_tls(server.port()).await;

    // The same server by a name that it does not expect.
    let strange = Url::parse(&server.url()).unwrap();
    let options = ClientOptions::new().with_retries_max(0);
    let error = RestStore::new(&strange, &options).unwrap().ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    let host = format!("127.0.0.1:{}", server.port());
    assert!(error.to_string().contains(&host), "{error}");
    assert!(error.hint().unwrap().contains(&format!("--allowed-hosts \"{host}")), "{error:?}");

    // What a server refuses to call unless it was told otherwise.
    for (url, variable) in [
        ("http://8.8.8.8/hook", "MLFLOW_WEBHOOK_ALLOWED_SCHEMES"),
        ("https://127.0.0.1/hook", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS"),
        ("https://10.0.0.5/hook", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS"),
    ] {
        let new = NewWebhook {
            name: "refused".to_owned(),
            url: url.to_owned(),
            events: [WebhookEvent::ModelVersionCreated].into(),
            secret: None,
            description: None,
            status: WebhookStatus::Active,
        };
        let error = store.create_webhook(&new).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.hint().unwrap_or_default().contains(variable), "{url}: {error:?}");
    }
    let info = store.server_info().await.unwrap();
    assert_eq!(info.store, StoreKind::Sql);
    assert!(!info.capabilities.unwrap().workspaces());
    assert!(store.server_version().await.unwrap().starts_with("3."));

    // A workspace that a server without workspaces is asked for.
    let url = Url::parse(&url).unwrap();
    let options = options.with_workspace("acme");
    let error = RestStore::new(&url, &options).unwrap().ping().await.unwrap_err();
    assert!(error.hint().unwrap_or_default().contains("MLFLOW_WORKSPACE"), "{error:?}");
}

/// The same server behind TLS, with an authority of its own and client certificates.
async fn check_behind_tls(port: u16) {
    let certificates = Certificates::make();
    let authority = certificates.path("ours-ca.pem");
    let own = certificates.path("ours-server.pem");
    let front = Front::start(port, &own, Some(&authority)).await.unwrap();
    let options = ClientOptions {
        ca_bundle: Some(authority.clone()),
        client_certificate: Some(certificates.path("ours-client.pem")),
        ..ClientOptions::new()
    };
    conformance::artifact_bytes_are_exact(&front.store(&options).unwrap(), "behind TLS").await;
    let options = ClientOptions { client_certificate: None, ..options };
    let error = front.store(&options).unwrap().ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
}

/// What was made though its answer was lost is found, and is there once.
async fn check_lost_answers(port: u16, store: &dyn Store) {
    const LOSES: [&str; 5] = [
        "experiments/create",
        "runs/create",
        "mlflow/logged-models",
        "registered-models/create",
        "model-versions/create",
    ];
    let relay = Relay::start(port, &LOSES).await.unwrap();
    let lossy = crate::python::store(&relay.url()).await;
    let experiment_id = lossy.create_experiment("lost answers").await.unwrap();
    let new = NewRun {
        experiment_id: experiment_id.clone(),
        name: "lost".to_owned(),
        start_time_ms: conformance::NOW_MS,
        user: None,
        tags: vec![],
    };
    let run = lossy.create_run(&new).await.unwrap();
    let model = NewLoggedModel {
        experiment_id: experiment_id.clone(),
        name: "model".to_owned(),
        model_type: None,
        source_run_id: Some(run.id.clone()),
        params: vec![],
        tags: vec![],
    };
    let model = lossy.create_logged_model(&model).await.unwrap();
    lossy.create_registered_model("Lost", None).await.unwrap();
    let version = NewModelVersion {
        name: "Lost".to_owned(),
        source: format!("models:/{}", model.id),
        run_id: Some(run.id.clone()),
        model_id: None,
        description: None,
        tags: vec![],
    };
    let version = lossy.create_version(&version).await.unwrap();
    assert_eq!((relay.n_lost(), version.version.number()), (LOSES.len(), 1));
    let runs = store.search_runs(&[experiment_id], &Search::default()).await.unwrap().items;
    assert_eq!(runs.iter().map(|run| &run.id).collect::<Vec<_>>(), [&run.id], "it is there once");
    assert_eq!(store.versions("Lost").await.unwrap().len(), 1, "it is there once");
}

#[tokio::test]
async fn a_server_over_our_file_shows_it_and_both_write_on() {
    let dir = testkit::program::workdir().unwrap();
    let uri = format!("sqlite:///{}", dir.path().join("mlflow.db").display());
    let embedded = store(&uri).await;
    let model_json = fit(dir.path());
    let version = train(&*embedded, "petr4_forecast", &model_json).await;
    // In that folder, with no flag about the store: as a person types it.
    let server = Settings::new(dir.path()).start().unwrap();
    check(dir.path(), &server.url(), "petr4_forecast", &version);
    let rest = store(&server.url()).await;
    let read = mlflow_client::flavor::load_model_json(&*rest, &version.name, version.version).await;
    assert_eq!(read.unwrap(), model_json, "a file: root is read from the shared disk");
    let id = version.run_id.as_ref().unwrap();
    let (ours, theirs) = (embedded.get_run(id).await.unwrap(), rest.get_run(id).await.unwrap());
    // As text, since NaN is not equal to itself.
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    let model = &ours.outputs.model_outputs[0].model_id;
    let ours = embedded.get_logged_model(model).await.unwrap();
    assert_eq!(ours, rest.get_logged_model(model).await.unwrap());
    assert_eq!(ours.metrics.len(), 1);

    // More points than a server gives in one page.
    let point = |step| Metric { step, ..Metric::new("long", 1.5, 1) };
    let batch = Batch { metrics: (0..25_001).map(point).collect(), ..Batch::default() };
    embedded.log_batch(id, &batch).await.unwrap();
    let points = rest.metric_history(id, "long").await.unwrap();
    assert_eq!((points.len(), points[25_000].step), (25_001, 25_000));
    let newest = train(&*rest, "pelo servidor", &model_json).await;
    let seen = embedded.get_registered_model(&newest.name).await.unwrap();
    assert_eq!(seen.aliases["champion"], newest.version);
    conformance::all(&*embedded, "beside a server").await;
    conformance::all(&*rest, "through the server").await;
}
