//! Files of a run: a folder up, a listing, a range of a file, and everything down again.
//!
//! `artifacts [TRACKING_URI]`

use std::path::Path;

use anyhow::Result;
use examples::mlflow_store;
use mlflow_client::{StartRun, download_artifacts, start_run};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "what an example is for")]
async fn main() -> Result<()> {
    let store = mlflow_store().await?;
    let experiment = store.get_or_create_experiment("examples").await?;
    let run = start_run(&store, StartRun::new(experiment, "artifacts")).await?;

    let folder = Path::new("to-upload");
    std::fs::create_dir_all(folder.join("plots"))?;
    std::fs::write(folder.join("prices.csv"), "ds,y\n2024-12-30,38.5\n2025-01-02,38.9\n")?;
    std::fs::write(folder.join("plots/forecast.svg"), "<svg/>")?;
    for path in run.log_artifacts(folder, "data").await? {
        println!("written: {path}");
    }
    for file in store.list_artifacts(run.artifact_uri(), "data").await? {
        let size = file.size.map_or("a folder".to_owned(), |size| format!("{size} bytes"));
        println!("listed: {}, {size}", file.path);
    }
    let head = store.get_artifact_range(run.artifact_uri(), "data/prices.csv", 0..4).await?;
    println!("its first bytes: {}", String::from_utf8_lossy(&head));
    let uri = format!("runs:/{}/data", run.id());
    let down = download_artifacts(&*store, &uri, "", Path::new("downloaded")).await?;
    println!("read back: {}", std::fs::read_to_string(down.join("prices.csv"))?.len());
    run.end().await?;
    Ok(())
}
