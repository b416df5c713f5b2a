//! Bodies of requests: bounded, and never read for ever. Where no route reads one it is counted.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody};
use actix_web::dev::ServiceRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes};

use crate::problem::Problem;

/// The longest body of a route that reads none; clients that send `{}` do no harm.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;

/// A body, as far as it is not read yet.
pub(crate) struct Unread(Pin<Box<BodyStream<web::Payload>>>);

impl Unread {
    /// Takes the body of a request, if it has one and does not say how long it is.
    #[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
    pub(crate) async fn take(request: &mut ServiceRequest) -> Option<Self> {
        if !request.headers().contains_key(header::TRANSFER_ENCODING) {
            return None;
        }
        let payload = request.extract::<web::Payload>().await.ok()?;
        Some(Self::of(payload))
    }

    /// The body that a handler was given.
    pub(crate) fn of(payload: web::Payload) -> Self {
        Self(Box::pin(BodyStream::new(payload)))
    }

    /// Reads to the end, or to the bound, within `timeout`.
    #[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
    pub(crate) async fn count(&mut self, timeout: Duration) -> Result<(), Problem> {
        self.each_chunk(BODY_BYTES_MAX, timeout, |_| {}).await
    }

    /// Reads the whole body, of at most `bytes_max` bytes, within `timeout`.
    #[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
    pub(crate) async fn read(
        &mut self,
        bytes_max: usize,
        timeout: Duration,
    ) -> Result<Vec<u8>, Problem> {
        let mut read = Vec::new();
        self.each_chunk(bytes_max, timeout, |chunk| read.extend_from_slice(chunk)).await?;
        Ok(read)
    }

    #[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
    async fn each_chunk(
        &mut self,
        bytes_max: usize,
        timeout: Duration,
        mut see: impl FnMut(&[u8]),
    ) -> Result<(), Problem> {
        let counted = async {
            let mut n_bytes = 0;
            while let Some(chunk) = std::future::poll_fn(|cx| self.0.as_mut().poll_next(cx)).await {
                let chunk = chunk.map_err(|_| {
                    Problem::bad_request("body_malformed", "The body cannot be read")
                })?;
                n_bytes += chunk.len();
                if bytes_max < n_bytes {
                    return Err(too_large(bytes_max));
                }
                see(&chunk);
            }
            Ok(())
        };
        tokio::time::timeout(timeout, counted).await.unwrap_or_else(|_| {
            let detail = format!("The body must arrive within {} s", timeout.as_secs_f64());
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", detail))
        })
    }

    /// Keeps the body until the answer is out.
    ///
    /// The server closes a connection whose body somebody still holds, but reads one that was
    /// dropped to its end, which a client may never send.
    pub(crate) fn keep_until_answered(
        self,
        response: HttpResponse<BoxBody>,
    ) -> HttpResponse<BoxBody> {
        response.map_body(|_, answer| BoxBody::new(Answer { answer, _unread: self }))
    }
}

pub(crate) fn too_large(bytes_max: usize) -> Problem {
    let detail = format!("The body must be at most {bytes_max} bytes long");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}

/// An answer that holds the body of its request.
struct Answer {
    answer: BoxBody,
    _unread: Unread,
}

impl MessageBody for Answer {
    type Error = Box<dyn StdError>;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().answer).poll_next(cx)
    }
}
