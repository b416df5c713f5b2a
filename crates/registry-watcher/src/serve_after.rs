//! The tag by which many replicas switch at one moment.

use std::time::SystemTime;

use chrono::DateTime;
use mlflow_client::ModelVersion;

/// The tag of a version that names the moment before which it is not served.
///
/// Its value is an RFC 3339 time, such as `2026-01-05T13:00:00Z`. Replicas load the version
/// when they see it and swap when the moment comes; one that serves nothing yet does not wait.
pub const TAG: &str = "serve_after";

/// The moment before which an entry is not served; why its tag names none, for people.
pub(crate) fn serve_after(entry: &ModelVersion) -> Result<Option<SystemTime>, String> {
    let Some(text) = entry.tags.get(TAG) else { return Ok(None) };
    match DateTime::parse_from_rfc3339(text.trim()) {
        Ok(moment) => Ok(Some(moment.into())),
        Err(error) => Err(format!(
            "its tag `{TAG}` is `{text}`, which is no time such as 2026-01-05T13:00:00Z ({error})"
        )),
    }
}
