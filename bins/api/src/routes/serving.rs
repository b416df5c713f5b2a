//! `GET /ping` and `GET /version`, as `mlflow models serve` has them.

use actix_web::http::header::{self, ContentType};
use actix_web::{HttpResponse, web};

use super::ready::no_model;
use crate::problem::Problem;
use crate::scoring::PROTOCOL_RELEASE;
use crate::state::AppState;

/// 200 once a model is served, with a line and no more, as MLflow's has it.
pub(crate) async fn ping(state: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    match state.reader.current() {
        Some(_) => Ok(said("\n")),
        None => Err(no_model(&state)),
    }
}

/// The release of MLflow whose protocol is spoken: clients read it to know what to send.
pub(crate) async fn version() -> HttpResponse {
    said(PROTOCOL_RELEASE)
}

/// MLflow calls these lines JSON.
fn said(line: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(line)
}
