//! `~/.mlflow/credentials`: a user's name and password in a file.

use std::path::Path;
use std::{fmt, io};

use crate::error::{Error, ErrorKind, Result};
use crate::options::Secret;

/// What `~/.mlflow/credentials` says, as MLflow's own client reads it.
///
/// ```
/// use mlflow_client::env::CredentialsFile;
///
/// let text = "[mlflow]\nmlflow_tracking_username = ana\nmlflow_tracking_password = segredo\n";
/// let file = CredentialsFile::parse(text);
/// assert!(!format!("{file:?}").contains("segredo"));
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct CredentialsFile {
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
}

impl fmt::Debug for CredentialsFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialsFile")
            .field("username", &self.username)
            .field("password", &self.password)
            .finish()
    }
}

impl CredentialsFile {
    /// Reads `.mlflow/credentials` in a person's home folder; one that is not there says nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the file is there and cannot be read.
    pub fn read(home: &Path) -> Result<Self> {
        let path = home.join(".mlflow/credentials");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self::parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => {
                let shown = path.display().to_string();
                Err(Error::new(ErrorKind::Io, "read credentials of", shown, "it cannot be read")
                    .with_hint("check its permissions, or remove it")
                    .with_source(error))
            }
        }
    }

    /// Reads the section `[mlflow]`; everything else in the file is passed over.
    ///
    /// As in Python's `configparser`: `key = value` or `key: value`, keys in any case, comments
    /// in lines of their own, `%%` for a percent sign.
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        let mut is_ours = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(section) = line.strip_prefix('[').and_then(|line| line.split_once(']')) {
                is_ours = section.0 == "mlflow";
                continue;
            }
            let Some((key, value)) = line.split_once(['=', ':']).filter(|_| is_ours) else {
                continue;
            };
            let value = Some(value.trim().replace("%%", "%")).filter(|value| !value.is_empty());
            match key.trim().to_ascii_lowercase().as_str() {
                "mlflow_tracking_username" => file.username = value,
                "mlflow_tracking_password" => file.password = value.map(Secret::new),
                _ => {}
            }
        }
        file
    }
}
