//! The routes, one file each.

mod dashboard;
mod docs;
mod health;
mod invocations;
mod metrics;
mod model;
pub(crate) mod predict;
mod ready;
mod serving;
pub(crate) mod webhook;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, Route, web};

use crate::problem::Problem;

/// Mounts every route.
pub(crate) fn configure(app: &mut web::ServiceConfig) {
    app.service(
        web::resource("/predict")
            .route(web::post().to(predict::predict))
            .route(get_or_head().to(predict::predict))
            .default_service(web::to(async || method_not_allowed("GET, HEAD, POST"))),
    );
    app.service(
        web::resource("/invocations")
            .route(web::post().to(invocations::invocations))
            .default_service(web::to(async || method_not_allowed("POST"))),
    );
    app.service(
        web::resource("/webhooks/mlflow")
            .route(web::post().to(webhook::mlflow))
            .default_service(web::to(async || method_not_allowed("POST"))),
    );
    app.service(reading("/").route(get_or_head().to(dashboard::page)));
    app.service(reading("/dashboard/{file}").route(get_or_head().to(dashboard::file)));
    app.service(reading("/openapi.json").route(get_or_head().to(docs::openapi)));
    app.service(reading("/docs").route(get_or_head().to(docs::page)));
    app.service(reading("/docs/{file}").route(get_or_head().to(docs::file)));
    app.service(reading("/ping").route(get_or_head().to(serving::ping)));
    app.service(reading("/version").route(get_or_head().to(serving::version)));
    app.service(reading("/health").route(get_or_head().to(health::health)));
    app.service(reading("/ready").route(get_or_head().to(ready::ready)));
    app.service(reading("/metrics").route(get_or_head().to(metrics::metrics)));
    app.service(reading("/model").route(get_or_head().to(model::model)));
    app.default_service(web::to(not_found));
}

/// A resource that can only be read.
fn reading(path: &str) -> actix_web::Resource {
    web::resource(path).default_service(web::to(async || method_not_allowed("GET, HEAD")))
}

fn get_or_head() -> Route {
    use actix_web::guard::{Any, Get, Head};
    web::route().guard(Any(Get()).or(Head()))
}

fn method_not_allowed(allowed: &'static str) -> HttpResponse {
    let detail = format!("This route answers {allowed}");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        .with_header(header::ALLOW, allowed)
        .error_response()
}

#[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
async fn not_found(request: HttpRequest) -> HttpResponse {
    let detail = format!(
        "There is no route {}; they are listed at /docs and /openapi.json",
        crate::problem::quoted(request.path())
    );
    Problem::new(StatusCode::NOT_FOUND, "route_not_found", detail).error_response()
}

/// Whether an `If-None-Match` names that tag, or any.
fn names(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

/// A JSON answer that is true now and not later.
fn fresh_json(body: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(header::ContentType::json())
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body)
}
