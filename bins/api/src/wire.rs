//! What crosses the border: the JSON that clients meet and the settings as they are written.
//! These structs are the contract; the types inside are free.

use std::time::SystemTime;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use registry_watcher::{Loading, Refusal, Staged, Swap};
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// The settings as they are written, sections this program does not read left out.
#[derive(Debug, Deserialize)]
pub(crate) struct SettingsWire {
    pub(crate) symbol: String,
    pub(crate) api: ApiSection,
    pub(crate) registry: RegistrySection,
    #[serde(default)]
    pub(crate) mlflow: MlflowSection,
    #[serde(default)]
    pub(crate) webhook: WebhookSection,
    pub(crate) monitor: MonitorSection,
    #[serde(default)]
    pub(crate) clock: ClockSection,
    #[serde(default)]
    pub(crate) log: LogSection,
}

/// `[api]`; it is this program's own, so a misspelt key in it is an error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiSection {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) workers: Option<usize>,
    pub(crate) token: Option<String>,
    pub(crate) rate_limit: f64,
    pub(crate) rate_burst: Option<u32>,
    #[serde(default)]
    pub(crate) trusted_proxies: ListWire,
    #[serde(default)]
    pub(crate) cors_origins: ListWire,
    pub(crate) days_max: u16,
    pub(crate) invocations_bytes_max: usize,
    pub(crate) request_seconds: f64,
    pub(crate) idle_seconds: f64,
    pub(crate) drain_seconds: f64,
}

/// A list, or in the environment a text with commas.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ListWire {
    List(Vec<String>),
    Text(String),
}

impl Default for ListWire {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl ListWire {
    pub(crate) fn entries(self) -> Vec<String> {
        match self {
            Self::List(entries) => entries,
            Self::Text(text) => {
                let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
                entries.map(ToOwned::to_owned).collect()
            }
        }
    }
}

/// `[registry]`.
#[derive(Debug, Deserialize)]
pub(crate) struct RegistrySection {
    pub(crate) model: String,
    pub(crate) selector: String,
    pub(crate) poll_seconds: f64,
    pub(crate) cache_dir: String,
}

/// `[mlflow]`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct MlflowSection {
    pub(crate) tracking_uri: Option<String>,
}

/// `[webhook]`; it is this program's own, too.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookSection {
    pub(crate) secret: Option<String>,
}

/// `[monitor]`.
#[derive(Debug, Deserialize)]
pub(crate) struct MonitorSection {
    pub(crate) enabled: bool,
    pub(crate) spool: String,
    pub(crate) drain_seconds: f64,
    pub(crate) experiment: String,
    pub(crate) instance: String,
    pub(crate) ui: Option<String>,
}

/// `[clock]`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ClockSection {
    pub(crate) today: Option<String>,
    pub(crate) starts_at: Option<String>,
}

/// `[log]`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct LogSection {
    #[serde(default)]
    pub(crate) json: bool,
    pub(crate) filter: Option<String>,
}

/// A row of a forecast.
#[derive(Debug, Serialize)]
pub(crate) struct RowWire {
    pub(crate) ds: NaiveDateWire,
    pub(crate) yhat: f64,
    pub(crate) yhat_lower: Option<f64>,
    pub(crate) yhat_upper: Option<f64>,
}

/// A date as `2026-01-05`.
#[derive(Debug)]
pub(crate) struct NaiveDateWire(pub(crate) NaiveDate);

impl Serialize for NaiveDateWire {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.format("%Y-%m-%d"))
    }
}

/// An error.
#[derive(Debug, Serialize)]
pub(crate) struct ProblemWire<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    /// The same as `detail`, under the name that the original's documentation used.
    error: &'a str,
}

impl<'a> ProblemWire<'a> {
    pub(crate) fn of(problem: &'a Problem) -> Self {
        Self {
            r#type: "about:blank",
            title: problem.status().canonical_reason().unwrap_or("Error"),
            status: problem.status().as_u16(),
            detail: problem.detail(),
            code: problem.code(),
            error: problem.detail(),
        }
    }

    pub(crate) fn to_json(&self) -> String {
        to_json(self)
    }
}

/// `GET /health`.
#[derive(Debug, Serialize)]
pub(crate) struct HealthWire {
    pub(crate) status: &'static str,
    pub(crate) version: Option<u32>,
}

/// `GET /ready` when it is.
#[derive(Debug, Serialize)]
pub(crate) struct ReadyWire {
    pub(crate) status: &'static str,
    pub(crate) version: u32,
}

/// `GET /model`.
#[derive(Debug, Serialize)]
pub(crate) struct ModelWire {
    pub(crate) name: String,
    pub(crate) selector: String,
    pub(crate) symbol: String,
    pub(crate) version: Option<u32>,
    pub(crate) stage: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) run_id: Option<String>,
    pub(crate) trained_through: Option<NaiveDateWire>,
    pub(crate) since: Option<String>,
    pub(crate) versions_in_memory: Vec<u32>,
    pub(crate) loading: Option<LoadingWire>,
    pub(crate) staged: Option<StagedWire>,
    pub(crate) also_in_stage: Vec<u32>,
    pub(crate) copy_failure: Option<String>,
    pub(crate) degraded: Option<DegradedWire>,
    pub(crate) refused: Vec<RefusedWire>,
    pub(crate) swaps: Vec<SwapWire>,
}

/// A version that is being loaded.
#[derive(Debug, Serialize)]
pub(crate) struct LoadingWire {
    version: u32,
    since: String,
}

impl LoadingWire {
    pub(crate) fn of(loading: Loading) -> Self {
        Self { version: loading.version.number(), since: instant(loading.since) }
    }
}

/// A version that is loaded and waits for its moment.
#[derive(Debug, Serialize)]
pub(crate) struct StagedWire {
    version: u32,
    serve_after: String,
}

impl StagedWire {
    pub(crate) fn of(staged: Staged) -> Self {
        Self { version: staged.version.number(), serve_after: instant(staged.until) }
    }
}

/// Why what is served is not what the registry asks for.
#[derive(Debug, Serialize)]
pub(crate) struct DegradedWire {
    pub(crate) since: String,
    pub(crate) cause: String,
    pub(crate) why: String,
}

/// A version that is not loaded until its registry entry changes.
#[derive(Debug, Serialize)]
pub(crate) struct RefusedWire {
    version: u32,
    at: String,
    reason: String,
}

impl RefusedWire {
    pub(crate) fn of(refusal: &Refusal) -> Self {
        Self {
            version: refusal.version.number(),
            at: instant(refusal.at),
            reason: refusal.reason.clone(),
        }
    }
}

/// A change of the served version.
#[derive(Debug, Serialize)]
pub(crate) struct SwapWire {
    at: String,
    from: Option<u32>,
    to: u32,
    reason: String,
}

impl SwapWire {
    pub(crate) fn of(swap: &Swap) -> Self {
        Self {
            at: instant(swap.at),
            from: swap.from.map(mlflow_client::Version::number),
            to: swap.to.number(),
            reason: swap.reason.to_string(),
        }
    }
}

/// An instant as `2026-01-05T21:00:00Z`.
pub(crate) fn instant(at: SystemTime) -> String {
    DateTime::<Utc>::from(at).to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(crate) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("invariant: the structs of this file have string keys")
}
