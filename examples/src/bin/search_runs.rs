//! Finds runs by MLflow's own filters, the best first, page by page.
//!
//! `search_runs [TRACKING_URI]`

use anyhow::Result;
use examples::mlflow_store;
use mlflow_client::{Search, StartRun, start_run};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "what an example is for")]
async fn main() -> Result<()> {
    let store = mlflow_store().await?;
    let experiment = store.get_or_create_experiment("search").await?;
    for i in 0..10 {
        let run = start_run(&store, StartRun::new(experiment.clone(), format!("try {i}"))).await?;
        run.log_param("growth", if i % 2 == 0 { "linear" } else { "flat" }).await?;
        run.log_metric("mae", f64::from(10 - i), 0).await?;
        run.end().await?;
    }
    let mut search = Search::new("params.growth = 'linear' and metrics.mae < 8")
        .with_order_by("metrics.mae")
        .with_max_results(2);
    loop {
        let page = store.search_runs(std::slice::from_ref(&experiment), &search).await?;
        for run in &page.items {
            println!("{}: mae {}", run.name, run.metrics["mae"]);
        }
        println!("-- a page of {}", page.items.len());
        search.page_token = page.next_page_token;
        if search.page_token.is_none() {
            return Ok(());
        }
    }
}
