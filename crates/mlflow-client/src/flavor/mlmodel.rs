//! Finds in an `MLmodel` file which file holds the Prophet model.

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use crate::error::{Error, ErrorKind, Result};

/// What the flavour uses when `MLmodel` does not say.
const DEFAULT: &str = "model.pr";

/// The largest `MLmodel` that is read, in bytes: thousands of columns in the signature.
const MLMODEL_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Returns the path of the model's file, from the text of `MLmodel`: YAML, or JSON, which is YAML
/// too.
///
/// # Errors
///
/// [`ErrorKind::Protocol`] if the text is neither, or has no `prophet` flavour.
pub fn prophet_data_path(mlmodel: &str) -> Result<String> {
    let refused = |message: &str| Error::new(ErrorKind::Protocol, "read file", "MLmodel", message);
    if mlmodel.len() > MLMODEL_BYTES_MAX {
        return Err(refused(&format!("it has more than {MLMODEL_BYTES_MAX} bytes")));
    }
    let found = data_of(mlmodel)
        .map_err(|error| refused("it is neither YAML nor JSON").with_source(error))?;
    found.ok_or_else(|| {
        refused("it has no `prophet` flavour")
            .with_hint("the version holds another kind of model; select one that Prophet wrote")
    })
}

/// A list or a mapping that is open, with the key at hand.
#[derive(Debug)]
enum Open {
    List,
    Mapping { key: Option<String> },
}

/// Follows the parser's events with the keys that lead to each: no tree is built, so that a file
/// of nothing but brackets costs nothing.
fn data_of(text: &str) -> Result<Option<String>, ScanError> {
    let mut open = Vec::new();
    let mut found = None;
    for event in Parser::new_from_str(text) {
        let (event, _) = event?;
        match event {
            Event::Scalar(value, style, ..) => {
                if let Some(Open::Mapping { key: key @ None }) = open.last_mut() {
                    *key = Some(value.into_owned());
                    let is_prophet = leads_to(&open, &["flavors", "prophet"]);
                    found = found.or_else(|| is_prophet.then(|| DEFAULT.to_owned()));
                    continue;
                }
                let is_null = style == ScalarStyle::Plain
                    && matches!(&*value, "" | "~" | "null" | "Null" | "NULL");
                if leads_to(&open, &["flavors", "prophet", "data"]) && !is_null {
                    found = Some(value.into_owned());
                }
                end_value(&mut open);
            }
            Event::MappingStart(..) => open.push(Open::Mapping { key: None }),
            Event::SequenceStart(..) => open.push(Open::List),
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
                end_value(&mut open);
            }
            Event::Alias(_) => end_value(&mut open),
            // A second document is none of MLflow's.
            Event::DocumentEnd => break,
            _ => {}
        }
    }
    Ok(found)
}

/// After a value comes the next key; a key that is no scalar has none of our names.
fn end_value(open: &mut [Open]) {
    if let Some(Open::Mapping { key }) = open.last_mut() {
        *key = if key.is_some() { None } else { Some(String::new()) };
    }
}

fn leads_to(open: &[Open], keys: &[&str]) -> bool {
    open.len() == keys.len()
        && open
            .iter()
            .zip(keys)
            .all(|(open, wanted)| matches!(open, Open::Mapping { key: Some(key) } if key == wanted))
}
