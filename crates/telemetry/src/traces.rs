//! Spans for a collector of OpenTelemetry, beside the logs.

use std::time::Duration;

use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Span;
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer as _;

use crate::logs::{self, Filtered, InitError, Logs};

/// How long a collector may take to answer, and the last spans at the end of the process.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where spans are sent, and whose they are.
#[derive(Debug, Clone)]
pub struct Collector {
    /// The base of its address, `http://localhost:4318`; spans go to `/v1/traces` below it, as
    /// OTLP in JSON.
    pub endpoint: String,
    /// The attribute `service.name`, unless `OTEL_SERVICE_NAME` says otherwise.
    pub service: &'static str,
    /// The attribute `service.version`.
    pub version: &'static str,
}

/// Sends spans until it is dropped; then those that are still here.
#[derive(Debug)]
pub struct Exporting(SdkTracerProvider);

impl Drop for Exporting {
    fn drop(&mut self) {
        // A collector that is away loses the last spans, and nobody is left to be told.
        self.0.shutdown_with_timeout(TIMEOUT).unwrap_or_default();
    }
}

/// Installs the subscriber as [`init`](crate::init) does, and sends every span of level `info`
/// and above to a collector, from a thread of its own. One that does not answer is no obstacle.
///
/// Call it outside a tokio runtime.
///
/// # Errors
///
/// As [`init`](crate::init), and [`InitError::Collector`] if the address is none.
pub fn init_with_traces(
    logs: &Logs,
    collector: &Collector,
) -> Result<(Filtered, Exporting), InitError> {
    let Collector { endpoint, service, version } = collector;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpJson)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .with_timeout(TIMEOUT)
        .build()
        .map_err(|source| InitError::Collector {
            endpoint: endpoint.clone(),
            source: source.into(),
        })?;
    let resource = Resource::builder()
        .with_service_name(*service)
        .with_attribute(opentelemetry::KeyValue::new("service.version", *version))
        .build();
    let provider =
        SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    let spans = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(*service))
        .with_filter(LevelFilter::INFO);
    let filtered = logs::install(logs, Some(spans.boxed()))?;
    Ok((filtered, Exporting(provider)))
}

/// Makes a span part of the trace that a caller's `traceparent` header names, if it names one.
pub fn continue_trace(span: &Span, traceparent: &str) {
    let caller = TraceContextPropagator::new().extract(&TraceParent(traceparent));
    // It fails where no spans are sent.
    span.set_parent(caller).unwrap_or_default();
}

/// The one header that is read.
struct TraceParent<'a>(&'a str);

impl Extractor for TraceParent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}
