//! Reads a Prophet model that was logged by anyone.

use serde::de::IgnoredAny;

use super::prophet_data_path;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Version;
use crate::resolve::resolve_model_uri;
use crate::store::Store;

const OP: &str = "read Prophet model";

/// Returns Prophet's own JSON from the bytes of `model.pr`.
///
/// MLflow writes a JSON string that holds the model's JSON; the bare JSON is taken as well.
///
/// # Errors
///
/// [`ErrorKind::Protocol`] if the bytes hold no JSON object.
pub fn read_model_json(bytes: &[u8]) -> Result<String> {
    let bad = |message: &str| Error::new(ErrorKind::Protocol, OP, "model.pr", message);
    let text =
        std::str::from_utf8(bytes).map_err(|error| bad("it is no text").with_source(error))?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let json = if text.starts_with('"') {
        serde_json::from_str::<String>(text)
            .map_err(|error| bad("it is no whole JSON string").with_source(error))?
    } else {
        text.to_owned()
    };
    if !json.trim_start().starts_with('{') {
        return Err(bad("it holds no JSON object"));
    }
    serde_json::from_str::<IgnoredAny>(&json)
        .map_err(|error| bad("it holds no whole JSON").with_source(error))?;
    Ok(json)
}

/// Fetches a version of a registered model and returns Prophet's own JSON.
///
/// # Errors
///
/// What the store says, or [`ErrorKind::Protocol`] if the files are not a Prophet model's.
pub async fn load_model_json(store: &dyn Store, name: &str, version: Version) -> Result<String> {
    model_below(store, &store.download_uri(name, version).await?).await
}

/// Fetches the model that a URI names, in any form of [`resolve_model_uri`], and returns Prophet's
/// own JSON.
///
/// # Errors
///
/// As [`resolve_model_uri`] and [`load_model_json`].
pub async fn load_model_json_at(store: &dyn Store, model_uri: &str) -> Result<String> {
    model_below(store, &resolve_model_uri(store, model_uri).await?).await
}

async fn model_below(store: &dyn Store, root: &str) -> Result<String> {
    let mlmodel = store.get_artifact(root, "MLmodel").await?;
    let path = prophet_data_path(&String::from_utf8_lossy(&mlmodel))?;
    let bytes = store.get_artifact(root, &path).await?;
    read_model_json(&bytes)
}
