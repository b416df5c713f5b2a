//! `POST /webhooks/mlflow`: MLflow says that something happened in the registry.

use std::time::{Duration, UNIX_EPOCH};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use mlflow_client::{WebhookHeaders, WebhookPayload, parse_webhook, verify_webhook};

use crate::body::Unread;
use crate::clock::now;
use crate::problem::Problem;
use crate::state::AppState;

/// Where the route is mounted.
pub(crate) const PATH: &str = "/webhooks/mlflow";

/// The longest delivery that is read. A version's description and tags are in it, some thousand
/// characters each.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;

/// How far the clocks may differ, and how old a delivery may be: MLflow tries for a minute or
/// so. One that is sent again within this makes the watcher ask the registry, and no more.
const AGE_MAX: Duration = Duration::from_mins(5);

/// Wakes the watcher if the delivery is MLflow's and about the model that is followed.
#[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
pub(crate) async fn mlflow(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AppState>,
) -> HttpResponse {
    let mut unread = Unread::of(payload);
    match receive(&request, &mut unread, &state).await {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(problem) => unread.keep_until_answered(problem.error_response()),
    }
}

#[expect(clippy::future_not_send, reason = "actix handles a request on one thread")]
async fn receive(
    request: &HttpRequest,
    unread: &mut Unread,
    state: &AppState,
) -> Result<(), Problem> {
    let Some(secret) = state.access().webhook_secret.clone() else {
        let detail = "No webhook is taken: set webhook.secret to the secret of MLflow's webhook";
        return Err(Problem::new(StatusCode::NOT_FOUND, "webhook_not_configured", detail));
    };
    let body = unread.read(BODY_BYTES_MAX, state.request_timeout).await?;
    let header = |name: &'static str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.ok_or_else(|| unverified(&format!("it has no header {name}")))
    };
    let headers = WebhookHeaders {
        delivery_id: header("x-mlflow-delivery-id")?,
        timestamp: header("x-mlflow-timestamp")?,
        signature: header("x-mlflow-signature")?,
    };
    let now_ms = now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let now_ms = i64::try_from(now_ms).unwrap_or(i64::MAX);
    verify_webhook(&secret, &headers, &body, now_ms, AGE_MAX).map_err(|error| {
        tracing::warn!(%error, "a webhook's delivery is refused");
        let minutes = AGE_MAX.as_secs() / 60;
        let detail = format!("it is not signed with webhook.secret, or over {minutes} minutes old");
        unverified(&detail)
    })?;
    let delivery = parse_webhook(&body).map_err(|error| {
        tracing::warn!(%error, "a webhook's delivery is not understood");
        let detail = "The delivery is signed, and not what MLflow delivers";
        Problem::bad_request("webhook_not_understood", detail)
    })?;
    if model(&delivery.payload) == Some(state.target.name.as_str()) {
        tracing::debug!(event = %delivery.event, "MLflow calls");
        state.wake.now();
    }
    Ok(())
}

fn unverified(why: &str) -> Problem {
    let detail = format!("The delivery is not taken for MLflow's: {why}");
    Problem::new(StatusCode::UNAUTHORIZED, "webhook_unverified", detail)
}

/// The registered model that a delivery is about.
fn model(payload: &WebhookPayload) -> Option<&str> {
    match payload {
        WebhookPayload::RegisteredModelCreated { name, .. }
        | WebhookPayload::ModelVersionCreated { name, .. }
        | WebhookPayload::ModelVersionTagSet { name, .. }
        | WebhookPayload::ModelVersionTagDeleted { name, .. }
        | WebhookPayload::ModelVersionAliasCreated { name, .. }
        | WebhookPayload::ModelVersionAliasDeleted { name, .. } => Some(name),
        _ => None,
    }
}
