//! What every request passes before its route: sizes, and the token if one is set.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use actix_web::body::BoxBody;
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, StatusCode, header};
use actix_web::{Error, HttpResponse, ResponseError as _};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::access::Access;
use crate::body::{self, Unread};
use crate::problem::Problem;
use crate::routes::webhook;
use crate::state::AppState;

/// The longest query string: every parameter of every route takes a tenth of it.
pub(crate) const QUERY_BYTES_MAX: usize = 1024;

/// The routes that answer without a token: probes and monitors have none, and learn nothing of
/// forecasts; a webhook is signed.
const OPEN_PATHS: [&str; 5] = ["/health", "/ready", "/metrics", DOCS_PATH, webhook::PATH];

/// The routes that no limit of requests holds up: one that is refused to a probe would have the
/// service restarted when it is busy.
const PROBED_PATHS: [&str; 3] = ["/health", "/ready", "/metrics"];

/// Swagger UI, the same for every installation: a browser that opens a page has no token to
/// show. The document that it shows is not open; the page asks for the token.
const DOCS_PATH: &str = "/docs";

/// What every installation sends alike: Swagger UI, and the files of the dashboard.
const OPEN_FOLDERS: [&str; 2] = ["/docs/", "/dashboard/"];

/// The dashboard, for which a browser asks its user by itself, if the answer says so: it takes
/// the token as a password, too.
const DASHBOARD_PATH: &str = "/";

/// Has a browser ask for a name, which may be any, and the token as the password.
const BASIC_CHALLENGE: &str =
    r#"Basic realm="PETR4 Forecast: the token is the password", charset="UTF-8""#;

/// The longest body of a route that reads it by itself; none of one that reads none.
fn read_bytes_max(state: &AppState, path: &str) -> Option<usize> {
    match path {
        "/invocations" => Some(state.invocations_bytes_max),
        webhook::PATH => Some(webhook::BODY_BYTES_MAX),
        _ => None,
    }
}

/// The path as the router reads it, with what need not be encoded decoded: what is compared
/// here and what is routed must be the same text.
pub(crate) fn path(request: &ServiceRequest) -> &str {
    request.match_info().as_str()
}

/// Answers what is too long or not allowed; passes on the rest.
#[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
pub(crate) async fn guard<S>(
    state: &AppState,
    access: &Access,
    mut request: ServiceRequest,
    mut verdict: Result<(), Problem>,
    routes: &S,
) -> Result<ServiceResponse<BoxBody>, Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    if verdict.is_ok()
        && let Some(response) = preflight(access, &request)
    {
        return Ok(request.into_response(response));
    }
    if verdict.is_err() || read_bytes_max(state, path(&request)).is_none() {
        let mut body = Unread::take(&mut request).await;
        if let (Ok(()), Some(body)) = (&verdict, &mut body) {
            verdict = body.count(state.request_timeout).await;
        }
        if let Err(problem) = verdict {
            let response = problem.error_response();
            return Ok(request.into_response(match body {
                Some(body) => body.keep_until_answered(response),
                None => response,
            }));
        }
    }
    let mut response = routes.call(request).await?;
    if state.is_draining() {
        // Clients that keep a connection open must find the next server.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

/// The answer to a browser that asks whether a page of another origin may ask.
fn preflight(access: &Access, request: &ServiceRequest) -> Option<HttpResponse> {
    access.origins.as_ref()?.preflight(request.method(), request.headers())
}

/// What is wrong with the head of a request that came at that time.
pub(crate) fn check(
    state: &AppState,
    access: &Access,
    request: &ServiceRequest,
    now: Instant,
) -> Result<(), Problem> {
    let path = path(request);
    if !PROBED_PATHS.contains(&path) {
        access.admit(request.request(), now).map_err(too_often)?;
    }
    if QUERY_BYTES_MAX < request.query_string().len() {
        let detail = format!("The query string must be at most {QUERY_BYTES_MAX} bytes long");
        return Err(Problem::new(StatusCode::URI_TOO_LONG, "query_too_long", detail));
    }
    if !matches!(request.parts().1, Payload::None) {
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let bytes_max = read_bytes_max(state, path).unwrap_or(body::BODY_BYTES_MAX);
        if length.is_some_and(|length| bytes_max < length) {
            return Err(body::too_large(bytes_max));
        }
    }
    let Some(token) = &access.token else { return Ok(()) };
    let is_open = OPEN_FOLDERS.iter().any(|folder| path.starts_with(folder));
    // A browser asks this without the token that the page would send.
    if is_open || OPEN_PATHS.contains(&path) || preflight(access, request).is_some() {
        return Ok(());
    }
    let is_dashboard = path == DASHBOARD_PATH;
    let given = match credentials(request) {
        Some((scheme, given)) if scheme.eq_ignore_ascii_case("bearer") => {
            Some(Cow::Borrowed(given))
        }
        Some((scheme, given)) if is_dashboard && scheme.eq_ignore_ascii_case("basic") => {
            password(given).map(Cow::Owned)
        }
        _ => None,
    };
    match given {
        Some(given) if token.matches(&given) => Ok(()),
        given => {
            let detail = match given {
                Some(_) => "The token is not the one this service asks for",
                None => "Send the header `Authorization: Bearer TOKEN`",
            };
            let challenge = if is_dashboard { BASIC_CHALLENGE } else { "Bearer" };
            let problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail);
            Err(problem.with_header(header::WWW_AUTHENTICATE, challenge))
        }
    }
}

/// The whole seconds to wait round up: who waits for that long is let through.
fn too_often(wait: Duration) -> Problem {
    let detail = "Too many requests of this client; wait for as long as Retry-After says";
    let wait_s = wait.as_secs() + u64::from(wait.subsec_nanos() != 0);
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
        .with_header(header::RETRY_AFTER, wait_s.to_string())
}

/// The scheme of an `Authorization` header and what follows it.
fn credentials(request: &ServiceRequest) -> Option<(&str, &str)> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, given) = value.split_once(' ')?;
    Some((scheme, given.trim()))
}

/// The password of `Basic` credentials, whoever's it says it is.
fn password(given: &str) -> Option<String> {
    let decoded = String::from_utf8(BASE64_STANDARD.decode(given).ok()?).ok()?;
    Some(decoded.split_once(':')?.1.to_owned())
}
