//! The `OpenAPI` 3.1 document: a file of the repository in which the bounds are filled in.

use crate::scoring::{PROTOCOL_RELEASE, ROWS_MAX};
use crate::state::Parts;

/// Names in braces are filled in; where a number belongs, they stand as a string.
const TEMPLATE: &str = include_str!("../assets/openapi.json");

/// The document for these settings.
pub(crate) fn document(parts: &Parts) -> String {
    let security = if parts.token.is_some() { r#"[{"bearer": []}]"# } else { "[]" };
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
