//! The Python that has MLflow and Prophet: the original implementations, asked by the tests.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::program::{Output, Program};

/// Names the Python to use; the default is the virtual environment that `make venv` makes.
const VARIABLE: &str = "PETR4_PYTHON";

/// What `make venv` installs.
const MAIN: &str = include_str!("../../../requirements-mlflow.txt");

/// What `make releases` adds, a release a line.
const OTHERS: &str = include_str!("../../../requirements-releases.txt");

/// Returns the release of MLflow in the environment, such as `3.17.2`.
#[must_use]
pub fn main_release() -> &'static str {
    pinned(MAIN).next().unwrap_or_default()
}

/// Returns the other releases that the tests use, the oldest first.
#[must_use]
pub fn other_releases() -> Vec<&'static str> {
    pinned(OTHERS).collect()
}

/// Returns whether a release is there: the main one always is. Standard error says if it is not.
///
/// # Errors
///
/// If Python is not there.
pub fn has_release(release: &str) -> io::Result<bool> {
    let has = release == main_release() || folder_of(release)?.is_dir();
    #[expect(clippy::print_stderr, reason = "a test that does less than its name must say so")]
    if !has {
        eprintln!("MLflow {release} is not installed (`make releases`): the test does without it");
    }
    Ok(has)
}

fn pinned(requirements: &'static str) -> impl Iterator<Item = &'static str> {
    requirements.lines().filter_map(|line| line.strip_prefix("mlflow==")?.split(' ').next())
}

/// Where `make releases` puts a release: beside `bin` of the environment.
fn folder_of(release: &str) -> io::Result<PathBuf> {
    let python = python()?;
    let environment = python.ancestors().nth(2).unwrap_or(&python);
    Ok(environment.join("releases").join(release))
}

/// Returns the Python that has MLflow and Prophet.
///
/// # Errors
///
/// If it is not there; the message says how to make it.
pub fn python() -> io::Result<PathBuf> {
    let path = std::env::var_os(VARIABLE).map_or_else(default_path, PathBuf::from);
    if path.is_file() {
        return Ok(path);
    }
    let message = format!(
        "no Python with MLflow at `{}`: run `make venv`, or set {VARIABLE} to one that has \
         mlflow 3.17.2 and prophet 1.5.0",
        path.display()
    );
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}

fn default_path() -> PathBuf {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = crate_dir.ancestors().nth(2).unwrap_or(crate_dir);
    root.join(".venv/bin/python")
}

/// Runs a script given as text, in `dir`, with the arguments in `sys.argv[1:]`.
///
/// Telemetry and colours are off; variables of MLflow's that the caller has are not passed on.
///
/// # Errors
///
/// If Python is not there or cannot be started. A script that fails is no error here: see
/// [`Output::code`].
pub fn run_script<S: Into<OsString>>(
    dir: &Path,
    script: &str,
    args: impl IntoIterator<Item = S>,
) -> io::Result<Output> {
    run_script_of(main_release(), dir, script, args)
}

/// As [`run_script`], with another release of MLflow.
///
/// # Errors
///
/// As [`run_script`].
pub fn run_script_of<S: Into<OsString>>(
    release: &str,
    dir: &Path,
    script: &str,
    args: impl IntoIterator<Item = S>,
) -> io::Result<Output> {
    program_of(release)?.current_dir(dir).args(["-W", "ignore", "-c", script]).args(args).run()
}

/// The Python as a program whose arguments are still to be given.
///
/// # Errors
///
/// If Python is not there.
pub fn program() -> io::Result<Program> {
    Ok(Program::new(python()?).env("MLFLOW_DISABLE_TELEMETRY", "true").env("NO_COLOR", "1"))
}

/// As [`program`], with another release of MLflow.
///
/// Where that release is not installed it is the main one, and standard error says so.
///
/// # Errors
///
/// If Python is not there.
pub fn program_of(release: &str) -> io::Result<Program> {
    let program = program()?;
    if release != main_release() && has_release(release)? {
        return Ok(program.env("PYTHONPATH", folder_of(release)?));
    }
    Ok(program)
}
