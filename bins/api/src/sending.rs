//! Long answers on their way out: in pieces, and so many bytes of them at once.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connections::Connection;

/// Answers that their readers have not read yet, all together. A reader who reads on may take as
/// long as it likes; so much memory is what slow ones can hold.
const UNREAD_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The bytes that one permit stands for: a semaphore counts to 32 bits.
const PERMIT_BYTES: usize = 1024;

/// What is handed to the connection at a time, which copies it: a whole answer would be in
/// memory twice.
const PIECE_BYTES: usize = 64 * 1024;

/// Counts the bytes.
#[derive(Debug)]
pub struct Sending {
    room: Arc<Semaphore>,
}

impl Default for Sending {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(UNREAD_BYTES_MAX / PERMIT_BYTES)) }
    }
}

impl Sending {
    /// The body of an answer, or none if there is no room for it at the moment.
    pub fn body(&self, bytes: Vec<u8>) -> Option<Outgoing> {
        let n_permits = u32::try_from(bytes.len().div_ceil(PERMIT_BYTES)).ok()?;
        let permit = Arc::clone(&self.room).try_acquire_many_owned(n_permits).ok()?;
        Some(Outgoing { rest: bytes.into(), connection: None, _permit: permit })
    }
}

/// An answer; its bytes count until it is dropped, sent or not.
#[derive(Debug)]
pub struct Outgoing {
    rest: Bytes,
    connection: Option<Arc<Connection>>,
    _permit: OwnedSemaphorePermit,
}

impl Outgoing {
    /// Says on which connection it goes out: whoever reads on, however slowly, uses it.
    #[must_use]
    pub fn on(self, connection: Option<Arc<Connection>>) -> Self {
        Self { connection, ..self }
    }
}

impl MessageBody for Outgoing {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.rest.len() as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        if let Some(connection) = &self.connection {
            connection.is_used(Instant::now());
        }
        let n_bytes = PIECE_BYTES.min(self.rest.len());
        Poll::Ready(Some(Ok(self.rest.split_to(n_bytes))))
    }
}

#[cfg(test)]
mod tests;
