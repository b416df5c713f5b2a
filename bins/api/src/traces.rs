//! Spans of requests for a collector of OpenTelemetry: nothing at all without the feature `otel`.

#[cfg(not(feature = "otel"))]
pub(crate) use off::RequestSpan;
#[cfg(not(feature = "otel"))]
pub use off::init;
#[cfg(feature = "otel")]
pub(crate) use on::RequestSpan;
#[cfg(feature = "otel")]
pub use on::init;

#[cfg(feature = "otel")]
mod on {
    use actix_web::dev::ServiceRequest;
    use actix_web::http::StatusCode;
    use telemetry::traces::{Collector, Exporting, continue_trace, init_with_traces};
    use telemetry::{Filtered, InitError};
    use tracing::field::Empty;
    use tracing::{Instrument as _, Span};

    use crate::metrics::Asked;
    use crate::settings::Settings;

    /// Installs the logs, and sends spans to the collector if there is one, until what is
    /// returned beside them is dropped.
    ///
    /// # Errors
    ///
    /// If the filter of the logs or the address of the collector cannot be meant.
    pub fn init(settings: &Settings) -> Result<(Filtered, Option<Exporting>), InitError> {
        let Some(endpoint) = settings.otlp_endpoint.clone() else {
            return Ok((telemetry::init(&settings.logs)?, None));
        };
        let (service, version) = ("petr4-forecast-api", env!("CARGO_PKG_VERSION"));
        let collector = Collector { endpoint, service, version };
        let (logs, exporting) = init_with_traces(&settings.logs, &collector)?;
        Ok((logs, Some(exporting)))
    }

    /// The span of a request, named by its route as semantic conventions have it.
    pub(crate) struct RequestSpan(Span);

    impl RequestSpan {
        pub(crate) fn of(request: &ServiceRequest, asked: Asked) -> Self {
            let (method, route) = (asked.method(), asked.route());
            let span = tracing::info_span!(
                "request",
                otel.name = format!("{method} {route}"),
                otel.kind = "server",
                otel.status_code = Empty,
                http.request.method = method,
                http.route = route,
                http.response.status_code = Empty,
            );
            let caller = request.headers().get("traceparent");
            if let Some(caller) = caller.and_then(|value| value.to_str().ok()) {
                continue_trace(&span, caller);
            }
            Self(span)
        }

        /// What happens meanwhile belongs to the request.
        pub(crate) fn around<F: Future>(
            &self,
            work: F,
        ) -> impl Future<Output = F::Output> + use<F> {
            work.instrument(self.0.clone())
        }

        pub(crate) fn answered(&self, status: StatusCode) {
            self.0.record("http.response.status_code", status.as_u16());
            if status.is_server_error() {
                self.0.record("otel.status_code", "ERROR");
            }
        }
    }
}

#[cfg(not(feature = "otel"))]
mod off {
    use actix_web::dev::ServiceRequest;
    use actix_web::http::StatusCode;
    use telemetry::{Filtered, InitError};

    use crate::metrics::Asked;
    use crate::settings::Settings;

    /// Installs the logs; a collector is told nothing.
    ///
    /// # Errors
    ///
    /// If the filter of the logs cannot be meant.
    pub fn init(settings: &Settings) -> Result<(Filtered, ()), InitError> {
        let logs = telemetry::init(&settings.logs)?;
        if let Some(endpoint) = &settings.otlp_endpoint {
            tracing::warn!(endpoint, "no spans are sent: built without the feature `otel`");
        }
        Ok((logs, ()))
    }

    /// No span.
    pub(crate) struct RequestSpan;

    #[expect(clippy::unused_self, reason = "with the feature there is a span in it")]
    impl RequestSpan {
        pub(crate) fn of(_: &ServiceRequest, _: Asked) -> Self {
            Self
        }

        pub(crate) fn around<F: Future>(&self, work: F) -> F {
            work
        }

        pub(crate) fn answered(&self, _: StatusCode) {}
    }
}
