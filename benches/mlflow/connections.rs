//! One question again and again: on a connection that is kept, and on a new one each time.

use std::time::{Duration, Instant};

use anyhow::Result;
use mlflow_client::{ClientOptions, Store, TrackingUri, connect};

/// How long each question took, in each way.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) kept: Vec<Duration>,
    pub(crate) new: Vec<Duration>,
}

/// Questions in a row in the same way, before the other way takes its turn.
const IN_A_ROW: usize = 10;

pub(crate) async fn ask(url: &str, n_questions: usize) -> Result<Asked> {
    let uri = TrackingUri::parse(url)?;
    let options = ClientOptions::new();
    let keeping = connect(&uri, &options.clone().with_keep_connections(true)).await?;
    let renewing = connect(&uri, &options.with_keep_connections(false)).await?;
    let mut asked = Asked { kept: vec![], new: vec![] };
    // Every worker of the server loads what it needs with its first requests.
    for _ in 0..4 * IN_A_ROW {
        renewing.ping().await?;
    }
    for _ in 0..n_questions.div_ceil(IN_A_ROW) {
        for _ in 0..IN_A_ROW {
            asked.kept.push(time(&*keeping).await?);
        }
        for _ in 0..IN_A_ROW {
            asked.new.push(time(&*renewing).await?);
        }
    }
    Ok(asked)
}

async fn time(store: &dyn Store) -> Result<Duration> {
    let started = Instant::now();
    store.ping().await?;
    Ok(started.elapsed())
}
