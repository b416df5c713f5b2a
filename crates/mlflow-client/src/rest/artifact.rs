//! Artifacts through the server's proxy, or in folders that the server shares with us.

use async_trait::async_trait;
use reqwest::Method;
use url::{Host, Url};

use super::http::Call;
use super::{RestStore, wire};
use crate::artifact::{ARTIFACT_BYTES_MAX, ArtifactStore};
use crate::entity::FileInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::check_artifact_path;
use crate::local;
use crate::resolve::join;
use crate::uri::shown_artifact;

/// What to do when the server's files are in a folder that is not ours.
const NOT_SHARED: &str = "the server keeps the files in a folder of its own machine; start it with \
                          `--serve-artifacts`, so that they go through it";

/// The path of the proxy below the server's address.
const PROXY: [&str; 4] = ["api", "2.0", "mlflow-artifacts", "artifacts"];

#[async_trait]
impl ArtifactStore for RestStore {
    async fn put_artifact(&self, artifact_uri: &str, path: &str, bytes: Vec<u8>) -> Result<()> {
        const OP: &str = "write artifact";
        if local::is_local(artifact_uri) {
            self.check_shared(OP, artifact_uri)?;
            return local::put(artifact_uri, path, bytes).await;
        }
        let call = self.file(Method::PUT, OP, artifact_uri, path)?.bytes(bytes).transfer();
        self.http.send(&call).await?;
        Ok(())
    }

    async fn get_artifact(&self, artifact_uri: &str, path: &str) -> Result<Vec<u8>> {
        const OP: &str = "read artifact";
        if local::is_local(artifact_uri) {
            self.check_shared(OP, artifact_uri)?;
            return local::get(artifact_uri, path).await.map_err(|error| match error.kind() {
                ErrorKind::NotFound => error.with_hint(NOT_SHARED),
                _ => error,
            });
        }
        let call =
            self.file(Method::GET, OP, artifact_uri, path)?.at_most(ARTIFACT_BYTES_MAX).transfer();
        self.http.send(&call).await
    }

    async fn list_artifacts(&self, artifact_uri: &str, path: &str) -> Result<Vec<FileInfo>> {
        const OP: &str = "list artifacts";
        if local::is_local(artifact_uri) {
            self.check_shared(OP, artifact_uri)?;
            return local::list(artifact_uri, path).await;
        }
        if !path.is_empty() {
            check_artifact_path(OP, path)?;
        }
        let folder = join(&self.root(OP, artifact_uri)?, path);
        let call = self
            .http
            .call_at(Method::GET, OP, &join(artifact_uri, path), PROXY)
            .query("path", &folder);
        let answer: wire::Files = self.http.json(&call).await?;
        let files = answer.files.into_iter().map(|file| read_file(OP, path, file));
        let mut files = files.collect::<Result<Vec<_>>>()?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }
}

/// Reads an entry of a listing; its name may become part of a path on this machine.
fn read_file(op: &'static str, folder: &str, file: wire::File) -> Result<FileInfo> {
    check_artifact_path(op, &file.path).map_err(|error| {
        let message = "the server lists a name that is no artifact's";
        Error::new(ErrorKind::Protocol, op, file.path.clone(), message).with_source(error)
    })?;
    let path = if folder.is_empty() { file.path } else { format!("{folder}/{}", file.path) };
    let size = file.size.and_then(|size| u64::try_from(size).ok()).filter(|_| !file.is_dir);
    Ok(FileInfo { path, is_dir: file.is_dir, size })
}

impl RestStore {
    /// Refuses a folder that another machine's server names.
    ///
    /// A file written to it would land here, and the server would never see it; and a server
    /// could have any folder of this machine read, whether or not it is shared.
    fn check_shared(&self, op: &'static str, artifact_uri: &str) -> Result<()> {
        let is_here = match self.http.base().host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if is_here {
            return Ok(());
        }
        let message = "the folder is one of the server's machine, not of this one";
        Err(Error::new(ErrorKind::UnsupportedUri, op, artifact_uri, message).with_hint(NOT_SHARED))
    }

    fn file(
        &self,
        method: Method,
        op: &'static str,
        artifact_uri: &str,
        path: &str,
    ) -> Result<Call> {
        check_artifact_path(op, path)?;
        let whole = join(&self.root(op, artifact_uri)?, path);
        let segments = PROXY.into_iter().chain(whole.split('/'));
        Ok(self.http.call_at(method, op, &join(artifact_uri, path), segments))
    }

    /// Returns the path below the proxy that an artifact URI names.
    fn root(&self, op: &'static str, artifact_uri: &str) -> Result<String> {
        let refused = |message: &str| {
            Error::new(ErrorKind::UnsupportedUri, op, shown_artifact(artifact_uri), message)
                .with_hint(
                    "start `mlflow server` with `--serve-artifacts`, so that files go through it",
                )
        };
        let Some(rest) = artifact_uri.strip_prefix("mlflow-artifacts:") else {
            return Err(refused("files there are not reached through the server"));
        };
        let path = match rest.strip_prefix("//") {
            None => rest,
            Some(with_host) => {
                let (host, path) = with_host.split_once('/').unwrap_or((with_host, ""));
                if !host.is_empty() && !is_of(self.http.base(), host) {
                    return Err(refused("files there are behind another server"));
                }
                path
            }
        };
        Ok(path.trim_matches('/').to_owned())
    }
}

/// Whether `host`, with or without a port, is the server's own.
fn is_of(base: &Url, host: &str) -> bool {
    let name = base.host_str().unwrap_or_default();
    let port = base.port_or_known_default().unwrap_or_default();
    host == name || host == format!("{name}:{port}")
}
