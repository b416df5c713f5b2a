//! Around every request: its name, the headers that every answer has, its count, and a line in
//! the log if it was refused or failed.

use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, web};

use crate::guard::guard;
use crate::metrics::Asked;
use crate::problem::quoted;
use crate::request_id::REQUEST_ID;
use crate::state::AppState;

/// An answer is data: a browser that shows one loads and runs nothing. The page of the
/// documentation has a policy of its own.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Names a request, counts it and its answer, and logs the answer if it is no good one.
#[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
pub(crate) async fn observe(
    state: web::Data<AppState>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began = Instant::now();
    let asked = Asked::of(request.path(), request.method());
    let id = state.request_ids.of(request.headers());
    let in_flight = state.metrics.begin();
    let mut answered = guard(&state, request, next).await;
    drop(in_flight);
    let status = match &answered {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    let took = began.elapsed();
    state.metrics.count(asked, status, took);
    if let Ok(response) = &mut answered {
        if status.is_client_error() || status.is_server_error() {
            log(response.request(), &id, status, took);
        }
        harden(response.headers_mut(), id);
    }
    answered
}

fn harden(headers: &mut HeaderMap, id: HeaderValue) {
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
}

/// Good answers are counted and not logged: there are too many.
fn log(request: &HttpRequest, id: &HeaderValue, status: StatusCode, took: Duration) {
    let id = id.to_str().unwrap_or_default();
    let (method, path) = (quoted(request.method().as_str()), quoted(request.path()));
    let (status, elapsed_ms) = (status.as_u16(), took.as_secs_f64() * 1e3);
    if status < 500 {
        tracing::info!(request.id = id, method, path, status, elapsed_ms, "request refused");
    } else {
        tracing::warn!(request.id = id, method, path, status, elapsed_ms, "request failed");
    }
}
