//! Follows the alias `champion` with a model type of one's own, and serves what it names.
//!
//! `watch_an_alias [TRACKING_URI]`: here the model is a price list in a text file; the watcher
//! only needs to know how to fetch its files and how to make one of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use examples::{mlflow_store, register_text};
use mlflow_client::{ModelVersion, Store};
use registry_watcher::{Files, Load, LoadError, Schedule, Target, Watcher, run};

const MODEL: &str = "Prices";
const FILE: &str = "prices.txt";

/// A model of one's own: what things cost.
struct PriceList(BTreeMap<String, u32>);

struct PriceLoader;

#[async_trait]
impl Load<PriceList> for PriceLoader {
    async fn fetch(&self, store: &dyn Store, entry: &ModelVersion) -> Result<Files, LoadError> {
        let uri = store.download_uri(&entry.name, entry.version).await?;
        Ok(Files::new().with(FILE, store.get_artifact(&uri, FILE).await?))
    }

    async fn make(&self, _: &ModelVersion, files: Arc<Files>) -> Result<PriceList, LoadError> {
        let text = String::from_utf8_lossy(files.get(FILE).unwrap_or_default());
        let line = |line: &str| {
            let (name, price) = line.split_once(' ')?;
            Some((name.to_owned(), price.parse().ok()?))
        };
        let prices: Option<BTreeMap<_, _>> = text.lines().map(line).collect();
        // What is refused is never served, and not loaded again until its entry changes.
        let prices = prices.filter(|prices| prices.contains_key("bread"));
        prices.map(PriceList).ok_or_else(|| LoadError::refused("it has no price of bread"))
    }
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "what an example is for")]
async fn main() -> Result<()> {
    let store = mlflow_store().await?;
    store.create_registered_model(MODEL, None).await?;
    let first = register_text(&store, MODEL, FILE, "bread 7\nmilk 4").await?;
    let nonsense = register_text(&store, MODEL, FILE, "<html>502 Bad Gateway</html>").await?;
    let second = register_text(&store, MODEL, FILE, "bread 8\nmilk 5").await?;
    store.set_alias(MODEL, "champion", first).await?;

    let target = Target { name: MODEL.to_owned(), selector: "alias:champion".parse()? };
    let (watcher, reader, status) = Watcher::new(Arc::clone(&store), target, PriceLoader);
    let schedule = Schedule::every(Duration::from_millis(50), std::process::id().into());
    #[expect(clippy::disallowed_methods, reason = "a program may read the clock")]
    let watching = tokio::spawn(run(watcher, schedule, SystemTime::now, std::future::pending()));

    // A service would answer with `reader.current()`, which takes no lock.
    let mut changes = reader.changes();
    let served = changes.next().await.context("the watcher is gone")?;
    println!("version {} says that bread costs {}", served.version(), served.model.0["bread"]);

    store.set_alias(MODEL, "champion", nonsense).await?;
    while status.load().refused.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let refusal = &status.load().refused[0];
    println!("version {} is refused: {}", refusal.version, refusal.reason);
    let served = reader.current().context("a model is never taken away")?;
    println!("version {} is still served", served.version());

    store.set_alias(MODEL, "champion", second).await?;
    let served = changes.next().await.context("the watcher is gone")?;
    println!("version {} says that bread costs {}", served.version(), served.model.0["bread"]);
    watching.abort();
    Ok(())
}
