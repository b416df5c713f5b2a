//! `GET /model`: what is served, since when, and what stands in the way of something newer.

use actix_web::{HttpResponse, web};
use mlflow_client::ModelVersion;

use crate::state::AppState;
use crate::wire::{
    DegradedWire, LoadingWire, ModelWire, NaiveDateWire, RefusedWire, StagedWire, SwapWire,
    instant, to_json,
};

/// Always 200; the fields of a version are null while none is served.
pub(crate) async fn model(state: web::Data<AppState>) -> HttpResponse {
    let status = state.status.load();
    let served = state.reader.current();
    // As the registry last showed it, if that is of the version that answers now: the slot
    // changes a moment before the status does.
    let seen = status.entry.as_deref();
    let entry = served.as_ref().map(|served| {
        let is_same = |seen: &&ModelVersion| {
            seen.version == served.version() && seen.source == served.entry.source
        };
        seen.filter(is_same).unwrap_or(&served.entry)
    });
    let degraded = status.degraded.as_ref().map(|degraded| DegradedWire {
        since: instant(degraded.since),
        cause: degraded.cause.to_string(),
        why: degraded.why.clone(),
    });
    let trained_through = served.as_ref().and_then(|served| served.model.trained_through());
    let held = state.reader.held();
    super::fresh_json(to_json(&ModelWire {
        name: state.target.name.clone(),
        selector: state.target.selector.to_string(),
        symbol: state.symbol.to_string(),
        version: entry.map(|entry| entry.version.number()),
        stage: entry.map(|entry| entry.stage.to_string()),
        aliases: entry.map(|entry| entry.aliases.clone()).unwrap_or_default(),
        run_id: entry.and_then(|entry| entry.run_id.as_ref()).map(ToString::to_string),
        trained_through: trained_through.map(NaiveDateWire),
        since: served.as_ref().map(|served| instant(served.since)),
        versions_in_memory: held.iter().map(|served| served.version().number()).collect(),
        loading: status.loading.map(LoadingWire::of),
        staged: status.staged.map(StagedWire::of),
        also_in_stage: status.rivals.iter().map(|version| version.number()).collect(),
        copy_failure: status.copy_failure.clone(),
        degraded,
        refused: status.refused.iter().map(RefusedWire::of).collect(),
        swaps: status.swaps.iter().map(SwapWire::of).collect(),
    }))
}
