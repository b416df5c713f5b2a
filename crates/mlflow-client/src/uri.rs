//! Tracking URIs: which store a text names.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use url::Url;

use crate::error::{Error, ErrorKind, Result};

/// MLflow's own default: a `SQLite` file in the working folder.
const DEFAULT: &str = "sqlite:///mlflow.db";

const OP: &str = "use tracking URI";

/// Where MLflow's data is: a server, or a `SQLite` file.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrackingUri {
    /// An MLflow server.
    Http(Url),
    /// MLflow's `SQLite` file.
    Sqlite(PathBuf),
}

impl TrackingUri {
    /// Reads a tracking URI as MLflow spells it; empty text means the default.
    ///
    /// `sqlite:///mlflow.db` is relative to the working folder, `sqlite:////srv/mlflow.db` is
    /// absolute.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnsupportedUri`], with a hint that says what to use instead.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Self::parse(DEFAULT);
        }
        if let Some(rest) = text.strip_prefix("sqlite://") {
            return sqlite(text, rest);
        }
        let Some((scheme, _)) = text.split_once(':') else {
            return Err(unsupported(text, "it has no scheme")
                .with_hint(format!("write `sqlite:///{text}` for a file, or `http://…`")));
        };
        match scheme {
            "http" | "https" => http(text),
            _ => Err(unsupported_scheme(text, scheme)),
        }
    }

    /// Returns the path of the `SQLite` file, if it is one.
    pub fn sqlite_path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Http(_) => None,
        }
    }
}

impl Default for TrackingUri {
    /// `sqlite:///mlflow.db`, as MLflow itself defaults.
    fn default() -> Self {
        Self::Sqlite(PathBuf::from("mlflow.db"))
    }
}

impl FromStr for TrackingUri {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl fmt::Display for TrackingUri {
    /// Writes the URI without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(url) => f.write_str(without_credentials(url).as_str().trim_end_matches('/')),
            Self::Sqlite(path) => write!(f, "sqlite:///{}", path.display()),
        }
    }
}

impl fmt::Debug for TrackingUri {
    /// Writes the URI without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrackingUri({self})")
    }
}

fn sqlite(text: &str, rest: &str) -> Result<TrackingUri> {
    let Some(path) = rest.strip_prefix('/') else {
        return Err(unsupported(text, "a SQLite URI has three slashes before the path")
            .with_hint(format!("write `sqlite:///{rest}`")));
    };
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    if path.is_empty() || path == ":memory:" {
        return Err(unsupported(text, "it names no file")
            .with_hint("write `sqlite:///mlflow.db`, or `sqlite:////absolute/path/mlflow.db`"));
    }
    Ok(TrackingUri::Sqlite(PathBuf::from(path)))
}

fn http(text: &str) -> Result<TrackingUri> {
    match Url::parse(text) {
        Ok(url) if url.has_host() => Ok(TrackingUri::Http(url)),
        Ok(_) => Err(unsupported(text, "it names no host")),
        // The text may hold a password, so it is not repeated when it cannot be taken apart.
        Err(error) => Err(unsupported("http…", "it is not a URL")
            .with_source(error)
            .with_hint("write it as `http://host:5000`")),
    }
}

fn unsupported_scheme(text: &str, scheme: &str) -> Error {
    let shown = Url::parse(text)
        .map_or_else(|_| format!("{scheme}:…"), |url| without_credentials(&url).to_string());
    let database = scheme.split('+').next().unwrap_or(scheme);
    match database {
        "postgresql" | "postgres" | "mysql" | "mariadb" | "mssql" | "oracle" => {
            unsupported(&shown, "it names a database server").with_hint(format!(
                "start `mlflow server --backend-store-uri {database}://…` and use its http:// address"
            ))
        }
        "file" => unsupported(&shown, "it names a folder of MLflow's file store, which is not supported")
            .with_hint(
                "use `sqlite:///mlflow.db`; `mlflow migrate-filestore` moves an old `mlruns` folder into one",
            ),
        "databricks" | "databricks-uc" | "uc" => {
            unsupported(&shown, "it names a Databricks workspace, which is not supported")
                .with_hint("use an http:// address of an MLflow server, or `sqlite:///mlflow.db`")
        }
        _ => unsupported(&shown, format!("its scheme `{scheme}` is not known"))
            .with_hint("use `http://host:5000`, `https://…` or `sqlite:///mlflow.db`"),
    }
}

fn unsupported(text: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::UnsupportedUri, OP, text, message)
}

/// Returns the URL with user and password taken out.
pub(crate) fn without_credentials(url: &Url) -> Url {
    let mut shown = url.clone();
    if !shown.username().is_empty() || shown.password().is_some() {
        // Fails only for URLs that cannot carry credentials, and then there are none.
        let _cannot_be_a_base = shown.set_username("");
        let _cannot_be_a_base = shown.set_password(None);
    }
    shown
}

#[cfg(test)]
mod tests;
