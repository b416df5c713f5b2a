//! The copy on disk of a real model, through the real loader.

use std::sync::Arc;

use api::clock::{Clock, now};
use api::loader::ProphetLoader;
use api::monitor::ledger::Ledger;
use market_data::Calendar;
use mlflow_client::{ClientOptions, Store, TrackingUri, connect};
use registry_watcher::{LastGood, Step, Watcher};

use crate::app::{TestApp, settings};
use crate::prophet;

/// A watcher over a server that is away, with the copies of another process.
struct Start {
    store: Arc<dyn Store>,
    copies: LastGood,
}

impl Start {
    async fn over(copies: LastGood) -> Self {
        // A port on which nobody listens: it was free a moment ago.
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let uri = TrackingUri::parse(&format!("http://{nobody}")).unwrap();
        let options = ClientOptions::new().with_retries_max(0);
        Self { store: connect(&uri, &options).await.unwrap(), copies }
    }

    /// The version that a start serves, and what it says of the copy.
    async fn comes_to(&self) -> (Option<u32>, Option<String>) {
        let settings = settings();
        let clock = Clock::new(&settings.symbol, settings.today);
        let loader = ProphetLoader {
            calendar: Calendar::b3(),
            clock,
            days_max: 365,
            symbol: "PETR4.SA".parse().unwrap(),
            ledger: Ledger::default(),
        };
        let (watcher, reader, status) =
            Watcher::new(Arc::clone(&self.store), settings.target, loader);
        let step = watcher.with_last_good(self.copies.clone()).step(now()).await;
        assert!(matches!(step, Step::Unreachable { .. }), "{step:?}");
        let served = reader.current().map(|served| served.version().number());
        (served, status.load().copy_failure.clone())
    }
}

#[tokio::test]
async fn a_copy_cut_short_at_any_kilobyte_is_never_served_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let copies = LastGood::in_folder(folder.path());
    let target = settings().target;
    let last_good = Some(copies.clone());
    let app = TestApp::start_with(api::settings::Settings { last_good, ..settings() });
    app.register_and_promote(&prophet::fitted_to(1000)).await;
    app.until_served(1).await;
    // The copy is written after the swap, and a step ends after the copy.
    app.eventually("the step has ended", || app.state.status.load().serving.is_some()).await;
    drop(app);

    let path = copies.path(&target);
    let whole = std::fs::read(&path).unwrap();
    assert!(50_000 < whole.len(), "a real model has more than {} bytes", whole.len());
    let start = Start::over(copies).await;
    assert_eq!(start.comes_to().await, (Some(1), None));
    for length in (0..whole.len()).step_by(1000).chain([whole.len() - 1]) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let (served, failure) = start.comes_to().await;
        assert_eq!(served, None, "{length} bytes of {}", whole.len());
        assert!(failure.as_ref().is_some_and(|it| it.contains("damaged")), "{failure:?}");
    }
}
