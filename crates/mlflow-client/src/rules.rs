//! Rules and messages that the memory store and the embedded store share.

use std::collections::BTreeMap;

use crate::entity::{LifecycleStage, LoggedModel, Metric, NewModelVersion, NewRun, Stage};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{LoggedModelId, RunId, Version};
use crate::{limits, names};

/// Returns the first tags of a run: those given, its name and its user, as MLflow sets them.
pub(crate) fn of_new_run(
    op: &'static str,
    new: &NewRun,
    truncates: bool,
) -> Result<BTreeMap<String, String>> {
    limits::check_first_tags(op, &new.tags, truncates)?;
    let mut tags = BTreeMap::new();
    for (key, value) in &new.tags {
        tags.insert(key.clone(), limits::tag_value(value).to_owned());
    }
    tags.insert("mlflow.runName".to_owned(), new.name.clone());
    if let Some(user) = &new.user {
        tags.insert("mlflow.user".to_owned(), user.clone());
    }
    Ok(tags)
}

/// Names a run that has no name.
pub(crate) fn named(new: &NewRun) -> NewRun {
    let name = if new.name.is_empty() { names::made_up() } else { new.name.clone() };
    NewRun { name, ..new.clone() }
}

/// Returns who runs it, as Python's client names somebody who is not known.
pub(crate) fn user_of_new_run(new: &NewRun) -> &str {
    new.user.as_deref().unwrap_or("unknown")
}

/// What is deleted cannot be changed.
pub(crate) fn check_active(
    op: &'static str,
    subject: &str,
    what: &str,
    stage: LifecycleStage,
) -> Result<()> {
    match stage {
        LifecycleStage::Active => Ok(()),
        LifecycleStage::Deleted => Err(Error::new(
            ErrorKind::InvalidArgument,
            op,
            subject,
            format!("the {what} was deleted; restore it first"),
        )
        .with_error_code("INVALID_PARAMETER_VALUE")),
    }
}

/// Something else has the name.
pub(crate) fn name_taken(op: &'static str, name: &str) -> Error {
    Error::new(ErrorKind::AlreadyExists, op, name, "the name is taken")
        .with_error_code("RESOURCE_ALREADY_EXISTS")
}

/// MLflow finds nothing to delete among the deleted, and nothing to restore among the others.
pub(crate) fn already_there(
    op: &'static str,
    subject: &str,
    what: &str,
    stage: LifecycleStage,
) -> Error {
    let message = format!("the {what} is {} already", stage.as_str());
    Error::new(ErrorKind::NotFound, op, subject, message).with_error_code("RESOURCE_DOES_NOT_EXIST")
}

/// A parameter may be set once.
pub(crate) fn changed_param(
    op: &'static str,
    id: &RunId,
    key: &str,
    old: &str,
    new: &str,
) -> Error {
    let message = format!("parameter `{key}` is `{old}` and cannot become `{new}`");
    Error::new(ErrorKind::InvalidArgument, op, id.as_str(), message)
        .with_error_code("INVALID_PARAMETER_VALUE")
}

/// The tag by which a logged model knows the versions that were registered from it.
pub(crate) const VERSIONS_TAG: &str = "mlflow.modelVersions";

/// Returns the value of [`VERSIONS_TAG`] once another version was registered from the model.
pub(crate) fn noted_version(model: &LoggedModel, name: &str, version: u32) -> String {
    // A tag that somebody else wrote in another form is replaced rather than kept unreadable.
    let noted = model.tags.get(VERSIONS_TAG).and_then(|text| serde_json::from_str(text).ok());
    let mut versions: Vec<serde_json::Value> = noted.unwrap_or_default();
    versions.push(serde_json::json!({ "name": name, "version": version }));
    serde_json::Value::Array(versions).to_string()
}

/// Returns the parameters that a logged model does not have yet; each may be set once.
pub(crate) fn new_model_params(
    op: &'static str,
    id: &LoggedModelId,
    stored: &BTreeMap<String, String>,
    params: &[(String, String)],
) -> Result<Vec<(String, String)>> {
    let mut new = Vec::new();
    for (key, value) in params {
        match stored.get(key) {
            None => new.push((key.clone(), value.clone())),
            Some(old) if old == value => {}
            Some(old) => {
                let message = format!("parameter `{key}` is `{old}` and cannot become `{value}`");
                return Err(Error::new(ErrorKind::InvalidArgument, op, id.as_str(), message)
                    .with_error_code("BAD_REQUEST"));
            }
        }
    }
    Ok(new)
}

/// A logged model has one value of a metric at one time and step of a run.
pub(crate) fn changed_point(op: &'static str, id: &LoggedModelId, metric: &Metric) -> Error {
    let Metric { key, timestamp_ms, step, .. } = metric;
    let message = format!(
        "metric `{key}` has another value or dataset at step {step} and time {timestamp_ms}"
    );
    Error::new(ErrorKind::InvalidArgument, op, id.as_str(), message).with_error_code("BAD_REQUEST")
}

/// A metric names a logged model that is not there.
pub(crate) fn no_model_of_metric(op: &'static str, id: &LoggedModelId, key: &str) -> Error {
    let message = format!("metric `{key}` names it, and there is no such logged model");
    Error::new(ErrorKind::InvalidArgument, op, id.as_str(), message).with_error_code("BAD_REQUEST")
}

/// A logged model without that tag.
pub(crate) fn no_model_tag(op: &'static str, id: &LoggedModelId, key: &str) -> Error {
    Error::new(ErrorKind::NotFound, op, id.as_str(), format!("it has no tag `{key}`"))
        .with_error_code("RESOURCE_DOES_NOT_EXIST")
}

/// An id that is part of an address names one thing there, and no other path.
pub(crate) fn check_model_id(op: &'static str, id: &LoggedModelId) -> Result<()> {
    let text = id.as_str();
    if text.is_empty() || text.contains(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        let message = "an id of a logged model is `m-` and 32 hexadecimal digits";
        return Err(Error::new(ErrorKind::NotFound, op, text, message));
    }
    Ok(())
}

/// A REST path has no place for some names of tags.
pub(crate) fn check_tag_to_delete(op: &'static str, id: &LoggedModelId, key: &str) -> Result<()> {
    if key.contains('/') || matches!(key, "" | "." | "..") {
        let message = format!("a tag `{key}` cannot be named in a server's address");
        return Err(Error::new(ErrorKind::InvalidArgument, op, id.as_str(), message)
            .with_hint("set the tag to an empty value instead"));
    }
    Ok(())
}

/// Returns the logged model a version is registered from: the one named, or the one in `source`.
pub(crate) fn logged_model_of(new: &NewModelVersion) -> Option<LoggedModelId> {
    let of_source = || {
        let id = new.source.strip_prefix("models:/")?.trim_start_matches('/');
        id.starts_with("m-").then(|| LoggedModelId::new(id)).filter(|_| !id.contains('/'))
    };
    new.model_id.clone().or_else(of_source)
}

/// No model of that name is registered.
pub(crate) fn no_model(op: &'static str, name: &str) -> Error {
    Error::new(ErrorKind::NotFound, op, name, "no registered model has that name")
        .with_error_code("RESOURCE_DOES_NOT_EXIST")
}

/// The model has no such version.
pub(crate) fn no_version(op: &'static str, name: &str, version: Version) -> Error {
    Error::new(ErrorKind::NotFound, op, name, format!("it has no version {version}"))
        .with_error_code("RESOURCE_DOES_NOT_EXIST")
}

/// The model has no such alias. MLflow calls it an invalid parameter; to us it is not found.
pub(crate) fn no_alias(op: &'static str, name: &str, alias: &str) -> Error {
    Error::new(ErrorKind::NotFound, op, name, format!("it has no alias `{alias}`"))
        .with_error_code("INVALID_PARAMETER_VALUE")
}

/// MLflow archives the others only on the way into Staging and Production.
pub(crate) fn check_archiving(
    op: &'static str,
    name: &str,
    stage: Stage,
    archive_existing: bool,
) -> Result<()> {
    if archive_existing && !matches!(stage, Stage::Staging | Stage::Production) {
        let message =
            format!("existing versions are archived for Staging and Production, not {stage}");
        return Err(Error::new(ErrorKind::InvalidArgument, op, name, message)
            .with_error_code("INVALID_PARAMETER_VALUE"));
    }
    Ok(())
}
