//! The `OpenAPI` 3.1 document: a file of the repository in which the bounds are filled in.

use crate::scoring::{PROTOCOL_RELEASE, ROWS_MAX};
use crate::state::Parts;

/// Names in braces are filled in; where a number belongs, they stand as a string.
const TEMPLATE: &str = include_str!("../assets/openapi.json");

/// The document for these settings, with a token and without.
#[derive(Debug)]
pub struct Documents {
    guarded: String,
    open: String,
}

impl Documents {
    pub(crate) fn of(parts: &Parts) -> Self {
        Self { guarded: document(parts, r#"[{"bearer": []}]"#), open: document(parts, "[]") }
    }

    /// The one that is true.
    pub fn get(&self, has_token: bool) -> &str {
        if has_token { &self.guarded } else { &self.open }
    }
}

fn document(parts: &Parts, security: &str) -> String {
    let days_default = crate::days::Days::default_within(parts.days_max).rows();
    TEMPLATE
        .replace(r#""{security}""#, security)
        .replace(r#""{days_default}""#, &days_default.to_string())
        .replace(r#""{days_max}""#, &parts.days_max.to_string())
        .replace(r#""{rows_max}""#, &ROWS_MAX.to_string())
        .replace("{rows_max}", &ROWS_MAX.to_string())
        .replace("{bytes_max}", &parts.invocations_bytes_max.to_string())
        .replace("{protocol_release}", PROTOCOL_RELEASE)
        .replace("{version}", env!("CARGO_PKG_VERSION"))
}
