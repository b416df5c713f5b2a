//! Connections that nobody uses are closed, whoever holds them open.
//!
//! The server itself bounds the head of a connection's first request and the pause between two.
//! It waits without a bound for a later head that never ends and for a client that never reads
//! its answers, and enough of either would leave no file descriptor for anyone else.

use std::any::Any;
use std::net::{Shutdown, TcpStream as Socket};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;

/// How often the connections are looked at: well below any pause that is allowed.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The connections of the server.
#[derive(Debug)]
pub(crate) struct Connections {
    idle_max: Duration,
    all: Mutex<Vec<Weak<Connection>>>,
}

/// A connection, and when it was used last.
#[derive(Debug)]
pub struct Connection {
    /// A second handle on it: the first is the server's own.
    socket: Socket,
    opened: Instant,
    /// In milliseconds since it was opened.
    used_ms: AtomicU64,
    n_in_flight: AtomicU32,
}

/// A request of a connection that is being answered.
#[derive(Debug)]
pub(crate) struct Answering<'a>(&'a Connection);

impl Connections {
    /// Closes connections on which nothing happened for longer than `idle_max`.
    pub(crate) fn new(idle_max: Duration) -> Self {
        Self { idle_max, all: Mutex::default() }
    }

    /// Takes a connection that was just accepted, and puts its [`Connection`] where its requests
    /// find it.
    pub(crate) fn accept(&self, io: &dyn Any, of_connection: &mut Extensions) {
        let Some(stream) = io.downcast_ref::<TcpStream>() else { return };
        // Without a file descriptor to spare it has to do without; the limit is above all others.
        let Ok(socket) = stream.as_fd().try_clone_to_owned() else { return };
        let connection = Arc::new(Connection {
            socket: socket.into(),
            opened: Instant::now(),
            used_ms: AtomicU64::new(0),
            n_in_flight: AtomicU32::new(0),
        });
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Arc::downgrade(&connection));
        of_connection.insert(connection);
    }

    /// Looks after the connections for ever.
    pub(crate) async fn run(&self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.close_idle();
        }
    }

    fn close_idle(&self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|connection| {
            let Some(connection) = connection.upgrade() else { return false };
            let is_idle = self.idle_max < connection.idle();
            if is_idle {
                // The server sees its end, as if the client had gone. It may have by now.
                let _gone = connection.socket.shutdown(Shutdown::Both);
            }
            !is_idle
        });
    }
}

impl Connection {
    /// Begins to answer a request.
    pub(crate) fn begin(&self) -> Answering<'_> {
        self.n_in_flight.fetch_add(1, Ordering::Relaxed);
        Answering(self)
    }

    /// Says that the client asked for something, or took some of it.
    pub fn is_used(&self, now: Instant) {
        let since = now.saturating_duration_since(self.opened).as_millis();
        let now_ms = u64::try_from(since).unwrap_or(u64::MAX);
        self.used_ms.store(now_ms, Ordering::Relaxed);
    }

    /// How long nothing happened on it.
    fn idle(&self) -> Duration {
        if 0 < self.n_in_flight.load(Ordering::Relaxed) {
            return Duration::ZERO;
        }
        let used = Duration::from_millis(self.used_ms.load(Ordering::Relaxed));
        self.opened.elapsed().saturating_sub(used)
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.0.is_used(Instant::now());
        self.0.n_in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
