//! Servers as they are run for many: four workers, and passwords.

use mlflow_client::{
    ClientOptions, Credentials, ErrorKind, LifecycleStore as _, RestStore, Secret, Store as _,
    TrackingStore as _, conformance,
};
use serde_json::json;
use testkit::mlflow_server::Settings;
use url::Url;

/// At least twelve characters, as MLflow wants it.
const ADMIN: &str = "a long password";

/// 32 bytes in base 64.
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

#[tokio::test]
async fn a_server_with_four_workers_conforms() {
    let dir = testkit::program::workdir().unwrap();
    let server = Settings::new(dir.path())
        .workers(4)
        // Without one of their own each worker invents a key that the others do not know.
        .env("MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY", KEY)
        .start()
        .unwrap();
    let store = crate::python::store(&server.url()).await;
    conformance::all(&*store, "four workers").await;
}

#[tokio::test]
async fn a_server_with_passwords_conforms_and_says_who_may_not() {
    let dir = testkit::program::workdir().unwrap();
    // Without the cache every request costs a quarter of a second of hashing.
    let ini = "[mlflow]\ndefault_permission = READ\nadmin_username = admin\n\
               database_uri = sqlite:///basic_auth.db\nauth_cache_ttl_seconds = 600\n";
    std::fs::write(dir.path().join("auth.ini"), ini).unwrap();
    let server = Settings::new(dir.path())
        .arg("--app-name=basic-auth")
        .env("MLFLOW_FLASK_SERVER_SECRET_KEY", "secret")
        .env("MLFLOW_AUTH_ADMIN_PASSWORD", ADMIN)
        .env("MLFLOW_AUTH_CONFIG_PATH", dir.path().join("auth.ini").display().to_string())
        .start()
        .unwrap();
    let url = Url::parse(&server.url()).unwrap();
    let client = |username: &str, password: &str| {
        let password = Secret::new(password);
        let credentials = Credentials::Basic { username: username.to_owned(), password };
        RestStore::new(&url, &ClientOptions::new().with_credentials(credentials)).unwrap()
    };
    let admin = client("admin", ADMIN);
    conformance::all(&admin, "with a password").await;

    for (store, hint) in [
        (client("admin", "a wrong password"), "check MLFLOW_TRACKING_USERNAME"),
        (RestStore::new(&url, &ClientOptions::new()).unwrap(), "set MLFLOW_TRACKING_USERNAME"),
    ] {
        for error in
            [store.ping().await.unwrap_err(), store.create_experiment("x").await.unwrap_err()]
        {
            assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
            assert!(error.hint().unwrap().starts_with(hint), "{error:?}");
            assert!(!format!("{error:?}").contains("password\""), "{error:?}");
        }
    }

    let made = reqwest::Client::new()
        .post(url.join("api/2.0/mlflow/users/create").unwrap())
        .basic_auth("admin", Some(ADMIN))
        .json(&json!({ "username": "ana", "password": "another password" }))
        .send()
        .await
        .unwrap();
    assert!(made.status().is_success(), "{}", made.text().await.unwrap());
    let ana = client("ana", "another password");
    let id = admin.get_or_create_experiment("of the admin").await.unwrap();
    assert_eq!(ana.get_experiment(&id).await.unwrap().name, "of the admin");
    let error = ana.set_experiment_tag(&id, "a", "b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(error.hint().unwrap().contains("ask for the permission"), "{error:?}");
}
