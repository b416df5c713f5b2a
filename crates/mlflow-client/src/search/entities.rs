//! What can be asked of experiments and runs.

use super::Grammar;
use super::filter::{Field, Kind, Searchable, Value};
use crate::entity::{Experiment, Run};

impl Searchable for Run {
    const GRAMMAR: Grammar = Grammar {
        kinds: &[Kind::Metric, Kind::Param, Kind::Tag, Kind::Dataset],
        numbers: &["start_time", "end_time"],
        texts: &["run_id", "run_name", "user_id", "status", "artifact_uri"],
        lists: &["run_id"],
        list_kinds: &[Kind::Dataset],
        aliases: &[
            ("created", "start_time"),
            ("Created", "start_time"),
            ("run name", "run_name"),
            ("Run name", "run_name"),
            ("Run Name", "run_name"),
        ],
        has_null: true,
        is_strict: false,
    };

    /// A run may have read many datasets.
    const ORDERS: Grammar =
        Grammar { kinds: &[Kind::Metric, Kind::Param, Kind::Tag], ..Self::GRAMMAR };

    fn value(&self, Field { kind, key }: &Field) -> Value<'_> {
        match kind {
            Kind::Metric => self.metrics.get(key).map_or(Value::Absent, |&v| Value::Number(v)),
            Kind::Param => Value::of_text(self.params.get(key).map(String::as_str)),
            Kind::Tag => Value::of_text(self.tags.get(key).map(String::as_str)),
            Kind::Attribute => match key.as_str() {
                "start_time" => Value::of_time(Some(self.start_time_ms)),
                "end_time" => Value::of_time(self.end_time_ms),
                "run_id" => Value::Text(self.id.as_str()),
                "run_name" => Value::Text(&self.name),
                "user_id" => Value::Text(&self.user),
                "status" => Value::Text(self.status.as_str()),
                "artifact_uri" => Value::Text(&self.artifact_uri),
                _ => Value::Absent,
            },
            // A run has many; `has` looks at each.
            Kind::Dataset => Value::Absent,
        }
    }

    fn has(&self, field: &Field, test: &dyn Fn(Value<'_>) -> bool) -> bool {
        if field.kind != Kind::Dataset {
            return test(self.value(field));
        }
        self.inputs.dataset_inputs.iter().any(|dataset| {
            test(match field.key.as_str() {
                "name" => Value::Text(&dataset.name),
                "digest" => Value::Text(&dataset.digest),
                _ => Value::of_text(dataset.context.as_deref()),
            })
        })
    }

    fn natural_order(_asked: &[(Field, bool)]) -> Vec<(&'static str, bool)> {
        vec![("start_time", false), ("run_id", true)]
    }
}

impl Searchable for Experiment {
    const GRAMMAR: Grammar = Grammar {
        kinds: &[Kind::Tag],
        numbers: &["creation_time", "last_update_time"],
        texts: &["name", "experiment_id"],
        lists: &["experiment_id"],
        list_kinds: &[],
        aliases: &[],
        has_null: true,
        is_strict: false,
    };

    fn value(&self, Field { kind, key }: &Field) -> Value<'_> {
        if *kind == Kind::Tag {
            return Value::of_text(self.tags.get(key).map(String::as_str));
        }
        match key.as_str() {
            "creation_time" => Value::of_time(self.creation_time_ms),
            "last_update_time" => Value::of_time(self.last_update_time_ms),
            "name" => Value::Text(&self.name),
            "experiment_id" => Value::Text(self.id.as_str()),
            _ => Value::Absent,
        }
    }

    fn order_value(&self, field: &Field) -> Value<'_> {
        // A number in text form: 10 comes after 9.
        match (field.key.as_str(), self.id.as_str().parse()) {
            ("experiment_id", Ok(number)) => Value::Number(number),
            _ => self.value(field),
        }
    }

    fn natural_order(asked: &[(Field, bool)]) -> Vec<(&'static str, bool)> {
        match asked {
            [] => vec![("creation_time", false), ("experiment_id", true)],
            _ => vec![("experiment_id", false)],
        }
    }
}
