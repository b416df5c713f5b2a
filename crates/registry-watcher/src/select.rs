//! Which version of a registered model is wanted.

use std::fmt;
use std::str::FromStr;

use mlflow_client::{
    ModelVersion, RegistryStore, Result, Stage, Version, VersionStatus, newest, newest_in_stage,
};

/// The rule that picks a version in the registry.
///
/// Its text form is what settings carry: `stage:Production`, `alias:champion`, `version:3`,
/// `latest`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selector {
    /// The highest version number in a stage.
    Stage(Stage),
    /// The version that an alias points to.
    Alias(String),
    /// One version, whatever its stage.
    Version(Version),
    /// The highest version number of all.
    Latest,
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(stage) => write!(f, "stage:{stage}"),
            Self::Alias(alias) => write!(f, "alias:{alias}"),
            Self::Version(version) => write!(f, "version:{version}"),
            Self::Latest => f.write_str("latest"),
        }
    }
}

/// A text is not a [`Selector`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "selector `{text}` is not one of `stage:Production`, `stage:Staging`, `alias:NAME`, \
     `version:N`, `latest`"
)]
pub struct ParseSelectorError {
    text: String,
}

impl FromStr for Selector {
    type Err = ParseSelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = match text.trim().split_once(':') {
            Some(("stage", stage)) => stage.trim().parse().ok().map(Self::Stage),
            Some(("alias", alias)) => alias_of(alias.trim()).map(Self::Alias),
            Some(("version", version)) => version.trim().parse().ok().map(Self::Version),
            Some(_) => None,
            None => text.trim().eq_ignore_ascii_case("latest").then_some(Self::Latest),
        };
        parsed.ok_or_else(|| ParseSelectorError { text: text.to_owned() })
    }
}

/// MLflow's rule for the name of an alias: letters, digits, `_` and `-`.
fn alias_of(text: &str) -> Option<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    (!text.is_empty() && text.chars().all(is_name)).then(|| text.to_owned())
}

/// What to follow: a registered model and the rule that picks its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The registered model.
    pub name: String,
    /// The rule.
    pub selector: Selector,
}

/// The registry's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selected {
    /// This version is wanted, and it is ready.
    Entry(Box<ModelVersion>),
    /// No version is wanted; what is missing, for people.
    Nothing(String),
}

/// Asks the registry which version is wanted now.
///
/// # Errors
///
/// Whatever the store says, other than that something does not exist: that is an answer.
pub(crate) async fn select<R>(registry: &R, target: &Target) -> Result<Selected>
where
    R: RegistryStore + ?Sized,
{
    let Target { name, selector } = target;
    match find(registry, name, selector).await {
        Ok(Some(entry)) if entry.status == VersionStatus::Ready => {
            Ok(Selected::Entry(Box::new(entry)))
        }
        Ok(Some(entry)) => Ok(Selected::Nothing(format!(
            "version {} of `{name}` is not ready: its status is {:?}",
            entry.version, entry.status
        ))),
        Ok(None) => Ok(Selected::Nothing(format!("no version of `{name}` matches `{selector}`"))),
        Err(error) if error.is_not_found() => Ok(Selected::Nothing(error.to_string())),
        Err(error) => Err(error),
    }
}

/// The other versions in the stage that is followed, the highest first.
///
/// # Errors
///
/// Whatever the store says.
pub(crate) async fn rivals<R>(
    registry: &R,
    target: &Target,
    served: Version,
) -> Result<Vec<Version>>
where
    R: RegistryStore + ?Sized,
{
    let Selector::Stage(stage) = target.selector else { return Ok(Vec::new()) };
    let versions = registry.versions(&target.name).await?;
    let others = versions.iter().filter(|it| it.stage == stage && it.version != served);
    Ok(others.map(|it| it.version).collect())
}

async fn find<R>(registry: &R, name: &str, selector: &Selector) -> Result<Option<ModelVersion>>
where
    R: RegistryStore + ?Sized,
{
    let pinned = match selector {
        Selector::Version(version) => Some(*version),
        Selector::Alias(alias) => {
            match registry.get_registered_model(name).await?.aliases.get(alias) {
                Some(version) => Some(*version),
                None => return Ok(None),
            }
        }
        Selector::Stage(_) | Selector::Latest => None,
    };
    if let Some(version) = pinned {
        return registry.get_version(name, version).await.map(Some);
    }
    // The cheap answer holds the highest number of each stage. Only when one of those is not
    // ready may a lower one, which it does not hold, be the newest that is.
    let heads = registry.get_registered_model(name).await?.latest_versions;
    let versions = if heads.iter().all(|head| head.status == VersionStatus::Ready) {
        heads
    } else {
        registry.versions(name).await?
    };
    Ok(match selector {
        Selector::Stage(stage) => newest_in_stage(&versions, *stage).cloned(),
        _ => newest(&versions).cloned(),
    })
}

#[cfg(test)]
mod tests;
