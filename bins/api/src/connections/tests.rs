use std::io::{ErrorKind, Read as _};
use std::net::TcpListener;

use super::*;

/// A connection that was opened ten seconds ago, and the client's end of it.
fn opened() -> (Arc<Connection>, Socket) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = Socket::connect(listener.local_addr().unwrap()).unwrap();
    client.set_nonblocking(true).unwrap();
    let connection = Connection {
        socket: listener.accept().unwrap().0,
        opened: Instant::now().checked_sub(Duration::from_secs(10)).unwrap(),
        used_ms: AtomicU64::new(0),
        n_in_flight: AtomicU32::new(0),
    };
    (Arc::new(connection), client)
}

#[test]
fn a_connection_is_idle_since_its_last_use_and_never_while_a_request_is_answered() {
    let (connection, _client) = opened();
    assert!(Duration::from_secs(10) <= connection.idle());
    let answering = [connection.begin(), connection.begin()];
    assert_eq!(connection.idle(), Duration::ZERO);
    let [first, second] = answering;
    drop(first);
    assert_eq!(connection.idle(), Duration::ZERO);
    drop(second);
    assert!(connection.idle() < Duration::from_secs(10));
}

#[test]
fn only_what_is_idle_for_too_long_is_closed_and_what_is_gone_is_forgotten() {
    let connections = Connections::new(Duration::from_secs(9));
    let [(idle, mut left), (used, mut stays), (gone, _)] = [(); 3].map(|()| opened());
    used.is_used(Instant::now());
    let all = [&idle, &used, &gone].map(Arc::downgrade);
    connections.all.lock().unwrap().extend(all);
    drop(gone);
    connections.close_idle();
    assert_eq!(left.read(&mut [0]).unwrap(), 0, "its end");
    assert_eq!(stays.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(connections.all.lock().unwrap().len(), 1);
}
