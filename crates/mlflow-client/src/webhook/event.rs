//! What a webhook can be called for.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};

/// Something that happens in the registry: an entity, and what was done to it.
///
/// Its text is as in Python: `model_version_alias.created`. An alias that moves is `created`
/// again.
///
/// ```
/// use mlflow_client::WebhookEvent;
///
/// let event: WebhookEvent = "model_version_alias.created".parse()?;
/// assert_eq!(event, WebhookEvent::ModelVersionAliasCreated);
/// # Ok::<(), mlflow_client::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WebhookEvent {
    /// A model was registered.
    RegisteredModelCreated,
    /// A version was registered.
    ModelVersionCreated,
    /// A tag of a version was set.
    ModelVersionTagSet,
    /// A tag of a version was removed.
    ModelVersionTagDeleted,
    /// An alias was set, or moved.
    ModelVersionAliasCreated,
    /// An alias was removed.
    ModelVersionAliasDeleted,
    /// A prompt was registered.
    PromptCreated,
    /// A version of a prompt was registered.
    PromptVersionCreated,
    /// A tag of a prompt was set.
    PromptTagSet,
    /// A tag of a prompt was removed.
    PromptTagDeleted,
    /// A tag of a version of a prompt was set.
    PromptVersionTagSet,
    /// A tag of a version of a prompt was removed.
    PromptVersionTagDeleted,
    /// An alias of a prompt was set, or moved.
    PromptAliasCreated,
    /// An alias of a prompt was removed.
    PromptAliasDeleted,
    /// A budget was spent.
    BudgetPolicyExceeded,
    /// One that this crate does not know: the entity and the action, in small letters.
    Other(String, String),
}

/// Every event that is known, with its entity and its action.
const KNOWN: [(WebhookEvent, &str, &str); 15] = [
    (WebhookEvent::RegisteredModelCreated, "registered_model", "created"),
    (WebhookEvent::ModelVersionCreated, "model_version", "created"),
    (WebhookEvent::ModelVersionTagSet, "model_version_tag", "set"),
    (WebhookEvent::ModelVersionTagDeleted, "model_version_tag", "deleted"),
    (WebhookEvent::ModelVersionAliasCreated, "model_version_alias", "created"),
    (WebhookEvent::ModelVersionAliasDeleted, "model_version_alias", "deleted"),
    (WebhookEvent::PromptCreated, "prompt", "created"),
    (WebhookEvent::PromptVersionCreated, "prompt_version", "created"),
    (WebhookEvent::PromptTagSet, "prompt_tag", "set"),
    (WebhookEvent::PromptTagDeleted, "prompt_tag", "deleted"),
    (WebhookEvent::PromptVersionTagSet, "prompt_version_tag", "set"),
    (WebhookEvent::PromptVersionTagDeleted, "prompt_version_tag", "deleted"),
    (WebhookEvent::PromptAliasCreated, "prompt_alias", "created"),
    (WebhookEvent::PromptAliasDeleted, "prompt_alias", "deleted"),
    (WebhookEvent::BudgetPolicyExceeded, "budget_policy", "exceeded"),
];

impl WebhookEvent {
    /// Reads an entity and an action as MLflow spells them, in small or in capital letters.
    pub fn new(entity: &str, action: &str) -> Self {
        let (entity, action) = (entity.to_ascii_lowercase(), action.to_ascii_lowercase());
        let known = KNOWN.into_iter().find(|known| (known.1, known.2) == (&entity, &action));
        known.map_or(Self::Other(entity, action), |known| known.0)
    }

    /// Returns what it is about, such as `model_version_alias`.
    pub fn entity(&self) -> &str {
        self.parts().0
    }

    /// Returns what was done to it, such as `created`.
    pub fn action(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        if let Self::Other(entity, action) = self {
            return (entity, action);
        }
        let known = KNOWN.iter().find(|known| known.0 == *self);
        known.map(|known| (known.1, known.2)).expect("invariant: every other event is known")
    }
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (entity, action) = self.parts();
        write!(f, "{entity}.{action}")
    }
}

impl FromStr for WebhookEvent {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('.') {
            Some((entity, action)) if !entity.is_empty() && !action.is_empty() => {
                Ok(Self::new(entity, action))
            }
            _ => Err(Error::new(
                ErrorKind::InvalidArgument,
                "read event",
                text,
                "an event is ENTITY.ACTION, such as `model_version_alias.created`",
            )),
        }
    }
}
