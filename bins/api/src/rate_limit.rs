//! How often a client may ask: so many requests a second on average, and a burst at once.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Clients that are told apart at a time. Each takes some 40 bytes; beyond, those who come new
/// share one allowance until others have been quiet for long enough to be forgotten.
const CLIENTS_MAX: usize = 65_536;

/// How often the quiet ones are looked for while there is no room, which takes a millisecond.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// How often a client may ask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimit {
    /// Requests a second, on average; above 0.
    pub per_second: f64,
    /// Requests at once, after a rest; at least 1.
    pub burst: u32,
}

/// Keeps clients to a limit.
///
/// # Source
///
/// The generic cell rate algorithm (ITU-T I.371): one moment a client, before which it has
/// asked too much.
#[derive(Debug)]
pub struct RateLimiter {
    interval: Duration,
    /// How far ahead of time a client may be: the burst.
    tolerance: Duration,
    clients_max: usize,
    clients: Mutex<Clients>,
}

/// When each client will have used up what it asked for.
#[derive(Debug, Default)]
struct Clients {
    due: BTreeMap<IpAddr, Instant>,
    /// Of all who found no room.
    others_due: Option<Instant>,
    swept: Option<Instant>,
}

impl RateLimiter {
    /// Knows no client yet.
    pub fn new(limit: RateLimit) -> Self {
        Self::for_so_many(limit, CLIENTS_MAX)
    }

    fn for_so_many(limit: RateLimit, clients_max: usize) -> Self {
        let interval = Duration::from_secs_f64(1.0 / limit.per_second);
        let tolerance = interval.saturating_mul(limit.burst.saturating_sub(1));
        Self { interval, tolerance, clients_max, clients: Mutex::default() }
    }

    /// Lets a request through, or says after how long one would be.
    ///
    /// # Errors
    ///
    /// The time to wait, if the client has asked too often.
    pub fn admit(&self, client: IpAddr, now: Instant) -> Result<(), Duration> {
        let client = key(client);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let due = if clients.due.contains_key(&client) || self.has_room(&mut clients, now) {
            clients.due.entry(client).or_insert(now)
        } else {
            clients.others_due.get_or_insert(now)
        };
        let next = (*due).max(now);
        match next.duration_since(now).checked_sub(self.tolerance) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                *due = next + self.interval;
                Ok(())
            }
        }
    }

    /// Whether one more client can be told apart; forgets those that could ask as if they came
    /// for the first time.
    fn has_room(&self, clients: &mut Clients, now: Instant) -> bool {
        if clients.due.len() < self.clients_max {
            return true;
        }
        if clients.swept.is_some_and(|swept| now.duration_since(swept) < SWEEP_EVERY) {
            return false;
        }
        clients.swept = Some(now);
        clients.due.retain(|_, due| now < *due);
        clients.due.len() < self.clients_max
    }
}

/// Whoever has an address of version 6 has the other 2^64 of its network, too.
fn key(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests;
