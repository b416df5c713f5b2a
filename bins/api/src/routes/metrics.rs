//! `GET /metrics`: what a monitor counts.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use crate::metrics::text;
use crate::problem::Problem;
use crate::state::AppState;

/// Version 0.0.4 is the text format that every Prometheus reads.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Prometheus' text format.
pub(crate) async fn metrics(state: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    let text = text(&state).map_err(|error| {
        tracing::error!(%error, "the metrics cannot be written");
        Problem::internal()
    })?;
    Ok(HttpResponse::Ok()
        .content_type(CONTENT_TYPE)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text))
}
