//! Around every request: it is counted, whatever becomes of it.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use crate::guard::guard;
use crate::metrics::Asked;
use crate::state::AppState;

/// Counts a request and its answer.
#[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
pub(crate) async fn observe(
    state: web::Data<AppState>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began = Instant::now();
    let asked = Asked::of(request.path(), request.method());
    let in_flight = state.metrics.begin();
    let answered = guard(&state, request, next).await;
    drop(in_flight);
    let status = match &answered {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    state.metrics.count(asked, status, began.elapsed());
    answered
}
