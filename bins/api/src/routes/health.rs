//! `GET /health`: the process lives.

use actix_web::{HttpResponse, web};

use crate::state::AppState;
use crate::wire::{HealthWire, to_json};

/// Always 200; says which version is served, if any.
pub(crate) async fn health(state: web::Data<AppState>) -> HttpResponse {
    let version = state.reader.current().map(|served| served.version().number());
    super::fresh_json(to_json(&HealthWire { status: "healthy", version }))
}
