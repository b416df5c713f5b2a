//! Identifiers, each its own type, so that a run id is never passed for a model id.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Wraps an identifier that MLflow gave.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// Returns the identifier as MLflow spells it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

string_id! {
    /// An experiment: a number in text form, such as `4`.
    ExperimentId
}
string_id! {
    /// A run: 32 hexadecimal digits.
    RunId
}
string_id! {
    /// A logged model: `m-` and 32 hexadecimal digits.
    LoggedModelId
}

string_id! {
    /// A webhook: a UUID.
    WebhookId
}

/// The number of a model version; MLflow counts from 1 and never reuses one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u32);

impl Version {
    /// Wraps a version number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Version {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim().parse().map(Self)
    }
}

impl From<u32> for Version {
    fn from(number: u32) -> Self {
        Self(number)
    }
}

/// Makes a run id as MLflow does: a random UUID without dashes.
pub(crate) fn new_run_id() -> RunId {
    RunId(uuid::Uuid::new_v4().simple().to_string())
}

/// Makes a webhook id as MLflow does.
pub(crate) fn new_webhook_id() -> WebhookId {
    WebhookId(uuid::Uuid::new_v4().to_string())
}

/// Makes a logged model id as MLflow does.
pub(crate) fn new_logged_model_id() -> LoggedModelId {
    LoggedModelId(format!("m-{}", uuid::Uuid::new_v4().simple()))
}
