//! A thousand clients that send or read next to nothing.

use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use testkit::program::{Program, workdir};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::bad_versions::promote;
use super::running::{Api, PATIENCE, file_in, program};
use crate::app::register;
use crate::prophet;

/// What a client does who is in no hurry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slow {
    /// Connects.
    Silent,
    /// Sends the head of its first request a byte at a time, and never its end.
    Head,
    /// Gets an answer, and then does so.
    SecondHead,
    /// Sends a head and no body.
    Body,
    /// Asks and asks, and reads no answer.
    Reader,
}

/// How many there are of each. Fewer readers, since each has megabytes sent before the buffers of
/// the system are full.
const KINDS: [(Slow, usize); 5] = [
    (Slow::Silent, 250),
    (Slow::Head, 250),
    (Slow::SecondHead, 250),
    (Slow::Body, 210),
    (Slow::Reader, 40),
];

/// Between two bytes, or two requests to which nobody reads the answers.
const PAUSE: Duration = Duration::from_millis(250);

/// Between two requests whose answers still fit in the buffers.
const SHORT_PAUSE: Duration = Duration::from_millis(5);

const N_CLIENTS: usize = 1000;

/// What the slow clients may cost, in bytes: each what it may send without being read, and buffers.
const BYTES_MAX: u64 = 200 * 1024 * N_CLIENTS as u64;

const ASK: &[u8] = b"POST /predict?days=365 HTTP/1.1\r\nhost: x\r\n\r\n";

/// The answers to so many are more than the buffers of the system can hold.
const N_ASKED: usize = 300;

impl Slow {
    /// Behaves so until the service closes the connection.
    async fn client(self, address: SocketAddr) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(address).await.unwrap();
        match self {
            Self::Silent => {}
            Self::Head => dribble(&mut stream).await,
            Self::SecondHead => {
                stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
                dribble(&mut stream).await;
            }
            Self::Body => {
                let head = b"POST /invocations HTTP/1.1\r\nhost: x\r\n\
                    content-type: application/json\r\ncontent-length: 100\r\n\r\n{";
                stream.write_all(head).await.unwrap();
            }
            Self::Reader => {
                let pauses = std::iter::repeat_n(SHORT_PAUSE, N_ASKED);
                for pause in pauses.chain(std::iter::repeat(PAUSE)) {
                    if stream.write_all(ASK).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(pause).await;
                }
            }
        }
        // An answer that says why, or none, and then the end.
        let mut said = Vec::new();
        let _reset = stream.read_to_end(&mut said).await;
    }
}

/// Sends a head that never ends.
async fn dribble(stream: &mut TcpStream) {
    let begin = b"GET /predict HTTP/1.1\r\nhost: ".iter().copied();
    for byte in begin.chain(std::iter::repeat(b'x')) {
        if stream.write_all(&[byte]).await.is_err() {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Clients of one kind, on a thread of their own; it ends once all of them are cut off.
fn clients(kind: Slow, n: usize, address: SocketAddr) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(join_all((0..n).map(|_| kind.client(address))));
    })
}

#[tokio::test]
async fn a_thousand_slow_clients_hold_nobody_up_and_are_cut_off() {
    api::files::raise_limit();
    let dir = workdir().unwrap();
    let (store, uri) = file_in(dir.path()).await;
    let version = register(store.as_ref(), &prophet::flat_at(10.0)).await;
    promote(store.as_ref(), version).await;
    let program = program(dir.path(), &uri)
        .env("PETR4__API__REQUEST_SECONDS", "3")
        .env("PETR4__API__IDLE_SECONDS", "2");
    let api = Api::start(program);
    api.until_served(1).await;
    let (n_files, memory) = (api.n_files(), api.memory("VmRSS"));
    let slow = KINDS.map(|(kind, n)| clients(kind, n, address(&api)));

    let (mut n_answers, mut n_meanwhile) = (0, 0);
    let began = Instant::now();
    while slow.iter().any(|clients| !clients.is_finished()) {
        let answer = api.get("/predict?days=30").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        n_answers += 1;
        // Each has a file of its own at least.
        n_meanwhile += usize::from(n_files + N_CLIENTS <= api.n_files());
        assert!(began.elapsed() < PATIENCE, "slow clients are not cut off");
    }
    for clients in slow {
        clients.join().unwrap();
    }
    assert!(10 < n_meanwhile, "{n_meanwhile} of {n_answers} answers came while all were there");
    let growth = api.memory("VmHWM").saturating_sub(memory);
    assert!(growth < BYTES_MAX, "{growth} bytes for {N_CLIENTS} slow clients");
    let began = Instant::now();
    while n_files + 10 < api.n_files() {
        assert!(began.elapsed() < PATIENCE, "{} files stay open", api.n_files());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    println!("{n_answers} answers, {n_meanwhile} while all were there; {growth} bytes");
    api.stop();
}

#[tokio::test]
async fn with_no_file_left_for_a_connection_it_answers_again_once_slow_clients_are_cut_off() {
    let dir = workdir().unwrap();
    let (store, uri) = file_in(dir.path()).await;
    let version = register(store.as_ref(), &prophet::flat_at(10.0)).await;
    promote(store.as_ref(), version).await;
    // Both limits, so that the program cannot raise them.
    let program = Program::new("sh")
        .args(["-c", "ulimit -n 100 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_api")])
        .args(["--port", "0", "--poll-seconds", "0.05", "--tracking-uri", &uri])
        .current_dir(dir.path())
        .env("PETR4__API__REQUEST_SECONDS", "0.5");
    let api = Api::start(program);
    api.until_served(1).await;
    let slow = clients(Slow::Silent, 200, address(&api));
    let two = register(store.as_ref(), &prophet::flat_at(20.0)).await;
    promote(store.as_ref(), two).await;
    // Over a new connection: one that is there already would prove nothing.
    let answer = reqwest::get(format!("{}/health", api.url)).await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    api.until_served(2).await;
    slow.join().unwrap();
    api.stop();
}

fn address(api: &Api) -> SocketAddr {
    api.url.strip_prefix("http://").unwrap().parse().unwrap()
}
