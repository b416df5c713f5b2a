//! The Python that has MLflow and Prophet: the original implementations, asked by the tests.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::program::{Output, Program};

/// Names the Python to use; the default is the virtual environment that `make venv` makes.
const VARIABLE: &str = "PETR4_PYTHON";

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
    program()?.current_dir(dir).args(["-W", "ignore", "-c", script]).args(args).run()
}

/// The Python as a program whose arguments are still to be given.
///
/// # Errors
///
/// If Python is not there.
pub fn program() -> io::Result<Program> {
    Ok(Program::new(python()?).env("MLFLOW_DISABLE_TELEMETRY", "true").env("NO_COLOR", "1"))
}
