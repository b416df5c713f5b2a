//! `GET /`: the page for people, and the files that it loads.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::dashboard::assets::Asset;
use crate::dashboard::{Lang, View, page as render};
use crate::problem::{Problem, quoted};
use crate::state::AppState;
use crate::table::fnv1a;

/// The page may load from and ask this service, and nobody else; nothing inline runs or styles.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page, always 200: what is missing it says itself.
#[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
pub(crate) async fn page(request: HttpRequest, state: web::Data<AppState>) -> HttpResponse {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let lang = Lang::choose(request.query_string(), header(header::ACCEPT_LANGUAGE));
    let html = render(&View::of(&state), lang);
    let etag = format!("\"{:016x}\"", fnv1a(html.as_bytes()));
    let is_known = header(header::IF_NONE_MATCH).is_some_and(|list| super::names(list, &etag));
    let mut response = if is_known {
        HttpResponse::new(StatusCode::NOT_MODIFIED)
    } else {
        HttpResponse::Ok().content_type(ContentType::html()).body(html)
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Language"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// A file that the page loads; another content has another address.
pub(crate) async fn file(name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let Some(asset) = Asset::named(&name) else {
        let detail =
            format!("There is no file {}; the page at / names those that are", quoted(&name));
        return Err(Problem::new(StatusCode::NOT_FOUND, "route_not_found", detail));
    };
    let mut response = HttpResponse::Ok().content_type(asset.media).body(asset.bytes);
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(header::CACHE_CONTROL, forever);
    Ok(response)
}
