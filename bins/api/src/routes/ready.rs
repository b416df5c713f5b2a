//! `GET /ready`: a forecast would be answered.

use actix_web::{HttpResponse, web};
use registry_watcher::Cause;

use crate::problem::Problem;
use crate::state::AppState;
use crate::wire::{ReadyWire, to_json};

/// 200 once a model is served and until the service is about to stop; else 503 and why.
pub(crate) async fn ready(state: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    if state.is_draining() {
        return Err(Problem::unavailable("stopping", "The service is about to stop", 1));
    }
    match state.reader.current() {
        Some(served) => {
            let version = served.version().number();
            Ok(super::fresh_json(to_json(&ReadyWire { status: "ready", version })))
        }
        None => Err(no_model(&state)),
    }
}

/// Why no model is served: the kind of the reason, not its text, which is for `/model` and
/// the log.
pub(super) fn no_model(state: &AppState) -> Problem {
    let (name, selector) = (&state.target.name, &state.target.selector);
    let status = state.status.load();
    if let Some(loading) = status.loading {
        let detail = format!("Version {} of `{name}` is being loaded", loading.version);
        return Problem::unavailable("starting", detail, state.poll.as_secs().max(1));
    }
    let (code, detail) = match status.degraded.as_ref().map(|degraded| degraded.cause) {
        None => ("starting", "The registry has not been asked yet".to_owned()),
        Some(Cause::NothingSelected) => (
            "no_version_selected",
            format!(
                "No model is served yet: the registry has no version of `{name}` for `{selector}`"
            ),
        ),
        Some(Cause::Refused) => (
            "version_refused",
            format!("No model is served yet: the version of `{name}` for `{selector}` is refused"),
        ),
        Some(Cause::ArtifactsUnreachable) => (
            "artifacts_unreachable",
            format!(
                "No model is served yet: the files of the version of `{name}` for `{selector}` \
                 cannot be fetched"
            ),
        ),
        Some(Cause::Superseded) => (
            "starting",
            format!("No model is served yet: the version of `{name}` for `{selector}` changed"),
        ),
        Some(_) => (
            "registry_unreachable",
            "No model is served yet: the registry is unreachable".to_owned(),
        ),
    };
    Problem::unavailable(code, detail, state.poll.as_secs().max(1))
}
