//! Which pages of other origins may read answers (CORS). None, unless some are set.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use url::Url;

/// What a page may send beyond what every page may.
const HEADERS_SENT: HeaderValue =
    HeaderValue::from_static("authorization, content-type, if-none-match, x-request-id");

/// What a page may read beyond what every page may.
const HEADERS_READ: HeaderValue =
    HeaderValue::from_static("etag, retry-after, x-model-name, x-model-version, x-request-id");

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST");

/// How long a browser may remember what is allowed, in seconds: Chromium forgets after two hours.
const REMEMBERED_S: HeaderValue = HeaderValue::from_static("7200");

/// The origins whose pages may read answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// All; browsers then send no cookies and no passwords of their own, and the token has to
    /// be in the page.
    All,
    /// These, as browsers write them.
    Named(Vec<String>),
}

/// Origins that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginsError {
    /// Not a scheme, a host and perhaps a port.
    #[error("`{0}` is no origin; write it as browsers do, such as https://example.com")]
    NoOrigin(String),
    /// `*` beside others.
    #[error("`*` allows every origin; name no others beside it")]
    AllAndOthers,
}

impl Origins {
    /// Reads the setting; none if no origin is allowed.
    ///
    /// # Errors
    ///
    /// [`OriginsError`], if an entry is no origin.
    pub fn parse(entries: &[String]) -> Result<Option<Self>, OriginsError> {
        if entries == ["*"] {
            return Ok(Some(Self::All));
        }
        if entries.iter().any(|entry| entry == "*") {
            return Err(OriginsError::AllAndOthers);
        }
        let named = entries
            .iter()
            .map(|entry| if is_origin(entry) { Ok(entry.clone()) } else { Err(entry.clone()) });
        let named: Vec<_> = named.collect::<Result<_, _>>().map_err(OriginsError::NoOrigin)?;
        Ok(if named.is_empty() { None } else { Some(Self::Named(named)) })
    }

    fn allowed(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        match self {
            Self::All => Some(HeaderValue::from_static("*")),
            Self::Named(named) => {
                named.iter().any(|name| origin == name.as_str()).then(|| origin.clone())
            }
        }
    }

    /// Says in an answer that its page may read it, if it may.
    pub(crate) fn mark(&self, asked: &HeaderMap, answer: &mut HeaderMap) {
        if let Self::Named(_) = self {
            // Also where it has none: another page's answer must not be taken from a cache.
            answer.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        let origin = asked.get(header::ORIGIN).and_then(|origin| self.allowed(origin));
        if let Some(origin) = origin {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HEADERS_READ);
        }
    }

    /// The answer to a browser that asks whether a page may ask, without what [`Self::mark`]
    /// adds; without that the page may not.
    pub(crate) fn preflight(&self, method: &Method, asked: &HeaderMap) -> Option<HttpResponse> {
        if *method != Method::OPTIONS || !asked.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        {
            return None;
        }
        let mut response = HttpResponse::new(StatusCode::NO_CONTENT);
        if asked.get(header::ORIGIN).is_some_and(|origin| self.allowed(origin).is_some()) {
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS_SENT);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED_S);
        }
        Some(response)
    }
}

/// Whether a browser would write it so: a path, a user, a capital letter or a star would never be
/// equal to what one sends.
fn is_origin(text: &str) -> bool {
    let origin = Url::parse(text).map(|url| url.origin().ascii_serialization());
    origin.is_ok_and(|origin| origin == text && origin != "null" && !text.contains('*'))
}

#[cfg(test)]
mod tests;
