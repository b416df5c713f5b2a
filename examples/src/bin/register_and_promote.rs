//! Registers two versions of a model, promotes the second, and goes back to the first.
//!
//! `register_and_promote [TRACKING_URI]`

use anyhow::{Context as _, Result};
use examples::mlflow_store;
use mlflow_client::{NewModelVersion, Stage, StartRun, Store, newest_in_stage, start_run};

const MODEL: &str = "Example";

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "what an example is for")]
async fn main() -> Result<()> {
    let store = mlflow_store().await?;
    let experiment = store.get_or_create_experiment("examples").await?;
    store.create_registered_model(MODEL, Some("made by an example")).await?;
    for i in 1..=2 {
        let run = start_run(&store, StartRun::new(experiment.clone(), format!("fit {i}"))).await?;
        let files = |_: &_| vec![("MLmodel".to_owned(), b"{\"flavors\": {}}".to_vec())];
        let model = run.log_model("model", "example", files).await?;
        let new = NewModelVersion {
            name: MODEL.to_owned(),
            source: format!("models:/{}", model.id),
            run_id: Some(run.id().clone()),
            model_id: None,
            description: None,
            tags: vec![],
        };
        let version = store.create_version(&new).await?.version;
        store.transition_stage(MODEL, version, Stage::Production, true).await?;
        store.set_alias(MODEL, "champion", version).await?;
        run.end().await?;
    }
    println!("served: {}", served(&*store).await?);

    // The way back archives the newer one: of several in Production the highest number counts.
    let first = store.versions(MODEL).await?.pop().context("no version")?.version;
    store.transition_stage(MODEL, first, Stage::Production, true).await?;
    store.set_alias(MODEL, "champion", first).await?;
    println!("after the way back: {}", served(&*store).await?);
    Ok(())
}

async fn served(store: &dyn Store) -> Result<String> {
    let versions = store.versions(MODEL).await?;
    let newest = newest_in_stage(&versions, Stage::Production).context("nothing in Production")?;
    let champion = store.get_registered_model(MODEL).await?.aliases["champion"];
    Ok(format!("version {}, champion {champion}", newest.version))
}
