//! Races forecast-core against Python Prophet, augurs-prophet and prophet-batch.
//!
//! In every round each takes its turn on each series, on the one core that this process is
//! pinned to, so that a busy machine slows all of them. Whoever is not installed is named
//! and left out. `make bench-peers` runs it and puts the tables into `docs/performance.md`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

mod augurs;
mod machine;
mod ours;
mod process;
mod program;
mod python;
mod race;
mod report;
mod table;
mod workload;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Parser;

/// Races forecast-core against other implementations of Prophet.
#[derive(Debug, Parser)]
struct Options {
    /// Rounds; in each, everyone fits everything.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// A Python that has prophet 1.5.0 and prophet-batch 0.1.2.
    #[arg(long)]
    python: PathBuf,
    /// The folder with the series of Prophet's examples and of PETR4, in `data/`.
    #[arg(long)]
    shared: PathBuf,
    /// A page whose tables, between two marks, are replaced.
    #[arg(long)]
    page: Option<PathBuf>,
}

/// What stands around the tables of a page.
const MARKS: [&str; 2] = ["<!-- bench-peers: from here -->\n", "<!-- bench-peers: to here -->"];

fn main() -> Result<()> {
    let options = Options::parse();
    // Beside this program: the command-line Prophet, and files for Python to read.
    let program = std::env::current_exe()?;
    let beside = |name: &str| program.with_file_name(name);
    let folder = beside("peers-series");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let (workloads, is_real) = workload::all(&options.shared, &folder)?;
    let found = race::run(&options, &beside("prophet"), &workloads);
    let tables = report::write(&found, &workloads, is_real);
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
