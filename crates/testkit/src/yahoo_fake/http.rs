//! As much of HTTP/1.1 as one GET without a body needs.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// A client that sends nothing must not hold the server for the rest of the test.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Requests are a line and a few headers; more is a mistake of the test.
const REQUEST_BYTES_MAX: u64 = 64 * 1024;

pub(super) struct Reply {
    code: u16,
    content_type: &'static str,
    body: String,
}

impl Reply {
    pub(super) fn json(code: u16, body: &serde_json::Value) -> Self {
        Self { code, content_type: "application/json;charset=utf-8", body: body.to_string() }
    }

    pub(super) const fn text(code: u16, body: String) -> Self {
        Self { code, content_type: "text/plain", body }
    }
}

/// Reads a request to the end of its headers; `None` if it is not one.
pub(super) fn read_target(stream: &TcpStream) -> io::Result<Option<String>> {
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    let mut lines = BufReader::new(stream.take(REQUEST_BYTES_MAX)).lines();
    let Some(first) = lines.next().transpose()? else { return Ok(None) };
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    Ok(first.split(' ').nth(1).map(str::to_owned))
}

pub(super) fn send(
    stream: &TcpStream,
    reply: &Reply,
    retry_after_s: Option<u32>,
) -> io::Result<()> {
    let retry = retry_after_s.map_or(String::new(), |s| format!("retry-after: {s}\r\n"));
    write(stream, &(head(reply, &retry) + &reply.body))
}

/// Announces the whole body and sends its first half.
pub(super) fn send_half(stream: &TcpStream, reply: &Reply) -> io::Result<()> {
    let half: String = reply.body.chars().take(reply.body.chars().count() / 2).collect();
    write(stream, &(head(reply, "") + &half))
}

fn head(reply: &Reply, more: &str) -> String {
    // One request a connection: the fake then never has to tell two apart.
    format!(
        "HTTP/1.1 {} Fake\r\ncontent-type: {}\r\ncontent-length: {}\r\nconnection: close\r\n{more}\r\n",
        reply.code,
        reply.content_type,
        reply.body.len(),
    )
}

fn write(mut stream: &TcpStream, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}
