//! The rounds.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    Options,
    augurs::Augurs,
    machine, ours,
    process::{self, Cost},
    program::Program,
    python::{Batch, Stock, Worker},
    table::median,
    workload::Workload,
};

/// All that was measured.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) rounds: usize,
    pub(crate) fits: Vec<Fits>,
    pub(crate) cross_validations: Vec<(String, f64)>,
    pub(crate) processes: Vec<Cost>,
    pub(crate) peak_flops: f64,
    pub(crate) bandwidth: f64,
    /// Who did not take part, and why.
    pub(crate) absent: Vec<String>,
}

/// One program's fits, a value a workload.
#[derive(Debug)]
pub(crate) struct Fits {
    pub(crate) name: String,
    /// Medians over the rounds of the medians of each.
    pub(crate) seconds: Vec<f64>,
    pub(crate) fastest: Vec<f64>,
    pub(crate) log_posterior: Vec<f64>,
}

/// Lets everyone who is there take part.
pub(crate) fn run(options: &Options, prophet: &Path, workloads: &[Workload]) -> Found {
    let mut absent = Vec::new();
    let mut programs = participants(options, &mut absent);
    let mut turns: Vec<Vec<Vec<f64>>> = vec![vec![Vec::new(); workloads.len()]; programs.len()];
    let mut fits: Vec<Fits> = programs
        .iter()
        .map(|program| Fits {
            name: program.name(),
            seconds: Vec::new(),
            fastest: vec![f64::INFINITY; workloads.len()],
            log_posterior: vec![f64::NAN; workloads.len()],
        })
        .collect();
    // The first round warms caches and processes up, and counts for nothing.
    for round in 0..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        for (w, workload) in workloads.iter().enumerate() {
            for (p, program) in programs.iter_mut().enumerate() {
                let mut turn = match program.fit(workload) {
                    Ok(turn) => turn,
                    Err(error) if round == 0 => {
                        absent.push(format!("{} on {}: {error:#}", program.name(), workload.name));
                        continue;
                    }
                    Err(_) => continue,
                };
                fits[p].log_posterior[w] = turn.log_posterior;
                if 0 < round {
                    turns[p][w].push(median(&mut turn.seconds));
                    fits[p].fastest[w] = fits[p].fastest[w].min(turn.seconds[0]);
                }
            }
        }
    }
    for (fits, turns) in fits.iter_mut().zip(&mut turns) {
        fits.seconds = turns.iter_mut().map(|medians| median(medians)).collect();
    }
    drop(programs);
    let cross_validations = cross_validations(options, &workloads[0], &mut absent);
    let processes = processes(options, prophet, workloads, &mut absent);
    Found {
        rounds: options.rounds,
        fits,
        cross_validations,
        processes,
        peak_flops: machine::peak_flops(),
        bandwidth: machine::memory_bandwidth(),
        absent,
    }
}

fn participants(options: &Options, absent: &mut Vec<String>) -> Vec<Box<dyn Program>> {
    let mut programs: Vec<Box<dyn Program>> = Vec::new();
    let worker = |kind: &str| Worker::start(&options.python, kind);
    match worker("stock") {
        Ok(worker) => programs.push(Box::new(Stock(worker))),
        Err(error) => absent.push(format!("Python prophet: {error:#}")),
    }
    match stan_model(options).and_then(|model| Augurs::cmdstan(&model)) {
        Ok(augurs) => programs.push(Box::new(augurs)),
        Err(error) => absent.push(format!("augurs-prophet with cmdstan: {error:#}")),
    }
    programs.push(Box::new(Augurs::wasmstan()));
    for many in [false, true] {
        match worker("batch") {
            Ok(worker) => programs.push(Box::new(Batch { worker, many })),
            Err(error) => absent.push(format!("prophet-batch: {error:#}")),
        }
    }
    programs.push(Box::new(ours::Many));
    programs.push(Box::new(ours::One));
    programs
}

/// Prophet's compiled Stan model, which its Python package brings.
fn stan_model(options: &Options) -> Result<PathBuf> {
    const WHERE: &str = "import importlib.util as u, pathlib; print(pathlib.Path(\
        u.find_spec('prophet').origin).parent / 'stan_model' / 'prophet_model.bin')";
    let out = Command::new(&options.python).args(["-c", WHERE]).output();
    let out = out.with_context(|| options.python.display().to_string())?;
    ensure!(out.status.success(), "Python has no prophet");
    Ok(PathBuf::from(String::from_utf8(out.stdout)?.trim()))
}

fn cross_validations(
    options: &Options,
    workload: &Workload,
    absent: &mut Vec<String>,
) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    for (kind, name) in [("stock", "Python prophet"), ("batch", "prophet-batch")] {
        eprintln!("cross-validation: {name}");
        let worker = Worker::start(&options.python, kind);
        match worker.and_then(|mut worker| worker.cross_validation(workload)) {
            Ok((mut seconds, _)) => found.push((name.to_owned(), median(&mut seconds))),
            Err(error) => absent.push(format!("{name}, cross-validation: {error:#}")),
        }
    }
    eprintln!("cross-validation: forecast-core");
    match ours::cross_validation(workload) {
        Ok(mut seconds) => found.push(("forecast-core".to_owned(), median(&mut seconds))),
        Err(error) => absent.push(format!("forecast-core, cross-validation: {error:#}")),
    }
    found
}

fn processes(
    options: &Options,
    prophet: &Path,
    workloads: &[Workload],
    absent: &mut Vec<String>,
) -> Vec<Cost> {
    let petr4 = &workloads[workloads.len() - 1];
    eprintln!("whole processes");
    let costs = [process::python(&options.python, petr4), process::prophet(prophet, petr4)];
    let mut found = Vec::new();
    for cost in costs {
        match cost {
            Ok(cost) => found.push(cost),
            Err(error) => absent.push(format!("whole process: {error:#}")),
        }
    }
    found
}
