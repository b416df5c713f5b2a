//! The body of a forecast: a slice of bytes that were made ready, and the bracket behind it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

/// What ends the array.
const END: &[u8] = b"]";

/// A JSON array whose rows lie in memory, sent without a copy of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The bracket that opens the array, and rows separated by commas; empty once sent.
    rows: Bytes,
    has_ended: bool,
}

impl Rows {
    pub(crate) fn of(rows: Bytes) -> Self {
        Self { rows, has_ended: false }
    }

    /// The whole array as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&[&self.rows, END].concat()).into_owned()
    }
}

impl MessageBody for Rows {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized((self.rows.len() + END.len()) as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        if !self.rows.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.rows))));
        }
        let is_end = !std::mem::replace(&mut self.has_ended, true);
        Poll::Ready(is_end.then_some(Ok(Bytes::from_static(END))))
    }
}
