//! Races `mlflow-client` against MLflow's own Python client, over the same real servers.
//!
//! In every round each takes its turn, so that a busy machine slows both. `make bench-mlflow`
//! runs it and puts the tables into `docs/performance.md`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

mod connections;
mod python;
mod report;
mod training;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Parser;
use testkit::mlflow_server::Settings;

/// Races mlflow-client against MLflow's own Python client.
#[derive(Debug, Parser)]
struct Options {
    /// Rounds; in each, everyone logs one training.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Questions that are asked of each server in each way.
    #[arg(long, default_value_t = 200)]
    questions: usize,
    /// A page whose tables, between two marks, are replaced.
    #[arg(long)]
    page: Option<PathBuf>,
}

/// What stands around the tables of a page.
const MARKS: [&str; 2] = ["<!-- bench-mlflow: from here -->\n", "<!-- bench-mlflow: to here -->"];

/// Workers of MLflow's server when nothing is said, and the fewest.
const WORKERS: [u32; 2] = [4, 1];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let mut races = vec![];
    let mut asked = vec![];
    for n_workers in WORKERS {
        let folder = tempfile::tempdir()?;
        let server = Settings::new(folder.path()).workers(n_workers).start()?;
        eprintln!("a server with {n_workers} workers is at {}", server.url());
        asked.push((n_workers, connections::ask(&server.url(), options.questions).await?));
        races.push((n_workers, training::race(&server.url(), options.rounds).await?));
    }
    let tables = report::write(&options, &races, &asked);
    println!("{tables}");
    match &options.page {
        Some(page) => replace(page, &tables),
        None => Ok(()),
    }
}

fn replace(page: &Path, tables: &str) -> Result<()> {
    let text = fs::read_to_string(page).with_context(|| page.display().to_string())?;
    let (before, rest) = text.split_once(MARKS[0]).context("the page has no first mark")?;
    let (_, after) = rest.split_once(MARKS[1]).context("the page has no second mark")?;
    let [from, to] = MARKS;
    fs::write(page, format!("{before}{from}\n{tables}\n{to}{after}"))?;
    eprintln!("wrote the tables into {}", page.display());
    Ok(())
}
