//! The service: built, then run until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use anyhow::{Context as _, Result};
use market_data::Calendar;
use mlflow_client::Store;
use registry_watcher::{Reader, Schedule, StatusReader, Target, Wake, Watcher};
use telemetry::{InitError, Logs, Request, WithHint as _};

use crate::access::Access;
use crate::clock::{Clock, now};
use crate::connections::Connections;
use crate::loader::ProphetLoader;
use crate::monitor::ledger::Ledger;
use crate::monitor::{self, Monitor};
use crate::observe::Observe;
use crate::opener::Opener;
use crate::refresh;
use crate::reload::Reload;
use crate::routes;
use crate::settings::{HttpSettings, Settings};
use crate::slot::ServedForecast;
use crate::state::{AppState, Parts};

/// How long requests in flight may take to end when the service stops. An answer takes
/// microseconds, a forecast from another date a second.
const SHUTDOWN_TIMEOUT_S: u64 = 5;

/// A watcher and the two ends of it.
type Watching = (Watcher<ServedForecast, ProphetLoader>, Reader<ServedForecast>, StatusReader);

/// A service that listens already.
pub struct Application {
    server: Server,
    address: SocketAddr,
    state: Arc<AppState>,
    watcher: Watcher<ServedForecast, ProphetLoader>,
    schedule: Schedule,
    connections: Arc<Connections>,
    in_force: Settings,
    monitor: Option<Monitor>,
}

impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Application")
            .field("address", &self.address)
            .field("watcher", &self.watcher)
            .finish_non_exhaustive()
    }
}

impl Application {
    /// Opens the store and the port. A server that does not answer is no obstacle, nor is a
    /// file that cannot be opened at the moment: the service starts without a model and asks
    /// again.
    ///
    /// # Errors
    ///
    /// If the settings name a store that is not MLflow's or of no known kind, or a port that
    /// is taken.
    pub async fn build(settings: Settings) -> Result<Self> {
        // The watcher asks again by itself; a client that retried too would only make a
        // step long.
        let options = settings.client.clone().with_retries_max(0);
        let opener = Opener { uri: settings.tracking_uri.clone(), options };
        if let Some(store) = opener.open_at_start().await? {
            return Self::over(settings, store);
        }
        let kept_in = monitor::Target::Closed(Box::new(opener.clone()));
        Self::around(settings, kept_in, |target, load| Watcher::connecting(opener, target, load))
    }

    /// Opens the port, over a store that is open.
    ///
    /// # Errors
    ///
    /// If the port is taken.
    pub fn over(settings: Settings, store: Arc<dyn Store>) -> Result<Self> {
        let kept_in = monitor::Target::Open(Arc::clone(&store));
        Self::around(settings, kept_in, |target, load| Watcher::new(store, target, load))
    }

    fn around(
        settings: Settings,
        kept_in: monitor::Target,
        watch: impl FnOnce(Target, ProphetLoader) -> Watching,
    ) -> Result<Self> {
        let access = Access::of(&settings);
        let in_force = settings.clone();
        let Settings {
            http,
            target,
            poll,
            last_good,
            symbol,
            today,
            starts_at,
            tracking_uri,
            monitor,
            ..
        } = settings;
        if let Some(today) = today {
            tracing::warn!(%today, "the clock is set: this is taken for today's date");
        }
        let calendar = Calendar::for_symbol(&symbol);
        let mut clock = Clock::new(&symbol, today);
        if let Some(at) = starts_at {
            tracing::warn!(?at, "the clock is set: this is taken for the time now");
            clock = clock.starting_at(at);
        }
        let days_max = http.days_max;
        let (monitor, ledger) = match monitor {
            Some(settings) => {
                let (monitor, ledger) = Monitor::start(settings, kept_in);
                (Some(monitor), ledger)
            }
            None => (None, Ledger::default()),
        };
        let loader = ProphetLoader {
            calendar,
            clock: clock.clone(),
            days_max,
            symbol: symbol.clone(),
            ledger: ledger.clone(),
        };
        tracing::info!(uri = %tracking_uri, model = target.name, selector = %target.selector, "following");
        let (mut watcher, reader, status) = watch(target.clone(), loader);
        if let Some(copies) = last_good {
            watcher = watcher.with_last_good(copies);
        }
        let wake = Wake::new();
        let state = AppState::new(Parts {
            reader,
            status,
            target,
            symbol,
            clock,
            days_max,
            invocations_bytes_max: http.invocations_bytes_max,
            request_timeout: http.request_timeout,
            poll,
            access,
            wake: wake.clone(),
            ledger,
        });
        // The server ends a pause between requests by itself, and the next one may take its time
        // to arrive; what is idle for longer than both is so by the client's doing.
        let connections = Arc::new(Connections::new(http.idle_timeout + http.request_timeout));
        let (server, address) = listen(&http, &state, &connections)?;
        let schedule = Schedule { wake, ..Schedule::every(poll, jitter_seed(address)) };
        Ok(Self { server, address, state, watcher, schedule, connections, in_force, monitor })
    }

    /// Where the service listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The state that the handlers see.
    pub fn state(&self) -> Arc<AppState> {
        Arc::clone(&self.state)
    }

    /// Serves until SIGTERM or SIGINT, or until its terminal is closed; `announce` is called
    /// once signals are heeded, so that whoever waits for it may send one. On SIGHUP `read` reads
    /// the settings again, and `set_logs` sets what is logged.
    ///
    /// # Errors
    ///
    /// If the server fails.
    pub async fn run_until_stopped(
        self,
        announce: impl FnOnce(&Self),
        read: impl Fn() -> Result<Settings>,
        set_logs: impl Fn(&Logs) -> Result<(), InitError>,
    ) -> Result<()> {
        let mut signals = telemetry::ServiceSignals::new().context("cannot listen to signals")?;
        announce(&self);
        let mut reload = Reload::new(self.state(), self.in_force.clone(), read, set_logs);
        self.run_until(async move {
            loop {
                match signals.next().await {
                    Request::Stop(signal) => {
                        tracing::info!(%signal, "stopping");
                        return;
                    }
                    Request::Reload => reload.log(),
                }
            }
        })
        .await
    }

    /// Serves until `stop` completes: then says that it is not ready, answers on for the
    /// drain time, ends the requests in flight, and last of all stops the watcher.
    ///
    /// # Errors
    ///
    /// If the server fails.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<()> {
        let Self { server, state, watcher, schedule, connections, in_force, monitor, .. } = self;
        let watching = registry_watcher::run(watcher, schedule, now, std::future::pending());
        // It is large, and moved with what waits for it.
        let watching = Box::pin(watching);
        let refreshing = refresh::run(Arc::clone(&state));
        let monitoring = async {
            match monitor {
                Some(monitor) => Box::pin(monitor.run(Arc::clone(&state))).await,
                None => std::future::pending().await,
            }
        };
        let handle = server.handle();
        let stopping = async {
            stop.await;
            state.drain();
            tokio::time::sleep(in_force.http.drain).await;
            handle.stop(true).await;
        };
        let serving = async {
            let mut server = std::pin::pin!(server);
            tokio::select! {
                ended = &mut server => return ended,
                () = stopping => {}
            }
            server.await
        };
        tokio::select! {
            served = serving => served.context("the server failed"),
            () = watching => anyhow::bail!("the watcher ended by itself"),
            () = refreshing => anyhow::bail!("the refresher ended by itself"),
            () = monitoring => anyhow::bail!("the monitor ended by itself"),
            () = connections.run() => anyhow::bail!("nobody looks after the connections"),
        }
    }
}

fn listen(
    http: &HttpSettings,
    state: &Arc<AppState>,
    connections: &Arc<Connections>,
) -> Result<(Server, SocketAddr)> {
    let (state, connections) = (Arc::clone(state), Arc::clone(connections));
    let mut server = HttpServer::new(move || {
        let data = web::Data::from(Arc::clone(&state));
        let observe = Observe(Arc::clone(&state));
        App::new().app_data(data).wrap(observe).configure(routes::configure)
    })
    .on_connect(move |io, of_connection| connections.accept(io, of_connection))
    .client_request_timeout(http.request_timeout)
    .keep_alive(http.idle_timeout)
    .shutdown_timeout(SHUTDOWN_TIMEOUT_S)
    .disable_signals();
    if let Some(workers) = http.workers {
        server = server.workers(workers);
    }
    let server = server
        .bind((http.host.as_str(), http.port))
        .with_context(|| format!("cannot listen on `{}:{}`", http.host, http.port))
        .with_hint("is the port taken? choose another with --port, or 0 for any free one")?;
    let address = *server.addrs().first().context("the server has no address")?;
    Ok((server.run(), address))
}

/// Replicas differ in address or process, and that is all that their jitter needs.
fn jitter_seed(address: SocketAddr) -> u64 {
    (u64::from(std::process::id()) << 16) | u64::from(address.port())
}
