//! MLflow's limits on names, values and batches, checked before anything is sent or stored.
//!
//! Source: `mlflow/utils/validation.py` of 3.17.2, confirmed against a server.

use crate::entity::{Batch, DatasetInput, Metric, NewLoggedModel};
use crate::error::{Error, ErrorKind, Result};
use crate::id::ExperimentId;
use crate::logged::{Logged, Truncated};

/// Points of metrics in one request.
pub(crate) const BATCH_METRICS_MAX: usize = 1000;
/// Parameters in one request.
pub(crate) const BATCH_PARAMS_MAX: usize = 100;
/// Tags in one request.
pub(crate) const BATCH_TAGS_MAX: usize = 100;
/// Metrics, parameters and tags together in one request.
pub(crate) const BATCH_ENTITIES_MAX: usize = 1000;
/// Length of the name of a metric, parameter or tag.
const KEY_CHARS_MAX: usize = 250;
/// Length of a parameter's value; MLflow cuts longer ones off, and so do we.
const PARAM_VALUE_CHARS_MAX: usize = 6000;
/// Length of a run tag's value; MLflow cuts longer ones off, and so do we.
const TAG_VALUE_CHARS_MAX: usize = 8000;
/// Length of the value of a tag of a registered model or a version.
const REGISTRY_TAG_CHARS_MAX: usize = 100_000;
/// Length of the value of an experiment's tag.
const EXPERIMENT_TAG_CHARS_MAX: usize = 20_000;
/// Length of an experiment's name.
const EXPERIMENT_NAME_CHARS_MAX: usize = 500;
/// Length of a registered model's name: the width of its column.
const MODEL_NAME_CHARS_MAX: usize = 256;
/// Length of a dataset's name.
const DATASET_NAME_CHARS_MAX: usize = 500;
/// Length of a dataset's digest: the width of its column.
const DIGEST_CHARS_MAX: usize = 36;
/// Length of a dataset's source, as JSON text.
const DATASET_SOURCE_CHARS_MAX: usize = 65_535;
/// Length of a dataset's schema, as JSON text.
const DATASET_SCHEMA_CHARS_MAX: usize = 1_048_575;
/// Length of a dataset's profile, as JSON text.
const DATASET_PROFILE_CHARS_MAX: usize = 16_777_215;
/// Length of the name of a tag of a dataset's use.
const INPUT_TAG_KEY_CHARS_MAX: usize = 255;
/// Length of the value of a tag of a dataset's use.
const INPUT_TAG_VALUE_CHARS_MAX: usize = 500;
/// Length of a logged model's name: the width of its column.
const LOGGED_MODEL_NAME_CHARS_MAX: usize = 500;
/// Length of the name of a logged model's parameter or tag: the width of its column. MLflow has no
/// other rule for them, and cuts no value.
const LOGGED_MODEL_KEY_CHARS_MAX: usize = 255;

/// How much of a text that is too long is shown.
const SHOWN_CHARS_MAX: usize = 100;

fn invalid(op: &'static str, subject: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, op, subject, message)
}

/// Checks the name of a metric, parameter or tag.
pub(crate) fn check_key(op: &'static str, key: &str) -> Result<()> {
    if key.is_empty() {
        return Err(invalid(op, key, "the name is empty"));
    }
    let length = key.chars().count();
    if length > KEY_CHARS_MAX {
        let message = format!("the name has {length} characters, at most {KEY_CHARS_MAX} go");
        return Err(invalid(op, key, message));
    }
    if let Some(bad) = key.chars().find(|&c| !(c.is_alphanumeric() || "_-. :/".contains(c))) {
        return Err(invalid(
            op,
            key,
            format!("the name has `{bad}`; letters, digits, space and `_-.:/` go"),
        ));
    }
    // MLflow refuses what `posixpath.normpath` would change.
    if key.starts_with('/')
        || key.starts_with("..")
        || key.split('/').any(|part| matches!(part, "" | "." | ".."))
    {
        return Err(invalid(op, key, "the name would be another one when read as a path"));
    }
    Ok(())
}

/// Checks the name of an experiment.
pub(crate) fn check_experiment_name(op: &'static str, name: &str) -> Result<()> {
    let length = name.chars().count();
    if name.trim().is_empty() {
        return Err(invalid(op, name, "the name is empty"));
    }
    if length > EXPERIMENT_NAME_CHARS_MAX {
        let message =
            format!("the name has {length} characters, at most {EXPERIMENT_NAME_CHARS_MAX} go");
        return Err(invalid(op, name, message));
    }
    Ok(())
}

/// Checks the name of a registered model.
pub(crate) fn check_model_name(op: &'static str, name: &str) -> Result<()> {
    let length = name.chars().count();
    if name.trim().is_empty() || name.contains(['/', ':']) {
        return Err(invalid(op, name, "a model's name is not empty and has no `/` and no `:`"));
    }
    if name == "." || name.starts_with("..") {
        return Err(invalid(op, name, "the name would be another one when read as a path"));
    }
    if length > MODEL_NAME_CHARS_MAX {
        let message =
            format!("the name has {length} characters, at most {MODEL_NAME_CHARS_MAX} go");
        return Err(invalid(op, name, message));
    }
    Ok(())
}

/// Checks a tag of a registered model or a version; MLflow refuses a long one, and cuts none.
pub(crate) fn check_registry_tag(op: &'static str, key: &str, value: &str) -> Result<()> {
    check_key(op, key)?;
    check_text(op, "value of a tag", value, 0, REGISTRY_TAG_CHARS_MAX)
}

/// Checks a tag of an experiment; MLflow refuses a long one, and cuts none.
pub(crate) fn check_experiment_tag(op: &'static str, key: &str, value: &str) -> Result<()> {
    check_key(op, key)?;
    check_text(op, "value of a tag", value, 0, EXPERIMENT_TAG_CHARS_MAX)
}

/// Returns the number that the id of an experiment is.
pub(crate) fn experiment_number(op: &'static str, id: &ExperimentId) -> Result<i64> {
    id.as_str().parse().map_err(|error: std::num::ParseIntError| {
        invalid(op, id.as_str(), "the id of an experiment is a whole number").with_source(error)
    })
}

/// Checks an alias that is to be set: `latest` and `v` with a number are taken.
pub(crate) fn check_alias(op: &'static str, alias: &str) -> Result<()> {
    check_alias_name(op, alias)?;
    let digits = alias.strip_prefix(['v', 'V']).unwrap_or("");
    let is_version = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    if alias.eq_ignore_ascii_case("latest") || is_version {
        return Err(invalid(op, alias, "MLflow keeps `latest` and `v1`, `v2` … for itself"));
    }
    Ok(())
}

/// Checks what any alias is made of: word characters and `-`.
pub(crate) fn check_alias_name(op: &'static str, alias: &str) -> Result<()> {
    let plain = alias.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if alias.is_empty() || !plain || alias.chars().count() > 255 {
        return Err(invalid(op, alias, "an alias has 1 to 255 letters, digits, `_` and `-`"));
    }
    Ok(())
}

/// Checks the length of a text.
fn check_text(
    op: &'static str,
    what: &str,
    text: &str,
    chars_min: usize,
    chars_max: usize,
) -> Result<()> {
    let length = text.chars().count();
    if (chars_min..=chars_max).contains(&length) {
        return Ok(());
    }
    let message = format!("the {what} has {length} characters, {chars_min} to {chars_max} go");
    Err(invalid(op, cut(text, SHOWN_CHARS_MAX), message))
}

/// Checks a dataset that a run read.
pub(crate) fn check_dataset(op: &'static str, dataset: &DatasetInput) -> Result<()> {
    check_text(op, "name", &dataset.name, 1, DATASET_NAME_CHARS_MAX)?;
    check_text(op, "digest", &dataset.digest, 1, DIGEST_CHARS_MAX)?;
    check_text(op, "source", &dataset.source, 0, DATASET_SOURCE_CHARS_MAX)?;
    for (what, text, chars_max) in [
        ("schema", &dataset.schema, DATASET_SCHEMA_CHARS_MAX),
        ("profile", &dataset.profile, DATASET_PROFILE_CHARS_MAX),
        ("context", &dataset.context, INPUT_TAG_VALUE_CHARS_MAX),
    ] {
        if let Some(text) = text {
            check_text(op, what, text, 0, chars_max)?;
        }
    }
    for (key, value) in &dataset.tags {
        check_text(op, "name of a tag", key, 1, INPUT_TAG_KEY_CHARS_MAX)?;
        check_text(op, "value of a tag", value, 0, INPUT_TAG_VALUE_CHARS_MAX)?;
    }
    Ok(())
}

/// Checks a logged model that is to be created.
pub(crate) fn check_new_logged_model(op: &'static str, new: &NewLoggedModel) -> Result<()> {
    check_text(op, "name", &new.name, 1, LOGGED_MODEL_NAME_CHARS_MAX)?;
    if let Some(bad) = new.name.chars().find(|&c| "/:.%\"'".contains(c)) {
        return Err(invalid(op, &new.name, format!("the name has `{bad}`; no `/:.%\"'` go")));
    }
    check_logged_model_params(op, &new.params)?;
    check_logged_model_tags(op, &new.tags)
}

/// Checks parameters of a logged model: each has one value.
pub(crate) fn check_logged_model_params(
    op: &'static str,
    params: &[(String, String)],
) -> Result<()> {
    check_logged_model_tags(op, params)?;
    check_given_once(op, params)
}

/// Checks tags of a logged model.
pub(crate) fn check_logged_model_tags(op: &'static str, tags: &[(String, String)]) -> Result<()> {
    tags.iter().try_for_each(|(key, _)| check_text(op, "name", key, 1, LOGGED_MODEL_KEY_CHARS_MAX))
}

/// Checks a path below an artifact root; `""` stands for the root where that is allowed.
pub(crate) fn check_artifact_path(op: &'static str, path: &str) -> Result<()> {
    let is_plain = |c: char| c.is_alphanumeric() || " ._-+=@,()!$&';[]^{}~".contains(c);
    for part in path.split('/') {
        if matches!(part, "" | "." | "..") || !part.chars().all(is_plain) {
            return Err(invalid(
                op,
                path,
                "an artifact path is relative, without `..`, of letters, digits, space and ._-+=@,()!$&';[]^{}~",
            ));
        }
    }
    Ok(())
}

/// Checks a whole batch, so that nothing is half logged because of one bad entry, and tells
/// which values will be cut.
///
/// `truncates` is [`ClientOptions::truncate_long_values`](crate::ClientOptions).
pub(crate) fn check_whole_batch(
    op: &'static str,
    batch: &Batch,
    truncates: bool,
) -> Result<Logged> {
    check_batch(op, batch)?;
    let params = too_long(&batch.params, PARAM_VALUE_CHARS_MAX);
    let tags = too_long(&batch.tags, TAG_VALUE_CHARS_MAX);
    let logged = Logged { truncated: params.chain(tags).collect() };
    check_cuts(op, &logged, truncates)?;
    Ok(logged)
}

/// Checks the first tags of a run, and cuts those that are too long.
pub(crate) fn check_first_tags(
    op: &'static str,
    tags: &[(String, String)],
    truncates: bool,
) -> Result<()> {
    tags.iter().try_for_each(|(key, _)| check_key(op, key))?;
    let truncated = too_long(tags, TAG_VALUE_CHARS_MAX).collect();
    check_cuts(op, &Logged { truncated }, truncates)
}

fn too_long(entries: &[(String, String)], kept: usize) -> impl Iterator<Item = Truncated> {
    entries.iter().filter_map(move |(key, value)| {
        // A value of few bytes has few characters: most are not counted.
        let length = if value.len() > kept { value.chars().count() } else { 0 };
        (length > kept).then(|| Truncated { key: key.clone(), length, kept })
    })
}

/// Refuses values that would be cut, or says in the log that they are.
fn check_cuts(op: &'static str, logged: &Logged, truncates: bool) -> Result<()> {
    for Truncated { key, length, kept } in &logged.truncated {
        if !truncates {
            let message = format!("the value has {length} characters, at most {kept} go");
            return Err(invalid(op, key, message).with_hint(
                "shorten it, write it as an artifact, or have it cut: MLFLOW_TRUNCATE_LONG_VALUES=true",
            ));
        }
        tracing::warn!(op, key, length, kept, "the value is too long and is cut");
    }
    Ok(())
}

/// Checks the entries of a batch, but for the length of their values.
pub(crate) fn check_batch(op: &'static str, batch: &Batch) -> Result<()> {
    for Metric { key, timestamp_ms, .. } in &batch.metrics {
        check_key(op, key)?;
        if *timestamp_ms < 0 {
            return Err(invalid(op, key, format!("the time {timestamp_ms} ms is before 1970")));
        }
    }
    batch.params.iter().try_for_each(|(key, _)| check_key(op, key))?;
    check_given_once(op, &batch.params)?;
    batch.tags.iter().try_for_each(|(key, _)| check_key(op, key))
}

/// Checks that no parameter is given twice.
fn check_given_once(op: &'static str, params: &[(String, String)]) -> Result<()> {
    let mut seen = std::collections::BTreeMap::new();
    for (key, value) in params {
        if let Some(other) = seen.insert(key, value) {
            return Err(invalid(op, key, format!("given twice, as `{other}` and `{value}`")));
        }
    }
    Ok(())
}

/// Cuts a parameter's value as MLflow does.
pub(crate) fn param_value(value: &str) -> &str {
    cut(value, PARAM_VALUE_CHARS_MAX)
}

/// Cuts a run tag's value as MLflow does.
pub(crate) fn tag_value(value: &str) -> &str {
    cut(value, TAG_VALUE_CHARS_MAX)
}

fn cut(value: &str, chars_max: usize) -> &str {
    value.char_indices().nth(chars_max).map_or(value, |(end, _)| &value[..end])
}

/// Splits a batch into ones that MLflow accepts, parameters and tags first.
pub(crate) fn chunks(batch: &Batch) -> Vec<Batch> {
    let mut chunks = Vec::new();
    let mut params = batch.params.chunks(BATCH_PARAMS_MAX);
    let mut tags = batch.tags.chunks(BATCH_TAGS_MAX);
    let mut metrics = batch.metrics.as_slice();
    loop {
        let params = params.next().unwrap_or_default();
        let tags = tags.next().unwrap_or_default();
        let room = BATCH_METRICS_MAX.min(BATCH_ENTITIES_MAX - params.len() - tags.len());
        let (now, later) = metrics.split_at(room.min(metrics.len()));
        metrics = later;
        if params.is_empty() && tags.is_empty() && now.is_empty() {
            return chunks;
        }
        chunks.push(Batch { metrics: now.to_vec(), params: params.to_vec(), tags: tags.to_vec() });
    }
}

/// MLflow keeps an infinity as the largest double; reading gives the infinity back.
pub(crate) fn metric_from_stored(value: f64) -> f64 {
    if value.abs() >= f64::MAX { f64::INFINITY.copysign(value) } else { value }
}

#[cfg(test)]
mod tests;
