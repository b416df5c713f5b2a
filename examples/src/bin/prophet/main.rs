//! Prophet on the command line: `prophet fit`, `prophet predict`, `prophet cv`.
//!
//! ```text
//! cargo run --release -p examples --bin prophet -- fit --csv FILE --periods 30
//! ```

mod cli;
mod column;
mod cv;
mod fit;
mod model;
mod picture;
mod predict;
mod print;
mod rows;
mod spec;
mod table;
mod wire;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Fit(args) => fit::run(&args),
        Command::Predict(args) => predict::run(&args),
        Command::Cv(args) => cv::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // A reader that went away, such as `head`, is no failure.
        Err(error) if print::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            print::failure(&error);
            ExitCode::FAILURE
        }
    }
}
