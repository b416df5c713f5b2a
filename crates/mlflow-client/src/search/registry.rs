//! What can be asked of registered models and their versions.

use std::collections::BTreeMap;

use super::Grammar;
use super::filter::{Field, Kind, Searchable, Value};
use crate::entity::{ModelVersion, RegisteredModel};
use crate::id::RunId;

/// The tag by which MLflow tells the prompts among the registered models.
const PROMPT_TAG: &str = "mlflow.prompt.is_prompt";

/// A tag; what is no prompt counts as tagged so.
fn tag<'a>(tags: &'a BTreeMap<String, String>, key: &str) -> Value<'a> {
    match tags.get(key) {
        None if key == PROMPT_TAG => Value::Text("false"),
        value => Value::of_text(value.map(String::as_str)),
    }
}

impl Searchable for RegisteredModel {
    const GRAMMAR: Grammar = Grammar {
        kinds: &[Kind::Tag],
        numbers: &[],
        texts: &["name"],
        lists: &["name"],
        aliases: &[],
        has_null: false,
        list_kinds: &[],
        is_strict: false,
    };
    const ORDERS: Grammar = Grammar {
        kinds: &[],
        numbers: &["last_updated_timestamp"],
        aliases: &[("timestamp", "last_updated_timestamp")],
        ..Self::GRAMMAR
    };
    const RESULTS_MAX: u32 = 1000;
    const HIDING_TAG: Option<&'static str> = Some(PROMPT_TAG);

    fn value(&self, Field { kind, key }: &Field) -> Value<'_> {
        match (kind, key.as_str()) {
            (Kind::Tag, key) => tag(&self.tags, key),
            (_, "name") => Value::Text(&self.name),
            (_, "last_updated_timestamp") => Value::of_time(Some(self.last_updated_time_ms)),
            _ => Value::Absent,
        }
    }

    fn natural_order(_asked: &[(Field, bool)]) -> Vec<(&'static str, bool)> {
        vec![("name", true)]
    }
}

impl Searchable for ModelVersion {
    const GRAMMAR: Grammar = Grammar {
        kinds: &[Kind::Tag],
        numbers: &["version_number"],
        texts: &["name", "run_id", "source_path"],
        lists: &["name", "run_id"],
        aliases: &[],
        has_null: false,
        list_kinds: &[],
        is_strict: false,
    };
    const ORDERS: Grammar = Grammar {
        kinds: &[],
        numbers: &["version_number", "creation_timestamp", "last_updated_timestamp"],
        texts: &["name"],
        ..Self::GRAMMAR
    };
    const RESULTS_MAX: u32 = 200_000;
    const HIDING_TAG: Option<&'static str> = Some(PROMPT_TAG);

    fn value(&self, Field { kind, key }: &Field) -> Value<'_> {
        match (kind, key.as_str()) {
            (Kind::Tag, key) => tag(&self.tags, key),
            (_, "name") => Value::Text(&self.name),
            (_, "version_number") => Value::Number(self.version.number().into()),
            (_, "run_id") => Value::of_text(self.run_id.as_ref().map(RunId::as_str)),
            (_, "source_path") => Value::Text(&self.source),
            (_, "creation_timestamp") => Value::of_time(Some(self.creation_time_ms)),
            (_, "last_updated_timestamp") => Value::of_time(Some(self.last_updated_time_ms)),
            _ => Value::Absent,
        }
    }

    fn natural_order(asked: &[(Field, bool)]) -> Vec<(&'static str, bool)> {
        let newest = asked.is_empty().then_some(("last_updated_timestamp", false));
        newest.into_iter().chain([("name", true), ("version_number", false)]).collect()
    }
}
