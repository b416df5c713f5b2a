//! `GET /openapi.json` and `GET /docs`: what the service says of itself.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType, HeaderMap, HeaderValue};
use actix_web::{HttpResponse, web};

use crate::problem::{Problem, quoted};
use crate::state::AppState;

const PAGE: &str = include_str!("../../assets/docs/index.html");

/// A file that the page loads.
struct File {
    name: &'static str,
    media: &'static str,
    bytes: &'static [u8],
    is_packed: bool,
}

/// Swagger UI is sent as it is kept, packed: every browser unpacks it.
const FILES: [File; 3] = [
    File {
        name: "page.js",
        media: "text/javascript",
        bytes: include_bytes!("../../assets/docs/page.js"),
        is_packed: false,
    },
    File {
        name: "swagger-ui.css",
        media: "text/css",
        bytes: include_bytes!("../../assets/docs/swagger-ui.css.gz"),
        is_packed: true,
    },
    File {
        name: "swagger-ui-bundle.js",
        media: "text/javascript",
        bytes: include_bytes!("../../assets/docs/swagger-ui-bundle.js.gz"),
        is_packed: true,
    },
];

/// The page may use this service and nothing else; Swagger UI styles its elements inline and
/// carries its pictures in its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document of the routes, with the bounds of this installation.
pub(crate) async fn openapi(state: web::Data<AppState>) -> HttpResponse {
    super::fresh_json(state.openapi.get(state.access().token.is_some()).to_owned())
}

/// Swagger UI.
pub(crate) async fn page() -> HttpResponse {
    let mut response = HttpResponse::Ok().content_type(ContentType::html()).body(PAGE);
    harden(response.headers_mut());
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// A file that the page loads.
pub(crate) async fn file(name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let Some(file) = FILES.iter().find(|file| file.name == name.as_str()) else {
        let names = FILES.map(|file| file.name).join(", ");
        let detail = format!("There is no file {}; there are {names}", quoted(&name));
        return Err(Problem::new(StatusCode::NOT_FOUND, "route_not_found", detail));
    };
    let mut response = HttpResponse::Ok().content_type(file.media).body(file.bytes);
    let headers = response.headers_mut();
    harden(headers);
    if file.is_packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// The same for every installation of a release; a new one is asked for within the hour.
fn harden(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}
