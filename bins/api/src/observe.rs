//! Around every request: its count, its name, the headers that every answer has, and a line in
//! the log if it was refused or failed.
//!
//! A forecast that is ready is answered here, without a way through the router: that is what
//! nearly every request asks for, and all that it needs is in memory.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::BoxBody;
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{Error, HttpRequest, HttpResponse};
use arc_swap::Guard;

use crate::access::Access;
use crate::connections::Connection;
use crate::guard;
use crate::metrics::{Asked, Worker};
use crate::problem::quoted;
use crate::request_id::{self, REQUEST_ID};
use crate::routes::predict::{self, Body};
use crate::state::AppState;
use crate::traces::RequestSpan;

/// An answer is data: a browser that shows one loads and runs nothing. The page of the
/// documentation and the dashboard have policies of their own.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Wraps the routes.
pub(crate) struct Observe(pub(crate) Arc<AppState>);

/// The routes of one worker, wrapped.
pub(crate) struct Observed<S> {
    state: Arc<AppState>,
    counts: Rc<Worker>,
    routes: Rc<S>,
}

impl<S> Transform<S, ServiceRequest> for Observe
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<Body>;
    type Error = Error;
    type Transform = Observed<S>;
    type InitError = ();
    type Future = std::future::Ready<Result<Observed<S>, ()>>;

    fn new_transform(&self, routes: S) -> Self::Future {
        let state = Arc::clone(&self.0);
        let counts = Rc::new(state.metrics.worker());
        std::future::ready(Ok(Observed { state, counts, routes: Rc::new(routes) }))
    }
}

impl<S> Service<ServiceRequest> for Observed<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<Body>;
    type Error = Error;
    type Future = Answering;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.routes.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Answering {
        let began = Instant::now();
        let state = &self.state;
        let asked = Asked::of(guard::path(&request), request.method());
        let span = RequestSpan::of(&request, asked);
        let access = state.access();
        let verdict = guard::check(state, &access, &request, began);
        if verdict.is_ok()
            && asked.is_for_forecast()
            && let Some(response) = at_once(state, &access, &request)
        {
            // Nobody could see it in flight.
            if let Some(connection) = request.conn_data::<Arc<Connection>>() {
                connection.is_used(began);
            }
            self.counts.count(asked, response.status(), began.elapsed());
            span.answered(response.status());
            return Answering::Done(Some(request.into_response(response)));
        }
        let (state, routes) = (Arc::clone(state), Rc::clone(&self.routes));
        let (access, counts) = (Guard::into_inner(access), Rc::clone(&self.counts));
        Answering::Routed(Box::pin(async move {
            let connection = request.conn_data::<Arc<Connection>>().cloned();
            let answering = connection.as_deref().map(Connection::begin);
            let in_flight = counts.begin();
            let id = state.request_ids.of(request.headers());
            let answered = guard::guard(&state, &access, request, verdict, routes.as_ref());
            let answered = span.around(answered).await;
            drop((in_flight, answering));
            let status = match &answered {
                Ok(response) => response.status(),
                Err(error) => error.as_response_error().status_code(),
            };
            let took = began.elapsed();
            counts.count(asked, status, took);
            span.answered(status);
            let mut response = answered?;
            if status.is_client_error() || status.is_server_error() {
                log(response.request(), &id, status, took);
            }
            if let Some(origins) = &access.origins {
                // The request is counted by reference: this takes another.
                let request = response.request().clone();
                origins.mark(request.headers(), response.headers_mut());
            }
            harden(response.headers_mut(), id);
            Ok(response.map_into_right_body())
        }))
    }
}

/// The answer to a request for a forecast that is ready, and that has no body to be read.
fn at_once(
    state: &AppState,
    access: &Access,
    request: &ServiceRequest,
) -> Option<HttpResponse<Body>> {
    let (head, body) = request.parts();
    // An answer that closes the connection goes the long way.
    if !matches!(body, Payload::None) || state.is_draining() {
        return None;
    }
    let mut response = predict::ready(state, head)?;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(id) = request_id::given(head.headers()) {
        headers.insert(REQUEST_ID, id.clone());
    }
    if let Some(origins) = &access.origins {
        origins.mark(head.headers(), headers);
    }
    Some(response)
}

fn harden(headers: &mut HeaderMap, id: HeaderValue) {
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
}

/// Good answers are counted and not logged: there are too many.
fn log(request: &HttpRequest, id: &HeaderValue, status: StatusCode, took: Duration) {
    let id = id.to_str().unwrap_or_default();
    let (method, path) = (quoted(request.method().as_str()), quoted(request.path()));
    let (status, elapsed_ms) = (status.as_u16(), took.as_secs_f64() * 1e3);
    if status == StatusCode::TOO_MANY_REQUESTS.as_u16() {
        // Who asks too often must not fill the log, too.
        tracing::debug!(request.id = id, method, path, status, elapsed_ms, "request refused");
    } else if status < 500 {
        tracing::info!(request.id = id, method, path, status, elapsed_ms, "request refused");
    } else {
        tracing::warn!(request.id = id, method, path, status, elapsed_ms, "request failed");
    }
}

/// An answer: there already, or on its way through the routes.
pub(crate) enum Answering {
    Done(Option<ServiceResponse<Body>>),
    Routed(Pin<Box<dyn Future<Output = Result<ServiceResponse<Body>, Error>>>>),
}

impl Future for Answering {
    type Output = Result<ServiceResponse<Body>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Done(response) => {
                let response = response.take();
                Poll::Ready(Ok(response.expect("invariant: not polled after it was ready")))
            }
            Self::Routed(future) => future.as_mut().poll(cx),
        }
    }
}
