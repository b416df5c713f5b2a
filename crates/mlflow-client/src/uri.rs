//! Tracking URIs: which store a text names.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use url::Url;

use crate::error::{Error, ErrorKind, Result};

/// MLflow's own default: a `SQLite` file in the working folder.
const DEFAULT: &str = "sqlite:///mlflow.db";

const OP: &str = "use the tracking URI";

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
            return sqlite(rest);
        }
        let Some((scheme, _)) = text.split_once(':') else {
            return Err(without_scheme(text));
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
    /// Writes the URI without credentials, query and fragment: tokens are put there too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(url) => f.write_str(&shown(url)),
            Self::Sqlite(path) => write!(f, "sqlite:///{}", path.display()),
        }
    }
}

impl fmt::Debug for TrackingUri {
    /// Writes what `Display` writes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrackingUri({self})")
    }
}

fn sqlite(rest: &str) -> Result<TrackingUri> {
    // What follows a `?` is for SQLAlchemy, and may be the key of an encrypted file.
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    let Some(path) = rest.strip_prefix('/') else {
        let message = "a SQLite URI has three slashes before the path";
        // With an `@` it was meant for a database server, and has a password.
        return Err(if rest.contains('@') {
            unsupported("", message).with_hint("write `sqlite:///mlflow.db`")
        } else {
            unsupported(&format!("sqlite://{rest}"), message)
                .with_hint(format!("write `sqlite:///{rest}`"))
        });
    };
    if path.is_empty() || path == ":memory:" {
        return Err(unsupported(&format!("sqlite:///{path}"), "it names no file")
            .with_hint("write `sqlite:///mlflow.db`, or `sqlite:////absolute/path/mlflow.db`"));
    }
    Ok(TrackingUri::Sqlite(PathBuf::from(path)))
}

fn http(text: &str) -> Result<TrackingUri> {
    const HINT: &str = "write it as `http://host:5000`";
    // The text may hold a password, so it is not repeated when it cannot be taken apart.
    match Url::parse(text) {
        Ok(url) if url.has_host() => Ok(TrackingUri::Http(url)),
        Ok(_) => Err(unsupported("http:…", "it names no host").with_hint(HINT)),
        Err(error) => {
            Err(unsupported("http:…", "it is not a URL").with_source(error).with_hint(HINT))
        }
    }
}

/// Refuses a text without a scheme; it is repeated only if it can be nothing but a path.
fn without_scheme(text: &str) -> Error {
    let message = "it has no scheme";
    if text.contains(['@', '?', '#', '=', '&', ';']) {
        return unsupported("", message).with_hint(HINT_KNOWN);
    }
    unsupported(text, message)
        .with_hint(format!("write `sqlite:///{text}` for a file, or `http://…`"))
}

/// What to write instead of a scheme that is not known.
const HINT_KNOWN: &str = "start it with `http://`, as in `http://host:5000`, or with `https://`, or use `sqlite:///mlflow.db`";

/// Refuses a scheme, and shows nothing but the scheme.
///
/// With an `@` not even that: in `user:password@host:5000` the scheme is the user.
fn unsupported_scheme(text: &str, scheme: &str) -> Error {
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let is_hidden = text.contains('@') || !scheme.chars().all(is_scheme);
    let shown = if is_hidden { String::new() } else { format!("{scheme}:…") };
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
        _ if is_hidden => unsupported("", "its scheme is not known").with_hint(HINT_KNOWN),
        _ => unsupported(&shown, format!("its scheme `{scheme}` is not known"))
            .with_hint(HINT_KNOWN),
    }
}

/// An error about `shown`, which is empty when nothing of the URI may be repeated.
fn unsupported(shown: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::UnsupportedUri, OP, shown, message)
}

/// Returns the URL for people: without user, password, query, fragment and last slash.
pub(crate) fn shown(url: &Url) -> String {
    let mut shown = without_credentials(url);
    shown.set_query(None);
    shown.set_fragment(None);
    shown.as_str().trim_end_matches('/').to_owned()
}

/// Returns an artifact URI for people: the ones of FTP and SFTP have passwords in them.
pub(crate) fn shown_artifact(uri: &str) -> String {
    match (uri.contains("://"), Url::parse(uri)) {
        (false, _) => uri.to_owned(),
        (true, Ok(url)) => shown(&url),
        (true, Err(_)) => {
            uri.split("://").next().map(|scheme| format!("{scheme}:…")).unwrap_or_default()
        }
    }
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
