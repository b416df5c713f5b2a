//! Artifacts through the server's proxy, or in folders that the server shares with us.

use std::ops::Range;
use std::path::Path;

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use url::{Host, Url};

use super::http::{Call, Http};
use super::{RestStore, wire};
use crate::artifact::disk::Outgoing;
use crate::artifact::{ARTIFACT_BYTES_MAX, ArtifactStore, ByteStream, DELETE, LIST, READ, WRITE};
use crate::cloud::is_cloud;
use crate::entity::FileInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::check_artifact_path;
use crate::local::{self, LocalFiles};
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
        self.keeper(WRITE, artifact_uri)?.put_artifact(artifact_uri, path, bytes).await
    }

    async fn get_artifact(&self, artifact_uri: &str, path: &str) -> Result<Vec<u8>> {
        self.keeper(READ, artifact_uri)?.get_artifact(artifact_uri, path).await
    }

    async fn list_artifacts(&self, artifact_uri: &str, path: &str) -> Result<Vec<FileInfo>> {
        self.keeper(LIST, artifact_uri)?.list_artifacts(artifact_uri, path).await
    }

    async fn upload_artifact(&self, artifact_uri: &str, path: &str, from: &Path) -> Result<()> {
        self.keeper(WRITE, artifact_uri)?.upload_artifact(artifact_uri, path, from).await
    }

    async fn stream_artifact(
        &self,
        artifact_uri: &str,
        path: &str,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream> {
        self.keeper(READ, artifact_uri)?.stream_artifact(artifact_uri, path, range).await
    }

    async fn get_artifact_range(
        &self,
        artifact_uri: &str,
        path: &str,
        range: Range<u64>,
    ) -> Result<Vec<u8>> {
        self.keeper(READ, artifact_uri)?.get_artifact_range(artifact_uri, path, range).await
    }

    async fn download_artifact(&self, artifact_uri: &str, path: &str, to: &Path) -> Result<u64> {
        self.keeper(READ, artifact_uri)?.download_artifact(artifact_uri, path, to).await
    }

    async fn delete_artifacts(&self, artifact_uri: &str, path: &str) -> Result<()> {
        self.keeper(DELETE, artifact_uri)?.delete_artifacts(artifact_uri, path).await
    }
}

impl RestStore {
    /// Returns who keeps what an artifact URI names.
    fn keeper(&self, op: &'static str, artifact_uri: &str) -> Result<Box<dyn ArtifactStore + '_>> {
        if local::is_local(artifact_uri) {
            self.check_shared(op, artifact_uri)?;
            return Ok(Box::new(LocalFiles { missing_hint: Some(NOT_SHARED) }));
        }
        if is_cloud(artifact_uri) {
            return self.cloud.keeper(op, artifact_uri);
        }
        Ok(Box::new(Proxy { http: &self.http }))
    }

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
}

/// The server's artifact proxy.
#[derive(Debug)]
struct Proxy<'a> {
    http: &'a Http,
}

#[async_trait]
impl ArtifactStore for Proxy<'_> {
    async fn put_artifact(&self, artifact_uri: &str, path: &str, bytes: Vec<u8>) -> Result<()> {
        let call = self.file(Method::PUT, WRITE, artifact_uri, path)?.bytes(bytes).transfer();
        self.http.send(&call).await?;
        Ok(())
    }

    async fn get_artifact(&self, artifact_uri: &str, path: &str) -> Result<Vec<u8>> {
        let call = self
            .file(Method::GET, READ, artifact_uri, path)?
            .at_most(ARTIFACT_BYTES_MAX)
            .transfer();
        self.http.send(&call).await
    }

    async fn list_artifacts(&self, artifact_uri: &str, path: &str) -> Result<Vec<FileInfo>> {
        if !path.is_empty() {
            check_artifact_path(LIST, path)?;
        }
        let folder = join(&self.root(LIST, artifact_uri)?, path);
        let call = self
            .http
            .call_at(Method::GET, LIST, &join(artifact_uri, path), PROXY)
            .query("path", &folder);
        let answer: wire::Files = self.http.json(&call).await?;
        let files = answer.files.into_iter().map(|file| read_file(path, file));
        let mut files = files.collect::<Result<Vec<_>>>()?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    async fn upload_artifact(&self, artifact_uri: &str, path: &str, from: &Path) -> Result<()> {
        let call = self.file(Method::PUT, WRITE, artifact_uri, path)?.transfer();
        self.http.upload(&call, &Outgoing::new(WRITE, from).await?).await
    }

    async fn stream_artifact(
        &self,
        artifact_uri: &str,
        path: &str,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream> {
        let call = self.file(Method::GET, READ, artifact_uri, path)?.transfer();
        match range {
            Some(range) if range.is_empty() => Ok(stream::empty().boxed()),
            range => self.http.open(&call.range(range)).await,
        }
    }

    async fn get_artifact_range(
        &self,
        artifact_uri: &str,
        path: &str,
        range: Range<u64>,
    ) -> Result<Vec<u8>> {
        let call = self.file(Method::GET, READ, artifact_uri, path)?.transfer();
        if range.is_empty() {
            return Ok(vec![]);
        }
        self.http.read(&call.range(Some(range))).await
    }

    async fn download_artifact(&self, artifact_uri: &str, path: &str, to: &Path) -> Result<u64> {
        let call = self.file(Method::GET, READ, artifact_uri, path)?.transfer();
        self.http.download(&call, to).await
    }

    async fn delete_artifacts(&self, artifact_uri: &str, path: &str) -> Result<()> {
        if !path.is_empty() {
            check_artifact_path(DELETE, path)?;
        }
        let call = self.below(Method::DELETE, DELETE, artifact_uri, path)?;
        self.http.send(&call).await?;
        Ok(())
    }
}

/// Reads an entry of a listing; its name may become part of a path on this machine.
fn read_file(folder: &str, file: wire::File) -> Result<FileInfo> {
    check_artifact_path(LIST, &file.path).map_err(|error| {
        let message = "the server lists a name that is no artifact's";
        Error::new(ErrorKind::Protocol, LIST, file.path.clone(), message).with_source(error)
    })?;
    let path = if folder.is_empty() { file.path } else { format!("{folder}/{}", file.path) };
    let size = file.size.and_then(|size| u64::try_from(size).ok()).filter(|_| !file.is_dir);
    Ok(FileInfo { path, is_dir: file.is_dir, size })
}

impl Proxy<'_> {
    fn file(
        &self,
        method: Method,
        op: &'static str,
        artifact_uri: &str,
        path: &str,
    ) -> Result<Call> {
        check_artifact_path(op, path)?;
        self.below(method, op, artifact_uri, path)
    }

    fn below(
        &self,
        method: Method,
        op: &'static str,
        artifact_uri: &str,
        path: &str,
    ) -> Result<Call> {
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
