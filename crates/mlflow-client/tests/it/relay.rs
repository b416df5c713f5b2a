//! A way to a real server on which answers can be lost.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Passes requests on to a server, and loses the first answer to each of some paths.
#[derive(Debug)]
pub(crate) struct Relay {
    port: u16,
    n_lost: Arc<AtomicUsize>,
    /// Ends the relay when it is dropped.
    _serving: JoinSet<()>,
}

impl Relay {
    /// Starts one before the server on `port` of this machine.
    pub(crate) async fn start(port: u16, loses: &'static [&'static str]) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let own_port = listener.local_addr()?.port();
        let n_lost = Arc::new(AtomicUsize::new(0));
        let mut serving = JoinSet::new();
        let count = Arc::clone(&n_lost);
        serving.spawn(async move {
            let mut left = loses.to_vec();
            while let Ok((client, _)) = listener.accept().await {
                // One after the other: the tests ask so.
                if matches!(pass_on(client, port, &mut left).await, Ok(true)) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Ok(Self { port: own_port, n_lost, _serving: serving })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    pub(crate) fn n_lost(&self) -> usize {
        self.n_lost.load(Ordering::Relaxed)
    }
}

/// Passes one connection on; whether its answer was lost.
async fn pass_on(
    mut client: TcpStream,
    port: u16,
    left: &mut Vec<&'static str>,
) -> io::Result<bool> {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    let mut first = vec![0; 65_536];
    let n_bytes = client.read(&mut first).await?;
    server.write_all(&first[..n_bytes]).await?;
    let line = String::from_utf8_lossy(&first[..n_bytes]).into_owned();
    let line = line.lines().next().unwrap_or_default();
    let found = left.iter().position(|path| line.contains(&format!("{path} HTTP")));
    let Some(found) = found.filter(|_| line.starts_with("POST")) else {
        tokio::io::copy_bidirectional(&mut client, &mut server).await?;
        return Ok(false);
    };
    left.remove(found);
    // The server has done it when it begins to answer; the client hears nothing of that.
    let mut answer = [0; 1];
    server.read_exact(&mut answer).await?;
    Ok(true)
}
