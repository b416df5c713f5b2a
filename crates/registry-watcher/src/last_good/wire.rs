//! The head of a copy: one line of JSON, which says what the bytes behind it are.

use std::collections::BTreeMap;

use mlflow_client::{ModelVersion, RunId, Stage, Version, VersionStatus};
use serde::{Deserialize, Serialize};

use crate::files::Files;
use crate::select::Target;

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    /// The target it was served for.
    model: String,
    selector: String,
    entry: Entry,
    /// Path and length of each file, in the order in which their bytes follow.
    files: Vec<(String, usize)>,
}

/// A registry entry, as it was when the version was loaded.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    version: u32,
    stage: String,
    source: String,
    run_id: Option<String>,
    description: Option<String>,
    aliases: Vec<String>,
    tags: BTreeMap<String, String>,
    creation_time_ms: i64,
    last_updated_time_ms: i64,
}

/// The head with its line's end.
pub(super) fn head(target: &Target, entry: &ModelVersion, files: &Files) -> String {
    let head = Head {
        model: target.name.clone(),
        selector: target.selector.to_string(),
        entry: Entry {
            version: entry.version.number(),
            stage: entry.stage.to_string(),
            source: entry.source.clone(),
            run_id: entry.run_id.as_ref().map(ToString::to_string),
            description: entry.description.clone(),
            aliases: entry.aliases.clone(),
            tags: entry.tags.clone(),
            creation_time_ms: entry.creation_time_ms,
            last_updated_time_ms: entry.last_updated_time_ms,
        },
        files: files.iter().map(|(path, bytes)| (path.to_owned(), bytes.len())).collect(),
    };
    let mut text = serde_json::to_string(&head).expect("invariant: the head has string keys");
    text.push('\n');
    text
}

/// Reads head and files; what is wrong, for people.
pub(super) fn read(bytes: &[u8], target: &Target) -> Result<(ModelVersion, Files), String> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or("its head has no end")?;
    let head: Head = serde_json::from_slice(&bytes[..end])
        .map_err(|error| format!("its head is not understood: {error}"))?;
    if head.model != target.name || head.selector != target.selector.to_string() {
        return Err(format!("it is of `{}` by `{}`", head.model, head.selector));
    }
    let mut rest = &bytes[end + 1..];
    let mut files = Files::new();
    for (path, length) in head.files {
        let (file, behind) = rest.split_at_checked(length).ok_or("its files were cut short")?;
        files = files.with(path, file.to_vec());
        rest = behind;
    }
    if !rest.is_empty() {
        return Err(format!("{} bytes belong to no file", rest.len()));
    }
    Ok((entry(head.model, head.entry)?, files))
}

fn entry(name: String, entry: Entry) -> Result<ModelVersion, String> {
    Ok(ModelVersion {
        name,
        version: Version::new(entry.version),
        stage: entry.stage.parse::<Stage>().map_err(|error| error.to_string())?,
        source: entry.source,
        run_id: entry.run_id.map(RunId::new),
        // Nothing else is ever served.
        status: VersionStatus::Ready,
        description: entry.description,
        aliases: entry.aliases,
        tags: entry.tags,
        creation_time_ms: entry.creation_time_ms,
        last_updated_time_ms: entry.last_updated_time_ms,
    })
}
