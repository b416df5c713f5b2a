//! A program that is running: its lines as they come, and its end.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::Output;

/// How long a program may take to end after SIGKILL before it is given up.
const KILL_GRACE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Stdout,
    Stderr,
}

/// Why a line did not come.
#[derive(Debug)]
pub enum WaitError {
    /// The program closed both its streams first; what it had said is kept.
    Ended(String),
    /// The time was up first; what it had said is kept.
    TimedOut(String),
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(said) => write!(f, "the program ended first; it had said:\n{said}"),
            Self::TimedOut(said) => write!(f, "time was up first; the program had said:\n{said}"),
        }
    }
}

impl std::error::Error for WaitError {}

/// A started program; dropping it kills it and what it started.
#[derive(Debug)]
pub struct Running {
    child: Child,
    started: Instant,
    lines: Receiver<(Stream, String)>,
    stdout: String,
    stderr: String,
    ended: bool,
}

impl Running {
    pub(super) fn new(mut child: Child, started: Instant) -> Self {
        let (send, lines) = channel();
        if let Some(out) = child.stdout.take() {
            read_lines(out, Stream::Stdout, send.clone());
        }
        if let Some(err) = child.stderr.take() {
            read_lines(err, Stream::Stderr, send);
        }
        Self { child, started, lines, stdout: String::new(), stderr: String::new(), ended: false }
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, such as `STOP`, to the program and to what it started.
    ///
    /// # Errors
    ///
    /// If it cannot be sent.
    pub fn signal_all(&self, name: &str) -> io::Result<()> {
        // The program was made the leader of its own group; a minus sign names the group.
        signal(name, &format!("-{}", self.child.id()))
    }

    /// Waits for the next line, on either stream, for which `wanted` is true.
    ///
    /// # Errors
    ///
    /// If the program ends or the time is up first.
    pub fn wait_for_line(
        &mut self,
        timeout: Duration,
        mut wanted: impl FnMut(&str) -> bool,
    ) -> Result<String, WaitError> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok((stream, line)) => {
                    self.keep(stream, &line);
                    if wanted(&line) {
                        return Ok(line);
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Err(WaitError::TimedOut(self.said())),
                Err(RecvTimeoutError::Disconnected) => return Err(WaitError::Ended(self.said())),
            }
        }
    }

    /// Waits for a line such as `listening on http://127.0.0.1:8000` and returns its URL.
    ///
    /// # Errors
    ///
    /// If the program ends or the time is up first.
    pub fn listening_on(&mut self, timeout: Duration) -> Result<String, WaitError> {
        let line = self.wait_for_line(timeout, |line| {
            line.to_lowercase().contains("listening on") && line.contains("http://")
        })?;
        let url = line.find("http://").map_or("", |at| &line[at..]);
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '`' | '\'' | ',' | '\u{1b}');
        Ok(url.split(is_end).next().unwrap_or(url).trim_end_matches('/').to_owned())
    }

    /// Everything said so far: standard output, then standard error.
    #[must_use]
    pub fn said(&self) -> String {
        format!("--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }

    /// Asks the program to end (SIGTERM), and kills it if it has not by the time-out.
    ///
    /// # Errors
    ///
    /// If it cannot be waited for.
    pub fn terminate(self, timeout: Duration) -> io::Result<Output> {
        signal("TERM", &self.child.id().to_string())?;
        self.finish(timeout)
    }

    /// Waits for the end, and kills it if it has not come by the time-out.
    ///
    /// # Errors
    ///
    /// If it cannot be waited for.
    pub fn finish(mut self, timeout: Duration) -> io::Result<Output> {
        // Both streams close when the program ends; waiting for that needs no polling.
        let timed_out = match self.wait_for_line(timeout, |_| false) {
            Err(WaitError::TimedOut(_)) => {
                self.kill_group();
                self.wait_for_line(KILL_GRACE, |_| false).ok();
                true
            }
            _ => false,
        };
        let status = self.child.wait()?;
        self.ended = true;
        Ok(Output {
            code: status.code(),
            stdout: std::mem::take(&mut self.stdout),
            stderr: std::mem::take(&mut self.stderr),
            timed_out,
            elapsed: self.started.elapsed(),
        })
    }

    fn keep(&mut self, stream: Stream, line: &str) {
        let kept = if stream == Stream::Stdout { &mut self.stdout } else { &mut self.stderr };
        kept.push_str(line);
        kept.push('\n');
    }

    fn kill_group(&mut self) {
        kill_group(&mut self.child);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            self.kill_group();
            self.child.wait().ok();
        }
    }
}

/// Kills a program that was made the leader of its own group, and what it started.
pub(crate) fn kill_group(child: &mut Child) {
    // A minus sign names the group.
    signal("KILL", &format!("-{}", child.id())).ok();
    child.kill().ok();
}

fn read_lines(from: impl Read + Send + 'static, stream: Stream, to: Sender<(Stream, String)>) {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut bytes = Vec::new();
        // Bytes, not `lines()`: a program that prints something that is not UTF-8 is still read.
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(n) if 0 < n) {
            let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned();
            bytes.clear();
            if to.send((stream, line)).is_err() {
                return;
            }
        }
    });
}

/// Sends a signal through the shell, whose `kill` is built in everywhere.
fn signal(name: &str, target: &str) -> io::Result<()> {
    Command::new("sh")
        .args(["-c", "kill -s \"$0\" -- \"$1\"", name, target])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map(|_| ())
}
