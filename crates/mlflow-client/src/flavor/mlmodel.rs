//! Finds in an `MLmodel` file which file holds the Prophet model.

use crate::error::{Error, ErrorKind, Result};

/// What the flavour uses when `MLmodel` does not say.
const DEFAULT: &str = "model.pr";

/// Returns the path of the model's file, from the text of `MLmodel` as YAML or as JSON.
///
/// Reads only what MLflow writes: block style, two spaces, or JSON.
///
/// # Errors
///
/// [`ErrorKind::Protocol`] if the text has no `prophet` flavour.
pub fn prophet_data_path(mlmodel: &str) -> Result<String> {
    let found =
        if mlmodel.trim_start().starts_with('{') { of_json(mlmodel)? } else { of_yaml(mlmodel) };
    found.ok_or_else(|| {
        Error::new(ErrorKind::Protocol, "read file", "MLmodel", "it has no `prophet` flavour")
            .with_hint("the version holds another kind of model; select one that Prophet wrote")
    })
}

fn of_json(text: &str) -> Result<Option<String>> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
        Error::new(ErrorKind::Protocol, "read file", "MLmodel", "it is neither JSON nor YAML")
            .with_source(error)
    })?;
    let prophet = value.pointer("/flavors/prophet");
    Ok(prophet.map(|flavor| {
        flavor.get("data").and_then(serde_json::Value::as_str).unwrap_or(DEFAULT).to_owned()
    }))
}

/// Walks the lines, keeping the keys that lead to the one at hand.
fn of_yaml(text: &str) -> Option<String> {
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut found = None;
    for line in text.lines() {
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let indent = line.len() - content.len();
        while open.last().is_some_and(|(outer, _)| *outer >= indent) {
            open.pop();
        }
        let Some((key, value)) = content.split_once(':') else { continue };
        open.push((indent, key.trim()));
        let keys: Vec<&str> = open.iter().map(|(_, key)| *key).collect();
        match keys.as_slice() {
            ["flavors", "prophet"] => found = found.or_else(|| Some(DEFAULT.to_owned())),
            ["flavors", "prophet", "data"] => {
                let value = value.trim().trim_matches(['\'', '"']);
                found = Some(value.to_owned());
            }
            _ => {}
        }
    }
    found
}
