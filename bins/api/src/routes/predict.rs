//! `POST /predict`: the forecast of the served version.

use std::sync::Arc;

use actix_web::body::{BoxBody, EitherBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use registry_watcher::Served;

use super::ready::no_model;
use crate::computing::ComputingError;
use crate::problem::Problem;
use crate::query::{Ask, Limits};
use crate::rows::Rows;
use crate::slot::ServedForecast;
use crate::state::AppState;
use crate::table::{Table, TableKey};

const MODEL_NAME: HeaderName = HeaderName::from_static("x-model-name");
const MODEL_VERSION: HeaderName = HeaderName::from_static("x-model-version");
const FORECAST_KIND: HeaderName = HeaderName::from_static("x-forecast-kind");

/// A forecast as it is sent, or any other answer.
pub(crate) type Body = EitherBody<Rows>;

/// The answer of a forecast that was made when the version was loaded; none if this is not
/// what is asked for. Touches memory only.
pub(crate) fn ready(state: &AppState, request: &HttpRequest) -> Option<HttpResponse<Body>> {
    let limits = limits(state);
    let ask = Ask::parse(request.query_string(), limits).ok()?;
    if ask.from.is_some() {
        return None;
    }
    let served = choose(state, &ask).ok()?;
    let table = served.model.ready_on(limits.today, ask.counting)?;
    Some(answer(request, state, &served, &table, &ask))
}

/// Answers what [`ready`] does not: forecasts from other dates, which may be made now, on a
/// thread of their own, and questions that cannot be meant.
#[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
pub(crate) async fn predict(
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse<Body>, Problem> {
    if let Some(response) = ready(&state, &request) {
        return Ok(response);
    }
    let limits = limits(&state);
    let ask = Ask::parse(request.query_string(), limits)?;
    let served = choose(&state, &ask)?;
    let key = key(&state, &served, &ask, limits.today)?;
    let table = if let Some(table) = served.model.ready(key) {
        table
    } else {
        let table = make(&state, &served, key).await?;
        note(&state, &served, &table, &ask).await;
        table
    };
    Ok(answer(&request, &state, &served, &table, &ask))
}

fn limits(state: &AppState) -> Limits {
    Limits { days_max: state.days_max, today: state.clock.today() }
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
        Problem::new(StatusCode::NOT_FOUND, "version_not_in_memory", detail)
    })
}

/// The forecast that is asked for.
fn key(
    state: &AppState,
    served: &Served<ServedForecast>,
    ask: &Ask,
    today: NaiveDate,
) -> Result<TableKey, Problem> {
    let needed = served.model.needed_columns();
    if !needed.is_empty() {
        let needed = needed.join(", ");
        let detail = format!(
            "The forecast of this version needs the columns {needed}, which dates alone do not \
             have; send them to /invocations"
        );
        return Err(Problem::new(StatusCode::CONFLICT, "columns_needed", detail));
    }
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

/// Has a forecast that was just made written down.
async fn note(
    state: &AppState,
    served: &Arc<Served<ServedForecast>>,
    table: &Arc<Table>,
    ask: &Ask,
) {
    let occasion = state.occasion(served);
    if is_asked(ask, state) {
        state.ledger.offer(&occasion, &served.model, table);
    } else {
        // The clock has jumped: this is what the rest of the day is answered with.
        let tables = [(state.clock.today(), Arc::clone(table))];
        state.ledger.keep(&occasion, &served.model, &tables).await;
    }
}

/// Whether the caller chose the day: such a forecast may tell the past, and is never scored.
fn is_asked(ask: &Ask, state: &AppState) -> bool {
    ask.from.is_some_and(|from| from != state.clock.today())
}

fn answer(
    request: &HttpRequest,
    state: &AppState,
    served: &Served<ServedForecast>,
    table: &Table,
    ask: &Ask,
) -> HttpResponse<Body> {
    let n_rows = ask.days.rows();
    let etag = table.etag(n_rows, served.version());
    let known = request.headers().get(header::IF_NONE_MATCH);
    let is_known = known.and_then(|value| value.to_str().ok()).is_some_and(|list| {
        list.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
    });
    let (status, body) = if is_known {
        (StatusCode::NOT_MODIFIED, Body::right(BoxBody::new(())))
    } else {
        (StatusCode::OK, Body::left(table.body(n_rows)))
    };
    served.model.add_asked(1);
    let mut response = HttpResponse::with_body(status, body);
    let headers = response.headers_mut();
    name_model(headers, state, served);
    headers.insert(header::ETAG, etag);
    if is_asked(ask, state) {
        headers.insert(FORECAST_KIND, HeaderValue::from_static("asked"));
    }
    // A promotion or midnight may change the answer at any moment: ask each time.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if !is_known {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}

/// Says who answers.
pub(super) fn name_model(
    headers: &mut HeaderMap,
    state: &AppState,
    served: &Served<ServedForecast>,
) {
    headers.insert(MODEL_NAME, state.model_name.clone());
    headers.insert(MODEL_VERSION, served.model.version_header());
}
