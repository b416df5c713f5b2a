//! Which of the protocol's formats a body has.

use actix_web::http::{StatusCode, header::HeaderValue};

use crate::problem::{Problem, quoted};

/// A format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    Json,
    Csv,
}

impl Media {
    /// Reads a `Content-Type`; as with MLflow, `charset=utf-8` is all that may stand beside
    /// the type.
    ///
    /// # Errors
    ///
    /// 415 with the types that are read.
    pub(crate) fn of(content_type: Option<&HeaderValue>) -> Result<Self, Problem> {
        let Some(value) = content_type else {
            return Err(unsupported("Content-Type is missing"));
        };
        let text = value.to_str().unwrap_or_default();
        let mut parts = text.split(';').map(str::trim);
        let media = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "application/json" => Self::Json,
            "text/csv" => Self::Csv,
            _ => return Err(unsupported(&format!("Content-Type is {}", quoted(text)))),
        };
        let is_utf8 = |part: &str| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim().trim_matches('"');
            key.trim().eq_ignore_ascii_case("charset") && value.eq_ignore_ascii_case("utf-8")
        };
        match parts.find(|part| !part.is_empty() && !is_utf8(part)) {
            None => Ok(media),
            Some(part) => Err(unsupported(&format!("Content-Type has {}", quoted(part)))),
        }
    }
}

fn unsupported(what: &str) -> Problem {
    let detail = format!("{what}; send application/json or text/csv, in UTF-8");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type_unsupported", detail)
}
