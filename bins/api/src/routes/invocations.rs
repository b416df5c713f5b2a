//! `POST /invocations`: MLflow's scoring protocol.

use std::sync::Arc;

use actix_web::http::header::{self, ContentType};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};

use super::predict::name_model;
use super::ready::no_model;
use crate::body::Unread;
use crate::computing::ComputingError;
use crate::connections::Connection;
use crate::problem::Problem;
use crate::scoring::{self, Media};
use crate::state::AppState;

/// Forecasts the rows of the body.
#[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
pub(crate) async fn invocations(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AppState>,
) -> HttpResponse {
    let mut unread = Unread::of(payload);
    let body = match unread.read(state.invocations_bytes_max, state.request_timeout).await {
        Ok(body) => body,
        Err(problem) => return unread.keep_until_answered(problem.error_response()),
    };
    let answer = answer(&request, body, &state).await;
    answer.unwrap_or_else(|problem| problem.error_response())
}

/// Reads and predicts on a thread of its own, in its turn: both take time.
#[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
async fn answer(
    request: &HttpRequest,
    body: Vec<u8>,
    state: &AppState,
) -> Result<HttpResponse, Problem> {
    let media = Media::of(request.headers().get(header::CONTENT_TYPE))?;
    let served = state.reader.current().ok_or_else(|| no_model(state))?;
    let model = Arc::clone(&served);
    let work = move || scoring::answer(model.model.fitted(), model.model.seed(), media, &body);
    let predictions = match state.computing.run(work).await {
        Ok(answer) => answer?,
        Err(ComputingError::Busy) => return Err(busy("Too many forecasts are being made")),
        Err(error) => {
            tracing::error!(model.version = %served.version(), ?error, "rows not predicted");
            return Err(Problem::internal());
        }
    };
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    let Some(body) = state.sending.body(predictions) else {
        return Err(busy("Too many answers are not read to their end yet"));
    };
    let mut response = HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body.on(connection));
    name_model(response.headers_mut(), state, &served);
    Ok(response)
}

fn busy(why: &str) -> Problem {
    Problem::unavailable("busy", format!("{why}; try again"), 1)
}
