//! `POST /predict`: the forecast of the served version.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use registry_watcher::Served;

use super::ready::no_model;
use crate::computing::ComputingError;
use crate::problem::Problem;
use crate::query::{Ask, Limits};
use crate::slot::ServedForecast;
use crate::state::AppState;
use crate::table::{Counting, Table, TableKey};

const MODEL_NAME: HeaderName = HeaderName::from_static("x-model-name");
const MODEL_VERSION: HeaderName = HeaderName::from_static("x-model-version");

/// Answers the first rows of a forecast that was made when the version was loaded; a start
/// other than today may be made now, on a thread of its own.
#[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
pub(crate) async fn predict(
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let limits = Limits { days_max: state.days_max, today: state.clock.today() };
    let ask = Ask::parse(request.query_string(), limits)?;
    let served = choose(&state, &ask)?;
    let key = key(&state, &served, &ask, limits.today)?;
    let table = match served.model.ready(key) {
        Some(table) => table,
        None => make(&state, &served, key).await?,
    };
    Ok(answer(&request, &served, &table, &ask))
}

/// The version that is asked for.
fn choose(state: &AppState, ask: &Ask) -> Result<Arc<Served<ServedForecast>>, Problem> {
    let Some(version) = ask.version else {
        return state.reader.current().ok_or_else(|| no_model(state));
    };
    state.reader.version(version).ok_or_else(|| {
        let held: Vec<_> =
            state.reader.held().iter().map(|served| served.version().to_string()).collect();
        let held = if held.is_empty() { "none".to_owned() } else { held.join(", ") };
        let detail = format!("Version {version} is not in memory; in memory: {held}");
        Problem::new(actix_web::http::StatusCode::NOT_FOUND, "version_not_in_memory", detail)
    })
}

/// The forecast that is asked for.
fn key(
    state: &AppState,
    served: &Served<ServedForecast>,
    ask: &Ask,
    today: NaiveDate,
) -> Result<TableKey, Problem> {
    let from = ask.from.unwrap_or(today);
    if let Some(earliest) = served.model.trained_from().filter(|earliest| from < *earliest) {
        let detail =
            format!("from must not be before {earliest}, where the model's history begins");
        return Err(Problem::bad_request("from_before_history", detail));
    }
    let counting = ask.counting;
    match counting.first(&state.calendar, from) {
        Some(first) => Ok(TableKey { counting, first }),
        None => Err(Problem::bad_request("from_out_of_range", "no session follows that date")),
    }
}

/// Makes a forecast that is not ready. Waits for other predictions of this process only.
async fn make(
    state: &AppState,
    served: &Arc<Served<ServedForecast>>,
    key: TableKey,
) -> Result<Arc<Table>, Problem> {
    let model = Arc::clone(served);
    match state.computing.run(move || model.model.ready_or_made(key)).await {
        Ok(Ok(table)) => Ok(table),
        Ok(Err(error)) => {
            let version = served.version();
            tracing::error!(model.version = %version, ?key, ?error, "forecast cannot be made");
            Err(Problem::internal())
        }
        Err(ComputingError::Busy) => {
            let detail = "Too many forecasts from other dates are being made; try again";
            Err(Problem::unavailable("busy", detail, 1))
        }
        Err(error) => {
            tracing::error!(?error, "forecast not made");
            Err(Problem::internal())
        }
    }
}

fn answer(
    request: &HttpRequest,
    served: &Served<ServedForecast>,
    table: &Table,
    ask: &Ask,
) -> HttpResponse {
    let version = served.version();
    let etag = etag(version, table, ask);
    let known = request.headers().get(header::IF_NONE_MATCH);
    let is_known = known.and_then(|value| value.to_str().ok()).is_some_and(|list| {
        list.split(',')
            .any(|tag| matches!(tag.trim(), "*") || tag.trim().trim_start_matches("W/") == etag)
    });
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    if let Ok(name) = HeaderValue::from_bytes(served.name().as_bytes()) {
        response.insert_header((MODEL_NAME, name));
    }
    response
        .insert_header((MODEL_VERSION, version.number()))
        .insert_header((header::ETAG, etag))
        // A promotion or midnight may change the answer at any moment: ask each time.
        .insert_header((header::CACHE_CONTROL, "no-cache"));
    if is_known {
        return response.finish();
    }
    response.content_type(header::ContentType::json()).body(table.body(ask.days.rows()))
}

fn etag(version: mlflow_client::Version, table: &Table, ask: &Ask) -> String {
    let counting = match ask.counting {
        Counting::Sessions => 's',
        Counting::Days => 'd',
    };
    let first = table.key().first.format("%Y%m%d");
    format!("\"v{version}-{first}-{counting}{}-{:016x}\"", ask.days.rows(), table.digest())
}
