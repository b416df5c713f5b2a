//! MLflow's limits: what every store accepts and refuses is what a server does, asked without
//! our checks before it.

mod cases;
mod trial;

use std::sync::Arc;

use mlflow_client::{ClientOptions, EmbeddedStore, MemoryStore, RestStore, Store};
use testkit::mlflow_server::MlflowServer;
use url::Url;

use trial::{Bare, Place};

#[tokio::test]
async fn our_checks_are_neither_stricter_nor_laxer_than_a_server() {
    let dir = testkit::program::workdir().unwrap();
    let server = MlflowServer::start(dir.path()).unwrap();
    let url = Url::parse(&server.url()).unwrap();
    let options = ClientOptions::new();
    let embedded = EmbeddedStore::open(&dir.path().join("ours/mlflow.db"), &options).await.unwrap();
    let rest: Arc<dyn Store> = Arc::new(RestStore::new(&url, &options).unwrap());
    let stores: [(&str, Arc<dyn Store>); 3] = [
        ("memory", Arc::new(MemoryStore::default())),
        ("embedded", Arc::new(embedded)),
        ("rest", Arc::clone(&rest)),
    ];
    let mut places = Vec::new();
    for (name, store) in stores {
        places.push((name, Place::new(store, 'b').await));
    }
    let bare = Bare::new(url, Place::new(rest, 'a').await);

    let mut differing = Vec::new();
    for case in cases::all() {
        let mut said = vec![("server", bare.tries(&case.trial).await, case.server)];
        for (name, place) in &places {
            said.push((name, place.tries(&case.trial).await, case.ours));
        }
        for (who, verdict, expected) in said {
            if verdict != expected {
                differing.push(format!("{}: {who} says {verdict:?}, not {expected:?}", case.rule));
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));

    // This is why ours goes as a string.
    assert_eq!(bare.keeps_of_nan().await.to_bits(), 0.0_f64.to_bits());

    let lengths = [6000, 6001, 8000, 8001, 100_000];
    for (name, place) in &places {
        assert_eq!(place.kept(&lengths).await, bare.kept(&lengths).await, "{name} cuts alike");
    }
}
