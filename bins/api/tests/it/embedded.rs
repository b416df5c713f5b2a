//! Over MLflow's `SQLite` file, which another connection writes meanwhile.

use mlflow_client::{ClientOptions, TrackingUri, connect};

use crate::app::{TestApp, settings};
use crate::prophet;

#[tokio::test]
async fn a_promotion_made_through_the_file_is_served() {
    let dir = testkit::program::workdir().unwrap();
    let path = dir.path().join("mlflow.db");
    let uri = TrackingUri::parse(&format!("sqlite:///{}", path.display())).unwrap();
    let service = connect(&uri, &ClientOptions::new()).await.unwrap();
    let trainer = connect(&uri, &ClientOptions::new()).await.unwrap();
    let app = TestApp::start_between(settings(), service, trainer);
    for version in 1..=3 {
        app.register_and_promote(&prophet::flat_at(10.0 * f64::from(version))).await;
        app.until_served(version).await;
        let rows = app.post("/predict?days=1").await.json();
        let yhat = rows[0]["yhat"].as_f64().unwrap();
        assert!((yhat - 10.0 * f64::from(version)).abs() < 1e-9, "{rows} of version {version}");
    }
    app.promote(1.into()).await;
    app.until_served(1).await;
    app.stop().unwrap();
}
