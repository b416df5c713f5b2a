//! Files of any size on their way to the server and back.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};
use reqwest::{Body, Response, StatusCode};

use super::answer::Failure;
use super::http::{Call, Http};
use crate::artifact::disk::{self, Outgoing};
use crate::artifact::{ByteStream, collect};
use crate::error::{Error, ErrorKind, Result};

/// How long a transfer may take as long as something moves: a terabyte at 12 MB a second.
const TRANSFER_MAX: Duration = Duration::from_hours(24);

impl Http {
    /// Sends a file as the body, at every try from its start.
    pub(super) async fn upload(&self, call: &Call, file: &Outgoing) -> Result<()> {
        self.repeat(call, TRANSFER_MAX, || self.try_upload(call, file)).await
    }

    async fn try_upload(&self, call: &Call, file: &Outgoing) -> Result<(), Failure> {
        let sent = Arc::new(AtomicU64::new(0));
        let broken = Arc::new(Mutex::new(None));
        let pieces = {
            let (sent, broken) = (Arc::clone(&sent), Arc::clone(&broken));
            file.stream().map(move |piece| match piece {
                Ok(piece) => {
                    sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
                    Ok(piece)
                }
                // The connection breaks off, so the server keeps nothing; why, is told below.
                Err(error) => {
                    let told = error.to_string();
                    *broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    Err(told)
                }
            })
        };
        let request = self
            .request(call)
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, file.len())
            .timeout(TRANSFER_MAX)
            .body(Body::wrap_stream(pieces));
        let outcome = tokio::select! {
            outcome = self.answer(call, request) => outcome,
            after = stalled(self.timeout(call), &sent) => Err(Failure::Stalled { after }),
        };
        let broken = broken.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (outcome, broken) {
            (_, Some(error)) => Err(Failure::Body(error)),
            (Ok(_), None) => Ok(()),
            (Err(failure), None) => Err(failure),
        }
    }

    /// Reads an answer into a file, at every try from its start, and returns its length.
    pub(super) async fn download(&self, call: &Call, to: &Path) -> Result<u64> {
        let attempt = async || {
            let pieces = self.try_open(call).await?;
            disk::receive(call.op, to, pieces).await.map_err(Failure::Body)
        };
        self.repeat(call, TRANSFER_MAX, attempt).await
    }

    /// Reads the range of an answer that the call names.
    pub(super) async fn read(&self, call: &Call) -> Result<Vec<u8>> {
        let attempt = async || {
            let pieces = self.try_open(call).await?;
            collect(&call.subject, pieces).await.map_err(Failure::Body)
        };
        self.repeat(call, TRANSFER_MAX, attempt).await
    }

    /// Begins to read an answer, or the range of it that the call names.
    pub(super) async fn open(&self, call: &Call) -> Result<ByteStream> {
        self.repeat(call, TRANSFER_MAX, || self.try_open(call)).await
    }

    async fn try_open(&self, call: &Call) -> Result<ByteStream, Failure> {
        let request = self.request(call).timeout(TRANSFER_MAX);
        let answer = self.answer(call, request);
        let after = self.timeout(call);
        let response = match tokio::time::timeout(after, answer).await {
            Ok(Err(Failure::PastTheEnd)) => return Ok(stream::empty().boxed()),
            answered => answered.unwrap_or(Err(Failure::Stalled { after }))?,
        };
        let (skip, left) = wanted(call, &response)?;
        let incoming = Incoming {
            op: call.op,
            subject: call.subject.clone(),
            server: self.shown().to_owned(),
            timeout: after,
            response,
            skip,
            left,
        };
        Ok(incoming.pieces())
    }
}

/// Returns how many bytes of the answer to skip and how many to take.
fn wanted(call: &Call, response: &Response) -> Result<(u64, u64), Failure> {
    let Some(Range { start, end }) = call.range.clone() else { return Ok((0, u64::MAX)) };
    if response.status() != StatusCode::PARTIAL_CONTENT {
        // A server that knows no ranges sends the whole.
        return Ok((start, end - start));
    }
    let header = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let from = header.and_then(|text| text.strip_prefix("bytes ")?.split('-').next());
    if from.and_then(|from| from.parse().ok()) != Some(start) {
        let message = format!("bytes from {start} on were asked for, and others came");
        let error = Error::new(ErrorKind::Protocol, call.op, &call.subject, message);
        return Err(Failure::Body(error));
    }
    Ok((0, end - start))
}

/// An answer that is being read.
struct Incoming {
    op: &'static str,
    subject: String,
    server: String,
    timeout: Duration,
    response: Response,
    skip: u64,
    left: u64,
}

impl Incoming {
    fn pieces(self) -> ByteStream {
        stream::try_unfold(self, |mut incoming| async {
            Ok(incoming.next().await?.map(|piece| (piece, incoming)))
        })
        .boxed()
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        while self.left > 0 {
            let chunk = tokio::time::timeout(self.timeout, self.response.chunk()).await;
            let chunk = chunk.map_err(|_| self.broken("nothing came for too long"))?;
            let chunk = chunk.map_err(|error| {
                self.broken("the answer broke off").with_source(error.without_url())
            })?;
            let Some(mut chunk) = chunk else { return Ok(None) };
            let skipped = self.skip.min(chunk.len() as u64);
            self.skip -= skipped;
            let _skipped = chunk.split_to(usize::try_from(skipped).unwrap_or(chunk.len()));
            chunk.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= chunk.len() as u64;
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }

    fn broken(&self, message: &str) -> Error {
        let message = format!("{}: {message}", self.server);
        Error::new(ErrorKind::Unavailable, self.op, &self.subject, message)
            .with_hint("try again; nothing was half written")
    }
}

/// Returns when nothing was counted for `limit`.
async fn stalled(limit: Duration, counter: &AtomicU64) -> Duration {
    let mut seen = None;
    loop {
        let now = counter.load(Ordering::Relaxed);
        if seen.replace(now) == Some(now) {
            return limit;
        }
        tokio::time::sleep(limit).await;
    }
}
