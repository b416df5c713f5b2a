//! Yahoo's answers on disk: one file for each symbol, range and host.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use reqwest::Url;
use sha2::{Digest, Sha256};
use tokio::fs;

use crate::error::Error;
use crate::hex;
use crate::source::Request;

mod wire;

/// How many answers are kept of one symbol, start and host: a week of daily runs and one more.
const KEPT_MAX: usize = 8;

/// How many files of one symbol are looked at before the rest is taken for another's.
const LISTED_MAX: usize = 1024;

/// How many characters of the host's hash a file name holds.
const HOST_CHARS: usize = 8;

/// How much longer than the answer the file around it may be: escapes double it at worst.
const FILE_FACTOR: u64 = 3;

/// Answers of one host, kept in one folder.
#[derive(Debug)]
pub(crate) struct AnswerCache {
    dir: PathBuf,
    base_url: String,
    max_file_bytes: u64,
}

/// An answer that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// When it was downloaded, by the clock on the wall.
    pub fetched_at: DateTime<Utc>,
    /// The time for which it counts.
    pub as_of: DateTime<Utc>,
    /// The last session that was asked for.
    pub end: NaiveDate,
    /// The answer, as it came.
    pub body: String,
}

impl AnswerCache {
    pub(crate) fn new(dir: PathBuf, base_url: &Url, max_body_bytes: usize) -> Self {
        let max_file_bytes = u64::try_from(max_body_bytes).unwrap_or(u64::MAX);
        Self {
            dir,
            base_url: base_url.as_str().trim_end_matches('/').to_owned(),
            max_file_bytes: max_file_bytes.saturating_mul(FILE_FACTOR),
        }
    }

    /// The answer to exactly this symbol and range; none if there is none or it is damaged.
    pub(crate) async fn load(&self, request: &Request) -> Option<Kept> {
        self.read(&self.path(request), request).await
    }

    /// The answers to the same symbol and start, the one that reaches closest to the wanted end
    /// first, among equals the newest.
    pub(crate) async fn load_best(&self, request: &Request) -> Vec<Kept> {
        let mut found = Vec::new();
        for path in self.list(request).await {
            found.extend(self.read(&path, request).await);
        }
        found.sort_by_key(|kept| (kept.end.min(request.end), kept.fetched_at));
        found.reverse();
        found
    }

    /// Keeps an answer, and forgets the oldest ones of the same symbol and start.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Write`] if the folder cannot be made or written to.
    pub(crate) async fn store(&self, request: &Request, body: &str) -> Result<(), Error> {
        let path = self.path(request);
        let text = wire::Entry {
            format: wire::FORMAT,
            base_url: self.base_url.clone(),
            symbol: request.symbol.to_string(),
            start: request.start.to_string(),
            end: request.end.to_string(),
            fetched_at: stamp(request.wall),
            as_of: stamp(request.as_of()),
            sha256: checksum(body),
            body: body.to_owned(),
        }
        .to_json();
        replace(&path, text.as_bytes())
            .await
            .map_err(|source| Error::Write { path: path.clone(), source })?;
        self.forget_oldest(request).await;
        Ok(())
    }

    async fn forget_oldest(&self, request: &Request) {
        let mut files = Vec::new();
        for path in self.list(request).await {
            if let Ok(modified) = fs::metadata(&path).await.and_then(|meta| meta.modified()) {
                files.push((modified, path));
            }
        }
        files.sort();
        let n_excess = files.len().saturating_sub(KEPT_MAX);
        for (_, path) in files.into_iter().take(n_excess) {
            // A file that stays is only a file too many.
            fs::remove_file(path).await.ok();
        }
    }

    async fn read(&self, path: &Path, request: &Request) -> Option<Kept> {
        let length = fs::metadata(path).await.ok()?.len();
        if self.max_file_bytes < length {
            return None;
        }
        let entry = wire::Entry::from_json(&fs::read(path).await.ok()?)?;
        let ours = entry.format == wire::FORMAT
            && entry.base_url == self.base_url
            && entry.symbol == request.symbol.as_str()
            && entry.start.parse() == Ok(request.start)
            && entry.sha256 == checksum(&entry.body);
        if !ours {
            tracing::debug!(path = %path.display(), "damaged or foreign cache file ignored");
            return None;
        }
        Some(Kept {
            fetched_at: entry.fetched_at.parse().ok()?,
            as_of: entry.as_of.parse().ok()?,
            end: entry.end.parse().ok()?,
            body: entry.body,
        })
    }

    /// The files of the same symbol, start and host.
    async fn list(&self, request: &Request) -> Vec<PathBuf> {
        let prefix = self.prefix(request);
        let mut found = Vec::new();
        let Ok(mut entries) = fs::read_dir(&self.dir).await else { return found };
        while let Ok(Some(entry)) = entries.next_entry().await {
            let path = entry.path();
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            if name.starts_with(&prefix) && path.extension() == Some(OsStr::new("json")) {
                found.push(path);
            }
            if LISTED_MAX <= found.len() {
                break;
            }
        }
        found.sort();
        found
    }

    /// `PETR4.SA_1f0c2a9b_2018-01-01_`: the host is part of it, so that the answers of a test's
    /// server never pass for Yahoo's.
    fn prefix(&self, request: &Request) -> String {
        let mut host = checksum(&self.base_url);
        host.truncate(HOST_CHARS);
        format!("{}_{host}_{}_", request.symbol.encoded(), request.start)
    }

    fn path(&self, request: &Request) -> PathBuf {
        self.dir.join(format!("{}{}.json", self.prefix(request), request.end))
    }
}

fn stamp(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn checksum(text: &str) -> String {
    hex::encode(&Sha256::digest(text.as_bytes()))
}

/// Writes a file beside its place and moves it there: readers see the old or the new one.
async fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let part = path.with_extension(format!("{}-{count}.part", std::process::id()));
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).await?;
    }
    let written = async {
        fs::write(&part, bytes).await?;
        fs::rename(&part, path).await
    }
    .await;
    if written.is_err() {
        fs::remove_file(&part).await.ok();
    }
    written
}

#[cfg(test)]
mod tests;
