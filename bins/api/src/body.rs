//! Bodies of requests, which no route reads: counted, bounded, and never read for ever.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes};

use crate::problem::Problem;

/// The longest body. No route reads one yet; clients that send `{}` do no harm.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;

/// How long a body whose length is not announced may take: as long as the head of a request.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// A body of no announced length, as far as it is not read yet.
pub(crate) struct Unread(Pin<Box<BodyStream<web::Payload>>>);

impl Unread {
    /// Takes the body of a request, if it has one and does not say how long it is.
    #[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
    pub(crate) async fn take(request: &mut ServiceRequest) -> Option<Self> {
        if !request.headers().contains_key(header::TRANSFER_ENCODING) {
            return None;
        }
        let payload = request.extract::<web::Payload>().await.ok()?;
        Some(Self(Box::pin(BodyStream::new(payload))))
    }

    /// Reads to the end, or to the bound.
    #[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
    pub(crate) async fn count(&mut self) -> Result<(), Problem> {
        let counted = async {
            let mut n_bytes = 0;
            while let Some(chunk) = std::future::poll_fn(|cx| self.0.as_mut().poll_next(cx)).await {
                let chunk = chunk.map_err(|_| {
                    Problem::bad_request("body_malformed", "The body cannot be read")
                })?;
                n_bytes += chunk.len();
                if BODY_BYTES_MAX < n_bytes {
                    return Err(too_large());
                }
            }
            Ok(())
        };
        tokio::time::timeout(BODY_TIMEOUT, counted).await.unwrap_or_else(|_| {
            let detail = format!("The body must arrive within {} s", BODY_TIMEOUT.as_secs());
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", detail))
        })
    }

    /// Keeps the body until the answer is out.
    ///
    /// The server closes a connection whose body somebody still holds, but reads one that was
    /// dropped to its end, which a client may never send.
    pub(crate) fn keep_until_answered(
        self,
        response: ServiceResponse<BoxBody>,
    ) -> ServiceResponse<BoxBody> {
        response.map_body(|_, answer| BoxBody::new(Answer { answer, _unread: self }))
    }
}

pub(crate) fn too_large() -> Problem {
    let detail = format!("The body must be at most {BODY_BYTES_MAX} bytes long");
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
