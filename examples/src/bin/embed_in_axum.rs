//! A service in axum whose model follows the registry: the watcher knows no web framework.
//!
//! `embed_in_axum [TRACKING_URI]`: serves `GET /` with the note of the version in Production,
//! asks itself twice, with a promotion in between, and ends.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Router, serve};
use examples::{mlflow_store, register_text};
use mlflow_client::{ModelVersion, Stage, Store};
use registry_watcher::{Files, Load, LoadError, Reader, Schedule, Target, Watcher, run};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const MODEL: &str = "Notes";
const FILE: &str = "note.txt";

struct NoteLoader;

#[async_trait]
impl Load<String> for NoteLoader {
    async fn fetch(&self, store: &dyn Store, entry: &ModelVersion) -> Result<Files, LoadError> {
        let uri = store.download_uri(&entry.name, entry.version).await?;
        Ok(Files::new().with(FILE, store.get_artifact(&uri, FILE).await?))
    }

    async fn make(&self, _: &ModelVersion, files: Arc<Files>) -> Result<String, LoadError> {
        let bytes = files.get(FILE).unwrap_or_default().to_vec();
        String::from_utf8(bytes).map_err(|error| LoadError::refused_because(&error))
    }
}

/// Answers with what is served at this moment; no lock, no wait.
async fn note(State(reader): State<Reader<String>>) -> Result<String, StatusCode> {
    let served = reader.current().ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(format!("version {}: {}", served.version(), served.model))
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "what an example is for")]
#[expect(clippy::disallowed_methods, reason = "a program owns its tasks and may read the clock")]
async fn main() -> Result<()> {
    let store = mlflow_store().await?;
    store.create_registered_model(MODEL, None).await?;
    let target = Target { name: MODEL.to_owned(), selector: "stage:Production".parse()? };
    let (watcher, reader, _) = Watcher::new(Arc::clone(&store), target, NoteLoader);
    let mut changes = reader.changes();
    let app = Router::new().route("/", get(note)).with_state(reader);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;

    let schedule = Schedule::every(Duration::from_millis(50), std::process::id().into());
    tokio::spawn(run(watcher, schedule, SystemTime::now, std::future::pending()));
    tokio::spawn(async move { serve(listener, app).await });

    for text in ["bom dia", "boa noite"] {
        let version = register_text(&store, MODEL, FILE, text).await?;
        store.transition_stage(MODEL, version, Stage::Production, true).await?;
        changes.next().await.context("the watcher is gone")?;
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        println!("{}", answer.lines().last().unwrap_or_default());
    }
    Ok(())
}
